"""Annotations in quotes: which strings are some, and the names in them.

What is read as an annotation follows the typing specification, "Forward references": annotations and what is within
them, but for ``Literal`` and the metadata of ``Annotated``; the first argument of ``cast``; ``bound`` of a ``TypeVar``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import libcst as cst

from pytest_agentgate.codemods.reading.names import ModuleNames, dotted

Decide: TypeAlias = Callable[[str, str], "str | None"]
"""From a dotted expression as it is written and what it means, to what is to stand there; None to leave it."""


def quoted_annotations(names: ModuleNames) -> Iterator[ast.Constant]:
    """The strings of a file that are annotations, in source order."""
    return (constant for constant in names.strings if _is_annotation(names, constant))


def meaning_at(names: ModuleNames, expression: str, at: ast.AST) -> str | None:
    """The dotted name that a dotted expression would stand for at a node; None where there is doubt."""
    root, dot, rest = expression.partition(".")
    home = names.scope_of(at).home(root)
    if home is not None:
        targets = {binding.target for binding in home.bindings[root]}
    else:
        targets = {None if star.target is None else f"{star.target}.{root}" for star in names.scope.stars}
    if len(targets) != 1:
        return None
    target = next(iter(targets))
    return None if target is None else f"{target}{dot}{rest}"


def renamed_annotation(names: ModuleNames, constant: ast.Constant, decide: Decide) -> str | None:
    """The text of a quoted annotation with names in it replaced; None where nothing is to change."""
    text = constant.value
    assert isinstance(text, str)  # noqa: S101
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError):
        return None
    changes: list[tuple[int, int, str]] = []
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        chain = dotted(node)
        if chain is None:
            waiting.extend(ast.iter_child_nodes(node))
            continue
        new = _decided(names, constant, chain, decide)
        if new is not None and isinstance(node, ast.expr) and node.end_col_offset is not None and node.lineno == 1:
            changes.append((node.col_offset, node.end_col_offset, new))
    encoded = text.encode()
    for start, end, new in sorted(changes, reverse=True):
        encoded = encoded[:start] + new.encode() + encoded[end:]
    return encoded.decode() if changes else None


def spelled(text: str) -> Callable[[Any], Any]:
    """The change of a string literal to another text; prefix and quotes stay."""

    def change(node: Any) -> Any:
        if isinstance(node, cst.ConcatenatedString):
            left = node.left
            return left.with_changes(
                value=f"{left.prefix}{left.quote}{text}{left.quote}", lpar=node.lpar, rpar=node.rpar
            )
        return node.with_changes(value=f"{node.prefix}{node.quote}{text}{node.quote}")

    return change


def _decided(names: ModuleNames, at: ast.AST, chain: str, decide: Decide) -> str | None:
    """What stands for a chain after the longest part of it that is replaced was."""
    parts = chain.split(".")
    for end in range(len(parts), 0, -1):
        head = ".".join(parts[:end])
        meaning = meaning_at(names, head, at)
        new = None if meaning is None else decide(head, meaning)
        if new is not None:
            return ".".join([new, *parts[end:]])
    return None


def _is_annotation(names: ModuleNames, constant: ast.Constant) -> bool:
    node: ast.AST = constant
    while (up := names.up.get(node)) is not None:
        parent = up.parent
        if up.field in {"annotation", "returns"}:
            return True
        if isinstance(parent, ast.Call):
            function = dotted(parent.func) or ""
            word = function.rpartition(".")[2]
            return word == "cast" and up.field == "args" and up.at == 0
        if isinstance(parent, ast.keyword):
            call = names.up[parent].parent
            word = (dotted(call.func) or "").rpartition(".")[2] if isinstance(call, ast.Call) else ""
            return word == "TypeVar" and parent.arg == "bound"
        if isinstance(parent, ast.Subscript) and up.field == "slice":
            word = (dotted(parent.value) or "").rpartition(".")[2]
            if word == "Literal" or (word == "Annotated" and not _is_first(parent, constant)):
                return False
        if isinstance(parent, ast.stmt | ast.JoinedStr):
            return False
        node = parent
    return False


def _is_first(subscript: ast.Subscript, constant: ast.Constant) -> bool:
    elements = subscript.slice.elts if isinstance(subscript.slice, ast.Tuple) else [subscript.slice]
    return any(constant is each for each in ast.walk(elements[0]))
