"""``agentgate store``: the record as a whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

from pytest_agentgate.cli import Family, screen
from pytest_agentgate.cli.opening import opened_database, record_options
from pytest_agentgate.cli.screen import Column
from pytest_agentgate.errors import RunLogError, UsageError
from pytest_agentgate.report.printable import printable

if TYPE_CHECKING:
    from pytest_agentgate.config import Project
    from pytest_agentgate.store.database import Database
    from pytest_agentgate.store.upkeep.content import Content

Command = TypeVar("Command", bound=Callable[..., Any])

NOT_WHOLE = 1
"""Exit status of a check that found something."""


@click.group(cls=Family)
def store() -> None:
    """Move, check and prune the record as a whole: a file, or a database on a PostgreSQL server.

    \b
    Example:
      agentgate store check
    """


@store.command()
@record_options
def upgrade(root: Path, store: str | None, as_json: bool) -> None:
    """Bring the store to the version of this agentgate, which any command that writes does as well.

    \b
    Example:
      agentgate store upgrade
    """
    from pytest_agentgate.store import connected, schema

    url = _present(root, store)[1]
    with closing(connected(url)) as database:
        before = database.version()
        schema.prepare(database)
        after = database.version()
        name = database.name
    if as_json:
        screen.say_json({"store": name, "before": before, "after": after})
    elif before == after:
        screen.say(f"{printable(name)} has version {after}, the newest")
    else:
        screen.say(f"{printable(name)} had version {before}, and has version {after}")


@store.command()
@record_options
def check(root: Path, store: str | None, as_json: bool) -> int:
    """Check the database, what its rows refer to, the counts of its runs, and the logs that are still there.

    The exit status is 1 if something is wrong, 0 if nothing is.

    \b
    Example:
      agentgate store check
    """
    from pytest_agentgate.store.upkeep import checking

    with _opened(root, store) as database, screen.progress("comparing with the logs") as show:
        problems = list(checking.check(database, show))
        name = database.name
    if as_json:
        screen.say_json({"store": name, "problems": problems})
    elif problems:
        screen.say("\n".join(map(printable, problems)))
        screen.note("a store can be made again from the logs that are there: move it away, and agentgate runs makes it")
    else:
        screen.say(f"{printable(name)}: nothing is wrong")
    return NOT_WHOLE if problems else 0


@store.command()
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@record_options
def export(path: Path, root: Path, store: str | None, as_json: bool) -> None:
    """Write all that the store holds into the file PATH, as JSON lines that any program can read.

    \b
    Example:
      agentgate store export record.jsonl
    """
    from pytest_agentgate.store.upkeep import portable

    with _opened(root, store) as database, screen.progress("exporting") as show, _at_once(path) as stream:
        found = portable.export(database, stream, show)
    _say(found, as_json, f"exported to {printable(str(path))}")


@contextmanager
def _at_once(path: Path) -> Iterator[IO[bytes]]:
    """A file that is there as soon as all of it is; what a link points to is written, a pipe or a device as it is.

    Raises UsageError where its folder is not there.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as stream:
            yield stream
        return
    file = path.resolve()
    if not file.parent.is_dir():
        raise UsageError(f"{path}: cannot be written: there is no folder {file.parent}")
    part = file.with_name(f"{file.name}.{os.getpid()}.part")  # two may export at once
    try:
        with part.open("wb") as stream:
            yield stream
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


@store.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@record_options
def import_(paths: tuple[Path, ...], root: Path, store: str | None, as_json: bool) -> None:
    """Take in logs of other machines: single logs, folders of them, .zip archives of CI artifacts; or an export.

    What is known is not taken in twice. An export makes a whole store, and is taken by one that is new.

    \b
    Examples:
      agentgate store import artifacts/
      agentgate store import run-logs.zip
      agentgate store import record.jsonl --store sqlite:///copy.db
    """
    exports = [path for path in paths if _is_export(path)]
    if not exports:
        _import_logs(paths, root, store, as_json)
    elif len(paths) == 1:
        _import_export(paths[0], root, store, as_json)
    else:
        raise UsageError(f"{exports[0]}: an export makes a whole store, and is imported by itself")


def _is_export(path: Path) -> bool:
    from pytest_agentgate.store.upkeep import portable

    if not path.is_file():
        return False
    with path.open("rb") as lines:
        return portable.is_export(lines.readline(200))


def _import_export(path: Path, root: Path, store: str | None, as_json: bool) -> None:
    from pytest_agentgate.store.upkeep import portable

    with path.open("rb") as stream, _opened(root, store, new=True) as database:
        found = portable.restore(database, portable.lines_of(stream), str(path))
    _say(found, as_json, "imported")


