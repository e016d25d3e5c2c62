"""Ingest a million results and ask for them, side by side with the bare SQL in the same process.

    python benchmarks/store.py [--runs 100] [--tests 10000] [--store FILE] [--postgres URL]

The store is made from logs as a recorder writes them: runs of the same tests, of which 2% fail with evidence for causes
that they share. Printed: what ingesting costs a row, against parsing the same lines and inserting the same numbers with
nothing around it; the size of the file; the time of each query of the API against that of its SQL alone; and the five
queries of a report. Times are CPU seconds, medians of alternating repetitions; of a server, whose work is none of this
process', they are seconds that passed, and for one log the CPU seconds of both, next to a COPY of the same rows into a
table with the same keys and indexes. ``--postgres``, or $STORE_URL, names a database without a store.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_agentgate.capture import runlog
from pytest_agentgate.capture.runlog import RunLog
from pytest_agentgate.store import Store, causes, comparison, open_store, results, rows, runs

if TYPE_CHECKING:
    import psycopg

CAUSES = 10
AGENTS = 5
FAILING = 50  # every so many tests one fails

Ask = Callable[[str, Sequence[object]], list[tuple[Any, ...]]]
"""Puts a query to a database with nothing around it."""

RESULTS = """
SELECT nodeid, outcome, duration, report_when, worker_id, attempt, reason FROM results WHERE run_id = ?
ORDER BY nodeid, worker_id, attempt
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--tests", type=int, default=10_000)
    parser.add_argument("--store", type=Path, help="where the store is made, and kept")
    parser.add_argument("--postgres", default=os.environ.get("STORE_URL", ""), help="a new database")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.store or Path(folder) / "store.db"
        ingesting(Path(folder), options.tests)
        fill(str(path), Path(folder) / "runs", options.runs, options.tests)
        print(f"  the file has {path.stat().st_size / 1e6:.1f} MB")
        with open_store(str(path), read_only=True) as store, closing(sqlite3.connect(path)) as bare:
            api(store, lambda sql, parameters: bare.execute(sql, parameters).fetchall())
            reports(lambda sql, parameters: bare.execute(sql, parameters).fetchall())
        many_logs(Path(folder))
        if options.postgres:
            on_a_server(options.postgres, Path(folder), options.runs, options.tests)


# ---- runs that never were


def nodeids(tests: int) -> list[str]:
    return [
        f"tests/area_{number // 500}/test_module_{number // 40}.py::TestCase{number // 8}::test_behaviour[{number}]"
        for number in range(tests)
    ]


