"""The demo's repository: two states, made the same everywhere, of which only the first fits the tests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_agentgate.demo.history import make_repository
from pytest_agentgate.errors import AgentgateError, UsageError

pytestmark = pytest.mark.usefixtures("quick")


def git(folder: Path, *arguments: str) -> str:
    return subprocess.check_output(["git", "-C", str(folder), *arguments], text=True).strip()


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "voice"
    make_repository(folder)
    return folder


def suite(folder: Path) -> str:
    """The last line of the suite of what is checked out."""
    command = [sys.executable, "-B", "-m", "pytest", "-q", "--tb=no", "-p", "no:cacheprovider", "-p", "no:xdist"]
    command += ["--continue-on-collection-errors"]
    environ = {name: value for name, value in os.environ.items() if name != "ORCHESTRATOR_REDIS_URL"}
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True).stdout


def test_it_has_two_commits_and_the_second_is_checked_out(repository: Path) -> None:
    assert git(repository, "log", "--format=%D|%an", "--reverse").split("\n") == [
        "tag: base|Demo",
        "HEAD -> main, tag: head|Demo",
    ]
    assert git(repository, "status", "--porcelain", "--ignored") == ""


def test_it_is_the_same_everywhere(repository: Path, tmp_path: Path) -> None:
    make_repository(tmp_path)
    assert git(tmp_path, "rev-parse", "head") == git(repository, "rev-parse", "head")


def test_the_implementation_moved_and_the_tests_did_not(repository: Path) -> None:
    changed = git(repository, "diff", "--name-status", "-M", "base", "head").split("\n")
    moved = [line for line in changed if line.startswith("R")]
    assert {re.sub(r"\s+", " ", line) for line in moved} == {
        f"R100 src/orchestrator/livekit/{name} src/orchestrator/livekit_utils/{name}"
        for name in ("__init__.py", "rooms.py", "tokens.py")
    }
    assert all("\tsrc/orchestrator/" in line for line in changed)


def test_every_file_that_was_different_is_different(repository: Path) -> None:
    """What ``base/`` holds would be dead weight if it equalled ``project/``."""
    from pytest_agentgate.demo.history import HERE

    changed = git(repository, "diff", "--name-only", "base", "head").split("\n")
    held = [path.relative_to(HERE / "base").as_posix() for path in (HERE / "base").rglob("*.py")]
    assert set(held) <= set(changed)


def test_at_base_all_tests_pass_but_those_that_need_redis(repository: Path, tmp_path: Path) -> None:
    subprocess.run(["git", "clone", "-q", "--branch", "base", str(repository), str(tmp_path / "base")], check=True)
    said = suite(tmp_path / "base")
    assert said.splitlines()[-1].startswith("4 failed, 45 passed"), said
    assert len(re.findall("^FAILED tests/test_transcripts.py", said, re.MULTILINE)) == 4


def test_at_head_most_are_red(repository: Path) -> None:
    said = suite(repository)
    assert said.splitlines()[-1].startswith("22 failed, 15 passed, 5 errors"), said


def test_the_user_s_own_git_settings_stay_out_of_it(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("pre-commit", "commit-msg", "post-commit"):
        (hooks / name).write_text("#!/bin/sh\ntouch $HOME/hook-ran\nexit 1\n")
        (hooks / name).chmod(0o755)
    settings = (
        "[commit]\ngpgSign = true\n[gpg]\nprogram = /nowhere/gpg\n[core]\nautocrlf = true\n[init]\ndefaultBranch = x\n"
    )
    (tmp_path / "gitconfig").write_text(f"{settings}[core]\nhooksPath = {hooks}\n[tag]\ngpgSign = true\n")
    for name in list(os.environ):
        if name.startswith("GIT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "somebody")
    make_repository(tmp_path / "voice")
    for name in ("GIT_DIR", "GIT_CONFIG_GLOBAL"):
        monkeypatch.delenv(name)
    assert git(tmp_path / "voice", "rev-parse", "head") == git(repository, "rev-parse", "head")
    assert not (tmp_path / "hook-ran").exists()
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    with pytest.raises(UsageError, match="is not an empty folder"):
        make_repository(tmp_path)
    with pytest.raises(UsageError, match="is not an empty folder"):
        make_repository(tmp_path / "precious")
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


def test_a_missing_git_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AgentgateError, match="the demo needs git"):
        make_repository(tmp_path / "voice")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AgentgateError, match="cannot be written there: Not a directory"):
        make_repository(tmp_path / "file" / "voice")
