"""What connection failures lack: which server, who asked for it by which variables, and what would provide it.

Failures that miss a variable lack the declared service that sets it; where none does, they lack a variable only.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from pytest_agentgate.model import Cause, Evidence, Failure, Kind, Reason, Scope, When
from pytest_agentgate.model.servers import PUBLISHED, SPOKEN, USUAL
from pytest_agentgate.model.services import Lack, Service, Sort, Variable
from pytest_agentgate.patterns import deferred
from pytest_agentgate.triage.kinds import other
from pytest_agentgate.triage.kinds.connection import LOOPBACK, Target, is_ephemeral, target_of
from pytest_agentgate.triage.view import view_of

_IMAGES = {"valkey": "valkey/valkey:8"}
"""Of servers that speak the protocol of another."""
_OTHERS = {
    "aws": Service("", image="localstack/localstack:3", ready="http:/_localstack/health"),
    "cassandra": Service("", image="cassandra:4.1", timeout=180.0),
    "consul": Service("", image="hashicorp/consul:1.20", ready="http:/v1/status/leader"),
    "elasticsearch": Service(
        "", image="elasticsearch:8.17.0", ready="http:/", timeout=180.0,
        settings=(("discovery.type", "single-node"), ("xpack.security.enabled", "false")),
    ),
    "memcached": Service("", image="memcached:1.6"),
    "mqtt": Service("", image="eclipse-mosquitto:1.6"),  # the next one lets in nobody from outside by itself
    "nats": Service("", image="nats:2.10"),
    "neo4j": Service("", image="neo4j:5", timeout=120.0, settings=(("NEO4J_AUTH", "none"),)),
    "opensearch": Service(
        "", image="opensearchproject/opensearch:2", port=9200, ready="http:/", timeout=180.0,
        settings=(
            ("discovery.type", "single-node"), ("DISABLE_INSTALL_DEMO_CONFIG", "true"),
            ("DISABLE_SECURITY_PLUGIN", "true"),
        ),
    ),
    "zookeeper": Service("", image="zookeeper:3.9"),
}  # fmt: skip
"""Servers that are no kind: what is declared of their images, which serve by themselves."""

_PORTS = {
    Sort.POSTGRES: 5432,
    Sort.REDIS: 6379,
    Sort.MYSQL: 3306,
    Sort.MONGODB: 27017,
    Sort.KAFKA: 9092,
    Sort.RABBITMQ: 5672,
}
READ = {
    Sort.POSTGRES: deferred(r"DATABASE_URL|PG\w+"),
    Sort.REDIS: deferred(r"REDIS_\w+"),
    Sort.MYSQL: deferred(r"DATABASE_URL|MYSQL_\w+"),
    Sort.MONGODB: deferred(r"MONGO(?:DB)?_\w+"),
    Sort.KAFKA: deferred(r"KAFKA_\w+"),
    Sort.RABBITMQ: deferred(r"AMQP_URL|RABBITMQ_URL|CELERY_BROKER_URL"),
}
"""Variables that clients of a kind read: a service of that kind which declares none sets some of them."""
_ADDRESSES = {
    Sort.POSTGRES: ("DATABASE_URL", "PGHOST", "PGPORT"),
    Sort.REDIS: ("REDIS_URL", "REDIS_HOST", "REDIS_PORT"),
    Sort.MYSQL: ("DATABASE_URL", "MYSQL_HOST", "MYSQL_PORT"),
    Sort.MONGODB: ("MONGODB_URI", "MONGODB_URL", "MONGO_URL"),
    Sort.KAFKA: ("KAFKA_BOOTSTRAP_SERVERS", "KAFKA_BROKERS"),
    Sort.RABBITMQ: ("AMQP_URL", "RABBITMQ_URL", "CELERY_BROKER_URL"),
}
"""The variables that a service sets which declares none."""
_ROOM_AND_LOGIN = {
    Sort.POSTGRES: ("PGUSER", "PGPASSWORD", "PGDATABASE"),
    Sort.MYSQL: ("MYSQL_USER", "MYSQL_PASSWORD", "MYSQL_DATABASE"),
    Sort.KAFKA: ("KAFKA_TOPIC_PREFIX",),
}
"""The further ones: a server by ``url`` may have nothing for them."""

_SORTS = {sort.value: sort for sort in Sort}
_SCHEMES = {
    "postgres": "postgres", "postgresql": "postgres", "mysql": "mysql", "mariadb": "mysql", "mongodb": "mongodb",
    "redis": "redis", "rediss": "redis", "valkey": "valkey", "amqp": "rabbitmq", "amqps": "rabbitmq", "kafka": "kafka",
}  # fmt: skip
"""Of URLs, with their servers: a client such as asyncpg raises what sockets raise."""
_LOGINS = {
    Sort.RABBITMQ: (
        ("RABBITMQ_DEFAULT_USER", "guest"), ("RABBITMQ_DEFAULT_PASS", "guest"), ("RABBITMQ_DEFAULT_VHOST", "/"),
    ),
}  # fmt: skip
"""What clients log in with that were told nothing."""
_USERS = frozenset({Sort.POSTGRES, Sort.MYSQL, Sort.RABBITMQ})  # whose servers let nobody in without a password
_ROOMS = {Sort.REDIS: "/{worker}", Sort.KAFKA: ""}  # in the path of a URL
_NOWHERE = "its address is not known"
_NAME = deferred(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_FORM = deferred(r"(?:[\w+.:/@,= -]|\{(?:host|port|user|password|database)\}){1,200}")
_LAST = 65535  # port
_CREDENTIALS = deferred(r" ?\w+=\{(?:user|password)\}")
_HOST = deferred(r"(?P<host>\[[^\]]*\]|[^:]+)(?::(?P<port>\d{1,5}))?$")
_OF_HTTP = {"http": 80, "https": 443}
_SOCKET = deferred(r"/.*\.s\.PGSQL\.(?P<port>\d{1,5})")


def with_lacks(causes: Collection[Cause], declared: Sequence[Service] = ()) -> tuple[Cause, ...]:
    """The causes with what they lack: those of connections, and those of variables that a declared service sets.

    No two of them propose services of one name. None is proposed that sets a variable by which tests find another one,
    or that another one sets.

    ``declared`` are the services of the configuration, where that is known.
    """
    made: list[Cause] = []
    taken = {one.name for one in declared}
    unset = _unset(declared)
    told = {cause.signature: cause.lack or _told(cause.exemplar) for cause in causes if cause.kind is Kind.CONNECTION}
    spoken = {name for one in declared for name in variables_of(one)}
    spoken |= {variable.name for lack in told.values() for variable in lack.variables}
    for cause in causes:
        if cause.signature in told:
            lack = completed(told[cause.signature], declared, taken, spoken)
            if _refuses_login(cause.exemplar) and lack.server:
                lack = replace(lack, declared="", service=None, why=_login(lack.declared or "a service"))
            taken |= {lack.service.name} if lack.service else set()
            spoken |= set(variables_of(lack.service)) if lack.service else set()
            cause = replace(cause, lack=lack)
        elif cause.signature in unset:
            cause = replace(cause, lack=unset[cause.signature])
        made.append(cause)
    return tuple(made)


def unreached(evidence: Evidence) -> Lack | None:
    """Server, host, port and client of a failure whose kind nobody has decided; None where it is no connection's."""
    failure = view_of(evidence, Scope.TEST, When.CALL, "")
    target = next((target for focus in failure.foci() if (target := target_of(focus))), None)
    return _of_target(target) if target else None


