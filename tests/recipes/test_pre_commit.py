"""docs/how-to/pre-commit.md, with pre-commit and git themselves."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FILE = ".pre-commit-config.yaml"

Git = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def clone(tmp_path: Path, repository: Any, recipes: Any, machine: Any) -> Path:
    """A clone of the shop in which the page's commands were run."""
    origin = repository(FILE, recipes.block("pre-commit.md", "yaml"))
    folder = tmp_path / "clone"
    recipes.git(tmp_path, "clone", "-q", str(origin), str(folder))
    machine.environ["PRE_COMMIT_HOME"] = str(tmp_path / "pre-commit")
    done = machine.run(["sh", "-e"], recipes.block("pre-commit.md", "sh"), folder, {})
    assert done.status == 0, done.said
    assert done.said.count("Passed") == 2, done.said
    return folder


@pytest.fixture
def git(clone: Path, machine: Any) -> Git:
    """Run git as a person does, who has the environment of the project."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", *arguments],
            cwd=clone,
            env=machine.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )

    return run


def head(clone: Path, recipes: Any) -> str:
    return str(recipes.git(clone, "log", "-1", "--format=%s"))


def test_a_green_change_is_committed_and_pushed(clone: Path, git: Git, recipes: Any) -> None:
    git("checkout", "-q", "-b", "change")
    recipes.write(clone, {"src/shop/offers.py": "OFFERS = ['cake']\n"})
    git("add", "-A")
    done = git("commit", "-m", "Offer cake")
    assert (done.returncode, "every test file can be imported" in done.stdout) == (0, True), done.stdout
    assert head(clone, recipes) == "Offer cake"
    done = git("push", "-q", "origin", "change")
    assert (done.returncode, "Passed" in done.stdout) == (0, True), done.stdout


def test_a_commit_with_a_test_that_cannot_be_imported_is_refused(clone: Path, git: Git, recipes: Any) -> None:
    git("mv", "src/shop/orders.py", "src/shop/ordering.py")
    done = git("commit", "-m", "Rename orders")
    assert done.returncode == 1, done.stdout
    assert "exit code: 10" in done.stdout
    assert "failures.import == 0" in done.stdout
    assert "shop.orders" in done.stdout
    assert head(clone, recipes) == "Sell tea"


def test_a_commit_with_a_failing_test_is_made_and_its_push_refused(clone: Path, git: Git, recipes: Any) -> None:
    orders = clone / "src" / "shop" / "orders.py"
    orders.write_text(orders.read_text().replace("'tea': 3", "'tea': 5"))
    before = recipes.git(clone, "rev-parse", "origin/main")
    done = git("commit", "-am", "Raise prices")
    assert (done.returncode, head(clone, recipes)) == (0, "Raise prices"), done.stdout
    done = git("push", "-q", "origin", "main")
    assert done.returncode == 1, done.stdout
    assert "exit code: 10" in done.stdout
    assert "tests.failed == 0" in done.stdout
    assert "tests/api/test_prices.py::test_tea" in done.stdout
    assert recipes.git(clone, "ls-remote", "origin", "refs/heads/main").startswith(before)
    assert "tests.failed == 0" in (clone / ".agentgate" / "tests.md").read_text(encoding="utf-8")


def test_what_is_not_python_is_committed_without_a_run(clone: Path, git: Git, recipes: Any) -> None:
    runs = len([*(clone / ".agentgate" / "runs").iterdir()])
    recipes.write(clone, {"README": "Tea and cake.\n"})
    git("add", "-A")
    done = git("commit", "-m", "Describe")
    assert (done.returncode, "Skipped" in done.stdout) == (0, True), done.stdout
    assert len([*(clone / ".agentgate" / "runs").iterdir()]) == runs
