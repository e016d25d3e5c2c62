"""Whether a rewritten file still says what it said, but for the kinds of nodes that a codemod owns."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

_NOT_CODE = frozenset({"lineno", "col_offset", "end_lineno", "end_col_offset", "type_comment", "kind", "ctx"})
_BLOCKS = (ast.Pass,)  # what an emptied block gets


def foreign_difference(old: ast.AST, new: ast.AST, owned: frozenset[type[ast.AST]]) -> str | None:
    """The first difference of two trees in a node of a kind that is not owned, as words; None where there is none.

    A node differs itself where its class or a plain value of it does; then it must be owned. Elements of lists are
    aligned: those that came, went or changed their class must be owned. What stands unchanged in what was put around
    it differs in nothing, if both are of kinds that are owned.
    """
    return next(_differences(old, new, (*owned, *_BLOCKS)), None)


def _differences(old: ast.AST, new: ast.AST, owned: tuple[type[ast.AST], ...]) -> Iterator[str]:
    if old.__class__ is not new.__class__:
        if not (isinstance(old, owned) and isinstance(new, owned)):
            yield f"line {_line(old, new)}: {_said(old)} became {_said(new)}"
        return
    found = _differences_in_fields(old, new, owned)
    if isinstance(old, owned) and isinstance(old, ast.expr):
        first = next(found, None)
        if first is None or _surrounds(new, old):
            return
        yield first
    yield from found


def _differences_in_fields(old: ast.AST, new: ast.AST, owned: tuple[type[ast.AST], ...]) -> Iterator[str]:
    for name in old._fields:
        if name in _NOT_CODE:
            continue
        before, after = getattr(old, name, None), getattr(new, name, None)
        if isinstance(before, ast.AST) and isinstance(after, ast.AST):
            yield from _differences(before, after, owned)
        elif isinstance(before, list) and isinstance(after, list):
            yield from _in_lists(old, before, after, owned)
        elif isinstance(before, ast.AST) or isinstance(after, ast.AST):
            changed = before if isinstance(before, ast.AST) else after
            if not isinstance(changed, owned) and not isinstance(old, owned):
                yield f"line {_line(old, new)}: {name} of {_said(old)} came or went"
        elif (before != after or before.__class__ is not after.__class__) and not isinstance(old, owned):
            yield f"line {_line(old, new)}: {name} of {_said(old)} changed"


def _in_lists(
    parent: ast.AST, before: Sequence[object], after: Sequence[object], owned: tuple[type[ast.AST], ...]
) -> Iterator[str]:
    if len(before) == len(after):
        pairs = list(zip(before, after, strict=True))
        if all(a.__class__ is b.__class__ for a, b in pairs):
            for a, b in pairs:
                if isinstance(a, ast.AST) and isinstance(b, ast.AST):
                    yield from _differences(a, b, owned)
                elif a != b and not isinstance(parent, owned):
                    yield f"line {_line(parent)}: {_said(parent)} changed"
            return
    if isinstance(parent, owned):
        return
    keys = [[_key(item) for item in items] for items in (before, after)]
    for tag, start, end, new_start, new_end in SequenceMatcher(None, keys[0], keys[1], autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        gone, come = before[start:end], after[new_start:new_end]
        if len(gone) == len(come):
            for a, b in zip(gone, come, strict=True):
                if isinstance(a, ast.AST) and isinstance(b, ast.AST):
                    yield from _differences(a, b, owned)
            continue
        # Which of them were changed and which came or went: those of owned kinds came or went.
        left = [item for item in gone if not isinstance(item, owned)]
        right = [item for item in come if not isinstance(item, owned)]
        if len(left) != len(right):
            item = next(item for item in [*left, *right] if isinstance(item, ast.AST))
            yield f"line {_line(item, parent)}: {_said(item)} came or went"
            continue
        for a, b in zip(left, right, strict=True):
            if isinstance(a, ast.AST) and isinstance(b, ast.AST):
                yield from _differences(a, b, owned)


def _surrounds(new: ast.AST, old: ast.AST) -> bool:
    """Whether a node has another one in it, as it was: ``f(x=1)`` in ``Model(**f(x=1))``."""
    said = ast.dump(old)
    return any(each is not new and each.__class__ is old.__class__ and ast.dump(each) == said for each in ast.walk(new))


def _key(item: object) -> str:
    return ast.dump(item) if isinstance(item, ast.AST) else repr(item)


def _said(node: ast.AST) -> str:
    return type(node).__name__


def _line(*nodes: ast.AST) -> int:
    return next((node.lineno for node in nodes if hasattr(node, "lineno")), 1)
