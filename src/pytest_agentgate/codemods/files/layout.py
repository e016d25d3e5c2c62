"""From which folders a project's modules are imported, as far as its files tell; nothing is imported to find out.

What counts, in this order: pytest's ``pythonpath``, what the packaging says, ``src``, the root, folders below it that
are projects of their own, and, unless ``--import-mode=importlib`` is set, the folders that pytest itself puts on
``sys.path`` for test files and conftest files ("rootdir/conftest.py sys.path/PYTHONPATH" in pytest's documentation).
"""

from __future__ import annotations

import configparser
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from glob import glob
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import Any

from pytest_agentgate.codemods.files.tree import python_files

TEST_FOLDERS = ("tests", "test", "testing")
"""What folders of tests are called where nothing else is configured."""

_TEST_FILES = ("test_*.py", "*_test.py")  # pytest's own default of python_files
# Where pytest is configured, the first that has its table wins.
_PYTEST = (
    ("pytest.toml", ("pytest",)),
    (".pytest.toml", ("pytest",)),
    ("pytest.ini", ("pytest",)),
    (".pytest.ini", ("pytest",)),
    ("pyproject.toml", ("tool", "pytest", "ini_options")),
    ("pyproject.toml", ("tool", "pytest")),
    ("tox.ini", ("pytest",)),
    ("setup.cfg", ("tool:pytest",)),
)
_PROJECT_FILES = (*dict(_PYTEST), "setup.py")


@dataclass(frozen=True)
class PytestSettings:
    """What a folder's configuration of pytest says that decides where modules are; paths as they are written."""

    pythonpath: tuple[str, ...] = ()
    testpaths: tuple[str, ...] = ()
    python_files: tuple[str, ...] = _TEST_FILES
    importlib: bool = False  # --import-mode=importlib: sys.path stays as it is


@dataclass(frozen=True)
class Layout:
    """Where the modules of a project are.

    Args:
        root: its folder.
        source: configured folders of the implementation, relative to the root.
    """

    root: Path
    source: tuple[str, ...] = ()

    @cached_property
    def pytest(self) -> PytestSettings:
        """The configuration of pytest in the root."""
        return pytest_settings(self.root)

    def test_folders(self) -> tuple[str, ...]:
        """The folders or files of tests that pytest's configuration or their names tell, relative to the root."""
        places = [place for name in self.pytest.testpaths if (place := _within("", name)) is not None]
        # As pytest does: patterns, and the root itself, which Path.glob takes for none.
        there = [
            path
            for place in places
            for path in sorted(glob(place or ".", root_dir=self.root, recursive=True))  # noqa: PTH207
        ]
        found = [name for path in there for name in self._of_tests(path)]
        return tuple(dict.fromkeys(found)) or tuple(name for name in TEST_FOLDERS if (self.root / name).is_dir())

    def _of_tests(self, name: str) -> Iterator[str]:
        """A path that pytest is told to look at, or the folders in it that have tests.

        An implementation is looked at for its doctests, or because its tests lie within it, and is no test itself.
        """
        path = self.root / name
        files = [] if not path.is_dir() or _named(f"{name}/") else list(python_files(path))
        tests = [file for file in files if _is_test(file.rpartition("/")[2], self.pytest.python_files)]
        within = [*named_folders(tests)]
        if not files or len(within) < len(tests):
            yield name
        else:
            yield from (normpath(f"{name}/{folder}") for folder in within)

    def is_collected(self, path: str) -> bool:
        """Whether pytest, in the root, takes a file for one that has tests."""
        return _is_test(path.rpartition("/")[2], self.pytest.python_files)

    def import_roots(self, paths: Iterable[str]) -> tuple[str, ...]:
        """The folders from which modules are imported, in order; "" is the root.

        ``paths`` are the files that are looked at, relative to the root with ``/``: only they and what is above them
        tell about nested projects and about the folders that pytest adds.
        """
        folders: dict[str, list[str]] = {"": []}
        for path in paths:
            folder, _, name = path.rpartition("/")
            folders.setdefault(folder, []).append(name)
        above = sorted({each for folder in folders for each in _upwards(folder)}, key=lambda each: each.count("/"))
        projects = {
            folder: pytest_settings(self.root / folder) for folder in above if not folder or self._is_project(folder)
        }
        roots = [root for folder, settings in projects.items() for root in self._of_project(folder, settings)]
        roots += [folder for folder in self.source if not self._is_package(folder)]
        for folder in above:
            project = max((each for each in projects if _holds(each, folder)), key=len)
            settings = projects[project]
            if settings.importlib:
                continue
            names = folders.get(folder, ())
            if self._has(folder, "conftest.py") or any(_is_test(name, settings.python_files) for name in names):
                roots.append(self._outside_packages(folder))
        return tuple(dict.fromkeys(root for root in roots if root is not None))

    def _of_project(self, folder: str, settings: PytestSettings) -> Iterator[str | None]:
        for name in (*settings.pythonpath, *_packaging(self.root / folder)):
            yield _within(folder, name)
        source = _within(folder, "src") or "src"
        if (self.root / source).is_dir() and not self._is_package(source):
            yield source
        yield folder

    def _outside_packages(self, folder: str) -> str:
        while folder and self._is_package(folder):
            folder = folder.rpartition("/")[0]
        return folder

    def _is_package(self, folder: str) -> bool:
        return self._has(folder, "__init__.py")

    def _is_project(self, folder: str) -> bool:
        return any(self._has(folder, name) for name in _PROJECT_FILES)

    def _has(self, folder: str, name: str) -> bool:
        return (self.root / folder / name).is_file()


