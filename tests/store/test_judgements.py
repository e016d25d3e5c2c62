"""Judgements and approvals: taken in from logs of their own in any order, once, and found with their runs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_agentgate.capture.judgementlog import write_approval, write_judgement
from pytest_agentgate.errors import StoreError
from pytest_agentgate.model import Ingested, Part, PhaseOfAgent
from pytest_agentgate.model.judgement import (
    Approval,
    GateResult,
    GateState,
    Item,
    Judge,
    Judgement,
    PhaseResult,
    Severity,
    Unit,
)
from pytest_agentgate.store import Store, ingest, judgements, open_store

Begin = Callable[..., Any]
Query = Callable[..., list[tuple[Any, ...]]]
Everything = Callable[[str], dict[str, list[tuple[Any, ...]]]]

IN_A_FILE = pytest.mark.parametrize("new_url", ["sqlite"], indirect=True)  # which says how it would go about a query

GATES = (
    GateResult(
        "tests.pass_rate >= 90%",
        GateState.FAILED,
        0.5,
        ">= 90%",
        Unit.RATIO,
        (Item("a.py::x", None, "ValueError"), Item("a.py::y", 2.5)),
        more=7,
        sample=18,
        owner="team",
        command="python -m pytest a.py",
    ),
    GateResult("check.mypy == 0", GateState.UNAVAILABLE, unit=Unit.STATUS, severity=Severity.WARN, why="not measured"),
)


def judged(number: int = 1, run_id: str = "run-001", state: GateState = GateState.FAILED, **more: Any) -> Judgement:
    phases = (
        PhaseResult("imports", state, GATES, notes=("outside of it 1 test fails",)),
        PhaseResult("configuration", GateState.NOT_ATTEMPTED, why="it needs imports"),
    )
    facts: dict[str, Any] = {
        "id": f"{run_id}.judgement-{number:08x}",
        "run_id": run_id,
        "judged_at": f"2026-01-31T13:00:{number:02}.000000+00:00",
        "judge": Judge.PROCESS,
        "agent": "ann",
        "phases": phases,
        "asked": ("imports",),
        "base": "main",
        "base_commit": "ba5e",
        "baseline": "run-000",
        "notes": ("the base asks for less",),
    }
    return Judgement(**facts | more)


APPROVAL = Approval("imports", "c0ffee", "bob", "looked at it", "2026-01-31T13:30:00.000000+00:00")


def test_a_judgement_is_found_with_its_run(store: Store, folder: Path, begin: Begin) -> None:
    begin().result("a.py::x").ended()
    write_judgement(folder, judged())
    assert store.ingest(folder) == Ingested(logs=2, runs=1, results=1)
    assert store.judgement() == judged()
    assert store.run_summary("run-001").judgement == judged()
    assert store.run_report("run-001", ()).summary.judgement == judged()


def test_a_run_that_was_not_judged_has_none(store: Store, folder: Path, begin: Begin) -> None:
    begin().ended()
    begin("run-002").ended()
    write_judgement(folder, judged())
    store.ingest(folder)
    assert store.judgement("run-002") is None
    assert store.run_summary("run-002").judgement is None
    with pytest.raises(StoreError, match="there is no run 'run-003'"):
        store.judgement("run-003")


def test_of_several_judgements_the_latest_counts(store: Store, folder: Path, begin: Begin) -> None:
    begin().ended()
    inside, outside = judged(1), judged(2, judge=Judge.HARNESS)
    for one in (outside, inside):
        write_judgement(folder, one)
    store.ingest(folder)
    assert store.judgement() == outside
    assert store.judgement(judge=Judge.PROCESS) == inside
    assert store.judgements() == (outside, inside)
    assert store.judgements(limit=1) == (outside,)


def test_a_judgement_of_a_run_that_is_not_recorded_is_kept(store: Store, folder: Path, query: Query) -> None:
    write_judgement(folder, judged(run_id=""))
    store.ingest(folder)
    assert store.judgements() == (judged(run_id=""),)
    assert query("SELECT run_id, state FROM judgements") == [("", "failed")]


def test_ingesting_again_changes_nothing(store: Store, folder: Path, url: str, views: Everything) -> None:
    write_judgement(folder, judged())
    write_approval(folder, APPROVAL)
    store.ingest(folder)
    before = views(url)
    assert store.ingest(folder) == Ingested()
    assert views(url) == before


def test_a_judgement_that_was_taken_in_is_not_looked_at_again(
    store: Store, folder: Path, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin().ended()
    write_judgement(folder, judged())
    write_approval(folder, APPROVAL)
    store.ingest(folder)
    looked: list[Path] = []
    monkeypatch.setattr(ingest, "_size", looked.append)
    assert store.ingest(folder) == Ingested()
    assert looked == []


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(order=st.permutations(range(5)), together=st.sets(st.integers(0, 4)))
def test_logs_may_arrive_in_any_order(
    order: list[int],
    together: set[int],
    begin: Begin,
    tmp_path_factory: pytest.TempPathFactory,
    empty_url: Callable[[], str],
    views: Everything,
) -> None:
    made, arrived = (tmp_path_factory.mktemp(name) for name in ("made", "arrived"))
    once, steps = f"sqlite:///{made}.db", empty_url()
    begin(into=made).collected("a.py::x").failed("a.py::x").ended()
    begin("run-002", into=made).result("a.py::x").ended()
    for one in (judged(1), judged(2, judge=Judge.HARNESS)):
        write_judgement(made, one)
    write_approval(made, APPROVAL)
    logs = sorted(made.iterdir())
    with open_store(once) as store:
        store.ingest(made)
    with open_store(steps) as store:
        for number in order:
            shutil.copy(logs[number], arrived)
            if number not in together:
                store.ingest(arrived)
        store.ingest(arrived)
        assert store.judgement("run-001") == judged(2, judge=Judge.HARNESS)
    assert views(steps) == views(once)


def test_a_judgement_outlives_that_its_runs_log_is_read_anew(store: Store, folder: Path, begin: Begin) -> None:
    """A log that was cut off when it was judged comes once more, whole: its judgement's log is not looked at again."""
    writer = begin().result("a.py::x")
    path = writer.killed()
    write_judgement(folder, judged(state=GateState.INVALID))
    store.ingest(folder)
    with path.open("ab") as file:
        file.write(b'{"event":"end","status":"completed","exit_status":0,"duration":1.0}\n')
    store.ingest(folder)
    assert store.run().exit_status == 0
    assert store.judgement() == judged(state=GateState.INVALID)


