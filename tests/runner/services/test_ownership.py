"""Whether the owner of what is left still lives."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from pytest_agentgate.runner.services.databases import abandoned
from pytest_agentgate.runner.services.ownership import KEPT, has_left, is_gone, keeper, owner, sweep

KEEPER = """
import sys, time
from pytest_agentgate.runner.services.ownership import owner
with owner() as mine:
    print(mine.words, flush=True)
    time.sleep(60)
"""


def test_an_owner_is_gone_once_the_block_is_left() -> None:
    with owner() as mine:
        assert not is_gone(mine.lock, mine.host)
    assert is_gone(mine.lock, mine.host)
    assert not Path(mine.lock).exists()


def test_a_process_that_is_killed_owns_nothing_any_more() -> None:
    with subprocess.Popen([sys.executable, "-c", KEEPER], stdout=subprocess.PIPE, text=True) as process:
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


def test_what_a_killed_process_had_no_time_to_mark_goes_with_its_run() -> None:
    with (
        subprocess.Popen([sys.executable, "-c", KEEPER], stdout=subprocess.PIPE, text=True) as process,
        owner() as mine,
    ):
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
