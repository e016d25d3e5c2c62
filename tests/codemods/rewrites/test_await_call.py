"""A function that became asynchronous: what must stay, what is awaited, and that the tests then pass."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from pytest_agentgate.codemods.apply import apply, rewrite
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.rewrites.await_call import AwaitCall

APP = """
from contextlib import asynccontextmanager

async def fetch(name=""): ...
async def numbers():
    yield 1
@asynccontextmanager
async def session():
    yield 1
class Client:
    async def get(self, path): ...
    async def __aenter__(self):
        return self
"""
SERVICE = "from app import fetch\nasync def run():\n    return await fetch()\n"
HEADER = """
import asyncio, contextlib, unittest
from unittest import TestCase, mock
from unittest.mock import AsyncMock, Mock, patch
import pytest
import pytest_asyncio
import app, service
from app import Client, fetch, numbers, session
"""
STRICT = {"pytest.ini": "[pytest]\nasyncio_mode = strict\n"}
AUTO = {"pyproject.toml": "[tool.pytest.ini_options]\nasyncio_mode = 'auto'\n"}
FETCH, GET = AwaitCall(function="app.fetch"), AwaitCall(function="app.Client.get")
SESSION, NUMBERS = AwaitCall(function="app.session"), AwaitCall(function="app.numbers")


def place(configuration: dict[str, str], path: str = "tests/test_it.py") -> Place:
    return Place.within(Sources.of({"app.py": APP, "service.py": SERVICE, **configuration}), path)


def changed(
    source: str, codemod: AwaitCall = FETCH, configuration: dict[str, str] = STRICT, path: str = "tests/test_it.py"
) -> str:
    done = apply(HEADER + dedent(source), [codemod], place(configuration, path))
    assert done.startswith(HEADER)
    return done[len(HEADER) :]


def notes(source: str, codemod: AwaitCall = FETCH, configuration: dict[str, str] = STRICT) -> list[str]:
    return [note.reason for note in rewrite(HEADER + dedent(source), [codemod], place(configuration)).notes]


UNCHANGED = {
    "awaited": "async def test():\n    await fetch()\n",
    "run": "def test():\n    asyncio.run(fetch())\n",
    "run by a loop": "def test(loop):\n    loop.run_until_complete(fetch())\n",
    "gathered": "async def test():\n    await asyncio.gather(fetch(), *[fetch(n) for n in 'ab'])\n",
    "a task": "async def test():\n    task = asyncio.create_task(fetch())\n    await task\n",
    "awaited later": "async def test():\n    coming = fetch()\n    other()\n    await coming\n",
    "another function": "def test(fetch):\n    fetch()\n",
    "not called": "def test():\n    assert callable(fetch)\n",
    "patched": "def test():\n    with patch('app.fetch', return_value=1):\n        pass\n",
    "patched by an AsyncMock": "def test():\n    with patch('app.fetch', AsyncMock(return_value=1)):\n        pass\n",
}
LEFT = {
    "in a lambda": ("def test():\n    sorted([1], key=lambda n: fetch(n))\n", "a lambda"),
    "in a generator expression": ("def test():\n    any(fetch(n) for n in 'ab')\n", "generator expression"),
    "in the module": ("USER = fetch()\n", "outside of any function"),
    "in a class body": ("class TestIt:\n    user = fetch()\n", "a class body"),
    "in a helper that is passed on": (
        "def helper():\n    return fetch()\ndef test():\n    use(helper)\n",
        "not only called but passed on",
    ),
    "in a helper that a lambda calls": (
        "def helper():\n    return fetch()\ndef test():\n    use(lambda: helper())\n",
        "a lambda",
    ),
    "in a generator": ("def helper():\n    yield fetch()\ndef test():\n    list(helper())\n", "is a generator"),
    "in setup_method": (
        "class TestIt:\n    def setup_method(self):\n        self.user = fetch()\n",
        "does not await setup_method",
    ),
    "in setUpClass": (
        "class Tests(TestCase):\n    @classmethod\n    def setUpClass(cls):\n        cls.user = fetch()\n",
        "does not await setUpClass",
    ),
    "beside a loop": ("def test():\n    fetch()\n    asyncio.run(other())\n", "event loop of its own"),
    "under an unknown decorator": ("@retry\ndef test():\n    fetch()\n", "decorator"),
    "in a fixture of the session": (
        "@pytest.fixture(scope='session')\ndef user():\n    return fetch()\n",
        "outlives the event loop",
    ),
    "in a function that nothing calls": ("def helper():\n    fetch()\n", "does not stand in this file"),
    "in a class of an unknown base": (
        "class TestIt(Base):\n    def test(self):\n        fetch()\n",
        "TestCase of unittest can't be told",
    ),
    "in a method of a fake": ("class Fake:\n    def get(self):\n        return fetch()\n", "called elsewhere"),
    "a thread": ("def test():\n    asyncio.to_thread(fetch, 1)\n", "what calls it here is not"),
}
CHANGED = {
    "a test": (
        "def test():\n    assert fetch() == 1\n",
        "@pytest.mark.asyncio\nasync def test():\n    assert await fetch() == 1\n",
    ),
    "an asynchronous test": ("async def test():\n    fetch()\n", "async def test():\n    await fetch()\n"),
    "its attributes, elements and calls": (
        "async def test():\n    fetch().name\n    fetch()[0]\n    fetch()()\n    (fetch()).name\n    -fetch() ** 2\n",
        """async def test():
    (await fetch()).name
    (await fetch())[0]
    (await fetch())()
    (await fetch()).name
    -await fetch() ** 2
