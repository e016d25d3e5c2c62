"""From the logs of a folder to the store: which have something new, and how far each was read.

Logs are taken in the order of their names, each in one transaction behind the store's one lock for writers, so that
processes that ingest at the same time come to the same rows as one of them alone. A log belongs to a machine and a
folder: what is not here may well be under way elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

from pytest_agentgate.capture import runlog
from pytest_agentgate.capture.runlog import Event
from pytest_agentgate.errors import RunLogError, StoreError
from pytest_agentgate.garbage import uncollected
from pytest_agentgate.model import Ingested
from pytest_agentgate.store.database import Database, UnfitTextError
from pytest_agentgate.store.events import Events, sorted_out, text, without_nul, without_surrogates
from pytest_agentgate.store.recording import Recording
from pytest_agentgate.values import frozen

_OPEN, _ENDED, _INTERRUPTED, _REFUSED = "open", "ended", "interrupted", "refused"
_GONE = -1  # size of a log that is not there

_Cleaner = Callable[[list[Event]], list[Event]]


def ingest(database: Database, folder: Path, progress: Callable[[int, int], object] | None = None) -> Ingested:
    """Take in what is new in the logs of a folder; ``progress`` is told how many logs are done, and of how many.

    Raises StoreError if the store cannot be written; the logs before have been taken in then, the rest has not.
    """
    folder = folder.resolve()
    total = Ingested()
    names = _worth_reading(database, folder)
    for number, name in enumerate(names):
        if progress is not None:
            progress(number, len(names))
        try:
            with uncollected():
                total = _sum(total, _take_in(database, folder / name))
        except RunLogError as error:
            total = _sum(total, Ingested(problems=(str(error),)))
    return total


def _worth_reading(database: Database, folder: Path) -> list[str]:
    """Names of the logs that may have something new: what has ended is not looked at again, not even for its size."""
    query = "SELECT name, state, size FROM log WHERE host = ? AND folder = ?"
    known = {name: (state, size) for name, state, size in database.rows(query, [database.host, _written(folder)])}
    try:
        with os.scandir(folder) as entries:
            logs = (entry for entry in entries if entry.name.endswith(runlog.SUFFIX) and _is_text(entry.name))
            there = {entry.name for entry in logs if entry.is_file()}  # a pipe, or a device, may never end
    except FileNotFoundError:
        there = set()
    except OSError as error:
        raise StoreError(f"{folder}: cannot read the logs of the runs: {error.strerror}") from error
    changed = {
        name for name, (state, size) in known.items() if state != _ENDED and _changed(folder / name, state, size)
    }
    return sorted((there - known.keys()) | changed)


def _changed(path: Path, state: str, size: int) -> bool:
    now = _size(path)
    if state == _OPEN:
        return now != size or not runlog.is_live(path)
    return now not in (size, _GONE)


def _written(folder: Path) -> str:
    """How a folder stands in the store, which takes no path whose bytes are not UTF-8 as it is."""
    return str(folder).encode("utf-8", "backslashreplace").decode("utf-8")


def _is_text(name: str) -> bool:
    """Whether a file can be the log of a run, which has an ASCII name: others may have bytes that are no text."""
    return name.isascii()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return _GONE


def _take_in(database: Database, path: Path) -> Ingested:
    for cleaned in (list, _without_surrogates):  # texts that no database takes are rare, so found by trying
        try:
            return database.writing(_Log(database, path, cleaned).take_in)
        except (UnicodeEncodeError, UnfitTextError):
            continue
    return database.writing(_Log(database, path, _in_plain_text).take_in)


def _gathered(stretches: Iterator[tuple[list[Event], int]], start: int, size: int) -> Iterator[tuple[list[Event], int]]:
    """The stretches of a log, so many together that each time so many bytes of it have been read."""
    for events, end in stretches:
        while end - start < size and (more := next(stretches, None)) is not None:
            events += more[0]
            end = more[1]
        yield events, end
        start = end


def _without_surrogates(events: list[Event]) -> list[Event]:
    return [without_surrogates(event) for event in events]


def _in_plain_text(events: list[Event]) -> list[Event]:
    return [without_nul(without_surrogates(event)) for event in events]


@frozen
class _Known:
    """What the store knows of a log."""

    state: str = _OPEN
    position: int = 0
    size: int = _GONE
    run_key: int | None = None


@frozen
class _Owner:
    """The log that the rows of a run come from."""

    host: str
    folder: str
    name: str
    state: str
    size: int
    run_key: int


class _Log:
    """One log, inside a transaction."""

    def __init__(self, database: Database, path: Path, cleaned: _Cleaner = list) -> None:
        self._database = database
        self._path = path
        self._cleaned = cleaned

    def take_in(self) -> Ingested:
        known = self._known()
        size = _size(self._path)
        # Asked before anything is read: what is dead now has written all that it ever will.
        live = runlog.is_live(self._path)
        if known.state == _ENDED or (size == known.size and (live or known.state != _OPEN)):
            return Ingested()  # another process was faster
        if size == _GONE:
            return self._lost(known)
        goes_on = known.run_key is not None and known.state == _OPEN and known.position > 0
        start = known.position if goes_on else 0
        read = _gathered(runlog.stretches(self._path, start), start, self._database.together)
        stretches = ((sorted_out(self._cleaned(events)), end) for events, end in read)
        first, end = next(stretches, (Events(), start))
        if goes_on and known.run_key is not None:
            recording = Recording.go_on(self._database, known.run_key)
        else:
            if known.run_key is not None:
                Recording(self._database, known.run_key).forget()
            if end == 0 and live:
                return Ingested()  # its first line is still to come
            begun = self._begin(first.header, end, size, live)
            if isinstance(begun, Ingested):
                return begun
            recording = begun
        last, results, failures = None, 0, 0
        for found, reached in chain([(first, end)], stretches):
            recording.add(found)
            last, end = found.end or last, reached
            results += len(found.results)
            failures += len(found.failures)
        if last is not None:
            state = _ENDED
            recording.end(last)
        elif not live:
            state = _INTERRUPTED
            recording.interrupt(self._collected())
        else:
            state = _OPEN
            recording.count()
        self._remember(state, end, size, recording.run_key)
        return Ingested(1, int(state != _OPEN), results, failures)

    def _begin(self, header: Event | None, end: int, size: int, live: bool) -> Recording | Ingested:
        """Make the run of this log, or tell why there is none to be made."""
        if header is None:
            return self._without_run(end, size)
        run_id = text(header, "id")
        if self._is_copy(header, size, live):
            self._remember(_OPEN if live else _ENDED, end, size)
            return Ingested()
        namesake = self._owner(run_id)
        if namesake is not None:
            return self._refused(end, size, f"says it is run {run_id}, which is that of {self._place_of(namesake)}")
        return Recording.begin(self._database, header)

    def _without_run(self, end: int, size: int) -> Ingested:
        """Take in what stands beside the logs of runs: a judgement, an approval, or what is not ours."""
        from pytest_agentgate.store.judgements import Taken, take_in  # most runs are not judged

        taken = take_in(self._database, self._path, size)
        if taken in (Taken.DAMAGED, Taken.FOREIGN):
            return self._refused(end, size, taken.value)
        self._remember(_INTERRUPTED if taken is Taken.UNFINISHED else _ENDED, end, size)
        return Ingested(logs=int(taken is Taken.WHOLE))

    def _collected(self) -> Event | None:
        """What the run collected, which may stand in a part of the log that was taken in long ago."""
        found = (sorted_out(self._cleaned(events)).collected for events, _ in runlog.stretches(self._path))
        return next((event for event in found if event is not None), None)

    def _known(self) -> _Known:
        query = "SELECT state, position, size, run_key FROM log WHERE host = ? AND folder = ? AND name = ?"
        rows = self._database.rows(query, self._identity())
        return _Known(*rows[0]) if rows else _Known()

    def _identity(self) -> tuple[str, str, str]:
        return self._database.host, _written(self._path.parent), self._path.name

    def _remember(self, state: str, position: int, size: int, run_key: int | None = None) -> None:
        self._database.execute(
            "INSERT INTO log (host, folder, name, state, position, size, run_key) VALUES (?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (host, folder, name) DO UPDATE SET state = excluded.state, position = excluded.position, "
            "size = excluded.size, run_key = excluded.run_key",
            (*self._identity(), state, position, size, run_key),
        )

    def _lost(self, known: _Known) -> Ingested:
        """A log that was deleted while its run was open: its rows stay, and no more will come."""
        if known.state != _OPEN:
            return Ingested()
        if known.run_key is not None:
            Recording.go_on(self._database, known.run_key).interrupt(None)
        self._remember(_INTERRUPTED, known.position, _GONE, known.run_key)
        runs = int(known.run_key is not None)
        return Ingested(logs=runs, runs=runs)

    def _refused(self, position: int, size: int, why: str) -> Ingested:
        self._remember(_REFUSED, position, size)
        return Ingested(problems=(f"{self._path} {why}",))

    def _is_copy(self, header: Event, size: int, live: bool) -> bool:
        """Whether the store knows this log from another folder; a longer one replaces one that was cut off.

        So does one that is over the same log of a machine that may never tell how it ended: if that one goes on after
        all, it is read again, and replaces this one.
        """
        owner = self._owner(text(header, "id"))
        if owner is None or owner.name != self._path.name or (owner.host, owner.folder) == self._identity()[:2]:
            return False
        query = "SELECT created_at, host FROM run WHERE run_key = ?"
        if (text(header, "created_at"), text(header, "host")) not in self._database.rows(query, [owner.run_key]):
            return False
        goes_further = owner.state == _INTERRUPTED and size > owner.size
        concludes = owner.state == _OPEN and size >= owner.size and not live and not self._goes_on(owner)
        if not goes_further and not concludes:
            return True
        Recording(self._database, owner.run_key).forget()
        self._database.execute(
            "UPDATE log SET state = ?, run_key = NULL WHERE host = ? AND folder = ? AND name = ?",
            (_INTERRUPTED, owner.host, owner.folder, owner.name),
        )
        return False

    def _goes_on(self, owner: _Owner) -> bool:
        """Whether a run is under way on this machine; of others nobody here can tell."""
        return owner.host == self._database.host and runlog.is_live(Path(owner.folder) / owner.name)

    def _place_of(self, owner: _Owner) -> str:
        elsewhere = owner.host not in ("", self._database.host)
        return f"{owner.host}:{owner.folder}/{owner.name}" if elsewhere else f"{owner.folder}/{owner.name}"

    def _owner(self, run_id: str) -> _Owner | None:
        rows = self._database.rows(
            "SELECT log.host, log.folder, log.name, log.state, log.size, log.run_key FROM run "
            "JOIN log ON log.run_key = run.run_key WHERE run.run_id = ?",
            [run_id],
        )
        return _Owner(*rows[0]) if rows else None


def _sum(one: Ingested, other: Ingested) -> Ingested:
    return Ingested(
        one.logs + other.logs,
        one.runs + other.runs,
        one.results + other.results,
        one.failures + other.failures,
        one.problems + other.problems,
    )
