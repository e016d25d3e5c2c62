"""Engines that a test needs: skipped where absent, failed where required."""

from __future__ import annotations

from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py").read_text(encoding="utf-8")
SUITE = """
import pytest

@pytest.mark.engine("docker")
def test_with_docker(): ...

def test_without(): ...
"""


@pytest.fixture
def without_docker(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(SUITE)
    pytester.makeini("[pytest]\nmarkers = engine(name): needs it\n")
    monkeypatch.setenv("PATH", str(pytester.mkdir("empty")))
    monkeypatch.delenv("AGENTGATE_REQUIRE", raising=False)
    return pytester


def test_a_test_without_its_engine_is_skipped_and_says_why(without_docker: pytest.Pytester) -> None:
    result = without_docker.runpytest_subprocess("-rs")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines("*docker is absent: no docker command*")


def test_a_test_without_its_required_engine_fails(
    without_docker: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTGATE_REQUIRE", "docker")
    result = without_docker.runpytest_subprocess()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines("*docker is required by AGENTGATE_REQUIRE, and absent*")


def test_requiring_an_engine_that_nobody_knows_is_an_error(
    without_docker: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTGATE_REQUIRE", "dockre")
    result = without_docker.runpytest_subprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines("*AGENTGATE_REQUIRE names no engine of these tests: dockre*")


DYING = """
import time
from xdist.workermanage import WorkerController

send, sent = WorkerController.send_runtest_some, []

def kill_first(self, indices):
    if self.gateway.id == "gw1":
        sent.append(indices)
        if len(sent) == 3:
            self.gateway._io.popen.kill()
            Path("killed").touch()
            raise OSError("cannot send (already closed?)")  # as execnet says, if it is asked before it sees that
    send(self, indices)

WorkerController.send_runtest_some = kill_first

def pytest_runtest_call(item):  # the other worker would else have done it all before this one has begun
    while item.config.workerinput["workerid"] == "gw0" and not (item.config.rootpath / "killed").exists():
        time.sleep(0.01)
"""


@pytest.mark.parametrize(("dies", "conftest"), [(0, ""), (7, ""), (15, ""), (16, DYING)])
def test_where_a_worker_dies_every_other_test_still_runs(
    pytester: pytest.Pytester, quick: None, dies: int, conftest: str
) -> None:
    pytester.makeconftest(CONFTEST + conftest)
    pytester.makeini("[pytest]\nmarkers =\n  engine(name): needs it\n  main_thread: handles signals\n")
    pytester.makepyfile(
        f"""
        import os, pytest

        @pytest.mark.parametrize("number", range(16))
        def test_one(number):
            if number == {dies}:
                os._exit(1)
        """
    )
    pytester.runpytest_subprocess("-n", "2", timeout=300).assert_outcomes(passed=15, failed=1)