""",
    ),
    "in an f-string": (
        "async def test():\n    f'{fetch()!r}'\n",
        "async def test():\n    f'{await fetch()!r}'\n",
    ),
    "as an argument": (
        "async def test():\n    use(fetch(), key=fetch(fetch()))\n",
        "async def test():\n    use(await fetch(), key=await fetch(await fetch()))\n",
    ),
    "in a list": (
        "async def test():\n    [fetch(n) for n in 'ab']\n    any(n for n in fetch())\n",
        "async def test():\n    [await fetch(n) for n in 'ab']\n    any(n for n in await fetch())\n",
    ),
    "in pytest.raises": (
        "async def test():\n    with pytest.raises(ValueError):\n        fetch()\n",
        "async def test():\n    with pytest.raises(ValueError):\n        await fetch()\n",
    ),
    "given to pytest.raises": (
        "async def test():\n    # no\n    pytest.raises(ValueError, fetch, 1, name=2)  # why\n",
        "async def test():\n    # no\n    with pytest.raises(ValueError):\n        await fetch(1, name=2)  # why\n",
    ),
    "a helper": (
        "def helper(n):\n    return fetch(n)\n\nasync def test():\n    assert helper(1).name\n",
        "async def helper(n):\n    return await fetch(n)\n\nasync def test():\n    assert (await helper(1)).name\n",
    ),
    "helpers of helpers, up to tests": (
        """
        def inner():
            return fetch()

        def outer():
            return [inner()]

        class TestIt:
            def make(self):
                return outer()

            @pytest.mark.parametrize("a", [1])
            def test(self, a):
                def local():
                    return self.make()
                assert local()
        """,
        """
        async def inner():
            return await fetch()

        async def outer():
            return [await inner()]

        class TestIt:
            async def make(self):
                return await outer()

            @pytest.mark.asyncio
            @pytest.mark.parametrize("a", [1])
            async def test(self, a):
                async def local():
                    return await self.make()
                assert await local()
        """,
    ),
    "a fixture": (
        "@pytest.fixture(name='ada')\ndef user():\n    yield fetch()\n",
        "@pytest_asyncio.fixture(name='ada')\nasync def user():\n    yield await fetch()\n",
    ),
    "marked for the class": (
        "@pytest.mark.asyncio\nclass TestIt:\n    def test(self):\n        fetch()\n",
        "@pytest.mark.asyncio\nclass TestIt:\n    async def test(self):\n        await fetch()\n",
    ),
    "marked for the module": (
        "pytestmark = [pytest.mark.asyncio]\ndef test():\n    fetch()\n",
        "pytestmark = [pytest.mark.asyncio]\nasync def test():\n    await fetch()\n",
    ),
    "unittest": (
        """
        class Tests(TestCase):
            def setUp(self):
                super().setUp()
                self.user = fetch()

            def test(self):
                self.assertRaises(ValueError, fetch, 1)
                self.assertEqual(self.user, fetch())

            def test_other(self):
                pass

        class Others(unittest.TestCase):
            def test(self):
                pass
        """,
        """
        class Tests(unittest.IsolatedAsyncioTestCase):
            async def asyncSetUp(self):
                super().setUp()
                self.user = await fetch()

            async def test(self):
                with self.assertRaises(ValueError):
                    await fetch(1)
                self.assertEqual(self.user, await fetch())

            def test_other(self):
                pass

        class Others(unittest.TestCase):
            def test(self):
                pass
        """,
    ),
    "mocks that stand in for it": (
        """
        def test(monkeypatch):
            fake = Mock(return_value=1)
            def answer(name):
                return 2
            monkeypatch.setattr("app.fetch", fake)
            monkeypatch.setattr(app, "fetch", answer)
            monkeypatch.setattr(service, "fetch", lambda name: 3)
            app.fetch = mock.MagicMock(return_value=4)
            with patch("service.fetch", new=Mock(return_value=5)):
                pass
            with patch.object(app, "fetch", new_callable=Mock):
                pass
        """,
        """
        def test(monkeypatch):
            fake = AsyncMock(return_value=1)
            async def answer(name):
                return 2
            monkeypatch.setattr("app.fetch", fake)
            monkeypatch.setattr(app, "fetch", answer)
            monkeypatch.setattr(service, "fetch", AsyncMock(side_effect=lambda name: 3))
            app.fetch = mock.AsyncMock(return_value=4)
            with patch("service.fetch", new=AsyncMock(return_value=5)):
                pass
            with patch.object(app, "fetch", new_callable=AsyncMock):
                pass
        """,
    ),
}
METHODS = {
    "a method": (
        "async def test():\n    client = Client()\n    client.get('/').body\n",
        "async def test():\n    client = Client()\n    (await client.get('/')).body\n",
    ),
    "a method of a mock of its class": (
        """async def test():
    client = mock.Mock(spec=Client)
    client.get = mock.Mock(return_value=1)
    assert client.get('/') == 1
