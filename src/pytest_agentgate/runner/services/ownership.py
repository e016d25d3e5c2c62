"""Who keeps a container: a lock that ends with its process, whatever ends that, so that others can tell what is left.

A process id would be given to another process later, and says nothing after a restart.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PREFIX = "agentgate-services-"
_ALONE = "kept.lock"
KEPT = "kept"
"""The owner of what stays until somebody takes it down."""


@dataclass(frozen=True)
class Owner:
    """A run of services."""

    run: str  # a token that is in the name of whatever is made for it
    lock: str  # path of the lock, or KEPT
    host: str  # only there can be told whether the lock is held

    @property
    def words(self) -> str:
        """What others need to know of it, as JSON."""
        return json.dumps([self.lock, self.host])


def _lock_of(run: str) -> Path:
    return Path(tempfile.gettempdir()) / f"{_PREFIX}{run}.lock"


def has_left(run: str) -> bool:
    """Whether a run of this machine has ended, and left its lock: what tells of one that marked nothing as its own."""
    lock = _lock_of(run)
    return lock.exists() and is_gone(str(lock), socket.gethostname())


def sweep() -> None:
    """Remove the locks of processes that have ended, and could not."""
    for lock in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*.lock"):
        _free(lock)


def keeper(project: Path) -> Owner:
    """Who owns what outlives its command: the same for a project each time, so that it is found again."""
    return Owner(hashlib.sha256(str(project).encode()).hexdigest()[:8], KEPT, socket.gethostname())


try:
    import fcntl

    @contextmanager
    def owner() -> Iterator[Owner]:
        """An owner for as long as this process is in the block."""
        while (made := _locked(secrets.token_hex(4))) is None:
            pass
        run, path, lock = made
        try:
            yield Owner(run, str(path), socket.gethostname())
        finally:
            path.unlink(missing_ok=True)
            os.close(lock)

    def _locked(run: str) -> tuple[str, Path, int] | None:
        """A run with its lock, held; None where a sweep has met it before it was held."""
        path = _lock_of(run)
        lock = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(path.stat(), os.fstat(lock)):
                return run, path, lock
        except (BlockingIOError, FileNotFoundError):
            path.unlink(missing_ok=True)
        os.close(lock)
        return None

    @contextmanager
    def alone(folder: Path, waits: Callable[[], object]) -> Iterator[None]:
        """One process at a time in the block, of those that name a folder; ``waits`` is called before it waits.

        Raises OSError where no file can be made.
        """
        lock = os.open(folder / _ALONE, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waits()
                fcntl.flock(lock, fcntl.LOCK_EX)
            except OSError:
                pass  # the file system knows no locks
            yield
        finally:
            os.close(lock)

    def is_gone(lock: str, host: str) -> bool:
        """Whether the owner has ended; False where that cannot be told from here."""
        if lock == KEPT or host != socket.gethostname():
            return False
        try:
            held = os.open(lock, os.O_WRONLY)
        except FileNotFoundError:
            return True
        except OSError:
            return False
        try:
            fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)  # which others who ask may have as well
        except OSError:
            return False
        finally:
            os.close(held)
        return True

    def _free(lock: Path) -> None:
        try:
            held = os.open(lock, os.O_WRONLY)
        except OSError:
            return
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            lock.unlink(missing_ok=True)
        except OSError:
            pass  # somebody holds it
        finally:
            os.close(held)

except ImportError:  # Windows: an open file cannot be removed, which is a lock as well

    @contextmanager
    def owner() -> Iterator[Owner]:
        """An owner for as long as this process is in the block."""
        run = secrets.token_hex(4)
        path = _lock_of(run)
        lock = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            yield Owner(run, str(path), socket.gethostname())
        finally:
            os.close(lock)
            path.unlink(missing_ok=True)

    @contextmanager
    def alone(folder: Path, waits: Callable[[], object]) -> Iterator[None]:
        """Nobody waits here: there is no lock that ends with its process and can be waited for."""
        yield

    def is_gone(lock: str, host: str) -> bool:
        """Whether the owner has ended; False where that cannot be told from here."""
        if lock == KEPT or host != socket.gethostname():
            return False
        try:
            Path(lock).unlink(missing_ok=True)
        except OSError:
            return False
        return True

    def _free(lock: Path) -> None:
        is_gone(str(lock), socket.gethostname())
