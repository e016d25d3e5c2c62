"""docs/how-to/jenkins.md: the Jenkinsfile's stages in order, each ``sh`` as the shell script that it is."""

from __future__ import annotations

import re
import shutil
import sysconfig
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

FILE = "Jenkinsfile"
TOKEN = re.compile(r"'''(.*?)'''|'((?:[^'\\\n]|\\.)*)'|\"((?:[^\"\\\n]|\\.)*)\"|([{}:,\n])|(\w+)|[ \t()]+", re.DOTALL)


@dataclass(frozen=True)
class Step:
    """A statement of a declarative pipeline: a word, what is behind it, and its block."""

    word: str
    values: tuple[str, ...] = ()
    named: Mapping[str, str] = field(default_factory=dict)
    block: tuple[Step, ...] = ()

    def all(self, word: str) -> tuple[Step, ...]:
        return tuple(step for step in self.block if step.word == word)

    def one(self, word: str) -> Step:
        [step] = self.all(word)
        return step


def parsed(text: str) -> Step:
    """A Jenkinsfile without Groovy of its own; anything else in it is an error."""
    return Step("", block=tuple(_block(_tokens(text))))


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        assert match, f"not understood: {text[at : at + 40]!r}"
        at = match.end()
        long, single, double, mark, word = match.groups()
        if long is not None:
            yield "text", long.replace("\\\n", "")  # which Groovy joins
        elif single is not None or double is not None:
            yield "text", single if single is not None else double
        elif mark or word:
            yield ("mark", mark) if mark else ("word", word)


def _block(tokens: Iterator[tuple[str, str]]) -> Iterator[Step]:
    word, name = "", ""
    values: list[str] = []
    named: dict[str, str] = {}
    for kind, value in tokens:
        if (kind, value) == ("mark", "{"):
            step = Step(word, tuple(values), named, tuple(_block(tokens)))
            word, values, named, name = "", [], {}, ""
            yield step
        elif kind == "mark" and value in "}\n":
            if word:
                yield Step(word, tuple(values), named)
            word, values, named, name = "", [], {}, ""
            if value == "}":
                return
        elif kind == "word" and not word:
            word = value
        elif kind == "word":
            name = value
        elif kind == "text" and name:
            named[name], name = value, ""
        elif kind == "text":
            values.append(value)


@dataclass
class Jenkins:
    """As much of Jenkins as the recipe uses; what it uses beyond that is an error."""

    machine: Any
    git: Callable[..., str]
    origin: Path
    branch: str
    folder: Path
    environ: Mapping[str, str]
    statuses: dict[str, int] = field(default_factory=dict)  # stage -> status of the sh step that failed, else 0
    said: dict[str, str] = field(default_factory=dict)
    stashes: dict[str, Path] = field(default_factory=dict)
    tested: list[Path] = field(default_factory=list)  # files that the step junit was given

    @property
    def archive(self) -> Path:
        return self.folder / "archive"

    def run(self, pipeline: Step) -> bool:
        return all(self._stage(stage, {}) for stage in pipeline.one("stages").block)

    def _stage(self, stage: Step, environ: Mapping[str, str]) -> bool:
        [name] = stage.values
        for matrix in stage.all("matrix"):
            axis = matrix.one("axes").one("axis")
            [variable] = axis.one("name").values
            cells = [{variable: value} for value in axis.one("values").values]
            ended = [self._stage(one, cell) for cell in cells for one in matrix.one("stages").block]
            return all(ended)  # no cell stops another
        workspace = self._workspace("-".join((name, *environ.values())))
        title = " ".join((name, *environ.values()))
        self.statuses[title] = 0
        well = all(self._step(step, workspace, environ, title) for step in stage.one("steps").block)
        for post in stage.all("post"):
            always = [self._step(step, workspace, environ, title) for step in post.one("always").block]
            well = all(always) and well
        return well

    def _workspace(self, name: str) -> Path:
        """A clone with the environment of an earlier build, in which pip finds what it is to install."""
        workspace = self.folder / name
        workspace.mkdir(parents=True)
        self.git(workspace, "clone", "-q", "--single-branch", "--branch", self.branch, self.origin.as_uri(), ".")
        self.git(workspace, "checkout", "-q", "--detach")
        packages = Path(sysconfig.get_path("purelib", vars={"base": str(workspace / ".venv")}))
        packages.mkdir(parents=True)
        outer = sysconfig.get_path("purelib")
        (packages / "earlier.pth").write_text(f"import site; site.addsitedir({outer!r})\n")
        return workspace

    def _step(self, step: Step, workspace: Path, environ: Mapping[str, str], title: str) -> bool:
        step_named = {key: self._expanded(value, environ) for key, value in step.named.items()}
        match step.word:
            case "sh":
                [script] = step.values
                done = self.machine.run(["sh", "-xe"], script, workspace, {**self.environ, **environ})
                self.said[title] = self.said.get(title, "") + done.said
                self.statuses[title] = self.statuses[title] or done.status
                return bool(done.status == 0)
            case "stash":
                self.stashes[step_named["name"]] = self.folder / "stashes" / step_named["name"]
                return self._copied(workspace, self.stashes[step_named["name"]], step_named["includes"])
            case "unstash":
                shutil.copytree(self.stashes[step.values[0]], workspace, dirs_exist_ok=True)
                return True
            case "archiveArtifacts":
                return self._copied(workspace, self.archive, step_named["artifacts"])
            case "junit":
                self.tested += workspace.glob(step.values[0])
                return bool(self.tested)
        raise AssertionError(f"no such step here: {step.word}")

    def _expanded(self, text: str, environ: Mapping[str, str]) -> str:
        return re.sub(r"\$\{(\w+)\}", lambda match: environ[match[1]], text)

    def _copied(self, workspace: Path, target: Path, patterns: str) -> bool:
        files = [file for pattern in patterns.split(", ") for file in workspace.glob(f"{pattern}/*") if file.is_file()]
        for file in files:
            place = target / file.relative_to(workspace)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)
        return bool(files)


