"""How a project runs its tests, on a desk and in CI."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_agentgate.start.files import Files

_LOCKED = (  # what a tool leaves beside the project, and how it starts a program in its environment
    ("uv.lock", "uv run"),
    ("poetry.lock", "poetry run"),
    ("pdm.lock", "pdm run"),
    ("Pipfile", "pipenv run"),
)
_CI = (
    ("GitHub Actions", (".github/workflows/*.yml", ".github/workflows/*.yaml"), "docs/how-to/github-actions.md"),
    ("GitLab CI", (".gitlab-ci.yml",), "docs/how-to/gitlab-ci.md"),
    ("Jenkins", ("Jenkinsfile", "Jenkinsfile.*"), "docs/how-to/jenkins.md"),
    ("pre-commit", (".pre-commit-config.yaml",), "docs/how-to/pre-commit.md"),
)
_TARGET = re.compile(
    r"^([A-Za-z][\w.-]*)((?:[^\S\n]+[^:=\n]*)?)::?(?!=)[^\n]*\n((?:[\t ]+[^\n]*\n?|\n)*)", re.MULTILINE
)
_TESTS = ("test", "tests", "pytest", "unit", "check")  # what targets are called, the likeliest first


@dataclass(frozen=True)
class Runner:
    """What starts the tests, and how it is told an option of pytest."""

    name: str
    file: str  # that says so, "" for pytest itself
    command: str  # with OPTIONS where those of pytest go
    note: str = ""  # what it needs before it can be told

    def with_options(self, options: str) -> str:
        """The command line that gives pytest these options."""
        return self.command.replace("OPTIONS", options)


@dataclass(frozen=True)
class Ci:
    """A CI system that a project uses."""

    name: str
    file: str
    page: str  # of the documentation


def runner(files: Files) -> Runner:
    """What starts the tests: tox, nox, a target of make or just, else pytest itself."""
    return next(iter([*_tox(files), *_nox(files), *_targets(files)]), None) or _pytest(files)


def ci(files: Files) -> tuple[Ci, ...]:
    """The CI systems that have a file in the project; one file of each: called after tests, else one that runs them."""
    found = []
    for name, patterns, page in _CI:
        there = list(files.matching(*patterns))
        called = [file for file in there if "test" in file.rpartition("/")[2]]
        running = [file for file in there if re.search(r"pytest|\btox\b|\bnox\b", files.text(file))]
        found += [Ci(name, file, page) for file in [*called, *running, *there][:1]]
    return tuple(found)


def _tox(files: Files) -> Iterator[Runner]:
    for file, there in (
        ("tox.ini", files.first("tox.ini") and "[testenv" in files.text("tox.ini")),
        ("tox.toml", files.first("tox.toml")),
        ("setup.cfg", files.section("setup.cfg", "tox:tox") is not None),
        ("pyproject.toml", files.table("pyproject.toml", "tool", "tox") is not None),
    ):
        if there:
            note = f"pytest-agentgate has to be among the deps of the environment in {file}"
            if "posargs" in files.text(file):
                yield Runner("tox", file, "tox run -- OPTIONS", note)
            else:
                passed = "TOX_OVERRIDE=testenv.pass_env=PYTEST_ADDOPTS PYTEST_ADDOPTS"
                yield Runner("tox", file, f"{passed}='OPTIONS' tox run", note)


def _nox(files: Files) -> Iterator[Runner]:
    if files.first("noxfile.py"):
        note = "pytest-agentgate has to be installed by the session in noxfile.py"
        passes = "posargs" in files.text("noxfile.py")
        yield Runner("nox", "noxfile.py", "nox -- OPTIONS" if passes else "PYTEST_ADDOPTS='OPTIONS' nox", note)


def _targets(files: Files) -> Iterator[Runner]:
    for name, file in (
        ("make", files.first("GNUmakefile", "makefile", "Makefile")),
        ("just", files.first("justfile", "Justfile", ".justfile")),
    ):
        targets = [match.groups() for match in _TARGET.finditer(files.text(file))] if file else []
        testing = [target for target in targets if re.search(r"\bpy\.?test\b", target[2])]
        testing.sort(key=lambda target: _TESTS.index(target[0]) if target[0] in _TESTS else len(_TESTS))
        for target, parameters, _ in testing[:1]:
            if name == "just" and re.search(r"[*+]\w", parameters):
                yield Runner(name, file, f"just {target} OPTIONS")
            else:
                yield Runner(name, file, f"PYTEST_ADDOPTS='OPTIONS' {name} {target}")


def _pytest(files: Files) -> Runner:
    for file, start in _LOCKED:
        if files.first(file):
            return Runner("pytest", file, f"{start} python -m pytest OPTIONS")
    return Runner("pytest", "", "python -m pytest OPTIONS")
