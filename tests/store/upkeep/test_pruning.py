"""What is old goes, with what only it had; what others need stays."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pytest_agentgate.errors import UsageError
from pytest_agentgate.model import Ingested
from pytest_agentgate.store import open_database, open_store
from pytest_agentgate.store.database import Database
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
