"""What queries ask of a database; SQLite and PostgreSQL are two.

SQL is written once, in what both understand, with ``?`` for a parameter. Where they differ, the difference is a word
between braces in a migration, or a method here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

Row = tuple[Any, ...]

_T = TypeVar("_T")


class UnfitTextError(ValueError):
    """A text that a database does not take as it is, such as one with a NUL in PostgreSQL."""


class Database(Protocol):
    """A connection; every method raises StoreError, in one line that names the database and no password."""

    read_only: bool
    together: int  # bytes of a log that are written at once, roughly: more where each statement has a long way

    @property
    def name(self) -> str:
        """How messages name this database."""

    @property
    def host(self) -> str:
        """The machine whose folders are meant by paths of logs; "" where the store lies beside its logs."""

    @property
    def words(self) -> Mapping[str, str]:
        """What stands between braces in a migration."""

    def close(self) -> None:
        """Close the connection; what was not committed is gone."""

    def version(self) -> int:
        """The version of the schema, 0 where there is none yet."""

    def set_version(self, version: int) -> None:
        """Note the version of the schema, and whose it is."""

    def define(self, statements: Sequence[str]) -> None:
        """Run the statements of a migration."""

    def let_readers_read(self) -> None:
        """Have readers and a writer not wait for each other."""

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows of a query."""

    def pairs(self, sql: str, parameters: Sequence[object] = ()) -> dict[Any, Any]:
        """The rows of a query of two columns, of which the second belongs to the first."""

    def keys(self, table: str, column: str, values: Sequence[Any]) -> dict[Any, int]:
        """The keys of those of many texts or numbers that a table has in a column."""

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> None:
        """Run a statement that returns nothing."""

    def insert(self, into: str, rows: Sequence[Sequence[object]], *, values: str = "", otherwise: str = "") -> None:
        """Insert rows into ``table (columns)``.

        ``values`` is what stands for one row, by default a mark for each column; ``otherwise`` is what follows all.
        Raises UnfitTextError or UnicodeEncodeError for a text that cannot be kept.
        """

    def execute_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Run a statement once for each row."""

    def transaction(self) -> AbstractContextManager[None]:
        """Be the only writer until the end of the block: all of it is written, or nothing."""

    def writing(self, work: Callable[[], _T]) -> _T:
        """Do work that can be repeated in a transaction; again, where the connection was lost."""

    def damage(self) -> list[str]:
        """What the database finds wrong with its own files, a line each."""

    def shrink(self) -> None:
        """Give back the room of rows that are gone, where nobody else does."""

    def snapshot(self) -> AbstractContextManager[None]:
        """See one state of the database in all queries of the block."""
