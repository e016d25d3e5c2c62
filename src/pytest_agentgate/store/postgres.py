"""PostgreSQL as a database: connecting and connecting again, transactions, COPY, and errors without secrets.

Runs outside only, with psycopg 3. Everything of ours is in a schema of its own, so that the database can be one that a
project has already. SQL is that of SQLite (see ``database``): marks are put into psycopg's form here, what migrations
call TEXT sorts by code points, and references are not enforced, as they are not there: for each result four of them
would be looked up, which takes longer than writing it. ``agentgate store check`` looks them up.

One connection, and no pool: docs/explanation/record.md has the reason and the figures.
"""

from __future__ import annotations

import re
import socket
import struct
import time
from ast import literal_eval
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from itertools import repeat
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote

import psycopg
from psycopg import errors
from psycopg.adapt import Dumper

from pytest_agentgate.errors import ReadOnlyError, StoreError
from pytest_agentgate.store.database import Row, UnfitTextError
from pytest_agentgate.store.urls import masked

SCHEMA = "agentgate"
"""The schema that holds the store."""

WORDS = {"key": "BIGINT PRIMARY KEY", "clustered": "", "bigint": "BIGINT"}
"""What stands between braces in a migration."""

_DEFAULTS: Mapping[str, str] = {
    "connect_timeout": "15",  # seconds: a server that sleeps for ten is waited for
    "application_name": SCHEMA,
    "client_encoding": "UTF8",
    "tcp_user_timeout": "30000",  # milliseconds
    "keepalives_idle": "10",  # seconds: who waits for an answer sends nothing that could stay unanswered
    "keepalives_interval": "5",
    "keepalives_count": "5",
}
_INTEGER = 23  # the type of a column of 32 bits, to which the driver's C part would cut a larger number silently
_MOST = 2**31
_WRITERS = 0x61676761  # "agga": the advisory lock of whoever writes
_STAY = "the logs of runs stay, and any later command reads them"
_PATIENCE = 60  # seconds to wait for other processes that write
_AWAY = 30.0  # seconds to wait for a server that was there and went away
_TRIES = 5  # times that lost work is done again
_PASSING = ("starting up", "shutting down", "not yet accepting", "in recovery mode")
_REFUSED = ("authentication failed", "no password supplied", "no pg_hba.conf entry", "does not exist", "not permitted")

_T = TypeVar("_T")


class LostConnectionError(StoreError):
    """The server went away; what was not committed is undone, and can be done again."""


