"""Folders of one process: that they are gone when it is, and whose are left alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_agentgate.runner.private_folder import private_folder

pytestmark = pytest.mark.usefixtures("temporary")


def test_the_folder_is_gone_afterwards_whatever_happened(temporary: Path) -> None:
    with pytest.raises(KeyboardInterrupt), private_folder() as folder:
        (folder.path / "file").write_text("")
        raise KeyboardInterrupt
    assert list(temporary.iterdir()) == []


def killed_holder(temporary: Path, child: bool = False) -> subprocess.Popen[str]:
    """A process that was killed while it had a private folder; with ``child``, one that it started still needs it."""
    script = f"""
import os, subprocess, sys, tempfile, time
tempfile.tempdir = {str(temporary)!r}
from pytest_agentgate.runner.private_folder import private_folder
with private_folder() as folder:
    if {child}:
        child = subprocess.Popen([sys.executable, "-c", "input()"], pass_fds=[folder.lock], stdin=sys.stdin, stdout=2)
    print("ready", flush=True)
    time.sleep(600)
"""
    command = [sys.executable, "-c", script]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "ready\n"
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    return holder


def test_what_a_killed_run_left_behind_is_removed_by_the_next(temporary: Path) -> None:
    holder = killed_holder(temporary)
    assert holder.stdin is not None
    holder.stdin.close()
    (left,) = temporary.iterdir()
    with private_folder() as folder:
        assert list(temporary.iterdir()) == [folder.path]
    assert not left.exists()


def test_a_folder_that_a_child_still_needs_is_not(temporary: Path) -> None:
    holder = killed_holder(temporary, child=True)
    (left,) = temporary.iterdir()
    with private_folder():
        assert left.exists()
    assert holder.stdin is not None
    holder.stdin.close()  # lets the child end


def test_two_runs_at_once_leave_each_other_alone(temporary: Path) -> None:
    with private_folder() as one:
        with private_folder() as other:
            assert sorted(temporary.iterdir()) == sorted([one.path, other.path])
        assert list(temporary.iterdir()) == [one.path]


def test_a_folder_that_is_just_being_made_is_not_taken_for_abandoned(temporary: Path) -> None:
    unready = temporary / "agentgate-run-unready"
    unready.mkdir()
    with private_folder():
        assert unready.exists()
    os.utime(unready, (0, 0))
    with private_folder():
        assert not unready.exists()


def test_what_only_looks_like_ours_is_left_alone(temporary: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (temporary / "agentgate-run-link").symlink_to(precious)
    (temporary / "agentgate-run-file").write_text("")
    os.utime(precious, (0, 0))
    with private_folder():
        pass
    assert precious.exists()
    assert len(list(temporary.iterdir())) == 2
