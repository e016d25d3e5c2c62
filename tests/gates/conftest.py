"""Runs told in lines, so that a table of what is judged reads as a specification.

tests/a.py::t passed 0.2s          an outcome, and perhaps seconds
tests/a.py::t failed validation    a failure, and perhaps its kind
tests/a.py::t rerun #1             an attempt; #2 the next
tests/a.py::t failed @gw0          on a worker
tests/a.py uncollected import      a file that could not be collected
run broken crash                   a failure of the run itself
tests/a.py::t recorded latency 12  a property
src/x.py:3 warned gone by now      a warning
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from pytest_agentgate.gates.facts import Facts, Lack, RunFacts
from pytest_agentgate.gates.verdict import verdict
from pytest_agentgate.model import (
    Counts,
    Evidence,
    Failure,
    History,
    Kind,
    Outcome,
    Property,
    Raised,
    Reason,
    Result,
    Run,
    RunStatus,
    Scope,
    Warned,
    When,
)
from pytest_agentgate.model.judgement import Gate, GateResult
from pytest_agentgate.triage.causes import group

Told = Callable[..., RunFacts]
Judged = Callable[..., GateResult]

BAD = (Outcome.FAILED, Outcome.ERROR, Outcome.RERUN)


def _failure(nodeid: str, scope: Scope, words: list[str], attempt: int, final: bool) -> Failure:
    kind = next((Kind(word) for word in words if word in list(Kind)), Kind.ASSERTION)
    cause = next((word.removeprefix("cause=") for word in words if word.startswith("cause=")), "")
    reason = Reason(kind, (kind, cause), f"{kind} {cause}".strip(), "Look at it.")
    when = When.CALL if scope is Scope.TEST else When.COLLECT
    return Failure(nodeid, scope, when, Evidence((Raised("E"),)), reason, reason.signature, attempt, final)


def _told(lines: str | Iterable[str], hidden: dict[str, int] | None = None, **of_run: Any) -> RunFacts:
    results: list[Result] = []
    failures: list[Failure] = []
    properties: list[Property] = []
    warnings: list[Warned] = []
    split = [line.split() for line in (lines.splitlines() if isinstance(lines, str) else lines) if line.split()]
    passes = {words[0] for words in split if words[1] in ("passed", "skipped", "xfailed")}
    for name, verb, *words in split:
        attempt = next((int(word[1:]) for word in words if word.startswith("#")), 1)
        if verb == "uncollected":
            failures.append(_failure(name, Scope.COLLECT, words, 1, True))
        elif verb == "broken":
            failures.append(_failure("", Scope.RUN, words, 1, True))
        elif verb == "recorded":
            text = " ".join(words[1:])
            number = float(text) if text.replace(".", "").replace("-", "").isdigit() else None
            properties.append(Property(name, words[0].replace("_", " "), text, number))
        elif verb == "warned":
            path, _, line = name.partition(":")
            warnings.append(Warned("DeprecationWarning", " ".join(words), path, int(line), "runtest"))
        else:
            outcome = Outcome(verb)
            seconds = next((float(word[:-1]) for word in words if word[0].isdigit() and word.endswith("s")), 0.1)
            worker = next((word[1:] for word in words if word.startswith("@")), "")
            results.append(Result(name, outcome, seconds, worker=worker, attempt=attempt))
            if outcome in BAD:
                final = not (outcome is Outcome.RERUN and name in passes)
                failures.append(_failure(name, Scope.TEST, words, attempt, final))
    run = Run("20260131T120000-00000001", "2026-01-31T12:00:00.000000+00:00", RunStatus.COMPLETED, counts=Counts())
    causes = group(failures, History(hidden=hidden or {}))
    return RunFacts(replace(run, **of_run), tuple(results), tuple(failures), causes, tuple(warnings), tuple(properties))


@pytest.fixture(scope="session")
def told() -> Told:
    """Makes the facts of a run of lines; ``hidden`` is what earlier runs know of files, the rest changes the run."""
    return _told


@pytest.fixture(scope="session")
def judged() -> Judged:
    """Judges one condition on a run in lines, with a baseline in lines, and whatever else gates may know."""

    def judge(condition: str, now: str, before: str | None = None, **more: Any) -> GateResult:
        gate = Gate(condition, **{key: more.pop(key) for key in ("severity", "min_sample", "owner") if key in more})
        hidden = more.get("hidden", {})
        baseline = (
            Lack("no baseline", "agentgate gate --baseline RUN") if before is None else _told(before, id="before")
        )
        facts = Facts(_told(now, hidden), baseline=baseline, **more)
        return verdict(gate, facts, {"mypy": "mypy src"})

    return judge
