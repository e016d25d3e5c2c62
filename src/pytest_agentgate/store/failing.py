"""Tests that ever failed, added up as the results of runs come and go, so that nobody has to read them all."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_agentgate.store.database import Database

_FAILED = "outcome <> 'passed' AND outcome IN ('failed', 'error', 'rerun')"
_ADDED = f"""
INSERT INTO failing_test (node_key, failures, runs, passed)
SELECT node_key, COUNT(*), 1, NULL FROM result WHERE run_key = ? AND {_FAILED} GROUP BY node_key
ON CONFLICT (node_key) DO UPDATE SET failures = failing_test.failures + excluded.failures, runs = failing_test.runs + 1
"""
_PASSED = """
UPDATE failing_test SET passed = 1
WHERE passed = 0 AND EXISTS (
    SELECT 1 FROM result
    WHERE result.run_key = ? AND result.node_key = failing_test.node_key AND result.outcome = 'passed'
)
"""
_FOUND_OUT = """
UPDATE failing_test SET passed = CASE WHEN EXISTS (
    SELECT 1 FROM run CROSS JOIN result
    WHERE result.run_key = run.run_key AND result.node_key = failing_test.node_key AND result.outcome = 'passed'
) THEN 1 ELSE 0 END
WHERE passed IS NULL
"""
_TAKEN_AWAY = f"""
UPDATE failing_test SET runs = runs - 1, failures = failures - (
    SELECT COUNT(*) FROM result WHERE run_key = ? AND result.node_key = failing_test.node_key AND {_FAILED}
)
WHERE node_key IN (SELECT node_key FROM result WHERE run_key = ? AND {_FAILED})
"""
_DOUBTED = """
UPDATE failing_test SET passed = NULL
WHERE passed = 1 AND EXISTS (
    SELECT 1 FROM result
    WHERE result.run_key = ? AND result.node_key = failing_test.node_key AND result.outcome = 'passed'
)
"""
_WRONG = f"""
SELECT node.nodeid
FROM node
LEFT JOIN failing_test ON failing_test.node_key = node.node_key
LEFT JOIN (
    SELECT node_key, COUNT(*) AS failures, COUNT(DISTINCT run_key) AS runs
    FROM result WHERE {_FAILED} GROUP BY node_key
) AS failed ON failed.node_key = node.node_key
WHERE COALESCE(failing_test.failures, 0) <> COALESCE(failed.failures, 0)
   OR COALESCE(failing_test.runs, 0) <> COALESCE(failed.runs, 0)
   OR (failing_test.node_key IS NOT NULL AND failed.node_key IS NULL)
   OR (failing_test.node_key IS NOT NULL AND COALESCE(failing_test.passed, -1) <> CASE WHEN EXISTS (
        SELECT 1 FROM run CROSS JOIN result
        WHERE result.run_key = run.run_key AND result.node_key = node.node_key AND result.outcome = 'passed'
      ) THEN 1 ELSE 0 END)
ORDER BY node.nodeid
"""


def add(database: Database, run_key: int, *, failed: bool) -> None:
    """Add the results of a run, which are all there; ``failed`` says whether any of them did."""
    if failed:
        database.execute(_ADDED, [run_key])
    database.execute(_PASSED, [run_key])
    find_out(database)


def withdraw(database: Database, run_key: int) -> None:
    """Take away what a run added, before any of its results changes; followed by ``add`` or ``find_out``."""
    database.execute(_TAKEN_AWAY, [run_key, run_key])
    database.execute("DELETE FROM failing_test WHERE runs = 0")
    database.execute(_DOUBTED, [run_key])


def find_out(database: Database) -> None:
    """Find out which tests passed at another time, of those of which that is not known."""
    database.execute(_FOUND_OUT)


def wrong(database: Database) -> Iterator[str]:
    """Node ids of tests that are not counted as their results tell."""
    for (nodeid,) in database.rows(_WRONG):
        yield nodeid
