"""The versioned JSON document of a run; docs/reference/json.md describes it."""

from __future__ import annotations

import json
from dataclasses import asdict
from math import isfinite
from typing import TYPE_CHECKING

from pytest_agentgate.model import JSON, Cause, Counts, Failure, Run, RunReport, RunSummary
from pytest_agentgate.model.judgement import EXIT_STATUS, GateResult, Judgement
from pytest_agentgate.patterns import deferred
from pytest_agentgate.report import lacking
from pytest_agentgate.report.phrases import ordered, place

if TYPE_CHECKING:
    from pytest_agentgate.model.repair import Repair

SCHEMA = "agentgate/1"

_VOLATILE = (
    (deferred(r"\b0x[0-9a-fA-F]{6,}\b"), "0x..."),  # an address in a repr
    (deferred(r"(?<=\.\.\.)[0-9a-fA-F]+(?=>)"), ""),  # what is left of one in a repr that was cut
    (deferred(r"(pytest-of-[^/\\\s]+[/\\]pytest-)\d+([/\\]popen-gw\d+)?"), r"\g<1>N"),  # where tmp_path lies
)


def document(summary: RunSummary | None) -> dict[str, JSON]:
    """The document as data: equal runs have equal documents, apart from what stands under ``run``.

    Workers, durations, times and ids stand under ``run`` only, so that ``counts`` and ``causes`` of a serial and of a
    distributed run of the same suite are the same. Without a run the document has none and is empty.
    """
    run = run_data(summary.run) if summary else None
    counts = run.pop("counts") if run else asdict(Counts())
    return {
        "schema": SCHEMA,
        "run": run,
        "counts": counts,
        "causes": [cause_data(cause) for cause in ordered(summary.causes)] if summary else [],
        **_judged(summary.judgement if summary else None),
        "findings": [],
        **_repaired(summary.repair if summary else None),
    }


def render(report: RunReport) -> str:
    """The document of a report as ASCII text."""
    return written(report.summary)


def written(summary: RunSummary | None) -> str:
    """The document as ASCII text."""
    return json.dumps(document(summary), indent=2) + "\n"


def _judged(judgement: Judgement | None) -> dict[str, JSON]:
    if judgement is None:
        return {"judgement": None, "phases": [], "gates": []}
    return {
        "judgement": {
            "state": judgement.state.value,
            "exit_status": EXIT_STATUS[judgement.state],
            "judge": judgement.judge.value,
            "asked": [*judgement.asked],
            "base": judgement.base,
            "base_commit": judgement.base_commit,
            "baseline": judgement.baseline,
            "notes": [*judgement.notes],
            "id": judgement.id,
            "judged_at": judgement.judged_at,
            "agent": judgement.agent,
        },
        "phases": [
            {"phase": one.phase, "state": one.state.value, "why": one.why, "notes": [*one.notes]}
            for one in judgement.phases
        ],
        "gates": [{"phase": one.phase, **gate_data(gate)} for one in judgement.phases for gate in one.gates],
    }


def _repaired(repair: Repair | None) -> dict[str, JSON]:
    if repair is None:
        return {"attempts": [], "repair": None}
    from pytest_agentgate.report.repair import attempts_data, data  # most runs end none

    return {"attempts": attempts_data(repair.attempts), "repair": data(repair)}


def gate_data(gate: GateResult) -> dict[str, JSON]:
    """A judged gate as it stands in the document."""
    return {
        "condition": gate.condition,
        "state": gate.state.value,
        "measured": _finite(gate.measured),
        "wanted": gate.wanted,
        "unit": gate.unit.value,
        "items": [{"name": item.name, "value": _finite(item.value), "note": item.note} for item in gate.items],
        "more": gate.more,
        "sample": gate.sample,
        "severity": gate.severity.value,
        "owner": gate.owner,
        "why": gate.why,
        "command": gate.command,
        "raw": gate.raw,
    }


def _finite(value: float | None) -> float | None:
    """A number that JSON can have."""
    return value if value is not None and isfinite(value) else None


def run_data(run: Run) -> dict[str, JSON]:
    """A run as data, its counts with it."""
    data: dict[str, JSON] = asdict(run)
    data["status"] = run.status.value
    data["plugins"] = [*run.plugins]
    data["arguments"] = [*run.arguments]
    return data


def cause_data(cause: Cause) -> dict[str, JSON]:
    """A cause as it stands in the document."""
    return {
        "signature": cause.signature,
        "kind": cause.kind.value,
        "title": cause.title,
        "size": cause.size,
        "hidden": cause.hidden,
        "files": [*sorted(cause.files)],
        "tests": [*sorted(cause.tests)],
        "exemplar": failure_data(cause.exemplar),
        "suspects": [],
        "next_action": cause.next_action,
        "rerun": cause.rerun,
        "lack": lacking.data(cause.lack),
        "history": {"status": cause.status.value, "seen": cause.seen},
    }


def failure_data(failure: Failure) -> dict[str, JSON]:
    """What a failure says of itself, as far as it is the same in equal runs."""
    raised = failure.evidence.raised
    message = raised.message
    for pattern, instead in _VOLATILE:
        message = pattern.sub(instead, message)
    frame = place(failure)
    crash: JSON = None
    if frame is not None:
        crash = {"path": frame.path, "line": frame.line, "function": frame.function, "role": frame.role.value}
    return {
        "nodeid": failure.nodeid,
        "scope": failure.scope.value,
        "when": failure.when.value,
        "type": raised.type,
        "message": message,
        "crash": crash,
    }
