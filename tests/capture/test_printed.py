"""Evidence from text alone: what the words of pytest, Python and libraries tell."""

from __future__ import annotations

import json
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentgate.capture.evidence import evidence_of
from pytest_agentgate.capture.printed import evidence_of_text
from pytest_agentgate.capture.roles import Roots
from pytest_agentgate.model import Comparison, Link, Role, Side


@given(st.text(max_size=40), st.text(max_size=200), st.text(max_size=400))
def test_any_text_gives_evidence(type_name: str, message: str, text: str) -> None:
    evidence = evidence_of_text(type_name, message, text)
    assert not evidence.live
    assert evidence.raised.link is Link.RAISED


@pytest.mark.parametrize(
    ("type_name", "message", "expected_type", "expected_message"),
    [
        ("", "ValueError: no", "ValueError", "no"),
        ("", "redis.exceptions.ConnectionError: Error 111", "redis.exceptions.ConnectionError", "Error 111"),
        ("", "assert 1 == 2", "AssertionError", "assert 1 == 2"),
        ("", "AssertionError", "AssertionError", ""),
        ("", "Failed: DID NOT RAISE ValueError", "pytest.Failed", "DID NOT RAISE ValueError"),
        ("", "Note: nothing is raised here", "", "Note: nothing is raised here"),
        ("", "worker 'gw0' crashed while running 'tests/test_a.py::test_x'", "", None),
        ("ValueError", "no", "ValueError", "no"),
        ("ValueError", "ValueError: no", "ValueError", "no"),
        ("pkg.errors.OrderError", "no tea", "pkg.errors.OrderError", "no tea"),
        ("java.lang.NullPointerException", "tea", "java.lang.NullPointerException", "tea"),
        ("testCodeFailure", "TypeError: not really Python", "testCodeFailure", "TypeError: not really Python"),
        ("IOError", "no", "OSError", "no"),
        ("", "Failed", "", "Failed"),
    ],
)
def test_type_and_message(type_name: str, message: str, expected_type: str, expected_message: str | None) -> None:
    raised = evidence_of_text(type_name, message).raised
    assert (raised.type, raised.message) == (expected_type, message if expected_message is None else expected_message)


def test_bases_of_builtins_are_known() -> None:
    assert evidence_of_text("", "ModuleNotFoundError: No module named 'x'").raised.is_a("ImportError")
    assert evidence_of_text("", "ConnectionRefusedError: [Errno 111] x").raised.is_a("OSError")
    assert evidence_of_text("", "Failed: x").raised.is_a("pytest.OutcomeException")


