"""docs/how-to/gitlab-ci.md, run as GitLab's runner does: stage by stage, each job in a clone of its own."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

FILE = ".gitlab-ci.yml"
KEYS = {"stage", "parallel", "script", "allow_failure", "artifacts", "variables"}


@dataclass
class Pipeline:
    """As much of GitLab CI as the recipe uses; what it uses beyond that is an error."""

    machine: Any
    git: Callable[..., str]
    origin: Path
    branch: str
    folder: Path
    variables: Mapping[str, str]
    statuses: dict[str, int] = field(default_factory=dict)  # job -> status of its script
    said: dict[str, str] = field(default_factory=dict)
    well: bool = True

    @property
    def artifacts(self) -> Path:
        return self.folder / "artifacts"

    def run(self, pipeline: Mapping[str, Any]) -> None:
        jobs = {name: job for name, job in pipeline.items() if name not in ("stages", "workflow", "default")}
        for stage in pipeline["stages"]:
            if not self.well:
                return
            for name, job in jobs.items():
                assert set(job) <= KEYS, job
                if job["stage"] == stage:
                    ended = [self._job(name, job, pipeline["default"], cell) for cell in self._cells(job)]
                    self.well = self.well and all(ended)

    def _cells(self, job: Mapping[str, Any]) -> Iterator[dict[str, str]]:
        for axes in job.get("parallel", {}).get("matrix", [{}]):
            for values in itertools.product(*axes.values()):
                yield dict(zip(axes, values, strict=True))

    def _job(self, name: str, job: Mapping[str, Any], default: Mapping[str, Any], cell: Mapping[str, str]) -> bool:
        assert default["image"].startswith("python:3.")
        variables = {**self.variables, **job.get("variables", {}), **cell}
        title = " ".join((name, *cell.values()))
        workspace = self.folder / title.replace(" ", "-")
        workspace.mkdir(parents=True)
        depth = variables.get("GIT_DEPTH", "20")  # GitLab's default; 0 is all of it
        depths = [f"--depth={depth}"] if depth != "0" else ["--single-branch"]
        self.git(workspace, "clone", "-q", *depths, "--branch", self.branch, self.origin.as_uri(), ".")
        self.git(workspace, "checkout", "-q", "--detach")
        if self.artifacts.exists():  # of the stages before
            shutil.copytree(self.artifacts, workspace, dirs_exist_ok=True)
        script = "\n".join([*default["before_script"], *job["script"]])
        done = self.machine.run(["bash", "-eo", "pipefail"], script, workspace, {**variables, "GITLAB_CI": "true"})
        self.statuses[title], self.said[title] = done.status, done.said
        assert job["artifacts"]["when"] == "always"
        for path in job["artifacts"]["paths"]:
            if (workspace / path).is_dir():
                shutil.copytree(workspace / path, self.artifacts / path, dirs_exist_ok=True)
        allowed = job.get("allow_failure", {}).get("exit_codes", 0)
        return done.status in (0, allowed)


Start = Callable[..., Pipeline]


@pytest.fixture
def start(tmp_path: Path, machine: Any, repository: Any, recipes: Any) -> Start:
    """``start(branch)``: the page's pipeline, for a merge request of a branch, or for the default branch."""

    def run(branch: str) -> Pipeline:
        text = recipes.block("gitlab-ci.md", "yaml")
        target = {} if branch == "main" else {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}
        pipeline = Pipeline(machine, recipes.git, repository(FILE, text), branch, tmp_path / "runner", target)
        pipeline.run(yaml.safe_load(text))
        return pipeline

    return run


def test_green(start: Start) -> None:
    ended = start("green")
    assert ended.statuses == {"test unit": 0, "test api": 0, "gate": 0}, ended.said
    assert {path.suffix for path in (ended.artifacts / "reports").iterdir()} == {".html", ".xml", ".sarif", ".md"}
    tests = ElementTree.parse(ended.artifacts / "reports" / "tests.xml").iter("testcase")
    assert {"test_one", "test_many", "test_cake", "test_tea"} <= {test.get("name") for test in tests}
    assert len([*(ended.artifacts / ".agentgate" / "runs").glob("*.jsonl")]) == 2


def test_red(start: Start) -> None:
    ended = start("red")
    assert ended.statuses == {"test unit": 1, "test api": 1, "gate": 10}, ended.said
    assert not ended.well
    said = ended.said["gate"]
    assert "tests.failed == 0" in said
    assert "tests/unit/test_total.py::test_one" in said
    assert "tests/api/test_prices.py::test_tea" in said
    assert "tests.failed == 0" in (ended.artifacts / "reports" / "tests.md").read_text(encoding="utf-8")


def test_a_shard_that_does_not_end_stops_the_pipeline(start: Start) -> None:
    ended = start("cut-off")
    assert ended.statuses["test unit"] == 0, ended.said
    assert ended.statuses["test api"] == 12
    assert not ended.well
    assert "gate" not in ended.statuses


def test_the_default_branch_has_no_base(start: Start) -> None:
    ended = start("main")
    assert ended.statuses == {"test unit": 0, "test api": 0, "gate": 0}, ended.said
