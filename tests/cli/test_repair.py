"""``agentgate repair`` as it is typed: real repositories, what changed read from git, remedies inferred."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pytest_agentgate.store import open_store

CONFIG = """
[tool.pytest.ini_options]
pythonpath = ["src"]
testpaths = ["tests"]
addopts = "-p no:cacheprovider"

[tool.agentgate]
source = ["src"]
tests = ["tests"]
"""
PHASES = """
[[tool.agentgate.phase]]
name = "imports"
repairs = ["import"]
gates = ["failures.import == 0"]
commit = "test: follow shop.prices"

[[tool.agentgate.phase]]
name = "values"
needs = ["imports"]
repairs = ["assertion"]
gates = ["tests.pass_rate == 100%"]
commit = "test: expect what is right"
"""
OLD = """
def price_of(name, amount=1):
    table = {"tea": 3, "milk": 2}
    return table[name] * amount

def tax(price):
    return price * 0.2
"""
NEW = OLD.replace("price_of", "price_for").replace("0.2", "0.25")
TESTS = """
from shop import price_of

def test_one(): assert price_of("tea") == 3
def test_two(): assert price_of("milk", 2) == 4
"""
TAX = "from shop import tax\n\ndef test_tax(): assert tax(10) == 2\n"

Repair = Callable[..., subprocess.CompletedProcess[str]]


def git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(textwrap.dedent(text))


def commit(root: Path, message: str) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", message)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository whose last commit renames a function that its tests use."""
    root = tmp_path / "shop"
    write(
        root, {"pyproject.toml": CONFIG, ".gitignore": "__pycache__\n", "src/shop.py": OLD, "tests/test_shop.py": TESTS}
    )
    git(tmp_path, "init", "-q", "-b", "main", str(root))
    commit(root, "Sell tea")
    write(root, {"src/shop.py": NEW})
    commit(root, "Ask for the price of a thing")
    return root


