"""A function that ended the process and returns the status now."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import libcst as cst

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.idioms.exits import exits
from pytest_agentgate.codemods.reading.calls import Calls
from pytest_agentgate.codemods.reading.names import ModuleNames
from pytest_agentgate.codemods.reading.signatures import words_of
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.writing.rewrite import Rewrite

_NAMES = ("status", "exit_status", "returned_status")


@dataclass(frozen=True)
class ExitToResult(Codemod):
    """Compare what a function returns where it ended the process with that status.

    Repairs ``Failed: DID NOT RAISE <class 'SystemExit'>``. A block that expects the exception goes, and where its
    status was read, there is what the call returned. A block without a look at the status stays: nothing would be
    checked without it.

    With ``function=shop.main``:

    Before::

        import pytest
        from shop import main

        def test_main():
            with pytest.raises(SystemExit) as info:
                main(["--version"])  # ends
            assert info.value.code == 0

    After::

        import pytest
        from shop import main

        def test_main():
            status = main(["--version"])  # ends
            assert status == 0

    Unchanged::

        import pytest
        from shop import main

        def test_ends():
            with pytest.raises(SystemExit):
                main([])

        def test_message():
            with pytest.raises(SystemExit) as info:
                main(["--unknown"])
            assert "unknown" in str(info.value)
    """

    applicability = Applicability.UNSAFE
    because = "A test that the process ends may be what the block is for: only who calls the function tells."
    owns = frozenset({ast.With, ast.Assign, ast.Expr, ast.Attribute, ast.Name})

    function: str = option("the function that returns the status now", "dotted")

    def words(self) -> tuple[str, ...]:
        return ("SystemExit", *words_of(self.function))

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        called = {site.node for site in Calls(file, self.function).sites if site.form == "call"}
        name = next((each for each in _NAMES if _is_free(file.names, each)), None)
        for each in exits(file.names):
            if each.call not in called:
                continue
            if each.why or name is None:
                rewrite.leave(each.block, each.why or f"{_NAMES[0]} has another meaning here")
                continue
            rewrite.replace(each.block, partial(_flat, name=name))
            for status in each.status:
                rewrite.put(status, name)


def _is_free(names: ModuleNames, name: str) -> bool:
    arguments = (node for node in names.up if isinstance(node, ast.arg))
    return name not in names.by_word and all(each.arg != name for each in arguments)


def _flat(block: cst.With, name: str) -> Sequence[cst.BaseStatement]:
    """The statements of a block without it, the last one's value under a name."""
    body = block.body
    if isinstance(body, cst.SimpleStatementSuite):
        lines: list[cst.BaseStatement] = [
            cst.SimpleStatementLine(body.body, trailing_whitespace=body.trailing_whitespace)
        ]
    else:
        lines = list(body.body)  # type: ignore[arg-type]
    last = lines[-1]
    assert isinstance(last, cst.SimpleStatementLine)  # noqa: S101
    expression = last.body[-1]
    assert isinstance(expression, cst.Expr)  # noqa: S101
    assigned = cst.Assign([cst.AssignTarget(cst.Name(name))], expression.value, semicolon=expression.semicolon)
    lines[-1] = last.with_changes(body=[*last.body[:-1], assigned])
    first = lines[0]
    assert isinstance(first, cst.SimpleStatementLine)  # noqa: S101
    lines[0] = first.with_changes(leading_lines=[*block.leading_lines, *first.leading_lines])
    return lines
