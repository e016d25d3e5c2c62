"""Expressions and blocks made asynchronous, or synchronous again, with what stands around them kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import libcst as cst


def awaited(parenthesized: bool) -> Any:
    """A change of an expression to ``await`` of it, in the parentheses that it had."""

    def change(old: Any) -> Any:
        lpar, rpar = list(old.lpar), list(old.rpar)
        if parenthesized and not lpar:
            lpar, rpar = [cst.LeftParen()], [cst.RightParen()]
        return cst.Await(expression=old.with_changes(lpar=[], rpar=[]), lpar=lpar, rpar=rpar)

    return change


def entered(old: cst.With, flags: Sequence[bool]) -> cst.With:
    """A ``with`` whose marked items are entered asynchronously: one block, or several inside each other."""
    if all(flags) or not any(flags):
        return old.with_changes(asynchronous=cst.Asynchronous() if any(flags) else None)
    groups: list[tuple[bool, list[cst.WithItem]]] = []
    for flag, item in zip(flags, old.items, strict=True):
        if groups and groups[-1][0] == flag:
            groups[-1][1].append(item)
        else:
            groups.append((flag, [item]))
    body: cst.BaseSuite = old.body
    for number, (flag, items) in reversed(list(enumerate(groups))):
        between = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        items = [each.with_changes(comma=between) for each in items]
        items[-1] = items[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        block = cst.With(items=items, body=body, asynchronous=cst.Asynchronous() if flag else None)
        if number == 0:
            return block.with_changes(leading_lines=old.leading_lines)
        body = cst.IndentedBlock([block])
    return old


def unawaited(old: cst.Await) -> Any:
    """What was awaited, without the parentheses that only ``await`` needed."""
    inner: Any = old.expression
    lpar, rpar = list(old.lpar), list(old.rpar)
    if lpar and isinstance(inner, cst.Call) and not any(_has_lines(each) for each in (*lpar, *rpar)):
        lpar, rpar = [], []
    return inner.with_changes(lpar=lpar, rpar=rpar)


def _has_lines(parenthesis: Any) -> bool:
    return any(
        isinstance(getattr(parenthesis, name, None), cst.ParenthesizedWhitespace)
        for name in ("whitespace_after", "whitespace_before")
    )
