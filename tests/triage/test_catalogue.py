"""What real libraries raise, and the kind it is of.

Each exception is raised by the library itself, read with ``evidence_of``, and triaged; nothing is made up. The letters
group them: imports, attributes, patch targets, signatures, data, awaitables, expectations, mocks, values, environment.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import gc
import importlib
import json
import os
import poplib
import smtplib
import socket
import subprocess
import sys
import unittest
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import aiohttp
import aiomqtt
import asyncpg  # type: ignore[import-untyped]
import attrs
import grpc  # type: ignore[import-untyped]
import httpx
import msgspec
import pg8000.dbapi  # type: ignore[import-untyped]
import psycopg
import psycopg2  # type: ignore[import-untyped]
import pydantic
import pymongo
import pytest
import redis
import requests
import responses
import sqlalchemy
import yaml
from redis.backoff import NoBackoff
from redis.retry import Retry

from pytest_agentgate.capture.comparison import comparison_of
from pytest_agentgate.capture.evidence import evidence_of
from pytest_agentgate.capture.roles import Roots
from pytest_agentgate.model import Comparison, Evidence, Kind, Raised, Reason, Scope, When
from pytest_agentgate.triage.kinds import reason_of

ROOT = Path(__file__).parents[2]
ROOTS = Roots(ROOT, source=("src",), tests=("tests",))

pytestmark = pytest.mark.filterwarnings("ignore")  # clients that cannot connect leave sockets and coroutines behind


def reason_for(
    raising: Callable[[], object], comparison: Comparison | None = None, scope: Scope = Scope.TEST
) -> Reason:
    with pytest.raises(BaseException) as caught:
        raising()
    evidence = evidence_of(caught.value, ROOTS, comparison=comparison)
    return reason_of(evidence, scope, When.CALL, "tests/triage/test_catalogue.py::test")


def in_source(code: str, **names: object) -> Callable[[], object]:
    """A call of ``run()``, which the code defines as a file of the implementation would."""

    def call() -> object:
        space: dict[str, Any] = {"__name__": "shop.order", **names}
        exec(compile(code, str(ROOT / "src" / "shop" / "order.py"), "exec"), space)
        return space["run"]()

    return call


def in_test(code: str, **names: object) -> Callable[[], object]:
    """Code that a test file holds."""

    def call() -> None:
        exec(compile(code, str(ROOT / "tests" / "test_shop.py"), "exec"), {"__name__": "test_shop", **names})

    return call


# ---- what the rows raise with


class Color(enum.Enum):
    RED = "red"


class Colour(enum.StrEnum):
    RED = "red"


class Item(pydantic.BaseModel, extra="forbid"):
    name: str
    price: int = 0


class Redis(pydantic.BaseModel):
    host: str = "localhost"
    port: int = 6379


class Settings(pydantic.BaseModel):
    redis: pydantic.InstanceOf[Redis]


@attrs.define
class Part:
    sub: Redis = attrs.field(validator=attrs.validators.instance_of(Redis))


class Row(msgspec.Struct):
    name: str
    count: int = 0


class Shop:
    def total(self, order: str, *, tax: int) -> int:
        raise NotImplementedError

    @property
    def closed(self) -> bool:
        return False


class AsyncShop:
    async def total(self) -> int:
        return 1

    async def __aenter__(self) -> AsyncShop:
        return self

    async def __aexit__(self, *error: object) -> None: ...


def order(name: str, /, quantity: int) -> int:
    return quantity


@pydantic.validate_call
def checked_order(name: str, quantity: int) -> int:
    return quantity


ANY: Any = SimpleNamespace(
    Color=Color,
    Colour=Colour,
    Item=Item,
    Shop=Shop,
    AsyncShop=AsyncShop,
    order=order,
    checked=checked_order,
    Row=Row,
    Part=Part,
)
"""The same, for calls that a type checker would refuse, which is their point."""


def failed(*, left: object, operator: str, right: object) -> tuple[Callable[[], object], Comparison]:
    """What pytest tells of an ``assert`` that does not hold."""

    def call() -> None:
        raise AssertionError(f"assert {left!r} {operator} {right!r}")

    return call, comparison_of(operator, left, right)


UNITTEST = unittest.TestCase()
REFUSING = """
class OrderValidationError(Exception): ...
def run(): raise OrderValidationError("no")
"""
WRAPPING = """
class AppError(Exception): ...
def run():
    try: {}["total"]
    except KeyError as error: raise AppError("x") from error
