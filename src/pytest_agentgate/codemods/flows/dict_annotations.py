"""Annotations that say ``dict`` of what has become an instance."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from pytest_agentgate.codemods.flows.holders import Holder
from pytest_agentgate.codemods.models.model import Model
from pytest_agentgate.codemods.models.shapes import Instance, Many, Shape, Values
from pytest_agentgate.codemods.reading.names import ModuleNames

_DICTS = re.compile(r"builtins\.dict|typing\.(Dict|Mapping|MutableMapping)|collections\.abc\.(Mapping|MutableMapping)")
_MANY = re.compile(
    r"builtins\.(list|tuple|set)|typing\.(List|Tuple|Set|Sequence|Iterable)|collections\.abc\.(Sequence|Iterable)"
)
_AROUND = re.compile(
    r"(typing|collections\.abc)\.(Async)?(Iterator|Iterable|Generator)|typing\.(Optional|Final|Annotated)"
)


def dict_parts(holder: Holder, shape: Shape) -> Iterator[tuple[ast.expr, Model]]:
    """The parts of a holder's annotations that stand for the dict, each with the class that has taken its place."""
    names = holder.names
    for annotation in _annotations(holder):
        yield from _parts(names, annotation, shape)


def _annotations(holder: Holder) -> Iterator[ast.expr]:
    names, node = holder.names, holder.node
    if holder.kind in {"fixture", "result"} and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        if node.returns is not None:
            yield node.returns
    elif holder.kind == "name":
        for binding in names.scopes[node].bindings.get(holder.name, ()):
            parent = names.up[binding.node].parent
            if isinstance(binding.node, ast.arg) and binding.node.annotation is not None:
                yield binding.node.annotation
            elif isinstance(parent, ast.AnnAssign):
                yield parent.annotation


def _parts(names: ModuleNames, node: ast.expr, shape: Shape) -> Iterator[tuple[ast.expr, Model]]:
    if isinstance(node, ast.BinOp):
        yield from _parts(names, node.left, shape)
        yield from _parts(names, node.right, shape)
        return
    head = node.value if isinstance(node, ast.Subscript) else node
    name = names.meaning(head) or ""
    inside: list[ast.expr] = []
    if isinstance(node, ast.Subscript):
        inside = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if isinstance(shape, Instance) and len(shape.models) == 1 and _DICTS.fullmatch(name):
        yield node, shape.models[0]
    elif inside and _AROUND.fullmatch(name):
        yield from _parts(names, inside[0], shape)
    elif inside and isinstance(shape, Many) and _MANY.fullmatch(name):
        yield from _parts(names, inside[0], shape.each)
    elif len(inside) == 2 and isinstance(shape, Values) and _DICTS.fullmatch(name):
        yield from _parts(names, inside[1], shape.each)
