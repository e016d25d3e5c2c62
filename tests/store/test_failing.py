"""Tests that ever failed are added up as runs come and go; what is added up is what their results tell."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_agentgate.store import Store, failing, open_database, open_store
from pytest_agentgate.store.database import Database
from pytest_agentgate.store.upkeep import checking, copying, pruning

Begin = Callable[..., Any]
Query = Callable[..., list[tuple[Any, ...]]]

FAILED = {"failed", "error", "rerun"}
COUNTED = "SELECT nodeid, file, failures, runs, passed FROM failing_tests"


def told(results: list[tuple[str, str, str, str]]) -> list[tuple[str, str, int, int, int]]:
    """What the rows of all results say of the tests that failed, found by reading every one of them."""
    failures, runs, files = Counter[str](), defaultdict[str, set[str]](set), dict[str, str]()
    passed = {nodeid for _, nodeid, _, outcome in results if outcome == "passed"}
    for run, nodeid, file, outcome in results:
        if outcome in FAILED:
            failures[nodeid] += 1
            runs[nodeid].add(run)
            files[nodeid] = file
    return sorted(
        (test, files[test], number, len(runs[test]), int(test in passed)) for test, number in failures.items()
    )


def holds(url: str) -> bool:
    with closing(open_database(url, read_only=True)) as database:
        return holds_in(database)


def holds_in(database: Database) -> bool:
    results = database.rows("SELECT run_id, nodeid, file, outcome FROM results")
    assert sorted(database.rows(COUNTED)) == told([(str(a), str(b), str(c), str(d)) for a, b, c, d in results])
    return list(failing.wrong(database)) == []


RESULTS = st.lists(
    st.tuples(
        st.integers(0, 4),  # the test
        st.sampled_from(["passed", "passed", "failed", "error", "skipped", "xfailed", "rerun"]),
        st.integers(1, 2),  # the attempt
        st.sampled_from(["", "gw0"]),
        st.booleans(),  # whether the log is taken in up to here
    ),
    max_size=8,
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(runs=st.lists(st.tuples(RESULTS, st.sampled_from(["ended", "killed", "goes on"])), min_size=1, max_size=5))
def test_whatever_comes_and_goes_the_tests_that_failed_are_those_of_the_results(
    runs: list[tuple[list[tuple[int, str, int, str, bool]], str]],
    begin: Begin,
    tmp_path_factory: pytest.TempPathFactory,
    empty_url: Callable[[], str],
) -> None:
    folder, url = tmp_path_factory.mktemp("runs"), empty_url()
    with open_store(url) as store, closing(open_database(url)) as database:
        for number, (results, end) in enumerate(runs):
            writer = begin(f"run-{number:03}", into=folder, created_at=f"2026-0{number + 1}-01T12:00:00.000000+00:00")
            for test, outcome, attempt, worker, taken in results:
                writer.result(f"{test % 2}.py::test_{test}", outcome, attempt=attempt, worker=worker)
                if taken:
                    store.ingest(folder)
                    assert holds_in(database)
            if end == "ended":
                writer.ended()
            elif end == "killed":
                writer.killed()
            store.ingest(folder)
            assert holds_in(database)
        for month in (2, 4):
            pruning.prune(database, f"2026-0{month}-02", lambda done, whole: None)
            assert holds_in(database)


def test_a_copy_of_a_log_that_gives_way_to_the_whole_is_counted_once(
    store: Store, url: str, folder: Path, begin: Begin, tmp_path: Path
) -> None:
    writer = begin().collected("a.py::x", "a.py::y").failed("a.py::x")
    (tmp_path / "early").mkdir()
    (tmp_path / "early" / writer.path.name).write_bytes(writer.path.read_bytes())
    store.ingest(tmp_path / "early")
    assert holds(url)
    writer.result("a.py::x", attempt=2).failed("a.py::y").ended()
    store.ingest(folder)
    assert holds(url)


def test_a_log_that_is_gone_before_its_end_is_counted_once(store: Store, url: str, folder: Path, begin: Begin) -> None:
    writer = begin().failed("a.py::x")
    store.ingest(folder)
    writer.killed().unlink()
    assert store.ingest(folder).runs == 1
    assert holds(url)


def test_they_go_with_a_store_that_is_copied(
    store: Store, url: str, new_url: Callable[[], str], folder: Path, begin: Begin, query: Query
) -> None:
    begin("run-001").failed("a.py::x").result("a.py::y").ended()
    store.ingest(folder)
    other = new_url()
    with closing(open_database(url, read_only=True)) as source, closing(open_database(other)) as target:
        copying.copy(source, target, lambda done, whole: None)
    assert holds(other)
    begin("run-002").result("a.py::x").failed("a.py::y").ended()
    with open_store(other) as copied:
        copied.ingest(folder)
    assert holds(other)
    assert query(COUNTED) == [("a.py::x", "a.py", 1, 1, 0)]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE failing_test SET failures = failures + 1",
        "UPDATE failing_test SET runs = 7",
        "UPDATE failing_test SET passed = 1",
        "UPDATE failing_test SET passed = NULL",
        "DELETE FROM failing_test",
        "DELETE FROM result",
    ],
)
def test_what_is_counted_wrong_is_found(store: Store, url: str, folder: Path, begin: Begin, damage: str) -> None:
    begin().failed("a.py::x").result("a.py::y").ended()
    store.ingest(folder)
    with closing(open_database(url)) as database:
        assert list(failing.wrong(database)) == []
        with database.transaction():
            database.execute(damage)
        assert list(failing.wrong(database)) == ["a.py::x"]
        said = "1 tests are not counted in failing_test as their results tell, the first is a.py::x"
        assert said in list(checking.check(database, lambda done, whole: None))
