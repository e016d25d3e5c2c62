"""Processes killed at random moments: what the controller had received is in the store, and no run looks finished.

``AGENTGATE_FAULT_RUNS`` sets how many runs each of the two tests makes; the default keeps the suite short.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from pytest_agentgate.capture.runlog import is_live
from pytest_agentgate.model import RunStatus, When
from pytest_agentgate.store import open_store

pytestmark = pytest.mark.usefixtures("quick")

RUNS = int(os.environ.get("AGENTGATE_FAULT_RUNS", "0"))
SUITE = """
import time, pytest
@pytest.mark.parametrize("n", range({tests}))
def test_it(n):
    time.sleep(0.008)
    assert n % 7, "every seventh"
"""
# Registered before the recorder, so called after it: whatever it saw, the recorder has seen.
WITNESS = """
import os, pathlib
ROOT = pathlib.Path(__file__).parent
WORKER = os.environ.get("PYTEST_XDIST_WORKER")
(ROOT / "pids" / f"{WORKER or 'controller'}-{os.getpid()}").touch()

if not WORKER:
    seen = os.open(ROOT / "seen", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    def pytest_runtest_logreport(report):
        if report.when == "call":
            os.write(seen, f"{report.nodeid}={report.outcome}\\n".encode())
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "conftest.py").write_text(WITNESS)
    for name in ("test_a.py", "test_b.py"):
        (tmp_path / name).write_text(SUITE.format(tests=120))
    return tmp_path


@contextmanager
def started(suite: Path) -> Iterator[subprocess.Popen[bytes]]:
    for name in ("pids", "seen"):
        subprocess.run(["rm", "-rf", suite / name], check=True)
    (suite / "pids").mkdir()
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", "--agentgate"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=suite, stdout=quiet, stderr=quiet, start_new_session=True) as process:
        try:
            yield process
        finally:
            process.kill()


def seen_by_the_controller(suite: Path) -> dict[str, str]:
    lines = (suite / "seen").read_text().splitlines() if (suite / "seen").exists() else []
    return dict(line.rsplit("=", 1) for line in lines)


def pids(suite: Path, who: str) -> list[int]:
    return [int(path.name.rpartition("-")[2]) for path in (suite / "pids").glob(f"{who}-*")]


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # gone before it was opened, or before it was read
        return False


def recorded(suite: Path) -> tuple[RunStatus, dict[str, str]]:
    """The status of the latest run and how each call ended, as the next command finds them.

    A worker that dies after a call, in the teardown, makes an error of a test whose call had passed.
    """
    with open_store(f"sqlite:///{suite}/.agentgate/agentgate.db") as store:
        store.ingest(suite / ".agentgate/runs")
        run = store.run("last")
        results = store.results(run.id)
    calls = {r.nodeid: "passed" if r.when is When.TEARDOWN else r.outcome.value for r in results}
    assert len(calls) == len(results)
    return run.status, calls


def moments(seed: int, runs: int) -> Iterator[tuple[int, float]]:
    """A number and a delay in seconds for each run, the same ones every time."""
    chance = random.Random(seed)
    return ((number, chance.uniform(0.0, 1.2)) for number in range(runs))


def test_killed_workers_lose_nothing_that_the_controller_received(suite: Path) -> None:
    for number, delay in moments(1, RUNS or 4):
        with started(suite) as process:
            wait_until(lambda: len(pids(suite, "gw*")) >= 2)
            time.sleep(delay)
            with suppress(ProcessLookupError):  # it was done before
                os.kill(random.Random(number).choice(pids(suite, "gw*")), signal.SIGKILL)
            assert process.wait(180) != 0
        status, outcomes = recorded(suite)
        seen = seen_by_the_controller(suite)
        assert seen.items() <= outcomes.items(), number
        assert len(outcomes) in (0, 240), number
        assert status is not RunStatus.RUNNING


def test_a_killed_controller_loses_nothing_that_it_received(suite: Path) -> None:
    for number, delay in moments(2, RUNS or 4):
        with started(suite) as process:
            wait_until(lambda: bool(pids(suite, "controller")))
            time.sleep(delay * 1.5)
            finished = process.poll() is not None
        wait_until(lambda: not any(map(lives, pids(suite, "gw*"))))  # they end by themselves
        seen = seen_by_the_controller(suite)
        logs = sorted((suite / ".agentgate/runs").glob("*.jsonl"), key=lambda path: path.stat().st_mtime_ns)
        if not logs or not logs[-1].stat().st_size:  # killed before the first line was written
            assert not seen
            for log in logs:
                log.unlink()
            continue
        assert not is_live(logs[-1])
        status, outcomes = recorded(suite)
        assert seen.items() <= outcomes.items(), number
        ended = json.loads(logs[-1].read_bytes().splitlines()[-1])["event"] == "end" if finished else False
        if not ended and b'"event":"end"' not in logs[-1].read_bytes():
            assert status is RunStatus.INTERRUPTED, number
        (suite / ".agentgate/agentgate.db").unlink(missing_ok=True)
        for log in logs:
            log.unlink()
