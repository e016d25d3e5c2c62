"""Calls that do not fit: every argument reaches the parameter that it reached before, or nothing is done."""

from __future__ import annotations

from typing import Any

import pytest

NEW_NAMES = {
    "a keyword that was renamed": (
        "def order(item, qty=1):\n    return len(item) * qty + 7\n",
        "def order(item, quantity=1):\n    return len(item) * quantity + 7\n",
        "from shop import order\n\ndef test_order():\n    assert order('tea', qty=2) == 13\n",
        "safe: rename-keyword function=shop.order old=qty new=quantity",
    ),
    "a keyword of a constructor": (
        "class Order:\n    def __init__(self, item, qty=1):\n        self.item = item\n        self.total = qty * 2\n",
        """
        class Order:
            def __init__(self, item, quantity=1):
                self.item = item
                self.total = quantity * 2
        """,
        "from shop import Order\n\ndef test_order():\n    assert Order('tea', qty=2).total == 4\n",
        "safe: rename-keyword function=shop.Order old=qty new=quantity",
    ),
    "places that changed": (
        "def order(item, qty, note):\n    return f'{qty} {item} {note}'\n",
        "def order(item, *, qty, note):\n    return f'{qty} {item} {note}'\n",
        "from shop import order\n\ndef test_order():\n    assert order('tea', 2, 'hot') == '2 tea hot'\n",
        "safe: reorder-arguments function=shop.order old=item,qty,note new=item,*,qty,note",
    ),
}

NEW_NAMES["places that were exchanged, which Python does not notice"] = (
    "class Shop:\n    def order(self, item, number):\n        return item.upper() * number\n",
    "class Shop:\n    def order(self, number, item):\n        return item.upper() * number\n",
    "from shop import Shop\n\ndef test_order():\n    assert Shop().order('tea', 2) == 'TEATEA'\n",
    "safe: reorder-arguments function=shop.Shop.order old=item,number new=number,item",
)


@pytest.mark.parametrize(("old", "new", "tests", "proposal"), NEW_NAMES.values(), ids=NEW_NAMES)
def test_arguments_reach_their_parameters(told: Any, old: str, new: str, tests: str, proposal: str) -> None:
    assert told(old, new, tests).best == proposal


NEVER_SAFE = {
    "an argument that is gone": (
        "def order(item, gift=False):\n    return (item, 'wrapped') if gift else item\n",
        "def order(item):\n    return item\n",
        "from shop import order\n\ndef test_order():\n    assert order('tea', gift=False) == 'tea'\n",
        "display: remove-argument function=shop.order parameter=gift old=item,gift",
    ),
    "one that took its place by name alone": (
        "def order(item, gift_paper=None):\n    return (item, gift_paper) if gift_paper else item\n",
        "def order(item, gift_box=None):\n    return [item, [gift_box]] * 3 if gift_box else item\n",
        "from shop import order\n\ndef test_order():\n    assert order('tea', gift_paper=None) == 'tea'\n",
        "",
    ),
}


@pytest.mark.parametrize(("old", "new", "tests", "proposal"), NEVER_SAFE.values(), ids=NEVER_SAFE)
def test_what_may_be_lost_is_only_shown(told: Any, old: str, new: str, tests: str, proposal: str) -> None:
    found = told(old, new, tests)
    assert found.may_run == [] or "rename-keyword" in found.best
    assert not proposal or found.best == proposal


def test_an_argument_that_callers_dropped_as_well_may_be_dropped_when_asked_for(told: Any) -> None:
    old = "def order(item, gift=0):\n    return item\n\ndef sell():\n    return order('tea', gift=0)\n"
    new = "def order(item):\n    return item\n\ndef sell():\n    return order('tea')\n"
    found = told(old, new, "from shop import order\n\ndef test_order():\n    assert order('tea', gift=0) == 'tea'\n")
    assert found.best == "unsafe: remove-argument function=shop.order parameter=gift old=item,gift"
    assert "the implementation passed it (src/shop.py:5) and does not any more (src/shop.py:5)" in found.evidence


def test_an_order_that_callers_do_not_follow_may_be_a_mistake(told: Any) -> None:
    old = "def order(item, number):\n    return item * number\n\ndef sell():\n    return order('tea', 2)\n"
    new = old.replace("order(item, number)", "order(number, item)").replace("item * number", "item.upper() * number")
    tests = "from shop import order\n\ndef test_order():\n    assert order('tea', 2) == 'teatea'\n"
    found = told(old, new, tests)
    assert [line.partition(":")[0] for line in found.lines] == ["display"]
    assert "the order may be a mistake" in found.evidence


SILENT = {
    "the implementation still passes the old keyword": (
        "def order(item, qty=1):\n    return len(item) * qty + 7\n\ndef sell():\n    return order('tea', qty=3)\n",
        """
        def order(item, quantity=1):
            return len(item) * quantity + 7

        def sell():
            return order('tea', qty=3)
        """,
        "from shop import order\n\ndef test_order():\n    assert order('tea', qty=2) == 13\n",
        "the change is half done",
    ),
    "the keyword was never taken": (
        "def order(item):\n    return item\n",
        "def order(item, note=''):\n    return item + note\n",
        "from shop import order\n\ndef test_order():\n    assert order('tea', gift=2) == 'tea'\n",
        "never took 'gift'",
    ),
    "the implementation calls a double of the tests": (
        "def sell(order):\n    return order('tea')\n",
        "def sell(order):\n    return order('tea', note='hot')\n",
        "from shop import sell\n\ndef test_sell():\n    assert sell(lambda item: item) == 'tea'\n",
        "in a way that it does not take",
    ),
}


@pytest.mark.parametrize(("old", "new", "tests", "why"), SILENT.values(), ids=SILENT)
def test_nothing_is_proposed_and_it_says_why(told: Any, old: str, new: str, tests: str, why: str) -> None:
    found = told(old, new, tests)
    assert (found.lines, why in found.why) == ([], True), found