Start = Callable[..., tuple[Jenkins, bool]]


@pytest.fixture
def start(tmp_path: Path, machine: Any, repository: Any, recipes: Any) -> Start:
    """``start(branch)``: the page's pipeline, for a change of a branch; -> Jenkins, and whether the build is well."""

    def run(branch: str, target: str = "main") -> tuple[Jenkins, bool]:
        text = recipes.block("jenkins.md", "groovy")
        environ = {"CHANGE_TARGET": target} if target else {}
        jenkins = Jenkins(machine, recipes.git, repository(FILE, text), branch, tmp_path / "agent", environ)
        return jenkins, jenkins.run(parsed(text).one("pipeline"))

    return run


def statements(steps: Sequence[Step]) -> Iterator[Step]:
    for step in steps:
        yield step
        yield from statements(step.block)


def test_the_file_is_read_as_it_is_written(recipes: Any) -> None:
    text = recipes.block("jenkins.md", "groovy")
    steps = [*statements(parsed(text).block)]
    for word in ("stage", "sh", "stash", "unstash", "agent", "post"):
        assert sum(step.word == word for step in steps) == len(re.findall(rf"^ *{word}\b", text, re.MULTILINE)), word
    assert {step.values for step in steps if step.word == "image"} == {("python:3.13",)}
    assert [step.values for step in steps if step.word == "values"] == [("unit", "api")]


def test_green(start: Start) -> None:
    ended, well = start("green")
    assert (well, set(ended.statuses.values())) == (True, {0}), ended.said
    assert {path.suffix for path in (ended.archive / "reports").iterdir()} == {".html", ".xml", ".sarif", ".md"}
    names = {test.get("name") for test in ElementTree.parse(ended.tested[0]).iter("testcase")}
    assert {"test_one", "test_many", "test_cake", "test_tea"} <= names


def test_red(start: Start) -> None:
    ended, well = start("red")
    assert (well, ended.statuses) == (False, {"Shard unit": 0, "Shard api": 0, "Gate": 10}), ended.said
    assert "tests.failed == 0" in ended.said["Gate"]
    assert "tests/unit/test_total.py::test_one" in ended.said["Gate"]
    assert "tests/api/test_prices.py::test_tea" in ended.said["Gate"]
    assert ended.tested  # what failed is shown by the step junit


def test_a_shard_that_does_not_end_fails_the_build(start: Start) -> None:
    ended, well = start("cut-off", target="")
    assert (well, ended.statuses) == (False, {"Shard unit": 0, "Shard api": 12}), ended.said
