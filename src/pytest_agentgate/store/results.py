"""Results, failures and warnings of one run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pytest_agentgate.model import Failure, Kind, Outcome, Reason, Result, Scope, Warned, When
from pytest_agentgate.store.database import Database, Row
from pytest_agentgate.store.rows import KeptFailure, UnreadFailure, made

_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
_KINDS = {kind.value: kind for kind in Kind}
_SCOPES = {scope.value: scope for scope in Scope}
_WHENS = {when.value: when for when in When}

_COLUMNS = """
SELECT failure.number, node.nodeid, failure.scope, failure.report_when, failure.attempt, failure.final, worker.value,
       reason.signature, reason.kind, reason.title, reason.next_action, """
_FROM = """
FROM failure
JOIN node ON node.node_key = failure.node_key
JOIN text AS worker ON worker.text_key = failure.worker_key
JOIN reason ON reason.reason_key = failure.reason_key
"""
_OF_RUN = "WHERE failure.run_key = ? ORDER BY failure.number"
FAILURE_COLUMNS = f"""{_COLUMNS}evidence.text, evidence.facts{_FROM}
JOIN evidence ON evidence.evidence_key = failure.evidence_key
"""


def results(database: Database, run_key: int) -> tuple[Result, ...]:
    """Every attempt at every test, in the order of node ids, workers and attempts."""
    rows = database.rows(
        "SELECT node.nodeid, result.outcome, result.duration, result.report_when, worker.value, result.attempt, "
        "COALESCE(reason.value, '') FROM result JOIN node ON node.node_key = result.node_key "
        "JOIN text AS worker ON worker.text_key = result.worker_key "
        "LEFT JOIN text AS reason ON reason.text_key = result.reason_key WHERE result.run_key = ? "
        "ORDER BY node.nodeid, worker.value, result.attempt",
        [run_key],
    )
    return tuple(
        [
            made(
                Result,
                {
                    "nodeid": nodeid,
                    "outcome": _OUTCOMES[outcome],
                    "duration": duration,
                    "when": when and _WHENS[when],
                    "worker": worker,
                    "attempt": attempt,
                    "reason": reason,
                },
            )
            for nodeid, outcome, duration, when, worker, attempt, reason in rows
        ]
    )


def failures(database: Database, run_key: int) -> dict[int, Failure]:
    """The failures of a run by their number, in the order of the log."""
    return {row[0]: failure_of(row[1:]) for row in database.rows(FAILURE_COLUMNS + _OF_RUN, [run_key])}


def unread_failures(database: Database, run_key: int) -> dict[int, Failure]:
    """The same, with evidence and texts left in the store until somebody looks at them."""

    def reader(evidence_key: int) -> Callable[[], Row]:
        query = "SELECT text, facts FROM evidence WHERE evidence_key = ?"
        return lambda: database.rows(query, [evidence_key])[0]

    return {
        row[0]: made(UnreadFailure, {**_outline(row[1:-1]), "read": reader(row[-1])})
        for row in database.rows(f"{_COLUMNS}failure.evidence_key{_FROM}{_OF_RUN}", [run_key])
    }


def failure_of(row: Row) -> Failure:
    """A failure from a row of ``FAILURE_COLUMNS`` without its number."""
    *outline, text, facts = row
    return made(KeptFailure, {**_outline(outline), "text": text, "facts": facts})


def _outline(row: Sequence[Any]) -> dict[str, object]:
    nodeid, scope, when, attempt, final, worker, signature, kind, title, next_action = row
    return {
        "nodeid": nodeid,
        "scope": _SCOPES[scope],
        "when": _WHENS[when],
        "reason": _reason(kind, title, next_action),
        "signature": signature,
        "attempt": attempt,
        "final": final == 1,
        "worker": worker,
    }


def _reason(kind: str, title: str, next_action: str) -> Reason:
    """A reason as far as the store knows it: its signature stands on the failure."""
    return made(Reason, {"kind": _KINDS[kind], "key": (), "title": title, "next_action": next_action})


def warnings(database: Database, run_key: int) -> tuple[Warned, ...]:
    """The warnings of a run, once for each origin, in the order of path and line."""
    rows = database.rows(
        "SELECT origin.category, origin.message, origin.path, origin.line, warning.report_when, node.nodeid, "
        "warning.count FROM warning JOIN origin ON origin.origin_key = warning.origin_key "
        "JOIN node ON node.node_key = warning.node_key WHERE warning.run_key = ? "
        "ORDER BY origin.path, origin.line, origin.category, origin.message",
        [run_key],
    )
    return tuple(Warned(*row) for row in rows)
