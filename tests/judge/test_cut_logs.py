"""A run that is cut off at any line of its log never passes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from pytest_agentgate.config import find_project
from pytest_agentgate.judge import judge_run, policy_of
from pytest_agentgate.model.judgement import GateState, Judge
from pytest_agentgate.store import open_store

LENIENT = """\
[[tool.agentgate.phase]]
name = "lenient"
gates = [
    "tests.total >= 0", "collection.errors >= 0", "causes.total >= 0", "failures.assertion >= 0", "warnings.total >= 0",
]
"""
SUITE = """
import warnings
import pytest

def test_fine(record_property):
    record_property("latency", 12)
    warnings.warn("old")

def test_red():
    assert 0

@pytest.mark.skip
def test_later():
    pass

@pytest.fixture
def left():
    yield
    raise ValueError("not closed")

def test_torn(left):
    pass
"""


@pytest.fixture(scope="module", params=[(), ("-n", "2")], ids=["one-process", "xdist"])
def log(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, few_plugins: Mapping[str, str]
) -> Path:
    """The log of a real run, in a project whose phase asks for nothing that a run could lack."""
    root = tmp_path_factory.mktemp("project")
    (root / "pyproject.toml").write_text(LENIENT)
    (root / "test_shop.py").write_text(SUITE)
    (root / "test_gone.py").write_text("import nothing_of_this_name\n")
    command = [sys.executable, "-m", "pytest", "--agentgate", "-p", "no:cacheprovider", *request.param]
    environ = {**os.environ, **few_plugins}
    assert subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True).returncode == 1
    [log] = (root / ".agentgate/runs").glob("*.jsonl")
    return log


def _state(log: Path, lines: list[bytes], scratch: Path) -> GateState | None:
    """What becomes of a run of which these lines were written; None where it is no run at all."""
    shutil.rmtree(scratch, ignore_errors=True)
    (scratch / "runs").mkdir(parents=True)
    (scratch / "runs" / log.name).write_bytes(b"".join(lines))
    project = find_project(log.parent.parent.parent)
    with open_store(f"sqlite:///{scratch}/store.db") as store:
        store.ingest(scratch / "runs")
        if not store.runs():
            return None
        return judge_run(store, project, policy_of(project), log.stem, judge=Judge.HARNESS, agent="me").state


def test_no_line_of_a_log_can_be_the_last_but_its_end(log: Path, tmp_path: Path) -> None:
    lines = log.read_bytes().splitlines(keepends=True)
    assert len(lines) > 10
    assert _state(log, lines, tmp_path / "whole") is GateState.PASSED
    for number in range(len(lines)):
        assert _state(log, lines[:number], tmp_path / "cut") in (GateState.INVALID, None)
        torn = [*lines[:number], lines[number][: len(lines[number]) // 2]]
        assert _state(log, torn, tmp_path / "cut") in (GateState.INVALID, None)


def test_no_result_can_be_taken_out_of_a_log(log: Path, tmp_path: Path) -> None:
    lines = log.read_bytes().splitlines(keepends=True)
    events = [json.loads(line) for line in lines]
    results = [number for number, event in enumerate(events) if event["event"] == "result"]
    told = Counter(events[number]["nodeid"] for number in results)
    alone = [number for number in results if told[events[number]["nodeid"]] == 1]  # a teardown that fails tells again
    assert len(alone) >= 3
    for number in alone:
        assert _state(log, lines[:number] + lines[number + 1 :], tmp_path / "less") is GateState.INVALID
