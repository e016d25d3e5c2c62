"""Members of classes that are called differently now."""

from __future__ import annotations

from typing import Any

import pytest

CART = """
class Cart:
    def __init__(self):
        self.items = [2, 3]

    def total(self):
        found = 4
        for item in self.items:
            found += item * 2
        return found

def bill(cart: Cart):
    return cart.total()
"""
RENAMED = CART.replace("total", "total_price")
TEST = "from shop import Cart\n\ndef test_total():\n    assert Cart().total() == 14\n"


def test_a_method_is_called_by_its_new_name(told: Any) -> None:
    found = told(CART, RENAMED, TEST)
    assert found.best == "safe: rename-attribute old=shop.Cart.total new=total_price"
    assert "shop.Cart.total -> shop.Cart.total_price (src/shop.py:5)" in found.evidence


def test_a_method_that_a_derived_class_inherits_is_called_by_its_new_name(told: Any) -> None:
    derived = "\n\nclass Basket(Cart):\n    pass\n"
    tests = "from shop import Basket\n\ndef test_total():\n    assert Basket().total() == 14\n"
    found = told(CART + derived, RENAMED + derived, tests)
    assert found.best == "safe: rename-attribute old=shop.Cart.total new=total_price"


def test_a_class_that_kept_its_old_name_as_another_one(told: Any) -> None:
    """What runs is called Basket, and says so; the tests call it Cart."""
    later = f"{RENAMED.replace('Cart', 'Basket')}\n\nCart = Basket\n"
    found = told(CART, later, TEST)
    assert found.best == "safe: rename-attribute old=shop.Basket.total new=total_price"
    assert "shop.Cart.total -> shop.Basket.total_price" in found.evidence


def test_a_class_that_took_the_name_of_two_with_other_members_is_none(told: Any) -> None:
    basket = (
        "\n\nclass Basket:\n    def total(self):\n        return 'nothing'\n\n    def more(self):\n        return 1\n"
    )
    later = f"{RENAMED}\n\nBasket = Cart\n"
    tests = "from shop import Basket\n\ndef test_total():\n    assert Basket().total() == 'nothing'\n"
    found = told(CART + basket, later, tests)
    assert (found.lines, "may have become total_price, or is gone" in found.why) == ([], True), found


SILENT = {
    "the member is gone": (CART, CART.partition("    def total")[0], TEST, "is gone"),
    "it never was there": (
        CART, CART, "from shop import Cart\n\ndef test_sum():\n    assert Cart().sum() == 14\n", "no difference",
    ),
    "the implementation asks for it": (
        CART,
        RENAMED.replace("cart.total_price()", "cart.total()"),
        "from shop import Cart, bill\n\ndef test_bill():\n    assert bill(Cart()) == 14\n",
        "the implementation itself",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "tests", "why"), SILENT.values(), ids=SILENT)
def test_nothing_is_proposed_and_it_says_why(told: Any, old: str, new: str, tests: str, why: str) -> None:
    found = told(old, new, tests)
    assert (found.lines, why in found.why) == ([], True), found


def test_two_members_that_are_alike_are_none(told: Any) -> None:
    body = CART.partition("        self.items = [2, 3]\n")[2].partition("def bill")[0]
    head = CART.partition("    def total")[0]
    both = head + body.replace("total", "total_sum") + body.replace("total", "sum_total")
    assert told(CART.partition("def bill")[0], both, TEST).may_run == []
