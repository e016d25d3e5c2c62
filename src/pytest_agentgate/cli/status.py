"""``agentgate status``: where the work stands, for people and for whoever coordinates agents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_agentgate.cli import screen
from pytest_agentgate.cli.opening import opened, record_options
from pytest_agentgate.cli.screen import Cell, Column
from pytest_agentgate.report.printable import fit, printable

if TYPE_CHECKING:
    from pytest_agentgate.model import JSON, Cause, Run
    from pytest_agentgate.model.judgement import Judgement, PhaseResult

_RUNS = 1000  # that are looked at for what each agent did last
_JUDGEMENTS = 1000
_CAUSES = 5  # of the last run that are issues
_LONGEST = 120  # characters of a reason
_NEVER = "not_attempted"  # a phase that nobody has judged
_COLOURS = {
    "passed": "green",
    "done": "green",
    "warned": "yellow",
    "not_attempted": "cyan",
    "running": "cyan",
    "idle": None,
}
_PASSING = frozenset({"passed", "warned"})


@click.command()
@record_options
def status(root: Path, store: str | None, as_json: bool) -> None:
    """Show where the work stands: the phase, the state of each phase's gates, every agent, what is in the way.

    \b
    Examples:
      agentgate status
      agentgate status --json
    """
    from pytest_agentgate.config import find_project

    phases = [phase.name for phase in find_project(root).config.phases]
    judgements: Sequence[Judgement] = ()
    runs: Sequence[Run] = ()
    causes: Sequence[Cause] = ()
    with opened(root, store) as record:
        if record is not None:
            judgements = record.judgements(_JUDGEMENTS)
            runs = record.runs(_RUNS)
            causes = record.run_summary(runs[0].id).causes if runs else ()
    now = datetime.now(UTC).isoformat(timespec="microseconds")
    found = standing(phases, judgements, runs, causes, now)
    if as_json:
        screen.say_json(found)
    else:
        _show(found)


def standing(
    phases: Sequence[str], judgements: Sequence[Judgement], runs: Sequence[Run], causes: Sequence[Cause], now: str
) -> dict[str, JSON]:
    """The document: judgements and runs newest first, ``causes`` those of the newest run.

    ``phase`` is the first that does not pass, None where all do or none is configured; ``completion`` the share of
    phases that passed when an agent's work was last judged.
    """
    latest = _latest(judgements)
    gates = {name: latest[name].state.value if name in latest else _NEVER for name in phases}
    return {
        "phase": _first_open(gates),
        "timestamp": now,
        "agents": [_agent(name, phases, judgements, runs) for name in _agents(judgements, runs)],
        "quality_gates": {**gates},
        "critical_issues": [*_issues([latest[name] for name in phases if name in latest], runs, causes)],
    }


def _latest(judgements: Iterable[Judgement]) -> Mapping[str, PhaseResult]:
    """Phase -> what became of it when it was judged last."""
    found: dict[str, PhaseResult] = {}
    for judgement in judgements:
        for phase in judgement.phases:
            found.setdefault(phase.phase, phase)
    return found


def _first_open(gates: Mapping[str, str]) -> str | None:
    return next((name for name, state in gates.items() if state not in _PASSING), None)


def _agents(judgements: Iterable[Judgement], runs: Iterable[Run]) -> list[str]:
    return sorted({*(one.agent for one in judgements), *(one.agent for one in runs)} - {""})


def _agent(name: str, phases: Sequence[str], judgements: Iterable[Judgement], runs: Iterable[Run]) -> dict[str, JSON]:
    latest = _latest(one for one in judgements if one.agent == name)
    run = next((one for one in runs if one.agent == name), None)
    gates = {phase: latest[phase].state.value if phase in latest else _NEVER for phase in phases}
    milestone = _first_open(gates)
    blockers = [*_blockers([latest[phase] for phase in phases if phase in latest])]
    if run is not None and run.status == "running":
        state = "running"
    elif blockers:
        state = "blocked"
    else:
        state = "idle" if milestone or not phases else "done"
    passed = sum(one in _PASSING for one in gates.values())
    return {
        "agent": name,
        "status": state,
        "current_task": (run.task or None) if run else None,
        "completion": round(passed / len(phases), 3) if phases else None,
        "blockers": [*blockers],
        "next_milestone": milestone,
    }


def _blockers(phases: Iterable[PhaseResult]) -> Iterator[str]:
    """A line for each phase whose gates are in the way, and one for all that wait for them."""
    phases = list(phases)
    yield from _broken(phases)
    if waiting := [phase.phase for phase in phases if phase.state == _NEVER]:
        yield f"not attempted: {', '.join(waiting)}"


def _broken(phases: Iterable[PhaseResult]) -> Iterator[str]:
    """``imports: failed: collection.errors == 0 (measured 3)``, and what several phases have in common once."""
    alike: dict[str, list[str]] = {}
    for phase in phases:
        if phase.state != _NEVER and phase.state not in _PASSING:
            alike.setdefault(_what_broke(phase), []).append(phase.phase)
    return (f"{', '.join(names)}: {what}" for what, names in alike.items())


def _what_broke(phase: PhaseResult) -> str:
    from pytest_agentgate.report.measures import measured

    broken = [gate for gate in phase.gates if gate.state not in _PASSING]
    said = [
        gate.condition + f" ({f'measured {measured(gate)}' if gate.measured is not None else _short(gate.why)})"
        for gate in broken
        if gate.measured is not None or gate.why
    ]
    return ": ".join(filter(None, (phase.state.value, _short(phase.why) or ", ".join(said))))


def _short(why: str) -> str:
    return why if len(why) <= _LONGEST else why[: _LONGEST - 3] + "..."


def _issues(phases: Iterable[PhaseResult], runs: Sequence[Run], causes: Sequence[Cause]) -> Iterator[str]:
    """What keeps the work from being done, the gravest first."""
    for run in runs[:1]:
        if run.status not in ("completed", "running"):
            yield f"run {run.id} was {run.status.value}: what it would have told is not known"
    yield from _broken(phases)
    for cause in causes[:_CAUSES]:
        yield f"{cause.kind.value}: {cause.title} ({cause.size:,} test{'s' if cause.size != 1 else ''})"
    if len(causes) > _CAUSES:
        yield f"{len(causes) - _CAUSES:,} more causes: agentgate triage"


# ---- for people


def _show(found: Mapping[str, JSON]) -> None:
    gates, agents, issues = found["quality_gates"], found["agents"], found["critical_issues"]
    assert isinstance(gates, dict)  # noqa: S101  as standing makes them
    assert isinstance(agents, list)  # noqa: S101
    assert isinstance(issues, list)  # noqa: S101
    if not gates:
        screen.say("no phase is configured: agentgate init proposes some")
    elif found["phase"] is None:
        warned = [name for name, state in gates.items() if state == "warned"]
        screen.say("every phase passes" + (f", with warnings: {', '.join(map(printable, warned))}" if warned else ""))
    else:
        screen.say(f"phase {printable(str(found['phase']))}")
    if gates:
        states = ((str(name), Cell(str(state).replace("_", " "), _colour(state))) for name, state in gates.items())
        screen.table((Column("phase"), Column("gates")), states)
    if agents:
        screen.table(_AGENT_COLUMNS, (_row(agent) for agent in agents if isinstance(agent, dict)))
    for issue in issues:
        screen.say(screen.paint("! ", "red", bold=True) + fit(printable(str(issue)), _room()))


_AGENT_COLUMNS = (
    Column("agent"),
    Column("status"),
    Column("task", spare=1),
    Column("done", right=True),
    Column("next", spare=2),
    Column("blocked by", flexible=True),
)


def _row(agent: Mapping[str, JSON]) -> list[str | Cell]:
    completion, blockers = agent["completion"], agent["blockers"]
    return [
        str(agent["agent"]),
        Cell(str(agent["status"]), _colour(agent["status"])),
        str(agent["current_task"] or ""),
        f"{completion:.0%}" if isinstance(completion, float | int) else "",
        str(agent["next_milestone"] or ""),
        str(blockers[0]) if isinstance(blockers, list) and blockers else "",
    ]


def _colour(state: JSON) -> str | None:
    return _COLOURS.get(str(state), "red")


def _room() -> int | None:
    width = screen.width()
    return width and width - 2
