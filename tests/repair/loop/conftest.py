"""Small suites behind a change of their implementation, and repairs of them with remedies that a test writes down."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pytest_agentgate.codemods.codemod import Applicability, Codemod
from pytest_agentgate.codemods.files.journal import Journal
from pytest_agentgate.config import Project, find_project
from pytest_agentgate.model import Cause, Failure
from pytest_agentgate.model.repair import Attempt, Verdict
from pytest_agentgate.repair.attempts.planning import FilesOfTests
from pytest_agentgate.repair.attempts.rerun import Reruns
from pytest_agentgate.repair.loop import Loop
from pytest_agentgate.repair.proposal import NoProposal, Proposal
from pytest_agentgate.runner.interpreter import Interpreter, named

CONFIG = """
[tool.pytest.ini_options]
pythonpath = ["src"]
testpaths = ["tests"]
addopts = "-p no:cacheprovider"

[tool.agentgate]
source = ["src"]
tests = ["tests"]
"""


def proposal(*codemods: Codemod, applicability: Applicability = Applicability.SAFE) -> Proposal:
    return Proposal(codemods, applicability, ("because the test says so",))


@dataclass
class Suite:
    """A project on disk, and what its repair is given."""

    root: Path
    interpreter: Interpreter
    apart: Path
    arguments: Sequence[str] = ()
    limit: float = 600.0  # attempts that share a run have a tenth of it
    jobs: int = 1
    asked: list[str] = field(default_factory=list)  # titles of the causes that were asked about

    @property
    def project(self) -> Project:
        return find_project(self.root)

    @property
    def journal(self) -> Journal:
        return Journal(self.project.prepare_state() / "journal", self.root)

    def reruns(self) -> Reruns:
        self.apart.mkdir(exist_ok=True)
        return Reruns(
            self.project, self.interpreter, self.arguments, self.apart, limit=self.limit, jobs=self.jobs, agent="zoë"
        )

    def loop(self, remedies: Mapping[str, Sequence[Proposal]], **more: Any) -> Loop:
        """A loop that proposes what stands beside a part of a cause's title."""

        def propose(cause: Cause, failures: Sequence[Failure]) -> Sequence[Proposal] | NoProposal:
            self.asked.append(cause.title)
            assert {failure.signature for failure in failures} == {cause.signature}
            found = [one for words, proposals in remedies.items() if words in cause.title for one in proposals]
            return found or NoProposal("nothing is written down for it", "tests")

        reruns = self.reruns()
        first = reruns.whole(recorded=True)
        assert not first.why, first
        return Loop(FilesOfTests(self.project, 0), reruns, self.journal, propose, first.state, group="repair-1", **more)

    def repaired(self, remedies: Mapping[str, Sequence[Proposal]], **more: Any) -> Loop:
        """A repair from its first run to its last."""
        loop = self.loop(remedies, **more)
        loop.repair()
        assert not loop.stopped
        assert not loop.confirm().why
        return loop

    def runs_of_attempts(self) -> list[str]:
        """The logs of runs that do not stand in the record, in order."""
        logs = [log.read_text() for log in (self.apart / "runs").glob("*.jsonl")]
        return sorted(logs, key=lambda log: json.loads(log.partition("\n")[0])["created_at"])  # their names say seconds

    def contents(self) -> dict[str, bytes]:
        """Every file of the project outside of its state folder."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and not {".agentgate", ".git", "__pycache__"} & set(path.parts)
        }


def verdicts(loop: Loop) -> list[tuple[str, Verdict]]:
    return [(attempt.codemods[0], attempt.verdict) for attempt in loop.attempts]


def of(loop: Loop, verdict: Verdict) -> list[Attempt]:
    return [attempt for attempt in loop.attempts if attempt.verdict is verdict]


@pytest.fixture
def suite(tmp_path: Path, quick: None) -> Callable[..., Suite]:
    """``suite({"src/shop.py": TEXT, "tests/test_shop.py": TEXT})`` -> the project."""
    interpreter = named(sys.executable, tmp_path)

    def make(files: Mapping[str, str], **more: Any) -> Suite:
        root = tmp_path / "project"
        for name, text in {"pyproject.toml": CONFIG, **files}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(textwrap.dedent(text))
        return Suite(root, interpreter, tmp_path / "apart", **more)

    return make


@pytest.fixture
def repository() -> Callable[[Path, str], str]:
    """Commit all that a folder has, with a message; -> the commit."""

    def commit(root: Path, message: str) -> str:
        if not (root / ".git").exists():
            subprocess.run(["git", "init", "-q", "-b", "main", str(root)], check=True)
        subprocess.run(["git", "-C", str(root), "add", "-A"], check=True)
        subprocess.run(["git", "-C", str(root), "commit", "-q", "-m", message], check=True)
        done = subprocess.run(["git", "-C", str(root), "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    return commit
