"""``connection``: a service that the tests need could not be reached.

Told by the type, the error number, the service and the text of any exception of the chain: psycopg, pymongo, grpc and
kafka raise no OSError at all, and an OSError or TimeoutError alone does not make a connection. The cause is the service
and its address. No test is to blame.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable
from itertools import takewhile

from pytest_agentgate.model import Kind, Link, Raised, Reason, Role, Scope
from pytest_agentgate.model.servers import LISTENING, SPOKEN, USUAL, server_of
from pytest_agentgate.patterns import deferred
from pytest_agentgate.triage.kinds.timeout import ENDED_BY_PYTEST
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
    r"|ServerSelectionTimeout|ServerDisconnected|ServiceUnavailable|AutoReconnect|Unreachable|Unresolvable"
    r"|Socket(?:Connect)?Blocked|SocketOpen"
    r"|^(?:Admin|Crash)Shutdown|^CannotConnectNow"
)
# What operating systems and clients say, and nobody else.
_TEXT = deferred(
    r"connection (?:refused|reset by|aborted|timed out)|connection to server .{0,200} failed|error \d+ connecting to"
    r"|name or service not known|temporary failure in name resolution|nodename nor servname|getaddrinfo failed"
    r"|no route to host|network is unreachable|server closed the connection|lost connection to .{0,40}server"
    r"|terminating connection (?:due to|because of)"
    r"|broker transport failure|brokers? (?:connections )?(?:is|are) down|local: (?:message )?timed out"
    r"|all connection attempts failed|(?:connection|queue)\s?pool .{0,80}(?:exhausted|limit)|couldn't get a connection"
    r"|pool initialization incomplete",
    re.IGNORECASE | re.DOTALL,
)
# What anybody may say; it counts from the client of a service, or with an address.
_TRYING = deferred(
    r"(?:could not|cannot|can't|failed to|unable to|timeout|error) (?:connect|bootstrap|reach|resolv)", re.IGNORECASE
)
# One of these is in whatever the two find: nearly all messages are told apart by them, in a tenth of the time.
_WORDS = (
    "connect", "pool", "not known", "resol", "servname", "getaddrinfo", "route to host", "network is", "bootstrap",
    "reach", "broker", "local: ",
)  # fmt: skip
# A client's timeout that says no more comes from the wait for its server, unless it had one and was reading from it.
_READING = deferred(r"read|write|deadline|execution|query|lock|pool", re.IGNORECASE)
# The functions of clients in which a server that takes a connection has still to say its first word.
_CONNECTING = deferred(
    r"(?:^|_)(?:connect(?!ed|ions)\w*|handshake|log_?in|start_?up|bootstrap|authenticate|open_connection)(?:_|$)"
    r"|^__init__$"
)
_OF_CLIENTS = frozenset({Role.LIBRARY, Role.STDLIB})
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
# What stands for a server in tests: it says that one is away, and none was asked.
_STAND_INS = frozenset(
    {"aioresponses", "httpretty", "mocket", "pook", "pytest_httpx", "requests_mock", "responses", "respx", "vcr"}
)
_UNAVAILABLE = frozenset({502, 503, 504})
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "[::1]", "::", "0.0.0.0"})  # noqa: S104  nothing is bound
_FIRST_EPHEMERAL = 32768


def reason(view: View) -> Reason | None:
    target = target_of(view)
    if target is None:
        return None
    service, host, port, links, found = target.service, target.host, target.port, target.links, target.found
    address = f"{host}:{port}" if host and port else host or (f"port {port}" if port else "")
    if not address and not service:
        unknown = ("unknown", view.type_name, normal(found.message))
        return Reason(KIND, unknown, view.focused(found if not view.message else view.focus).headline, ADVICE)
    key = ("service", SPOKEN.get(service, service), _host(host), _port(port))
    problem = _problem(view, links)
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
    found = next((link for link in links if _is_connection(view.focused(link))), None) or _unanswered(view, links)
    if found is None:
        return None
    host, port = _address(links)
    named = (link.facts.get("service") for link in links)
    service = next((name for name in named if isinstance(name, str) and name != "http"), "")
    modules = (frame.module for link in links for frame in reversed(link.frames) if frame.role in _OF_CLIENTS)
    module = "" if service else next(filter(server_of, modules), "")
    service, client = service or server_of(module), module.partition(".")[0]
    refuses_login = any(_LOGIN.search(f"{link.type}: {link.message}") for link in links)
    if host and not host.startswith("/") and not port and service in USUAL:
        port = str(USUAL[service])
    by_custom = LISTENING.get(int(port), "") if port.isdecimal() else ""
    return Target(service or by_custom, host, port, tuple(links), found, refuses_login, client)


def _links(view: View) -> list[Raised]:
    """The exception in focus and what it came from; nothing where no client of a service speaks."""
    if view.is_a("AssertionError", "Failed") and not _ends_a_wait(view):
        return []
    if any(map(_is_pretended, view.evidence.chain)):
        return []
    if view.scope is Scope.RUN and view.is_a("BrokenPipeError"):
        return []  # whoever read pytest's output went away, as `head` does
    chain = view.evidence.chain
    position = next((index for index, raised in enumerate(chain) if raised is view.focus), len(chain))
    return [view.focus, *takewhile(lambda raised: raised.link is not Link.MEMBER, chain[position + 1 :])]


def _is_pretended(raised: Raised) -> bool:
    module = raised.frames[-1].module if raised.frames else ""
    return module == "unittest.mock" or module.partition(".")[0] in _STAND_INS


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
    timed_out = bool(service) and "timed out" in said
    if not timed_out and not view.is_a("TimeoutError") and not any("Timeout" in name for name in view.names):
        return False
    if any(frame.function == "create_connection" for frame in view.focus.frames):
        return True
    return bool(service) and not _READING.search(f"{view.type_name} {view.message}")


def _unanswered(view: View, links: list[Raised]) -> Raised | None:
    """The timeout of a client that was still connecting, which its frames tell: those of what was cancelled, too.

    A query, or a request of HTTP, that takes too long has a server.
    """
    found = next((link for link in links if _ends_a_wait(view.focused(link))), None)
    frames = (frame for link in links for frame in link.frames if frame.role in _OF_CLIENTS)
    is_connecting = any(
        server_of(frame.module) and _CONNECTING.search(frame.function.rpartition(".")[2]) for frame in frames
    )
    return found if found and is_connecting else None


def _ends_a_wait(view: View) -> bool:
    """Whether it is a timeout: Python's own, or the end that pytest-timeout makes of a test."""
    return view.is_a("TimeoutError") or (view.is_a("Failed") and view.search(ENDED_BY_PYTEST) is not None)


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


def is_ephemeral(port: int) -> bool:
    """Whether a port was given out by the system, as far as its number tells, and is another one next time."""
    return port >= _FIRST_EPHEMERAL and port not in LISTENING


def _port(port: str) -> str:
    return "ephemeral" if port.isdigit() and is_ephemeral(int(port)) else port


def _problem(view: View, links: Iterable[Raised]) -> str:
    """What the server does, as the types and the words of the exceptions say."""
    views = [view.focused(link) for link in links]
    text = " ".join(one.message for one in views).lower()
    if "refused" in text or any(
        one.is_a("ConnectionRefusedError") or one.focus.facts.get("errno") == errno.ECONNREFUSED for one in views
    ):
        return "refuses connections"
    if any(one.is_a("gaierror", "herror") for one in views) or any(
        words in text for words in ("not known", "name resolution", "getaddrinfo", "resolve", "dns resolution")
    ):
        return "does not resolve"
    if "timed out" in text or "timeout" in text or any(one.is_a("TimeoutError") for one in views):
        return "does not answer"
    return "cannot be reached"
