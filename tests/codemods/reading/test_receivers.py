"""Which values are proven to be of a class: every way in which tests come by an object, and what must not count."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from pytest_agentgate.codemods.reading.names import ModuleNames, parse
from pytest_agentgate.codemods.reading.receivers import Receivers
from pytest_agentgate.codemods.reading.sources import File, Place, Sources

MODELS = """
from __future__ import annotations
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Iterator, Optional, Self

class Color(Enum):
    RED = "red"
    def paint(self): return self.RED

class Config:
    name = "x"

class User:
    config: Config
    friend: "User | None" = None

    def __init__(self, name=""):
        self.name = name
        self.color = Color.RED

    @classmethod
    def create(cls) -> Self:
        return cls()

    @classmethod
    def guess(cls):
        return cls()

    @property
    def settings(self) -> Config:
        return self.config

    def rename(self, name):
        self.name = name
        return self

    def friends(self) -> list["User"]:
        return []

    def __enter__(self):
        return self

    def __exit__(self, *args): ...

class Admin(User):
    pass

class Root(User):
    name = "root"

class Other:
    name = ""

def load() -> User: ...
def load_maybe() -> Optional[User]: ...
def make(): return User("made")
def either(flag):
    if flag:
        return User()
    return Other()

async def fetch() -> User: ...

@contextmanager
def session() -> Iterator[User]:
    yield User()

@contextmanager
def opened():
    yield User()

class Sessions:
    async def __aenter__(self) -> User: ...
    async def __aexit__(self, *args): ...

DEFAULT = User()
CURRENT: User = load()
"""

FILES = {
    "app/__init__.py": "from app.models import User",
    "app/models.py": MODELS,
}

HEADER = """
import asyncio, copy, contextlib, dataclasses, unittest, pytest
from unittest import mock
from unittest.mock import Mock, MagicMock, create_autospec
from typing import Any, Optional, cast
import app
import app.models as models
from app.models import *
from app.models import Admin, Color, Config, Other, Root, Sessions, User, either, fetch, load, load_maybe
from app.models import make, opened, session, DEFAULT, CURRENT
from somewhere import unknown
"""


def asked(source: str, **files: str) -> tuple[Receivers, ast.expr]:
    """The file's receivers and the expression ``X`` of its one ``X.name``."""
    texts = {**FILES, **{path.replace("__", "/") + ".py": dedent(text) for path, text in files.items()}}
    text = HEADER + dedent(source)
    place = Place.within(Sources.of(texts), "tests/test_it.py")
    names = ModuleNames(parse(text), place.module, place.package)
    found = [node for node in names.by_word["name"] if isinstance(node, ast.Attribute)]
    asked = [node for node in found if "__" not in ast.dump(node.value)]
    return Receivers(File(names, place, text)), asked[-1].value


