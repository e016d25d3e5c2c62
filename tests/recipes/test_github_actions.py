"""docs/how-to/github-actions.md, run as GitHub does: its jobs in order, each in a checkout of its own."""

from __future__ import annotations

import itertools
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

FILE = ".github/workflows/tests.yml"
EXPRESSION = re.compile(r"\$\{\{ *(.*?) *\}\}")
BASE = "github.base_ref && format('origin/{0}', github.base_ref)"


@dataclass
class Actions:
    """As much of GitHub Actions as the recipes use; what they use beyond that is an error."""

    machine: Any
    git: Callable[..., str]
    origin: Path
    branch: str
    folder: Path
    values: Mapping[str, str]
    artifacts: dict[str, Path] = field(default_factory=dict)
    results: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)  # job -> what its steps printed
    statuses: dict[str, int] = field(default_factory=dict)  # job -> status of the step that failed

    def run(self, workflow: Mapping[str, Any]) -> None:
        for name, job in workflow["jobs"].items():
            needed = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
            if job.get("if") != "always()" and any(self.results[one] != "success" for one in needed):
                self.results[name] = "skipped"
                continue
            ended = [self._job(name, job, cell) for cell in self._cells(job)]
            self.results[name] = "success" if all(ended) else "failure"

    def _cells(self, job: Mapping[str, Any]) -> Iterator[dict[str, str]]:
        matrix = job.get("strategy", {}).get("matrix", {})
        for values in itertools.product(*matrix.values()):
            yield {f"matrix.{axis}": value for axis, value in zip(matrix, values, strict=True)}

    def _job(self, name: str, job: Mapping[str, Any], cell: Mapping[str, str]) -> bool:
        values = {**self.values, **cell}
        title = " ".join((name, *cell.values()))
        workspace = self.folder / title.replace(" ", "-")
        workspace.mkdir(parents=True)
        well = True
        for step in job["steps"]:
            assert set(step) <= {"name", "uses", "with", "run", "env", "if"}, step
            if not well and step.get("if") != "always()":
                continue
            with_ = {key: self._expanded(str(value), values) for key, value in step.get("with", {}).items()}
            if "uses" in step:
                action, _, version = step["uses"].partition("@")
                assert re.fullmatch(r"v\d+", version)
                ended = getattr(self, "_" + action.rpartition("/")[2].replace("-", "_"))(workspace, with_)
            else:
                environ = {key: self._expanded(value, values) for key, value in step.get("env", {}).items()}
                environ |= {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(self.folder / f"{workspace.name}.md")}
                done = self.machine.run(["bash", "-e"], step["run"], workspace, environ)
                self.said[title] = self.said.get(title, "") + done.said
                if done.status:
                    self.statuses[title] = done.status
                ended = done.status == 0
            well = well and ended
        return well

    def _expanded(self, text: str, values: Mapping[str, str]) -> str:
        return EXPRESSION.sub(lambda match: values[match[1]], text)

    # ---- the actions

    def _checkout(self, workspace: Path, with_: Mapping[str, str]) -> bool:
        depth = [] if with_.get("fetch-depth") == "0" else ["--depth=1"]
        self.git(workspace, "clone", "-q", *depth, "--branch", self.branch, self.origin.as_uri(), ".")
        self.git(workspace, "checkout", "-q", "--detach")
        return True

    def _setup_python(self, workspace: Path, with_: Mapping[str, str]) -> bool:
        assert tuple(map(int, with_["python-version"].split("."))) >= (3, 11)
        return True

    def _upload_artifact(self, workspace: Path, with_: Mapping[str, str]) -> bool:
        paths = [workspace / line for line in with_["path"].split()]
        top = Path(os.path.commonpath(paths))
        files = [file for path in paths for file in sorted(path.rglob("*")) if file.is_file()]
        if with_.get("include-hidden-files", "").lower() != "true":
            files = [file for file in files if not any(part[0] == "." for part in file.relative_to(workspace).parts)]
        if not files:
            return with_.get("if-no-files-found") != "error"
        artifact = self.artifacts[with_["name"]] = self.folder / "artifacts" / with_["name"]
        for file in files:
            target = artifact / file.relative_to(top)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        return True

    def _download_artifact(self, workspace: Path, with_: Mapping[str, str]) -> bool:
        assert with_["merge-multiple"].lower() == "true"
        for name, artifact in self.artifacts.items():
            if fnmatch(name, with_["pattern"]):
                shutil.copytree(artifact, workspace, dirs_exist_ok=True)
        return True


