"""The versioned JSON document of a run; docs/reference/json.md describes it."""

from __future__ import annotations

import json
import re
from dataclasses import asdict

from pytest_agentgate.model import JSON, Cause, Failure, RunSummary
from pytest_agentgate.report.phrases import ordered, place

SCHEMA = "agentgate/1"

_VOLATILE = (
    (re.compile(r"\b0x[0-9a-fA-F]{6,}\b"), "0x..."),  # an address in a repr
    (re.compile(r"(pytest-of-[^/\\\s]+[/\\]pytest-)\d+([/\\]popen-gw\d+)?"), r"\g<1>N"),  # where tmp_path lies
)


def document(summary: RunSummary) -> dict[str, JSON]:
    """The document as data: equal runs have equal documents, apart from what stands under ``run``.

    Workers, durations, times and ids stand under ``run`` only, so that ``counts`` and ``causes`` of a serial and of a
    distributed run of the same suite are the same.
    """
    run: dict[str, JSON] = asdict(summary.run)
    counts = run.pop("counts")
    run["status"] = summary.run.status.value
    run["plugins"] = [*summary.run.plugins]
    run["arguments"] = [*summary.run.arguments]
    return {
        "schema": SCHEMA,
        "run": run,
        "counts": counts,
        "causes": [_cause(cause) for cause in ordered(summary.causes)],
        "gates": [],
        "findings": [],
        "attempts": [],
    }


def render(summary: RunSummary) -> str:
    """The document as ASCII text."""
    return json.dumps(document(summary), indent=2) + "\n"


def _cause(cause: Cause) -> dict[str, JSON]:
    return {
        "signature": cause.signature,
        "kind": cause.kind.value,
        "title": cause.title,
        "size": cause.size,
        "hidden": cause.hidden,
        "files": [*sorted(cause.files)],
        "tests": [*sorted(cause.tests)],
        "exemplar": _exemplar(cause.exemplar),
        "suspects": [],
        "next_action": cause.next_action,
        "rerun": cause.rerun,
        "history": {"status": cause.status.value, "seen": cause.seen},
    }


def _exemplar(failure: Failure) -> dict[str, JSON]:
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
