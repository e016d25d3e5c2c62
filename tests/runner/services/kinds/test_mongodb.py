"""MongoDB 3.6 as it is, with its own shell for a client; its documents and logins also as others read them."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import bson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.runner.services.conftest import Start, failed, only, services

from pytest_agentgate.errors import ServiceError
from pytest_agentgate.model.services import Provision
from pytest_agentgate.runner.services.environment import MAIN
from pytest_agentgate.runner.services.fleet import Fleet
from pytest_agentgate.runner.services.kinds.documents import Scram, decoded, encoded
from pytest_agentgate.runner.services.kinds.kind import access_of

served = pytest.mark.engine("focal")

SETTINGS = 'settings = { MONGO_INITDB_ROOT_USERNAME = "tester", MONGO_INITDB_ROOT_PASSWORD = "p/w,=%" }'


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A container of ours for all of these tests, which asks for a password."""
    folder = tmp_path_factory.mktemp("mongodb")
    text = f'[services.db]\nkind = "mongodb"\nimage = "agentgate-test/mongo:3"\n{SETTINGS}\n'
    with services(text, folder, folder / ".agentgate") as fleet:
        assert only(fleet).state is Provision.READY, only(fleet).why
        yield fleet


@pytest.fixture(scope="session")
def url(server: Fleet) -> str:
    return server.room(MAIN, "all")["MONGODB_URI"]


def shell(server: Fleet, url: str, script: str) -> Any:
    """What the server's own client makes of a URL of ours; the server is on another port within."""
    port = access_of(url, 27017).port
    command = ["docker", "exec", only(server).container, "mongo", "--quiet", url.replace(f":{port}/", ":27017/")]
    ended = subprocess.run([*command, "--eval", f"printjson({script})"], capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return json.loads(ended.stdout)


def databases(server: Fleet, url: str) -> set[str]:
    return set(shell(server, url, "db.getMongo().getDBNames()"))


def declared(url: str) -> str:
    return f'[services.db]\nkind = "mongodb"\nurl = "{url}"\n'


@served
def test_a_container_is_ready_once_it_takes_writes_and_says_what_it_is(server: Fleet, url: str) -> None:
    points = only(server).checkpoints
    assert [(point.step, point.passed) for point in points][:2] == [("starts", True), ("connects", True)]
    assert points[1].why.startswith("MongoDB 3.6.")
    assert url.startswith("mongodb://tester:p%2Fw%2C%3D%25@127.0.0.1:")
    assert url.endswith("_main?authSource=admin")


@served
def test_workers_have_databases_that_know_nothing_of_each_other(server: Fleet, url: str) -> None:
    urls = [url, server.room("gw0", "all")["MONGODB_URI"]]
    for mine in urls:
        shell(server, mine, "db.tea.insert({leaf: 'green'})")
    assert [shell(server, mine, "db.tea.count()") for mine in urls] == [1, 1]


@served
def test_nothing_is_left_in_a_server_that_was_there(start: Start, server: Fleet, url: str) -> None:
    before = databases(server, url)
    fleet = start(declared(url))
    assert only(fleet).state is Provision.READY, only(fleet).why
    assert fleet.room(MAIN, "s")["MONGODB_URI"] == url
    first = fleet.room("gw0", "s")["MONGODB_URI"]
    shell(server, first, "db.tea.insert({leaf: 'black'})")
    assert len(databases(server, url) - before) == 1
    fleet.vacate()
    assert fleet.room("gw0", "t")["MONGODB_URI"] == first
    assert shell(server, first, "db.tea.count()") == 0
    fleet.end()
    assert fleet.problems == []
    assert databases(server, url) == before


@served
@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("p%2Fw%2C%3D%25", "gu3ss3d"), "Authentication failed."),
        (("tester:", "nobody:"), "Authentication failed."),
        (("tester:p%2Fw%2C%3D%25@", ""), "not authorized on "),
    ],
)
def test_a_login_that_is_refused_is_told_without_its_password(
    start: Start, url: str, change: tuple[str, str], why: str
) -> None:
    one = only(start(declared(url.replace(*change))))
    assert failed(one).step == "connects"
    assert one.why.startswith(f"MongoDB on {access_of(url, 27017).address}: {why}")
    assert "gu3ss3d" not in one.why