CALLS: list[tuple[str, dict[str, Any]]] = [
    ("Order() got an unexpected keyword argument 'sise'", {"callable": "Order", "arguments": ["sise"]}),
    (
        "Order.__init__() got an unexpected keyword argument 'sise'. Did you mean 'size'?",
        {"callable": "Order.__init__", "arguments": ["sise"], "problem": "unexpected_keyword"},
    ),
    ("f() missing 2 required positional arguments: 'a' and 'b'", {"arguments": ["a", "b"], "problem": "missing"}),
    ("f() missing 3 required keyword-only arguments: 'a', 'b', and 'c'", {"arguments": ["a", "b", "c"]}),
    (
        "f.<locals>.g() takes 1 positional argument but 2 were given",
        {"callable": "f.<locals>.g", "problem": "too_many"},
    ),
    ("f() takes from 1 to 2 positional arguments but 3 were given", {"callable": "f", "problem": "too_many"}),
    (
        "f() takes 0 positional arguments but 1 positional argument (and 1 keyword-only argument) were given",
        {"callable": "f", "problem": "too_many"},
    ),
    ("f() takes exactly 2 arguments (1 given)", {"callable": "f", "problem": "missing"}),
    ("len() takes exactly one argument (0 given)", {"callable": "len", "problem": "missing"}),
    ("sorted expected 1 argument, got 0", {"callable": "sorted", "problem": "missing"}),
    ("expected at most 1 argument, got 2", {"problem": "too_many"}),
    ("Order() takes no arguments", {"callable": "Order", "problem": "too_many"}),
    ("f() got multiple values for argument 'a'", {"arguments": ["a"], "problem": "multiple_values"}),
    (
        "f() got some positional-only arguments passed as keyword arguments: 'a, b'",
        {"arguments": ["a", "b"], "problem": "positional_only"},
    ),
    (
        "Can't instantiate abstract class B with abstract methods run, stop",
        {"callable": "B", "arguments": ["run", "stop"], "problem": "abstract"},
    ),
    (
        "Can't instantiate abstract class B without an implementation for abstract methods 'run', 'stop'",
        {"callable": "B", "arguments": ["run", "stop"], "problem": "abstract"},
    ),
    ("missing a required argument: 'b'", {"arguments": ["b"], "problem": "missing"}),
    ("missing a required keyword-only argument: 'b'", {"arguments": ["b"], "problem": "missing"}),
    ("got an unexpected keyword argument 'b'", {"arguments": ["b"], "problem": "unexpected_keyword"}),
    ("Missing required argument 'b'", {"arguments": ["b"], "problem": "missing"}),
    ("Unexpected keyword argument 'b'", {"arguments": ["b"], "problem": "unexpected_keyword"}),
    ("'Order' object is not subscriptable", {"obj_type": "Order", "problem": "not_subscriptable"}),
    ("object Order can't be used in 'await' expression", {"obj_type": "Order", "problem": "not_awaitable"}),
    ("'Order' object can't be awaited", {"obj_type": "Order", "problem": "not_awaitable"}),
    (
        "'Order' object does not support the context manager protocol (missed __exit__ method)",
        {"obj_type": "Order", "problem": "not_context_manager"},
    ),
    ("argument after ** must be a mapping, not Order", {"obj_type": "Order", "problem": "not_unpackable"}),
    ("f() argument after ** must be a mapping, not Order", {"obj_type": "Order", "problem": "not_unpackable"}),
    ("argument of type 'Order' is not a container or iterable", {"obj_type": "Order", "problem": "not_iterable"}),
    ("string indices must be integers, not 'str'", {"obj_type": "string", "problem": "bad_index"}),
    ("unsupported operand type(s) for +: 'int' and 'Order'", {"obj_type": "int", "other_type": "Order"}),
    ("'<' not supported between instances of 'A' and 'B'", {"obj_type": "A", "other_type": "B", "problem": "operand"}),
    ("cannot use 'list' as a dict key (unhashable type: 'list')", {"obj_type": "list", "problem": "unhashable"}),
    ("Object of type Order is not JSON serializable", {"value_type": "Order"}),
    ("some words of somebody", {}),
]


@pytest.mark.parametrize(("message", "facts"), CALLS)
def test_type_errors_of_all_versions(message: str, facts: dict[str, Any]) -> None:
    found = evidence_of_text("TypeError", message).raised.facts
    assert {key: found.get(key) for key in facts} == facts
    assert facts or not found


