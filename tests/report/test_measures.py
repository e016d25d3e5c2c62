"""Values with units: exact where they are wanted, short where they were measured, never so short as to mislead."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentgate.model.judgement import GateResult, GateState, Unit
from pytest_agentgate.report.measures import exact, measured, said, value_of, wanted


@pytest.mark.parametrize(
    ("value", "unit", "exactly", "shortly"),
    [
        (0, Unit.COUNT, "0", "0"),
        (1204, Unit.COUNT, "1204", "1,204"),
        (0.9, Unit.RATIO, "90%", "90%"),
        (0.9131579, Unit.RATIO, "91.31579%", "91.3%"),
        (0.99999, Unit.RATIO, "99.999%", "99.999%"),
        (0.00001, Unit.RATIO, "0.001%", "0.001%"),
        (1, Unit.RATIO, "100%", "100%"),
        (0, Unit.SECONDS, "0 s", "0 s"),
        (0.2, Unit.SECONDS, "200 ms", "200 ms"),
        (0.2104, Unit.SECONDS, "210.4 ms", "210 ms"),
        (0.000003, Unit.SECONDS, "3 \N{MICRO SIGN}s", "3 \N{MICRO SIGN}s"),
        (0.0000000015, Unit.SECONDS, "1.5 ns", "1.5 ns"),
        (12.345, Unit.SECONDS, "12.345 s", "12.3 s"),
        (90, Unit.SECONDS, "90 s", "1.5 min"),
        (300, Unit.SECONDS, "5 min", "5 min"),
        (7200, Unit.SECONDS, "2 h", "2 h"),
        (-1234.5678, Unit.NUMBER, "-1234.5678", "-1,235"),
        (1e300, Unit.NUMBER, "1e+300", "1e+300"),
        (1, Unit.FLAG, "true", "true"),
        (0, Unit.FLAG, "false", "false"),
        (-9, Unit.STATUS, "-9", "-9"),
    ],
)
def test_a_value_is_written_with_its_unit(value: float, unit: Unit, exactly: str, shortly: str) -> None:
    assert (exact(value, unit), said(value, unit)) == (exactly, shortly)


def test_what_is_wanted_stands_behind_its_operator() -> None:
    assert wanted("<=", 0.2, Unit.SECONDS) == "<= 200 ms"
    assert wanted(">=", 0.9995, Unit.RATIO) == ">= 99.95%"


@pytest.mark.parametrize(
    ("value", "unit", "op", "limit", "shown"),
    [
        (0.8999, Unit.RATIO, ">=", 0.9, "89.99%"),
        (0.89, Unit.RATIO, ">=", 0.9, "89%"),
        (0.9, Unit.RATIO, ">", 0.9, "90%"),
        (0.2000004, Unit.SECONDS, "<=", 0.2, "200.0004 ms"),
        (0.9999999, Unit.SECONDS, ">=", 1.0, "999.9999 ms"),
        (100.00001, Unit.NUMBER, "<=", 100, "100.00001"),
    ],
)
def test_what_was_measured_can_be_told_from_what_was_wanted(
    value: float, unit: Unit, op: str, limit: float, shown: str
) -> None:
    result = GateResult("x", GateState.FAILED, value, wanted(op, limit, unit), unit)
    assert measured(result) == shown


def test_what_was_not_measured_is_not_shown() -> None:
    assert measured(GateResult("x", GateState.UNAVAILABLE)) == ""
    assert said(float("inf"), Unit.SECONDS) == "inf"
    assert value_of("soon", Unit.SECONDS) is None


@given(st.floats(allow_nan=False), st.sampled_from([*Unit]), st.none() | st.floats(allow_nan=False))
def test_any_value_is_written_in_any_unit(value: float, unit: Unit, beside: float | None) -> None:
    for text in (exact(value, unit), said(value, unit), said(value, unit, beside)):
        assert text
        assert text.isprintable()


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([Unit.NUMBER, Unit.SECONDS, Unit.RATIO]))
def test_what_is_written_exactly_is_read_as_the_same(value: float, unit: Unit) -> None:
    assert value_of(exact(value, unit), unit) == value


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_rounded_ratio_is_never_taken_for_another_one(value: float, limit: float) -> None:
    for other in {0.0, 1.0, limit} - {value}:
        assert value_of(said(value, Unit.RATIO, limit), Unit.RATIO) != other
