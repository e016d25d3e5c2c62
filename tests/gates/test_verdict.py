"""Conditions on runs: what is measured, and what becomes of the gate. Each row is a sentence of the specification."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pytest_agentgate.gates import baseline
from pytest_agentgate.gates.facts import Facts, Lack, RunFacts
from pytest_agentgate.gates.verdict import verdict
from pytest_agentgate.model import Run, RunStatus
from pytest_agentgate.model.judgement import Approval, Gate, GateResult, GateState, Item, Measure, Severity
from pytest_agentgate.report.measures import measured

Judged = Callable[..., GateResult]

PASSED, FAILED, WARNED, UNAVAILABLE = GateState.PASSED, GateState.FAILED, GateState.WARNED, GateState.UNAVAILABLE

MIXED = """
a.py::one passed 0.1s
a.py::two failed assertion 2s
a.py::three error fixture 0.2s
b.py::four skipped 0s
b.py::five xfailed 0.3s
b.py::six xpassed 0.1s
"""


def judged_as(result: GateResult) -> tuple[GateState, str]:
    return result.state, measured(result)


@pytest.mark.parametrize(
    ("condition", "state", "shown"),
    [
        ("tests.total == 6", PASSED, "6"),
        ("tests.passed >= 2", FAILED, "1"),
        ("tests.failed == 0", FAILED, "1"),
        ("tests.errors == 0", FAILED, "1"),
        ("tests.skipped <= 1", PASSED, "1"),
        ("tests.xfailed < 1", FAILED, "1"),
        ("tests.not_run == 0", PASSED, "0"),
        ("tests.flaky == 0", PASSED, "0"),
        ("failures.assertion == 0", FAILED, "1"),
        ("failures.import == 0", PASSED, "0"),
        ("causes.total <= 1", FAILED, "2"),
        ("collection.errors == 0", PASSED, "0"),
        ("duration.total <= 2 s", FAILED, "2.7 s"),
        ("duration.p95 <= 1 s", FAILED, "2 s"),
        ("tests.each.duration <= 1 s", FAILED, "2 s"),
        ("warnings.total == 0", PASSED, "0"),
    ],
)
def test_a_run_is_measured(judged: Judged, condition: str, state: GateState, shown: str) -> None:
    assert judged_as(judged(condition, MIXED)) == (state, shown)


@pytest.mark.parametrize(
    ("told", "state", "shown"),
    [
        pytest.param("a.py::t passed\na.py::u passed", PASSED, "100%", id="all"),
        pytest.param("a.py::t passed\na.py::u failed", FAILED, "50%", id="half"),
        pytest.param("a.py::t passed\na.py::u xfailed", PASSED, "100%", id="failed as expected"),
        pytest.param("a.py::t passed\na.py::u xpassed", FAILED, "50%", id="passed unexpectedly"),
        pytest.param("a.py::t passed\na.py::u skipped", PASSED, "100%", id="skipped is not counted"),
        pytest.param("a.py::t skipped\na.py::u skipped", UNAVAILABLE, "", id="nothing but skipped"),
        pytest.param("a.py::t error\na.py::u passed", FAILED, "50%", id="a broken fixture"),
        pytest.param("a.py::t rerun #1\na.py::t passed #2", PASSED, "100%", id="passed in the end"),
        pytest.param("a.py::t passed #1\na.py::t failed #2", FAILED, "0%", id="the last attempt counts"),
        pytest.param("a.py::t rerun #1", FAILED, "0%", id="cut off from its next attempt"),
        pytest.param("a.py::t passed @gw0\na.py::t failed @gw1", FAILED, "0%", id="every worker: the worst counts"),
        pytest.param("a.py::t rerun #1 @gw0\na.py::t passed #2 @gw1", PASSED, "100%", id="again on another worker"),
        pytest.param("a.py::t passed\nb.py uncollected import", UNAVAILABLE, "100%", id="nobody knows what is hidden"),
        pytest.param(
            "a.py::t failed\nb.py uncollected import", FAILED, "0%", id="what is hidden can only make it worse"
        ),
    ],
)
def test_a_pass_rate_hides_nothing(judged: Judged, told: str, state: GateState, shown: str) -> None:
    assert judged_as(judged("tests.pass_rate >= 90%", told)) == (state, shown)


def test_hidden_tests_that_earlier_runs_know_have_not_passed(judged: Judged) -> None:
    result = judged("tests.pass_rate >= 50%", "a.py::t passed\nb.py uncollected import", hidden={"b.py": 3})
    assert (result.state, result.measured, result.sample) == (FAILED, 0.25, 4)
    assert result.items == (Item("b.py", note="could not be collected, 3 tests"),)
    assert result.command == "python -m pytest b.py"


def test_a_cause_that_knows_some_of_its_files_does_not_stand_for_all(judged: Judged) -> None:
    """The sum of a cause says nothing of the file that is new: what it hides could be anything."""
    told = "a.py::t passed\nb.py uncollected import\nnew.py uncollected import"
    result = judged("tests.pass_rate >= 20%", told, hidden={"b.py": 1})
    assert (result.state, result.why) == (
        UNAVAILABLE,
        "new.py could not be collected, and how many tests that hides is not known",
    )
    assert judged("tests.pass_rate >= 60%", told, hidden={"b.py": 1}).state is FAILED


def test_a_baseline_knows_what_a_folder_hides(judged: Judged) -> None:
    before = "unit/a.py::t passed\nunit/b.py::u passed\nc.py::v passed"
    result = judged("tests.pass_rate >= 90%", "c.py::v passed\nunit uncollected import", before)
    assert (result.state, measured(result)) == (FAILED, "33.3%")


def test_skipped_tests_are_said_to_be_left_out_of_a_rate(judged: Judged) -> None:
    assert judged("tests.pass_rate >= 90%", "a.py::t passed\na.py::u skipped").why == "1 skipped and not counted"
    assert judged("tests.pass_rate >= 90%", "a.py::u skipped").why == "no test was run: 1 skipped and not counted"


@pytest.mark.parametrize(
    ("condition", "state"),
    [
        ("tests.failed == 0", UNAVAILABLE),  # among the three that nobody saw, one may fail
        ("tests.failed <= 2", UNAVAILABLE),
        ("tests.failed <= 3", PASSED),  # even if all of them do
        ("tests.passed >= 1", PASSED),
        ("tests.passed >= 4", UNAVAILABLE),
        ("tests.passed >= 5", FAILED),
        ("tests.total == 1", UNAVAILABLE),
        ("tests.total != 5", PASSED),
        ("failures.assertion == 0", UNAVAILABLE),
        ("failures.import == 0", FAILED),
        ("collection.errors == 0", FAILED),
        ("duration.total <= 1 h", UNAVAILABLE),
        ("duration.total <= 1 ms", FAILED),
        ("tests.each.duration <= 1 h", UNAVAILABLE),
        ("tests.each.duration <= 1 ms", FAILED),
        ("warnings.total == 0", UNAVAILABLE),
        ("files.each.pass_rate >= 1%", FAILED),  # a file that is not collected passes nothing
    ],
)
def test_what_is_hidden_turns_no_gate_green(judged: Judged, condition: str, state: GateState) -> None:
    result = judged(condition, "a.py::t passed\nb.py uncollected import", hidden={"b.py": 3})
    assert result.state is state
    if state is UNAVAILABLE:
        assert "b.py could not be collected" in result.why
        assert result.command == "python -m pytest b.py"


BEFORE = "a.py::old failed assertion\na.py::gone passed\nb.py::t passed\nsrc/x.py:3 warned old way"
AFTER = """
a.py::old failed assertion
a.py::new failed assertion
b.py::t passed
src/x.py:7 warned old way
src/x.py:9 warned new way
src/x.py:30 warned old way
"""


@pytest.mark.parametrize(
    ("condition", "state", "shown"),
    [
        ("tests.failed == 0 on new", FAILED, "1"),
        ("tests.failed <= 1 on new", PASSED, "1"),
        ("tests.failed <= 1 on all", FAILED, "2"),
        ("tests.total == 1 on new", PASSED, "1"),
        ("tests.pass_rate >= 60% on new", FAILED, "0%"),
        ("tests.removed == 0", FAILED, "1"),
        ("failures.assertion == 0 on new", FAILED, "1"),
        ("causes.new == 0", PASSED, "0"),
        ("causes.total == 0 on new", PASSED, "0"),
        ("warnings.new == 0", FAILED, "2"),
        ("warnings.total == 0 on new", FAILED, "2"),
        ("collection.errors == 0 on new", PASSED, "0"),
    ],
)
def test_what_is_new_is_what_the_baseline_has_not(judged: Judged, condition: str, state: GateState, shown: str) -> None:
    assert judged_as(judged(condition, AFTER, BEFORE)) == (state, shown)


@pytest.mark.parametrize(
    "condition", ["tests.failed == 0 on new", "tests.pass_rate >= 1% on new", "tests.removed == 0", "warnings.new == 0"]
)
def test_without_a_baseline_nothing_is_known_to_be_new(judged: Judged, condition: str) -> None:
    result = judged(condition, AFTER)
    assert (result.state, result.why) == (UNAVAILABLE, "no baseline")
    assert result.command == "agentgate gate --baseline RUN"


def test_a_run_is_no_baseline_of_itself(judged: Judged) -> None:
    run = Run("r1", "2026-01-31T12:00:00.000000+00:00", RunStatus.COMPLETED)
    itself = baseline.usable(Facts(RunFacts(run), baseline=RunFacts(run)))
    assert isinstance(itself, Lack)
    assert itself.why == "the baseline r1 is the run itself, beside which nothing is new"
    cut_off = RunFacts(replace(run, id="r0", status=RunStatus.INTERRUPTED))
    assert isinstance(baseline.usable(Facts(RunFacts(run), baseline=cut_off)), Lack)


@pytest.mark.parametrize(
    "condition",
    [
        "tests.pass_rate >= 90% on new",
        "duration.p95 <= 1 s on new",
        "tests.each.duration <= 1 s on new",
        "files.each.pass_rate >= 90% on new",
        "property.latency.max <= 1 on new",
    ],
)
def test_where_nothing_is_new_there_is_nothing_to_hold_against_a_change(judged: Judged, condition: str) -> None:
    same = "a.py::t failed 9s"
    result = judged(condition, same, same)
    assert (result.state, result.measured) == (PASSED, None)
    assert result.why.startswith("no ")
    hidden = judged(condition, f"{same}\nb.py uncollected import", same)
    assert hidden.state in (UNAVAILABLE, FAILED)  # a new test may be in there


def test_a_test_whose_file_is_not_collected_is_hidden_and_not_removed(judged: Judged) -> None:
    before = "a.py::t passed\nb.py::u passed\nb.py::v passed"
    result = judged("tests.removed <= 1", "a.py::t passed\nb.py uncollected import", before)
    assert (result.state, result.measured) == (UNAVAILABLE, 0)
    assert result.why == "2 more are hidden in what could not be collected: b.py"
    assert judged("tests.removed <= 2", "a.py::t passed\nb.py uncollected import", before).state is PASSED


def test_a_new_cause_is_told_by_history_where_there_is_no_baseline(judged: Judged) -> None:
    assert judged("causes.new == 0", "a.py::t failed").state is FAILED
    assert judged("causes.new == 0", "a.py::t failed cause=x", "a.py::u failed cause=y").state is FAILED
    assert judged("causes.new == 0", "a.py::t failed cause=x", "a.py::u failed cause=x").state is PASSED


def test_what_passed_on_a_rerun_is_flaky_and_no_failure(judged: Judged) -> None:
    told = "a.py::t rerun #1\na.py::t passed #2"
    assert judged_as(judged("tests.flaky == 0", told)) == (FAILED, "1")
    assert judged_as(judged("failures.assertion == 0", told)) == (PASSED, "0")
    assert judged_as(judged("causes.total == 0", told)) == (PASSED, "0")


LATENCY = "a.py::t passed\na.py::u passed\na.py::t recorded latency 12\na.py::u recorded latency 20"


@pytest.mark.parametrize(
    ("condition", "state", "shown"),
    [
        ("property.latency.max <= 15", FAILED, "20"),
        ("property.latency.min <= 15", PASSED, "12"),
        ("property.latency.p95 <= 20", PASSED, "20"),
        ("property.latency.each <= 15", FAILED, "20"),
        ("property.latency.each >= 12", PASSED, "20"),
        ("property.latencies.max <= 15", UNAVAILABLE, ""),
    ],
)
def test_recorded_properties_are_measured(judged: Judged, condition: str, state: GateState, shown: str) -> None:
    assert judged_as(judged(condition, LATENCY)) == (state, shown)


def test_a_property_that_nobody_recorded_names_those_that_are_near(judged: Judged) -> None:
    assert judged("property.latencies.max <= 1", LATENCY).why == ("no test recorded latencies; did you mean latency?")
    told = "a.py::t passed\na.py::t recorded p95_latency 3"
    assert judged('property."p95 latency".max <= 3', told).state is PASSED
    assert judged("property.p95.max <= 3", told).why == 'no test recorded p95; recorded were "p95 latency"'
    assert judged("property.p95.max <= 3", "a.py::t passed").why.endswith("no test recorded any property")


def test_a_recorded_text_is_no_number_and_not_left_out(judged: Judged) -> None:
    result = judged("property.latency.max <= 99", LATENCY + "\na.py::u recorded latency fast")
    assert (result.state, result.why) == (UNAVAILABLE, "a.py::u recorded 'fast' as latency, which is no number")


def test_a_test_that_stops_recording_is_said(judged: Judged) -> None:
    result = judged("property.latency.max <= 99", "a.py::t passed\na.py::t recorded latency 12", LATENCY)
    assert (result.state, result.why) == (PASSED, "recorded in the baseline and not now by a.py::u")


def test_no_average_hides_a_file(judged: Judged) -> None:
    told = "".join(f"a.py::t{number} passed\n" for number in range(99)) + "b.py::u failed\nc.py::v skipped"
    assert judged("tests.pass_rate >= 99%", told).state is PASSED
    result = judged("files.each.pass_rate >= 50%", told)
    assert (result.state, measured(result), result.sample) == (FAILED, "0%", 2)
    assert result.items == (Item("b.py", 0.0, "0 of 1 pass"),)
    assert result.why == "only skipped tests in c.py"


def test_skipped_tests_do_not_make_the_others_fast(judged: Judged) -> None:
    told = "a.py::slow passed 9s\n" + "".join(f"a.py::s{number} skipped 0s\n" for number in range(50))
    assert judged_as(judged("duration.p95 <= 1 s", told)) == (FAILED, "9 s")
    assert judged("duration.p95 <= 1 s", "a.py::s skipped").state is UNAVAILABLE


def test_warnings_of_a_run_that_records_none_are_not_known(judged: Judged, told: Callable[..., Any]) -> None:
    for changes in ({"id": ""}, {"arguments": ("-p", "no:warnings")}):
        facts = Facts(told("a.py::t passed", **changes))
        assert verdict(Gate("warnings.total == 0"), facts, {}).state is UNAVAILABLE


# ---- what others measure


@pytest.mark.parametrize(
    "condition",
    [
        "coverage.percent >= 90%",
        "coverage.new_percent >= 90%",
        "coverage.worst_file >= 50%",
        "files.each.coverage >= 50%",
        'benchmark."test_x[1]".mean <= 3 ms',
        "check.mypy == 0",
        "services.ready == true",
    ],
)
def test_what_the_harness_measures_is_unavailable_without_it(judged: Judged, condition: str) -> None:
    result = judged(condition, "a.py::t passed", remeasure="agentgate gate release")
    assert (result.state, result.command) == (UNAVAILABLE, "agentgate gate release")
    assert condition.split(maxsplit=1)[0] in result.why


@pytest.mark.parametrize(
    ("condition", "name", "measure", "state", "shown"),
    [
        ("coverage.percent >= 90%", "coverage.percent", Measure(0.8996), FAILED, "89.96%"),
        ("coverage.new_percent >= 90%", "coverage.new_percent", Measure(None, nothing=True), PASSED, ""),
        ('benchmark."test_x[1]".mean <= 3 ms', 'benchmark."test_x[1]".mean', Measure(0.00301), FAILED, "3.01 ms"),
        ("benchmark.test_x.ops >= 1000", "benchmark.test_x.ops", Measure(1200.5), PASSED, "1,200"),
        ("check.mypy == 0", "check.mypy", Measure(1.0, raw="mypy.log"), FAILED, "1"),
        ("check.mypy == 0", "check.mypy", Measure(None, why="no such command"), UNAVAILABLE, ""),
        ("check.mypy == 0", "check.mypy", Measure(float("nan")), UNAVAILABLE, ""),
        ("services.ready == true", "services.ready", Measure(0.0), FAILED, "false"),
        ("guard.findings == 0", "guard.findings", Measure(0.0), PASSED, "0"),
        ("guard.findings == 0", "guard.other", Measure(0.0), UNAVAILABLE, ""),
    ],
)
def test_what_was_measured_from_outside_is_judged(
    judged: Judged, condition: str, name: str, measure: Measure, state: GateState, shown: str
) -> None:
    assert judged_as(judged(condition, "a.py::t passed", measured={name: measure})) == (state, shown)


def test_each_file_is_covered_by_itself(judged: Judged) -> None:
    items = (Item("src/a.py", 0.9), Item("src/b.py", 0.2), Item("src/c.py", 0.1))
    measure = Measure(0.1, items, each=True)
    result = judged("files.each.coverage >= 50%", "a.py::t passed", measured={"files.each.coverage": measure})
    assert (result.state, [item.name for item in result.items]) == (FAILED, ["src/c.py", "src/b.py"])
    assert result.command == ""  # nothing that pytest can be asked to run


def test_a_part_that_was_not_measured_is_not_taken_for_good(judged: Judged) -> None:
    measure = Measure(0.9, (Item("src/a.py", 0.9), Item("src/b.py")), each=True)
    result = judged("files.each.coverage >= 50%", "a.py::t passed", measured={"files.each.coverage": measure})
    assert result.state is UNAVAILABLE


def test_a_failed_check_shows_its_command(judged: Judged) -> None:
    result = judged("check.mypy == 0", "a.py::t passed", measured={"check.mypy": Measure(2.0, raw="out.log")})
    assert (result.command, result.raw, result.wanted) == ("mypy src", "out.log", "== 0")


@pytest.mark.parametrize(
    ("approved", "state"), [(("ship", "c0ffee"), PASSED), (("ship", "other"), FAILED), (("tests", "c0ffee"), FAILED)]
)
def test_an_approval_is_for_one_phase_and_one_commit(
    told: Callable[..., Any], approved: tuple[str, str], state: GateState
) -> None:
    approval = Approval(*approved, "Ada", "read it", "2026-01-31T12:00:00.000000+00:00")
    facts = Facts(told("a.py::t passed", commit="c0ffee"), approvals=(approval,))
    result = verdict(Gate("approval.ship == true"), facts, {})
    assert result.state is state
    assert (result.command == "agentgate approve ship --reason TEXT") is (state is FAILED)
    dirty = Facts(told("a.py::t passed", commit="c0ffee", dirty=True), approvals=(approval,))
    assert verdict(Gate("approval.ship == true"), dirty, {}).state is FAILED


def test_source_files_are_counted_from_the_base(judged: Judged) -> None:
    assert judged("source.files_changed == 0", "a.py::t passed").state is UNAVAILABLE
    result = judged("source.files_changed == 0", "a.py::t passed", changed=("src/b.py", "src/a.py"))
    assert (result.state, [item.name for item in result.items]) == (FAILED, ["src/a.py", "src/b.py"])


# ---- how grave it is, and what is shown


def test_a_gate_may_only_warn(judged: Judged) -> None:
    assert judged("tests.failed == 0", "a.py::t failed", severity=Severity.WARN).state is WARNED
    assert judged("tests.removed == 0", "a.py::t failed", severity=Severity.WARN).state is UNAVAILABLE


def test_where_little_was_measured_a_condition_that_does_not_hold_warns(judged: Judged) -> None:
    told = "a.py::t failed\na.py::u passed"
    result = judged("tests.pass_rate >= 90%", told, min_sample=3)
    assert (result.state, result.why) == (WARNED, "only warns: measured over 2, 3 are needed to fail")
    assert judged("tests.pass_rate >= 90%", told, min_sample=2).state is FAILED
    measures = {"check.mypy": Measure(1.0)}
    assert judged("check.mypy == 0", told, min_sample=100, measured=measures).state is FAILED  # no sample is known


def test_items_are_bounded_and_the_rest_is_counted(judged: Judged) -> None:
    told = "\n".join(f"a.py::t{number:03} failed {number}s" for number in range(50))
    result = judged("tests.failed == 0", told)
    assert (len(result.items), result.more) == (20, 30)
    slow = judged("tests.each.duration <= 10 s", told)
    assert (slow.items[0], slow.more) == (Item("a.py::t049", 49.0), 19)
    short = judged("tests.each.duration >= 10 s", told)
    assert short.items[0] == Item("a.py::t000", 0.0)


def test_the_command_runs_what_broke_it_again(judged: Judged) -> None:
    told = "a.py::t[x;y] failed\nb.py::u failed\nb.py::v passed"
    assert judged("tests.failed == 0", told).command == "python -m pytest 'a.py::t[x;y]' b.py::u"
    assert judged("tests.failed <= 2", told).command == ""


def test_tests_of_another_runner_are_not_given_to_pytest(told: Callable[..., Any]) -> None:
    facts = Facts(told("com.acme.Shop::sells failed\na.py::t failed", id=""))
    assert verdict(Gate("tests.failed == 0"), facts, {}).command == "python -m pytest a.py::t"
