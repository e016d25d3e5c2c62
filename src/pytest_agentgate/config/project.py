"""Where a project is, and where its record is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field
from pathlib import Path

from pytest_agentgate.config.settings import STATE, Config, config_of, expanded
from pytest_agentgate.values import frozen

LIBPQ_FORM = re.compile(r"\s*(host|hostaddr|port|dbname|user|password|service)\s*=")
"""How a server is named in libpq's own form, which is no store's and may hold a password."""

_LIKE_A_URL = re.compile(r".*://|(sqlite|postgres|postgresql):")
# Where a project starts when nothing names it: what pytest takes for its rootdir.
_ROOT_FILES = ("pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg", "setup.py", STATE)


@frozen
class Project:
    """A folder with tests, and where its record is."""

    root: Path
    state: Path  # .agentgate of the main worktree
    config: Config = field(default_factory=Config)

    @property
    def runs(self) -> Path:
        """The folder of the logs."""
        return self.state / "runs"

    @property
    def store_url(self) -> str:
        """The store's URL with an absolute path."""
        return resolve_store(self.config.store, self.state.parent)

    @property
    def policy(self) -> str:
        """The file that the configuration came from, relative to the root; "" where there is none in it."""
        path = self.config.path
        return path.relative_to(self.root).as_posix() if path and path.is_relative_to(self.root) else ""

    def prepare_state(self) -> Path:
        """Make the state folder, which keeps itself out of version control; -> the folder.

        Raises OSError.
        """
        ignore = self.state / ".gitignore"
        if not ignore.exists():
            self.state.mkdir(parents=True, exist_ok=True)
            ignore.write_bytes(b"*\n")
        return self.state


def find_project(start: Path, fallback: Path | None = None) -> Project:
    """The project that a folder belongs to.

    ``fallback`` is its root if no configuration names one: pytest's rootdir; without it, the nearest folder that looks
    like one. Raises ConfigError, with the file and the key, where a configuration is wrong.
    """
    start = start.resolve()
    top = repository_top(start)
    for folder in _upwards(start, top):
        config = config_of(folder)
        if config is not None:
            return Project(folder, _state_folder(folder), config)
    root = fallback.resolve() if fallback else _root_by_files(start, top)
    return Project(root, _state_folder(root))


def resolve_store(url: str, base: Path) -> str:
    """A store's URL whose relative path, if it has one, is made absolute from ``base``; of a variable, its value."""
    if url.startswith("$"):  # not in others: a command line shall not have a password because a variable has one
        url = expanded(url)
    scheme, separator, path = url.partition(":///")
    if url == ":memory:" or url.startswith("$"):  # a store says why not
        return url
    if not separator:
        return url if _LIKE_A_URL.match(url) or LIBPQ_FORM.match(url) else f"sqlite:///{base / url}"
    return f"sqlite:///{base / path}" if scheme == "sqlite" else url


def repository_top(folder: Path) -> Path | None:
    """The top of the git worktree that a folder lies in."""
    return next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), None)


def main_worktree(top: Path) -> Path:
    """The main worktree of the repository that a worktree belongs to; itself if it is the main one.

    Where there is none, as with a bare repository, its git folder, which all worktrees have in common.
    Read from the files that git-worktree(1) and gitrepository-layout(5) describe, without starting git.
    """
    link = top / ".git"
    if not link.is_file():
        return top
    try:
        gitdir = (top / link.read_text(encoding="utf-8").partition("gitdir:")[2].strip()).resolve()
        common = (gitdir / (gitdir / "commondir").read_text(encoding="utf-8").strip()).resolve()
    except (OSError, ValueError):  # a submodule has no commondir: it is a repository of its own
        return top
    return common.parent if common.name == ".git" else common


def _state_folder(root: Path) -> Path:
    top = repository_top(root)
    if top is None:
        return root / STATE
    return main_worktree(top) / root.relative_to(top) / STATE


def _upwards(start: Path, top: Path | None) -> Iterator[Path]:
    for folder in (start, *start.parents):
        yield folder
        if folder == top:
            return


def _root_by_files(start: Path, top: Path | None) -> Path:
    if top is None:  # nothing bounds the search: don't take a stray file far above for a project
        return start
    return next((f for f in _upwards(start, top) if any((f / name).exists() for name in _ROOT_FILES)), top)