def folders_of_tests(root: Path, configured: Sequence[str]) -> tuple[str, ...]:
    """The folders or files of tests, relative to the root: those that are configured, else as ``Layout`` finds them."""
    return tuple(configured) or Layout(root).test_folders()


def is_of_source(path: str, source: Iterable[str], tests: Iterable[str]) -> bool:
    """Whether a file belongs to the implementation, and is none of its tests; all are relative to one root.

    Tests may lie within the implementation, and an implementation within the tests: the innermost folder says what a
    file is, and its name where that is in both lists.
    """
    depth, of_tests = _depth(path, source), _depth(path, tests)
    name = path.rpartition("/")[2]
    return depth > of_tests or (depth == of_tests >= 0 and not _is_test(name, (*_TEST_FILES, "conftest.py")))


def lies_in(path: str, folders: Iterable[str]) -> bool:
    """Whether a file is, or lies in, one of some files and folders; all are relative to one root."""
    return _depth(path, folders) >= 0


def _depth(path: str, folders: Iterable[str]) -> int:
    """How many parts the innermost of the folders has that holds a file; -1 if none does."""
    plain = [normpath(folder) for folder in folders]
    holding = [each for each in plain if each == "." or path == each or path.startswith(f"{each}/")]
    return max((0 if folder == "." else folder.count("/") + 1 for folder in holding), default=-1)


def named_folders(files: Iterable[str]) -> Iterator[str]:
    """For each file that lies in one, the uppermost folder that is called as folders of tests are."""
    return (folder for file in files if (folder := _named(file)))


def _named(file: str) -> str:
    parts = file.split("/")[:-1]
    depth = next((depth for depth, part in enumerate(parts, 1) if part in TEST_FOLDERS), 0)
    return "/".join(parts[:depth])


def pytest_settings(folder: Path) -> PytestSettings:
    """The configuration of pytest in a folder; the defaults where there is none or it can't be read."""
    for name, keys in _PYTEST:
        if (folder / name).is_file():
            table = _table(folder / name, keys)
            if table is None:
                continue
            addopts = _words(table.get("addopts"))
            return PytestSettings(
                _words(table.get("pythonpath")),
                _words(table.get("testpaths")),
                _words(table.get("python_files")) or _TEST_FILES,
                bool(re.search(r"--import-mode[= ]importlib\b", " ".join(addopts))),
            )
    return PytestSettings()


def _packaging(folder: Path) -> Iterator[str]:
    """Folders from which packaging tools take packages: those of setuptools, Poetry, Hatch, PDM and maturin."""
    tool = (_toml(folder / "pyproject.toml") or {}).get("tool", {})
    setuptools = _dig(tool, "setuptools", "packages", "find", "where")
    yield from _words(setuptools)
    yield from _words(_dig(tool, "setuptools", "package-dir", ""))
    for package in _dig(tool, "poetry", "packages") or ():
        if isinstance(package, Mapping):
            yield from _words(package.get("from"))
    for package in _words(_dig(tool, "hatch", "build", "targets", "wheel", "packages")):
        yield PurePosixPath(package).parent.as_posix()
    yield from _words(_dig(tool, "pdm", "build", "package-dir"))
    yield from _words(_dig(tool, "maturin", "python-source"))
    yield from _words((_ini(folder / "setup.cfg", "options.packages.find") or {}).get("where"))


def _dig(table: Any, *keys: str) -> Any:
    for key in keys:
        table = table.get(key) if isinstance(table, Mapping) else None
    return table


def _table(path: Path, keys: Sequence[str]) -> Mapping[str, Any] | None:
    if path.suffix != ".toml":
        return _ini(path, keys[0])
    table = _dig(_toml(path) or {}, *keys)
    return table if isinstance(table, Mapping) else None


def _toml(path: Path) -> Mapping[str, Any] | None:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _ini(path: Path, section: str) -> Mapping[str, Any] | None:
    parser = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, ValueError, OSError):
        return None
    return parser[section] if parser.has_section(section) else None


def _words(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(value.split())
    return tuple(word for word in value if isinstance(word, str)) if isinstance(value, list) else ()


def _within(folder: str, name: str) -> str | None:
    """A folder that is named relative to another one, relative to the root; None outside of the root."""
    path = normpath(f"{folder}/{name}" if folder else name)
    if path.startswith(("../", "/")) or path == "..":
        return None
    return "" if path == "." else path


def _upwards(folder: str) -> Iterator[str]:
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
    yield ""


def _holds(folder: str, inner: str) -> bool:
    return not folder or inner == folder or inner.startswith(f"{folder}/")


def _is_test(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)
