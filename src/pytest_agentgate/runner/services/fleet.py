"""The services of a project together: started side by side, lent to workers, ended in all cases."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType

from pytest_agentgate.errors import ServiceError
from pytest_agentgate.model.services import Checkpoint, Provided, Provision, Service
from pytest_agentgate.runner.services import environment
from pytest_agentgate.runner.services.ownership import Owner
from pytest_agentgate.runner.services.start import Serving

_PATIENCE = 20.0  # seconds of an end that no signal disturbs

Tell = Callable[[str, Checkpoint], object]
"""Is told the name of a service and what was verified."""

Note = Callable[[str, str], object]
"""Is told the name of a service and what it is waiting for."""


class Fleet:
    """Services while they are up."""

    def __init__(
        self,
        services: Sequence[Service],
        root: Path,
        logs: Path,
        owner: Owner,
        tell: Tell,
        note: Note = lambda name, text: None,
    ) -> None:
        self._logs = logs
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._starting: list[Future[None]] = []
        self._sessions: dict[tuple[str, str], dict[str, str]] = {}
        self._is_new = True
        self.serving = [Serving(one, root, owner, partial(tell, one.name), partial(note, one.name)) for one in services]
        self.problems: list[str] = []

    @property
    def provided(self) -> tuple[Provided, ...]:
        """How it stands with each, in the order of the configuration."""
        return tuple(one.provided for one in self.serving)

    def start(self, *, reuse: bool) -> None:
        """Start all of them; what cannot be ready says why, and the others go on."""
        wrong = dict(environment.twice([one.service for one in self.serving]))
        todo = []
        for one in self.serving:
            if one.service in wrong:
                one.fails(wrong[one.service], Provision.FAILED)
            else:
                todo.append(one)
        with ThreadPoolExecutor(max_workers=len(todo) or 1) as pool:
            self._starting = [pool.submit(self._start, one, reuse) for one in todo]
            try:
                for each in self._starting:
                    each.result()
            except BaseException:
                self._stop.set()  # leaving the block waits for the others
                raise

    def _start(self, one: Serving, reuse: bool) -> None:
        one.start(self._stop, reuse=reuse)
        if one.provided.state is Provision.READY:
            one.configure()
        one.keep_log(self._logs)

    def room(self, worker: str, session: str) -> dict[str, str]:
        """The variables of a worker of a test session, from every service that is ready; the same when asked again.

        Raises ServiceError.
        """
        with self._lock:
            if (worker, session) not in self._sessions:
                is_first = worker == environment.MAIN and self._is_new
                self._is_new = False
                env: dict[str, str] = {}
                for one in self.serving:
                    if one.provided.state is Provision.READY:
                        env |= self._of(one, worker, is_first)
                self._sessions[worker, session] = env
            return self._sessions[worker, session]

    def _of(self, one: Serving, worker: str, is_first: bool) -> dict[str, str]:
        known = dict(one.provided.env)
        if is_first and worker in known:  # made as the last checkpoint, and nobody's yet
            return dict(known[worker])
        try:
            return one.room(worker)
        except ServiceError as error:
            one.fails(f"{worker} gets no part of it: {error}", Provision.FAILED, error)
            raise ServiceError(f"service {one.service.name}: {worker} gets no part of it: {error}") from None

    def vacate(self) -> None:
        """Have the next test session find every service as the first one did, now that no session goes on."""
        with self._lock:
            self._sessions.clear()
            self._is_new = False
            for one in self.serving:
                if one.provided.state is Provision.READY:
                    try:
                        one.vacate()
                    except ServiceError as error:
                        one.fails(f"what a run left in it cannot be removed: {error}", Provision.FAILED, error)

    def examine(self) -> None:
        """See what has become of them."""
        with self._lock:
            for one in self.serving:
                one.examine()

    def end(self, *, keep: bool = False) -> None:
        """See what has become of them, and remove what was made; ``keep`` leaves what is ready.

        A signal meanwhile, such as a second Ctrl-C, is heeded afterwards.
        """
        with undisturbed(), self._lock:
            wait(self._starting)  # whoever was interrupted did not
            for one in self.serving:
                one.examine()
                one.keep_log(self._logs)
                is_ready = one.provided.state is Provision.READY
                if problem := one.end(keep=keep and is_ready):
                    self.problems.append(problem)


@contextmanager
def up(fleet: Fleet, *, reuse: bool = True) -> Iterator[Fleet]:
    """Services for as long as the block lasts, also where a signal asks this process to end."""
    with _ending_properly():
        try:
            fleet.start(reuse=reuse)
            yield fleet
        finally:
            fleet.end()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Have signals take effect once the block is left, or where it takes too long; only the main thread can."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    end = time.monotonic() + _PATIENCE
    came: list[int] = []

    def later(number: int, frame: FrameType | None) -> None:
        came.append(number)
        if time.monotonic() > end:
            raise KeyboardInterrupt

    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    heeded = {number: handler for number, handler in before.items() if callable(handler)}
    for number in heeded:
        signal.signal(number, later)
    try:
        yield
    finally:
        for number, handler in heeded.items():
            signal.signal(number, handler)
    if came:
        signal.raise_signal(came[0])


@contextmanager
def _ending_properly() -> Iterator[None]:
    """Have SIGTERM and SIGHUP end the block as Ctrl-C does; only the main thread can."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    heeded = [number for number in numbers if signal.getsignal(number) == signal.SIG_DFL]
    for number in heeded:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number in heeded:
            signal.signal(number, signal.SIG_DFL)
