"""What is done with a value that may be a list or something that gives its items only once."""

from __future__ import annotations

import ast
from typing import Literal, TypeAlias

from pytest_agentgate.codemods.reading.names import ModuleNames
from pytest_agentgate.codemods.reading.variables import Variables

Use: TypeAlias = Literal["once", "examined", "kept", "dropped", "indexed", "other"]
"""Gone over once where it stands; asked for its type; put into a variable; thrown away; used as only a list can be."""

_ONCE = frozenset(
    f"builtins.{name}"
    for name in (
        "list", "tuple", "set", "frozenset", "dict", "sorted", "sum", "any", "all", "min", "max", "iter", "next",
        "enumerate", "zip", "map", "filter",
    )
)  # fmt: skip
_EXAMINING = frozenset({"builtins.isinstance", "builtins.issubclass", "builtins.type", "builtins.hasattr",
                        "builtins.callable", "builtins.id"})  # fmt: skip
_OF_ITERATORS = frozenset({"send", "throw", "close"})
_IDENTITY = (ast.Is, ast.IsNot)
_MEMBERSHIP = (ast.In, ast.NotIn)
_REPEATING = (
    ast.For, ast.AsyncFor, ast.While, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.ListComp,
    ast.SetComp, ast.DictComp, ast.GeneratorExp,
)  # fmt: skip


def use(names: ModuleNames, node: ast.expr) -> Use:
    """What is done with the value of an expression at the place where it stands."""
    up = names.up[node]
    match up.parent:
        case ast.For() | ast.comprehension() if up.field == "iter":
            return "once"
        case ast.Starred() | ast.YieldFrom():
            return "once"
        case ast.Assign(targets=[ast.Tuple() | ast.List()]) if up.field == "value":
            return "once"
        case ast.Assign(targets=[ast.Name()]) | ast.AnnAssign(target=ast.Name()) if up.field == "value":
            return "kept"
        case ast.Expr():
            return "dropped"
        case ast.Compare() as comparison:
            return _compared(comparison, node)
        case ast.Call() as call if up.field == "args":
            return _passed(names, call)
        case ast.Attribute(attr=word):
            return "once" if word in _OF_ITERATORS else "examined" if word.startswith("__") else "indexed"
        case ast.Subscript() if up.field == "value":
            return "indexed"
        case ast.BinOp():
            return "indexed"
        case ast.Await() | ast.withitem():
            return "examined"
        case _:
            return "other"


def uses_of(names: ModuleNames, target: ast.Name) -> list[ast.expr]:
    """Where a variable is read, by its assignment."""
    home = names.scope_of(target).home(target.id)
    return [] if home is None else Variables(names).loads(home, target.id)


def is_gone_over_once(names: ModuleNames, target: ast.Name) -> bool:
    """Whether what is put into a variable is gone over once at most, whichever of its assignments it comes from."""
    home = names.scope_of(target).home(target.id)
    if home is None or home.is_class:
        return False
    reads = uses_of(names, target)
    if len(reads) > len(home.bindings[target.id]) or any(use(names, each) != "once" for each in reads):
        return False
    return all(_around(names, each, home.node) == _around(names, target, home.node) for each in reads)


def _around(names: ModuleNames, node: ast.AST, home: ast.AST) -> list[ast.AST]:
    """What may run a node more than once, or later, inside of the scope of its variable."""
    found: list[ast.AST] = []
    inner = node
    for above in names.ancestors(node):
        if above is home:
            break
        first = isinstance(above, ast.For) and above.iter is inner
        if isinstance(above, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            first = above.generators[0] is inner
        if isinstance(above, _REPEATING) and not first:
            found.append(above)
        inner = above
    return found


def _compared(comparison: ast.Compare, node: ast.expr) -> Use:
    if any(isinstance(each, _IDENTITY) for each in comparison.ops):
        return "examined"
    if len(comparison.ops) == 1 and isinstance(comparison.ops[0], _MEMBERSHIP):
        return "once" if comparison.comparators[0] is node else "indexed"
    return "indexed"


def _passed(names: ModuleNames, call: ast.Call) -> Use:
    meaning = names.meaning(call.func)
    if meaning in _ONCE:
        return "once"
    if meaning in _EXAMINING or (meaning or "").startswith(("inspect.is", "types.")):
        return "examined"
    if meaning in {"builtins.len", "builtins.reversed"}:
        return "indexed"
    function = call.func
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Constant) and function.attr == "join":
        return "once"
    if isinstance(function, ast.Attribute) and function.attr in {"assertIsInstance", "assertNotIsInstance"}:
        return "examined"
    return "other"
