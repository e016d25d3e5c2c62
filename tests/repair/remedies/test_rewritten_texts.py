"""Texts that the implementation writes in other words now: they are told of, and never followed."""

from __future__ import annotations

from typing import Any

OLD = """
def greeting(name):
    return f'Hello, {name}!'

def refusal(day, hour):
    '''Say no.'''
    return 'no such day: ' + day + ' at ' + hour
"""
TEST = """
from shop import refusal

def test_it():
    text = refusal('Mon', '9')
    assert text == 'no such day: Mon at 9'
"""


def test_what_was_written_anew_is_told(told: Any) -> None:
    found = told(OLD, OLD.replace("no such day", "unknown day"), TEST)
    assert found.may_run == []
    assert found.why.startswith("the implementation writes 'unknown day: ' where it wrote 'no such day: '")
    assert found.answer.look_at == "src/shop.py:6"


def test_where_more_changed_nothing_is_claimed(told: Any) -> None:
    new = OLD.replace("no such day", "unknown day").replace("' at '", "', '")
    assert "where it wrote" not in told(OLD, new, TEST).why


def test_where_something_else_changed_nothing_is_claimed(told: Any) -> None:
    new = OLD.replace("Hello", "Good day").replace("+ hour", "+ hour[:0]")
    assert "where it wrote" not in told(OLD, new, TEST).why
