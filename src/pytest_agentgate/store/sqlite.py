"""SQLite as a database: opening a file, transactions, errors, and what it spells differently from PostgreSQL.

The only module that imports sqlite3, but for what copies a store.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from pytest_agentgate.errors import ReadOnlyError, StoreError
from pytest_agentgate.store.database import Row

WORDS = {
    "key": "INTEGER PRIMARY KEY",
    "clustered": "WITHOUT ROWID",  # rows lie in the order of the primary key, without a second copy of it
    "bigint": "INTEGER",  # as a primary key or not, 64 bits
}
"""What stands between braces in a migration."""

_APPLICATION_ID = 0x61676761  # "agga": how a file says that it is ours, at offset 68
_MAGIC = b"SQLite format 3\x00"
_PATIENCE = 60.0  # seconds to wait for other processes that write, in all
_TOGETHER = 16  # rows that one statement inserts
_ASKED = (16, 100, 500)  # values asked for at once: few different statements, which the driver keeps prepared
_AT_ONCE = 2.0  # seconds that SQLite waits by itself before we spread those who wait

_T = TypeVar("_T")


class SQLiteDatabase:
    """A connection to one file; see ``Database``."""

    host = ""  # the logs lie beside the file, whatever the machine is called
    words: Mapping[str, str] = WORDS
    together = 0

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._path = path
        self.read_only = read_only
        _refuse_foreign(path)
        if read_only and not (path.exists() and path.stat().st_size):
            raise StoreError(f"{path}: no store is here yet; pytest --agentgate makes one")
        try:
            if not read_only:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = _connect(path, "mode=ro" if read_only else "mode=rwc")
            if not read_only:
                self._connection.execute("PRAGMA synchronous = NORMAL")  # what a power cut takes is in the logs
            elif not _readable(self._connection) and not _waits(path):
                self._connection.close()
                self._connection = _connect(path, "mode=ro&immutable=1")
        except OSError as error:
            raise StoreError(f"{path}: cannot make the store: {error.strerror}") from error
        except sqlite3.Error as error:
            raise self._told(error) from error

    @property
    def name(self) -> str:
        """How messages name this database."""
        return str(self._path)

    def close(self) -> None:
        """Close the connection; what was not committed is gone."""
        with suppress(sqlite3.Error):
            self._connection.close()

    # ---- the version of the schema

    def version(self) -> int:
        """The version of the schema, 0 for a file that has none yet."""
        return int(self.rows("PRAGMA user_version")[0][0])

    def set_version(self, version: int) -> None:
        """Note the version of the schema, and whose file it is."""
        self.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        self.execute(f"PRAGMA user_version = {version}")

    def define(self, statements: Sequence[str]) -> None:
        """Run the statements of a migration."""
        for statement in statements:
            self.execute(statement)

    def let_readers_read(self) -> None:
        """Have readers and a writer not wait for each other, where the file system can do that."""
        with suppress(sqlite3.Error):  # a reader in another process, a file system without shared memory
            self._connection.execute("PRAGMA journal_mode = WAL").fetchall()

    def damage(self) -> list[str]:
        """What SQLite finds wrong with the file, a line each."""
        found = [" ".join(str(line).split()) for (line,) in self.rows("PRAGMA integrity_check")]
        return [] if found == ["ok"] else found

    def shrink(self) -> None:
        """Give back the room of rows that are gone."""
        self.execute("VACUUM")

    # ---- statements

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows of a query."""
        found: list[Row] = self._patiently(lambda: self._connection.execute(sql, parameters).fetchall())
        return found

    def pairs(self, sql: str, parameters: Sequence[object] = ()) -> dict[Any, Any]:
        """The rows of a query of two columns, of which the second belongs to the first."""
        found: dict[Any, Any] = self._patiently(lambda: dict(self._connection.execute(sql, parameters)))
        return found

    def keys(self, table: str, column: str, values: Sequence[Any]) -> dict[Any, int]:
        """The keys of those of many texts or numbers that a table has in a column."""
        known: dict[Any, int] = {}
        size = next((size for size in _ASKED if len(values) <= size), _ASKED[-1])
        sql = f"SELECT {column}, {table}_key FROM {table} WHERE {column} IN ({', '.join('?' * size)})"
        for start in range(0, len(values), size):
            chunk = list(values[start : start + size])
            known |= self.pairs(sql, chunk + chunk[-1:] * (size - len(chunk)))
        return known

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> None:
        """Run a statement that returns nothing."""
        try:
            self._connection.execute(sql, parameters)
        except (sqlite3.Error, OverflowError) as error:
            raise self._told(error) from error

    def insert(self, into: str, rows: Sequence[Sequence[object]], *, values: str = "", otherwise: str = "") -> None:
        """Insert rows into ``table (columns)``, many with each statement: it takes half the time of one each.

        ``values`` is what stands for one row, by default a mark for each column; ``otherwise`` is what follows all.
        """
        if not rows:
            return
        values = values or f"({', '.join('?' * len(rows[0]))})"
        together = len(rows) - len(rows) % _TOGETHER
        several = [[*chain.from_iterable(rows[at : at + _TOGETHER])] for at in range(0, together, _TOGETHER)]
        self.execute_many(f"INSERT INTO {into} VALUES {', '.join([values] * _TOGETHER)} {otherwise}", several)
        self.execute_many(f"INSERT INTO {into} VALUES {values} {otherwise}", rows[together:])

    def execute_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement once for each row."""
        try:
            self._connection.executemany(sql, rows)
        except (sqlite3.Error, OverflowError) as error:
            raise self._told(error) from error

    # ---- transactions

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Be the only writer until the end of the block: all of it is written, or nothing."""
        self._patiently(lambda: self._connection.execute("BEGIN IMMEDIATE"))
        with self._undone_on_error():
            yield
            self._patiently(lambda: self._connection.execute("COMMIT"))

    def writing(self, work: Callable[[], _T]) -> _T:
        """Do work in a transaction; there is no connection to be lost."""
        with self.transaction():
            return work()

    @contextmanager
    def snapshot(self) -> Generator[None]:
        """See one state of the database in all queries of the block."""
        if self._connection.in_transaction:
            yield
            return
        self._patiently(lambda: self._connection.execute("BEGIN"))
        with self._undone_on_error():
            yield
            self._connection.execute("COMMIT")

    @contextmanager
    def _undone_on_error(self) -> Generator[None]:
        try:
            yield
        except BaseException as error:
            with suppress(sqlite3.Error):  # a full disk has rolled back already
                self._connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise self._told(error) from error
            raise

    def _patiently(self, attempt: Any) -> Any:
        """Repeat what another process' lock keeps from happening.

        SQLite's own waiting gives up at once in some cases (a journal to be recovered, a change of the journal's mode),
        and lets single writers starve when many want to write: those who wait come back at random moments.
        """
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                return attempt()
            except sqlite3.Error as error:
                if not _busy(error) or time.monotonic() > deadline:
                    raise self._told(error) from error
            time.sleep(random.uniform(0.001, 0.05))  # noqa: S311 -- spreads waiting processes, keeps no secret

    def _told(self, error: sqlite3.Error | OverflowError) -> StoreError:
        problem = " ".join(str(error).split())
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            advice = "move it away, and the logs of the runs make a new one"
            return StoreError(f"{self._path}: the store is damaged ({problem}); {advice}")
        if _busy(error):
            return StoreError(f"{self._path}: another process keeps the store locked; nothing is lost, try again")
        if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            return StoreError(f"{self._path}: the store cannot be written ({problem}): is the disk full?")
        if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
            readable = ReadOnlyError if code == sqlite3.SQLITE_READONLY else StoreError
            return readable(f"{self._path}: the store cannot be opened or written here ({problem})")
        return StoreError(f"{self._path}: {problem}")


def _connect(path: Path, how: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?{how}",
        uri=True,
        timeout=_AT_ONCE,
        isolation_level=None,  # transactions begin where we say
    )


def _readable(connection: sqlite3.Connection) -> bool:
    """Whether SQLite can make what it shares with writers next to the file: not in a folder that is read-only."""
    try:
        connection.execute("PRAGMA user_version").fetchall()
    except sqlite3.OperationalError as error:
        return error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
    return True


def _waits(path: Path) -> bool:
    """Whether a part of the database stands in a file next to it."""
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0


def _refuse_foreign(path: Path) -> None:
    """Look at the first bytes only: SQLite itself may write to what it opens, to recover a journal."""
    try:
        with path.open("rb") as file:
            header = file.read(72)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(f"{path}: cannot read the store: {error.strerror}") from error
    if not header:
        return
    if not header.startswith(_MAGIC):
        raise StoreError(f"{path}: not an SQLite database; it was left as it is")
    if int.from_bytes(header[68:72], "big") != _APPLICATION_ID:
        raise StoreError(f"{path}: an SQLite database, but not a store of agentgate; it was left as it is")


def _busy(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
