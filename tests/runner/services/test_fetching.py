"""Images that are not here yet: a real engine fetches them from a registry, which may take its time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from time import monotonic

import pytest
from tests.runner.services.conftest import containers, declared
from tests.runner.services.registry import Registry, serving

from pytest_agentgate.model.services import Provided, Provision
from pytest_agentgate.runner.services import start
from pytest_agentgate.runner.services.fleet import Fleet, up
from pytest_agentgate.runner.services.kinds.kind import Access
from pytest_agentgate.runner.services.ownership import owner

pytestmark = pytest.mark.engine("docker")


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def image(registry: Registry) -> Iterator[str]:
    with serving(registry) as place:
        name = f"{place}/agentgate/slow:1"
        yield name
    subprocess.run(["docker", "image", "rm", "-f", name], capture_output=True)


def started(image: str, folder: Path, notes: list[str]) -> Provided:
    """How it stands with a service of this image, which holds no program that could start."""
    service = f'services.slow = {{ image = "{image}", port = 80, ready = "tcp" }}\n'
    with owner() as mine:
        fleet = Fleet(
            declared(service), folder, folder, mine, lambda name, point: None, lambda name, text: notes.append(text)
        )
        with up(fleet):
            [one] = fleet.provided
            return one


def test_it_is_said_how_much_has_come_and_that_all_is_here(
    registry: Registry, image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "_OFTEN", 0.0)
    registry.goes_on.set()
    notes: list[str] = []
    one = started(image, tmp_path, notes)
    assert [(point.step, point.passed, point.why) for point in one.checkpoints][:1] == [("fetched", True, image)]
    assert notes[0] == f"fetching the image {image}"
    assert notes[-1] == f"3 of 3 MB of the image {image} are here"


def test_what_fetching_takes_is_not_taken_from_the_time_to_be_ready(
    registry: Registry, image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.goes_on.set()
    passed, wait = start.Serving._passed, start.Serving._wait
    here: list[float] = []
    waiting_since: list[float] = []

    def passing(self: start.Serving, step: str, why: str, began: float) -> None:
        passed(self, step, why, began)
        here.append(monotonic())

    def waiting(self: start.Serving, access: Access, began: float, stop: Event) -> None:
        waiting_since.append(began)
        wait(self, access, began, stop)

    monkeypatch.setattr(start.Serving, "_passed", passing)
    monkeypatch.setattr(start.Serving, "_wait", waiting)
    started(image, tmp_path, [])
    assert waiting_since[0] >= here[0]


def test_what_was_begun_and_does_not_go_on_is_not_waited_for(
    registry: Registry, image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "_STALLED", 1.0)
    one = started(image, tmp_path, [])
    assert (one.state, one.why) == (
        Provision.UNAVAILABLE, f"image {image} is not here, and nothing of it came for 1 s"
    )  # fmt: skip


def test_ctrl_c_does_not_wait_for_what_does_not_come(registry: Registry, image: str, tmp_path: Path) -> None:
    service = f'[tool.agentgate.services.slow]\nimage = "{image}"\nport = 80\n'
    (tmp_path / "pyproject.toml").write_text(service)
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest_agentgate", "services", "up"],
        cwd=tmp_path, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert registry.asked_for_layer.wait(120)
    process.send_signal(signal.SIGINT)
    printed, told = process.communicate(timeout=120)
    assert not registry.goes_on.is_set()
    assert process.returncode == 130
    assert printed == ""
    assert "Traceback" not in told
    assert told.splitlines()[0] == f"agentgate: service slow: fetching the image {image}"
    assert containers(tmp_path) == set()
