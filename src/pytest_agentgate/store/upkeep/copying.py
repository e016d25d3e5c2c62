"""A store copied to another place, on either database, and compared with what was copied."""

from __future__ import annotations

from functools import partial

from pytest_agentgate.errors import StoreError
from pytest_agentgate.store.database import Database, Row
from pytest_agentgate.store.upkeep import content
from pytest_agentgate.store.upkeep.content import Content, Progress, Sum, silently
from pytest_agentgate.store.upkeep.tables import Table, tables


def copy(source: Database, target: Database, progress: Progress = silently) -> tuple[Content, ...]:
    """Copy all tables into a new store; -> what each holds, which was read back from there and is the same.

    The logs of this machine stay its own: what a file calls its side is the host's name on a server. Raises StoreError,
    and leaves the target as it was, if that has content, or if a count or a checksum differs.
    """
    if source.name == target.name:
        raise StoreError(f"{source.name}: is copied to itself")
    with source.snapshot():
        return target.writing(lambda: _copied(source, target, progress))


def _copied(source: Database, target: Database, progress: Progress) -> tuple[Content, ...]:
    content.refuse_filled(target, "a copy")
    total, done, found = content.size(source), 0, []
    at_home = partial(_at_home, source=source, target=target)
    for table in tables():
        sent = Sum(table.name)
        for rows in content.stretches(source, table, at_home if table.name == "log" else list):
            sent.add(rows)
            target.insert(f"{table.name} ({', '.join(table.columns)})", rows)
            done += len(rows)
            progress(done, total)
        found.append(_same(target, table, sent.content()))
    return tuple(found)


def _same(target: Database, table: Table, sent: Content) -> Content:
    arrived = content.content(target, table)
    content.verify(arrived, sent, target.name)
    return arrived


def _at_home(rows: list[Row], source: Database, target: Database) -> list[Row]:
    """Rows of logs, whose first three columns are host, folder and name, and the last one the run.

    A store that was a file, on a server and a file again may know a log under both names of one machine.
    """
    moved = [(target.host if row[0] == source.host else row[0], *row[1:]) for row in rows]
    moved.sort(key=lambda row: row[-1] is not None)  # of two, the one that a run came from
    return list({row[:3]: row for row in moved}.values())
