"""What the project's files say about each other."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

BOUND = re.compile(r"(?P<name>[\w-]+(\[[\w,]+\])?)>=(?P<version>[\d.]+)(,<.*)?")


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def lowest_of(requirements: list[str]) -> set[str]:
    """``name>=1.2`` -> ``name==1.2``; a requirement without a lower bound is an error."""
    matches = {text: BOUND.fullmatch(text) for text in requirements}
    assert [text for text, match in matches.items() if match is None] == [], "requirements without a lower bound"
    return {f"{match['name']}=={match['version']}" for match in matches.values() if match}


def test_the_lower_bounds_are_what_the_tests_run_with(root: Path, project: dict[str, Any]) -> None:
    extras = project["optional-dependencies"]
    pinned = (root / "requirements" / "lowest.txt").read_text(encoding="utf-8").splitlines()
    wanted = lowest_of([*project["dependencies"], *extras["demo"], *extras["test"]])
    assert {line for line in pinned if not line.startswith("#")} == wanted


def test_a_requirement_without_a_bound_is_seen() -> None:
    assert lowest_of(["a>=1.2", "b[c,d]>=3,<4"]) == {"a==1.2", "b[c,d]==3"}
    with pytest.raises(AssertionError, match="without a lower bound"):
        lowest_of(["a"])


def test_all_holds_every_extra_that_a_user_may_want(project: dict[str, Any]) -> None:
    extras = project["optional-dependencies"]
    [everything] = extras["all"]
    named = set(everything.partition("[")[2].rstrip("]").split(","))
    assert named == set(extras) - {"all", "dev", "docs", "lint", "test"}


def test_ci_runs_the_second_command_of_the_quick_start(root: Path) -> None:
    readme = (root / "README.md").read_text(encoding="utf-8")
    script = (root / ".ci" / "run").read_text(encoding="utf-8")
    [_, command] = re.findall(r"^python3\.11 -m venv .*$", readme, flags=re.MULTILINE)
    assert command in [line.strip() for line in script.splitlines()]