@pytest.mark.parametrize(
    ("line", "facts"),
    [
        ("ModuleNotFoundError: No module named 'shop.order'", {"name": "shop.order"}),
        ("ModuleNotFoundError: No module named 'shop.order'; 'shop' is not a package", {"name": "shop.order"}),
        (
            "ImportError: cannot import name 'Order' from 'shop' (/project/src/shop/__init__.py)",
            {"name": "shop", "symbol": "Order", "path": "/project/src/shop/__init__.py"},
        ),
        (
            "ImportError: cannot import name 'Ordr' from 'shop' (/p/shop.py). Did you mean: 'Order'?",
            {"name": "shop", "symbol": "Ordr", "path": "/p/shop.py"},
        ),
        (
            "ImportError: cannot import name 'a' from partially initialized module 'b' (most likely) (/p/b.py)",
            {"name": "b", "symbol": "a", "partial": True, "path": "/p/b.py"},
        ),
        ("ImportError: cannot import name 'x' from 'm' (unknown location)", {"name": "m", "symbol": "x"}),
        ("ImportError: attempted relative import with no known parent package", {}),
        ("AttributeError: module 'a.b' has no attribute 'c'", {"name": "c", "obj_is": "module", "obj_name": "a.b"}),
        (
            "AttributeError: module 'a' has no attribute 'c'. Did you mean: 'd'?",
            {"name": "c", "obj_is": "module", "obj_name": "a", "obj_type": "module"},
        ),
        ("AttributeError: 'Tea' object has no attribute 'c'", {"name": "c", "obj_type": "Tea", "obj_is": "instance"}),
        ("AttributeError: type object 'Tea' has no attribute 'c'", {"name": "c", "obj_is": "class", "obj_name": "Tea"}),
        (
            "AttributeError: <module 'shop' from '/p/shop.py'> does not have the attribute 'c'",
            {"name": "c", "obj_is": "module", "obj_name": "shop"},
        ),
        ("AttributeError: <class 'shop.Tea'> does not have the attribute 'c'", {"name": "c", "obj_name": "shop.Tea"}),
        ("AttributeError: 'module' object at shop.order has no attribute 'c'", {"name": "c", "obj_name": "shop.order"}),
        ("AttributeError: property 'v' of 'Order' object has no setter", {"name": "v", "obj_type": "Order"}),
        ("AttributeError: can't set attribute 'v'", {"name": "v"}),
        ("AttributeError: __enter__", {"name": "__enter__"}),
        ("NameError: name 'x' is not defined. Did you mean: 'y'?", {"name": "x"}),
        (
            "UnboundLocalError: cannot access local variable 'q' where it is not associated with a value",
            {"name": "q"},
        ),
        ("KeyError: 'k'", {"key": "'k'"}),
        ("ConnectionRefusedError: [Errno 111] Connect call failed ('::1', 6379)", {"host": "::1", "port": 6379}),
        (
            "redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379. Connection refused.",
            {"service": "redis", "host": "localhost", "port": 6379, "errno": 111},
        ),
        (
            'psycopg.OperationalError: connection to server at "127.0.0.1", port 5432 failed: refused',
            {"service": "postgres", "host": "127.0.0.1", "port": 5432},
        ),
        (
            'sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) server at "db" (10.0.0.1), port 5432 failed',
            {"orig": "psycopg2.OperationalError", "service": "postgres", "host": "db", "port": 5432},
        ),
        (
            "sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) no such table: cups",
            {"orig": "sqlite3.OperationalError", "orig_message": "no such table: cups"},
        ),
        (
            "pymongo.errors.ServerSelectionTimeoutError: 127.0.0.1:27017: [Errno 111] Connection refused (configured",
            {"service": "mongodb", "host": "127.0.0.1", "port": 27017},
        ),
        (
            "requests.exceptions.ConnectionError: HTTPConnectionPool(host='shop', port=80): Max retries exceeded",
            {"service": "http", "host": "shop", "port": 80},
        ),
        (
            "aiohttp.client_exceptions.ClientConnectorError: Cannot connect to host shop:80 ssl:default [refused]",
            {"service": "http", "host": "shop", "port": 80},
        ),
        (
            "httpx.HTTPStatusError: Client error '404 Not Found' for url 'https://u:p@shop/x?token=1'",
            {"url": "https://shop/x", "host": "shop", "port": 443},
        ),
        ("msgspec.ValidationError: Expected `int`, got `str` - at `$.sub`", {"loc": "$.sub"}),
        ("Failed: Timeout (>1.5s) from pytest-timeout.", {"timeout": 1.5}),
        ("Failed: Timeout >2.0s", {"timeout": 2.0}),
        ("Failed: DID NOT RAISE <class 'shop.OrderError'>", {"expected": ["shop.OrderError"]}),
        ("Failed: DID NOT RAISE any of (ValueError, KeyError)", {"expected": ["ValueError", "KeyError"]}),
        ("Failed: In test_x: function uses no argument 'size'", {"fixture": "size", "problem": "unused_argument"}),
        ('Failed: Fixture "shop" called directly. Fixtures are', {"fixture": "shop", "problem": "called_directly"}),
    ],
)  # fmt: skip
def test_wordings_of_libraries(line: str, facts: dict[str, Any]) -> None:
    found = evidence_of_text("", line).raised.facts
    assert {key: found.get(key) for key in facts} == facts
    assert facts or not found