def completed(
    lack: Lack, declared: Sequence[Service] = (), taken: Collection[str] = (), spoken: Collection[str] = ()
) -> Lack:
    """The lack with the declared service that it is, else with the one that would provide it, else with why not.

    ``taken`` are names of other services, ``spoken`` variables that others set.
    """
    schemes = (one.form.partition("://")[0].partition("+")[0] for one in lack.variables if "://" in one.form)
    lack = replace(lack, server=lack.server or next(filter(None, map(_SCHEMES.get, schemes)), ""))
    known = next((one.name for one in declared if _is_it(one, lack)), "")
    if known:
        return replace(lack, declared=known, service=None, why="")
    service, why = _provider(lack, taken, spoken)
    return replace(lack, declared="", service=service, why=why)


def _target(failure: Failure) -> Target | None:
    view = view_of(failure.evidence, failure.scope, failure.when, failure.nodeid)
    return next((target for focus in view.foci() if (target := target_of(focus))), None)


def _refuses_login(failure: Failure) -> bool:
    target = _target(failure)
    return target is not None and target.refuses_login


def _login(service: str) -> str:
    return f"the server is there, and refuses this user, password or database: the settings of {service} can name them"


def _told(failure: Failure) -> Lack:
    evidence, target = failure.evidence, _target(failure)
    variables = tuple(one for one in evidence.variables if _NAME.fullmatch(one.name) and _FORM.fullmatch(one.form))
    return replace(_of_target(target), variables=variables) if target else Lack()


def _of_target(target: Target) -> Lack:
    host, port = target.host, target.port
    if socket := _SOCKET.fullmatch(host):
        port = port or socket["port"]
    number = int(port) if port.isdecimal() and port.isascii() and len(port) <= 5 else 0
    return Lack(target.service, host.strip("[]"), number if number <= _LAST else 0, _client(target))


def _client(target: Target) -> str:
    """The package whose exception knows the service; of SQLAlchemy's, that of the driver's which it wraps."""
    for link in target.links:
        if link.facts.get("service") and not (target.client and link.facts["service"] == "http"):
            original = link.facts.get("orig")
            package = (original if isinstance(original, str) else link.type).partition(".")[0]
            return PUBLISHED.get(package, package) if package.isidentifier() else ""
    return target.client


# ---- what is declared


def variables_of(one: Service) -> tuple[str, ...]:
    """The variables that a declared service sets for certain once it is up."""
    if one.env:
        return tuple(name for name, _ in one.env)
    if one.kind is None:
        start = one.name.upper().replace("-", "_")
        return tuple(f"{start}_{what}" for what in ("URL", "HOST", "PORT"))
    return _ADDRESSES[one.kind] + (() if one.url else _ROOM_AND_LOGIN.get(one.kind, ()))


