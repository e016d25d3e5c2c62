"""Where code names environment variables: ``os.environ``, what pytest and mocks do to it, the ``env`` of a process."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pytest_agentgate.codemods.reading.names import ModuleNames

ENVIRON = "os.environ"
_FIRST = frozenset(
    {"os.getenv", "os.putenv", "os.unsetenv", *(f"{ENVIRON}.{name}" for name in ("get", "pop", "setdefault"))}
)
_SETTING = frozenset({"setenv", "delenv"})  # of pytest's monkeypatch
_ITEMS = frozenset({"setitem", "delitem"})
_COPIES = frozenset({f"{ENVIRON}.copy", "builtins.dict"})


@dataclass(frozen=True, eq=False)
class Variable:
    """One place that names a variable."""

    node: ast.Constant | ast.keyword
    at: ast.AST  # what uses it there: the look-up, the call, the comparison

    @property
    def name(self) -> str:
        return str(self.node.value if isinstance(self.node, ast.Constant) else self.node.arg)


def variables(names: ModuleNames) -> tuple[Variable, ...]:
    """The places of a file that name an environment variable; a constant of the module is one at each of its uses."""
    found = {(each.node, each.at): each for each in _all(names)}
    return tuple(sorted(found.values(), key=lambda each: (each.node.lineno, each.node.col_offset)))


def is_nothing_else(names: ModuleNames, variable: Variable, places: Sequence[Variable]) -> bool:
    """Whether a constant of the module that names a variable is used for nothing but that."""
    statement, field, _ = names.up[variable.node]
    target = statement.targets[0] if isinstance(statement, ast.Assign) and field == "value" else None
    if not isinstance(target, ast.Name):
        return True
    uses = [use for use in names.by_word.get(target.id, ()) if isinstance(use.ctx, ast.Load)]
    return len(uses) == sum(each.node is variable.node for each in places)


def _all(names: ModuleNames) -> Iterator[Variable]:
    for use in names.uses(ENVIRON):
        yield from _of_environ(names, use)
    for call in names.calls:
        yield from _of_call(names, call)


def _of_environ(names: ModuleNames, use: ast.expr) -> Iterator[Variable]:
    parent, field, _ = names.up[use]
    match parent:
        case ast.Subscript() if field == "value":
            yield from _text(names, parent.slice, parent)
        case ast.Compare(ops=[ast.In() | ast.NotIn()], left=left) if field == "comparators":
            yield from _text(names, left, parent)
        case ast.Dict() if field == "values":
            yield from _keys(names, parent)


def _of_call(names: ModuleNames, call: ast.Call) -> Iterator[Variable]:
    meaning = names.meaning(call.func)
    word = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if meaning in _FIRST or word in _SETTING:
        if call.args:
            yield from _text(names, call.args[0], call)
    elif word in _ITEMS and len(call.args) > 1 and names.means(call.args[0], ENVIRON):
        yield from _text(names, call.args[1], call)
    elif meaning == f"{ENVIRON}.update":
        yield from _given(names, call, call.args)
    elif _is_patch(call, meaning, word) and call.args and _is_environ(names, call.args[0]):
        yield from _given(names, call, call.args[1:2])
    elif meaning in _COPIES and (meaning != "builtins.dict" or _copies(names, call)):
        yield from _given(names, call, ())
        yield from _of_copy(names, call)
    for keyword in call.keywords:
        if keyword.arg == "env":
            yield from _keys(names, keyword.value)


def _is_patch(call: ast.Call, meaning: str | None, word: str) -> bool:
    """Whether a call is one of ``patch.dict``, by whatever name."""
    if meaning is not None and meaning.rpartition(".")[0] in {"unittest.mock.patch", "mock.patch"}:
        return word == "dict"
    above = call.func.value if isinstance(call.func, ast.Attribute) else None
    return word == "dict" and isinstance(above, ast.Attribute) and above.attr == "patch"


def _is_environ(names: ModuleNames, node: ast.expr) -> bool:
    return names.means(node, ENVIRON) or (isinstance(node, ast.Constant) and node.value == ENVIRON)


def _copies(names: ModuleNames, call: ast.Call) -> bool:
    return len(call.args) == 1 and names.means(call.args[0], ENVIRON)


def _of_copy(names: ModuleNames, call: ast.Call) -> Iterator[Variable]:
    """What is put into a local copy of the environment."""
    statement = names.up[call].parent
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    if not isinstance(target, ast.Name) or len(names.bindings(target)) != 1:
        return
    for use in names.by_word.get(target.id, ()):
        parent, field, _ = names.up[use]
        same = isinstance(use, ast.Name) and names.scope_of(use).home(use.id) is names.scope_of(target)
        if same and isinstance(parent, ast.Subscript) and field == "value":
            yield from _text(names, parent.slice, parent)


def _given(names: ModuleNames, call: ast.Call, dicts: list[ast.expr] | tuple[()]) -> Iterator[Variable]:
    for keyword in call.keywords:
        if keyword.arg is not None and keyword.arg not in {"clear", "values", "in_dict"}:
            yield Variable(keyword, call)
    for each in dicts:
        yield from _keys(names, each)


def _keys(names: ModuleNames, node: ast.expr) -> Iterator[Variable]:
    if isinstance(node, ast.Dict):
        for key in node.keys:
            if key is not None:
                yield from _text(names, key, node)


def _text(names: ModuleNames, node: ast.expr, at: ast.AST) -> Iterator[Variable]:
    """A string literal, or the constant of the module that a name stands for."""
    if isinstance(node, ast.Name):
        bindings = names.bindings(node)
        value = bindings[0].value if len(bindings) == 1 and bindings[0].scope.is_module else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield Variable(value, at)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield Variable(node, at)
