"""Kafka: https://kafka.apache.org/protocol; one for all, ``{database}`` begins the names of a worker's topics."""

from __future__ import annotations

import struct
from collections.abc import Mapping

from pytest_agentgate.runner.services.kinds.kind import Access, Kind, Rooms, Scene
from pytest_agentgate.runner.services.kinds.wire import why, wire

_API_VERSIONS = 18
_CORRELATION = 7


class Kafka(Kind):
    image = "apache/kafka:3.9.0"
    port = 9092
    scheme = "kafka"
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
        name = b"agentgate"
        body = struct.pack("!hhih", _API_VERSIONS, 0, _CORRELATION, len(name)) + name
        try:
            with wire(access.host, access.port, seconds) as connection:
                connection.send(struct.pack("!i", len(body)) + body)
                _, correlation, error = struct.unpack("!iih", connection.read(10))
        except OSError as error_:
            return why(error_)
        if correlation != _CORRELATION:
            return "speaks another protocol"
        return "" if error == 0 else f"answers with error {error}"

    def rooms(self, scene: Scene) -> Rooms:
        return _Topics(scene)


class _Topics(Rooms):
    def give(self, worker: str, number: int) -> str:
        return f"agentgate_{self.scene.run}_{worker}_"
