"""Work on many items in other processes, so that one that crashes or never ends costs that one item.

Starting a process has a price: about 10 ms where it is a fork of this one, half a second where it is a new Python.
So the work begins with one, and others join it as long as what is left would take several times that price.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from time import monotonic
from typing import Any, Generic, Literal, TypeVar

Result = TypeVar("Result")

_PRICE = {"fork": 0.01, "spawn": 0.5}  # seconds until a process works
_WORTH = 4  # times its price that a process must save


@dataclass(frozen=True)
class Lost:
    """What became of an item without a result."""

    reason: str


@dataclass(eq=False)
class _Worker:
    process: BaseProcess
    connection: Connection
    item: str | None = None
    since: float = 0.0

    def give(self, item: str) -> None:
        self.item, self.since = item, monotonic()
        try:
            self.connection.send(item)
        except OSError:  # it is gone: reading from it will say so
            pass

    def end(self) -> None:
        self.connection.close()
        self.process.kill()
        self.process.join()


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Crew(Generic[Result]):
    """Processes that do one kind of work.

    Args:
        make: called in each process, returns the function that works on one item; can be pickled, as its results can.
        most: processes at most; 0 works in this one, where nothing protects from an item that crashes or never ends.
        limit: seconds that an item may take.
    """

    def __init__(self, make: Callable[[], Callable[[str], Result]], most: int, limit: float) -> None:
        self._make = make
        self._most = most
        self._limit = limit
        self._workers: list[_Worker] = []

    def work(self, items: Sequence[str]) -> Iterator[tuple[str, Result | Lost]]:
        """Each item with what came of it, in the order in which they are done."""
        if self._most == 0:
            work = self._make()
            for item in items:
                yield item, work(item)
            return
        left = deque(items)
        spent, done = 0.0, 0
        try:
            while left or any(worker.item is not None for worker in self._workers):
                if left and not self._workers:
                    self._hire()
                for worker in self._workers:
                    if left and worker.item is None:
                        worker.give(left.popleft())
                for worker in self._ready():
                    item, worker.item = worker.item or "", None
                    seconds, result = self._result(worker)
                    spent, done = spent + seconds, done + 1
                    # Before anybody is told, who might start a thread to show it.
                    while self._is_worth_another(spent / done * len(left)):
                        self._hire()
                    yield item, result
        finally:
            for worker in self._workers:
                worker.end()
            self._workers.clear()

    def _is_worth_another(self, seconds: float) -> bool:
        """Whether one more process pays for itself with so many seconds of work left."""
        now = len(self._workers)
        return 0 < now < self._most and seconds / now - seconds / (now + 1) > _WORTH * _PRICE[_way()]

    def _hire(self) -> None:
        way = _way()
        context: Any = get_context(way)
        ours, theirs = context.Pipe()
        # A fork has our ends of all pipes as well; while one of them is open, nobody would learn that we are gone.
        not_its = [ours, *(worker.connection for worker in self._workers)] if way == "fork" else []
        process = context.Process(target=_serve, args=(theirs, not_its, self._make), daemon=True)
        process.start()
        theirs.close()
        self._workers.append(_Worker(process, ours))

    def _ready(self) -> list[_Worker]:
        """The workers that have a result, are gone, or have had too long."""
        busy = {worker.connection: worker for worker in self._workers if worker.item is not None}
        soonest = min(worker.since for worker in busy.values()) + self._limit
        ready = wait(list(busy), max(soonest - monotonic(), 0))
        late = [worker for worker in busy.values() if monotonic() - worker.since >= self._limit]
        return list(dict.fromkeys([*(worker for one, worker in busy.items() if one in ready), *late]))

    def _result(self, worker: _Worker) -> tuple[float, Result | Lost]:
        """The seconds that the work took, and its result."""
        try:
            if worker.connection.poll():
                return worker.connection.recv()  # type: ignore[no-any-return]
            reason = f"it took more than {self._limit:g} seconds"
        except (EOFError, OSError):
            worker.process.join()
            reason = f"the process that worked on it {_end_of(worker.process.exitcode or 0)}"
        self._workers.remove(worker)
        worker.end()
        return 0.0, Lost(reason)


def _way() -> Literal["fork", "spawn"]:
    """How a process is started: another thread may hold a lock at a fork, and in the fork nobody would release it."""
    return "fork" if sys.platform == "linux" and threading.active_count() == 1 else "spawn"


def _end_of(status: int) -> str:
    return f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"


def _serve(connection: Connection, not_ours: Sequence[Connection], make: Callable[[], Callable[[str], Any]]) -> None:
    for other in not_ours:
        other.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all of us; the one that started us decides
    gc.freeze()  # what was there before the fork is shared as long as nothing writes to it
    gc.set_threshold(50_000, 20, 50)  # trees are large and gone soon: a tenth of the time
    work = make()
    while True:
        try:
            item = connection.recv()
        except (EOFError, OSError):
            return
        began = monotonic()
        result = work(item)
        connection.send((monotonic() - began, result))
