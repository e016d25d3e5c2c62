"""Causes as a run ended with them, their history, and how they come back."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytest_agentgate.model import CauseStatus, History, Kind, PastRun, Recurrence, RunStatus, When
from pytest_agentgate.store import Store
from pytest_agentgate.triage.causes import group

Begin = Callable[..., Any]

TESTS = ("a.py::x", "a.py::y", "b.py::z")


def at(number: int) -> str:
    return f"2026-01-31T12:00:00.{number:06}+00:00"


def full(begin: Begin, number: int, failing: dict[str, str], **header: Any) -> None:
    """A run of all tests, of which some fail with a signature."""
    writer = begin(f"run-{number:03}", **header).collected(*TESTS)
    for nodeid in TESTS:
        if nodeid in failing:
            writer.failed(nodeid, failing[nodeid])
        else:
            writer.result(nodeid)
    writer.ended()


def test_causes_are_those_that_triage_makes(store: Store, folder: Path, begin: Begin) -> None:
    writer = begin().collected(*TESTS)
    writer.failed("b.py::z", "c1:b").failed("a.py::y", "c1:a", worker="gw1").failed("a.py::x", "c1:a", worker="gw0")
    writer.failure("c.py", "c1:c", kind="import").ended()
    store.ingest(folder)
    summary = store.run_summary()
    assert summary.causes == group(store.failures())
    assert [(cause.signature, cause.size, cause.kind) for cause in summary.causes] == [
        ("c1:a", 2, Kind.VALIDATION),
        ("c1:c", 1, Kind.IMPORT),
        ("c1:b", 1, Kind.VALIDATION),
    ]
    exemplar = summary.causes[0].exemplar
    assert (exemplar.nodeid, exemplar.when, exemplar.evidence.worker) == ("a.py::x", When.CALL, "gw0")
    assert exemplar.evidence.raised.message == "no a.py::x"
    assert exemplar.reason.next_action == "do something about c1:a"
    assert exemplar.text == "E   ValueError: no a.py::x"


def test_the_evidence_of_a_run_is_never_in_memory_as_a_whole(store: Store, folder: Path, begin: Begin) -> None:
    writer = begin()
    for number in range(100):
        nodeid = f"a.py::x{number}"
        writer.failure(nodeid, text=f"{nodeid} {'x' * 200_000}").result(nodeid, "failed")
    writer.ended()
    tracemalloc.start()
    try:
        store.ingest(folder)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert store.run_summary().causes[0].size == 100
    assert peak < 10 << 20, f"{peak:,} bytes of {writer.path.stat().st_size:,}"


def test_a_cause_is_new_then_known_then_regressed(store: Store, folder: Path, begin: Begin) -> None:
    full(begin, 1, {})
    full(begin, 2, {"a.py::x": "c1:a"})
    full(begin, 3, {"a.py::x": "c1:a"})
    full(begin, 4, {})
    full(begin, 5, {"a.py::x": "c1:a"})
    store.ingest(folder)
    found = [store.run_summary(f"run-{number:03}").causes for number in (2, 3, 5)]
    assert [(cause.status, cause.seen) for (cause,) in found] == [
        (CauseStatus.NEW, 0),
        (CauseStatus.KNOWN, 1),
        (CauseStatus.REGRESSED, 2),
    ]


def test_a_run_that_did_not_run_the_tests_of_a_cause_says_nothing_about_it(
    store: Store, folder: Path, begin: Begin
) -> None:
    full(begin, 1, {"a.py::x": "c1:a"})
    begin("run-002").collected("b.py::z").result("b.py::z").ended()
    begin("run-003").collected("a.py::x").result("a.py::x", "skipped", when="setup").ended()
    begin("run-004").collected("a.py::x").killed()
    full(begin, 5, {"a.py::x": "c1:a"})
    store.ingest(folder)
    assert store.run_summary("run-005").causes[0].status is CauseStatus.KNOWN


def test_a_cause_that_comes_and_goes_on_one_clean_commit_is_flaky(store: Store, folder: Path, begin: Begin) -> None:
    full(begin, 1, {"a.py::x": "c1:a"}, dirty=False)
    full(begin, 2, {}, dirty=False)
    full(begin, 3, {"a.py::x": "c1:a"}, dirty=False)
    store.ingest(folder)
    assert store.run_summary("run-003").causes[0].status is CauseStatus.FLAKY


def test_a_run_that_goes_on_has_the_causes_so_far(store: Store, folder: Path, begin: Begin) -> None:
    begin("run-001").collected("a.py::x").failed("a.py::x", "c1:a").ended()
    writer = begin("run-002").collected("a.py::x", "a.py::y", "a.py::z")
    writer.failed("a.py::x", "c1:a").failed("a.py::y", "c1:b")
    store.ingest(folder)
    summary = store.run_summary("run-002")
    assert summary.run.status is RunStatus.RUNNING
    assert [(cause.signature, cause.tests, cause.status) for cause in summary.causes] == [
        ("c1:a", ("a.py::x",), CauseStatus.KNOWN),
        ("c1:b", ("a.py::y",), CauseStatus.NEW),
    ]


def test_what_passed_on_a_rerun_is_no_failure_of_a_run_that_goes_on(store: Store, folder: Path, begin: Begin) -> None:
    writer = begin().collected("a.py::x", "a.py::y").failure("a.py::x").result("a.py::x", "rerun", when="call")
    store.ingest(folder)
    (before,) = store.run_summary().causes
    writer.result("a.py::x", attempt=2)
    store.ingest(folder)
    (after,) = store.run_summary().causes
    assert (before.exemplar.final, after.exemplar.final, after.status) == (True, False, CauseStatus.FLAKY)


def test_a_summary_says_how_many_tests_files_have_unless_it_cannot_know(
    store: Store, folder: Path, begin: Begin
) -> None:
    begin("run-001").collected("a.py::x", "a.py::y", "b.py::z").ended()
    begin("run-002").collected("a.py::x", deselected=1).ended()
    begin("run-003", arguments=["a.py::x"]).collected("a.py::x").ended()
    store.ingest(folder)
    assert [store.run_summary(f"run-00{n}").collected for n in (1, 2, 3)] == [{"a.py": 2, "b.py": 1}, {}, {}]


def test_what_passed_on_a_rerun_is_flaky(store: Store, folder: Path, begin: Begin) -> None:
    begin().failure("a.py::x").result("a.py::x", "rerun", when="call").result("a.py::x", attempt=2).ended()
    store.ingest(folder)
    assert store.run_summary().causes[0].status is CauseStatus.FLAKY


def test_hidden_tests_are_counted_by_the_last_whole_run_that_collected_the_file(
    store: Store, folder: Path, begin: Begin
) -> None:
    begin("run-001").collected(*TESTS).ended()
    begin("run-002", arguments=["a.py::x"]).collected("a.py::x").ended()
    begin("run-003").collected("a.py::x", deselected=9).ended()
    begin("run-004").collected("b.py::z").failure("a.py", "c1:a").ended()
    begin("run-005").collected("b.py::z").failure("new.py", "c1:n").ended()
    begin("run-006").failure("", "c1:conftest").ended("aborted", 4)
    store.ingest(folder)
    assert [store.run_summary(f"run-00{n}").causes[0].hidden for n in (4, 5, 6)] == [2, None, 1]


def test_a_folder_hides_what_is_below_it(store: Store, folder: Path, begin: Begin) -> None:
    begin("run-001").collected("t/a/x.py::x", "t/a/y.py::y", "t/ab/z.py::z").ended()
    begin("run-002").failure("t/a", "c1:conftest").ended("interrupted", 2)
    begin("run-003").failure(".", "c1:all").ended("interrupted", 2)
    store.ingest(folder)
    assert store.run_summary("run-002").causes[0].hidden == 2
    assert store.run_summary("run-003").causes[0].hidden == 3


def test_history_is_of_the_runs_before_one_and_bounded(store: Store, folder: Path, begin: Begin) -> None:
    full(begin, 1, {"a.py::x": "c1:a"}, commit="one", dirty=False)
    full(begin, 2, {"a.py::x": "c1:b"}, commit="two", dirty=None)
    full(begin, 3, {}, commit="three")
    begin("run-004")  # still running
    store.ingest(folder)
    groups = {"c1:a": ["a.py::x"], "c1:b": {"a.py::x", "gone.py::g"}, "c1:c": ["c.py"]}
    one, two, three = (
        PastRun("run-001", "one", False),
        PastRun("run-002", "two", None),
        PastRun("run-003", "three", True),
    )
    assert store.history(groups) == History(
        runs=(three, two, one),
        failed={"c1:a": frozenset({"run-001"}), "c1:b": frozenset({"run-002"})},
        passed={"c1:a": frozenset({"run-002", "run-003"}), "c1:b": frozenset({"run-001", "run-003"})},
    )
    assert store.history(groups, "run-003").runs == (two, one)
    assert store.history(groups, "run-003", window=1).runs == (two,)
    assert store.history({}, "run-001") == History()
    assert store.history({"c1:a": ["a.py"]}).hidden == {"a.py": 2}
    assert store.history({"c1:a": [""]}).hidden == {"": 3}


def test_causes_over_runs(store: Store, folder: Path, begin: Begin) -> None:
    full(begin, 1, {"a.py::x": "c1:a", "a.py::y": "c1:a"})
    full(begin, 2, {"a.py::x": "c1:a", "b.py::z": "c1:b"})
    full(begin, 3, {"a.py::x": "c1:b"})
    store.ingest(folder)

    def words(signature: str) -> dict[str, Any]:
        return {
            "kind": Kind.VALIDATION,
            "title": f"title of {signature}",
            "next_action": f"do something about {signature}",
        }

    b = Recurrence("c1:b", **words("c1:b"), runs=2, size=1, largest=1, first_seen=at(2), last_seen=at(3),
                   first_run="run-002", last_run="run-003")  # fmt: skip
    a = Recurrence("c1:a", **words("c1:a"), runs=2, size=1, largest=2, first_seen=at(1), last_seen=at(2),
                   first_run="run-001", last_run="run-002")  # fmt: skip
    assert store.errors() == (b, a)
    assert store.errors(limit=1) == (b,)
