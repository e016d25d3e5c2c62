"""Decorators put on a definition, replaced and taken away, with the comments around them kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import libcst as cst


def with_decorators(
    old: Any, *, without: Collection[int] = (), first: str | None = None, instead: Mapping[int, str] | None = None
) -> Any:
    """A function or class with other decorators.

    Args:
        old: its ``FunctionDef`` or ``ClassDef``.
        without: the places of those that go.
        first: the source of one that comes above all others.
        instead: the sources of those that stand in the place of others.
    """
    kept: list[cst.Decorator] = []
    orphaned: list[cst.EmptyLine] = []
    for at, each in enumerate(old.decorators):
        if at in without:
            orphaned += [line for line in each.leading_lines if line.comment is not None]
            continue
        source = (instead or {}).get(at)
        decorator = each if source is None else each.with_changes(decorator=cst.parse_expression(source))
        if orphaned:
            decorator = decorator.with_changes(leading_lines=[*orphaned, *decorator.leading_lines])
            orphaned = []
        kept.append(decorator)
    if first is not None:
        kept.insert(0, cst.Decorator(cst.parse_expression(first)))
    return old.with_changes(decorators=kept, lines_after_decorators=[*orphaned, *old.lines_after_decorators])
