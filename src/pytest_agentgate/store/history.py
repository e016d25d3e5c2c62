"""What the runs before one say about its causes."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from pytest_agentgate.model import History, Outcome, PastRun, RunStatus
from pytest_agentgate.store.database import Database
from pytest_agentgate.store.keys import known_nodes

WINDOW = 50
"""Runs that are looked at."""

_TRIED = 50  # tests of one cause that are asked after: each is a probe in each run
_DID_NOT_RUN = (Outcome.NOT_RUN.value, Outcome.SKIPPED.value)


def history(
    database: Database, groups: Mapping[str, Collection[str]], before_run: str, window: int = WINDOW
) -> History:
    """The history of signatures, each with the node ids that have it in the run ``before_run``.

    The runs are those that began before it; all, if the store does not know it. A run passed a signature if it did not
    have it and ran one of its tests, or collected one of its files.
    """
    past = _past(database, before_run, window)
    if not past:
        return History()
    ids = {key: run.id for key, (run, _) in past.items()}
    failed: dict[str, set[int]] = {signature: set() for signature in groups}
    for signature, key in database.rows(
        "SELECT reason.signature, cause.run_key FROM cause JOIN reason ON reason.reason_key = cause.reason_key "
        f"WHERE cause.run_key IN {_marks(past)}",
        [*past],
    ):
        if signature in failed:
            failed[signature].add(key)
    tried = {signature: sorted(nodeids)[:_TRIED] for signature, nodeids in groups.items()}
    nodes = known_nodes(database, {nodeid for nodeids in tried.values() for nodeid in nodeids})
    passed = {
        signature: _ran(database, nodeids, nodes, past.keys() - failed[signature])
        for signature, nodeids in tried.items()
    }
    return History(
        runs=tuple(run for run, _ in past.values()),
        failed={signature: frozenset(ids[key] for key in keys) for signature, keys in failed.items() if keys},
        passed={signature: frozenset(ids[key] for key in keys) for signature, keys in passed.items() if keys},
        hidden=_hidden(database, {id_ for nodeids in groups.values() for id_ in nodeids if "::" not in id_}, past),
    )


def _past(database: Database, before_run: str, window: int) -> dict[int, tuple[PastRun, bool]]:
    """Runs by key, newest first, each with whether it selected nothing: a part says little about what is hidden."""
    query = (
        "SELECT run_key, run_id, commit_id, dirty, arguments, deselected FROM run "
        "WHERE run_id <> ? AND status <> ?{} ORDER BY created_at DESC, run_id DESC LIMIT ?"
    )
    this = database.rows("SELECT created_at FROM run WHERE run_id = ?", [before_run])
    parameters: list[object] = [before_run, RunStatus.RUNNING.value]
    if this:
        query = query.format(" AND (created_at < ? OR (created_at = ? AND run_id < ?))")
        parameters += [this[0][0], this[0][0], before_run]
    else:
        query = query.format("")
    return {
        key: (
            PastRun(id_, commit, dirty if dirty is None else bool(dirty)),
            not deselected and not any("::" in argument for argument in json.loads(arguments)),
        )
        for key, id_, commit, dirty, arguments, deselected in database.rows(query, [*parameters, window])
    }


def ran(database: Database, nodeids: Collection[str], runs: Collection[int]) -> set[int]:
    """Which of the runs, given by their keys, ran any of the tests, or collected any of the files or folders.

    Of many node ids only the first are looked at.
    """
    nodeids = sorted(nodeids)[:_TRIED]
    return _ran(database, nodeids, known_nodes(database, nodeids), runs)


def _ran(database: Database, nodeids: list[str], nodes: Mapping[str, int], runs: Collection[int]) -> set[int]:
    left, tried = set(runs), set[int]()
    for nodeid in nodeids:
        if not left:
            break
        if "::" in nodeid:
            found = _runs_of_test(database, nodes.get(nodeid, -1), left)
        else:
            found = {key for key, _, _ in _collected(database, nodeid, left)}
        tried |= found
        left -= found
    return tried


def _runs_of_test(database: Database, node_key: int, runs: Collection[int]) -> set[int]:
    query = (
        f"SELECT DISTINCT run_key FROM result WHERE run_key IN {_marks(runs)} AND node_key = ? "
        "AND outcome NOT IN (?, ?)"
    )
    return {key for (key,) in database.rows(query, [*runs, node_key, *_DID_NOT_RUN])}


def _collected(database: Database, nodeid: str, runs: Collection[int]) -> list[tuple[int, str, int]]:
    """What the runs collected of a file, else of a folder ("" and "." are all there is): run, file, tests."""
    query = (
        "SELECT collected.run_key, text.value, collected.tests FROM collected "
        f"JOIN text ON text.text_key = collected.file_key WHERE collected.run_key IN {_marks(runs)}"
    )
    if nodeid in ("", "."):
        return database.rows(query, [*runs])
    of_file = f"{query} AND collected.file_key = (SELECT text_key FROM text WHERE value = ?)"
    rows = database.rows(of_file, [*runs, nodeid])
    below = f"{nodeid}/"
    return rows or database.rows(query + " AND substr(text.value, 1, ?) = ?", [*runs, len(below), below])


def _hidden(
    database: Database, collectors: Collection[str], past: Mapping[int, tuple[PastRun, bool]]
) -> dict[str, int]:
    """How many tests each file had in the newest run that collected it, one that selected nothing before any other."""
    rank = {key: place for place, key in enumerate(sorted(past, key=lambda key: not past[key][1]))}
    hidden: dict[str, int] = {}
    for nodeid in collectors:
        found = _collected(database, nodeid, past)
        if not found:
            continue
        newest = min(found, key=lambda row: rank[row[0]])[0]
        tests = {file: number for key, file, number in found if key == newest}
        hidden |= {"": sum(tests.values())} if nodeid in ("", ".") else tests
    return hidden


def _marks(values: Collection[object]) -> str:
    return f"({', '.join('?' * len(values))})"
