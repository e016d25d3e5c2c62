"""The tables of the newest schema, as the migrations leave them, whatever the database."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from functools import cache

from pytest_agentgate.store import schema
from pytest_agentgate.store.sqlite import WORDS

_TYPES = {"TEXT": str, "INTEGER": int, "DOUBLE PRECISION": float}


@dataclass(frozen=True)
class Reference:
    """A column whose values are keys of another table."""

    column: str
    table: str
    key: str


@dataclass(frozen=True)
class Table:
    """One table: its columns in their order with their types, those of its primary key, and what it refers to."""

    name: str
    columns: tuple[str, ...]
    types: tuple[type, ...]
    key: tuple[str, ...]
    references: tuple[Reference, ...]

    @property
    def by_text(self) -> bool:
        """Whether the order of its rows follows texts."""
        return any(self.types[self.columns.index(column)] is str for column in self.key)


@cache
def tables() -> tuple[Table, ...]:
    """Every table, those before others that these refer to."""
    with closing(sqlite3.connect(":memory:")) as database:
        for migration in schema.MIGRATIONS:
            database.executescript(";\n".join(schema.statements(migration, WORDS)))
        names = [
            name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        ]
        left = [_table(database, name) for name in names]
    ordered: list[Table] = []
    while left:
        known = {table.name for table in ordered}
        ready = [table for table in left if {reference.table for reference in table.references} <= known]
        ordered += ready
        left = [table for table in left if table not in ready]
    return tuple(ordered)


def _table(database: sqlite3.Connection, name: str) -> Table:
    columns = database.execute(f"PRAGMA table_info({name})").fetchall()
    keys = sorted((place, column) for _, column, _, _, _, place in columns if place)
    references = [
        Reference(column, to, key) for _, _, to, column, key, *_ in database.execute(f"PRAGMA foreign_key_list({name})")
    ]
    return Table(
        name,
        tuple(column for _, column, *_ in columns),
        tuple(_TYPES[declared] for _, _, declared, *_ in columns),
        tuple(column for _, column in keys),
        tuple(sorted(references, key=lambda reference: reference.column)),
    )
