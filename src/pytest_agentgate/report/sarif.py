"""A run as SARIF 2.1.0, the OASIS format that code scanning takes: one result a cause, and one a gate that broke.

Where GitHub asks for more than the standard, its wish is met: every result has a physical location with a line
(https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from pytest_agentgate import __version__
from pytest_agentgate.model import Cause, CauseStatus, Frame, Kind, Role, Run, RunReport, RunStatus
from pytest_agentgate.model.judgement import GateState, Judgement
from pytest_agentgate.patterns import deferred
from pytest_agentgate.report import lacking
from pytest_agentgate.report.phrases import extent, ordered, place, recovered
from pytest_agentgate.report.printable import printable
from pytest_agentgate.report.verdicts import Verdict, explanation, heading, verdicts

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"

_RELATED = 20  # tests of a cause that are listed
_TITLE = 1000  # characters of a message's parts
_FAMILY = deferred(r"\s*(\w+)")
_ABOUT = {
    Kind.IMPORT: "A module or a name in it cannot be imported.",
    Kind.VALIDATION: "A value does not fit the model that it is given to.",
    Kind.ASSERTION: "A test expected another value.",
    Kind.CONNECTION: "A service does not answer.",
    Kind.INTERFACE: "Code is used in a way that it does not offer.",
    Kind.FIXTURE: "A fixture is missing, or failed.",
    Kind.TIMEOUT: "A test took longer than it may.",
    Kind.CRASH: "The process of a test was lost.",
    Kind.OTHER: "A failure of none of the other kinds.",
}
_STATES = {
    CauseStatus.NEW: "new",
    CauseStatus.REGRESSED: "new",  # it was gone: for a reader who looks at what came up, it came up
    CauseStatus.KNOWN: "unchanged",
    CauseStatus.FLAKY: "unchanged",
}


def render(report: RunReport) -> str:
    """The log as ASCII text, one line a result."""
    run, judgement = report.summary.run, report.summary.judgement
    rules = [*_rules_of_kinds(), *_rules_of_gates(judgement)]
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    results = [_of_cause(cause, report.policy) for cause in ordered(report.summary.causes)]
    results += _of_gates(judgement, report.policy)
    for result in results:
        result["ruleIndex"] = index[result["ruleId"]]
    driver = {"name": "pytest-agentgate", "version": __version__, "rules": rules}
    about: dict[str, Any] = {
        "tool": {"driver": driver},
        "invocations": [_invocation(run)],
        "originalUriBaseIds": {ROOT: {"description": {"text": "The folder that the tests were run in."}}},
        "columnKind": "unicodeCodePoints",
        "properties": {"run": run.id, "commit": run.commit, "branch": run.branch, "agent": run.agent},
    }
    if run.id:
        about["automationDetails"] = {"id": f"agentgate/{run.id}"}
    encode = json.JSONEncoder().encode
    lines = ",\n".join(map(encode, results))
    head = f'{{"$schema": {encode(SCHEMA)}, "version": "2.1.0", "runs": [\n{encode(about)[:-1]}'
    return f'{head},\n"results": [\n{lines}\n]}}]}}\n'


def _invocation(run: Run) -> dict[str, Any]:
    told: dict[str, Any] = {"executionSuccessful": run.status is RunStatus.COMPLETED}
    for name, time in (("startTimeUtc", run.created_at), ("endTimeUtc", run.ended_at)):
        if time.endswith("+00:00"):
            told[name] = time.removesuffix("+00:00") + "Z"
    if run.exit_status is not None:
        told["exitCode"] = run.exit_status
    if run.status is not RunStatus.COMPLETED:
        text = f"The run is {run.status}: what it tells is not all there is."
        told["toolExecutionNotifications"] = [{"level": "error", "message": {"text": text}}]
    return told


# ---- rules


def _rules_of_kinds() -> Iterator[dict[str, Any]]:
    for kind, about in _ABOUT.items():
        yield _rule(f"failure/{kind}", f"{kind.capitalize()}Failure", about, ["test", kind.value])


def _rules_of_gates(judgement: Judgement | None) -> Iterator[dict[str, Any]]:
    broken = _broken(judgement)
    for family in dict.fromkeys(map(_family, broken)):
        about = f"A gate on {family} does not hold, or could not be measured."
        yield _rule(f"gate/{family}", f"{family.capitalize()}Gate", about, ["gate", family])


def _rule(id_: str, name: str, about: str, tags: list[str]) -> dict[str, Any]:
    return {
        "id": id_,
        "name": name,
        "shortDescription": {"text": about},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": tags},
    }


# ---- causes


def _of_cause(cause: Cause, policy: str) -> dict[str, Any]:
    failure = cause.exemplar
    files = dict.fromkeys(filter(None, (failure.file, *cause.files)))
    said = [f"{cause.kind}: {printable(cause.title)[:_TITLE]}", f"{extent(cause)}.", printable(cause.next_action)]
    said += [lacking.lacks(cause), *lacking.remedy(cause)]
    result: dict[str, Any] = {
        "ruleId": f"failure/{cause.kind}",
        "level": "warning" if recovered(cause) else "error",
        "message": {"text": "\n".join(filter(None, said))},
        "locations": [_location(place(failure), next(iter(files), policy))],
        "partialFingerprints": {"agentgateCause/v1": cause.signature},
        "baselineState": _STATES[cause.status],
        "properties": {
            "status": cause.status.value,
            "size": cause.size,
            "hidden": cause.hidden,
            "rerun": cause.rerun,
        },
    }
    if related := [*_related(cause.tests)]:
        result["relatedLocations"] = related
    return result


def _location(frame: Frame | None, file: str) -> dict[str, Any]:
    """Where the project's code raised; line 1 of the file where that is not known."""
    if frame is None or frame.role not in (Role.TEST, Role.SOURCE):
        return {"physicalLocation": _physical(file, 1)}
    location: dict[str, Any] = {"physicalLocation": _physical(frame.path, max(frame.line, 1))}
    if frame.function:
        location["logicalLocations"] = [{"fullyQualifiedName": frame.function, "kind": "function"}]
    return location