""",
        """async def test():
    client = mock.Mock(spec=Client)
    client.get = mock.AsyncMock(return_value=1)
    assert await client.get('/') == 1
""",
    ),
    "a fixture's method": (
        "@pytest.fixture\ndef client():\n    return Client()\nasync def test(client):\n    client.get('/')\n",
        "@pytest.fixture\ndef client():\n    return Client()\nasync def test(client):\n    await client.get('/')\n",
    ),
    "a mock on an instance": (
        "async def test():\n    client = Client()\n    client.get = Mock()\n    patch.object(Client, 'get', Mock())\n",
        """async def test():
    client = Client()
    client.get = AsyncMock()
    patch.object(Client, 'get', AsyncMock())
""",
    ),
}
MANAGERS = {
    "alone": (
        "async def test():\n    with session() as s:\n        pass\n",
        "async def test():\n    async with session() as s:\n        pass\n",
    ),
    "in a test": (
        "def test():\n    with session():\n        pass\n",
        "@pytest.mark.asyncio\nasync def test():\n    async with session():\n        pass\n",
    ),
    "twice": (
        "async def test():\n    with session() as a, session() as b:\n        pass\n",
        "async def test():\n    async with session() as a, session() as b:\n        pass\n",
    ),
    "with others": (
        "async def test():\n    # in\n    with patch('a.b') as p, session() as s, open('x'):  # why\n        pass\n",
        """async def test():
    # in
    with patch('a.b') as p:
        async with session() as s:
            with open('x'):  # why
                pass
""",
    ),
    "with others, over lines": (
        """async def test():
    with (
        patch('a.b') as p,
        patch('a.c'),
        session() as s,
    ):
        pass
""",
        """async def test():
    with patch('a.b') as p, patch('a.c'):
        async with session() as s:
            pass
