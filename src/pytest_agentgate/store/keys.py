"""Integer keys in place of texts that repeat."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

from pytest_agentgate.store.database import Database

_AT_A_TIME = 2_000  # node ids that are added at once, which bounds the memory that takes


def node_keys(database: Database, nodeids: Iterable[str]) -> dict[str, int]:
    """Keys of node ids, which are numbered in the order in which they are first met."""
    wanted = list(dict.fromkeys(nodeids))
    known = known_nodes(database, wanted)
    missing = [nodeid for nodeid in wanted if nodeid not in known] if known else wanted
    for start in range(0, len(missing), _AT_A_TIME):
        some = missing[start : start + _AT_A_TIME]
        files = [nodeid.partition("::")[0] for nodeid in some]
        of_file = text_keys(database, files)
        rows = [(nodeid, of_file[file]) for nodeid, file in zip(some, files, strict=True)]
        known.update(_added(database, "node", "nodeid, file_key", rows))
    return known


def known_nodes(database: Database, nodeids: Iterable[str]) -> dict[str, int]:
    """Keys of those node ids that the store knows, and maybe of others."""
    wanted = list(nodeids)
    if len(wanted) * 2 > _next_key(database, "node"):  # nearly all of them: reading is faster than asking
        return database.pairs("SELECT nodeid, node_key FROM node")
    return database.keys("node", "nodeid", wanted)


def text_keys(database: Database, values: Iterable[str]) -> dict[str, int]:
    """Keys of short texts."""
    return _single(database, "text", "value", values)


def agent_key(database: Database, agent: str) -> int:
    """The key of an agent."""
    return _single(database, "agent", "agent_id", [agent])[agent]


def reason_keys(
    database: Database, reasons: Iterable[tuple[str, str, str, str]]
) -> dict[tuple[str, str, str, str], int]:
    """Keys of reasons: signature, kind, title, next action."""
    return _by_content(database, "reason", "signature, kind, title, next_action", reasons)


def evidence_keys(
    database: Database, pieces: Iterable[tuple[int, str, str, str]]
) -> dict[tuple[int, str, str, str], int]:
    """Keys of evidence: key of the raised type, message, what pytest prints, JSON."""
    return _by_content(database, "evidence", "type_key, message, text, facts", pieces)


def origin_keys(
    database: Database, origins: Iterable[tuple[str, str, str, int]]
) -> dict[tuple[str, str, str, int], int]:
    """Keys of the origins of warnings: category, message, path, line."""
    return _by_content(database, "origin", "category, message, path, line", origins)


def _single(database: Database, table: str, column: str, values: Iterable[str]) -> dict[str, int]:
    wanted = list(dict.fromkeys(values))
    known = database.keys(table, column, wanted)
    return known | _added(database, table, column, [(value,) for value in wanted if value not in known])


def _by_content(database: Database, table: str, columns: str, rows: Iterable[Any]) -> dict[Any, int]:
    """Keys of rows, for whose long texts a digest stands in the index."""
    digests = {_digest(row): row for row in rows}
    known = database.keys(table, "digest", list(digests))
    missing = [(digest, *row) for digest, row in digests.items() if digest not in known]
    known |= _added(database, table, f"digest, {columns}", missing)
    return {row: known[digest] for digest, row in digests.items()}


def _digest(row: Sequence[object]) -> int:
    """A signed 64-bit number: BLAKE2b over the row's JSON."""
    return int.from_bytes(blake2b(json.dumps(row).encode("ascii"), digest_size=8).digest(), "big", signed=True)


def _added(database: Database, table: str, columns: str, rows: Sequence[Sequence[Any]]) -> dict[Any, int]:
    """Add rows with the next free keys, which nobody else takes: there is one writer at a time."""
    if not rows:
        return {}
    free = _next_key(database, table)
    database.insert(f"{table} ({table}_key, {columns})", [(free + number, *row) for number, row in enumerate(rows)])
    return {row[0]: free + number for number, row in enumerate(rows)}


def _next_key(database: Database, table: str) -> int:
    """The key after the last one: how many there are, roughly."""
    return int(database.rows(f"SELECT COALESCE(MAX({table}_key), 0) + 1 FROM {table}")[0][0])
