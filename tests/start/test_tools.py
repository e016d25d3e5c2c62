"""Tools whose word can be gated, wherever their configuration stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pytest_agentgate.start.files import Files
from pytest_agentgate.start.tools import Coverage, checks, coverage

Write = Callable[[Mapping[str, str]], Path]


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({}, None),
        ({"pyproject.toml": '[project]\ndependencies = ["pytest-cov"]\n'}, None),
        ({".coveragerc": "[run]\nbranch = True\n"}, Coverage(".coveragerc")),
        ({".coveragerc": "[report]\nfail_under = 90\n"}, Coverage(".coveragerc", 90.0)),
        ({"setup.cfg": "[coverage:report]\nfail_under = 72.5\n"}, Coverage("setup.cfg", 72.5)),
        ({"tox.ini": "[coverage:run]\nbranch = 1\n"}, Coverage("tox.ini")),
        ({"pyproject.toml": "[tool.coverage.report]\nfail_under = 85\n"}, Coverage("pyproject.toml", 85.0)),
        ({"pyproject.toml": "[tool.coverage.report]\nfail_under = 0\n"}, Coverage("pyproject.toml")),
        ({"pytest.ini": "[pytest]\naddopts = --cov=shop --cov-fail-under=80\n"}, Coverage("pytest.ini", 80.0)),
        ({"pyproject.toml": "[tool.pytest.ini_options]\naddopts = '--cov'\n"}, Coverage("pyproject.toml")),
        ({"pyproject.toml": "[tool.coverage\n"}, None),
    ],
)
def test_coverage_is_found_with_its_floor(project: Write, files: dict[str, str], found: Coverage | None) -> None:
    assert coverage(Files(project(files))) == found


@pytest.mark.parametrize(
    ("files", "commands"),
    [
        ({}, []),
        ({"mypy.ini": "[mypy]\nstrict = True\n"}, ["mypy 'my src'"]),
        ({"pyproject.toml": '[tool.mypy]\nfiles = ["src"]\n'}, ["mypy"]),
        ({"setup.cfg": "[mypy]\npackages = shop\n"}, ["mypy"]),
        ({"pyproject.toml": "[tool.ruff]\nline-length = 99\n"}, ["ruff check"]),
        ({"ruff.toml": "", "pyrightconfig.json": "{}"}, ["pyright", "ruff check"]),
        ({"tox.ini": "[flake8]\n"}, ["flake8"]),
    ],
)
def test_checks_are_those_that_are_configured(project: Write, files: dict[str, str], commands: list[str]) -> None:
    assert [check.command for check in checks(Files(project(files)), ["my src"])] == commands
