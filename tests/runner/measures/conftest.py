"""A project whose runs leave behind what is measured, made by the real tools."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pytest_agentgate.config import Project, find_project
from pytest_agentgate.model.judgement import Measure
from pytest_agentgate.runner.measures import Scene, Wanted, measure

Run = Callable[..., str]
Measured = Callable[..., Measure]


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project's folder; what a test writes there comes on top."""
    place = tmp_path / "project"
    place.mkdir()
    (place / "agentgate.toml").write_text('source = ["src"]\ntests = ["tests"]\n')
    (place / "pytest.ini").write_text("[pytest]\npythonpath = src\naddopts = -p no:cacheprovider\n")
    return place


@pytest.fixture
def run(folder: Path) -> Run:
    """``run(*words)``: a Python program in the project's folder; -> when it began."""

    def start(*words: str, **environ: str) -> str:
        began = now()
        command = [sys.executable, *words]
        done = subprocess.run(
            command, cwd=folder, env={**os.environ, **environ}, capture_output=True, text=True, timeout=120
        )
        assert done.returncode in (0, 1), done.stdout + done.stderr
        return began

    return start


@pytest.fixture
def project(folder: Path) -> Callable[[], Project]:
    return lambda: find_project(folder)


@pytest.fixture
def measured(project: Callable[[], Project]) -> Measured:
    """``measured("coverage.percent", began)``: one metric, whose pattern is itself unless it is given."""

    def one(
        metric: str,
        began: str,
        *,
        pattern: str = "",
        arguments: Sequence[str] = (),
        changed: Mapping[str, set[int]] | None = None,
        next_began: str = "",
    ) -> Measure:
        scene = Scene(project(), "R1", began, next_began, None if changed is None else lambda: changed)
        return measure([Wanted(metric, pattern or metric, tuple(arguments))], scene)[metric]

    return one


def later(stamp: str, seconds: float) -> str:
    return (datetime.fromisoformat(stamp) + timedelta(seconds=seconds)).isoformat(timespec="microseconds")
