"""The words that every report uses for the same thing, and the order of its causes."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Mapping

from pytest_agentgate.model import Cause, CauseStatus, Counts, Failure, Frame, Role, RunStatus, RunSummary
from pytest_agentgate.report.printable import printable
from pytest_agentgate.values import frozen

LONGEST_COMMAND = 2000
"""Characters of a command line that a person still copies and every shell takes."""


def ordered(causes: Iterable[Cause]) -> list[Cause]:
    """Those that failed before those that passed on a rerun; the largest first, equal ones by kind and signature."""
    return sorted(causes, key=lambda cause: (recovered(cause), -cause.size, cause.kind, cause.signature))


def recovered(cause: Cause) -> bool:
    """Whether its tests passed when they were attempted again, so that it failed nothing in the end."""
    return cause.status is CauseStatus.FLAKY and not cause.exemplar.final


def headline(summary: RunSummary) -> str:
    """``412 failures, 6 causes, all new``, after what kept the run from its end and before what was never run."""
    run, counts = summary.run, summary.run.counts
    failing = [cause for cause in summary.causes if not recovered(cause)]
    failures = sum(cause.size for cause in failing) or counts.failed + counts.errors + counts.collect_errors
    flaky = sum(cause.size for cause in summary.causes if recovered(cause))
    if failures:
        said = counted(failures, "failure")
    elif counts.total or flaky:
        said = "no failures"
    else:
        said = "no tests"
    if run.status is RunStatus.RUNNING:
        said += " so far"
    if failing:
        said += f", {counted(len(failing), 'cause')}{_statuses(failing)}"
    if flaky:
        said += f", {flaky:,} flaky"
    if run.status is not RunStatus.COMPLETED:
        said = f"{run.status}: {said}"
    if counts.not_run:
        said += f", {counted(counts.not_run, 'test')} not run"
    return said


def _statuses(causes: list[Cause]) -> str:
    numbers = {status: sum(cause.status is status for cause in causes) for status in CauseStatus}
    there = [status for status in CauseStatus if numbers[status]]
    if len(there) == 1:
        return f", {'all ' if len(causes) > 1 else ''}{there[0]}"
    return f" ({', '.join(f'{numbers[status]:,} {status}' for status in there)})"


def usual_status(causes: Collection[Cause]) -> CauseStatus | None:
    """The status of more than half of the causes, which need not be said of each."""
    for status in CauseStatus:
        if 2 * sum(cause.status is status for cause in causes) > len(causes):
            return status
    return None


def tally(counts: Counts) -> str:
    """``500 tests: 88 passed, 400 failed, 12 errors; 24 files not collected``."""
    parts = [
        f"{number:,} {word}"
        for number, word in (
            (counts.passed, "passed"),
            (counts.failed, "failed"),
            (counts.errors, "error" if counts.errors == 1 else "errors"),
            (counts.skipped, "skipped"),
            (counts.xfailed, "xfailed"),
            (counts.xpassed, "xpassed"),
            (counts.not_run, "not run"),
            (counts.deselected, "deselected"),
        )
        if number
    ]
    said = counted(counts.total, "test") + (": " + ", ".join(parts) if parts else "")
    if counts.collect_errors:
        said += f"; {counted(counts.collect_errors, 'collect error')}"
    if counts.reruns:
        said += f"; {counted(counts.reruns, 'rerun')}"
    return said


@frozen
class Reach:
    """What a cause took down, apart: tests that failed, files that were not collected, the run itself."""

    tests: int
    collectors: int
    runs: int


def reach(cause: Cause) -> Reach:
    """What of a cause's size are tests, what files, what the run: the id of a file is its path, a run has none."""
    nodeids = [nodeid for nodeid in cause.tests if nodeid]
    collectors = sum("::" not in nodeid for nodeid in nodeids)
    return Reach(tests=len(nodeids) - collectors, collectors=collectors, runs=max(cause.size - len(nodeids), 0))


def extent(cause: Cause) -> str:
    """``41 tests in 3 files``, ``24 files not collected, 1,204 tests hidden``."""
    of = reach(cause)
    parts = []
    if of.tests:
        files = len({nodeid.partition("::")[0] for nodeid in cause.tests if "::" in nodeid})
        parts.append(counted(of.tests, "test") + (f" in {counted(files, 'file')}" if of.tests > 1 and files else ""))
    if of.collectors:
        parts.append(f"{counted(of.collectors, 'file')} not collected")
    if of.runs:
        parts.append("the run itself")
    if cause.hidden is not None:
        parts.append(f"{counted(cause.hidden, 'test')} hidden")
    return ", ".join(parts)


def place(failure: Failure) -> Frame | None:
    """Where to look: in the first exception that has frames, the innermost of the project's own, else the innermost."""
    for raised in failure.evidence.chain:
        for frame in reversed(raised.frames):
            if frame.role in (Role.TEST, Role.SOURCE):
                return frame
        if raised.frames:
            return raised.frames[-1]
    return None


def location(failure: Failure) -> str:
    """``src/shop/order.py:41 in Order.total``, "" where nothing is known."""
    frame = place(failure)
    if frame is None:
        return ""
    said = f"{frame.path}:{frame.line}"
    return printable(f"{said} in {frame.function}" if frame.function else said)


def rerun(cause: Cause, collected: Mapping[str, int], longest: int = LONGEST_COMMAND) -> str:
    """The command that runs the tests of a cause again and no others; the example alone where that is too long.

    A file is run as a whole where it could not be collected, or where all of its tests, as far as ``collected`` knows
    them, are the cause's.
    """
    if not cause.tests or not cause.rerun:  # none where another runner ran them
        return printable(cause.rerun)
    of_file: dict[str, list[str]] = {}
    for nodeid in sorted(cause.tests):
        of_file.setdefault(nodeid.partition("::")[0], []).append(nodeid)
    command = _pytest(
        argument
        for file, nodeids in of_file.items()
        for argument in ([file] if file in nodeids or len(nodeids) == collected.get(file) else nodeids)
    )
    if len(command) <= longest:
        return command
    one = cause.exemplar.nodeid or cause.tests[0]
    return _pytest([one]) + (f"  # one of {cause.size:,}" if cause.size > 1 else "")


def _pytest(arguments: Iterable[str]) -> str:
    return " ".join(["python -m pytest", *(shlex.quote(printable(argument)) for argument in arguments)])


def counted(number: int, word: str) -> str:
    """``1 test``, ``1,204 tests``."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
