"""What an attempt came to, told from two states of a suite."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_agentgate.model import Evidence, Failure, Frame, Kind, Outcome, Raised, Reason, Role, Scope, When
from pytest_agentgate.repair.attempts.state import State
from pytest_agentgate.repair.attempts.verdict import Written, change, judged

A, B, C = "tests/test_a.py::test_a", "tests/test_a.py::test_b", "tests/test_b.py::test_c"
NOTHING = Written({})


def state(failures: tuple[Failure, ...] = (), **outcomes: str) -> State:
    """``state(a="passed")``; a test with a failure is failed."""
    names = {"a": A, "b": B, "c": C}
    found = {names[name]: Outcome(outcome) for name, outcome in outcomes.items()}
    found |= {failure.nodeid: Outcome.FAILED for failure in failures if failure.scope is Scope.TEST}
    return State(found, failures)


def failure(
    nodeid: str,
    message: str = "gone",
    *,
    line: int = 10,
    kind: Kind = Kind.INTERFACE,
    type: str = "TypeError",
    when: When = When.CALL,
    scope: Scope = Scope.TEST,
) -> Failure:
    frames = (Frame(Role.TEST, nodeid.partition("::")[0], line, "test"),)
    reason = Reason(kind, (message,), message, "look")
    return Failure(nodeid, scope, when, Evidence((Raised(type, message=message, frames=frames),)), reason, message)


def test_what_was_red_and_passes_is_green() -> None:
    before, after = state((failure(A), failure(C))), state(a="passed", c="passed")
    verdict = judged(before, after, [A, C], ["gone"], NOTHING)
    assert verdict.helped
    assert (verdict.after, verdict.advanced, verdict.why) == (0, 0, "2 green")


def test_a_part_that_is_green_is_enough_if_nothing_is_worse() -> None:
    verdict = judged(state((failure(A), failure(B))), state((failure(A),), b="passed"), [A, B], ["gone"], NOTHING)
    assert (verdict.helped, verdict.after) == (True, 1)


@pytest.mark.parametrize("now", ["failed", "error", "skipped", "xfailed", "not_run"])
def test_a_test_that_passed_has_to_pass(now: str) -> None:
    verdict = judged(state((failure(A),), b="passed"), state(a="passed", b=now), [A], ["gone"], NOTHING)
    assert not verdict.helped
    assert B in verdict.why


@pytest.mark.parametrize("was", ["skipped", "xfailed", "xpassed"])
def test_a_test_that_was_not_red_may_not_become_it(was: str) -> None:
    assert not judged(state((failure(A),), b=was), state((failure(B),), a="passed"), [A], ["gone"], NOTHING).helped


@pytest.mark.parametrize("now", ["skipped", "xfailed"])
def test_a_red_test_that_is_silenced_is_no_help(now: str) -> None:
    verdict = judged(state((failure(A),)), state(a=now), [A], ["gone"], NOTHING)
    assert not verdict.helped
    assert "skipped or expected to fail" in verdict.why


def test_a_test_that_is_gone_is_lost() -> None:
    assert judged(state((failure(A),), b="passed"), state(a="passed"), [A], ["gone"], NOTHING).change.lost == {B}


def test_a_test_that_is_gone_while_red_is_lost_too() -> None:
    assert not judged(state((failure(A), failure(B))), state(a="passed"), [A, B], ["gone"], NOTHING).helped


def test_parameters_may_be_named_anew() -> None:
    before = State({f"{A}[Old.X]": Outcome.PASSED, f"{A}[Old.Y]": Outcome.PASSED})
    after = State({f"{A}[New.X]": Outcome.PASSED, f"{A}[New.Y]": Outcome.PASSED})
    assert not change(before, after).harm
    assert change(before, State({f"{A}[New.X]": Outcome.PASSED})).lost == {f"{A}[Old.X]", f"{A}[Old.Y]"}


def test_a_file_that_can_no_longer_be_collected_is_worse() -> None:
    broken = failure("tests/test_a.py", "no module", scope=Scope.COLLECT, when=When.COLLECT)
    found = change(state(a="passed", c="passed"), state((broken,), c="passed"))
    assert found.worse == {A, "tests/test_a.py"}


def test_a_file_that_can_be_collected_now_is_green_whatever_its_tests_do() -> None:
    broken = failure("tests/test_a.py", "no module", scope=Scope.COLLECT, when=When.COLLECT)
    verdict = judged(state((broken,)), state((failure(A),), b="passed"), ["tests/test_a.py"], ["no module"], NOTHING)
    assert verdict.helped
    nothing = judged(state((broken,)), State(), ["tests/test_a.py"], ["no module"], NOTHING)
    assert not nothing.helped


def test_a_file_whose_tests_all_miss_a_name_of_their_own_was_not_repaired() -> None:
    broken = failure("tests/test_a.py", "no module", scope=Scope.COLLECT, when=When.COLLECT)
    undefined = failure(A, "name 'it' is not defined", type="NameError")
    verdict = judged(state((broken,)), state((undefined,)), ["tests/test_a.py"], ["no module"], NOTHING)
    assert not verdict.helped
    assert "name 'it' is not defined" in verdict.why


# ---- red for another cause


def test_a_failure_further_down_is_an_advance() -> None:
    verdict = judged(state((failure(A),)), state((failure(A, "other", line=12),)), [A], ["gone"], NOTHING)
    assert (verdict.helped, verdict.advanced, verdict.after) == (True, 1, 0)


def test_a_failure_further_up_is_none() -> None:
    verdict = judged(state((failure(A),)), state((failure(A, "other", line=9),)), [A], ["gone"], NOTHING)
    assert (verdict.helped, verdict.after) == (False, 1)
    assert verdict.why.startswith(f"{A} fails earlier")


def test_a_failure_in_the_call_is_further_than_one_in_a_fixture() -> None:
    before = state((failure(A, when=When.SETUP, line=50),))
    assert judged(before, state((failure(A, "other", line=3),)), [A], ["gone"], NOTHING).helped
    back = state((failure(A, "other", when=When.SETUP, line=60),))
    assert not judged(state((failure(A),)), back, [A], ["gone"], NOTHING).helped


def test_lines_are_counted_as_they_are_after_the_edit() -> None:
    text = "".join(f"line {number}\n" for number in range(1, 21))
    longer = Written({"tests/test_a.py": (text, "import it\nimport more\n" + text)})
    same_place = state((failure(A, "other", line=12),))
    assert judged(state((failure(A),)), same_place, [A], ["gone"], longer).helped
    above = state((failure(A, "other", line=11),))
    assert not judged(state((failure(A),)), above, [A], ["gone"], longer).helped


def test_what_fails_for_a_word_that_the_edit_brought_is_no_advance() -> None:
    """``put(qty=2)`` became ``put(count=2)``, and fails as before in other words."""
    text = "\n" * 9 + "cart.put(qty=2)\n"
    written = Written({"tests/test_a.py": (text, text.replace("qty", "count"))})
    after = state((failure(A, "unexpected keyword argument 'count'"),))
    assert not judged(state((failure(A),)), after, [A], ["gone"], written).helped
    later = state((failure(A, "unexpected keyword argument 'count'", line=14),))
    assert judged(state((failure(A),)), later, [A], ["gone"], written).helped


@pytest.mark.parametrize("type", ["NameError", "UnboundLocalError", "SyntaxError"])
def test_a_name_that_the_tests_lack_is_no_advance(type: str) -> None:
    after = state((failure(A, "other", line=12, type=type),))
    assert not judged(state((failure(A),)), after, [A], ["gone"], NOTHING).helped


def test_states_of_parts_replace_what_was_known_of_these_files_alone() -> None:
    known = state((failure(A), failure(C)), b="passed")
    part = state(a="passed", b="passed")
    now = known.updated(part, ["tests/test_a.py"])
    assert now.red == {C}
    assert now.within(["tests/test_b.py"]).red == {C}
    assert [cause.tests for cause in now.causes] == [(C,)]
    assert known.updated(part, None) == part


HIDDEN = failure("tests/test_a.py", "cannot import name 'old'", type="ImportError", scope=Scope.COLLECT, line=1)
LATER = Written(
    {
        "tests/test_a.py": (
            "from shop import old\n\n\ndef test_a():\n    assert old()\n\n\ndef test_b():\n    assert 1\n",
            "def test_a():\n    from shop import old\n    assert old()\n\n\ndef test_b():\n    assert 1\n",
        )
    }
)


def _gone(nodeid: str, line: int) -> Failure:
    found = failure(nodeid, "cannot import name 'old'", type="ImportError", line=line)
    return replace(found, reason=replace(found.reason, title="later"), signature="later")


def test_nothing_is_won_where_each_test_of_a_file_needs_what_is_gone() -> None:
    verdict = judged(state((HIDDEN,)), state((_gone(A, 2),)), ["tests/test_a.py"], ["gone"], LATER)
    assert not verdict.helped
    assert verdict.barren == {"tests/test_a.py"}


@pytest.mark.parametrize(
    "after",
    [
        state((_gone(A, 2),), b="passed"),
        state((_gone(A, 2), failure(B, "another", line=7))),
        state((_gone(A, 3),)),
    ],
    ids=["another test passes", "another test fails for something else", "it fails further on"],
)
def test_something_is_won_where_one_test_gets_further(after: State) -> None:
    verdict = judged(state((HIDDEN,)), after, ["tests/test_a.py"], ["gone"], LATER)
    assert verdict.helped
    assert not verdict.barren


def test_a_helper_further_up_in_the_file_is_further_on_where_a_later_line_of_the_test_calls_it() -> None:
    def at(*lines: int) -> Failure:
        found = failure(A, f"at {lines}")
        frames = tuple(Frame(Role.TEST, "tests/test_a.py", line, "test") for line in lines)
        raised = replace(found.evidence.raised, frames=frames)
        return replace(found, evidence=Evidence((raised,)))

    assert judged(state((at(10),)), state((at(12, 4),)), [A], ["at (10,)"], NOTHING).helped
    assert not judged(state((at(10),)), state((at(9, 20),)), [A], ["at (10,)"], NOTHING).helped
    assert judged(state((at(10, 4),)), state((at(10, 5),)), [A], ["at (10, 4)"], NOTHING).helped