# ---- tracebacks


PYTEST = """\
self = <test_shop.TestShop object at 0x7f0000000000>

    def test_total(self):
        shop = Shop()
>       assert shop.total("tea") == 3

tests/test_shop.py:8:
_ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _
src/shop/order.py:12: in total
    return self.prices[item]
/env/lib/python3.11/site-packages/prices/table.py:40: in __getitem__
    return json.loads(self.table)[item]
/usr/lib/python3.11/json/__init__.py:346: in loads
    return _default_decoder.decode(s)
E   prices.errors.PriceError: no price
E   for tea

/env/lib/python3.11/site-packages/prices/table.py:42: PriceError
"""


def test_a_traceback_of_pytest() -> None:
    raised = evidence_of_text("", "prices.errors.PriceError: no price\nfor tea", PYTEST).raised
    assert (raised.type, raised.message) == ("prices.errors.PriceError", "no price\nfor tea")
    assert [(frame.role, frame.path, frame.line, frame.function) for frame in raised.frames] == [
        (Role.TEST, "tests/test_shop.py", 8, "test_total"),
        (Role.SOURCE, "src/shop/order.py", 12, "total"),
        (Role.LIBRARY, "prices/table.py", 40, "__getitem__"),
        (Role.STDLIB, "json/__init__.py", 346, "loads"),
        (Role.LIBRARY, "prices/table.py", 42, ""),
    ]


EMPTY: Any = {}


def chained() -> None:
    try:
        json.loads("{")
    except ValueError as error:
        raise RuntimeError("outer") from error


@pytest.mark.parametrize("raise_it", [chained, lambda: EMPTY["k"], lambda: EMPTY.nothing])
def test_a_traceback_of_python_tells_what_the_live_exception_does(raise_it: Callable[[], object]) -> None:
    with pytest.raises(Exception) as caught:
        raise_it()
    live = evidence_of(caught.value, Roots(Path(__file__).parents[2]))
    printed = evidence_of_text("", "", "".join(traceback.format_exception(caught.value)))
    told = [(each.type, each.message, each.link) for each in printed.chain]
    assert told == [(each.type, each.message, each.link) for each in live.chain]
    assert [(frame.line, frame.function) for frame in printed.raised.frames] == [
        (frame.line, frame.function.rpartition(".")[2]) for frame in live.raised.frames
    ]


def test_pydantic_tells_as_much_in_text() -> None:
    class Redis(pydantic.BaseModel):
        host: str

    class Config(pydantic.BaseModel, extra="forbid"):
        redis: Redis
        size: int

    with pytest.raises(pydantic.ValidationError) as caught:
        Config.model_validate({"redis": 1, "size": "x", "more": 2})
    live = evidence_of(caught.value, Roots(Path.cwd())).raised
    printed = evidence_of_text("", f"{live.type}: {live.message}").raised
    assert printed.is_a("ValueError")
    assert {key: printed.facts[key] for key in ("model", "count", "version")} == {
        key: live.facts[key] for key in ("model", "count", "version")
    }
    live_errors: Any = live.facts["errors"]
    printed_errors: Any = printed.facts["errors"]
    assert [(each["type"], each["loc"], each["msg"], each["input_type"]) for each in printed_errors] == [
        (each["type"], each["loc"], each["msg"], each["input_type"]) for each in live_errors
    ]


