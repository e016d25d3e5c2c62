"""Dicts that reach a parameter become instances where they are written, or where they are used, or stay dicts."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent

import pytest

from pytest_agentgate.codemods.apply import Changed, Unchanged, rewrite
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.rewrites.dict_to_model import DictToModel

APP = """
from dataclasses import dataclass, field

@dataclass
class Tls:
    cert: str
    key: str = ""

@dataclass
class Redis:
    host: str
    port: int = 6379
    tls: Tls | None = None

@dataclass
class Pool:
    size: int = 1
    members: list[Redis] = field(default_factory=list)
    named: dict[str, Redis] = field(default_factory=dict)

class Service:
    def __init__(self, name, redis: Redis, pool: "Pool | None" = None, *, extra=None):
        self.redis = redis

    def connect(self, redis: Redis): ...

def connect(redis: Redis, timeout=3): ...

def connect_all(servers: list[Redis]): ...
"""
REDIS = DictToModel(function="app.Service", parameter="redis", model="app.Redis")
CONNECT = DictToModel(function="app.connect", parameter="redis", model="app.Redis")


def outcome(
    source: str, codemod: DictToModel = REDIS, path: str = "tests/test_it.py", files: Mapping[str, str] | None = None
) -> tuple[str, list[str]]:
    """The new text of a file and the notes; that a second time changes nothing is held on the way."""
    source = dedent(source).lstrip("\n")
    others = {name: dedent(text) for name, text in (files or {}).items()}
    place = Place.within(Sources.of({"app.py": APP, **others, path: source}), path)
    result = rewrite(source, [codemod], place)
    assert isinstance(result, Changed | Unchanged), result
    text = result.source if isinstance(result, Changed) else source
    again = rewrite(text, [codemod], Place.within(Sources.of({"app.py": APP, **others, path: text}), path))
    assert isinstance(again, Unchanged), again
    return text, [note.reason for note in result.notes]


def changed(
    source: str, codemod: DictToModel = REDIS, path: str = "tests/test_it.py", files: Mapping[str, str] | None = None
) -> str:
    text, notes = outcome(source, codemod, path, files)
    assert notes == []
    return text


def left(source: str, codemod: DictToModel = REDIS, files: Mapping[str, str] | None = None) -> str:
    """Why a file is left as it is."""
    text, notes = outcome(source, codemod, files=files)
    assert text == dedent(source).lstrip("\n")
    return "; ".join(notes)


HEAD = "from app import Redis, Service\n"


@pytest.mark.parametrize(
    "source",
    [
        "from app import Service\nService('a', None)\n",
        "from app import Service, Redis\nService('a', Redis(host='h'))\n",
        "from app import Service, Redis\nr = Redis(host='h')\nService('a', redis=r)\n",
        "from other import Service\nService('a', {'host': 'h'})\n",
        "from app import Service\nService({'host': 'h'}, 1)\n",
        "from app import Service\nService('a', 1, extra={'host': 'h'})\n",
        "from unittest.mock import Mock\nfrom app import Service\nService('a', Mock())\n",
        "from app import Service\nSETTINGS = {'host': 'h'}\n",
        "from app import Service\nService(**{'name': 'a'})\n",
        "def Service(name, redis): ...\nService('a', {'host': 'h'})\n",
    ],
)
def test_what_is_no_dict_or_does_not_reach_the_parameter_stays(source: str) -> None:
    assert left(source) == ""


@pytest.mark.parametrize(
    ("argument", "reason"),
    [
        ("{'host': 'h', 'retries': 3}", "Redis takes no 'retries'"),
        ("{'port': 1}", "Redis needs host, which the dict has not"),
        ("{}", "Redis needs host, which the dict has not"),
        ("{'host': 'h', 'a-b': 3}", "the key 'a-b' can't be the name of an argument"),
        ("{'host': 'h', 'class': 3}", "the key 'class' can't be the name of an argument"),
        ("{'host': 'h', 'host': 'i'}", "the key 'host' stands there twice"),
        ("{'host': 'h', key: 3}", "it has a key that is not written down as a string"),
        ("unknown", "where it comes from can't be told"),
        ("load()", "what it returns can't be told"),
        ("[{'host': 'h'}][index]", "where it comes from can't be told"),
    ],
)
def test_what_can_not_become_an_instance_stays_and_is_said(argument: str, reason: str) -> None:
    assert left(f"from app import Service\nService('a', redis={argument})\n") == reason


def test_a_class_that_is_not_there_is_said() -> None:
    missing = DictToModel(function="app.Service", parameter="redis", model="app.Gone")
    assert left("from app import Service\nService('a', {'host': 'h'})\n", missing) == (
        "app.Gone is not defined in any file of the project"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Service('a', redis={'host': 'h', 'port': 1})", "Service('a', redis=Redis(host='h', port=1))"),
        ("Service('a', {'host': 'h'})", "Service('a', Redis(host='h'))"),
        ("Service('a', { 'host' : 'h', })", "Service('a', Redis( host='h', ))"),
        ("Service('a', dict(host='h', port=1))", "Service('a', Redis(host='h', port=1))"),
        ("Service(**{'name': 'a', 'redis': {'host': 'h'}})", "Service(**{'name': 'a', 'redis': Redis(host='h')})"),
        ("Service(**dict(name='a', redis=dict(host='h')))", "Service(**dict(name='a', redis=Redis(host='h')))"),
        (
            "Service('a', {'host': 'h'} if x else {'host': 'i'})",
            "Service('a', Redis(host='h') if x else Redis(host='i'))",
        ),
        ("Service('a', ({'host': 'h'}))", "Service('a', (Redis(host='h')))"),
        ("Service('a', {'host': (yield)})", "Service('a', Redis(host=(yield)))"),
        ("Service('a', redis=None or {'host': 'h'})", "Service('a', redis=None or Redis(host='h'))"),
        ("Service('a', {**other, 'port': 1})", "Service('a', Redis(**{**other, 'port': 1}))"),
        ("Service('a', {**other})", "Service('a', Redis(**other))"),
    ],
)
def test_dicts_in_the_call(before: str, after: str) -> None:
    source = f"{HEAD}def test_it(x, other):\n    {before}\n"
    assert changed(source) == f"{HEAD}def test_it(x, other):\n    {after}\n"


def test_nested_dicts_become_instances_as_deep_as_the_classes_go() -> None:
    pool = DictToModel(function="app.Service", parameter="pool", model="app.Pool")
    assert changed(
        """
        from app import Service

        Service("a", None, pool={
            "size": 2,
            "members": [
                {"host": "a"},
                {"host": "b", "tls": {"cert": "c"}},  # the safe one
            ],
            "named": {
                "main": {"host": "c", "tls": None},
            },
        })
        """,
        pool,
    ) == dedent(
        """\
        from app import Pool, Redis, Service, Tls

        Service("a", None, pool=Pool(
            size=2,
            members=[
                Redis(host="a"),
                Redis(host="b", tls=Tls(cert="c")),  # the safe one
            ],
            named={
                "main": Redis(host="c", tls=None),
            },
        ))
        """
    )


def test_the_parameter_may_take_many() -> None:
    every = DictToModel(function="app.connect_all", parameter="servers", model="app.Redis")
    assert changed(
        """
        from app import Redis, connect_all

        SERVERS = [{"host": "a"}, {"host": "b"}]
        connect_all(SERVERS)
        connect_all([{"host": name} for name in "ab"])
        connect_all([*SERVERS, {"host": "c"}])
        assert len(SERVERS) == 2
        """,
        every,
    ) == dedent(
        """\
        from app import Redis, connect_all

        SERVERS = [Redis(host="a"), Redis(host="b")]
        connect_all(SERVERS)
        connect_all([Redis(host=name) for name in "ab"])
        connect_all([*SERVERS, Redis(host="c")])
        assert len(SERVERS) == 2
        """
    )


def test_methods_partials_and_fields_of_proven_instances() -> None:
    method = DictToModel(function="app.Service.connect", parameter="redis", model="app.Redis")
    assert changed(f"{HEAD}s = Service('a', None)\ns.connect({{'host': 'h'}})\nother.connect({{}})\n", method) == (
        f"{HEAD}s = Service('a', None)\ns.connect(Redis(host='h'))\nother.connect({{}})\n"
    )
    assert changed(
        "from functools import partial\nfrom app import Redis, connect\npartial(connect, {'host': 'h'})\n", CONNECT
    ) == ("from functools import partial\nfrom app import Redis, connect\npartial(connect, Redis(host='h'))\n")
    assert changed(f"{HEAD}s = Service('a', None)\ns.redis = {{'host': 'h'}}\n") == (
        f"{HEAD}s = Service('a', None)\ns.redis = Redis(host='h')\n"
    )


# Each pair of sources: the dict is converted where it is written.
WHERE_WRITTEN = {
    "a local name": (
        """
        def test_it():
            settings: dict = {"host": "h"}
            Service("a", settings)
        """,
        """
        def test_it():
            settings: Redis = Redis(host="h")
            Service("a", settings)
        """,
    ),
    "a constant": (
        """
        SETTINGS = {"host": "h"}

        def test_it():
            Service("a", redis=SETTINGS)
            Service("b", redis=SETTINGS)
        """,
        """
        SETTINGS = Redis(host="h")

        def test_it():
            Service("a", redis=SETTINGS)
            Service("b", redis=SETTINGS)
        """,
    ),
    "parametrize": (
        """
        @pytest.mark.parametrize("settings", [{"host": "h"}, pytest.param({"host": "i"}, id="i")])
        def test_it(settings):
            Service("a", settings)

        @pytest.mark.parametrize("port, settings", [(1, {"host": "h"}), pytest.param(2, {"host": "i"})])
        def test_two(port, settings):
            Service("a", settings)
        """,
        """
        @pytest.mark.parametrize("settings", [Redis(host="h"), pytest.param(Redis(host="i"), id="i")])
        def test_it(settings):
            Service("a", settings)

        @pytest.mark.parametrize("port, settings", [(1, Redis(host="h")), pytest.param(2, Redis(host="i"))])
        def test_two(port, settings):
            Service("a", settings)
        """,
    ),
    "a list of cases": (
        """
        CASES = [("a", {"host": "h"}), ("b", {"host": "i"})]

        @pytest.mark.parametrize(("name", "settings"), CASES)
        def test_it(name, settings):
            Service(name, settings)

        def test_loop():
            for name, settings in CASES:
                Service(name, settings)
        """,
        """
        CASES = [("a", Redis(host="h")), ("b", Redis(host="i"))]

        @pytest.mark.parametrize(("name", "settings"), CASES)
        def test_it(name, settings):
            Service(name, settings)

        def test_loop():
            for name, settings in CASES:
                Service(name, settings)
        """,
    ),
    "a fixture, through another one": (
        """
        @pytest.fixture
        def settings():
            return {"host": "h"}

        @pytest.fixture
        def service(settings):
            yield Service("a", settings)

        def test_it(service): ...
        """,
        """
        @pytest.fixture
        def settings():
            return Redis(host="h")

        @pytest.fixture
        def service(settings):
            yield Service("a", settings)

        def test_it(service): ...
        """,
    ),
    "the parameters of a fixture": (
        """
        @pytest.fixture(params=[{"host": "h"}, {"host": "i"}])
        def settings(request):
            return request.param

        def test_it(settings):
            Service("a", settings)
        """,
        """
        @pytest.fixture(params=[Redis(host="h"), Redis(host="i")])
        def settings(request):
            return request.param

        def test_it(settings):
            Service("a", settings)
        """,
    ),
    "a factory": (
        """
        def settings(port=1, **more):
            return {"host": "h", "port": port, **more}

        def test_it():
            Service("a", settings())
            Service("a", redis=settings(port=2, host="x"))
        """,
        """
        def settings(port=1, **more):
            return Redis(**{"host": "h", "port": port, **more})

        def test_it():
            Service("a", settings())
            Service("a", redis=settings(port=2, host="x"))
        """,
    ),
    "a factory that a fixture gives": (
        """
        @pytest.fixture
        def make():
            def _make(host="h"):
                return {"host": host}

            return _make

        def test_it(make):
            Service("a", make())
            Service("a", make("i"))
        """,
        """
        @pytest.fixture
        def make():
            def _make(host="h"):
                return Redis(host=host)

            return _make

        def test_it(make):
            Service("a", make())
            Service("a", make("i"))
        """,
    ),
    "a helper that makes the object": (
        """
        def service(redis=None):
            return Service("a", redis or {"host": "h"})

        def test_it():
            service({"host": "i"})
            service(redis={"host": "j"})
        """,
        """
        def service(redis=None):
            return Service("a", redis or Redis(host="h"))

        def test_it():
            service(Redis(host="i"))
            service(redis=Redis(host="j"))
        """,
    ),
    "overrides of defaults": (
        """
        DEFAULTS = {"name": "a", "redis": {"host": "h"}}

        def service(**overrides):
            return Service(**{**DEFAULTS, **overrides})

        def test_it():
            service(redis={"host": "i"})
            service(name=DEFAULTS["name"])
        """,
        """
        DEFAULTS = {"name": "a", "redis": Redis(host="h")}

        def service(**overrides):
            return Service(**{**DEFAULTS, **overrides})

        def test_it():
            service(redis=Redis(host="i"))
            service(name=DEFAULTS["name"])
        """,
    ),
    "keys that are set later": (
        """
        def test_it():
            settings = {"name": "a"}
            settings["redis"] = {"host": "h"}
            settings.update(redis={"host": "i"})
            Service(**settings)
        """,
        """
        def test_it():
            settings = {"name": "a"}
            settings["redis"] = Redis(host="h")
            settings.update(redis=Redis(host="i"))
            Service(**settings)
        """,
    ),
    "attributes of self": (
        """
        class TestService:
            settings = {"host": "h"}

            def setup_method(self):
                self.other = dict(host="i")

            def test_it(self):
                Service("a", self.settings)
                Service("a", self.other)
        """,
        """
        class TestService:
            settings = Redis(host="h")

            def setup_method(self):
                self.other = Redis(host="i")

            def test_it(self):
                Service("a", self.settings)
                Service("a", self.other)
        """,
    ),
    "methods of the test's class": (
        """
        class TestService:
            def make(self, host):
                return {"host": host}

            def test_it(self):
                Service("a", self.make("h"))
        """,
        """
        class TestService:
            def make(self, host):
                return Redis(host=host)

            def test_it(self):
                Service("a", self.make("h"))
        """,
    ),
    "an asynchronous fixture and factory": (
        """
        async def make() -> dict[str, str]:
            return {"host": "h"}

        async def test_it():
            Service("a", await make())
        """,
        """
        async def make() -> Redis:
            return Redis(host="h")

        async def test_it():
            Service("a", await make())
        """,
    ),
    "a dict of dicts": (
        """
        SERVERS = {"main": {"host": "h"}, "spare": {"host": "i"}}

        def test_it():
            Service("a", SERVERS["main"])
            assert SERVERS["spare"]["host"] == "i"
        """,
        """
        SERVERS = {"main": Redis(host="h"), "spare": {"host": "i"}}

        def test_it():
            Service("a", SERVERS["main"])
            assert SERVERS["spare"]["host"] == "i"
        """,
    ),
    "a base that is extended": (
        """
        BASE = {"host": "h"}

        def test_it():
            Service("a", {**BASE, "port": 1})
            Service("a", {**BASE, "host": "i"})
            Service("a", dict(BASE, port=2))
            Service("a", BASE | {"port": 3})
        """,
        """
        BASE = {"host": "h"}

        def test_it():
            Service("a", Redis(**BASE, port=1))
            Service("a", Redis(**{**BASE, "host": "i"}))
            Service("a", Redis(**BASE, port=2))
            Service("a", Redis(**BASE | {"port": 3}))
        """,
    ),
}


@pytest.mark.parametrize(("before", "after"), WHERE_WRITTEN.values(), ids=WHERE_WRITTEN)
def test_a_dict_that_goes_nowhere_else_becomes_an_instance_where_it_is_written(before: str, after: str) -> None:
    head = f"import pytest\n{HEAD}\n"
    assert changed(head + dedent(before)) == head + dedent(after)


@pytest.mark.parametrize(
    "use",
    [
        "assert SETTINGS['host'] == 'h'",
        "SETTINGS['port'] = 2",
        "json.dumps(SETTINGS)",
        "other(SETTINGS)",
        "assert service.redis == SETTINGS",
        "other = SETTINGS",
        "{**SETTINGS}",
        "for key in SETTINGS: ...",
    ],
)
def test_a_dict_that_is_used_as_one_stays_one_and_is_wrapped_where_it_is_passed(use: str) -> None:
    head = f"import json\n{HEAD}\nSETTINGS = {{'host': 'h'}}\n\n"
    source = f"{head}def test_it(service, other):\n    Service('a', {{}})\n    {use}\n"
    assert changed(source.replace("{}", "SETTINGS", 1)) == source.replace("{}", "Redis(**SETTINGS)", 1)


def test_a_wrapped_dict_that_holds_dicts_is_left_where_the_class_makes_no_models_of_them() -> None:
    assert (
        left(
            """
            from app import Service

            SETTINGS = {"host": "h", "tls": {"cert": "c"}}

            def test_it():
                Service("a", SETTINGS)
                assert SETTINGS["tls"]["cert"] == "c"
            """
        )
        == "Redis makes no models of the dicts in it, and it is used as a dict as well"
    )


def test_a_dict_that_is_compared_with_what_is_made_of_it_becomes_an_instance() -> None:
    source = """
        import pytest
        from app import Pool, Redis, Service

        @pytest.fixture
        def settings():
            return {"host": "h", "tls": {"cert": "c"}}

        @pytest.fixture
        def pool(settings):
            return Pool(members=[settings])

        def test_it(pool, settings):
            assert pool.members[0] == settings
            assert pool.members[0] is settings
    """
    codemod = DictToModel(function="app.Pool", parameter="members", model="app.Redis")
    assert 'return Redis(host="h", tls=Tls(cert="c"))' in changed(source, codemod)
    assert left(source.replace("pool.members[0] is", "json.loads('{}') =="), codemod) == (
        "Redis makes no models of the dicts in it, and other tests use it as a dict"
    )


def test_dicts_that_are_added_to_a_list_in_a_field_become_instances() -> None:
    source = """
        from app import Pool{0}

        def test_it(other):
            pool = Pool()
            pool.members.append({1})
            pool.members.insert(0, {1})
            pool.members.extend([{1}])
            pool.members += [{1}]
            other.members.append({{"host": "h"}})
    """
    codemod = DictToModel(function="app.Pool", parameter="members", model="app.Redis")
    after = dedent(source.format(", Redis", 'Redis(host="h")')).lstrip()
    assert changed(source.format("", '{"host": "h"}'), codemod) == after


CONFTEST = """
import pytest

