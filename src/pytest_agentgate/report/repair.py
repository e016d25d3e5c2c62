"""A repair told: what was red and is green, which edits were kept and why, what was taken back, what is left.

For a terminal, in Markdown, and as data.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from pytest_agentgate.model import JSON, RunSummary
from pytest_agentgate.model.repair import Attempt, Left, Repair, Verdict
from pytest_agentgate.report.markdown import block, code, words
from pytest_agentgate.report.phrases import counted
from pytest_agentgate.report.printable import fit, printable, wrap

_INDENT = "    "
_LASTING = "agentgate run starts it where the configuration says:"
_GREEN, _YELLOW, _RED, _BOLD = "32", "33", "31", "1"


def headline(repair: Repair) -> str:
    """``412 tests were red: 408 are green, 2 causes are left``."""
    if not repair.complete and not repair.attempts and not repair.red_before:
        return "nothing was repaired: the repair did not begin"
    if not repair.red_before and not repair.left:
        return "nothing is red: nothing to repair"
    were = "was" if repair.red_before == 1 else "were"
    left = f"{counted(len(repair.left), 'cause')} left" if repair.left else "nothing is left"
    if lacking := sum(one.before - one.after - one.advanced for one in repair.attempts if _is_environment(one)):
        left = f"{lacking:,} lacked a service only, {left}"
    if repair.dry:
        would = sum(one.why == "it would be tried" for one in repair.attempts)
        said = f"{counted(repair.red_before, 'test')} {were} red: {counted(would, 'attempt')} would be made"
    else:
        said = f"{counted(repair.red_before, 'test')} {were} red: {repair.green_after:,} green now, {left}"
    return said if repair.complete else f"incomplete: {said}"


def text(repair: Repair, *, width: int | None = None, colour: bool = False, diff: bool = False) -> str:
    """The report for a terminal; with ``diff`` each attempt that wrote nothing shows what it would."""
    return "\n".join(_Screen(width, colour, diff).lines(repair)) + "\n"


class _Screen:
    def __init__(self, width: int | None, colour: bool, diff: bool) -> None:
        self._width = width
        self._colour = colour
        self._diff = diff

    def lines(self, repair: Repair) -> Iterator[str]:
        done = repair.complete and not repair.left
        yield self._paint(f"agentgate: {headline(repair)}", _GREEN if done else _YELLOW)
        for title, verdict, tone in (
            ("Lacked a service", Verdict.ENVIRONMENT, _GREEN),
            ("Kept", Verdict.KEPT, _GREEN),
            ("Tried and taken back", Verdict.ROLLED_BACK, _RED),
            ("Not written", Verdict.SKIPPED, _YELLOW),
        ):
            attempts = [one for one in repair.attempts if one.verdict is verdict]
            if attempts:
                yield ""
                yield self._paint(title, _BOLD)
                for one in attempts:
                    yield from self._attempt(one, tone)
        if repair.left:
            yield ""
            yield self._paint("Left red", _BOLD)
            for left in repair.left:
                yield from self._left(left)
        yield ""
        yield from (self._paint(printable(note), _YELLOW) for note in repair.notes)
        yield from self._footer(repair)

    def _attempt(self, one: Attempt, tone: str) -> Iterator[str]:
        head = f"  {one.kind}: {printable(one.title)}"
        yield fit(head, self._width)
        yield self._paint(f"{_INDENT}{printable(_outcome(one))}", tone)
        for codemod in one.codemods:
            yield f"{_INDENT}{printable(codemod)}{'' if one.applicability == 'safe' else f'  ({one.applicability})'}"
        for sentence in one.evidence:
            yield from (f"{_INDENT}{line}" for line in self._wrapped(f"because {printable(sentence)}"))
        if lines := _declaration(one):
            yield f"{_INDENT}{_LASTING}"
            yield from (f"{_INDENT}  {printable(line)}" for line in lines)
        if one.files:
            yield f"{_INDENT}{_files(one.files)}"
        if self._diff and one.verdict is Verdict.SKIPPED and one.diff:
            yield from (f"{_INDENT}{printable(line.expandtabs())}" for line in one.diff.splitlines())

    def _left(self, left: Left) -> Iterator[str]:
        yield fit(f"  {left.tests:,} {left.kind}: {printable(left.title)}", self._width)
        yield from (f"{_INDENT}{line}" for line in self._wrapped(printable(_why(left))))
        if left.rerun:
            yield f"{_INDENT}{printable(left.rerun)}"

    def _footer(self, repair: Repair) -> Iterator[str]:
        if repair.files and repair.commit and not repair.commits:
            more = " ..." if len(repair.files) > 3 else ""
            yield f"{_files(repair.files)}: git diff -- {' '.join(map(printable, repair.files[:3]))}{more}"
        elif repair.files:
            yield _files(repair.files)
        yield from (f"commit {commit[:12]}" for commit in repair.commits)
        undo = "; agentgate undo takes it back" if repair.files and not repair.commits else ""
        base = f", since {printable(repair.base)}" if repair.base else ""
        yield f"{printable(repair.id)}{base}, {repair.seconds:.1f} s{undo}"

    def _wrapped(self, line: str) -> list[str]:
        return wrap(line, None if self._width is None else self._width - len(_INDENT))

    def _paint(self, line: str, tone: str) -> str:
        return f"\x1b[{tone}m{line}\x1b[0m" if self._colour else line


def _outcome(one: Attempt) -> str:
    """What became of an attempt, and why; one that was not made has a reason alone."""
    if one.verdict is Verdict.SKIPPED:
        return one.why
    if _is_environment(one):
        return f"environment: {one.why} of {one.before:,}"
    if one.verdict is Verdict.ROLLED_BACK:
        return f"rolled back: {one.why}"
    also = f", {counted(len(one.also), 'other cause')} with it" if one.also else ""
    return f"kept: {one.why} of {one.before:,}{also}"


def _is_environment(one: Attempt) -> bool:
    return one.verdict is Verdict.ENVIRONMENT


def _declaration(one: Attempt) -> list[str]:
    """The lines of configuration that would have a service started for every run; [] where it is no matter of one."""
    added = [line[1:] for line in one.diff.splitlines() if line.startswith("+") and not line.startswith("+++ ")]
    return [line for line in added if line] if _is_environment(one) else []


def _why(left: Left) -> str:
    if left.environment:  # what to look at is what to do
        return f"environment: {left.why}{f'. {left.look_at}' if left.look_at else ''}"
    return f"{left.why}{f'; look at {left.look_at} first' if left.look_at else ''}"


def _files(files: Sequence[str]) -> str:
    if len(files) <= 3:
        return ", ".join(map(printable, files))
    return counted(len(files), "file")


# ---- Markdown


def markdown(repair: Repair) -> str:
    """The report in CommonMark with GitHub's tables."""
    return "\n".join(_lines(repair)) + "\n"


