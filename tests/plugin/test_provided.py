"""What a process and its workers are told of services, before any conftest file is loaded."""

from __future__ import annotations

import threading

import pytest

from pytest_agentgate.errors import ServiceError
from pytest_agentgate.model.services import TOLD
from pytest_agentgate.runner.services.lending import lending

pytestmark = pytest.mark.usefixtures("quick")

SUITE = """
import os, pathlib, pytest

@pytest.mark.parametrize("n", range(4))
def test_n(n):
    pathlib.Path(f"seen-{n}").write_text(os.environ["ROOM"])
"""
CONFTEST = "import os\nROOM = os.environ['ROOM']\n"


@pytest.fixture
def asked(pytester: pytest.Pytester) -> list[tuple[str, str]]:
    pytester.makepyfile(SUITE)
    pytester.makeconftest(CONFTEST)
    return []


def run(pytester: pytest.Pytester, asked: list[tuple[str, str]], *arguments: str) -> pytest.RunResult:
    lock = threading.Lock()

    def rooms(worker: str, session: str) -> dict[str, str]:
        with lock:
            asked.append((worker, session))
        return {"ROOM": f"room of {worker}"}

    with lending(rooms) as variables, pytest.MonkeyPatch.context() as environ:
        for name, value in variables.items():
            environ.setenv(name, value)
        return pytester.runpytest_subprocess("--agentgate", *arguments)


def test_the_only_process_has_its_variables_when_a_conftest_file_is_loaded(
    pytester: pytest.Pytester, asked: list[tuple[str, str]]
) -> None:
    run(pytester, asked).assert_outcomes(passed=4)
    assert (pytester.path / "seen-0").read_text() == "room of main"
    assert [worker for worker, _ in asked] == ["main"]


def test_each_worker_has_its_own_in_one_session(pytester: pytest.Pytester, asked: list[tuple[str, str]]) -> None:
    run(pytester, asked, "-n", "2").assert_outcomes(passed=4)
    assert {(pytester.path / f"seen-{n}").read_text() for n in range(4)} == {"room of gw0", "room of gw1"}
    assert sorted(worker for worker, _ in asked) == ["gw0", "gw1", "main"]
    assert len({session for worker, session in asked if worker != "main"}) == 1


def test_where_nothing_can_be_made_for_it_no_test_runs(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SUITE)

    def rooms(worker: str, session: str) -> dict[str, str]:
        raise ServiceError(f"service db: {worker} gets no part of it: disk full")

    with lending(rooms) as variables, pytest.MonkeyPatch.context() as environ:
        environ.setenv(TOLD, variables[TOLD])
        result = pytester.runpytest_subprocess("--agentgate")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: service db: main gets no part of it: disk full"])


@pytest.mark.parametrize("told", ['{"host": "127.0.0.1", "port": 1, "key": ""}', "no JSON", "[]"])
def test_who_cannot_ask_is_told_which_variable_to_unset(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    pytester.makepyfile(SUITE)
    monkeypatch.setenv(TOLD, told)
    result = pytester.runpytest_subprocess("--agentgate")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {TOLD}: main cannot ask for its services: *unset it where*"])


def test_who_does_not_have_the_key_is_told_nothing(pytester: pytest.Pytester, asked: list[tuple[str, str]]) -> None:
    import json
    import socket

    def rooms(worker: str, session: str) -> dict[str, str]:
        raise AssertionError(worker)

    with lending(rooms) as variables:
        told = json.loads(variables[TOLD])
        for line in (b"{}\n", b"\xff\n", json.dumps({**told, "key": "x", "worker": "main", "session": ""}).encode()):
            with socket.create_connection((told["host"], told["port"]), timeout=60) as connection:
                connection.sendall(line + b"\n")
                with connection.makefile("rb") as stream:
                    assert set(json.loads(stream.read())) == {"error"}
