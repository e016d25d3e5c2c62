"""A run in plain text: the summary that a person reads in a terminal, and the short form for a coding agent."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_agentgate.model import Cause, CauseStatus, Counts, Kind, RunSummary
from pytest_agentgate.report.phrases import extent, headline, location, ordered, rerun, tally
from pytest_agentgate.report.printable import columns, fit, printable, wrap

SHOWN = 12
"""How many causes the summary shows unless it is asked for all."""

_CHARACTERS_A_TOKEN = 4
_NARROWEST = 40
_NEXT = "-> "
_COLOURS = {
    Kind.IMPORT: "35",
    Kind.VALIDATION: "33",
    Kind.ASSERTION: "31",
    Kind.CONNECTION: "36",
    Kind.INTERFACE: "34",
    Kind.FIXTURE: "34",
    Kind.TIMEOUT: "36",
    Kind.CRASH: "1;31",
    Kind.OTHER: "37",
}
_MARKS = {CauseStatus.NEW: "33", CauseStatus.KNOWN: "2", CauseStatus.REGRESSED: "1;31", CauseStatus.FLAKY: "35"}
_BOLD, _DIM, _RED, _GREEN, _YELLOW = "1", "2", "1;31", "1;32", "1;33"


def summary(run_summary: RunSummary, *, width: int | None, colour: bool, verbose: int = 0) -> str:
    """The causes of a run, largest first.

    ``width`` in columns; None where nothing may be wrapped or cut. ``verbose`` 0 shows the largest causes, 1 all of
    them with an example of each, 2 every failed test. Lines to copy are never broken.
    """
    return "\n".join(_Screen(width, colour).lines(run_summary, verbose)) + "\n"


def line(run_summary: RunSummary) -> str:
    """The run in one line."""
    run = printable(run_summary.run.id)
    return f"agentgate: {headline(run_summary)}" + (f" (run {run})" if run else "") + "\n"


class _Screen:
    def __init__(self, width: int | None, colour: bool) -> None:
        self.width = None if width is None else max(width, _NARROWEST)
        self.colour = colour

    def lines(self, run_summary: RunSummary, verbose: int) -> Iterator[str]:
        causes = ordered(run_summary.causes)
        shown = causes if verbose else causes[:SHOWN]
        yield self.rule(run_summary)
        numbers = max([len(f"{cause.size:,}") for cause in shown], default=0)
        kinds = max([len(cause.kind) for cause in shown], default=0)
        for cause in shown:
            yield from self.cause(cause, numbers, kinds, verbose)
        if len(shown) < len(causes):
            yield self.paint(f"and {len(causes) - len(shown)} more: agentgate report", _BOLD)
        yield from self.footer(run_summary)

    def rule(self, run_summary: RunSummary) -> str:
        title = f" agentgate: {headline(run_summary)} "
        room = (80 if self.width is None else self.width) - len(title)
        line = "=" * max(room // 2, 2) + title + "=" * max(room - room // 2, 2)
        if run_summary.causes:
            return self.paint(line, _RED)
        return self.paint(line, _GREEN if run_summary.run.exit_status == 0 else _YELLOW)

    def cause(self, cause: Cause, numbers: int, kinds: int, verbose: int) -> Iterator[str]:
        indent = numbers + 1 + kinds + 1
        room = None if self.width is None else self.width - indent
        number = self.paint(f"{cause.size:>{numbers},}", _BOLD)
        kind = self.paint(f"{cause.kind:<{kinds}}", _COLOURS[cause.kind])
        title, *rest = wrap(printable(cause.title), room, None if verbose else 3)
        yield f"{number} {kind} {self.paint(title, _BOLD)}"
        margin = " " * indent
        for line in rest:
            yield margin + self.paint(line, _BOLD)
        yield from (margin + line for line in self.details(cause, room))
        for index, line in enumerate(wrap(printable(cause.next_action), room and room - len(_NEXT))):
            yield margin + (" " * len(_NEXT) if index else _NEXT) + line
        if cause.rerun:
            yield margin + self.paint(rerun(cause, None if verbose else room), _DIM)
        if verbose == 1 and cause.exemplar.nodeid:
            yield margin + self.paint(f"for example {printable(cause.exemplar.nodeid)}", _DIM)
        if verbose > 1:
            yield from (margin + self.paint(printable(nodeid), _DIM) for nodeid in cause.tests if nodeid)

    def details(self, cause: Cause, room: int | None) -> Iterator[str]:
        status = cause.status.value
        where = location(cause.exemplar)
        first, *rest = _flow([f"{status}: {extent(cause)}", f"at {where}" if where else ""], room)
        yield self.paint(status, _MARKS[cause.status]) + self.paint(first[len(status) :], _DIM)
        for line in rest:
            yield self.paint(line, _DIM)

    def footer(self, run_summary: RunSummary) -> Iterator[str]:
        run = f"run {printable(run_summary.run.id)}" if run_summary.run.id else ""
        counts = tally(run_summary.run.counts) if run_summary.run.counts != Counts() else ""
        for line in _flow([counts, run], self.width, "; "):
            yield self.paint(line, _DIM)

    def paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text


def _flow(parts: list[str], room: int | None, glue: str = ", ") -> list[str]:
    """The parts on one line if they fit there, else each on its own."""
    parts = [part for part in parts if part]
    together = glue.join(parts)
    if room is None or columns(together) <= room:
        return [together] if parts else []
    return [line for part in parts for line in wrap(part, room)]


def agent(run_summary: RunSummary, budget: int = 2000) -> str:
    """The same for a coding agent: no decoration, at most ``budget`` tokens of about four characters.

    Whatever had to be left out is said in the last line.
    """
    room = budget * _CHARACTERS_A_TOKEN
    run = run_summary.run
    causes = ordered(run_summary.causes)
    head = [headline(run_summary)]
    if run.counts != Counts():
        head.append(tally(run.counts))
    if run.id:
        head.append(fit(f"run {printable(run.id)}", 200))
    text = "\n".join(head) + "\n"
    more = f"agentgate report {printable(run.id)}".rstrip()
    for number, cause in enumerate(causes, 1):
        left = len(causes) - number
        reserve = len(_left_out(left, more)) if left else 0
        longest = max((room - len(text) - reserve) // 2, 160)  # one cause may not take everything from the next
        entry = _entry(number, cause, longest)
        if len(text) + len(entry) + reserve > room:
            return _bounded(text, _left_out(left + 1, more), room)
        text += entry
    return _bounded(text, "", room)


def _entry(number: int, cause: Cause, longest: int) -> str:
    line = longest // 3
    said = [f"{number}. {cause.kind} [{cause.status}] {_cut(cause.title, line)}", extent(cause)]
    if cause.exemplar.nodeid:
        said.append(f"example: {_cut(cause.exemplar.nodeid, line)}")
    if location(cause.exemplar):
        said.append(f"at: {_cut(location(cause.exemplar), line)}")
    said.append(f"next: {_cut(cause.next_action, line)}")
    if cause.rerun:
        command = rerun(cause, line)
        said.append(f"rerun: {command}" if len(command) <= line else "rerun: too long for here")
    return "\n   ".join(filter(None, said)) + "\n"


def _cut(text: str, length: int) -> str:
    text = printable(text)
    return text if len(text) <= length else text[: max(length - 3, 0)] + "..."


def _left_out(causes: int, more: str) -> str:
    return f"cut to fit: {causes:,} {'cause' if causes == 1 else 'causes'} left out; all of them: {more}\n"


def _bounded(text: str, last: str, room: int) -> str:
    return (text[: max(room - len(last), 0)] + last)[: max(room, 0)]
