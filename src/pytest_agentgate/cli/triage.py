"""``agentgate triage``: the causes behind the failures of a run, recorded or read from JUnit XML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_agentgate.cli import screen
from pytest_agentgate.cli.opening import NOTHING, chosen, opened, record_options
from pytest_agentgate.cli.record import write_summary
from pytest_agentgate.errors import StoreError, UsageError

if TYPE_CHECKING:
    from pytest_agentgate.capture.junit import JunitRun, Reported
    from pytest_agentgate.model import Counts, Failure, History, KindRule, Result, RunSummary


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[JUNIT.xml]...")
@click.option("--run", metavar="RUN", help="A recorded run: an id, or the beginning of one (default: the last run).")
@click.option(
    "-v", "--verbose", count=True, help="All causes, their tests and an example's traceback; twice: every test."
)
@record_options
def triage(
    files: tuple[Path, ...], run: str | None, verbose: int, root: Path, store: str | None, as_json: bool
) -> None:
    """Show the causes behind the failures of a run, or of the JUnit XML files of any runner.

    Several files are shards of one run, which is not recorded. A file that cannot be read is named, the rest is used.

    \b
    Examples:
      agentgate triage
      agentgate triage --run 20260131T1200 --json
      agentgate triage build/test-results/*.xml
    """
    if files and run is not None:
        raise UsageError("--run names a recorded run: give it or JUnit XML files, not both")
    summary = _of_files(files, root, store) if files else _recorded(run, root, store)
    write_summary(summary, "json" if as_json else "text", None, verbose)


def _recorded(selector: str | None, root: Path, store: str | None) -> RunSummary | None:
    with opened(root, store) as record:
        run = chosen(record, selector) if record else None
        if record and run:
            return record.run_summary(run.id)
    if selector is not None:
        raise UsageError(f"no run {selector!r}: {NOTHING}")
    return None


def _of_files(files: Sequence[Path], root: Path, store: str | None) -> RunSummary:
    """What the files tell, with the history that the project's record knows; raises UsageError if none can be read."""
    from pytest_agentgate.capture.junit import read_junit
    from pytest_agentgate.config import find_project
    from pytest_agentgate.model import Run, RunStatus, RunSummary
    from pytest_agentgate.triage.causes import group

    for file in files:
        if file.is_dir():
            raise UsageError(f"{file} is a folder: give its files")
    project = find_project(root)
    with screen.progress("reading reports"):
        read = read_junit(files, project.root)
    for problem in read.problems:
        screen.note(problem)
    if not read.files:
        raise UsageError("none of the files could be read")
    failures = [_failure(reported, project.config.kinds) for reported in read.failures]
    run = Run(
        id="",
        created_at=_utc(read.created_at),
        status=RunStatus.COMPLETED,
        root=str(project.root),
        host=read.host,
        arguments=read.files,
        counts=_counts(read),
    )
    return RunSummary(run, group(failures, _history(failures, root, store)))


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


def _history(failures: Iterable[Failure], root: Path, store: str | None) -> History:
    """What the record says about these causes; nothing where there is none, or none that can be read."""
    from pytest_agentgate.model import History

    groups: dict[str, set[str]] = {}
    for failure in failures:
        groups.setdefault(failure.signature, set()).add(failure.nodeid)
    try:
        with opened(root, store) as record:
            return record.history(groups) if record else History()
    except StoreError as error:
        screen.note(f"{error}; whether a cause is new is not known")
        return History()


def _counts(read: JunitRun) -> Counts:
    """Each test once, by its last attempt."""
    from pytest_agentgate.model import Counts, Outcome, Scope

    last: dict[str, Result] = {result.nodeid: result for result in read.results}
    ended = Counter(result.outcome for result in last.values())
    return Counts(
        total=len(last),
        passed=ended[Outcome.PASSED],
        failed=ended[Outcome.FAILED],
        errors=ended[Outcome.ERROR],
        skipped=ended[Outcome.SKIPPED],
        xfailed=ended[Outcome.XFAILED],
        xpassed=ended[Outcome.XPASSED],
        reruns=len(read.results) - len(last),
        collect_errors=len({failure.nodeid for failure in read.failures if failure.scope is Scope.COLLECT}),
    )


def _utc(stamp: str) -> str:
    """A runner's time stamp in UTC; one without a zone is local. "" where it is none."""
    try:
        return datetime.fromisoformat(stamp).astimezone(UTC).isoformat(timespec="microseconds")
    except (ValueError, OverflowError):
        return ""
