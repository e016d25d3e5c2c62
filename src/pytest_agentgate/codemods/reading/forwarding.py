"""Constructors that pass their keywords on: ``def __init__(self, *, size, **kwargs): super().__init__(**kwargs)``."""

from __future__ import annotations

import ast

from pytest_agentgate.codemods.reading.hierarchy import Hierarchy
from pytest_agentgate.codemods.reading.names import FunctionNode, ModuleNames
from pytest_agentgate.codemods.reading.variables import own_keywords


def constructor_before(name: str, ancestor: str, hierarchy: Hierarchy, keyword: str) -> bool | None:
    """Whether every constructor between a class and an ancestor passes a keyword on to that of the ancestor.

    None where it does not derive from it, or where a class on the way can't be seen.
    """
    lineage = hierarchy.lineage(name)
    wanted = hierarchy.canonical(ancestor)
    if wanted not in lineage:
        return None
    for each in lineage[: lineage.index(wanted)]:
        found = None if each is None else hierarchy.class_definition(each)
        if found is None:
            return None
        definition, node = found
        bindings = definition.module.scopes[node].bindings
        if "__new__" in bindings:
            return False
        for binding in bindings.get("__init__", ()):
            own = binding.node
            if not isinstance(own, ast.FunctionDef) or not _passes_on(own, definition.module, keyword):
                return False
    return True


def _passes_on(function: FunctionNode, names: ModuleNames, keyword: str) -> bool:
    """Whether a constructor gives its ``**`` argument to the next one, and looks for the keyword nowhere."""
    rest = function.args.kwarg
    if rest is None or keyword in own_keywords(function):
        return False
    passed = False
    scope = names.scopes[function]
    for use in names.by_word.get(rest.arg, ()):
        if not isinstance(use, ast.Name) or names.scope_of(use).home(rest.arg) is not scope:
            continue
        up = names.up[use].parent
        if isinstance(up, ast.keyword) and up.arg is None and _is_next(names.up[up].parent, names):
            passed = True
        elif _key(use, names) in {None, keyword}:
            return False
    return passed


def _is_next(call: ast.AST, names: ModuleNames) -> bool:
    """Whether a call is ``super().__init__(...)`` or ``Base.__init__(self, ...)``."""
    function = call.func if isinstance(call, ast.Call) else None
    if not isinstance(function, ast.Attribute) or function.attr != "__init__":
        return False
    of = function.value
    return names.means(of.func, "builtins.super") if isinstance(of, ast.Call) else names.meaning(of) is not None


def _key(use: ast.Name, names: ModuleNames) -> object:
    """The key that a use of a dict is about: ``d["k"]``, ``"k" in d``, ``d.pop("k")``; None for any other use."""
    up = names.up[use].parent
    if isinstance(up, ast.Subscript):
        return _value(up.slice)
    if isinstance(up, ast.Compare):
        return _value(up.left) if isinstance(up.ops[0], ast.In | ast.NotIn) else None
    call = names.up[up].parent if isinstance(up, ast.Attribute) else None
    if isinstance(up, ast.Attribute) and up.attr in {"get", "pop", "setdefault"}:
        return _value(call.args[0]) if isinstance(call, ast.Call) and call.func is up and call.args else None
    return None


def _value(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else None
