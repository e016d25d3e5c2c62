"""Opening a store in a file: what is ours is opened and brought up to date, what is not is left as it is.

Names, headers, permissions and pages are those of files; test_server.py opens, refuses and migrates on a server.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_agentgate.capture.judgementlog import write_judgement
from pytest_agentgate.errors import StoreError
from pytest_agentgate.model.judgement import GateState, Judge, Judgement
from pytest_agentgate.store import open_store, schema
from pytest_agentgate.store.sqlite import WORDS, SQLiteDatabase

SCHEMAS = Path(__file__).parent / "schemas"


def make(path: Path) -> bytes:
    open_store(str(path)).close()
    return path.read_bytes()


def test_a_new_store_is_made_with_its_folder(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path}/new/folder/store.db") as store:
        assert store.runs() == ()
    assert (tmp_path / "new/folder/store.db").stat().st_size > 0


def test_a_relative_url_is_relative_to_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    open_store("sqlite:///here/store.db").close()
    open_store("there.db").close()
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.db")} == {"here/store.db", "there.db"}


@pytest.mark.parametrize("name", ["a b.db", "a?b.db", "a#b.db", "100%41.db", "näme.db"])
def test_any_file_name_will_do(tmp_path: Path, name: str) -> None:
    open_store(f"sqlite:///{tmp_path}/{name}").close()
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("url", ["mysql://host/name", "sqlite://", "sqlite:///", "sqlite:///:memory:", ""])
def test_what_is_no_file_is_refused(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match=r"sqlite:///path/to/store\.db"):
        open_store(url)
    assert list(tmp_path.iterdir()) == []


def sqlite_of_others(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()


def sqlite_of_others_with_an_id(path: Path) -> None:
    sqlite_of_others(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA application_id = 252006674")
    connection.close()


def a_text(path: Path) -> None:
    path.write_text("# notes\n" * 100)


def a_short_text(path: Path) -> None:
    path.write_text("x")


@pytest.mark.parametrize("content", [sqlite_of_others, sqlite_of_others_with_an_id, a_text, a_short_text])
@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_of_somebody_else_is_left_alone(path: Path, content: Any, read_only: bool) -> None:
    content(path)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"it was left as it is") as caught:
        open_store(str(path), read_only=read_only)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_folder_in_its_place_is_one_clear_error(path: Path) -> None:
    path.mkdir()
    with pytest.raises(StoreError, match="cannot read the store"):
        open_store(str(path))


def test_an_empty_file_becomes_a_store(path: Path) -> None:
    path.touch()
    with open_store(str(path)) as store:
        assert store.runs() == ()


@pytest.mark.parametrize("kept", [100, 5000, 20000])
def test_a_truncated_store_is_one_clear_error_and_left_alone(path: Path, kept: int) -> None:
    path.write_bytes(make(path)[:kept])
    with pytest.raises(StoreError, match="the store is damaged") as caught, open_store(str(path)) as store:
        store.runs()
    assert "\n" not in str(caught.value)
    assert path.stat().st_size == kept


def test_a_store_with_damaged_pages_is_one_clear_error(path: Path) -> None:
    content = make(path)
    path.write_bytes(content[:200] + b"\xff" * (len(content) - 200))
    before = path.read_bytes()
    with pytest.raises(StoreError, match="the store is damaged"), open_store(str(path)) as store:
        store.run_summary()
    assert path.read_bytes() == before


def test_a_newer_store_is_named_with_both_versions_and_left_alone(path: Path) -> None:
    make(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=rf"version 99.*up to {len(schema.MIGRATIONS)}"):
        open_store(str(path))
    assert path.read_bytes() == before


def test_reading_only_makes_no_store(path: Path) -> None:
    with pytest.raises(StoreError, match="no store is here yet"):
        open_store(str(path), read_only=True)
    assert not path.exists()


def test_reading_only_writes_nothing(path: Path, folder: Path, begin: Any) -> None:
    begin().result("test_a.py::test").ended()
    with open_store(str(path)) as store:
        store.ingest(folder)
    before = path.read_bytes()
    with open_store(str(path), read_only=True) as store:
        assert store.run().counts.total == 1
        begin("run-002").ended()
        with pytest.raises(StoreError, match="cannot be opened or written here"):
            store.ingest(folder)
    assert path.read_bytes() == before


# Root may write everywhere: for the permissions of others to hold, the child becomes nobody.
OPEN = """
import os, sys
from pytest_agentgate.errors import StoreError
from pytest_agentgate.store import open_store
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    with open_store(sys.argv[1], read_only=sys.argv[2] == "True") as store:
        print("runs", len(store.runs()))
