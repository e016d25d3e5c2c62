"""Renaming members of classes: what must stay, what must go along, and that the tests then pass."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest

from pytest_agentgate.codemods.apply import Changed, apply, rewrite
from pytest_agentgate.codemods.codemod import codemod_of
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.rewrites.rename_attribute import RenameAttribute
from pytest_agentgate.errors import UsageError

MODELS = """
class Named:
    name = "x"

class User:
    def __init__(self):
        self.full_name = "Ada"

class Admin(User):
    pass

class Root(User):
    name = "root"
"""
RENAME = RenameAttribute(old="app.models.User.name", new="full_name")
HEADER = "from unittest import mock\nfrom unittest.mock import patch\nimport app.models\nfrom app.models import *\n"


def place(path: str = "tests/test_it.py", models: str = MODELS) -> Place:
    return Place.within(Sources.of({"app/__init__.py": "", "app/models.py": models}), path)


def renamed(source: str, codemod: RenameAttribute = RENAME, models: str = MODELS) -> str:
    text = HEADER + dedent(source)
    return apply(text, [codemod], place(models=models))[len(HEADER) :]


UNCHANGED = {
    "an unknown receiver": "def check(user):\n    user.name\n",
    "another class": "Named().name\n",
    "a class of the implementation that has its own": "Root().name\n",
    "a keyword of a plain class": "User(name=1)\n",
    "a keyword of another function": "print(User(), name=1)\n",
    "a variable": "name = User()\nprint(name)\n",
    "a string": "print('name', 'app.models.User.name')\n",
    "the attribute of another module": "patch('app.other.User.name')\n",
    "patch.object of another class": "patch.object(Named, 'name')\n",
    "getattr of something unknown": "getattr(thing, 'name')\n",
    "a longer name": "User().names\nUser().name_\n",
    "a fake that is no subclass": "class Fake:\n    name = 1\nFake().name\n",
    "a class of tests that derives from the one with its own": "class Fake(Root):\n    name = 2\nFake().name\n",
    "either of two": "(User() if x else Named()).name\n",
    "a method's local name": "class Fake(User):\n    def f(self):\n        name = 1\n        return name\n",
}

CHANGED = {
    "read": ("User().name\n", "User().full_name\n"),
    "written": ("u = User()\nu.name = 1\n", "u = User()\nu.full_name = 1\n"),
    "deleted": ("u = User()\ndel u.name\n", "u = User()\ndel u.full_name\n"),
    "augmented": ("u = User()\nu.name += '!'\n", "u = User()\nu.full_name += '!'\n"),
    "in an f-string": ("u = User()\nf'{u.name!r:>10}'\n", "u = User()\nf'{u.full_name!r:>10}'\n"),
    "on the class": ("User.name\napp.models.User.name\n", "User.full_name\napp.models.User.full_name\n"),
    "of a subclass": ("Admin().name\nAdmin.name\n", "Admin().full_name\nAdmin.full_name\n"),
    "getattr": ("getattr(User(), 'name', None)\n", "getattr(User(), 'full_name', None)\n"),
    "setattr": ('u = User()\nsetattr(u, "name", 1)\n', 'u = User()\nsetattr(u, "full_name", 1)\n'),
    "object.__setattr__": ("object.__setattr__(User(), 'name', 1)\n", "object.__setattr__(User(), 'full_name', 1)\n"),
    "patch.object": ("patch.object(User, 'name', 'x')\n", "patch.object(User, 'full_name', 'x')\n"),
    "patch.object of an instance": ("patch.object(User(), 'name', 'x')\n", "patch.object(User(), 'full_name', 'x')\n"),
    "patch": ("patch('app.models.User.name', 'x')\n", "patch('app.models.User.full_name', 'x')\n"),
    "patch.multiple": ("patch.multiple(User, name='x', age=1)\n", "patch.multiple(User, full_name='x', age=1)\n"),
    "patch.multiple of a target": (
        "patch.multiple('app.models.User', name='x')\n",
        "patch.multiple('app.models.User', full_name='x')\n",
    ),
    "monkeypatch": (
        "def test(monkeypatch):\n    monkeypatch.setattr(User, 'name', 'x')\n",
        "def test(monkeypatch):\n    monkeypatch.setattr(User, 'full_name', 'x')\n",
    ),
    "monkeypatch of a target": (
        "def test(monkeypatch):\n    monkeypatch.setattr('app.models.User.name', 'x')\n",
        "def test(monkeypatch):\n    monkeypatch.setattr('app.models.User.full_name', 'x')\n",
    ),
    "mocker": (
        "def test(mocker):\n    mocker.patch.object(User, 'name', 'x')\n    mocker.spy(User(), 'name')\n",
        "def test(mocker):\n    mocker.patch.object(User, 'full_name', 'x')\n    mocker.spy(User(), 'full_name')\n",
    ),
    "a mock with a spec": (
        "m = mock.Mock(spec=User)\nm.name.return_value = 1\nm.name.assert_called_once_with()\n",
        "m = mock.Mock(spec=User)\nm.full_name.return_value = 1\nm.full_name.assert_called_once_with()\n",
    ),
    "create_autospec": (
        "m = mock.create_autospec(User, instance=True)\nm.name.return_value = 1\n",
        "m = mock.create_autospec(User, instance=True)\nm.full_name.return_value = 1\n",
    ),
    "the mock of the class": (
        "with patch('app.models.User') as fake:\n    fake.return_value.name = 'x'\n",
        "with patch('app.models.User') as fake:\n    fake.return_value.full_name = 'x'\n",
    ),
    "type(x)": ("u = User()\ntype(u).name = 1\n", "u = User()\ntype(u).full_name = 1\n"),
    "a method of a derived class": (
        "class Fake(User):\n    def name(self):\n        return super().name()\n",
        "class Fake(User):\n    def full_name(self):\n        return super().full_name()\n",
    ),
    "a property of a derived class": (
        """
        class Fake(User):
            @property
            def name(self):
                return self._name

            @name.setter
            def name(self, value):
                self._name = value
        """,
        """
        class Fake(User):
            @property
            def full_name(self):
                return self._name

            @full_name.setter
            def full_name(self, value):
                self._name = value
        """,
    ),
    "a constant of a derived class": (
        "class Fake(User):\n    name: str = 'x'\n    other = name\nFake().name\n",
        "class Fake(User):\n    full_name: str = 'x'\n    other = full_name\nFake().full_name\n",
    ),
    "a pattern": (
        "match x:\n    case User(name=n, age=3):\n        pass\n",
        "match x:\n    case User(full_name=n, age=3):\n        pass\n",
    ),
    "comments and layout": (
        "u = User()\nprint(u .name)  # u.name\nprint(\n    u\n    .name,\n)\n",
        "u = User()\nprint(u .full_name)  # u.name\nprint(\n    u\n    .full_name,\n)\n",
    ),
}


@pytest.mark.parametrize("source", UNCHANGED.values(), ids=UNCHANGED.keys())
def test_it_stays(source: str) -> None:
    assert renamed(source) == source


@pytest.mark.parametrize(("before", "after"), CHANGED.values(), ids=CHANGED.keys())
def test_it_is_renamed(before: str, after: str) -> None:
    assert renamed(before) == dedent(after)
    assert renamed(after) == dedent(after), "twice equals once"


FIELDS = {
    "dataclass": "from dataclasses import dataclass\n@dataclass\nclass User:\n    {name}: str\n",
    "pydantic": "from pydantic import BaseModel\nclass User(BaseModel):\n    {name}: str\n",
    "attrs": "from attrs import define\n@define\nclass User:\n    {name}: str\n",
    "msgspec": "from msgspec import Struct\nclass User(Struct):\n    {name}: str\n",
    "NamedTuple": "from typing import NamedTuple\nclass User(NamedTuple):\n    {name}: str\n",
}


@pytest.mark.parametrize("on_disk", ["name", "full_name"])
@pytest.mark.parametrize("models", FIELDS.values(), ids=FIELDS.keys())
def test_the_keyword_of_a_models_constructor_goes_along(models: str, on_disk: str) -> None:
    assert renamed("User(name='x').name\n", models=models.format(name=on_disk)) == "User(full_name='x').full_name\n"


def test_a_keyword_that_is_an_alias_of_the_field_stays() -> None:
    models = "from pydantic import BaseModel, Field\nclass User(BaseModel):\n    full_name: str = Field(alias='name')\n"
    assert renamed("User(name='x').name\n", models=models) == "User(name='x').full_name\n"


def test_dicts_that_become_a_model_go_along() -> None:
    before = "User(**{'name': 1})\nUser.model_validate({'name': 2})\nUser(name=3).model_copy(update={'name': 4})\n"
    after = (
        "User(**{'full_name': 1})\nUser.model_validate({'full_name': 2})\n"
        "User(full_name=3).model_copy(update={'full_name': 4})\n"
    )
    assert renamed(before, models=FIELDS["pydantic"].format(name="full_name")) == after


def test_the_keyword_of_a_class_that_can_not_be_read_goes_along_when_asked_for() -> None:
    source = "from far import User\nUser(name='x').name\n"
    assert apply(source, [RenameAttribute(old="far.User.name", new="label")]) == (
        "from far import User\nUser(name='x').label\n"
    )
    assert apply(source, [RenameAttribute(old="far.User.name", new="label", keyword=True)]) == (
        "from far import User\nUser(label='x').label\n"
    )


def test_a_member_of_an_enumeration() -> None:
    models = "from enum import Enum\nclass Color(Enum):\n    CRIMSON = 1\n"
    source = "Color.RED\nColor['RED']\nColor.RED.value\nOther.RED\nassert str(Color.RED) == 'Color.RED'\n"
    rename = RenameAttribute(old="app.models.Color.RED", new="CRIMSON")
    assert renamed(source, rename, models) == (
        "Color.CRIMSON\nColor['CRIMSON']\nColor.CRIMSON.value\nOther.RED\nassert str(Color.CRIMSON) == 'Color.RED'\n"
    )


def test_a_re_export_names_the_same_class() -> None:
    files = {"app/__init__.py": "from app.models import User\n", "app/models.py": MODELS}
    source = "from app import User\nUser().name\n"
    for old in ("app.User.name", "app.models.User.name"):
        done = apply(
            source, [RenameAttribute(old=old, new="full_name")], Place.within(Sources.of(files), "tests/test_it.py")
        )
        assert done == "from app import User\nUser().full_name\n"


def test_a_receiver_that_can_not_be_told_is_pointed_out() -> None:
    outcome = rewrite(HEADER + "def check(user):\n    user.name\n    User().name\n", [RENAME], place())
    assert isinstance(outcome, Changed)
    assert [(note.line, "can't be told" in note.reason) for note in outcome.notes] == [(6, True)]


def test_a_module_is_not_a_class() -> None:
    source = "import app.models\napp.models.load()\n"
    assert apply(source, [RenameAttribute(old="app.models.load", new="read")], place()) == source


@pytest.mark.parametrize(
    ("old", "new", "problem"), [("name", "x", "must name a class"), ("a.B.c", "a.D.c", "stays in its class")]
)
def test_what_can_not_be_meant_is_refused(old: str, new: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        codemod_of(RenameAttribute, {"old": old, "new": new})


def test_the_whole_new_name_may_be_given() -> None:
    rename = RenameAttribute(old="app.models.User.name", new="app.models.User.full_name")
    assert renamed("User().name\n", rename) == "User().full_name\n"


OLD = """
from dataclasses import dataclass
from enum import Enum

