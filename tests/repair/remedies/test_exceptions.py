"""Functions that raise another exception than tests expect: when it is meant, and when it may be a slip."""

from __future__ import annotations

from typing import Any

import pytest

UNITS = '''
class UnitError(Exception):
    pass

FACTORS = {{"m": 1, "km": 1000}}

def factor(unit):
    """A factor.{doc}"""
    if unit not in FACTORS:
        raise {first}(f"unknown unit {{unit!r}}")
    return FACTORS[unit]

def convert(value, unit):
    return value * factor(unit)

def unit_of(text):
    if not text.isalpha():
        raise {second}("no unit in this text")
    return text
'''
TESTS = """
import pytest

from shop import factor

def test_factor():
    with pytest.raises({}):
        factor("ell")
"""
KEY_ERROR = TESTS.format("KeyError")


def units(first: str, second: str, doc: str = "", more: str = "") -> str:
    return UNITS.format(first=first, second=second, doc=doc) + more


OLD = units("KeyError", "KeyError")
EXPECTED = {
    "in two functions": (OLD, units("ValueError", "ValueError"), "ValueError", "builtins.ValueError"),
    "its docstring says so": (
        units("KeyError", "OSError", " Raises KeyError."),
        units("ValueError", "OSError", " Raises ValueError."),
        "ValueError",
        "builtins.ValueError",
    ),
    "an exception of its own": (OLD, units("UnitError", "UnitError"), "UnitError", "shop.UnitError"),
    "another wording": (
        OLD,
        units("ValueError", "ValueError").replace("unknown unit {unit", "Unknown unit: {unit"),
        "ValueError",
        "builtins.ValueError",
    ),
    "its callers catch the new one": (
        units("KeyError", "KeyError", more="\ndef known(unit):\n    try:\n        return factor(unit)\n"
              "    except KeyError:\n        return 0\n"),
        units("ValueError", "ValueError", more="\ndef known(unit):\n    try:\n        return factor(unit)\n"
              "    except ValueError:\n        return 0\n"),
        "ValueError",
        "builtins.ValueError",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "short", "name"), EXPECTED.values(), ids=EXPECTED)
def test_what_is_raised_throughout_is_expected(told: Any, old: str, new: str, short: str, name: str) -> None:
    found = told(old, new, KEY_ERROR)
    assert found.lines == [f"safe: expect-exception function=shop.factor old=builtins.KeyError new={name}"]
    assert f"raises {short.rpartition('.')[2]}" in found.evidence or name in found.evidence


def test_what_another_function_raises_is_expected_of_the_one_that_is_called(told: Any) -> None:
    tests = KEY_ERROR.replace("factor", "convert").replace('("ell")', '(1, "ell")')
    found = told(OLD, units("ValueError", "ValueError"), tests)
    assert found.lines == ["safe: expect-exception function=shop.convert old=builtins.KeyError new=builtins.ValueError"]


SHOWN = {
    "in one function alone": (OLD, units("ValueError", "KeyError")),
    "less is said": (OLD, units("LookupError", "LookupError")),
}


@pytest.mark.parametrize(("old", "new"), SHOWN.values(), ids=SHOWN)
def test_what_may_be_a_slip_is_only_shown(told: Any, old: str, new: str) -> None:
    found = told(old, new, KEY_ERROR)
    assert [line.partition(":")[0] for line in found.lines] == ["display"]


CATCHES = """
def known(unit):
    try:
        return convert(1, unit) and factor(unit)
    except KeyError:
        return 0
"""
CHECKED = "    if len(unit) > 2:\n        raise ValueError('too long for this')\n    if unit not"
BOTH = "    if 0:\n        raise KeyError\n    return FACTORS"
SILENT = {
    "the implementation catches the old one": (
        units("KeyError", "KeyError", more=CATCHES),
        units("ValueError", "ValueError", more=CATCHES),
    ),
    "the implementation catches the old one further out": (
        units("KeyError", "KeyError", more=CATCHES.replace(" and factor(unit)", "")),
        units("ValueError", "ValueError", more=CATCHES.replace(" and factor(unit)", "")),
    ),
    "its docstring still tells of the old one": (
        units("KeyError", "KeyError", " Raises KeyError."),
        units("ValueError", "ValueError", " Raises KeyError."),
    ),
    "no statement raises it": (OLD, OLD.replace("if unit not in FACTORS", "if int(unit) not in FACTORS")),
    "another thing is wrong": (
        OLD,
        OLD.replace("    if unit not", CHECKED),
    ),
    "both are raised": (
        OLD,
        units("ValueError", "ValueError").replace("    return FACTORS", BOTH),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new"), SILENT.values(), ids=SILENT)
def test_a_mistake_is_not_followed(told: Any, old: str, new: str) -> None:
    found = told(old, new, KEY_ERROR)
    assert not any("expect-exception" in line for line in found.lines)


FRAMES = """
class Frame:
    def __init__(self, stream):
        if stream < 0:
            raise ValueError("a stream must be more")

class Ping:
    def __init__(self, data):
        if not isinstance(data, bytes):
            raise ValueError("data must be bytes")
"""
PING = """
import pytest
from shop import Ping

def test_ping():
    with pytest.raises(ValueError):
        Ping("x")
"""


def test_constructors_that_raise_another_exception_are_expected_to(told: Any) -> None:
    later = "class DataError(Exception):\n    pass\n" + FRAMES.replace("ValueError", "DataError")
    found = told(FRAMES, later, PING)
    assert found.best == "safe: expect-exception function=shop.Ping old=builtins.ValueError new=shop.DataError"


def test_one_constructor_alone_may_be_a_slip(told: Any) -> None:
    later = "class DataError(Exception):\n    pass\n" + FRAMES.replace('ValueError("data', 'DataError("data')
    assert not [line for line in told(FRAMES, later, PING).lines if line.startswith("safe")]
