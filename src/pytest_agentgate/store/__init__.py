"""The store of runs: an index over their logs that anyone can query.

The log is the record; a store can be made again from logs. This package is the only one that knows SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from pytest_agentgate.errors import StoreError
from pytest_agentgate.model import (
    Agent,
    Failure,
    History,
    Ingested,
    Part,
    PhaseOfAgent,
    Property,
    Recurrence,
    Result,
    Run,
    RunComparison,
    RunReport,
    RunSummary,
    Warned,
)
from pytest_agentgate.store import causes, comparison, history, ingest, properties, results, runs, schema
from pytest_agentgate.store.database import Database
from pytest_agentgate.store.sqlite import SQLiteDatabase
from pytest_agentgate.store.urls import is_server, path_of, refuse_unset

if TYPE_CHECKING:
    from pytest_agentgate.model.judgement import Approval, Judge, Judgement
    from pytest_agentgate.model.repair import Repair

__all__ = ["Store", "connected", "open_database", "open_store", "path_of"]

_DRIVER = "pytest_agentgate.store.postgres"  # by name: it needs a library, and is not lent to other interpreters
_TREND = 30  # runs that a report looks back on


def open_store(url: str, *, read_only: bool = False) -> Store:
    """Open the store at ``sqlite:///relative.db``, ``sqlite:////absolute.db``, a path or ``postgresql://``.

    It is made if it is new. Raises StoreError, and leaves the store as it is, if it is damaged, not a store, newer than
    this version, out of reach, or to be read only and not there. A store of an older version is migrated in one
    transaction.
    """
    return Store(open_database(url, read_only=read_only))


def open_database(url: str, *, read_only: bool = False) -> Database:
    """Open what is behind a store; see ``open_store``."""
    database = connected(url, read_only=read_only)
    try:
        schema.prepare(database)
        if not read_only:
            database.let_readers_read()
    except BaseException:
        database.close()
        raise
    return database


def connected(url: str, *, read_only: bool = False) -> Database:
    """The database behind a store, of whichever version it is; see ``open_store``."""
    refuse_unset(url)
    if not is_server(url):
        return SQLiteDatabase(path_of(url), read_only=read_only)
    try:
        driver = import_module(_DRIVER)
    except ImportError as error:
        name = (error.name or "").partition(".")[0]
        lacked = {"psycopg": "lacks psycopg", __name__.partition(".")[0]: "lacks agentgate itself"}
        why = lacked.get(name) or f"cannot load psycopg ({' '.join(str(error).split())})"  # such as without libpq
        raise StoreError(
            f"{url.partition(':')[0]}: this interpreter {why}: pip install 'pytest-agentgate[postgres]' "
            "where agentgate is installed"
        ) from error
    database: Database = driver.PostgresDatabase(url, read_only=read_only)
    return database


class Store:
    """The runs of a project; a context manager that closes at its end.

    Everything that a method returns is a value. Each method raises StoreError if the store cannot be read or written.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, type_: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the store."""
        self._database.close()

    def ingest(self, folder: Path, progress: Callable[[int, int], object] | None = None) -> Ingested:
        """Take in what is new in the logs of a folder; logs that are none are told once and left alone.

        ``progress`` is called before each log with the number of logs that are done, and of all that have news.
        """
        return ingest.ingest(self._database, folder, progress)

    def runs(self, limit: int = 10) -> tuple[Run, ...]:
        """The newest runs, newest first."""
        return runs.latest(self._database, limit)

    def run(self, selector: str = "last") -> Run:
        """The run that "last", an id or the beginning of one stands for; StoreError says which exist."""
        return runs.one(self._database, selector)

    def run_summary(self, run_id: str = "last") -> RunSummary:
        """A run with its causes, largest first; of a run that goes on, with those so far."""
        with self._database.snapshot():
            return self._summary(*self._chosen(run_id))

    def run_report(self, run_id: str = "last", parts: Collection[Part] = tuple(Part)) -> RunReport:
        """A run with its causes, and the parts that a report needs."""
        with self._database.snapshot():
            run, key = self._chosen(run_id)
            wanted = frozenset(parts)
            database = self._database
            return RunReport(
                self._summary(run, key),
                results=results.results(database, key) if Part.RESULTS in wanted else (),
                failures=tuple(results.failures(database, key).values()) if Part.FAILURES in wanted else (),
                properties=properties.properties(database, key) if Part.PROPERTIES in wanted else (),
                warnings=results.warnings(database, key) if Part.WARNINGS in wanted else (),
                trend=runs.up_to(database, run, _TREND) if Part.TREND in wanted else (),
                phases=self.latest_phases() if Part.PHASES in wanted else (),
            )

    def results(self, run_id: str = "last") -> tuple[Result, ...]:
        """Every attempt at every test of a run, in the order of node ids, workers and attempts."""
        with self._database.snapshot():
            return results.results(self._database, self._chosen(run_id)[1])

    def failures(self, run_id: str = "last") -> tuple[Failure, ...]:
        """The failures of a run in the order of its log; a collector that several workers report is there once."""
        with self._database.snapshot():
            return tuple(results.failures(self._database, self._chosen(run_id)[1]).values())

    def warnings(self, run_id: str = "last") -> tuple[Warned, ...]:
        """The warnings of a run, once for each origin."""
        with self._database.snapshot():
            return results.warnings(self._database, self._chosen(run_id)[1])

    def properties(self, run_id: str = "last") -> tuple[Property, ...]:
        """What the last attempt at each test of a run recorded, in the order of node ids, workers and recording."""
        with self._database.snapshot():
            return properties.properties(self._database, self._chosen(run_id)[1])

    def run_at(self, commit: str, other_than: str = "") -> Run | None:
        """The run that stands for a commit, given in full: the newest completed, clean and of all tests if any is.

        ``other_than`` is the id of a run that cannot, such as one that is to be compared with it.
        """
        return runs.at(self._database, commit, other_than)

    def judgement(self, run_id: str = "last", judge: Judge | None = None) -> Judgement | None:
        """The latest judgement of a run, or the latest by one judge."""
        with self._database.snapshot():
            return self._judged(runs.one(self._database, run_id), judge)

    def judgements(self, limit: int = 10) -> tuple[Judgement, ...]:
        """The newest judgements, of recorded runs and of others, newest first."""
        from pytest_agentgate.store import judgements

        with self._database.snapshot():
            return judgements.latest(self._database, limit)

    def repairs(self, limit: int = 10) -> tuple[Repair, ...]:
        """The newest repairs, newest first."""
        from pytest_agentgate.store import repairs

        with self._database.snapshot():
            return repairs.latest(self._database, limit)

    def repair_of(self, run_id: str) -> Repair | None:
        """The repair that ended with a run, given by its whole id."""
        from pytest_agentgate.store import repairs

        with self._database.snapshot():
            return repairs.of_run(self._database, run_id)

    def latest_phases(self) -> tuple[PhaseOfAgent, ...]:
        """What became of each phase when an agent's run was judged the last time, sorted by agent and phase."""
        from pytest_agentgate.store import judgements

        return judgements.latest_phases(self._database)

    def approvals(self, commit: str) -> tuple[Approval, ...]:
        """The approvals of a commit, given in full, by phase, the earliest first."""
        from pytest_agentgate.store import judgements

        return judgements.approvals(self._database, commit)

    def errors(self, limit: int = 50) -> tuple[Recurrence, ...]:
        """Causes over all runs, the latest seen first."""
        return causes.recurrences(self._database, limit)

    def compare(self, before: str, after: str) -> RunComparison:
        """What became of the tests and causes of one run in another."""
        with self._database.snapshot():
            return comparison.compare(self._database, self._chosen(before), self._chosen(after))

    def agents(self) -> tuple[Agent, ...]:
        """Who made runs, the latest first."""
        return runs.agents(self._database)

    def collected(self, run_id: str) -> dict[str, int]:
        """How many tests a run collected, by file; nothing of one that never came so far."""
        return self._database.pairs(runs.COLLECTED, [self._chosen(run_id)[1]])

    def history(
        self, groups: Mapping[str, Collection[str]], before_run: str = "", window: int = history.WINDOW
    ) -> History:
        """What the last ``window`` runs before a run, or of all if the store lacks it, say about signatures."""
        with self._database.snapshot():
            return history.history(self._database, groups, before_run, window)

    def _summary(self, run: Run, key: int) -> RunSummary:
        database = self._database
        collected = runs.collected(database, run, key)
        return RunSummary(run, causes.causes(database, key), collected, self._judged(run), self._repaired(run))

    def _judged(self, run: Run, judge: Judge | None = None) -> Judgement | None:
        if not runs.is_judged(self._database, run.id):  # most runs are not, and need none of the nouns of gates
            return None
        from pytest_agentgate.store import judgements

        return judgements.of_run(self._database, run.id, judge)

    def _repaired(self, run: Run) -> Repair | None:
        if not runs.ends_repair(self._database, run.id):
            return None
        from pytest_agentgate.store import repairs

        return repairs.of_run(self._database, run.id)

    def _chosen(self, selector: str) -> tuple[Run, int]:
        run = runs.one(self._database, selector)
        return run, runs.key_of(self._database, run.id)