class Level(Enum):
    LOW = 1

@dataclass
class Item:
    qty: int
    level: Level = Level.LOW

class Cart:
    def __init__(self):
        self.items = []
    def add(self, item):
        self.items.append(item)
        return self
    def __enter__(self):
        return self
    def __exit__(self, *exc):
        self.closed = True
    @classmethod
    def of(cls, *items) -> "Cart":
        cart = cls()
        for item in items:
            cart.add(item)
        return cart
    def total(self):
        return sum(item.qty for item in self.items)

def checkout(cart):
    return cart.total()
"""
TESTS = {
    "tests/conftest.py": """
        import pytest
        from shop import Cart, Item

        @pytest.fixture
        def cart():
            cart = Cart()
            cart.add(Item(qty=2))
            yield cart

        @pytest.fixture(name="full", params=[1, 2])
        def _full(cart, request):
            return cart.add(Item(request.param))
    """,
    "tests/test_cart.py": """
        import unittest
        from unittest.mock import Mock, create_autospec, patch

        import pytest
        import shop
        from shop import Cart, Item, checkout

        class FixedCart(Cart):
            def total(self):
                return super().total() + 100

        class Report:
            def total(self):
                return 7

        EMPTY = Cart()

        def helper():
            return Cart.of(Item(qty=5))

        def test_fixture(cart):
            assert cart.total() == 2

        def test_fixture_of_fixture(full):
            assert full.total() in {3, 4}

        def test_constant():
            assert EMPTY.total() == 0

        def test_helper():
            assert helper().total() == 5

        def test_derived():
            assert checkout(FixedCart()) == 100
            assert FixedCart().total() == 100

        def test_other():
            assert Report().total() == 7

        def test_with():
            with shop.Cart() as cart:
                assert cart.add(Item(3)).total() == 3

        @pytest.mark.parametrize("cart, wanted", [(Cart(), 0), pytest.param(helper(), 5, id="helper")])
        def test_parametrized(cart, wanted):
            assert cart.total() == wanted

        def test_patched(monkeypatch):
            with patch.object(Cart, "total", return_value=9):
                assert checkout(Cart()) == 9
            with patch("shop.Cart.total", return_value=8):
                assert checkout(Cart()) == 8
            monkeypatch.setattr(Cart, "total", lambda self: 4)
            assert checkout(Cart()) == 4

        def test_mocks():
            cart = Mock(spec=Cart)
            cart.total.return_value = 6
            assert checkout(cart) == 6
            cart.total.assert_called_once_with()
            auto = create_autospec(Cart, instance=True)
            auto.total.return_value = 3
            assert checkout(auto) == 3

        class TestMethods:
            def setup_method(self):
                self.cart = Cart()

            def test(self):
                assert self.cart.total() == 0
                assert getattr(self.cart, "total")() == 0

        class Tests(unittest.TestCase):
            def setUp(self):
                self.cart = helper()

            def test(self):
                self.assertEqual(self.cart.total(), 5)
    """,
}


def test_rewritten_tests_pass_with_a_renamed_method(prove: Callable[..., dict[str, str]]) -> None:
    new = OLD.replace("def total", "def grand_total").replace("cart.total()", "cart.grand_total()")
    done = prove(
        RenameAttribute(old="shop.Cart.total", new="grand_total"),
        {"shop.py": OLD},
        {"shop.py": new},
        TESTS,
        count=14,
    )
    assert done["tests/conftest.py"] == dedent(TESTS["tests/conftest.py"]), "it names no total"
    assert "Report().total()" in done["tests/test_cart.py"]


def test_rewritten_tests_pass_with_a_renamed_field(prove: Callable[..., dict[str, str]]) -> None:
    new = OLD.replace("qty", "quantity")
    done = prove(
        RenameAttribute(old="shop.Item.qty", new="quantity"), {"shop.py": OLD}, {"shop.py": new}, TESTS, count=14
    )
    assert "Item(quantity=2)" in done["tests/conftest.py"]
