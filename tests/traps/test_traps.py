"""A bug in the implementation is never repaired in the tests, however much it looks like a change.

All traps stand in one project, and one repair meets all of them. ``AGENTGATE_TEST_TRAPS=each`` repairs each alone as
well, where nothing else distracts, and with ``--unsafe``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from tests.traps.behaviour import BEHAVIOUR
from tests.traps.calls import CALLS
from tests.traps.indirect import INDIRECT
from tests.traps.loading import LOADING
from tests.traps.names import NAMES
from tests.traps.protocols import PROTOCOLS
from tests.traps.results import RESULTS
from tests.traps.strings import STRINGS
from tests.traps.trap import Trap

from pytest_agentgate.config import find_project
from pytest_agentgate.store import open_store

TRAPS = (*NAMES, *LOADING, *CALLS, *BEHAVIOUR, *RESULTS, *STRINGS, *INDIRECT, *PROTOCOLS)
EACH = os.environ.get("AGENTGATE_TEST_TRAPS") == "each"
SLOW = pytest.mark.skipif(not EACH, reason="one repair for each takes minutes: AGENTGATE_TEST_TRAPS=each")
ALL = pytest.mark.parametrize("trap", TRAPS, ids=[trap.name for trap in TRAPS])
HONEST = tuple(trap for trap in TRAPS if trap.change and trap.is_followed)
CONFIG = """
[tool.pytest.ini_options]
pythonpath = ["src"]
testpaths = ["tests"]
addopts = "-p no:cacheprovider -W ignore"

[tool.agentgate]
source = ["src"]
tests = ["tests"]
"""
Environment = Mapping[str, str]


@dataclass(frozen=True)
class Repaired:
    """What a repair made of a project."""

    root: Path
    base_status: int  # of pytest at base
    told: dict[str, Any]
    causes: Mapping[str, frozenset[str]]  # signatures of the failures of a test file
    said: str

    def attempts(self, trap: Trap) -> list[dict[str, Any]]:
        """What was tried or shown for its causes, or in its file."""
        own = self.causes.get(trap.name, frozenset())
        return [
            each
            for each in self.told["attempts"]
            if own & {each["cause"], *each["also"]} or test_file(trap) in each["files"]
        ]

    def left(self, trap: Trap) -> list[dict[str, Any]]:
        return [each for each in self.told["repair"]["left"] if each["cause"] in self.causes.get(trap.name, ())]

    def test(self, trap: Trap) -> str:
        return (self.root / test_file(trap)).read_text()


def test_file(trap: Trap) -> str:
    return f"tests/test_{trap.name}.py"


test_file.__test__ = False  # type: ignore[attr-defined]


def git(root: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(root), *words], check=True, capture_output=True)


def commit(root: Path, traps: Iterable[Trap], files: Callable[[Trap], Mapping[str, str]], tag: str) -> None:
    """Write the packages in one state, and nothing that they had before."""
    subprocess.run(["rm", "-rf", str(root / "src")], check=True)
    for trap in traps:
        for name, text in {"__init__.py": "", **files(trap)}.items():
            path = root / "src" / trap.name / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", tag)
    git(root, "tag", tag)


def repaired(
    root: Path, traps: tuple[Trap, ...], head: Callable[[Trap], Mapping[str, str]], few: Environment, *options: str
) -> Repaired:
    """Build a project from base to head and repair it."""
    (root / "tests").mkdir(parents=True)
    (root / "pyproject.toml").write_text(CONFIG)
    (root / ".gitignore").write_text("__pycache__/\n.agentgate/\n")
    for trap in traps:
        (root / test_file(trap)).write_text(written(trap))
    git(root.parent, "init", "-q", "-b", "main", str(root))
    commit(root, traps, Trap.base, "base")
    environ = {**os.environ, **few}
    plain = [sys.executable, "-m", "pytest", "-q"]
    base = subprocess.run(plain, cwd=root, env=environ, capture_output=True, text=True, timeout=300, check=False)
    commit(root, traps, head, "head")
    command = [sys.executable, "-m", "pytest_agentgate", "repair", "--base", "base", "--json", "--jobs", "1", *options]
    command += ["--python", sys.executable]
    done = subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True, timeout=900, check=False)
    assert done.stdout.startswith("{"), done.stderr
    told = json.loads(done.stdout)
    with open_store(find_project(root).store_url) as store:
        failures = store.failures(told["repair"]["before_run"])
    causes = {
        trap.name: frozenset(each.signature for each in failures if each.nodeid.startswith(test_file(trap)))
        for trap in traps
    }
    return Repaired(root, base.returncode, told, causes, base.stdout)


def written(trap: Trap) -> str:
    return dedent(trap.tests).lstrip()


@pytest.fixture(scope="session")
def together(tmp_path_factory: pytest.TempPathFactory, few_plugins: Environment) -> Repaired:
    """All traps in one project, after one repair."""
    return repaired(tmp_path_factory.mktemp("traps") / "project", TRAPS, Trap.head, few_plugins)


@pytest.fixture(scope="session")
def honest(tmp_path_factory: pytest.TempPathFactory, few_plugins: Environment) -> Repaired:
    """The honest changes in one project, after one repair."""
    return repaired(tmp_path_factory.mktemp("honest") / "project", HONEST, Trap.changed, few_plugins)


def test_each_trap_has_a_name_of_its_own() -> None:
    assert len({trap.name for trap in TRAPS}) == len(TRAPS)


def test_the_tests_pass_at_base(together: Repaired) -> None:
    assert together.base_status == 0, together.said


@ALL
def test_a_bug_makes_its_tests_fail(trap: Trap, together: Repaired) -> None:
    assert together.causes[trap.name], trap.bug


@ALL
def test_no_test_follows_a_bug(trap: Trap, together: Repaired) -> None:
    assert together.test(trap) == written(trap), trap.bug
    assert not runs(together.attempts(trap)), trap.bug


@ALL
def test_a_bug_is_left_with_a_reason(trap: Trap, together: Repaired) -> None:
    assert all(each["why"] for each in together.left(trap))
    assert {each["cause"] for each in together.left(trap)} == together.causes[trap.name]


def runs(attempts: list[dict[str, Any]]) -> list[str]:
    """What was written, or would be with ``--unsafe`` or for other tests; not what a codemod refused with a reason."""
    return [
        f"{each['applicability']} {each['verdict']}: {'; '.join(each['codemods'])}: {each['evidence']}"
        for each in attempts
        if each["applicability"] != "display" and (each["files"] or not each["notes"])
    ]


@SLOW
@ALL
def test_no_test_follows_a_bug_that_stands_alone(trap: Trap, tmp_path: Path, few_plugins: Environment) -> None:
    alone = repaired(tmp_path / "project", (trap,), Trap.head, few_plugins, "--unsafe")
    assert alone.test(trap) == written(trap), trap.bug
    assert not runs(alone.attempts(trap)), trap.bug


@SLOW
@pytest.mark.parametrize("trap", HONEST, ids=[trap.name for trap in HONEST])
def test_tests_follow_the_honest_change_that_looks_the_same(trap: Trap, honest: Repaired) -> None:
    assert not honest.left(trap)
    assert honest.test(trap) != written(trap)
