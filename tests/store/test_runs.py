"""Choosing a run, and the list of runs and agents."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_agentgate.errors import StoreError
from pytest_agentgate.model import Agent, Counts
from pytest_agentgate.store import Store

Begin = Callable[..., Any]


@pytest.fixture
def five(store: Store, folder: Path, begin: Begin) -> Store:
    for number in (3, 1, 5, 2, 4):
        begin(f"run-00{number}", agent="bob" if number == 2 else "ann").ended()
    store.ingest(folder)
    return store


def test_the_newest_run_comes_first_in_whatever_order_the_logs_came(five: Store) -> None:
    assert [run.id for run in five.runs()] == ["run-005", "run-004", "run-003", "run-002", "run-001"]
    assert [run.id for run in five.runs(limit=2)] == ["run-005", "run-004"]


@pytest.mark.parametrize(("selector", "id_"), [("last", "run-005"), ("run-002", "run-002")])
def test_a_run_is_chosen_by_its_id_or_as_the_last(five: Store, selector: str, id_: str) -> None:
    assert five.run(selector).id == id_
    assert five.run_summary(selector).run.id == id_


def test_a_run_is_chosen_by_the_beginning_of_its_id(store: Store, folder: Path, begin: Begin) -> None:
    for id_ in ("ab%-1", "ab_-2", "a", "AB-3"):
        begin(id_).ended()
    store.ingest(folder)
    assert store.run("ab%").id == "ab%-1"
    assert store.run("ab_").id == "ab_-2"
    assert store.run("a").id == "a"  # the whole of an id goes before the beginning of others
    assert store.run("A").id == "AB-3"
    with pytest.raises(StoreError, match=r"run 'ab' may be any of ab(%-1|_-2), ab(%-1|_-2): give more of its id"):
        store.run("ab")


@pytest.mark.parametrize("selector", ["nothing", "", "run-0011", "LAST"])
def test_a_run_that_is_not_there_is_an_error_that_says_which_are(five: Store, selector: str) -> None:
    with pytest.raises(StoreError, match=r"there is no run .*; there are run-005, run-004, run-003, \.\.\.$"):
        five.run(selector)


@pytest.mark.parametrize("call", ["run", "run_summary", "results", "failures", "warnings"])
def test_an_empty_store_says_so(store: Store, call: str) -> None:
    with pytest.raises(StoreError, match="no run is recorded yet"):
        getattr(store, call)("last")


def test_agents_are_counted_with_when_they_were_seen(five: Store) -> None:
    def at(number: int) -> str:
        return f"2026-01-31T12:00:00.{number:06}+00:00"

    assert five.agents() == (Agent("ann", 4, at(1), at(5)), Agent("bob", 1, at(2), at(2)))


@pytest.mark.parametrize("dirty", [True, False, None])
def test_whether_the_checkout_was_dirty_may_be_unknown(
    store: Store, folder: Path, begin: Begin, dirty: bool | None
) -> None:
    begin(dirty=dirty).ended()
    store.ingest(folder)
    assert store.run().dirty is dirty


def test_each_outcome_has_its_count(store: Store, folder: Path, begin: Begin) -> None:
    writer = begin()
    outcomes = ["passed", "failed", "error", "skipped", "xfailed", "xpassed", "not_run"]
    for number, outcome in enumerate(outcomes, 1):
        for test in range(number):
            writer.result(f"a.py::{outcome}{test}", outcome)
    writer.ended()
    store.ingest(folder)
    assert store.run().counts == Counts(28, *range(1, 8))
