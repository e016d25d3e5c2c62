"""The words that every report uses for the same thing, and the order of its causes."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from pytest_agentgate.model import Cause, Counts, Failure, Frame, Role, RunStatus, RunSummary
from pytest_agentgate.report.printable import printable


def ordered(causes: Iterable[Cause]) -> list[Cause]:
    """Largest first; equal ones by kind and signature."""
    return sorted(causes, key=lambda cause: (-cause.size, cause.kind, cause.signature))


def headline(summary: RunSummary) -> str:
    """``412 failures, 6 causes``, after what kept the run from its end and before what was never run."""
    run, causes = summary.run, summary.causes
    failures = sum(cause.size for cause in causes)
    if causes:
        said = f"{counted(failures, 'failure')}, {counted(len(causes), 'cause')}"
    elif run.counts.total:
        said = "no failures"
    else:
        said = "no tests"
    if run.status is not RunStatus.COMPLETED:
        said = f"{run.status}: {said}"
    if run.counts.not_run:
        said += f", {counted(run.counts.not_run, 'test')} not run"
    return said


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


@dataclass(frozen=True)
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
        parts.append(counted(of.tests, "test") + (f" in {counted(files, 'file')}" if files else ""))
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


def rerun(cause: Cause, longest: int | None) -> str:
    """The command that runs a cause's tests again; where it is too long, one for their files, else for the example."""
    command = printable(cause.rerun)
    if longest is None or len(command) <= longest or not cause.exemplar.nodeid:
        return command
    by_files = _pytest(cause.files)
    if cause.files and len(by_files) <= longest:
        return by_files
    return _pytest([cause.exemplar.nodeid]) + (f"  # one of {cause.size:,}" if cause.size > 1 else "")


def _pytest(arguments: Iterable[str]) -> str:
    return " ".join(["python -m pytest", *(shlex.quote(printable(argument)) for argument in arguments)])


def counted(number: int, word: str) -> str:
    """``1 test``, ``1,204 tests``."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