def _lines(repair: Repair) -> Iterator[str]:
    yield f"# {headline(repair)}"
    yield ""
    about = [("repair", repair.id), ("since", repair.base), ("commit", repair.commit[:12]), ("agent", repair.agent)]
    yield ", ".join(f"{name} {code(value)}" for name, value in about if value) + f", {repair.seconds:.1f} s"
    yield ""
    for title, verdict in (
        ("Lacked a service", Verdict.ENVIRONMENT),
        ("Kept", Verdict.KEPT),
        ("Tried and taken back", Verdict.ROLLED_BACK),
        ("Not written", Verdict.SKIPPED),
    ):
        attempts = [one for one in repair.attempts if one.verdict is verdict]
        if attempts:
            yield f"## {title}"
            yield ""
            for one in attempts:
                yield from _attempt(one)
            yield ""
    if repair.left:
        yield "## Left red"
        yield ""
        for left in repair.left:
            yield f"- {left.tests:,} {left.kind}: {code(fit(printable(left.title), 200))}"
            yield f"  - {words(_why(left))}"
            if left.rerun:
                yield f"  - {code(left.rerun)}"
        yield ""
    if repair.files:
        yield f"## {counted(len(repair.files), 'file')} changed"
        yield ""
        yield from (f"- {code(path)}" for path in repair.files)
        yield ""
    for note in repair.notes:
        yield f"Note: {words(note)}"
        yield ""


def _attempt(one: Attempt) -> Iterator[str]:
    yield f"- {one.kind}: {code(fit(printable(one.title), 200))}"
    yield f"  - {f'{one.applicability}, ' if one.applicability else ''}{words(_outcome(one))}"
    yield from (f"  - {code(codemod)}" for codemod in one.codemods)
    yield from (f"  - because {words(sentence)}" for sentence in one.evidence)
    if lines := _declaration(one):
        yield f"  - {_LASTING}"
        yield from (f"    {line}" if line else "" for line in ("", *block(lines, "toml")))
    if one.files:
        yield f"  - in {', '.join(code(path) for path in one.files[:10])}" + (", ..." if len(one.files) > 10 else "")


# ---- data


def data(repair: Repair) -> dict[str, JSON]:
    """A repair as data, without its attempts."""
    found: dict[str, Any] = asdict(repair)
    del found["attempts"]
    return _plain(found)


def attempts_data(attempts: Sequence[Attempt]) -> list[JSON]:
    """Attempts as they stand in the JSON document."""
    return [_plain(asdict(one)) for one in attempts]


def render(repair: Repair, summary: RunSummary | None) -> str:
    """The JSON document of the last run, with the repair that it ended, or could not."""
    from pytest_agentgate.report.document import document

    whole = {**document(summary), "attempts": attempts_data(repair.attempts), "repair": data(repair)}
    return json.dumps(whole, indent=2) + "\n"


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Data with lists in place of tuples, and words as texts."""
    found: dict[str, Any] = json.loads(json.dumps(values))
    return found
