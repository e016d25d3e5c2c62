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
UNSET = "lacks the service that sets $SHOP_URL"
NOWHERE = {"DOCKER_HOST": "unix:///nowhere.sock"}


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


@pytest.fixture(scope="module")
def unset(tmp_path_factory: pytest.TempPathFactory, agentgate: Agentgate, few_plugins: Mapping[str, str]) -> Path:
    """A project whose test reads the variable of a service that could not be started, in a run of ``agentgate run``."""
    folder = tmp_path_factory.mktemp("unset")
    (folder / "agentgate.toml").write_text('[services.db]\nkind = "postgres"\nenv = { SHOP_URL = "{url}" }\n')
    (folder / "test_it.py").write_text('import os\n\ndef test_it():\n    os.environ["SHOP_URL"]\n')
    done = agentgate("run", "--", "-p", "no:cacheprovider", cwd=folder, **few_plugins, **NOWHERE)
    assert done.returncode == 1, done.stdout + done.stderr
    assert UNSET in done.stdout
    assert "declared as db; agentgate run starts it, or says why not" in done.stdout
    assert "service db is unavailable: no engine for containers answers on /nowhere.sock" in done.stderr
    return folder


@pytest.mark.parametrize(
    "command", [("triage",), ("report",), ("report", "--format", "agent"), ("report", "--format", "sarif")]
)
def test_a_variable_that_is_not_set_names_the_service_that_could_not_be_started(
    unset: Path, agentgate: Agentgate, command: tuple[str, ...]
) -> None:
    done = agentgate(*command, cwd=unset)
    assert done.returncode == 0, done.stderr
    assert UNSET in done.stdout
    assert "declared as db; agentgate run starts it, or says why not" in done.stdout


def test_services_missing_starts_nothing_for_a_variable(unset: Path, agentgate: Agentgate) -> None:
    for option in ((), ("--try",)):
        done = agentgate("services", "missing", *option, cwd=unset, **NOWHERE)
        assert (done.returncode, done.stdout) == (0, "no connection failure of this run lacks a service\n"), done.stderr


def test_it_is_no_matter_of_a_service_any_more_once_none_sets_it(unset: Path, agentgate: Agentgate) -> None:
    settings = unset / "agentgate.toml"
    before = settings.read_text()
    settings.write_text(before.replace("SHOP_URL", "OTHER"))
    done = agentgate("triage", "--json", cwd=unset)
    settings.write_text(before)
    [cause] = json.loads(done.stdout)["causes"]
    assert (cause["title"], cause["lack"]) == ("Environment variable SHOP_URL is not set", None)