def _unset(declared: Sequence[Service]) -> dict[str, Lack]:
    """What causes lack that miss a variable of these services, by signature: a store keeps no other part of the key."""
    return {
        Reason(other.KIND, other.unset(name), "", "").signature: Lack(
            variables=(Variable(name, ""),), declared=one.name
        )
        for one in reversed(declared)  # of two that set a variable the first one may
        for name in variables_of(one)
    }


def _is_it(one: Service, lack: Lack) -> bool:
    """Whether a declared service is what is lacking: by its variables, its address, else by its kind."""
    if set(variables_of(one)) & {variable.name for variable in lack.variables}:
        return True
    if one.url:
        host, port = _address(one)
        return bool(lack.port) and port == lack.port and _is_one(host, lack.host)
    if one.at:
        return one.at == lack.port and _is_one("localhost", lack.host)
    if one.kind is None or _sort(lack.server)[0] is not one.kind:
        return False
    if lack.variables:
        return not one.env and any(READ[one.kind].fullmatch(variable.name) for variable in lack.variables)
    return _SOCKET.fullmatch(lack.host) is not None or (
        _is_one("localhost", lack.host) and lack.port in (0, _PORTS[one.kind])
    )


def _address(one: Service) -> tuple[str, int]:
    """Host and port of a server by ``url``; 0 where no port is known, such as that of a variable that is not set."""
    scheme, _, rest = one.url.partition("://")
    found = _HOST.match(rest.partition("/")[0].partition("?")[0].rpartition("@")[2])
    if found is None:
        return "", 0
    usual = one.port or (_PORTS[one.kind] if one.kind else _OF_HTTP.get(scheme.lower(), 0))
    return found["host"].strip("[]"), int(found["port"] or usual)


def _is_one(host: str, other: str) -> bool:
    return host.lower() == other.lower() or {host, other} <= LOOPBACK


# ---- what would provide it


def _sort(server: str) -> tuple[Sort | None, str]:
    return _SORTS.get(SPOKEN.get(server, server)), _IMAGES.get(server, "")


def _made(lack: Lack) -> tuple[Service | None, str]:
    """What the server is, wherever it shall be reached; else why nobody can tell."""
    sort, image = _sort(lack.server)
    if sort is not None:
        return Service("", sort, image, settings=_LOGINS.get(sort, ())), ""
    if lack.server in _OTHERS:
        other = _OTHERS[lack.server]
        return replace(other, port=other.port or USUAL[lack.server]), ""
    if lack.host and not lack.server and lack.host not in LOOPBACK:
        return None, f"{lack.host} is another machine: the tests need the network, or a server in its place"
    what = f"{lack.server} is" if lack.server else "the server at this address is" if lack.address else ""
    return None, f"{what} no kind that is known: declare its image, port and ready" if what else _NOWHERE


def _provider(lack: Lack, taken: Collection[str], spoken: Collection[str]) -> tuple[Service | None, str]:
    made, why = _made(lack)
    if made is None:
        return None, why
    sort = made.kind
    name, count = lack.server, 2
    while name in taken:
        name, count = f"{lack.server}{count}", count + 1
    made = replace(made, name=name)
    if lack.variables:
        env = tuple((one.name, _template(sort, one.form)) for one in lack.variables)
        lets_in = sort is None or sort not in _USERS or any("{password}" in template for _, template in env)
        if sort and not lets_in and all(READ[sort].fullmatch(variable) for variable, _ in env):
            env = ()  # all that clients of its kind read is set then, user and password among it
        reached = not env or any("{port}" in template for _, template in env)
        is_told = not env or any("{password}" in template for _, template in env)
        settings = () if sort and is_told else made.settings
        return replace(made, at=0 if reached else lack.port, env=env, settings=settings), ""
    if _SOCKET.fullmatch(lack.host):  # nobody named an address, so that its clients go by the variables of the kind
        return replace(made, settings=()), ""
    if not lack.port:
        return None, _NOWHERE
    if lack.host not in LOOPBACK:
        return None, f"{lack.host} is another machine, and no variable that names it was found"
    if is_ephemeral(lack.port) and not lack.places:
        return None, f"port {lack.port} may be one that the system gave out, and no variable that names it was found"
    made = replace(made, at=lack.port)
    if name != lack.server or not set(variables_of(made)).isdisjoint(spoken):  # the first sets those of the kind
        own = f"{name.upper()}_URL"
        while own in spoken:
            own = f"{own.removesuffix('_URL')}_{lack.port}_URL"
        made = replace(made, env=((own, "{url}"),))
    return made, ""


def _template(sort: Sort | None, form: str) -> str:
    """The template of a variable: what a service of ours has in the place of what stood there."""
    if "://" not in form:
        return form if sort in _USERS else _CREDENTIALS.sub("", form)
    who = "{user}:{password}@" if sort in _USERS else ""
    room = _ROOMS.get(sort, "/{database}") if sort else ""
    return f"{form.partition('://')[0]}://{who}{{host}}:{{port}}{room}"
