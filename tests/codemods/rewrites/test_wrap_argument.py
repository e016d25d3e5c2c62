"""Wrapping an argument: once, and not what is such an object already."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_agentgate.codemods.apply import apply, rewrite
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.rewrites.wrap_argument import WrapArgument
from pytest_agentgate.errors import UsageError

HEADER = "import pytest\nfrom unittest.mock import Mock, patch\nfrom app import Manager, Session, handle, managed\n"
APP = "class Session: ...\nclass Manager:\n    def __init__(self, session): ...\nclass Own(Manager): ...\n"
FILES = {"app.py": APP + "def managed(s): ...\ndef handle(session, event=None): ...\ndef made() -> Manager: ...\n"}
WRAP = WrapArgument("app.handle", "session", "app.Manager")


def wrapped(source: str, codemod: WrapArgument = WRAP, files: dict[str, str] = FILES) -> str:
    place = Place.within(Sources.of(files), "tests/test_it.py")
    return apply(HEADER + source, [codemod], place).removeprefix(HEADER)


def notes(source: str, codemod: WrapArgument = WRAP, files: dict[str, str] = FILES) -> list[str]:
    place = Place.within(Sources.of(files), "tests/test_it.py")
    return [note.reason for note in rewrite(HEADER + source, [codemod], place).notes]


@pytest.mark.parametrize(
    "source",
    [
        "handle(Manager(s))\n",
        "handle(session=Manager(s))\n",
        "handle(None)\n",
        "handle()\n",
        "handle(event=s)\n",
        "other(s)\n",
        "m = Manager(s)\nhandle(m)\n",
        "def test(m: Manager):\n    handle(m)\n",
        "@pytest.fixture\ndef m():\n    return Manager(s)\ndef test(m):\n    handle(m)\n",
        "from app import Own\nhandle(Own(s))\n",
        "from app import made\nhandle(made())\n",
        "class Fake(Manager): ...\nhandle(Fake(s))\n",
        "handle(Mock(spec=Manager))\n",
        "class T:\n    def setUp(self):\n        self.m = Manager(s)\n    def test(self):\n        handle(self.m)\n",
    ],
)
def test_what_is_one_already_and_none_stay(source: str) -> None:
    assert wrapped(source) == source
    assert notes(source) == []


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("handle(*args)\n", "starred"),
        ("def test(k):\n    handle(**k)\n", "can't be told"),
        ("handle(s if x else None)\n", "None or"),
        ("handle(s or Manager(s))\n", "None or"),
        ("K = {'session': s}\nhandle(**K)\nprint(K)\n", "elsewhere"),
        ("with patch('app.handle') as m:\n    m.assert_called_with(s)\n", "compared"),
    ],
)
def test_what_is_in_doubt_stays_and_is_said(source: str, reason: str) -> None:
    assert wrapped(source) == source
    assert any(reason in each for each in notes(source)), notes(source)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("handle(s)\n", "handle(Manager(s))\n"),
        ("handle(session=s)\n", "handle(session=Manager(s))\n"),
        ("handle(Session(), 2)\n", "handle(Manager(Session()), 2)\n"),
        ("handle((yield))\n", "handle(Manager((yield)))\n"),
        ("handle(x for x in y)\n", "handle(Manager((x for x in y)))\n"),
        ("handle(\n    s,  # it\n    2,\n)\n", "handle(\n    Manager(s),  # it\n    2,\n)\n"),
        ("K = {'session': s}\nhandle(**K)\n", "K = {'session': Manager(s)}\nhandle(**K)\n"),
        ("handle(session=(s))\n", "handle(session=Manager((s)))\n"),
        ("async def f():\n    handle(await s())\n", "async def f():\n    handle(Manager(await s()))\n"),
    ],
)
def test_an_argument_is_wrapped_once(before: str, after: str) -> None:
    before, after = (f"def test(s):\n    yield\n{each}" if "yield" in each else each for each in (before, after))
    if "(yield)" in before:
        before, after = (each.replace("\nhandle", "\n    handle") for each in (before, after))
    assert wrapped(before) == after
    assert wrapped(after) == after


def test_a_callable_may_take_it_by_keyword() -> None:
    codemod = WrapArgument("app.handle", "session", "app.managed", keyword="s")
    after = "handle(managed(s=x))\nm = managed(s=x)\nhandle(m)\n"
    assert wrapped("handle(x)\nm = managed(s=x)\nhandle(m)\n", codemod) == after
    assert wrapped(after, codemod) == after


def test_without_a_definition_positions_have_to_be_given() -> None:
    assert wrapped("handle(s)\nhandle(session=s)\n", files={}) == "handle(s)\nhandle(session=Manager(s))\n"
    assert any("old=" in each for each in notes("handle(s)\n", files={}))
    codemod = WrapArgument("app.handle", "session", "app.Manager", old=("event", "session"))
    assert wrapped("handle(e, s)\n", codemod, {}) == "handle(e, Manager(s))\n"


def test_a_function_can_t_be_put_around_its_own_argument() -> None:
    with pytest.raises(UsageError, match="its own argument"):
        WrapArgument("app.handle", "session", "app.handle")


def test_the_tests_of_a_worker_pass_again(prove: Callable[..., dict[str, str]]) -> None:
    db = """
        class Session:
            def __init__(self, url="x"):
                self.url = url

        class SessionManager:
            def __init__(self, session):
                self.session = session
    """
    worker = """
        class Worker:
            def __init__(self, name, session=None):
                self.name, self.session = name, session
            def url(self):
                return self.session{0}.url if self.session else None

        def handle(session, event):
            return session{0}.url, event
    """
    old, new = (
        {"app/__init__.py": "", "app/db.py": db, "app/worker.py": worker.format(each)} for each in ("", ".session")
    )
    tests = {
        "tests/test_worker.py": """
            import pytest
            from app.db import Session
            from app.worker import Worker, handle

            EVENTS = [{"session": Session("a"), "event": 1}, {"session": Session("b"), "event": 2}]

            @pytest.fixture
            def session():
                return Session()

            @pytest.mark.parametrize("kwargs", EVENTS)
            def test_events(kwargs):
                assert handle(**kwargs) in [("a", 1), ("b", 2)]

            def test_handle(session):
                assert handle(session, 1) == ("x", 1)
                assert handle(
                    event=2,
                    session=session,  # by name
                ) == ("x", 2)
        """
    }
    codemod = WrapArgument("app.worker.handle", "session", "app.db.SessionManager", old=("session", "event"))
    rewritten = prove(codemod, old, new, tests)["tests/test_worker.py"]
    assert 'EVENTS = [{"session": SessionManager(Session("a")), "event": 1}' in rewritten
    assert "session=SessionManager(session),  # by name" in rewritten
    assert "from app.db import Session, SessionManager" in rewritten

    tests = {
        "tests/test_worker.py": """
            from app import db
            from app.worker import Worker

            def test_worker():
                session = db.Session("y")
                assert Worker("w", session).url() == "y"
                assert Worker("w").url() is Worker("w", None).url() is None
        """
    }
    codemod = WrapArgument("app.worker.Worker", "session", "app.db.SessionManager")
    rewritten = prove(codemod, old, new, tests)["tests/test_worker.py"]
    assert 'Worker("w", db.SessionManager(session)).url()' in rewritten
