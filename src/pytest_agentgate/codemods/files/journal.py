"""The journal: every batch of edits can be taken back byte for byte, also one that a ``kill -9`` cut short.

A batch is a folder ``ID`` with ``before.zip``, the files as they were, and ``batch.json``, their hashes before and
after. It is on disk as a whole before the first byte of a file changes, and goes when the batch was taken back. So a
file is always what it was before or what it was to become; what is neither, somebody else has changed.

Batches of one group, such as a repair, are taken back together. A batch of a group is on trial until it is confirmed:
an empty file ``confirmed`` in its folder.
"""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Callable, Collection, Iterator, Sequence
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
"""Batches that are kept, and the others of their groups; older ones can't be taken back any more."""

_PATIENCE = 10.0  # seconds to wait for another process that writes
_BEGUN, _GONE = ".begun", ".gone"  # folders that are no batch yet, and that are one no more
_CONFIRMED = "confirmed"


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
    group: str = ""  # what it belongs to, "" where it stands alone
    on_trial: bool = False  # of a group, and not confirmed


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

    def write(self, edits: Sequence[Edit], what: str, group: str = "") -> Written:
        """Write edits to the files whose bytes are still those that they start from.

        Those of a ``group`` are on trial until they are confirmed.

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
            batch = self._record(ready, what, group)
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

    def confirm(self, batch: str) -> None:
        """End the trial of a batch.

        Raises OSError.
        """
        with (self.folder / batch / _CONFIRMED).open("wb") as stream:
            _flush(stream)
        settle(self.folder / batch)

    def undo(self) -> Batch:
        """Take the newest batch back, all of it or nothing.

        Raises:
            JournalError: there is none, or a file of it was changed since, or can't be written.
        """
        return self._take_back(lambda batches: batches[:1])[0]

    def undo_group(self) -> tuple[Batch, ...]:
        """Take back the newest batch and those of its group, all of them or nothing; -> them, newest first.

        Raises JournalError as ``undo`` does, and where somebody is at work.
        """
        if self.folder.is_dir():
            with self.at_work():
                return self._take_back(_newest_group)
        return self._take_back(_newest_group)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Keep others from working on the same files for as long as this takes, and from undoing it meanwhile.

        Raises JournalError where somebody is at work already.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f"{digest(self._mark.encode())[:12]}.work").open("a+b") as file:
            if not _locked(file):
                raise JournalError(f"another agentgate is at work in {self.root}: wait for its end, or stop it")
            yield

    def take_back(self, ids: Collection[str], *, restore: bool = False) -> tuple[Batch, ...]:
        """Take back these batches; none that was written later may have changed one of their files.

        A file that is gone is made again if it is to be restored. Raises JournalError as ``undo`` does.
        """
        return self._take_back(lambda batches: [batch for batch in batches if batch.id in ids], restore=restore)

    def abandon(self, batch: str) -> tuple[str, ...]:
        """Take back the newest batch but for files that somebody has changed since; -> these, which are theirs now.

        Raises JournalError as ``undo`` does.
        """
        theirs: list[str] = []
        self._take_back(lambda batches: [one for one in batches if one.id == batch], restore=True, theirs=theirs)
        return tuple(theirs)

    def _take_back(
        self,
        choose: Callable[[list[Batch]], list[Batch]],
        *,
        restore: bool = False,
        theirs: list[str] | None = None,  # takes the paths that are left because somebody has changed them
    ) -> tuple[Batch, ...]:
        nothing = JournalError(f"nothing to undo: no batch of changes is left that was written in {self.root}")
        if not self.folder.is_dir():
            raise nothing
        with self._alone():
            self._tidy()
            batches = choose(self.batches())
            if not batches:
                raise nothing
            changed = []
            todo = []
            for path, chain in _chains(batches).items():
                state = self._state(path)
                if state is None and restore and not (self.root / path).exists():
                    todo.append((path, chain))
                elif state not in chain.states and theirs is not None:
                    theirs.append(path)
                elif state not in chain.states:
                    changed.append(f"{path} {'is gone' if state is None else 'was changed'} since")
                elif state != chain.first:
                    todo.append((path, chain))
            name = batches[0].group or batches[0].id
            if changed:
                more = f", and so were {len(changed) - 1} more" if len(changed) > 1 else ""
                what = f"group {name}" if batches[0].group else f"batch {name}"
                raise JournalError(f"{changed[0]}{more}; nothing was restored of {what}")
            texts = {batch.id: self._texts(batch) for batch in batches}
            for path, chain in todo:
                gone = restore and not (self.root / path).exists()
                moved = "" if gone or self._state(path) in chain.states else "somebody changes it at this moment"
                text = texts[chain.batch][chain.number]
                again = self._make_again if gone else self._put
                problem = moved or again(chain.batch, chain.number, path, text)
                if problem:
                    raise JournalError(f"{path}: {problem}; batch {name} is restored in part: try again")
            self._settle([path for path, _ in todo])
            for batch in batches:
                self._discard(batch.id)
            return tuple(batches)

    # -- files -------------------------------------------------------------------------------------------------------

    def _against(self, edit: Edit) -> str:
        """Why an edit may not be written, "" if it may."""
        try:
            same = contents(self.root, edit.path) == edit.before
        except UnwritableError as error:
            return str(error)
        return "" if same else "it was changed since it was read"

    def _state(self, path: str) -> str | None:
        try:
            return digest(contents(self.root, path))
        except UnwritableError:
            return None

    def _put(self, batch: str, number: int, path: str, data: bytes) -> str:
        """Write a file; -> why that failed, "" if it did not."""
        try:
            replace(self.root / path, data, self._temporary(batch, number, path))
        except OSError as error:
            return f"it can't be written: {error.strerror or error}"
        return ""

    def _make_again(self, batch: str, number: int, path: str, data: bytes) -> str:
        """Write a file that is gone; -> why that failed, "" if it did not."""
        try:
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            if os.path.realpath(self.root / path) != str(self.root / path):
                return "a link has come in its way"
            temporary = self._temporary(batch, number, path)
            temporary.write_bytes(data)
            temporary.replace(self.root / path)
        except OSError as error:
            return f"it can't be written: {error.strerror or error}"
        return ""

    def _temporary(self, batch: str, number: int, path: str) -> Path:
        return (self.root / path).parent / f".agentgate-{batch}-{number}.tmp"

    def _settle(self, paths: Sequence[str]) -> None:
        for folder in {(self.root / path).parent for path in paths}:
            settle(folder)

    # -- batches -----------------------------------------------------------------------------------------------------

    def _record(self, edits: Sequence[Edit], what: str, group: str) -> Batch:
        now = datetime.now(UTC)
        newest = next(iter(self.batches()), None)
        if newest is not None:  # the order of ids is the order of batches, whatever was done to the clock
            now = max(now, datetime.fromisoformat(newest.created_at) + timedelta(microseconds=1))
        entries = tuple(Entry(edit.path, digest(edit.before), digest(edit.after)) for edit in edits)
        name, created_at = f"{now:%Y%m%dT%H%M%S.%f}-{os.urandom(2).hex()}", now.isoformat(timespec="microseconds")
        batch = Batch(name, created_at, what, entries, group, on_trial=bool(group))
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
            data |= {"group": group} if group else {}
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
            group = str(data.get("group", ""))
            on_trial = bool(group) and not (self.folder / name / _CONFIRMED).exists()
            return Batch(name, data["created_at"], data["what"], files, group, on_trial)
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
        group = batches[0].group if batches else ""
        for batch in batches[:1] + [batch for batch in batches[1:] if group and batch.group == group]:
            for number, entry in enumerate(batch.files):
                self._temporary(batch.id, number, entry.path).unlink(missing_ok=True)
        young = {batch.group for batch in batches[:KEPT]} - {""}
        for batch in batches[KEPT:]:
            if batch.group not in young:
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


@dataclass(frozen=True)
class _Chain:
    """A file through several batches."""

    first: str  # its hash before the first of them
    batch: str  # the first, and the file's number there
    number: int
    states: frozenset[str]  # every hash that it had or was to have


def _chains(batches: Sequence[Batch]) -> dict[str, _Chain]:
    """The files of batches, which come newest first."""
    chains: dict[str, _Chain] = {}
    for batch in batches:
        for number, entry in enumerate(batch.files):
            states = chains[entry.path].states if entry.path in chains else frozenset()
            chains[entry.path] = _Chain(entry.before, batch.id, number, states | {entry.before, entry.after})
    return chains


def _newest_group(batches: list[Batch]) -> list[Batch]:
    group = batches[0].group if batches else ""
    return [batch for batch in batches if batch.group == group] if group else batches[:1]


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