@served
def test_what_a_process_that_has_ended_left_is_removed_and_nothing_else(start: Start, server: Fleet, url: str) -> None:
    fleet = start(declared(url))
    fleet.room("gw0", "s")
    before = databases(server, url)
    rooms = fleet.serving[0].rooms
    assert rooms is not None
    assert rooms.prune() == []
    gone = type(rooms)(replace(rooms.scene, run="gone", owner=json.dumps(["/no/lock", socket.gethostname()])))
    assert gone.give("gw0", 1) == "agentgate_gone_gw0"
    shell(server, url, "db.getSiblingDB('agentgate_of_somebody').tea.insert({})")
    try:
        assert rooms.prune() == ["database agentgate_gone_gw0"]
        assert databases(server, url) == before | {"agentgate_of_somebody"}
    finally:
        shell(server, url, "db.getSiblingDB('agentgate_of_somebody').dropDatabase()")


@served
def test_who_may_not_see_all_databases_uses_the_one_that_is_named(start: Start, server: Fleet, url: str) -> None:
    made = "db.getSiblingDB('shop').runCommand({createUser: 'clerk', pwd: 'c', roles: ['readWrite']}).ok"
    assert shell(server, url, made) == 1
    fleet = start(declared(f"mongodb://clerk:c@{access_of(url, 27017).address}/shop"))
    assert only(fleet).state is Provision.READY, only(fleet).why
    mine = fleet.room(MAIN, "s")["MONGODB_URI"]
    assert mine.endswith("/shop?authSource=shop")
    assert shell(server, mine, "db.tea.insert({leaf: 'white'}).nInserted") == 1
    assert fleet.serving[0].rooms is not None
    assert fleet.serving[0].rooms.prune() == []
    with pytest.raises(ServiceError, match=r"gw0 gets no part of it: MongoDB on .*: not authorized on agentgate_"):
        fleet.room("gw0", "s")


# ---- as others read it

NAMES = st.text(max_size=5).filter(lambda text: "\0" not in text)
VALUES = st.recursive(
    st.booleans() | st.integers(-(2**31), 2**31 - 1) | st.text() | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_documents_are_those_of_pymongo(document: dict[str, Any]) -> None:
    assert bson.encode(document) == encoded(document)
    assert decoded(bson.encode(document)) == document


def test_types_that_nothing_here_is_read_from_are_stepped_over() -> None:
    import datetime

    odd = {
        "a": bson.ObjectId(), "b": 1.5, "c": None, "d": datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC),
        "e": bson.Int64(2**40), "f": bson.Timestamp(1, 2), "g": bson.Decimal128("1.5"),
    }  # fmt: skip
    found = decoded(bson.encode({**odd, "last": "x"}))
    assert list(found) == [*odd, "last"]
    assert (found["b"], found["c"], found["e"], found["last"]) == (1.5, None, 2**40, "x")


@given(st.dictionaries(NAMES, VALUES, max_size=4), st.data())
def test_what_is_no_document_is_a_broken_connection(document: dict[str, Any], data: st.DataObject) -> None:
    whole = bytearray(bson.encode(document))
    for _ in range(3):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with suppress(ConnectionError):  # and nothing else
        decoded(bytes(whole))


@pytest.mark.parametrize(
    ("mechanism", "password", "nonce", "said", "final"),
    [
        (  # RFC 7677, 3
            "SCRAM-SHA-256", "pencil", "rOprNGfwEbeRWgbNEkqO",
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            ("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
            "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="),
        ),
        (  # https://github.com/mongodb/specifications: auth, SCRAM-SHA-1
            "SCRAM-SHA-1", "pencil", "fyko+d2lbbFgONRv9qkxdawL",
            "r=fyko+d2lbbFgONRv9qkxdawLHo+Vgk7qvUOKUwuWLIWg4l/9SraGMHEE,s=rQ9ZY3MntBeuP3E1TDVC4w==,i=10000",
            "c=biws,r=fyko+d2lbbFgONRv9qkxdawLHo+Vgk7qvUOKUwuWLIWg4l/9SraGMHEE,p=MC2T8BvbmWRckDw8oWl5IVghwCY=",
        ),
    ],
)  # fmt: skip
def test_a_login_answers_as_the_standard_says(mechanism: str, password: str, nonce: str, said: str, final: str) -> None:
    assert Scram("user", password, mechanism, nonce).final(said) == final


def test_a_server_that_answers_something_else_is_none() -> None:
    with pytest.raises(ConnectionError, match="answers no SCRAM"):
        Scram("user", "p", "SCRAM-SHA-1", "n").final("e=other-error")
