"""``agentgate status``: one document on where the work stands."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_agentgate.cli.status import standing
from pytest_agentgate.model import Cause, Evidence, Failure, Kind, Raised, Reason, Run, RunStatus, Scope, When
from pytest_agentgate.model.judgement import GateResult, GateState, Judge, Judgement, PhaseResult

Agentgate = Callable[..., subprocess.CompletedProcess[str]]

NOW = "2026-01-31T12:00:00.000000+00:00"
PHASES = ("imports", "values")


def judgement(agent: str, **states: GateState) -> Judgement:
    def gates(state: GateState) -> tuple[GateResult, ...]:
        return () if state is GateState.NOT_ATTEMPTED else (GateResult("tests.failed == 0", state, 3.0),)

    phases = tuple(PhaseResult(name, state, gates(state)) for name, state in states.items())
    return Judgement(f"J-{agent}", "R", NOW, Judge.HARNESS, agent, phases)


def a_run(agent: str, status: RunStatus = RunStatus.COMPLETED, task: str = "") -> Run:
    return Run(f"R-{agent}", NOW, status, agent=agent, task=task)


def cause(title: str, size: int) -> Cause:
    reason = Reason(Kind.IMPORT, (title,), title, "do it")
    failure = Failure("t::a", Scope.TEST, When.CALL, Evidence((Raised("ImportError"),)), reason, reason.signature)
    return Cause(reason.signature, reason.kind, title, "do it", size, ("t::a",), ("t",), failure, "")


def document(*judgements: Judgement, runs: tuple[Run, ...] = (), causes: tuple[Cause, ...] = ()) -> dict[str, Any]:
    return dict(standing(PHASES, judgements, runs, causes, NOW))


def test_nothing_done_is_the_first_phase() -> None:
    assert document() == {
        "phase": "imports",
        "timestamp": NOW,
        "agents": [],
        "quality_gates": {"imports": "not_attempted", "values": "not_attempted"},
        "critical_issues": [],
    }


def test_without_phases_there_is_no_phase() -> None:
    found = standing((), (), (a_run("ada"),), (), NOW)
    assert (found["phase"], found["quality_gates"]) == (None, {})
    assert found["agents"] == [
        {
            "agent": "ada",
            "status": "idle",
            "current_task": None,
            "completion": None,
            "blockers": [],
            "next_milestone": None,
        }
    ]


def test_the_phase_is_the_first_that_does_not_pass() -> None:
    found = document(judgement("ada", imports=GateState.WARNED, values=GateState.FAILED))
    assert found["phase"] == "values"
    assert found["quality_gates"] == {"imports": "warned", "values": "failed"}
    assert found["critical_issues"] == ["values: failed: tests.failed == 0 (measured 3)"]


def test_the_latest_judgement_of_each_phase_counts() -> None:
    newer = judgement("ada", imports=GateState.PASSED)
    older = judgement("ada", imports=GateState.FAILED, values=GateState.PASSED)
    found = document(newer, older)
    assert (found["phase"], found["critical_issues"]) == (None, [])
    assert found["agents"][0]["status"] == "done"
    assert found["agents"][0]["completion"] == 1.0


def test_each_agent_is_told_of_by_its_own_work() -> None:
    found = document(
        judgement("ada", imports=GateState.PASSED, values=GateState.FAILED),
        judgement("bob", imports=GateState.FAILED, values=GateState.NOT_ATTEMPTED),
        runs=(a_run("cy", RunStatus.RUNNING, "T7"), a_run("ada", task="T1")),
    )
    told = {agent["agent"]: agent for agent in found["agents"]}
    assert {name: one["status"] for name, one in told.items()} == {"ada": "blocked", "bob": "blocked", "cy": "running"}
    assert {name: one["completion"] for name, one in told.items()} == {"ada": 0.5, "bob": 0.0, "cy": 0.0}
    assert {name: one["current_task"] for name, one in told.items()} == {"ada": "T1", "bob": None, "cy": "T7"}
    assert told["ada"]["next_milestone"] == "values"
    assert told["bob"]["blockers"] == ["imports: failed: tests.failed == 0 (measured 3)", "not attempted: values"]


def test_a_phase_is_one_line_whatever_number_of_gates_it_has() -> None:
    gates = (
        GateResult("collection.errors == 0", GateState.FAILED, 15.0, why="15 files " * 40),
        GateResult("failures.import == 0", GateState.PASSED, 0.0),
        GateResult("coverage.percent >= 80%", GateState.UNAVAILABLE, why="no coverage was measured"),
        GateResult("check.mypy == 0", GateState.UNAVAILABLE, why="x" * 500),
    )
    waiting = tuple(PhaseResult(name, GateState.NOT_ATTEMPTED, why="needs imports (failed)") for name in ("b", "c"))
    judged = Judgement("J", "R", NOW, Judge.HARNESS, "ada", (PhaseResult("a", GateState.FAILED, gates), *waiting))
    found: Any = standing(("a", "b", "c"), [judged], (), (), NOW)
    short = "x" * 117 + "..."
    said = (
        "a: failed: collection.errors == 0 (measured 15), coverage.percent >= 80% (no coverage was measured), "
        f"check.mypy == 0 ({short})"
    )
    assert found["agents"][0]["blockers"] == [said, "not attempted: b, c"]
    assert found["critical_issues"] == [said]


def test_a_run_that_could_not_be_judged_says_why() -> None:
    invalid = PhaseResult("imports", GateState.INVALID, why="3 tests were collected and not run")
    found = document(Judgement("J", "R", NOW, Judge.HARNESS, "ada", (invalid,)))
    assert found["critical_issues"] == ["imports: invalid: 3 tests were collected and not run"]


def test_what_is_in_the_way_of_several_phases_is_told_once() -> None:
    why = "the base 'gone' is not in this repository"
    gates = (GateResult("tests.failed == 0", GateState.UNAVAILABLE, why=why),)
    phases = tuple(PhaseResult(name, GateState.UNAVAILABLE, gates, why) for name in PHASES)
    found = document(Judgement("J", "R", NOW, Judge.HARNESS, "ada", phases))
    assert found["critical_issues"] == [f"imports, values: unavailable: {why}"]
    assert found["agents"][0]["blockers"] == found["critical_issues"]


def test_what_is_in_the_way_is_told_the_gravest_first() -> None:
    found = document(
        judgement("ada", imports=GateState.FAILED),
        runs=(a_run("ada", RunStatus.INTERRUPTED),),
        causes=tuple(cause(f"no module {n}", 10 - n) for n in range(7)),
    )
    issues = found["critical_issues"]
    assert issues[0] == "run R-ada was interrupted: what it would have told is not known"
    assert issues[1].startswith("imports: ")
    assert issues[2] == "import: no module 0 (10 tests)"
    assert (len(issues), issues[-1]) == (8, "2 more causes: agentgate triage")


def test_the_command_reads_the_record(agentgate: Agentgate, recorded: Path, tmp_path: Path) -> None:
    done = agentgate("status", "--json", cwd=recorded)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert list(found) == ["phase", "timestamp", "agents", "quality_gates", "critical_issues"]
    assert "zoë" in [agent["agent"] for agent in found["agents"]]
    assert len(found["critical_issues"]) == 3
    assert abs((datetime.now().astimezone() - datetime.fromisoformat(found["timestamp"])).total_seconds()) < 60
    shown = agentgate("status", cwd=recorded).stdout
    assert "no phase is configured" in shown
    assert "zoë" in shown
    assert "! " in shown


def test_phases_are_shown_before_anything_ran(agentgate: Agentgate, tmp_path: Path) -> None:
    (tmp_path / "agentgate.toml").write_text('[[phase]]\nname = "imports"\ngates = ["collection.errors == 0"]\n')
    assert agentgate("status", cwd=tmp_path).stdout.splitlines() == [
        "phase imports",
        "phase    gates",
        "imports  not attempted",
    ]
