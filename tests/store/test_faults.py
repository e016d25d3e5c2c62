"""What happens to a store in a file when processes die, meet, or find no room: nothing that a second try cannot mend.

These faults are those of a file and its disk; test_server.py has those of a server.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.store.conftest import MORTAL

from pytest_agentgate.capture.judgementlog import write_approval, write_judgement
from pytest_agentgate.errors import StoreError
from pytest_agentgate.model import Ingested
from pytest_agentgate.model.judgement import Approval, GateResult, GateState, Judge, Judgement, PhaseResult
from pytest_agentgate.store import open_store

Begin = Callable[..., Any]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and limits of POSIX")

INGEST = f"""{MORTAL}
import sys, time
from pathlib import Path
from pytest_agentgate.store import open_store, sqlite
began = time.process_time()
if len(sys.argv) > 3:
    die_after(float(sys.argv[3]), sys.argv[4])
with open_store(sys.argv[1]) as store:
    problems = store.ingest(Path(sys.argv[2])).problems
    assert problems == (), problems
print(time.process_time() - began)
"""
TABLES = ("runs", "results", "failures", "causes", "cause_tests", "warnings", "agents", "log", "collected", "evidence",
          "properties", "judgements", "phases", "gates", "approvals")  # fmt: skip


def ingesting(path: Path, folder: Path, *dying: object) -> subprocess.Popen[str]:
    """A process that ingests a folder; it may die after some seconds of work, killed or interrupted."""
    command = [sys.executable, "-c", INGEST, str(path), str(folder), *map(str, dying)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def everything(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    found = {table: connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3").fetchall() for table in TABLES}
    connection.close()
    return found


@pytest.fixture
def many(folder: Path, begin: Begin) -> Path:
    """A folder of logs of every sort: ended, interrupted, with causes that come back."""
    for number in range(12):
        writer = begin(f"run-{number:03}", agent=f"agent-{number % 3}")
        tests = [f"tests/test_{test // 20}.py::test_{test}" for test in range(150)]
        writer.collected(*tests)
        for test, nodeid in enumerate(tests):
            if test % 10 == number % 4:
                writer.failed(nodeid, f"c1:{test % 3}", worker=f"gw{test % 2}")
            elif number % 4 != 3 or test < 100:
                writer.result(nodeid, worker=f"gw{test % 2}")
        writer.event(event="warning", category="W", message=f"m{number % 2}", path="p", line=1, when="collect")
        writer.event(event="properties", nodeid=tests[1], values=[["latency", "1.5", 1.5]], worker="gw1")
        judged(folder, number)
        if number % 4 == 3:
            writer.killed()
        else:
            writer.ended(exit_status=1)
    return folder


def judged(folder: Path, number: int) -> None:
    """Have a run judged, and its phase approved."""
    gates = tuple(GateResult(f"failures.{kind} == 0", GateState.PASSED, 0.0) for kind in ("import", "validation"))
    phase = PhaseResult("imports", GateState.PASSED, gates)
    name = f"run-{number:03}"
    write_judgement(
        folder, Judgement(f"{name}.judgement-{number:08x}", name, f"at {number}", Judge.PROCESS, "ann", (phase,))
    )
    write_approval(folder, Approval("imports", name, "bob", "looked at it", f"at {number}"))


@pytest.fixture
def expected(many: Path, tmp_path: Path) -> dict[str, list[tuple[Any, ...]]]:
    with open_store(str(tmp_path / "undisturbed.db")) as store:
        assert store.ingest(many).runs == 12
    return everything(tmp_path / "undisturbed.db")


def test_a_process_that_is_killed_while_it_ingests_leaves_nothing_half_done(
    many: Path, expected: dict[str, list[Any]], path: Path
) -> None:
    whole = float(ingesting(path, many).communicate(timeout=120)[0])
    left = []
    for number in range(12):
        path = path.with_name(f"killed-{number}.db")
        ingesting(path, many, whole * (number + 0.5) / 12, "killed").communicate(timeout=120)
        with open_store(str(path)) as store:
            left.append(len(store.runs(limit=100)))
            store.ingest(many)
        assert everything(path) == expected
    assert min(left) < 12, "every process had ended before it was killed"


def test_processes_that_ingest_the_same_logs_at_once_come_to_the_same_rows(
    many: Path, expected: dict[str, list[Any]], path: Path
) -> None:
    processes = [ingesting(path, many) for _ in range(8)]
    assert [process.communicate(timeout=120)[1] for process in processes] == [""] * 8
    assert everything(path) == expected


def test_processes_that_ingest_logs_of_their_own_at_once_lose_and_double_nothing(
    begin: Begin, tmp_path: Path, path: Path
) -> None:
    folders = [tmp_path / f"runs-{number}" for number in range(8)]
    for number, folder in enumerate(folders):
        for run in range(5):
            writer = begin(f"run-{number}-{run}", into=folder, created_at=f"2026-01-31T12:00:{number}{run}")
            for test in range(50):
                if test % 7:
                    writer.result(f"a.py::test_{test}")
                else:
                    writer.failed(f"a.py::test_{test}")
            writer.ended()
    processes = [ingesting(path, folder) for folder in folders]
    assert [process.communicate(timeout=120)[1] for process in processes] == [""] * 8
    with open_store(str(path)) as store:
        runs = store.runs(limit=100)
        assert {(run.counts.total, run.counts.passed, run.counts.failed) for run in runs} == {(50, 42, 8)}
        assert len(runs) == 40
    assert len(everything(path)["results"]) == 40 * 50


def test_a_reader_reads_while_another_process_writes(many: Path, path: Path) -> None:
    open_store(str(path)).close()
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO agent (agent_key, agent_id) VALUES (1, 'ann')")
    with open_store(str(path), read_only=True) as store:
        assert store.agents() == ()
    writer.execute("ROLLBACK")
    writer.close()


def limited(path: Path, folder: Path, size: int) -> subprocess.CompletedProcess[str]:
    """Ingest in a process that may not make a file larger than this."""
    # set by the process itself: between fork and exec Python is not safe where other tests have left threads
    code = """