"""
REPORTING = """
class StoreError(Exception): ...
def run():
    try: connect()
    except OSError as error: raise StoreError("down") from error
"""


def query(text: str) -> object:
    return sqlalchemy.create_engine("sqlite://").connect().execute(sqlalchemy.text(text))


# ---- rows: id, what raises, kind, a part of the title

ROWS: list[tuple[str, Callable[[], object], Kind, str]] = [
    ("I1", lambda: importlib.import_module("shop_gone.order"), Kind.IMPORT, "No module named 'shop_gone'"),
    ("I1 below a module", in_test("import json.tool.gone"), Kind.IMPORT, "No module named 'json.tool.gone'"),
    ("I2", in_test("from json import gone"), Kind.IMPORT, "cannot import name 'gone' from 'json'"),
    ("I4", in_test("from . import gone"), Kind.IMPORT, "relative import"),
    ("I5", in_test("gone()"), Kind.IMPORT, "name 'gone' is not defined"),
    ("A1", in_test("json.gone", json=json), Kind.IMPORT, "module 'json' has no attribute 'gone'"),
    ("A2", lambda: ANY.Shop().gone, Kind.INTERFACE, "'Shop' object has no attribute 'gone'"),
    ("A3", lambda: ANY.Shop.gone, Kind.INTERFACE, "type object 'Shop' has no attribute 'gone'"),
    ("A3 enum", lambda: ANY.Color.GONE, Kind.INTERFACE, "GONE"),
    ("A2 setter", lambda: setattr(Shop(), "closed", True), Kind.INTERFACE, "closed"),
    ("P1 module", lambda: mock.patch.object(json, "gone").start(), Kind.IMPORT, "'json' has no attribute 'gone'"),
    ("P1 class", lambda: mock.patch.object(Shop, "gone").start(), Kind.IMPORT, "has no attribute 'gone'"),
    ("P1 string", lambda: mock.patch("json.gone.f").start(), Kind.IMPORT, "'json' has no attribute 'gone'"),
    ("P1 top level", lambda: mock.patch("shop_gone.f").start(), Kind.IMPORT, "No module named 'shop_gone'"),
    ("P2 top level", lambda: pytest.MonkeyPatch().setattr("shop_gone.f", 1), Kind.IMPORT, "'shop_gone'"),
    ("P2 module", lambda: pytest.MonkeyPatch().setattr("json.gone.f", 1), Kind.IMPORT, "gone"),
    ("P2 name", lambda: pytest.MonkeyPatch().setattr("json.gone", 1), Kind.IMPORT, "gone"),
    ("P2 class", lambda: pytest.MonkeyPatch().setattr(Shop, "gone", 1), Kind.IMPORT, "gone"),
    ("S1", lambda: ANY.order("tea", qty=2), Kind.INTERFACE, "order() got an unexpected keyword argument 'qty'"),
    ("S2", lambda: ANY.order("tea"), Kind.INTERFACE, "order() missing 1 required positional argument: 'quantity'"),
    ("S2 keyword", lambda: ANY.Shop().total("tea"), Kind.INTERFACE, "missing 1 required keyword-only argument: 'tax'"),
    ("S3", lambda: ANY.order("tea", 1, 2), Kind.INTERFACE, "takes 2 positional arguments but 3 were given"),
    ("S4", lambda: ANY.order(name="tea", quantity=1), Kind.INTERFACE, "positional-only"),
    ("S4 twice", lambda: ANY.order("tea", 1, quantity=1), Kind.INTERFACE, "multiple values for argument 'quantity'"),
    ("S5", lambda: mock.create_autospec(order)("tea"), Kind.INTERFACE, "missing a required argument: 'quantity'"),
    ("S6", lambda: type("Half", (contextlib.AbstractContextManager,), {})(), Kind.INTERFACE, "abstract"),
    ("D1", lambda: ANY.Item(nam="tea"), Kind.VALIDATION, "Item"),
    ("D2", lambda: ANY.Item(), Kind.VALIDATION, "Item.name: Field required"),
    ("D3", lambda: ANY.Item(name="tea", colour="red"), Kind.VALIDATION, "Item.colour"),
    ("D4 instance", lambda: Settings(redis={"host": "h"}), Kind.VALIDATION, "Settings.redis"),  # type: ignore[arg-type]
    ("D4 model", lambda: Item.model_validate("tea"), Kind.VALIDATION, "Item"),
    ("D5", lambda: ANY.Item(name="tea", price="many"), Kind.VALIDATION, "Item.price"),
    ("D6", lambda: ANY.checked("tea", qty=1), Kind.VALIDATION, "checked_order.quantity"),
    ("D7", lambda: Part({"host": "h"}), Kind.VALIDATION, "'sub' must be Redis, not dict"),  # type: ignore[arg-type]
    ("D8", in_source("def run(): return {}.host"), Kind.INTERFACE, "'dict' object has no attribute 'host'"),
    ("D9 item", lambda: ANY.Item(name="tea")["name"], Kind.INTERFACE, "'Item' object is not subscriptable"),
    ("D9 get", lambda: ANY.Item(name="tea").get("name"), Kind.INTERFACE, "'Item' object has no attribute 'get'"),
    ("D9 mapping", lambda: dict(**ANY.Shop()), Kind.INTERFACE, "mapping"),
    ("D10 missing", lambda: ANY.Row(), Kind.INTERFACE, "Missing required argument 'name'"),
    ("D10 unexpected", lambda: ANY.Row(nam="x"), Kind.INTERFACE, "Unexpected keyword argument 'nam'"),
    ("D10 decoded", lambda: msgspec.json.decode(b'{"name": 1}', type=Row), Kind.VALIDATION, "$.name"),
    ("J1 json", lambda: json.dumps(Redis()), Kind.INTERFACE, "not JSON serializable"),
    ("J1 yaml", lambda: yaml.safe_dump(Color.RED), Kind.INTERFACE, "cannot represent an object"),
    ("C1 item", lambda: ANY.AsyncShop().total()["x"], Kind.INTERFACE, "'coroutine' object is not subscriptable"),
    ("C1 attribute", lambda: ANY.AsyncShop().total().x, Kind.INTERFACE, "'coroutine' object has no attribute 'x'"),
    ("C1 unpack", in_test("a, b = shop.total()", shop=AsyncShop()), Kind.INTERFACE, "coroutine"),
    ("C1 with", in_test("with shop: pass", shop=AsyncShop()), Kind.INTERFACE, "context manager"),
    ("C2", lambda: asyncio.run(awaiting(1)), Kind.INTERFACE, "'await' expression"),
    ("X1", in_test("with pytest.raises(ValueError): pass", pytest=pytest), Kind.ASSERTION, "DID NOT RAISE"),
    ("X1 unittest", in_test("case.assertRaises(ValueError, int)", case=UNITTEST), Kind.ASSERTION, "not raised"),
    ("X2 import", in_test("with raises(ValueError): import shop_gone", raises=pytest.raises), Kind.IMPORT, "shop_gone"),
    ("X2 interface", in_test("with raises(ValueError): {}['a']", raises=pytest.raises), Kind.INTERFACE, "'a'"),
    ("X3", lambda: raising_other_words(), Kind.ASSERTION, "Regex"),
    ("M1 once", lambda: mock.Mock().assert_called_once_with(1), Kind.ASSERTION, "called once"),
    ("M1 call", lambda: called(2).assert_called_with(1), Kind.ASSERTION, "expected call not found"),
    ("M1 calls", lambda: called(2).assert_has_calls([mock.call(1)]), Kind.ASSERTION, "Calls not found"),
    ("V1 fail", lambda: pytest.fail("the total is wrong"), Kind.ASSERTION, "the total is wrong"),
    ("V1 unittest", in_test("case.assertEqual([1], [2])", case=UNITTEST), Kind.ASSERTION, "assertEqual([1], [2])"),
    ("value refused", in_source("def run(): raise ValueError('no such item')"), Kind.VALIDATION, "no such item"),
    ("value refused below", in_source("def run(): return int('x')"), Kind.VALIDATION, "invalid literal"),
    ("value refused by name", in_source(REFUSING), Kind.VALIDATION, "no"),
    ("own Failed", in_source("class Failed(Exception): pass\ndef run(): raise Failed('500')"),
     Kind.OTHER, "Failed: 500"),
    ("own CollectError", in_source("class CollectError(Exception): pass\ndef run(): raise CollectError('no')"),
     Kind.OTHER, "CollectError: no"),
    ("unpacked", in_test("a, b = 1, 2, 3"), Kind.VALIDATION, "too many values to unpack"),
    ("unpacked by the implementation", in_source("def run(): a, b = 1, 2, 3"), Kind.VALIDATION, "too many values"),
    ("key", in_test("{}['total']"), Kind.INTERFACE, "KeyError: 'total'"),
    ("index", in_test("[][0]"), Kind.INTERFACE, "IndexError: list index out of range"),
    ("type", in_test("1 + 'x'"), Kind.INTERFACE, "unsupported operand type(s) for +: 'int' and 'str'"),
    ("wrapped", in_source(WRAPPING), Kind.INTERFACE, "KeyError: 'total'"),
    ("timeout asyncio", lambda: asyncio.run(asyncio.wait_for(asyncio.sleep(9), 0.01)), Kind.TIMEOUT, "TimeoutError"),
    ("timeout builtin", in_source("def run(): raise TimeoutError"), Kind.TIMEOUT, "TimeoutError in run"),
    ("timeout subprocess", lambda: subprocess.run([sys.executable, "-c", "import time; time.sleep(9)"], timeout=0.2),
     Kind.TIMEOUT, "in time"),
    ("N2 variable", lambda: os.environ["SHOP_GONE"], Kind.OTHER, "Environment variable SHOP_GONE is not set"),
    ("N2 program", lambda: subprocess.run(["shop-gone"]), Kind.OTHER, "shop-gone"),
    ("file", lambda: Path("shop/gone.ini").read_text(), Kind.OTHER, "gone.ini"),
    ("no such table", lambda: query("select * from gone"), Kind.OTHER, "no such table: gone"),
    ("killed child", lambda: subprocess.run([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], check=True),
     Kind.CRASH, "signal 9"),
    ("exit", lambda: sys.exit(2), Kind.OTHER, "SystemExit"),
]  # fmt: skip


async def awaiting(value: Any) -> object:
    return await value


def called(*arguments: object) -> mock.Mock:
    double = mock.Mock()
    double(*arguments)
    return double


def raising_other_words() -> None:
    with pytest.raises(ValueError, match="sold out"):
        raise ValueError("not in stock")


@pytest.mark.parametrize(("raising", "kind", "title"), [pytest.param(*row, id=name) for name, *row in ROWS])
def test_an_exception_is_of_its_kind(raising: Callable[[], object], kind: Kind, title: str) -> None:
    reason = reason_for(raising)
    assert (reason.kind, title in reason.title) == (kind, True), reason
    assert reason.next_action.endswith(".")
    assert "\n" not in reason.title + reason.next_action


COMPARED = {
    "V1": failed(left=5, operator="==", right=3),
    "D11 member": failed(left="host", operator="in", right=Redis()),
    "D11 dict": failed(left=Redis(), operator="==", right={"host": "localhost"}),
    "D11 coroutine": failed(left=AsyncShop.total, operator="==", right=1),
    "E1": failed(left=Color.RED, operator="==", right="red"),
}


@pytest.mark.parametrize("name", COMPARED)
def test_a_comparison_that_does_not_hold_is_an_assertion(name: str) -> None:
    raising, comparison = COMPARED[name]
    reason = reason_for(raising, comparison)
    assert reason.kind is Kind.ASSERTION
    assert reason.title.startswith("assert ")
    assert comparison.left is not None
    assert comparison.left.type in reason.key


# ---- N1: services that are away


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A port of this machine that nobody listens on, and nobody else is given."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield int(holder.getsockname()[1])


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(8)
        yield int(server.getsockname()[1])
    gc.collect()


def grpc_call(port: int) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        channel.unary_unary("/shop.Shop/Total")(b"", timeout=60)


def grpc_wait(port: int) -> None:
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    grpc.channel_ready_future(channel).result(timeout=0.2)


def impatient(port: int, host: str = "127.0.0.1") -> redis.Redis:
    return redis.Redis(host, port, socket_timeout=0.2, retry=Retry(NoBackoff(), 0))


def mongo(port: int) -> None:
    with pymongo.MongoClient[dict[str, Any]]("127.0.0.1", port, serverSelectionTimeoutMS=200) as client:
        client.admin.command("ping")


def postgres(port: int) -> None:
    psycopg.connect(f"host=127.0.0.1 port={port} user=nobody dbname=none connect_timeout=60")


def alchemy(port: int) -> None:
    sqlalchemy.create_engine(f"postgresql+psycopg://nobody@127.0.0.1:{port}/none").connect()


def kafka_producer(port: int) -> None:
    import kafka  # type: ignore[import-untyped]  # warns where it is imported

    kafka.KafkaProducer(bootstrap_servers=f"127.0.0.1:{port}", bootstrap_timeout_ms=300)


async def aio(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        await session.get(url)


def wrapped_by_the_implementation(port: int) -> None:
    in_source(REPORTING, connect=lambda: socket.create_connection(("127.0.0.1", port)))()


AWAY: dict[str, tuple[Callable[[int], object], str]] = {
    "redis": (lambda port: impatient(port).ping(), "redis"),
    "psycopg": (postgres, "postgres"),
    "sqlalchemy": (alchemy, "postgres"),
    "pymongo": (mongo, "mongodb"),
    "httpx": (lambda port: httpx.get(f"http://127.0.0.1:{port}/orders"), ""),
    "requests": (lambda port: requests.get(f"http://127.0.0.1:{port}/orders", timeout=60), ""),
    "urllib": (lambda port: urllib.request.urlopen(f"http://127.0.0.1:{port}/orders"), ""),
    "aiohttp": (lambda port: asyncio.run(aio(f"http://127.0.0.1:{port}/orders")), ""),
    "grpc call": (grpc_call, "grpc"),
    "grpc ready": (grpc_wait, "grpc"),
    "kafka": (kafka_producer, "kafka"),
    "socket": (lambda port: socket.create_connection(("127.0.0.1", port)), ""),
    "asyncio": (lambda port: asyncio.run(opened(port)), ""),
    "wrapped": (wrapped_by_the_implementation, ""),
}


async def opened(port: int) -> None:
    await asyncio.open_connection("127.0.0.1", port)


@pytest.mark.parametrize("client", AWAY)
def test_a_service_that_is_away_is_a_connection_and_no_edit_of_tests(client: str, port: int) -> None:
    raising, service = AWAY[client]
    reason = reason_for(lambda: raising(port))
    assert reason.kind is Kind.CONNECTION, reason
    assert service in reason.key, reason
    assert f"127.0.0.1:{port}" in reason.title or client == "grpc ready", reason  # whose exception knows nothing
    assert str(port) not in reason.key, "the system hands out another port next time"
    assert reason.next_action.endswith("do not edit the tests.")


@pytest.mark.engine("postgres")
@pytest.mark.parametrize("client", ["psycopg", "sqlalchemy"])
def test_a_server_that_ends_a_connection_is_one_that_cannot_be_reached(
    client: str, new_database: Callable[[], str]
) -> None:
    url = new_database()
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ended'"

    def by_driver() -> None:
        with psycopg.connect(url, application_name="ended") as ended, psycopg.connect(url) as other:
            other.execute(end)
            ended.execute("SELECT 1")

    def by_engine() -> None:
        engine = sqlalchemy.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
        with engine.connect() as ended, psycopg.connect(url) as other:
            ended.execute(sqlalchemy.text("SET application_name = 'ended'"))
            other.execute(end)
            ended.execute(sqlalchemy.text("SELECT 1"))

    reason = reason_for({"psycopg": by_driver, "sqlalchemy": by_engine}[client])
    assert reason.kind is Kind.CONNECTION, reason
    assert "postgres" in reason.key, reason


def test_what_is_printed_of_a_connection_that_was_ended_is_enough() -> None:
    said = "(psycopg.errors.AdminShutdown) terminating connection due to unexpected postmaster exit"
    evidence = Evidence((Raised("sqlalchemy.exc.OperationalError", (), said),))
    assert reason_of(evidence, Scope.TEST, When.CALL).kind is Kind.CONNECTION


UNKNOWN = "shop-gone.invalid"
NAMES: dict[str, Callable[[], object]] = {
    "redis": lambda: impatient(6379, UNKNOWN).ping(),
    "psycopg": lambda: psycopg.connect(f"host={UNKNOWN} user=nobody"),
    "requests": lambda: requests.get(f"http://{UNKNOWN}/orders", timeout=60),
    "httpx": lambda: httpx.get(f"http://{UNKNOWN}/orders"),
    "urllib": lambda: urllib.request.urlopen(f"http://{UNKNOWN}/orders"),
    "aiohttp": lambda: asyncio.run(aio(f"http://{UNKNOWN}/orders")),
    "socket": lambda: socket.getaddrinfo(UNKNOWN, 80),
}


@pytest.mark.parametrize("client", NAMES)
def test_a_host_without_an_address_is_a_connection(client: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    reason = reason_for(NAMES[client])
    assert reason.kind is Kind.CONNECTION, reason
    assert "does not resolve" in reason.title, reason


def test_a_server_that_falls_silent_is_a_timeout(silent_port: int) -> None:
    raisings: list[Callable[[], object]] = [
        lambda: httpx.get(f"http://127.0.0.1:{silent_port}", timeout=0.2),
        lambda: requests.get(f"http://127.0.0.1:{silent_port}", timeout=0.2),
        lambda: urllib.request.urlopen(f"http://127.0.0.1:{silent_port}", timeout=0.2),
    ]
    assert [reason_for(raising).kind for raising in raisings] == [Kind.TIMEOUT] * len(raisings)


SILENT: dict[str, Callable[[int], object]] = {
    "redis": lambda port: impatient(port).ping(),
    "pg8000": lambda port: pg8000.dbapi.connect("u", host="127.0.0.1", port=port, timeout=0.2),
    "asyncpg": lambda port: asyncio.run(asyncpg.connect(host="127.0.0.1", port=port, user="u", timeout=0.2)),
    "asyncpg, the test waits": lambda port: asyncio.run(waiting(port)),
    "smtplib": lambda port: smtplib.SMTP("127.0.0.1", port, timeout=0.2),
    "poplib": lambda port: poplib.POP3("127.0.0.1", port, timeout=0.2),
}


async def waiting(port: int) -> None:
    await asyncio.wait_for(asyncpg.connect(host="127.0.0.1", port=port, user="u"), 0.2)


@pytest.mark.parametrize("client", SILENT)
def test_a_server_that_never_says_its_first_word_is_a_connection(client: str, silent_port: int) -> None:
    reason = reason_for(lambda: SILENT[client](silent_port))
    assert (reason.kind, reason.key[2:]) == (Kind.CONNECTION, ("loopback", "ephemeral")), reason
    assert reason.title.endswith(f"on 127.0.0.1:{silent_port} does not answer"), reason


async def mqtt(port: int) -> None:
    async with aiomqtt.Client("127.0.0.1", port, timeout=0.2):
        pass


def test_what_a_client_hides_of_its_errors_still_tells_the_server(port: int) -> None:
    reason = reason_for(lambda: asyncio.run(mqtt(port)))
    assert reason.key == ("service", "mqtt", "loopback", "ephemeral"), reason
    assert reason.title == f"mqtt on 127.0.0.1:{port} refuses connections"


def test_a_client_that_says_nothing_of_an_address_is_known_by_its_package(port: int) -> None:
    from confluent_kafka import Consumer

    consumer = Consumer({"bootstrap.servers": f"127.0.0.1:{port}", "group.id": "shop", "log_level": 0})
    reason = reason_for(lambda: consumer.list_topics(timeout=0.3))
    consumer.close()
    assert (reason.kind, reason.key[1]) == (Kind.CONNECTION, "kafka"), reason


def test_clients_of_one_name_are_one_cause_whatever_they_tell_of_its_port() -> None:
    asking: list[Callable[[], object]] = [
        lambda: psycopg.connect(f"host={UNKNOWN} user=nobody"),
        lambda: psycopg2.connect(host=UNKNOWN, user="nobody"),
        lambda: psycopg2.connect(f"postgresql://nobody@{UNKNOWN}/none"),
        lambda: asyncio.run(asyncpg.connect(f"postgresql://nobody@{UNKNOWN}/none")),
        lambda: pg8000.dbapi.connect("nobody", host=UNKNOWN),
        lambda: sqlalchemy.create_engine(f"postgresql+psycopg2://nobody@{UNKNOWN}/none").connect(),
    ]
    assert {reason_for(each).key for each in asking} == {("service", "postgres", UNKNOWN, "5432")}


@responses.activate
def not_registered() -> None:
    requests.get("http://shop.invalid/orders", timeout=1)


def test_what_stands_for_a_server_is_none_that_could_be_started() -> None:
    refusing = mock.Mock(side_effect=ConnectionRefusedError(111, "Connection refused"))
    assert reason_for(refusing).kind is Kind.OTHER
    assert reason_for(not_registered).kind is Kind.OTHER


def test_two_clients_of_one_service_are_one_cause(port: int) -> None:
    assert reason_for(lambda: postgres(port)).key == reason_for(lambda: alchemy(port)).key


# ---- what pytest itself raises


class Reading:
    """Reads the evidence of what fails in an inner run, as the plugin does."""

    def __init__(self, root: Path) -> None:
        self.roots = Roots(root)
        self.found: list[tuple[Evidence, Scope]] = []

    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> None:
        if call.excinfo is not None:
            self.found.append((evidence_of(call.excinfo.value, self.roots), Scope.TEST))

    def pytest_exception_interact(self, call: pytest.CallInfo[Any], report: object) -> None:
        if call.excinfo is not None and isinstance(report, pytest.CollectReport):
            self.found.append((evidence_of(call.excinfo.value, self.roots), Scope.COLLECT))


FIXTURES = """
import pytest

