"""The Python files of a project: what a person would count, and nothing that lies outside of its root."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from posixpath import basename, dirname
from types import MappingProxyType

from pytest_agentgate.codemods.files.edits import Skipped, decoded, reason_against
from pytest_agentgate.codemods.reading.sources import Sources

SUFFIXES = (".py", ".pyi")

KEPT = 20_000_000
"""Characters of files that are kept, to look for words in."""

# Folders that hold what was made or fetched. Where git knows better, only those that no project writes by hand count.
_MADE = frozenset({"__pycache__", "node_modules", "site-packages"})
_MADE_WITHOUT_GIT = _MADE | {"build", "dist", "venv"}


@dataclass(frozen=True)
class Tree:
    """A project's folder, and from where in it modules are imported. Plain data, so that other processes can have it.

    Args:
        root: absolute, its symlinks resolved.
        roots: the folders of ``Layout.import_roots``.
    """

    root: Path
    roots: tuple[str, ...] = ("", "src")


class Disk:
    """A project's files as they are when they are first asked for.

    ``changed`` holds what stands in the place of some of them, by path.
    """

    def __init__(self, tree: Tree, changed: Mapping[str, bytes] = MappingProxyType({})) -> None:
        self.tree = tree
        self._changed = changed
        self._texts: dict[str, str] = {}  # some codemods look for a word in every file, again and again
        self._kept = 0

    def sources(self) -> Sources:
        """Sources that know nothing yet; what was read before is not read again."""
        return Sources(self.read, self.tree.roots, lambda: self.paths)

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Every Python file of the project."""
        return tuple(python_files(self.tree.root))

    def read(self, path: str) -> str | None:
        """The text of a file by its path relative to the root; None where there is none or it can't be read."""
        text = self._texts.get(path)
        if text is None:
            text = self._read(path)
            if text is not None and self._kept < KEPT:
                self._texts[path] = text
                self._kept += len(text)
        return text

    def _read(self, path: str) -> str | None:
        full = os.path.normpath(self.tree.root / path)
        if not full.startswith(f"{self.tree.root}{os.sep}"):
            return None
        try:
            raw = self._changed[path] if path in self._changed else Path(full).read_bytes()
        except (OSError, ValueError):
            return None
        read = decoded(raw)
        return None if isinstance(read, str) else read.text


def find(root: Path, paths: Sequence[Path]) -> tuple[list[str], list[Skipped]]:
    """The files that paths name: files as they are, folders with the Python files below them.

    A link is followed to the file that it leads to, which is taken once however many links lead to it.

    Returns:
        Paths relative to the root, sorted, and what was named or found and lies outside.
    """
    found: dict[str, None] = {}
    skipped: dict[str, Skipped] = {}
    real_folder = cache(os.path.realpath)
    for path in paths:
        path = path.absolute()
        named = (python_files(path) if path.is_dir() else [""]) if _inside(root, Path(os.path.realpath(path))) else [""]
        for below in named:
            file = path / below if below else path
            plain = real_folder(file.parent) == str(file.parent) and not file.is_symlink()
            real = file if plain else Path(os.path.realpath(file))  # resolve() raises where links run in a circle
            reason = reason_against(root, real)
            if reason:
                shown = _shown(root, file)
                skipped.setdefault(shown, Skipped(shown, reason))
            else:
                found.setdefault(real.relative_to(root).as_posix())
    return sorted(found), [skipped[path] for path in sorted(skipped)]


def python_files(folder: Path) -> Iterator[str]:
    """The Python files below a folder, relative to it with ``/``: within a repository those that git doesn't ignore.

    What is hidden, virtual environments and folders that tools fill are left out, and links to folders.
    """
    listed = _listed_by_git(folder)
    if listed is None:
        yield from _walked(folder)
        return
    environments = {dirname(path) for path in listed if basename(path) == "pyvenv.cfg"}
    for path in listed:
        *parts, name = path.split("/")
        if name.startswith(".") or any(part.startswith(".") or part in _MADE for part in parts):
            continue
        if environments and any("/".join(parts[:end]) in environments for end in range(len(parts) + 1)):
            continue
        if path.endswith(SUFFIXES):
            if (folder / path).is_file() or (folder / path).is_symlink():  # git lists what was deleted as well
                yield path
        elif _is_repository(folder / path):
            yield from (f"{path.rstrip('/')}/{inner}" for inner in python_files(folder / path))


def _listed_by_git(folder: Path) -> list[str] | None:
    """What git tracks or doesn't ignore below a folder; None where no repository is, no git, or all of it is ignored.

    A folder that is ignored and yet was named is meant.
    """
    if not any((parent / ".git").exists() for parent in (folder, *folder.parents)):
        return None
    try:
        done = subprocess.run(
            ["git", "-C", folder, "ls-files", "-zco", "--exclude-standard", "--", "."],
            capture_output=True,
            check=False,
            env={name: value for name, value in os.environ.items() if name not in _OF_ANOTHER_REPOSITORY},
        )
    except OSError:
        return None
    if done.returncode or not done.stdout:
        return None
    return list(dict.fromkeys(os.fsdecode(done.stdout).split("\0")[:-1]))  # conflicts are listed several times


# A git hook, such as pre-commit's, runs with these; they would send us elsewhere, or to half an index.
_OF_ANOTHER_REPOSITORY = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})


def _walked(folder: Path) -> Iterator[str]:
    for here, folders, names in os.walk(folder):
        if here != str(folder) and "pyvenv.cfg" in names:
            folders.clear()
            continue
        folders[:] = sorted(
            name
            for name in folders
            if not (name.startswith(".") or name in _MADE_WITHOUT_GIT or name.endswith(".egg-info"))
        )
        for name in names:
            if name.endswith(SUFFIXES) and not name.startswith("."):
                yield Path(here, name).relative_to(folder).as_posix()


def _is_repository(path: Path) -> bool:
    """Whether what git lists is a repository of its own, such as a submodule."""
    return path.is_dir() and not path.is_symlink() and (path / ".git").exists()


def _inside(root: Path, path: Path) -> bool:
    return path == root or root in path.parents


def _shown(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix() if _inside(root, path) else str(path)
