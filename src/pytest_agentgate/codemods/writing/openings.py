"""What a function begins with."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst


def beginning_with(lines: Iterable[str], function: cst.FunctionDef) -> cst.FunctionDef:
    """A function whose body begins with statements, after its docstring."""
    new = [cst.parse_statement(line) for line in lines]
    body = function.body
    if isinstance(body, cst.IndentedBlock):
        first = body.body[0]
        after = int(function.get_docstring() is not None)
        if after and isinstance(first, cst.SimpleStatementLine) and len(first.body) > 1:
            docstring = first.body[0].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
            alone = first.with_changes(body=[docstring], trailing_whitespace=cst.TrailingWhitespace())
            rest = first.with_changes(body=first.body[1:], leading_lines=[])
            return function.with_changes(body=body.with_changes(body=[alone, *new, rest, *body.body[1:]]))
        return function.with_changes(body=body.with_changes(body=[*body.body[:after], *new, *body.body[after:]]))
    assert isinstance(body, cst.SimpleStatementSuite)  # noqa: S101
    line = cst.SimpleStatementLine(body.body, trailing_whitespace=body.trailing_whitespace)
    return function.with_changes(body=cst.IndentedBlock([*new, line]))
