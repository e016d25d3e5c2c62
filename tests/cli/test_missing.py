"""``agentgate services missing``, its trial, and ``repair --services``: what was the environment's fault."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Agentgate
from tests.conftest import free_port

OURS = {"TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX": "agentgate-test/"}
AWAY = {"DOCKER_HOST": "unix:///nowhere.sock"}

SUITE = """
import os, redis

PORT = {port}

def client():
    return redis.Redis(port=PORT, socket_connect_timeout=60, retry=None)

def test_it_keeps():
    with client() as connection:
        connection.set("a", 1)
        assert connection.get("a") == b"1"

def test_it_counts():
    with client() as connection:
        connection.delete("b")
        assert connection.incr("b") == {counted}

def test_alone():
    pass
"""


@pytest.fixture
def lacking(tmp_path: Path, agentgate: Agentgate, few_plugins: Mapping[str, str]) -> Path:
    """A project whose last run lacks a Redis."""
    pytest.importorskip("redis")
    port = free_port()
    (tmp_path / "agentgate.toml").write_text('source = ["src"]\ntests = ["tests"]\n')
    for folder in ("old", "src"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "app.py").write_text("ONE = 1\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_it.py").write_text(SUITE.format(port=port, counted=1))
    ran = agentgate("run", "--", "-q", "-p", "no:cacheprovider", cwd=tmp_path, **few_plugins)
    assert "2 failed, 1 passed" in ran.stdout, ran.stdout + ran.stderr
    return tmp_path


def port_of(folder: Path) -> int:
    return int((folder / "tests" / "test_it.py").read_text().partition("PORT = ")[2].partition("\n")[0])


def test_what_is_lacking_is_named_with_the_lines_that_would_provide_it(lacking: Path, agentgate: Agentgate) -> None:
    port = port_of(lacking)
    before = sorted(lacking.iterdir())
    done = agentgate("services", "missing", cwd=lacking)
    assert done.returncode == 0
    assert done.stdout == (
        f"redis on localhost:{port} refuses connections: 2 tests, by redis\n"
        "  named in tests/test_it.py:4 (PORT)\n"
        "  [tool.agentgate.services.redis]\n"
        '  kind = "redis"\n'
        f"  at = {port}\n"
    )
    assert sorted(lacking.iterdir()) == before


@pytest.mark.engine("docker")
@pytest.mark.parametrize(
    ("counted", "green", "verdict"),
    [
        (1, True, "green with the service: the environment was all that they lacked"),
        (2, False, "still red, for the next cause: assert 1 == 2"),
    ],
)
def test_a_trial_tells_the_environment_from_the_next_cause(
    lacking: Path, agentgate: Agentgate, few_plugins: Mapping[str, str], counted: int, green: bool, verdict: str
) -> None:
    (lacking / "tests" / "test_it.py").write_text(SUITE.format(port=port_of(lacking), counted=counted))
    done = agentgate("services", "missing", "--try", "--json", cwd=lacking, **OURS, **few_plugins)
    [one] = json.loads(done.stdout)
    assert (one["green"], one["verdict"]) == (green, verdict), done.stderr
    assert done.returncode == (0 if green else 1)


@pytest.mark.engine("docker")
def test_a_trial_runs_the_tests_again_with_what_is_declared_by_now(
    lacking: Path, agentgate: Agentgate, few_plugins: Mapping[str, str]
) -> None:
    with (lacking / "agentgate.toml").open("a") as configuration:
        configuration.write(f'[services.cache]\nkind = "redis"\nat = {port_of(lacking)}\n')
    done = agentgate("services", "missing", "--try", "--json", cwd=lacking, **OURS, **few_plugins)
    [one] = json.loads(done.stdout)
    assert (one["declared"], one["green"]) == ("cache", True), (one, done.stderr)


def test_without_an_engine_the_trial_says_so(
    lacking: Path, agentgate: Agentgate, few_plugins: Mapping[str, str]
) -> None:
    done = agentgate("services", "missing", "--try", "--json", cwd=lacking, **AWAY, **few_plugins)
    [one] = json.loads(done.stdout)
    assert one["verdict"].startswith("the service could not be started: no engine for containers answers")
    assert done.returncode == 1


def test_without_a_run_there_is_nothing_to_tell(tmp_path: Path, agentgate: Agentgate) -> None:
    (tmp_path / "agentgate.toml").write_text("")
    done = agentgate("services", "missing", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


@pytest.mark.engine("docker")
def test_a_trial_leaves_the_record_as_it_was(
    lacking: Path, agentgate: Agentgate, few_plugins: Mapping[str, str]
) -> None:
    def recorded() -> list[str]:
        said = [agentgate(word, "--json", cwd=lacking, **few_plugins).stdout for word in ("triage", "runs", "errors")]
        return [*said, *sorted(path.name for path in (lacking / ".agentgate" / "runs").iterdir())]

    before = recorded()
    done = agentgate("services", "missing", "--try", cwd=lacking, **OURS, **few_plugins)
    assert "-> green with the service" in done.stdout, done.stderr
    assert recorded() == before


CACHING = """
import os
from pymemcache.client.base import Client

