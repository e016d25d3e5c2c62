"""Phases judged: their gates, in the order of the configuration, after what they need."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches

from pytest_agentgate.config import Config
from pytest_agentgate.errors import ConfigError, UsageError
from pytest_agentgate.gates.condition import Condition, ConditionError, parse
from pytest_agentgate.gates.facts import Facts
from pytest_agentgate.gates.metrics import named
from pytest_agentgate.gates.remarks import Remarks
from pytest_agentgate.gates.verdict import verdict
from pytest_agentgate.gates.whole import missing
from pytest_agentgate.model.judgement import Check, GateResult, GateState, Phase, PhaseResult, Severity

_DONE = (GateState.PASSED, GateState.WARNED)


def verify(config: Config) -> None:
    """Make sure that every phase can be judged: it has gates, and each condition can be read.

    Raises ConfigError, which names the file, the phase and the gate.
    """
    phases = [phase.name for phase in config.phases]
    checks = [check.name for check in config.checks]
    for phase in config.phases:
        where = f"{config.path}: phase {phase.name!r}"
        if not phase.gates:
            raise ConfigError(f"{where}: has no gates, so that nothing tells when it is done")
        for index, gate in enumerate(phase.gates):
            try:
                condition = parse(gate.condition)
            except ConditionError as error:
                raise ConfigError(f"{where}: gates[{index}]: {error}") from error
            for family, names in (("check", checks), ("approval", phases)):
                if condition.family == family and condition.arguments[0] not in names:
                    [name] = condition.arguments
                    what = "check" if family == "check" else "phase"
                    hint = _near(name, names, what)
                    raise ConfigError(f"{where}: gates[{index}]: {gate.condition!r}: no {what} {name!r}{hint}")


def required(phases: Sequence[Phase], asked: Sequence[str]) -> tuple[Phase, ...]:
    """The phases that are asked for (none: all) and, transitively, those that they need; in their order.

    Raises UsageError for a name that no phase has, or where there are no phases at all.
    """
    by_name = {phase.name: phase for phase in phases}
    if not by_name:
        raise UsageError("no phases are configured: write [[tool.agentgate.phase]] with a name and gates")
    wanted: set[str] = set()
    left = list(asked or by_name)
    while left:
        name = left.pop()
        if name not in by_name:
            raise UsageError(f"no phase {name!r}{_near(name, by_name, 'phase')}")
        if name not in wanted:
            wanted.add(name)
            left += by_name[name].needs
    return tuple(phase for phase in phases if phase.name in wanted)


def judge(
    phases: Sequence[Phase], asked: Sequence[str], facts: Facts, checks: Sequence[Check] = ()
) -> tuple[PhaseResult, ...]:
    """Judge the phases that are asked for (none: all) and those that they need, in the order of the configuration.

    The configuration has been verified. Raises UsageError as ``required`` does.
    """
    chosen = {phase.name: phase for phase in required(phases, asked)}
    why = missing(facts.now)
    if why:
        return tuple(PhaseResult(name, GateState.INVALID, why=why) for name in chosen)
    commands = {check.name: shlex.join(check.command) for check in checks}
    left_over = Remarks(facts)
    results: dict[str, PhaseResult] = {}
    left = dict(chosen)
    while left:  # what a phase needs may stand behind it
        name = next(name for name, phase in left.items() if not any(need in left for need in phase.needs))
        results[name] = _judged(left.pop(name), results, facts, commands, left_over)
    return tuple(results[name] for name in chosen)


def measured_outside(phases: Sequence[Phase], asked: Sequence[str]) -> tuple[Condition, ...]:
    """The conditions of the phases asked for, and of those that they need, whose metric the harness has to measure.

    Raises UsageError as ``required`` does, and ConditionError.
    """
    conditions = [parse(gate.condition) for phase in required(phases, asked) for gate in phase.gates]
    return tuple(condition for condition in dict.fromkeys(conditions) if named(condition.pattern).outside)


def _judged(
    phase: Phase, before: Mapping[str, PhaseResult], facts: Facts, commands: Mapping[str, str], left_over: Remarks
) -> PhaseResult:
    undone = [before[name] for name in phase.needs if before[name].state not in _DONE]
    if undone:
        why = ", ".join(f"{one.phase} ({one.state.replace('_', ' ')})" for one in undone)
        return PhaseResult(phase.name, GateState.NOT_ATTEMPTED, why=f"needs {why}")
    gates = tuple(verdict(gate, facts, commands) for gate in phase.gates)
    state = _state(gates)
    return PhaseResult(phase.name, state, gates, notes=left_over.on(phase, state) if state in _DONE else ())


def _state(gates: Sequence[GateResult]) -> GateState:
    states = {
        GateState.WARNED if gate.state is GateState.UNAVAILABLE and gate.severity is Severity.WARN else gate.state
        for gate in gates
    }
    gravest_first = (GateState.FAILED, GateState.UNAVAILABLE, GateState.WARNED, GateState.PASSED)
    return next((state for state in gravest_first if state in states), GateState.UNAVAILABLE)


def _near(name: str, names: Collection[str], what: str) -> str:
    near = get_close_matches(name, names, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; there are {', '.join(sorted(names))}" if names else f"; no {what} is configured"
