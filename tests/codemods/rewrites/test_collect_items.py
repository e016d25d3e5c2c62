"""What gave a list and gives its items one by one: where a list is made of them, and where nothing is to change."""

from __future__ import annotations

from textwrap import dedent

import pytest

from pytest_agentgate.codemods.apply import apply, rewrite
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.rewrites.collect_items import CollectItems

APP = """
def days(first=1, last=2):
    yield first
class Calendar:
    @classmethod
    def weeks(cls):
        yield 1
    def months(self):
        return iter([1])
"""
HEADER = """
from unittest.mock import patch
import pytest
import app
from app import Calendar, days
"""
DAYS = CollectItems("app.days")
PLACE = Place.within(Sources.of({"app.py": APP}), "tests/test_it.py")


def changed(source: str, codemod: CollectItems = DAYS) -> str:
    done = apply(HEADER + dedent(source), [codemod], PLACE)
    assert done.startswith(HEADER)
    return done[len(HEADER) :]


ONCE = {
    "a loop": "def test():\n    for each in days(): pass\n",
    "a comprehension": "def test():\n    assert [each for each in days()] == [1]\n",
    "a list of it": "def test():\n    assert list(days()) == [1]\n",
    "sorted": "def test():\n    assert sorted(days()) == [1]\n",
    "joined": "def test():\n    assert ' '.join(days()) == ''\n",
    "a starred argument": "def test():\n    print(*days())\n",
    "unpacked": "def test():\n    first, second = days()\n",
    "the first item": "def test():\n    assert next(days()) == 1\n",
    "a member": "def test():\n    assert 1 in days()\n",
    "a variable that a loop goes over": "def test():\n    found = days()\n    for each in found: pass\n",
    "a variable for each loop": "def test():\n    a = days()\n    list(a)\n    a = days()\n    sum(a)\n",
    "another function": "def test(days):\n    assert days() == [1]\n",
}


@pytest.mark.parametrize("source", ONCE.values(), ids=ONCE)
def test_what_is_gone_over_once_stays(source: str) -> None:
    assert changed(source) == source


LISTS = {
    "compared": ("assert days() == [1]", "assert list(days()) == [1]"),
    "compared by a method": ("self.assertEqual(days(), [1])", "self.assertEqual(list(days()), [1])"),
    "indexed": ("assert days()[0] == 1", "assert list(days())[0] == 1"),
    "measured": ("assert len(days()) == 1", "assert len(list(days())) == 1"),
    "asked whether it is empty": ("assert not days()", "assert not list(days())"),
    "a method of lists": ("assert days().count(1)", "assert list(days()).count(1)"),
    "run for what it does": ("days()", "list(days())"),
    "kept in an object": ("self.found = days()", "self.found = list(days())"),
    "gone over twice": ("a = days()\n    sum(a), sum(a)", "a = list(days())\n    sum(a), sum(a)"),
    "gone over again and again": (
        "a = days()\n    for _ in '12': sum(a)",
        "a = list(days())\n    for _ in '12': sum(a)",
    ),
    "gone over later": ("a = days()\n    return lambda: sum(a)", "a = list(days())\n    return lambda: sum(a)"),
    "given on": ("return days()", "return list(days())"),
    "on two lines": ("assert days(\n        1) == [1]", "assert list(days(\n        1)) == [1]"),
    "by another name": ("assert app.days() == [1]", "assert list(app.days()) == [1]"),
}


@pytest.mark.parametrize(("before", "after"), LISTS.values(), ids=LISTS)
def test_a_list_is_made_where_one_is_needed(before: str, after: str) -> None:
    source = "def test(self):\n    "
    assert changed(f"{source}{before}\n") == f"{source}{after}\n"
    assert changed(f"{source}{after}\n") == f"{source}{after}\n"


@pytest.mark.parametrize("method", ["weeks", "months"])
def test_methods_of_proven_receivers_are_followed(method: str) -> None:
    codemod = CollectItems(f"app.Calendar.{method}")
    source = "def test(calendar):\n    assert {}\n    assert calendar.{}() == [1]\n"
    call = f"Calendar().{method}()"
    assert changed(source.format(f"{call} == [1]", method), codemod) == source.format(f"list({call}) == [1]", method)


LEFT = {
    "asked for its type": "def test():\n    assert isinstance(days(), list)\n",
    "asked for its type later": "def test():\n    found = days()\n    assert type(found) is list\n",
    "asked whether it is the same": "def test():\n    assert days() is None\n",
    "handed to what calls it": "def test():\n    pytest.raises(ValueError, days, 1)\n",
    "replaced": "def test():\n    with patch('app.days', lambda: [1]): pass\n",
    "list is something else": "def test(list):\n    assert days() == [1]\n",
}


@pytest.mark.parametrize("source", LEFT.values(), ids=LEFT)
def test_what_means_something_else_is_left_with_a_reason(source: str) -> None:
    done = rewrite(HEADER + source, [DAYS], PLACE)
    assert done.notes
    assert changed(source) == source


def test_only_containers_are_made() -> None:
    done = rewrite(HEADER + "days()\n", [CollectItems("app.days", "len")], PLACE)
    assert [note.reason for note in done.notes] == ["into=len: must be one of frozenset, list, set, sorted, tuple"]
