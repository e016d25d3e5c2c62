"""``agentgate undo``: take back what agentgate last wrote to files."""

from __future__ import annotations

import os
from collections.abc import Sequence
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

    A repair is taken back as a whole, also one that was killed. If somebody has changed one of the files since, it is
    named, and none of them is restored.

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
        found = journal.batches()
        if as_json:
            screen.say_json([_data(batch) for batch in found])
        elif not found:
            screen.say(f"nothing to undo in {printable(str(project.root))}")
        else:
            heads = [Column("batch"), Column("files", right=True), Column("written by", flexible=True)]
            rows = [[batch.id, str(len(batch.files)), batch.what] for batch in found]
            if any(batch.group for batch in found):
                heads.append(Column("taken back with"))
                rows = [[*row, batch.group] for row, batch in zip(rows, found, strict=True)]
            screen.table(heads, rows)
        return
    batches = journal.undo_group()
    if as_json:
        screen.say_json(_together(batches))
        return
    files = dict.fromkeys(entry.path for batch in batches for entry in batch.files)
    screen.say("".join(f"restored {printable(os.path.relpath(project.root / path))}\n" for path in files))
    if batches[0].group:
        number = f"{len(batches)} batch{'' if len(batches) == 1 else 'es'}"
        screen.note(f"{batches[0].group} is taken back, {number}")
    else:
        screen.note(f"batch {batches[0].id} is taken back: {batches[0].what}")


def _together(batches: Sequence[Batch]) -> dict[str, JSON]:
    """The newest of them, with the files of all."""
    files = dict.fromkeys(entry.path for batch in batches for entry in batch.files)
    return {**_data(batches[0]), "files": [*files], "batches": [batch.id for batch in batches]}


def _data(batch: Batch) -> dict[str, JSON]:
    return {
        "batch": batch.id,
        "group": batch.group,
        "created_at": batch.created_at,
        "what": batch.what,
        "files": [entry.path for entry in batch.files],
    }
