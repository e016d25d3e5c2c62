"""The journal: every batch of edits can be taken back byte for byte, also one that a ``kill -9`` cut short.

A batch is a folder ``ID`` with ``before.zip``, the files as they were, and ``batch.json``, their hashes before and
after. It is on disk as a whole before the first byte of a file changes, and goes when the batch was taken back. So a
file is always what it was before or what it was to become; what is neither, somebody else has changed.
"""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any, BinaryIO

from pytest_agentgate.codemods.files.edits import Edit, Skipped, UnwritableError, contents, digest, replace, settle
from pytest_agentgate.errors import JournalError

FORMAT = 1
KEPT = 100
"""Batches that are kept; older ones can't be taken back any more."""

_PATIENCE = 10.0  # seconds to wait for another process that writes
_BEGUN, _GONE = ".begun", ".gone"  # folders that are no batch yet, and that are one no more


@dataclass(frozen=True)
class Entry:
    """A file of a batch: its path relative to the root, and its hashes."""

    path: str
    before: str
    after: str


@dataclass(frozen=True)
class Batch:
    """Edits that were written together."""

    id: str
    created_at: str
    what: str  # what made them, for a person
    files: tuple[Entry, ...]


@dataclass(frozen=True)
class Written:
    """What became of a batch: its id, "" where nothing was written; the files, and those that were left alone."""

    batch: str
    paths: tuple[str, ...] = ()
    left: tuple[Skipped, ...] = ()


