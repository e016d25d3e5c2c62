"""``agentgate undo``: take back what agentgate last wrote to files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_agentgate.cli import screen
from pytest_agentgate.cli.screen import Column
from pytest_agentgate.report.printable import printable

if TYPE_CHECKING:
    from pytest_agentgate.codemods.files.journal import Batch
    from pytest_agentgate.model import JSON


@click.command()
@click.option("--list", "as_list", is_flag=True, help="Only list what can be taken back, newest first.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="A folder of the project (default: here).",
)
def undo(root: Path, as_list: bool, as_json: bool) -> None:
    """Restore the files that agentgate wrote last, byte for byte; once more, those that it wrote before.

    If somebody has changed one of them since, it is named, and none of them is restored.

    \b
    Examples:
      agentgate undo --list
      agentgate undo
    """
    from pytest_agentgate.codemods.files.journal import Journal
    from pytest_agentgate.config import find_project

    project = find_project(root)
    journal = Journal(project.state / "journal", project.root)
    if as_list:
        batches = journal.batches()
        if as_json:
            screen.say_json([_data(batch) for batch in batches])
        elif not batches:
            screen.say(f"nothing to undo in {printable(str(project.root))}")
        else:
            heads = (Column("batch"), Column("files", right=True), Column("written by", flexible=True))
            screen.table(heads, ((batch.id, str(len(batch.files)), batch.what) for batch in batches))
        return
    batch = journal.undo()
    if as_json:
        screen.say_json(_data(batch))
        return
    restored = (printable(os.path.relpath(project.root / entry.path)) for entry in batch.files)
    screen.say("".join(f"restored {path}\n" for path in restored))
    screen.note(f"batch {batch.id} is taken back: {batch.what}")


def _data(batch: Batch) -> dict[str, JSON]:
    return {
        "batch": batch.id,
        "created_at": batch.created_at,
        "what": batch.what,
        "files": [entry.path for entry in batch.files],
    }
