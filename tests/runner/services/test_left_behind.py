"""What a run that is ended leaves of its services, and who removes it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.runner.services.conftest import Run, containers

from pytest_agentgate.model.services import Service, Sort
from pytest_agentgate.runner.services import engine as engines
from pytest_agentgate.runner.services.engine import Engine
from pytest_agentgate.runner.services.kinds import kind_of
from pytest_agentgate.runner.services.kinds.kind import Access, Scene
from pytest_agentgate.runner.services.ownership import owner

pytestmark = [
    pytest.mark.engine("docker"),
    pytest.mark.usefixtures("quick"),
    pytest.mark.xdist_group("left behind"),  # a prune removes what other tests have left
]


@pytest.fixture
def begun(hanging: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A run whose test has begun."""
    command = [sys.executable, "-m", "pytest_agentgate", "run", "--", "-q"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=hanging, start_new_session=True, stdout=quiet, stderr=quiet) as started:
        try:
            end = time.monotonic() + 180
            while not (hanging / "begun").exists():
                assert started.poll() is None
                assert time.monotonic() < end
                time.sleep(0.05)
            yield started
        finally:
            started.kill()


def pruned(run: Run, folder: Path) -> dict[str, list[str]]:
    """What a prune tells of a project; what other projects have left goes as well."""
    told: dict[str, list[str]] = json.loads(run("services", "prune", "--json", cwd=folder).stdout)
    return {**told, "removed": [what for what in told["removed"] if f" in {folder}" in what or " in " not in what]}


def test_what_a_run_leaves_that_was_killed_is_pruned_and_what_is_in_use_is_not(
    run: Run, hanging: Path, begun: subprocess.Popen[bytes]
) -> None:
    left = containers(hanging)
    assert len(left) == 1
    assert pruned(run, hanging) == {"removed": [], "problems": []}
    assert containers(hanging) == left
    os.killpg(begun.pid, signal.SIGKILL)
    begun.wait()
    assert pruned(run, hanging) == {
        "removed": [f"container {left.pop()[:12]} of db in {hanging}"],
        "problems": [],
    }
    assert containers(hanging) == set()


def test_the_next_run_removes_what_a_killed_one_has_left(
    run: Run, hanging: Path, begun: subprocess.Popen[bytes]
) -> None:
    os.killpg(begun.pid, signal.SIGKILL)
    begun.wait()
    (hanging / "tests" / "test_shop.py").write_text("def test_one(): pass\n")
    ran = run("run", "--", "-q", cwd=hanging)
    assert ran.returncode == 0, ran.stderr
    assert "which a run that was killed has left" in ran.stderr
    assert containers(hanging) == set()


def test_a_run_that_is_asked_to_stop_removes_its_services(hanging: Path, begun: subprocess.Popen[bytes]) -> None:
    assert containers(hanging)
    begun.send_signal(signal.SIGTERM)
    begun.wait(180)
    assert containers(hanging) == set()


def test_what_a_killed_run_has_left_in_a_server_that_stays_is_pruned(run: Run, tmp_path: Path) -> None:
    text = '[tool.agentgate.services.cache]\nkind = "redis"\nimage = "agentgate-test/redis:7"\n'
    text += '[tool.agentgate.services.other]\nimage = "agentgate-test/redis:7"\nport = 6379\n'
    text += 'ready = "log:Ready to accept"\n'
    (tmp_path / "pyproject.toml").write_text(text)
    assert run("services", "up", cwd=tmp_path).returncode == 0
    try:
        assert run("services", "status", cwd=tmp_path).returncode == 0, "what it prints tells that it is ready"
        with Engine() as engine:
            [container] = engine.found({engines.PROJECT: str(tmp_path), engines.SERVICE: "cache"})
        service = Service("cache", Sort.REDIS)
        access = Access(container.host, container.port, is_ours=True)
        with owner() as mine:
            given = kind_of(service).rooms(Scene(service, access, tmp_path, mine.run, mine.words)).give("gw0", 1)
            assert pruned(run, tmp_path)["removed"] == []
        assert pruned(run, tmp_path) == {"removed": [f"database {given} of cache"], "problems": []}
    finally:
        assert run("services", "down", cwd=tmp_path).returncode == 0
