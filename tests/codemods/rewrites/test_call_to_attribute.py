"""A method that became a property: what must stay, what is read now, and that the tests then pass."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest

from pytest_agentgate.codemods.apply import apply, rewrite
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.rewrites.call_to_attribute import CallToAttribute

SHOP = "class Cart:\n    @property\n    def total(self): ...\nclass Other:\n    def total(self): ...\n"
CODEMOD = CallToAttribute(old="shop.Cart.total")
PLACE = Place.within(Sources.of({"shop.py": SHOP}), "tests/test_it.py")
HEADER = "from unittest import mock\nfrom unittest.mock import PropertyMock, patch\nfrom shop import Cart, Other\n"


def changed(source: str) -> str:
    return apply(HEADER + dedent(source), [CODEMOD], PLACE)[len(HEADER) :]


def notes(source: str) -> list[str]:
    return [note.reason for note in rewrite(HEADER + dedent(source), [CODEMOD], PLACE).notes]


UNCHANGED = {
    "unknown": "def check(cart):\n    cart.total()\n",
    "another class": "Other().total()\n",
    "read already": "Cart().total\n",
    "a function of the name": "total()\n",
    "a property of a derived class": "class Fake(Cart):\n    @property\n    def total(self):\n        return 1\n",
    "a patched property": "patch.object(Cart, 'total', new_callable=PropertyMock, return_value=3)\n",
}
CHANGED = {
    "called": ("assert Cart().total() == 0\n", "assert Cart().total == 0\n"),
    "called over lines": ("x = (Cart()\n     .total(\n     ))  # sum\n", "x = (Cart()\n     .total)  # sum\n"),
    "an attribute of it": ("Cart().total().amount\n", "Cart().total.amount\n"),
    "in an f-string": ("f'{Cart().total():.2f}'\n", "f'{Cart().total:.2f}'\n"),
    "getattr": ("getattr(Cart(), 'total')()\n", "getattr(Cart(), 'total')\n"),
    "a method of a derived class": (
        "class Fake(Cart):\n    # half\n    def total(self):\n        return super().total() / 2\n",
        "class Fake(Cart):\n    # half\n    @property\n    def total(self):\n        return super().total / 2\n",
    ),
    "a mock's value": (
        "m = mock.Mock(spec=Cart)\nm.total.return_value = 3\n",
        "m = mock.Mock(spec=Cart)\nm.total = 3\n",
    ),
    "a patch": (
        "patch.object(Cart, 'total', return_value=3)\n",
        "patch.object(Cart, 'total', return_value=3, new_callable=PropertyMock)\n",
    ),
    "a patch over lines": (
        "patch(\n    'shop.Cart.total',\n    return_value=3,\n)\n",
        "patch(\n    'shop.Cart.total',\n    return_value=3,\n    new_callable=PropertyMock,\n)\n",
    ),
    "a function that is set": (
        "def test(monkeypatch):\n    monkeypatch.setattr(Cart, 'total', lambda self: 3)\n",
        "def test(monkeypatch):\n    monkeypatch.setattr(Cart, 'total', property(lambda self: 3))\n",
    ),
}
POINTED_OUT = {
    "unknown": ("def check(cart):\n    cart.total()\n", "can't be told"),
    "with arguments": ("Cart().total(1)\n", "takes no arguments"),
    "what it gives is called": ("Cart().total()()\n", "can't be told"),
    "on the class": ("list(map(Cart.total, carts))\n", "no function"),
    "a mock that is asked": ("m = mock.Mock(spec=Cart)\nm.total.assert_called()\n", "does not record"),
    "a patched instance": ("patch.object(Cart(), 'total', return_value=3)\n", "on the class"),
    "an autospec": ("patch.object(Cart, 'total', autospec=True)\n", "spec"),
    "a method of a derived class with arguments": ("class Fake(Cart):\n    def total(self, x): ...\n", "no arguments"),
}


@pytest.mark.parametrize("source", UNCHANGED.values(), ids=UNCHANGED.keys())
def test_it_stays(source: str) -> None:
    assert changed(source) == source


@pytest.mark.parametrize(("before", "after"), CHANGED.values(), ids=CHANGED.keys())
def test_it_is_read(before: str, after: str) -> None:
    assert changed(before) == after
    assert changed(after) == after, "twice equals once"


@pytest.mark.parametrize(("source", "said"), POINTED_OUT.values(), ids=POINTED_OUT.keys())
def test_it_is_left_and_pointed_out(source: str, said: str) -> None:
    assert changed(source) == source
    assert [said in note for note in notes(source)] == [True]


OLD = """
class Cart:
    def __init__(self, *items):
        self.items = items

    def total(self):
        return sum(self.items)

    @classmethod
    def load(cls) -> "Cart":
        return cls(1, 2)

def checkout(cart):
    return cart.total() * 2
"""
NEW = OLD.replace("    def total", "    @property\n    def total").replace("cart.total()", "cart.total")
TESTS = {
    "tests/conftest.py": """
        import pytest
        from shop import Cart

        @pytest.fixture
        def cart():
            cart = Cart(2, 3)
            assert cart.total() == 5
            return cart
    """,
    "tests/test_cart.py": """
        from unittest.mock import Mock, patch

        import pytest
        from shop import Cart, checkout

        class Free(Cart):
            def total(self):
                return super().total() * 0

        def test_fixture(cart):
            assert cart.total() == 5
            assert f"{cart.total():>3}" == "  5"
            assert getattr(cart, "total")() == 5

        def test_derived():
            assert checkout(Free(7)) == 0
            assert [each.total() for each in [Free(1), Cart.load()]] == [0, 3]

        def test_mock():
            cart = Mock(spec=Cart)
            cart.total.return_value = 4
            assert checkout(cart) == 8

        def test_patched(monkeypatch):
            with patch.object(Cart, "total", return_value=6) as total:
                assert checkout(Cart()) == 12
            total.assert_called_once_with()
            with patch("shop.Cart.total") as total:
                total.return_value = 3
                assert checkout(Cart()) == 6
            monkeypatch.setattr(Cart, "total", lambda self: 1)
            assert checkout(Cart()) == 2

        @pytest.mark.parametrize("made", [Cart(1), Cart.load()])
        def test_parametrized(made):
            assert made.total() > 0
    """,
}


def test_rewritten_tests_pass(prove: Callable[..., dict[str, str]]) -> None:
    prove(CODEMOD, {"shop.py": OLD}, {"shop.py": NEW}, TESTS, count=6)