PROVEN = {
    "constructed": "User().name",
    "constructed through a module": "models.User().name",
    "constructed through a re-export": "app.User().name",
    "a local name": "def test():\n    u = User()\n    u.name",
    "a module's name": "u = User()\ndef test():\n    u.name",
    "branches that agree": """
        def test(a):
            if a:
                u = User('a')
            else:
                u = User('b')
            u.name
    """,
    "a conditional expression": "(User('a') if unknown else load()).name",
    "an annotated parameter": "def check(u: User):\n    u.name",
    "a quoted annotation": "def check(u: 'models.User'):\n    u.name",
    "an optional annotation": "def check(u: User | None = None):\n    u.name",
    "Optional": "def check(u: Optional[User] = None):\n    u.name",
    "an annotated name": "u: User = unknown()\nu.name",
    "an annotated name that is None at first": "u: User | None = None\nu = User()\nu.name",
    "a quoted optional": "def check(u: 'Optional[User]'):\n    u.name",
    "a context manager that returns itself": "with User() as u:\n    u.name",
    "a context manager function": "with session() as u:\n    u.name",
    "a context manager function without annotation": "with opened() as u:\n    u.name",
    "an asynchronous context manager": "async def test():\n    async with Sessions() as u:\n        u.name",
    "an exit stack": "with contextlib.ExitStack() as s:\n    u = s.enter_context(User())\n    u.name",
    "closing": "with contextlib.closing(User()) as u:\n    u.name",
    "an annotated function": "load().name",
    "an optional result": "load_maybe().name",
    "a function that constructs": "make().name",
    "an awaited function": "async def test():\n    u = await fetch()\n    u.name",
    "asyncio.run": "asyncio.run(fetch()).name",
    "an alternative constructor": "User.create().name",
    "an alternative constructor without annotation": "User.guess().name",
    "an alternative constructor of a subclass": "Admin.create().name",
    "a subclass": "Admin().name",
    "a fluent method": "User().rename('x').rename('y').name",
    "a fluent method of a subclass": "Admin().rename('x').name",
    "an annotated attribute": "User().friend.name",
    "elements of what a method returns": "for u in User().friends():\n    u.name",
    "an element": "User().friends()[0].name",
    "a literal list": "for u in [User('a'), User('b')]:\n    u.name",
    "a list that is filled": "us = []\nfor n in 'ab':\n    us.append(User(n))\nus[0].name",
    "a list that gets more of them": "us = [User()]\nus.append(make())\nfor u in us:\n    u.name",
    "a dict that is filled": "us = {}\nus['a'] = User()\nus['a'].name",
    "enumerate": "for i, u in enumerate([User('a'), User('b')]):\n    u.name",
    "a comprehension": "[u.name for u in [User(n) for n in 'ab']]",
    "a dict": "d = {'a': User()}\nd['a'].name",
    "values of a dict": "d = {'a': User()}\nfor u in d.values():\n    u.name",
    "items of a dict": "d = {'a': User()}\nfor k, u in d.items():\n    u.name",
    "unpacked": "a, b = Other(), User()\nb.name",
    "a constant of the implementation": "DEFAULT.name",
    "an annotated constant of the implementation": "CURRENT.name",
    "cast": "cast(User, unknown).name",
    "a copy": "copy.deepcopy(User()).name",
    "a walrus": "if (u := User()):\n    u.name",
    "a helper of the file": "def helper():\n    return User()\ndef test():\n    helper().name",
    "a class of the tests": "class Fake(User):\n    pass\nFake().name",
    "a class of the tests that defines the member": "class Fake(User):\n    name = 1\nFake().name",
    "self of a class of the tests": "class Fake(User):\n    def x(self):\n        self.name",
    "super": "class Fake(User):\n    def x(self):\n        super().name",
    "setUp": """
        class Tests(unittest.TestCase):
            def setUp(self):
                self.u = User()
            def test(self):
                self.u.name
    """,
    "setup_method": """
        class TestIt:
            def setup_method(self, method):
                self.u = make()
            def test(self):
                self.u.name
    """,
    "setUpClass": """
        class Tests(unittest.TestCase):
            @classmethod
            def setUpClass(cls):
                cls.u = make()
            def test(self):
                self.u.name
    """,
    "a class body": "class TestIt:\n    u = User()\n    def test(self):\n        self.u.name",
    "an annotated class body": "class TestIt:\n    u: User\n    def test(self):\n        self.u.name",
    "a base class of the tests": """
        class Base:
            def setup_method(self):
                self.u = User()
        class TestIt(Base):
            def test(self):
                self.u.name
    """,
    "an autouse fixture that fills self": """
        @pytest.fixture
        def user():
            return User()
        class TestIt:
            @pytest.fixture(autouse=True)
            def fill(self, user):
                self.u = user
            def test(self):
                self.u.name
    """,
    "a fixture": "@pytest.fixture\ndef u():\n    return User()\ndef test(u):\n    u.name",
    "a fixture that yields": """
        @pytest.fixture()
        def u():
            x = User()
            yield x
            x.close()
        def test(u):
            u.name
    """,
    "an annotated fixture": "@pytest.fixture\ndef u() -> User:\n    return unknown()\ndef test(u):\n    u.name",
    "a fixture under another name": "@pytest.fixture(name='u')\ndef _u():\n    return User()\ndef test(u):\n    u.name",
    "a fixture of a fixture": """
        @pytest.fixture
        def a():
            return User()
        @pytest.fixture
        def b(a):
            return a.rename("b")
        def test(b):
            b.name
    """,
    "what the calls of a local function pass": """
        def test():
            def inner(n, u):
                u.name
            inner(1, User())
            run(inner(2, u=make()))
    """,
    "the default of a local function, and what its call passes": """
        def test():
            def inner(u=User()):
                u.name
            inner()
            inner(make())
    """,
    "a fixture that a test passes to a local function": """
        @pytest.fixture
        def u():
            return User()
        def test(u):
            def inner(u):
                u.name
            run(inner(u))
    """,
    "parametrize": """
        @pytest.mark.parametrize("u", [User("a"), pytest.param(User("b"), id="b")])
        def test(u):
            u.name
    """,
    "parametrize of two": """
        @pytest.mark.parametrize("a, u", [(1, User("a")), (2, make())])
        def test(a, u):
            u.name
    """,
    "parametrize of the class": """
        @pytest.mark.parametrize('u', [User()])
        class TestIt:
            def test(self, u):
                u.name
    """,
    "a fixture that makes them": """
        @pytest.fixture
        def base():
            return User()
        @pytest.fixture
        def make(base):
            def _make(name):
                return base.rename(name)
            return _make
        def test(make):
            make("x").name
    """,
    "a key": "sorted([User('b'), User('a')], key=lambda u: u.name)",
    "a filter": "list(filter(lambda u: u.name, [User('b')]))",
    "a list that is sorted": "us = [User('b'), User('a')]\nus.sort(key=lambda u: u.name)",
    "params of a fixture": """
        @pytest.fixture(params=[User('a'), User('b')])
        def u(request):
            return request.param
        def test(u):
            u.name
    """,
}

