"""docs/how-to/pre-commit.md, with pre-commit and git themselves."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FILE = ".pre-commit-config.yaml"

Git = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, repositories: Any, recipes: Any) -> Path:
    """A clone of the shop in which the page's commands were run."""
    folder = tmp_path_factory.mktemp("pre-commit")
    shop = repositories(FILE, recipes.block("pre-commit.md", "yaml"))
    recipes.git(folder, "clone", "-q", "--bare", str(shop), "origin.git")
    recipes.git(folder, "clone", "-q", "origin.git", "clone")
    done = recipes.machine().run(["sh", "-e"], recipes.block("pre-commit.md", "sh"), folder / "clone", _home(folder))
    assert done.status == 0, done.said
    assert done.said.count("Passed") == 2, done.said
    return folder


def _home(folder: Path) -> dict[str, str]:
    return {"PRE_COMMIT_HOME": str(folder / "home")}


@pytest.fixture
def clone(tmp_path: Path, installed: Path, recipes: Any) -> Path:
    """A copy of it, with a remote of its own."""
    shutil.copytree(installed, tmp_path, dirs_exist_ok=True)
    recipes.git(tmp_path / "clone", "remote", "set-url", "origin", str(tmp_path / "origin.git"))
    return tmp_path / "clone"


@pytest.fixture
def git(clone: Path, machine: Any) -> Git:
    """Run git as a person does, who has the environment of the project."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", *arguments],
            cwd=clone,
            env={**machine.environ, **_home(clone.parent)},
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


def test_a_commit_that_only_deletes_is_looked_at(clone: Path, git: Git, recipes: Any) -> None:
    git("rm", "-q", "src/shop/orders.py")
    done = git("commit", "-m", "Close the shop")
    assert (done.returncode, "exit code: 10" in done.stdout) == (1, True), done.stdout
    assert head(clone, recipes) == "Sell tea"
