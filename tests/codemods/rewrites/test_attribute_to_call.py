"""A property that became a method: what must stay, what is called now, and that the tests then pass."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest

from pytest_agentgate.codemods.apply import apply, rewrite
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.rewrites.attribute_to_call import AttributeToCall

SHOP = "class Cart:\n    def total(self): ...\nclass Other:\n    total = 1\n"
CODEMOD = AttributeToCall(old="shop.Cart.total")
PLACE = Place.within(Sources.of({"shop.py": SHOP}), "tests/test_it.py")
HEADER = "from unittest import mock\nfrom unittest.mock import PropertyMock, patch\nfrom shop import Cart, Other\n"


def changed(source: str) -> str:
    return apply(HEADER + dedent(source), [CODEMOD], PLACE)[len(HEADER) :]


def notes(source: str) -> list[str]:
    return [note.reason for note in rewrite(HEADER + dedent(source), [CODEMOD], PLACE).notes]


UNCHANGED = {
    "unknown": "def check(cart):\n    cart.total\n",
    "another class": "Other().total\n",
    "called already": "Cart().total()\n",
    "called already, over lines": "Cart().total(\n)\n",
    "hasattr": "hasattr(Cart(), 'total')\n",
    "a called getattr": "getattr(Cart(), 'total')()\n",
    "a mock's method": "m = mock.Mock(spec=Cart)\nm.total.return_value = 1\nm.total.assert_called_once_with()\n",
    "a patch": "patch.object(Cart, 'total', return_value=3)\n",
    "a method of a derived class": "class Fake(Cart):\n    def total(self):\n        return 1\n",
}
CHANGED = {
    "read": ("assert Cart().total == 0\n", "assert Cart().total() == 0\n"),
    "an attribute of it": ("Cart().total.amount\n", "Cart().total().amount\n"),
    "an element of it": ("Cart().total[0]\n", "Cart().total()[0]\n"),
    "in parentheses": ("x = (Cart()\n     .total)  # sum\n", "x = (Cart()\n     .total)()  # sum\n"),
    "in an f-string": ("f'{Cart().total:.2f}'\n", "f'{Cart().total():.2f}'\n"),
    "in a comprehension": ("[c.total for c in [Cart()]]\n", "[c.total() for c in [Cart()]]\n"),
    "getattr": ("getattr(Cart(), 'total')\n", "getattr(Cart(), 'total')()\n"),
    "super": (
        "class Fake(Cart):\n    def more(self):\n        return super().total + self.total\n",
        "class Fake(Cart):\n    def more(self):\n        return super().total() + self.total()\n",
    ),
    "a property of a derived class": (
        "class Fake(Cart):\n    # half\n    @property\n    # of it\n    def total(self):\n        return 1\n",
        "class Fake(Cart):\n    # half\n    # of it\n    def total(self):\n        return 1\n",
    ),
    "a mock's value": (
        "m = mock.Mock(spec=Cart)\nm.total = 3\n",
        "m = mock.Mock(spec=Cart)\nm.total.return_value = 3\n",
    ),
    "a property mock": (
        "patch.object(Cart, 'total', new_callable=PropertyMock, return_value=3)\n",
        "patch.object(Cart, 'total', return_value=3)\n",
    ),
    "a property mock at the end": (
        "patch('shop.Cart.total', return_value=3, new_callable=mock.PropertyMock)\n",
        "patch('shop.Cart.total', return_value=3)\n",
    ),
    "a property that is set": (
        "def test(monkeypatch):\n    monkeypatch.setattr(Cart, 'total', property(lambda self: 3))\n",
        "def test(monkeypatch):\n    monkeypatch.setattr(Cart, 'total', lambda self: 3)\n",
    ),
}
POINTED_OUT = {
    "unknown": ("def check(cart):\n    cart.total\n", "can't be told"),
    "assigned": ("c = Cart()\nc.total = 1\n", "can't be assigned"),
    "on the class": ("Cart.total\n", "on the class"),
    "patched with a value": ("patch.object(Cart, 'total', 3)\n", "has to be callable"),
    "a constant of a derived class": ("class Fake(Cart):\n    total = 3\n", "has to be callable"),
}


@pytest.mark.parametrize("source", UNCHANGED.values(), ids=UNCHANGED.keys())
def test_it_stays(source: str) -> None:
    assert changed(source) == source


@pytest.mark.parametrize(("before", "after"), CHANGED.values(), ids=CHANGED.keys())
def test_it_is_called(before: str, after: str) -> None:
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

    @property
    def total(self):
        return sum(self.items)

    @classmethod
    def load(cls) -> "Cart":
        return cls(1, 2)

def checkout(cart):
    return cart.total * 2
"""
NEW = OLD.replace("    @property\n", "").replace("cart.total", "cart.total()")
TESTS = {
    "tests/conftest.py": """
        import pytest
        from shop import Cart

        @pytest.fixture
        def cart():
            cart = Cart(2, 3)
            assert cart.total == 5
            return cart
    """,
    "tests/test_cart.py": """
        from unittest.mock import Mock, PropertyMock, patch

        import pytest
        from shop import Cart, checkout

        class Free(Cart):
            @property
            def total(self):
                return super().total * 0

        def test_fixture(cart):
            assert cart.total == 5
            assert f"{cart.total:>3}" == "  5"
            assert getattr(cart, "total") == 5

        def test_derived():
            assert checkout(Free(7)) == 0
            assert [each.total for each in [Free(1), Cart.load()]] == [0, 3]

        def test_mock():
            cart = Mock(spec=Cart)
            cart.total = 4
            assert checkout(cart) == 8

        def test_patched(monkeypatch):
            with patch.object(Cart, "total", new_callable=PropertyMock, return_value=6) as total:
                assert checkout(Cart()) == 12
            total.assert_called_once_with()
            monkeypatch.setattr(Cart, "total", property(lambda self: 1))
            assert checkout(Cart()) == 2

        @pytest.mark.parametrize("made", [Cart(1), Cart.load()])
        def test_parametrized(made):
            assert made.total > 0
    """,
}


def test_rewritten_tests_pass(prove: Callable[..., dict[str, str]]) -> None:
    prove(CODEMOD, {"shop.py": OLD}, {"shop.py": NEW}, TESTS, count=6)
