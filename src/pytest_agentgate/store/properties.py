"""What tests recorded with ``record_property``: the rows of a run, taken in and read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pytest_agentgate.capture.runlog import Event
from pytest_agentgate.model import Property
from pytest_agentgate.store.database import Database
from pytest_agentgate.store.keys import text_keys
from pytest_agentgate.store.rows import made

OF_RUN = """
SELECT node.nodeid, name.value, property.text, property.value
FROM property
JOIN result ON result.run_key = property.run_key AND result.node_key = property.node_key
    AND result.worker_key = property.worker_key AND result.attempt = property.attempt
JOIN node ON node.node_key = property.node_key
JOIN text AS name ON name.text_key = property.name_key
JOIN text AS worker ON worker.text_key = property.worker_key
WHERE property.run_key = ? AND result.last = 1
ORDER BY node.nodeid, worker.value, property.attempt, property.number
"""


def add(database: Database, run_key: int, events: Sequence[Event], nodes: Mapping[str, int]) -> None:
    """Add what events tell of a run; of two about one attempt the later one counts."""
    workers = text_keys(database, {event.get("worker", "") for event in events})
    names = text_keys(database, {name for event in events for name, _, _ in event["values"]})
    attempts = {
        (run_key, nodes[event["nodeid"]], workers[event.get("worker", "")], event.get("attempt", 1)): event["values"]
        for event in events
    }
    of_attempt = "run_key = ? AND node_key = ? AND worker_key = ? AND attempt = ?"
    database.execute_many(f"DELETE FROM property WHERE {of_attempt}", list(attempts))
    database.insert(
        "property (run_key, node_key, worker_key, attempt, number, name_key, text, value)",
        [
            (*attempt, number, names[name], text, value)
            for attempt, values in sorted(attempts.items())
            for number, (name, text, value) in enumerate(values)
        ],
    )


def properties(database: Database, run_key: int) -> tuple[Property, ...]:
    """What the last attempt at each test recorded, in the order of node ids, workers and recording."""
    return tuple(
        [
            made(Property, {"nodeid": nodeid, "name": name, "text": text, "value": value})
            for nodeid, name, text, value in database.rows(OF_RUN, [run_key])
        ]
    )