def test_a_copy_in_another_folder_is_the_same_judgement(
    store: Store, folder: Path, tmp_path: Path, url: str, views: Everything
) -> None:
    write_judgement(folder, judged())
    write_approval(folder, APPROVAL)
    shutil.copytree(folder, tmp_path / "artifact")
    store.ingest(folder)
    before = views(url)
    assert store.ingest(tmp_path / "artifact").problems == ()
    assert views(url) == before


# ---- what is no judgement


def test_an_unfinished_log_is_no_judgement_until_it_is_whole(store: Store, folder: Path) -> None:
    log = write_judgement(folder, judged())
    whole = log.read_bytes()
    log.write_bytes(whole[:-1])
    assert store.ingest(folder) == Ingested()
    assert store.ingest(folder) == Ingested()
    assert store.judgements() == ()
    log.write_bytes(whole)
    assert store.ingest(folder) == Ingested(logs=1)
    assert store.judgements() == (judged(),)


def test_a_log_that_is_cut_off_at_any_byte_leaves_no_rows(
    store: Store, folder: Path, url: str, views: Everything
) -> None:
    log = write_judgement(folder, judged())
    whole = log.read_bytes()
    empty = views(url)
    for end in range(0, len(whole), 7):
        log.write_bytes(whole[:end])
        store.ingest(folder)
        assert views(url) == empty
    log.write_bytes(whole)
    store.ingest(folder)
    assert store.judgements() == (judged(),)


DAMAGED = "begins as the log of a judgement or an approval, and is damaged"


def test_a_damaged_log_is_told_once_and_left_alone(store: Store, folder: Path) -> None:
    log = write_judgement(folder, judged())
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join([*lines[:2], b"\xff\n", *lines[3:]]))
    content = log.read_bytes()
    assert store.ingest(folder).problems == (f"{log} {DAMAGED}",)
    assert store.ingest(folder) == Ingested()
    assert store.judgements() == ()
    assert log.read_bytes() == content


