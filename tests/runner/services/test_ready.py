"""Readiness by protocol: of real servers, and of sockets that say what such servers say while they start."""

from __future__ import annotations

import http.server
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import bson
import pytest
from tests.conftest import PostgresServer

from pytest_agentgate.errors import ServiceError
from pytest_agentgate.model.services import Service, Sort
from pytest_agentgate.runner.services.kinds import kind_of
from pytest_agentgate.runner.services.kinds.any_image import AnyImage
from pytest_agentgate.runner.services.kinds.kind import Access, Kind, access_of, masked

Serve = Callable[[Sort, bytes], Access]


def hello(document: dict[str, object]) -> bytes:
    """What MongoDB answers from 4.4 on, in the bytes of its own library."""
    body = struct.pack("<i", 0) + b"\0" + bson.encode(document)
    return struct.pack("<iiii", len(body) + 16, 1, 1, 2013) + body


SPEAKS_FIRST = {Sort.MYSQL}
LONG = 60.0  # seconds for an answer that comes


@contextmanager
def answering(sort: Sort, answer: bytes) -> Iterator[Access]:
    """A server that sends the same bytes to whoever connects, once it was sent some where its kind is, and no more."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection, suppress(OSError):
                    if sort not in SPEAKS_FIRST:
                        connection.recv(4096)
                    connection.sendall(answer)
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(4096):  # to leave a word unread would take back the answer
                        pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield Access("127.0.0.1", listening.getsockname()[1])
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:
        yield lambda sort, answer: stack.enter_context(answering(sort, answer))


def kind(sort: Sort) -> Kind:
    return kind_of(Service("one", sort))


@pytest.mark.parametrize("sort", Sort)
def test_a_file_is_called_as_its_kind_and_has_all_that_starts_it(sort: Sort) -> None:
    one = kind(sort)
    assert type(one).__module__.endswith(f".kinds.{sort}")
    assert one.image
    assert one.port
    assert one.names


@pytest.mark.parametrize("sort", Sort)
def test_where_nobody_listens_none_is_ready(sort: Sort) -> None:
    with socket.socket() as taken:  # and nobody else is given it
        taken.bind(("127.0.0.1", 0))
        assert kind(sort).waits(Access("127.0.0.1", taken.getsockname()[1]), LONG) == "connection refused"


@pytest.mark.parametrize("sort", Sort)
def test_an_engines_proxy_that_ends_each_connection_is_not_ready(sort: Sort, serve: Serve) -> None:
    assert kind(sort).waits(serve(sort, b""), LONG) in ("ends the connection", "connection reset by peer")


@pytest.mark.parametrize("sort", Sort)
def test_a_web_server_is_none_of_the_kinds(sort: Sort, serve: Serve) -> None:
    answer = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n" + b"x" * 100
    assert kind(sort).waits(serve(sort, answer), LONG) not in ("", "does not answer in time")


@pytest.mark.parametrize("sort", Sort)
def test_who_says_nothing_is_waited_for_no_longer_than_asked(sort: Sort) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        said = kind(sort).waits(Access("127.0.0.1", listening.getsockname()[1]), 0.2)
    assert said == "does not answer in time"


@pytest.mark.parametrize(
    ("sort", "answer", "why"),
    [
        (Sort.REDIS, b"+PONG\r\n", ""),
        (Sort.REDIS, b"-LOADING Redis is loading the dataset in memory\r\n", "LOADING Redis is loading"),
        (Sort.POSTGRES, b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0", ""),
        (Sort.POSTGRES, b"E\0\0\0\x20SFATAL\0C57P03\0Mstarting up\0\0", "starting up"),
        (Sort.MYSQL, b"\x4a\0\0\0\x0a8.4.0\0" + b"\0" * 67, ""),
        (Sort.MYSQL, b"\x1b\0\0\0\xff\x15\x04Too many connections....", "Too many connections"),
        (Sort.RABBITMQ, b"\x01\0\0\0\0\x01\xf4\0\x0a\0\x0a\0\x09", ""),
        (Sort.RABBITMQ, b"AMQP\0\0\x09\x01AMQP", "speaks another protocol"),
        (Sort.MONGODB, hello({"isWritablePrimary": True, "ok": 1.0}), ""),
        (Sort.MONGODB, hello({"isWritablePrimary": False, "secondary": True, "ok": 1.0}), "takes no writes yet"),
        (Sort.MONGODB, hello({"ok": 0.0, "errmsg": "is shutting down", "code": 91}), "is shutting down"),
        (Sort.KAFKA, b"\0\0\0\x0c\0\0\0\x07\0\0\0\0\0\0", ""),
        (Sort.KAFKA, b"\0\0\0\x0c\0\0\0\x07\0\x23\0\0\0\0", "answers with error 35"),
    ],
)
def test_readiness_is_what_the_protocol_says(sort: Sort, answer: bytes, why: str, serve: Serve) -> None:
    said = kind(sort).waits(serve(sort, answer), LONG)
    assert said.startswith(why)
    assert bool(said) == bool(why)


def test_waiting_for_a_redis_that_refuses_the_password_is_in_vain(serve: Serve) -> None:
    access = serve(Sort.REDIS, b"-WRONGPASS invalid username-password pair or user is disabled.\r\n")
    with pytest.raises(ServiceError, match="WRONGPASS invalid"):
        kind(Sort.REDIS).waits(Access(access.host, access.port, password="guess"), LONG)


@pytest.mark.parametrize(
    ("sort", "package", "library"), [(Sort.POSTGRES, "psycopg", "psycopg"), (Sort.MYSQL, "pymysql", "PyMySQL")]
)
def test_the_client_that_is_not_installed_is_named(
    sort: Sort, package: str, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ServiceError, match=rf"needs {library}: install pytest-agentgate\[services\]$"):
        kind(sort).check(Access("127.0.0.1", 1))


@pytest.mark.engine("postgres")
def test_a_real_postgres_is_ready_until_it_stops(postgres_server: PostgresServer) -> None:
    access = access_of(postgres_server.url(), 5432)
    assert kind(Sort.POSTGRES).waits(access, LONG) == ""
    postgres_server.stop()
    try:
        assert kind(Sort.POSTGRES).waits(access, LONG) == "connection refused"
    finally:
        postgres_server.start()


class Late(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response({"/ready": 204, "/later": 503}.get(self.path, 404))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_http_is_ready_by_its_status() -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Late) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        access = Access("127.0.0.1", server.server_address[1])
        try:
            assert AnyImage("http:/later").waits(access, LONG) == "GET /later answers 503"
            assert AnyImage("http:/ready").waits(access, LONG) == ""
            assert AnyImage("http:/").waits(access, LONG) == "GET / answers 404"
        finally:
            server.shutdown()
            thread.join()


def test_http_that_nobody_serves_is_told_in_words() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # and does not listen
        access = Access("127.0.0.1", held.getsockname()[1])
        assert AnyImage("http:/ready").waits(access, LONG) == "GET /ready: connection refused"


@pytest.mark.parametrize(("url", "port"), [("http://h/", 80), ("https://h", 443), ("https://h:8443", 8443)])
def test_a_url_of_http_leaves_its_port_out(url: str, port: int) -> None:
    assert AnyImage("http:/ready").access_by(url, 0).port == port


@pytest.mark.parametrize("ready", ["log:x", "command:x"])
def test_what_needs_a_container_is_refused_for_a_url(ready: str) -> None:
    with pytest.raises(ServiceError, match="needs a container"):
        AnyImage(ready).waits(Access("127.0.0.1", 1), 1)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:secret@h:1/0", "redis://:***@h:1/0"),
        ("postgresql://a:b@c@h/d", "postgresql://a:***@h/d"),
        ("redis://h:1", "redis://h:1"),
        ("amqp://user@h", "amqp://user@h"),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    assert masked(url) == shown


@pytest.mark.parametrize(("url", "why"), [("redis:///0", "names no host"), ("redis://h:x", "url: its port is none")])
def test_a_url_that_leads_nowhere_is_refused(url: str, why: str) -> None:
    with pytest.raises(ServiceError, match=why):
        access_of(url, 6379)


@pytest.mark.parametrize("sort", Sort)
def test_a_url_is_one_of_the_kind_that_is_declared(sort: Sort) -> None:
    other = "redis" if sort is not Sort.REDIS else "postgresql"
    with pytest.raises(ServiceError, match=rf"url: begins with {other}://, and that of this kind with \w+://"):
        kind(sort).access_by(f"{other}://ann:s3cret@h:1/0", 0)
    own = kind(sort).schemes[0]
    assert kind(sort).access_by(f"{own}+driver://h/0", 0).port == kind(sort).port


def test_a_password_that_is_not_quoted_is_no_part_of_what_is_said() -> None:
    with pytest.raises(ServiceError, match=r"write / # \? @ : as %2F %23 %3F %40 %3A") as raised:
        access_of("postgresql://ann:s3c/ret@db:5432/shop", 5432)
    assert "s3c" not in str(raised.value)


def test_what_is_in_a_url_is_quoted_when_it_is_made_again() -> None:
    access = access_of("postgresql://us%40er:p%2Fw%3A@h:5/d?sslmode=disable", 5432)
    assert (access.user, access.password, access.database) == ("us@er", "p/w:", "d")
    assert kind(Sort.POSTGRES).url(access, "e") == "postgresql://us%40er:p%2Fw%3A@h:5/e?sslmode=disable"
