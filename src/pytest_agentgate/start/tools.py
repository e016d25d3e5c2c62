"""Which tools a project has configured whose word can be gated: coverage, type checkers, linters."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pytest_agentgate.start.files import Files

_PYTEST_FILES = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
_FAIL_UNDER = re.compile(r"--cov-fail-under[= ]\"?(\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class Coverage:
    """How coverage is measured."""

    file: str  # that configures it
    fail_under: float | None = None  # per cent


@dataclass(frozen=True)
class Tool:
    """A command that checks the code and says by its exit status whether it is well."""

    name: str
    file: str
    command: str


def coverage(files: Files) -> Coverage | None:
    """The configuration of coverage.py or pytest-cov."""
    found = next(_coverage(files), None)
    for name in _PYTEST_FILES:
        asked = _FAIL_UNDER.search(files.text(name))
        if asked:
            return Coverage(name, float(asked[1]))
        if found is None and re.search(r"(?<![\w-])--cov\b", files.text(name)):
            found = Coverage(name)
    return found


def _coverage(files: Files) -> Iterator[Coverage]:
    if files.first(".coveragerc"):
        yield Coverage(".coveragerc", _percent((files.section(".coveragerc", "report") or {}).get("fail_under")))
    for name in ("setup.cfg", "tox.ini"):
        report = files.section(name, "coverage:report")
        if report is not None or files.section(name, "coverage:run") is not None:
            yield Coverage(name, _percent((report or {}).get("fail_under")))
    table = files.table("pyproject.toml", "tool", "coverage")
    if table is not None:
        report_table = files.table("pyproject.toml", "tool", "coverage", "report") or {}
        yield Coverage("pyproject.toml", _percent(report_table.get("fail_under")))


def _percent(value: object) -> float | None:
    try:
        percent = float(str(value))
    except ValueError:
        return None
    return percent if 0 < percent <= 100 else None


def checks(files: Files, source: Sequence[str]) -> tuple[Tool, ...]:
    """The type checkers and linters that are configured, with commands that check what the project does."""
    where = shlex.join(source) or "."
    found = []
    if file := files.first("mypy.ini", ".mypy.ini") or _configured(files, "mypy"):
        found.append(Tool("mypy", file, "mypy" if _names_files(files, file) else f"mypy {where}"))
    if file := files.first("pyrightconfig.json") or _configured(files, "pyright"):
        found.append(Tool("pyright", file, "pyright"))
    if file := files.first("ruff.toml", ".ruff.toml") or _configured(files, "ruff"):
        found.append(Tool("ruff", file, "ruff check"))
    if file := files.first(".flake8") or _configured(files, "flake8"):
        found.append(Tool("flake8", file, "flake8"))
    return tuple(found)


def _configured(files: Files, tool: str) -> str:
    if files.table("pyproject.toml", "tool", tool) is not None:
        return "pyproject.toml"
    return next((name for name in ("setup.cfg", "tox.ini") if files.section(name, tool) is not None), "")


def _names_files(files: Files, file: str) -> bool:
    """Whether mypy's configuration says what is to be checked, so that its command line need not."""
    table = files.table(file, "tool", "mypy") if file.endswith(".toml") else files.section(file, "mypy")
    return not {"files", "packages", "modules"}.isdisjoint(table or {})
