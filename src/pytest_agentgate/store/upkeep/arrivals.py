"""Logs that come from elsewhere: single ones, folders, and archives of CI artifacts, in which archives may lie.

An archive may have been made to do harm. Nothing is written but below a folder of its own, one log at a time; what
unpacks to more than there is room for is not unpacked, whatever it says of its size.
"""

from __future__ import annotations

import re
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path, PurePosixPath
from typing import IO

from pytest_agentgate.capture.runlog import SUFFIX
from pytest_agentgate.errors import RunLogError

_ARCHIVE = ".zip"
_MOST = 16 << 30  # bytes that a path may unpack to, in all
_LARGEST = 4 << 30  # bytes of one log
_DEPTH = 3  # archives within each other
_PIECE = 1 << 20
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others may ask for any amount of memory
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, LookupError, RuntimeError, NotImplementedError,
    ValueError,
)  # fmt: skip
_UNFIT = re.compile(r"[^0-9A-Za-z._-]")

Problem = Callable[[str], object]
"""Told what is left out, in one line."""


@dataclass(frozen=True)
class Arrival:
    """Logs that arrived: the folder in which they are to be read, and where they came from if that is elsewhere."""

    folder: Path
    origin: str = ""


@contextmanager
def arrivals(path: Path, problem: Problem) -> Iterator[Iterator[Arrival]]:
    """What a path stands for, one after the other: each is there until the next one is asked for.

    An archive among others that cannot be unpacked is a problem, and the rest goes on. Raises RunLogError if the path
    itself is not there, neither a log nor a folder nor an archive, or a damaged archive.
    """
    with tempfile.TemporaryDirectory(prefix="agentgate-import-") as scratch:
        yield _Unpacking(Path(scratch), problem).of(path)


class _Unpacking:
    def __init__(self, scratch: Path, problem: Problem) -> None:
        self._scratch = scratch
        self._problem = problem
        self._left = _MOST
        self._numbers = count()

    def of(self, path: Path) -> Iterator[Arrival]:
        try:
            yield from self._found(path)
        except OSError as error:
            raise RunLogError(f"{error.filename or path}: cannot be read: {error.strerror or error}") from error

    def _found(self, path: Path) -> Iterator[Arrival]:
        if path.is_dir():
            files = [file for file in sorted(path.rglob("*")) if file.is_file()]
            yield from map(Arrival, sorted({file.parent for file in files if file.suffix == SUFFIX}))
            for archive in (file for file in files if file.suffix == _ARCHIVE):
                yield from self._if_it_can_be(archive, str(archive), _DEPTH)
        elif not path.exists():
            raise RunLogError(f"{path}: is not there")
        elif not path.is_file() or path.suffix not in (SUFFIX, _ARCHIVE):
            raise RunLogError(f"{path}: neither a log ({SUFFIX}), nor a folder or {_ARCHIVE} of logs, nor an export")
        elif path.suffix == _ARCHIVE:
            yield from self._of_archive(path, str(path), _DEPTH)
        else:
            with path.open("rb") as log, self._place() as place:
                self._copy(log, place / _fit(path.name), path.stat().st_size, str(path))
                yield Arrival(place, str(path.resolve().parent))

    def _if_it_can_be(self, archive: Path, name: str, depth: int) -> Iterator[Arrival]:
        try:
            yield from self._of_archive(archive, name, depth)
        except RunLogError as error:
            self._problem(str(error))

    def _of_archive(self, archive: Path, name: str, depth: int) -> Iterator[Arrival]:
        """The logs of an archive, each by itself; names that lead elsewhere lead nowhere."""
        with archive.open("rb") as file, self._opened(file, name) as opened:
            for entry in opened.infolist():
                inner = PurePosixPath(entry.filename.replace("\\", "/"))  # which some tools of Windows write
                if entry.filename.endswith("/") or inner.suffix not in (SUFFIX, _ARCHIVE):
                    continue
                with self._place() as place:
                    yield from self._of_entry(opened, entry, place / _fit(inner.name), f"{name}/{inner}", depth)

    def _opened(self, file: IO[bytes], name: str) -> zipfile.ZipFile:
        with _damage_told(name):
            return zipfile.ZipFile(file)

    def _of_entry(
        self, opened: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, origin: str, depth: int
    ) -> Iterator[Arrival]:
        try:
            self._unpack(opened, entry, target, origin)
        except RunLogError as error:
            self._problem(str(error))
            return
        if target.suffix == SUFFIX:
            yield Arrival(target.parent, str(Path(origin).absolute().parent))
        elif depth > 1:
            yield from self._if_it_can_be(target, origin, depth - 1)
        else:
            self._problem(f"{origin}: lies in {_DEPTH} archives already, and is not opened")

    def _unpack(self, opened: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, origin: str) -> None:
        if entry.compress_type not in _METHODS:
            raise RunLogError(f"{origin}: is packed in a way that is not read here: pack it with deflate")
        with _damage_told(origin), opened.open(entry) as packed:
            self._copy(packed, target, entry.file_size, origin)

    def _copy(self, source: IO[bytes], target: Path, size: int, origin: str) -> None:
        """Write what is read, which is never more than it was said to be."""
        room = min(self._left, _LARGEST, shutil.disk_usage(self._scratch).free // 2)
        if size > room:
            raise RunLogError(f"{origin}: has {size:,} bytes, and there is room for {room:,} at {self._scratch.parent}")
        self._left -= size
        with target.open("wb") as plain:
            while size > 0 and (piece := source.read(min(_PIECE, size))):
                size -= len(piece)
                plain.write(piece)

    @contextmanager
    def _place(self) -> Iterator[Path]:
        """A folder for one log, which goes with it."""
        place = self._scratch / str(next(self._numbers))
        place.mkdir()
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)


@contextmanager
def _damage_told(name: str) -> Iterator[None]:
    try:
        yield
    except _DAMAGED as error:
        raise RunLogError(f"{name}: cannot be unpacked: {' '.join(str(error).split())}") from error


def _fit(name: str) -> str:
    """A name that any file system takes, and that is the same where it was that of a log of ours."""
    return _UNFIT.sub("_", name)[-100:]