def write_log(folder: Path, number: int, tests: Sequence[str], *, failing: int) -> Path:
    """The log of a run in which every so many tests one fails; 0: none."""
    minutes, seconds = divmod(number, 60)
    log = RunLog(folder, f"20260131T12{minutes:02}{seconds:02}-{number:08x}")
    log.write(
        {
            "event": "run",
            "log": runlog.FORMAT,
            "id": log.path.stem,
            "created_at": f"2026-01-31T12:{minutes:02}:{seconds:02}.000000+00:00",
            "agent": f"agent-{number % AGENTS}",
            "task": f"task-{number % 7}",
            "commit": f"{number // 3:040x}",
            "branch": "main",
            "dirty": False,
            "root": "/project",
            "host": "here",
            "pid": 1,
            "python": "3.11.7",
            "pytest": "9.2.0",
            "platform": "Linux-6.1-x86_64",
            "plugins": [f"pytest-plugin-{plugin} 1.{plugin}" for plugin in range(8)],
            "arguments": ["-n", "2", "-q"],
            "workers": 2,
        }
    )
    log.write({"event": "collected", "nodeids": list(tests), "deselected": 0})
    for place, nodeid in enumerate(tests):
        worker = f"gw{place % 2}"
        duration = 0.0005 + (place * 7919 + number * 104729) % 1000 / 1e6
        if failing and (place + number % 3) % failing == 0:
            write_failure(log, nodeid, worker, place // failing % CAUSES)
            log.result(nodeid, "failed", duration, worker, when="call")
        else:
            log.result(nodeid, "passed", duration, worker)
    end = {"status": "completed", "exit_status": 1, "duration": 60.0 + number, "ended_at": "2026-01-31T14:00:00+00:00"}
    log.write({"event": "end", **end})
    log.close()
    return log.path


def write_failure(log: RunLog, nodeid: str, worker: str, cause: int) -> None:
    frames = [
        {
            "role": "source" if depth else "test",
            "path": f"src/package/module_{depth}.py" if depth else nodeid.partition("::")[0],
            "line": 10 + depth,
            "function": f"Type.method_{depth}",
            "module": f"package.module_{depth}",
        }
        for depth in range(8)
    ]
    message = f"order() got an unexpected keyword argument 'quantity_{cause}'"
    log.write(
        {
            "event": "failure",
            "nodeid": nodeid,
            "scope": "test",
            "when": "call",
            "worker": worker,
            "kind": ("interface", "validation", "assertion")[cause % 3],
            "signature": f"c1:{cause:016x}",
            "title": message,
            "next_action": "Pass the argument by the name that it has now.",
            "text": "\n".join(f"E   line {line} of what pytest prints about {message}" for line in range(20)),
            "evidence": {
                "chain": [
                    {
                        "type": "TypeError",
                        "bases": ["Exception", "BaseException"],
                        "message": message,
                        "link": "raised",
                        "facts": {"callable": "package.order", "problem": "unexpected_keyword"},
                        "frames": frames,
                    }
                ],
                "comparison": None,
                "worker": worker,
                "live": True,
            },
        }
    )


# ---- what is measured


def cpu(work: Callable[[], object], repeat: int = 1, clock: Callable[[], float] = time.process_time) -> float:
    began = clock()
    for _ in range(repeat):
        work()
    return (clock() - began) / repeat


def ingesting(folder: Path, tests: int) -> None:
    """One log into a store that knows its tests, in turns with the least that this could take."""
    names = nodeids(tests)
    took: dict[str, list[float]] = {"parse": [], "insert": [], "bare parse": [], "bare insert": []}
    path = folder / "one.db"
    bare = sqlite3.connect(folder / "bare.db", isolation_level=None)
    bare.execute("PRAGMA journal_mode = WAL")
    bare.execute("PRAGMA synchronous = NORMAL")
    bare.execute("CREATE TABLE result (run_key, node_key, worker_key, attempt, outcome, duration)")
    bare.execute("CREATE INDEX by_run ON result (run_key, node_key)")
    for number in range(8):
        log = write_log(folder / "one", number, names, failing=0)
        data = log.read_bytes()
        took["bare parse"].append(cpu(partial(json.loads, b"[" + data[:-1].replace(b"\n", b",") + b"]")))
        took["parse"].append(cpu(partial(runlog.read, log)))
        rows = [(number, node, node % 2, 1, "passed", 0.001) for node in range(tests)]

        def insert(rows: list[tuple[Any, ...]] = rows) -> None:
            bare.execute("BEGIN IMMEDIATE")
            bare.executemany("INSERT INTO result VALUES (?, ?, ?, ?, ?, ?)", rows)
            bare.execute("COMMIT")

        took["bare insert"].append(cpu(insert))

        def ingest(log: Path = log) -> None:
            with open_store(str(path)) as store:
                assert store.ingest(log.parent).results == tests

        took["insert"].append(cpu(ingest) - took["parse"][-1])
        log.unlink()
    bare.close()
    print(f"Ingesting a log of {tests:,} results, microseconds a row (the first makes the tests known):")
    for name, times in took.items():
        each = [seconds / tests * 1e6 for seconds in times]
        print(f"  {name:12} first {each[0]:5.2f}   then {statistics.median(each[1:]):5.2f}")


def fill(url: str, folder: Path, number: int, tests: int, clock: Callable[[], float] = time.process_time) -> None:
    names = nodeids(tests)
    spent = 0.0
    with open_store(url) as store:
        for run in range(number):
            log = write_log(folder, run, names, failing=FAILING)
            spent += cpu(lambda: store.ingest(folder), clock=clock)
            log.unlink()  # rows of a log that is deleted stay
    rows = number * tests
    print(f"\n{rows:,} results, of which {rows // FAILING:,} failures with evidence, ingested one run after the other:")
    print(f"  {spent:.1f} s, {spent / rows * 1e6:.2f} microseconds a row")


def sql(ask: Ask, *statements: tuple[str, Sequence[object]]) -> Callable[[], object]:
    return lambda: [ask(statement, parameters) for statement, parameters in statements]


def cold_summary(store: Store, run_id: str) -> None:
    """What a process that has read nothing yet has to do."""
    rows._decoded.cache_clear()
    runs._listed.cache_clear()
    store.run_summary(run_id)


def api(store: Store, bare: Ask, clock: Callable[[], float] = time.process_time, rounds: int = 15) -> None:
    """Each query of the API in turns with the statements that it is made of."""
    newest, *_ = store.runs(limit=100)
    oldest = store.runs(limit=100)[-1]
    keys = {run.id: runs.key_of(store._database, run.id) for run in (newest, oldest)}
    a, b = oldest.id, newest.id

    def summary(run_id: str) -> list[tuple[str, Sequence[object]]]:
        keyed = [keys[run_id]]
        return [(causes.TESTS, keyed), (causes.CAUSES, keyed), (runs.COLLECTED, keyed)]

    slower = [comparison.SLOWER_TIMES, comparison.SLOWER_SECONDS]
    compared: list[tuple[str, Sequence[object]]] = [
        (comparison.CHANGED, [keys[b], keys[a], *slower]),
        (comparison.ONLY_IN_ONE, [keys[a], keys[b]]),
        (comparison.ONLY_IN_ONE, [keys[b], keys[a]]),
        (comparison.UNCOLLECTED, [keys[b], "test"]),
        *[(runs.BY_ID, [run_id]) for run_id in (a, b)],
        *summary(a),
        *summary(b),
    ]
    failures = results.FAILURE_COLUMNS + "WHERE failure.run_key = ? ORDER BY failure.number"
    pairs: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "runs(10)": (lambda: store.runs(limit=10), sql(bare, (runs.LATEST, [10]))),
        "runs(100)": (lambda: store.runs(limit=100), sql(bare, (runs.LATEST, [100]))),
        "run_summary": (lambda: store.run_summary(b), sql(bare, (runs.BY_ID, [b]), *summary(b))),
        "errors": (store.errors, sql(bare, (causes.RECURRENCES, [50]))),
        "compare": (lambda: store.compare(a, b), sql(bare, *compared)),
        "failures": (lambda: store.failures(b), sql(bare, (failures, [keys[b]]))),
        "results": (lambda: store.results(b), sql(bare, (RESULTS, [b]))),
    }
    pairs["run_summary, cold"] = (lambda: cold_summary(store, b), pairs["run_summary"][1])
    print("\nThe API against its SQL, milliseconds:")
    for name, (ours, theirs) in pairs.items():
        times: tuple[list[float], list[float]] = ([], [])
        repeat = 5 if name in ("compare", "results") else 50
        for _ in range(rounds):
            for work, found in zip((ours, theirs), times, strict=True):
                found.append(cpu(work, repeat, clock) * 1e3)
        api_ms, sql_ms = map(statistics.median, times)
        print(f"  {name:18} {api_ms:8.3f}   SQL {sql_ms:8.3f}   ratio {api_ms / sql_ms:.2f}")


