"""RabbitMQ as it is: logins, virtual hosts by rabbitmqctl and by its management, and what is said without that."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import quote

import pika  # type: ignore[import-untyped]
import pytest
from tests.runner.services.conftest import Start, failed, only, services

from pytest_agentgate.errors import ServiceError
from pytest_agentgate.model.services import Provision, Service, Sort
from pytest_agentgate.runner.services.environment import MAIN
from pytest_agentgate.runner.services.fleet import Fleet
from pytest_agentgate.runner.services.kinds import kind_of
from pytest_agentgate.runner.services.kinds.kind import access_of

pytestmark = pytest.mark.engine("servers")

Declare = Callable[[str], str]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A container of ours for all of these tests."""
    folder = tmp_path_factory.mktemp("rabbitmq")
    text = 'services.broker = { kind = "rabbitmq", image = "agentgate-test/rabbitmq:3" }\n'
    with services(text, folder, folder / ".agentgate") as fleet:
        assert only(fleet).state is Provision.READY, only(fleet).why
        yield fleet


@pytest.fixture(scope="session")
def bare(server: Fleet) -> str:
    """Its URL at a port of this machine, where nobody finds its management."""
    return server.room(MAIN, "all")["AMQP_URL"]


@pytest.fixture(scope="session")
def managed(server: Fleet, bare: str) -> str:
    """Its URL in the engine's network, where the management is as far from AMQP as it always is."""
    command = ["docker", "inspect", only(server).container, "--format", "{{.NetworkSettings.IPAddress}}"]
    address = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    given = access_of(bare, 5672)
    # The virtual host that the container began with: AMQP may serve before the management does.
    return f"amqp://{given.user}:{given.password}@{address}:5672/test"


def declared(url: str) -> str:
    return f'[services.broker]\nkind = "rabbitmq"\nurl = "{url}"\n'


def opened(url: str) -> pika.BlockingConnection:
    return pika.BlockingConnection(pika.URLParameters(url))


def hosts(server: Fleet) -> set[str]:
    command = ["docker", "exec", only(server).container, "rabbitmqctl", "-q", "list_vhosts", "--no-table-headers"]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_a_container_is_ready_and_says_what_it_is(server: Fleet) -> None:
    points = only(server).checkpoints
    assert [(point.step, point.passed) for point in points][:2] == [("starts", True), ("connects", True)]
    assert points[1].why.startswith("RabbitMQ 3.10.")


def test_workers_have_virtual_hosts_that_know_nothing_of_each_other(server: Fleet, bare: str) -> None:
    urls = [bare, *(server.room(worker, "all")["AMQP_URL"] for worker in ("gw0", "gw1"))]
    assert len(set(urls)) == 3
    for number, url in enumerate(urls):
        with opened(url) as connection:
            channel = connection.channel()
            channel.queue_declare("jobs")
            channel.basic_publish("", "jobs", str(number).encode())
    for number, url in enumerate(urls):
        with opened(url) as connection:
            assert connection.channel().basic_get("jobs", auto_ack=True)[2] == str(number).encode()


def test_a_wrong_password_is_told_without_it(start: Start, bare: str) -> None:
    access = access_of(bare, 5672)
    one = only(start(declared(bare.replace(access.password, "gu3ss3d"))))
    assert failed(one).step == "connects"
    assert one.why.startswith(f"RabbitMQ on {access.address}: ACCESS_REFUSED - Login was refused using")
    assert "gu3ss3d" not in one.why


def test_a_virtual_host_that_is_not_there_is_told(start: Start, bare: str) -> None:
    one = only(start(declared(bare.rpartition("/")[0] + "/nowhere")))
    assert failed(one).step == "connects"
    assert "vhost nowhere not found" in one.why


def test_a_url_without_a_virtual_host_means_the_one_called_slash(bare: str) -> None:
    url = bare.rpartition("/")[0]
    with pytest.raises(ServiceError, match=r"access to vhost '/' refused|vhost / not found"):
        kind_of(Service("b", Sort.RABBITMQ)).check(access_of(url, 5672))


# ---- by url


def test_through_the_management_workers_of_a_server_by_url_have_virtual_hosts(
    start: Start, server: Fleet, managed: str
) -> None:
    before = hosts(server)
    fleet = start(declared(managed))
    assert only(fleet).state is Provision.READY, only(fleet).why
    assert fleet.room(MAIN, "s")["AMQP_URL"] == managed
    urls = [fleet.room(worker, "s")["AMQP_URL"] for worker in ("gw0", "gw1")]
    for url in urls:
        with opened(url) as connection:
            connection.channel().queue_declare("jobs")
    assert len(hosts(server) - before) == 2
    fleet.vacate()
    assert hosts(server) == before
    assert fleet.room("gw0", "t")["AMQP_URL"] == urls[0]
    with opened(urls[0]) as connection, pytest.raises(pika.exceptions.ChannelClosedByBroker, match="no queue 'jobs'"):
        connection.channel().queue_declare("jobs", passive=True)
    fleet.end()
    assert fleet.problems == []
    assert hosts(server) == before


def test_where_there_is_no_management_tests_run_without_workers_and_it_says_so(start: Start, bare: str) -> None:
    fleet = start(declared(bare))
    assert fleet.room(MAIN, "s")["AMQP_URL"] == bare
    access = access_of(bare, 5672)
    with pytest.raises(ServiceError) as caught:
        fleet.room("gw0", "s")
    assert str(caught.value) == (
        f"service broker: gw0 gets no part of it: RabbitMQ's management on 127.0.0.1:{access.port + 10_000}: "
        "connection refused: without it, workers cannot have virtual hosts of their own"
    )
    assert fleet.serving[0].rooms is not None
    assert fleet.serving[0].rooms.prune() == []


def test_a_user_who_may_not_manage_is_told(start: Start, server: Fleet, managed: str) -> None:
    def control(*words: str) -> None:
        command = ["docker", "exec", only(server).container, "rabbitmqctl", "-q", *words]
        subprocess.run(command, check=True, capture_output=True)

    control("add_user", "guest@home", "p/w")
    control("set_permissions", "-p", "test", "guest@home", ".*", ".*", ".*")
    fleet = start(declared(f"amqp://{quote('guest@home')}:p%2Fw@{access_of(managed, 5672).host}:5672/test"))
    assert only(fleet).state is Provision.READY, only(fleet).why
    with pytest.raises(ServiceError, match=r"guest@home is not allowed to PUT vhosts/agentgate_\w+_gw0: without it"):
        fleet.room("gw0", "s")


def test_what_a_process_that_has_ended_left_is_removed_and_nothing_else(
    start: Start, server: Fleet, managed: str
) -> None:
    fleet = start(declared(managed))
    fleet.room("gw0", "s")
    before = hosts(server)
    rooms = fleet.serving[0].rooms
    assert rooms is not None
    assert rooms.prune() == []
    gone = type(rooms)(replace(rooms.scene, run="gone", owner=json.dumps(["/no/lock", socket.gethostname()])))
    assert gone.give("gw0", 1) == "agentgate_gone_gw0"
    somebody = type(rooms)(replace(rooms.scene, run="somebody", owner="by hand"))
    assert somebody.give("gw0", 1) == "agentgate_somebody_gw0"
    try:
        assert rooms.prune() == ["virtual host agentgate_gone_gw0"]
        assert hosts(server) == before | {"agentgate_somebody_gw0"}
    finally:
        somebody.close()
    assert hosts(server) == before