except StoreError as error:
    print("StoreError", error)
"""


def opened_by_nobody(path: Path, *, read_only: bool) -> str:
    command = [sys.executable, "-c", OPEN, str(path), str(read_only)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


@pytest.fixture
def locked_folder() -> Iterator[Path]:
    """A folder to be locked, where everybody can see it, as below pytest's own folders nobody can."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield folder
        folder.chmod(0o755)


@pytest.mark.skipif(os.name == "nt", reason="no permissions of folders")
def test_a_store_in_a_folder_that_is_read_only_can_be_read(locked_folder: Path) -> None:
    make(locked_folder / "store.db")
    (locked_folder / "store.db").chmod(0o444)
    locked_folder.chmod(0o555)
    assert opened_by_nobody(locked_folder / "store.db", read_only=True) == "runs 0"


@pytest.mark.skipif(os.name == "nt", reason="no permissions of folders")
def test_a_store_that_cannot_be_made_or_written_is_one_clear_error(locked_folder: Path) -> None:
    locked_folder.chmod(0o555)
    said = opened_by_nobody(locked_folder / "store.db", read_only=False)
    assert said.startswith(f"StoreError {locked_folder / 'store.db'}: the store cannot be opened or written here")
    said = opened_by_nobody(locked_folder / "below" / "store.db", read_only=False)
    assert said.startswith(
        f"StoreError {locked_folder / 'below' / 'store.db'}: cannot make the store: Permission denied"
    )


# ---- migrations


def dump(path: Path) -> str:
    connection = sqlite3.connect(path)
    lines = [f"PRAGMA {name} = {connection.execute(f'PRAGMA {name}').fetchone()[0]};" for name in PRAGMAS]
    lines += list(connection.iterdump())
    connection.close()
    return "\n".join(lines) + "\n"


PRAGMAS = ("application_id", "user_version")


def restore(path: Path, version: int) -> None:
    connection = sqlite3.connect(path)
    connection.executescript((SCHEMAS / f"{version}.sql").read_text())
    connection.close()


