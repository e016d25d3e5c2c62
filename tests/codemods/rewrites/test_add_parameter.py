"""A parameter of what tests put in the place of a function: what must stay, what takes it, and that the tests pass."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest

from pytest_agentgate.codemods.apply import apply, rewrite
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.rewrites.add_parameter import AddParameter
from pytest_agentgate.errors import UsageError

SHOP = """
class Tariff:
    def price(self, item, day): ...
class Other:
    def price(self, item): ...
def send(text, to): ...
"""
PRICE = AddParameter("shop.Tariff.price", "day", ("item", "day"))
SEND = AddParameter("shop.send", "to", ("text", "to"))
PLACE = Place.within(Sources.of({"shop.py": SHOP}), "tests/test_it.py")
HEADER = "import shop\nfrom unittest.mock import patch\nfrom shop import Other, Tariff\n"


def changed(source: str, codemod: AddParameter = PRICE) -> str:
    return apply(HEADER + dedent(source), [codemod], PLACE)[len(HEADER) :]


def notes(source: str, codemod: AddParameter = PRICE) -> list[str]:
    return [note.reason for note in rewrite(HEADER + dedent(source), [codemod], PLACE).notes]


UNCHANGED = {
    "a class of its own": "class A:\n    def price(self, item): ...\n",
    "another class": "class A(Other):\n    def price(self, item): ...\n",
    "another method": "class A(Tariff):\n    def cost(self, item): ...\n",
    "it takes it": "class A(Tariff):\n    def price(self, item, day=None): ...\n",
    "it takes anything": "class A(Tariff):\n    def price(self, item, **more): ...\n",
}
POINTED_OUT = {
    "the name is a variable": ("class A(Tariff):\n    def price(self, x):\n        day = 1\n", "something else"),
    "the name is a global": ("class A(Tariff):\n    def price(self, x):\n        return day(x)\n", "something else"),
    "a star": ("class A(Tariff):\n    def price(self, *items): ...\n", "can't be told"),
    "fewer parameters": ("class A(Tariff):\n    def price(self): ...\n", "can't be told"),
    "behind a default": ("class A(Tariff):\n    def price(self, item=1): ...\n", "default"),
}
CHANGED = {
    "an override": (
        "class A(Tariff):\n    def price(self, item):\n        return 1\n",
        "class A(Tariff):\n    def price(self, item, day):\n        return 1\n",
    ),
    "with another name for the first": (
        "class A(Tariff):\n    def price(self, thing): ...\n",
        "class A(Tariff):\n    def price(self, thing, day): ...\n",
    ),
    "with more of its own": (
        "class A(Tariff):\n    def price(self, item, *, cut=0): ...\n",
        "class A(Tariff):\n    def price(self, item, day, *, cut=0): ...\n",
    ),
    "over lines": (
        "class A(Tariff):\n    def price(\n        self,\n        item,  # one\n    ): ...\n",
        "class A(Tariff):\n    def price(\n        self,\n        item,  # one\n        day,\n    ): ...\n",
    ),
    "that asks the class above": (
        "class A(Tariff):\n    def price(self, item):\n        return super().price(item) + 1\n",
        "class A(Tariff):\n    def price(self, item, day):\n        return super().price(item, day=day) + 1\n",
    ),
    "a patch": (
        "def test(monkeypatch):\n    monkeypatch.setattr(Tariff, 'price', lambda self, item: 1)\n",
        "def test(monkeypatch):\n    monkeypatch.setattr(Tariff, 'price', lambda self, item, day: 1)\n",
    ),
    "a patch of an instance": (
        "def test(monkeypatch):\n    monkeypatch.setattr(Tariff(), 'price', lambda item: 1)\n",
        "def test(monkeypatch):\n    monkeypatch.setattr(Tariff(), 'price', lambda item, day: 1)\n",
    ),
}


@pytest.mark.parametrize("source", UNCHANGED.values(), ids=UNCHANGED.keys())
def test_it_stays(source: str) -> None:
    assert changed(source) == source
    assert notes(source) == []


@pytest.mark.parametrize(("source", "said"), POINTED_OUT.values(), ids=POINTED_OUT.keys())
def test_it_is_left_and_pointed_out(source: str, said: str) -> None:
    assert changed(source) == source
    assert [said in note for note in notes(source)] == [True]


@pytest.mark.parametrize(("before", "after"), CHANGED.values(), ids=CHANGED.keys())
def test_it_takes_the_parameter(before: str, after: str) -> None:
    assert changed(before) == after
    assert changed(after) == after, "twice equals once"


def test_what_stands_in_for_a_function_takes_it() -> None:
    before = "def fake(text):\n    return 1\n\n@patch('shop.send', fake)\ndef test():\n    shop.send('a')\n"
    assert changed(before, SEND) == before.replace("(text)", "(text, to)")


def test_a_function_that_is_also_used_otherwise_stays() -> None:
    source = "def fake(text):\n    return 1\n\n@patch('shop.send', fake)\ndef test():\n    fake('a')\n"
    assert changed(source, SEND) == source


def test_a_parameter_by_keyword_alone_and_its_default() -> None:
    codemod = AddParameter("shop.Tariff.price", "day", ("item", "*", "day"), "None")
    before = "class A(Tariff):\n    def price(self, item, cut=0): ...\n"
    assert changed(before, codemod) == before.replace("cut=0", "cut=0, *, day=None")
    assert changed(before.replace("cut=0", "*, cut"), codemod) == before.replace("cut=0", "*, cut, day=None")


def test_the_parameter_must_be_among_the_new_ones() -> None:
    with pytest.raises(UsageError, match="day is not among them"):
        AddParameter("shop.Tariff.price", "day", ("item",))


OLD = """
class Tariff:
    def price(self, item):
        return 2

def total(items, tariff):
    return sum(tariff.price(item) for item in items)
"""
NEW = OLD.replace("self, item", "self, item, day").replace("price(item)", "price(item, day=1)")
TESTS = {
    "tests/test_shop.py": """
        from shop import Tariff, total

        class Fixed(Tariff):
            def price(self, item):
                return super().price(item) + 1

        def test_total(monkeypatch):
            assert total("ab", Fixed()) == 6
            monkeypatch.setattr(Tariff, "price", lambda self, item: 5)
            assert total("ab", Tariff()) == 10
    """
}


def test_the_tests_pass_again(prove: Callable[..., dict[str, str]]) -> None:
    prove(PRICE, {"shop.py": OLD}, {"shop.py": NEW}, TESTS, count=1)