@pytest.fixture
def settings():
    return {"host": "h"}
"""
TEST = f"{HEAD}\ndef test_it(settings):\n    Service('a', settings)\n"
READS = f"{HEAD}\ndef test_other(settings):\n    assert settings['host'] == 'h'\n"


def test_a_fixture_of_conftest_becomes_an_instance_there() -> None:
    assert left(TEST, files={"tests/conftest.py": CONFTEST}) == ""
    after = changed(CONFTEST, path="tests/conftest.py", files={"tests/test_it.py": TEST})
    assert after == CONFTEST.lstrip("\n").replace(
        "import pytest\n", "import pytest\n\nfrom app import Redis\n"
    ).replace('{"host": "h"}', 'Redis(host="h")')


def test_a_fixture_of_conftest_that_another_file_reads_as_a_dict_stays_one() -> None:
    wrapped = TEST.replace("'a', settings", "'a', Redis(**settings)")
    assert changed(TEST, files={"tests/conftest.py": CONFTEST, "tests/test_other.py": READS}) == wrapped
    others = {"tests/test_it.py": TEST, "tests/test_other.py": READS}
    assert changed(CONFTEST, path="tests/conftest.py", files=others) == CONFTEST.lstrip("\n")


def test_a_fixture_that_another_folder_overrides_is_another_fixture() -> None:
    inner = CONFTEST.replace('"h"', '"inner"')
    files = {"tests/conftest.py": CONFTEST, "tests/inner/conftest.py": inner, "tests/test_it.py": TEST}
    files["tests/inner/test_other.py"] = READS
    assert left(TEST, files=files) == ""
    assert "Redis(host" in changed(CONFTEST, path="tests/conftest.py", files=files)
    assert changed(inner, path="tests/inner/conftest.py", files=files) == inner.lstrip("\n")


DATA = "SETTINGS = {'host': 'h'}\n\n\ndef make(**more):\n    return {'host': 'h', **more}\n"
IMPORTS = """\
from app import Redis, Service
from tests.data import SETTINGS, make

