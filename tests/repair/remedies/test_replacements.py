"""What tests put in the place of the implementation's functions, and what these are passed now."""

from __future__ import annotations

from typing import Any

import pytest

OLD = """
class Tariff:
    def price(self, item):
        return 2

class Double(Tariff):
    def price(self, item):
        return 4

def send(text):
    return text

def total(items, tariff):
    send('total')
    return sum(tariff.price(item) for item in items)
"""
NEW = OLD.replace("self, item", "self, item, day").replace("price(item)", "price(item, day=1)")
OVERRIDE = """
    from shop import Tariff, total

    class Fixed(Tariff):
        def price(self, item):
            return 3

    def test_total():
        assert total('ab', Fixed()) == 6
"""
STAND_IN = """
    import shop

    def test_total(monkeypatch):
        monkeypatch.setattr(shop, 'send', lambda text: text)
        assert shop.total('ab', shop.Tariff()) == 4
"""


def test_an_override_takes_what_the_method_takes(told: Any) -> None:
    found = told(OLD, NEW, OVERRIDE)
    assert found.best == "safe: add-parameter function=shop.Tariff.price parameter=day new=item,day"
    assert "shop.Tariff.price takes day now (src/shop.py:" in found.evidence


def test_it_takes_what_is_passed_by_position(told: Any) -> None:
    new = NEW.replace("day=1", "1")
    assert told(OLD, new, OVERRIDE).best == "safe: add-parameter function=shop.Tariff.price parameter=day new=item,day"


def test_it_takes_the_default_too(told: Any) -> None:
    new = NEW.replace("item, day)", "item, *, day=None)")
    assert told(OLD, new, OVERRIDE).best == (
        "safe: add-parameter function=shop.Tariff.price parameter=day new=item,*,day default=None"
    )


def test_what_stands_in_for_a_function_takes_it(told: Any) -> None:
    new = OLD.replace("def send(text)", "def send(text, to)").replace("send('total')", "send('total', to='ada')")
    assert told(OLD, new, STAND_IN).best == "safe: add-parameter function=shop.send parameter=to new=text,to"


TRAPS = {
    "an override in the implementation does not take it": NEW.replace("return 2", "return 3", 1).replace(
        "self, item, day):\n        return 4", "self, item):\n        return 4"
    ),
    "only the caller passes it": OLD.replace("price(item)", "price(item, day=1)"),
    "the caller passes something else": NEW.replace("day=1", "week=1"),
    "a parameter has another name beside": NEW.replace("self, item, day", "self, thing, day"),
}


@pytest.mark.parametrize("new", TRAPS.values(), ids=TRAPS)
def test_a_bug_that_looks_alike_is_not_followed(told: Any, new: str) -> None:
    assert told(OLD, new, OVERRIDE).may_run == []
