"""Who runs, and from which state of the checkout."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path

import pytest

from pytest_agentgate.origin import Checkout, agent_of, checkout_of, platform_name, task_of


@pytest.mark.parametrize(
    ("option", "environ", "agent"),
    [
        ("me", {"AGENTGATE_AGENT": "other"}, "me"),
        (None, {"AGENTGATE_AGENT": "mine", "AI_AGENT": "other"}, "mine"),
        (None, {"AI_AGENT": "some-agent", "CLAUDECODE": "1"}, "some-agent"),
        (None, {"AGENT_NAME": "fixer"}, "fixer"),
        (None, {"CLAUDE_CODE_SESSION_ID": "12ab", "CLAUDECODE": "1"}, "claude-code:12ab"),
        (None, {"CLAUDECODE": "1"}, "claude-code"),
        (None, {"CODEX_SANDBOX": "seatbelt"}, "codex"),
        (None, {"GEMINI_CLI": "1"}, "gemini-cli"),
        (None, {"AGENT": "", "CURSOR_AGENT": "1"}, "cursor"),
        ("two\n lines\t", {}, "two lines"),
    ],
)
def test_the_agent_is_named_by_the_first_that_knows(option: str | None, environ: dict[str, str], agent: str) -> None:
    assert agent_of(option, environ) == agent


def test_without_an_agent_it_is_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "kim")
    monkeypatch.setattr("socket.gethostname", lambda: "desk")
    assert agent_of(None, {}) == agent_of("  ", {}) == "kim@desk"


def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nobody)
    monkeypatch.setattr("os.getuid", lambda: 4711)
    assert agent_of(None, {}).startswith("4711@")


def test_the_task_is_named_by_option_or_environment() -> None:
    assert task_of("T-1", {"AGENTGATE_TASK": "T-2"}) == "T-1"
    assert task_of(None, {"AGENTGATE_TASK": "T-2"}) == "T-2"
    assert task_of(None, {}) == ""


def test_the_platform_is_named_as_python_names_it() -> None:
    assert platform_name() == platform.platform()


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def test_a_checkout_is_its_commit_branch_and_changes(tmp_path: Path) -> None:
    assert checkout_of(tmp_path) == Checkout()
    git(tmp_path, "init", "-q", "-b", "main")
    assert checkout_of(tmp_path) == Checkout("", "main", False)
    (tmp_path / "a").write_text("1")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-q", "-m", "a")
    commit = git(tmp_path, "rev-parse", "HEAD")
    assert checkout_of(tmp_path) == Checkout(commit, "main", False)
    (tmp_path / "untracked").write_text("1")
    assert checkout_of(tmp_path).dirty is False
    (tmp_path / "a").write_text("2")
    git(tmp_path, "checkout", "-q", "--detach")
    assert checkout_of(tmp_path) == Checkout(commit, "", True)


@pytest.mark.parametrize(
    ("path", "dirty"),
    [
        ("test_red.py", True),
        ("tests/deep/test_red.py", True),
        ("conftest.py", True),
        ("pytest.ini", True),
        ("inner/pyproject.toml", True),
        ("env/pyvenv.cfg", False),
        ("env/lib/site-packages/thing.py", False),
        (".venv/lib/thing.py", False),
        ("node_modules/gyp/gyp.py", False),
        ("reports/junit.xml", False),
        ("ignored/test_red.py", False),
    ],
)
def test_of_what_is_not_tracked_code_is_a_change(tmp_path: Path, path: str, dirty: bool) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / ".gitignore").write_text("ignored\n")
    git(tmp_path, "add", ".gitignore")
    git(tmp_path, "commit", "-q", "-m", "a")
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).touch()
    if path.startswith("env/"):
        (tmp_path / "env/pyvenv.cfg").touch()
    assert checkout_of(tmp_path).dirty is dirty


def test_without_git_a_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert checkout_of(tmp_path) == Checkout()


def test_a_hook_of_git_that_runs_tests_does_not_say_where_to_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")
    (tmp_path / "inner").mkdir()
    assert checkout_of(tmp_path / "inner") == Checkout("", "main", False)
