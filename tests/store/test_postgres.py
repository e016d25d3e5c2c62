"""Rows on their way to a server: of every earlier schema, beside others, and those that no column takes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pytest_agentgate.errors import StoreError
from pytest_agentgate.store import open_database, open_store, schema

Views = Callable[..., dict[str, list[tuple[Any, ...]]]]

pytestmark = pytest.mark.engine("postgres")


@pytest.fixture
def url(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.mark.parametrize("version", range(1, len(schema.MIGRATIONS)))
def test_a_store_of_any_earlier_version_is_migrated_with_its_rows(
    url: str, version: int, monkeypatch: pytest.MonkeyPatch, many: Path, views: Views, tmp_path: Path
) -> None:
    """As the same rows in a file are: those that each release is known by."""
    import psycopg

    released, file = schema.MIGRATIONS, tmp_path / "released.db"
    with monkeypatch.context() as earlier, closing(sqlite3.connect(file)) as old, psycopg.connect(url) as server:
        old.executescript((Path(__file__).parent / "schemas" / f"{version}.sql").read_text())
        earlier.setattr(schema, "MIGRATIONS", released[:version])
        open_store(url).close()
        for (table,) in old.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            rows = old.execute(f"SELECT * FROM {table}")
            names = ", ".join(column[0] for column in rows.description)
            marks = ", ".join(["%s"] * len(rows.description))
            server.cursor().executemany(f"INSERT INTO agentgate.{table} ({names}) VALUES ({marks})", rows.fetchall())
    with pytest.raises(StoreError, match=rf"version {version}, .*version {len(released)}"):
        open_store(url, read_only=True)
    for logs in (tmp_path / "none", many):
        for migrated in (url, f"sqlite:///{file}"):
            with open_store(migrated) as store:
                store.ingest(logs)
        assert views(url) == views(f"sqlite:///{file}")
        assert views(url)["failing_tests"]


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1, "7", 1.5, [7]])
def test_what_a_column_cannot_hold_is_one_line_and_never_cut_to_what_it_can(url: str, value: object) -> None:
    database = open_database(url)
    with (
        pytest.raises(StoreError, match="a row of collected has what its column does not take"),
        database.transaction(),
    ):
        database.insert("collected (run_key, file_key, tests)", [(1, 2, value)])
    assert database.rows("SELECT COUNT(*) FROM collected") == [(0,)]
    for most in (2**31 - 1, -(2**31)):
        with database.transaction():
            database.insert("collected (run_key, file_key, tests)", [(1, most, most)])
        assert database.rows("SELECT tests FROM collected WHERE file_key = ?", [most]) == [(most,)]
    database.close()


def test_rows_that_meet_others_bring_them_up_to_date(url: str) -> None:
    """Constants, numbers and NULL arrive as what they are, with and without a conflict."""
    into, again = (
        "log (host, folder, name, state, position, size)",
        ("ON CONFLICT (host, folder, name) DO UPDATE SET state = excluded.state, size = excluded.size"),
    )
    database = open_database(url)
    for state, names in (("open", "ab"), ("ended", "bc")):
        with database.transaction():
            rows = [("h", name, state, len(names)) for name in names]
            database.insert(into, rows, values="(?, '/f', ?, ?, ?, -1)", otherwise=again)
    found = database.rows("SELECT host, folder, name, state, position, size, run_key FROM log ORDER BY name")
    database.close()
    assert found == [
        ("h", "/f", "a", "open", 2, -1, None),
        ("h", "/f", "b", "ended", 2, -1, None),
        ("h", "/f", "c", "ended", 2, -1, None),
    ]
