"""What tests record: any object becomes a bounded text, and a number only where it is one."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentgate.capture.properties import MOST, NAME, TEXT, described, number_in


class Hostile:
    def __str__(self) -> str:
        raise SystemError("no")


@pytest.mark.parametrize(
    ("value", "text", "number"),
    [
        (12.5, "12.5", 12.5),
        (3, "3", 3.0),
        ("12.5", "12.5", 12.5),
        (" 7 ", " 7 ", 7.0),
        ("1e-05", "1e-05", 1e-05),
        (Decimal("0.1"), "0.1", 0.1),
        (True, "True", None),
        (None, "None", None),
        (float("nan"), "nan", None),
        (float("inf"), "inf", None),
        ("1e999", "1e999", None),
        ("1_000", "1_000", None),
        ("\N{ARABIC-INDIC DIGIT ONE}", "\N{ARABIC-INDIC DIGIT ONE}", None),
        ("", "", None),
        ("e", "e", None),
        ("210 ms", "210 ms", None),
        ([1], "[1]", None),
        ("\ud800\0", "\\ud800\\x00", None),
    ],
    ids=repr,
)
def test_a_value_is_a_text_and_maybe_a_number(value: object, text: str, number: float | None) -> None:
    assert described([("name", value)]) == [("name", text, number)]


def test_values_of_any_size_and_manners_are_bounded() -> None:
    ((name, text, number),) = described([("n" * 1000, "9" * 1000)])
    assert (len(name), len(text), number) == (NAME, TEXT, None)
    assert len(described([("n", 1)] * 1000)) == MOST
    ((name, text, number),) = described([(3, Hostile())])
    assert (name, number) == ("3", None)
    assert "SystemError" in text
    assert described([("n", 10**100_000)])[0][2] is None


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**300), 10**300))
def test_a_number_is_what_was_recorded(number: Any) -> None:
    ((_, _, found),) = described([("n", number)])
    assert found == float(number)


@given(st.text())
def test_a_number_is_finite_whatever_the_text(text: str) -> None:
    number = number_in(text)
    assert number is None or (math.isfinite(number) and number == float(text))
