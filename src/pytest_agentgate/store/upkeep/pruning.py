"""What is old taken out of a store, and what nobody refers to any more."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from pytest_agentgate.errors import StoreError, UsageError
from pytest_agentgate.model import RunStatus
from pytest_agentgate.store.database import Database
from pytest_agentgate.store.recording import Recording
from pytest_agentgate.store.upkeep.content import Progress, silently
from pytest_agentgate.store.upkeep.tables import tables

_LEAVES = ("evidence", "reason", "origin", "node", "agent", "text")  # in an order in which each frees the next
_HOURS = {"h": 1, "d": 24, "w": 24 * 7}


@dataclass(frozen=True)
class Pruned:
    """How much was taken out."""

    before: str  # ISO 8601: what began earlier is gone
    runs: int
    judgements: int
    repairs: int
    texts: int  # rows that nobody referred to any more
    unshrunk: str = ""  # why the room of what is gone was not given back

    def data(self) -> dict[str, object]:
        """As JSON data."""
        return asdict(self)


def moment(keep: str) -> str:
    """When a term such as ``90d``, ``12w`` or ``36h`` began, ISO 8601; raises UsageError for any other."""
    match = re.fullmatch(r"(\d{1,6})([hdw])", keep)
    if match is None:
        raise UsageError(f"--keep {keep!r}: a number of hours, days or weeks such as 36h, 90d or 12w")
    try:
        then = datetime.now(UTC) - timedelta(hours=int(match[1]) * _HOURS[match[2]])
    except OverflowError:
        raise UsageError(f"--keep {keep!r}: reaches further back than any calendar") from None
    return then.isoformat(timespec="microseconds")


def prune(database: Database, before: str, progress: Progress = silently, *, dry: bool = False) -> Pruned:
    """Take out runs that began before a moment, with what was judged of them, and repairs; approvals stay.

    A run that goes on stays, too, as does the baseline of a judgement that stays, and all logs: they are not read again
    where they lie. Each run goes with its judgements at once: who is interrupted has pruned less, and may prune again.
    """
    old = _old(database, before)
    if dry:
        return Pruned(before, len(old.runs), sum(map(len, old.judgements.values())), len(old.repairs), 0)
    runs = judgements = 0
    for number, run_id in enumerate(old.runs):
        progress(number, len(old.runs))
        done = database.writing(partial(_forget, database, run_id, old.judgements.get(run_id, ())))
        runs, judgements = runs + done[0], judgements + done[1]
    others, repairs, texts = database.writing(partial(_rest, database, old))
    judgements += others
    try:
        database.shrink()
    except StoreError as error:  # others read or write: all is pruned nevertheless
        return Pruned(before, runs, judgements, repairs, texts, str(error))
    return Pruned(before, runs, judgements, repairs, texts)


@dataclass(frozen=True)
class _Old:
    """What is to go by the ids of each: a key may be that of another by the time it goes."""

    runs: tuple[str, ...]
    judgements: Mapping[str, Sequence[str]]  # by the run
    repairs: tuple[str, ...]


def _old(database: Database, before: str) -> _Old:
    with database.snapshot():
        query = "SELECT run_id FROM run WHERE created_at < ? AND status <> ? ORDER BY run_key"
        runs = [run_id for (run_id,) in database.rows(query, [before, RunStatus.RUNNING.value])]
        there = {run_id for (run_id,) in database.rows("SELECT run_id FROM run")}
        judged = database.rows("SELECT judgement_id, run_id, judged_at, baseline FROM judgement ORDER BY judgement_key")
        repairs = database.rows("SELECT repair_id FROM repair WHERE created_at < ? ORDER BY repair_key", [before])
    gone = set(runs)
    while True:  # the judgement of a run that stays as a baseline stays, and may have a baseline
        old = {one for one in judged if one[1] in gone or (one[2] < before and one[1] not in there)}
        needed = {one[3] for one in judged if one not in old}
        if not needed & gone:
            break
        gone -= needed
    judgements = defaultdict[str, list[str]](list)
    for judgement_id, run_id, *_ in (one for one in judged if one in old):
        judgements[run_id].append(judgement_id)
    return _Old(
        tuple(run_id for run_id in runs if run_id in gone), judgements, tuple(repair_id for (repair_id,) in repairs)
    )


def _forget(database: Database, run_id: str, judgements: Sequence[str]) -> tuple[int, int]:
    """Take out a run with what was judged of it; -> how many of both."""
    keys = database.rows("SELECT run_key FROM run WHERE run_id = ?", [run_id])
    for (run_key,) in keys:
        database.execute("UPDATE log SET state = 'ended', run_key = NULL WHERE run_key = ?", [run_key])
        Recording(database, run_key).forget()
    return len(keys), _remove(database, "judgement", ("gate_result", "phase_result"), judgements)


def _rest(database: Database, old: _Old) -> tuple[int, int, int]:
    """Take out judgements of runs that are not there, repairs, and what nobody refers to; -> how many of each."""
    judgements = [one for ids in old.judgements.values() for one in ids]
    return (
        _remove(database, "judgement", ("gate_result", "phase_result"), judgements),
        _remove(database, "repair", ("attempt",), old.repairs),
        sum(_unreferred(database, leaf) for leaf in _LEAVES),
    )


def _remove(database: Database, table: str, parts: Sequence[str], ids: Sequence[str]) -> int:
    """Remove rows by their ids, with their parts; -> how many there were."""
    keys = [row for one in ids for row in database.rows(f"SELECT {table}_key FROM {table} WHERE {table}_id = ?", [one])]
    for part in (*parts, table):
        database.execute_many(f"DELETE FROM {part} WHERE {table}_key = ?", keys)
    return len(keys)


def _unreferred(database: Database, leaf: str) -> int:
    """Remove the rows of a table that none refers to; -> how many.

    Not with ``NOT IN``, for which PostgreSQL goes through all that are referred to for each row, once they are many.
    """
    used = "".join(
        f" EXCEPT SELECT {reference.column} FROM {table.name}"
        for table in tables()
        for reference in table.references
        if reference.table == leaf
    )
    (before,) = database.rows(f"SELECT COUNT(*) FROM {leaf}")[0]
    database.execute(f"DELETE FROM {leaf} WHERE {leaf}_key IN (SELECT {leaf}_key FROM {leaf}{used})")
    (after,) = database.rows(f"SELECT COUNT(*) FROM {leaf}")[0]
    return int(before - after)
