"""Phases: what can be judged at all, in which order, and what becomes of each."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentgate.config import Config
from pytest_agentgate.errors import ConfigError, UsageError
from pytest_agentgate.gates.condition import parse
from pytest_agentgate.gates.facts import Facts, Lack, RunFacts
from pytest_agentgate.gates.phases import judge, measured_outside, required, verify
from pytest_agentgate.model import Counts, Kind, Outcome, RunStatus
from pytest_agentgate.model.judgement import Check, Gate, GateState, Phase, PhaseResult, Severity

Told = Callable[..., RunFacts]

PASSED, FAILED, WARNED, UNAVAILABLE = GateState.PASSED, GateState.FAILED, GateState.WARNED, GateState.UNAVAILABLE
INVALID, NOT_ATTEMPTED = GateState.INVALID, GateState.NOT_ATTEMPTED


def phase(name: str, *conditions: str, needs: tuple[str, ...] = (), repairs: tuple[Kind, ...] = ()) -> Phase:
    return Phase(name, needs, repairs, tuple(map(Gate, conditions)))


IMPORTS = phase("imports", "collection.errors == 0", "failures.import == 0", repairs=(Kind.IMPORT,))
SETTINGS = phase("settings", "failures.validation == 0", needs=("imports",), repairs=(Kind.VALIDATION,))
RELEASE = phase("release", "tests.pass_rate == 100%", needs=("settings",))
PHASES = (IMPORTS, SETTINGS, RELEASE)


def states(results: tuple[PhaseResult, ...]) -> dict[str, str]:
    return {result.phase: result.state.value for result in results}


# ---- what can be judged


@pytest.mark.parametrize(
    ("phases", "said"),
    [
        ([phase("a")], "phase 'a': has no gates, so that nothing tells when it is done"),
        ([phase("a", "tests.failed == 0", "tests.fialed == 0")], "phase 'a': gates[1]: 'tests.fialed == 0', column 7"),
        ([phase("a", "check.mipy == 0")], "gates[0]: 'check.mipy == 0': no check 'mipy'; did you mean 'mypy'?"),
        ([phase("a", "check.tsc == 0")], "no check 'tsc'; there are mypy"),
        ([phase("a", "approval.b == true")], "no phase 'b'; there are a"),
    ],
)
def test_a_phase_that_cannot_be_judged_is_an_error_of_the_configuration(phases: list[Phase], said: str) -> None:
    config = Config(phases=tuple(phases), checks=(Check("mypy", ("mypy",)),), path=Path("/p/pyproject.toml"))
    with pytest.raises(ConfigError, match=re.escape(said)) as caught:
        verify(config)
    assert str(caught.value).startswith("/p/pyproject.toml: phase 'a': ")
    assert "\n" not in str(caught.value)


def test_what_can_be_judged_is_accepted() -> None:
    checks = (Check("mypy", ("mypy",)),)
    verify(Config(phases=(*PHASES, phase("ship", "check.mypy == 0", "approval.ship == true")), checks=checks))
    verify(Config())


def test_what_is_asked_for_brings_what_it_needs_in_the_order_of_the_configuration() -> None:
    assert required(PHASES, ["settings"]) == (IMPORTS, SETTINGS)
    assert required(PHASES, []) == PHASES
    assert required(PHASES[::-1], ["settings"]) == (SETTINGS, IMPORTS)
    with pytest.raises(UsageError, match="no phase 'setings'; did you mean 'settings'"):
        required(PHASES, ["setings"])
    with pytest.raises(UsageError, match="no phase 'xyz'; there are imports, release, settings"):
        required(PHASES, ["xyz"])
    with pytest.raises(UsageError, match="no phases are configured"):
        required((), [])


def test_what_the_harness_has_to_measure_is_told_once() -> None:
    phases = [
        phase("a", "coverage.percent >= 90%", "tests.failed == 0", "guard.findings == 0"),
        phase("b", "check.mypy == 0", "coverage.percent >= 90.0%", needs=("a",)),
        phase("c", "services.ready == true"),
    ]
    assert measured_outside(phases, ["b"]) == (parse("coverage.percent >= 90%"), parse("check.mypy == 0"))
    assert len(measured_outside(phases, [])) == 3


# ---- what becomes of them


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("a.py::t passed", (PASSED, PASSED, PASSED)),
        ("a.py::t failed assertion", (PASSED, PASSED, FAILED)),
        ("a.py::t failed validation", (PASSED, FAILED, NOT_ATTEMPTED)),
        ("a.py uncollected import", (FAILED, NOT_ATTEMPTED, NOT_ATTEMPTED)),
    ],
)
def test_a_phase_is_judged_once_what_it_needs_is_done(told: Told, lines: str, expected: tuple[GateState, ...]) -> None:
    results = judge(PHASES, (), Facts(told(lines)))
    assert tuple(result.state for result in results) == expected
    assert states(judge(PHASES[::-1], (), Facts(told(lines)))) == states(results)  # what it needs may stand behind it


def test_a_phase_that_is_not_attempted_measures_nothing_and_says_for_what(told: Told) -> None:
    *_, release = judge(PHASES, ["release"], Facts(told("a.py uncollected import")))
    assert (release.state, release.gates, release.why) == (NOT_ATTEMPTED, (), "needs settings (not attempted)")


def test_a_warning_does_not_hold_up_what_follows(told: Told) -> None:
    first = replace(phase("first"), gates=(Gate("tests.failed == 0", Severity.WARN),))
    results = judge((first, phase("then", "tests.total == 1", needs=("first",))), (), Facts(told("a.py::t failed")))
    assert [result.state for result in results] == [WARNED, PASSED]


MISSING = Gate("tests.removed == 0")  # without a baseline


@pytest.mark.parametrize(
    ("gates", "state"),
    [
        ([Gate("tests.total == 1")], PASSED),
        ([Gate("tests.total == 1"), Gate("tests.total == 2", Severity.WARN)], WARNED),
        ([Gate("tests.total == 2", Severity.WARN), MISSING], UNAVAILABLE),
        ([Gate("tests.total == 2"), MISSING], FAILED),
        ([Gate("tests.total == 1"), replace(MISSING, severity=Severity.WARN)], WARNED),
    ],
)
def test_the_gravest_gate_decides(told: Told, gates: list[Gate], state: GateState) -> None:
    [result] = judge([Phase("all", gates=tuple(gates))], (), Facts(told("a.py::t passed")))
    assert result.state is state
    assert [gate.condition for gate in result.gates] == [gate.condition for gate in gates]


@pytest.mark.parametrize(
    ("lines", "of_run", "why"),
    [
        ("a.py::t passed", {"status": RunStatus.INTERRUPTED}, "the run was interrupted"),
        ("a.py::t passed", {"status": RunStatus.ABORTED}, "the run was aborted"),
        ("a.py::t passed", {"status": RunStatus.RUNNING}, "the run was running"),
        ("a.py::t passed", {"exit_status": 3}, "pytest had an internal error"),
        ("a.py::t passed", {"exit_status": 6}, "pytest stopped for its number of warnings"),
        ("a.py::t passed\na.py::u not_run", {}, "1 collected and not run: a.py::u"),
        ("a.py::t passed", {"counts": Counts(not_run=2)}, "2 collected and not run"),
        ("a.py::t passed\nrun broken crash", {}, "crash"),
        ("", {}, "no test was reported"),
        ("", {"id": ""}, "no test was reported"),
    ],
)
def test_a_run_that_is_not_whole_is_no_basis_for_any_phase(
    told: Told, lines: str, of_run: dict[str, object], why: str
) -> None:
    results = judge(PHASES, (), Facts(told(lines, **of_run)))
    assert {(result.state, result.why, result.gates) for result in results} == {(INVALID, why, ())}


@pytest.mark.parametrize("exit_status", [None, 0, 1, 10, 13])
def test_a_run_that_was_judged_before_can_be_judged_again(told: Told, exit_status: int | None) -> None:
    [result] = judge([IMPORTS], (), Facts(told("a.py::t passed", exit_status=exit_status)))
    assert result.state is PASSED


def test_green_says_what_it_leaves_outside(told: Told) -> None:
    lines = "a.py::t failed validation\na.py::u failed assertion\na.py::v error validation\na.py::w passed"
    [imports] = judge([IMPORTS], (), Facts(told(lines)))
    assert imports.notes == ("passes; outside of it 3 tests fail (2 validation, 1 assertion)",)
    tolerant = replace(phase("most", "tests.pass_rate >= 20%"), repairs=(Kind.VALIDATION,))
    [most] = judge([tolerant], (), Facts(told(lines)))
    assert most.notes == (
        "passes; of the kinds that it repairs 2 tests fail (2 validation)",
        "passes; outside of it 1 test fails (1 assertion)",
    )
    [failed] = judge([phase("all", "tests.failed == 0")], (), Facts(told(lines)))
    assert failed.notes == ()


def test_green_says_which_failures_were_silenced(told: Told) -> None:
    before = told("a.py::t failed\na.py::u failed\na.py::v failed\na.py::w failed", id="before")
    now = told("a.py::t skipped\na.py::u xfailed\na.py::v passed")
    [result] = judge([phase("all", "tests.pass_rate == 100%")], (), Facts(now, baseline=before))
    assert result.state is PASSED
    [note] = result.notes
    assert note == (
        "3 that failed in the baseline did not get to pass: skipped, expected to fail or gone: "
        "a.py::t, a.py::u, a.py::w"
    )


def test_green_says_which_tests_that_passed_do_so_no_more(told: Told) -> None:
    before = told("a.py::t passed\na.py::u passed\na.py::v passed\na.py::w skipped", id="before")
    now = told("a.py::t skipped\na.py::u xfailed\na.py::w skipped\na.py::x passed")
    [result] = judge([phase("all", "tests.pass_rate == 100%")], (), Facts(now, baseline=before))
    assert result.state is PASSED
    [note] = result.notes
    assert note == (
        "3 that passed in the baseline did not get to pass: skipped, expected to fail or gone: "
        "a.py::t, a.py::u, a.py::v"
    )


# ---- properties

OUTCOMES = st.sampled_from([outcome for outcome in Outcome if outcome is not Outcome.NOT_RUN])
LINES = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from("tuvw"), OUTCOMES, st.sampled_from([*Kind]), st.integers(1, 2)),
    min_size=1,
    max_size=12,
).map(lambda rows: [f"{file}.py::{test} {outcome} {kind} #{number}" for file, test, outcome, kind, number in rows])

DEMANDING = (  # the more fails, the less of these holds
    "tests.failed == 0",
    "tests.failed <= 1",
    "tests.pass_rate >= 50%",
    "tests.pass_rate == 100%",
    "files.each.pass_rate >= 50%",
    "failures.assertion < 2",
    "causes.total == 0",
    "causes.new <= 1",
    "tests.passed >= 3",
    "tests.failed == 0 on new",
    "tests.pass_rate >= 50% on new",
    "failures.assertion == 0 on new",
)


@given(lines=LINES, more=st.integers(1, 4), hides=st.booleans())
def test_more_failing_tests_never_turn_a_failed_gate_green(
    told: Told, lines: list[str], more: int, hides: bool
) -> None:
    failing = [f"z.py::new{number} failed assertion" for number in range(more)]
    worse = [*lines, *failing, *(["y.py uncollected import"] if hides else [])]
    before = told("a.py::t passed\nb.py::u failed", id="before")
    phases = [phase(str(number), condition) for number, condition in enumerate(DEMANDING)]
    good, bad = (judge(phases, (), Facts(told(one), baseline=before)) for one in (lines, worse))
    for was, became in zip(good, bad, strict=True):
        if was.state is FAILED:
            # of tests that nobody saw, enough might pass
            assert became.state is FAILED or (hides and became.state is UNAVAILABLE), was.gates[0].condition


@given(lines=LINES, seed=st.randoms(use_true_random=False))
def test_judging_does_not_depend_on_the_order_of_what_was_recorded(
    told: Told, lines: list[str], seed: random.Random
) -> None:
    mixed = told([*lines, "d.py uncollected import", "d.py::x recorded latency 3", "d.py::y recorded latency 4"])
    other = RunFacts(
        mixed.run,
        tuple(seed.sample(mixed.results, len(mixed.results))),
        tuple(seed.sample(mixed.failures, len(mixed.failures))),
        tuple(seed.sample(mixed.causes, len(mixed.causes))),
        properties=tuple(seed.sample(mixed.properties, len(mixed.properties))),
    )
    conditions = [*DEMANDING, "duration.total < 1 s", "tests.each.duration < 50 ms", "property.latency.each > 3"]
    phases = [phase(str(number), condition) for number, condition in enumerate(conditions)]
    assert judge(phases, (), Facts(mixed)) == judge(phases, (), Facts(other))


def test_a_lack_names_the_command_that_mends_it(told: Told) -> None:
    facts = Facts(told("a.py::t passed"), changed=Lack("the base is not here", "git fetch --depth=100 origin main"))
    [result] = judge([phase("all", "source.files_changed == 0")], (), facts)
    assert (result.gates[0].why, result.gates[0].command) == (
        "the base is not here",
        "git fetch --depth=100 origin main",
    )
