"""RabbitMQ: AMQP 0-9-1, https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf; a virtual host per worker.

In a container of ours they are made by ``rabbitmqctl``, in a server by ``url`` through its management,
https://www.rabbitmq.com/docs/management#http-api, where it has that.
"""

from __future__ import annotations

import json
import re
import struct
from base64 import b64encode
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote

from pytest_agentgate.errors import ServiceError
from pytest_agentgate.runner.services.kinds.encryption import context_of
from pytest_agentgate.runner.services.kinds.kind import Access, Kind, Rooms, Scene, of_environment
from pytest_agentgate.runner.services.kinds.wire import Wire, why
from pytest_agentgate.runner.services.ownership import is_gone

_HEADER = b"AMQP\0\0\x09\x01"
_START, _START_OK, _TUNE, _TUNE_OK, _OPEN, _OPEN_OK, _CLOSE = ((10, number) for number in (10, 11, 30, 31, 40, 41, 50))
_METHOD, _END = 1, b"\xce"
_LARGEST = 1 << 20  # bytes of a frame before both sides have agreed
# Without it a server ends the connection of whom it refuses, and says nothing.
_TELL_ME = b"\x0ccapabilitiesF\0\0\0\x1f\x1cauthentication_failure_closet\x01"
_VERSION = re.compile(rb"\x07versionS\0\0\0(.)([\w.+-]+)", re.DOTALL)
_SECONDS = 10.0  # that one answer may take
_ENCRYPTED = 5671  # port of AMQP under TLS
_MANAGED = 10_000  # from the port of AMQP to that of the management, unless somebody has moved one of them
_PREFIX = "agentgate_"


class RabbitMQ(Kind):
    image = "rabbitmq:3.13"
    port = 5672
    schemes = ("amqp", "amqps", "pyamqp", "rabbitmq")
    names: Mapping[str, str] = {"AMQP_URL": "{url}", "RABBITMQ_URL": "{url}", "CELERY_BROKER_URL": "{url}"}

    def access_by(self, url: str, port: int) -> Access:
        return super().access_by(url, port or (_ENCRYPTED if url.startswith("amqps:") else 0))

    def settings(self, password: str, port: int) -> Mapping[str, str]:
        return {"RABBITMQ_DEFAULT_USER": "test", "RABBITMQ_DEFAULT_PASS": password, "RABBITMQ_DEFAULT_VHOST": "test"}

    def access(self, env: Mapping[str, str], access: Access) -> Access:
        names = ("RABBITMQ_DEFAULT_USER", "RABBITMQ_DEFAULT_PASS", "RABBITMQ_DEFAULT_VHOST")
        return of_environment(access, env, names)

    def waits(self, access: Access, seconds: float) -> str:
        try:
            with access.wire(seconds) as connection:
                connection.send(_HEADER)
                answer = connection.read(11)
        except OSError as error:
            return why(error)
        said = struct.unpack("!BHIhh", answer)
        return "" if said[0] == _METHOD and said[3:] == _START else f"speaks another protocol: {answer!r}"

    def check(self, access: Access) -> str:
        try:
            with access.wire(_SECONDS) as connection:
                version = _log_in(connection, access)
        except OSError as error:
            raise ServiceError(f"RabbitMQ on {access.address}: {why(error)}") from None
        return f"RabbitMQ {version}".rstrip()

    def rooms(self, scene: Scene) -> Rooms:
        return _VirtualHosts(scene)

    def url(self, access: Access, room: str) -> str:
        return super().url(access, quote(room, safe=""))


def _log_in(connection: Wire, access: Access) -> str:
    """Open a virtual host as clients do; -> the server's version. Raises ServiceError, OSError."""
    connection.send(_HEADER)
    version = _VERSION.search(_expected(connection, _START, access))
    who = f"\0{access.user or 'guest'}\0{access.password or 'guest'}".encode()
    told = struct.pack("!I", len(_TELL_ME)) + _TELL_ME
    connection.send(_method(_START_OK, told + b"\x05PLAIN" + struct.pack("!I", len(who)) + who + b"\x05en_US"))
    tuned = _expected(connection, _TUNE, access)[:6] + b"\0\0"  # no heartbeats
    room = (access.database or "/").encode()
    connection.send(_method(_TUNE_OK, tuned) + _method(_OPEN, bytes([len(room)]) + room + b"\0\0"))
    _expected(connection, _OPEN_OK, access)
    connection.send(_method(_CLOSE, struct.pack("!HBHH", 200, 0, 0, 0)))
    return version[2][: version[1][0]].decode(errors="replace") if version else ""


