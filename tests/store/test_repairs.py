"""Repairs: from their logs to the store and back, whole, cut short and damaged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_agentgate.capture import repairlog, runlog
from pytest_agentgate.capture.repairlog import RepairLog, new_id, repair_of
from pytest_agentgate.errors import RunLogError
from pytest_agentgate.model import Kind
from pytest_agentgate.model.repair import Attempt, Left, Repair, Verdict
from pytest_agentgate.store import Store

Query = Callable[..., list[tuple[Any, ...]]]

ATTEMPT = Attempt(
    "c1:1234",
    Kind.IMPORT,
    "cannot import name 'fetch'",
    ("rename-symbol old=shop.fetch new=shop.load",),
    "safe",
    ("shop.fetch is shop.load now (src/shop.py:1)",),
    Verdict.KEPT,
    "12 green",
    ("tests/test_a.py",),
    "--- a\n+++ b\n",
    before=12,
    seconds=1.5,
    phase="imports",
    notes=("tests/test_b.py:3: it may be another fetch",),
    batch="20260131T120000.000000-abcd",
    also=("c1:5678",),
)
REPAIR = Repair(
    "repair-20260131T120000-abcd",
    "2026-01-31T12:00:00.000000+00:00",
    "zoë \N{SNOWMAN}",
    "main",
    "a" * 40,
    "b" * 40,
    "run-1",
    "run-2",
    red_before=12,
    green_after=11,
    attempts=(
        ATTEMPT,
        replace(ATTEMPT, verdict=Verdict.ROLLED_BACK, why="it took more than 1 second", batch=""),
        replace(ATTEMPT, kind=Kind.CONNECTION, verdict=Verdict.ENVIRONMENT, codemods=(), applicability="", batch=""),
    ),
    left=(Left("c1:9", Kind.CONNECTION, "refused", 1, "no server", "localhost:1", "python -m pytest t.py", True),),
    files=("tests/test_a.py",),
    commits=("c" * 40,),
    seconds=12.5,
    notes=("a note",),
)


def write(folder: Path, repair: Repair) -> Path:
    log = RepairLog(folder, repair)
    for attempt in repair.attempts:
        log.attempt(attempt)
    log.end(repair)
    return log.path


def test_what_is_written_is_read_back(folder: Path, store: Store) -> None:
    path = write(folder, REPAIR)
    assert repair_of(runlog.read(path)) == REPAIR
    assert store.ingest(folder).logs == 1
    assert store.repairs() == (REPAIR,)
    assert store.repair_of("run-2") == REPAIR
    assert store.repair_of("run-1") is None
    assert store.ingest(folder).logs == 0


def test_a_repair_that_was_killed_is_known_by_its_attempts(folder: Path, store: Store) -> None:
    log = RepairLog(folder, REPAIR)
    log.attempt(ATTEMPT)
    store.ingest(folder)
    (known,) = store.repairs()
    assert (known.complete, known.attempts, known.red_before) == (False, (ATTEMPT,), 0)
    log.end(REPAIR)
    store.ingest(folder)
    assert store.repairs() == (REPAIR,)


def test_what_became_of_an_attempt_later_replaces_what_was_said_of_it(folder: Path) -> None:
    log = RepairLog(folder, REPAIR)
    log.attempt(ATTEMPT)
    later = replace(REPAIR, attempts=(replace(ATTEMPT, verdict=Verdict.ROLLED_BACK),))
    log.end(later)
    assert repair_of(runlog.read(log.path)) == later


@pytest.mark.parametrize(
    "line",
    ['{"event":"attempt"}', '{"event":"attempt","kind":"nothing","verdict":"kept"}', '{"event":"repaired"}'],
)
def test_a_damaged_log_is_told_once(folder: Path, store: Store, line: str) -> None:
    log = RepairLog(folder, REPAIR)
    with log.path.open("a") as stream:
        stream.write(line + "\n")
    assert repair_of(runlog.read(log.path)) is None
    [problem] = store.ingest(folder).problems
    assert "is damaged" in problem
    assert store.ingest(folder).problems == ()


def test_ids_are_names_of_files_and_no_two_are_the_same(folder: Path) -> None:
    first, second = new_id(), new_id()
    assert first != second
    assert first.startswith("repair-")
    assert RepairLog(folder, replace(REPAIR, id=first)).path.name == f"{first}.jsonl"
    with pytest.raises(RunLogError, match="cannot write the log"):
        RepairLog(folder, replace(REPAIR, id=first))


def test_texts_of_anybody_are_bounded(folder: Path) -> None:
    long = replace(REPAIR, attempts=(replace(ATTEMPT, diff="x" * 1_000_000, why="y" * 1_000_000),))
    read = repair_of(runlog.read(write(folder, long)))
    assert read is not None
    assert len(read.attempts[0].diff) <= repairlog._DIFF
    assert len(read.attempts[0].why) <= repairlog._TEXT


def test_views_answer_what_a_person_asks(store: Store, folder: Path, query: Query) -> None:
    write(folder, REPAIR)
    store.ingest(folder)
    assert query("SELECT verdict, kind, before, after, agent_id FROM attempts ORDER BY number") == [
        ("kept", "import", 12, 0, REPAIR.agent),
        ("rolled_back", "import", 12, 0, REPAIR.agent),
        ("environment", "connection", 12, 0, REPAIR.agent),
    ]
    assert query("SELECT red_before, green_after FROM repairs") == [(12, 11)]