@pytest.fixture
def one(): ...

@pytest.fixture
def param(request): return request.param

@pytest.fixture
def broken(): {}["total"]

"""
OF_PYTEST = {
    "F1": ("def test_a(client_gone): ...", Kind.FIXTURE, "fixture 'client_gone' not found"),
    "F2 argument": (
        "import pytest\n@pytest.mark.parametrize('gone', [1])\ndef test_a(): ...",
        Kind.FIXTURE,
        "function uses no argument 'gone'",
    ),
    "F2 number": (
        "import pytest\n@pytest.mark.parametrize('a, b', [(1,)])\ndef test_a(a, b): ...",
        Kind.FIXTURE,
        "number of names",
    ),
    "F3 scope": (
        FIXTURES + "@pytest.fixture(scope='module')\ndef all(one): ...\ndef test_a(all): ...",
        Kind.FIXTURE,
        "Scope",
    ),
    "F3 called": (FIXTURES + "def test_a(): one()", Kind.FIXTURE, "called directly"),
    "F3 param": (FIXTURES + "def test_a(param): ...", Kind.FIXTURE, "param"),
    "fixture's own error": (FIXTURES + "def test_a(broken): ...", Kind.INTERFACE, "KeyError: 'total'"),
    "I1 collected": ("import shop_gone.order", Kind.IMPORT, "No module named 'shop_gone'"),
    "I2 collected": ("from json import gone", Kind.IMPORT, "cannot import name 'gone' from 'json'"),
    "A1 collected": ("import json\njson.gone", Kind.IMPORT, "module 'json' has no attribute 'gone'"),
    "syntax": ("def test_a(:", Kind.OTHER, "SyntaxError"),
}
if pytest.version_tuple >= (8, 4):  # it was skipped before
    OF_PYTEST["C4"] = ("async def test_a(): ...", Kind.OTHER, "async def functions are not natively supported")


@pytest.mark.parametrize("name", OF_PYTEST)
def test_what_pytest_raises_itself(name: str, pytester: pytest.Pytester) -> None:
    code, kind, title = OF_PYTEST[name]
    pytester.makepyfile(test_shop=code)
    reading = Reading(pytester.path)
    pytester.inline_run("-p", "no:asyncio", "-p", "no:anyio", plugins=[reading])
    ((evidence, scope),) = reading.found
    reason = reason_of(evidence, scope, When.COLLECT if scope is Scope.COLLECT else When.CALL, "test_shop.py::test_a")
    assert (reason.kind, title in reason.title) == (kind, True), reason


def test_a_syntax_error_is_where_the_file_says_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_a="import shop", test_b="x = 1\n\ndef test_b(:", shop="x = 1\ndef f(:")
    reading = Reading(pytester.path)
    pytester.inline_run(plugins=[reading])
    found = [reason_of(evidence, scope, When.COLLECT) for evidence, scope in reading.found]
    assert [(reason.kind, reason.key) for reason in found] == [
        (Kind.OTHER, ("syntax", "shop.py")),
        (Kind.OTHER, ("syntax", "test_b.py")),
    ]
    assert [reason.next_action for reason in found] == [
        "Correct the syntax of shop.py (line 2).",
        "Correct the syntax of test_b.py (line 3).",
    ]
    last = [evidence.chain[-1].frames[-1] for evidence, _ in reading.found]
    assert [(frame.path, frame.line) for frame in last] == [("shop.py", 2), ("test_b.py", 3)]


def test_a_syntax_error_in_a_text_is_in_no_file() -> None:
    reason = reason_for(in_test("eval('1 +')"))
    assert (reason.key[0], reason.next_action) == ("syntax", "Correct the syntax of the text that the code evaluates.")


@pytest.mark.main_thread
def test_a_test_that_runs_too_long_under_pytest_timeout(pytester: pytest.Pytester) -> None:
    pytest.importorskip("pytest_timeout")
    pytester.makepyfile("import time\ndef test_a(): time.sleep(9)")
    reading = Reading(pytester.path)
    pytester.inline_run("--timeout=0.3", "--timeout-method=signal", plugins=[reading])
    ((evidence, scope),) = reading.found
    assert reason_of(evidence, scope, When.CALL).kind is Kind.TIMEOUT


def test_a_circle_of_imports_is_no_matter_of_the_tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "circle_a.py").write_text("from circle_b import b\na = 1\n")
    (tmp_path / "circle_b.py").write_text("from circle_a import a\nb = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    reason = reason_for(lambda: importlib.import_module("circle_a"))
    assert reason.kind is Kind.IMPORT
    assert reason.key == ("cycle", "circle_a")
    assert "no edit of the tests can" in reason.next_action


def test_an_awaitable_of_the_implementation_is_awaited_in_vain() -> None:
    async def use(value: Awaitable[int]) -> int:
        return await value

    reason = reason_for(lambda: asyncio.run(use(ANY.order("tea", 2))))
    assert reason.kind is Kind.INTERFACE
