"""Assertions that would hold whatever the code does, once a name is what it stood for."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from pytest_agentgate.codemods.reading.names import ModuleNames, parse
from pytest_agentgate.codemods.reading.subjects import Subjects

IMPORTS = """
import decimal
import sys
import shop
from shop import New, Order
from shop.compat import Old, PY3, StringIO, seconds, text_type
"""
NEW = ("shop.compat.Old", "shop.New")
FLAG = ("shop.compat.PY3", "sys.version_info[0] == 3")
STREAM = ("shop.compat.StringIO", "io.StringIO")
TEXT = ("shop.compat.text_type", "str")
FUNCTION = ("shop.compat.seconds", "lambda span: span * 60")

IDLE = {
    "an alias and what it stands for": (NEW, "assert Old is New"),
    "through the module": (NEW, "assert shop.compat.Old is shop.New"),
    "through local names": (NEW, "one = Old\nother = New\nassert one is other"),
    "through local names of one assignment": (NEW, "one, limit = Old, 3\nassert one(limit) == New(limit)"),
    "subclasses": (NEW, "assert issubclass(Old, New)"),
    "instances made alike": (NEW, "assert Old(1).total() == New(1).total()"),
    "an attribute": (NEW, "assert Old.limit == New.limit"),
    "of a TestCase": (NEW, "self.assertEqual(Old(1), New(1))"),
    "in a chain": (NEW, "assert 1 == len(Old.all) == len(New.all)"),
    "an expression": (FLAG, "expected = PY3\nactual = sys.version_info[0] == 3\nassert expected == actual"),
    "nothing but a library": (FLAG, "flag = PY3\nassert flag"),
    "nothing but a library, of a TestCase": (FLAG, "self.assertTrue(PY3 or decimal.MAX_PREC)"),
    "what nobody was given": (STREAM, "out = StringIO('tea')\nassert out.getvalue() == 'tea'"),
    "what only a library was given": (
        STREAM,
        "out = StringIO()\nprint('tea', file=out)\nassert out.getvalue() == 'tea'",
    ),
    "what the code was given afterwards": (STREAM, "out = StringIO()\nassert out.getvalue() == ''\nOrder(out)"),
    "what another local name of its kind was given": (
        STREAM,
        "out, more = StringIO(), StringIO()\nOrder(more)\nassert out.getvalue() == ''",
    ),
    "a text, which stays what it is": (TEXT, "name = text_type('tea')\nOrder(name)\nassert name == 'tea'"),
    "what a function gave": (FUNCTION, "got = seconds(order.minutes)\nassert got == order.minutes * 60"),
    "what a function gave, by keyword": (FUNCTION, "assert seconds(span=Order.span) == Order.span * 60"),
}
TELLING = {
    "something else of the code": (NEW, "assert Order(Old) == Order(1)"),
    "other arguments": (NEW, "assert Old(1) == New(2)"),
    "another class": (NEW, "assert issubclass(Order, Old)"),
    "what differs": (NEW, "assert Old is not New"),
    "was the same before": (NEW, "assert Old.limit == Old.limit"),
    "the code's flag": (FLAG, "assert Order().py3 == PY3"),
    "a fixture": (FLAG, "assert order == PY3"),
    "a local name that is assigned twice": (NEW, "one = Old\none = order\nassert one is New"),
    "an attribute of self": (FLAG, "assert self.flag == PY3"),
    "what the code wrote to": (STREAM, "out = StringIO()\nOrder().show(out)\nassert out.getvalue() == 'tea'"),
    "what the code wrote to, by keyword": (
        STREAM,
        "out = StringIO()\norder.show(file=out)\nassert out.getvalue() == 'tea'",
    ),
    "what the code has in the place of a stream": (
        STREAM,
        "out = StringIO()\norder.setattr(sys, 'stdout', out)\nassert out.getvalue() == 'tea'",
    ),
    "another factor": (FUNCTION, "assert seconds(order.minutes) == order.minutes * 61"),
}


def _idle(name: str, value: str, body: str) -> list[str]:
    text = f"{IMPORTS}\nclass TestShop:\n    def test(self, order):\n{indent(dedent(body), ' ' * 8)}\n"
    return [reason for _, reason in Subjects(ModuleNames(parse(text)), name, value).idle()]


@pytest.mark.parametrize("case", IDLE)
def test_an_assertion_that_would_hold_by_construction_is_found(case: str) -> None:
    (name, value), body = IDLE[case]
    assert len(_idle(name, value, body)) == 1


@pytest.mark.parametrize("case", TELLING)
def test_an_assertion_about_the_code_is_none_of_them(case: str) -> None:
    (name, value), body = TELLING[case]
    assert _idle(name, value, body) == []


def test_a_name_that_is_made_of_itself_comes_from_somewhere_else() -> None:
    assert _idle(*FLAG, "flag = not flag\nassert flag == PY3") == []
