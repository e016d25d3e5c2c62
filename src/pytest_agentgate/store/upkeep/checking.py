"""Whether a store is whole: the file, what refers to what, the counts of runs, and the logs that are still there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pytest_agentgate.capture import runlog
from pytest_agentgate.errors import RunLogError
from pytest_agentgate.store import failing
from pytest_agentgate.store.database import Database
from pytest_agentgate.store.events import sorted_out
from pytest_agentgate.store.upkeep.content import Progress
from pytest_agentgate.store.upkeep.tables import tables

_COUNTS = """
SELECT run.run_id, run.total, COUNT(result.run_key)
FROM run
LEFT JOIN result ON result.run_key = run.run_key AND result.last = 1
GROUP BY run.run_key, run.run_id, run.total
HAVING run.total <> COUNT(result.run_key)
ORDER BY run.run_id
"""
_LOGS = """
SELECT log.folder, log.name, run.run_id, run.run_key
FROM log
JOIN run ON run.run_key = log.run_key
WHERE log.host = ? AND log.state = 'ended'
ORDER BY log.folder, log.name
"""


def check(database: Database, progress: Progress) -> Iterator[str]:
    """What is wrong, one line each; nothing where all is well."""
    with database.snapshot():
        yield from database.damage()
        yield from _references(database)
        for run_id, counted, there in database.rows(_COUNTS):
            yield f"run {run_id}: counts {counted} tests, and has {there} results"
        yield from _failing(database)
        logs = database.rows(_LOGS, [database.host])
        for number, (folder, name, run_id, run_key) in enumerate(logs):
            progress(number, len(logs))
            yield from _log(database, Path(folder) / name, run_id, run_key)


def _references(database: Database) -> Iterator[str]:
    for table in tables():
        for reference in table.references:
            column, to = f"{table.name}.{reference.column}", f"{reference.table}.{reference.key}"
            query = (
                f"SELECT COUNT(*) FROM {table.name} WHERE {reference.column} IS NOT NULL AND NOT EXISTS "
                f"(SELECT 1 FROM {reference.table} AS other WHERE other.{reference.key} = {column})"
            )
            (lost,) = database.rows(query)[0]
            if lost:
                yield f"{lost} values of {column} are in no {to}"


def _failing(database: Database) -> Iterator[str]:
    tests = list(failing.wrong(database))
    if tests:
        yield f"{len(tests)} tests are not counted in failing_test as their results tell, the first is {tests[0]}"


def _log(database: Database, path: Path, run_id: str, run_key: int) -> Iterator[str]:
    """Compare a run with its log, if that is still there."""
    told = set()
    try:
        if not path.exists():
            return
        for events, _ in runlog.stretches(path):
            told |= {
                (event["nodeid"], event.get("worker", ""), event.get("attempt", 1))
                for event in sorted_out(events).results
            }
    except RunLogError as error:
        yield str(error)
        return
    (kept,) = database.rows("SELECT COUNT(*) FROM result WHERE run_key = ?", [run_key])[0]
    if kept != len(told):
        yield f"run {run_id}: has {kept} results, and its log {path} tells of {len(told)}"
