"""Whether a store is whole: its file, what refers to what, the counts of runs, and the logs that are still there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pytest_agentgate.errors import StoreError
from pytest_agentgate.model import Outcome
from pytest_agentgate.store import failing
from pytest_agentgate.store.database import Database
from pytest_agentgate.store.recording import COUNTED
from pytest_agentgate.store.upkeep.content import Progress, silently
from pytest_agentgate.store.upkeep.retelling import Retelling
from pytest_agentgate.store.upkeep.tables import tables

_PARTS = (  # rows that belong to one of another table: what, its table, and the columns of both that say to which
    ("causes", "cause", "failure", (("run_key", "run_key"), ("exemplar", "number"))),
    ("tests of causes", "cause_node", "cause", (("run_key", "run_key"), ("number", "number"))),
    ("conditions", "gate_result", "phase_result", (("judgement_key", "judgement_key"), ("phase_number", "number"))),
)
_NOT_FROM_ONE_LOG = """
SELECT run.run_id, COUNT(log.name)
FROM run
LEFT JOIN log ON log.run_key = run.run_key
GROUP BY run.run_id
HAVING COUNT(log.name) <> 1
ORDER BY run.run_id
"""
# A failure of the run itself has no test, and counts as one.
_CAUSES = """
SELECT run_id, number, size, has
FROM (
    SELECT run.run_id, cause.number, cause.size, COUNT(cause_node.place) + COUNT(DISTINCT of_run.signature) AS has
    FROM cause
    JOIN run ON run.run_key = cause.run_key
    JOIN reason ON reason.reason_key = cause.reason_key
    LEFT JOIN cause_node ON cause_node.run_key = cause.run_key AND cause_node.number = cause.number
    LEFT JOIN (
        SELECT DISTINCT failure.run_key, reason.signature
        FROM failure
        JOIN node ON node.node_key = failure.node_key
        JOIN reason ON reason.reason_key = failure.reason_key
        WHERE node.nodeid = ''
    ) AS of_run ON of_run.run_key = cause.run_key AND of_run.signature = reason.signature
    GROUP BY run.run_id, cause.number, cause.size
) AS counted
WHERE size <> has
ORDER BY run_id, number
"""
_LOGS = """
SELECT log.folder, log.name, log.state, log.size, run.run_id
FROM log
LEFT JOIN run ON run.run_key = log.run_key
WHERE log.host = ? AND log.state IN ('ended', 'interrupted')
ORDER BY log.folder, log.name
"""


def check(database: Database, progress: Progress = silently) -> Iterator[str]:
    """What is wrong, one line each; nothing where all is well."""
    with database.snapshot():
        damage = list(_damage(database))
        yield from damage
        if damage:  # what the rest would say cannot be relied on
            return
        yield from _references(database)
        yield from _parts(database)
        yield from _counts(database)
        yield from _causes(database)
        yield from _failing(database)
        yield from _logs(database, progress)


def _damage(database: Database) -> Iterator[str]:
    try:
        yield from database.damage()
    except StoreError as error:  # too much of it to be looked for
        yield str(error)


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


def _parts(database: Database) -> Iterator[str]:
    for what, table, whole, columns in _PARTS:
        same = " AND ".join(f"whole.{theirs} = {table}.{ours}" for ours, theirs in columns)
        query = f"SELECT COUNT(*) FROM {table} WHERE NOT EXISTS (SELECT 1 FROM {whole} AS whole WHERE {same})"
        (lost,) = database.rows(query)[0]
        if lost:
            yield f"{lost} {what} belong to no row of {whole}"


def _counts(database: Database) -> Iterator[str]:
    names = ("total", *COUNTED)
    sums = ", ".join(
        f"SUM(CASE WHEN outcome IN ({_quoted(outcomes)}) THEN 1 ELSE 0 END)" for outcomes in COUNTED.values()
    )
    there = {
        run_key: numbers
        for run_key, *numbers in database.rows(
            f"SELECT run_key, COUNT(*), {sums} FROM result WHERE last = 1 GROUP BY run_key"
        )
    }
    none = [0] * len(names)
    for run_key, run_id, *numbers in database.rows(
        f"SELECT run_key, run_id, {', '.join(names)} FROM run ORDER BY run_id"
    ):
        for name, counted, has in zip(names, numbers, there.get(run_key, none), strict=True):
            if counted != has:
                kept = f"{has} results" if name == "total" else f"results of {has}"
                yield f"run {run_id}: counts {counted} {'tests' if name == 'total' else name}, and has {kept}"


def _causes(database: Database) -> Iterator[str]:
    for run_id, number, counted, has in database.rows(_CAUSES):
        yield f"run {run_id}: counts {counted} tests of its cause {number}, and has {has}"


def _failing(database: Database) -> Iterator[str]:
    tests = list(failing.wrong(database))
    if tests:
        yield f"{len(tests)} tests are not counted in failing_test as their results tell, the first is {tests[0]}"


def _quoted(outcomes: Iterable[Outcome]) -> str:
    return ", ".join(f"'{outcome.value}'" for outcome in outcomes)


def _logs(database: Database, progress: Progress) -> Iterator[str]:
    """Compare what is kept with what the logs tell that are still there, read once more."""
    for run_id, number in database.rows(_NOT_FROM_ONE_LOG):
        yield f"run {run_id}: came from {number} logs, not from one"
    logs = database.rows(_LOGS, [database.host])
    with Retelling() as retelling:
        for number, (folder, name, state, size, run_id) in enumerate(logs):
            progress(number, len(logs))
            path = Path(folder) / name
            try:
                if not path.is_file() or (state == "interrupted" and path.stat().st_size != size):
                    continue  # a log that goes on after all is taken in by whoever reads next
            except OSError as error:
                yield f"{path}: cannot be read: {error.strerror}"
                continue
            yield from retelling.differences(database, path, run_id)
