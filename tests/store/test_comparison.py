"""What became of the tests and causes of one run in another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_agentgate.errors import StoreError
from pytest_agentgate.model import RunComparison, Slower
from pytest_agentgate.store import Store

Begin = Callable[..., Any]


@pytest.fixture
def compared(store: Store, folder: Path, begin: Begin) -> Callable[..., RunComparison]:
    """Compare two runs, each given as node id -> outcome, or what else its writer is to do."""

    def compared(before: dict[str, Any], after: dict[str, Any]) -> RunComparison:
        for run_id, results in (("run-001", before), ("run-002", after)):
            writer = begin(run_id)
            for nodeid, said in results.items():
                if callable(said):
                    said(writer)
                elif said == "failed":
                    writer.failed(nodeid, f"c1:{nodeid[-1]}")
                else:
                    writer.result(nodeid, said)
            writer.ended()
        store.ingest(folder)
        return store.compare("run-001", "run-002")

    return compared


Compared = Callable[..., RunComparison]


@pytest.mark.parametrize(
    ("before", "after", "where"),
    [
        ("passed", "passed", ()),
        ("passed", "failed", ("newly_failing",)),
        ("passed", "error", ("newly_failing",)),
        ("skipped", "failed", ("newly_failing",)),
        ("failed", "failed", ("still_failing",)),
        ("failed", "error", ("still_failing",)),
        ("failed", "passed", ("fixed",)),
        ("error", "xpassed", ("fixed",)),
        ("failed", "skipped", ("silenced",)),
        ("failed", "xfailed", ("silenced",)),
        ("failed", "not_run", ("silenced",)),
        ("passed", "skipped", ()),
        (None, "passed", ("added",)),
        (None, "failed", ("added", "newly_failing")),
        ("passed", None, ("removed",)),
        ("failed", None, ("removed",)),
    ],
)
def test_what_became_of_a_test(
    compared: Compared, before: str | None, after: str | None, where: tuple[str, ...]
) -> None:
    always = {"a.py::always": "passed"}
    found = compared(always | ({"a.py::x": before} if before else {}), always | ({"a.py::x": after} if after else {}))
    names = ("newly_failing", "still_failing", "fixed", "silenced", "added", "removed", "hidden", "slower")
    assert {name: getattr(found, name) for name in names if getattr(found, name)} == dict.fromkeys(where, ("a.py::x",))
    assert (found.before.id, found.after.id) == ("run-001", "run-002")


def test_tests_whose_file_is_not_collected_any_more_are_hidden_not_removed(compared: Compared) -> None:
    before = {"a.py::x": "passed", "ab.py::y": "passed", "c/d.py::z": "failed", "e.py::w": "passed"}
    after = {"a.py": lambda writer: writer.failure("a.py"), "c": lambda writer: writer.failure("c")}
    found = compared(before, after)
    assert found.hidden == ("a.py::x", "c/d.py::z")
    assert found.removed == ("ab.py::y", "e.py::w")


def test_a_run_that_could_not_start_hides_all(compared: Compared) -> None:
    found = compared({"a.py::x": "passed"}, {"": lambda writer: writer.failure("")})
    assert found.hidden == ("a.py::x",)


def test_only_what_lost_much_is_slower(compared: Compared) -> None:
    def took(seconds: float) -> Callable[[Any], Any]:
        return lambda writer: writer.result(f"a.py::{names.pop(0)}", "passed", seconds)

    names = [*"abcd", *"abcd"]
    found = compared(
        {"a": took(0.1), "b": took(1.0), "c": took(2.0), "d": took(0.001)},
        {"a": took(0.7), "b": took(3.0), "c": took(3.9), "d": took(0.4)},
    )
    assert found.slower == (Slower("a.py::b", 1.0, 3.0), Slower("a.py::a", 0.1, 0.7))


def test_only_the_last_attempt_counts(compared: Compared) -> None:
    def rerun(writer: Any) -> None:
        writer.failure("a.py::x").result("a.py::x", "rerun", when="call").result("a.py::x", attempt=2)

    assert compared({"": rerun}, {"a.py::x": "passed"}).fixed == ()


def test_with_dist_each_the_worst_worker_tells(compared: Compared) -> None:
    def each(first: str, second: str) -> Callable[[Any], Any]:
        def write(writer: Any) -> None:
            writer.collected("a.py::x", workers=["gw0", "gw1"])
            writer.result("a.py::x", first, worker="gw0").result("a.py::x", second, worker="gw1")

        return write

    found = compared({"": each("failed", "passed")}, {"": each("passed", "failed")})
    assert (found.still_failing, found.fixed, found.newly_failing) == (("a.py::x",), (), ())


def test_causes_that_came_and_went(compared: Compared) -> None:
    found = compared(
        {"a.py::x": "failed", "a.py::y": "failed"},
        {"a.py::y": "failed", "a.py::z": "failed", "a.py::x": "passed"},
    )
    assert [cause.signature for cause in found.causes_new] == ["c1:z"]
    assert [cause.signature for cause in found.causes_gone] == ["c1:x"]


@pytest.mark.parametrize("after", [{}, {"a.py::x": "skipped"}, {"a.py::x": "not_run"}, {"b.py::y": "passed"}])
def test_a_cause_whose_tests_did_not_run_is_not_gone(compared: Compared, after: dict[str, str]) -> None:
    found = compared({"a.py::x": "failed"}, after)
    assert ([cause.signature for cause in found.causes_not_run], found.causes_gone) == (["c1:x"], ())


@pytest.mark.parametrize(
    "after",
    [
        lambda writer: writer.collected("a.py::x").result("a.py::x"),
        lambda writer: writer.failure("a.py", "c1:b"),
    ],
)
def test_a_cause_that_hid_a_file_is_gone_when_the_file_was_tried(
    compared: Compared, after: Callable[[Any], Any]
) -> None:
    found = compared({"a.py": lambda writer: writer.failure("a.py", "c1:a")}, {"": after})
    assert ([cause.signature for cause in found.causes_gone], found.causes_not_run) == (["c1:a"], ())


def test_a_run_compared_with_itself_has_not_changed(compared: Compared, store: Store) -> None:
    compared({"a.py::x": "failed", "a.py::y": "passed"}, {})
    found = store.compare("run-001", "run-001")
    assert found == RunComparison(found.before, found.before, still_failing=("a.py::x",))


def test_a_run_that_is_not_there_is_an_error(compared: Compared, store: Store) -> None:
    compared({}, {})
    with pytest.raises(StoreError, match="there is no run 'nothing'"):
        store.compare("run-001", "nothing")
