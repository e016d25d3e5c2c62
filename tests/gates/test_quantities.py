"""Numbers with units that tests recorded, held to a condition that states one."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentgate.capture.properties import number_in
from pytest_agentgate.gates.condition import parse
from pytest_agentgate.gates.facts import Facts, RunFacts
from pytest_agentgate.gates.quantities import UNIT_OF, spelled, taken_in, told_by_name
from pytest_agentgate.gates.verdict import verdict
from pytest_agentgate.model import Outcome, Property, Result, Run, RunStatus
from pytest_agentgate.model.judgement import Gate, GateResult, GateState, Unit
from pytest_agentgate.report.measures import SUFFIXES, measured

PASSED, FAILED, UNAVAILABLE = GateState.PASSED, GateState.FAILED, GateState.UNAVAILABLE


def judged(condition: str, *texts: str, name: str = "latency") -> GateResult:
    """What becomes of a condition where one test recorded these texts."""
    run = Run("20260131T120000-00000001", "2026-01-31T12:00:00.000000+00:00", RunStatus.COMPLETED)
    recorded = tuple(Property("a.py::t", name, text, number_in(text)) for text in texts)
    facts = Facts(RunFacts(run, (Result("a.py::t", Outcome.PASSED, 0.1),), properties=recorded))
    return verdict(Gate(condition), facts, {})


@pytest.mark.parametrize(
    ("condition", "text", "state", "shown"),
    [
        ("property.latency.p95 <= 200 ms", "200", PASSED, "200 ms"),
        ("property.latency.p95 <= 200 ms", "201", FAILED, "201 ms"),
        ("property.latency.p95 <= 200 ms", "0.21 s", FAILED, "210 ms"),
        ("property.latency.p95 <= 200 ms", "12.5 ms", PASSED, "12.5 ms"),
        ("property.latency.p95 <= 200 ms", " 12.5ms ", PASSED, "12.5 ms"),
        ("property.latency.p95 <= 200 ms", "300000 us", FAILED, "300 ms"),
        ("property.latency.p95 <= 200 ms", "90%", UNAVAILABLE, ""),
        ("property.latency.p95 <= 200 ms", "1,204 ms", UNAVAILABLE, ""),
        ("property.latency.p95 <= 200 ms", "ms", UNAVAILABLE, ""),
        ("property.latency.p95 <= 200 ms", "inf", UNAVAILABLE, ""),
        ("property.latency.p95 <= 200 ms", "12 parsecs", UNAVAILABLE, ""),
        ("property.latency.min >= 90%", "90%", PASSED, "90%"),
        ("property.latency.min >= 90%", "89.9", FAILED, "89.9%"),
        ("property.latency.min >= 90%", "250%", PASSED, "250%"),
        ("property.latency.min >= 0", "12 ms", UNAVAILABLE, ""),
        ("property.latency.each <= 200 ms", "0.3 s", FAILED, "300 ms"),
    ],
)
def test_a_recording_is_of_the_unit_that_it_or_the_condition_states(
    condition: str, text: str, state: GateState, shown: str
) -> None:
    result = judged(condition, text)
    assert (result.state, measured(result)) == (state, shown)


@pytest.mark.parametrize(
    ("name", "text", "state"),
    [
        ("latency_us", "150000", PASSED),
        ("latency_us", "250000", FAILED),
        ("latency_ns", "150000000", PASSED),
        ("latency_s", "1", FAILED),
        ("latency_sec", "1", FAILED),
        ("latency_secs", "0.2", PASSED),
        ("latency_seconds", "0.2", PASSED),
        ("latency_min", "1", FAILED),
        ("Latency_MS", "200", PASSED),
        ("latency_s", "150 ms", PASSED),  # what was recorded is nearer to it than the name
        ("ms", "200", PASSED),
    ],
)
def test_the_last_word_of_a_name_tells_the_unit_of_plain_numbers(name: str, text: str, state: GateState) -> None:
    assert judged(f"property.{name}.max <= 200 ms", text, name=name).state is state


def test_without_a_unit_numbers_are_compared_as_they_are() -> None:
    assert judged("property.latency_ms.max <= 200", "150", name="latency_ms").state is PASSED
    assert judged("property.latency_ms.max <= 200", "250", name="latency_ms").state is FAILED
    assert judged("property.latency.max <= 200", "150 ms").why == (
        "a.py::t recorded '150 ms' as latency, which is no number alone: state the condition's value with a unit"
    )


def test_one_recording_that_cannot_be_compared_is_not_left_out() -> None:
    result = judged("property.latency.max <= 200 ms", "1", "2 ms", "90%")
    assert (result.state, result.why) == (
        UNAVAILABLE,
        "a.py::t recorded '90%' as latency, which is nothing that can be told in ms",
    )


def test_a_part_of_one_that_counts_as_a_percentage_is_said() -> None:
    assert judged("property.latency.max <= 5%", "0.93").why == "a number alone counts in %: 0.93 is 0.93%"
    assert judged("property.latency.max <= 5%", "3").why == ""


def test_the_wanted_side_keeps_the_unit_that_numbers_alone_are_taken_in() -> None:
    assert judged("property.latency.max <= 2000 ms", "1").wanted == "<= 2000 ms"
    assert str(parse("property.latency.max <= 2000 ms")) == "property.latency.max <= 2000 ms"


NUMBERS = st.floats(0, 1e12, allow_nan=False).map(lambda number: Decimal(repr(number)))
TIMES = st.sampled_from([*SUFFIXES[Unit.SECONDS], "us"])


@given(NUMBERS, TIMES, NUMBERS, TIMES)
def test_units_never_change_what_is_more(recorded: Decimal, of: str, wanted: Decimal, stated: str) -> None:
    factors = SUFFIXES[Unit.SECONDS]
    one, other = recorded * factors[spelled(of)], wanted * factors[spelled(stated)]
    state = judged(f"property.latency.max <= {_plain(wanted)} {stated}", f"{recorded} {of}").state
    assert state is (PASSED if float(one) <= float(other) else FAILED)


@given(NUMBERS, st.sampled_from(list(UNIT_OF)))
def test_a_number_alone_is_the_same_as_one_with_the_stated_unit(number: Decimal, suffix: str) -> None:
    alone = taken_in(str(number), float(number), suffix, "latency")
    assert alone == taken_in(f"{number} {suffix}", None, suffix, "latency")
    assert alone is not None


@given(st.text(), st.sampled_from(["", *UNIT_OF]), st.text())
def test_any_text_is_a_finite_number_or_none(text: str, suffix: str, name: str) -> None:
    found = taken_in(text, number_in(text), suffix, name)
    assert found is None or math.isfinite(found)
    assert told_by_name(name) in ("", *UNIT_OF)


def _plain(number: Decimal) -> str:
    return f"{number:f}"
