"""How a child is started, told to stop, and waited for: with real processes, signals and terminals."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_agentgate.runner.supervision import Supervision, supervision

LONG = 120.0  # seconds that nothing here takes, however busy the machine is
# A child that says when it is ready and which signals it has got, and ends some time after so many of them.
CHILD = """
import json, os, signal, sys, time
from pathlib import Path
got = []
def note(number, frame): got.append(signal.Signals(number).name)
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, note)
report, last, patience = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
def say():
    told = list(got)
    report.with_suffix(".new").write_text(json.dumps({"got": told, "group": os.getpgrp()}))
    report.with_suffix(".new").rename(report)
    return len(told)
told = say()
ends = time.monotonic() + 600  # where nobody is left to end it
while time.monotonic() < ends:
    time.sleep(0.02)
    if len(got) > told:
        told = say()
        if told >= last:
            ends = time.monotonic() + patience
say()
sys.exit(7)
"""
PARENT = """
import signal, sys, os
from pathlib import Path
from pytest_agentgate.runner import supervision
first, second = map(float, sys.argv[1:3])
supervision._FIRMER = ((signal.SIGINT, first), (signal.SIGTERM, second), (signal.SIGKILL, 0.0))
with supervision.supervision() as supervised:
    command = [sys.executable, *sys.argv[3:]]
    status = supervised.run(command, folder=Path("."), environ=os.environ)
