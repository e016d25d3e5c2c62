"""Judgements and approvals: taken in from logs of their own, and read back."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from enum import Enum
from pathlib import Path

from pytest_agentgate.capture import runlog
from pytest_agentgate.capture.judgementlog import (
    APPROVAL,
    JUDGED,
    JUDGEMENT,
    approval_of,
    item_data,
    items_of,
    judgement_of,
)
from pytest_agentgate.capture.runlog import Event
from pytest_agentgate.model import PhaseOfAgent
from pytest_agentgate.model.judgement import (
    Approval,
    GateResult,
    GateState,
    Judge,
    Judgement,
    PhaseResult,
    Severity,
    Unit,
)
from pytest_agentgate.store.database import Database
from pytest_agentgate.store.keys import agent_key

REPAIR, REPAIRED = "repair", "repaired"  # as capture.repairlog has them, which most who are here need not load

_LARGEST = 64 << 20  # bytes of a log; one of a thousand gates has less than one, one of a thousand attempts up to that

_COLUMNS = """
SELECT judgement.judgement_key, judgement.judgement_id, judgement.run_id, judgement.judged_at, judgement.judge,
       agent.agent_id, judgement.asked, judgement.base, judgement.base_commit, judgement.baseline, judgement.notes
FROM judgement
JOIN agent ON agent.agent_key = judgement.agent_key
"""
_NEWEST = "ORDER BY judgement.judged_at DESC, judgement.judgement_id DESC LIMIT ?"
OF_RUN = f"{_COLUMNS} WHERE judgement.run_id = ? {_NEWEST}"
_OF_RUN_BY = f"{_COLUMNS} WHERE judgement.run_id = ? AND judgement.judge = ? {_NEWEST}"
LATEST = f"{_COLUMNS} {_NEWEST}"
LATEST_PHASES = """
SELECT agent_id, phase, state, judged_at, run_id
FROM (
    SELECT agent.agent_id, phase_result.phase, phase_result.state, judgement.judged_at, judgement.run_id,
           ROW_NUMBER() OVER (
               PARTITION BY judgement.agent_key, phase_result.phase
               ORDER BY judgement.judged_at DESC, judgement.judgement_id DESC
           ) AS place
    FROM judgement
    JOIN phase_result ON phase_result.judgement_key = judgement.judgement_key
    JOIN agent ON agent.agent_key = judgement.agent_key
) AS judged
WHERE place = 1
ORDER BY agent_id, phase
"""


class Taken(Enum):
    """What came of a log that is none of a run; the text says why it was refused."""

    WHOLE = ""
    KNOWN = "is that of what was taken in already"
    UNFINISHED = "ends before its judgement does"
    DAMAGED = "begins as the log of a judgement or an approval, and is damaged"
    FOREIGN = "is not the log of a run: it does not begin with a run event"


def take_in(database: Database, path: Path, size: int) -> Taken:
    """Take in a judgement, an approval or a repair, unless it is known from a copy of its log.

    Raises RunLogError if the log cannot be read.
    """
    first = next((events for events, _ in runlog.stretches(path)), [])
    name = first[0].get("event") if first else None
    if name not in (JUDGEMENT, APPROVAL, REPAIR):
        return Taken.FOREIGN
    if size > _LARGEST:
        return Taken.DAMAGED
    events = runlog.read(path)
    if name == REPAIR:
        return _take_in_repair(database, events)
    if name == APPROVAL:
        approval = approval_of(events)
        if approval is None:
            return Taken.DAMAGED
        return Taken.WHOLE if _add_approval(database, approval) else Taken.KNOWN
    judgement = judgement_of(events)
    if judgement is None:
        finished = any(event.get("event") == JUDGED for event in events)
        return Taken.DAMAGED if finished else Taken.UNFINISHED
    return Taken.WHOLE if _add(database, judgement) else Taken.KNOWN


def _take_in_repair(database: Database, events: Sequence[Event]) -> Taken:
    from pytest_agentgate.store import repairs

    new = repairs.take_in(database, events)
    if not new:
        return Taken.DAMAGED if new is None else Taken.KNOWN
    return Taken.WHOLE if any(event.get("event") == REPAIRED for event in events) else Taken.UNFINISHED


def _add(database: Database, judgement: Judgement) -> bool:
    """Add a judgement; -> whether it was not there."""
    if database.rows("SELECT 1 FROM judgement WHERE judgement_id = ?", [judgement.id]):
        return False
    key: int = database.rows("SELECT COALESCE(MAX(judgement_key), 0) + 1 FROM judgement")[0][0]
    head = {
        "judgement_key": key,
        "judgement_id": judgement.id,
        "run_id": judgement.run_id,
        "judged_at": judgement.judged_at,
        "judge": judgement.judge.value,
        "agent_key": agent_key(database, judgement.agent),
        "state": judgement.state.value,
        "asked": json.dumps(judgement.asked),
        "base": judgement.base,
        "base_commit": judgement.base_commit,
        "baseline": judgement.baseline,
        "notes": json.dumps(judgement.notes),
    }
    database.insert(f"judgement ({', '.join(head)})", [list(head.values())])
    database.insert(
        "phase_result (judgement_key, number, phase, state, why, notes)",
        [
            (key, number, one.phase, one.state.value, one.why, json.dumps(one.notes))
            for number, one in enumerate(judgement.phases)
        ],
    )
    database.insert(
        "gate_result (judgement_key, phase_number, number, condition, state, measured, wanted, unit, items, more, "
        "sample, severity, owner, why, command, raw)",
        [
            (key, phase, number, *_gate_row(gate))
            for phase, one in enumerate(judgement.phases)
            for number, gate in enumerate(one.gates)
        ],
    )
    return True


def _gate_row(gate: GateResult) -> tuple[object, ...]:
    items = json.dumps([item_data(item) for item in gate.items])
    known = (gate.condition, gate.state.value, gate.measured, gate.wanted, gate.unit.value, items, gate.more)
    return (*known, gate.sample, gate.severity.value, gate.owner, gate.why, gate.command, gate.raw)


def _add_approval(database: Database, approval: Approval) -> bool:
    """Add an approval; -> whether it was not there."""
    columns = ("commit_id", "phase", "person", "approved_at")
    key = [approval.commit, approval.phase, approval.person, approval.approved_at]
    if database.rows(f"SELECT 1 FROM approval WHERE {' AND '.join(f'{column} = ?' for column in columns)}", key):
        return False
    database.insert(f"approval ({', '.join(columns)}, reason)", [[*key, approval.reason]])
    return True


# ---- reading


def of_run(database: Database, run_id: str, judge: Judge | None = None) -> Judgement | None:
    """The latest judgement of a run, or the latest by one judge."""
    if judge is None:
        found = _judgements(database, OF_RUN, [run_id, 1])
    else:
        found = _judgements(database, _OF_RUN_BY, [run_id, judge.value, 1])
    return found[0] if found else None


def latest(database: Database, limit: int) -> tuple[Judgement, ...]:
    """The newest judgements, newest first."""
    return _judgements(database, LATEST, [limit])


def latest_phases(database: Database) -> tuple[PhaseOfAgent, ...]:
    """What became of each phase when an agent's run was judged the last time, sorted by agent and phase."""
    return tuple(PhaseOfAgent(*row) for row in database.rows(LATEST_PHASES))