def test_it_keeps():
    host, _, port = {where}.partition(":")
    client = Client((host, int(port)))
    client.set("a", b"1")
    assert client.get("a") == b"1"
"""


@pytest.mark.engine("docker")
@pytest.mark.parametrize("by_variable", [False, True], ids=["by its port", "by a variable"])
def test_the_lines_for_a_server_that_is_no_kind_are_all_that_it_needs(
    tmp_path: Path, agentgate: Agentgate, few_plugins: Mapping[str, str], by_variable: bool
) -> None:
    port = free_port()
    where = f'os.environ.get("CACHES", "127.0.0.1:{port}")' if by_variable else f'"127.0.0.1:{port}"'
    (tmp_path / "test_it.py").write_text(CACHING.format(where=where))
    (tmp_path / "agentgate.toml").write_text("")
    run = ("run", "--", "-q", "-p", "no:cacheprovider")
    assert "1 failed" in agentgate(*run, cwd=tmp_path, **few_plugins).stdout
    [one] = json.loads(agentgate("services", "missing", "--json", cwd=tmp_path, **few_plugins).stdout)
    how = 'env = { CACHES = "{host}:{port}" }' if by_variable else f"at = {port}"
    lines = one["configuration"]
    assert sorted(lines.splitlines()) == sorted(
        ["[tool.agentgate.services.memcached]", 'image = "memcached:1.6"', "port = 11211", how]
    )
    (tmp_path / "agentgate.toml").write_text(lines.replace("tool.agentgate.", ""))
    again = agentgate(*run, cwd=tmp_path, **OURS, **few_plugins)
    assert again.returncode == 0, again.stdout + again.stderr


# ---- agentgate repair

REPAIR = ("repair", "--base-path", "old", "--report", "md:r.md", "--report", "json:r.json")
PYTEST = ("--", "-p", "no:cacheprovider")


def reported(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "r.json").read_text())
    return told


@pytest.mark.engine("docker")
def test_a_repair_with_services_tells_the_environment_from_what_is_left(
    lacking: Path, agentgate: Agentgate, few_plugins: Mapping[str, str]
) -> None:
    port = port_of(lacking)
    without = agentgate(*REPAIR, *PYTEST, cwd=lacking, **few_plugins)
    assert (without.returncode, "Start redis on" in without.stdout) == (1, True), without.stderr
    done = agentgate(*REPAIR, "--services", *PYTEST, cwd=lacking, **OURS, **few_plugins)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(
        "agentgate: 2 tests were red: 0 green now, 2 lacked a service only, nothing is left\n\n"
        "Lacked a service\n"
        f"  connection: redis on localhost:{port} refuses connections\n"
        "    environment: with the service redis 2 green of 2\n"
        "    because its address is from tests/test_it.py:4 (PORT)\n"
        "    agentgate run starts it where the configuration says:\n"
        "      [services.redis]\n"
        '      kind = "redis"\n'
        f"      at = {port}\n"
    )
    assert "  - environment: with the service redis 2 green of 2\n" in (lacking / "r.md").read_text()
    assert f'    [services.redis]\n    kind = "redis"\n    at = {port}\n    ```\n' in (lacking / "r.md").read_text()
    told = reported(lacking)
    [attempt] = told["attempts"]
    assert (attempt["verdict"], attempt["before"], attempt["after"]) == ("environment", 2, 0)
    assert (told["repair"]["left"], told["counts"]["failed"]) == ([], 0)


@pytest.mark.engine("docker")
@pytest.mark.parametrize("is_repository", [False, True])
def test_a_repair_with_services_needs_no_change_of_the_implementation(
    lacking: Path, agentgate: Agentgate, few_plugins: Mapping[str, str], is_repository: bool
) -> None:
    if is_repository:
        for command in (("init", "-q", "-b", "main"), ("add", "."), ("commit", "-qm", "all")):
            subprocess.run(["git", *command], cwd=lacking, check=True)
    done = agentgate("repair", "--services", *PYTEST, cwd=lacking, **OURS, **few_plugins)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "agentgate: only services that are lacking can be found: " in done.stderr
    assert "2 tests were red: 0 green now, 2 lacked a service only, nothing is left" in done.stdout
    without = agentgate("repair", *PYTEST, cwd=lacking, **few_plugins)
    assert without.returncode == 2
    assert "--base" in without.stderr


@pytest.mark.engine("docker")
def test_what_the_report_says_of_the_configuration_makes_it_last(
    lacking: Path, agentgate: Agentgate, few_plugins: Mapping[str, str]
) -> None:
    agentgate(*REPAIR, "--services", *PYTEST, cwd=lacking, **OURS, **few_plugins)
    diff = reported(lacking)["attempts"][0]["diff"]
    subprocess.run(["git", "apply", "-"], input=diff, text=True, cwd=lacking, check=True)
    done = agentgate("run", *PYTEST, cwd=lacking, **OURS, **few_plugins)
    assert "3 passed" in done.stdout, done.stdout + done.stderr


@pytest.mark.engine("docker")
def test_each_run_of_a_repair_finds_the_server_empty(
    lacking: Path, agentgate: Agentgate, few_plugins: Mapping[str, str]
) -> None:
    once = SUITE.replace('connection.delete("b")', "pass").format(port=port_of(lacking), counted=1)
    (lacking / "tests" / "test_it.py").write_text(once)
    done = agentgate(*REPAIR, "--services", *PYTEST, cwd=lacking, **OURS, **few_plugins)
    assert "2 lacked a service only, nothing is left" in done.stdout, done.stdout + done.stderr
    told = reported(lacking)
    assert (told["counts"]["passed"], told["counts"]["failed"]) == (3, 0)


@pytest.mark.engine("docker")
def test_a_repair_has_what_is_declared_as_a_run_has(
    lacking: Path, agentgate: Agentgate, few_plugins: Mapping[str, str]
) -> None:
    with (lacking / "agentgate.toml").open("a") as configuration:
        configuration.write(f'[services.cache]\nkind = "redis"\nat = {port_of(lacking)}\n')
        configuration.write('[[phase]]\nname = "all"\nrepairs = ["import"]\n')
        configuration.write('gates = ["services.ready == true", "tests.pass_rate == 100%"]\n')
    done = agentgate(*REPAIR, *PYTEST, cwd=lacking, **OURS, **few_plugins)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing is red: nothing to repair" in done.stdout
    assert "all: passed, 2 gates" in done.stdout


@pytest.mark.parametrize("asked", [(), ("--services",)])
def test_without_an_engine_a_repair_goes_on_and_says_what_it_went_without(
    lacking: Path, agentgate: Agentgate, few_plugins: Mapping[str, str], asked: tuple[str, ...]
) -> None:
    with (lacking / "agentgate.toml").open("a") as configuration:
        configuration.write(f'[services.cache]\nkind = "redis"\nat = {port_of(lacking)}\n')
    done = agentgate(*REPAIR, *asked, *PYTEST, cwd=lacking, **AWAY, **few_plugins)
    assert done.returncode == 1, done.stdout + done.stderr
    why = "no engine for containers answers on /nowhere.sock"
    assert f"agentgate: service cache is unavailable: {why}" in done.stderr
    told = reported(lacking)["repair"]
    [left] = told["left"]
    assert f"the declared service cache is unavailable: {why}" in left["why"]
    assert left["environment"]
    assert told["notes"][0].startswith(f"service cache is unavailable: {why}")


def test_without_an_engine_what_is_lacking_stays_red_with_the_reason(
    lacking: Path, agentgate: Agentgate, few_plugins: Mapping[str, str]
) -> None:
    done = agentgate(*REPAIR, "--services", *PYTEST, cwd=lacking, **AWAY, **few_plugins)
    assert done.returncode == 1, done.stdout + done.stderr
    [left] = reported(lacking)["repair"]["left"]
    assert "the service could not be started: no engine for containers answers on /nowhere.sock" in left["why"]


def test_without_the_option_nothing_is_started_that_is_not_declared(
    lacking: Path, agentgate: Agentgate, few_plugins: Mapping[str, str]
) -> None:
    done = agentgate(*REPAIR, *PYTEST, cwd=lacking, **AWAY, **few_plugins)
    assert "engine" not in done.stdout + done.stderr
    assert "service redis" not in done.stderr