def test_text_of_pydantic_1() -> None:
    text = "2 validation errors for Old\nsize\n  value is not a valid integer (type=type_error.integer)\n"
    text += "item -> name\n  field required (type=value_error.missing)"
    facts = evidence_of_text("pydantic.error_wrappers.ValidationError", text).raised.facts
    assert facts["version"] == 1
    assert facts["errors"] == [
        {"type": "type_error.integer", "loc": ["size"], "msg": "value is not a valid integer"},
        {"type": "value_error.missing", "loc": ["item", "name"], "msg": "field required"},
    ]


@pytest.mark.parametrize(
    ("message", "comparison"),
    [
        ("assert 1 == '1'", Comparison("==", Side("int", "1"), Side("str", "'1'"))),
        ("assert [1] in {}", Comparison("in", Side("list", "[1]"), Side("dict", "{}"))),
        ("words\nassert 1 is not None", Comparison("is not", Side("int", "1"), Side("NoneType", "None"))),
        ("assert x.y == 2", Comparison("==", Side("", "x.y"), Side("int", "2"))),
        ("assert <Shop object> == 2", None),
        ("assert False", None),
        ("assert 1 < 2 < 3", None),
        ("1 != 2", None),
        ("assert " + "(" * 10_000, None),
    ],
)
def test_sides_of_a_printed_assert(message: str, comparison: Comparison | None) -> None:
    assert evidence_of_text("AssertionError", message).comparison == comparison


def test_a_missing_fixture() -> None:
    text = (
        "file /project/tests/test_shop.py, line 3\n  def test_it(worker_clent): ...\n"
        "E       fixture 'worker_clent' not found\n>       available fixtures: cache, worker_client\n"
        ">       use 'pytest --fixtures [testpath]' for help on them.\n\n/project/tests/test_shop.py:3"
    )
    raised = evidence_of_text("", "failed on setup", text).raised
    assert raised.type == "pytest.FixtureLookupError"
    assert raised.facts["fixture"] == "worker_clent"
    assert raised.facts["available"] == ["worker_client"]
    assert [(frame.role, frame.line) for frame in raised.frames] == [(Role.TEST, 3)]


@pytest.mark.timeout(600)  # no measure of speed: a pattern that backtracks would take hours
def test_giant_texts_are_read_from_their_end() -> None:
    raised = evidence_of_text("", "", "x\n" * 20_000_000 + "E   ValueError: at the end").raised
    assert (raised.type, raised.message) == ("ValueError", "at the end")
    for line in ("E" * 100_000, " " * 100_000, "File " * 50_000, "a:" * 50_000, "a" * 200_000, "'" * 100_000):
        evidence_of_text("", line, line)
        evidence_of_text("TypeError", line, line)
        evidence_of_text("ImportError", "cannot import name '" + line, line)


def test_the_interpreter_prints_what_is_read() -> None:
    done = subprocess.run([sys.executable, "-c", "import nothing.at_all"], capture_output=True, text=True, check=False)
    raised = evidence_of_text("", "", done.stderr).raised
    assert (raised.type, raised.facts) == ("ModuleNotFoundError", {"name": "nothing"})


def test_a_syntax_error_is_in_the_file_that_cannot_be_read() -> None:
    text = """tests/test_a.py:1: in <module>
    import shop
E     File "shop/order.py", line 3
E       def test_a(:
E                  ^
E   SyntaxError: invalid syntax"""
    plain = (
        "Traceback (most recent call last):\n"
        """  File "tests/test_a.py", line 1, in <module>
    import shop
  File "shop/order.py", line 3
    def test_a(:
               ^
SyntaxError: invalid syntax
"""
    )
    for printed in (text, plain):
        raised = evidence_of_text("", "collection failure", printed).raised
        assert (raised.type, raised.message) == ("SyntaxError", "invalid syntax")
        assert raised.facts == {"path": "shop/order.py", "line": 3}
        assert [frame.line for frame in raised.frames] == [1, 3]
