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

# A child that notes the signals that it gets, says when it is ready, and ends some time after the first one.
CHILD = """
import json, os, signal, sys, time
from pathlib import Path
got = []
def note(number, frame): got.append(signal.Signals(number).name)
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, note)
report, patience = Path(sys.argv[1]), float(sys.argv[2])
def say(): report.with_suffix(".new").write_text(json.dumps({"got": got, "group": os.getpgrp(), "pid": os.getpid()}))
say()
report.with_suffix(".new").rename(report)
ends = None
while ends is None or time.monotonic() < ends:
    time.sleep(0.02)
    if got and ends is None:
        ends = time.monotonic() + patience
say()
report.with_suffix(".new").rename(report)
sys.exit(7)
"""
PARENT = """
import signal, sys, os
from pathlib import Path
from pytest_agentgate.runner import supervision
if sys.argv[4:]:
    first, second = map(float, sys.argv[4:])
    supervision._FIRMER = ((signal.SIGINT, first), (signal.SIGTERM, second), (signal.SIGKILL, 0.0))
with supervision.supervision() as supervised:
    command = [sys.executable, sys.argv[1], sys.argv[2], sys.argv[3]]
    status = supervised.run(command, folder=Path("."), environ=os.environ)
print("status", status, supervised.was_asked_to_stop, flush=True)
"""


class Supervised:
    """A supervising process and its child."""

    def __init__(
        self, folder: Path, *, patience: float, firmer: tuple[float, ...] = (), terminal: bool = False
    ) -> None:
        self.report = folder / "report.json"
        (folder / "child.py").write_text(CHILD)
        words = [str(folder / "child.py"), str(self.report), str(patience), *map(str, firmer)]
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
        until = time.monotonic() + 20
        while not self.report.exists():
            assert time.monotonic() < until, "the child never started"
            time.sleep(0.01)
        return dict(json.loads(self.report.read_text()))

    def end(self) -> tuple[str, list[str]]:
        """Wait for both; -> what the supervisor says, and the signals that the child got."""
        said, _ = self.process.communicate(timeout=30)
        return said.strip(), json.loads(self.report.read_text())["got"]

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

    def start(**options: Any) -> Supervised:
        started.append(Supervised(tmp_path, **options))
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
    supervised = start(patience=0.3)
    supervised.ready()
    supervised.process.send_signal(number)
    assert supervised.end() == ("status 7 True", ["SIGINT"])


def test_the_group_of_the_child_is_told_as_a_whole(tmp_path: Path) -> None:
    script = f"""
import subprocess, sys
from pathlib import Path
subprocess.run([sys.executable, *sys.argv[1:]], cwd={str(tmp_path)!r})
"""
    (tmp_path / "parent.py").write_text(f"import signal; signal.signal(signal.SIGINT, lambda *_: None){script}")
    (tmp_path / "child.py").write_text(CHILD)
    report = tmp_path / "report.json"
    words = [str(tmp_path / "parent.py"), str(tmp_path / "child.py"), str(report)]
    # The supervisor starts parent.py, which starts child.py: only a signal to the whole group reaches the latter.
    process = subprocess.Popen([sys.executable, "-c", PARENT.replace("sys.argv[3]", "sys.argv[3], '0.1'"), *words])
    until = time.monotonic() + 20
    while not report.exists():
        assert time.monotonic() < until
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=20)
    assert json.loads(report.read_text())["got"] == ["SIGINT"]


def test_a_second_request_is_firmer(start: Any) -> None:
    supervised = start(patience=1.0)
    supervised.ready()
    supervised.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    supervised.process.send_signal(signal.SIGTERM)
    assert supervised.end() == ("status 7 True", ["SIGINT", "SIGTERM"])


def test_a_third_one_kills(start: Any) -> None:
    supervised = start(patience=60.0)
    supervised.ready()
    for _ in range(3):
        supervised.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
    assert supervised.end()[0] == "status 137 True"


def test_a_child_that_does_not_end_is_made_to(start: Any) -> None:
    supervised = start(patience=60.0, firmer=(0.3, 0.3))
    supervised.ready()
    supervised.process.send_signal(signal.SIGTERM)
    assert supervised.end()[0] == "status 137 True"


def test_on_a_terminal_the_child_gets_ctrl_c_once_and_from_the_terminal(start: Any) -> None:
    supervised = start(patience=0.5, terminal=True)
    assert supervised.ready()["group"] == os.getpgid(supervised.process.pid)
    os.write(supervised.terminal, b"\x03")
    assert supervised.end() == ("status 7 True", ["SIGINT"])


def test_a_second_ctrl_c_reaches_it_as_well(start: Any) -> None:
    supervised = start(patience=1.0, terminal=True)
    supervised.ready()
    for _ in range(2):
        os.write(supervised.terminal, b"\x03")
        time.sleep(0.3)
    assert supervised.end() == ("status 7 True", ["SIGINT", "SIGINT"])


def test_on_a_terminal_a_request_from_outside_is_passed_on(start: Any) -> None:
    supervised = start(patience=0.3, terminal=True)
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
