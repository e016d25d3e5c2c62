"""A function that is asynchronous no longer: what must stay, what stops awaiting, and that the tests then pass."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest

from pytest_agentgate.codemods.apply import apply, rewrite
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.rewrites.unawait_call import UnawaitCall

APP = """
from contextlib import contextmanager

def fetch(name=""): ...
def numbers():
    yield 1
@contextmanager
def session():
    yield 1
class Client:
    def get(self, path): ...
"""
HEADER = """
import asyncio
from unittest import mock
from unittest.mock import AsyncMock, Mock, patch
import pytest
import pytest_asyncio
import app
from app import Client, fetch, numbers, session
"""
FETCH, GET = UnawaitCall(function="app.fetch"), UnawaitCall(function="app.Client.get")
SESSION, NUMBERS = UnawaitCall(function="app.session"), UnawaitCall(function="app.numbers")
PLACE = Place.within(Sources.of({"app.py": APP}), "tests/test_it.py")


def changed(source: str, codemod: UnawaitCall = FETCH, place: Place = PLACE) -> str:
    done = apply(HEADER + dedent(source), [codemod], place)
    assert done.startswith(HEADER)
    return done[len(HEADER) :]


UNCHANGED = {
    "not awaited": "async def test():\n    fetch()\n    await other()\n",
    "another function": "async def test(fetch):\n    await fetch()\n",
    "an asynchronous test that does not call it": "@pytest.mark.asyncio\nasync def test():\n    pass\n",
    "a mock of another function": "def test():\n    patch('app.other', AsyncMock())\n",
    "another mock's awaits": "def test(m):\n    m.assert_awaited_once()\n    fetch()\n",
}
LEFT = {
    "gathered": "async def test():\n    await asyncio.gather(fetch(), other())\n",
    "a task": "async def test():\n    await asyncio.create_task(fetch())\n",
    "with a timeout": "async def test():\n    await asyncio.wait_for(fetch(), 1)\n",
    "awaited later": "async def test():\n    coming = fetch()\n    await coming\n",
}
CHANGED = {
    "a test": (
        "@pytest.mark.asyncio\nasync def test():\n    assert await fetch() == 1\n",
        "def test():\n    assert fetch() == 1\n",
    ),
    "a test with other decorators": (
        "# a\n@pytest.mark.asyncio\n# b\n@pytest.mark.slow  # c\nasync def test():\n    await fetch()\n",
        "# a\n# b\n@pytest.mark.slow  # c\ndef test():\n    fetch()\n",
    ),
    "a test that awaits something else": (
        "@pytest.mark.asyncio\nasync def test():\n    await fetch()\n    await other()\n",
        "@pytest.mark.asyncio\nasync def test():\n    fetch()\n    await other()\n",
    ),
    "a test with an asynchronous block": (
        "async def test():\n    await fetch()\n    async with other():\n        pass\n",
        "async def test():\n    fetch()\n    async with other():\n        pass\n",
    ),
    "a test that needs a loop": (
        "async def test():\n    loop = asyncio.get_running_loop()\n    await fetch()\n",
        "async def test():\n    loop = asyncio.get_running_loop()\n    fetch()\n",
    ),
    "a test under a mark of the module": (
        "pytestmark = pytest.mark.asyncio\nasync def test():\n    await fetch()\n",
        "pytestmark = pytest.mark.asyncio\nasync def test():\n    fetch()\n",
    ),
    "a test that requests an asynchronous fixture": (
        """
        @pytest_asyncio.fixture
        async def other():
            await start()

        @pytest.mark.asyncio
        async def test(other):
            await fetch()
        """,
        """
        @pytest_asyncio.fixture
        async def other():
            await start()

        @pytest.mark.asyncio
        async def test(other):
            fetch()
        """,
    ),
    "parentheses": (
        "async def test():\n    (await fetch()).name\n    (await fetch())[0]\n    await (fetch())\n    await other()\n",
        "async def test():\n    fetch().name\n    fetch()[0]\n    fetch()\n    await other()\n",
    ),
    "parentheses over lines": (
        "async def test():\n    x = (\n        await fetch()  # why\n    )\n    await other()\n",
        "async def test():\n    x = (\n        fetch()  # why\n    )\n    await other()\n",
    ),
    "run": ("def test():\n    assert asyncio.run(fetch()) == 1\n", "def test():\n    assert fetch() == 1\n"),
    "run by a loop": (
        "def test(loop):\n    loop.run_until_complete(fetch('a')).name\n",
        "def test(loop):\n    fetch('a').name\n",
    ),
    "a manager that it gives": (
        "async def test():\n    async with await fetch() as x:\n        pass\n",
        "async def test():\n    async with fetch() as x:\n        pass\n",
    ),
    "in a list": (
        "async def test():\n    [await fetch(n) for n in 'ab']\n",
        "def test():\n    [fetch(n) for n in 'ab']\n",
    ),
    "helpers, fixtures and tests": (
        """
        async def inner():
            return await fetch()

        async def outer():
            return [await inner(), await inner()]

        @pytest_asyncio.fixture(name="ada")
        async def user():
            yield await fetch("ada")

        class TestIt:
            async def make(self):
                return await outer()

            @pytest.mark.asyncio
            async def test(self, ada):
                assert await self.make()

        def test_run():
            assert asyncio.run(outer())
        """,
        """
        def inner():
            return fetch()

        def outer():
            return [inner(), inner()]

        @pytest.fixture(name="ada")
        def user():
            yield fetch("ada")

        class TestIt:
            def make(self):
                return outer()

            def test(self, ada):
                assert self.make()

        def test_run():
            assert outer()
        """,
    ),
    "a helper that is passed on": (
        "async def helper():\n    await fetch()\n\ndef test():\n    use(helper)\n",
        "async def helper():\n    fetch()\n\ndef test():\n    use(helper)\n",
    ),
    "a helper that is gathered": (
        "async def helper():\n    await fetch()\n\nasync def test():\n    await asyncio.gather(helper())\n",
        "async def helper():\n    fetch()\n\nasync def test():\n    await asyncio.gather(helper())\n",
    ),
    "mocks that stand in for it": (
        """
        async def test(monkeypatch):
            fake = AsyncMock(return_value=1)
            async def answer(name):
                return 2
            monkeypatch.setattr("app.fetch", fake)
            monkeypatch.setattr(app, "fetch", answer)
            app.fetch = mock.AsyncMock(return_value=4)
            with patch("app.fetch", new_callable=AsyncMock) as new:
                await app.run()
            new.assert_awaited_once_with(1)
            assert new.await_count == 1
            fake.assert_not_awaited()
        """,
        """
        async def test(monkeypatch):
            fake = Mock(return_value=1)
            def answer(name):
                return 2
            monkeypatch.setattr("app.fetch", fake)
            monkeypatch.setattr(app, "fetch", answer)
            app.fetch = mock.Mock(return_value=4)
            with patch("app.fetch", new_callable=Mock) as new:
                await app.run()
            new.assert_called_once_with(1)
            assert new.call_count == 1
            fake.assert_not_called()
        """,
    ),
}
OTHERS = {
    "a method": (
        GET,
        "@pytest.mark.anyio\nasync def test():\n    client = Client()\n    (await client.get('/')).body\n",
        "def test():\n    client = Client()\n    client.get('/').body\n",
    ),
    "a method of a mock of its class": (
        GET,
        """async def test():
    client = mock.Mock(spec=Client)
    client.get = mock.AsyncMock(return_value=1)
    await client.get('/')
    client.get.assert_awaited_once_with('/')
