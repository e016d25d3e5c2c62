"""What commands print with: tables, and a bar for long work."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_agentgate.cli.screen import Cell, Column, table

Terminal = Callable[..., str]

WORK = """
import sys, threading, time
from pytest_agentgate.cli import screen
screen._MOMENT = float(sys.argv[1])
with screen.progress("reading logs") as tell:
    tell(1, 4)
    for _ in range(int(sys.argv[2])):
        if any(type(one).__name__ == "_RefreshThread" for one in threading.enumerate()):
            break  # a bar is there
        time.sleep(0.01)
print("done")
"""
LONG = ("0.01", "6000")  # seconds after which a bar is shown, and how often the work looks whether there is one
SHORT = ("600", "0")


def test_a_table_in_a_pipe_is_aligned_and_never_cut(capsys: pytest.CaptureFixture[str]) -> None:
    table(
        [Column("n", right=True), Column("what"), Column("why", flexible=True)],
        [["1", "日本", Cell("x" * 200, "red")], ["1,204", "a\nb\x1b[31m[bold]", ""]],
    )
    assert capsys.readouterr().out.splitlines() == [
        f"    n  what{' ' * 14}  why",
        f"    1  日本{' ' * 14}  {'x' * 200}",
        "1,204  a\\nb\\x1b[31m[bold]",
    ]


def test_long_work_shows_how_far_it_is_and_leaves_nothing(terminal: Terminal, tmp_path: Path) -> None:
    shown = terminal(*LONG, cwd=tmp_path, program=("-c", WORK))
    assert "reading logs" in shown
    assert "25%" in shown
    assert shown.endswith("\x1b[2Kdone\n")


def test_short_work_shows_nothing(terminal: Terminal, tmp_path: Path) -> None:
    assert terminal(*SHORT, cwd=tmp_path, program=("-c", WORK)) == "done\n"


def test_work_in_a_pipe_shows_nothing(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", WORK, "0", "30"], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("done\n", "")
