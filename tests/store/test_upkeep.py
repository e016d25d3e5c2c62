"""A store as a whole: copied, exported, imported into, checked and pruned, on both databases and between them."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pytest_agentgate.capture.judgementlog import write_approval, write_judgement
from pytest_agentgate.errors import StoreError, UsageError
from pytest_agentgate.model import Ingested
from pytest_agentgate.model.judgement import Approval, GateResult, GateState, Judge, Judgement, PhaseResult
from pytest_agentgate.store import open_database, open_store
from pytest_agentgate.store.database import Database
from pytest_agentgate.store.ingest import ingest
from pytest_agentgate.store.upkeep import checking, copying, portable, pruning
from pytest_agentgate.store.upkeep.arrivals import folders
from pytest_agentgate.store.upkeep.tables import tables

Begin = Callable[..., Any]
Everything = Callable[[str], dict[str, list[tuple[Any, ...]]]]
Query = Callable[..., list[tuple[Any, ...]]]


def quietly(done: int, total: int) -> None:
    assert 0 <= done <= total


@pytest.fixture
def logs(folder: Path, begin: Begin) -> Path:
    """Three runs, one of January and two of February, each judged; of the first a test that none other has."""
    for number, month in enumerate((1, 2, 2)):
        writer = begin(f"run-{number:03}", created_at=f"2026-0{month}-1{number}T12:00:00.000000+00:00")
        writer.collected("a.py::x", "a.py::y", f"only/in_{number}.py::z").result("a.py::x", worker="gw1")
        writer.failed("a.py::y", f"c1:{number}", text=f"E   {number} \u20ac \U0001f600").result(
            f"only/in_{number}.py::z"
        )
        writer.event(event="warning", category="W", message=f"m{number}", path="p", line=1, when="collect")
        writer.event(event="properties", nodeid="a.py::x", values=[["latency", "0.1", 0.1]], worker="gw1")
        writer.ended(exit_status=1)
        gates = (GateResult("tests.failed == 0", GateState.FAILED, 1.0 / 3.0),)
        write_judgement(
            folder,
            Judgement(
                f"run-{number:03}.judgement-{number:08x}",
                f"run-{number:03}",
                f"2026-0{month}-1{number}T13:00:00.000000+00:00",
                Judge.PROCESS,
                phases=(PhaseResult("all", GateState.FAILED, gates),),
            ),
        )
        write_approval(folder, Approval("all", f"commit-{number}", "bob", "yes", f"2026-0{month}-1{number}T14:00:00"))
    return folder


@pytest.fixture
def filled(url: str, logs: Path) -> str:
    with open_store(url) as store:
        assert store.ingest(logs).problems == ()
    return url


@pytest.fixture
def database(filled: str) -> Iterator[Database]:
    with closing(open_database(filled)) as database:
        yield database


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.engine("postgres"))])
def other_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/other.db"
    return str(request.getfixturevalue("new_database")())


# ---- the tables


def test_tables_come_after_those_that_they_refer_to() -> None:
    seen: set[str] = set()
    for table in tables():
        assert {reference.table for reference in table.references} <= seen
        assert table.key
        seen.add(table.name)
    assert {"run", "result", "log", "approval", "attempt"} <= seen


# ---- copies


def test_a_copy_has_the_same_counts_and_checksums_and_says_the_same(
    database: Database, filled: str, other_url: str, everything: Everything
) -> None:
    with closing(open_database(other_url)) as other:
        copied = copying.copy(database, other, quietly)
    assert {one.table for one in copied} == {table.name for table in tables()}
    assert {one.table: one.rows for one in copied}["result"] == 9
    assert everything(other_url) == everything(filled)


def test_a_copy_of_a_copy_is_what_was_copied(
    database: Database, other_url: str, filled: str, new_url: Callable[[], str], everything: Everything
) -> None:
    back = new_url()
    with closing(open_database(other_url)) as other, closing(open_database(back)) as third:
        first = copying.copy(database, other, quietly)
        second = copying.copy(other, third, quietly)
    differing = {one.table for one, two in zip(first, second, strict=True) if one != two}
    assert differing <= {"log"}  # whose host is called differently in a file and on a server
    assert everything(back) == everything(filled)


def test_a_copied_store_goes_on_where_the_first_one_was(
    database: Database, other_url: str, logs: Path, begin: Begin
) -> None:
    live = begin("run-100", created_at="2026-03-01T12:00:00.000000+00:00").result("a.py::x")
    ingest(database, logs)
    with closing(open_database(other_url)) as other:
        copying.copy(database, other, quietly)
    live.result("a.py::y").ended()
    with open_store(other_url) as store:
        assert store.ingest(logs) == Ingested(logs=1, runs=1, results=1)
        assert store.run("run-100").counts.total == 2


def test_a_store_with_content_is_no_target(database: Database, other_url: str, logs: Path) -> None:
    with open_store(other_url) as store:
        store.ingest(logs)
    with closing(open_database(other_url)) as other, pytest.raises(StoreError, match="has content already"):
        copying.copy(database, other, quietly)


def test_a_row_that_arrives_changed_undoes_the_copy(
    database: Database, other_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_database(other_url)) as other:
        insert = other.insert

        def changed(into: str, rows: Any, **more: Any) -> None:
            if into.startswith("evidence ("):
                rows = [(*row[:-1], row[-1] + " ") for row in rows]
            insert(into, rows, **more)

        monkeypatch.setattr(other, "insert", changed)
        with pytest.raises(StoreError, match=r"table evidence has 3 rows with checksum .*nothing was written"):
            copying.copy(database, other, quietly)
        assert other.rows("SELECT COUNT(*) FROM text") == [(0,)]


# ---- exports


def exported(database: Database) -> bytes:
    stream = io.BytesIO()
    portable.export(database, stream, quietly)
    return stream.getvalue()


def test_an_export_makes_the_same_store(
    database: Database, filled: str, other_url: str, everything: Everything
) -> None:
    written = exported(database)
    assert portable.is_export(written.splitlines()[0])
    with closing(open_database(other_url)) as other:
        portable.restore(other, io.BytesIO(written), "x.jsonl")
        assert exported(other) == written
    assert everything(other_url) == everything(filled)


def test_every_line_of_an_export_is_json_in_ascii(database: Database) -> None:
    for line in exported(database).decode("ascii").splitlines():
        json.loads(line)


def test_an_export_that_was_cut_off_or_changed_writes_nothing(database: Database, other_url: str) -> None:
    lines = exported(database).splitlines(keepends=True)
    with closing(open_database(other_url)) as other:
        for damaged in (
            lines[:-1],
            lines[:7],
            [*lines[:5], *lines[6:]],
            [*lines[:4], b"x\n", *lines[4:]],
            lines[1:],
            [],
        ):
            with pytest.raises(StoreError, match=r"^x\.jsonl: ") as caught:
                portable.restore(other, iter(damaged), "x.jsonl")
            assert "\n" not in str(caught.value)
            assert other.rows("SELECT COUNT(*) FROM text") == [(0,)]
        portable.restore(other, iter(lines), "x.jsonl")
        with pytest.raises(StoreError, match="has content already"):
            portable.restore(other, iter(lines), "x.jsonl")


# ---- logs from elsewhere


def taken_in(url: str, path: Path) -> tuple[int, tuple[str, ...]]:
    runs, problems = 0, list[str]()
    with open_store(url) as store, folders(path) as found:
        for folder in found:
            ingested = store.ingest(folder)
            runs += ingested.runs
            problems += ingested.problems
    return runs, tuple(problems)


def archive(path: Path, logs: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, log in zip(names, sorted(logs.glob("run-???.jsonl")), strict=True):
            opened.write(log, name)
        opened.writestr("junit.xml", "<testsuites/>")
    return path


def test_logs_are_taken_in_from_folders_archives_and_files_and_none_twice(
    url: str, filled: str, other_url: str, logs: Path, tmp_path: Path, views: Everything
) -> None:
    artifacts = tmp_path / "artifacts"
    (artifacts / "one").mkdir(parents=True)
    shutil.copy(logs / "run-000.jsonl", artifacts / "one")
    archive(artifacts / "two.zip", logs, ".agentgate/runs/a.jsonl", "shard-2/run-001.jsonl", "shard-3/run-002.jsonl")
    assert taken_in(other_url, artifacts)[0] == 3
    for log in logs.iterdir():
        assert taken_in(other_url, log) == (0, ())
    assert views(other_url) == views(filled)


def test_an_archive_writes_nowhere_but_where_it_is_unpacked(url: str, logs: Path, tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", logs, "../../run-000.jsonl", "/etc/run-001.jsonl", "x/..\\..\\run-002.jsonl")
    before = set(tmp_path.rglob("*"))
    assert taken_in(url, path)[0] == 3
    assert {file for file in tmp_path.rglob("*") if "store" not in file.name and ".db" not in file.name} <= before


@pytest.mark.parametrize("name", ["damaged.zip", "none.zip", "notes.txt"])
def test_what_is_no_log_is_one_clear_error(tmp_path: Path, name: str) -> None:
    if name != "none.zip":
        (tmp_path / name).write_text("x" * 100)
    with pytest.raises(StoreError, match=name) as caught, folders(tmp_path / name):
        pass
    assert "\n" not in str(caught.value)


# ---- checks


def test_a_whole_store_has_no_problems(database: Database) -> None:
    assert list(checking.check(database, quietly)) == []


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("DELETE FROM evidence WHERE digest <> 0", "3 values of failure.evidence_key are in no evidence.evidence_key"),
        ("DELETE FROM result WHERE run_key = 2 AND attempt = 1", "run run-001: counts 3 tests, and has 0 results"),
        ("UPDATE run SET total = 7 WHERE run_key = 1", "run run-000: counts 7 tests, and has 3 results"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(database: Database, damage: str, problem: str) -> None:
    database.execute(damage)
    assert problem in list(checking.check(database, quietly))


def test_a_run_that_lacks_what_its_log_tells_is_named(database: Database, logs: Path) -> None:
    database.execute("DELETE FROM property")
    database.execute("DELETE FROM result WHERE run_key = 1")
    database.execute("UPDATE run SET total = 0 WHERE run_key = 1")
    (problem,) = checking.check(database, quietly)
    assert problem == f"run run-000: has 0 results, and its log {logs / 'run-000.jsonl'} tells of 3"


# ---- pruning


def test_what_is_old_goes_with_the_texts_that_only_it_had(
    database: Database, filled: str, logs: Path, everything: Everything
) -> None:
    before = everything(filled)
    tried = pruning.prune(database, "2026-02-01", quietly, dry=True)
    assert (tried.runs, tried.judgements, tried.texts) == (1, 1, 0)
    assert everything(filled) == before
    pruned = pruning.prune(database, "2026-02-01", quietly)
    assert (pruned.runs, pruned.judgements, pruned.repairs) == (1, 1, 0)
    after = everything(filled)
    assert {row[0] for row in after["runs"]} == {"run-001", "run-002"}
    assert len(after["judgements"]) == 2
    assert after["approvals"] == before["approvals"]
    assert [row for row in before["results"] if row[0] != "run-000"] == after["results"]
    assert database.rows("SELECT COUNT(*) FROM node WHERE nodeid LIKE 'only/in_0%'") == [(0,)]
    assert database.rows("SELECT COUNT(*) FROM text WHERE value = 'only/in_0.py'") == [(0,)]
    assert database.rows("SELECT COUNT(*) FROM evidence") == [(2,)]
    assert list(checking.check(database, quietly)) == []
    with open_store(filled) as store:
        assert store.ingest(logs) == Ingested()
        assert len(store.runs()) == 2


def test_a_run_that_goes_on_stays(url: str, folder: Path, begin: Begin) -> None:
    begin("run-001").result("a.py::x")
    with open_store(url) as store:
        store.ingest(folder)
    with closing(open_database(url)) as database:
        assert pruning.prune(database, "2030-01-01", quietly).runs == 0


def test_a_store_of_which_all_is_pruned_takes_in_new_runs(
    database: Database, filled: str, logs: Path, begin: Begin
) -> None:
    assert pruning.prune(database, "2030-01-01", quietly).runs == 3
    begin("run-100").failed("a.py::y").ended()
    with open_store(filled) as store:
        assert store.ingest(logs).runs == 1
        assert [run.id for run in store.runs()] == ["run-100"]
    assert list(checking.check(database, quietly)) == []


def test_a_term_is_a_number_of_hours_days_or_weeks() -> None:
    assert pruning.moment("1h") > pruning.moment("1d") > pruning.moment("1w") > pruning.moment("8d")
    for wrong in ("90", "d", "90 days", "-1d", "1m", ""):
        with pytest.raises(UsageError, match="--keep"):
            pruning.moment(wrong)