UNPROVEN = {
    "something unknown": "unknown().name",
    "a parameter": "def check(u):\n    u.name",
    "another class": "Other().name",
    "a class of the implementation that defines the member itself": "Root().name",
    "either of two": "either(1).name",
    "branches that differ": "def test(a):\n    u = User()\n    if a:\n        u = Other()\n    u.name",
    "None at first": "u = None\ndef test():\n    global u\n    u = User()\n    u.name",
    "shadowed by a parameter": "u = User()\ndef check(u):\n    u.name",
    "shadowed by a loop": "def test():\n    u = User()\n    for u in unknown:\n        pass\n    u.name",
    "shadowed class": "def test(User):\n    User().name",
    "augmented": "u = User()\nu += unknown\nu.name",
    "a list that differs": "for u in [User(), Other()]:\n    u.name",
    "a list that gets others": "us = [User()]\nus.append(Other())\nfor u in us:\n    u.name",
    "a list that is extended": "us = [User()]\nus.extend(unknown)\nfor u in us:\n    u.name",
    "a list that a function fills": "us = []\nunknown(us)\nus.append(User())\nfor u in us:\n    u.name",
    "a list that gets what comes": "us = []\nunknown(us.append)\nus.append(User())\nus[0].name",
    "a dict that gets others": "us = {'a': User()}\nus['b'] = Other()\nus['a'].name",
    "a loop over an empty list": "for u in []:\n    u.name",
    "a mock": "Mock().name",
    "a mock with a spec, where only instances count": "Mock(spec=User).name",
    "the class itself": "User.name",
    "an attribute of another class": "User().settings.name",
    "self assigned differently": """
        class TestIt:
            def setup_method(self):
                self.u = User()
            def test_a(self):
                self.u = Other()
            def test(self):
                self.u.name
    """,
    "a fixture that can't be seen": "def test(u):\n    u.name",
    "a fixture in a function that is no test": """
        @pytest.fixture
        def u():
            return User()
        def check(u):
            u.name
    """,
    "a fixture of another class": """
        class TestA:
            @pytest.fixture
            def u(self):
                return User()
        class TestB:
            def test(self, u):
                u.name
    """,
    "a parameter of the name of a fixture that patch passes": """
        @pytest.fixture
        def u():
            return User()
        @mock.patch("app.models.make")
        def test(u):
            u.name
    """,
    "parametrized over a fixture": """
        @pytest.fixture
        def u():
            return User()
        @pytest.mark.parametrize("u", [Other()])
        def test(u):
            u.name
    """,
    "one call of a local function passes something else": """
        def test():
            def inner(u):
                u.name
            inner(User())
            inner(Other())
    """,
    "a local function that somebody else may call": """
        def test():
            def inner(u):
                u.name
            inner(User())
            run(inner)
    """,
    "a local function that a decorator calls": """
        def test():
            @unknown
            def inner(u):
                u.name
            inner(User())
    """,
    "a local function whose arguments come in a star": """
        def test():
            def inner(u):
                u.name
            inner(User())
            inner(*unknown)
    """,
    "a function of the module, which other files may call": """
        def helper(u):
            u.name
        helper(User())
    """,
    "a function that branches define differently": """
        if unknown:
            def helper():
                return Other()
        else:
            def helper():
                return User()
        helper().name
    """,
    "a decorated function": "@unknown\ndef helper():\n    return User()\nhelper().name",
    "not awaited": "fetch().name",
    "not entered": "session().name",
    "a key of something else": "unknown([User()], key=lambda u: u.name)",
    "a lambda with two": "sorted([User()], key=lambda u, v=1: v.name)",
    "recursion": "def f():\n    return f()\nf().name",
    "Any": "def check(u: Any):\n    u.name",
    "a union": "def check(u: User | Other):\n    u.name",
    "super where the class is another one": "class Fake(Other):\n    def x(self):\n        super().name",
}


@pytest.mark.parametrize("source", PROVEN.values(), ids=PROVEN.keys())
def test_it_is_proven(source: str) -> None:
    receivers, node = asked(source)
    assert receivers.proves(node, "app.models.User", "name")
    assert receivers.proves(node, "app.User", "name"), "under the name of a re-export"


@pytest.mark.parametrize("source", UNPROVEN.values(), ids=UNPROVEN.keys())
def test_it_is_not_proven(source: str) -> None:
    receivers, node = asked(source)
    assert not receivers.proves(node, "app.models.User", "name")
