"""Logs of other machines and of CI taken into a store, each once, however often and however packed they come."""

from __future__ import annotations

from pathlib import Path

from pytest_agentgate.model import Ingested
from pytest_agentgate.store.database import Database
from pytest_agentgate.store.ingest import ingest
from pytest_agentgate.store.upkeep.arrivals import Arrival, arrivals
from pytest_agentgate.store.upkeep.content import Progress, silently


def take_in(database: Database, path: Path, progress: Progress = silently) -> Ingested:
    """Take in the logs that a path stands for; see ``arrivals``. Raises RunLogError; what came before is taken in."""
    found: list[Ingested] = []
    problems: list[str] = []
    with arrivals(path, problems.append) as arrived:
        for arrival in arrived:
            found.append(ingest(database, arrival.folder, progress))
            problems += (_at_its_origin(problem, arrival) for problem in found[-1].problems)
            if arrival.origin:
                database.writing(lambda: _remember_origin(database, arrival))  # noqa: B023  called at once
    return Ingested(
        sum(one.logs for one in found),
        sum(one.runs for one in found),
        sum(one.results for one in found),
        sum(one.failures for one in found),
        tuple(problems),
    )


def _at_its_origin(problem: str, arrival: Arrival) -> str:
    return problem.replace(str(arrival.folder.resolve()), arrival.origin) if arrival.origin else problem


def _remember_origin(database: Database, arrival: Arrival) -> None:
    """Have the log of a run stand under where it came from; of one that gave none nothing need be known."""
    read, origin = (
        str(place).encode("utf-8", "backslashreplace").decode("utf-8")
        for place in (arrival.folder.resolve(), arrival.origin)
    )
    database.execute("DELETE FROM log WHERE host = ? AND folder = ? AND run_key IS NULL", [database.host, read])
    database.execute(
        "UPDATE log SET folder = ? WHERE host = ? AND folder = ? AND NOT EXISTS (SELECT 1 FROM log AS other "
        "WHERE other.host = log.host AND other.folder = ? AND other.name = log.name)",
        [origin, database.host, read, origin],
    )
