"""Which dicts reach a parameter, and on which way; what speaks against making models of them."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from textwrap import dedent

import pytest

from pytest_agentgate.codemods.flows.flows import Flows, Wrapped
from pytest_agentgate.codemods.reading.sources import File, Place, Sources

APP = """
from dataclasses import dataclass

@dataclass
class Tls:
    cert: str

@dataclass
class Redis:
    host: str
    port: int = 1
    tls: Tls | None = None

def connect(redis: Redis): ...

def ping(redis: Redis): ...
"""


def flows(path: str, files: Mapping[str, str], everywhere: bool = False) -> Flows:
    """What was found for one file of a project."""
    texts = {"app.py": APP, **{name: dedent(text) for name, text in files.items()}}
    sources = Sources.of(texts)
    names = sources.file(path)
    assert names is not None
    found = Flows(
        File(names, Place.within(sources, path), texts[path]), "app.connect", "redis", "app.Redis", everywhere
    )
    found.follow()
    return found


def made(path: str, files: Mapping[str, str], everywhere: bool = False) -> list[str]:
    """The expressions of a file that become models, those that are wrapped with ``**`` before them."""
    found = flows(path, files, everywhere)
    names = found.file.names
    return [
        ("**" if isinstance(change, Wrapped) else "") + ast.unparse(node)
        for node, change in found.changes.items()
        if node in names.up
    ]


def test_a_dict_reaches_a_call_through_three_files() -> None:
    files = {
        "tests/data.py": "def make(port=1):\n    return {'host': 'h', 'port': port}\n",
        "tests/conftest.py": """
            import pytest
            from tests.data import make

            @pytest.fixture
            def settings():
                return make(port=2)
            """,
        "tests/test_it.py": "from app import connect\n\ndef test_it(settings):\n    connect(settings)\n",
    }
    assert made("tests/data.py", files) == ["{'host': 'h', 'port': port}"]
    assert made("tests/conftest.py", files) == []
    assert made("tests/test_it.py", files) == []


def test_one_use_as_a_dict_anywhere_on_the_way_keeps_all_of_it_a_dict() -> None:
    files = {
        "tests/data.py": "def make():\n    return {'host': 'h'}\n",
        "tests/test_it.py": "from app import connect\nfrom tests.data import make\n\nconnect(make())\n",
        "tests/test_other.py": "from tests import data\n\nassert data.make()['host'] == 'h'\n",
    }
    assert made("tests/data.py", files) == []
    assert made("tests/test_it.py", files) == ["**make()"]


def test_a_call_in_a_helper_is_reached_from_the_file_that_calls_the_helper() -> None:
    files = {
        "tests/helpers.py": "from app import connect\n\ndef start(**options):\n    return connect(**options)\n",
        "tests/test_it.py": """
            from tests.helpers import start

            start(redis={"host": "h"})
            start(**{"redis": {"host": "i"}})
            """,
    }
    assert made("tests/test_it.py", files) == ["{'host': 'h'}", "{'host': 'i'}"]


def test_a_fixture_that_a_class_overrides_reaches_the_fixtures_that_request_it() -> None:
    files = {
        "tests/conftest.py": """
            import pytest
            from app import connect

            @pytest.fixture
            def settings():
                return {"host": "h"}

            @pytest.fixture
            def client(settings):
                return connect(settings)
            """,
        "tests/test_it.py": """
            import pytest

            class TestOther:
                @pytest.fixture
                def settings(self):
                    return {"host": "other"}

                def test_it(self, client): ...
            """,
    }
    assert made("tests/conftest.py", files) == ["{'host': 'h'}"]
    assert made("tests/test_it.py", files) == ["{'host': 'other'}"]


def test_a_dict_that_is_needed_whole_and_in_parts_keeps_its_keys_and_gets_models_under_them() -> None:
    files = {
        "tests/test_it.py": """
            from app import connect

            BASE = {"host": "h", "tls": {"cert": "c"}}
            connect(BASE)
            connect({**BASE, "port": 2})
            """
    }
    assert sorted(made("tests/test_it.py", files)) == ["**BASE", "{'cert': 'c'}", "{**BASE, 'port': 2}"]


def test_other_parameters_of_the_class_count_only_when_asked_for() -> None:
    files = {
        "tests/test_it.py": """
            from app import connect, ping

            SETTINGS = {"host": "h"}
            connect(SETTINGS)
            ping(SETTINGS)
            """
    }
    assert made("tests/test_it.py", files) == ["**SETTINGS"]
    assert made("tests/test_it.py", files, everywhere=True) == ["{'host': 'h'}"]


@pytest.mark.parametrize(
    "body",
    [
        "a = b = {'host': 'h'}\nconnect(a)",
        "with open() as a:\n    connect(a)",
        "a = {'host': 'h'}\na = load()\nconnect(a)",
        "def helper(a): connect(a)\nrun(helper)",
        "a, *b = [{'host': 'h'}]\nconnect(a)",
        "connect(*[{'host': 'h'}])",
        "def test_it(unseen): connect(unseen)",
    ],
)
def test_what_can_not_be_followed_is_left(body: str) -> None:
    assert made("tests/test_it.py", {"tests/test_it.py": f"from app import connect\n\n{body}\n"}) == []


def test_recursion_ends() -> None:
    body = """
        from app import connect

        def make(again=True):
            settings = make(False) if again else {"host": "h"}
            return settings

        connect(make())
        """
    assert made("tests/test_it.py", {"tests/test_it.py": body}) == ["{'host': 'h'}"]