print("status", status, supervised.was_asked_to_stop, flush=True)
"""


class Supervised:
    """A supervising process and its child, which ends ``patience`` seconds after its signal number ``last``."""

    def __init__(
        self,
        folder: Path,
        *between: str,
        last: int = 1,
        patience: float = 0.3,
        firmer: tuple[float, float] = (LONG, LONG),
        terminal: bool = False,
    ) -> None:
        self.report = folder / "report.json"
        (folder / "child.py").write_text(CHILD)
        words = [*map(str, firmer), *between, str(folder / "child.py"), str(self.report), str(last), str(patience)]
        command = [sys.executable, "-c", PARENT, *words]
        self.terminal = -1
        if not terminal:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
            return
        self.terminal, other = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", _ON_TERMINAL, *command],
            stdin=other,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        os.close(other)

    def ready(self) -> dict[str, Any]:
        """What the child says when it is."""
        until = time.monotonic() + LONG
        while not self.report.exists():
            assert time.monotonic() < until, "the child never started"
            time.sleep(0.01)
        return dict(json.loads(self.report.read_text()))

    def has_got(self, *names: str) -> None:
        """Wait until the child has: one that comes before is no second signal, but the same."""
        until = time.monotonic() + LONG
        while (got := self.ready()["got"]) != [*names]:
            assert time.monotonic() < until, got
            time.sleep(0.01)

    def end(self) -> tuple[str, list[str]]:
        """Wait for both; -> what the supervisor says, and the signals that the child got."""
        said, _ = self.process.communicate(timeout=LONG)
        return said.strip(), self.ready()["got"]

    def close(self) -> None:
        if self.terminal >= 0:
            os.close(self.terminal)
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


# Take the terminal on stdin as the session's own, so that Ctrl-C reaches its foreground group.
_ON_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Any]:
    started = []

    def start(*between: str, **options: Any) -> Supervised:
        started.append(Supervised(tmp_path, *between, **options))
        return started[-1]

    yield start
    for supervised in started:
        supervised.close()


def quickly(script: str, folder: Path, **options: Any) -> int:
    return Supervision(shares_terminal=False).run(
        [sys.executable, "-c", script], folder=folder, environ=os.environ, **options
    )


@pytest.mark.parametrize(
    ("script", "status"),
    [("", 0), ("raise SystemExit(5)", 5), ("import os; os.kill(os.getpid(), 9)", 137)],
)
def test_the_status_is_the_child_s_as_a_shell_has_it(script: str, status: int, tmp_path: Path) -> None:
    assert quickly(script, tmp_path) == status


def test_output_takes_both_streams(tmp_path: Path) -> None:
    with (tmp_path / "output").open("w+b") as output:
        quickly("import os; os.write(1, b'one '); os.write(2, b'two')", tmp_path, output=output)
    assert (tmp_path / "output").read_bytes() == b"one two"


def test_a_program_that_is_missing_raises(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Supervision(shares_terminal=False).run([str(tmp_path / "none")], folder=tmp_path, environ={})


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_being_asked_to_stop_is_passed_on_once_as_an_interrupt(number: signal.Signals, start: Any) -> None:
    supervised = start()
    supervised.ready()
    supervised.process.send_signal(number)
    assert supervised.end() == ("status 7 True", ["SIGINT"])


class AskedAtOnce(Supervision):
    """Is asked to stop as soon as it has a child."""

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if name == "_child" and value is not None:
            self.on_signal(signal.SIGTERM, None)


def test_a_request_while_the_child_starts_is_passed_on_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = []
    monkeypatch.setattr(os, "killpg", lambda group, number: sent.append(number))
    AskedAtOnce(shares_terminal=False).run([sys.executable, "-c", ""], folder=tmp_path, environ=os.environ)
    assert sent == [signal.SIGINT]


def test_the_group_of_the_child_is_told_as_a_whole(start: Any, tmp_path: Path) -> None:
    # What the supervisor starts starts the child: only a signal to the whole group reaches the latter.
    (tmp_path / "between.py").write_text(
        "import signal, subprocess, sys\n"
        "signal.signal(signal.SIGINT, lambda *_: None)\n"
        "subprocess.run([sys.executable, *sys.argv[1:]])\n"
    )
    supervised = start(str(tmp_path / "between.py"))
    supervised.ready()
    supervised.process.send_signal(signal.SIGTERM)
    assert supervised.end() == ("status 0 True", ["SIGINT"])


def test_a_second_request_is_firmer(start: Any) -> None:
    supervised = start(last=2)
    supervised.ready()
    supervised.process.send_signal(signal.SIGTERM)
    supervised.has_got("SIGINT")
    supervised.process.send_signal(signal.SIGTERM)
    assert supervised.end() == ("status 7 True", ["SIGINT", "SIGTERM"])


def test_a_third_one_kills(start: Any) -> None:
    supervised = start(last=3)
    supervised.ready()
    supervised.process.send_signal(signal.SIGTERM)
    supervised.has_got("SIGINT")
    supervised.process.send_signal(signal.SIGTERM)
    supervised.has_got("SIGINT", "SIGTERM")
    supervised.process.send_signal(signal.SIGTERM)
    assert supervised.end() == ("status 137 True", ["SIGINT", "SIGTERM"])


def test_a_child_that_does_not_end_is_made_to(start: Any) -> None:
    supervised = start(last=3, firmer=(0.3, 0.3))
    supervised.ready()
    supervised.process.send_signal(signal.SIGTERM)
    assert supervised.end()[0] == "status 137 True"


def test_on_a_terminal_the_child_gets_ctrl_c_once_and_from_the_terminal(start: Any) -> None:
    supervised = start(terminal=True)
    assert supervised.ready()["group"] == os.getpgid(supervised.process.pid)
    os.write(supervised.terminal, b"\x03")
    assert supervised.end() == ("status 7 True", ["SIGINT"])


def test_a_second_ctrl_c_reaches_it_as_well(start: Any) -> None:
    supervised = start(last=2, terminal=True)
    supervised.ready()
    os.write(supervised.terminal, b"\x03")
    supervised.has_got("SIGINT")
    os.write(supervised.terminal, b"\x03")
    assert supervised.end() == ("status 7 True", ["SIGINT", "SIGINT"])


def test_on_a_terminal_a_request_from_outside_is_passed_on(start: Any) -> None:
    supervised = start(terminal=True)
    supervised.ready()
    supervised.process.send_signal(signal.SIGTERM)
    assert supervised.end() == ("status 7 True", ["SIGINT"])


@pytest.mark.main_thread
def test_what_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with supervision():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with supervision():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before
