"""In a job of GitHub Actions: who annotates it, and that nobody does so twice."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("quick")

Start = Callable[..., subprocess.CompletedProcess[str]]

AGENTGATE = [sys.executable, "-m", "pytest_agentgate"]
PYTEST = [sys.executable, "-m", "pytest"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    root.mkdir()
    (root / "agentgate.toml").write_text(
        'source = ["src"]\ntests = ["tests"]\n\n[[phase]]\nname = "sound"\ngates = ["tests.failed == 0"]\n'
    )
    (root / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n")
    (root / "tests").mkdir()
    (root / "tests" / "test_a.py").write_text(
        "def test_a():\n    raise ValueError('100%, no')\n\ndef test_b():\n    assert 1 == 2\n\ndef test_c(): pass\n"
    )
    return root


@pytest.fixture
def start(project: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(project))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project.parent / "summary.md"))

    def begin(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=project, capture_output=True, text=True)

    return begin


def commands(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("::")]


def headlines(project: Path) -> int:
    path = project.parent / "summary.md"
    return sum(line.startswith("# ") for line in path.read_text().splitlines()) if path.exists() else 0


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_pytest_annotates_once_for_each_cause(project: Path, start: Start, workers: tuple[str, ...]) -> None:
    done = start(*PYTEST, "--agentgate", *workers)
    told = commands(done)
    assert len(told) == 2, done.stdout
    assert sorted(line.partition(",")[0] for line in told) == [
        "::error title=assertion%3A assert 1 == 2",
        "::error title=validation%3A ValueError%3A 100%25%2C no",
    ]
    assert sum("file=tests/test_a.py,line=2::" in line for line in told) == 1
    assert headlines(project) == 1


def test_the_gates_that_broke_come_first(start: Start) -> None:
    done = start(*PYTEST, "--agentgate", "--agentgate-phase", "sound")
    assert done.returncode == 10
    assert commands(done)[0].startswith(
        "::error title=gate sound%3A tests.failed == 0::sound: tests.failed == 0: failed: measured 2, wanted == 0"
    )
    assert len(commands(done)) == 3


def test_a_report_that_was_asked_for_is_not_written_to_the_log_too(project: Path, start: Start) -> None:
    done = start(*PYTEST, "--agentgate", "--agentgate-report", "github:commands.txt")
    assert commands(done) == []
    assert headlines(project) == 0
    assert len((project / "commands.txt").read_text().splitlines()) == 2


def test_it_can_be_switched_off(project: Path, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTGATE_GITHUB", "off")
    assert commands(start(*PYTEST, "--agentgate")) == []
    assert headlines(project) == 0


def test_without_the_plugin_or_a_job_nothing_is_annotated(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    assert commands(start(*PYTEST)) == []
    monkeypatch.delenv("GITHUB_ACTIONS")
    assert commands(start(*PYTEST, "--agentgate")) == []


def test_a_summary_that_cannot_be_written_is_said_and_changes_nothing(
    project: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project))
    done = start(*PYTEST, "--agentgate")
    assert done.returncode == 1
    assert len(commands(done)) == 2
    assert f"agentgate: {project}: cannot add to the step's summary" in done.stdout


def test_a_supervised_run_is_annotated_by_the_run_or_where_it_judges_by_the_supervisor(
    project: Path, start: Start
) -> None:
    done = start(*AGENTGATE, "run")
    assert (len(commands(done)), headlines(project)) == (2, 1)
    done = start(*AGENTGATE, "run", "--phase", "sound")
    assert done.returncode == 10
    assert (len(commands(done)), headlines(project)) == (3, 2)
    done = start(*AGENTGATE, "run", "--report", "github:commands.txt")
    assert (len(commands(done)), headlines(project)) == (0, 2)


def test_gate_annotates_and_keeps_its_json_apart(project: Path, start: Start) -> None:
    start(*PYTEST, "--agentgate", "--agentgate-report", "github:commands.txt")
    done = start(*AGENTGATE, "gate")
    assert (len(commands(done)), headlines(project)) == (3, 1)
    done = start(*AGENTGATE, "gate", "--json")
    assert json.loads(done.stdout)["gates"][0]["state"] == "failed"
    assert sum(line.startswith("::error") for line in done.stderr.splitlines()) == 3