def _related(tests: Iterable[str]) -> Iterator[dict[str, Any]]:
    tests = [nodeid for nodeid in tests if nodeid]
    for number, nodeid in enumerate(tests[:_RELATED], 1):
        more = f" (and {len(tests) - _RELATED:,} more)" if number == _RELATED < len(tests) else ""
        yield {
            "id": number,
            "message": {"text": printable(nodeid) + more},
            "physicalLocation": _physical(nodeid.partition("::")[0], 1),
            "logicalLocations": [{"fullyQualifiedName": nodeid, "kind": "function"}],
        }


def _physical(path: str, line: int) -> dict[str, Any]:
    return {"artifactLocation": {"uri": uri(path), "uriBaseId": ROOT}, "region": {"startLine": line}}


def uri(path: str) -> str:
    """A path as a reference that is relative to the root, whatever its characters are; "." is the root itself."""
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    return quote("/".join(parts).encode("utf-8", "backslashreplace"), safe="/") or "."


# ---- gates


def _broken(judgement: Judgement | None) -> list[Verdict]:
    if judgement is None:
        return []
    return [one for one in verdicts(judgement) if one.state is not GateState.PASSED]


def _family(verdict: Verdict) -> str:
    found = _FAMILY.match(verdict.gate.condition) if verdict.gate else None
    return found[1] if found else "phase"


def _of_gates(judgement: Judgement | None, policy: str) -> Iterator[dict[str, Any]]:
    for verdict in _broken(judgement):
        yield {
            "ruleId": f"gate/{_family(verdict)}",
            "level": "warning" if verdict.state is GateState.WARNED else "error",
            "message": {"text": "\n".join((heading(verdict), *explanation(verdict)))},
            "locations": [{"physicalLocation": _physical(policy, 1)}],
            "partialFingerprints": {"agentgateGate/v1": f"{verdict.phase}: {verdict.name}"},
            "properties": {"phase": verdict.phase, "state": verdict.state.value},
        }
