"""Whose code a file is, and a path for it that is the same on every machine."""

from __future__ import annotations

import fnmatch
import os
import sys
import sysconfig
from collections.abc import Iterable
from functools import cached_property, lru_cache
from pathlib import Path, PurePath

from pytest_agentgate.capture.naming import attribute
from pytest_agentgate.model import Role
from pytest_agentgate.values import frozen

_INSTALLED = frozenset({"site-packages", "dist-packages"})
_ENVIRONMENTS = _INSTALLED | {".venv", "venv", ".tox", ".nox", ".eggs"}
_TEST_FOLDERS = frozenset({"test", "tests", "testing"})
_TEST_FILES = ("conftest.py", "test_*.py", "*_test.py", "*_tests.py")
_NO_PACKAGES = _TEST_FOLDERS | {"setup", "conftest", "docs", "examples"}


@frozen
class Roots:
    """Where a project's own files are; ``source`` and ``tests`` are relative to ``root``, empty: found by name."""

    root: Path
    source: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()

    @cached_property
    def spellings(self) -> tuple[Path, ...]:
        """The root as given, and with its symlinks resolved."""
        return _spellings(self.root.absolute())

    @cached_property
    def packages(self) -> frozenset[str]:
        """Top-level names that are the project's own, wherever they are imported from."""
        names: set[str] = set()
        for name in self.source or (".", "src"):
            folder = Path(os.path.normpath(self.root / name))
            if self.source and (folder / "__init__.py").is_file():
                names.add(folder.name)
            else:
                names |= _importable(folder, namespaces=name != ".")
        return frozenset(names - _NO_PACKAGES)

    @cached_property
    def runners(self) -> set[str]:
        """Files of pytest and pluggy that were met in tracebacks."""
        return set()

    @cached_property
    def _located(self) -> dict[str, tuple[Role, str]]:
        return {}

    def locate(self, filename: str) -> tuple[Role, str]:
        """The role of a file and how its path is shown."""
        found = self._located.get(filename)
        if found is None:
            found = self._located[filename] = _located(filename, self)
        return found


def role_of(filename: str, module: str, roots: Roots) -> Role:
    """Whose code a file is; generated code (``<string>``) belongs to the module in whose name it runs."""
    if filename.startswith("<") and not filename.startswith("<frozen "):
        file = attribute(sys.modules.get(module), "__file__")
        if not isinstance(file, str):
            return Role.LIBRARY
        filename = file
    return roots.locate(filename)[0]


def shown_path(filename: str, roots: Roots) -> str:
    """The path relative to the project's root, to site-packages, or to the standard library; POSIX."""
    return roots.locate(filename)[1]


def _located(filename: str, roots: Roots) -> tuple[Role, str]:
    if filename.startswith("<frozen ") and filename.endswith(">"):
        return Role.STDLIB, filename[len("<frozen ") : -1].replace(".", "/") + ".py"
    if filename.startswith("<"):
        return Role.LIBRARY, filename
    paths = _spellings(Path(os.path.normpath(roots.root.absolute() / filename)))

    # A link out of an environment into the project is the project's; else the spelling that was met is shown.
    inside = list(filter(None, (_innermost((path,), roots.spellings) for path in paths)))
    own = min(inside, key=lambda path: not _ENVIRONMENTS.isdisjoint(path.parts), default=None)
    standard = _innermost(paths, _standard_library())
    # Whichever lies deeper: an interpreter may live in the project, and a project in an interpreter's library.
    if standard and not installed_part(standard) and (not own or len(standard.parts) <= len(own.parts)):
        return Role.STDLIB, standard.as_posix()
    configured = max(filter(None, (_configured(path, roots) for path in paths)), default=None)
    if own and (configured or not _ENVIRONMENTS.intersection(own.parts)):
        return _own_role(configured, own, roots), own.as_posix()
    if configured:  # outside of the root
        return configured[1], Path(os.path.relpath(paths[0], roots.spellings[0])).as_posix()
    for path in paths:
        installed = installed_part(path)
        if installed:
            role = Role.LIBRARY
            if installed.parts[0].removesuffix(".py") in roots.packages:
                role = Role.TEST if looks_like_test(installed) else Role.SOURCE
            return role, installed.as_posix()
    imported = _innermost(paths, [Path(entry) for entry in sys.path if entry])
    return Role.LIBRARY, imported.as_posix() if imported else paths[0].name


def _own_role(configured: tuple[int, Role] | None, path: Path, roots: Roots) -> Role:
    """The role of a file below the root; what is not configured goes by its name."""
    if configured and (configured[1] is Role.TEST or roots.tests):
        return configured[1]
    if roots.tests:
        path = Path(path.name)
    return Role.TEST if looks_like_test(path) else Role.SOURCE


def _configured(path: Path, roots: Roots) -> tuple[int, Role] | None:
    """Depth and role of the innermost configured folder that holds the file; of equals, tests: the word sorts last."""
    found = [
        (len(folder.parts) - len(root.parts), role)
        for role, names in ((Role.SOURCE, roots.source), (Role.TEST, roots.tests))
        for name in names
        for root in roots.spellings
        if path.is_relative_to(folder := Path(os.path.normpath(root / name)))
    ]
    return max(found, default=None)


def looks_like_test(path: PurePath) -> bool:
    """Whether a file is a test by its name, or by the name of a folder above it; the path is relative to the root."""
    if not _TEST_FOLDERS.isdisjoint(path.parts[:-1]):
        return True
    return any(fnmatch.fnmatchcase(path.name, pattern) for pattern in _TEST_FILES)


def installed_part(path: PurePath) -> PurePath | None:
    """The part of a path below the innermost site-packages."""
    parts = path.parts
    for index in range(len(parts) - 2, -1, -1):
        if parts[index] in _INSTALLED:
            return PurePath(*parts[index + 1 :])
    return None


def _innermost(paths: Iterable[Path], folders: Iterable[Path]) -> Path | None:
    """A path relative to the deepest of the folders that holds it; of equals, the first spelling."""
    found = [path.relative_to(folder) for path in paths for folder in folders if path.is_relative_to(folder)]
    return min(found, key=lambda rest: len(rest.parts), default=None)


def _spellings(path: Path) -> tuple[Path, ...]:
    return tuple(dict.fromkeys((path, path.resolve())))


@lru_cache(maxsize=1)
def _standard_library() -> tuple[Path, ...]:
    folders = [Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")] + [Path(os.__file__).parent]
    return tuple(dict.fromkeys(spelling for folder in folders for spelling in _spellings(folder)))


def _importable(folder: Path, *, namespaces: bool) -> set[str]:
    """Names that can be imported from a folder, with or without packages that have no ``__init__.py``."""
    try:
        entries = list(folder.iterdir())
    except OSError:
        return set()
    modules = {entry.stem for entry in entries if entry.suffix == ".py"}
    return modules | {
        entry.name
        for entry in entries
        if entry.name.isidentifier() and entry.is_dir() and (namespaces or (entry / "__init__.py").is_file())
    }
