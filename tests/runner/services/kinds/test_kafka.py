"""Kafka as librdkafka's cluster for tests speaks it, on real sockets; a broker of Apache's is met nowhere here."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from confluent_kafka import Producer
from tests.runner.services.conftest import Start, failed, only

from pytest_agentgate.model.services import Provision

BROKERS = 2


@pytest.fixture(scope="module")
def cluster() -> Iterator[list[tuple[str, int]]]:
    """Where its brokers are."""
    producer = Producer({"test.mock.num.brokers": BROKERS, "log_level": 0})
    brokers = producer.list_topics(timeout=60).brokers.values()
    yield sorted((broker.host, broker.port) for broker in brokers)
    producer.flush(1)


@contextmanager
def between(broker: tuple[str, int], said: bytes, instead: bytes) -> Iterator[int]:
    """A port that leads to a broker, some of whose words are changed on the way back."""
    with socket.create_server(("127.0.0.1", 0)) as listening, ExitStack() as stack:

        def pump(source: socket.socket, target: socket.socket, *, change: bool) -> None:
            while data := _read(source):
                target.sendall(data.replace(said, instead) if change else data)

        def accept() -> None:
            while True:
                try:
                    near, _ = listening.accept()
                except OSError:
                    return
                far = socket.create_connection(broker)
                for each in (near, far):
                    stack.callback(each.close)
                threading.Thread(target=pump, args=(near, far), kwargs={"change": False}, daemon=True).start()
                threading.Thread(target=pump, args=(far, near), kwargs={"change": True}, daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def _read(source: socket.socket) -> bytes:
    try:
        return source.recv(65536)
    except OSError:
        return b""


def declared(port: int) -> str:
    return f'[services.broker]\nkind = "kafka"\nurl = "kafka://127.0.0.1:{port}"\n'


def test_a_cluster_is_ready_and_each_worker_has_names_of_its_own(start: Start, cluster: list[tuple[str, int]]) -> None:
    [(_, port), _] = cluster
    fleet = start(declared(port))
    one = only(fleet)
    assert (one.state, one.why) == (Provision.READY, "")
    assert [(point.step, point.why) for point in one.checkpoints[:2]] == [
        ("starts", ""),
        ("connects", "Kafka of 2 brokers"),
    ]
    env = [fleet.room(worker, "s") for worker in ("main", "gw0", "gw1")]
    assert {each["KAFKA_BOOTSTRAP_SERVERS"] for each in env} == {f"127.0.0.1:{port}"}
    assert len({each["KAFKA_TOPIC_PREFIX"] for each in env}) == 3


def test_a_session_after_another_gets_other_names(start: Start, cluster: list[tuple[str, int]]) -> None:
    fleet = start(declared(cluster[0][1]))
    first = fleet.room("gw0", "s")["KAFKA_TOPIC_PREFIX"]
    fleet.vacate()
    assert fleet.room("gw0", "t")["KAFKA_TOPIC_PREFIX"] == f"{first}2_"


def test_a_broker_that_sends_its_clients_where_nobody_is_is_told(start: Start, cluster: list[tuple[str, int]]) -> None:
    first, (_, port) = cluster
    with socket.socket() as taken:  # and listens not
        taken.bind(("127.0.0.1", 0))
        closed = taken.getsockname()[1]
        with between(first, port.to_bytes(4, "big"), closed.to_bytes(4, "big")) as near:
            one = only(start(declared(near)))
    assert failed(one).step == "connects"
    assert one.why.startswith(f"Kafka on 127.0.0.1:{near}: sends its clients to 127.0.0.1:{closed} for broker ")
    assert one.why.endswith("and from here that: connection refused; see its advertised.listeners")


def test_an_answer_that_nobody_can_read_is_told(start: Start, cluster: list[tuple[str, int]]) -> None:
    with between(cluster[0], b"127.0.0.1", b"\xff" * 9) as near:
        one = only(start(declared(near)))
    assert failed(one).step == "connects"
    assert one.why == f"Kafka on 127.0.0.1:{near}: answers what cannot be read"
