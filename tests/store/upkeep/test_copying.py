"""A store copied to another one, on either database and between them."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pytest_agentgate.errors import StoreError
from pytest_agentgate.model import Ingested
from pytest_agentgate.store import open_database, open_store
from pytest_agentgate.store.database import Database
from pytest_agentgate.store.ingest import ingest
from pytest_agentgate.store.upkeep import checking, content, copying
from pytest_agentgate.store.upkeep.tables import Table, tables

Begin = Callable[..., Any]
Everything = Callable[[str], dict[str, list[tuple[Any, ...]]]]
Query = Callable[..., list[tuple[Any, ...]]]


def test_a_copy_has_the_same_counts_and_checksums_and_says_the_same(
    database: Database, filled: str, other_url: str, everything: Everything
) -> None:
    with closing(open_database(other_url)) as other:
        copied = copying.copy(database, other)
    assert {one.table for one in copied} == {table.name for table in tables()}
    assert {one.table: one.rows for one in copied}["result"] == 9
    assert everything(other_url) == everything(filled)


def test_a_copy_of_a_copy_is_what_was_copied_table_by_table(
    database: Database, other_url: str, filled: str, new_url: Callable[[], str], everything: Everything
) -> None:
    back = new_url()
    with closing(open_database(other_url)) as other, closing(open_database(back)) as third:
        copying.copy(database, other)
        copied = copying.copy(other, third)
    assert copied == tuple(content.content(database, table) for table in tables())
    assert everything(back) == everything(filled)


def test_logs_of_several_machines_keep_their_order_and_their_machines(
    url: str, other_url: str, new_url: Callable[[], str]
) -> None:
    """What is called "" in a file has a name on a server, which stands elsewhere among others."""
    back = new_url()
    with closing(open_database(url)) as one, closing(open_database(other_url)) as other:
        for host in (one.host, "\u00e4rger", "AAA", "zzz", "\U0001f600"):
            one.insert(
                "log (host, folder, name, state, position, size)",
                [(host, "/runs", name, "refused", 0, 1) for name in ("a.jsonl", "b.jsonl")],
            )
        copying.copy(one, other)
        assert other.rows("SELECT COUNT(*) FROM log WHERE host = ?", [other.host]) == [(2,)]
        with closing(open_database(back)) as third:
            assert copying.copy(other, third) == tuple(content.content(one, table) for table in tables())


def test_a_log_that_is_known_under_both_names_of_a_machine_is_copied_once(
    filled: str, database: Database, other_url: str, begin: Begin, folder: Path
) -> None:
    hosts = ("", socket.gethostname())
    database.execute(
        "INSERT INTO log (host, folder, name, state, position, size) "
        "SELECT ?, folder, name, 'ended', position, size FROM log",
        [hosts[database.host == ""]],
    )
    with closing(open_database(other_url)) as other:
        copying.copy(database, other)
        ours = other.rows("SELECT host, run_key IS NOT NULL FROM log WHERE name = 'run-000.jsonl' AND run_key > 0")
    assert len(ours) == 1


def test_a_nul_in_a_text_is_its_escape_in_every_copy(other_url: str, tmp_path: Path) -> None:
    approvals = [("c", "p", person, "2026", "y") for person in ("a\0b", "a!b", "a b")]
    with closing(open_database(f"sqlite:///{tmp_path}/nul.db")) as one, closing(open_database(other_url)) as other:
        one.insert("approval (commit_id, phase, person, approved_at, reason)", approvals)
        copying.copy(one, other)
        found = other.rows("SELECT person FROM approval ORDER BY person")
    assert found == [("a b",), ("a!b",), ("a\\x00b",)]


def test_a_copied_store_goes_on_where_the_first_one_was(
    database: Database, other_url: str, logs: Path, begin: Begin
) -> None:
    live = begin("run-100", created_at="2026-03-01T12:00:00.000000+00:00").result("a.py::x")
    ingest(database, logs)
    with closing(open_database(other_url)) as other:
        copying.copy(database, other)
    live.result("a.py::y").ended()
    with open_store(other_url) as store:
        assert store.ingest(logs) == Ingested(logs=1, runs=1, results=1)
        assert store.run("run-100").counts.total == 2


def test_a_store_with_content_is_no_target(database: Database, other_url: str, logs: Path) -> None:
    with open_store(other_url) as store:
        store.ingest(logs)
    with closing(open_database(other_url)) as other, pytest.raises(StoreError, match="has content already"):
        copying.copy(database, other)


def test_a_value_that_arrives_changed_undoes_the_copy_in_whichever_column_it_is(
    database: Database, other_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each column of each table that has rows, one after the other: the first row arrives with another value."""
    tried = 0
    with closing(open_database(other_url)) as other:
        insert = other.insert
        for table in tables():
            (rows,) = database.rows(f"SELECT COUNT(*) FROM {table.name}")[0]
            for place in range(len(table.columns) if rows else 0):

                def changed(into: str, rows: Any, table: Table = table, place: int = place, **more: Any) -> None:
                    if into.startswith(f"{table.name} ("):
                        first = list(rows[0])
                        first[place] = f"{first[place]} " if table.types[place] is str else (first[place] or 0) + 77
                        rows = [tuple(first), *rows[1:]]
                    insert(into, rows, **more)

                monkeypatch.setattr(other, "insert", changed)
                with pytest.raises(StoreError, match=rf"table {table.name} has \d+ rows with checksum .*nothing was"):
                    copying.copy(database, other)
                tried += 1
        assert content.size(other) == 0
    assert tried > 80