def approvals(database: Database, commit: str) -> tuple[Approval, ...]:
    """The approvals of a commit, by phase, the earliest first."""
    query = (
        "SELECT phase, commit_id, person, reason, approved_at FROM approval WHERE commit_id = ? "
        "ORDER BY phase, approved_at, person"
    )
    return tuple(Approval(*row) for row in database.rows(query, [commit]))


def _judgements(database: Database, query: str, parameters: Sequence[object]) -> tuple[Judgement, ...]:
    rows = database.rows(query, parameters)
    return tuple(
        Judgement(
            id_,
            run_id,
            judged_at,
            Judge(judge),
            agent,
            _phases(database, key),
            tuple(json.loads(asked)),
            base,
            base_commit,
            baseline,
            tuple(json.loads(notes)),
        )
        for key, id_, run_id, judged_at, judge, agent, asked, base, base_commit, baseline, notes in rows
    )


def _phases(database: Database, key: int) -> tuple[PhaseResult, ...]:
    gates: dict[int, list[GateResult]] = defaultdict(list)
    for (
        phase, condition, state, measured, wanted, unit, items, more, sample, severity, owner, why, command, raw,
    ) in database.rows(
        "SELECT phase_number, condition, state, measured, wanted, unit, items, more, sample, severity, owner, why, "
        "command, raw FROM gate_result WHERE judgement_key = ? ORDER BY phase_number, number",
        [key],
    ):  # fmt: skip
        gates[phase].append(
            GateResult(
                condition,
                GateState(state),
                measured,
                wanted,
                Unit(unit),
                items_of(json.loads(items)),
                more,
                sample,
                Severity(severity),
                owner,
                why,
                command,
                raw,
            )
        )
    query = "SELECT number, phase, state, why, notes FROM phase_result WHERE judgement_key = ? ORDER BY number"
    return tuple(
        PhaseResult(phase, GateState(state), tuple(gates[number]), why, tuple(json.loads(notes)))
        for number, phase, state, why, notes in database.rows(query, [key])
    )