""",
    ),
}
GENERATORS = {
    "a loop": (
        "async def test():\n    for n in numbers():\n        pass\n",
        "async def test():\n    async for n in numbers():\n        pass\n",
    ),
    "a comprehension": (
        "async def test():\n    [n + 1 for n in numbers() if n]\n",
        "async def test():\n    [n + 1 async for n in numbers() if n]\n",
    ),
    "a list": (
        "async def test():\n    assert list(numbers()) == [1]\n",
        "async def test():\n    assert [each async for each in numbers()] == [1]\n",
    ),
    "the next": (
        "async def test():\n    assert next(numbers()) == 1\n",
        "async def test():\n    assert await anext(numbers()) == 1\n",
    ),
}


@pytest.mark.parametrize("source", UNCHANGED.values(), ids=UNCHANGED.keys())
def test_it_stays(source: str) -> None:
    assert changed(source) == source


@pytest.mark.parametrize(("source", "said"), LEFT.values(), ids=LEFT.keys())
def test_it_is_left_and_said_why(source: str, said: str) -> None:
    assert changed(source) == source
    assert [said in note for note in notes(source)] == [True]


@pytest.mark.parametrize(("before", "after"), CHANGED.values(), ids=CHANGED.keys())
def test_it_is_awaited(before: str, after: str) -> None:
    new = apply(HEADER + dedent(before), [FETCH], place(STRICT))
    assert new == HEADER + dedent(after)
    assert apply(new, [FETCH], place(STRICT)) == new, "twice equals once"


@pytest.mark.parametrize(
    ("codemod", "before", "after"),
    [
        pytest.param(codemod, *example, id=f"{codemod.function}: {name}")
        for codemod, several in [(GET, METHODS), (SESSION, MANAGERS), (NUMBERS, GENERATORS)]
        for name, example in several.items()
    ],
)
def test_methods_context_managers_and_generators(codemod: AwaitCall, before: str, after: str) -> None:
    assert changed(before, codemod) == after
    assert changed(after, codemod) == after, "twice equals once"


TEST = "def test():\n    fetch()\n"
FIXTURE = "@pytest.fixture\ndef user():\n    return fetch()\ndef test(user): ...\n"


def without_plugin(source: str, configuration: dict[str, str], codemod: AwaitCall = FETCH) -> str:
    header = "import pytest\nfrom app import fetch\n"
    return apply(header + source, [codemod], place(configuration)).removeprefix(header)


def test_the_plugin_that_takes_every_test_needs_no_mark() -> None:
    assert without_plugin(TEST, AUTO) == "async def test():\n    await fetch()\n"
    assert without_plugin(FIXTURE, AUTO) == FIXTURE.replace("def user", "async def user").replace(
        "return fetch", "return await fetch"
    )


@pytest.mark.parametrize(
    ("configuration", "is_automatic"),
    [
        ({"pytest.ini": "[pytest]\nasyncio_mode = auto\n"}, True),
        ({"setup.cfg": "[tool:pytest]\nasyncio_mode=auto\n"}, True),
        ({"tox.ini": "[pytest]\naddopts = -ra --asyncio-mode=auto\n"}, True),
        ({"pyproject.toml": "[tool.pytest.ini_options]\n# asyncio_mode = 'auto'\nasyncio_mode = 'strict'\n"}, False),
    ],
)
def test_the_mode_is_read_from_every_kind_of_configuration(configuration: dict[str, str], is_automatic: bool) -> None:
    assert without_plugin(TEST, configuration).startswith("async def" if is_automatic else "@pytest.mark.asyncio")


def test_the_mark_is_that_of_the_project() -> None:
    other = {"tests/test_other.py": "import pytest\n@pytest.mark.anyio\nasync def test(): ...\n"}
    assert without_plugin(TEST, other) == "@pytest.mark.anyio\nasync def test():\n    await fetch()\n"
    conftest = {"tests/conftest.py": "import pytest_asyncio\n", **other}
    assert without_plugin(TEST, conftest) == "@pytest.mark.asyncio\nasync def test():\n    await fetch()\n"
    required = {"requirements-dev.txt": "pytest-asyncio>=0.21\n"}
    assert without_plugin(TEST, required) == "@pytest.mark.asyncio\nasync def test():\n    await fetch()\n"


def test_without_a_plugin_nothing_that_needs_one_changes() -> None:
    assert without_plugin(TEST, {}) == TEST
    assert without_plugin("async def test():\n    fetch()\n", {}) == "async def test():\n    await fetch()\n"
    outcome = rewrite("from app import fetch\n" + TEST, [FETCH], place({}))
    assert ["needs a plugin" in note.reason or "need a plugin" in note.reason for note in outcome.notes] == [True]


def test_the_mark_can_be_named() -> None:
    codemod = AwaitCall(function="app.fetch", mark="trio")
    assert without_plugin(TEST, {}, codemod) == "@pytest.mark.trio\nasync def test():\n    await fetch()\n"


def test_anyio_runs_fixtures_of_asynchronous_tests_alone() -> None:
    anyio = {"pytest.ini": "[pytest]\n", "tests/test_other.py": "@pytest.mark.anyio\n"}
    assert without_plugin(FIXTURE, anyio) == (
        "@pytest.fixture\nasync def user():\n    return await fetch()\n@pytest.mark.anyio\nasync def test(user): ...\n"
    )


def test_a_helper_of_a_file_that_others_import_stays() -> None:
    source = "def helper():\n    return fetch()\n"
    assert changed(source, path="tests/helpers.py") == source


def test_a_method_of_something_unknown_is_pointed_out() -> None:
    assert changed("def test(client):\n    client.get('/')\n", GET) == "def test(client):\n    client.get('/')\n"
    assert ["can't be told" in note for note in notes("def test(client):\n    client.get('/')\n", GET)] == [True]


OLD = """
from contextlib import contextmanager

STORE = {"ada": 36}

def fetch(name):
    if name not in STORE:
        raise KeyError(name)
    return {"name": name, "age": STORE[name]}

@contextmanager
def session():
    yield fetch("ada")

def everyone():
    for name in STORE:
        yield fetch(name)

