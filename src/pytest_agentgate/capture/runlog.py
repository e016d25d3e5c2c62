"""The append-only log of one run: one JSON object a line, written by the controller alone.

The log is the record; the store is an index over logs. Each event is one ``write`` to a file of the run's own, so that
nothing is shared between processes and nothing that was written is lost when one is killed. While a run lives it holds
a lock on its own log, which the system releases however the process ends: that is how a reader tells a running from an
interrupted run, without process ids and without a clock. The format is described in docs/reference/run-log.md.
"""

from __future__ import annotations

import errno
import json
import os
import weakref
from collections.abc import Iterator, Mapping
from contextlib import suppress
from json.encoder import encode_basestring_ascii as quoted
from pathlib import Path
from typing import Any

from pytest_agentgate.errors import RunLogError

FORMAT = 1
SUFFIX = ".jsonl"
_HIGH = 200  # the least number of the file that is written to
_STRETCH = 1 << 16  # bytes of a log that are held at a time
_LONGEST = 1 << 29  # bytes of a line; that of a collection of a million tests has a fifth
TELL = "AGENTGATE_TELL_LOG"  # the variable that names a file for the path of the log
APART = "AGENTGATE_LOGS"  # the variable that names the folder of a log that is to stay out of the project's record

Event = dict[str, Any]

# Bound once, as is what writes: a result is written while the test that it is of still has its patches in place.
_encoded = json.JSONEncoder(separators=(",", ":")).encode


class RunLog:
    """The writing end of a log.

    Raises RunLogError if the file cannot be made; writing raises OSError (a full disk), after which nothing is taken.
    """

    def __init__(self, folder: Path, run_id: str) -> None:
        self.path = folder / f"{run_id}{SUFFIX}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)
            self._file = _out_of_the_way(os.open(self.path, flags, 0o666))
        except OSError as error:
            raise RunLogError(f"{self.path}: cannot write the run's log: {error.strerror}") from error
        self._put = os.write
        _hold(self._file)
        _open.add(self)

    @property
    def is_open(self) -> bool:
        """Whether what is written is taken; in a fork of the process it is not."""
        return self._file >= 0

    def write(self, event: Mapping[str, Any]) -> None:
        """Append one event."""
        self._append(_encoded(event).encode("ascii") + b"\n")

    def passed(self, nodeid: str, duration: float, worker: str = "") -> None:
        """Append the result of a test that passed, the only event of most tests."""
        on = b',"worker":%b' % quoted(worker).encode() if worker else b""
        line = b'{"event":"result","nodeid":%b,"outcome":"passed","duration":%.6f%b}\n'
        self._append(line % (quoted(nodeid).encode(), duration, on))

    def result(self, nodeid: str, outcome: str, duration: float, worker: str = "", **more: Any) -> None:
        """Append the result of one attempt."""
        known = {"event": "result", "nodeid": nodeid, "outcome": outcome, "duration": round(duration, 6)}
        self.write(known | ({"worker": worker} if worker else {}) | more)

    def failure(self, event: Mapping[str, Any], evidence: str) -> None:
        """Append a failure with its evidence, which is JSON already."""
        self._append(b'%b,"evidence":%b}\n' % (_encoded(event)[:-1].encode("ascii"), evidence.encode("ascii")))

    def close(self) -> None:
        """End the log's life: from now on a reader takes it for ended or interrupted."""
        file, self._file = self._file, -1
        if file >= 0:
            with suppress(OSError):
                os.close(file)

    def _append(self, data: bytes) -> None:
        if self._file < 0:
            return
        try:
            written = self._put(self._file, data)
            while written < len(data):  # a nearly full disk
                written += self._put(self._file, data[written:])
        except OSError as error:
            self.close()  # half a line may stand at the end: nothing may follow it
            if error.errno != errno.EBADF:
                raise
            self._open_again()  # a test closed all files that it did not know
            self._append(data)

    def _open_again(self) -> None:
        flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._file = _out_of_the_way(os.open(self.path, flags))
        _hold(self._file)


_open: weakref.WeakSet[RunLog] = weakref.WeakSet()


