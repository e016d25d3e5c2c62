"""``agentgate init`` on a command line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_agentgate.config import find_project

Agentgate = Callable[..., subprocess.CompletedProcess[str]]

PYPROJECT = '[project]\nname = "shop"\n\n[tool.mypy]\nfiles = ["src"]\n\n[tool.coverage.report]\nfail_under = 85\n'


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    for name in ("src/shop/__init__.py", "tests/test_shop.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "tox.ini").write_text("[testenv]\ncommands = pytest {posargs}\n")
    (tmp_path / ".gitlab-ci.yml").write_text("test:\n  script: tox\n")
    return tmp_path


def test_it_writes_and_says_what_was_found_and_what_comes_next(shop: Path, agentgate: Agentgate) -> None:
    done = agentgate("init", cwd=shop)
    assert (done.returncode, done.stderr) == (0, "")
    for line in (
        "source      src",
        "tests       tests",
        "runner      tox (tox.ini)",
        "CI          GitLab CI (.gitlab-ci.yml): what to add to it is in docs/how-to/gitlab-ci.md",
        "coverage    pyproject.toml, at least 85%",
        "check       mypy (pyproject.toml)",
        f"The configuration was appended to {shop / 'pyproject.toml'}.",
    ):
        assert line in done.stdout.splitlines()
    for command in ("agentgate doctor", "tox run -- --agentgate", "agentgate gate"):
        assert f"  {command} " in done.stdout
    assert (shop / "pyproject.toml").read_text().startswith(PYPROJECT)
    config = find_project(shop).config
    assert [phase.name for phase in config.phases] == ["imports", "interface", "tests", "quality"]


def test_it_is_found_from_a_folder_below(shop: Path, agentgate: Agentgate) -> None:
    subprocess.run(["git", "init", "-q", str(shop)], check=True)
    assert agentgate("init", cwd=shop / "src" / "shop").returncode == 0
    assert find_project(shop).config.path == shop / "pyproject.toml"


def test_print_shows_what_would_be_written_and_writes_nothing(shop: Path, agentgate: Agentgate) -> None:
    shown = agentgate("init", "--print", cwd=shop)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert (shop / "pyproject.toml").read_text() == PYPROJECT
    assert agentgate("init", cwd=shop).returncode == 0
    assert (shop / "pyproject.toml").read_text() == f"{PYPROJECT}\n{shown.stdout}"


@pytest.mark.parametrize("name", ["pyproject.toml", "agentgate.toml"])
def test_a_configuration_is_never_overwritten(shop: Path, agentgate: Agentgate, name: str) -> None:
    assert agentgate("init", cwd=shop).returncode == 0
    if name == "agentgate.toml":
        (shop / "pyproject.toml").write_text(PYPROJECT)
        (shop / name).write_text('source = ["src"]\n')
    before = (shop / name).read_bytes()
    again = agentgate("init", cwd=shop)
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr.startswith(f"agentgate: error: {shop / name}: has a configuration, which stays as it is")
    assert (shop / name).read_bytes() == before
    shown = agentgate("init", "--print", cwd=shop)
    assert shown.stdout.startswith("[tool.agentgate]\n" if name == "pyproject.toml" else "source = ")


def test_a_file_that_cannot_be_read_is_told_and_stays(shop: Path, agentgate: Agentgate) -> None:
    (shop / "pyproject.toml").write_text("[project\n")
    done = agentgate("init", cwd=shop)
    assert (done.returncode, done.stdout) == (2, "")
    assert "pyproject.toml: cannot be read" in done.stderr
    assert not (shop / "agentgate.toml").exists()


def test_for_machines_there_is_json(shop: Path, agentgate: Agentgate) -> None:
    said = json.loads(agentgate("init", "--json", cwd=shop).stdout)
    assert (said["file"], said["written"]) == (str(shop / "pyproject.toml"), True)
    assert said["found"]["runner"] == {"name": "tox", "file": "tox.ini", "command": "tox run -- --agentgate"}
    assert said["found"]["coverage"] == {"file": "pyproject.toml", "fail_under": 85.0}
    assert (shop / "pyproject.toml").read_text().endswith(said["configuration"])


def test_what_was_written_is_well(shop: Path, agentgate: Agentgate) -> None:
    agentgate("init", cwd=shop)
    said = json.loads(agentgate("doctor", "--json", cwd=shop).stdout)
    assert [one for one in said["symptoms"] if one["about"] == "configuration" and one["health"] == "wrong"] == []
