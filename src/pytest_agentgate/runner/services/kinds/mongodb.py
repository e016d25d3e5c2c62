"""MongoDB from 3.6 on; a database per worker, which begins with what is first written to it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import parse_qs

from pytest_agentgate.errors import ServiceError
from pytest_agentgate.runner.services.kinds.documents import Document, DocumentError, ask, log_in
from pytest_agentgate.runner.services.kinds.kind import Access, Kind, Rooms, Scene, of_environment
from pytest_agentgate.runner.services.kinds.wire import Wire, why
from pytest_agentgate.runner.services.ownership import is_gone

_UNAUTHORIZED, _UNKNOWN_COMMAND = 13, 59
_SECONDS = 10.0  # that one answer may take
_OWNER = "agentgate_owner"  # a collection in each database that is made in a server of somebody's
_PREFIX = "agentgate_"


class MongoDB(Kind):
    image = "mongo:7"
    port = 27017
    schemes = ("mongodb",)
    names: Mapping[str, str] = {"MONGODB_URI": "{url}", "MONGODB_URL": "{url}", "MONGO_URL": "{url}"}

    def access(self, env: Mapping[str, str], access: Access) -> Access:
        return of_environment(access, env, ("MONGO_INITDB_ROOT_USERNAME", "MONGO_INITDB_ROOT_PASSWORD", ""))

    def waits(self, access: Access, seconds: float) -> str:
        try:
            with access.wire(seconds) as connection:
                return "" if _hello(connection, {}).get("isWritablePrimary") else "takes no writes yet"
        except OSError as error:
            return why(error)
        except DocumentError as error:
            return str(error)

    def check(self, access: Access) -> str:
        with _connection(access) as connection:
            ask(connection, access.database or "test", {"listCollections": 1, "nameOnly": True})
            return f"MongoDB {ask(connection, 'admin', {'buildInfo': 1}).get('version', '')}"

    def rooms(self, scene: Scene) -> Rooms:
        return _Databases(scene)

    def url(self, access: Access, room: str) -> str:
        if access.user and "authSource" not in parse_qs(access.query):
            source = f"authSource={_source(access)}"
            access = replace(access, query=f"{access.query}&{source}" if access.query else source)
        return super().url(access, room)


def _hello(connection: Wire, more: Document) -> Document:
    """What a server says of itself; those before 4.4 know another word for the question."""
    try:
        return ask(connection, "admin", {"hello": 1, **more})
    except DocumentError as error:
        if error.code != _UNKNOWN_COMMAND:
            raise
    answer = ask(connection, "admin", {"isMaster": 1, **more})
    return {**answer, "isWritablePrimary": answer.get("ismaster")}


def _source(access: Access) -> str:
    """The database that knows the user."""
    return parse_qs(access.query).get("authSource", [""])[0] or access.named or "admin"


@contextmanager
def _connection(access: Access) -> Iterator[Wire]:
    """One that is logged in, where there is a user. Raises ServiceError, also for what is refused within."""
    try:
        with access.wire(_SECONDS) as connection:
            if access.user:
                source = _source(access)
                known = _hello(connection, {"saslSupportedMechs": f"{source}.{access.user}"})
                newest = "SCRAM-SHA-256" in known.get("saslSupportedMechs", [])
                mechanism = "SCRAM-SHA-256" if newest else "SCRAM-SHA-1"
                log_in(connection, source, access.user, access.password, mechanism, secrets.token_urlsafe(18))
            yield connection
    except OSError as error:
        raise ServiceError(f"MongoDB on {access.address}: {why(error)}") from None
    except DocumentError as error:
        raise ServiceError(f"MongoDB on {access.address}: {error}") from None


class _Databases(Rooms):
    """Databases with names that nobody else has."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._made: list[str] = []

    def give(self, worker: str, number: int) -> str:
        access = self.scene.access
        if worker == "main" and not access.is_ours and access.database:
            return access.database  # the server is somebody's, and this is the one that its URL names
        name = f"{_PREFIX}{self.scene.run}_{worker}"
        while name in self._made:
            name += "_"
        if not access.is_ours:
            with _connection(access) as connection:
                ask(connection, name, {"insert": _OWNER, "documents": [{"owner": self.scene.owner}]})
        self._made.append(name)
        return name

    def take_back(self, room: str) -> None:
        if room in self._made:
            self._drop(room)
            self._made.remove(room)

    def close(self) -> None:
        for name in self._made:
            self._drop(name)

    def take_down(self) -> list[str]:
        name = f"{_PREFIX}{self.scene.run}_main"
        with _connection(self.scene.access) as connection:
            if not ask(connection, name, {"find": _OWNER, "limit": 1})["cursor"]["firstBatch"]:
                return []
        self._drop(name)
        return [f"database {name}"]

    def prune(self) -> list[str]:
        with _connection(self.scene.access) as connection:
            try:
                there = ask(connection, "admin", {"listDatabases": 1, "nameOnly": True})["databases"]
            except DocumentError as error:
                if error.code == _UNAUTHORIZED:
                    return []  # who may not see them cannot have made any
                raise
            names = [str(each["name"]) for each in there if str(each["name"]).startswith(_PREFIX)]
            left = [name for name in names if _is_left(ask(connection, name, {"find": _OWNER, "limit": 1}))]
        for name in left:
            self._drop(name)
        return [f"database {name}" for name in left]

    def _drop(self, name: str) -> None:
        with _connection(self.scene.access) as connection:
            ask(connection, name, {"dropDatabase": 1})


def _is_left(answer: Document) -> bool:
    try:
        [found] = answer["cursor"]["firstBatch"]
        lock, host = json.loads(found["owner"])
    except (ValueError, KeyError, TypeError):
        return False
    return is_gone(str(lock), str(host))
