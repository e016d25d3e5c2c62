"""Arguments that are required now: they come from what is proven, or from nowhere."""

from __future__ import annotations

from typing import Any

import pytest

TILL = "class Till:\n    def __init__(self):\n        self.coins = 3\n\n\n"
OLD = TILL + "def order(item):\n    return item, 3\n"
NEW = TILL + "def order(item, till: Till):\n    return item, till.coins\n"
CONFTEST = "import pytest\nfrom shop import Till\n\n@pytest.fixture\ndef till():\n    return Till()\n"
TEST = "from shop import order\n\ndef test_order():\n    assert order('tea') == ('tea', 3)\n"


def test_the_only_fixture_of_the_type_is_passed(told: Any) -> None:
    found = told(OLD, NEW, {"conftest.py": CONFTEST, "test_shop.py": TEST})
    assert found.best == "safe: add-argument function=shop.order parameter=till value=till"
    assert "till is the only fixture in reach that gives a Till" in found.evidence


LOST = "def order(item, qty):\n    return item, qty\n"
CALLERS = "\n\ndef sell():\n    return order('tea', 2)\n\n\ndef give():\n    return order('bun', qty=2)\n"


def test_a_default_that_every_caller_passes_now_is_passed(told: Any) -> None:
    old = LOST.replace("qty)", "qty=2)", 1) + "\n\ndef sell():\n    return order('tea')\n"
    tests = "from shop import order\n\ndef test_order():\n    assert order('tea') == ('tea', 2)\n"
    found = told(old, LOST + CALLERS, tests)
    assert found.best == "safe: add-argument function=shop.order parameter=qty value=2"


def test_what_callers_pass_without_having_been_the_default_is_only_shown(told: Any) -> None:
    old = "def order(item):\n    return item, 5\n"
    tests = "from shop import order\n\ndef test_order():\n    assert order('tea') == ('tea', 5)\n"
    found = told(old, LOST + CALLERS, tests)
    assert found.lines == ["display: add-argument function=shop.order parameter=qty value=2"]


SECOND = "\n@pytest.fixture\ndef other_till():\n    return Till()\n"
UNPROVEN = "import pytest\nfrom elsewhere import make\n\n@pytest.fixture\ndef till():\n    return make()\n"
SILENT = {
    "two fixtures of the type": (
        OLD, NEW, {"conftest.py": CONFTEST + SECOND, "test_shop.py": TEST}, "any of the fixtures other_till, till",
    ),
    "no fixture": (OLD, NEW, {"test_shop.py": TEST}, "nothing tells which value the tests need"),
    "a fixture whose type is not proven": (
        OLD,
        NEW,
        {"conftest.py": UNPROVEN, "elsewhere.py": "def make():\n    return object()\n", "test_shop.py": TEST},
        "nothing tells which value the tests need",
    ),
    "a default that callers rely on is lost": (
        LOST.replace("qty)", "qty=2)", 1) + "\n\ndef sell():\n    return order('tea')\n",
        LOST + "\n\ndef sell():\n    return order('tea')\n",
        "from shop import order\n\ndef test_order():\n    assert order('tea') == ('tea', 2)\n",
        "the implementation itself calls shop.order without 'qty'",
    ),
    "it was required before": (
        LOST,
        LOST,
        "from shop import order\n\ndef test_order():\n    assert order('tea') == ('tea', 2)\n",
        "required 'qty' before as well",
    ),
    "callers differ": (
        "def order(item):\n    return item, 5\n",
        LOST + CALLERS.replace("qty=2", "qty=3"),
        "from shop import order\n\ndef test_order():\n    assert order('tea') == ('tea', 5)\n",
        "nothing tells which value the tests need",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "tests", "why"), SILENT.values(), ids=SILENT)
def test_nothing_is_proposed_and_it_says_why(told: Any, old: str, new: str, tests: Any, why: str) -> None:
    found = told(old, new, tests)
    assert (found.lines, why in found.why) == ([], True), found
