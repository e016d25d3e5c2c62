"""What git knows of a folder's repository; each answer is one or two calls of the program.

Where git fails, is not there or takes too long, the answer is None or empty: who asks says what that means.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

# A hook of git that runs the tests has variables that say which repository, wherever the command is to look.
_OF_A_REPOSITORY = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX"})
_LIMIT = 30.0  # seconds; a busy machine stands still for some of them
_LIMIT_OF_A_TREE = 120.0  # where all files are looked at
_PLAIN = ("--no-color", "--no-ext-diff", "--no-textconv", "--no-renames", "--relative")
_CODE = ("*.py", *(f"*{name}" for name in ("pytest.ini", "pytest.toml", "pyproject.toml", "tox.ini", "setup.cfg")))
_NO_TESTS = (".*", "node_modules", "venv", "__pycache__")  # folders
_HUNK = re.compile(rb"@@ -\S+ \+(\d+)(?:,(\d+))? @@")


def git(folder: Path, *arguments: str, limit: float = _LIMIT) -> bytes | None:
    """What a command of git prints in a folder; None where it fails or takes longer than ``limit`` seconds."""
    done = run(folder, *arguments, limit=limit)
    return None if done is None or done.returncode else done.stdout


def run(
    folder: Path, *arguments: str, given: bytes = b"", limit: float = _LIMIT
) -> subprocess.CompletedProcess[bytes] | None:
    """How a command of git that reads ``given`` ends in a folder; None where it cannot start or takes too long."""
    environment = {name: value for name, value in os.environ.items() if name not in _OF_A_REPOSITORY}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    command = ["git", "-C", str(folder), *arguments]
    try:
        return subprocess.run(command, env=environment, input=given, capture_output=True, timeout=limit, check=False)
    except (OSError, ValueError, subprocess.TimeoutExpired):  # ValueError: a null byte in an argument
        return None


def is_repository(folder: Path) -> bool:
    """Whether a folder lies in a worktree."""
    return git(folder, "rev-parse", "--show-toplevel") is not None


def commit_of(folder: Path, ref: str) -> str:
    """The commit that a branch, a tag, a commit or an expression stands for; "" if it is not there."""
    if not ref or ref.startswith("-"):
        return ""
    return _line(git(folder, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}"))


def merge_base(folder: Path, one: str, other: str = "HEAD") -> str:
    """The commit that two have in common; "" if they have none, or a shallow clone lacks it."""
    return _line(git(folder, "merge-base", one, other))


def file_at(folder: Path, ref: str, path: str) -> bytes | None:
    """A file as it is in a commit; ``path`` is relative to the folder, and may begin with ``../``."""
    return git(folder, "show", f"{ref}:{path if path.startswith('../') else f'./{path}'}")


def changed_files(folder: Path, since: str, until: str = "") -> tuple[str, ...] | None:
    """Files below a folder that differ between two commits, sorted, relative to the folder.

    Without ``until``, what differs in the worktree, with files that are neither tracked nor ignored.
    """
    names = _changed(folder, since, until)
    if names is None or until:
        return names and tuple(sorted(names))
    new = _untracked(folder)
    return None if new is None else tuple(sorted({*names, *new}))


def changed_lines(folder: Path, since: str, until: str = "") -> dict[str, set[int]] | None:
    """The same: file -> numbers of the lines that are new or changed; deleted and binary files have none."""
    names = _changed(folder, since, until)
    if names is None:
        return None
    commits = [since, until] if until else [since]
    patch = git(folder, "diff", "--unified=0", *_PLAIN, *commits, "--", ".", limit=_LIMIT_OF_A_TREE)
    if patch is None:
        return None
    lines: dict[str, set[int]] = {name: set() for name in names}
    # Names within a patch are quoted as C does; in both lists the files come in the same order.
    for name, hunks in zip(names, _hunks(patch), strict=False):
        for start, count in hunks:
            lines[name].update(range(start, start + count))
    for name in () if until else _untracked(folder) or ():
        lines[name] = _all_lines(folder / name)
    return lines


def untracked_code(folder: Path) -> tuple[str, ...] | None:
    """Files below a folder that git neither tracks nor ignores, and that change what tests do: Python, and settings.

    What lies in an environment or in a hidden folder is left out: pytest collects no tests there.
    """
    skipped = [f"--exclude={name}/" for name in _NO_TESTS]
    command = ("ls-files", "-z", "--others", "--exclude-standard", *skipped, "--", *_CODE, "*pyvenv.cfg")
    names = _names(git(folder, *command, limit=_LIMIT_OF_A_TREE))
    if names is None:
        return None
    environments = tuple(name.removesuffix("pyvenv.cfg") for name in names if name.endswith("pyvenv.cfg"))
    return tuple(name for name in names if not name.startswith(environments)) if environments else names


def is_shallow(folder: Path) -> bool:
    """Whether a clone lacks commits before some that it has."""
    return _line(git(folder, "rev-parse", "--is-shallow-repository")) == "true"


def how_to_fetch(folder: Path, ref: str) -> str:
    """The command after which ``ref`` is there; "" where there is no remote that could have it."""
    remotes = (git(folder, "remote") or b"").decode(errors="replace").split()
    if not remotes or not ref or ref.startswith("-"):
        return ""
    if re.search(r"[~^:]|@\{", ref):  # an expression: what it starts from may be there, but not what it leads to
        return "git fetch --unshallow" if is_shallow(folder) else ""
    remote, _, branch = ref.partition("/")
    if remote in remotes and branch:
        wanted = f"{branch}:refs/remotes/{remote}/{branch}"  # a clone of one branch would put it nowhere
    else:
        remote = "origin" if "origin" in remotes else remotes[0]
        is_commit = re.fullmatch(r"[0-9a-f]{7,64}", ref) is not None
        wanted = ref if is_commit else f"{ref}:{ref}"
    depth = ["--depth=1"] if is_shallow(folder) else []
    return shlex.join(["git", "fetch", *depth, remote, wanted])


# ---- reading


def _changed(folder: Path, since: str, until: str) -> tuple[str, ...] | None:
    """In the order of a patch."""
    commits = [since, until] if until else [since]
    return _names(git(folder, "diff", "--name-only", "-z", *_PLAIN, *commits, "--", ".", limit=_LIMIT_OF_A_TREE))


def _untracked(folder: Path) -> tuple[str, ...] | None:
    return _names(git(folder, "ls-files", "-z", "--others", "--exclude-standard", "--", ".", limit=_LIMIT_OF_A_TREE))


def _names(printed: bytes | None) -> tuple[str, ...] | None:
    return None if printed is None else tuple(os.fsdecode(name) for name in printed.split(b"\0") if name)


def _hunks(patch: bytes) -> Iterator[list[tuple[int, int]]]:
    """For each file of a patch without context, first line and number of lines of what is there now."""
    hunks: list[tuple[int, int]] | None = None
    for line in patch.split(b"\n"):
        if line.startswith(b"diff --git "):
            if hunks is not None:
                yield hunks
            hunks = []
        elif hunks is not None and (found := _HUNK.match(line)):
            hunks.append((int(found[1]), 1 if found[2] is None else int(found[2])))
    if hunks is not None:
        yield hunks


def _all_lines(path: Path) -> set[int]:
    try:
        content = path.read_bytes()
    except OSError:  # a link to nowhere
        return set()
    return set() if b"\0" in content[:8000] else set(range(1, len(content.splitlines()) + 1))


def _line(printed: bytes | None) -> str:
    return (printed or b"").decode(errors="replace").strip()
