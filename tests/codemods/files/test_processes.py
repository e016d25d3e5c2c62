"""Work in other processes: one that dies or never ends costs what it was working on, and nothing else."""

from __future__ import annotations

import faulthandler
import itertools
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from tests.codemods.files.conftest import HUNG

from pytest_agentgate.codemods.files import processes
from pytest_agentgate.codemods.files.processes import Crew, Lost


def worker() -> Callable[[str], tuple[str, int]]:
    """A function that does what its item says; -> the item and its process."""

    def work(item: str) -> tuple[str, int]:
        match item.partition(" ")[0]:
            case "die":
                os._exit(3)
            case "crash":
                faulthandler.disable()  # pytest's would print where
                os.kill(os.getpid(), signal.SIGSEGV)
            case "hang":
                Path(os.environ[HUNG]).write_text("I")
                time.sleep(600)
        return item, os.getpid()

    return work


def timed(seconds: float) -> Callable[[str], int]:
    """A function that takes so long by the clock of its process, and no time by ours; -> its process."""
    vars(processes)["monotonic"] = partial(next, itertools.count(0.0, seconds))  # is asked before and after each item
    return lambda item: os.getpid()


@pytest.mark.parametrize("most", [0, 1, 4])
def test_every_item_has_its_result(most: int) -> None:
    items = [str(number) for number in range(50)]
    results = dict(Crew(worker, most, 60).work(items))
    assert {item: result[0] for item, result in results.items() if not isinstance(result, Lost)} == {
        item: item for item in items
    }


@pytest.mark.usefixtures("hung")
def test_what_dies_or_never_ends_costs_one_item_each() -> None:
    items = ["a", "die", "b", "crash", "c", "hang", "d", "die again", "e"]
    results = dict(Crew(worker, 1, 60).work(items))
    assert {item for item, result in results.items() if not isinstance(result, Lost)} == set("abcde")
    assert results["die"] == Lost("the process that worked on it ended with status 3")
    assert results["crash"] == Lost("the process that worked on it was killed by SIGSEGV")
    assert results["hang"] == Lost("it took more than 60 seconds")
    assert isinstance(results["die again"], Lost)


def test_little_work_is_done_by_one_process_and_much_by_several() -> None:
    def crew(seconds: float, items: int, most: int) -> int:
        found = Crew(partial(timed, seconds), most, 60).work([str(number) for number in range(items)])
        return len({result for _, result in found if not isinstance(result, Lost)})

    assert crew(0.0, 20, 4) == 1
    assert crew(10.0, 40, 3) == 3
    assert crew(10.0, 6, 1) == 1


def test_a_process_is_not_forked_beside_a_thread() -> None:
    """What the thread holds at that moment, nobody would release; so it is a new Python, which finds the same work."""
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        [(_, result)] = Crew(worker, 1, 60).work(["a"])
    finally:
        done.set()
        thread.join()
    assert isinstance(result, tuple)
    assert result[0] == "a"


def test_processes_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    code = textwrap.dedent("""
        import os, sys, time
        from functools import partial
        from pytest_agentgate.codemods.files.processes import Crew

        def make():
            def work(item):
                os.write(1, b"%d\\n" % os.getpid())
                time.sleep(0.3)
            return work

        list(Crew(make, 3, 60).work([str(number) for number in range(1000)]))
        """)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        try:
            pids = {int(parent.stdout.readline()) for _ in range(8)}
        finally:
            parent.kill()
    end = time.monotonic() + 60
    while any(map(is_alive, pids)) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(map(is_alive, pids))


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/status")
    return not (status.exists() and "State:\tZ" in status.read_text())


def test_work_that_is_left_early_leaves_no_process() -> None:
    results = Crew(worker, 2, 60).work([str(number) for number in range(100)])
    _, first = next(results)
    assert not isinstance(first, Lost)
    results.close()  # type: ignore[attr-defined]
    assert not is_alive(first[1])
