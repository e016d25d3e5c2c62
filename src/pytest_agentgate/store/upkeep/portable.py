"""A store as JSON lines, which any program can read, and back.

Described in docs/reference/store-export.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import partial
from math import isfinite
from typing import IO, Any

from pytest_agentgate.errors import StoreError
from pytest_agentgate.store import schema
from pytest_agentgate.store.database import Database, Row
from pytest_agentgate.store.upkeep import content
from pytest_agentgate.store.upkeep.content import Content, Progress, Sum, silently
from pytest_agentgate.store.upkeep.tables import Table, tables

FORMAT = "agentgate-store/1"
_AT_A_TIME = 1_000
_LONGEST = 64 << 20  # bytes of a line
_BITS = 64  # of a column of numbers, one of which is the sign
_SURROGATE = re.compile("[\ud800-\udfff]")


def export(database: Database, stream: IO[bytes], progress: Progress = silently) -> tuple[Content, ...]:
    """Write all tables; -> what each holds. Raises OSError."""
    with database.snapshot():
        total, done, found = content.size(database), 0, []
        stream.write(_line({"format": FORMAT, "version": len(schema.MIGRATIONS)}))
        for table in tables():
            stream.write(_line({"table": table.name, "columns": table.columns}))
            whole = Sum(table.name)
            for rows in content.stretches(database, table):
                stream.writelines(map(content.written, rows))
                whole.add(rows)
                done += len(rows)
                progress(done, total)
            found.append(whole.content())
            stream.write(_line({"end": table.name, "rows": found[-1].rows, "checksum": found[-1].checksum}))
        stream.write(_line({"end": FORMAT}))
    return tuple(found)


def is_export(first: bytes) -> bool:
    """Whether a file that begins with this line is one of ours."""
    return first.startswith(b'{"format":"agentgate-store/')


def lines_of(stream: IO[bytes]) -> Iterator[bytes]:
    """The lines of an export; a longer one than there is in any comes in pieces, which are not JSON."""
    return iter(partial(stream.readline, _LONGEST), b"")


def restore(database: Database, lines: Iterable[bytes], name: str) -> tuple[Content, ...]:
    """Fill a new store; -> what each table holds. ``lines`` is read once.

    Raises StoreError, and leaves the store as it was, if that has content, or if the file is damaged or cut off.
    """
    with database.transaction():
        content.refuse_filled(database, "an export")
        return tuple(_Reader(database, lines, name).tables())


class _Reader:
    def __init__(self, database: Database, lines: Iterable[bytes], name: str) -> None:
        self._database = database
        self._lines = enumerate(lines, 1)
        self._name = name
        self._number = 0

    def tables(self) -> Iterator[Content]:
        head = self._object()
        if head.get("format") != FORMAT:
            raise self._damaged(f"is of format {head.get('format')!r}, not {FORMAT}")
        if head.get("version") != len(schema.MIGRATIONS):
            raise StoreError(
                f"{self._name}: exports a store of version {head.get('version')}, and this agentgate has version "
                f"{len(schema.MIGRATIONS)}: export it again where agentgate store upgrade was run"
            )
        for table in tables():
            said = self._object()
            if said != {"table": table.name, "columns": list(table.columns)}:
                raise self._damaged(f"table {table.name} should begin here")
            yield self._table(table)
        if self._object() != {"end": FORMAT}:
            raise self._damaged("the end should stand here")

    def _table(self, table: Table) -> Content:
        found, rows = Sum(table.name), list[Row]()
        into = f"{table.name} ({', '.join(table.columns)})"
        while type(value := self._value()) is list:
            rows.append(self._row(table, value))
            if len(rows) == _AT_A_TIME:
                found.add(rows)
                self._database.insert(into, rows)
                rows = []
        found.add(rows)
        self._database.insert(into, rows)
        whole = found.content()
        if value != {"end": table.name, "rows": whole.rows, "checksum": whole.checksum}:
            raise self._damaged(f"table {table.name} has {whole.rows} rows with checksum {whole.checksum}")
        return whole

    def _row(self, table: Table, values: list[Any]) -> Row:
        """A row as an export has it: what a database would make something else of is damage."""
        if len(values) != len(table.types) or not all(map(_fits, values, table.types)):
            raise self._damaged(f"is no row of table {table.name}")
        return tuple(values)

    def _object(self) -> dict[str, Any]:
        value = self._value()
        if type(value) is not dict:
            raise self._damaged("no rows should stand here")
        return value

    def _value(self) -> object:
        self._number, line = next(self._lines, (self._number, b""))
        if not line:
            raise self._damaged("the file ends before its end")
        try:
            return json.loads(line)
        except (ValueError, RecursionError):
            raise self._damaged("is no JSON") from None

    def _damaged(self, why: str) -> StoreError:
        return StoreError(f"{self._name}: line {self._number}: {why}; nothing was written")


def _fits(value: Any, type_: type) -> bool:
    if type(value) is str:
        return type_ is str and "\0" not in value and (value.isascii() or not _SURROGATE.search(value))
    if type(value) is int:
        return type_ is int and value.bit_length() < _BITS
    return value is None or (type(value) is type_ is float and isfinite(value))


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii") + b"\n"
