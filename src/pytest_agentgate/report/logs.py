"""Failures as plain log files, one for each kind and one for all."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_agentgate.model import Failure, Kind
from pytest_agentgate.report.phrases import counted, location
from pytest_agentgate.report.printable import printable, printable_lines

ALL = "test_failures.log"
_ALWAYS = (Kind.IMPORT, Kind.VALIDATION, Kind.ASSERTION, Kind.CONNECTION)


def file_name(kind: Kind) -> str:
    """``import_errors.log``."""
    return f"{kind}_errors.log"


def logs(failures: Iterable[Failure]) -> dict[str, str]:
    """The name of each file -> its text.

    ``test_failures.log`` and the files of the four commonest kinds are always there and say so where there is nothing
    to tell; the files of other kinds are there when needed.
    """
    every = sorted(failures, key=lambda failure: (failure.nodeid, failure.attempt, failure.when, failure.signature))
    files = {ALL: _log(every, "failure")}
    for kind in Kind:
        of_kind = [failure for failure in every if failure.reason.kind is kind]
        if of_kind or kind in _ALWAYS:
            files[file_name(kind)] = nothing(kind) if not of_kind else _log(of_kind, f"{kind} failure")
    return files


def nothing(kind: Kind) -> str:
    """The text of a kind's file where nothing of the kind happened."""
    return f"no {kind} failures\n"


def _log(failures: list[Failure], word: str) -> str:
    if not failures:
        return f"no {word}s\n"
    return f"{counted(len(failures), word)}\n\n" + "\n".join(map(_entry, failures))


def _entry(failure: Failure) -> str:
    at = f" (attempt {failure.attempt})" if failure.attempt > 1 or not failure.final else ""
    raised = failure.evidence.raised
    lines = [
        "=" * 80,
        f"{printable(failure.nodeid) or 'the run itself'}{at}",
        f"when: {failure.when}",
        f"kind: {failure.reason.kind}",
        f"cause: {failure.signature} {printable(failure.reason.title)}",
        f"message: {printable(raised.type)}: {printable(raised.message)}".rstrip(": "),
        f"at: {location(failure) or 'unknown'}",
    ]
    text = printable_lines(failure.text).strip("\n")
    return "\n".join(lines) + (f"\n\n{text}\n" if text else "\n")