class Users:
    def get(self, name):
        return fetch(name)

def older(name):
    return fetch(name)["age"] + 1
"""
NEW = """
from contextlib import asynccontextmanager

STORE = {"ada": 36}

async def fetch(name):
    if name not in STORE:
        raise KeyError(name)
    return {"name": name, "age": STORE[name]}

@asynccontextmanager
async def session():
    yield await fetch("ada")

async def everyone():
    for name in STORE:
        yield await fetch(name)

class Users:
    async def get(self, name):
        return await fetch(name)

async def older(name):
    return (await fetch(name))["age"] + 1
"""
TESTS = {
    "tests/conftest.py": """
        import pytest
        MARKS
        from app import Users, fetch

        @pytest.fixture
        def users():
            return Users()
    """,
    "tests/test_app.py": """
        import unittest
        from unittest import mock
        from unittest.mock import Mock, patch

        import pytest
        import app
        from app import Users, everyone, fetch, older, session

        def age(name):
            return fetch(name)["age"]

        @pytest.fixture
        def ada():
            user = fetch("ada")
            yield user

        def test_fixture(ada):
            assert ada["age"] == age("ada")

        @pytest.mark.parametrize("name", ["bob", "eve"])
        def test_raises(name):
            with pytest.raises(KeyError):
                fetch(name)
            pytest.raises(KeyError, fetch, name)

        def test_list():
            assert [fetch(name)["age"] for name in ["ada"]] == [36]

        def test_stand_ins(monkeypatch):
            def answer(name):
                return {"age": 1}
            monkeypatch.setattr(app, "fetch", answer)
            assert older("x") == 2
            with patch("app.fetch", new=Mock(return_value={"age": 2})) as fake:
                assert older("y") == 3
            fake.assert_called_once_with("y")
            with patch("app.fetch", return_value={"age": 3}):
                assert older("z") == 4

        def test_managers_and_generators():
            with session() as user, mock.patch("app.STORE", {"bob": 1}):
                assert user["age"] == 36
                assert list(everyone()) == [{"name": "bob", "age": 1}]
                for each in everyone():
                    assert each["age"] == 1

        def test_method(users):
            assert users.get("ada")["age"] == 36
            users.get = Mock(return_value=7)
            assert users.get("bob") == 7

        class Tests(unittest.TestCase):
            def setUp(self):
                self.user = fetch("ada")

            def test(self):
                self.assertEqual(self.user["age"], fetch("ada")["age"])
                self.assertRaises(KeyError, fetch, "bob")
    """,
}


ASYNCIO = "pytest_asyncio.plugin"
REQUIRED = "AGENTGATE_REQUIRE" in os.environ  # read before tests are shielded from it
BACKEND = "@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n"


@pytest.fixture(scope="session")
def pytest_asyncio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pytest-asyncio, which would warn in every run of ours if it were installed beside us."""
    folder = tmp_path_factory.mktemp("pytest-asyncio")
    plugin = "pytest-asyncio" if pytest.version_tuple >= (8, 2) else "pytest-asyncio==0.23.8"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder)]
    done = subprocess.run([*pip, plugin, "typing_extensions"], capture_output=True, text=True, check=False)
    if done.returncode:
        reason = f"pytest-asyncio can't be fetched: {done.stderr.strip()[-300:]}"
        pytest.fail(reason) if REQUIRED else pytest.skip(reason)
    return folder


@pytest.mark.parametrize(
    ("plugins", "configuration", "marks"),
    [
        pytest.param(["anyio"], "[pytest]\n", BACKEND, id="anyio"),
        pytest.param([ASYNCIO], "[pytest]\nasyncio_mode = strict\n", "import pytest_asyncio\n", id="strict"),
        pytest.param([ASYNCIO], "[pytest]\nasyncio_mode = auto\n", "", id="auto"),
    ],
)
def test_rewritten_tests_pass(
    plugins: list[str],
    configuration: str,
    marks: str,
    prove: Callable[..., dict[str, str]],
    request: pytest.FixtureRequest,
) -> None:
    library = request.getfixturevalue("pytest_asyncio") if plugins == [ASYNCIO] else None
    tests = {path: dedent(text).replace("MARKS\n", marks) for path, text in TESTS.items()}
    tests["tests/conftest.py"] += "\n# pytest.mark.anyio\n" if plugins == ["anyio"] else ""
    tests["pytest.ini"] = configuration
    codemods = [AwaitCall(function=f"app.{name}") for name in ("fetch", "older", "session", "everyone", "Users.get")]
    prove(codemods, {"app.py": OLD}, {"app.py": NEW}, tests, plugins=plugins, count=8, library=library)
