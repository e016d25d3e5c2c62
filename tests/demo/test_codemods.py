"""The tutorial on codemods: what it says to type brings the demo's tests to where they were before the change."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_agentgate.demo.history import make_repository

TUTORIAL = Path(__file__).parents[2] / "docs/tutorials/first-codemods.md"
AGENTGATE = [sys.executable, "-m", "pytest_agentgate"]


pytestmark = pytest.mark.usefixtures("quick")


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if name != "ORCHESTRATOR_REDIS_URL"}
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=120, check=False)


def suite(folder: Path) -> str:
    command = [sys.executable, "-B", "-m", "pytest", "-q", "--tb=line", "-p", "no:cacheprovider", "-p", "no:xdist"]
    return run(folder, *command).stdout


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo, and the two recipes of the tutorial under the names that it gives them."""
    folder = tmp_path_factory.mktemp("demo") / "voice"
    make_repository(folder)
    text = TUTORIAL.read_text()
    recipes = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    names = re.findall(r"[Ss]ave\s+this as `(\w+\.toml)`", text)
    assert names == ["follow.toml", "expected.toml"]
    for name, recipe in zip(names, recipes, strict=True):
        (folder / name).write_text(recipe)
    return folder


def test_the_demo_becomes_green_step_by_step(repository: Path) -> None:
    before = run(repository, "git", "diff").stdout
    followed = run(repository, *AGENTGATE, "codemod", "run", "--recipe", "follow.toml", "--write")
    assert followed.returncode == 0, followed.stderr
    said = suite(repository)
    assert said.splitlines()[-1].startswith("8 failed, 41 passed"), said
    expected = run(repository, *AGENTGATE, "codemod", "run", "--recipe", "expected.toml", "--write")
    assert expected.returncode == 0, expected.stderr
    said = suite(repository)
    assert said.splitlines()[-1].startswith("4 failed, 45 passed"), said
    assert len(re.findall("^FAILED tests/test_transcripts.py", said, re.MULTILINE)) == 4
    assert run(repository, "git", "diff", "--stat", "--", "src").stdout == ""
    for recipe in ("follow.toml", "expected.toml"):
        again = run(repository, *AGENTGATE, "codemod", "run", "--recipe", recipe, "--check")
        assert again.returncode == 0, again.stdout
    for _ in range(2):
        assert run(repository, *AGENTGATE, "undo").returncode == 0
    assert run(repository, "git", "diff").stdout == before
