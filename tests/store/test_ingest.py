"""From logs to rows: nothing twice, nothing lost, and what is no log is told once."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_agentgate.capture import runlog
from pytest_agentgate.model import Counts, Ingested, Outcome, RunStatus, When
from pytest_agentgate.store import Store, ingest, open_store

Begin = Callable[..., Any]
Query = Callable[..., list[tuple[Any, ...]]]
Everything = Callable[[str], dict[str, list[tuple[Any, ...]]]]


def test_a_run_is_read_from_its_log(store: Store, folder: Path, begin: Begin) -> None:
    writer = begin(workers=2).collected("a.py::x", "a.py::y", deselected=3)
    writer.result("a.py::x", worker="gw0").failed("a.py::y", worker="gw1")
    writer.event(event="warning", category="UserWarning", message="m", path="a.py", line=1, when="runtest")
    writer.ended(exit_status=1)
    assert store.ingest(folder) == Ingested(logs=1, runs=1, results=2, failures=1)
    run = store.run()
    assert (run.id, run.status, run.agent, run.task) == ("run-001", RunStatus.COMPLETED, "ann", "t1")
    assert (run.commit, run.branch, run.dirty, run.root, run.host) == ("c0ffee", "main", True, "/project", "here")
    assert (run.python, run.pytest, run.platform, run.workers) == ("3.11.7", "9.2.0", "linux", 2)
    assert (run.plugins, run.arguments) == (("pytest-xdist 3.8.0",), ("-q",))
    assert (run.created_at, run.ended_at) == ("2026-01-31T12:00:00.000001+00:00", "2026-01-31T12:01:00.000000+00:00")
    assert (run.exit_status, run.duration) == (1, 60.5)
    assert run.counts == Counts(total=2, passed=1, failed=1, deselected=3, warnings=1)


def test_ingesting_again_changes_nothing(
    store: Store, url: str, folder: Path, begin: Begin, everything: Everything
) -> None:
    begin().collected("a.py::x").failed("a.py::x").ended()
    store.ingest(folder)
    before = everything(url)
    assert store.ingest(folder) == Ingested()
    assert everything(url) == before


def test_a_run_that_lives_is_seen_as_far_as_it_has_come(store: Store, path: Path, folder: Path, begin: Begin) -> None:
    writer = begin().collected("a.py::x", "a.py::y", "a.py::z").result("a.py::x")
    assert store.ingest(folder) == Ingested(logs=1, results=1)
    assert store.run().status is RunStatus.RUNNING
    assert store.run().counts == Counts(total=1, passed=1)
    assert store.ingest(folder) == Ingested()
    writer.failed("a.py::y")
    assert store.ingest(folder) == Ingested(logs=1, results=1, failures=1)
    assert [cause.tests for cause in store.run_summary().causes] == [("a.py::y",)]
    writer.result("a.py::z").ended()
    assert store.ingest(folder) == Ingested(logs=1, runs=1, results=1)
    assert store.run().counts == Counts(total=3, passed=2, failed=1)
    assert store.run_summary().causes[0].tests == ("a.py::y",)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(cuts=st.lists(st.integers(0, 14), max_size=6), dead=st.booleans())
def test_any_number_of_steps_lead_to_the_same_rows(
    cuts: list[int],
    dead: bool,
    begin: Begin,
    tmp_path_factory: pytest.TempPathFactory,
    empty_url: Callable[[], str],
    everything: Everything,
) -> None:
    folder, steps_url = tmp_path_factory.mktemp("runs"), empty_url()
    once_url = f"sqlite:///{folder}.db"
    writer = begin(into=folder)
    steps: list[Callable[[], Any]] = [
        lambda: writer.collected("a.py::x", "a.py::y", "b.py::z", "b.py::w"),
        lambda: writer.failure("c.py"),
        lambda: writer.failed("a.py::x", "c1:other", worker="gw0"),
        lambda: writer.result("a.py::x", worker="gw0", attempt=2),
        lambda: writer.event(event="warning", category="W", message="m", path="p", line=1, when="runtest"),
        lambda: writer.result("b.py::z", worker="gw1"),
        lambda: writer.event(event="teardown", nodeid="b.py::z", duration=0.5, worker="gw1"),
        lambda: writer.failure("b.py::z", when="teardown"),
        lambda: writer.result("b.py::z", "error", worker="gw1", when="teardown"),
        lambda: writer.event(event="warning", category="W", message="m", path="p", line=1, when="runtest"),
        lambda: writer.result("a.py::y", "skipped", worker="gw1", when="setup", reason="no"),
        lambda: writer.event(event="from the future"),
    ]
    for number, step in enumerate(steps):
        step()
        if number in cuts:
            with open_store(steps_url) as store:
                store.ingest(folder)
    if dead:
        writer.killed()
    else:
        writer.result("b.py::w", "not_run", reason="later").ended()
    for url in (steps_url, once_url):
        with open_store(url) as store:
            store.ingest(folder)
            assert store.run().counts.total == 4
            assert len(store.run_summary().causes) == 2
    assert everything(steps_url) == everything(once_url)


def test_a_run_whose_process_is_gone_was_interrupted(store: Store, folder: Path, begin: Begin, query: Query) -> None:
    writer = begin().collected("a.py::x", "a.py::y", "a.py::z").failed("a.py::x")
    store.ingest(folder)
    writer.killed()
    assert store.ingest(folder).runs == 1
    summary = store.run_summary()
    assert summary.run.status is RunStatus.INTERRUPTED
    assert summary.run.counts == Counts(total=3, failed=1, not_run=2)
    assert [cause.tests for cause in summary.causes] == [("a.py::x",)]
    assert query("SELECT nodeid, reason FROM results WHERE outcome = 'not_run' ORDER BY nodeid") == [
        ("a.py::y", "the run ended while this test was running, or just before"),
        ("a.py::z", "the run ended before this test was reported"),
    ]
    assert store.ingest(folder) == Ingested()


def test_with_dist_each_a_worker_that_was_cut_off_has_its_own_tests_not_run(
    store: Store, folder: Path, begin: Begin
) -> None:
    begin().collected("a.py::x", "a.py::y", workers=["gw0", "gw1"]).result("a.py::x", worker="gw0").result(
        "a.py::y", worker="gw0"
    ).result("a.py::x", worker="gw1").killed()
    store.ingest(folder)
    assert store.run().counts == Counts(total=4, passed=3, not_run=1)
    assert [(r.nodeid, r.worker) for r in store.results() if r.outcome is Outcome.NOT_RUN] == [("a.py::y", "gw1")]


def test_a_log_that_grows_after_its_run_was_taken_for_dead_is_read_again(
    store: Store, url: str, folder: Path, begin: Begin, new_url: Callable[[], str], everything: Everything
) -> None:
    """Where a file system has no locks, nobody can be shown to live."""
    writer = begin().collected("a.py::x", "a.py::y").result("a.py::x")
    writer.killed()
    store.ingest(folder)
    assert store.run().counts == Counts(total=2, passed=1, not_run=1)
    line = {"event": "result", "nodeid": "a.py::y", "outcome": "failed", "duration": 1.0, "when": "call"}
    writer.raw(json.dumps(line).encode() + b'\n{"event":"end","status":"completed","exit_status":1}\n')
    assert store.ingest(folder) == Ingested(logs=1, runs=1, results=2)
    assert store.run().status is RunStatus.COMPLETED
    assert store.run().counts == Counts(total=2, passed=1, failed=1)
    at_once = new_url()
    with open_store(at_once) as once:
        once.ingest(folder)
    assert everything(at_once) == everything(url)


def test_a_log_that_was_deleted_keeps_its_rows(store: Store, folder: Path, begin: Begin) -> None:
    begin().failed("a.py::x").ended().unlink()
    (begin("run-002").failed("a.py::x").ended())
    store.ingest(folder)
    begin("run-003").result("a.py::x")
    store.ingest(folder)
    before = store.runs()
    shutil.rmtree(folder)
    assert store.ingest(folder) == Ingested(logs=1, runs=1)
    assert [run.id for run in store.runs()] == ["run-003", "run-002"]
    assert [run.status for run in store.runs()] == [RunStatus.INTERRUPTED, RunStatus.COMPLETED]
    assert [run.counts for run in store.runs()] == [run.counts for run in before]
    assert store.ingest(folder) == Ingested()


def test_an_ended_log_is_not_looked_at_again(
    store: Store, folder: Path, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin("run-001").ended()
    begin("run-002").failure("a.py").killed()
    store.ingest(folder)
    begin("run-003").ended()
    touched: list[str] = []

    def watching(function: Callable[..., Any]) -> Callable[..., Any]:
        def watched(path: Path, *rest: Any) -> Any:
            touched.append(path.name)
            return function(path, *rest)

        return watched

    monkeypatch.setattr(ingest, "_size", watching(ingest._size))
    monkeypatch.setattr(runlog, "is_live", watching(runlog.is_live))
    monkeypatch.setattr(runlog, "stretches", watching(runlog.stretches))
    assert store.ingest(folder).runs == 1
    assert touched.count("run-001.jsonl") == 0
    assert touched.count("run-002.jsonl") == 1  # only whether it has grown
    assert touched.count("run-003.jsonl") == 3


def test_a_folder_that_is_not_there_has_no_logs(store: Store, tmp_path: Path) -> None:
    assert store.ingest(tmp_path / "nowhere") == Ingested()


def test_other_files_are_no_logs(store: Store, folder: Path, begin: Begin) -> None:
    begin().ended()
    (folder / "notes.txt").write_text("not a log")
    (folder / "run-001.jsonl.bak").write_text("not a log")
    assert store.ingest(folder) == Ingested(logs=1, runs=1)


# ---- logs that are damaged


def test_a_truncated_last_line_does_not_count(store: Store, folder: Path, begin: Begin) -> None:
    writer = begin().collected("a.py::x", "a.py::y").result("a.py::x")
    writer.killed()
    writer.raw(b'{"event":"result","nodeid":"a.py::y","outc')
    assert store.ingest(folder) == Ingested(logs=1, runs=1, results=1)
    assert store.run().counts == Counts(total=2, passed=1, not_run=1)
    assert store.ingest(folder) == Ingested()


def test_garbage_between_lines_is_skipped(store: Store, folder: Path, begin: Begin) -> None:
    writer = begin().result("a.py::x")
    writer.raw(b"\x00\xff garbage\n[]\n17\n" + b"[" * 100_000 + b"\n").result("a.py::y").ended()
    assert store.ingest(folder).results == 2
    assert store.run().status is RunStatus.COMPLETED


WRONG = [
    {"event": "result"},
    {"event": "result", "nodeid": None, "outcome": "passed", "duration": 1.0},
    {"event": "result", "nodeid": "a.py::x", "outcome": "exploded", "duration": 1.0},
    {"event": "result", "nodeid": "a.py::x", "outcome": ["passed"], "duration": 1.0},
    {"event": "result", "nodeid": "a.py::x", "outcome": "passed", "duration": "long"},
    {"event": "result", "nodeid": "a.py::x", "outcome": "passed", "duration": float("nan")},
    {"event": "result", "nodeid": "a.py::x", "outcome": "passed", "duration": -1.0},
    {"event": "result", "nodeid": "a.py::x", "outcome": "passed", "duration": 1.0, "worker": {}},
    {"event": "result", "nodeid": "a.py::x", "outcome": "passed", "duration": 1.0, "attempt": 0},
    {"event": "result", "nodeid": "a.py::x", "outcome": "passed", "duration": 1.0, "attempt": 2**70},
    {"event": "result", "nodeid": "a.py::x", "outcome": "passed", "duration": 1.0, "reason": []},
    {"event": "result", "nodeid": "a.py::x", "outcome": "passed", "duration": 1.0, "when": "never"},
    {"event": "failure", "nodeid": "a.py::x"},
    {
        "event": "failure",
        "nodeid": "a.py",
        "scope": "test",
        "when": "call",
        "kind": "x",
        "signature": "",
        "evidence": {},
    },
    {"event": "failure", "nodeid": "a.py", "scope": "test", "when": [], "kind": "x", "signature": "", "evidence": 0},
    {"event": "teardown", "nodeid": "a.py::x", "duration": None},
    {"event": "warning", "category": 3, "message": None},
    {"event": "collected", "nodeids": 3},
    {"event": "end", "status": "splendid"},
    {"event": "end", "status": []},
    {"event": ["run"]},
    {"event": "run"},
    {},
]


@pytest.mark.parametrize("wrong", WRONG, ids=json.dumps)
def test_an_event_of_another_shape_is_left_out(store: Store, folder: Path, begin: Begin, wrong: dict[str, Any]) -> None:
    begin().event(**wrong).result("a.py::y").ended()
    assert store.ingest(folder) == Ingested(logs=1, runs=1, results=1)
    assert store.run().counts == Counts(total=1, passed=1)


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["passed", "call"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
EVENTS = ["result", "failure", "teardown", "warning", "collected", "worker", "end"]
KEYS = [
    *("nodeid", "outcome", "duration", "worker", "attempt", "when", "reason", "scope", "kind", "signature", "title"),
    *("next_action", "text", "evidence", "nodeids", "workers", "deselected", "category", "message", "path", "line"),
    *("count", "status", "exit_status", "ended_at"),
]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    events=st.lists(
        st.dictionaries(st.sampled_from(KEYS), JUNK, max_size=8).flatmap(
            lambda event: st.sampled_from(
                ["result", "failure", "teardown", "warning", "collected", "worker", "end"]
            ).map(lambda name: {**event, "event": name})
        ),
        max_size=5,
    )
)
def test_no_event_breaks_the_store(
    events: list[dict[str, Any]],
    begin: Begin,
    tmp_path_factory: pytest.TempPathFactory,
    empty_url: Callable[[], str],
) -> None:
    folder = tmp_path_factory.mktemp("runs")
    writer = begin(into=folder)
    for event in events:
        writer.event(**event)
    writer.result("a.py::x").failed("a.py::y").ended()
    with open_store(empty_url()) as store:
        assert store.ingest(folder).problems == ()
        store.run_summary(), store.results(), store.failures(), store.warnings()
        assert {"a.py::x", "a.py::y"} <= {result.nodeid for result in store.results()}


def test_texts_that_are_no_unicode_are_escaped(store: Store, folder: Path, begin: Begin) -> None:
    begin().collected("a.py::x[\ud800]").failed("a.py::x[\ud800]", title="t\udfff").ended()
    assert store.ingest(folder) == Ingested(logs=1, runs=1, results=1, failures=1)
    assert store.results()[0].nodeid == "a.py::x[\\ud800]"
    assert store.run_summary().causes[0].title == "t\\udfff"


def test_hostile_texts_come_back_as_they_were(store: Store, folder: Path, begin: Begin) -> None:
    hostile = "a.py::x['; DROP TABLE run; --\t\\N\n\u202e{}%s?]"
    begin("run-001", agent=hostile).failed(hostile, title=hostile).ended()
    store.ingest(folder)
    assert store.results()[0].nodeid == hostile
    assert store.agents()[0].id == hostile
    assert store.run_summary().causes[0].tests == (hostile,)


def test_a_nul_comes_back_as_it_was_or_where_no_text_may_have_one_as_its_escape(
    store: Store, folder: Path, begin: Begin, url: str
) -> None:
    begin("run-001", agent="a\0b").failed("a.py::x[\0]", title="t\0").ended()
    assert store.ingest(folder) == Ingested(logs=1, runs=1, results=1, failures=1)
    nul = "\0" if url.startswith("sqlite") else "\\x00"
    assert store.results()[0].nodeid == f"a.py::x[{nul}]"
    assert store.agents()[0].id == f"a{nul}b"
    assert store.run_summary().causes[0].title == f"t{nul}"


def test_an_empty_log_is_told_once_and_left(store: Store, folder: Path) -> None:
    folder.mkdir()
    (folder / "empty.jsonl").touch()
    (problem,) = store.ingest(folder).problems
    assert problem == f"{folder / 'empty.jsonl'} is not the log of a run: it does not begin with a run event"
    assert store.ingest(folder) == Ingested()
    assert store.runs() == ()


def test_an_empty_log_that_lives_is_waited_for(store: Store, folder: Path) -> None:
    log = runlog.RunLog(folder, "young")
    assert store.ingest(folder) == Ingested()
    log.write({"event": "run", "id": "young", "created_at": "2026-01-31"})
    log.close()
    assert store.ingest(folder).runs == 1


def test_a_log_without_its_first_line_is_told_once_and_the_others_are_read(
    store: Store, folder: Path, begin: Begin
) -> None:
    begin("run-002").result("a.py::x").ended()
    headless = folder / "run-001.jsonl"
    headless.write_bytes(b'{"event":"result","nodeid":"a.py::x","outcome":"passed","duration":1.0}\n')
    ingested = store.ingest(folder)
    assert ingested.runs == 1
    assert [problem.startswith(str(headless)) for problem in ingested.problems] == [True]
    assert store.ingest(folder) == Ingested()
    assert [run.id for run in store.runs()] == ["run-002"]


def test_two_logs_that_claim_the_same_run_are_told_and_the_first_one_counts(
    store: Store, folder: Path, begin: Begin
) -> None:
    begin("run-001", name="a").result("a.py::x").ended()
    begin("run-001", name="b").result("a.py::y").result("a.py::z").ended()
    ingested = store.ingest(folder)
    assert ingested.problems == (f"{folder / 'b.jsonl'} says it is run run-001, which is that of {folder / 'a.jsonl'}",)
    assert [result.nodeid for result in store.results("run-001")] == ["a.py::x"]
    assert store.ingest(folder) == Ingested()


def test_a_copy_of_a_log_in_another_folder_is_the_same_run(
    store: Store, folder: Path, begin: Begin, tmp_path: Path
) -> None:
    begin().result("a.py::x").ended()
    shutil.copytree(folder, tmp_path / "artifact")
    store.ingest(folder)
    assert store.ingest(tmp_path / "artifact") == Ingested()
    assert store.ingest(tmp_path / "artifact") == Ingested()
    assert len(store.runs()) == 1
    assert store.run().counts.total == 1


def test_a_copy_that_was_taken_too_early_gives_way_to_the_whole(
    store: Store, folder: Path, begin: Begin, tmp_path: Path
) -> None:
    writer = begin().collected("a.py::x", "a.py::y").result("a.py::x")
    early = tmp_path / "early"
    shutil.copytree(folder, early)
    store.ingest(early)
    assert store.run().status is RunStatus.INTERRUPTED
    writer.result("a.py::y").ended()
    assert store.ingest(folder) == Ingested(logs=1, runs=1, results=2)
    assert store.run().status is RunStatus.COMPLETED
    assert store.run().counts == Counts(total=2, passed=2)
    assert store.ingest(early) == store.ingest(folder) == Ingested()


# ---- what a run says


def test_what_was_deselected_is_what_the_end_says_if_it_says_it(store: Store, folder: Path, begin: Begin) -> None:
    begin("run-001").collected("a.py::x", deselected=2).result("a.py::x").ended()
    begin("run-002").collected("a.py::x", deselected=0).result("a.py::x").ended(deselected=3)
    store.ingest(folder)
    assert [store.run(f"run-00{number}").counts.deselected for number in (1, 2)] == [2, 3]


def test_a_later_result_of_the_same_attempt_replaces_the_earlier(store: Store, folder: Path, begin: Begin) -> None:
    writer = begin().result("a.py::x").failure("a.py::x", when="teardown")
    writer.result("a.py::x", "error", 0.75, when="teardown").ended()
    store.ingest(folder)
    assert store.run().counts == Counts(total=1, errors=1)
    (result,) = store.results()
    assert (result.outcome, result.when, result.duration) == (Outcome.ERROR, When.TEARDOWN, 0.75)


@pytest.mark.parametrize("outcomes", [("error", "passed"), ("passed", "skipped"), ("passed", "passed")])
def test_the_last_line_counts_whatever_it_says(
    store: Store, folder: Path, begin: Begin, outcomes: tuple[str, ...]
) -> None:
    writer = begin()
    for number, outcome in enumerate(outcomes):
        writer.result("a.py::x", outcome, float(number))
    writer.ended()
    store.ingest(folder)
    assert [(result.outcome, result.duration) for result in store.results()] == [(outcomes[-1], 1.0)]


def test_reruns_are_attempts_and_a_failure_that_a_later_one_passed_is_not_final(
    store: Store, folder: Path, begin: Begin
) -> None:
    writer = begin(workers=2).collected("a.py::x", "a.py::y")
    writer.failure("a.py::x", worker="gw0").result("a.py::x", "rerun", when="call", worker="gw0")
    writer.result("a.py::x", worker="gw1", attempt=2)
    writer.failure("a.py::y", worker="gw1").result("a.py::y", "rerun", when="call", worker="gw1")
    writer.failed("a.py::y", worker="gw1", attempt=2).ended()
    store.ingest(folder)
    assert store.run().counts == Counts(total=2, passed=1, failed=1, reruns=2)
    assert [(r.nodeid, r.attempt, r.outcome) for r in store.results()] == [
        ("a.py::x", 1, "rerun"),
        ("a.py::x", 2, "passed"),
        ("a.py::y", 1, "rerun"),
        ("a.py::y", 2, "failed"),
    ]
    assert [(f.nodeid, f.attempt, f.final) for f in store.failures()] == [
        ("a.py::x", 1, False),
        ("a.py::y", 1, True),
        ("a.py::y", 2, True),
    ]


def test_with_dist_each_every_worker_has_its_own_result(store: Store, folder: Path, begin: Begin) -> None:
    writer = begin(workers=2).collected("a.py::x", workers=["gw0", "gw1"]).result("a.py::x", worker="gw0")
    writer.failure("a.py::x", worker="gw1").result("a.py::x", "rerun", worker="gw1", when="call")
    writer.result("a.py::x", worker="gw1", attempt=2).ended()
    store.ingest(folder)
    assert store.run().counts == Counts(total=2, passed=2, reruns=1)
    assert [(r.worker, r.attempt) for r in store.results()] == [("gw0", 1), ("gw1", 1), ("gw1", 2)]
    assert [failure.final for failure in store.failures()] == [False]


def test_a_collector_that_several_workers_report_counts_once(store: Store, folder: Path, begin: Begin) -> None:
    writer = begin(workers=3)
    for worker in ("gw1", "gw0", "gw2"):
        writer.failure("a.py", "c1:gone", worker=worker).failure("b.py", "c1:gone", worker=worker)
    writer.ended("interrupted", 2)
    store.ingest(folder)
    assert store.run().counts == Counts(collect_errors=2)
    assert [failure.nodeid for failure in store.failures()] == ["a.py", "b.py"]
    (cause,) = store.run_summary().causes
    assert (cause.size, cause.tests) == (2, ("a.py", "b.py"))


def test_the_run_itself_can_fail(store: Store, folder: Path, begin: Begin) -> None:
    begin().failure("", "c1:conftest").ended("aborted", 4)
    store.ingest(folder)
    summary = store.run_summary()
    assert summary.run.status is RunStatus.ABORTED
    assert summary.run.exit_status == 4
    assert (summary.causes[0].size, summary.causes[0].tests) == (1, ())


def test_a_teardown_that_took_long_is_kept(store: Store, folder: Path, begin: Begin, query: Query) -> None:
    begin().result("a.py::x").event(event="teardown", nodeid="a.py::x", duration=0.125).result("a.py::y").ended()
    store.ingest(folder)
    assert query("SELECT nodeid, teardown FROM results ORDER BY nodeid") == [("a.py::x", 0.125), ("a.py::y", 0.0)]


def test_warnings_are_kept_once_for_each_origin(store: Store, folder: Path, begin: Begin) -> None:
    def warning(**more: Any) -> dict[str, Any]:
        of = {"category": "UserWarning", "message": "m", "path": "a.py", "line": 3, "when": "runtest", "nodeid": ""}
        return {"event": "warning"} | of | more

    writer = begin().event(**warning(nodeid="a.py::x")).event(**warning(nodeid="a.py::y")).event(**warning(line=4))
    writer.event(**warning(count=5)).ended()
    store.ingest(folder)
    assert store.run().counts.warnings == 2
    assert [(w.line, w.count, w.nodeid) for w in store.warnings()] == [(3, 7, "a.py::x"), (4, 1, "")]


def test_the_same_evidence_is_kept_once(store: Store, folder: Path, begin: Begin, query: Query) -> None:
    for number in range(3):
        begin(f"run-{number:03}").failed("a.py::x", worker=f"gw{number}").ended()
    store.ingest(folder)
    assert query("SELECT COUNT(*) FROM evidence") == [(1,)]
    assert [store.failures(f"run-{n:03}")[0].evidence.worker for n in range(3)] == ["gw0", "gw1", "gw2"]


@pytest.mark.parametrize("duration", ["1e30", "1" + "0" * 30, "1" + "0" * 400, "NaN", "-1", "true"])
def test_durations_that_no_clock_measures_cost_no_log(store: Store, folder: Path, begin: Begin, duration: str) -> None:
    writer = begin().result("a.py::fine")
    with writer.path.open("a") as log:
        for event in ("result", "teardown"):
            log.write(f'{{"event":"{event}","nodeid":"a.py::odd","outcome":"passed","duration":{duration}}}\n')
        log.write(f'{{"event":"end","status":"completed","exit_status":0,"ended_at":"","duration":{duration}}}\n')
    writer.log.close()
    assert store.ingest(folder).problems == ()
    assert "a.py::fine" in {result.nodeid for result in store.results()}
    assert store.run().status is RunStatus.COMPLETED


def test_files_and_folders_may_have_names_that_are_no_text(store: Store, tmp_path: Path, begin: Begin) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe"))
    begin(into=odd).result("a.py::x").ended()
    (odd / os.fsdecode(b"\xff.jsonl")).write_text("{}")
    assert store.ingest(odd).runs == 1
    assert store.ingest(odd) == Ingested()
