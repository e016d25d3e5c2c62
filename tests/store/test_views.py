"""What a person may ask with SQL, as documentation and other programs do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_agentgate.store import Store

Begin = Callable[..., Any]
Query = Callable[..., list[tuple[Any, ...]]]

IN_A_FILE = pytest.mark.parametrize("new_url", ["sqlite"], indirect=True)  # which says how it would go about a query


@pytest.fixture
def filled(store: Store, folder: Path, begin: Begin) -> None:
    writer = begin("run-001", agent="ann", task="t1", workers=2).collected("a.py::x", "a.py::y", "a.py::z")
    writer.result("a.py::x", worker="gw0").failed("a.py::y", worker="gw1").failed("a.py::z", "c1:other", worker="gw0")
    writer.failure("b.py", "c1:gone", kind="import", worker="gw0").failure(
        "b.py", "c1:gone", kind="import", worker="gw1"
    )
    writer.event(event="warning", category="W", message="m", path="p.py", line=7, when="collect")
    writer.ended(exit_status=1)
    begin("run-002", agent="bob", task="").result("a.py::x").ended()
    store.ingest(folder)


pytestmark = pytest.mark.usefixtures("filled")


def test_the_latest_run(query: Query) -> None:
    (row,) = query("SELECT * FROM consolidated_runs ORDER BY created_at DESC LIMIT 1")
    assert row[0] == "run-002"


def test_consolidated_runs_have_counts(query: Query) -> None:
    columns = "run_id, status, agent_id, total, passed, failed, collect_errors, causes"
    sql = f"SELECT {columns} FROM consolidated_runs ORDER BY run_id"
    assert query(sql) == [
        ("run-001", "completed", "ann", 3, 1, 2, 1, 3),
        ("run-002", "completed", "bob", 1, 1, 0, 0, 0),
    ]


def test_agents_of_a_run(query: Query) -> None:
    sql = """
    SELECT agent_id, COUNT(*) AS total, SUM(CASE WHEN status='completed' THEN 1 ELSE 0 END) AS completed,
           AVG(duration_seconds) AS avg_duration
    FROM agent_results WHERE run_id = ? GROUP BY agent_id;
    """
    assert query(sql, "run-001") == [("ann", 1, 1, 60.5)]


def test_errors_of_a_run_by_kind(query: Query) -> None:
    sql = """
    SELECT error_type, COUNT(*) AS count FROM consolidated_errors WHERE run_id = ?
    GROUP BY error_type ORDER BY count DESC;
    """
    assert query(sql, "run-001") == [("validation", 2), ("import", 1)]
    assert query(sql, "run-002") == []


def test_results_with_who_and_where(query: Query) -> None:
    sql = "SELECT nodeid, outcome, worker_id, agent_id FROM results WHERE run_id = ? ORDER BY nodeid"
    assert query(sql, "run-001") == [
        ("a.py::x", "passed", "gw0", "ann"),
        ("a.py::y", "failed", "gw1", "ann"),
        ("a.py::z", "failed", "gw0", "ann"),
    ]
    assert query(sql, "run-002") == [("a.py::x", "passed", "", "bob")]


LINE = {
    "sqlite": "json_extract(evidence, '$.chain[0].frames[0].line')",
    "postgresql": "(evidence::json #>> '{chain,0,frames,0,line}')::integer",
}


def test_failures_with_evidence(query: Query, url: str) -> None:
    (row,) = query(
        "SELECT kind, exception_type, message, report_when, worker_id, "
        f"{LINE[url.partition(':')[0]]} FROM failures WHERE run_id = ? AND nodeid = ?",
        "run-001",
        "a.py::y",
    )
    assert row == ("validation", "ValueError", "no a.py::y", "call", "gw1", 3)


def test_causes_and_their_tests(query: Query) -> None:
    assert query("SELECT signature, kind, size, status FROM causes WHERE run_id = 'run-001' ORDER BY number") == [
        ("c1:gone", "import", 1, "new"),
        ("c1:boom", "validation", 1, "new"),
        ("c1:other", "validation", 1, "new"),
    ]
    assert query("SELECT nodeid FROM cause_tests WHERE signature = 'c1:boom'") == [("a.py::y",)]


def test_warnings_with_their_origin(query: Query) -> None:
    assert query("SELECT run_id, category, path, line, count FROM warnings") == [("run-001", "W", "p.py", 7, 1)]


def test_agents_with_their_runs(query: Query) -> None:
    assert query("SELECT agent_id, runs FROM agents ORDER BY agent_id") == [("ann", 1), ("bob", 1)]


def test_failing_tests_with_how_often(query: Query) -> None:
    assert query("SELECT nodeid, file, failures, runs, passed FROM failing_tests ORDER BY nodeid") == [
        ("a.py::y", "a.py", 1, 1, 0),
        ("a.py::z", "a.py", 1, 1, 0),
    ]


def test_failing_tests_that_passed_as_well(store: Store, folder: Path, begin: Begin, query: Query) -> None:
    writer = begin("run-003").failed("a.py::y").result("a.py::z", "xfailed")
    writer.result("a.py::again", "rerun", when="call").result("a.py::again", attempt=2).result("a.py::s", "skipped")
    writer.result("a.py::e", "error", when="setup").ended(exit_status=1)
    begin("run-004").result("a.py::y").result("a.py::e", "not_run").result("a.py::x").ended()
    store.ingest(folder)
    assert query("SELECT nodeid, failures, runs, passed FROM failing_tests ORDER BY nodeid") == [
        ("a.py::again", 1, 1, 1),
        ("a.py::e", 1, 1, 0),
        ("a.py::y", 2, 2, 1),
        ("a.py::z", 1, 1, 0),
    ]


@IN_A_FILE
def test_no_results_are_read_to_find_the_tests_that_failed(query: Query) -> None:
    plan = [row[3] for row in query("EXPLAIN QUERY PLAN SELECT * FROM failing_tests WHERE passed = 1")]
    assert plan == [step for step in plan if "result" not in step] != []


@IN_A_FILE
@pytest.mark.parametrize(
    "view", ["results", "failures", "causes", "warnings", "consolidated_errors", "agent_results", "consolidated_runs"]
)
def test_the_rows_of_one_run_are_found_without_reading_those_of_others(query: Query, view: str) -> None:
    plan = [row[3] for row in query(f"EXPLAIN QUERY PLAN SELECT * FROM {view} WHERE run_id = 'run-001'")]
    assert [step for step in plan if step.startswith("SCAN")] == []
