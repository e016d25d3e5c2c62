"""Grouping failures into causes, and what history says of them."""

from __future__ import annotations

import random
import shlex
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentgate.model import (
    CauseStatus,
    Evidence,
    Failure,
    History,
    Kind,
    PastRun,
    Raised,
    Reason,
    Scope,
    When,
)
from pytest_agentgate.triage.causes import RERUN_LIMIT, group


def failure(
    nodeid: str,
    key: str = "a",
    *,
    scope: Scope = Scope.TEST,
    when: When = When.CALL,
    attempt: int = 1,
    final: bool = True,
    worker: str = "",
    kind: Kind = Kind.INTERFACE,
) -> Failure:
    reason = Reason(kind, (key,), f"title of {key}", f"Do {key}.")
    evidence = Evidence((Raised("TypeError"),), worker=worker)
    return Failure(nodeid, scope, when, evidence, reason, reason.signature, attempt, final)


def collector(nodeid: str, key: str = "a", worker: str = "") -> Failure:
    return failure(nodeid, key, scope=Scope.COLLECT, when=When.COLLECT, worker=worker, kind=Kind.IMPORT)


def test_failures_with_one_signature_are_one_cause() -> None:
    (cause,) = group([failure("tests/test_b.py::test_2"), failure("tests/test_a.py::test_1")])
    assert (cause.kind, cause.title, cause.next_action) == (Kind.INTERFACE, "title of a", "Do a.")
    assert cause.tests == ("tests/test_a.py::test_1", "tests/test_b.py::test_2")
    assert cause.files == ("tests/test_a.py", "tests/test_b.py")
    assert cause.size == 2
    assert cause.exemplar.nodeid == "tests/test_a.py::test_1"


def test_the_largest_comes_first_then_kind_then_signature() -> None:
    found = [
        failure("t.py::a", "one"),
        failure("t.py::b", "two"),
        failure("t.py::c", "two"),
        collector("u.py", "three"),
    ]
    causes = group(found)
    assert [cause.size for cause in causes] == [2, 1, 1]
    assert [cause.kind for cause in causes[1:]] == [Kind.IMPORT, Kind.INTERFACE]
    same = group([failure(f"t.py::{key}", key) for key in "abcdef"])
    assert [cause.signature for cause in same] == sorted(cause.signature for cause in same)


def test_a_test_that_failed_for_two_causes_belongs_to_both() -> None:
    causes = group([failure("t.py::a", "body"), failure("t.py::a", "cleanup", when=When.TEARDOWN)])
    assert [cause.tests for cause in causes] == [("t.py::a",), ("t.py::a",)]


def test_a_collector_that_several_workers_report_counts_once() -> None:
    (cause,) = group([collector("t.py", worker=f"gw{number}") for number in (2, 0, 1)])
    assert (cause.size, cause.tests, cause.files) == (1, ("t.py",), ("t.py",))
    assert cause.exemplar.evidence.worker == "gw0"


def test_a_failure_of_the_run_counts_as_one_and_names_no_test() -> None:
    (cause,) = group([failure("", scope=Scope.RUN, when=When.SESSION)], History(hidden={"": 40}))
    assert (cause.size, cause.tests, cause.files, cause.hidden) == (1, (), (), 40)
    assert cause.rerun == "python -m pytest"


def test_the_exemplar_is_the_first_point_of_the_first_test() -> None:
    (cause,) = group(
        [
            failure("t.py::a", when=When.TEARDOWN),
            failure("t.py::a", when=When.SETUP, attempt=2),
            failure("t.py::a", when=When.SETUP, attempt=1),
            failure("t.py::b", when=When.SETUP),
        ]
    )
    assert (cause.exemplar.nodeid, cause.exemplar.when, cause.exemplar.attempt) == ("t.py::a", When.SETUP, 1)


def worded(nodeid: str, title: str, *, worker: str = "") -> Failure:
    one = failure(nodeid, worker=worker)
    return replace(one, reason=replace(one.reason, title=title, next_action=f"Mend {title}."))


def test_the_words_are_those_of_the_form_that_most_tests_have() -> None:
    patched, *imported = worded("a.py::t", "patch"), worded("b.py", "import"), worded("c.py", "import")
    (cause,) = group([patched, *imported])
    assert (cause.title, cause.next_action, cause.exemplar.nodeid) == ("import", "Mend import.", "b.py")
    (cause,) = group([patched, imported[1]])  # as many: the smallest node id
    assert (cause.title, cause.exemplar.nodeid) == ("patch", "a.py::t")