class Journal:
    """The batches of one working tree.

    Args:
        folder: where batches lie; worktrees of a repository may share it.
        root: the project's folder in this worktree, absolute and with its symlinks resolved.
    """

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        self.root = root
        # Relative, so that a project may be moved.
        self._mark = Path(os.path.relpath(root, folder.parent)).as_posix()

    def batches(self) -> list[Batch]:
        """The batches that can be taken back, newest first."""
        names = sorted((path.name for path in self.folder.glob("*/batch.json") for path in [path.parent]), reverse=True)
        found = [self._read(name) for name in names if not name.endswith((_BEGUN, _GONE))]
        return [batch for batch in found if batch is not None]

    def write(self, edits: Sequence[Edit], what: str) -> Written:
        """Write edits to the files whose bytes are still those that they start from.

        Raises:
            JournalError: another process writes for too long.
            OSError: the journal can't be written; no file was changed.
        """
        with self._alone():
            self._tidy()
            ready, left = [], []
            for edit in edits:
                reason = self._against(edit)
                if reason:
                    left.append(Skipped(edit.path, reason))
                else:
                    ready.append(edit)
            if not ready:
                return Written("", (), tuple(left))
            batch = self._record(ready, what)
            written = []
            for number, edit in enumerate(ready):
                reason = self._against(edit) or self._put(batch.id, number, edit.path, edit.after)
                if reason:
                    left.append(Skipped(edit.path, reason))
                else:
                    written.append(edit.path)
            self._settle(written)
            if not written:
                self._discard(batch.id)
            return Written(batch.id if written else "", tuple(written), tuple(left))

    def undo(self) -> Batch:
        """Take the newest batch back, all of it or nothing.

        Raises:
            JournalError: there is none, or a file of it was changed since, or can't be written.
        """
        nothing = JournalError(f"nothing to undo: no batch of changes is left that was written in {self.root}")
        if not self.folder.is_dir():
            raise nothing
        with self._alone():
            self._tidy()
            batch = next(iter(self.batches()), None)
            if batch is None:
                raise nothing
            texts = self._texts(batch)
            todo = []
            changed = []
            for number, entry in enumerate(batch.files):
                state = self._state(entry)
                if state == entry.after:
                    todo.append((number, entry))
                elif state != entry.before:
                    changed.append(f"{entry.path} {'is gone' if state is None else 'was changed'} since")
            if changed:
                more = f", and so were {len(changed) - 1} more" if len(changed) > 1 else ""
                raise JournalError(f"{changed[0]}{more}; nothing was restored of batch {batch.id}")
            for number, entry in todo:
                moved = "" if self._state(entry) == entry.after else "somebody changes it at this moment"
                problem = moved or self._put(batch.id, number, entry.path, texts[number])
                if problem:
                    raise JournalError(f"{entry.path}: {problem}; batch {batch.id} is restored in part: try again")
            self._settle([entry.path for _, entry in todo])
            self._discard(batch.id)
            return batch

    # -- files -------------------------------------------------------------------------------------------------------

    def _against(self, edit: Edit) -> str:
        """Why an edit may not be written, "" if it may."""
        try:
            same = contents(self.root, edit.path) == edit.before
        except UnwritableError as error:
            return str(error)
        return "" if same else "it was changed since it was read"

    def _state(self, entry: Entry) -> str | None:
        try:
            return digest(contents(self.root, entry.path))
        except UnwritableError:
            return None

    def _put(self, batch: str, number: int, path: str, data: bytes) -> str:
        """Write a file; -> why that failed, "" if it did not."""
        try:
            replace(self.root / path, data, self._temporary(batch, number, path))
        except OSError as error:
            return f"it can't be written: {error.strerror or error}"
        return ""

    def _temporary(self, batch: str, number: int, path: str) -> Path:
        return (self.root / path).parent / f".agentgate-{batch}-{number}.tmp"

    def _settle(self, paths: Sequence[str]) -> None:
        for folder in {(self.root / path).parent for path in paths}:
            settle(folder)

    # -- batches -----------------------------------------------------------------------------------------------------

    def _record(self, edits: Sequence[Edit], what: str) -> Batch:
        now = datetime.now(UTC)
        newest = next(iter(self.batches()), None)
        if newest is not None:  # the order of ids is the order of batches, whatever was done to the clock
            now = max(now, datetime.fromisoformat(newest.created_at) + timedelta(microseconds=1))
        entries = tuple(Entry(edit.path, digest(edit.before), digest(edit.after)) for edit in edits)
        batch = Batch(
            f"{now:%Y%m%dT%H%M%S.%f}-{os.urandom(2).hex()}", now.isoformat(timespec="microseconds"), what, entries
        )
        begun = self.folder / f"{batch.id}{_BEGUN}"
        begun.mkdir()
        with (begun / "before.zip").open("wb") as stream:
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                for number, edit in enumerate(edits):
                    archive.writestr(_member(number, edit.path), edit.before)
            _flush(stream)
        with (begun / "batch.json").open("wb") as stream:
            files = [{"path": entry.path, "before": entry.before, "after": entry.after} for entry in entries]
            data = {"journal": FORMAT, "created_at": batch.created_at, "root": self._mark, "what": what, "files": files}
            stream.write(json.dumps(data, indent=1).encode("ascii"))
            _flush(stream)
        settle(begun)
        begun.rename(self.folder / batch.id)
        settle(self.folder)
        return batch

    def _read(self, name: str) -> Batch | None:
        """A batch of this working tree; None where it is of another one."""
        path = self.folder / name / "batch.json"
        try:
            data: dict[str, Any] = json.loads(path.read_bytes())
            if data["root"] != self._mark:
                return None
            if data["journal"] != FORMAT:
                raise JournalError(f"{path}: written by another version of agentgate")
            files = tuple(Entry(file["path"], file["before"], file["after"]) for file in data["files"])
            return Batch(name, data["created_at"], data["what"], files)
        except (ValueError, KeyError, TypeError) as error:
            raise JournalError(f"{path}: cannot be read: {error!r}") from error

    def _texts(self, batch: Batch) -> list[bytes]:
        path = self.folder / batch.id / "before.zip"
        try:
            with zipfile.ZipFile(path) as archive:
                texts = [archive.read(_member(number, entry.path)) for number, entry in enumerate(batch.files)]
        except (OSError, KeyError, zipfile.BadZipFile) as error:
            raise JournalError(f"{path}: cannot be read: {error}; nothing was restored") from error
        if any(digest(text) != entry.before for text, entry in zip(texts, batch.files, strict=True)):
            raise JournalError(f"{path}: is not what was written; nothing was restored")
        return texts

    def _discard(self, batch: str) -> None:
        gone = self.folder / f"{batch}{_GONE}"
        (self.folder / batch).rename(gone)
        settle(self.folder)
        shutil.rmtree(gone, ignore_errors=True)

    def _tidy(self) -> None:
        """Take away what somebody who was killed has left: half a batch, temporary files; and what is too old."""
        for path in self.folder.iterdir():
            if path.name.endswith((_BEGUN, _GONE)):
                shutil.rmtree(path, ignore_errors=True)
        batches = self.batches()
        for batch in batches[:1]:
            for number, entry in enumerate(batch.files):
                self._temporary(batch.id, number, entry.path).unlink(missing_ok=True)
        for batch in batches[KEPT:]:
            self._discard(batch.id)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from writing; the system lets go of the lock, however we end."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("a+b") as file:
            end = monotonic() + _PATIENCE
            while not _locked(file):
                if monotonic() > end:
                    raise JournalError(f"another agentgate is writing files (it holds {file.name}): try again later")
                sleep(0.05)
            yield


def _member(number: int, path: str) -> str:
    """A name in the archive that a person recognizes, whatever bytes the path has."""
    return f"{number}/{path.encode('utf-8', 'replace').decode()}"


def _flush(stream: BinaryIO | Any) -> None:
    stream.flush()
    os.fsync(stream.fileno())


if os.name == "nt":
    import msvcrt

    def _locked(file: BinaryIO | Any) -> bool:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True

else:
    import fcntl

    def _locked(file: BinaryIO | Any) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system without locks: what changed meanwhile is seen by its hash
            return True
        return True
