"""What each family of exceptions is known to carry, read from the real ones.

Clients of services talk to a port of the loopback interface on which nobody listens.
"""

from __future__ import annotations

import abc
import asyncio
import dataclasses
import enum
import errno
import importlib
import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import aiohttp
import attr
import httpx
import msgspec
import psycopg
import pydantic
import pydantic.v1
import pymongo
import pytest
import redis
import requests
import sqlalchemy
import yaml
from redis.backoff import NoBackoff
from redis.retry import Retry

from pytest_agentgate.capture.codec import from_json
from pytest_agentgate.capture.evidence import evidence_of
from pytest_agentgate.capture.roles import Roots
from pytest_agentgate.model import Evidence

ROOTS = Roots(Path(__file__).parents[2])
HERE = __name__


def raised_by(function: Callable[[], object]) -> Evidence:
    """The evidence of what a function raises."""
    try:
        function()
    except BaseException as exception:  # noqa: BLE001
        return evidence_of(exception, ROOTS)
    raise AssertionError("nothing was raised")


def check(function: Callable[[], object], type_name: str, facts: dict[str, Any]) -> Evidence:
    """Whether the raised exception has this type and at least these facts; ``None`` stands for an absent one."""
    evidence = raised_by(function)
    found = evidence.raised.facts
    assert evidence.raised.type == type_name
    assert {key: found.get(key) for key in facts} == facts
    return evidence


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A port of the loopback interface that is taken, and refuses."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


class Size(enum.Enum):
    SMALL = 1


class Order:
    """Something with a signature."""

    def __init__(self, item: str, *, size: int) -> None:
        self.item = item

    def add(self, more: int, /) -> None: ...

    @property
    def total(self) -> int:
        return 0


class Base(abc.ABC):
    @abc.abstractmethod
    def run(self) -> None: ...

    @abc.abstractmethod
    def stop(self) -> None: ...


def price(item: str, size: int = 1) -> int:
    return size


ORDER = Order("tea", size=1)
NOTHING: Any = None
ANY: Any = Order
PRICE: Any = price


# ---- imports, attributes, names, keys


def importing(statement: str) -> Callable[[], object]:
    return lambda: exec(statement, {"__name__": "lonely", "__package__": ""})


@pytest.mark.parametrize(
    ("statement", "type_name", "facts"),
    [
        ("import shop.order", "ModuleNotFoundError", {"name": "shop", "symbol": None, "partial": None}),
        ("import json.nothing", "ModuleNotFoundError", {"name": "json.nothing"}),
        ("import os.path.join", "ModuleNotFoundError", {"name": "os.path.join"}),
        ("from json import nothing", "ImportError", {"name": "json", "symbol": "nothing", "path": "json/__init__.py"}),
        ("from . import x", "ImportError", {"partial": None}),
    ],
)
def test_imports_name_module_and_symbol(statement: str, type_name: str, facts: dict[str, Any]) -> None:
    check(importing(statement), type_name, facts)