def test_what_several_workers_report_is_no_majority() -> None:
    (cause,) = group([worded("a.py", "import"), *(worded("b.py", "patch", worker=f"gw{n}") for n in range(3))])
    assert cause.title == "import"


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("xyz"), st.sampled_from(["", "gw0", "gw1"]))),
    st.randoms(),
)
def test_the_order_of_reports_does_not_matter(parts: list[tuple[str, str, str]], order: random.Random) -> None:
    found = [worded(f"t.py::{name}", key, worker=worker) for name, key, worker in parts]
    found += [failure(f"t.py::{name}", key, worker=worker) for name, key, worker in parts]
    mixed = [*found, *found]
    order.shuffle(mixed)
    assert group(mixed) == group(found)


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("xyz"))))
def test_each_failure_is_in_exactly_the_cause_of_its_signature(parts: list[tuple[str, str]]) -> None:
    found = [failure(f"t.py::{name}", key) for name, key in parts]
    causes = {cause.signature: cause for cause in group(found)}
    assert set(causes) == {each.signature for each in found}
    assert all(each.nodeid in causes[each.signature].tests for each in found)
    assert sum(cause.size for cause in causes.values()) == len({(each.nodeid, each.signature) for each in found})


# ---- hidden


def test_hidden_is_the_sum_over_the_files_that_a_run_before_collected() -> None:
    history = History(hidden={"tests/test_a.py": 12, "tests/test_b.py": 5, "": 100})
    (cause,) = group(
        [collector("tests/test_a.py"), collector("tests/test_b.py"), collector("tests/test_new.py")], history
    )
    assert cause.hidden == 17


def test_hidden_is_unknown_where_no_run_before_knows() -> None:
    assert group([collector("tests/test_a.py")])[0].hidden is None
    assert group([failure("tests/test_a.py::t")], History(hidden={"tests/test_a.py": 3}))[0].hidden is None


def test_a_folder_that_cannot_be_collected_hides_what_is_below() -> None:
    history = History(hidden={"tests/db/test_a.py": 12, "tests/db/test_b.py": 5, "tests/dbx/test_c.py": 7})
    assert group([collector("tests/db"), collector("tests/db/test_a.py")], history)[0].hidden == 17


# ---- against the runs before


def past(*letters: str, commits: str = "", dirty: bool | None = None) -> History:
    """Runs, newest first: ``f`` failed for the cause, ``p`` passed its tests, ``-`` ran none of them."""
    signature = failure("t.py::a").signature
    runs = tuple(PastRun(str(index), commits[index : index + 1], dirty) for index in range(len(letters)))
    return History(
        runs,
        {signature: frozenset(run.id for run, letter in zip(runs, letters, strict=True) if letter == "f")},
        {signature: frozenset(run.id for run, letter in zip(runs, letters, strict=True) if letter == "p")},
    )


@pytest.mark.parametrize(
    ("history", "status", "seen"),
    [
        (past(), CauseStatus.NEW, 0),
        (past("p", "-", "p"), CauseStatus.NEW, 0),
        (past("f"), CauseStatus.KNOWN, 1),
        (past("-", "f", "p", "f"), CauseStatus.KNOWN, 2),
        (past("p", "f"), CauseStatus.REGRESSED, 1),
        (past("-", "p", "f", "f"), CauseStatus.REGRESSED, 2),
        (past("p", "f", commits="xx", dirty=False), CauseStatus.FLAKY, 1),
        (past("f", "p", commits="xx", dirty=False), CauseStatus.FLAKY, 1),
        (past("p", "f", commits="xy", dirty=False), CauseStatus.REGRESSED, 1),
        (past("p", "f", commits="xx", dirty=True), CauseStatus.REGRESSED, 1),
        (past("p", "f", commits="xx", dirty=None), CauseStatus.REGRESSED, 1),
        (past("p", "f", dirty=False), CauseStatus.REGRESSED, 1),
    ],
)
def test_status_against_earlier_runs(history: History, status: CauseStatus, seen: int) -> None:
    (cause,) = group([failure("t.py::a")], history)
    assert (cause.status, cause.seen) == (status, seen)