def test_every_released_schema_is_frozen(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A schema that changes without a new version would leave old stores behind."""
    released = schema.MIGRATIONS
    for version in range(1, len(released) + 1):
        monkeypatch.setattr(schema, "MIGRATIONS", released[:version])
        made = path.with_name(f"{version}.db")
        make(made)
        frozen = path.with_name(f"frozen-{version}.db")
        restore(frozen, version)
        assert structure(made) == structure(frozen)


def structure(path: Path) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(path)
    found = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name").fetchall()
    found += [connection.execute(f"PRAGMA {name}").fetchone() for name in PRAGMAS]
    connection.close()
    return found


@pytest.mark.parametrize("version", range(1, len(schema.MIGRATIONS) + 1))
def test_a_store_of_any_released_version_is_read(path: Path, version: int) -> None:
    restore(path, version)
    with open_store(str(path)) as store:
        run = store.run("last")
        assert run.id == "20260131T120000-00c0ffee"
        assert (run.counts.total, run.counts.passed, run.counts.failed) == (3, 1, 2)
        (cause,) = store.run_summary().causes
        assert cause.tests == ("tests/test_a.py::test_b", "tests/test_a.py::test_c")
        assert len(store.results()) == 3
        assert store.failures()[0].evidence.raised.type == "ValueError"


@pytest.mark.parametrize("version", range(1, len(schema.MIGRATIONS) + 1))
def test_a_store_of_any_released_version_takes_in_what_is_judged(path: Path, folder: Path, version: int) -> None:
    restore(path, version)
    run = "20260131T120000-00c0ffee"
    new = Judgement(f"{run}.judgement-00000001", run, "2026-02-01T12:00:00.000000+00:00", Judge.PROCESS)
    write_judgement(folder, new)
    with open_store(str(path)) as store:
        assert (store.judgement() is not None) == (version >= JUDGED_SINCE)
        store.ingest(folder)
        assert store.run_summary().judgement == new
        assert len(store.judgements()) == 1 + (version >= JUDGED_SINCE)


def test_what_was_judged_is_read_from_the_first_store_that_kept_it(path: Path) -> None:
    restore(path, JUDGED_SINCE)
    with open_store(str(path)) as store:
        judgement = store.judgement()
        assert judgement is not None
        assert (judgement.state, judgement.judge) == (GateState.FAILED, Judge.HARNESS)
        (gate,) = judgement.phases[0].gates
        assert (gate.condition, gate.items[0].note, gate.more) == ("tests.pass_rate >= 90%", "ValueError", 1)
        assert [one.person for one in store.approvals("c0ffee")] == ["bob"]
        assert [(one.name, one.value) for one in store.properties()] == [("latency", 12.5)]


JUDGED_SINCE = 3  # version

NEXT = "CREATE TABLE later (x INTEGER NOT NULL);\nINSERT INTO later (x) SELECT total FROM run;\n"


def test_an_older_store_is_migrated_with_its_rows(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newest = len(schema.MIGRATIONS)
    restore(path, newest)
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, NEXT))
    with pytest.raises(StoreError, match=rf"version {newest}.*version {newest + 1}"):
        open_store(str(path), read_only=True)
    with open_store(str(path)) as store:
        assert store.run().counts.total == 3
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT x FROM later").fetchall() == [(3,)]
    assert connection.execute("PRAGMA user_version").fetchone() == (newest + 1,)
    connection.close()


def test_a_migration_that_fails_leaves_the_store_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    restore(path, len(schema.MIGRATIONS))
    before = dump(path)
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, NEXT + "INSERT INTO nowhere VALUES (1);\n"))
    with pytest.raises(StoreError, match="nowhere"):
        open_store(str(path))
    assert dump(path) == before


def test_the_schema_can_be_split_into_statements() -> None:
    for migration in schema.MIGRATIONS:
        for statement in schema.statements(migration, WORDS):
            assert sqlite3.complete_statement(statement + ";")


def test_a_lock_that_is_never_released_is_one_clear_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr("pytest_agentgate.store.sqlite._PATIENCE", 0.1)
    monkeypatch.setattr("pytest_agentgate.store.sqlite._AT_ONCE", 0.1)
    database = SQLiteDatabase(path)
    with pytest.raises(StoreError, match="another process keeps the store locked"), database.transaction():
        pass
    database.close()
    holder.close()


@pytest.mark.parametrize(
    ("hindrance", "told"),
    [
        ("import sys; sys.modules['psycopg'] = None", "this interpreter lacks psycopg: "),
        ("import os; os.environ['PSYCOPG_IMPL'] = 'none'", "this interpreter cannot load psycopg ("),
    ],
)
def test_a_driver_that_is_not_there_or_cannot_be_loaded_is_named(hindrance: str, told: str) -> None:
    script = f"{hindrance}\nfrom pytest_agentgate.store import open_store\nopen_store('postgresql://h/db')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    said = done.stderr.splitlines()[-1]
    assert told in said
    assert "pip install 'pytest-agentgate[postgres]'" in said
