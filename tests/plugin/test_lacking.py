"""What connection failures of real clients are told to lack: in the log, the summary, and every report."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from importlib.util import find_spec
from textwrap import indent
from typing import Any

import pytest
from tests.plugin.conftest import PARALLEL, SERIAL, Recorded, Run

SECRET = "S3cR3tOfTheTests"

CLIENTS = {
    "redis": "import redis\nredis.Redis.from_url(URL, retry=None).get('a')",
    "psycopg": "import psycopg\npsycopg.connect(URL, connect_timeout=60)",
    "sqlalchemy": "import sqlalchemy\nsqlalchemy.create_engine(URL).connect()",
    "pymongo": "import pymongo\npymongo.MongoClient(URL, serverSelectionTimeoutMS=300).admin.command('ping')",
    "pymysql": "import pymysql\nat = urlsplit(URL)\npymysql.connect(host=at.hostname, port=at.port, user='u')",
    "kafka": "import kafka\nkafka.KafkaProducer(bootstrap_servers=URL, bootstrap_timeout_ms=300)",
    "pika": "import pika\npika.BlockingConnection(pika.URLParameters(URL))",
    "httpx": "import httpx\nhttpx.get(URL)",
}  # fmt: skip
# client -> value of its variable, server, client as told, form, template of what is proposed
VALUES = {
    "redis": ("redis://:{secret}@127.0.0.1:{port}/3", "redis", "redis", "redis://:{password}@{host}:{port}/3",
              "redis://{host}:{port}/{worker}"),
    "psycopg": ("postgresql://u:{secret}@localhost:{port}/shop", "postgres", "psycopg",
                "postgresql://{user}:{password}@{host}:{port}/{database}",
                "postgresql://{user}:{password}@{host}:{port}/{database}"),
    "sqlalchemy": ("postgresql+psycopg://u:{secret}@localhost:{port}/shop", "postgres", "psycopg",
                   "postgresql+psycopg://{user}:{password}@{host}:{port}/{database}",
                   "postgresql+psycopg://{user}:{password}@{host}:{port}/{database}"),
    "pymongo": ("mongodb://u:{secret}@localhost:{port}/shop?authSource={secret}", "mongodb", "pymongo",
                "mongodb://{user}:{password}@{host}:{port}/{database}", "mongodb://{host}:{port}/{database}"),
    "pymysql": ("mysql://u:{secret}@127.0.0.1:{port}/shop", "mysql", "pymysql",
                "mysql://{user}:{password}@{host}:{port}/{database}",
                "mysql://{user}:{password}@{host}:{port}/{database}"),
    "kafka": ("localhost:{port}", "kafka", "kafka", "{host}:{port}", "{host}:{port}"),
    "pika": ("amqp://u:{secret}@localhost:{port}/%2F", "rabbitmq", "pika",
             "amqp://{user}:{password}@{host}:{port}/{database}", "amqp://{user}:{password}@{host}:{port}/{database}"),
    "httpx": ("http://localhost:{port}/hooks/{secret}", "", "httpx", "http://{host}:{port}/...", ""),
}  # fmt: skip


@pytest.fixture(scope="module")
def refusing() -> Iterator[dict[str, int]]:
    """A port of this machine for each client that nobody listens at, and nobody else is given.

    Not one that the system gives out: those are no part of a cause.
    """
    held: list[socket.socket] = []
    ports = iter(range(20_000 + os.getpid() % 10_000, 32_000))
    while len(held) < len(CLIENTS):
        one = socket.socket()
        try:
            one.bind(("127.0.0.1", next(ports)))
        except OSError:
            one.close()
        else:
            held.append(one)
    yield {name: one.getsockname()[1] for name, one in zip(CLIENTS, held, strict=True)}
    for one in held:
        one.close()


def needs(client: str) -> None:
    """Skip without a client, which is not imported: pytester forgets the modules that its test has imported."""
    if find_spec(client) is None:
        pytest.skip(f"{client} is not installed")


def suite(names: list[str]) -> str:
    tests = (
        indent(f"URL = os.environ['{name.upper()}_AT']\n{CLIENTS[name]}", "    ").join((f"def test_{name}():\n", "\n"))
        for name in names
    )
    return "import os\nfrom urllib.parse import urlsplit\n\n" + "\n\n".join(tests)


@pytest.mark.parametrize("arguments", [SERIAL, PARALLEL])
def test_each_client_lacks_its_server_by_the_variable_that_named_it(
    pytester: pytest.Pytester, run: Run, monkeypatch: pytest.MonkeyPatch, refusing: dict[str, int], arguments: Any
) -> None:
    for name in CLIENTS:
        needs(name)
        value = VALUES[name][0].format(secret=SECRET, port=refusing[name])
        monkeypatch.setenv(f"{name.upper()}_AT", value)
    pytester.makepyfile(suite(list(CLIENTS)))
    recorded: Recorded = run(*arguments, "--tb=no")
    causes = {test.rpartition("_")[2]: cause for cause in recorded.document()["causes"] for test in cause["tests"]}
    assert sorted(causes) == sorted(CLIENTS)
    for name, cause in causes.items():
        _, server, client, form, template = VALUES[name]
        lack, variable = cause["lack"], f"{name.upper()}_AT"
        assert cause["kind"] == "connection", name
        assert (lack["server"], lack["client"], lack["port"]) == (server, client, refusing[name])
        assert lack["variables"] == [{"name": variable, "form": form}]
        assert (f"env = {{ {variable} = {json.dumps(template)} }}" in lack["configuration"]) is bool(template), name
    assert SECRET not in json.dumps(list(causes.values()))
    assert SECRET not in recorded.output
    told = [event["evidence"]["variables"] for event in recorded.events("failure")]
    assert len(told) == len(CLIENTS)
    assert SECRET not in json.dumps(told)
    recorded.result.stdout.fnmatch_lines([f"*lacks redis on *:{refusing['redis']}, asked by redis, from $REDIS_AT"])


def test_what_is_declared_is_named_in_the_place_of_lines(
    pytester: pytest.Pytester, run: Run, refusing: dict[str, int]
) -> None:
    needs("redis")
    pytester.makepyprojecttoml(f'[tool.agentgate.services.cache]\nkind = "redis"\nat = {refusing["redis"]}\n')
    pytester.makepyfile(
        f"import redis\n\ndef test_it():\n    redis.Redis(port={refusing['redis']}, retry=None).get('a')\n"
    )
    recorded = run("--agentgate-report=md:report.md")
    recorded.result.stdout.fnmatch_lines(["*lacks redis on *", "*declared as cache; agentgate run starts it, or*"])
    recorded.result.stdout.no_fnmatch_line("*tool.agentgate.services*")
    assert "declared as cache; agentgate run starts it, or says why not" in (recorded.root / "report.md").read_text()


def test_a_variable_that_is_not_set_names_the_declared_service(
    pytester: pytest.Pytester, run: Run, monkeypatch: pytest.MonkeyPatch, processes: tuple[str, ...]
) -> None:
    for name in ("SHOP_URL", "CACHE_HOST", "NOBODYS"):
        monkeypatch.delenv(name, raising=False)
    pytester.makepyprojecttoml("""
        [tool.agentgate.services.db]
        kind = "postgres"
        env = { SHOP_URL = "{url}" }

        [tool.agentgate.services.cache]
        image = "memcached"
        port = 11211
    """)
    pytester.makepyfile("""
        import os
        import pytest

        @pytest.fixture
        def shop():
            return os.environ["SHOP_URL"]

        def test_one(shop): pass
        def test_two(): os.environ["SHOP_URL"]
        def test_three(): os.environ["CACHE_HOST"]
        def test_four(): os.environ["NOBODYS"]
        def test_five(): {}["SHOP_URL"]
    """)
    recorded = run(*processes, "--agentgate-report=json:report.json")
    causes = json.loads((recorded.root / "report.json").read_text())["causes"]
    declared = {cause["title"]: cause["lack"] and cause["lack"]["declared"] for cause in causes}
    assert {title: name for title, name in declared.items() if title.startswith("Environment")} == {
        "Environment variable SHOP_URL is not set": "db",
        "Environment variable CACHE_HOST is not set": "cache",
        "Environment variable NOBODYS is not set": None,
    }
    assert sum(name is not None for name in declared.values()) == 2
    [lack] = [cause["lack"] for cause in causes if cause["lack"] and cause["lack"]["declared"] == "db"]
    assert lack["variables"] == [{"name": "SHOP_URL", "form": ""}]
    recorded.result.stdout.fnmatch_lines(
        ["*lacks the service that sets $SHOP_URL", "*declared as db; agentgate run starts it, or says why not"]
    )


def test_a_conftest_that_does_not_reach_its_server_lacks_it_too(
    pytester: pytest.Pytester, run: Run, monkeypatch: pytest.MonkeyPatch, refusing: dict[str, int]
) -> None:
    needs("redis")
    monkeypatch.setenv("CACHE", f"redis://127.0.0.1:{refusing['redis']}")
    pytester.makeconftest("import os, redis\nredis.Redis.from_url(os.environ['CACHE'], retry=None).get('a')\n")
    recorded = run()
    [cause] = recorded.document()["causes"]
    assert cause["lack"]["variables"] == [{"name": "CACHE", "form": "redis://{host}:{port}"}]


@pytest.mark.parametrize(
    "environ", ["os.environ = {}", "os.environ = {1: 2, 'A': object()}", "os.environ = unittest.mock.MagicMock()"]
)
def test_an_environment_that_a_test_has_replaced_costs_no_evidence(
    pytester: pytest.Pytester, run: Run, processes: tuple[str, ...], environ: str
) -> None:
    pytester.makepyfile(f"""
        import os
        import unittest.mock

        def test_it(request):
            there = os.environ
            request.addfinalizer(lambda: setattr(os, "environ", there))
            {environ}
            raise ConnectionRefusedError(111, "connect to localhost:6379")
    """)
    [cause] = run(*processes).document()["causes"]
    assert cause["lack"]["server"] == "redis"
    assert cause["lack"]["variables"] == []
