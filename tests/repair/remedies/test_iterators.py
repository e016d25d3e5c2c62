"""Functions that gave a list and give their items one by one."""

from __future__ import annotations

from typing import Any

import pytest

LISTED = """
def days(last):
    found = []
    for day in range(last):
        found.append(day)
    return found
"""
YIELDED = """
def days(last):
    for day in range(last):
        yield day
"""
MADE = "def days(last):\n    return [day * 2 for day in range(last)]\n"
LAZY = "def days(last):\n    return (day * 2 for day in range(last))\n"
COMPARED = "from shop import days\n\ndef test_days():\n    assert days(2) == [0, 1]\n"
DOUBLED = COMPARED.replace("[0, 1]", "[0, 2]")
METHOD = "class Year:\n    @classmethod\n    def days(cls, last):\n        return {}\n"
FOLLOWED = {
    "a generator": (LISTED, YIELDED, COMPARED),
    "indexed": (LISTED, YIELDED, COMPARED.replace("days(2) == [0, 1]", "days(2)[0] == 0")),
    "measured": (LISTED, YIELDED, COMPARED.replace("days(2) == [0, 1]", "len(days(2)) == 2")),
    "an expression whose annotation says so": (
        MADE.replace("(last)", "(last) -> list[int]", 1),
        "from collections.abc import Iterator\n\n" + LAZY.replace("(last)", "(last) -> Iterator[int]", 1),
        DOUBLED,
    ),
    "an expression whose docstring says so": (
        MADE.replace("    return", "    '''A list of days.'''\n    return"),
        LAZY.replace("    return", "    '''An iterator over days.'''\n    return"),
        DOUBLED,
    ),
    "another function's list": (
        LISTED + "\ndef all_days():\n    return days(9)\n",
        YIELDED + "\ndef all_days():\n    yield from days(9)\n",
        "from shop import all_days\n\ndef test_days():\n    assert len(all_days()) == 9\n",
    ),
    "callers that go over it once": (
        LISTED + "\ndef busy():\n    return sum(days(3))\n",
        YIELDED + "\ndef busy():\n    return sum(days(3))\n",
        COMPARED,
    ),
}


@pytest.mark.parametrize(("old", "new", "tests"), FOLLOWED.values(), ids=FOLLOWED)
def test_a_list_is_made_of_the_items(told: Any, old: str, new: str, tests: str) -> None:
    name = "all_days" if "all_days" in tests else "days"
    assert told(old, new, tests).lines == [f"safe: collect-items function=shop.{name}"]


def test_a_method_and_a_tuple_are_followed(told: Any) -> None:
    old, new = METHOD.format("tuple(range(last))"), METHOD.format("map(int, range(last))")
    tests = "from shop import Year\n\ndef test_days():\n    assert Year.days(2) == (0, 1)\n"
    told_ = told(old, new, tests)
    assert told_.lines == ["unsafe: collect-items function=shop.Year.days into=tuple"]
    assert "by mistake" in told_.evidence


SILENT = {
    "its annotation still promises a list": (
        MADE.replace("(last)", "(last) -> list[int]", 1),
        LAZY.replace("(last)", "(last) -> list[int]", 1),
        DOUBLED,
    ),
    "the implementation indexes it": (
        LISTED + "\ndef first():\n    return days(3)[0]\n",
        YIELDED + "\ndef first():\n    return days(3)[0]\n",
        COMPARED,
    ),
    "the implementation measures it later": (
        LISTED + "\ndef count():\n    found = days(3)\n    return len(found)\n",
        YIELDED + "\ndef count():\n    found = days(3)\n    return len(found)\n",
        COMPARED,
    ),
    "a method that the implementation calls on something": (
        METHOD.format("[1]") + "\ndef first(year):\n    return year.days(1)[0]\n",
        METHOD.format("(each for each in [1])") + "\ndef first(year):\n    return year.days(1)[0]\n",
        "from shop import Year\n\ndef test_days():\n    assert Year.days(2) == [1]\n",
    ),
    "it gave an iterator before": (YIELDED, YIELDED, COMPARED),
    "it did not always give a list": (
        LISTED.replace("    found = []", "    if not last:\n        return None\n    found = []"),
        YIELDED,
        COMPARED,
    ),
    "it does not always give an iterator": (
        MADE,
        "def days(last):\n    if last > 9:\n        return []\n    return (day * 2 for day in range(last))\n",
        DOUBLED,
    ),
}


@pytest.mark.parametrize(("old", "new", "tests"), SILENT.values(), ids=SILENT)
def test_a_mistake_is_not_followed(told: Any, old: str, new: str, tests: str) -> None:
    assert told(old, new, tests).lines == []


def test_brackets_that_became_parentheses_may_be_a_mistake(told: Any) -> None:
    assert told(MADE, LAZY, DOUBLED).lines == ["unsafe: collect-items function=shop.days"]


LOCAL = """
class Shop:
    def only(self, names):
        found = []
        for name in names:
            found.append(name)

        class Some:
            def items(self):
                return found

        return Some()
"""
LIFTED = """
class Shop:
    def only(self, names):
        return Some(names)

class Some:
    def __init__(self, names):
        self.names = names

    def items(self):
        for name in self.names:
            yield name
"""
OF_SOME = """
from shop import Shop

def test_items():
    assert Shop().only(["tea"]).items() == ["tea"]
"""


def test_a_method_of_a_class_that_a_function_made_for_itself_is_followed(told: Any) -> None:
    assert told(LOCAL, LIFTED, OF_SOME).lines == ["safe: collect-items function=shop.Some.items"]


def test_a_class_that_no_function_made_is_another_one(told: Any) -> None:
    assert not told(LOCAL.replace("Some", "Other"), LIFTED, OF_SOME).lines


def test_a_name_that_unittest_shortens_is_known_by_its_beginning(told: Any) -> None:
    new, old = (text.replace("Some", "ItemsOfThoseThatWereAskedFor") for text in (LIFTED, LOCAL))
    tests = """
        import unittest
        from shop import Shop

        class TestShop(unittest.TestCase):
            def test_items(self):
                names = ["first" * 9, "second" * 9]
                self.assertEqual(Shop().only(names).items(), names)
    """
    assert told(old, new, tests).lines == ["safe: collect-items function=shop.ItemsOfThoseThatWereAskedFor.items"]
