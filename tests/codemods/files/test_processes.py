"""Work in other processes: one that dies or never ends costs what it was working on, and nothing else."""

from __future__ import annotations

import faulthandler
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

from pytest_agentgate.codemods.files.processes import Crew, Lost


def worker(slow: float = 0.0) -> Callable[[str], tuple[str, int]]:
    """A function that does what its item says; -> the item and its process."""

    def work(item: str) -> tuple[str, int]:
        match item.partition(" ")[0]:
            case "die":
                os._exit(3)
            case "crash":
                faulthandler.disable()  # pytest's would print where
                os.kill(os.getpid(), signal.SIGSEGV)
            case "hang":
                time.sleep(600)
        time.sleep(slow)
        return item, os.getpid()

    return work


@pytest.mark.parametrize("most", [0, 1, 4])
def test_every_item_has_its_result(most: int) -> None:
    items = [str(number) for number in range(50)]
    results = dict(Crew(worker, most, 60).work(items))
    assert {item: result[0] for item, result in results.items() if not isinstance(result, Lost)} == {
        item: item for item in items
    }


def test_what_dies_or_never_ends_costs_one_item_each() -> None:
    items = ["a", "die", "b", "crash", "c", "hang", "d", "die again", "e"]
    results = dict(Crew(worker, 2, 2.0).work(items))
    assert {item for item, result in results.items() if not isinstance(result, Lost)} == set("abcde")
    assert results["die"] == Lost("the process that worked on it ended with status 3")
    assert results["crash"] == Lost("the process that worked on it was killed by SIGSEGV")
    assert results["hang"] == Lost("it took more than 2 seconds")
    assert isinstance(results["die again"], Lost)


def test_little_work_is_done_by_one_process_and_much_by_several() -> None:
    def processes(slow: float, items: int, most: int) -> int:
        found = Crew(partial(worker, slow), most, 60).work([str(number) for number in range(items)])
        return len({result[1] for _, result in found if not isinstance(result, Lost)})

    assert processes(0.0, 20, 4) == 1
    if threading.active_count() == 1:  # else a process costs a whole Python
        assert processes(0.05, 40, 3) == 3
    assert processes(0.05, 6, 1) == 1


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
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pids = {int(parent.stdout.readline()) for _ in range(8)}
    parent.kill()
    parent.wait()
    parent.stdout.close()
    end = time.monotonic() + 20
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