def test_rows_that_do_not_arrive_undo_the_copy(
    database: Database, other_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_database(other_url)) as other:
        insert = other.insert
        monkeypatch.setattr(
            other, "insert", lambda into, rows: insert(into, rows[: -1 if into.startswith("result (") else None])
        )
        with pytest.raises(StoreError, match=r"table result has 8 rows with checksum .*, not 9 with"):
            copying.copy(database, other)
        assert content.size(other) == 0


def test_a_store_is_not_copied_to_itself_however_it_is_called(filled: str, database: Database, tmp_path: Path) -> None:
    if filled.startswith("sqlite"):
        other = tmp_path / "link.db"
        other.symlink_to(filled.removeprefix("sqlite:///"))
        again = str(other)
    else:
        again = filled.replace("127.0.0.1", "localhost")
    for name in (filled, again):
        with (
            closing(open_database(name)) as other_way,
            pytest.raises(StoreError, match=r"to itself|has content already"),
        ):
            copying.copy(database, other_way)
    assert list(checking.check(database)) == []


def test_what_is_written_to_the_source_meanwhile_is_not_in_the_copy(
    filled: str, database: Database, other_url: str, begin: Begin, folder: Path
) -> None:
    begin("run-100").result("a.py::x").ended()
    written: list[int] = []

    def write(done: int, total: int) -> None:
        if not written:
            with open_store(filled) as store:
                written.append(store.ingest(folder).runs)

    with closing(open_database(other_url)) as other:
        copied = {one.table: one.rows for one in copying.copy(database, other, write)}
    assert (written, copied["run"]) == ([1], 3)


def test_a_copy_holds_a_thousand_rows_at_a_time(
    url: str, other_url: str, folder: Path, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = begin()
    for number in range(2500):
        writer.result(f"a.py::test_{number}")
    writer.ended()
    with open_store(url) as store:
        store.ingest(folder)
    sizes: list[int] = []
    with closing(open_database(url)) as one, closing(open_database(other_url)) as other:
        for database in (one, other):
            rows = database.rows

            def noted(sql: str, parameters: Any = (), rows: Any = rows) -> Any:
                found = rows(sql, parameters)
                sizes.append(len(found))
                return found

            monkeypatch.setattr(database, "rows", noted)
        assert {one.table: one.rows for one in copying.copy(one, other)}["result"] == 2500
    assert max(sizes) == 1000
