"""Where reports of gates say that a gate stands: in the file that it was read from."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Agentgate = Callable[..., subprocess.CompletedProcess[str]]

SUITE = (
    '<testsuites><testsuite name="s"><testcase classname="t" name="a"><failure/></testcase></testsuite></testsuites>'
)
PHASE = '[[{table}]]\nname = "sound"\ngates = ["tests.failed == 0"]\n'


@pytest.mark.parametrize(("file", "table"), [("agentgate.toml", "phase"), ("pyproject.toml", "tool.agentgate.phase")])
def test_a_gate_stands_in_the_file_that_it_was_read_from(
    agentgate: Agentgate, tmp_path: Path, file: str, table: str
) -> None:
    (tmp_path / file).write_text(PHASE.format(table=table))
    (tmp_path / "one.xml").write_text(SUITE)
    done = agentgate("gate", "sound", "one.xml", "--report", "sarif:one.sarif", cwd=tmp_path)
    assert done.returncode == 10, done.stderr
    results = json.loads((tmp_path / "one.sarif").read_text())["runs"][0]["results"]
    (gate,) = [result for result in results if result["ruleId"] == "gate/tests"]
    (place,) = gate["locations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == file
