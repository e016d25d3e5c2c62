"""``connection``: a service that the tests need could not be reached.

Told by the type, the error number, the service and the text of any exception of the chain: psycopg, pymongo, grpc and
kafka raise no OSError at all, and an OSError or TimeoutError alone does not make a connection. The cause is the service
and its address. No test is to blame.
"""

from __future__ import annotations

import errno
import re

from pytest_agentgate.model import Kind, Link, Raised, Reason
from pytest_agentgate.triage.facts import Facts
from pytest_agentgate.triage.normal import normal, one_line

KIND = Kind.CONNECTION
ADVICE = "Start the service that the test needs, or configure it; do not edit the tests."

_ERRNOS = frozenset(
    number
    for name in (
        "ECONNREFUSED", "ECONNRESET", "ECONNABORTED", "EHOSTUNREACH", "EHOSTDOWN", "ENETUNREACH", "ENETDOWN", "ETIMEDOUT",
        "EADDRNOTAVAIL", "ENOTCONN",
    )
    if (number := getattr(errno, name, None)) is not None
)  # fmt: skip
# How the clients of services name the exceptions for "cannot be reached", whatever the library.
_NAME = re.compile(
    r"Connect(?:ion|or|Timeout)?\w*Error$|^Connect(?:ion)?(?:Error|Timeout|Refused|Reset|Failure|Failed|Closed|Aborted)|^gaierror$|^herror$"
    r"|NameResolution|NoBrokers|NoHost|NoServers|ServerSelectionTimeout|ServiceUnavailable|AutoReconnect|MaxRetry|ServerDisconnected"
    r"|SERVER_DOWN|Unreachable|SocketBlocked|SocketConnectBlocked|^URLError$"
)
_TEXT = re.compile(
    r"connection (?:to server .{0,200} )?(?:refused|reset|aborted|timed out|failed: )|(?:could not|cannot|can't|failed to|unable to|error) "
    r"(?:connect|reach|resolve|bootstrap)\b|error \d+ connecting to|name or service not known|temporary failure in name resolution"
    r"|nodename nor servname|getaddrinfo failed|no route to host|network is unreachable|server closed the connection"
    r"|lost connection to|connection pool .*exhausted|couldn't get a connection|timeout connecting to|all connection attempts failed",
    re.IGNORECASE | re.DOTALL,
)
# A client's timeout that says no more comes from the wait for its server, unless it had one and was reading from it.
_CLIENT_TIMEOUT = re.compile(r"Timeout")
_READING = re.compile(r"read|write|deadline|execution|query|lock|pool", re.IGNORECASE)
_ADDRESS = re.compile(
    r"host='(?P<h1>[^']+)', port=(?P<p1>\d+)|server at \"(?P<h2>[^\"]+)\"(?: \([^)]*\))?, port (?P<p2>\d+)"
    r"|(?:connecting to|connect to host|connect to|bootstrap from|ipv[46]:|://(?:[^@/\s]*@)?)\s*\[?(?P<h3>[\w.-]+)\]?:(?P<p3>\d+)"
    r"|\b(?P<h4>(?:\d{1,3}\.){3}\d{1,3}|localhost):(?P<p4>\d+)"
)
_UNAVAILABLE = frozenset({502, 503, 504})
_WELL_KNOWN = {
    "5432": "postgres", "3306": "mysql", "6379": "redis", "27017": "mongodb", "9092": "kafka", "5672": "rabbitmq",
    "11211": "memcached", "9200": "elasticsearch", "2181": "zookeeper", "1433": "sqlserver", "1521": "oracle", "4222": "nats",
    "8500": "consul", "2379": "etcd", "9042": "cassandra", "7687": "neo4j", "1883": "mqtt", "25": "smtp", "389": "ldap",
}  # fmt: skip
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0", "::", "[::1]", "ip6-localhost"})  # noqa: S104 - no bind
_FIRST_EPHEMERAL = 32768  # a port from here on was given out by the system and is another one next time


def reason(facts: Facts) -> Reason | None:
    links = _links(facts)
    found = next((link for link in links if _is_connection(facts.focused(link))), None)
    if found is None:
        return None
    host, port = _address(facts, links)
    service = next(
        (s for link in links if isinstance(s := link.facts.get("service"), str) and s not in ("http", "")), ""
    )
    service = (
        service or _WELL_KNOWN.get(port, "") or next((str(s) for link in links if (s := link.facts.get("service"))), "")
    )
    problem = _problem(" ".join([facts.message, *(link.message for link in links)]))
    address = f"{host}:{port}" if host and port else host or (f"port {port}" if port else "")
    if not address and not service:
        key = ("unknown", facts.type_name, normal(found.message))
        return Reason(KIND, key, one_line(facts.message or found.message) or facts.type_name, ADVICE)
    name = service or "the service"
    where = f" on {address}" if address else ""
    if problem == "does not resolve" and host:
        action = (
            f"Make the name {host} known here, or configure {name} under an address that is; do not edit the tests."
        )
        title = f"{service or 'Host'} {host} does not resolve"
    else:
        action = f"Start {name}{where}, or configure it as a service; do not edit the tests."
        title = f"{service or 'Service'}{where} {problem}"
    return Reason(KIND, ("service", service, _host(host), _port(port)), title[0].upper() + title[1:], action)


def _links(facts: Facts) -> list[Raised]:
    """The exceptions that speak for the one in focus: itself, and, where it is not a test's own word, what it came from."""
    if facts.is_a("AssertionError", "Failed", "Skipped"):
        return []
    below = (
        facts.evidence.chain[facts.evidence.chain.index(facts.focus) + 1 :]
        if facts.focus in facts.evidence.chain
        else ()
    )
    explicit = [link for link in below if link.link in (Link.CAUSE, Link.MEMBER, Link.CONTEXT)]
    return [facts.focus, *explicit]


def _is_connection(facts: Facts) -> bool:
    number = facts.focus.facts.get("errno")
    if facts.is_a("OSError") and (number in _ERRNOS or facts.is_a("gaierror", "herror", "ConnectionError")):
        return True
    if any(map(_NAME.search, facts.names)):
        return True
    if facts.focus.facts.get("status") in _UNAVAILABLE or "UNAVAILABLE" in str(facts.focus.facts.get("code") or ""):
        return True
    if facts.search(_TEXT) and not facts.is_a("AssertionError", "Failed"):
        return True
    if "socket.py" in {frame.path for frame in facts.focus.frames} and facts.is_a("TimeoutError"):
        return any(frame.function == "create_connection" for frame in facts.focus.frames)
    return bool(
        facts.text("service")
        and any(map(_CLIENT_TIMEOUT.search, facts.names))
        and not _READING.search(f"{facts.type_name} {facts.message}")
    )


def _address(facts: Facts, links: list[Raised]) -> tuple[str, str]:
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
    return "loopback" if host in _LOOPBACK else host


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
