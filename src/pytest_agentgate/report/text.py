"""A run in plain text: the summary that a person reads in a terminal, and the short form for a coding agent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pytest_agentgate.model import Cause, CauseStatus, Counts, Kind, RunSummary
from pytest_agentgate.report import lacking
from pytest_agentgate.report.phrases import (
    LONGEST_COMMAND,
    extent,
    headline,
    location,
    ordered,
    recovered,
    rerun,
    tally,
    usual_status,
)
from pytest_agentgate.report.printable import columns, fit, printable, printable_lines, wrap

SHOWN = 12
"""How many causes the summary shows unless it is asked for all."""

_CHARACTERS_A_TOKEN = 4
_COMMAND = 400  # characters that a command for agents takes before it is one for the example alone
_NARROWEST = 40
_SOME = 10  # tests of a cause that are listed before all are
_RULE = 4  # columns of the rule that are left beside its title
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


def summary(
    run_summary: RunSummary,
    *,
    width: int | None,
    colour: bool,
    verbose: int = 0,
    tracebacks: bool = False,
    folder: str = "",
) -> str:
    """The causes of a run, largest first, and below them what was judged of it.

    ``width`` in columns; None where nothing may be wrapped or cut. ``verbose`` 0 shows the largest causes, 1 all of
    them with some of their tests, 2 with every one; ``tracebacks`` shows what pytest printed for an example of each.
    ``folder`` is where the reader is, if that is known. Lines to copy are never broken.
    """
    text = "\n".join(_Screen(run_summary, width, colour).lines(verbose, tracebacks, folder)) + "\n"
    if run_summary.judgement is None:
        return text
    from pytest_agentgate.report import gates  # most runs are not judged

    return text + gates.block(run_summary.judgement, width=width, colour=colour)


def line(run_summary: RunSummary) -> str:
    """The run in one line."""
    run = printable(run_summary.run.id)
    said = headline(run_summary)
    if run_summary.judgement is not None:
        from pytest_agentgate.report import gates

        said += f"; {gates.line(run_summary.judgement)}"
    return f"agentgate: {said}" + (f" (run {run})" if run else "") + "\n"


class _Screen:
    def __init__(self, run_summary: RunSummary, width: int | None, colour: bool) -> None:
        self.run, self.collected = run_summary.run, run_summary.collected
        self.headline = headline(run_summary)
        self.causes = ordered(run_summary.causes)
        self.usual = usual_status(self.causes)
        self.width = None if width is None else max(width, _NARROWEST)
        self.colour = colour

    def lines(self, verbose: int, tracebacks: bool, folder: str) -> Iterator[str]:
        shown = self.causes if verbose else self.causes[:SHOWN]
        yield from self.rule()
        numbers = max([len(f"{cause.size:,}") for cause in shown], default=0)
        kinds = max([len(cause.kind) for cause in shown], default=0)
        for cause in shown:
            number = self.paint(f"{cause.size:>{numbers},}", _BOLD)
            margin = " " * (numbers + 1)
            room = None if self.width is None else self.width - len(margin)
            first, *rest = self.cause(cause, kinds, room, verbose, tracebacks)
            yield f"{number} {first}"
            yield from ((margin + line).rstrip() for line in rest)
        if len(shown) < len(self.causes):
            yield self.paint(f"and {len(self.causes) - len(shown)} more: agentgate triage -v", _BOLD)
        yield from self.footer(verbose, tracebacks, folder)

    def rule(self) -> Iterator[str]:
        colour = _YELLOW
        if not all(map(recovered, self.causes)):
            colour = _RED
        elif self.run.exit_status == 0:
            colour = _GREEN
        title = f" agentgate: {self.headline} "
        width = 80 if self.width is None else self.width
        room = width - len(title)
        if room < _RULE and self.width is not None:
            yield self.paint("=" * width, colour)
            yield from (self.paint(line, colour) for line in wrap(title.strip(), width))
        else:
            yield self.paint("=" * max(room // 2, 2) + title + "=" * max(room - room // 2, 2), colour)

    def cause(self, cause: Cause, kinds: int, room: int | None, verbose: int, tracebacks: bool) -> Iterator[str]:
        title, *rest = wrap(f"{cause.kind:<{kinds}} {printable(cause.title)}", room, None if verbose else 2)
        kind = len(cause.kind)
        yield self.paint(title[:kind], _COLOURS[cause.kind]) + self.paint(title[kind:], _BOLD)
        for line in rest:
            yield self.paint(line, _BOLD)
        yield from self.whereabouts(cause, room)
        for index, line in enumerate(wrap(printable(cause.next_action), room and room - len(_NEXT))):
            yield (" " * len(_NEXT) if index else _NEXT) + line
        yield from self.lack(cause, room)
        if cause.rerun:
            longest = LONGEST_COMMAND if room is None or verbose else room
            yield self.paint(rerun(cause, self.collected, longest), _DIM)
        if verbose:
            yield from (self.paint(line, _DIM) for line in _tests(cause, None if verbose > 1 else _SOME))
        if tracebacks and cause.exemplar.text.strip():
            yield f"for example {printable(cause.exemplar.nodeid) or 'the run itself'}:"
            yield from (f"  {line}" for line in printable_lines(cause.exemplar.text).strip("\n").split("\n"))

    def lack(self, cause: Cause, room: int | None) -> Iterator[str]:
        """What failures lack of services; lines to copy are never broken."""
        if said := lacking.lacks(cause):
            yield from wrap(said, room)
            is_code = bool(cause.lack and cause.lack.lines)
            for line in lacking.remedy(cause):
                yield from (f"  {part}" for part in ([line] if is_code else wrap(line, room and room - 2)))
            if command := lacking.command(cause):
                yield self.paint(command, _DIM)

    def whereabouts(self, cause: Cause, room: int | None) -> Iterator[str]:
        """On one line, for which the name of the function may go; status first where it is not that of most."""
        status = "" if cause.status is self.usual else cause.status.value
        said = ": ".join(filter(None, (status, extent(cause))))
        where = location(cause.exemplar)
        for place in (where, where.rpartition(" in ")[0]):
            line = "; ".join(filter(None, (said, place)))
            if room is None or columns(line) <= room:
                break
        else:
            line = "; ".join(filter(None, (said, where)))
        first, *rest = wrap(line, room)
        yield self.paint(first[: len(status)], _MARKS[cause.status]) + self.paint(first[len(status) :], _DIM)
        yield from (self.paint(line, _DIM) for line in rest)

    def footer(self, verbose: int, tracebacks: bool, folder: str) -> Iterator[str]:
        run = f"run {printable(self.run.id)}" if self.run.id else ""
        counts = tally(self.run.counts) if self.run.counts != Counts() else ""
        lines = _flow([counts, run], self.width, "; ")
        if self.causes and not (verbose and tracebacks):
            lines += wrap("agentgate triage -v: the tests of each cause, and an example's traceback", self.width)
        if self.causes and folder and self.run.root and folder != self.run.root:
            lines += _flow(["the commands are meant for", printable(self.run.root)], self.width, " ")
        yield from (self.paint(line, _DIM) for line in lines)

    def paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text


def _tests(cause: Cause, most: int | None) -> Iterator[str]:
    tests = [printable(nodeid) for nodeid in cause.tests if nodeid]
    yield from tests[:most]
    if most is not None and len(tests) > most:
        yield f"and {len(tests) - most:,} more: -vv"


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
    if run_summary.judgement is None:
        return _causes(run_summary, room)
    from pytest_agentgate.report import gates

    verdict = gates.agent(run_summary.judgement, room // 2)
    return _causes(run_summary, room - len(verdict)) + verdict


def _causes(run_summary: RunSummary, room: int) -> str:
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
        entry = _entry(number, cause, run_summary.collected, longest)
        if len(text) + len(entry) + reserve > room:
            return _bounded(text, _left_out(left + 1, more), room)
        text += entry
    return _bounded(text, "", room)


def _entry(number: int, cause: Cause, collected: Mapping[str, int], longest: int) -> str:
    line = longest // 3
    said = [f"{number}. {cause.kind} [{cause.status}] {_cut(cause.title, line)}", extent(cause)]
    if cause.exemplar.nodeid:
        said.append(f"example: {_cut(cause.exemplar.nodeid, line)}")
    if location(cause.exemplar):
        said.append(f"at: {_cut(location(cause.exemplar), line)}")
    said.append(f"next: {_cut(cause.next_action, line)}")
    if lack := lacking.lacks(cause):
        said.append(_cut(lack, line))
        lines = lacking.remedy(cause)
        if sum(map(len, lines)) <= line:  # half a configuration is none
            said += [f"  {each}" for each in lines]
        if command := lacking.command(cause):
            said.append(f"try: {command}")
    if cause.rerun:
        command = rerun(cause, collected, min(line, _COMMAND))
        said.append(f"rerun: {command}" if len(command) <= line else "rerun: too long for here")
    return "\n   ".join(filter(None, said)) + "\n"


def _cut(text: str, length: int) -> str:
    text = printable(text)
    return text if len(text) <= length else text[: max(length - 3, 0)] + "..."


def _left_out(causes: int, more: str) -> str:
    return f"cut to fit: {causes:,} {'cause' if causes == 1 else 'causes'} left out; all of them: {more}\n"


def _bounded(text: str, last: str, room: int) -> str:
    return (text[: max(room - len(last), 0)] + last)[: max(room, 0)]