@pytest.mark.parametrize(
    "text",
    [
        b'{"event":"approval"}\n',
        b'{"event":"approval","phase":["p"],"commit":"c"}\n',
        b'{"event":"judgement"}\n{"event":"judged","phases":0,"gates":0,"state":"unavailable"}\n',
        b'{"event":"judgement"}\n{"event":"judged"}\n',
        b'{"event":"judgement","id":1}\n{"event":"judged","phases":0,"gates":0,"state":"unavailable"}\n',
        b'{"event":"judgement","id":"i","judge":{}}\n{"event":"judged","phases":0,"gates":0,"state":[]}\n',
    ],
)
def test_a_log_of_another_shape_is_told_and_the_others_are_taken_in(
    store: Store, folder: Path, begin: Begin, text: bytes
) -> None:
    begin().ended()
    (folder / "approval-x.jsonl").write_bytes(text)
    (folder / "zzz.jsonl").write_bytes(b'{"event":["judgement"]}\n')
    write_judgement(folder, judged())
    found = store.ingest(folder)
    assert found.logs == 2
    assert found.problems == (
        f"{folder}/approval-x.jsonl {DAMAGED}",
        f"{folder}/zzz.jsonl is not the log of a run: it does not begin with a run event",
    )
    assert store.judgement() == judged()


def test_a_giant_is_refused_before_it_is_read_whole(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judgements, "_LARGEST", 1000)
    log = write_judgement(folder, judged())
    assert store.ingest(folder).problems == (f"{log} {DAMAGED}",)


def test_texts_that_no_database_takes_are_escaped(store: Store, folder: Path) -> None:
    hostile = "'; DROP TABLE run; -- \ud800 \0 </script>"
    escaped = "'; DROP TABLE run; -- \\ud800 \\x00 </script>"
    gate = GateResult(hostile, GateState.FAILED, 1.0, items=(Item(hostile, note=hostile),))
    phase = PhaseResult(hostile, GateState.FAILED, (gate,), why=hostile, notes=(hostile,))
    one = judged(phases=(phase,), asked=(), agent=hostile, notes=(hostile,), base=hostile)
    write_judgement(folder, one)
    write_approval(folder, Approval(hostile, "c0ffee", hostile, hostile, "now"))
    assert store.ingest(folder) == Ingested(logs=2)
    (found,) = store.judgements()
    assert found.phases[0].gates[0].items == (Item(escaped, note=escaped),)
    assert (found.agent, found.notes, found.base, found.phases[0].phase) == (escaped, (escaped,), escaped, escaped)
    assert store.approvals("c0ffee") == (Approval(escaped, "c0ffee", escaped, escaped, "now"),)


# ---- over judgements


def test_the_latest_of_each_agent_and_phase(store: Store, folder: Path, begin: Begin) -> None:
    for number, run_id in enumerate(("run-001", "run-002", "run-003")):
        begin(run_id).ended()
        agent, state = ("bob", GateState.FAILED) if number == 1 else ("ann", GateState.PASSED)
        write_judgement(folder, judged(number + 1, run_id, state, agent=agent))
    one = PhaseResult("imports", GateState.WARNED)
    write_judgement(folder, judged(9, "run-001", phases=(one,)))
    store.ingest(folder)
    at = [f"2026-01-31T13:00:{number:02}.000000+00:00" for number in range(10)]
    expected = (
        PhaseOfAgent("ann", "configuration", "not_attempted", at[3], "run-003"),
        PhaseOfAgent("ann", "imports", "warned", at[9], "run-001"),
        PhaseOfAgent("bob", "configuration", "not_attempted", at[2], "run-002"),
        PhaseOfAgent("bob", "imports", "failed", at[2], "run-002"),
    )
    assert store.latest_phases() == expected
    assert store.run_report(parts=[Part.PHASES]).phases == expected
    assert store.run_report(parts=[Part.RESULTS]).phases == ()


def test_approvals_of_a_commit(store: Store, folder: Path, query: Query) -> None:
    later = Approval("imports", "c0ffee", "ann", "looked twice", "2026-01-31T13:40:00.000000+00:00")
    other = Approval("imports", "decaf", "bob", "", "2026-01-31T13:30:00.000000+00:00")
    for one in (later, APPROVAL, other, APPROVAL):
        write_approval(folder, one)
    store.ingest(folder)
    assert store.approvals("c0ffee") == (APPROVAL, later)
    assert store.approvals("nothing") == ()
    assert query("SELECT person, reason FROM approvals WHERE commit_id = 'decaf'") == [("bob", "")]


