"""Subscripts of proven values become attributes; everything else stays, and what a user may miss is said."""

from __future__ import annotations

from textwrap import dedent

import pytest

from pytest_agentgate.codemods.apply import Changed, Unchanged, rewrite
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.rewrites.subscript_to_attribute import SubscriptToAttribute

APP = """
from dataclasses import dataclass, field

@dataclass
class Tls:
    cert: str

@dataclass
class Redis:
    host: str
    port: int = 6379
    tls: Tls | None = None
    tags: list[str] = field(default_factory=list)

@dataclass(frozen=True)
class Config:
    name: str
    redis: Redis
    replicas: list[Redis]
    named: dict[str, Redis]

def load() -> Config: ...

def untold(): ...
"""
CONFIG = SubscriptToAttribute(model="app.Config")
REDIS = SubscriptToAttribute(model="app.Redis")
UNTOLD = SubscriptToAttribute(model="app.Config", function="app.untold")
HEAD = "import app\nfrom app import Config, Redis, load, untold\n\n"


def outcome(source: str, codemod: SubscriptToAttribute = CONFIG, **files: str) -> tuple[str, str]:
    """The new text of a file and the notes; that a second time changes nothing is held on the way."""
    others = {name.replace("__", "/") + ".py": text for name, text in files.items()}
    sources = Sources.of({"app.py": APP, **others, "tests/test_it.py": source})
    result = rewrite(source, [codemod], Place.within(sources, "tests/test_it.py"))
    assert isinstance(result, Changed | Unchanged), result
    text = result.source if isinstance(result, Changed) else source
    again = rewrite(text, [codemod], Place.within(sources, "tests/test_it.py"))
    assert isinstance(again, Unchanged), again
    return text, "; ".join(note.reason for note in result.notes)


REPLICAS = "@dataclass\nclass Cluster:\n    nodes: list[Redis]\n"


def test_an_element_of_a_list_in_another_class_is_proven() -> None:
    app = f"{APP}\n{REPLICAS}"
    source = "from app import Cluster\n\ndef test(cluster: Cluster):\n    assert cluster.nodes[0]['host'] == 'h'\n"
    place = Place.within(Sources.of({"app.py": app}), "tests/test_it.py")
    result = rewrite(source, [REDIS], place)
    assert isinstance(result, Changed)
    assert "cluster.nodes[0].host == 'h'" in result.source


@pytest.mark.parametrize(
    "line",
    [
        "unknown['name']",
        "untold()['name']",
        "app.other()['name']",
        "{'name': 1}['name']",
        "load().name",
        "Redis('h')['host']",
        "load().redis.tags[0]",
    ],
)
def test_values_that_are_not_proven_to_be_the_class_stay(line: str) -> None:
    assert outcome(f"{HEAD}{line}\n") == (f"{HEAD}{line}\n", "")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("load()['gone']", "Config has no field for this key"),
        ("load()[key]", "Config has no field for this key"),
        ("load()['name'] = 1", "Config is frozen"),
        ("del load()['name']", "a field of Config can't be deleted"),
        ("load().items()", "Config has no items()"),
        ("load().get('gone')", "Config has no field for this key"),
        ("self.assertDictEqual(load(), {'name': 1})", "a Config equals no dict"),
        ("assert 'gone' not in load()", "Config has no field for this key"),
        ("assert 'name' not in load()", "every Config has the field name, whether or not it was given a value"),
        ("assert load() == {'name': 'a'}", "a Config equals no dict"),
        ("assert {'name': 'a'} != load()", "a Config equals no dict"),
    ],
)
def test_what_an_object_can_not_do_is_left_and_said(line: str, reason: str) -> None:
    assert outcome(f"{HEAD}{line}\n") == (f"{HEAD}{line}\n", reason)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("redis.get('port')", "without a value, port of Redis is not what get() returned"),
        ("redis.get('tls', 3)", "without a value, tls of Redis is not what get() returned"),
        ("assert redis.get('port') is None", "without a value, port of Redis is not what get() returned"),
        ("assert redis.get('port', 3) == 3", "without a value, port of Redis is not what get() returned"),
        ("assert redis.get('port') != 3", "without a value, port of Redis is not what get() returned"),
        ("assert not redis.get('port') == 3", "without a value, port of Redis is not what get() returned"),
        ("self.assertIn('port', redis)", "every Redis has the field port, whether or not it was given a value"),
        ("self.assertIn('gone', redis)", "Redis has no field for this key"),
        ("assert 'port' in redis", "every Redis has the field port, whether or not it was given a value"),
    ],
)
def test_what_asked_whether_a_value_was_given_is_left(line: str, reason: str) -> None:
    source = f"{HEAD}def test_it(redis: Redis):\n    {line}\n"
    assert outcome(source, REDIS) == (source, reason)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("load()['name']", "load().name"),
        ("load() [ 'name' ]", "load().name"),
        ("(load())['name']", "(load()).name"),
        ("load()['redis']['host']", "load().redis.host"),
        ("load()['redis']['tls']['cert']", "load().redis.tls.cert"),
        ("load()['replicas'][0]['port']", "load().replicas[0].port"),
        ("load()['named']['main']['port']", "load().named['main'].port"),
        ("load().redis['port']", "load().redis.port"),
        ("load()['redis']['port'] = 1", "load().redis.port = 1"),
        ("load()['redis']['port'] += 1", "load().redis.port += 1"),
        ("load().get('name')", "load().name"),
        ("load().get('name', 'x')", "load().name"),
        ("load()['redis'].get('tls')", "load().redis.tls"),
        ("assert load()['redis'].get('port') == 3", "assert load().redis.port == 3"),
        ("assert 3 == load()['redis'].get('port')", "assert 3 == load().redis.port"),
        ("assert load()['redis'].get('port', 1) == 3", "assert load().redis.port == 3"),
        ("assert load()['redis'].get('tags')", "assert load().redis.tags"),
        ("self.assertEqual(load()['redis'].get('port'), 3)", "self.assertEqual(load().redis.port, 3)"),
        ("self.assertTrue(load()['redis'].get('tags'), 'why')", "self.assertTrue(load().redis.tags, 'why')"),
        ("self.assertIn('name', load(), 'why')", "self.assertTrue(hasattr(load(), 'name'), 'why')"),
        ("load().replicas[0]['host']", "load().replicas[0].host"),
        ("assert 'name' in load()", "assert hasattr(load(), 'name')"),
        ('assert "redis" in load()  # always', 'assert hasattr(load(), "redis")  # always'),
        ("f\"{load()['name']}\"", 'f"{load().name}"'),
        ("redis = load()['redis']\nredis['host']", "redis = load().redis\nredis.host"),
        ("Config('a', Redis('b'), [], {})['name']", "Config('a', Redis('b'), [], {}).name"),
    ],
)
def test_keys_of_proven_values_become_attributes(before: str, after: str) -> None:
    assert outcome(f"{HEAD}{before}\n") == (f"{HEAD}{after}\n", "")


