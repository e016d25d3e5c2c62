"""What fixtures put on the classes of tests: it proves what ``self.cart`` is."""

from __future__ import annotations

from textwrap import dedent

import pytest

from pytest_agentgate.codemods.apply import apply
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.rewrites.rename_attribute import RenameAttribute

FILES = {
    "app.py": "class Cart:\n    def total(self): ...\nclass Shop:\n    def cart(self):\n        return Cart()\n",
    "tests/conftest.py": """
import pytest
from app import Cart, Shop

@pytest.fixture(scope="class")
def cart(request):
    request.cls.cart = Cart()

@pytest.fixture
def shop(request):
    request.instance.shop = Shop()
    yield

@pytest.fixture
def other(request):
    request.cls.cart = object()

@pytest.fixture
def unrelated(cls):
    cls.cart = Cart()
""",
}
PLACE = Place.within(Sources.of(FILES), "tests/test_it.py")
RENAMED = RenameAttribute("app.Cart.sum", "total")
TEST = "    def test(self):\n        assert {}.sum() == 0\n"


def is_changed(source: str, what: str = "self.cart") -> bool:
    written = "import pytest\nfrom app import Cart\n" + dedent(source) + TEST.format(what)
    done = apply(written, [RENAMED], PLACE)
    assert done in {written, written.replace(f"{what}.sum()", f"{what}.total()")}
    return done != written


USED = {
    "a mark of the class": '@pytest.mark.usefixtures("cart")\nclass TestCart:\n',
    "one of several": '@pytest.mark.usefixtures("shop", "cart")\nclass TestCart:\n',
    "a mark in the class": 'class TestCart:\n    pytestmark = pytest.mark.usefixtures("cart")\n',
    "a mark of the module": 'pytestmark = [pytest.mark.usefixtures("cart")]\nclass TestCart:\n',
    "a fixture that all tests use": (
        "@pytest.fixture(autouse=True)\ndef put(request):\n    request.cls.cart = Cart()\nclass TestCart:\n"
    ),
}


@pytest.mark.parametrize("source", USED.values(), ids=USED)
def test_what_a_used_fixture_puts_on_a_class_is_known(source: str) -> None:
    assert is_changed(source)


def test_what_a_method_of_it_gives_is_known() -> None:
    assert is_changed('@pytest.mark.usefixtures("shop")\nclass TestShop:\n', "self.shop.cart()")


UNKNOWN = {
    "no fixture": "class TestCart:\n",
    "another fixture": '@pytest.mark.usefixtures("shop")\nclass TestCart:\n',
    "another object": '@pytest.mark.usefixtures("other")\nclass TestCart:\n',
    "one of two things": '@pytest.mark.usefixtures("cart", "other")\nclass TestCart:\n',
    "something else than the request": '@pytest.mark.usefixtures("unrelated")\nclass TestCart:\n',
    "a fixture that only some use": (
        "@pytest.fixture\ndef put(request):\n    request.cls.cart = Cart()\nclass TestCart:\n"
    ),
    "a test that puts something else there": (
        '@pytest.mark.usefixtures("cart")\nclass TestCart:\n    def test_other(self):\n        self.cart = object()\n'
    ),
}


@pytest.mark.parametrize("source", UNKNOWN.values(), ids=UNKNOWN)
def test_anything_else_is_left(source: str) -> None:
    assert not is_changed(source)
