"""Commands that show causes name what connection failures lack, and the declared service where that is one."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.cli.conftest import Agentgate, run

SUITE = """
def test_it():
    raise ConnectionRefusedError(111, "connect to localhost:6379")
"""
DECLARED = '[services.cache]\nkind = "redis"\n'
SAID = "lacks redis on localhost:6379"


@pytest.fixture(scope="module")
def lacking(tmp_path_factory: pytest.TempPathFactory, few_plugins: Mapping[str, str]) -> Path:
    """A project with a recorded run of which a test lacks a Redis, and with the run's JUnit XML."""
    folder = tmp_path_factory.mktemp("lacking")
    (folder / "agentgate.toml").write_text("")
    (folder / "test_it.py").write_text(SUITE)
    run(folder, {**os.environ, **few_plugins}, "-p", "no:cacheprovider", "--junitxml=junit.xml")
    return folder


@pytest.mark.parametrize(
    "command",
    [
        ("triage",), ("triage", "junit.xml"), ("report",), ("report", "--format", "agent"),
        ("report", "--format", "md"), ("triage", "--json"), ("report", "--format", "sarif"),
    ],
)  # fmt: skip
def test_the_service_is_named_with_its_lines_until_it_is_declared(
    lacking: Path, agentgate: Agentgate, command: tuple[str, ...]
) -> None:
    (lacking / "agentgate.toml").write_text("")
    proposed = agentgate(*command, cwd=lacking)
    (lacking / "agentgate.toml").write_text(DECLARED)
    declared = agentgate(*command, cwd=lacking)
    assert (proposed.returncode, declared.returncode) == (0, 0), proposed.stderr + declared.stderr
    assert "[tool.agentgate.services.redis]" in proposed.stdout
    assert "[tool.agentgate.services.redis]" not in declared.stdout
    if "--json" in command:
        [cause] = json.loads(declared.stdout)["causes"]
        assert cause["lack"]["declared"] == "cache"
    else:
        assert SAID in proposed.stdout
        assert "declared as cache; agentgate run starts it, or says why not" in declared.stdout


def test_a_judged_run_reports_the_declared_service(
    lacking: Path, agentgate: Agentgate, few_plugins: Mapping[str, str]
) -> None:
    phase = '[[phase]]\nname = "all"\ngates = ["tests.failed == 0"]\n'
    (lacking / "agentgate.toml").write_text(DECLARED + phase)
    arguments = ("run", "--phase", "all", "--report", "md:judged.md", "--", "-p", "no:cacheprovider")
    done = agentgate(*arguments, cwd=lacking, DOCKER_HOST="unix:///nowhere.sock", **few_plugins)
    assert done.returncode == 10, done.stdout + done.stderr
    assert "declared as cache; agentgate run starts it, or says why not" in (lacking / "judged.md").read_text()
