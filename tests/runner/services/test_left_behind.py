"""What a run that is ended leaves of its services, and who removes it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.runner.services.conftest import Run, containers

pytestmark = [
    pytest.mark.engine("docker"),
    pytest.mark.usefixtures("quick"),
    pytest.mark.xdist_group("left behind"),  # a prune removes what other tests have left
]


def begun(hanging: Path) -> subprocess.Popen[bytes]:
    started = subprocess.Popen(
        [sys.executable, "-m", "pytest_agentgate", "run", "--", "-q"],
        cwd=hanging,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    end = time.monotonic() + 90
    while not (hanging / "begun").exists():
        assert started.poll() is None
        assert time.monotonic() < end
        time.sleep(0.1)
    return started


def test_what_a_run_leaves_that_was_killed_is_pruned_and_what_is_in_use_is_not(run: Run, hanging: Path) -> None:
    before = containers(hanging)
    killed = begun(hanging)
    left = containers(hanging) - before
    assert len(left) == 1
    assert not json.loads(run("services", "prune", "--json", cwd=hanging).stdout)["removed"]
    assert containers(hanging) - before == left
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    pruned = json.loads(run("services", "prune", "--json", cwd=hanging).stdout)
    assert pruned == {"removed": [f"container {left.pop()[:12]} of db in {hanging}"], "problems": []}
    assert containers(hanging) == before


def test_the_next_run_removes_what_a_killed_one_has_left(run: Run, hanging: Path) -> None:
    before = containers(hanging)
    killed = begun(hanging)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    (hanging / "tests" / "test_shop.py").write_text("def test_one(): pass\n")
    ran = run("run", "--", "-q", cwd=hanging)
    assert ran.returncode == 0, ran.stderr
    assert "which a run that was killed has left" in ran.stderr
    assert containers(hanging) == before


def test_a_run_that_is_asked_to_stop_removes_its_services(hanging: Path) -> None:
    before = containers(hanging)
    stopped = begun(hanging)
    stopped.send_signal(signal.SIGTERM)
    stopped.wait(60)
    assert containers(hanging) == before
