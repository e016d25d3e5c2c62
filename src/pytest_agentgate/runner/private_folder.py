"""Folders for what a process needs while it runs, removed by the next one where it was killed."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PREFIX = "agentgate-run-"
_LOCK = "lock"
_UNLOCKED_AGE = 3600.0  # seconds after which a folder that never got its lock is taken for abandoned


@dataclass(frozen=True)
class PrivateFolder:
    """A folder for one run."""

    path: Path
    lock: int  # a descriptor, for a child to inherit: while it is open anywhere, the folder is in use


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
