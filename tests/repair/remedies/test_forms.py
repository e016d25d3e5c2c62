"""What is used in another form now: awaited, read, called."""

from __future__ import annotations

from typing import Any

import pytest

FETCH = "def fetch(name):\n    found = {'name': name}\n    return found\n"
ASYNC = FETCH.replace("def fetch", "async def fetch")
TOTAL = "class Cart:\n    def total(self):\n        return 4 + len('tea')\n"
PROPERTY = TOTAL.replace("    def", "    @property\n    def")
FORMS = {
    "a function that became asynchronous": (
        FETCH,
        ASYNC,
        "from shop import fetch\n\ndef test_fetch():\n    assert fetch('ada')['name'] == 'ada'\n",
        "safe: await-call function=shop.fetch",
    ),
    "a method that became a property": (
        TOTAL,
        PROPERTY,
        "from shop import Cart\n\ndef test_total():\n    assert Cart().total() == 7\n",
        "safe: call-to-attribute old=shop.Cart.total",
    ),
    "a property that became a method": (
        PROPERTY,
        TOTAL,
        "from shop import Cart\n\ndef test_total():\n    assert Cart().total == 7\n",
        "safe: attribute-to-call old=shop.Cart.total",
    ),
}


@pytest.mark.parametrize(("old", "new", "tests", "proposal"), FORMS.values(), ids=FORMS)
def test_the_new_form_is_used(told: Any, old: str, new: str, tests: str, proposal: str) -> None:
    assert told(old, new, tests).best == proposal


SILENT = {
    "the failing test does not ask for it": (
        FETCH + "\ndef size():\n    return None\n",
        ASYNC + "\ndef size():\n    return None\n",
        "from shop import size\n\ndef test_size():\n    assert size()() == 'coroutine'\n",
    ),
    "a wrong value is returned": (
        TOTAL,
        TOTAL.replace("4 + len('tea')", "5"),
        "from shop import Cart\n\ndef test_total():\n    assert Cart().total()() == 7\n",
    ),
    "nothing changed its form": (
        TOTAL,
        TOTAL,
        "from shop import Cart\n\ndef test_total():\n    assert Cart().total == 7\n",
    ),
}


@pytest.mark.parametrize(("old", "new", "tests"), SILENT.values(), ids=SILENT)
def test_nothing_is_proposed_that_would_run(told: Any, old: str, new: str, tests: str) -> None:
    assert told(old, new, tests).may_run == []
