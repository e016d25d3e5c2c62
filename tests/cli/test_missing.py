"""``agentgate services missing``, and the trial that tells what was the environment's fault."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.cli.conftest import Agentgate

SUITE = """
import os, redis

PORT = {port}

def client():
    return redis.Redis(port=PORT, socket_connect_timeout=2, retry=None)

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
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
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
    prefix = {"TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX": "agentgate-test/"}
    done = agentgate("services", "missing", "--try", "--json", cwd=lacking, **prefix, **few_plugins)
    [one] = json.loads(done.stdout)
    assert (one["green"], one["verdict"]) == (green, verdict), done.stderr
    assert done.returncode == (0 if green else 1)


def test_without_an_engine_the_trial_says_so(
    lacking: Path, agentgate: Agentgate, few_plugins: Mapping[str, str]
) -> None:
    away = {"DOCKER_HOST": "unix:///nowhere.sock"}
    done = agentgate("services", "missing", "--try", "--json", cwd=lacking, **away, **few_plugins)
    [one] = json.loads(done.stdout)
    assert one["verdict"].startswith("the service could not be started: no engine for containers answers")
    assert done.returncode == 1


def test_without_a_run_there_is_nothing_to_tell(tmp_path: Path, agentgate: Agentgate) -> None:
    (tmp_path / "agentgate.toml").write_text("")
    done = agentgate("services", "missing", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


@pytest.mark.engine("docker")
def test_a_repair_with_services_finds_those_tests_green(
    lacking: Path, agentgate: Agentgate, few_plugins: Mapping[str, str]
) -> None:
    prefix = {"TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX": "agentgate-test/"}
    arguments = ("repair", "--base-path", "old", "--", "-p", "no:cacheprovider")
    without = agentgate(*arguments, cwd=lacking, **few_plugins)
    assert (without.returncode, "Start redis on" in without.stdout) == (1, True), without.stderr
    done = agentgate(arguments[0], "--services", *arguments[1:], cwd=lacking, **prefix, **few_plugins)
    assert "environment: with the service redis 2 green of 2" in done.stdout
    assert done.returncode == 0, done.stdout + done.stderr
