"""The bundled project as a git repository with two commits: its tests fit ``base``, and not ``head``.

``project/`` holds the state at ``head``, ``base/`` the files of the implementation that were different before, and
MOVED names the package of which only the name has changed; the tests are the same in both.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from pytest_agentgate.errors import AgentgateError, UsageError

HERE = Path(__file__).parent
MOVED = ("src/orchestrator/livekit", "src/orchestrator/livekit_utils")  # before, now

_COMMITS = (
    ("base", "Answer calls turn by turn", "2026-01-12T09:00:00+00:00"),
    ("head", "Rename livekit, type the Redis settings, guard turns, report capacity", "2026-03-02T09:00:00+00:00"),
)
# The user's own git settings, hooks and signatures stay out of it, and so does a repository that we may be in.
_QUIET = ("init.defaultBranch=main", "core.autocrlf=false", f"core.hooksPath={os.devnull}", "commit.gpgSign=false")
_AUTHOR = {"NAME": "Demo", "EMAIL": "demo@example.invalid"}


def make_repository(folder: Path) -> None:
    """Write the project into an empty or new folder and commit its two states; ``head`` is checked out.

    Raises UsageError if there is something in the folder, AgentgateError if git is missing or fails.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder}: is not an empty folder; name another one")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _git(folder, "init", "--quiet", "--template=")
        for (tag, message, date), write in zip(_COMMITS, (_write_base, _write_head), strict=True):
            for entry in folder.iterdir():
                if entry.name != ".git":
                    shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
            write(folder)
            _git(folder, "add", "--all", date=date)
            _git(folder, "commit", "--quiet", "--no-verify", f"--message={message}", date=date)
            _git(folder, "tag", tag)
    except OSError as error:
        raise AgentgateError(f"{folder}: the demo cannot be written there: {error.strerror}") from error


def _write_head(folder: Path) -> None:
    shutil.copytree(HERE / "project", folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))


def _write_base(folder: Path) -> None:
    _write_head(folder)
    (folder / MOVED[1]).rename(folder / MOVED[0])
    shutil.copytree(HERE / "base", folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))


def _git(folder: Path, *arguments: str, date: str = "") -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environ |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for who in ("AUTHOR", "COMMITTER"):
        environ |= {f"GIT_{who}_{key}": value for key, value in _AUTHOR.items()}
        if date:
            environ[f"GIT_{who}_DATE"] = date
    settings = [word for setting in _QUIET for word in ("-c", setting)]
    try:
        done = subprocess.run(
            ["git", *settings, *arguments], cwd=folder, env=environ, stdin=subprocess.DEVNULL, capture_output=True
        )
    except FileNotFoundError:
        raise AgentgateError("the demo needs git, and there is none on PATH") from None
    if done.returncode:
        said = " ".join(done.stderr.decode(errors="replace").split())
        raise AgentgateError(f"{folder}: git {arguments[0]} failed: {said[:300]}")
