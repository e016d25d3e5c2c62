"""Objects that hold nothing but the attributes that a test gives them, in the place of options or settings.

``argparse.Namespace(jobs=1)``, ``SimpleNamespace(**defaults)`` with the dict beside it, and the helper that fills its
own keywords: ``kwargs.setdefault("jobs", 1)`` before ``Namespace(**kwargs)``. And classes of the tests' own, which
stand for an object by what they assign: ``class Options: jobs = 1``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pytest_agentgate.codemods.reading.names import ModuleNames, Scope

BAGS = frozenset({"argparse.Namespace", "types.SimpleNamespace"})
"""Classes that take any keyword as an attribute."""


@dataclass(frozen=True, eq=False)
class Bag:
    """One construction of such an object."""

    node: ast.Call | ast.ClassDef
    given: Mapping[str, ast.expr]  # what it gets for each attribute, as far as it is written where it is made
    at: ast.Call | ast.Dict | ast.stmt | None  # where one more is written; below it, if it is a statement
    filled: str = ""  # what a statement is to be written for: the dict that is filled, or ``self``
    why: str = ""  # why ``at`` is None: what it gets can't be told


def bags(names: ModuleNames, cls: str) -> Iterator[Bag]:
    """The constructions of a class of bags in a file, in source order; a class of the file itself is one."""
    for call in names.calls:
        if cls in BAGS and names.means(call.func, cls):
            yield _bag(names, call)
    for node in names.classes:
        if own_name(names, node) == cls:
            yield _class(names, node)


def own_name(names: ModuleNames, node: ast.ClassDef) -> str:
    """The dotted name of a class of a file, those of functions around it among its parts."""
    return names.qualified(node).replace("<locals>.", "")


def _class(names: ModuleNames, node: ast.ClassDef) -> Bag:
    """What a class and its constructor assign."""
    bases = [each for each in node.bases if not names.means(each, "builtins.object")]
    if bases or node.keywords or node.decorator_list:
        return Bag(node, {}, None, why="it is more than what it assigns")
    given: dict[str, ast.expr] = {}
    own: ast.stmt | None = None
    for line in node.body:
        match line:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                given[name], own = value, line
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                given[name], own = value, line
            case ast.FunctionDef(name=name):
                given.setdefault(name, ast.Constant(...))
    made = next((each for each in node.body if isinstance(each, ast.FunctionDef) and each.name == "__init__"), None)
    first = made.args.args[0].arg if made is not None and made.args.args else ""
    inner: ast.stmt | None = None
    for line in made.body if made is not None else ():
        match line:
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=holder), attr=name)], value=value):
                if holder == first:
                    given[name], inner = value, line
    if {"__slots__", "__getattr__", "__getattribute__"} & set(given):
        return Bag(node, given, None, why="what it has is decided elsewhere")
    if inner is not None:
        return Bag(node, given, inner, first)
    return Bag(node, given, own, why="" if own is not None else "it assigns nothing")


def _bag(names: ModuleNames, call: ast.Call) -> Bag:
    given = {each.arg: each.value for each in call.keywords if each.arg is not None}
    splats = [each.value for each in call.keywords if each.arg is None]
    if call.args:
        return Bag(call, given, None, why="it gets arguments by position")
    given |= _stored(names, call)
    if not splats:
        return Bag(call, given, call)
    if len(splats) > 1:
        return Bag(call, given, None, why="it gets what several dicts hold")
    [splat] = splats
    keys = _keys(splat)
    if keys is not None and isinstance(splat, ast.Dict | ast.Call):
        return Bag(call, {**keys, **given}, splat)
    scope = names.scope_of(splat)
    bindings = names.bindings(splat) if isinstance(splat, ast.Name) else ()
    if not isinstance(splat, ast.Name) or len(bindings) != 1 or bindings[0].scope is not scope:
        return Bag(call, given, None, why="what the dict holds can't be told")
    [binding] = bindings
    filling = list(_filling(names, scope, splat.id))
    given |= {key: value for _, key, value in filling}
    if binding.kind == "parameter" and _is_rest(names, binding.node):
        lines = [statement for statement, _, _ in filling if names.up[statement].parent is scope.node]
        return Bag(call, given, lines[-1] if lines else call, splat.id if lines else "")
    made = _keys(binding.value) if binding.value is not None else None
    if made is None or not isinstance(binding.value, ast.Dict | ast.Call):
        return Bag(call, given, None, why="what the dict holds can't be told")
    return Bag(call, {**made, **given}, binding.value)


def _keys(node: ast.expr) -> dict[str, ast.expr] | None:
    """What a dict that is written out holds; None where there is more to it."""
    match node:
        case ast.Dict():
            pairs = [(key.value, value) for key, value in zip(node.keys, node.values, strict=True)
                     if isinstance(key, ast.Constant) and isinstance(key.value, str)]  # fmt: skip
            others = [key for key in node.keys if key is not None and not isinstance(key, ast.Constant)]
            return None if others else dict(pairs)
        case ast.Call(func=ast.Name(id="dict"), args=[]) if all(each.arg for each in node.keywords):
            return {str(each.arg): each.value for each in node.keywords}
        case _:
            return None


def _is_rest(names: ModuleNames, node: ast.AST) -> bool:
    """Whether a parameter is the one with two stars."""
    parent = names.up[node].parent
    return isinstance(parent, ast.arguments) and parent.kwarg is node


def _filling(names: ModuleNames, scope: Scope, name: str) -> Iterator[tuple[ast.stmt, str, ast.expr]]:
    """The statements of a function that put something into a dict: where, under which key, and what."""
    for use in names.by_word.get(name, ()):
        if not isinstance(use, ast.Name) or names.scope_of(use) is not scope:
            continue
        statement = names.statement(use)
        match statement:
            case ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(value=ast.Name(), attr="setdefault"),
                    args=[ast.Constant(value=str(key)), value],
                )
            ) if statement.value.func.value is use:  # type: ignore[attr-defined]
                yield statement, key, value
            case ast.Assign(
                targets=[ast.Subscript(value=ast.Name() as target, slice=ast.Constant(value=str(key)))], value=value
            ) if target is use:
                yield statement, key, value


def _stored(names: ModuleNames, call: ast.Call) -> dict[str, ast.expr]:
    """The attributes that a local name for a bag is given after it was made."""
    statement = names.up[call].parent
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return {}
    target = statement.targets[0]
    if not isinstance(target, ast.Name):
        return {}
    found: dict[str, ast.expr] = {}
    for use in names.by_word.get(target.id, ()):
        store, field, _ = names.up[use]
        assigned = names.up[store].parent if isinstance(store, ast.Attribute) and field == "value" else None
        same = names.scope_of(use) is names.scope_of(target)
        if same and isinstance(assigned, ast.Assign) and isinstance(store, ast.Attribute) and store in assigned.targets:
            found[store.attr] = assigned.value
    return found
