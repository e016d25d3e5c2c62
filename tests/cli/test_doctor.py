"""``agentgate doctor`` on a command line."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Agentgate = Callable[..., subprocess.CompletedProcess[str]]

PHASE = '[[phase]]\nname = "tests"\ngates = ["tests.failed == 0"]\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").write_text("def test_a(): pass\n")
    (tmp_path / "agentgate.toml").write_text(PHASE)
    return tmp_path


def test_nothing_wrong_is_exit_status_0_though_something_may_be_better(project: Path, agentgate: Agentgate) -> None:
    done = agentgate("doctor", "--python", sys.executable, cwd=project)
    assert (done.returncode, done.stderr) == (0, "")
    assert "  warn  " in done.stdout  # there is no repository
    assert "  wrong " not in done.stdout
    assert [line for line in done.stdout.splitlines() if not line.startswith(" ")] == [
        "environment",
        "configuration",
        "record",
        "repository",
        "agent",
    ]


def test_something_wrong_is_exit_status_1_with_what_to_do(project: Path, agentgate: Agentgate) -> None:
    (project / "agentgate.toml").write_text(f'tests = ["spec"]\n{PHASE}')
    done = agentgate("doctor", cwd=project)
    assert done.returncode == 1
    line = f"  wrong {project / 'agentgate.toml'}: tool.agentgate.tests: there is no folder 'spec'"
    shown = done.stdout.splitlines()
    assert shown[shown.index(line) + 1].startswith("        -> ")


def test_a_configuration_that_cannot_be_read_is_examined_not_refused(project: Path, agentgate: Agentgate) -> None:
    (project / "agentgate.toml").write_text("[phase\n")
    done = agentgate("doctor", cwd=project)
    assert (done.returncode, done.stderr) == (1, "")
    assert "agentgate.toml: cannot be read" in done.stdout


def test_for_machines_there_is_json(project: Path, agentgate: Agentgate) -> None:
    (project / "agentgate.toml").write_text(f'tests = ["spec"]\n{PHASE}')
    done = agentgate("doctor", "--json", cwd=project)
    said = json.loads(done.stdout)
    assert (done.returncode, said["health"]) == (1, "wrong")
    assert {frozenset(one) for one in said["symptoms"]} == {frozenset(("about", "health", "what", "advice"))}
    assert json.loads(agentgate("doctor", "--json", "--root", str(project), cwd=project.parent).stdout) == said


def test_a_run_that_was_recorded_is_in_order(project: Path, agentgate: Agentgate) -> None:
    subprocess.run([sys.executable, "-m", "pytest", "-q", "--agentgate"], cwd=project, check=True, capture_output=True)
    said = json.loads(agentgate("doctor", "--json", cwd=project).stdout)
    record = [one for one in said["symptoms"] if one["about"] == "record"]
    assert {one["health"] for one in record} == {"ok"}
    assert any("has 1 run" in one["what"] for one in record)
