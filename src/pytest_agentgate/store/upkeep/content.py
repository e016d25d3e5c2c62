"""The rows of a table in the order of its key, in the form that both databases can keep; and their sum."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from pytest_agentgate.errors import StoreError
from pytest_agentgate.store.database import Database, Row
from pytest_agentgate.store.events import without_nul
from pytest_agentgate.store.upkeep.tables import Table, tables

_AT_A_TIME = 1_000

Progress = Callable[[int, int], object]
"""Told how many rows are done, and of how many."""


def silently(done: int, total: int) -> None:
    """Show no progress."""


Change = Callable[[list[Row]], list[Row]]


@dataclass(frozen=True)
class Content:
    """What a table holds: how many rows, and a checksum over all of them in the order of its key."""

    table: str
    rows: int
    checksum: str  # BLAKE2b, 16 bytes in hexadecimal


class Sum:
    """The content of a table, as its rows come by."""

    def __init__(self, table: str) -> None:
        self._table = table
        self._rows = 0
        self._digest = blake2b(digest_size=16)

    def add(self, rows: Iterable[Row]) -> None:
        """Add rows in the order of the key."""
        for row in rows:
            self._digest.update(written(row))
            self._rows += 1

    def content(self) -> Content:
        """What came by so far."""
        return Content(self._table, self._rows, self._digest.hexdigest())


def written(row: Row) -> bytes:
    """A row as a line of JSON."""
    return json.dumps(row, separators=(",", ":")).encode("ascii") + b"\n"


def stretches(database: Database, table: Table, changed: Change = list) -> Iterator[list[Row]]:
    """All rows in the order of their key, some at a time; a NUL in a text has become its escape.

    ``changed`` is what they are to become: of all rows at once where the key is a text, which may be changed then.
    """
    names, keys = ", ".join(table.columns), ", ".join(table.key)
    places = [table.columns.index(key) for key in table.key]
    if table.by_text:  # an escape is elsewhere in the order; such tables are small: a row for each log, each approval
        rows = changed(_plain(database.rows(f"SELECT {names} FROM {table.name}")))
        rows.sort(key=lambda row: [row[place] for place in places])
        yield from (rows[start : start + _AT_A_TIME] for start in range(0, len(rows), _AT_A_TIME))
        return
    marks = ", ".join("?" * len(table.key))
    after: list[Any] = []
    while True:
        where = f"WHERE ({keys}) > ({marks}) " if after else ""
        sql = f"SELECT {names} FROM {table.name} {where}ORDER BY {keys} LIMIT ?"
        rows = database.rows(sql, [*after, _AT_A_TIME])
        if rows:
            yield changed(_plain(rows))
        if len(rows) < _AT_A_TIME:
            return
        after = [rows[-1][place] for place in places]


def _plain(rows: list[Row]) -> list[Row]:
    return [tuple(map(without_nul, row)) for row in rows]


def content(database: Database, table: Table) -> Content:
    """What a table holds."""
    found = Sum(table.name)
    for rows in stretches(database, table):
        found.add(rows)
    return found.content()


def size(database: Database) -> int:
    """How many rows all tables have."""
    return sum(int(database.rows(f"SELECT COUNT(*) FROM {table.name}")[0][0]) for table in tables())


def refuse_filled(database: Database, what: str) -> None:
    """Raise StoreError for a store that has anything in it."""
    if any(database.rows(f"SELECT 1 FROM {table.name} LIMIT 1") for table in tables()):
        raise StoreError(f"{database.name}: has content already, and {what} makes a whole store: name one that is new")


def verify(found: Content, expected: Content, where: str) -> None:
    """Raise StoreError where what arrived is not what was sent."""
    if found != expected:
        raise StoreError(
            f"{where}: table {found.table} has {found.rows} rows with checksum {found.checksum}, "
            f"not {expected.rows} with {expected.checksum}; nothing was written"
        )
