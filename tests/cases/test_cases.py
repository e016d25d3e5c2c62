"""Whole applications whose dicts became models: the recipe makes the tests what a careful person would have made them.

Each folder holds an implementation before (``old``) and after the change (``new``), its tests before (``before``) and
after (``after``), and the ``recipe.toml`` that turns one into the other.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CASES = sorted(path.parent for path in HERE.glob("*/recipe.toml"))
EACH = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
PASSED, FAILED = 0, 1

pytestmark = pytest.mark.usefixtures("quick")


def project(case: Path, implementation: str, tests: str, root: Path) -> Path:
    """A project with one implementation and one state of the tests."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(case / implementation, root, ignore=ignored)
    shutil.copytree(case / tests, root, ignore=ignored, dirs_exist_ok=True)
    (root / "pytest.ini").write_text("[pytest]\npythonpath = . src\naddopts = -p no:cacheprovider\n")
    return root


def run(root: Path) -> subprocess.CompletedProcess[str]:
    """The tests of a project, run by pytest in a process of their own."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:asyncio", "-c", "pytest.ini", "tests"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=False)


def applied(root: Path, case: Path) -> dict[str, str]:
    """The tests of a project after ``agentgate codemod run --recipe``."""
    command = [sys.executable, "-m", "pytest_agentgate", "codemod", "run", "--write"]
    command += ["--recipe", str(case / "recipe.toml"), "tests"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return {f"tests/{path}": text for path, text in written(root / "tests").items()}


def written(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in sorted(folder.rglob("*.py"))}


@EACH
def test_the_tests_pass_before_the_change_and_fail_after_it(case: Path, tmp_path: Path) -> None:
    before = run(project(case, "old", "before", tmp_path / "old"))
    assert before.returncode == PASSED, before.stdout
    behind = run(project(case, "new", "before", tmp_path / "new"))
    assert behind.returncode == FAILED, behind.stdout


@EACH
def test_the_tests_of_a_careful_person_pass_after_the_change(case: Path, tmp_path: Path) -> None:
    after = run(project(case, "new", "after", tmp_path / "new"))
    assert after.returncode == PASSED, after.stdout


@EACH
def test_the_recipe_writes_what_a_careful_person_writes(case: Path, tmp_path: Path) -> None:
    root = project(case, "new", "before", tmp_path / "new")
    assert applied(root, case) == written(case / "after")


@EACH
def test_the_recipe_changes_nothing_a_second_time(case: Path, tmp_path: Path) -> None:
    root = project(case, "new", "after", tmp_path / "new")
    assert applied(root, case) == written(case / "after")


def test_there_are_cases_of_every_style() -> None:
    styles = {case.name.rpartition("_")[2] for case in CASES}
    assert styles >= {"pydantic1", "pydantic2", "dataclass", "attrs", "msgspec", "mixed"}