def _leave_to_the_parent() -> None:
    """Close the logs in a process that a test forked: it may come back into pytest and run the same tests again."""
    for log in list(_open):
        log.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_the_parent)


def folder_for(usual: Path) -> Path:
    """The folder for the log of this process: the usual one, unless whoever started it asked for another.

    Only the first log of a process stays apart: what it starts itself inherits nothing.
    """
    asked = os.environ.pop(APART, "")
    return Path(asked) if asked else usual


def tell(path: Path) -> None:
    """Write the log's path into the file that whoever started this process named, so that it needs no guessing.

    Only the first log of a process is told: what it starts itself inherits nothing.
    """
    asked = os.environ.pop(TELL, "")
    if asked:
        try:
            Path(asked).write_bytes(os.fsencode(path))
        except OSError:  # nobody waits for it any more
            pass


def read(path: Path) -> list[Event]:
    """The complete events of a log; see ``stretches``."""
    return [event for events, _ in stretches(path) for event in events]


def stretches(path: Path, offset: int = 0) -> Iterator[tuple[list[Event], int]]:
    """The complete events of a log from a byte offset on, some at a time, and the offset behind the last of them.

    A line that a killed process left unfinished is not returned and not passed; a damaged line in between is skipped.
    Raises RunLogError if the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            file.seek(offset)
            begun: list[bytes] = []  # of a line, in the pieces in which it was read
            while more := file.read(_STRETCH):
                whole, newline, rest = more.rpartition(b"\n")
                if newline:
                    whole = b"".join([*begun, whole])
                    begun.clear()
                    offset += len(whole) + 1
                    events, whole = _events(whole), b""  # the text is not held while somebody works on its events
                    yield events, offset
                begun.append(rest)
                if len(begun) > _LONGEST // _STRETCH:
                    raise RunLogError(f"{path}: has a line of more than {_LONGEST >> 20} MiB, which no run writes")
    except OSError as error:
        raise RunLogError(f"{path}: cannot read the run's log: {error.strerror}") from error


def _events(lines: bytes) -> list[Event]:
    try:  # one call for all lines: twice as fast as one each; the one of a large collection needs no copies
        events = json.loads(b"[%b]" % lines.replace(b"\n", b",")) if b"\n" in lines else [json.loads(lines)]
    except (ValueError, RecursionError):
        events = map(_parsed, lines.splitlines())
    return [event for event in events if type(event) is dict]


def _parsed(line: bytes) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def is_live(path: Path) -> bool:
    """Whether the process that writes this log still does."""
    try:
        file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except OSError:
        return False
    try:
        return _is_held(file)
    finally:
        os.close(file)


try:
    import fcntl

    def _out_of_the_way(file: int) -> int:
        """The same file under a high number, which nobody else gets who opens a file after a test closed ours."""
        try:
            high = fcntl.fcntl(file, fcntl.F_DUPFD_CLOEXEC, _HIGH)
        except OSError:  # more than a process may have here
            return file
        os.close(file)
        return high

    def _hold(file: int) -> None:
        """Take the lock that says "this run lives"; the end of the last descriptor releases it."""
        with suppress(OSError):  # a file system without locks: nobody can be shown to live
            fcntl.flock(file, fcntl.LOCK_EX)  # waits: somebody may be asking this very moment

    def _is_held(file: int) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: two who ask must not take each other for the run
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

except ImportError:  # Windows
    import msvcrt

    def _out_of_the_way(file: int) -> int:
        return file

    _BEYOND = 1 << 40  # no log grows there; a lock on Windows keeps others from reading what it covers

    def _hold(file: int) -> None:
        with suppress(OSError):
            _lock(file, msvcrt.LK_LOCK)  # type: ignore[attr-defined]

    def _is_held(file: int) -> bool:
        try:
            _lock(file, msvcrt.LK_NBLCK)  # type: ignore[attr-defined]
        except OSError:
            return True
        return False

    def _lock(file: int, how: int) -> None:
        position = os.lseek(file, 0, os.SEEK_CUR)
        os.lseek(file, _BEYOND, os.SEEK_SET)
        try:
            msvcrt.locking(file, how, 1)  # type: ignore[attr-defined]
        finally:
            os.lseek(file, position, os.SEEK_SET)
