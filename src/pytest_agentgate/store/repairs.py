"""Repairs: taken in from logs of their own, and read back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from pytest_agentgate.capture.repairlog import repair_of
from pytest_agentgate.capture.runlog import Event
from pytest_agentgate.model import Kind
from pytest_agentgate.model.repair import Attempt, Left, Repair, Verdict
from pytest_agentgate.store.database import Database
from pytest_agentgate.store.keys import agent_key

_COLUMNS = """
SELECT repair.repair_key, repair.repair_id, repair.created_at, agent.agent_id, repair.base, repair.base_commit,
       repair.commit_id, repair.before_run, repair.after_run, repair.red_before, repair.green_after, repair.left_over,
       repair.files, repair.commits, repair.seconds, repair.complete, repair.dry, repair.notes
FROM repair
JOIN agent ON agent.agent_key = repair.agent_key
"""
LATEST = f"{_COLUMNS} ORDER BY repair.created_at DESC, repair.repair_id DESC LIMIT ?"
BY_RUN = f"{_COLUMNS} WHERE repair.after_run = ? ORDER BY repair.created_at DESC, repair.repair_id DESC LIMIT 1"


def take_in(database: Database, events: Sequence[Event]) -> bool | None:
    """Take in a repair in the place of what was known of it; -> whether that was not all, None for a damaged log."""
    repair = repair_of(events)
    if repair is None:
        return None
    known = database.rows("SELECT repair_key, complete FROM repair WHERE repair_id = ?", [repair.id])
    if known and known[0][1]:
        return False
    for key, _ in known:
        database.execute("DELETE FROM attempt WHERE repair_key = ?", [key])
        database.execute("DELETE FROM repair WHERE repair_key = ?", [key])
    _add(database, repair)
    return True


def _add(database: Database, repair: Repair) -> None:
    key: int = database.rows("SELECT COALESCE(MAX(repair_key), 0) + 1 FROM repair")[0][0]
    row = {
        "repair_key": key,
        "repair_id": repair.id,
        "created_at": repair.created_at,
        "agent_key": agent_key(database, repair.agent),
        "base": repair.base,
        "base_commit": repair.base_commit,
        "commit_id": repair.commit,
        "before_run": repair.before_run,
        "after_run": repair.after_run,
        "red_before": repair.red_before,
        "green_after": repair.green_after,
        "left_over": json.dumps([asdict(one) for one in repair.left]),
        "files": json.dumps(repair.files),
        "commits": json.dumps(repair.commits),
        "seconds": repair.seconds,
        "complete": int(repair.complete),
        "dry": int(repair.dry),
        "notes": json.dumps(repair.notes),
    }
    database.insert(f"repair ({', '.join(row)})", [list(row.values())])
    database.insert(
        "attempt (repair_key, number, signature, kind, title, codemods, applicability, evidence, verdict, why, files, "
        "diff, before, after, advanced, seconds, layer, phase, notes, batch, also)",
        [(key, number, *_attempt_row(one)) for number, one in enumerate(repair.attempts)],
    )


def _attempt_row(one: Attempt) -> tuple[object, ...]:
    lists = {name: json.dumps(getattr(one, name)) for name in ("codemods", "evidence", "files", "notes", "also")}
    known = (one.cause, one.kind.value, one.title, lists["codemods"], one.applicability, lists["evidence"])
    came = (one.verdict.value, one.why, lists["files"], one.diff, one.before, one.after, one.advanced, one.seconds)
    return (*known, *came, one.round, one.phase, lists["notes"], one.batch, lists["also"])


# ---- reading


def latest(database: Database, limit: int) -> tuple[Repair, ...]:
    """The newest repairs, newest first."""
    return tuple(_repair(database, row) for row in database.rows(LATEST, [limit]))


def of_run(database: Database, run_id: str) -> Repair | None:
    """The repair that ended with a run."""
    rows = database.rows(BY_RUN, [run_id])
    return _repair(database, rows[0]) if rows else None


def _repair(database: Database, row: Sequence[object]) -> Repair:
    key, id_, created_at, agent, base, base_commit, commit, before, after, red, green, left, files, *rest = row
    commits, seconds, complete, dry, notes = rest
    return Repair(
        id=str(id_),
        created_at=str(created_at),
        agent=str(agent),
        base=str(base),
        base_commit=str(base_commit),
        commit=str(commit),
        before_run=str(before),
        after_run=str(after),
        red_before=int(str(red)),
        green_after=int(str(green)),
        attempts=_attempts(database, key),
        left=tuple(Left(**(one | {"kind": Kind(one["kind"])})) for one in json.loads(str(left))),
        files=_texts(files),
        commits=_texts(commits),
        seconds=float(str(seconds)),
        complete=bool(complete),
        dry=bool(dry),
        notes=_texts(notes),
    )


def _attempts(database: Database, key: object) -> tuple[Attempt, ...]:
    query = (
        "SELECT signature, kind, title, codemods, applicability, evidence, verdict, why, files, diff, before, after, "
        "advanced, seconds, layer, phase, notes, batch, also FROM attempt WHERE repair_key = ? ORDER BY number"
    )
    return tuple(
        Attempt(
            cause,
            Kind(kind),
            title,
            _texts(codemods),
            applicability,
            _texts(evidence),
            Verdict(verdict),
            why,
            _texts(files),
            diff,
            before,
            after,
            advanced,
            seconds,
            layer,
            phase,
            _texts(notes),
            batch,
            _texts(also),
        )
        for (
            cause, kind, title, codemods, applicability, evidence, verdict, why, files, diff, before, after, advanced,
            seconds, layer, phase, notes, batch, also,
        ) in database.rows(query, [key])
    )  # fmt: skip


def _texts(data: object) -> tuple[str, ...]:
    return tuple(json.loads(str(data)))
