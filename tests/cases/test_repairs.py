"""``agentgate repair`` makes the tests of whole applications what a careful person would have made them.

Where a repair writes less than the recipe of a case does, what it writes is in ``repaired``: it edits only tests that
fail. The models of ``rooms_pydantic2`` still take dicts, so that the tests which only pass dicts go on passing.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.cases.application import HERE, NAMES, committed, git, passed, repaired, with_tests, written


@pytest.mark.parametrize("name", NAMES)
def test_a_repair_writes_what_a_careful_person_writes(
    name: str, tmp_path: Path, few_plugins: Mapping[str, str]
) -> None:
    root, case = tmp_path / "project", HERE / name
    committed(name, root)
    before = passed(with_tests(root, root / "tests", tmp_path / "before"), few_plugins)
    after = passed(with_tests(root, case / "after" / "tests", tmp_path / "after"), few_plugins)
    told = repaired(root, few_plugins)
    expected = case / "repaired" if (case / "repaired").is_dir() else case / "after"
    assert written(root / "tests") == written(expected / "tests")
    assert not told["repair"]["left"]
    assert passed(root, few_plugins) == after > before
    assert git(root, "status", "--porcelain").split("\n")[:-1] == [
        f" M tests/{path}" for path, text in written(root / "tests").items() if text != _before(case, path)
    ]
    undo = [sys.executable, "-m", "pytest_agentgate", "undo"]
    subprocess.run(undo, cwd=root, env={**os.environ, **few_plugins}, check=True, capture_output=True, timeout=60)
    assert git(root, "status", "--porcelain") == ""


def _before(case: Path, path: str) -> str:
    return (case / "before" / "tests" / path).read_text()
