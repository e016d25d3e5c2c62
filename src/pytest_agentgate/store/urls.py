"""Which database a URL names, and how it is named where others may read it: without a password."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from pytest_agentgate.config.project import LIBPQ_FORM
from pytest_agentgate.errors import StoreError, UsageError

_FILE = "sqlite:///"
_WORD_FORM = "host=... dbname=..."
_SERVERS = ("postgresql", "postgres")
_SCHEMES = tuple(f"{scheme}:" for scheme in ("sqlite", *_SERVERS))
_FORMS = "sqlite:///path/to/store.db, or postgresql://user@host:5432/database"
_PARAMETER = re.compile(r"([?&]([^=&?]*)=)[^&]*")
_SECRETS = ("password", "secret", "scram_client_key", "scram_server_key")  # how names of libpq's parameters end


def is_server(url: str) -> bool:
    """Whether a URL names a server, not a file; a variable that is not set here may well name one."""
    scheme, separator, _ = url.partition("://")
    return url.startswith("$") or (bool(separator) and scheme in _SERVERS)


def refuse_unset(url: str) -> None:
    """Raise StoreError for the name of a variable in the place of a URL: where it is set, its value is there."""
    if url.startswith("$"):
        raise StoreError(f"{masked(url)} is not set to a URL in the environment; a store is {_FORMS}")


def path_of(url: str) -> Path:
    """The file that a store's URL names, whether or not it is there.

    Raises StoreError if it names none.
    """
    if LIBPQ_FORM.match(url):
        raise StoreError(f"{_WORD_FORM}: no such stores: a store is {_FORMS}")
    if url.startswith(_FILE):
        url = url.removeprefix(_FILE)
    elif "://" in url or url.startswith(_SCHEMES):
        raise StoreError(f"{url.partition(':')[0]}: no such stores: a store is {_FORMS}")
    if not url or url == ":memory:":
        raise StoreError("a store is a file or on a server: " + _FORMS)
    return Path(url)


def masked(url: str) -> str:
    """A URL as it may be printed; where it cannot be told what a password is, too much is hidden.

    >>> masked("postgresql://ann:s3cret@host/db?sslpassword=x&connect_timeout=5")
    'postgresql://ann:***@host/db?sslpassword=***&connect_timeout=5'
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme == "sqlite":
        return url
    who, at, where = _PARAMETER.sub(_without_secret, rest).rpartition("@")
    user, colon, _ = who.partition(":")
    return f"{scheme}://{user}{':***' if colon else ''}{at}{where}"


def _without_secret(parameter: re.Match[str]) -> str:
    return f"{parameter[1]}***" if unquote(parameter[2]).lower().endswith(_SECRETS) else parameter[0]


def refuse_secret(url: str, option: str) -> None:
    """Raise UsageError for a URL with a password that was given on a command line, where every process can read it.

    Also for libpq's own form, which may have one and would be taken for the name of a file.
    """
    if LIBPQ_FORM.match(url):
        raise UsageError(f"{option} {_WORD_FORM}: no such stores: a store is {_FORMS}")
    if is_server(url) and masked(url) != url:
        raise UsageError(
            f"{option} {masked(url)}: a command line is no place for a password: "
            "set PGPASSWORD, write ~/.pgpass, or name a variable that has the whole URL, in quotes: '$STORE_URL'"
        )


def index_of(url: str, state: Path) -> str:
    """The store that a process without a driver for servers uses: the local index, where the store is on a server.

    ``state`` is the project's folder for what is its own. The logs stay, and whoever opens the store takes them in.
    """
    if is_server(url):
        return f"{_FILE}{state / 'agentgate.db'}"
    path_of(url)
    return url