import resource, sys
from pathlib import Path
from pytest_agentgate.errors import StoreError
from pytest_agentgate.store import open_store
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
try:
    with open_store(sys.argv[1]) as store:
        store.ingest(Path(sys.argv[2]))
except StoreError as error:
    print(error)
"""
    return subprocess.run(
        [sys.executable, "-c", code, str(path), str(folder), str(size)],
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("room", [0, 1, 30_000, 100_000, 150_000, 250_000])
def test_a_disk_without_room_is_one_clear_error_and_no_damage(
    many: Path, expected: dict[str, list[Any]], path: Path, room: int
) -> None:
    answer = limited(path, many, room)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.startswith(f"{path}: the store cannot be ")
    assert answer.stdout.count("\n") == 1
    with open_store(str(path)) as store:
        store.ingest(many)
    assert everything(path) == expected


def test_a_disk_that_fills_up_later_keeps_what_was_there(many: Path, path: Path, begin: Begin) -> None:
    with open_store(str(path)) as store:
        store.ingest(many)
        before = store.runs(limit=100)
    writer = begin("run-100")
    for test in range(5000):
        writer.result(f"tests/of/some/other/sort/test_{test // 10}.py::test_{test}")
    writer.ended()
    answer = limited(path, many, path.stat().st_size + 4096)
    assert answer.stdout.startswith(f"{path}: the store cannot be written")
    with open_store(str(path)) as store:
        assert store.runs(limit=100) == before
        assert store.ingest(many) == Ingested(logs=1, runs=1, results=5000)


@pytest.mark.skipif(os.geteuid() != 0 if hasattr(os, "geteuid") else True, reason="only root may mount a small disk")
def test_a_disk_that_is_really_full(many: Path, expected: dict[str, list[Any]], tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=560k", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"cannot mount: {mounted.stderr.decode().strip()}")
    try:
        path = disk / "store.db"
        with pytest.raises(StoreError, match="the store cannot be written") as caught, open_store(str(path)) as store:
            store.ingest(many)
        assert "\n" not in str(caught.value)
        with open_store(str(path), read_only=True) as store:
            assert 0 < len(store.runs(limit=100)) < 12
        subprocess.run(["mount", "-o", "remount,size=8m", str(disk)], check=True)
        with open_store(str(path)) as store:
            store.ingest(many)
        assert everything(path) == expected
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_ctrl_c_leaves_the_store_as_it_was(many: Path, expected: dict[str, list[Any]], path: Path) -> None:
    whole = float(ingesting(path, many).communicate(timeout=120)[0])
    path = path.with_name("interrupted.db")
    process = ingesting(path, many, whole / 4, "interrupted")
    assert "KeyboardInterrupt" in process.communicate(timeout=120)[1]
    with open_store(str(path)) as store:
        store.ingest(many)
    assert everything(path) == expected
