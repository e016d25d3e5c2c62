"""Logs of judgements and approvals: what was written comes back, or nothing does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_agentgate.capture.judgementlog import (
    approval_of,
    judgement_of,
    new_id,
    write_approval,
    write_judgement,
)
from pytest_agentgate.capture.runlog import Event, read
from pytest_agentgate.errors import RunLogError
from pytest_agentgate.model.judgement import (
    Approval,
    GateResult,
    GateState,
    Item,
    Judge,
    Judgement,
    PhaseResult,
    Severity,
    Unit,
)

RUN = "20260131T120000-00c0ffee"
FAILED = GateResult(
    "failures.import == 0",
    GateState.FAILED,
    2.0,
    "== 0",
    Unit.COUNT,
    (Item("tests/test_a.py::test_b", None, "No module named 'shop'"), Item("tests/test_c.py", 1.5)),
    more=3,
    sample=40,
    owner="team",
    command="python -m pytest tests/test_a.py",
)
UNAVAILABLE = GateResult(
    "coverage.percent >= 90%",
    GateState.UNAVAILABLE,
    None,
    ">= 90%",
    Unit.RATIO,
    severity=Severity.WARN,
    why="only the harness measures it",
    command="agentgate gate",
    raw=".agentgate/raw/coverage.txt",
)
JUDGEMENT = Judgement(
    f"{RUN}.judgement-0123abcd",
    RUN,
    "2026-01-31T12:02:00.000000+00:00",
    Judge.HARNESS,
    "ann",
    (
        PhaseResult("imports", GateState.FAILED, (FAILED, UNAVAILABLE), notes=("outside of it 1 test fails",)),
        PhaseResult("configuration", GateState.NOT_ATTEMPTED, why="it needs imports, which failed"),
    ),
    ("imports",),
    "main",
    "c0ffee",
    "20260130T120000-00c0ffee",
    ("the base asks for less",),
)
APPROVAL = Approval("imports", "c0ffee", "Bob <bob@example.org>", "looked at", "2026-01-31T12:03:00.000000+00:00")


def test_a_judgement_comes_back(tmp_path: Path) -> None:
    path = write_judgement(tmp_path / "runs", JUDGEMENT)
    assert judgement_of(read(path)) == JUDGEMENT
    assert [file.name for file in path.parent.iterdir()] == [f"{JUDGEMENT.id}.jsonl"]


def test_an_approval_comes_back(tmp_path: Path) -> None:
    path = write_approval(tmp_path / "runs", APPROVAL)
    assert approval_of(read(path)) == APPROVAL
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert path.name.startswith("approval-")


def test_a_log_stands_behind_that_of_its_run_in_the_order_of_names() -> None:
    assert sorted([f"{new_id(RUN)}.jsonl", f"{RUN}.jsonl"])[0] == f"{RUN}.jsonl"
    assert new_id(RUN) != new_id(RUN)
    assert ".judgement-" in new_id()


TEXTS = st.text(max_size=20).map(lambda text: text.encode("utf-8", "backslashreplace").decode().replace("\0", ""))
NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)
COUNTS = st.integers(0, 2**31 - 1)
ITEMS = st.builds(Item, TEXTS, NUMBERS, TEXTS)
GATES = st.builds(
    GateResult,
    TEXTS,
    st.sampled_from(GateState),
    NUMBERS,
    TEXTS,
    st.sampled_from(Unit),
    st.lists(ITEMS, max_size=3).map(tuple),
    COUNTS,
    st.none() | COUNTS,
    st.sampled_from(Severity),
    TEXTS,
    TEXTS,
    TEXTS,
    TEXTS,
)
PHASES = st.builds(
    PhaseResult,
    TEXTS,
    st.sampled_from(GateState),
    st.lists(GATES, max_size=3).map(tuple),
    TEXTS,
    st.lists(TEXTS, max_size=2).map(tuple),
)
JUDGEMENTS = st.builds(
    Judgement,
    st.just(RUN),
    TEXTS,
    TEXTS,
    st.sampled_from(Judge),
    TEXTS,
    st.lists(PHASES, max_size=3).map(tuple),
    st.lists(TEXTS, max_size=2).map(tuple),
    TEXTS,
    TEXTS,
    TEXTS,
    st.lists(TEXTS, max_size=2).map(tuple),
)


@given(judgement=JUDGEMENTS)
def test_every_judgement_comes_back(judgement: Judgement, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = write_judgement(tmp_path_factory.mktemp("runs"), judgement)
    assert judgement_of(read(path)) == judgement


def test_a_log_that_is_cut_off_at_any_byte_is_no_judgement(tmp_path: Path) -> None:
    whole = write_judgement(tmp_path, JUDGEMENT).read_bytes()
    cut = tmp_path / "cut.jsonl"
    for end in range(len(whole)):
        cut.write_bytes(whole[:end])
        assert judgement_of(read(cut)) is None
    cut.write_bytes(whole)
    assert judgement_of(read(cut)) == JUDGEMENT


def test_a_log_that_lost_any_line_is_no_judgement(tmp_path: Path) -> None:
    lines = write_judgement(tmp_path, JUDGEMENT).read_bytes().splitlines(keepends=True)
    damaged = tmp_path / "damaged.jsonl"
    for number in range(len(lines)):
        for instead in (b"", b"\xff{\n"):
            damaged.write_bytes(b"".join([*lines[:number], instead, *lines[number + 1 :]]))
            assert judgement_of(read(damaged)) is None


def test_a_state_that_does_not_follow_from_the_phases_is_not_believed(tmp_path: Path) -> None:
    events = read(write_judgement(tmp_path, JUDGEMENT))
    events[-1]["state"] = "passed"
    assert judgement_of(events) is None


def test_keys_and_events_of_later_versions_are_ignored(tmp_path: Path) -> None:
    events = [event | {"later": [1]} for event in read(write_judgement(tmp_path, JUDGEMENT))]
    later: Event = {"event": "later"}
    assert judgement_of([*events[:2], later, *events[2:], later]) == JUDGEMENT


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data(), value=JSON)
def test_a_value_of_any_other_shape_breaks_nothing(data: st.DataObject, value: Any, tmp_path_factory: Any) -> None:
    events = read(write_judgement(tmp_path_factory.mktemp("runs"), JUDGEMENT))
    event = data.draw(st.sampled_from(events))
    event[data.draw(st.sampled_from(sorted(event)))] = value
    found = judgement_of(events)
    assert found is None or json.dumps(found.notes)


@pytest.mark.parametrize(
    "wrong",
    [
        {"phase": ["imports"]},
        {"phase": ""},
        {"commit": ""},
        {"commit": None},
        {"person": 1},
        {"reason": {}},
        {"event": "judgement"},
    ],
    ids=str,
)
def test_an_approval_of_another_shape_is_none(tmp_path: Path, wrong: dict[str, Any]) -> None:
    (event,) = read(write_approval(tmp_path, APPROVAL))
    assert approval_of([event | wrong]) is None
    assert judgement_of([event | wrong]) is None


def test_texts_come_back_bounded_and_as_unicode(tmp_path: Path) -> None:
    events = read(write_judgement(tmp_path, JUDGEMENT))
    events[2] |= {"why": "x" * 1_000_000, "owner": "\ud800\0", "items": [{"name": "n"}] * 100_000, "measured": 10**400}
    found = judgement_of(events)
    assert found is None  # no number that a float can be
    events[2]["measured"] = float("inf")
    found = judgement_of(events)
    assert found is not None
    gate = found.phases[0].gates[0]
    assert (len(gate.why), gate.owner, len(gate.items), gate.measured) == (20_000, "\\ud800\\x00", 1_000, None)


def test_what_json_has_no_number_for_is_not_written(tmp_path: Path) -> None:
    gate = GateResult("duration.p95 < 1 s", GateState.PASSED, float("inf"), items=(Item("x", float("nan")),))
    judgement = Judgement("j", "", "now", Judge.PROCESS, phases=(PhaseResult("p", GateState.PASSED, (gate,)),))
    text = write_judgement(tmp_path, judgement).read_text()
    assert "Infinity" not in text
    assert "NaN" not in text


def test_the_id_of_somebody_elses_run_names_no_file_elsewhere(tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    judgement = Judgement("../../\ud800/.\N{SNOWMAN}x\0y", "../..", "now", Judge.PROCESS)
    path = write_judgement(folder, judgement)
    assert path.parent == folder
    assert [one.name for one in tmp_path.rglob("*")] == ["runs", path.name]
    assert path.name.isascii()


def test_a_log_is_never_written_over(tmp_path: Path) -> None:
    before = write_judgement(tmp_path, JUDGEMENT).read_bytes()
    with pytest.raises(RunLogError, match="it is there already"):
        write_judgement(tmp_path, Judgement(JUDGEMENT.id, RUN, "later", Judge.PROCESS))
    assert (tmp_path / f"{JUDGEMENT.id}.jsonl").read_bytes() == before


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    with pytest.raises(RunLogError, match="cannot write the log") as caught:
        write_approval(tmp_path / "runs", APPROVAL)
    assert "\n" not in str(caught.value)


WRITE = """
import signal, sys
from pathlib import Path
from pytest_agentgate.capture.judgementlog import new_id, write_judgement
from pytest_agentgate.model.judgement import GateResult, GateState, Item, Judge, Judgement, PhaseResult
gates = tuple(GateResult(f"failures.{n} == 0", GateState.FAILED, items=(Item("x" * 500),) * 20) for n in range(50))
signal.setitimer(signal.ITIMER_PROF, float(sys.argv[2]))  # of its own time on a processor; it kills
while True:
    one = Judgement(new_id("run"), "run", "now", Judge.PROCESS, phases=(PhaseResult("p", GateState.FAILED, gates),))
    write_judgement(Path(sys.argv[1]), one)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_writer_that_is_killed_leaves_whole_logs_only(tmp_path: Path) -> None:
    for attempt in range(6):
        command = [sys.executable, "-c", WRITE, str(tmp_path), str(0.02 * (attempt + 1))]
        assert subprocess.run(command, timeout=120).returncode == -signal.SIGPROF
    logs = list(tmp_path.glob("*.jsonl"))
    assert logs
    assert all(judgement_of(read(log)) is not None for log in logs)