def test_what_a_named_function_returns_is_followed() -> None:
    source = dedent(
        """\
        import pytest
        from app import untold

        @pytest.fixture
        def config():
            return untold()

        def test_it(config, found):
            assert config["name"] == untold()["redis"]["host"] == found["name"]

        async def test_later():
            config = await untold()
            assert config["name"]
        """
    )
    conftest = "import pytest, app\n\n@pytest.fixture\ndef found():\n    yield app.untold()\n"
    text, notes = outcome(source, UNTOLD, tests__conftest=conftest)
    assert notes == ""
    assert text == source.replace('["name"]', ".name").replace('["redis"]["host"]', ".redis.host")


def test_a_field_is_found_by_its_alias() -> None:
    model = (
        "from pydantic import BaseModel, Field\n\nclass Thing(BaseModel):\n    host: str = Field(alias='hostName')\n"
    )
    codemod = SubscriptToAttribute(model="shop.Thing")
    source = "from shop import Thing\n\ndef test_it(thing: Thing):\n    assert thing['hostName'] == thing['host']\n"
    assert outcome(source, codemod, shop=model)[0] == source.replace("['hostName']", ".host").replace(
        "['host']", ".host"
    )


def test_a_plain_class_has_only_the_attributes_that_it_sets() -> None:
    model = "class Thing:\n    def __init__(self, a, b):\n        self.a = a\n"
    codemod = SubscriptToAttribute(model="shop.Thing")
    source = "from shop import Thing\n\nThing(1, 2)['a']\nThing(1, 2)['b']\n"
    assert outcome(source, codemod, shop=model) == (
        source.replace("['a']", ".a"),
        "Thing has no field for this key",
    )


@pytest.mark.parametrize(
    "fake",
    [
        "    with patch('app.load', return_value={'name': 'a'}):\n        assert load()['name'] == 'a'\n",
        "    fake = Mock()\n    fake.return_value = {'name': 'a'}\n    assert load()['name'] == 'a'\n",
    ],
)
def test_where_a_mock_returns_a_dict_nothing_is_read_otherwise(fake: str) -> None:
    """What passed would fail: the mock goes on returning a dict."""
    reason = "this test puts a dict in the place of a Config, and may read it here"
    other = "def test_other():\n    assert load(){} == 'a'\n"
    head = f"{HEAD}from unittest.mock import Mock, patch\n\n"
    source = f"{head}def test_fake():\n{fake}\n{other.format('[' + repr('name') + ']')}"
    assert outcome(source) == (f"{head}def test_fake():\n{fake}\n{other.format('.name')}", reason)
    decorated = f"{head}@patch('app.load', return_value={{'name': 'a'}})\ndef test(fake):\n    load()['name']\n"
    assert outcome(decorated) == (decorated, reason)


def test_a_mock_that_returns_another_dict_is_no_matter() -> None:
    source = f"{HEAD}def test(fake):\n    fake.return_value = {{'status': 200}}\n    assert load()['name'] == 'a'\n"
    assert outcome(source) == (source.replace("['name']", ".name"), "")
