"""What a function or class stood for that only warned, and handed all that it was given on to something else."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from pytest_agentgate.codemods.reading.names import FunctionNode, ModuleNames
from pytest_agentgate.repair.api.table import Symbol
from pytest_agentgate.repair.api.written import Writer
from pytest_agentgate.repair.change import Change
from pytest_agentgate.repair.definitions import Definitions


def stood_for(symbol: Symbol, change: Change) -> str:
    """The dotted name of what an old definition handed everything on to; "" where it did more, or did not warn.

    A class that derives from another one without a warning is a kind of its own, as exceptions are.
    """
    found = Definitions.before(change).of(symbol)
    if found is None or found[0].decorator_list:
        return ""
    node, names = found
    if isinstance(node, ast.ClassDef):
        return symbol.bases[0] if len(symbol.bases) == 1 and _only_warns(node, names) else ""
    call = _handing_on(node, names, [])
    if call is None or isinstance(node, ast.AsyncFunctionDef):
        return ""
    return Writer(names).meaning(call.func, names.scope) or ""


def _only_warns(cls: ast.ClassDef, names: ModuleNames) -> bool:
    """Whether all that a class has of its own is a constructor that warns."""
    body = [each for each in _without_text(cls.body) if not isinstance(each, ast.Pass)]
    if len(body) != 1 or not isinstance(body[0], ast.FunctionDef) or body[0].name != "__init__":
        return False
    call = _handing_on(body[0], names, [ast.arg("self")])
    if call is None or not isinstance(call.func, ast.Attribute) or call.func.attr != "__init__":
        return False
    owner = call.func.value
    return isinstance(owner, ast.Call) and names.meaning(owner.func) == "builtins.super"


def _handing_on(function: FunctionNode, names: ModuleNames, first: Sequence[ast.arg]) -> ast.Call | None:
    """The call with all that a function was given, if it does but warn beside it."""
    body = list(_without_text(function.body))
    warnings = [each for each in body if _is_warning(each, names)]
    rest = [each for each in body if each not in warnings]
    if not warnings or len(rest) != 1 or function.decorator_list:
        return None
    call = rest[0].value if isinstance(rest[0], ast.Return | ast.Expr) else None
    if not isinstance(call, ast.Call) or (isinstance(rest[0], ast.Expr) and not first):
        return None
    arguments = function.args
    if arguments.defaults or any(arguments.kw_defaults):
        return None  # the one that is called may have others
    plain = [*arguments.posonlyargs, *arguments.args][len(first) :]
    given = [ast.unparse(each) for each in call.args] + [ast.unparse(each) for each in call.keywords]
    taken = [each.arg for each in plain]
    taken += [f"*{arguments.vararg.arg}"] if arguments.vararg else []
    taken += [f"{each.arg}={each.arg}" for each in arguments.kwonlyargs]
    taken += [f"**{arguments.kwarg.arg}"] if arguments.kwarg else []
    return call if given == taken else None


def _without_text(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    return (each for each in body if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)))


def _is_warning(statement: ast.stmt, names: ModuleNames) -> bool:
    call = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(call, ast.Call) and names.meaning(call.func) == "warnings.warn"
