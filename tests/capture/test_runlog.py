"""The log of a run: one write an event, nothing lost, nothing taken for more than it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentgate.capture.runlog import RunLog, is_live, read, stretches
from pytest_agentgate.errors import RunLogError


def test_events_come_back_in_order(tmp_path: Path) -> None:
    log = RunLog(tmp_path, "one")
    log.write({"event": "run", "id": "one"})
    log.result("a.py::test", "passed", 0.25)
    log.result("a.py::test_b", "failed", 1.0, "gw0", when="call", attempt=2)
    log.close()
    ((events, offset),) = stretches(log.path)
    assert events == [
        {"event": "run", "id": "one"},
        {"event": "result", "nodeid": "a.py::test", "outcome": "passed", "duration": 0.25},
        {
            "event": "result",
            "nodeid": "a.py::test_b",
            "outcome": "failed",
            "duration": 1.0,
            "worker": "gw0",
            "when": "call",
            "attempt": 2,
        },
    ]
    assert offset == log.path.stat().st_size


@given(text=st.text(st.characters(exclude_categories=())))
def test_any_text_survives_on_one_ascii_line(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    log = RunLog(tmp_path_factory.mktemp("log"), "one")
    log.result(text, "passed", 0.0, text, reason=text)
    log.close()
    data = log.path.read_bytes()
    assert data.isascii()
    assert data.count(b"\n") == 1
    (event,) = read(log.path)
    assert event["nodeid"] == event.get("worker", "") == event["reason"] == text


def test_an_unfinished_line_is_not_read_until_it_is_finished(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    path.write_bytes(b'{"event":"run"}\n{"event":"res')
    ((events, offset),) = stretches(path)
    assert events == [{"event": "run"}]
    with path.open("ab") as file:
        file.write(b'ult"}\n')
    assert [events for events, _ in stretches(path, offset)] == [[{"event": "result"}]]


def test_a_long_log_is_read_in_stretches_that_lose_nothing(tmp_path: Path) -> None:
    log = RunLog(tmp_path, "one")
    log.write({"event": "collected", "nodeids": ["x" * 1000] * 1000})
    for number in range(5000):
        log.result(f"t{number}", "passed", 0.0, reason="r" * (number % 200))
    log.close()
    found = list(stretches(log.path))
    assert len(found) > 3
    names = [event["nodeid"] for event in read(log.path) if event["event"] == "result"]
    assert names == [f"t{number}" for number in range(5000)]
    middle = found[1][1]
    assert read(log.path)[-1] == list(stretches(log.path, middle))[-1][0][-1]
    assert found[-1][1] == log.path.stat().st_size


def test_a_line_that_spans_many_reads_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    long = {"event": "collected", "nodeids": ["x" * 1_000_000]}
    path.write_text("".join(f"{json.dumps(event)}\n" for event in ({"event": "run"}, long, {"event": "end"})))
    assert read(path) == [{"event": "run"}, long, {"event": "end"}]
    assert list(stretches(path))[-1][1] == path.stat().st_size


def test_a_line_without_an_end_is_not_held_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with path.open("wb") as file:
        file.truncate(1 << 34)  # takes no room on the disk
    with pytest.raises(RunLogError, match=r"run\.jsonl: has a line of more than 512 MiB"):
        read(path)


def test_a_damaged_line_costs_that_line_alone(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    path.write_bytes(b'{"event":"run"}\n\x00\xff\x00{{{\n[1]\n{"event":"end"}\n')
    assert [event["event"] for event in read(path)] == ["run", "end"]


def test_a_log_lives_as_long_as_its_writer(tmp_path: Path) -> None:
    log = RunLog(tmp_path, "one")
    assert is_live(log.path)
    log.close()
    assert not is_live(log.path)
    assert not is_live(tmp_path / "absent.jsonl")


def test_a_killed_writer_releases_its_log(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from pytest_agentgate.capture.runlog import RunLog\n"
        "log = RunLog(Path(sys.argv[1]), 'one'); log.result('t', 'passed', 0.0)\n"
        "print('up', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == "up\n"
    assert is_live(tmp_path / "one.jsonl")
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()
    assert not is_live(tmp_path / "one.jsonl")
    assert len(read(tmp_path / "one.jsonl")) == 1


def test_two_runs_never_share_a_log(tmp_path: Path) -> None:
    log = RunLog(tmp_path, "one")
    with pytest.raises(RunLogError, match=r"one\.jsonl"):
        RunLog(tmp_path, "one")
    log.close()


def test_a_full_disk_ends_the_log_and_keeps_what_was_written(tmp_path: Path) -> None:
    code = """
import resource, signal, sys
from pathlib import Path
from pytest_agentgate.capture.runlog import RunLog
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
log = RunLog(Path(sys.argv[1]), "one")
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    for number in range(100):
        log.result(f"t{number}", "passed", 0.0)
except OSError:
    log.result("after", "passed", 0.0)
    print("stopped")
"""
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout == "stopped\n"
    path = tmp_path / "one.jsonl"
    assert path.stat().st_size == 1000
    ((events, offset),) = stretches(path)
    assert [event["nodeid"] for event in events] == [f"t{number}" for number in range(len(events))]
    assert offset < 1000
    assert json.loads(path.read_bytes().splitlines()[0])["event"] == "result"


def test_a_test_that_closes_all_files_does_not_end_the_log(tmp_path: Path) -> None:
    log = RunLog(tmp_path, "one")
    log.write({"event": "run"})
    os.close(log._file)
    with (tmp_path / "other").open("w") as other:  # gets the lowest number that is free
        log.result("test_a.py::test_one", "passed", 0.1)
        assert is_live(log.path)
        other.write("theirs")
    log.close()
    assert [event["event"] for event in read(log.path)] == ["run", "result"]
    assert (tmp_path / "other").read_text() == "theirs"
    assert not is_live(log.path)
