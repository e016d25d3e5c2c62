"""What a remedy is tried on: an implementation before and after, and tests whose failures are real."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import TypeAlias

import pytest

from pytest_agentgate.model import Cause, Failure
from pytest_agentgate.repair import confirm
from pytest_agentgate.repair.align.alignment import align
from pytest_agentgate.repair.api.api import Api
from pytest_agentgate.repair.api.trees import FolderTree
from pytest_agentgate.repair.change import Change
from pytest_agentgate.repair.infer import infer
from pytest_agentgate.repair.proposal import NoProposal, Proposal
from pytest_agentgate.repair.suite import Suite
from pytest_agentgate.store import open_store

Files: TypeAlias = str | Mapping[str, str]
ROOTS = ("src",)
SETTINGS = "[pytest]\npythonpath = src\naddopts = -p no:cacheprovider -p no:asyncio\n"
CONFIGURATION = '[tool.agentgate]\nsource = ["src"]\ntests = ["tests"]\n'


@dataclass(frozen=True)
class Told:
    """What is proposed for one cause."""

    cause: Cause
    failures: tuple[Failure, ...]
    answer: tuple[Proposal, ...] | NoProposal

    @property
    def lines(self) -> list[str]:
        """The proposals, best first: ``safe: rename-module old=a new=b; ...``."""
        if isinstance(self.answer, NoProposal):
            return []
        return [f"{each.applicability}: {'; '.join(map(str, each.codemods))}" for each in self.answer]

    @property
    def best(self) -> str:
        """The first proposal, "" where there is none."""
        return next(iter(self.lines), "")

    @property
    def may_run(self) -> list[str]:
        """The proposals that would be applied without a person."""
        return [line for line in self.lines if line.startswith("safe")]

    @property
    def why(self) -> str:
        """Why nothing is proposed."""
        return self.answer.why if isinstance(self.answer, NoProposal) else ""

    @property
    def evidence(self) -> str:
        """The sentences of the best proposal."""
        return "" if isinstance(self.answer, NoProposal) else "\n".join(self.answer[0].evidence)


@dataclass(frozen=True)
class Project:
    """A project whose tests were run, and what changed in it."""

    root: Path
    change: Change
    suite: Suite
    failures: tuple[Failure, ...]
    causes: tuple[Cause, ...]

    def told(self, cause: Cause) -> Told:
        failures = tuple(each for each in self.failures if each.signature == cause.signature)
        return Told(cause, failures, infer(cause, failures, self.change, self.suite))


def _written(folder: Path, files: Files, name: str) -> None:
    for path, text in ({name: files} if isinstance(files, str) else files).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(dedent(text).lstrip())


@pytest.fixture
def project(tmp_path: Path, quick: None) -> Callable[[Files, Files, Files], Project]:
    """Run tests against the new implementation; a text alone is ``shop.py`` or ``test_shop.py``."""

    def made(old: Files, new: Files, tests: Files) -> Project:
        before, root = tmp_path / "before", tmp_path / "now"
        _written(before / "src", old, "shop.py")
        _written(root / "src", new, "shop.py")
        _written(root / "tests", tests, "test_shop.py")
        (root / "pytest.ini").write_text(SETTINGS)
        (root / "pyproject.toml").write_text(CONFIGURATION)
        command = [sys.executable, "-m", "pytest", "-q", "--agentgate", "tests"]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=False)
        store = root / "store.db"
        with open_store(f"sqlite:///{store}") as opened:
            opened.ingest(root / ".agentgate" / "runs")
            causes, failures = opened.run_summary().causes, opened.failures()
        assert failures, done.stdout + done.stderr
        old_api = Api.of(FolderTree(before), ROOTS, ["src"])
        new_api = Api.of(FolderTree(root), ROOTS, ["src"])
        change = Change(old_api, new_api, align(old_api, new_api), FolderTree(before).text)
        suite = Suite.of(root, ["src"], ["tests"], confirm.interpreter(sys.executable, root, ROOTS))
        return Project(root, change, suite, failures, causes)

    return made


@pytest.fixture
def told(project: Callable[[Files, Files, Files], Project]) -> Callable[[Files, Files, Files], Told]:
    """What is proposed for the largest cause of a project."""

    def asked(old: Files, new: Files, tests: Files) -> Told:
        made = project(old, new, tests)
        return made.told(made.causes[0])

    return asked