def reports(bare: Ask, clock: Callable[[], float] = time.process_time) -> None:
    """What a report asks of the whole store, through the views; then what others may ask, who write their own SQL."""
    failing = "('failed', 'error', 'rerun')"
    queries = {
        "latest run": "SELECT * FROM consolidated_runs ORDER BY created_at DESC LIMIT 1",
        "agents compared": "SELECT agent_id, COUNT(*), SUM(passed), SUM(failed), AVG(duration_seconds) "
        "FROM agent_results GROUP BY agent_id",
        "kinds of errors": "SELECT error_type, COUNT(*) FROM consolidated_errors GROUP BY error_type",
        "causes by runs": "SELECT signature, COUNT(*), MAX(size) FROM causes GROUP BY signature ORDER BY 2 DESC",
        "tests that failed and passed": "SELECT nodeid FROM failing_tests WHERE passed = 1",
        "tests that failed most": "SELECT nodeid, failures FROM failing_tests ORDER BY failures DESC LIMIT 10",
        "failed most, any WHERE": "SELECT nodeid, COUNT(*) FROM results WHERE outcome = 'failed' "
        "GROUP BY nodeid ORDER BY 2 DESC LIMIT 10",
        "failed and passed, every row": "SELECT nodeid FROM results GROUP BY nodeid "
        f"HAVING SUM(CASE WHEN outcome IN {failing} THEN 1 ELSE 0 END) > 0 "
        "AND SUM(CASE WHEN outcome = 'passed' THEN 1 ELSE 0 END) > 0",
    }
    print("\nReports over all results, milliseconds:")
    total = 0.0
    for number, (name, query) in enumerate(queries.items(), 1):
        found = statistics.median(cpu(sql(bare, (query, [])), clock=clock) for _ in range(3)) * 1e3
        total += found if number <= 5 else 0.0
        print(f"  {name:28} {found:8.2f}")
    print(f"  {'the first five together':28} {total:8.2f}")


