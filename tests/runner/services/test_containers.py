"""Containers, started and removed for real: Redis, PostgreSQL, and an image that nobody knows."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import psycopg
import pytest
from tests.conftest import free_port
from tests.runner.services.conftest import Start, containers, failed, in_threads, only

from pytest_agentgate.model.services import Provision
from pytest_agentgate.runner.services import engine as engines
from pytest_agentgate.runner.services.engine import Engine
from pytest_agentgate.runner.services.kinds import redis as kinds_redis
from pytest_agentgate.runner.services.ownership import owner

pytestmark = pytest.mark.engine("docker")

REDIS = 'services.cache = { kind = "redis", image = "agentgate-test/redis:7" }\n'
CLOCK = 'services.clock = { image = "agentgate-test/clock:1", port = 8080, ready = "http:/" }\n'
POSTGRES = 'services.db = { kind = "postgres", image = "agentgate-test/postgres:15" }\n'


def test_services_are_started_together_and_nothing_is_left_of_them(start: Start, tmp_path: Path) -> None:
    before = containers(tmp_path)
    fleet = start(REDIS + CLOCK + POSTGRES)
    assert [(one.service.name, one.state, one.why) for one in fleet.provided] == [
        ("cache", Provision.READY, ""),
        ("clock", Provision.READY, ""),
        ("db", Provision.READY, ""),
    ]
    env = fleet.room("main", "s")
    assert float(urllib.request.urlopen(env["CLOCK_URL"]).read()) > 0.5
    with psycopg.connect(env["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == (env["PGDATABASE"],)
    assert len(containers(tmp_path) - before) == 3
    fleet.end()
    assert containers(tmp_path) == before


def test_each_worker_has_a_numbered_database_of_redis(start: Start) -> None:
    redis = pytest.importorskip("redis")
    fleet = start(REDIS.replace("}", ', env = { REDIS = "redis://{host}:{port}/{worker}" } }'))
    rooms = {}
    in_threads(lambda n: rooms.update({n: fleet.room(f"gw{n}", "s")["REDIS"]}), 20)  # more than Redis has by itself
    assert [rooms[n].rpartition("/")[2] for n in range(20)] == [str(n + 1) for n in range(20)]
    for url in (*rooms.values(), fleet.room("main", "s")["REDIS"]):
        with redis.Redis.from_url(url) as client:
            assert client.dbsize() == 0
            client.set("mine", url)


def test_session_after_session_finds_an_empty_database(start: Start) -> None:
    redis = pytest.importorskip("redis")
    address = only(start(REDIS))
    fleet = start(f'services.few = {{ kind = "redis", url = "redis://{address.host}:{address.port}" }}\n')
    with redis.Redis(host=address.host, port=address.port) as client:
        before = client.hgetall("agentgate:databases")
    urls = set()
    for session in ("one", "two", "three"):
        for worker in ("main", "gw0"):
            urls.add(fleet.room(worker, session)["REDIS_URL"])
        for url in urls:
            with redis.Redis.from_url(url) as client:
                assert client.dbsize() == 0
                client.set("left", "over")
        fleet.vacate()
    assert len(urls) == 2
    with redis.Redis(host=address.host, port=address.port) as client:
        assert client.hgetall("agentgate:databases") == before
    assert only(fleet).state is Provision.READY


def test_who_shares_a_redis_by_url_gets_another_database_than_what_is_in_use(start: Start) -> None:
    redis = pytest.importorskip("redis")
    address = only(start(REDIS))
    with redis.Redis(host=address.host, port=address.port, db=1) as client:
        client.set("somebody", "else")
        shared = f'services.other = {{ kind = "redis", url = "redis://{address.host}:{address.port}" }}\n'
        fleet, second = start(shared), start(shared)
        given = [one.room(worker, "s")["REDIS_URL"] for one in (fleet, second) for worker in ("main", "gw0")]
        assert len({url.rpartition("/")[2] for url in given} | {"0", "1"}) == 6
        with redis.Redis.from_url(given[0]) as mine:
            mine.set("a", 1)
        fleet.end()
        with redis.Redis.from_url(given[0]) as mine:
            assert mine.dbsize() == 0
        assert client.get("somebody") == b"else"


def test_two_runs_do_not_take_over_the_same_database_of_a_run_that_was_killed(
    start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    redis = pytest.importorskip("redis")
    address = only(start(REDIS))
    shared = f'services.other = {{ kind = "redis", url = "redis://{address.host}:{address.port}" }}\n'
    first, second = start(shared), start(shared)
    dead = json.dumps([str(tmp_path / "gone.lock"), socket.gethostname(), "run"])
    with redis.Redis(host=address.host, port=address.port, db=1023) as client:  # the last
        taken = {int(number) for number in client.hkeys("agentgate:databases")}
        client.hset("agentgate:databases", mapping={str(number): dead for number in range(50) if number not in taken})
    given: list[str] = []
    others = iter([second])
    is_left = kinds_redis._is_left

    def slowly(owner: str) -> bool:
        left = is_left(owner)
        if left:
            given.extend(other.room("gw0", "s")["REDIS_URL"] for other in others)
        return left

    monkeypatch.setattr(kinds_redis, "_is_left", slowly)
    given.append(first.room("gw0", "s")["REDIS_URL"])
    assert len(set(given)) == 2


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("kind", "image", "variable"),
    [
        ("redis", "redis:7", "REDIS_URL"),
        pytest.param("mongodb", "mongo:3", "MONGODB_URI", marks=pytest.mark.engine("focal")),
    ],
)
def test_what_is_kept_in_a_server_by_url_is_found_again_and_taken_down(
    start: Start, tmp_path: Path, kind: str, image: str, variable: str
) -> None:
    there = only(start(f'services.there = {{ kind = "{kind}", image = "agentgate-test/{image}" }}\n'))
    project = tmp_path / "project"
    project.mkdir()
    (project / "agentgate.toml").write_text(
        f'services.shared = {{ kind = "{kind}", url = "{kind}://{there.host}:{there.port}" }}\n'
    )

    def agentgate(*words: str) -> str:
        command = [sys.executable, "-m", "pytest_agentgate", "services", *words]
        return subprocess.run(command, cwd=project, capture_output=True, text=True, check=True, timeout=180).stdout

    url = json.loads(agentgate("up", "--json"))["env"][variable]
    assert json.loads(agentgate("up", "--reuse", "--json"))["env"][variable] == url
    room = url.rpartition("/")[2]
    assert agentgate("down") == f"removed service shared: database {room}\n"
    assert agentgate("down") == "nothing to remove\n"
    assert json.loads(agentgate("up", "--json"))["env"][variable] == url


def test_a_password_is_new_for_each_container_and_shown_nowhere(start: Start) -> None:
    one, two = start(POSTGRES), start(POSTGRES)
    passwords = [fleet.room("main", "s")["PGPASSWORD"] for fleet in (one, two)]
    assert passwords[0] != passwords[1]
    assert not any(password in f"{fleet.serving[0]._access}" for fleet in (one, two) for password in passwords)


def test_a_container_is_reached_at_the_port_that_tests_name(start: Start) -> None:
    port = free_port()
    fleet = start(REDIS.replace("}", f", at = {port} }}"))
    assert (only(fleet).why, only(fleet).port) == ("", port)
    second = only(start(REDIS.replace("}", f", at = {port} }}")))
    taken = f"port {port} of this machine is taken: end what listens there, or change at"
    assert second.why == taken
    fleet.end()
    with socket.create_server(("0.0.0.0", port)):
        assert only(start(REDIS.replace("}", f", at = {port} }}"))).why == taken


def test_an_image_that_is_not_there_is_unavailable_and_the_others_are_ready(start: Start) -> None:
    fleet = start(f'services.none = {{ kind = "redis", image = "localhost:1/none:1" }}\n{CLOCK}')
    none, clock = fleet.provided
    assert none.state is Provision.UNAVAILABLE
    assert none.why.startswith("image localhost:1/none:1 is not here and cannot be pulled: ")
    assert clock.state is Provision.READY


def test_a_container_that_ends_is_told_with_its_last_words_and_keeps_its_log(start: Start, tmp_path: Path) -> None:
    fleet = start(POSTGRES.replace("}", ', settings = { POSTGRES_PASSWORD = "" } }'))
    one = only(fleet)
    assert failed(one).step == "starts"
    assert one.state is Provision.FAILED
    assert one.why.startswith("the container ended with 2 before it was ready: ")
    assert "POSTGRES_PASSWORD" in one.why
    assert "POSTGRES_PASSWORD: parameter not set or null" in Path(one.log).read_text()
    fleet.end()
    assert one.container not in containers(tmp_path)


@pytest.mark.parametrize(
    ("ready", "why"),
    [
        ("http:/", ""),
        ("tcp", ""),
        ("log:^listening", ""),
        ("command:python3 -c 'import os; os.stat(\"/bin\")'", ""),
        ("log:^ready", "has printed nothing that matches '^ready'"),
        ("command:python3 -c 'raise SystemExit(\"not yet\")'", "ends with 1: not yet"),
        ("command:nowhere", "executable file not found"),
    ],
)
def test_an_image_is_ready_as_its_configuration_says(start: Start, ready: str, why: str) -> None:
    timeout = 1 if why else 120
    text = f'[services.clock]\nimage = "agentgate-test/clock:1"\nport = 8080\ntimeout = {timeout}\n'
    one = only(start(f"{text}ready = {json.dumps(ready)}\n"))
    assert why in one.why
    assert (one.state is Provision.READY) == (why == "")


def test_two_services_that_set_one_variable_are_told_apart(start: Start) -> None:
    fleet = start(POSTGRES + POSTGRES.replace("services.db", "services.audit"))
    assert [one.state for one in fleet.provided] == [Provision.READY, Provision.FAILED]
    assert fleet.provided[1].why == ("DATABASE_URL is set by db already: name other variables in services.audit.env")


def test_a_container_that_is_killed_while_tests_run_is_no_ready_service(start: Start, tmp_path: Path) -> None:
    fleet = start(REDIS)
    subprocess.run(["docker", "kill", only(fleet).container], check=True, capture_output=True)
    fleet.end()
    assert only(fleet).state is Provision.FAILED
    assert only(fleet).why.startswith("the container ended with 137 while the tests ran")
    assert "Ready to accept connections" in Path(only(fleet).log).read_text()
    assert only(fleet).container not in containers(tmp_path)


def test_a_container_that_is_paused_is_not_told_to_have_ended(start: Start) -> None:
    fleet = start(REDIS)
    subprocess.run(["docker", "pause", only(fleet).container], check=True, capture_output=True)
    fleet.end()
    assert only(fleet).why.startswith("the container is paused while the tests ran")


def test_a_container_is_removed_once(start: Start, tmp_path: Path) -> None:
    container = only(start(REDIS)).container
    with Engine() as engine:
        assert [engine.remove(container), engine.remove(container)] == [True, False]


def test_labels_tell_whose_a_container_is() -> None:
    with owner() as mine, Engine() as engine:
        labels = engines.labels(mine, "/p", "cache", "x")
        made = engine.start("agentgate-test/redis:7", port=6379, env={}, labels=labels)
        try:
            assert [one.id for one in engine.found({engines.RUN: mine.run})] == [made.id]
            assert made.service == "cache"
            assert "PASSWORD" not in json.dumps(dict(made.labels))
        finally:
            engine.remove(made.id)
            engine.remove(made.id)  # as somebody else could have done
        assert engine.found({engines.RUN: mine.run}) == []


def test_ours_are_left_alone_by_what_testcontainers_reaps(start: Start) -> None:
    from testcontainers.core.labels import SESSION_ID

    before = dict(os.environ)
    assert only(start(REDIS)).state is Provision.READY
    reaper = ["docker", "ps", "-aq", "--filter", f"name=testcontainers-ryuk-{SESSION_ID}"]  # of this process
    assert subprocess.run(reaper, capture_output=True, text=True, check=True).stdout == ""
    assert dict(os.environ) == before