""",
        """def test():
    client = mock.Mock(spec=Client)
    client.get = mock.Mock(return_value=1)
    client.get('/')
    client.get.assert_called_once_with('/')
""",
    ),
    "a context manager": (
        SESSION,
        "async def test():\n    async with session() as s:\n        pass\n",
        "def test():\n    with session() as s:\n        pass\n",
    ),
    "a context manager with others": (
        SESSION,
        "async def test():\n    async with other() as o, session() as s:\n        pass\n",
        "async def test():\n    async with other() as o:\n        with session() as s:\n            pass\n",
    ),
    "a generator": (
        NUMBERS,
        "async def test():\n    async for n in numbers():\n        pass\n    [n async for n in numbers()]\n",
        "def test():\n    for n in numbers():\n        pass\n    [n for n in numbers()]\n",
    ),
}


@pytest.mark.parametrize("source", UNCHANGED.values(), ids=UNCHANGED.keys())
def test_it_stays(source: str) -> None:
    assert changed(source) == source


@pytest.mark.parametrize("source", LEFT.values(), ids=LEFT.keys())
def test_it_is_left_and_said_why(source: str) -> None:
    assert changed(source) == source
    outcome = rewrite(HEADER + source, [FETCH], PLACE)
    assert ["gives no coroutine any more" in note.reason for note in outcome.notes] == [True]


@pytest.mark.parametrize(("before", "after"), CHANGED.values(), ids=CHANGED.keys())
def test_it_is_awaited_no_longer(before: str, after: str) -> None:
    assert changed(before) == dedent(after)
    assert changed(after) == dedent(after), "twice equals once"


@pytest.mark.parametrize(("codemod", "before", "after"), OTHERS.values(), ids=OTHERS.keys())
def test_methods_context_managers_and_generators(codemod: UnawaitCall, before: str, after: str) -> None:
    assert changed(before, codemod) == after
    assert changed(after, codemod) == after, "twice equals once"


def test_a_helper_of_a_file_that_others_import_stays_asynchronous() -> None:
    place = Place.within(Sources.of({"app.py": APP}), "tests/helpers.py")
    before = "async def helper():\n    return await fetch()\n"
    assert changed(before, place=place) == "async def helper():\n    return fetch()\n"


OLD = """
from contextlib import asynccontextmanager

