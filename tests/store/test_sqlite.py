"""SQLite as a database: many rows with few statements.

How this driver inserts; all other tests here hold what both do with what is inserted, test_server.py the other driver.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_agentgate.errors import StoreError
from pytest_agentgate.store.sqlite import SQLiteDatabase


@pytest.fixture
def database(path: Path) -> Iterator[SQLiteDatabase]:
    database = SQLiteDatabase(path)
    database.execute("CREATE TABLE thing (name TEXT PRIMARY KEY, size INTEGER NOT NULL)")
    yield database
    database.close()


@pytest.mark.parametrize("number", [0, 1, 15, 16, 17, 32, 50])
def test_any_number_of_rows_is_inserted(database: SQLiteDatabase, number: int) -> None:
    rows = [(f"{row:02}", row) for row in range(number)]
    database.insert("thing (name, size)", rows)
    assert database.rows("SELECT name, size FROM thing ORDER BY name") == rows


def test_rows_that_are_there_are_brought_up_to_date(database: SQLiteDatabase) -> None:
    database.insert("thing (name, size)", [(f"{row:02}", row) for row in range(40)])
    database.insert(
        "thing (name, size)",
        [(f"{row:02}",) for row in range(60)],
        values="(?, 7)",
        otherwise="ON CONFLICT (name) DO UPDATE SET size = thing.size + excluded.size",
    )
    found = database.rows("SELECT size FROM thing ORDER BY name")
    assert found == [(row + 7,) for row in range(40)] + [(7,)] * 20


def test_a_row_that_does_not_fit_is_one_clear_error(database: SQLiteDatabase, path: Path) -> None:
    with pytest.raises(StoreError, match=r"NOT NULL constraint failed: thing\.size") as caught:
        database.insert("thing (name, size)", [*((f"{row}", row) for row in range(20)), ("last", None)])
    assert str(caught.value).startswith(f"{path}: ")
