"""What was a warning and is an error: it is named, and nothing is done."""

from __future__ import annotations

from typing import Any

SIGNED = """
import warnings

def read(text, kinds=None):
    if not kinds:
        {}("It is {} that you pass a value for kinds when calling read().")
    return text

def check(text):
    return read(text, kinds=["plain"])
"""
WARNS = SIGNED.format("warnings.warn", "recommended")
TESTS = "from shop import read\n\ndef test_read():\n    assert read('tea') == 'tea'\n"


def test_a_warning_that_became_an_error_is_named(told: Any) -> None:
    found = told(WARNS, SIGNED.format("raise ValueError", "required"), TESTS)
    assert found.lines == []
    assert found.why.startswith("what was a warning (src/shop.py:5) is refused now")


def test_an_error_that_nothing_announced_is_not(told: Any) -> None:
    wrong = WARNS.replace("    return text\n", "    raise ValueError('the text that was passed is too short')\n", 1)
    found = told(WARNS, wrong, TESTS)
    assert found.lines == []
    assert "warning" not in found.why
