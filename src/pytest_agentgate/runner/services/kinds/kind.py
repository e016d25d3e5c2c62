"""What a kind of server is: how it is started, when it is ready, and which part of it a worker has for its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from pytest_agentgate.errors import ServiceError
from pytest_agentgate.model.services import Checkpoint, Service
from pytest_agentgate.runner.services.kinds.encryption import context_of
from pytest_agentgate.runner.services.kinds.wire import Wire, wire

Execute = Callable[[Sequence[str]], tuple[int, str]]
"""Runs a command beside the server; -> its exit status and what it printed."""

Passed = Callable[[Checkpoint], object]
"""Is told of each checkpoint, passed or not."""


@dataclass(frozen=True)
class Access:
    """Where a server is, and who asks."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    database: str = ""
    scheme: str = ""
    query: str = ""  # of a URL that somebody gave
    named: str = ""  # database that the URL names, whichever is used
    is_ours: bool = False  # made for tests alone, so that all that is in it is ours
    execute: Execute | None = field(default=None, repr=False)  # where it is a container
    printed: Callable[[], bytes] | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    def wire(self, seconds: float) -> AbstractContextManager[Wire]:
        """A connection, under TLS where the URL asks for it. Raises OSError, ServiceError."""
        return wire(self.host, self.port, seconds, context_of(self.scheme, self.query))


def access_of(url: str, port: int) -> Access:
    """What a URL says. Raises ServiceError where it has no host, or no port that anybody knows."""
    if "://" not in url:
        raise ServiceError(f"url: {url} is not set to a URL in the environment")
    try:
        parts = urlsplit(url)
        found = parts.port or port
    except ValueError:  # which repeats what it takes for the port: part of a password, where that holds a /
        raise ServiceError(
            "url: its port is none; in a user or password write / # ? @ : as %2F %23 %3F %40 %3A"
        ) from None
    if not parts.hostname or not found:
        raise ServiceError(f"url: {masked(url)} names no {'port' if parts.hostname else 'host'}")
    return Access(
        parts.hostname,
        found,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        unquote(parts.path.lstrip("/")),
        parts.scheme,
        parts.query,
        unquote(parts.path.lstrip("/")),
    )


def masked(url: str) -> str:
    """A URL as it may be shown: without its password."""
    scheme, separator, rest = url.partition("://")
    who, at, where = rest.rpartition("@")
    return f"{scheme}{separator}{who.partition(':')[0]}:***@{where}" if at and ":" in who else url


@dataclass(frozen=True)
class Scene:
    """A service whose server answers, about to be given to workers."""

    service: Service
    access: Access
    root: Path  # where files of SQL lie
    run: str  # token for the names of what is made for it
    owner: str = ""  # JSON, by which others can tell whether somebody still needs what was made


class Rooms:
    """The parts of a server, one for each worker; where there are none, all share the whole."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def prepare(self, passed: Passed) -> None:
        """Whatever rooms are made from. Raises ServiceError where a checkpoint does not hold, once it is told."""

    def give(self, worker: str, number: int) -> str:
        """A new room; -> what it is called: a database, a virtual host, the start of names. Raises ServiceError."""
        return worker

    def take_back(self, room: str) -> None:
        """Empty a room that nobody is in any more, and let others have its name. Raises ServiceError."""

    def close(self) -> None:
        """Remove what was made in a server that stays."""

    def take_down(self) -> list[str]:
        """Remove what ``services up`` has made in a server that stays; -> what it was. Raises ServiceError."""
        return []

    def prune(self) -> list[str]:
        """Remove what others made whose owners have ended; -> what it was. Raises ServiceError."""
        return []


class Kind:
    """A server that is known by itself."""

    image = ""
    port = 0
    schemes: Sequence[str] = ()  # how a URL of it begins, the usual one first; any where there are none
    names: Mapping[str, str] = {}  # variables that its clients commonly read -> templates
    more: Sequence[str] = ()  # words that are added to the command of its image
    is_fixed = False  # it has to know the port that it is reached at

    def settings(self, password: str, port: int) -> Mapping[str, str]:
        """Variables of the container, before those that the configuration gives; ``port`` where it is fixed."""
        return {}

    def access_by(self, url: str, port: int) -> Access:
        """What the URL of a server that is there says. Raises ServiceError where it is that of another kind."""
        access = access_of(url, port or self.port)
        known = " or ".join(f"{scheme}://" for scheme in self.schemes[:2])
        if self.schemes and access.scheme.partition("+")[0] not in self.schemes:  # +psycopg: a driver
            raise ServiceError(f"url: begins with {access.scheme}://, and that of this kind with {known}")
        return access

    def access(self, env: Mapping[str, str], access: Access) -> Access:
        """The same server with the credentials that its container was given."""
        return access

    def waits(self, access: Access, seconds: float) -> str:
        """Why it is not ready yet, "" once it is; by its own protocol. Raises ServiceError where waiting is in vain."""
        raise NotImplementedError

    def check(self, access: Access) -> str:
        """Use it as a client would; -> what it is. Raises ServiceError, with what it said."""
        return f"answers on {access.address}"

    def rooms(self, scene: Scene) -> Rooms:
        """The parts that workers get."""
        return Rooms(scene)

    def url(self, access: Access, room: str) -> str:
        """What a client is given to reach a room."""
        who = quote(access.user, safe="") + (f":{quote(access.password, safe='')}" if access.password else "")
        host = f"[{access.host}]" if ":" in access.host else access.host
        query = f"?{access.query}" if access.query else ""
        return f"{access.scheme or self.schemes[0]}://{who}{'@' if who else ''}{host}:{access.port}/{room}{query}"


def of_environment(access: Access, env: Mapping[str, str], names: tuple[str, str, str]) -> Access:
    """The credentials that a container was given in these variables: user, password, database."""
    user, password, database = (env.get(name, "") for name in names)
    return replace(access, user=user, password=password, database=database)