def _method(which: tuple[int, int], arguments: bytes) -> bytes:
    payload = struct.pack("!hh", *which) + arguments
    return struct.pack("!BHI", _METHOD, 0, len(payload)) + payload + _END


def _expected(connection: Wire, which: tuple[int, int], access: Access) -> bytes:
    """The arguments of the next method, if it is this one. Raises ServiceError."""
    _, _, length = struct.unpack("!BHI", connection.read(7))
    payload = connection.read(length + 1) if 4 <= length < _LARGEST else b"\0" * 5
    found = struct.unpack("!hh", payload[:4])
    if found == _CLOSE:
        said = payload[7 : 7 + payload[6]].decode(errors="replace")
        raise ServiceError(f"RabbitMQ on {access.address}: {said}")
    if found != which:
        raise ServiceError(f"RabbitMQ on {access.address}: answers {found} where AMQP has {which}")
    return payload[4:-1]


class _VirtualHosts(Rooms):
    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._made: list[str] = []

    def give(self, worker: str, number: int) -> str:
        access = self.scene.access
        if access.execute is None and worker == "main":
            return access.database  # the server is somebody's, and this is the one that its URL names
        name = f"{_PREFIX}{self.scene.run}_{worker}"
        while name in self._made:
            name += "_"
        self._make(name)
        self._made.append(name)
        return name

    def take_back(self, room: str) -> None:
        if room in self._made:
            self._remove(room)
            self._made.remove(room)

    def close(self) -> None:
        for name in self._made:
            self._remove(name)

    def prune(self) -> list[str]:
        try:
            there = self._manage("GET", "vhosts")
        except ServiceError:
            return []  # where there is no management none was made
        left = [str(each["name"]) for each in there if str(each["name"]).startswith(_PREFIX) and _is_left(each)]
        for name in left:
            self._remove(name)
        return [f"virtual host {name}" for name in left]

    def _make(self, name: str) -> None:
        access = self.scene.access
        if access.execute is not None:
            self._control(["add_vhost", name])
            self._control(["set_permissions", "-p", name, access.user, ".*", ".*", ".*"])
            return
        try:
            self._manage("PUT", f"vhosts/{name}", {"description": self.scene.owner})
        except ServiceError as error:
            raise ServiceError(f"{error}: without it, workers cannot have virtual hosts of their own") from None
        every = {"configure": ".*", "write": ".*", "read": ".*"}
        self._manage("PUT", f"permissions/{name}/{quote(access.user or 'guest', safe='')}", every)

    def _remove(self, name: str) -> None:
        if self.scene.access.execute is not None:
            self._control(["delete_vhost", name])
        else:
            self._manage("DELETE", f"vhosts/{name}")

    def _control(self, words: Sequence[str]) -> None:
        execute = self.scene.access.execute
        assert execute is not None  # noqa: S101  it is a container
        status, printed = execute(["rabbitmqctl", *words])
        if status:
            raise ServiceError(f"rabbitmqctl {words[0]} ends with {status}: {' '.join(printed.split())[-300:]}")

    def _manage(self, method: str, path: str, body: Mapping[str, str] | None = None) -> Any:
        """Ask the management; -> what it answers. Raises ServiceError."""
        access = self.scene.access
        port = access.port + _MANAGED
        where = f"RabbitMQ's management on {access.host}:{port}"
        who = b64encode(f"{access.user or 'guest'}:{access.password or 'guest'}".encode()).decode()
        headers = {"Authorization": f"Basic {who}", "Content-Type": "application/json"}
        encryption = context_of(access.scheme, access.query)
        connection = (
            HTTPSConnection(access.host, port, timeout=_SECONDS, context=encryption)
            if encryption
            else HTTPConnection(access.host, port, timeout=_SECONDS)
        )
        try:
            connection.request(method, f"/api/{path}", json.dumps(body) if body else None, headers)
            response = connection.getresponse()
            answer = response.read()
            if response.status < 300:
                return json.loads(answer or b"null")
            if response.status in (401, 403):
                raise ServiceError(f"{where}: {access.user or 'guest'} is not allowed to {method} {path}")
            raise ServiceError(f"{where}: {method} {path} answers {response.status}")
        except OSError as error:
            raise ServiceError(f"{where}: {why(error)}") from None
        except (HTTPException, ValueError, OverflowError) as error:
            raise ServiceError(f"{where}: {type(error).__name__}") from None
        finally:
            connection.close()


def _is_left(host: Mapping[str, object]) -> bool:
    try:
        lock, machine = json.loads(str(host.get("description")))
    except ValueError:
        return False
    return is_gone(str(lock), str(machine))