@pytest.fixture
def repair() -> Repair:
    """``repair(root, *words)`` -> how it ended."""

    def start(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pytest_agentgate", "repair", "--python", sys.executable, *words],
            cwd=root,
            env={**os.environ, "AGENTGATE_AGENT": "ada", "COLUMNS": "100"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )

    return start


def test_from_red_to_green_with_a_record_and_back(project: Path, repair: Repair) -> None:
    before = (project / "tests/test_shop.py").read_bytes()
    done = repair(project, "--base", "HEAD~1", "--json", "--report", "md:../repair.md")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    [attempt] = told["attempts"]
    assert (attempt["codemods"], attempt["verdict"]) == (["rename-symbol old=shop.price_of new=shop.price_for"], "kept")
    assert attempt["evidence"]
    assert (told["repair"]["red_before"], told["repair"]["green_after"], told["repair"]["left"]) == (2, 2, [])
    assert told["repair"]["files"] == ["tests/test_shop.py"]
    assert told["causes"] == []
    text = (project / "tests/test_shop.py").read_text()
    assert "price_of" not in text
    assert (project.parent / "repair.md").read_text().startswith("# 2 tests were red: 2 green now, nothing is left")
    with open_store(str(project / ".agentgate/agentgate.db")) as store:
        [recorded] = store.repairs()
        assert (recorded.agent, recorded.base, recorded.base_commit) == (
            "ada",
            "HEAD~1",
            git(project, "rev-parse", "HEAD~1"),
        )
        assert [run.id for run in store.runs()] == [recorded.after_run, recorded.before_run]
        assert store.run_summary().repair == recorded
    assert git(project, "status", "--short") == "M tests/test_shop.py"
    undone = subprocess.run(
        [sys.executable, "-m", "pytest_agentgate", "undo"], cwd=project, capture_output=True, text=True
    )
    assert undone.stdout == "restored tests/test_shop.py\n"
    assert (project / "tests/test_shop.py").read_bytes() == before


def test_without_a_base_it_is_where_the_branch_left(project: Path, repair: Repair) -> None:
    git(project, "branch", "-q", "feature")
    git(project, "reset", "-q", "--hard", "HEAD~1")
    git(project, "switch", "-q", "feature")
    done = repair(project)
    assert done.returncode == 0, done.stderr
    assert "where this branch left main; --base names another" in done.stderr
    assert "2 tests were red: 2 green now, nothing is left" in done.stdout


def test_without_a_base_and_with_changes_that_are_not_committed_it_is_the_last_commit(
    project: Path, repair: Repair
) -> None:
    git(project, "reset", "-q", "--soft", "HEAD~1")
    done = repair(project)
    assert done.returncode == 0, done.stderr
    assert "the implementation has changes that are not committed" in done.stderr


def test_without_a_base_and_any_change_it_asks_for_one(project: Path, repair: Repair) -> None:
    done = repair(project)
    assert done.returncode == 2
    assert "name the commit that the tests were written for with --base REF" in done.stderr
    assert repair(project, "--base", "nowhere").returncode == 2


def test_a_dry_run_shows_the_diff_and_writes_nothing(project: Path, repair: Repair) -> None:
    done = repair(project, "--base", "HEAD~1", "--dry-run")
    assert done.returncode == 1, done.stderr
    assert "+from shop import price_for" in done.stdout
    assert "skipped: it would be tried" in done.stdout
    assert git(project, "status", "--short") == ""


def test_phases_are_committed_one_by_one_and_their_gates_decide(project: Path, repair: Repair) -> None:
    write(project, {"pyproject.toml": CONFIG + PHASES, "tests/test_tax.py": TAX})
    commit(project, "Judge by phases")
    write(project, {"tests/notes.txt": "mine"})
    done = repair(project, "--base", "HEAD~2", "--commit")
    assert done.returncode == 1, done.stderr
    assert "imports: passed" in done.stdout
    assert "values: failed" in done.stdout
    assert git(project, "log", "-1", "--format=%s") == "test: follow shop.prices"
    assert "- rename-symbol old=shop.price_of new=shop.price_for" in git(project, "log", "-1", "--format=%b")
    assert git(project, "log", "-1", "--format=%(trailers:key=Agentgate-Edit,valueonly)").startswith("repair-")
    assert git(project, "show", "--stat", "--format=", "--name-only") == "tests/test_shop.py"
    assert git(project, "status", "--short") == "?? tests/notes.txt"
    # all that is left is the value, which is for a person
    done = repair(project, "--base", "HEAD~3", "--phase", "imports")
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_had_changes_before_is_not_committed(project: Path, repair: Repair) -> None:
    with (project / "tests/test_shop.py").open("a") as stream:
        stream.write("\ndef test_mine(): pass\n")
    done = repair(project, "--base", "HEAD~1", "--commit")
    assert done.returncode == 0, done.stderr
    assert "files that had changes before are not committed: tests/test_shop.py" in done.stderr
    assert git(project, "log", "-1", "--format=%s") == "Ask for the price of a thing"


def test_a_package_that_is_tested_from_elsewhere_is_an_error(project: Path, repair: Repair, tmp_path: Path) -> None:
    write(project, {"pyproject.toml": CONFIG.replace('pythonpath = ["src"]', "")})
    write(project, {"src/till/__init__.py": "OPEN = True\n"})
    other = tmp_path / "other"
    write(other, {"till/__init__.py": "OPEN = False\n"})
    environ = dict(os.environ, PYTHONPATH=str(other))
    done = subprocess.run(
        [sys.executable, "-m", "pytest_agentgate", "repair", "--python", sys.executable, "--base", "HEAD~1"],
        cwd=project, env=environ, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert f"till is {other}/till/__init__.py" in done.stderr
    assert "install this checkout there" in done.stderr


def test_a_suite_that_cannot_be_run_is_incomplete(project: Path, repair: Repair) -> None:
    write(project, {"tests/test_crash.py": "import os\n\ndef test_it(): os._exit(0)\n"})
    done = repair(project, "--base", "HEAD~1")
    assert done.returncode == 12
    assert "the first run does not tell the state of the tests" in done.stdout
    assert git(project, "status", "--short") == "?? tests/test_crash.py"


def test_where_all_is_green_nothing_is_done(project: Path, repair: Repair) -> None:
    write(project, {"tests/test_shop.py": TESTS.replace("price_of", "price_for")})
    done = repair(project, "--base", "HEAD~1")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "agentgate: nothing is red: nothing to repair")


def test_the_old_implementation_may_be_a_folder(project: Path, repair: Repair, tmp_path: Path) -> None:
    write(tmp_path / "old", {"shop.py": OLD})
    done = repair(project, "--base-path", str(tmp_path / "old"))
    assert done.returncode == 0, done.stderr


def test_a_dependency_may_have_changed(project: Path, repair: Repair, tmp_path: Path) -> None:
    """The old release is a folder, the new one what the interpreter has; nothing of the project itself differs."""
    write(tmp_path / "old", {"till/__init__.py": OLD})
    write(tmp_path / "new", {"till/__init__.py": NEW})
    write(project, {"tests/test_shop.py": TESTS.replace("shop", "till")})
    done = subprocess.run(
        [sys.executable, "-m", "pytest_agentgate", "repair", "--python", sys.executable, "--base-path", "../old"],
        cwd=project, env={**os.environ, "PYTHONPATH": str(tmp_path / "new")}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "rename-symbol old=till.price_of new=till.price_for" in done.stdout


def test_wrong_usage_is_one_line(project: Path, repair: Repair) -> None:
    for words in (["--dry-run", "--commit"], ["--phase", "nothing"], ["--report", "nothing"], ["-x"]):
        done = repair(project, "--base", "HEAD~1", *words)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr


def test_help_has_examples(repair: Repair, project: Path) -> None:
    done = repair(project, "--help")
    assert "agentgate repair --dry-run" in done.stdout
