"""JUnit XML of any runner as a run: what ``triage`` shows and ``gate`` judges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_agentgate.cli import screen
from pytest_agentgate.errors import StoreError, UsageError
from pytest_agentgate.report.printable import printable

if TYPE_CHECKING:
    from pytest_agentgate.capture.junit import JunitRun, Reported
    from pytest_agentgate.config import Project
    from pytest_agentgate.gates.facts import RunFacts
    from pytest_agentgate.model import Counts, Failure, History, KindRule, Result
    from pytest_agentgate.store import Store

_MANY = 3  # names that a note lists


@dataclass(frozen=True)
class Shards:
    """What one or more files tell, as one run that is not recorded."""

    facts: RunFacts
    problems: tuple[str, ...] = ()  # one line for each file that could not be used
    again: tuple[str, ...] = ()  # tests that ran more than once in one file; the last attempt counts
    several: tuple[str, ...] = ()  # tests that are in more than one file; the worst counts
    copies: tuple[str, ...] = ()  # one line for each file that is the same as another

    @property
    def notes(self) -> Iterator[str]:
        """What is to be known of them, a line each."""
        yield from self.copies
        for tests, said in (
            (self.again, "tests that ran more than once count by their last attempt"),
            (self.several, "tests in several files count as in the file where they ended worst"),
        ):
            if tests:
                names = ", ".join(map(printable, tests[:_MANY])) + (", ..." if len(tests) > _MANY else "")
                yield f"{said}: {len(tests):,} ({names})"


def read_shards(files: Sequence[Path], project: Project, store: Store | None) -> Shards:
    """Read the files, with the history that the project's record knows.

    Raises UsageError for a folder. A file that cannot be read is a problem, the rest is used.
    """
    from pytest_agentgate.capture.junit import read_junit
    from pytest_agentgate.gates.facts import RunFacts
    from pytest_agentgate.model import Run, RunStatus
    from pytest_agentgate.triage.causes import group

    for file in files:
        if file.is_dir():
            raise UsageError(f"{file} is a folder: give its files")
    with screen.progress("reading reports"):
        read = read_junit(files, project.root)
        failures = tuple(_failure(reported, project.config.kinds) for reported in read.failures)
        causes = group(failures, _history(failures, store))
    run = Run(
        id="",
        created_at=_utc(read.created_at),
        status=RunStatus.COMPLETED,
        root=str(project.root),
        host=read.host,
        arguments=read.files,
        counts=_counts(read),
    )
    facts = RunFacts(run, read.results, failures, causes, properties=read.properties)
    again = dict.fromkeys(result.nodeid for result in read.results if result.attempt > 1)
    for nodeid in read.several:
        again.pop(nodeid, None)
    return Shards(facts, read.problems, tuple(again), read.several, read.copies)


def _failure(reported: Reported, rules: Iterable[KindRule]) -> Failure:
    from pytest_agentgate.model import Failure
    from pytest_agentgate.triage.kinds import reason_of
    from pytest_agentgate.triage.rules import kind_by_rules

    evidence, nodeid = reported.evidence, reported.nodeid
    forced = kind_by_rules(rules, evidence, nodeid)
    reason = reason_of(evidence, reported.scope, reported.when, nodeid, forced)
    return Failure(
        nodeid,
        reported.scope,
        reported.when,
        evidence,
        reason,
        reason.signature,
        reported.attempt,
        reported.final,
        reported.text,
    )


def _history(failures: Iterable[Failure], store: Store | None) -> History:
    """What the record says about these causes; nothing where there is none, or none that can be read."""
    from pytest_agentgate.model import History

    groups: dict[str, set[str]] = {}
    for failure in failures:
        groups.setdefault(failure.signature, set()).add(failure.nodeid)
    try:
        return store.history(groups) if store else History()
    except StoreError as error:
        screen.note(f"{error}; whether a cause is new is not known")
        return History()


def _counts(read: JunitRun) -> Counts:
    """Each test once, by its last attempt; what did not run in one of several places is counted twice."""
    from pytest_agentgate.model import Counts, Outcome, Scope

    last: dict[str, Result] = {result.nodeid: result for result in read.results}
    not_run = {result.nodeid for result in read.results if result.outcome is Outcome.NOT_RUN}
    ended = Counter(result.outcome for result in last.values())
    return Counts(
        total=len(last),
        passed=ended[Outcome.PASSED],
        failed=ended[Outcome.FAILED],
        errors=ended[Outcome.ERROR],
        skipped=ended[Outcome.SKIPPED],
        xfailed=ended[Outcome.XFAILED],
        xpassed=ended[Outcome.XPASSED],
        not_run=len(not_run),  # in whichever file
        reruns=len(read.results) - len(last),
        collect_errors=len({failure.nodeid for failure in read.failures if failure.scope is Scope.COLLECT}),
    )


def _utc(stamp: str) -> str:
    """A runner's time stamp in UTC; one without a zone is local. "" where it is none."""
    try:
        return datetime.fromisoformat(stamp).astimezone(UTC).isoformat(timespec="microseconds")
    except (ValueError, OverflowError):
        return ""
