"""One gate judged: what was measured against what is wanted."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from pytest_agentgate.gates.condition import Condition, parse
from pytest_agentgate.gates.facts import Facts
from pytest_agentgate.gates.hidden import hidden
from pytest_agentgate.gates.metrics import named
from pytest_agentgate.model.judgement import Gate, GateResult, GateState, Item, Measure, Severity, Unit
from pytest_agentgate.report.measures import wanted
from pytest_agentgate.triage.causes import rerun_command

SHOWN = 20
"""Items of a result; the others are counted."""

_FILES = (".py", ".txt", ".rst", ".md", ".yaml", ".yml", ".json", ".ipynb", ".feature")


def verdict(gate: Gate, facts: Facts, commands: Mapping[str, str]) -> GateResult:
    """Judge one gate.

    Args:
        gate: a condition that can be read.
        facts: what is known of the run.
        commands: those of the checks, by name.
    """
    condition = parse(gate.condition)
    metric = named(condition.pattern).stated_in(condition.suffix)
    measure = metric.measure(facts, condition.arguments, condition.on_new)
    state, why = _state(condition, measure)
    if state is GateState.FAILED:
        state, why = _softened(gate, measure, why)
    broken = state in (GateState.FAILED, GateState.WARNED)
    items = _items(condition, measure, state)
    command = measure.command
    if not command and condition.family == "check" and state is not GateState.PASSED:
        command = commands.get(condition.arguments[0], "")
    elif not command and metric.of_tests and broken:
        command = _rerun([item.name for item in items], facts)
    elif not command and state is GateState.UNAVAILABLE and measure.possible is not None:
        command = _rerun(list(hidden(facts).collectors), facts)
    return GateResult(
        condition=gate.condition,
        state=state,
        measured=measure.value if measure.value is not None and math.isfinite(measure.value) else None,
        wanted=wanted(condition.op, condition.value, condition.unit, condition.suffix),
        unit=condition.unit,
        items=tuple(items[:SHOWN]),
        more=max(len(items) - SHOWN, 0),
        sample=measure.sample,
        severity=gate.severity,
        owner=gate.owner,
        why=why,
        command=command if state is not GateState.PASSED else "",
        raw=measure.raw,
    )


def _state(condition: Condition, measure: Measure) -> tuple[GateState, str]:
    """What a measure makes of a condition, and why: it fails or passes only where no possible value says otherwise."""
    if measure.value is None:
        if measure.nothing:
            return GateState.PASSED, measure.why or "there was nothing to measure"
        return GateState.UNAVAILABLE, measure.why or "it could not be measured"
    values = [item.value for item in measure.items] if measure.each and measure.items else [measure.value]
    numbers = [value for value in values if value is not None and not math.isnan(value)]
    if any(not condition.holds(value) for value in numbers):
        if measure.each or measure.possible is None or not _may_hold(condition, *measure.possible):
            return GateState.FAILED, measure.why
        return GateState.UNAVAILABLE, measure.why
    if len(numbers) < len(values):
        return GateState.UNAVAILABLE, measure.why or "a part of it could not be measured"
    if measure.possible is not None and not _must_hold(condition, *measure.possible):
        return GateState.UNAVAILABLE, measure.why
    return GateState.PASSED, measure.why


def _may_hold(condition: Condition, low: float, high: float) -> bool:
    """Whether any value between two others is one that is wanted."""
    if condition.op == "==":
        return low <= condition.value <= high
    return condition.holds(low) or condition.holds(high)


def _must_hold(condition: Condition, low: float, high: float) -> bool:
    """Whether all values between two others are wanted."""
    if condition.op == "!=":
        return not low <= condition.value <= high
    return condition.holds(low) and condition.holds(high)


def _softened(gate: Gate, measure: Measure, why: str) -> tuple[GateState, str]:
    """A condition that does not hold: a warning where that is all it is to be, or where too little was measured."""
    if measure.sample is not None and measure.sample < gate.min_sample:
        small = f"only warns: measured over {measure.sample:,}, {gate.min_sample:,} are needed to fail"
        return GateState.WARNED, f"{why}; {small}" if why else small
    return (GateState.WARNED if gate.severity is Severity.WARN else GateState.FAILED), why


def _items(condition: Condition, measure: Measure, state: GateState) -> Sequence[Item]:
    """What broke the condition or explains the value, the worst first."""
    if condition.unit in (Unit.COUNT, Unit.RATIO) and not measure.each:
        return () if state is GateState.PASSED and condition.unit is Unit.RATIO else measure.items
    breaking = [item for item in measure.items if item.value is None or not condition.holds(item.value)]
    if not breaking and (measure.each or state is GateState.PASSED):
        return ()
    worst_is_small = condition.op in (">", ">=")
    return sorted(breaking or measure.items, key=lambda item: (_badness(item, worst_is_small), item.name))


def _badness(item: Item, worst_is_small: bool) -> float:
    if item.value is None or math.isnan(item.value):
        return -math.inf
    return item.value if worst_is_small else -item.value


def _rerun(names: Sequence[str], facts: Facts) -> str:
    """The command that runs tests and collectors again; "" where another runner than pytest ran them."""
    ours = bool(facts.now.run.id)
    names = [name for name in names if ours or name.partition("::")[0].endswith(_FILES)]
    files = dict.fromkeys(name.partition("::")[0] for name in names)
    return rerun_command(names, list(files)) if names else ""
