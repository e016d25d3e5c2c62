"""Start a process, pass on what its user wants to stop it, and wait until it has ended.

On a terminal the child shares our process group, so that Ctrl-C, Ctrl-Z and a debugger work as without us: the terminal
itself tells everybody. Elsewhere, and where it is to stay apart, it leads a group of its own, which is told once by us.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO

# What a child is sent, firmer each time, and the seconds it has until the next. SIGINT is how pytest is asked to stop:
# fixtures finish and the log gets its end. SIGTERM would kill it at once.
_FIRMER = ((signal.SIGINT, 30.0), (signal.SIGTERM, 5.0), (getattr(signal, "SIGKILL", signal.SIGTERM), 0.0))
_GLANCE = 0.2  # seconds between two looks at a child that may be given up
_STOPPING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Supervision:
    """A child, and the signals that arrive while it runs."""

    def __init__(self, *, shares_terminal: bool) -> None:
        self._shares = shares_terminal or not hasattr(os, "killpg")
        self.was_given_up = False  # by ourselves
        self._child: subprocess.Popen[bytes] | None = None
        self._asked = 0
        self._step = 0
        self._timer: threading.Timer | None = None

    @property
    def was_asked_to_stop(self) -> bool:
        """Whether somebody wanted an end before the child came to its own."""
        return self._asked > 0

    def run(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        environ: Mapping[str, str],
        keep_open: Sequence[int] = (),
        output: IO[bytes] | None = None,
        give_up: Callable[[], bool] | None = None,
    ) -> int:
        """Run a command to its end; -> its exit status as a shell has it: 128 + signal if it was killed.

        Streams are inherited, but ``output`` takes both stdout and stderr, and who may be given up has nothing to read.
        ``give_up`` is asked again and again; what it ends is killed at once, with all that it started.
        Raises OSError if it cannot start.
        """
        step = self._step
        child = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL if give_up else None,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            pass_fds=keep_open if os.name == "posix" else (),
            process_group=None if self._shares else 0,
        )
        self._child = child
        try:
            if self._asked and self._step == step:  # between our start and its, and nobody has told it yet
                self._press()
            status = self._waited(child, give_up) if give_up else child.wait()
        finally:
            self._child = None
            if self._timer is not None:
                self._timer.cancel()
        return 128 - status if status < 0 else status

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """Ask the child to stop, more firmly with each signal."""
        self._asked += 1
        if self._shares and number == signal.SIGINT:
            if self._asked <= 2:  # the terminal told it: the second makes pytest drop what it was finishing
                return
            self._step = max(self._step, 1)
        self._press()

    def _waited(self, child: subprocess.Popen[bytes], give_up: Callable[[], bool]) -> int:
        while True:
            try:
                return child.wait(_GLANCE)
            except subprocess.TimeoutExpired:
                if not self.was_given_up and give_up():
                    self.was_given_up = True
                    self._kill(child)

    def _kill(self, child: subprocess.Popen[bytes]) -> None:
        try:
            if self._shares:
                child.kill()
            else:
                os.killpg(child.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # it has just ended
            pass

    def _press(self) -> None:
        child = self._child
        if child is None or child.returncode is not None:
            return
        number, patience = _FIRMER[min(self._step, len(_FIRMER) - 1)]
        self._step += 1
        try:
            if self._shares:
                child.send_signal(number)
            else:
                os.killpg(child.pid, number)
        except (ProcessLookupError, PermissionError, ValueError):  # it has just ended, or a system without this signal
            pass
        if self._timer is not None:
            self._timer.cancel()
        if patience:
            self._timer = threading.Timer(patience, self._press)
            self._timer.daemon = True
            self._timer.start()


@contextmanager
def supervision(*, apart: bool = False) -> Iterator[Supervision]:
    """Take the signals that ask us to stop; what the block leaves behind is tidied up before we end.

    A child that is ``apart`` leads a group of its own on a terminal, too. Outside of the main thread signals cannot be
    taken: whoever has that thread is in charge.
    """
    supervised = Supervision(shares_terminal=not apart and _has_terminal())
    if threading.current_thread() is not threading.main_thread():
        yield supervised
        return
    heeded = [number for number in _STOPPING if signal.getsignal(number) is not signal.SIG_IGN]  # nohup has its reasons
    before = {number: signal.signal(number, supervised.on_signal) for number in heeded}
    try:
        yield supervised
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _has_terminal() -> bool:
    try:
        return os.isatty(0)
    except OSError:
        return False
