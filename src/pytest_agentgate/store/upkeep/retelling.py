"""What logs tell when they are read once more, next to what a store has of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from hashlib import blake2b
from pathlib import Path
from types import TracebackType

from pytest_agentgate.errors import RunLogError
from pytest_agentgate.store import schema
from pytest_agentgate.store.database import Database, Row
from pytest_agentgate.store.events import without_nul
from pytest_agentgate.store.ingest import ingest
from pytest_agentgate.store.recording import Recording
from pytest_agentgate.store.sqlite import SQLiteDatabase
from pytest_agentgate.store.upkeep.content import written

_AT_A_TIME = 1_000

_RESULTS = """
SELECT result.node_key, result.worker_key, result.attempt, node.nodeid, worker.value, result.last, result.outcome,
       result.report_when, reason.value, result.duration, result.teardown
FROM result
JOIN node ON node.node_key = result.node_key
JOIN text AS worker ON worker.text_key = result.worker_key
LEFT JOIN text AS reason ON reason.text_key = result.reason_key
WHERE result.run_key = ?
"""
_FAILURES = """
SELECT failure.number, node.nodeid, failure.scope, failure.report_when, failure.attempt, failure.final, worker.value,
       reason.signature, reason.kind, reason.title, reason.next_action, type.value, evidence.message, evidence.text,
       evidence.facts
FROM failure
JOIN node ON node.node_key = failure.node_key
JOIN text AS worker ON worker.text_key = failure.worker_key
JOIN reason ON reason.reason_key = failure.reason_key
JOIN evidence ON evidence.evidence_key = failure.evidence_key
JOIN text AS type ON type.text_key = evidence.type_key
WHERE failure.run_key = ?
"""
_WARNINGS = """
SELECT warning.origin_key, origin.category, origin.message, origin.path, origin.line, warning.report_when, node.nodeid,
       warning.count
FROM warning
JOIN origin ON origin.origin_key = warning.origin_key
JOIN node ON node.node_key = warning.node_key
WHERE warning.run_key = ?
"""
_PROPERTIES = """
SELECT property.node_key, property.worker_key, property.attempt, property.number, node.nodeid, worker.value, name.value,
       property.text, property.value
FROM property
JOIN node ON node.node_key = property.node_key
JOIN text AS worker ON worker.text_key = property.worker_key
JOIN text AS name ON name.text_key = property.name_key
WHERE property.run_key = ?
"""
_COLLECTED = """
SELECT collected.file_key, file.value, collected.tests
FROM collected
JOIN text AS file ON file.text_key = collected.file_key
WHERE collected.run_key = ?
"""
_OF_A_RUN = (  # what, the query, and the columns that it begins with and whose order is that of the table
    ("results", _RESULTS, ("result.node_key", "result.worker_key", "result.attempt")),
    ("failures", _FAILURES, ("failure.number",)),
    ("warnings", _WARNINGS, ("warning.origin_key",)),
    ("properties", _PROPERTIES, ("property.node_key", "property.worker_key", "property.attempt", "property.number")),
    ("collected files", _COLLECTED, ("collected.file_key",)),
)
_BESIDES = (  # what stands in logs of its own: the word for it, its id, and the views that show it
    ("judgement", "judgement_id", ("judgements", "phases", "gates")),
    ("repair", "repair_id", ("repairs", "attempts")),
)


class Retelling:
    """A store for one log at a time, made anew; a context manager."""

    def __init__(self) -> None:
        with ExitStack() as stack:
            place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="agentgate-check-")))
            self._folder = place / "runs"
            self._folder.mkdir()
            self._database = SQLiteDatabase(place / "told.db")
            stack.enter_context(closing(self._database))
            schema.prepare(self._database)
            self._database.let_readers_read()
            self._stack = stack.pop_all()

    def __enter__(self) -> Retelling:
        return self

    def __exit__(
        self, type_: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    def differences(self, database: Database, path: Path, run_id: str | None) -> Iterator[str]:
        """What a store says otherwise than a log that it has read, a line each; ``run_id`` is that of its run."""
        link = self._folder / path.name
        try:
            link.symlink_to(path)
            ingest(self._database, self._folder)
            if run_id is not None:
                yield from self._of_run(database, path, run_id)
            yield from self._besides(database, path)
        except RunLogError as error:
            yield str(error)
        finally:
            link.unlink(missing_ok=True)
            self._forget()

    def _of_run(self, database: Database, path: Path, run_id: str) -> Iterator[str]:
        if [(run_id,)] != self._database.rows("SELECT run_id FROM run"):
            yield f"run {run_id}: its log {path} does not tell of it"
            return
        for what, query, keys in _OF_A_RUN:
            kept, told = (_content(one, query, keys, run_id) for one in (database, self._database))
            if kept[0] != told[0]:
                yield f"run {run_id}: has {kept[0]} {what}, and its log {path} tells of {told[0]}"
            elif kept != told:
                yield f"run {run_id}: its {what} are not those that its log {path} tells of"
        query = "SELECT * FROM runs WHERE run_id = ?"
        if _shown(database, query, run_id) != _shown(self._database, query, run_id):
            yield f"run {run_id}: is not what its log {path} tells"

    def _besides(self, database: Database, path: Path) -> Iterator[str]:
        for what, column, views in _BESIDES:
            for (one,) in self._database.rows(f"SELECT {column} FROM {what}"):
                if not database.rows(f"SELECT 1 FROM {what} WHERE {column} = ?", [one]):
                    continue  # pruned
                queries = [f"SELECT * FROM {view} WHERE {column} = ?" for view in views]
                if any(_shown(database, query, one) != _shown(self._database, query, one) for query in queries):
                    yield f"{what} {one}: is not what its log {path} tells"
        for approval in self._database.rows("SELECT * FROM approval"):
            if tuple(map(without_nul, approval)) not in _shown(
                database, "SELECT * FROM approval WHERE commit_id = ?", without_nul(approval[0])
            ):
                yield f"the approval of phase {approval[1]} in {path} is not there"

    def _forget(self) -> None:
        for (run_key,) in self._database.rows("SELECT run_key FROM run"):
            Recording(self._database, run_key).forget()
        for table in ("log", "gate_result", "phase_result", "judgement", "attempt", "repair", "approval"):
            self._database.execute(f"DELETE FROM {table}")


def _content(database: Database, query: str, keys: Sequence[str], run_id: str) -> tuple[int, int]:
    """How many rows there are, and a sum over them for which their order, that of a store's keys, does not matter."""
    ((run_key,),) = database.rows("SELECT run_key FROM run WHERE run_id = ?", [run_id])
    names, marks = ", ".join(keys), ", ".join("?" * len(keys))
    number, total, after = 0, 0, list[object]()
    while True:
        further = f"AND ({names}) > ({marks}) " if after else ""
        rows = database.rows(f"{query} {further}ORDER BY {names} LIMIT ?", [run_key, *after, _AT_A_TIME])
        for row in rows:
            told = written(tuple(map(without_nul, row[len(keys) :])))
            total += int.from_bytes(blake2b(told, digest_size=16).digest(), "big")
        number += len(rows)
        if len(rows) < _AT_A_TIME:
            return number, total
        after = list(rows[-1][: len(keys)])


def _shown(database: Database, query: str, one: str) -> list[Row]:
    return sorted((tuple(map(without_nul, row)) for row in database.rows(query, [one])), key=repr)
