"""``agentgate runs | report | compare | errors``: what the record says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_agentgate.cli import screen
from pytest_agentgate.cli.opening import NOTHING, chosen, opened, record_options
from pytest_agentgate.cli.screen import Cell, Column
from pytest_agentgate.errors import AgentgateError, UsageError
from pytest_agentgate.report import formats
from pytest_agentgate.report.printable import fit, printable, wrap

if TYPE_CHECKING:
    from pytest_agentgate.model import JSON, Cause, Failure, Part, Recurrence, Run, RunComparison, RunReport, RunSummary
    from pytest_agentgate.store import Store

_ON_SCREEN = ("text", "agent")  # forms that are no format of a report


@click.command()
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, metavar="N", help="At most so many."
)
@record_options
def runs(limit: int, root: Path, store: str | None, as_json: bool) -> None:
    """List the recorded runs, newest first.

    \b
    Example:
      agentgate runs --limit 5
    """
    from pytest_agentgate.report.document import run_data

    with opened(root, store) as record:
        found = list(record.runs(limit=limit)) if record else []
    if as_json:
        screen.say_json([run_data(run) for run in found])
    elif not found:
        screen.say(NOTHING)
    else:
        screen.table(_RUN_COLUMNS, (_run_row(run) for run in found))


@click.command()
@click.argument("run", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice((*_ON_SCREEN, *formats.FORMATS)),
    default=None,
    help="What to write (default: text).",
)
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="PATH", help="Write a file; for logs, the files of a folder."
)
@click.option(
    "--report",
    "reports",
    metavar="FORMAT:PATH",
    multiple=True,
    help="Write a report into a file, and nothing on the screen; can be given several times.",
)
@click.option(
    "-v", "--verbose", count=True, help="All causes, their tests and an example's traceback; twice: every test."
)
@record_options
def report(
    run: str | None,
    form: str | None,
    output: Path | None,
    reports: tuple[str, ...],
    verbose: int,
    root: Path,
    store: str | None,
    as_json: bool,
) -> None:
    """Write a run's report: of RUN (an id or the beginning of one), else of the last run.

    \b
    Examples:
      agentgate report
      agentgate report --format md --output summary.md
      agentgate report --report html:report.html --report junit:report.xml
      agentgate report 20260131T1200 --json
    """
    if as_json and form not in (None, "json"):
        raise UsageError(f"--json and --format {form} exclude each other")
    if reports and (form or as_json or output is not None):
        raise UsageError("--report names formats and files: leave out --format, --json and --output")
    form = "json" if as_json else form or "text"
    if form == formats.LOGS and output is None:
        raise UsageError("--format logs writes several files: name their folder with --output")
    targets = formats.parse_all(reports, "--report")
    if output is not None and form not in _ON_SCREEN:
        targets = [formats.ReportTarget(form, output)]
    shown = formats.ONE_FILE.get(form)
    with opened(root, store) as record:
        found = chosen(record, run) if record else None
        if record is None or found is None:
            if run is not None or output is not None or targets:
                raise UsageError(f"no run {run!r}: {NOTHING}" if run is not None else f"{root.resolve()}: {NOTHING}")
            write_summary(None, form, None, verbose)
            return
        if targets:
            _write(targets, _whole(record, found.id, formats.parts(targets), root))
            return
        if shown is not None:
            rendered = shown.render(_whole(record, found.id, shown.parts, root))
        else:
            summary = _whole(record, found.id, (), root).summary
    if shown is not None:
        screen.say(rendered)
    else:
        write_summary(summary, form, output, verbose)


def _whole(record: Store, run_id: str, parts: Collection[Part], root: Path) -> RunReport:
    from pytest_agentgate.config import find_project
    from pytest_agentgate.triage.causes import declared

    project = find_project(root)
    report = record.run_report(run_id, parts)
    return replace(report, summary=declared(report.summary, project.config.services), policy=project.policy)


def _write(targets: Sequence[formats.ReportTarget], report: RunReport) -> None:
    """Write every report that can be; raises AgentgateError for the last one that cannot, and says the others."""
    problems = []
    for target in targets:
        try:
            formats.write(target, report)
        except AgentgateError as error:
            problems.append(error)
    for problem in problems[:-1]:
        screen.note(str(problem))
    if problems:
        raise problems[-1]


@click.command()
@click.argument("before")
@click.argument("after")
@record_options
def compare(before: str, after: str, root: Path, store: str | None, as_json: bool) -> None:
    """Show what became of the tests and causes of one run in another.

    \b
    Example:
      agentgate compare 20260131T1200 20260131T1530
    """
    with opened(root, store) as record:
        first = chosen(record, before) if record else None
        second = chosen(record, after) if record else None
        if record is None or first is None or second is None:
            raise UsageError(f"no run {before!r}: {NOTHING}")
        comparison = record.compare(first.id, second.id)
        causes = record.run_summary(second.id).causes
    if as_json:
        screen.say_json(_comparison_data(comparison))
    else:
        screen.say("\n".join(_comparison_lines(comparison, causes)))


@click.command()
@click.option("--run", metavar="RUN", help="An id, or the beginning of one (default: the last run).")
@click.option("--kind", type=click.Choice(list(screen.KINDS)), help="Only failures of this kind.")
@click.option("--all", "every", is_flag=True, help="The causes of all runs instead, the latest seen first.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=50, show_default=True, metavar="N", help="Causes of --all."
)
@record_options
def errors(
    run: str | None, kind: str | None, every: bool, limit: int, root: Path, store: str | None, as_json: bool
) -> None:
    """List the failures of a run, or the causes of all runs.

    \b
    Examples:
      agentgate errors --kind import
      agentgate errors --all
    """
    if every and run is not None:
        raise UsageError("--run and --all exclude each other")
    if every:
        _recurrences(kind, limit, root, store, as_json)
        return
    found: list[Failure] = []
    with opened(root, store) as record:
        of = chosen(record, run) if record else None
        if record and of:
            found = [failure for failure in record.failures(of.id) if kind in (None, failure.reason.kind)]
    sizes = Counter(failure.signature for failure in found)
    found.sort(key=lambda one: (-sizes[one.signature], one.signature, one.nodeid, one.attempt, one.when))
    if run is not None and of is None:
        raise UsageError(f"no run {run!r}: {NOTHING}")
    if as_json:
        screen.say_json([_failure_data(failure) for failure in found])
    elif of is None:
        screen.say(NOTHING)
    elif not found:
        screen.say(f"no {kind} failures in run {of.id}" if kind else f"no failures in run {of.id}")
    elif screen.on_terminal():
        screen.say("\n".join(_by_cause(found)))
    else:
        screen.table(_FAILURE_COLUMNS, (_failure_row(failure) for failure in found))


def _recurrences(kind: str | None, limit: int, root: Path, store: str | None, as_json: bool) -> None:
    with opened(root, store) as record:
        found = [one for one in record.errors(limit) if kind in (None, one.kind)] if record else []
    if as_json:
        screen.say_json([asdict(one) for one in found])
    elif record is None:
        screen.say(NOTHING)
    elif not found:
        screen.say("no run had a failure" + (f" of kind {kind}" if kind else ""))
    else:
        screen.table(_RECURRENCE_COLUMNS, (_recurrence_row(one) for one in found))


def write_summary(summary: RunSummary | None, form: str, output: Path | None, verbose: int) -> None:
    """Print a run as text, for an agent or as JSON, or write it to a file; say so where there is none."""
    from pytest_agentgate.report import document, text

    if form == "json":
        rendered = document.written(summary)
    elif summary is None:
        screen.say(NOTHING)
        return
    elif form == "agent":
        rendered = text.agent(summary)
    else:
        to_screen = output is None
        rendered = text.summary(
            summary,
            width=screen.width() if to_screen else None,
            colour=to_screen and screen.colour(),
            verbose=verbose,
            tracebacks=bool(verbose),
            folder=str(Path.cwd()),
        )
    if output is None:
        screen.say(rendered)
    else:
        formats.write_text(output, rendered)


_THE_RUN = "(the run itself)"

_RUN_COLUMNS = (
    Column("run"),
    Column("status"),
    Column("tests", right=True),
    Column("failed", right=True),
    Column("not run", right=True, spare=2),
    Column("seconds", right=True, spare=3),
    Column("agent", spare=1),
    Column("commit", spare=4),
)


def _run_row(run: Run) -> list[str | Cell]:
    counts = run.counts
    failed = counts.failed + counts.errors + counts.collect_errors
    return [
        run.id,
        Cell(run.status, None if run.status == "completed" else "yellow"),
        f"{counts.total:,}",
        Cell(f"{failed:,}", "bold red" if failed else "green"),
        Cell(f"{counts.not_run:,}", "yellow" if counts.not_run else "dim"),
        "" if run.duration is None else f"{run.duration:,.1f}",
        run.agent,
        " ".join(filter(None, (run.branch, run.commit[:10] + ("+" if run.dirty else "")))),
    ]


_RECURRENCE_COLUMNS = (
    Column("kind"),
    Column("runs", right=True),
    Column("size", right=True),
    Column("first seen", spare=1),
    Column("last run"),
    Column("cause", flexible=True),
)


def _recurrence_row(one: Recurrence) -> list[str | Cell]:
    kind = Cell(one.kind, screen.KINDS[one.kind])
    return [kind, f"{one.runs:,}", f"{one.size:,}", one.first_seen[:10], one.last_run.partition("-")[0], one.title]


_FAILURE_COLUMNS = (Column("kind"), Column("test"), Column("when"), Column("why"))


def _failure_row(failure: Failure) -> list[str | Cell]:
    return [failure.reason.kind, failure.nodeid or _THE_RUN, failure.when, failure.reason.title]


def _by_cause(failures: Iterable[Failure]) -> Iterator[str]:
    """The failures below what they share, for people: the same reason a hundred times is hard to read."""
    for _, group in groupby(failures, key=lambda failure: failure.signature):
        members = list(group)
        kind = members[0].reason.kind
        title = fit(printable(members[0].reason.title), _room(len(kind) + 1))
        yield f"{screen.paint(kind, screen.KINDS[kind], bold=True)} {screen.paint(title, None, bold=True)}"
        for failure in members:
            when = "" if failure.when in ("call", "collect", "session") else f" (in {failure.when})"
            yield f"  {printable(failure.nodeid) or _THE_RUN}{when}"


def _failure_data(failure: Failure) -> dict[str, JSON]:
    from pytest_agentgate.report.document import failure_data

    return {
        **failure_data(failure),
        "kind": failure.reason.kind.value,
        "signature": failure.signature,
        "title": failure.reason.title,
        "next_action": failure.reason.next_action,
        "attempt": failure.attempt,
        "final": failure.final,
        "worker": failure.evidence.worker,
    }


# A list of a comparison -> what its tests are, and its colour.
_LISTS = {
    "newly_failing": ("newly failing", "red"),
    "still_failing": ("still failing", "yellow"),
    "fixed": ("fixed", "green"),
    "silenced": ("silenced: failed before, and now neither fail nor pass", "magenta"),
    "hidden": ("hidden: their files could not be collected", "red"),
    "added": ("not in BEFORE", None),
    "removed": ("not in AFTER", None),
}
_SHOWN = 20  # of a list, on a terminal


def _comparison_data(comparison: RunComparison) -> dict[str, JSON]:
    from pytest_agentgate.report.document import cause_data, run_data

    return {
        "before": run_data(comparison.before),
        "after": run_data(comparison.after),
        **{name: list(getattr(comparison, name)) for name in _LISTS},
        "slower": [{"nodeid": one.nodeid, "before": one.before, "after": one.after} for one in comparison.slower],
        "causes_new": [cause_data(cause) for cause in comparison.causes_new],
        "causes_gone": [cause_data(cause) for cause in comparison.causes_gone],
        "causes_not_run": [cause_data(cause) for cause in comparison.causes_not_run],
    }


def _comparison_lines(comparison: RunComparison, causes: Iterable[Cause]) -> Iterator[str]:
    """``causes`` are those of the run after, which tell why a test fails newly."""
    from pytest_agentgate.report.phrases import tally

    for word, run in (("BEFORE", comparison.before), ("AFTER", comparison.after)):
        first, *rest = wrap(f"{printable(run.id)}  {tally(run.counts)}", _room(8))
        yield f"{word:<6}  {first}"
        yield from (f"{'':8}{line}" for line in rest)
    lists = [*_lists(comparison, causes)]
    if not any(lines for _, _, lines in lists):
        yield "no difference"
    for head, colour, lines in lists:
        if lines:
            yield from _listed(head, colour, lines)


def _lists(comparison: RunComparison, causes: Iterable[Cause]) -> Iterator[tuple[str, str | None, list[str]]]:
    yield from _cause_lists(comparison)
    for name, (words, colour) in _LISTS.items():
        tests = getattr(comparison, name)
        yield f"{len(tests):,} {words}", colour, [*(_by_reason(tests, causes) if name == "newly_failing" else tests)]
    slower = [f"{one.nodeid}  {one.before:.2f} s, now {one.after:.2f} s" for one in comparison.slower]
    yield f"{len(slower):,} slower", "yellow", slower


def _by_reason(tests: Iterable[str], causes: Iterable[Cause]) -> Iterator[str]:
    """The tests below what they fail for, each once."""
    left = dict.fromkeys(tests)
    for cause in causes:
        members = [nodeid for nodeid in cause.tests if nodeid in left]
        if members:
            yield f"{cause.kind} {cause.title}"
        for nodeid in members:
            del left[nodeid]
            yield f"  {nodeid}"
    yield from left


def _cause_lists(comparison: RunComparison) -> Iterator[tuple[str, str | None, list[str]]]:
    for causes, words, colour in (
        (comparison.causes_new, "new", "red"),
        (comparison.causes_gone, "gone", "green"),
        (comparison.causes_not_run, "not run in AFTER", "yellow"),
    ):
        said = "cause" if len(causes) == 1 else "causes"
        yield (
            f"{len(causes):,} {said} {words}",
            colour,
            [f"{cause.size:,} {cause.kind} {cause.title}" for cause in causes],
        )


def _listed(head: str, colour: str | None, items: list[str]) -> Iterator[str]:
    shown = items[:_SHOWN] if screen.on_terminal() else items
    yield ""
    yield screen.paint(head, colour, bold=True)
    for item in shown:
        yield f"  {fit(printable(item), _room(2))}"
    if len(shown) < len(items):
        yield f"  and {len(items) - len(shown):,} more: --json lists all"


def _room(indent: int) -> int | None:
    width = screen.width()
    return width and width - indent
