"""Let a foreign interpreter load the inside part of this package, without installing anything there.

A private folder holds the inside modules and the metadata that makes ``-p agentgate`` find them; it stands first on
PYTHONPATH, so processes that the interpreter starts (xdist's workers) find it too. The folder of the tool's own
installation would not do: it would put the tool's pytest in front of the project's.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest_agentgate

PACKAGE = "pytest_agentgate"

#: What runs inside: modules, and packages with everything below them. It needs the standard library, pytest and pluggy.
INSIDE = (
    "pytest_agentgate.capture",
    "pytest_agentgate.conclusion",
    "pytest_agentgate.config",
    "pytest_agentgate.errors",
    "pytest_agentgate.gates",
    "pytest_agentgate.git",
    "pytest_agentgate.hookspecs",
    "pytest_agentgate.judge",
    "pytest_agentgate.model",
    "pytest_agentgate.origin",
    "pytest_agentgate.patterns",
    "pytest_agentgate.plugin",
    "pytest_agentgate.recorder",
    "pytest_agentgate.report",
    "pytest_agentgate.store",
    "pytest_agentgate.triage",
    "pytest_agentgate.values",
)
#: What does not, although it lies below one of these packages.
OUTSIDE = ("pytest_agentgate.capture.junit", "pytest_agentgate.store.postgres", "pytest_agentgate.store.upkeep")

_PREFIX = "agentgate-run-"
_LOCK = "lock"
_UNLOCKED_AGE = 3600.0  # seconds after which a folder that never got its lock is taken for abandoned


def is_inside(module: str) -> bool:
    """Whether a module of this package, given by its dotted name, may be loaded in a foreign interpreter."""
    if module == PACKAGE:
        return True
    return _is_below(module, INSIDE) and not _is_below(module, OUTSIDE)


def inside_files() -> Mapping[str, Path]:
    """The files of the inside part: dotted module name -> file of this installation."""
    root = Path(pytest_agentgate.__file__).parent
    files: dict[str, Path] = {}
    for file in sorted(root.rglob("*.py")):
        parts = (PACKAGE, *file.relative_to(root).with_suffix("").parts)
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if is_inside(module):
            files[module] = file
    return files


def inside_data() -> tuple[Path, ...]:
    """What inside modules read: the files of this installation that lie in their folders and are no code."""
    root = Path(pytest_agentgate.__file__).parent
    packages = {file.parent for file in inside_files().values() if file.name == "__init__.py"} - {root}
    data = []
    for file in sorted(root.rglob("*")):
        package = next(folder for folder in file.parents if (folder / "__init__.py").exists())
        if package in packages and file.suffix not in (".py", ".pyc") and file.is_file():
            data.append(file)
    return tuple(data)


@dataclass(frozen=True)
class PrivateFolder:
    """A folder for one run."""

    path: Path
    lock: int  # a descriptor that the child inherits: while it is open anywhere, the folder is in use

    def inject(self, version: str, environ: Mapping[str, str]) -> dict[str, str]:
        """Put the inside part into the folder, as ``version``; -> the environment with it in front of PYTHONPATH.

        Raises OSError if there is no room for it.
        """
        root = Path(pytest_agentgate.__file__).parent
        place = self.path / "inside"
        for file in (*inside_files().values(), *inside_data()):
            copy = place / PACKAGE / file.relative_to(root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
        metadata = place / f"{PACKAGE}-{version}.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: pytest-agentgate\nVersion: {version}\n")
        (metadata / "entry_points.txt").write_text(f"[pytest11]\nagentgate = {PACKAGE}.plugin\n")
        before = environ.get("PYTHONPATH", "")
        return {**environ, "PYTHONPATH": os.pathsep.join([str(place), before] if before else [str(place)])}


@contextmanager
def private_folder() -> Iterator[PrivateFolder]:
    """A folder that is removed when the block is left.

    What earlier runs left behind because they were killed is removed first. Raises OSError if it cannot be made.
    """
    _remove_abandoned(Path(tempfile.gettempdir()))
    path = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        lock = _held_lock(path)
        try:
            yield PrivateFolder(path, lock)
        finally:
            os.close(lock)
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _is_below(module: str, names: tuple[str, ...]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in names)


def _remove_abandoned(folder: Path) -> None:
    for path in folder.glob(f"{_PREFIX}*"):
        try:
            status = path.lstat()
            ours = not hasattr(os, "getuid") or status.st_uid == os.getuid()
            if ours and stat.S_ISDIR(status.st_mode) and _is_abandoned(path, status.st_mtime):
                shutil.rmtree(path, ignore_errors=True)
        except OSError:  # another run is removing it
            continue


try:
    import fcntl

    def _held_lock(folder: Path) -> int:
        """A lock that lasts as long as a process has its descriptor; it appears under its name only when it is held."""
        unready = folder / f"{_LOCK}.new"
        lock = os.open(unready, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # a file system without locks: the folder counts as in use until it is old
            return lock
        unready.rename(folder / _LOCK)
        return lock

    def _is_abandoned(folder: Path, modified: float) -> bool:
        try:
            lock = os.open(folder / _LOCK, os.O_WRONLY)
        except FileNotFoundError:
            return time.time() - modified > _UNLOCKED_AGE
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        finally:
            os.close(lock)
        return True

except ImportError:  # Windows: an open file cannot be removed, which is a lock as well

    def _held_lock(folder: Path) -> int:
        return os.open(folder / _LOCK, os.O_WRONLY | os.O_CREAT | os.O_EXCL)

    def _is_abandoned(folder: Path, modified: float) -> bool:
        try:
            (folder / _LOCK).unlink()
        except FileNotFoundError:
            return time.time() - modified > _UNLOCKED_AGE
        except PermissionError:
            return False
        return True
