"""The summary of a run, for people and for coding agents."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_agentgate.model import Counts, Run, RunStatus, RunSummary
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
    long = replace(run, causes=(replace(run.causes[0], exemplar=exemplar, rerun="x" * 300),))
    assert f" python -m pytest {nodeid}  # one of 264\n" in summary(long, width=80, colour=False)


def test_a_command_that_is_too_long_makes_room_for_one_that_runs_whole_files(run: RunSummary) -> None:
    command = "python -m pytest " + " ".join(f"tests/test_redis.py::test_{number}" for number in range(3))
    long = replace(run, causes=(replace(run.causes[3], rerun=command),))
    assert f" {command}\n" in summary(long, width=200, colour=False)
    assert " python -m pytest tests/test_redis.py\n" in summary(long, width=80, colour=False)


def test_a_command_for_many_files_makes_room_for_one_that_runs_the_example(run: RunSummary) -> None:
    command = "pytest " + " ".join(f"tests/test_{number}.py" for number in range(90))
    long = replace(run, causes=(replace(run.causes[0], rerun=command),))
    short = "python -m pytest 'tests/test_config.py::test_load[redis-0]'  # one of 264\n"
    assert short in summary(long, width=80, colour=False)
    assert f" {command}\n" in summary(long, width=80, colour=False, verbose=1)
    assert f" {command}\n" in summary(long, width=None, colour=False)


def test_only_the_largest_causes_are_shown_unless_all_are_asked_for(run: RunSummary) -> None:
    causes = tuple(replace(run.causes[2], signature=f"c1:{number:016x}", size=number) for number in range(1, 20))
    many = replace(run, causes=causes)
    short = summary(many, width=80, colour=False)
    assert f"and {len(causes) - SHOWN} more: agentgate report" in short
    assert short.count("->") == SHOWN
    assert summary(many, width=80, colour=False, verbose=1).count("->") == len(causes)


def test_more_verbose_means_an_example_and_then_every_test(run: RunSummary) -> None:
    example = f"for example {run.causes[0].exemplar.nodeid}"
    assert example not in summary(run, width=80, colour=False)
    assert example in summary(run, width=80, colour=False, verbose=1)
    every = summary(run, width=80, colour=False, verbose=2)
    assert all(nodeid in every for cause in run.causes for nodeid in cause.tests)


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
    ],
)
def test_a_run_without_causes_says_how_it_ended(status: RunStatus, counts: Counts, head: str) -> None:
    empty = RunSummary(Run("r1", "", status, counts=counts))
    assert f" agentgate: {head} " in summary(empty, width=80, colour=False)
    assert agent(empty).splitlines()[0] == head
    assert line(empty) == f"agentgate: {head} (run r1)\n"


def test_a_run_in_one_line(run: RunSummary) -> None:
    assert line(run) == "agentgate: 295 failures, 4 causes, 33 tests not run (run 20260131T120000-9f2c41d0)\n"


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
        assert all(columns(shown) <= max(width, 40) for shown in text.splitlines()[1:])
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
