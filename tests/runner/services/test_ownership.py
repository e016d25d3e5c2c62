"""Whether the owner of what is left still lives."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_agentgate.runner.services.databases import abandoned
from pytest_agentgate.runner.services.ownership import KEPT, has_left, is_gone, keeper, owner, sweep

pytestmark = pytest.mark.usefixtures("temporary")  # where no other run sweeps

KEEPER = """
import sys, tempfile
tempfile.tempdir = sys.argv[1]
from pytest_agentgate.runner.services.ownership import owner
with owner() as mine:
    print(mine.words, flush=True)
    sys.stdin.read()
"""


def keeping(temporary: Path) -> subprocess.Popen[str]:
    """A process that owns something, and says what, until it is killed or its input ends."""
    command = [sys.executable, "-c", KEEPER, str(temporary)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_an_owner_is_gone_once_the_block_is_left() -> None:
    with owner() as mine:
        assert not is_gone(mine.lock, mine.host)
    assert is_gone(mine.lock, mine.host)
    assert not Path(mine.lock).exists()


def test_a_process_that_is_killed_owns_nothing_any_more(temporary: Path) -> None:
    with keeping(temporary) as process:
        assert process.stdout is not None
        lock, host = json.loads(process.stdout.readline())
        assert not is_gone(lock, host)
        os.kill(process.pid, signal.SIGKILL)
    assert is_gone(lock, host)
    assert Path(lock).exists()  # the last that tells of it
    sweep()
    assert not Path(lock).exists()
    assert is_gone(lock, host)


def test_a_sweep_leaves_the_locks_of_those_who_live() -> None:
    with owner() as mine:
        sweep()
        assert Path(mine.lock).exists()
        assert not is_gone(mine.lock, mine.host)
        assert not has_left(mine.run)
    assert not has_left(mine.run)


def test_what_a_killed_process_had_no_time_to_mark_goes_with_its_run(temporary: Path) -> None:
    with keeping(temporary) as process, owner() as mine:
        assert process.stdout is not None
        words = process.stdout.readline().strip()
        run = Path(json.loads(words)[0]).stem.rpartition("-")[2]
        marked, unmarked = f"agentgate_{run}_db_model", f"agentgate_{run}_db_main"
        others = {f"agentgate_{mine.run}_db_model": mine.words, f"agentgate_{mine.run}_db_main": "", "agentgate_x": ""}
        assert abandoned({unmarked: "", marked: words, **others}) == []
        process.kill()
        process.wait()
        assert abandoned({unmarked: "", **others}) == [unmarked]
        sweep()
        assert abandoned({unmarked: "", **others}) == []
        assert abandoned({unmarked: "", marked: words, **others}) == [unmarked, marked]


def test_of_other_machines_nothing_can_be_told() -> None:
    with owner() as mine:
        pass
    assert not is_gone(mine.lock, "elsewhere.invalid")


def test_what_is_kept_has_no_owner_that_ends_and_is_found_again(tmp_path: Path) -> None:
    assert not is_gone(KEPT, keeper(tmp_path).host)
    assert keeper(tmp_path) == keeper(tmp_path)
    assert keeper(tmp_path).run != keeper(tmp_path / "other").run