def test_a_cycle_of_imports_is_partial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ring_a.py").write_text("from ring_b import b\na = 1\n")
    (tmp_path / "ring_b.py").write_text("from ring_a import a\nb = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    facts = {"name": "ring_a", "symbol": "a", "partial": True, "path": "ring_a.py"}
    check(importing("import ring_a"), "ImportError", facts)


def test_attributes_know_what_lacks_them() -> None:
    module = {"name": "nothing", "obj_is": "module", "obj_type": "module", "obj_name": "json"}
    check(lambda: json.nothing, "AttributeError", module)  # type: ignore[attr-defined]
    check(lambda: ANY("tea", size=1).nothing, "AttributeError", {"obj_is": "instance", "obj_type": f"{HERE}.Order"})
    check(lambda: ANY.nothing, "AttributeError", {"obj_is": "class", "obj_name": f"{HERE}.Order", "obj_type": "type"})
    check(lambda: NOTHING.nothing, "AttributeError", {"name": "nothing", "obj_type": "NoneType", "obj_bases": []})
    check(lambda: Size.LARGE, "AttributeError", {"name": "LARGE", "obj_name": f"{HERE}.Size"})  # type: ignore[attr-defined]
    check(lambda: {}.nothing, "AttributeError", {"obj_type": "dict"})  # type: ignore[attr-defined]


def test_a_property_without_a_setter_knows_its_class() -> None:
    def assign() -> None:
        order: Any = ORDER
        order.total = 3

    check(assign, "AttributeError", {"name": "total", "obj_type": f"{HERE}.Order", "obj_is": "instance"})


def test_bases_tell_what_an_object_is() -> None:
    class Special(Order):
        pass

    special: Any = Special("tea", size=1)
    check(lambda: special.nothing, "AttributeError", {"obj_bases": [f"{HERE}.Order"]})


def test_mocks_and_monkeypatch_say_what_they_looked_for() -> None:
    def patch() -> None:
        with mock.patch("json.nothing"):
            pass

    def patch_deep() -> None:
        with mock.patch("json.nothing.deep"):
            pass

    def patch_object() -> None:
        with mock.patch.object(Order, "nothing"):
            pass

    def replace() -> None:
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setattr("json.nothing", 1)

    def replace_on_class() -> None:
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setattr(Order, "nothing", 1)

    module = {"name": "nothing", "obj_is": "module", "obj_name": "json"}
    cls = {"name": "nothing", "obj_is": "class", "obj_name": f"{HERE}.Order"}
    check(patch, "AttributeError", module)
    check(patch_deep, "AttributeError", module)
    check(patch_object, "AttributeError", cls)
    check(replace, "AttributeError", module)
    check(replace_on_class, "AttributeError", cls)
    spec: Any = mock.Mock(spec=Order)
    check(lambda: spec.nothing, "AttributeError", {"obj_type": "unittest.mock.Mock", "obj_spec": f"{HERE}.Order"})


def test_names_that_are_not_there() -> None:
    check(importing("nothing"), "NameError", {"name": "nothing"})
    check(importing("def f():\n  later\n  later = 1\nf()"), "UnboundLocalError", {"name": "later"})


def test_keys_are_shown_and_the_environment_is_known() -> None:
    check(lambda: {"a": 1}["b"], "KeyError", {"key": "'b'", "environ": None})
    check(lambda: dict[Any, Any]()[("x", 1)], "KeyError", {"key": "('x', 1)"})
    check(lambda: os.environ["AGENTGATE_NO_SUCH"], "KeyError", {"key": "'AGENTGATE_NO_SUCH'", "environ": True})


def test_notes_are_kept() -> None:
    def noted() -> None:
        error = ValueError("x")
        error.add_note("while pouring")
        raise error

    check(noted, "ValueError", {"notes": ["while pouring"]})


# ---- calls


def call(problem: str, name: str, arguments: list[str], module: str | None = HERE) -> dict[str, Any]:
    return {"problem": problem, "callable": name, "arguments": arguments, "callable_module": module}


@dataclasses.dataclass
class Row:
    item: str


@attr.define
class Cup:
    item: str


ROW: Any = Row
CUP: Any = Cup
BASE: Any = Base
DUMPS: Any = json.dumps
LEN: Any = len
INT: Any = int


@pytest.mark.parametrize(
    ("function", "facts"),
    [
        (lambda: ANY("tea", sise=2), call("unexpected_keyword", "Order.__init__", ["sise"])),
        (lambda: ANY(), call("missing", "Order.__init__", ["item"])),
        (lambda: ANY("tea"), call("missing", "Order.__init__", ["size"])),
        (lambda: ANY("tea", 1, size=2), call("too_many", "Order.__init__", [])),
        (lambda: ANY("tea", item="tea", size=1), call("multiple_values", "Order.__init__", ["item"])),
        (lambda: ANY.add(ORDER, more=1), call("positional_only", "Order.add", ["more"])),
        (lambda: PRICE("tea", 1, 2), call("too_many", "price", [])),
        (lambda: PRICE(thing="tea"), call("unexpected_keyword", "price", ["thing"])),
        (lambda: ROW(thing=1), call("unexpected_keyword", "Row.__init__", ["thing"])),
        (lambda: CUP(), call("missing", "Cup.__init__", ["item"])),
        (lambda: BASE(), call("abstract", "Base", ["run", "stop"])),
        (lambda: DUMPS(1, 2), call("too_many", "dumps", [], "json")),
        (lambda: LEN(1, 2), call("too_many", "len", [], None)),
        (lambda: INT(x=1), call("unexpected_keyword", "int", ["x"], None)),
    ],
)
def test_a_call_that_does_not_fit_names_its_callable(function: Callable[[], object], facts: dict[str, Any]) -> None:
    check(function, "TypeError", facts)


def test_autospecced_mocks_name_what_they_stand_for() -> None:
    function, cls = mock.create_autospec(price), mock.create_autospec(Order)
    check(lambda: function("tea", 1, 2), "TypeError", call("too_many", "price", [], None))
    check(lambda: cls("tea"), "TypeError", call("missing", "Order.__init__", ["size"]))
    check(lambda: cls("tea", size=1).add(), "TypeError", call("missing", "Order.add", ["more"]))


def test_an_object_that_cannot_do_what_is_asked() -> None:
    order: Any = ORDER

    def enter() -> None:
        with order:
            pass

    def unpack() -> None:
        _first, _second = order

    for problem, function in {
        "not_subscriptable": lambda: order["item"],
        "not_callable": lambda: order(),
        "not_iterable": lambda: list(order),
        "not_context_manager": enter,
        "not_unpackable": unpack,
        "no_len": lambda: len(order),
        "operand": lambda: order + 1,
    }.items():
        check(function, "TypeError", {"problem": problem, "obj_type": "Order", "obj_module": HERE})


def test_what_cannot_be_written_is_known_by_its_type() -> None:
    check(lambda: json.dumps({"a": ORDER}), "TypeError", {"value_type": f"{HERE}.Order"})
    check(lambda: json.dumps([{1}]), "TypeError", {"value_type": "set"})
    check(lambda: yaml.safe_dump(ORDER), "yaml.representer.RepresenterError", {"value_type": f"{HERE}.Order"})


# ---- models


class Redis(pydantic.BaseModel):
    host: str


class Config(pydantic.BaseModel, extra="forbid", arbitrary_types_allowed=True):
    redis: Redis
    order: Order


def test_pydantic_tells_its_errors_and_the_class() -> None:
    evidence = check(
        lambda: Config(redis=1, order={}, more=2),  # type: ignore[arg-type, call-arg]
        "pydantic_core._pydantic_core.ValidationError",
        {"model": "Config", "model_class": f"{HERE}.Config", "count": 3, "version": 2},
    )
    errors: Any = evidence.raised.facts["errors"]
    assert [(each["type"], each["loc"], each["input_type"], each.get("ctx_class")) for each in errors] == [
        ("model_type", ["redis"], "int", "Redis"),
        ("is_instance_of", ["order"], "dict", "Order"),
        ("extra_forbidden", ["more"], "int", None),
    ]
    assert "ValueError" in evidence.raised.bases


def test_pydantic_knows_the_class_however_it_is_made() -> None:
    facts = {"model": "Redis", "model_class": f"{HERE}.Redis"}
    check(lambda: Redis.model_validate({}), "pydantic_core._pydantic_core.ValidationError", facts)
    check(lambda: Redis.model_validate_json("{}"), "pydantic_core._pydantic_core.ValidationError", facts)


def test_pydantic_keeps_ten_errors_and_counts_all() -> None:
    adapter = pydantic.TypeAdapter(list[int])
    evidence = raised_by(lambda: adapter.validate_python(["x"] * 50))
    assert evidence.raised.facts["count"] == 50
    assert len(evidence.raised.facts["errors"]) == 10  # type: ignore[arg-type]


class RequestError(Exception):
    def __init__(self, errors: object) -> None:
        self._errors = errors


def refuse(errors: object) -> None:
    raise RequestError(errors)


def test_errors_of_pydantic_that_a_framework_passes_on_are_read() -> None:
    with pytest.raises(pydantic.ValidationError) as caught:
        Redis.model_validate({})
    facts = raised_by(lambda: refuse(caught.value.errors())).raised.facts
    assert facts["count"] == 1
    assert facts["errors"] == [{"type": "missing", "loc": ["host"], "msg": "Field required", "input_type": "dict"}]


@pytest.mark.parametrize(
    "errors",
    [
        [],
        "host",
        ["host"],
        [{"host": "missing"}],
        [{"type": 1, "loc": 2}],
        7,
        [{"type": "missing", "loc": 7, "msg": "Field required"}],
    ],
)
def test_other_errors_that_an_exception_keeps_are_left_alone(errors: object) -> None:
    assert "errors" not in raised_by(lambda: refuse(errors)).raised.facts


def test_pydantic_1_is_read_too() -> None:
    class Old(pydantic.v1.BaseModel):
        size: int
        item: str

    evidence = check(
        lambda: Old.parse_obj({"size": "x"}),
        "pydantic.v1.error_wrappers.ValidationError",
        {"model": "Old", "count": 2, "version": 1},
    )
    errors: Any = evidence.raised.facts["errors"]
    assert [(each["type"], each["loc"]) for each in errors] == [
        ("type_error.integer", ["size"]),
        ("value_error.missing", ["item"]),
    ]


def test_validators_of_attrs_are_read_from_their_arguments() -> None:
    @attr.define
    class Shop:
        order: Any = attr.field(validator=attr.validators.instance_of(Order))
        size: int = attr.field(default=1, validator=attr.validators.in_([1, 2]))

    wrong = {"attribute": "order", "expected": f"{HERE}.Order", "value_type": "dict"}
    evidence = check(lambda: Shop({}), "TypeError", wrong)
    assert evidence.raised.message.startswith("'order' must be <class")
    check(lambda: Shop(ORDER, 3), "ValueError", {"attribute": "size", "value_type": "int"})


def test_msgspec_says_where() -> None:
    class Cup(msgspec.Struct):
        size: int

    decode = msgspec.json.Decoder(Cup).decode
    check(lambda: decode(b'{"size": "x"}'), "msgspec.ValidationError", {"loc": "$.size"})
    unexpected = {"problem": "unexpected_keyword", "arguments": ["sise"]}
    check(lambda: Cup(sise=1), "TypeError", unexpected)  # type: ignore[call-arg]


# ---- services


def test_sockets_know_where_they_were_sent(port: int) -> None:
    where = {"errno": errno.ECONNREFUSED, "host": "127.0.0.1", "port": port}
    check(lambda: socket.create_connection(("127.0.0.1", port)), "ConnectionRefusedError", where)
    check(lambda: asyncio.run(open_connection(port)), "ConnectionRefusedError", where)


async def open_connection(port: int) -> None:
    await asyncio.open_connection("127.0.0.1", port)


def test_files_and_commands_are_no_connections() -> None:
    check(lambda: Path("/no/such").read_text(), "FileNotFoundError", {"errno": 2, "filename": "/no/such", "host": None})
    missing = {"filename": "no-such-command", "command": "no-such-command"}
    check(lambda: subprocess.run(["no-such-command", "x"], check=False), "FileNotFoundError", missing)


def test_processes_tell_their_command_and_how_they_ended() -> None:
    python = [sys.executable, "-c"]
    failed = {"command": sys.executable, "returncode": 3}
    run = subprocess.run
    check(lambda: run([*python, "raise SystemExit(3)"], check=True), "subprocess.CalledProcessError", failed)
    slow = raised_by(lambda: run([*python, "import time; time.sleep(60)"], timeout=0.05, check=False))
    assert slow.raised.type == "subprocess.TimeoutExpired"
    assert isinstance(slow.raised.facts["timeout"], float)


def at(port: int, service: str, **more: Any) -> dict[str, Any]:
    return {"service": service, "host": "127.0.0.1", "port": port} | more


def test_clients_of_databases_and_brokers(port: int) -> None:
    client: Any = redis.Redis(host="127.0.0.1", port=port)
    evidence = check(client.ping, "redis.exceptions.ConnectionError", at(port, "redis"))
    assert evidence.chain[-1].is_a("ConnectionRefusedError")
    assert not evidence.raised.is_a("ConnectionError")

    dsn = f"host=127.0.0.1 port={port} dbname=x connect_timeout=60"
    check(lambda: psycopg.connect(dsn), "psycopg.OperationalError", at(port, "postgres"))
    check(
        lambda: psycopg.connect("host=no-such.invalid dbname=x"),
        "psycopg.OperationalError",
        {"service": "postgres", "host": "no-such.invalid"},
    )
    mongo: Any = pymongo.MongoClient("127.0.0.1", port, serverSelectionTimeoutMS=200)
    with mongo:
        check(lambda: mongo.admin.command("ping"), "pymongo.errors.ServerSelectionTimeoutError", at(port, "mongodb"))


class Client:
    """Asks as clients do: what it is told stands in the local names of its frames."""

    def __init__(self, **told: Any) -> None:
        self._told = told
        self._hosts_and_ports = told.get("brokers", [])
        self._hostname, self._port = told.get("hostname"), told.get("port")

    def ask(self, url: str | None = None, host: str = "localhost", port: int = 5672) -> None:
        raise ConnectionRefusedError(errno.ECONNREFUSED, f"refused {bool(url)} {host} {port}"[:7])

    def connect(self, dsn: str = "") -> None:
        raise ConnectionRefusedError(errno.ECONNREFUSED, f"refused {len(dsn)}"[:7])


@pytest.mark.parametrize(
    ("ask", "host", "port"),
    [
        (lambda: Client().ask(), "localhost", 5672),
        (lambda: Client().ask("amqp://u:secret@broker:5679/x"), "broker", 5679),
        (lambda: Client().connect("host=db port='5499' password=secret"), "db", 5499),
        (lambda: Client(hostname="mqtt", port="1884").connect(), "mqtt", 1884),
        (lambda: Client(brokers=[("one", 61613), ("two", 61613)]).connect(), "one", 61613),
        (lambda: Client().connect("nothing of the kind"), None, None),
        (lambda: Client(hostname="x", port=True).connect(), None, None),
    ],
)
def test_frames_tell_an_address_as_clients_call_it(ask: Callable[[], None], host: str | None, port: int | None) -> None:
    evidence = check(ask, "ConnectionRefusedError", {"host": host, "port": port})
    assert "secret" not in str(evidence.raised.facts)


def test_an_error_that_hides_where_it_came_from_still_tells_the_address(port: int) -> None:
    class ShopError(Exception):
        pass

    def hiding(context: BaseException | None = None) -> None:
        try:
            if context is not None:
                raise context
            redis.Redis(host="127.0.0.1", port=port, retry=Retry(NoBackoff(), 0)).ping()
        except (redis.ConnectionError, KeyError):
            raise ShopError("gone") from None

    check(hiding, f"{HERE}.{hiding.__qualname__.replace('hiding', 'ShopError')}", at(port, "redis"))
    assert raised_by(lambda: hiding(KeyError("x"))).raised.facts == {}


def test_a_client_that_shows_what_it_was_told_tells_its_address(port: int) -> None:
    """Of a master that no sentinel knows, the frames hold only what would be asked if one did."""
    once = {"retry": Retry(NoBackoff(), 0)}
    sentinel = importlib.import_module("redis.sentinel").Sentinel([("127.0.0.1", port)], sentinel_kwargs=once, **once)
    check(sentinel.master_for("m").ping, "redis.sentinel.MasterNotFoundError", at(port, "redis"))


KAFKA = """
import sys
from pathlib import Path
import kafka
from pytest_agentgate.capture.codec import to_json
from pytest_agentgate.capture.evidence import evidence_of
from pytest_agentgate.capture.roles import Roots
try:
    kafka.KafkaAdminClient(bootstrap_servers=sys.argv[1], request_timeout_ms=500, bootstrap_timeout_ms=500)
except Exception as error:
    print(to_json(evidence_of(error, Roots(Path.cwd()))))
"""


def test_kafka_is_known(port: int) -> None:
    """In a process of its own: the client leaves sockets open, whose warnings would meet other tests."""
    command = [sys.executable, "-W", "ignore", "-c", KAFKA, f"127.0.0.1:{port}"]
    raised = from_json(subprocess.run(command, capture_output=True, text=True, check=True).stdout).raised
    assert raised.type.startswith("kafka.errors.")
    assert raised.facts["service"] == "kafka"


def test_sqlalchemy_tells_whose_error_it_wraps(port: int) -> None:
    engine = sqlalchemy.create_engine(f"postgresql+psycopg://user:secret@127.0.0.1:{port}/x")
    wrapped = at(port, "postgres", orig="psycopg.OperationalError")
    evidence = check(engine.connect, "sqlalchemy.exc.OperationalError", wrapped)
    assert evidence.chain[1].type == "psycopg.OperationalError"

    memory = sqlalchemy.create_engine("sqlite://", poolclass=sqlalchemy.pool.StaticPool)

    def select() -> None:
        with memory.connect() as connection:
            connection.execute(sqlalchemy.text("select * from cups"))

    schema = {"orig": "sqlite3.OperationalError", "orig_message": "no such table: cups", "service": None}
    check(select, "sqlalchemy.exc.OperationalError", schema)
    memory.dispose()


def test_clients_of_http_tell_the_url_without_secrets(port: int) -> None:
    url = f"http://user:secret@127.0.0.1:{port}/a?token=secret"
    facts = at(port, "http", url=f"http://127.0.0.1:{port}/a")
    evidences = [
        check(lambda: httpx.get(url, trust_env=False), "httpx.ConnectError", facts),
        check(lambda: requests.get(url, timeout=60), "requests.exceptions.ConnectionError", facts),
    ]
    for evidence in evidences:
        assert "secret" not in str([raised.facts for raised in evidence.chain])

    plain = f"http://127.0.0.1:{port}/a"
    check(lambda: urllib.request.urlopen(plain), "urllib.error.URLError", facts)

    async def get() -> None:
        async with aiohttp.ClientSession() as session, session.get(plain):
            pass

    check(lambda: asyncio.run(get()), "aiohttp.client_exceptions.ClientConnectorError", at(port, "http"))


def test_an_http_status_is_kept() -> None:
    request = httpx.Request("GET", "https://example.invalid/x")
    facts = {"status": 404, "url": "https://example.invalid/x", "host": "example.invalid", "port": 443}
    check(httpx.Response(404, request=request).raise_for_status, "httpx.HTTPStatusError", facts)

    def urllib_error() -> None:
        import email.message

        raise urllib.error.HTTPError("https://example.invalid/x", 503, "busy", email.message.Message(), None)

    check(urllib_error, "urllib.error.HTTPError", facts | {"status": 503})


def test_grpc_tells_its_status_and_where(port: int) -> None:
    grpc: Any = importlib.import_module("grpc")

    def unary() -> None:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            channel.unary_unary("/shop/order")(b"", timeout=60)

    check(unary, "grpc._channel._InactiveRpcError", at(port, "grpc", code="UNAVAILABLE"))

    def ready() -> None:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            grpc.channel_ready_future(channel).result(timeout=0.05)

    check(ready, "grpc.FutureTimeoutError", {"service": "grpc"})


# ---- pytest itself


def test_pytest_raises_tells_what_it_waited_for() -> None:
    def silent() -> None:
        with pytest.raises((ValueError, urllib.error.URLError)):
            pass

    def other_words() -> None:
        with pytest.raises(ValueError, match="tea"):
            raise ValueError("coffee")

    check(silent, "pytest.Failed", {"expected": ["ValueError", "urllib.error.URLError"]})
    check(other_words, "AssertionError", {"expected": ["ValueError"]})


def test_a_missing_fixture_is_named_with_those_near_it(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
        import json, pathlib, pytest
        from pytest_agentgate.capture.evidence import evidence_of
        from pytest_agentgate.capture.codec import to_json
        from pytest_agentgate.capture.roles import Roots

        @pytest.fixture
        def worker_client(): ...

        @pytest.hookimpl(hookwrapper=True)
        def pytest_runtest_makereport(item, call):
            yield
            if call.excinfo:
                text = to_json(evidence_of(call.excinfo.value, Roots(item.config.rootpath)))
                pathlib.Path("evidence.json").write_text(text)
    """)
    pytester.makepyfile("def test_it(worker_clent): ...")
    pytester.runpytest("-p", "no:cacheprovider")
    raised = json.loads((pytester.path / "evidence.json").read_text())["chain"][0]
    assert raised["type"] == "pytest.FixtureLookupError"
    assert raised["message"] == "fixture 'worker_clent' not found"
    assert raised["facts"].pop("available")[0] == "worker_client"
    assert raised["facts"] == {"fixture": "worker_clent", "problem": "not_found"}


def test_nothing_third_party_is_imported_to_know_its_exceptions() -> None:
    code = (
        "import sys\n"
        "import pytest\n"
        "before = set(sys.modules)\n"
        "import pytest_agentgate.capture.evidence\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(new - set(sys.stdlib_module_names) - {'pytest_agentgate', '_pytest'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_modules_are_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    strange: Any = ModuleType("strange")
    check(lambda: strange.nothing, "AttributeError", {"obj_is": "module", "obj_name": "strange"})
