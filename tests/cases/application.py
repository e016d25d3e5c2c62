"""The applications of this folder as git repositories: ``base`` with its tests, and ``head`` after the change."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
NAMES = tuple(sorted(path.parent.name for path in HERE.glob("*/recipe.toml")))
CONFIG = """
[tool.pytest.ini_options]
pythonpath = [".", "src"]
addopts = "-p no:cacheprovider -W ignore"

[tool.agentgate]
source = ["{source}"]
tests = ["tests"]
"""
_IGNORED = shutil.ignore_patterns("__pycache__")
Environment = Mapping[str, str]


def source_of(name: str) -> str:
    """The folder of an application's implementation."""
    return next(path.name for path in (HERE / name / "new").iterdir() if path.name != "__pycache__")


def written(folder: Path) -> dict[str, str]:
    """The Python files below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_text() for path in sorted(folder.rglob("*.py"))}


def git(root: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", str(root), *words], check=True, capture_output=True, text=True).stdout


def committed(name: str, root: Path, change: Callable[[Path], None] = lambda root: None) -> None:
    """Write an application as a repository whose implementation has changed and whose tests have not.

    Args:
        change: what else is done to the files of ``head``.
    """
    source = source_of(name)
    shutil.copytree(HERE / name / "old", root, ignore=_IGNORED)
    shutil.copytree(HERE / name / "before", root, ignore=_IGNORED, dirs_exist_ok=True)
    (root / "pyproject.toml").write_text(CONFIG.format(source=source))
    (root / ".gitignore").write_text("__pycache__/\n.agentgate/\n")
    git(root.parent, "init", "-q", "-b", "main", str(root))
    _commit(root, "base")
    shutil.rmtree(root / source)
    shutil.copytree(HERE / name / "new", root, ignore=_IGNORED, dirs_exist_ok=True)
    change(root)
    _commit(root, "head")


def _commit(root: Path, tag: str) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", tag)
    git(root, "tag", tag)


def repaired(root: Path, few: Environment) -> dict[str, Any]:
    """What ``agentgate repair`` says of a repository."""
    command = [sys.executable, "-m", "pytest_agentgate", "repair", "--base", "base", "--json", "--jobs", "1"]
    command += ["--python", sys.executable]
    done = subprocess.run(
        command, cwd=root, env={**os.environ, **few}, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.stdout.startswith("{"), done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def passed(root: Path, few: Environment) -> set[str]:
    """The tests of a folder that pass."""
    return outcomes(root, few)["PASSED"]


def outcomes(root: Path, few: Environment) -> dict[str, set[str]]:
    """The tests of a folder by how they end; those that can't be collected are nowhere."""
    command = [sys.executable, "-m", "pytest", "-rA", "--tb=no", "-q", "--continue-on-collection-errors", "tests"]
    done = subprocess.run(
        command, cwd=root, env={**os.environ, **few}, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode in {0, 1, 2, 4}, done.stdout  # 4: a conftest file can't be imported
    found: dict[str, set[str]] = {"PASSED": set(), "FAILED": set(), "ERROR": set()}
    for word, test in re.findall(r"^(PASSED|FAILED|ERROR) (.+?::.+?)(?: - .*)?$", done.stdout, re.MULTILINE):
        found[word].add(test)
    return found


def with_tests(root: Path, tests: Path, place: Path) -> Path:
    """A copy of a project with other tests."""
    shutil.copytree(root, place, ignore=shutil.ignore_patterns("__pycache__", ".agentgate", ".git", "tests"))
    shutil.copytree(tests, place / "tests", ignore=_IGNORED)
    return place
