"""The schema of the store, in numbered migrations.

The log of a run is the record and the store an index over logs: it can be thrown away and made again from those that
are still there. Rows of a log that was deleted stay.

Ask the views. They have plural names, texts as they are, and stay as they are documented; the tables below them have
singular names and integer keys in place of texts that repeat. Whether a file is a store, and of which version, stands
in its header (`PRAGMA application_id`, `PRAGMA user_version`). An older store is migrated when a run writes to it, in
one transaction; a newer one is refused and left alone.

On PostgreSQL the same tables and views are in the schema `agentgate` of the database, and the version in its table
`schema_version`. `INTEGER` keys and sizes are `BIGINT` there, texts sort by code points (`COLLATE "C"`), and references
are not enforced, as they are not by SQLite.
"""

from __future__ import annotations

from collections.abc import Mapping

from pytest_agentgate.errors import StoreError
from pytest_agentgate.store.database import Database
from pytest_agentgate.store.migrations import version_1, version_2, version_3, version_4, version_5, version_6

MIGRATIONS = (version_1.SQL, version_2.SQL, version_3.SQL, version_4.SQL, version_5.SQL, version_6.SQL)
"""The statements that lead from each version to the next; version 0 is an empty database."""


def prepare(database: Database) -> None:
    """Bring a database to the newest version in one transaction; it is left alone if that is not possible.

    Raises StoreError if it is newer than this package, or older and open for reading only.
    """
    if _version(database) == len(MIGRATIONS):
        return
    if database.read_only:
        raise StoreError(
            f"{database.name}: the store has version {database.version()}, and this agentgate reads version "
            f"{len(MIGRATIONS)}; it is migrated when it is opened for writing, by any run"
        )
    with database.transaction():
        for number in range(_version(database), len(MIGRATIONS)):  # asked again: another process may have been first
            database.define(statements(MIGRATIONS[number], database.words))
            database.set_version(number + 1)


def statements(migration: str, words: Mapping[str, str]) -> list[str]:
    """The single statements of a migration, with the words of a database."""
    return [statement.strip() for statement in migration.format_map(words).split(";\n") if statement.strip()]


def _version(database: Database) -> int:
    version = database.version()
    if version > len(MIGRATIONS):
        raise StoreError(
            f"{database.name}: the store has version {version}, and this agentgate knows versions up to "
            f"{len(MIGRATIONS)}: update pytest-agentgate"
        )
    return version
