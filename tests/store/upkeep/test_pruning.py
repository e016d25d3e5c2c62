"""What is old goes, with what only it had; what others need stays."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pytest_agentgate.capture.judgementlog import write_approval, write_judgement
from pytest_agentgate.errors import UsageError
from pytest_agentgate.model import Ingested
from pytest_agentgate.model.judgement import Approval, Judge, Judgement
from pytest_agentgate.store import open_database, open_store
from pytest_agentgate.store.database import Database
from pytest_agentgate.store.ingest import ingest
from pytest_agentgate.store.upkeep import checking, pruning

Begin = Callable[..., Any]
Everything = Callable[[str], dict[str, list[tuple[Any, ...]]]]
Query = Callable[..., list[tuple[Any, ...]]]


def test_what_is_old_goes_with_the_texts_that_only_it_had(
    database: Database, filled: str, logs: Path, everything: Everything
) -> None:
    before = everything(filled)
    tried = pruning.prune(database, "2026-02-01", dry=True)
    assert (tried.runs, tried.judgements, tried.texts) == (1, 1, 0)
    assert everything(filled) == before
    pruned = pruning.prune(database, "2026-02-01")
    assert (pruned.runs, pruned.judgements, pruned.repairs) == (1, 1, 0)
    after = everything(filled)
    assert {row[0] for row in after["runs"]} == {"run-001", "run-002"}
    assert len(after["judgements"]) == 2
    assert after["approvals"] == before["approvals"]
    assert [row for row in before["results"] if row[0] != "run-000"] == after["results"]
    assert database.rows("SELECT COUNT(*) FROM node WHERE nodeid LIKE 'only/in_0%'") == [(0,)]
    assert database.rows("SELECT COUNT(*) FROM text WHERE value = 'only/in_0.py'") == [(0,)]
    assert database.rows("SELECT COUNT(*) FROM evidence") == [(2,)]
    assert list(checking.check(database)) == []
    with open_store(filled) as store:
        assert store.ingest(logs) == Ingested()
        assert len(store.runs()) == 2


def test_a_run_that_goes_on_stays(url: str, folder: Path, begin: Begin) -> None:
    begin("run-001").result("a.py::x")
    with open_store(url) as store:
        store.ingest(folder)
    with closing(open_database(url)) as database:
        assert pruning.prune(database, "2030-01-01").runs == 0


def test_a_store_of_which_all_is_pruned_takes_in_new_runs(
    database: Database, filled: str, logs: Path, begin: Begin
) -> None:
    assert pruning.prune(database, "2030-01-01").runs == 3
    begin("run-100").failed("a.py::y").ended()
    with open_store(filled) as store:
        assert store.ingest(logs).runs == 1
        assert [run.id for run in store.runs()] == ["run-100"]
    assert list(checking.check(database)) == []


def test_a_term_is_a_number_of_hours_days_or_weeks() -> None:
    assert pruning.moment("1h") > pruning.moment("1d") > pruning.moment("1w") > pruning.moment("8d")
    for wrong in ("90", "d", "90 days", "-1d", "1m", ""):
        with pytest.raises(UsageError, match="--keep"):
            pruning.moment(wrong)


# ---- what others need


def judged(run_id: str, at: str, baseline: str = "", number: int = 0) -> Judgement:
    return Judgement(f"{run_id or 'junit'}.judgement-{number:08x}", run_id, at, Judge.PROCESS, baseline=baseline)


@pytest.fixture
def history(url: str, folder: Path, begin: Begin) -> str:
    """Four runs, each of which was judged against the one before; the last one in February."""
    for number in range(4):
        created = "2026-02-01" if number == 3 else f"2026-01-1{number}"
        begin(f"run-{number:03}", created_at=created).result("a.py::x").ended()
        write_judgement(folder, judged(f"run-{number:03}", created, f"run-{number - 1:03}" if number else ""))
    begin("run-other", created_at="2026-01-15").result("a.py::x").ended()
    write_approval(folder, Approval("all", "c0ffee", "bob", "yes", "2026-01-10T12:00:00"))
    with open_store(url) as store:
        assert store.ingest(folder).problems == ()
    return url


def test_baselines_of_judgements_that_stay_stay_with_all_that_they_need(history: str) -> None:
    with closing(open_database(history)) as database:
        tried = pruning.prune(database, "2026-02-01", dry=True)
        pruned = pruning.prune(database, "2026-02-01")
        assert (pruned.runs, pruned.judgements) == (tried.runs, tried.judgements) == (1, 0)
        assert database.rows("SELECT run_id FROM run WHERE run_id = 'run-other'") == []
    with open_store(history) as store:
        for run in store.runs():
            judgement = store.judgement(run.id)
            assert judgement is not None
            assert not judgement.baseline or store.run(judgement.baseline).id == judgement.baseline
        assert [one.person for one in store.approvals("c0ffee")] == ["bob"]


def test_a_baseline_goes_with_the_last_judgement_that_needs_it(history: str) -> None:
    with closing(open_database(history)) as database:
        pruned = pruning.prune(database, "2026-03-01")
        assert (pruned.runs, pruned.judgements) == (5, 4)
        for table in ("run", "judgement", "result", "node", "agent"):
            assert database.rows(f"SELECT COUNT(*) FROM {table}") == [(0,)]
    with open_store(history) as store:
        assert [one.person for one in store.approvals("c0ffee")] == ["bob"]


def test_judgements_of_runs_that_are_gone_or_were_never_recorded_go_when_they_are_old(url: str, folder: Path) -> None:
    """Such as those that a prune left that was killed, and those of JUnit XML."""
    for number, (run_id, at) in enumerate(
        [("run-gone", "2026-01-01"), ("", "2026-01-01"), ("run-gone", "2026-02-01"), ("", "2026-02-01")]
    ):
        write_judgement(folder, judged(run_id, at, number=number))
    with open_store(url) as store:
        assert store.ingest(folder).problems == ()
    with closing(open_database(url)) as database:
        assert pruning.prune(database, "2026-01-31").judgements == 2
        assert database.rows("SELECT judged_at FROM judgement") == [("2026-02-01",)] * 2
        assert list(checking.check(database)) == []


def test_who_takes_the_key_of_a_run_that_is_pruned_meanwhile_is_not_pruned(
    filled: str, database: Database, folder: Path, begin: Begin
) -> None:
    """Another one prunes at the same time and is faster, and a new run gets the first free key."""
    begin("run-100", created_at="2026-03-01").result("b.py::new").ended()
    meanwhile: list[int] = []

    def others(done: int, total: int) -> None:
        if not meanwhile:
            with closing(open_database(filled)) as other:
                meanwhile.append(pruning.prune(other, "2026-02-28").runs)
                ingest(other, folder)

    assert pruning.prune(database, "2026-02-28", others).runs == 0
    assert meanwhile == [3]
    assert database.rows("SELECT run_id, run_key FROM run") == [("run-100", 1)]
    assert list(checking.check(database)) == []


@pytest.mark.parametrize("new_url", ["sqlite"], indirect=True)
def test_a_file_that_another_one_writes_is_pruned_and_gives_back_its_room_later(
    filled: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server takes back the room of rows by itself."""
    shrink = database.shrink
    with closing(sqlite3.connect(filled.removeprefix("sqlite:///"), isolation_level=None)) as writer:
        monkeypatch.setattr(database, "shrink", lambda: (writer.execute("BEGIN IMMEDIATE"), shrink()))
        pruned = pruning.prune(database, "2030-01-01")
    assert (pruned.runs, "another process keeps the store locked" in pruned.unshrunk) == (3, True)
    monkeypatch.undo()
    assert pruning.prune(database, "2030-01-01").unshrunk == ""


def test_a_term_longer_than_any_calendar_is_one_line() -> None:
    with pytest.raises(UsageError, match=r"^--keep '999999w': reaches further back"):
        pruning.moment("999999w")


@pytest.mark.engine("postgres")
def test_a_server_does_not_go_through_all_that_is_referred_to_for_each_row(
    new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it would where it has no room for what a subquery finds, which is little by default."""
    plans: list[str] = []
    with closing(open_database(new_database())) as database:
        run = database.execute

        def planned(sql: str, parameters: Sequence[object] = ()) -> None:
            if sql.startswith("DELETE"):
                plans.append("\n".join(line for (line,) in database.rows(f"EXPLAIN {sql}", parameters)))
            run(sql, parameters)

        database.execute("SET work_mem = '64kB'")
        monkeypatch.setattr(database, "execute", planned)
        pruning.prune(database, "2030-01-01")
    assert any("Delete on node" in plan for plan in plans)
    assert [plan for plan in plans if "SubPlan" in plan] == []
