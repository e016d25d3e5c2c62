"""Whatever is configured and whatever was recorded: judging raises nothing, and passes nothing that is unknown."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from pytest_agentgate.config import Config
from pytest_agentgate.gates.condition import OPERATORS
from pytest_agentgate.gates.facts import Facts, Lack, RunFacts
from pytest_agentgate.gates.metric import is_parameter, quoted
from pytest_agentgate.gates.metrics import known
from pytest_agentgate.gates.phases import judge, verify
from pytest_agentgate.model import (
    Counts,
    Evidence,
    Failure,
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
from pytest_agentgate.model.judgement import (
    Approval,
    Check,
    Gate,
    GateState,
    Item,
    Measure,
    Phase,
    Severity,
    Unit,
)
from pytest_agentgate.report.measures import measured
from pytest_agentgate.triage.causes import group

NAMES = ("latency", "p95 latency", "latency_ms", 'a"b\\c', "x.y", " .")
NODES = ("a.py::t", "a.py::u", "b.py::t", "dir/c.py::T::t", "odd", "", "::", "a.py")
VALUES = {
    Unit.COUNT: ("0", "3", "1e9"),
    Unit.RATIO: ("0", "90%", "100%"),
    Unit.SECONDS: ("0", "200 ms", "1e300 h"),
    Unit.NUMBER: ("0", "-1.5", "1e308", "200 ms", "90%"),
    Unit.FLAG: ("true", "false"),
    Unit.STATUS: ("0", "-9"),
}
NUMBERS = st.none() | st.floats() | st.integers(-3, 3).map(float)


@st.composite
def conditions(draw: st.DrawFn) -> str:
    metric = draw(st.sampled_from([*known().values()]))
    parts = [
        draw(st.sampled_from(metric.choices.get(part, ("one",) if metric.name[:5] in ("appro", "check") else NAMES)))
        if is_parameter(part)
        else part
        for part in metric.parts
    ]
    arguments = [part for part, pattern in zip(parts, metric.parts, strict=True) if is_parameter(pattern)]
    unit = metric.unit_of(arguments)
    values = [
        value
        for value in VALUES[unit]
        if unit is not Unit.NUMBER or value[-1].isdigit() or value.lstrip("-0123456789. ") in metric.suffixes(arguments)
    ]
    op = draw(st.sampled_from(["==", "!="] if unit is Unit.FLAG else [*OPERATORS]))
    new = " on new" if metric.on_new and draw(st.booleans()) else ""
    return f"{'.'.join(map(quoted, parts))} {op} {draw(st.sampled_from(values))}{new}"


GATES = st.builds(Gate, conditions(), st.sampled_from([*Severity]), st.integers(0, 5))
FAILURES = st.builds(
    lambda nodeid, scope, kind, attempt, final: Failure(
        nodeid,
        scope,
        When.CALL,
        Evidence((Raised("E"),)),
        Reason(kind, (kind,), kind, ""),
        f"c1:{kind}",
        attempt,
        final,
    ),
    st.sampled_from(NODES),
    st.sampled_from([*Scope]),
    st.sampled_from([*Kind]),
    st.integers(1, 3),
    st.booleans(),
)
RESULTS = st.builds(
    Result,
    st.sampled_from(NODES),
    st.sampled_from([*Outcome]),
    st.floats(0, allow_nan=False),
    worker=st.sampled_from(["", "gw0", "gw1"]),
    attempt=st.integers(1, 3),
)
PROPERTIES = st.builds(Property, st.sampled_from(NODES), st.sampled_from(NAMES), st.text(max_size=9), NUMBERS)
WARNINGS = st.builds(Warned, st.just("W"), st.text(max_size=5), st.sampled_from(NODES), st.integers(), st.just(""))
RUNS = st.builds(
    Run,
    st.sampled_from(["", "r1", "r2"]),
    st.just("2026-01-31T12:00:00.000000+00:00"),
    st.sampled_from([*RunStatus]),
    exit_status=st.none() | st.integers(-1, 6),
    commit=st.sampled_from(["", "f00d"]),
    dirty=st.none() | st.booleans(),
    counts=st.builds(Counts, not_run=st.integers(0, 1), deselected=st.integers(0, 1)),
)


@st.composite
def told(draw: st.DrawFn, calm: bool = False) -> RunFacts:
    failures = tuple(draw(st.lists(FAILURES, max_size=4)))
    run = draw(RUNS)
    if calm:
        run = Run("r1", run.created_at, RunStatus.COMPLETED, commit=run.commit, dirty=run.dirty)
    return RunFacts(
        run,
        tuple(draw(st.lists(RESULTS, max_size=6))),
        failures,
        group(failures),
        tuple(draw(st.lists(WARNINGS, max_size=3))),
        tuple(draw(st.lists(PROPERTIES, max_size=4))),
        draw(st.dictionaries(st.sampled_from(["a.py", "b.py"]), st.integers(0, 2), max_size=2)),
    )


MEASURES = st.builds(
    Measure,
    NUMBERS,
    st.lists(st.builds(Item, st.text(max_size=5), NUMBERS), max_size=3).map(tuple),
    st.none() | st.integers(0, 9),
    st.booleans(),
    st.booleans(),
)
LACK = Lack("not there")
FACTS = st.builds(
    Facts,
    told(calm=True) | told(),
    baseline=told() | st.just(LACK),
    changed=st.just(LACK) | st.just(("src/a.py",)),
    approvals=st.lists(st.builds(Approval, *[st.sampled_from(["one", "f00d"])] * 5), max_size=2).map(tuple),
    measured=st.dictionaries(
        st.sampled_from(["coverage.percent", "check.one", "services.ready", "files.each.coverage", "guard.findings"]),
        MEASURES,
    ),
    hidden=st.dictionaries(st.sampled_from(["a.py", "b.py", "dir/c.py"]), st.integers(0, 3)),
)


@given(st.lists(GATES, min_size=1, max_size=4), FACTS)
def test_any_valid_configuration_can_be_judged_on_any_facts(gates: list[Gate], facts: Facts) -> None:
    phases = (Phase("one", gates=tuple(gates)), Phase("two", needs=("one",), gates=tuple(gates)))
    checks = (Check("one", ("true",)),)
    verify(Config(phases=phases, checks=checks))
    for result in judge(phases, (), facts, checks):
        for gate in result.gates:
            measured(gate)
            if gate.state is GateState.PASSED:
                assert gate.measured is None or math.isfinite(gate.measured)
        if result.state in (GateState.PASSED, GateState.WARNED):
            run = facts.now.run
            assert run.status is RunStatus.COMPLETED
            assert run.exit_status in (None, -1, 0, 1)
            assert not run.counts.not_run
            assert all(failure.scope is not Scope.RUN for failure in facts.now.failures)