def _import_logs(paths: Iterable[Path], root: Path, store: str | None, as_json: bool) -> None:
    """Take in what can be read; then raise RunLogError for the first path that cannot."""
    from pytest_agentgate.store.upkeep import importing

    counts = dict.fromkeys(("logs", "runs", "results", "failures"), 0)
    problems: list[str] = []
    unread: list[RunLogError] = []
    with _opened(root, store, new=True) as database, screen.progress("reading logs") as show:
        for path in paths:
            try:
                found = importing.take_in(database, path, show)
            except RunLogError as error:
                unread.append(error)
                continue
            counts = {name: number + getattr(found, name) for name, number in counts.items()}
            problems += found.problems
    problems += map(str, unread[1:])
    for problem in problems:
        screen.note(problem)
    if as_json:
        screen.say_json({**counts, "problems": problems})
    else:
        screen.say(", ".join(f"{number:,} {name}" for name, number in counts.items()) + " were new")
    if unread:
        raise unread[0]


@store.command()
@click.argument("source", metavar="SRC")
@click.argument("target", metavar="DST")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
def copy(source: str, target: str, as_json: bool) -> None:
    """Copy the store SRC to DST, which must be new, and compare counts and checksums table by table.

    Passwords stand in PGPASSWORD, ~/.pgpass, or a variable with the whole URL, not on the command line.

    \b
    Examples:
      agentgate store copy sqlite:///.agentgate/agentgate.db postgresql://agentgate@db.example.org/record
      agentgate store copy '$STORE_URL' sqlite:///record.db
    """
    from pytest_agentgate.store import open_database
    from pytest_agentgate.store.upkeep import copying

    first, second = _resolved(source, "SRC"), _resolved(target, "DST")
    with (
        closing(open_database(first, read_only=True)) as old,
        closing(open_database(second)) as new,
        screen.progress("copying") as show,
    ):
        found = copying.copy(old, new, show)
    _say(found, as_json, "copied, read back and compared")


@store.command()
@click.option("--keep", required=True, metavar="TERM", help="How far back runs are kept: 36h, 90d, 12w.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@record_options
def prune(keep: str, dry_run: bool, root: Path, store: str | None, as_json: bool) -> None:
    """Take out runs that are older than a term, with what was judged of them, repairs, and texts that nobody needs.

    Approvals stay, as do runs that go on, and the baselines of judgements that stay. Logs stay where they are, and are
    not taken in again from there.

    \b
    Example:
      agentgate store prune --keep 90d
    """
    from pytest_agentgate.store.upkeep import pruning

    before = pruning.moment(keep)
    with _opened(root, store) as database, screen.progress("pruning") as show:
        pruned = pruning.prune(database, before, show, dry=dry_run)
    if as_json:
        screen.say_json({**pruned.data(), "dry_run": dry_run})
        return
    if pruned.unshrunk:
        screen.note(f"{pruned.unshrunk}; the room of what is gone is used again, and given back by a later prune")
    gone = f"{pruned.runs:,} runs, {pruned.judgements:,} judgements and {pruned.repairs:,} repairs"
    screen.say(
        f"{gone} from before {pruned.before[:19]} would go"
        if dry_run
        else f"{gone} from before {pruned.before[:19]} are gone, and {pruned.texts:,} texts that only they had"
    )


# ---- what they share


@contextmanager
def _opened(root: Path, store: str | None, *, new: bool = False) -> Iterator[Database]:
    """The project's store, or the one that is named, with what its logs say; one that is not there only if it may be.

    Raises UsageError, and StoreError.
    """
    project, url = _chosen(root, store) if new else _present(root, store)
    own = url == project.store_url and not new
    with opened_database(url, project.runs if own else None) as database:
        yield database


def _chosen(root: Path, store: str | None) -> tuple[Project, str]:
    from pytest_agentgate.config import find_project

    project = find_project(root)
    return project, _resolved(store, "--store") if store else project.store_url


def _present(root: Path, store: str | None) -> tuple[Project, str]:
    """The same of a store that is there, or that logs make; raises UsageError for another."""
    from pytest_agentgate.store.urls import is_server, path_of

    project, url = _chosen(root, store)
    is_made = url == project.store_url and project.runs.is_dir()
    if not is_made and not is_server(url) and not path_of(url).exists():
        raise UsageError(f"{path_of(url)}: there is no store")
    return project, url


def _resolved(url: str, option: str) -> str:
    from pytest_agentgate.config import resolve_store
    from pytest_agentgate.store.urls import refuse_secret

    refuse_secret(url, option)
    return resolve_store(url, Path.cwd())


def _say(found: Iterable[Content], as_json: bool, what: str) -> None:
    contents = list(found)
    if as_json:
        screen.say_json([asdict(content) for content in contents])
        return
    heads = (Column("table"), Column("rows", right=True), Column("checksum", spare=1))
    screen.table(heads, ([one.table, f"{one.rows:,}", one.checksum] for one in contents))
    screen.note(f"{sum(one.rows for one in contents):,} rows in {len(contents)} tables {what}")
