"""A run in the Common Test Report Format (https://ctrf.io), version 0.0.0 of its specification: JSON for dashboards.

Each test stands for its last attempt, with the earlier ones as ``retryAttempts``. Causes and gates, which the format
has no place for, stand under ``extra``.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pytest_agentgate.model import JSON, Cause, Failure, Outcome, Property, Result, Run, RunReport, Scope
from pytest_agentgate.model.judgement import Judgement
from pytest_agentgate.report import lacking
from pytest_agentgate.report.attempts import BAD, Attempted, attempted
from pytest_agentgate.report.phrases import location, ordered
from pytest_agentgate.report.verdicts import heading, verdicts

VERSION = "0.0.0"

_NAMESPACE = uuid.UUID("6e0c7c0e-5c0a-5d4e-9d1e-3b7f2a5c8d41")  # of ids that are made from those of runs
_TESTS = 100  # node ids of a cause that are listed
_STATUS = {
    Outcome.PASSED: "passed",
    Outcome.XFAILED: "passed",
    Outcome.XPASSED: "passed",
    Outcome.FAILED: "failed",
    Outcome.ERROR: "failed",
    Outcome.RERUN: "failed",
    Outcome.SKIPPED: "skipped",
    Outcome.NOT_RUN: "pending",
}
_STATUSES = ("passed", "failed", "skipped", "pending", "other")


def render(report: RunReport) -> str:
    """The document as ASCII text, one line a test."""
    run = report.summary.run
    head: dict[str, Any] = {
        "reportFormat": "CTRF",
        "specVersion": VERSION,
        "reportId": str(uuid.uuid5(_NAMESPACE, run.id)),
        "timestamp": _instant(run.ended_at or run.created_at).isoformat(),
        "generatedBy": "pytest-agentgate",
        "extra": _extra(report),
    }
    if run.id:
        head["runId"] = run.id
    encode = json.JSONEncoder().encode  # one for all tests: making one takes as long as encoding a test
    found = _Found()
    lines = ",\n".join([encode(found.counted(test)) for test in _tests(report)])
    results = {"tool": _tool(run), "summary": _summary(run, found), "environment": _environment(run)}
    return f'{encode(head)[:-1]},\n"results": {encode(results)[:-1]},\n"tests": [\n{lines}\n]}}}}\n'


class _Found:
    """What is counted while tests are written, each as soon as it is made: all of them at once take longer."""

    def __init__(self) -> None:
        self.of_status = dict.fromkeys(_STATUSES, 0)
        self.flaky = 0
        self.suites: set[str] = set()

    def counted(self, test: dict[str, Any]) -> dict[str, Any]:
        self.of_status[test["status"]] += 1
        self.flaky += "flaky" in test
        if "suite" in test:
            self.suites.add(test["suite"][0])
        return test


def _tool(run: Run) -> dict[str, JSON]:
    tool: dict[str, JSON] = {"name": "pytest"}
    if run.pytest:
        tool["version"] = run.pytest
    if run.plugins:
        tool["extra"] = {"plugins": [*run.plugins]}
    return tool


def _summary(run: Run, found: _Found) -> dict[str, JSON]:
    start = _milliseconds(run.created_at)
    duration = round((run.duration or 0.0) * 1000)
    return {
        "tests": sum(found.of_status.values()),
        **found.of_status,
        "flaky": found.flaky,
        "suites": len(found.suites),
        "start": start,
        "stop": _milliseconds(run.ended_at) if run.ended_at else start + duration,
        "duration": duration,
        "extra": {"status": run.status.value, "exitStatus": run.exit_status},
    }


def _environment(run: Run) -> dict[str, JSON]:
    known = {"commit": run.commit, "branchName": run.branch, "osPlatform": run.platform}
    extra = {"python": run.python, "host": run.host, "agent": run.agent, "task": run.task}
    environment: dict[str, JSON] = {name: value for name, value in known.items() if value}
    about: dict[str, JSON] = {name: value for name, value in extra.items() if value}
    about |= {"workers": run.workers, "dirty": run.dirty, "arguments": [*run.arguments]}
    return environment | {"extra": about}


# ---- tests


def _tests(report: RunReport) -> Iterator[dict[str, Any]]:
    properties: dict[str, list[Property]] = {}
    for one in report.properties:
        properties.setdefault(one.nodeid, []).append(one)
    for test in attempted(report):
        yield _test(test, properties.get(test.last.nodeid, []))
    for failure in report.failures:
        if failure.scope is not Scope.TEST and failure.final:
            yield _not_a_test(failure)


def _test(test: Attempted, properties: list[Property]) -> dict[str, Any]:
    last = test.last
    told: dict[str, Any] = {
        "testId": last.nodeid or "?",
        "name": last.nodeid or "?",
        "status": _STATUS[last.outcome],
        "duration": round(last.duration * 1000),
        "rawStatus": last.outcome.value,
    }
    path, separator, rest = last.nodeid.partition("::")
    if separator:
        head, bracket, parameters = rest.partition("[")
        *classes, name = head.split("::")
        told |= {"name": (name + bracket + parameters) or "?", "suite": [path, *classes], "filePath": path}
    if last.worker:
        told["threadId"] = last.worker
    if last.outcome is not Outcome.PASSED:
        told |= _said(test, last)
    if test.earlier:
        told["retries"] = len(test.earlier)
        told["retryAttempts"] = [_attempt(test, number, one) for number, one in enumerate(test.earlier, 1)]
        if test.flaky:
            told["flaky"] = True
    if properties:
        told["labels"] = {one.name: one.text if one.value is None else one.value for one in properties}
    return told


def _attempt(test: Attempted, number: int, result: Result) -> dict[str, Any]:
    status = _STATUS[result.outcome]
    return {"attempt": number, "status": status, "duration": round(result.duration * 1000), **_said(test, result)}


def _said(test: Attempted, result: Result) -> dict[str, Any]:
    """What an attempt that did not simply pass tells."""
    if result.outcome not in BAD:
        return {"message": result.reason} if result.reason else {}
    failures = test.failures_of(result.attempt)
    return _failed(failures[0]) if failures else {}


def _failed(failure: Failure) -> dict[str, Any]:
    raised = failure.evidence.raised
    told: dict[str, Any] = {
        "message": f"{raised.type}: {raised.message}" if raised.message else raised.type,
        "trace": failure.text,
        "extra": {"cause": failure.signature, "kind": failure.reason.kind.value, "when": failure.when.value},
    }
    if at := location(failure):
        told["extra"]["at"] = at
    return told


def _not_a_test(failure: Failure) -> dict[str, Any]:
    """A file that could not be collected, or the run itself: something failed, and no test says so."""
    name = failure.nodeid or "the run itself"
    told = {"name": name, "testId": name, "status": "failed", "duration": 0, "rawStatus": "error"}
    if failure.nodeid:
        told |= {"suite": [failure.file or "?"], "filePath": failure.file}
    return {**told, **_failed(failure), "type": failure.scope.value}


# ---- what the format has no place for


def _extra(report: RunReport) -> dict[str, JSON]:
    extra: dict[str, JSON] = {"causes": [_cause(cause) for cause in ordered(report.summary.causes)]}
    if report.summary.judgement is not None:
        extra["judgement"] = _judgement(report.summary.judgement)
    return extra


def _cause(cause: Cause) -> dict[str, JSON]:
    return {
        "signature": cause.signature,
        "kind": cause.kind.value,
        "title": cause.title,
        "nextAction": cause.next_action,
        "size": cause.size,
        "status": cause.status.value,
        "tests": [*cause.tests[:_TESTS]],
        "rerun": cause.rerun,
        "lack": lacking.data(cause.lack),
    }


def _judgement(judgement: Judgement) -> dict[str, JSON]:
    return {
        "state": judgement.state.value,
        "judge": judgement.judge.value,
        "phases": {one.phase: one.state.value for one in judgement.phases},
        "gates": [
            {"phase": one.phase, "condition": one.name, "state": one.state.value, "said": heading(one)}
            for one in verdicts(judgement)
        ],
        "notes": [*judgement.notes],
    }


# ---- times


def _instant(text: str) -> datetime:
    """A time in UTC; the epoch where none is known, as of other runners' files."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _milliseconds(text: str) -> int:
    return int(_instant(text).timestamp() * 1000)
