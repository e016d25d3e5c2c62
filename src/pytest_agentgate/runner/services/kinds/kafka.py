"""Kafka: https://kafka.apache.org/protocol; one for all, ``{database}`` begins the names of a worker's topics."""

from __future__ import annotations

import struct
from collections.abc import Mapping

from pytest_agentgate.errors import ServiceError
from pytest_agentgate.runner.services.kinds.kind import Access, Kind, Rooms, Scene
from pytest_agentgate.runner.services.kinds.wire import Wire, why, wire

_API_VERSIONS, _METADATA = 18, 3
_UNDERSTOOD = 4  # version of the question for brokers, which each since Kafka 1.0 answers
_CORRELATION = 7
_LARGEST = 1 << 20  # bytes of an answer
_SECONDS = 10.0  # that one may take


class Kafka(Kind):
    image = "apache/kafka:3.9.0"
    port = 9092
    schemes = ("kafka", "plaintext")
    names: Mapping[str, str] = {
        "KAFKA_BOOTSTRAP_SERVERS": "{host}:{port}",
        "KAFKA_BROKERS": "{host}:{port}",
        "KAFKA_TOPIC_PREFIX": "{database}",
    }
    is_fixed = True  # a broker tells its clients where it is

    def settings(self, password: str, port: int) -> Mapping[str, str]:
        return {
            "KAFKA_NODE_ID": "1",
            "KAFKA_PROCESS_ROLES": "broker,controller",
            "KAFKA_LISTENERS": "OUTER://:9092,INNER://:9093,CONTROLLER://:9094",
            "KAFKA_ADVERTISED_LISTENERS": f"OUTER://127.0.0.1:{port},INNER://localhost:9093",
            "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "OUTER:PLAINTEXT,INNER:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "KAFKA_INTER_BROKER_LISTENER_NAME": "INNER",
            "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
            "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9094",
            "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
            "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        }

    def waits(self, access: Access, seconds: float) -> str:
        try:
            with wire(access.host, access.port, seconds) as connection:
                connection.send(_question(_API_VERSIONS, 0))
                _, correlation, error = struct.unpack("!iih", connection.read(10))
        except OSError as error_:
            return why(error_)
        if correlation != _CORRELATION:
            return "speaks another protocol"
        return "" if error == 0 else f"answers with error {error}"

    def check(self, access: Access) -> str:
        try:
            with wire(access.host, access.port, _SECONDS) as connection:
                brokers = _brokers(connection)
        except OSError as error:
            raise ServiceError(f"Kafka on {access.address}: {why(error)}") from None
        except (struct.error, ValueError):
            raise ServiceError(f"Kafka on {access.address}: answers what cannot be read") from None
        for number, host, port in brokers:
            try:
                with wire(host, port, _SECONDS):
                    pass
            except OSError as error:
                what = f"sends its clients to {host}:{port} for broker {number}, and from here that: {why(error)}"
                raise ServiceError(f"Kafka on {access.address}: {what}; see its advertised.listeners") from None
        return f"Kafka of {len(brokers)} broker{'s' if len(brokers) != 1 else ''}"

    def rooms(self, scene: Scene) -> Rooms:
        return _Topics(scene)


def _question(what: int, version: int, body: bytes = b"") -> bytes:
    name = b"agentgate"
    message = struct.pack("!hhih", what, version, _CORRELATION, len(name)) + name + body
    return struct.pack("!i", len(message)) + message


def _answer(connection: Wire) -> bytes:
    [length] = struct.unpack("!i", connection.read(4))
    if not 4 <= length <= _LARGEST:
        raise ConnectionError("speaks another protocol")
    return connection.read(length)[4:]


def _brokers(connection: Wire) -> list[tuple[int, str, int]]:
    """Number, host and port of each broker, as clients are told; [] of a server that is asked otherwise."""
    connection.send(_question(_API_VERSIONS, 0))
    versions = _answer(connection)[6:]
    asked = (struct.unpack_from("!hhh", versions, start) for start in range(0, len(versions) - 5, 6))
    if not any(what == _METADATA and least <= _UNDERSTOOD <= most for what, least, most in asked):
        return []
    connection.send(_question(_METADATA, _UNDERSTOOD, struct.pack("!i?", 0, False)))  # of no topics
    answer = _answer(connection)
    _, count = struct.unpack_from("!ii", answer)
    found, position = [], 8
    for _ in range(count):
        number, length = struct.unpack_from("!ih", answer, position)
        host = answer[position + 6 : position + 6 + length].decode()
        position += 6 + length
        port, rack = struct.unpack_from("!ih", answer, position)
        position += 6 + max(0, rack)
        found.append((number, host, port))
    return found


class _Topics(Rooms):
    """Starts of names; nobody gets one that topics were made with already."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._given: dict[str, int] = {}

    def give(self, worker: str, number: int) -> str:
        count = self._given[worker] = self._given.get(worker, 0) + 1
        return f"agentgate_{self.scene.run}_{worker}_{'' if count == 1 else f'{count}_'}"
