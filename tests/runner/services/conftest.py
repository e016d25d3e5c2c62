"""Services of small projects, started for real, and a shop whose database has a history."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from pytest_agentgate.config import read_config
from pytest_agentgate.model.services import Checkpoint, Provided, Service
from pytest_agentgate.runner.services.fleet import Fleet, up
from pytest_agentgate.runner.services.ownership import owner
from pytest_agentgate.runner.services.record import folder_of

collect_ignore = ["shop"]  # a project that is run by these tests
SHOP = Path(__file__).with_name("shop")

Start = Callable[..., Fleet]
Run = Callable[..., subprocess.CompletedProcess[str]]

HANGING = """
import os, pathlib, time

PARENT = os.getppid()

def test_hangs():
    pathlib.Path("begun").write_text(os.environ["SHOP_DATABASE"])
    for _ in range(6000):
        if os.getppid() != PARENT:  # which was killed
            break
        time.sleep(0.1)
"""


def declared(text: str) -> Sequence[Service]:
    """The services of a configuration."""
    config = read_config(text, Path("/p/agentgate.toml"))
    assert config is not None
    return config.services


@contextmanager
def services(text: str, root: Path, record: Path) -> Iterator[Fleet]:
    """The services of a configuration, up for as long as the block lasts."""
    with owner() as mine, up(Fleet(declared(text), root, folder_of(record), mine, lambda name, point: None)) as fleet:
        yield fleet


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """``start(configuration)``: its services, up until the test ends; files lie in ``root``, else in its folder."""
    with ExitStack() as stack:

        def one(text: str, root: Path = tmp_path) -> Fleet:
            return stack.enter_context(services(text, root, tmp_path / ".agentgate"))

        yield one


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A copy of the shop."""
    return Path(shutil.copytree(SHOP, tmp_path / "shop"))


@pytest.fixture
def hanging(shop: Path) -> Path:
    """The shop with a single test, which takes ten minutes."""
    (shop / "tests" / "conftest.py").unlink()
    (shop / "tests" / "test_shop.py").write_text(HANGING)
    return shop


@pytest.fixture
def run(shop: Path) -> Run:
    """``run(*arguments)``: an ``agentgate`` in the shop, or in another folder."""

    def one(*arguments: str, cwd: Path = shop, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pytest_agentgate", *arguments],
            cwd=cwd,
            env={**os.environ, **environ},
            capture_output=True,
            text=True,
            timeout=180,
        )

    return one


def only(fleet: Fleet) -> Provided:
    [one] = fleet.provided
    return one


def failed(provided: Provided) -> Checkpoint:
    """The one checkpoint that did not hold: the last."""
    *before, last = provided.checkpoints
    assert all(point.passed for point in before)
    assert not last.passed
    return last


def containers(project: Path) -> set[str]:
    """Containers of a project that are there, whatever their state; other tests have theirs at the same time."""
    command = ["docker", "ps", "-aq", "--no-trunc", "--filter", f"label=org.agentgate.project={project}"]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def in_threads(work: Callable[[int], object], count: int) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
