"""The nouns of services: what a project declares, and what of it is there; frozen data, as in ``model``."""

from __future__ import annotations

import json

from pytest_agentgate.model import Word
from pytest_agentgate.values import frozen

TOLD = "AGENTGATE_SERVICES"
"""The variable that tells a test process whom to ask for its part of the services, as JSON: host, port, key."""


class Sort(Word):
    """The servers that are known by themselves."""

    POSTGRES = "postgres"
    REDIS = "redis"
    MYSQL = "mysql"
    MONGODB = "mongodb"
    KAFKA = "kafka"
    RABBITMQ = "rabbitmq"


_LOGINS = {
    Sort.POSTGRES: ("POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB"),
    Sort.MYSQL: ("MYSQL_USER", "MYSQL_PASSWORD", "MYSQL_DATABASE"),
}
"""The settings that let in who names user, password and database in the code: nobody else knows them."""


class Provision(Word):
    """How it stands with a service."""

    READY = "ready"
    UNAVAILABLE = "unavailable"  # nothing that could provide it is here, such as an engine for containers
    FAILED = "failed"  # it was started, or a server is there, and a checkpoint did not hold


@frozen
class Service:
    """``[tool.agentgate.services.NAME]``: a server that tests need.

    Either ``kind`` says what it is, or ``image``, ``port`` and ``ready`` do.
    """

    name: str
    kind: Sort | None = None  # None: any image
    image: str = ""  # "": the one of its kind
    port: int = 0  # within the container; 0: the one of its kind
    at: int = 0  # port of this machine that it is reached at, for tests that name it themselves; 0: any that is free
    ready: str = ""  # tcp, http:/path, log:REGEX, command:WORDS; "": the protocol of its kind, else tcp
    url: str = ""  # a server that is already there, which is checked and left alone
    env: tuple[tuple[str, str], ...] = ()  # variable -> template over host, port, user, password, database, worker, url
    settings: tuple[tuple[str, str], ...] = ()  # variables of the container itself
    init: tuple[str, ...] = ()  # files of SQL, relative to the root, applied in order to a new database
    migrations: tuple[str, ...] = ()  # files of SQL, or folders of them, applied in order and once
    timeout: float = 60.0  # seconds until it has to be ready, once its image is here


@frozen
class Checkpoint:
    """Something that was verified while a service was made ready: it answers, or a file of SQL did what it should."""

    step: str  # fetched, starts, connects, configured, or the path of a file
    passed: bool
    why: str = ""  # what was found; where it did not pass, one line with file, line and statement
    objects: int = 0  # tables, views, indexes, functions and types that the step created
    seconds: float = 0.0


@frozen
class Provided:
    """A service as it was made ready, or could not be."""

    service: Service
    state: Provision
    why: str = ""  # where it is not ready, in one line
    host: str = ""
    port: int = 0
    env: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()  # worker -> its variables; "main": without workers
    checkpoints: tuple[Checkpoint, ...] = ()
    container: str = ""  # its id, where one was started
    log: str = ""  # file that keeps what it printed, where something failed

    @property
    def problem(self) -> str:
        """``service db failed: ...`` or ``service db is unavailable: ...``, in one line; "" where it is ready."""
        ended = self.state if self.state is Provision.FAILED else f"is {self.state}"
        return f"service {self.service.name} {ended}: {self.why}" if self.why else ""


# ---- what tests lack


@frozen
class Variable:
    """A variable of the environment that names an address, and in which form; never what else its value holds."""

    name: str
    # "redis://{host}:{port}/0"; users, passwords, databases and what follows stand as their placeholders
    form: str  # "": it is not set


@frozen
class Lack:
    """What a cause of the kind ``connection`` lacks: a server, as far as its failures tell.

    Of a variable that is not set: the declared service that sets it, and nothing else.
    """

    server: str = ""  # redis, postgres, ...; "" where nobody knows
    host: str = ""
    port: int = 0  # 0: nobody knows
    client: str = ""  # package of the library that asked for it; "" where none is known
    variables: tuple[Variable, ...] = ()  # that named the address where the failure was, or should have
    places: tuple[str, ...] = ()  # path:line, from the root, where the address stands; only who has the files knows
    service: Service | None = None  # that would provide it
    declared: str = ""  # name of the declared service that it is; only who has the configuration knows
    why: str = ""  # where neither is there

    @property
    def address(self) -> str:
        """``localhost:6379``, or as much of it as is known."""
        host = f"[{self.host}]" if ":" in self.host and not self.host.startswith("[") else self.host
        return f"{host}:{self.port}" if host and self.port else host or (f"port {self.port}" if self.port else "")

    @property
    def origins(self) -> tuple[str, ...]:
        """Where the address is from: variables, as ``$REDIS_URL``, then places."""
        return (*(f"${one.name}" for one in self.variables), *self.places)

    @property
    def lines(self) -> str:
        """The lines of pyproject.toml that would provide it; "" where nothing can be proposed, or need not be."""
        one = self.service
        if one is None or self.declared:
            return ""
        said = [f"[tool.agentgate.services.{one.name}]"]
        said += [f'kind = "{one.kind}"'] if one.kind else []
        said += [f'image = "{one.image}"'] if one.image else []
        said += [f"port = {one.port}"] if one.port else []
        said += [f"at = {one.at}"] if one.at else []
        said += [f'ready = "{one.ready}"'] if one.ready else []
        env = ", ".join(f"{name} = {json.dumps(template)}" for name, template in one.env)
        said += [f"env = {{ {env} }}"] if env else []
        settings = ", ".join(f"{_key(name)} = {json.dumps(value)}" for name, value in one.settings)
        said += [f"settings = {{ {settings} }}"] if settings else []
        said += [f"timeout = {one.timeout:g}"] if one.timeout != Service.timeout else []
        if (one.at or env) and one.kind in _LOGINS and "{password}" not in env:
            given = ", ".join(f'{name} = "..."' for name in _LOGINS[one.kind])
            said.append(f"# settings = {{ {given} }}: what the tests log in with")
        return "\n".join(said) + "\n"


def _key(name: str) -> str:
    return json.dumps(name) if "." in name else name