def test_what_only_failed_before_a_rerun_that_passed_is_flaky() -> None:
    again = [failure("t.py::a", final=False), failure("t.py::a", attempt=2, final=False)]
    assert group(again)[0].status is CauseStatus.FLAKY
    assert group([*again, failure("t.py::b")])[0].status is CauseStatus.NEW


# ---- the command line


def test_the_command_runs_the_tests_of_the_cause() -> None:
    nodeids = ["tests/test a.py::test_1['x' \"y\"]", "tests/test_b.py::test_2[$HOME;\n]"]
    (cause,) = group([failure(nodeid) for nodeid in nodeids])
    assert shlex.split(cause.rerun) == ["python", "-m", "pytest", *nodeids]


def test_the_command_falls_back_to_files_and_then_to_their_folder() -> None:
    many = [failure(f"tests/unit/test_{number % 3}.py::test_{number:04}") for number in range(400)]
    assert shlex.split(group(many)[0].rerun)[3:] == [f"tests/unit/test_{number}.py" for number in range(3)]
    wide = [failure(f"tests/unit/{number % 7}/test_{number:04}.py::test") for number in range(400)]
    assert group(wide)[0].rerun == "python -m pytest tests/unit"
    scattered = [failure(f"part{number:03}/test_{number:04}.py::test") for number in range(400)]
    assert group(scattered)[0].rerun == "python -m pytest"


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=300),
        min_size=1,
        max_size=12,
    )
)
def test_the_command_is_bounded(names: list[str]) -> None:
    for cause in group([failure(f"tests/test_a.py::{name}") for name in names]):
        assert len(cause.rerun) <= RERUN_LIMIT
        assert shlex.split(cause.rerun)[:3] == ["python", "-m", "pytest"]


def printed(nodeid: str, scope: Scope = Scope.TEST) -> Failure:
    one = failure(nodeid, scope=scope)
    return replace(one, evidence=replace(one.evidence, live=False))


@pytest.mark.parametrize("nodeid", ["com.example.ShopTest::total", "test::adds", "example.com/shop::TestTotal/large"])
def test_pytest_is_not_asked_for_what_another_runner_ran(nodeid: str) -> None:
    (cause,) = group([printed(nodeid)])
    assert (cause.tests, cause.rerun) == ((nodeid,), "")
    (cause,) = group([printed(nodeid), printed("tests/test_a.py::test"), failure("tests/spec.x::step")])
    assert shlex.split(cause.rerun)[3:] == ["tests/spec.x::step", "tests/test_a.py::test"]


def test_pytest_is_asked_for_collectors_and_runs_that_were_read_from_text() -> None:
    assert group([printed("tests/db", Scope.COLLECT)])[0].rerun == "python -m pytest tests/db"
    assert group([printed("", Scope.RUN)])[0].rerun == "python -m pytest"
    assert group([printed("tests.gone", Scope.COLLECT)])[0].rerun == ""


def test_a_fixture_of_unittest_is_run_with_its_class_or_file() -> None:
    names = ["tests/test_a.py::Shop::setUpClass", "tests/test_b.py::tearDownModule", "tests/test_c.py::Shop::test"]
    (cause,) = group([printed(name) for name in names])
    assert shlex.split(cause.rerun)[3:] == ["tests/test_a.py::Shop", "tests/test_b.py", "tests/test_c.py::Shop::test"]


@pytest.mark.parametrize("folder", ["/elsewhere", "C:/elsewhere", "..", "D:/elsewhere"])
def test_files_without_a_common_folder_are_run_with_all(folder: str) -> None:
    many = [f"tests/unit/{number:04}/test.py::test" for number in range(400)]
    (cause,) = group([failure(nodeid) for nodeid in [*many, f"{folder}/test_a.py::test"]])
    assert cause.rerun == "python -m pytest"


def test_the_folder_of_all_folders_is_never_run() -> None:
    (cause,) = group([failure(f"/part{number:04}/test.py::test") for number in range(400)])
    assert cause.rerun == "python -m pytest"


def test_nothing_failed() -> None:
    assert group([]) == ()


def test_a_signature_that_was_recorded_by_another_version_groups_as_recorded() -> None:
    old = replace(failure("t.py::a"), signature="c0:0000")
    assert {cause.signature for cause in group([old, failure("t.py::b")])} == {"c0:0000", failure("t.py::b").signature}