Start = Callable[..., Actions]


@pytest.fixture
def start(tmp_path: Path, machine: Any, repository: Any, recipes: Any) -> Start:
    """``start(number, branch)``: one of the page's workflows, for a pull request of a branch."""

    def run(number: int, branch: str, base: str = "origin/main", **changes: str) -> Actions:
        text = recipes.block("github-actions.md", "yaml", number)
        origin = repository(FILE, text)
        if changes:
            clone = tmp_path / "clone"
            recipes.git(tmp_path, "clone", "-q", "--branch", branch, str(origin), str(clone))
            for name, new in changes.items():
                path = clone / name.replace("_", ".")
                old, _, new = new.partition(" -> ")
                assert old in path.read_text()
                path.write_text(path.read_text().replace(old, new))
            recipes.git(clone, "commit", "-qam", "Change more")
            recipes.git(clone, "push", "-q")
        actions = Actions(machine, recipes.git, origin, branch, tmp_path / "runner", {BASE: base})
        actions.run(yaml.safe_load(text))
        return actions

    return run


def reports(folder: Path) -> dict[str, str]:
    """The reports that an artifact holds, by suffix."""
    return {path.suffix: path.read_text(encoding="utf-8") for path in folder.glob("tests.*")}


# ---- one job


def test_one_job_green(start: Start) -> None:
    ended = start(0, "green")
    assert (ended.results, ended.statuses) == ({"test": "success"}, {}), ended.said
    made = reports(ended.artifacts["reports"] / "reports")
    assert set(made) == {".html", ".xml", ".sarif", ".md"}
    assert [*(ended.artifacts["reports"] / ".agentgate" / "runs").glob("*.jsonl")]


def test_one_job_red(start: Start) -> None:
    ended = start(0, "red")
    assert (ended.results, ended.statuses) == ({"test": "failure"}, {"test": 10})
    assert "tests.failed == 0" in ended.said["test"]
    assert "::error" in ended.said["test"]
    assert set(reports(ended.artifacts["reports"] / "reports")) == {".html", ".xml", ".sarif", ".md"}
    assert "tests.failed == 0" in (ended.folder / "test.md").read_text()


def test_one_job_whose_process_does_not_end(start: Start) -> None:
    ended = start(0, "cut-off")
    assert (ended.results, ended.statuses) == ({"test": "failure"}, {"test": 12})


def test_a_push_has_no_base_and_is_judged_by_its_own_phases(start: Start) -> None:
    ended = start(0, "green", base="")
    assert ended.results == {"test": "success"}, ended.said


def test_a_change_cannot_loosen_its_own_gates(start: Start) -> None:
    ended = start(0, "red", pyproject_toml='"tests.failed == 0" -> "tests.failed <= 99"')
    assert ended.statuses == {"test": 10}, ended.said
    assert "tests.failed <= 99" in ended.said["test"]  # what differs is said


# ---- shards


def test_shards_green(start: Start) -> None:
    ended = start(1, "green")
    assert (ended.results, ended.statuses) == ({"shard": "success", "gate": "success"}, {}), ended.said
    made = reports(ended.artifacts["reports"])
    assert set(made) == {".html", ".xml", ".sarif", ".md"}
    names = {case.get("name") for case in ElementTree.fromstring(made[".xml"]).iter("testcase")}
    assert {"test_one", "test_many", "test_cake", "test_tea"} <= names  # those of both shards


def test_shards_red(start: Start) -> None:
    ended = start(1, "red")
    assert (ended.results, ended.statuses) == ({"shard": "success", "gate": "failure"}, {"gate": 10}), ended.said
    said = ended.said["gate"]
    assert "tests.failed == 0" in said
    assert "tests/unit/test_total.py::test_one" in said
    assert "tests/api/test_prices.py::test_tea" in said
    assert set(reports(ended.artifacts["reports"])) == {".html", ".xml", ".sarif", ".md"}


def test_shards_of_which_one_does_not_end(start: Start) -> None:
    ended = start(1, "cut-off")
    assert ended.results == {"shard": "failure", "gate": "failure"}
    assert ended.statuses["gate"] == 12, ended.said["gate"]
    assert "shard api" in ended.statuses
    assert "shard unit" not in ended.statuses


def test_shards_of_which_one_cannot_be_imported(start: Start) -> None:
    ended = start(1, "renamed")
    assert ended.results["gate"] == "failure"
    assert ended.statuses["gate"] in (10, 15), ended.said
