"""The summary of a run, for people and for coding agents."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_agentgate.model import CauseStatus, Counts, Run, RunStatus, RunSummary
from pytest_agentgate.report.phrases import headline
from pytest_agentgate.report.printable import columns
from pytest_agentgate.report.text import SHOWN, agent, line, summary

GOLDEN = Path(__file__).parent / "golden"
ANSI = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("width", [80, 200])
def test_the_summary_looks_like_this(run: RunSummary, width: int) -> None:
    assert summary(run, width=width, colour=False) == (GOLDEN / f"summary-{width}.txt").read_text()


def test_the_form_for_agents_looks_like_this(run: RunSummary) -> None:
    assert agent(run) == (GOLDEN / "agent.txt").read_text()


def test_colour_changes_nothing_but_colour(run: RunSummary) -> None:
    coloured = summary(run, width=80, colour=True)
    assert "\x1b[" in coloured
    assert ANSI.sub("", coloured) == summary(run, width=80, colour=False)


def test_each_kind_has_its_colour(run: RunSummary) -> None:
    found = dict(
        re.findall(
            r"\x1b\[([0-9;]+)m(import|validation|assertion|connection) *\x1b", summary(run, width=80, colour=True)
        )
    )
    assert set(found.values()) == {"import", "validation", "assertion", "connection"}
    assert len(found) == 4


def test_causes_come_largest_first_however_they_were_given(run: RunSummary) -> None:
    turned = replace(run, causes=run.causes[::-1])
    assert summary(turned, width=80, colour=False) == summary(run, width=80, colour=False)
    assert agent(turned) == agent(run)


def test_a_line_to_copy_is_never_broken(run: RunSummary) -> None:
    nodeid = "tests/test_config.py::" + "x" * 200
    exemplar = replace(run.causes[0].exemplar, nodeid=nodeid)
    long = replace(run, causes=(replace(run.causes[0], exemplar=exemplar),))
    assert f" python -m pytest {nodeid}  # one of 264\n" in summary(long, width=80, colour=False)


REDIS = "tests/test_redis.py::test_0 tests/test_redis.py::test_1 tests/test_redis.py::test_2"


@pytest.mark.parametrize(
    ("collected", "width", "command"),
    [
        ({"tests/test_redis.py": 3}, 80, "tests/test_redis.py"),
        ({"tests/test_redis.py": 4}, 200, REDIS),
        ({}, 200, REDIS),
        ({}, 80, "tests/test_redis.py::test_0  # one of 3"),
        ({}, None, REDIS),
    ],
)
def test_a_command_runs_the_tests_of_its_cause_and_no_others(
    run: RunSummary, collected: dict[str, int], width: int | None, command: str
) -> None:
    one = replace(run, causes=(run.causes[3],), collected=collected)
    assert f" python -m pytest {command}\n" in summary(one, width=width, colour=False)


def test_causes_that_share_all_their_files_have_commands_of_their_own(run: RunSummary) -> None:
    causes = tuple(
        replace(run.causes[2], signature=f"c1:{name}", rerun="python -m pytest tests", tests=(f"t.py::{name}",), size=1)
        for name in "abc"
    )
    text = summary(replace(run, causes=causes, collected={"t.py": 3}), width=80, colour=False)
    assert [line.strip() for line in text.splitlines() if "pytest" in line] == [
        f"python -m pytest t.py::{name}" for name in "abc"
    ]


def test_what_kept_the_run_from_starting_is_run_again_as_a_whole(run: RunSummary) -> None:
    cause = replace(run.causes[0], tests=(), files=(), size=1, rerun="python -m pytest")
    assert "\n  python -m pytest\n" in summary(replace(run, causes=(cause,)), width=80, colour=False)


def test_only_the_largest_causes_are_shown_unless_all_are_asked_for(run: RunSummary) -> None:
    causes = tuple(replace(run.causes[2], signature=f"c1:{number:016x}", size=number) for number in range(1, 20))
    many = replace(run, causes=causes)
    short = summary(many, width=80, colour=False)
    assert f"and {len(causes) - SHOWN} more: agentgate triage -v" in short
    assert short.count("->") == SHOWN
    assert summary(many, width=80, colour=False, verbose=1).count("->") == len(causes)


def test_more_verbose_means_some_tests_and_then_every_one(run: RunSummary) -> None:
    cause = run.causes[0]
    some = summary(run, width=80, colour=False, verbose=1).splitlines()
    assert f"    {cause.tests[9]}" in some
    assert f"    {cause.tests[10]}" not in some
    assert f"    and {len(cause.tests) - 10} more: -vv" in some
    every = summary(run, width=80, colour=False, verbose=2)
    assert all(nodeid in every for cause in run.causes for nodeid in cause.tests)
    assert cause.tests[9] not in summary(run, width=80, colour=False)


def test_a_traceback_is_that_of_an_example_and_keeps_its_lines(run: RunSummary) -> None:
    exemplar = replace(run.causes[3].exemplar, text="def test():\n>   boom()\n\x1b[31mE   boom\n")
    one = replace(run, causes=(replace(run.causes[3], exemplar=exemplar),))
    shown = summary(one, width=80, colour=False, verbose=1, tracebacks=True)
    assert (
        "  for example tests/test_redis.py::test_0:\n    def test():\n    >   boom()\n    \\x1b[31mE   boom\n"
    ) in shown
    assert "boom" not in summary(one, width=80, colour=False, verbose=2)


def test_a_status_is_said_of_the_causes_that_differ_from_most(run: RunSummary) -> None:
    def of(*statuses: CauseStatus) -> str:
        causes = tuple(
            replace(run.causes[3], signature=f"c1:{number}", status=status) for number, status in enumerate(statuses)
        )
        return summary(replace(run, causes=causes), width=80, colour=False)

    new, known = CauseStatus.NEW, CauseStatus.KNOWN
    assert "3 causes, all new" in of(new, new, new)
    assert "new:" not in of(new, new, new)
    most = of(known, new, known)
    assert "3 causes (1 new, 2 known)" in most
    assert (most.count("new: "), most.count("known: ")) == (1, 0)
    assert (of(new, known).count("new: "), of(new, known).count("known: ")) == (1, 1)


def test_what_passed_on_a_rerun_is_no_failure_and_comes_last(run: RunSummary) -> None:
    large = run.causes[0]
    flaky = replace(large, status=CauseStatus.FLAKY, exemplar=replace(large.exemplar, final=False))
    counts = Counts(total=300, passed=300, reruns=264)
    only = RunSummary(replace(run.run, counts=counts, exit_status=0), (flaky,))
    assert agent(only).splitlines()[0] == "no failures, 264 flaky"
    assert " agentgate: no failures, 264 flaky ===" in summary(only, width=80, colour=False)
    both = replace(run, causes=(flaky, run.causes[2]))
    assert headline(both) == "4 failures, 1 cause, regressed, 264 flaky, 33 tests not run"
    assert [entry[:12] for entry in agent(both).splitlines() if entry[:1] in "12"] == ["1. assertion", "2. validatio"]


@pytest.mark.parametrize(
    ("folder", "said"), [("/shop", False), ("", False), ("/shop/tests", True), ("/elsewhere", True)]
)
def test_where_the_commands_are_meant_for_is_said_elsewhere(run: RunSummary, folder: str, said: bool) -> None:
    there = replace(run, run=replace(run.run, root="/shop"))
    text = summary(there, width=80, colour=False, folder=folder)
    assert text.endswith("the commands are meant for /shop\n") is said


def test_without_a_width_nothing_is_wrapped(run: RunSummary) -> None:
    text = summary(run, width=None, colour=False)
    assert all(cause.title in text and cause.next_action in text for cause in run.causes)


@pytest.mark.parametrize(
    ("status", "counts", "head"),
    [
        (RunStatus.COMPLETED, Counts(total=3, passed=3), "no failures"),
        (RunStatus.COMPLETED, Counts(), "no tests"),
        (RunStatus.INTERRUPTED, Counts(total=3, passed=1, not_run=2), "interrupted: no failures, 2 tests not run"),
        (RunStatus.ABORTED, Counts(), "aborted: no tests"),
        (RunStatus.RUNNING, Counts(total=3, passed=3), "running: no failures so far"),
        (RunStatus.RUNNING, Counts(total=9, failed=3, errors=1), "running: 4 failures so far"),
    ],
)
def test_a_run_without_causes_says_how_it_ended(status: RunStatus, counts: Counts, head: str) -> None:
    empty = RunSummary(Run("r1", "", status, counts=counts))
    assert f" agentgate: {head} " in summary(empty, width=80, colour=False)
    assert agent(empty).splitlines()[0] == head
    assert line(empty) == f"agentgate: {head} (run r1)\n"


def test_a_run_that_goes_on_has_its_causes_so_far(run: RunSummary) -> None:
    going = replace(run, run=replace(run.run, status=RunStatus.RUNNING, counts=Counts(total=9)), causes=run.causes[3:])
    assert headline(going) == "running: 3 failures so far, 1 cause, flaky"


def test_a_run_in_one_line(run: RunSummary) -> None:
    said = "295 failures, 4 causes (1 new, 1 known, 1 regressed, 1 flaky), 33 tests not run"
    assert line(run) == f"agentgate: {said} (run 20260131T120000-9f2c41d0)\n"


@settings(max_examples=60)
@given(st.data(), st.integers(20, 200))
def test_hostile_text_stays_text_and_within_the_width(
    hostile: st.SearchStrategy[RunSummary], data: st.DataObject, width: int
) -> None:
    run = data.draw(hostile)
    text = summary(run, width=width, colour=False, verbose=0)
    copied = {line for cause in run.causes for line in [cause.rerun] if line}
    for shown in text.splitlines():
        assert shown.isprintable()
    if not copied:
        assert all(columns(shown) <= max(width, 40) for shown in text.splitlines())
    assert ANSI.sub("", summary(run, width=width, colour=True, verbose=2)).replace("\n", "").isprintable()


@settings(max_examples=60)
@given(st.data(), st.integers(1, 3000))
def test_an_agent_gets_no_more_than_its_budget(
    hostile: st.SearchStrategy[RunSummary], data: st.DataObject, budget: int
) -> None:
    text = agent(data.draw(hostile), budget)
    assert len(text) <= 4 * budget
    assert text.replace("\n", "").isprintable()


def test_what_an_agent_does_not_get_is_said(run: RunSummary) -> None:
    text = agent(run, 200)
    assert len(text) <= 800
    shown = len(re.findall(r"^\d\. ", text, re.MULTILINE))
    assert 0 < shown < 4
    plural = "causes" if shown < 3 else "cause"
    assert text.splitlines()[-1] == (
        f"cut to fit: {4 - shown} {plural} left out; all of them: agentgate report 20260131T120000-9f2c41d0"
    )


def test_an_agent_never_gets_half_a_command(run: RunSummary) -> None:
    exemplar = replace(run.causes[0].exemplar, nodeid="tests/test_x.py::" + "x" * 900)
    cause = replace(run.causes[0], exemplar=exemplar, files=(), rerun="pytest " + "tests/test_x.py " * 900)
    text = agent(replace(run, causes=(cause,)), 300)
    assert "rerun: too long for here" in text
    assert "pytest tests/test_x.py" not in text