def test_the_run_of_a_commit_is_the_newest_that_says_most_of_it(store: Store, folder: Path, begin: Begin) -> None:
    def found() -> str:
        store.ingest(folder)
        run = store.run_at("f00d")
        return run.id if run else ""

    facts = {"commit": "f00d", "dirty": False}
    begin("run-009", commit="decaf", dirty=False).ended()
    begin("run-008", **facts).killed()
    begin("run-007", **facts).ended("aborted")
    assert found() == ""
    begin("run-006", **facts | {"dirty": None}).ended()
    assert found() == "run-006"
    begin("run-001", **facts, arguments=["a.py::x"]).ended()
    begin("run-002", **facts).collected("a.py::x", deselected=1).ended()
    assert found() == "run-002"
    begin("run-003", **facts).ended()
    assert found() == "run-003"
    begin("run-004", **facts).ended(exit_status=1)
    assert found() == "run-004"
    begin("run-005", **facts).result("a.py::x").result("a.py::y").ended()
    assert found() == "run-005"
    begin("run-010", **facts).result("a.py::x").ended()
    assert found() == "run-005"
    begin("run-011", **facts).result("a.py::x").result("a.py::y").ended(exit_status=5)
    assert found() == "run-005"


def test_a_run_without_a_commit_stands_for_none(store: Store, folder: Path, begin: Begin) -> None:
    begin(commit="").ended()
    store.ingest(folder)
    assert store.run_at("") is None


# ---- what a person may ask with SQL


@pytest.fixture
def filled(store: Store, folder: Path, begin: Begin) -> None:
    begin().ended()
    write_judgement(folder, judged())
    store.ingest(folder)


@pytest.mark.usefixtures("filled")
def test_gates_of_a_run_with_what_broke_them(query: Query) -> None:
    assert query(
        "SELECT phase, condition, state, measured, wanted, unit, sample, severity, owner FROM gates "
        "WHERE run_id = 'run-001' ORDER BY number"
    ) == [
        ("imports", "tests.pass_rate >= 90%", "failed", 0.5, ">= 90%", "ratio", 18, "fail", "team"),
        ("imports", "check.mypy == 0", "unavailable", None, "", "status", None, "warn", ""),
    ]


OF_ITEMS = {
    "sqlite": "SELECT json_extract(item.value, '$.name'), json_extract(item.value, '$.note') "
    "FROM gates, json_each(gates.items) AS item",
    "postgresql": "SELECT item ->> 'name', item ->> 'note' FROM gates, json_array_elements(items::json) AS item",
}


@pytest.mark.usefixtures("filled")
def test_what_broke_a_gate_can_be_asked_for(query: Query, url: str) -> None:
    assert sorted(query(OF_ITEMS[url.partition(":")[0]])) == [("a.py::x", "ValueError"), ("a.py::y", "")]


@pytest.mark.usefixtures("filled")
def test_phases_of_a_run(query: Query) -> None:
    assert query("SELECT phase, state, why, agent_id FROM phases WHERE run_id = 'run-001' ORDER BY number") == [
        ("imports", "failed", "", "ann"),
        ("configuration", "not_attempted", "it needs imports", "ann"),
    ]


@pytest.mark.usefixtures("filled")
@IN_A_FILE
@pytest.mark.parametrize("view", ["judgements", "phases", "gates", "properties"])
def test_the_rows_of_one_run_are_found_without_reading_those_of_others(query: Query, view: str) -> None:
    plan = [row[3] for row in query(f"EXPLAIN QUERY PLAN SELECT * FROM {view} WHERE run_id = 'run-001'")]
    assert [step for step in plan if step.startswith("SCAN")] == []


@pytest.mark.usefixtures("filled")
@IN_A_FILE
def test_the_newest_are_found_without_reading_the_rest(query: Query) -> None:
    plan = [row[3] for row in query(f"EXPLAIN QUERY PLAN {judgements.LATEST}", 1)]
    assert any("judgement_by_time" in step for step in plan)
    assert [step for step in plan if "TEMP B-TREE" in step] == []
