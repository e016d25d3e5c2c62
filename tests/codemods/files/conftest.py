"""Limits of time that are over when a test says so, and for nobody who is only slow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pytest_agentgate.codemods.files import processes

HUNG = "TEST_HUNG"  # names the file, in processes too that know nothing else of the test


@pytest.fixture
def hung(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    hours_pass: Callable[[ModuleType, Path], None],
) -> None:
    """Once an item writes to the file that ``HUNG`` names, whatever a crew works on has had too long."""
    log = tmp_path_factory.mktemp("hung") / "log"
    hours_pass(processes, log)
    monkeypatch.setenv(HUNG, str(log))

    def wait_briefly(connections: Sequence[Connection], seconds: float) -> list[Any]:
        return wait(connections, min(seconds, 0.05))

    monkeypatch.setattr(processes, "wait", wait_briefly)