Service('a', SETTINGS)
Service('b', make(port=1))
"""


def test_constants_and_factories_of_another_file_become_instances_there() -> None:
    assert left(IMPORTS, files={"tests/data.py": DATA}) == ""
    assert changed(DATA, path="tests/data.py", files={"tests/test_it.py": IMPORTS}) == (
        "from app import Redis\n\n"
        "SETTINGS = Redis(host='h')\n\n\ndef make(**more):\n    return Redis(**{'host': 'h', **more})\n"
    )


def test_what_the_implementation_provides_is_wrapped() -> None:
    source = "from app import Redis, Service\nfrom defaults import SETTINGS\n\nService('a', SETTINGS)\n"
    defaults = "SETTINGS = {'host': 'h'}\n"
    wrapped = source.replace("'a', SETTINGS", "'a', Redis(**SETTINGS)")
    assert changed(source, files={"defaults.py": defaults}) == wrapped
    assert changed(defaults, path="defaults.py", files={"tests/test_it.py": source}) == defaults


def test_a_fixture_that_is_asked_for_by_its_name_stays_a_dict() -> None:
    asks = "def test_other(request):\n    request.getfixturevalue('settings')['host']\n"
    assert changed(TEST, files={"tests/conftest.py": CONFTEST, "tests/test_other.py": asks}) == TEST.replace(
        "'a', settings", "'a', Redis(**settings)"
    )


def test_the_class_is_imported_under_the_name_that_was_given() -> None:
    codemod = DictToModel(function="app.Service", parameter="redis", model="shop.Redis")
    assert changed(
        "from app import Service\n\nService('a', {'host': 'h'})\n",
        codemod,
        files={"shop.py": "from app import Redis\n"},
    ) == ("from app import Service\nfrom shop import Redis\n\nService('a', Redis(host='h'))\n")
