"""What is old taken out of a store, and what nobody refers to any more."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from pytest_agentgate.errors import UsageError
from pytest_agentgate.model import RunStatus
from pytest_agentgate.store.database import Database
from pytest_agentgate.store.recording import Recording
from pytest_agentgate.store.upkeep.content import Progress
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

    def data(self) -> dict[str, object]:
        """As JSON data."""
        return asdict(self)


def moment(keep: str) -> str:
    """When a term such as ``90d``, ``12w`` or ``36h`` began, ISO 8601; raises UsageError for any other."""
    match = re.fullmatch(r"(\d{1,6})([hdw])", keep)
    if match is None:
        raise UsageError(f"--keep {keep!r}: a number of hours, days or weeks such as 36h, 90d or 12w")
    then = datetime.now(UTC) - timedelta(hours=int(match[1]) * _HOURS[match[2]])
    return then.isoformat(timespec="microseconds")


def prune(database: Database, before: str, progress: Progress, *, dry: bool = False) -> Pruned:
    """Take out runs that began before a moment, with what was judged of them, and repairs; approvals stay.

    A run that goes on stays, too, and so do all logs: they are not read again where they lie.
    """
    runs = [
        (key, run_id)
        for key, run_id in database.rows(
            "SELECT run_key, run_id FROM run WHERE created_at < ? AND status <> ? ORDER BY run_key",
            [before, RunStatus.RUNNING.value],
        )
    ]
    gone = {run_id for _, run_id in runs}
    judgements = [
        key
        for key, run_id, judged_at in database.rows("SELECT judgement_key, run_id, judged_at FROM judgement")
        if run_id in gone or (judged_at < before and not run_id)
    ]
    repairs = [key for (key,) in database.rows("SELECT repair_key FROM repair WHERE created_at < ?", [before])]
    texts = 0
    if not dry:
        for number, (key, _) in enumerate(runs):
            progress(number, len(runs))
            database.writing(partial(_forget, database, key))
        texts = database.writing(lambda: _rest(database, judgements, repairs))
        database.shrink()
    return Pruned(before, len(runs), len(judgements), len(repairs), texts)


def _forget(database: Database, run_key: int) -> None:
    database.execute("UPDATE log SET state = 'ended', run_key = NULL WHERE run_key = ?", [run_key])
    Recording(database, run_key).forget()


def _rest(database: Database, judgements: list[int], repairs: list[int]) -> int:
    for table, key, keys in (
        ("gate_result", "judgement_key", judgements),
        ("phase_result", "judgement_key", judgements),
        ("judgement", "judgement_key", judgements),
        ("attempt", "repair_key", repairs),
        ("repair", "repair_key", repairs),
    ):
        database.execute_many(f"DELETE FROM {table} WHERE {key} = ?", [(one,) for one in keys])
    return sum(_unreferred(database, leaf) for leaf in _LEAVES)


def _unreferred(database: Database, leaf: str) -> int:
    """Remove the rows of a table that none refers to; -> how many."""
    used = " UNION ".join(
        f"SELECT {reference.column} FROM {table.name} WHERE {reference.column} IS NOT NULL"
        for table in tables()
        for reference in table.references
        if reference.table == leaf
    )
    (before,) = database.rows(f"SELECT COUNT(*) FROM {leaf}")[0]
    database.execute(f"DELETE FROM {leaf} WHERE {leaf}_key NOT IN ({used})")
    (after,) = database.rows(f"SELECT COUNT(*) FROM {leaf}")[0]
    return int(before - after)