def on_a_server(url: str, folder: Path, number: int, tests: int) -> None:
    """The same in a database of PostgreSQL: seconds that pass, as the work is done by another process."""
    import psycopg

    clock = time.perf_counter
    with psycopg.connect(url, autocommit=True) as bare:
        print(f"\nOn PostgreSQL {bare.info.server_version // 10_000}, seconds that passed:")
        ingesting_there(url, bare, folder / "server", tests)
        fill(url, folder / "server", number, tests, clock)
        bare.execute("ANALYZE")  # as autovacuum does in its time

        def ask(sql: str, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
            return bare.execute(sql.replace("%", "%%").replace("?", "%s"), parameters).fetchall()

        with open_store(url, read_only=True) as store:
            api(store, ask, clock, rounds=5)
        reports(ask, clock)


def ingesting_there(url: str, bare: psycopg.Connection[Any], folder: Path, tests: int) -> None:
    """One log into a store that knows its tests, in turns with a COPY of the same rows under the same keys."""
    names = nodeids(tests)
    floor, ours = "bare parse and COPY", "ingest"
    took: dict[str, list[float]] = {floor: [], ours: []}
    spent: dict[str, list[float]] = {floor: [], ours: []}
    into = "run_key, node_key, worker_key, attempt, last, outcome, duration, teardown"
    types = ["int8", "int8", "int8", "int4", "int4", "text", "float8", "float8"]
    with open_store(url) as store:
        bare.execute("SET search_path TO agentgate")
        bare.execute("CREATE TABLE bare_result (LIKE result INCLUDING ALL)")
        servers = {floor: bare.info.backend_pid, ours: store._database._connection.info.backend_pid}  # type: ignore[attr-defined]
        both = "CPU, here and there" if all(map(cpu_of, servers.values())) else "CPU here"
        for run in range(900, 916):
            log = write_log(folder, run, names, failing=0)

            def copied(log: Path = log, run: int = run) -> None:
                json.loads(b"[" + log.read_bytes()[:-1].replace(b"\n", b",") + b"]")
                with bare.cursor().copy(f"COPY bare_result ({into}) FROM STDIN (FORMAT BINARY)") as copy:
                    copy.set_types(types)
                    for node in range(tests):
                        copy.write_row((run, node, node % 2, 1, 1, "passed", 0.001, 0.0))

            for name, work in ((floor, copied), (ours, partial(store.ingest, folder))):
                began = time.process_time() + cpu_of(servers[name])
                took[name].append(cpu(work, clock=time.perf_counter))
                spent[name].append(time.process_time() + cpu_of(servers[name]) - began)
            log.unlink()
    bare.execute("DROP TABLE bare_result")
    print(f"A log of {tests:,} results, microseconds a row (the first makes the tests known):")
    for what, seconds in (("passed", took), (both, spent)):
        for name, times in seconds.items():
            each = [time / tests * 1e6 for time in times]
            print(f"  {name:20} {what:19} first {each[0]:6.2f}   then {statistics.median(each[1:]):6.2f}")
        ratios = [one / other for one, other in zip(seconds[ours], seconds[floor], strict=True)]
        print(f"  {'ratio':20} {what:19} first {ratios[0]:6.2f}   then {statistics.median(ratios[1:]):6.2f}")


def cpu_of(pid: int) -> float:
    """CPU seconds of a process of this machine; 0 where that cannot be known, as of a server elsewhere."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0


def many_logs(folder: Path) -> None:
    """What it costs to look for something new among many runs that are over."""
    old = folder / "old"
    for number in range(10_000):
        log = RunLog(old, f"run-{number:05}")
        log.write({"event": "run", "id": f"run-{number:05}", "created_at": f"2026-01-31T12:00:00.{number:06}+00:00"})
        log.write({"event": "end", "status": "completed"})
        log.close()
    with open_store(str(folder / "old.db")) as store:
        first = cpu(lambda: store.ingest(old))
        again = statistics.median(cpu(lambda: store.ingest(old)) for _ in range(5))
        print(f"\n10,000 logs: {first:.1f} s to ingest, {again * 1e3:.1f} ms to find nothing new")


if __name__ == "__main__":
    main()
