"""What tests do with dicts: write them down, read and change them, put values under their keys."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_agentgate.codemods.flows.uses import Use
from pytest_agentgate.codemods.models.shapes import Keyed, Many, Shape, Values
from pytest_agentgate.codemods.reading.names import ModuleNames

_CHANGES = frozenset({"update", "setdefault", "pop", "popitem", "clear", "__setitem__"})

_COMPARING = frozenset({"assertEqual", "assertNotEqual", "assertIs", "assertIsNot"})


def text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def is_dict_call(names: ModuleNames, node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and len(node.args) <= 1 and names.means(node.func, "builtins.dict")


def is_row(node: ast.expr) -> bool:
    """Whether it is ``pytest.param(...)``."""
    func = node.func if isinstance(node, ast.Call) else None
    return (isinstance(func, ast.Attribute) and func.attr == "param") or (
        isinstance(func, ast.Name) and func.id == "param"
    )


def changes(use: Use) -> bool:
    """Whether a use changes the dict that it gets."""
    parent = use.names.up[use.node].parent
    if isinstance(parent, ast.Subscript) and parent.value is use.node:
        return not isinstance(parent.ctx, ast.Load)
    return isinstance(parent, ast.Attribute) and parent.attr in _CHANGES


def harmless(use: Use, shape: Shape) -> bool:
    """Whether a use is right for the new value as it was for the dict."""
    parent = use.names.up[use.node].parent
    if isinstance(parent, ast.Compare):
        others = [parent.left, *parent.comparators]
        if any(isinstance(each, ast.Constant) and each.value is None for each in others):
            return all(isinstance(each, ast.Is | ast.IsNot) for each in parent.ops)
        return (
            isinstance(shape, Keyed) and isinstance(parent.ops[0], ast.In | ast.NotIn) and parent.left is not use.node
        )
    if isinstance(shape, Many | Values | Keyed) and isinstance(parent, ast.Call):
        return use.names.means(parent.func, "builtins.len")
    if not isinstance(shape, Keyed):
        return False
    if isinstance(parent, ast.Subscript) and parent.value is use.node:
        key = text(parent.slice)
        return key is not None and (shape.at(key) is None or not isinstance(parent.ctx, ast.Load))
    if isinstance(parent, ast.Attribute):
        call = use.names.up[parent].parent
        if not isinstance(call, ast.Call) or call.func is not parent:
            return False
        if parent.attr in {"get", "pop", "setdefault"} and call.args:
            key = text(call.args[0])
            unused = isinstance(use.names.up[call].parent, ast.Expr)
            return key is not None and (shape.at(key) is None or (parent.attr == "pop" and unused))
        return parent.attr in {"keys", "update"}
    return False


def compared(use: Use) -> ast.expr | None:
    """What a value is compared with as a whole: by ``==``, ``is``, ``assertEqual`` and their contraries."""
    match use.names.up[use.node].parent:
        case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq() | ast.Is() | ast.IsNot()], comparators=[right]):
            return right if left is use.node else left
        case ast.Call(func=ast.Attribute(attr=word), args=[first, second, *_]) if word in _COMPARING:
            return second if first is use.node else first if second is use.node else None
    return None


def put(names: ModuleNames, node: ast.expr, shape: Keyed) -> Iterator[tuple[ast.expr, Shape]]:
    """The values that a use of a dict puts under keys that have a shape, and that shape."""
    parent = names.up[node].parent
    if isinstance(parent, ast.Subscript) and isinstance(parent.ctx, ast.Store):
        below = shape.at(text(parent.slice))
        above = names.up[parent].parent
        if below is not None and isinstance(above, ast.Assign | ast.AnnAssign) and above.value is not None:
            yield above.value, below
    if isinstance(parent, ast.Attribute) and parent.attr == "update":
        call = names.up[parent].parent
        if isinstance(call, ast.Call) and call.func is parent:
            yield from ((each, shape) for each in call.args)
            for each in call.keywords:
                below = shape if each.arg is None else shape.at(each.arg)
                if below is not None:
                    yield each.value, below
