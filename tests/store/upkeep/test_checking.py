"""What is broken in a store on purpose is found, and nothing else."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pytest_agentgate.capture.repairlog import RepairLog
from pytest_agentgate.errors import StoreError
from pytest_agentgate.model import Kind
from pytest_agentgate.model.repair import Attempt, Repair, Verdict
from pytest_agentgate.store import open_database, open_store
from pytest_agentgate.store.database import Database
from pytest_agentgate.store.upkeep import checking
from pytest_agentgate.store.upkeep.tables import tables

Begin = Callable[..., Any]


def test_a_whole_store_has_no_problems(database: Database) -> None:
    seen: list[tuple[int, int]] = []
    assert list(checking.check(database, lambda done, total: seen.append((done, total)))) == []
    assert seen == [(done, 9) for done in range(9)]  # three runs, judgements and approvals


def test_runs_that_were_cut_off_go_on_or_have_reruns_are_whole(url: str, folder: Path, begin: Begin) -> None:
    begin("run-001").collected("a.py::x", "a.py::y").result("a.py::x").killed()
    begin("run-002").collected("a.py::x", "a.py::y").result("a.py::x")
    writer = begin("run-003").result("a.py::x", "rerun", when="call").result("a.py::x", attempt=2)
    writer.failure("a.py").failure("a.py").raw(b"no json\n").event(event="unknown").ended()
    begin("run-004").result("a.py::x", "skipped", when="setup", reason="NUL \0 and \ud800").ended()
    begin("run-005", workers=2).collected("a.py::x", workers=["gw0", "gw1"]).result("a.py::x", worker="gw1").killed()
    with open_store(url) as store:
        assert store.ingest(folder).problems == ()
    with closing(open_database(url)) as database:
        assert list(checking.check(database)) == []


# ---- what refers to what


REFERENCES = [(table.name, reference.column) for table in tables() for reference in table.references]
ATTEMPT = Attempt("c1:0", Kind.IMPORT, "t", ("c",), "safe", ("e",), Verdict.KEPT, "12 green", ("a.py",), "", 12)


@pytest.fixture
def with_all(filled: str, logs: Path, begin: Begin) -> str:
    """A store in which every table has rows that refer to others."""
    begin("run-100").result("a.py::x", "skipped", when="setup", reason="why").ended()
    repair = Repair("repair-1", "2026-01-31T12:00:00.000000+00:00", attempts=(ATTEMPT,))
    log = RepairLog(logs, repair)
    log.attempt(ATTEMPT)
    log.end(repair)
    with open_store(filled) as store:
        assert store.ingest(logs).problems == ()
    return filled


@pytest.mark.parametrize(("table", "column"), REFERENCES)
def test_a_reference_that_leads_nowhere_is_counted(with_all: str, table: str, column: str) -> None:
    with closing(open_database(with_all)) as database:
        (there,) = database.rows(f"SELECT COUNT(*) FROM {table} WHERE {column} IS NOT NULL")[0]
        database.execute(f"UPDATE {table} SET {column} = {column} + 1000 WHERE {column} IS NOT NULL")
        found = list(checking.check(database))
    assert there
    assert any(line.startswith(f"{there} values of {table}.{column} are in no ") for line in found), found


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("DELETE FROM evidence", "3 values of failure.evidence_key are in no evidence.evidence_key"),
        ("DELETE FROM failure", "3 causes belong to no row of failure"),
        ("DELETE FROM cause WHERE run_key = 2", "1 tests of causes belong to no row of cause"),
        ("UPDATE phase_result SET number = 5 WHERE judgement_key = 1", "1 conditions belong to no row of phase_result"),
        ("DELETE FROM cause_node WHERE run_key = 2", "run run-001: counts 1 tests of its cause 0, and has 0"),
        ("UPDATE cause SET size = 7 WHERE run_key = 1", "run run-000: counts 7 tests of its cause 0, and has 1"),
        ("DELETE FROM log WHERE run_key = 1", "run run-000: came from 0 logs, not from one"),
        ("UPDATE log SET run_key = 1 WHERE run_key = 2", "run run-000: came from 2 logs, not from one"),
        ("INSERT INTO failing_test SELECT node_key, 0, 0, 1 FROM node WHERE nodeid = 'a.py::x'",
         "1 tests are not counted in failing_test as their results tell, the first is a.py::x"),
        ("UPDATE failing_test SET failures = 9",
         "1 tests are not counted in failing_test as their results tell, the first is a.py::y"),
        # counts
        ("DELETE FROM result WHERE run_key = 2", "run run-001: counts 3 tests, and has 0 results"),
        ("UPDATE run SET total = 7 WHERE run_key = 1", "run run-000: counts 7 tests, and has 3 results"),
        ("UPDATE run SET failed = 0 WHERE run_key = 1", "run run-000: counts 0 failed, and has results of 1"),
        ("UPDATE result SET outcome = 'skipped' WHERE run_key = 1 AND outcome = 'failed'",
         "run run-000: counts 0 skipped, and has results of 1"),
        ("UPDATE result SET last = 0 WHERE run_key = 1", "run run-000: counts 3 tests, and has 0 results"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_said(database: Database, damage: str, problem: str) -> None:
    database.execute(damage)
    assert problem in list(checking.check(database))


def test_a_failure_of_the_run_itself_counts_as_one_of_its_cause(url: str, folder: Path, begin: Begin) -> None:
    begin("run-001").failure("").ended(exit_status=5)
    begin("run-002").failed("a.py::x").failure("").failure("").ended(exit_status=1)
    with open_store(url) as store:
        assert store.ingest(folder).problems == ()
        assert [cause.size for cause in store.run_summary("run-002").causes] == [2]
    with closing(open_database(url)) as database:
        assert list(checking.check(database)) == []
        database.execute("UPDATE cause SET size = 3")
        assert sorted(checking.check(database)) == [
            "run run-001: counts 3 tests of its cause 0, and has 1",
            "run run-002: counts 3 tests of its cause 0, and has 2",
        ]


# ---- the logs that are still there


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("UPDATE result SET duration = 9.0 WHERE run_key = 1 AND outcome = 'failed'",
         "run run-000: its results are not those that its log {log} tells of"),
        ("DELETE FROM property WHERE run_key = 1", "run run-000: has 0 properties, and its log {log} tells of 1"),
        ("UPDATE property SET value = 7.0 WHERE run_key = 1",
         "run run-000: its properties are not those that its log {log} tells of"),
        ("DELETE FROM warning WHERE run_key = 1", "run run-000: has 0 warnings, and its log {log} tells of 1"),
        ("UPDATE warning SET count = 2 WHERE run_key = 1",
         "run run-000: its warnings are not those that its log {log} tells of"),
        ("UPDATE failure SET final = 0 WHERE run_key = 1",
         "run run-000: its failures are not those that its log {log} tells of"),
        ("UPDATE evidence SET text = 'other' WHERE text LIKE 'E   0%'",
         "run run-000: its failures are not those that its log {log} tells of"),
        ("UPDATE collected SET tests = 9 WHERE run_key = 1",
         "run run-000: its collected files are not those that its log {log} tells of"),
        ("UPDATE node SET nodeid = 'b.py::x' WHERE nodeid = 'a.py::x'",
         "run run-000: its results are not those that its log {log} tells of"),
        ("UPDATE run SET branch = 'other' WHERE run_key = 1", "run run-000: is not what its log {log} tells"),
        ("UPDATE run SET exit_status = 0 WHERE run_key = 1", "run run-000: is not what its log {log} tells"),
    ],
)  # fmt: skip
def test_a_run_that_is_not_what_its_log_tells_is_named(
    database: Database, logs: Path, damage: str, problem: str
) -> None:
    database.execute(damage)
    assert problem.format(log=logs / "run-000.jsonl") in list(checking.check(database))


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("UPDATE gate_result SET measured = 0.0, state = 'passed' WHERE judgement_key = 1",
         "judgement run-000.judgement-00000000: is not what its log "),
        ("UPDATE phase_result SET state = 'passed' WHERE judgement_key = 1",
         "judgement run-000.judgement-00000000: is not what its log "),
        ("UPDATE judgement SET state = 'passed' WHERE judgement_key = 1",
         "judgement run-000.judgement-00000000: is not what its log "),
        ("UPDATE approval SET person = 'eve' WHERE commit_id = 'commit-0'", "the approval of phase all in "),
        ("DELETE FROM approval WHERE commit_id = 'commit-0'", "the approval of phase all in "),
    ],
)  # fmt: skip
def test_a_judgement_or_an_approval_that_is_not_what_its_log_tells_is_named(
    database: Database, damage: str, problem: str
) -> None:
    database.execute(damage)
    (found,) = checking.check(database)
    assert found.startswith(problem)


def test_a_repair_that_is_not_what_its_log_tells_is_named(url: str, folder: Path) -> None:
    repair = Repair("repair-20260131T120000-abcd", "2026-01-31T12:00:00.000000+00:00", red_before=3, green_after=2)
    RepairLog(folder, repair).end(repair)
    with open_store(url) as store:
        assert store.ingest(folder).problems == ()
    with closing(open_database(url)) as database:
        assert list(checking.check(database)) == []
        database.execute("UPDATE repair SET green_after = 3")
        (found,) = checking.check(database)
    assert found.startswith("repair repair-20260131T120000-abcd: is not what its log ")


def test_a_log_that_was_changed_after_it_was_read_is_named(database: Database, logs: Path) -> None:
    log = logs / "run-000.jsonl"
    lines = log.read_text().splitlines(keepends=True)
    log.write_text("".join(line for line in lines if '"failed"' not in line))
    assert next(checking.check(database)) == f"run run-000: has 3 results, and its log {log} tells of 2"
    log.write_text("not a log\n")
    assert list(checking.check(database)) == [f"run run-000: its log {log} does not tell of it"]
    log.unlink()
    assert list(checking.check(database)) == []


# ---- the file; pages of a server are for its administrator


@pytest.fixture
def file(logs: Path, tmp_path: Path) -> Path:
    path = tmp_path / "damaged.db"
    with open_store(str(path)) as store:
        store.ingest(logs)
    return path


def test_a_row_that_an_index_lacks_is_found_in_a_file(file: Path) -> None:
    with closing(sqlite3.connect(file)) as damaged:
        damaged.execute("PRAGMA writable_schema = ON")
        damaged.execute(
            "UPDATE sqlite_master SET sql = replace(sql, 'created_at', 'run_id') WHERE name = 'run_by_time'"
        )
        damaged.commit()
    with closing(open_database(str(file))) as database:
        found = list(checking.check(database))
    assert any("run_by_time" in line for line in found), found


@pytest.mark.parametrize("page", range(1, 40, 3))
def test_a_page_of_garbage_is_found_in_a_file(file: Path, page: int) -> None:
    content = bytearray(file.read_bytes())
    if (page + 1) * 4096 > len(content):
        pytest.skip("the file has fewer pages")
    content[page * 4096 : (page + 1) * 4096] = bytes(range(256)) * 16
    file.write_bytes(content)
    try:
        with closing(open_database(str(file))) as database:
            found = list(checking.check(database))
    except StoreError as error:
        found = [str(error)]
    assert found
    assert all("\n" not in line for line in found)
