"""``agentgate triage``: the causes behind the failures of a run, recorded or read from JUnit XML."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_agentgate.cli import screen
from pytest_agentgate.cli.opening import NOTHING, chosen, opened, opened_to_compare, record_options
from pytest_agentgate.cli.record import write_summary
from pytest_agentgate.errors import UsageError

if TYPE_CHECKING:
    from pytest_agentgate.model import RunSummary


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
    from pytest_agentgate.config import find_project
    from pytest_agentgate.triage.causes import declared

    if files and run is not None:
        raise UsageError("--run names a recorded run: give it or JUnit XML files, not both")
    summary = _of_files(files, root, store) if files else _recorded(run, root, store)
    if summary is not None:
        summary = declared(summary, find_project(root).config.services)
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
    from pytest_agentgate.cli.junit import read_shards
    from pytest_agentgate.config import find_project
    from pytest_agentgate.model import RunSummary

    with opened_to_compare(root, store) as record:
        shards = read_shards(files, find_project(root), record)
    for line in (*shards.problems, *shards.notes):
        screen.note(line)
    if not shards.facts.run.arguments:
        raise UsageError("none of the files could be read")
    return RunSummary(shards.facts.run, shards.facts.causes)
