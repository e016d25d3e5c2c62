"""Runs as the store knows them, and who made them."""

from __future__ import annotations

import json
from functools import lru_cache

from pytest_agentgate.errors import StoreError
from pytest_agentgate.model import Agent, Counts, Run, RunStatus
from pytest_agentgate.store.database import Database, Row
from pytest_agentgate.store.rows import made

_COLUMNS = """
SELECT run_id, created_at, status, agent_id, task_id, ended_at, duration, exit_status, commit_id, branch, dirty, root,
       host, python, pytest, platform, plugins, arguments, workers,
       total, passed, failed, errors, skipped, xfailed, xpassed, not_run, deselected, reruns, collect_errors, warnings
FROM runs
"""
LATEST = _COLUMNS + "ORDER BY created_at DESC, run_id DESC LIMIT ?"
BY_ID = _COLUMNS + "WHERE run_id = ?"
_BY_PREFIX = _COLUMNS + "WHERE substr(run_id, 1, ?) = ? ORDER BY created_at DESC, run_id DESC LIMIT ?"
_UP_TO = _COLUMNS + "WHERE created_at <= ? ORDER BY created_at DESC, run_id DESC LIMIT ?"
_OF_COMMIT = _COLUMNS + "WHERE commit_id = ? AND status = ? ORDER BY created_at DESC, run_id DESC"
_STATUSES = {status.value: status for status in RunStatus}
_NAMED = 3  # runs that a message names


COLLECTED = """
SELECT text.value, collected.tests FROM collected JOIN text ON text.text_key = collected.file_key
WHERE collected.run_key = ?
"""


def latest(database: Database, limit: int) -> tuple[Run, ...]:
    """The newest runs, newest first."""
    return tuple(_run(row) for row in database.rows(LATEST, [limit]))


def up_to(database: Database, run: Run, limit: int) -> tuple[Run, ...]:
    """The runs before one and itself, oldest first."""
    return tuple(_run(row) for row in reversed(database.rows(_UP_TO, [run.created_at, limit])))


def one(database: Database, selector: str) -> Run:
    """The run that "last", an id, or the beginning of one stands for.

    Raises StoreError, which names runs that exist, if there is none or more than one.
    """
    if selector == "last":
        rows = database.rows(LATEST, [1])
        if not rows:
            raise StoreError(f"{database.name}: no run is recorded yet; pytest --agentgate makes one")
        return _run(rows[0])
    rows = database.rows(BY_ID, [selector])
    if not rows and selector:
        rows = database.rows(_BY_PREFIX, [len(selector), selector, _NAMED + 1])
    if len(rows) == 1:
        return _run(rows[0])
    if rows:
        raise StoreError(f"run {selector!r} may be any of {_ids(rows)}: give more of its id")
    there = database.rows(LATEST, [_NAMED + 1])
    raise StoreError(
        f"there is no run {selector!r}; " + (f"there are {_ids(there)}" if there else "no run is recorded yet")
    )


def key_of(database: Database, run_id: str) -> int:
    """The integer key of a run, -1 if there is none."""
    rows = database.rows("SELECT run_key FROM run WHERE run_id = ?", [run_id])
    return int(rows[0][0]) if rows else -1


def at(database: Database, commit: str, other_than: str = "") -> Run | None:
    """The run that stands for a commit: one that completed, if there is one without changes and of all tests.

    Of these it is the newest that has the most tests: a run of one folder says little of what the commit has.
    ``other_than`` is a run that cannot.
    """
    rows = database.rows(_OF_COMMIT, [commit, RunStatus.COMPLETED.value])
    found = [run for run in map(_run, rows) if run.id != other_than] if commit else []
    return min(found, key=_unfit, default=None)  # the rows are sorted, the newest first


def is_judged(database: Database, run_id: str) -> bool:
    """Whether there is a judgement of a run."""
    return bool(database.rows("SELECT 1 FROM judgement WHERE run_id = ? LIMIT 1", [run_id]))


def ends_repair(database: Database, run_id: str) -> bool:
    """Whether a run is the last of a repair."""
    return bool(database.rows("SELECT 1 FROM repair WHERE after_run = ? LIMIT 1", [run_id]))


def collected(database: Database, run: Run, run_key: int) -> dict[str, int]:
    """How many tests each file has; nothing where the run was of selected tests and does not know."""
    return {} if _is_selected(run) else database.pairs(COLLECTED, [run_key])


def agents(database: Database) -> tuple[Agent, ...]:
    """Who made runs, the latest first."""
    query = "SELECT agent_id, runs, first_seen, last_seen FROM agents ORDER BY last_seen DESC, agent_id"
    return tuple(Agent(*row) for row in database.rows(query))


def _unfit(run: Run) -> tuple[bool, bool, bool, int]:
    return run.dirty is not False, run.exit_status not in (0, 1), _is_selected(run), -run.counts.total


def _is_selected(run: Run) -> bool:
    return run.counts.deselected > 0 or any("::" in argument for argument in run.arguments)


def _ids(rows: list[Row]) -> str:
    named = ", ".join(row[0] for row in rows[:_NAMED])
    return named + (", ..." if len(rows) > _NAMED else "")


def _run(row: Row) -> Run:
    (
        id_, created_at, status, agent, task, ended_at, duration, exit_status, commit, branch, dirty, root,
        host, python, pytest, platform, plugins, arguments, workers,
        total, passed, failed, errors, skipped, xfailed, xpassed, not_run, deselected, reruns, collect_errors, warnings,
    ) = row  # fmt: skip
    counts = {
        "total": total,
        "passed": passed,
        "failed": failed,
        "errors": errors,
        "skipped": skipped,
        "xfailed": xfailed,
        "xpassed": xpassed,
        "not_run": not_run,
        "deselected": deselected,
        "reruns": reruns,
        "collect_errors": collect_errors,
        "warnings": warnings,
    }
    facts = {
        "id": id_,
        "created_at": created_at,
        "status": _STATUSES[status],
        "agent": agent,
        "task": task,
        "ended_at": ended_at,
        "duration": duration,
        "exit_status": exit_status,
        "commit": commit,
        "branch": branch,
        "dirty": None if dirty is None else dirty == 1,
        "root": root,
        "host": host,
        "python": python,
        "pytest": pytest,
        "platform": platform,
        "plugins": _listed(plugins),
        "arguments": _listed(arguments),
        "workers": workers,
        "counts": made(Counts, counts),
    }
    return made(Run, facts)


@lru_cache(maxsize=256)
def _listed(text: str) -> tuple[str, ...]:
    """A list that most runs have in common."""
    return tuple(json.loads(text))
