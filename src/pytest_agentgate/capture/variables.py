"""Which variables of the environment name an address, and in which form: never what else their values hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from pytest_agentgate.capture.naming import guarded
from pytest_agentgate.model.services import Variable
from pytest_agentgate.patterns import deferred

_LOOKED_AT = 2000  # variables
_LONGEST = 2000  # characters of a value
_KEPT = 5
_NAME = deferred(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_OURS = ("PYTEST_", "AGENTGATE_")  # such as the id of the test, which may hold anything
_URL = deferred(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,40})://(?:(?P<who>[^/?#]*)@)?(?P<hosts>[^/?#@\s]+)(?P<path>/[^?#]*)?(?:[?#].*)?",
    re.DOTALL,
)
_HOST = deferred(r"(?P<host>\[[0-9A-Fa-f:.%]+\]|[^\s:,;/@\[\]]+)(?::(?P<port>\d{1,5}))?")
_PAIR = deferred(r"(\w+)\s*=\s*('(?:[^'\\]|\\.)*'|[^\s;]*)")  # of libpq, and of .NET's kin
_NUMBERED = deferred(r"/\d{1,2}")
_BY_IP = deferred(r"\d{1,3}(?:\.\d{1,3}){3}|.*:.*")
_HERE = deferred(r"localhost|127\.0\.0\.1|::|0\.0\.0\.0")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "::", "0.0.0.0"})  # noqa: S104  nothing is bound
WORDS: Mapping[str, tuple[str, ...]] = {
    "postgres": ("postgres", "postgresql", "pg", "psycopg", "libpq", "psql"),
    "mysql": ("mysql", "mariadb", "pymysql"),
    "mongodb": ("mongo", "mongodb"),
    "rabbitmq": ("rabbitmq", "rabbit", "amqp", "amqps"),
    "redis": ("redis", "rediss"),
    "elasticsearch": ("elasticsearch", "elastic", "es"),
}
"""Other names of servers, in the names of variables and in URLs; each has its own, too."""

_PORTS = {
    "amqp": 5672,
    "amqps": 5671,
    "http": 80,
    "https": 443,
    "kafka": 9092,
    "mariadb": 3306,
    "mongodb": 27017,
    "mysql": 3306,
    "postgres": 5432,
    "postgresql": 5432,
    "redis": 6379,
    "rediss": 6379,
    "valkey": 6379,
}
_SCHEMES = deferred(r"ftp|imap|ldaps?|memcached|mqtts?|nats|smtps?|tcp|tls|udp|wss?")
_DRIVERS = deferred(
    r"(?:aiomysql|aiopg|asyncmy|asyncpg|cymysql|https?|mariadbconnector|mysqlconnector|mysqldb|pg8000|psycopg(?:_async)?"
    r"|psycopg2(?:cffi)?|py|pymysql|sentinel|srv|ssl|tls)?"
)
_FIELDS = {
    "host": "{host}",
    "port": "{port}",
    "dbname": "{database}",
    "database": "{database}",
    "user": "{user}",
    "password": "{password}",
}
_ENDS_WITH_HOST = deferred(r"(?P<of>.*?)_?(?:HOST|HOSTNAME|SERVER|HOSTS)", re.IGNORECASE)
_ENDS_WITH_PORT = deferred(r"(?P<of>.*?)_?PORT", re.IGNORECASE)


def variables_naming(server: str, host: str, port: int, environ: Mapping[str, str]) -> tuple[Variable, ...]:
    """The variables that name an address, by name: one that has all of it, else pairs such as X_HOST and X_PORT.

    Whatever the environment is, it is bounded and raises nothing.
    """
    values = guarded(_values, environ, otherwise={})
    whole = [
        Variable(name, form)
        for name, value in values.items()
        if (form := guarded(_form, name, value, server, host, port, otherwise=""))
    ]
    return tuple((whole or list(_parts(server, host, port, values)))[:_KEPT])


def _form(name: str, value: str, server: str, host: str, port: int) -> str:
    """As ``form_of``; where a client does not tell the port, a value counts that is an address of its server.

    Librdkafka tells neither host nor port, a name that does not resolve is most often told alone.
    """
    if port:
        return form_of(value, server, host, port)
    if not server:
        return ""
    its_host, its_port = _address(value, server)
    scheme = value.partition("://")[0].partition("+")[0].lower() if "://" in value else ""
    if not its_port or not (scheme in _words(server) or is_named_after(name, server)):
        return ""
    return form_of(value, server, its_host, its_port) if not host or _is_one(its_host, host) else ""


def _address(value: str, server: str) -> tuple[str, int]:
    """The first host of a value, and its port; "" and 0 where it names none."""
    usual = _PORTS.get(server, 0)
    if url := _URL.fullmatch(value.strip()):
        usual = _PORTS.get(url["scheme"].lower().partition("+")[0], 0)
        value = url["hosts"]
    elif pairs := {key.lower(): one.strip("'") for key, one in _PAIR.findall(value)}:
        value = f"{pairs.get('host', '')}:{pairs.get('port', usual)}"
    elif ":" not in value:
        return "", 0
    found = _HOST.fullmatch(value.partition(",")[0].strip())
    return (found["host"], int(found["port"] or usual)) if found else ("", 0)


def form_of(value: str, server: str, host: str, port: int) -> str:
    """What a value that names an address looks like without all that it says; "" where it names another or none.

    A URL, ``host:port`` and lists of these, or the keywords of libpq.
    """
    if not port or len(value) > _LONGEST or not (str(port) in value or host in value or _HERE.search(value)):
        return ""
    if found := _URL.fullmatch(value.strip()):
        scheme = found["scheme"].lower()
        words, _, driver = scheme.partition("+")
        if not (words in _PORTS or _SCHEMES.fullmatch(words) or words in _words(server)) or not _DRIVERS.fullmatch(
            driver
        ):
            return ""  # anything may stand there
        otherwise = _PORTS.get(words, 0)
        if not any(_names(each, host, port, otherwise) for each in found["hosts"].split(",")) and not (
            _stands_for(found["hosts"], host, port, otherwise) and words in _words(server)
        ):
            return ""
        return f"{scheme}://{_who(found['who'])}{{host}}:{{port}}{_path(found['path'])}"
    pairs = {key.lower(): one.strip("'") for key, one in _PAIR.findall(value)}
    if "host" in pairs:
        if not _is_one(pairs["host"], host) or pairs.get("port", str(_PORTS.get(server, 0))) != str(port):
            return ""
        named = [key for key in pairs if key in _FIELDS]
        return " ".join(f"{key}={_FIELDS[key]}" for key in (*named, *([] if "port" in named else ["port"])))
    if ":" in value and any(_names(each.strip(), host, port, 0) for each in value.split(",")):
        return "{host}:{port}"
    return ""


def is_named_after(name: str, server: str) -> bool:
    """Whether a word of a server stands in a name, between anything but letters: ``REDIS_PORT``, ``redis.port``."""
    words = "|".join(map(re.escape, sorted(_words(server))))
    return bool(words) and re.search(rf"(?<![a-z])(?:{words})(?![a-z])", name.lower()) is not None


def _values(environ: Mapping[str, str]) -> dict[str, str]:
    """What is to be looked at, in the order of names."""
    items = [(name, value) for name, value in islice(environ.items(), _LOOKED_AT) if type(name) is type(value) is str]
    return {
        name: value
        for name, value in sorted(items)
        if len(value) <= _LONGEST and _NAME.fullmatch(name) and not name.startswith(_OURS)
    }


def _parts(server: str, host: str, port: int, values: Mapping[str, str]) -> Iterator[Variable]:
    hosts = {found["of"]: name for name in values if (found := _ENDS_WITH_HOST.fullmatch(name))}
    ports = {found["of"]: name for name in values if (found := _ENDS_WITH_PORT.fullmatch(name))}
    for of in sorted(hosts.keys() | ports.keys()):
        its_host, its_port = hosts.get(of), ports.get(of)
        same_host = its_host is not None and _is_one(values[its_host].strip(), host)
        same_port = its_port is not None and bool(port) and values[its_port].strip() == str(port)
        # one alone is any service's that is on this machine, or any that has such a number
        if (its_host and not same_host) or (its_port and not same_port):
            continue
        if not (its_host and its_port) and not is_named_after(of, server):
            continue
        if its_host:
            yield Variable(its_host, "{host}")
        if its_port:
            yield Variable(its_port, "{port}")


def _words(server: str) -> frozenset[str]:
    return frozenset({server, *WORDS.get(server, ())} - {""})


def _names(text: str, host: str, port: int, otherwise: int) -> bool:
    found = _HOST.fullmatch(text)
    return bool(found) and _is_one(found["host"], host) and int(found["port"] or otherwise) == port  # type: ignore[index]


def _stands_for(text: str, host: str, port: int, otherwise: int) -> bool:
    """Whether it has the port, and a name where the failure has the number that it was resolved to."""
    found = _HOST.fullmatch(text)
    if not found or not _BY_IP.fullmatch(host) or host in LOOPBACK or _BY_IP.fullmatch(found["host"]):
        return False
    return int(found["port"] or otherwise) == port


def _is_one(named: str, host: str) -> bool:
    named, host = named.strip("[]").lower(), host.strip("[]").lower()
    return named == host or {named, host} <= LOOPBACK


def _who(who: str | None) -> str:
    if not who:
        return ""
    user, colon, _ = who.partition(":")
    return ("{user}" if user else "") + (":{password}" if colon else "") + "@"


def _path(path: str | None) -> str:
    """A short number is that of a database; anything else may be a secret of its own."""
    if not path or path == "/":
        return ""
    return path if _NUMBERED.fullmatch(path) else "/{database}" if path.count("/") == 1 else "/..."