STORE = {"ada": 36}

async def fetch(name):
    if name not in STORE:
        raise KeyError(name)
    return {"name": name, "age": STORE[name]}

@asynccontextmanager
async def session():
    yield await fetch("ada")

class Users:
    async def get(self, name):
        return await fetch(name)

async def older(name):
    return (await fetch(name))["age"] + 1
"""
NEW = OLD.replace("async def", "def").replace("await ", "").replace("asynccontextmanager", "contextmanager")
TESTS = {
    "tests/conftest.py": """
        import pytest
        from app import Users, fetch

        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        @pytest.fixture
        def users():
            return Users()
    """,
    "tests/test_app.py": """
        import asyncio
        import unittest
        from unittest.mock import AsyncMock, patch

        import pytest
        import app
        from app import Users, fetch, older, session

        async def age(name):
            return (await fetch(name))["age"]

        @pytest.fixture
        async def ada():
            user = await fetch("ada")
            yield user

        @pytest.mark.anyio
        async def test_fixture(ada):
            assert ada["age"] == await age("ada")

        @pytest.mark.anyio
        @pytest.mark.parametrize("name", ["bob", "eve"])
        async def test_raises(name):
            with pytest.raises(KeyError):
                await fetch(name)

        def test_run():
            assert asyncio.run(age("ada")) == 36
            assert asyncio.run(fetch("ada"))["age"] == 36

        @pytest.mark.anyio
        async def test_stand_ins(monkeypatch):
            async def answer(name):
                return {"age": 1}
            monkeypatch.setattr(app, "fetch", answer)
            assert await older("x") == 2
            with patch("app.fetch", new=AsyncMock(return_value={"age": 2})) as fake:
                assert await older("y") == 3
            fake.assert_awaited_once_with("y")
            with patch("app.fetch", return_value={"age": 3}) as fake:
                assert await older("z") == 4
            fake.assert_awaited_once()

        @pytest.mark.anyio
        async def test_method(users):
            await asyncio.sleep(0)
            assert (await users.get("ada"))["age"] == 36
            async with session() as user:
                assert user["age"] == 36

        class Tests(unittest.IsolatedAsyncioTestCase):
            async def asyncSetUp(self):
                self.user = await fetch("ada")

            async def test(self):
                self.assertEqual(self.user["age"], (await fetch("ada"))["age"])
    """,
}


def test_rewritten_tests_pass(prove: Callable[..., dict[str, str]]) -> None:
    pytest.importorskip("anyio")
    codemods = [UnawaitCall(function=f"app.{name}") for name in ("fetch", "older", "session", "Users.get")]
    done = prove(codemods, {"app.py": OLD}, {"app.py": NEW}, TESTS, plugins=["anyio"], count=7)
    text = done["tests/test_app.py"]
    assert "def age(name):\n    return fetch(name)" in text
    assert "await asyncio.sleep(0)\n    assert users.get" in text, "it stays asynchronous"
