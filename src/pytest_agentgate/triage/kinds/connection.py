"""``connection``: a service that the tests need could not be reached.

Told by the type, the error number, the service and the text of any exception of the chain: psycopg, pymongo, grpc and
kafka raise no OSError at all, and an OSError or TimeoutError alone does not make a connection. The cause is the service
and its address. No test is to blame.
"""

from __future__ import annotations

import errno
import re
from itertools import takewhile

from pytest_agentgate.model import Kind, Link, Raised, Reason, Scope
from pytest_agentgate.patterns import deferred
from pytest_agentgate.triage.normal import normal
from pytest_agentgate.triage.view import View
from pytest_agentgate.values import frozen

KIND = Kind.CONNECTION
ADVICE = "Start the service that the test needs, or configure it; do not edit the tests."

_ERRNOS = frozenset(
    number
    for name in (
        "ECONNREFUSED", "ECONNRESET", "ECONNABORTED", "EHOSTUNREACH", "EHOSTDOWN", "ENETUNREACH", "ENETDOWN",
        "ETIMEDOUT", "EADDRNOTAVAIL", "ENOTCONN",
    )
    if (number := getattr(errno, name, None)) is not None
)  # fmt: skip
# How the clients of services name the exceptions for "cannot be reached", whatever the library.
_NAME = deferred(
    r"Connect(?:ion|or|Timeout)?\w*Error$"
    r"|^Connect(?:ion)?(?:Error|Timeout|Refused|Reset|Failure|Failed|Closed|Aborted)"
    r"|^gaierror$|^herror$|^URLError$|NameResolution|MaxRetry|NoBrokers|NoHost|NoServers|SERVER_DOWN"
    r"|ServerSelectionTimeout|ServerDisconnected|ServiceUnavailable|AutoReconnect|Unreachable|Socket(?:Connect)?Blocked"
    r"|^(?:Admin|Crash)Shutdown|^CannotConnectNow"
)
# What operating systems and clients say, and nobody else.
_TEXT = deferred(
    r"connection (?:refused|reset by|aborted|timed out)|connection to server .{0,200} failed|error \d+ connecting to"
    r"|name or service not known|temporary failure in name resolution|nodename nor servname|getaddrinfo failed"
    r"|no route to host|network is unreachable|server closed the connection|lost connection to .{0,40}server"
    r"|terminating connection (?:due to|because of)"
    r"|all connection attempts failed|(?:connection|queue)\s?pool .{0,80}(?:exhausted|limit)|couldn't get a connection",
    re.IGNORECASE | re.DOTALL,
)
# What anybody may say; it counts from the client of a service, or with an address.
_TRYING = deferred(
    r"(?:could not|cannot|can't|failed to|unable to|timeout|error) (?:connect|bootstrap|reach|resolv)", re.IGNORECASE
)
# One of these is in whatever the two find: nearly all messages are told apart by them, in a tenth of the time.
_WORDS = (
    "connect", "pool", "not known", "resol", "servname", "getaddrinfo", "route to host", "network is", "bootstrap",
    "reach",
)  # fmt: skip
# A client's timeout that says no more comes from the wait for its server, unless it had one and was reading from it.
_READING = deferred(r"read|write|deadline|execution|query|lock|pool", re.IGNORECASE)
_ADDRESS = deferred(
    r"host='(?P<h1>[^']+)', port=(?P<p1>\d+)|server at \"(?P<h2>[^\"]+)\"(?: \([^)]*\))?, port (?P<p2>\d+)"
    r"|(?:connecting to|connect to host|connect to|bootstrap from|ipv[46]:|://(?:[^@/\s]*@)?)"
    r"\s*\[?(?P<h3>[\w.-]+)\]?:(?P<p3>\d+)"
    r"|\b(?P<h4>(?:\d{1,3}\.){3}\d{1,3}|localhost):(?P<p4>\d+)"
)
# A server that says so is up; what it does not know is who asks, or what for.
_LOGIN = deferred(
    r"authentication (?:failed|required)|access denied for user|access_refused|wrongpass\b|noauth\b"
    r"|invalid username-password|no password supplied|no pg_hba\.conf entry|unknown database"
    r"|\b(?:role|database) \"[^\"]*\" does not exist|not_allowed - (?:vhost|access)|ProbableAuthenticationError",
    re.IGNORECASE,
)
_UNAVAILABLE = frozenset({502, 503, 504})
_WELL_KNOWN = {
    "25": "smtp", "389": "ldap", "1433": "sqlserver", "1521": "oracle", "1883": "mqtt", "2181": "zookeeper",
    "2379": "etcd", "3306": "mysql", "4222": "nats", "5432": "postgres", "5672": "rabbitmq", "6379": "redis",
    "7687": "neo4j", "8500": "consul", "9042": "cassandra", "9092": "kafka", "9200": "elasticsearch",
    "11211": "memcached", "27017": "mongodb",
}  # fmt: skip
_PLAIN = {
    "aio_pika": "rabbitmq", "aiormq": "rabbitmq", "amqp": "rabbitmq", "asyncpg": "postgres", "nats": "nats",
    "pg8000": "postgres", "pymemcache": "memcached", "smtplib": "smtp",
}  # fmt: skip
"""Clients that raise what sockets raise, so that only their frames know the service."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "[::1]", "::", "0.0.0.0"})  # noqa: S104  nothing is bound
_FIRST_EPHEMERAL = 32768  # a port from here on was given out by the system and is another one next time


def reason(view: View) -> Reason | None:
    target = target_of(view)
    if target is None:
        return None
    service, host, port, links, found = target.service, target.host, target.port, target.links, target.found
    address = f"{host}:{port}" if host and port else host or (f"port {port}" if port else "")
    if not address and not service:
        unknown = ("unknown", view.type_name, normal(found.message))
        return Reason(KIND, unknown, view.focused(found if not view.message else view.focus).headline, ADVICE)
    key = ("service", service, _host(host), _port(port))
    problem = _problem(" ".join(link.message for link in links))
    name = service or "the service"
    if target.refuses_login and service:
        where = f" on {address}" if address else ""
        action = f"Let the user, password and database of the tests be those of {name}{where}; do not edit the tests."
        return Reason(KIND, ("login", *key[1:]), f"{service}{where} refuses the login", action)
    if problem == "does not resolve" and host:
        action = f"Make the name {host} known, or configure another address of {name}; do not edit the tests."
        return Reason(KIND, key, f"{service or 'host'} {host} does not resolve", action)
    where = f" on {address}" if address else ""
    action = f"Start {name}{where}, or configure it as a service; do not edit the tests."
    return Reason(KIND, key, f"{service or 'service'}{where} {problem}", action)


@frozen
class Target:
    """What could not be reached, as far as exceptions tell."""

    service: str  # "" where nobody knows, as are the others
    host: str
    port: str
    links: tuple[Raised, ...]  # the exceptions that tell it
    found: Raised  # the one of them that says that this is a connection
    refuses_login: bool = False  # so that it is there
    client: str = ""  # package in whose frames it was raised, where no exception knows the service


def target_of(view: View) -> Target | None:
    """What the exception in focus, with what it came from, could not reach; None where it is no such failure."""
    links = _links(view)
    found = next((link for link in links if _is_connection(view.focused(link))), None)
    if found is None:
        return None
    host, port = _address(links)
    named = (link.facts.get("service") for link in links)
    service = next((name for name in named if isinstance(name, str) and name != "http"), "")
    packages = (frame.module.partition(".")[0] for link in links for frame in reversed(link.frames))
    client = "" if service else next((package for package in packages if package in _PLAIN), "")
    service = service or _PLAIN.get(client, "")
    refuses_login = any(_LOGIN.search(f"{link.type}: {link.message}") for link in links)
    return Target(service or _WELL_KNOWN.get(port, ""), host, port, tuple(links), found, refuses_login, client)


def _links(view: View) -> list[Raised]:
    """The exception in focus and what it came from; nothing where no client of a service speaks."""
    if view.is_a("AssertionError", "Failed"):
        return []
    if view.scope is Scope.RUN and view.is_a("BrokenPipeError"):
        return []  # whoever read pytest's output went away, as `head` does
    chain = view.evidence.chain
    position = next((index for index, raised in enumerate(chain) if raised is view.focus), len(chain))
    return [view.focus, *takewhile(lambda raised: raised.link is not Link.MEMBER, chain[position + 1 :])]


def _is_connection(view: View) -> bool:
    number = view.focus.facts.get("errno")
    if view.is_a("OSError") and (number in _ERRNOS or view.is_a("gaierror", "herror", "ConnectionError")):
        return True
    if any(map(_NAME.search, view.names)):
        return True
    if view.focus.facts.get("status") in _UNAVAILABLE or "UNAVAILABLE" in str(view.focus.facts.get("code") or ""):
        return True
    service = view.text("service")
    said = view.message.lower()
    if any(word in said for word in _WORDS) and (
        view.search(_TEXT) or (view.search(_TRYING) and (service or view.search(_ADDRESS)))
    ):
        return True
    if not view.is_a("TimeoutError") and not any("Timeout" in name for name in view.names):
        return False
    if any(frame.function == "create_connection" for frame in view.focus.frames):
        return True
    return bool(service) and not _READING.search(f"{view.type_name} {view.message}")


def _address(links: list[Raised]) -> tuple[str, str]:
    host = port = ""
    for link in links:
        host = host or str(link.facts.get("host") or "")
        port = port or str(link.facts.get("port") or "")
    if not (host and port):
        for link in links:
            if match := _ADDRESS.search(link.message):
                groups = match.groupdict()
                host = host or next((groups[f"h{n}"] for n in "1234" if groups[f"h{n}"]), "")
                port = port or next((groups[f"p{n}"] for n in "1234" if groups[f"p{n}"]), "")
    return host, port


def _host(host: str) -> str:
    return "loopback" if host in LOOPBACK else host


def _port(port: str) -> str:
    return "ephemeral" if port.isdigit() and int(port) >= _FIRST_EPHEMERAL else port


def _problem(text: str) -> str:
    text = text.lower()
    if "refused" in text:
        return "refuses connections"
    if any(words in text for words in ("not known", "name resolution", "getaddrinfo", "resolve")):
        return "does not resolve"
    if "timed out" in text or "timeout" in text:
        return "does not answer"
    return "cannot be reached"
