"""Causes: derived and kept when a run is over, read back with its summary, and looked at over runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from pytest_agentgate.model import Cause, CauseStatus, Failure, Kind, Recurrence
from pytest_agentgate.store import history, results
from pytest_agentgate.store.database import Database
from pytest_agentgate.store.keys import node_keys, reason_keys
from pytest_agentgate.triage.causes import complete, group

_STATUSES = {status.value: status for status in CauseStatus}
_KINDS = {kind.value: kind for kind in Kind}

CAUSES = """
SELECT cause.number, own.signature, own.kind, own.title, own.next_action, cause.size, cause.rerun, cause.status,
       cause.hidden, cause.seen, node.nodeid, failure.scope, failure.report_when, failure.attempt, failure.final,
       worker.value, reason.signature, reason.kind, reason.title, reason.next_action, evidence.text, evidence.facts
FROM cause
JOIN reason AS own ON own.reason_key = cause.reason_key
JOIN failure ON failure.run_key = cause.run_key AND failure.number = cause.exemplar
JOIN node ON node.node_key = failure.node_key
JOIN text AS worker ON worker.text_key = failure.worker_key
JOIN reason ON reason.reason_key = failure.reason_key
JOIN evidence ON evidence.evidence_key = failure.evidence_key
WHERE cause.run_key = ?
ORDER BY cause.number
"""
TESTS = """
SELECT cause_node.number, node.nodeid
FROM cause_node
JOIN node ON node.node_key = cause_node.node_key
WHERE cause_node.run_key = ?
ORDER BY cause_node.number, cause_node.place
"""
RECURRENCES = """
SELECT signature, kind, title, next_action, runs, size, largest, first_seen, created_at, first_run, run_id
FROM (
    SELECT reason.signature, reason.kind, reason.title, reason.next_action, cause.size, run.created_at, run.run_id,
           ROW_NUMBER() OVER later AS place,
           COUNT(*) OVER whole AS runs,
           MAX(cause.size) OVER whole AS largest,
           FIRST_VALUE(run.created_at) OVER earlier AS first_seen,
           FIRST_VALUE(run.run_id) OVER earlier AS first_run
    FROM cause
    JOIN run ON run.run_key = cause.run_key
    JOIN reason ON reason.reason_key = cause.reason_key
    WINDOW whole AS (PARTITION BY reason.signature),
           earlier AS (PARTITION BY reason.signature ORDER BY run.created_at, run.run_id),
           later AS (PARTITION BY reason.signature ORDER BY run.created_at DESC, run.run_id DESC)
) AS seen
WHERE place = 1
ORDER BY created_at DESC, run_id DESC, size DESC, signature
LIMIT ?
"""


def derive(database: Database, run_key: int) -> None:
    """Group the failures of a run that is over, against the runs before it, and keep what comes of it."""
    failures = results.unread_failures(database, run_key)
    if not failures:
        return
    found = _grouped(database, run_key, failures)
    reasons = [(cause.signature, cause.kind.value, cause.title, cause.next_action) for cause in found]
    reason_of = reason_keys(database, reasons)
    nodes = node_keys(database, [nodeid for cause in found for nodeid in cause.tests])
    numbers = {id(failure): number for number, failure in failures.items()}
    database.insert(
        "cause (run_key, number, reason_key, size, status, hidden, seen, rerun, exemplar)",
        [
            (
                run_key,
                place,
                reason_of[reasons[place]],
                cause.size,
                cause.status.value,
                cause.hidden,
                cause.seen,
                cause.rerun,
                numbers[id(cause.exemplar)],
            )
            for place, cause in enumerate(found)
        ],
    )
    database.insert(
        "cause_node (run_key, number, place, node_key)",
        [
            (run_key, number, place, nodes[nodeid])
            for number, cause in enumerate(found)
            for place, nodeid in enumerate(cause.tests)
        ],
    )


def causes(database: Database, run_key: int) -> tuple[Cause, ...]:
    """The causes of a run, largest first; those so far of a run that goes on."""
    return _kept(database, run_key) or _grouped(database, run_key, results.failures(database, run_key))


def _grouped(database: Database, run_key: int, failures: Mapping[int, Failure]) -> tuple[Cause, ...]:
    if not failures:
        return ()
    run_id: str = database.rows("SELECT run_id FROM run WHERE run_key = ?", [run_key])[0][0]
    groups: dict[str, set[str]] = defaultdict(set)
    for failure in failures.values():
        groups[failure.signature].add(failure.nodeid)
    return group(failures.values(), history.history(database, groups, run_id))


def _kept(database: Database, run_key: int) -> tuple[Cause, ...]:
    tests: dict[int, list[str]] = defaultdict(list)
    for number, nodeid in database.rows(TESTS, [run_key]):
        tests[number].append(nodeid)
    kept = [
        Cause(
            signature,
            _KINDS[kind],
            title,
            next_action,
            size,
            tuple(tests[number]),
            tuple(sorted({nodeid.partition("::")[0] for nodeid in tests[number]})),
            results.failure_of(tuple(exemplar)),
            rerun,
            _STATUSES[status],
            hidden,
            seen,
        )
        for number, signature, kind, title, next_action, size, rerun, status, hidden, seen, *exemplar in database.rows(
            CAUSES, [run_key]
        )
    ]
    return complete(kept)


def recurrences(database: Database, limit: int) -> tuple[Recurrence, ...]:
    """Causes over all runs, the latest seen first."""
    return tuple(
        Recurrence(signature, _KINDS[kind], *rest) for signature, kind, *rest in database.rows(RECURRENCES, [limit])
    )