class PostgresDatabase:
    """A connection to one database; see ``Database``."""

    words: Mapping[str, str] = WORDS
    together = 2 << 20

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        self.read_only = read_only
        self.name = masked(url)
        self.host = socket.gethostname()
        self._parameters = _parameters(url)
        self._within = False  # a transaction
        self._types: dict[tuple[str, str], int] = {}  # of columns, by table and name
        self._connection = self._connected(patience=0.0)
        if read_only and not self.version():
            self.close()
            raise StoreError(f"{self.name}: no store is here yet; agentgate runs makes one")

    def close(self) -> None:
        """Close the connection; what was not committed is gone."""
        with suppress(psycopg.Error):
            self._connection.close()

    # ---- the version of the schema

    def version(self) -> int:
        """The version of the schema, 0 where there is none yet; raises StoreError if the schema is somebody else's."""
        relations, versioned = self.rows(  # at one moment: another process may be making the store
            "SELECT COUNT(*), COUNT(*) FILTER (WHERE relname = 'schema_version') FROM pg_class "
            "JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = ?",
            [SCHEMA],
        )[0]
        if versioned:
            (version,) = self.rows(f"SELECT MAX(version) FROM {SCHEMA}.schema_version")[0]
            if version is not None:
                return int(version)
        if relations:
            raise StoreError(
                f"{self.name}: has a schema {SCHEMA!r} that is not a store of agentgate; it was left as it is"
            )
        return 0

    def set_version(self, version: int) -> None:
        """Note the version of the schema."""
        self.execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)")
        self.execute("DELETE FROM schema_version")
        self.execute("INSERT INTO schema_version (version) VALUES (?)", [version])

    def define(self, statements: Sequence[str]) -> None:
        """Run the statements of a migration; the first one makes the schema."""
        (encoding,) = self.rows("SHOW server_encoding")[0]
        if encoding != "UTF8":
            raise StoreError(f"{self.name}: the database is encoded in {encoding}; a store needs one in UTF8")
        if not self.rows("SELECT 1 FROM pg_namespace WHERE nspname = ?", [SCHEMA]):
            self.execute(f"CREATE SCHEMA {SCHEMA}")
        together = re.sub(r" REFERENCES \w+ \(\w+\)", "", ";\n".join(statements))
        together = re.sub(r"\bTEXT\b", 'TEXT COLLATE "C"', together)
        self._do(lambda cursor: cursor.execute(together))  # one way to the server for all
        self._types = {}

    def let_readers_read(self) -> None:
        """They do."""

    def damage(self) -> list[str]:
        """Nothing: the server's pages are its administrator's."""
        return []

    def shrink(self) -> None:
        """The server does it in its own time."""

    # ---- statements

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows of a query."""
        return self._do(lambda cursor: cursor.execute(_translated(sql), parameters, binary=True).fetchall())

    def pairs(self, sql: str, parameters: Sequence[object] = ()) -> dict[Any, Any]:
        """The rows of a query of two columns, of which the second belongs to the first."""
        return dict(self.rows(sql, parameters))

    def keys(self, table: str, column: str, values: Sequence[Any]) -> dict[Any, int]:
        """The keys of those of many texts or numbers that a table has in a column."""
        return self.pairs(f"SELECT {column}, {table}_key FROM {table} WHERE {column} = ANY(?)", [list(values)])

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> None:
        """Run a statement that returns nothing."""
        self._do(lambda cursor: cursor.execute(_translated(sql), parameters))

    def execute_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Run a statement once for each row."""
        self._do(lambda cursor: cursor.executemany(_translated(sql), rows))

    def insert(self, into: str, rows: Sequence[Sequence[object]], *, values: str = "", otherwise: str = "") -> None:
        """Insert rows into ``table (columns)`` by COPY.

        COPY knows no conflicts: where they are provided for, and there is one, each row is inserted by itself. A
        temporary table in between would take half the time, and a right that not everybody has. Raises StoreError for
        a value that its column does not take.
        """
        if not rows:
            return
        table, _, names = into.rstrip(")").partition(" (")
        copied = _Copied(self._types_of(table, names.split(", ")), rows, values)
        if not otherwise:
            self._copy(into, copied)
            return
        self.execute("SAVEPOINT copied")
        try:
            self._copy(into, copied)
            self.execute("RELEASE SAVEPOINT copied")
        except StoreError as error:
            if not isinstance(error.__cause__, errors.UniqueViolation):
                raise
            self.execute("ROLLBACK TO SAVEPOINT copied")
            each = values or f"({', '.join('?' * len(rows[0]))})"
            self.execute_many(f"INSERT INTO {into} VALUES {each} {otherwise}", rows)

    def _copy(self, into: str, copied: _Copied) -> None:
        try:
            self._do(lambda cursor: copied.send(cursor, into))
        except (TypeError, AttributeError, OverflowError, struct.error) as error:
            table = into.partition(" ")[0]
            raise StoreError(f"{self.name}: a row of {table} has what its column does not take: {error}") from error

    def _types_of(self, table: str, names: Sequence[str]) -> list[int]:
        if not self._types:
            found = self.rows(
                "SELECT relname::text, attname::text, atttypid::bigint FROM pg_attribute "
                "JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = ?::regnamespace AND attnum > 0",
                [SCHEMA],
            )
            self._types = {(relation, column): type_ for relation, column, type_ in found}
        return [self._types[table, name] for name in names]

    # ---- transactions

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Be the only writer until the end of the block: all of it is written, or nothing."""
        with self._block("BEGIN ISOLATION LEVEL READ COMMITTED"):  # what was written while we waited is to be seen
            self.execute("SELECT pg_advisory_xact_lock(?)", [_WRITERS])
            yield

    @contextmanager
    def snapshot(self) -> Generator[None]:
        """See one state of the database in all queries of the block."""
        if self._within:
            yield
            return
        with self._block("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"):
            yield

    def writing(self, work: Callable[[], _T]) -> _T:
        """Do work in a transaction; again, if the server went away before it said that all is written."""
        for _ in range(_TRIES):
            try:
                with self.transaction():
                    return work()
            except LostConnectionError as error:
                lost = error
        raise lost

    @contextmanager
    def _block(self, begin: str) -> Generator[None]:
        self.execute(begin)
        self._within = True
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            with suppress(psycopg.Error):  # a connection that is lost has rolled back
                self._connection.execute("ROLLBACK")
            raise
        finally:
            self._within = False

    # ---- the connection

    def _do(self, work: Callable[[psycopg.Cursor[Row]], _T]) -> _T:
        """Have a cursor work; once more on a new connection where the old one was lost outside of a transaction."""
        for again in (True, False):
            try:
                with self._connection.cursor() as cursor:
                    return work(cursor)
            except psycopg.Error as error:
                if _is_nul(error):
                    raise UnfitTextError(str(error)) from error
                told = self._told(error)
                if self._within or not again or not isinstance(told, LostConnectionError):
                    raise told from error
            self._connection = self._connected(patience=_AWAY)
        raise AssertionError("the second time ends with a result or an error")

    def _connected(self, patience: float) -> psycopg.Connection[Row]:
        """A new connection; a server that was there is waited for, and one that says that it will be soon."""
        began = time.monotonic()
        while True:
            try:
                connection = psycopg.connect(**self._parameters, autocommit=True)  # type: ignore[arg-type]
                self._settle(connection)
                return connection
            except psycopg.Error as error:
                told = " ".join(str(error).split())
                waited = time.monotonic() - began
                soon = any(words in told for words in _PASSING) and waited < _AWAY
                if not soon and (waited >= patience or any(words in told for words in _REFUSED)):
                    raise self._unreachable(error) from None  # its frames hold the password
            time.sleep(0.1)

    def _settle(self, connection: psycopg.Connection[Row]) -> None:
        connection.adapters.register_dumper(bool, _BoolAsNumber)
        settings = {"search_path": SCHEMA, "lock_timeout": f"{_PATIENCE}s"}
        if self.read_only:
            settings["default_transaction_read_only"] = "on"
        marks = ", ".join(["set_config(%s, %s, false)"] * len(settings))
        connection.execute(f"SELECT {marks}", [text for pair in settings.items() for text in pair])

    # ---- errors

    def _unreachable(self, error: psycopg.Error) -> StoreError:
        told = " ".join(str(error).split())
        if isinstance(error, psycopg.ProgrammingError):
            return StoreError(f"{self.name}: {told}")
        if "password" in told:
            return StoreError(f"{self.name}: {told}: is PGPASSWORD set, or the server in ~/.pgpass?")
        return StoreError(f"{self.name}: no connection ({told}); {_STAY}")

    def _told(self, error: psycopg.Error) -> StoreError:
        problem = " ".join((error.diag.message_primary or str(error)).split())
        if self._connection.closed:
            return LostConnectionError(f"{self.name}: the connection was lost ({problem}); {_STAY}")
        if isinstance(error, errors.LockNotAvailable):
            return StoreError(f"{self.name}: another process keeps the store locked; nothing is lost, try again")
        if isinstance(error, errors.DiskFull | errors.IoError):
            return StoreError(f"{self.name}: the store cannot be written ({problem}): is the server's disk full?")
        if isinstance(error, errors.InsufficientPrivilege | errors.ReadOnlySqlTransaction):
            return ReadOnlyError(f"{self.name}: the store cannot be opened or written here ({problem})")
        return StoreError(f"{self.name}: {problem}")


class _BoolAsNumber(Dumper):
    """Of all that a log may hold in the place of a number, what SQLite takes for one."""

    oid = 21  # smallint

    def dump(self, obj: bool) -> bytes:
        return b"1" if obj else b"0"


def _is_nul(error: psycopg.Error) -> bool:
    """Whether a text was refused for a NUL: by the driver, or by the server, where it came as it is."""
    refused = isinstance(error, psycopg.DataError) and error.sqlstate is None and "NUL" in str(error)
    return refused or isinstance(error, errors.CharacterNotInRepertoire)


@lru_cache(maxsize=512)
def _translated(sql: str) -> str:
    return sql.replace("%", "%%").replace("?", "%s")


class _Copied:
    """Rows on their way to a table, in the binary form of COPY: it takes two thirds of the time of text."""

    def __init__(self, types: Sequence[int], rows: Sequence[Sequence[object]], values: str) -> None:
        self._types = types
        self._rows = rows
        marks = values.strip("()").split(", ") if values else ["?"] * len(types)
        self._constants = {place: literal_eval(mark) for place, mark in enumerate(marks) if mark != "?"}
        self._given = [place for place in range(len(marks)) if place not in self._constants]

    def send(self, cursor: psycopg.Cursor[Row], into: str) -> None:
        """Copy all rows; raises OverflowError for a number that is too large."""
        self._look_at_numbers()
        with cursor.copy(f"COPY {into} FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(self._types)
            for row in self._whole() if self._constants else self._rows:
                copy.write_row(row)

    def _look_at_numbers(self) -> None:
        for number, place in enumerate(self._given):
            if self._types[place] == _INTEGER:
                for row in self._rows:
                    if (value := row[number]) is not None and not -_MOST <= value < _MOST:  # type: ignore[operator]
                        raise OverflowError(f"{value} is too large")

    def _whole(self) -> Iterator[tuple[object, ...]]:
        """The rows with what is the same in all: put together by column, which costs the least."""
        columns = dict(zip(self._given, zip(*self._rows, strict=True), strict=True))
        places = range(len(self._types))
        return zip(*(columns.get(place) or repeat(self._constants.get(place)) for place in places))  # noqa: B905  endless


def _parameters(url: str) -> dict[str, str]:
    """What libpq is to know, from ``postgresql://user:password@host:port,host:port/database?key=value``.

    Taken apart here, because libpq's complaints about a URL print parts of it. Raises StoreError.
    """
    rest, _, query = url.partition("://")[2].partition("?")
    authority, _, database = rest.partition("/")
    who, _, where = authority.rpartition("@")
    user, _, password = who.partition(":")
    places = [re.fullmatch(r"(\[[^\]]*\]|[^:\[\]]*)(?::(\d*))?", place) for place in where.split(",")]
    if "@" in database or "/" in database or "#" in url or not all(places):
        raise StoreError(
            f"{masked(url)}: not postgresql://user:password@host:5432/database: "
            "in a password write %2F for /, %40 for @, %23 for # and %3F for ?"
        )
    found = {
        "user": unquote(user),
        "password": unquote(password),
        "host": ",".join(unquote(place[1].strip("[]")) for place in places if place),
        "port": ",".join(place[2] or "" for place in places if place),
        "dbname": unquote(database),
    }
    given = {key: value for key, value in found.items() if value.strip(",")}
    parameters = parse_qsl(query.replace("+", "%2B"))  # which is a space in forms, not here
    return {**_DEFAULTS, **given, **dict(parameters)}
