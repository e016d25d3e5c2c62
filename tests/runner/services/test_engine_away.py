"""Machines without an engine for containers, and one whose engine goes away."""

from __future__ import annotations

import os
import selectors
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.runner.services.conftest import Start, containers, only

from pytest_agentgate.model.services import Provision

REDIS = 'services.cache = { kind = "redis", image = "agentgate-test/redis:7" }\n'


def test_without_an_engine_a_service_is_unavailable_with_the_reason(
    start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    one = only(start(REDIS))
    assert one.state is Provision.UNAVAILABLE
    assert one.why == f"no engine for containers answers on {tmp_path}/none.sock: No such file or directory"


def test_without_testcontainers_it_says_what_to_install(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['docker'] = None\n"
        "from pytest_agentgate.runner.services.engine import Engine\n"
        "try: Engine()\n"
        "except Exception as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said == "containers need testcontainers: install pytest-agentgate[services], or give the service a url\n"


def test_ssh_without_its_client_says_what_to_install(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    if find_spec("paramiko"):
        pytest.skip("it is installed")
    monkeypatch.setenv("DOCKER_HOST", "ssh://somebody@nowhere.invalid")
    one = only(start(REDIS))
    assert one.state is Provision.UNAVAILABLE
    assert one.why == (
        "DOCKER_HOST begins with ssh://, which needs paramiko: install docker[ssh], or set another DOCKER_HOST"
    )


class Relay:
    """Stands between us and the engine, and can go away."""

    def __init__(self, path: Path, engine: str) -> None:
        self._engine = engine
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        self._listening.listen()
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                here, _ = self._listening.accept()
            except OSError:
                return
            there = socket.socket(socket.AF_UNIX)
            there.connect(self._engine)
            self._open += [here, there]
            threading.Thread(target=self._pass_on, args=(here, there), daemon=True).start()

    @staticmethod
    def _pass_on(here: socket.socket, there: socket.socket) -> None:
        with selectors.DefaultSelector() as ready:
            ready.register(here, selectors.EVENT_READ, there)
            ready.register(there, selectors.EVENT_READ, here)
            try:
                while True:
                    for key, _ in ready.select():
                        source = key.fileobj
                        assert isinstance(source, socket.socket)
                        if not (data := source.recv(65536)):
                            return
                        key.data.sendall(data)
            except (OSError, ValueError):
                return

    def go_away(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for one in self._open:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()


@pytest.fixture
def relay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    path = tmp_path / "engine.sock"
    one = Relay(path, os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
    yield one
    path.unlink(missing_ok=True)


@pytest.mark.engine("docker")
def test_an_engine_that_goes_away_while_tests_run_is_told_and_nothing_hangs(
    start: Start, relay: Relay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet = start(REDIS)
    one = only(fleet)
    assert one.state is Provision.READY, one.why
    relay.go_away()
    fleet.end()
    try:
        assert only(fleet).state is Provision.FAILED
        assert "no engine for containers answers" in only(fleet).why
        assert len(fleet.problems) == 1
        assert fleet.problems[0].startswith("service cache: not all could be removed: no engine")
        monkeypatch.delenv("DOCKER_HOST")
        assert one.container in containers(tmp_path)  # its owner lives as long as this test: prune takes it afterwards
    finally:
        monkeypatch.undo()
        subprocess.run(["docker", "rm", "-f", one.container], check=True, capture_output=True)
