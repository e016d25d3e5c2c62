"""RabbitMQ: AMQP 0-9-1, https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf; a virtual host per worker."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from urllib.parse import quote

from pytest_agentgate.errors import ServiceError
from pytest_agentgate.runner.services.kinds.kind import Access, Kind, Rooms, Scene, of_environment
from pytest_agentgate.runner.services.kinds.wire import why, wire

_HEADER = b"AMQP\0\0\x09\x01"
_START = struct.pack("!hh", 10, 10)  # connection.start


class RabbitMQ(Kind):
    image = "rabbitmq:3.13"
    port = 5672
    scheme = "amqp"
    names: Mapping[str, str] = {"AMQP_URL": "{url}", "RABBITMQ_URL": "{url}", "CELERY_BROKER_URL": "{url}"}

    def settings(self, password: str, port: int) -> Mapping[str, str]:
        return {"RABBITMQ_DEFAULT_USER": "test", "RABBITMQ_DEFAULT_PASS": password, "RABBITMQ_DEFAULT_VHOST": "test"}

    def access(self, env: Mapping[str, str], access: Access) -> Access:
        names = ("RABBITMQ_DEFAULT_USER", "RABBITMQ_DEFAULT_PASS", "RABBITMQ_DEFAULT_VHOST")
        return of_environment(access, env, names)

    def waits(self, access: Access, seconds: float) -> str:
        try:
            with wire(access.host, access.port, seconds) as connection:
                connection.send(_HEADER)
                answer = connection.read(11)
        except OSError as error:
            return why(error)
        return "" if answer[0] == 1 and answer[7:11] == _START else f"speaks another protocol: {answer!r}"

    def rooms(self, scene: Scene) -> Rooms:
        return _VirtualHosts(scene)

    def url(self, access: Access, room: str) -> str:
        return super().url(access, quote(room, safe=""))


class _VirtualHosts(Rooms):
    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._made: list[str] = []

    def give(self, worker: str, number: int) -> str:
        access = self.scene.access
        if access.execute is None:
            if worker == "main":
                return access.database
            raise ServiceError("virtual hosts for workers can be made in a container only, not in a server by url")
        name = f"agentgate_{self.scene.run}_{worker}"
        while name in self._made:
            name += "_"
        self._made.append(name)
        self._control(["add_vhost", name])
        self._control(["set_permissions", "-p", name, access.user, ".*", ".*", ".*"])
        return name

    def close(self) -> None:
        for name in self._made:
            self._control(["delete_vhost", name])

    def _control(self, words: Sequence[str]) -> None:
        execute = self.scene.access.execute
        assert execute is not None  # noqa: S101  else none was made
        status, printed = execute(["rabbitmqctl", *words])
        if status:
            raise ServiceError(f"rabbitmqctl {words[0]} ends with {status}: {' '.join(printed.split())[-300:]}")
