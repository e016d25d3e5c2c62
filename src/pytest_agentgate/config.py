"""The project that a run or a command is about, and its ``[tool.agentgate]``.

A project is found from a folder upwards: the nearest ``agentgate.toml``, or ``pyproject.toml`` with
``[tool.agentgate]``, within the repository; else the folder itself, or what the caller knows better (pytest's rootdir).
What a run leaves behind lies in ``.agentgate`` of the same folder in the *main* worktree, so that all worktrees of a
repository share one record.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from pytest_agentgate.errors import ConfigError
from pytest_agentgate.model import Kind, KindRule
from pytest_agentgate.values import frozen

STATE = ".agentgate"
DEFAULT_STORE = f"sqlite:///{STATE}/agentgate.db"
# Where a project starts when nothing names it: what pytest takes for its rootdir.
_ROOT_FILES = ("pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg", "setup.py", STATE)
_LATER = frozenset({"phase", "services"})  # keys that belong to commands with their own readers


@frozen
class Config:
    """``[tool.agentgate]``, checked; every key has a default."""

    source: tuple[str, ...] = ()  # folders of the implementation, relative to the root; empty: found by layout
    tests: tuple[str, ...] = ()  # folders of the tests; empty: found by name
    store: str = DEFAULT_STORE  # URL of the database; a relative path starts at the folder of the main worktree
    kinds: tuple[KindRule, ...] = ()  # rules that come before the kinds of the package
    codemods: tuple[str, ...] = ()  # dotted names of the project's own modules with codemods
    path: Path | None = None  # the file that it came from


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
        config = _read(folder)
        if config is not None:
            return Project(folder, _state_folder(folder), config)
    root = fallback.resolve() if fallback else _root_by_files(start, top)
    return Project(root, _state_folder(root))


def resolve_store(url: str, base: Path) -> str:
    """A store's URL whose relative path, if it has one, is made absolute from ``base``."""
    scheme, separator, path = url.partition(":///")
    if url == ":memory:":  # a store says why not
        return url
    if not separator:
        return f"sqlite:///{base / url}" if "://" not in url else url
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


# ---- reading


def _read(folder: Path) -> Config | None:
    own = folder / "agentgate.toml"
    if own.is_file():
        return _checked(_toml(own), own)
    shared = folder / "pyproject.toml"
    if shared.is_file():
        try:
            text = shared.read_bytes()
        except OSError as error:
            raise ConfigError(f"{shared}: cannot be read: {error.strerror}") from error
        if b"agentgate" in text:
            table = _toml(shared).get("tool", {}).get("agentgate")
            if table is not None:
                return _checked(table, shared)
    return None


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be read: {' '.join(str(error).split())}") from error


def _checked(table: Mapping[str, Any], path: Path) -> Config:
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: [tool.agentgate] must be a table")
    known = {"source", "tests", "store", "kinds", "codemods"}
    for key in table:
        if key not in known | _LATER:
            raise ConfigError(f"{path}: [tool.agentgate] has no key {key!r}{_nearest(key, known | _LATER)}")
    store = table.get("store", DEFAULT_STORE)
    if not isinstance(store, str) or not store:
        raise ConfigError(f"{path}: tool.agentgate.store must be a URL such as {DEFAULT_STORE!r}, not {store!r}")
    return Config(
        source=_folders(table, "source", path),
        tests=_folders(table, "tests", path),
        store=os.path.expandvars(store),
        kinds=tuple(_kind_rules(table.get("kinds", {}), path)),
        codemods=_modules(table, path),
        path=path,
    )


def _folders(table: Mapping[str, Any], key: str, path: Path) -> tuple[str, ...]:
    value = table.get(key, [])
    value = [value] if isinstance(value, str) else value
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigError(f"{path}: tool.agentgate.{key} must be a list of folders, not {value!r}")
    outside = next((item for item in value if Path(item).is_absolute() or ".." in Path(item).parts), None)
    if outside is not None:
        raise ConfigError(f"{path}: tool.agentgate.{key}: {outside!r} is no folder below that of this file")
    return tuple(item.rstrip("/") or "." for item in value)


def _modules(table: Mapping[str, Any], path: Path) -> tuple[str, ...]:
    value = table.get("codemods", [])
    value = [value] if isinstance(value, str) else value
    names = value if isinstance(value, list) else [value]
    if not all(isinstance(name, str) and all(map(str.isidentifier, name.split("."))) for name in names):
        raise ConfigError(f"{path}: tool.agentgate.codemods must be a list of modules such as 'my.codemods'")
    return tuple(names)


def _kind_rules(table: Any, path: Path) -> Iterator[KindRule]:
    kinds = [kind.value for kind in Kind]
    if not isinstance(table, dict):
        raise ConfigError(
            f"{path}: tool.agentgate.kinds must be a table of lists, such as connection = [{{type = '...'}}]"
        )
    for kind, rules in table.items():
        where = f"{path}: tool.agentgate.kinds.{kind}"
        if kind not in kinds:
            raise ConfigError(f"{where}: no such kind{_nearest(kind, kinds)}; the kinds are {', '.join(kinds)}")
        for rule in rules if isinstance(rules, list) else [rules]:
            if not isinstance(rule, dict) or not rule or not all(isinstance(v, str) and v for v in rule.values()):
                raise ConfigError(f"{where}: each rule is a table of type, message and path, not {rule!r}")
            for key in rule:
                if key not in ("type", "message", "path"):
                    raise ConfigError(f"{where}: no key {key!r}{_nearest(key, ('type', 'message', 'path'))}")
            try:
                re.compile(rule.get("message", ""))
            except re.error as error:
                raise ConfigError(f"{where}: message is no regular expression: {error}") from error
            yield KindRule(Kind(kind), **rule)


def _nearest(word: str, known: Any) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, sorted(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
