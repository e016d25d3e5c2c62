"""What is used in another form now: awaited, read, called."""

from __future__ import annotations

from typing import Any

import pytest

FETCH = "def fetch(name):\n    found = {'name': name}\n    return found\n"
ASYNC = "import asyncio\n\nasync " + FETCH.replace("    return", "    await asyncio.sleep(0)\n    return")
ASKED = "from shop import fetch\n\ndef test_fetch():\n    assert fetch('ada')['name'] == 'ada'\n"
TOTAL = "class Cart:\n    def total(self):\n        return 4 + len('tea')\n"
PROPERTY = TOTAL.replace("    def", "    @property\n    def")
FORMS = {
    "a function that became asynchronous": (
        FETCH,
        ASYNC,
        ASKED,
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


IDLE = "async " + FETCH
SHOP = """
import asyncio

class Shop:
    async def fetch(self):
        return 'ada'

    async def load(self):
        await asyncio.sleep(0)
        return 1
"""
REASONS = {
    "a caller awaits it": (
        FETCH + "\ndef show():\n    return fetch('a')['name']\n",
        IDLE + "\nasync def show():\n    return (await fetch('a'))['name']\n",
        ASKED,
        "fetch",
    ),
    "another member of its class became async for a reason": (
        "class Shop:\n    def fetch(self):\n        return 'ada'\n    def load(self):\n        return 1\n",
        SHOP,
        "from shop import Shop\n\ndef test_fetch():\n    assert Shop().fetch() == 'ada'\n",
        "Shop.fetch",
    ),
}


@pytest.mark.parametrize(("old", "new", "tests", "name"), REASONS.values(), ids=REASONS)
def test_what_shows_that_it_is_to_be_awaited(told: Any, old: str, new: str, tests: str, name: str) -> None:
    assert told(old, new, tests).best.startswith(f"safe: await-call function=shop.{name}")


def test_a_function_that_became_async_for_no_reason_is_only_shown(told: Any) -> None:
    found = told(FETCH, IDLE, ASKED)
    assert found.lines == ["display: await-call function=shop.fetch"]
    assert "that it is async may be a mistake" in found.evidence


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
