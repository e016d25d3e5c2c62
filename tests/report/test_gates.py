"""What is said of a judgement in a terminal, to an agent, in one line, and in Markdown."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pytest_agentgate.model import RunSummary
from pytest_agentgate.model.judgement import EXIT_STATUS, GateResult, GateState, Item, Judge, Judgement, PhaseResult
from pytest_agentgate.report import gates, text
from pytest_agentgate.report.markdown import markdown
from pytest_agentgate.report.printable import columns, printable

WHOLE = """\
==================== agentgate: gates failed (exit status 10) ====================
imports: warned, 1 of 2 gates did not pass
  warned: warnings.total == 0
    measured 2; wanted == 0
  passes; outside of it 12 tests fail
speed: failed, 2 of 2 gates did not pass
  failed: property.latency.p95 <= 200 ms
    measured 210 ms, over 12; wanted <= 200 ms
    owner: team-a
    tests/test_api.py::test_get: 340 ms
    and 3 more
    python -m pytest tests/test_api.py::test_get
  unavailable: coverage.percent >= 80%
    coverage was not measured
    output: .agentgate/raw/coverage.txt
    agentgate gate speed
release: not attempted: speed failed
gates of the base were taken
"""


def plain(judgement: Judgement, width: int | None = 82) -> str:
    return gates.block(judgement, width=width, colour=False)


def of_state(state: GateState, why: str = "") -> Judgement:
    return Judgement("J", "R", "", Judge.PROCESS, phases=(PhaseResult("one", state, why=why),))


def test_the_block_says_what_was_measured_what_was_wanted_and_what_shows_it_again(judgement: Judgement) -> None:
    assert plain(judgement) == WHOLE


@pytest.mark.parametrize("state", GateState)
def test_every_state_has_its_words_and_its_exit_status(state: GateState) -> None:
    said = plain(of_state(state))
    assert f"(exit status {EXIT_STATUS[state]})" in said
    assert f"one: {state.replace('_', ' ')}\n" in said
    assert ("passed" in gates.verdict(of_state(state))) is (EXIT_STATUS[state] == 0)


def test_gates_that_lack_the_same_are_told_of_together() -> None:
    why = "the base 'origin/main' is not in this repository"
    command = "git fetch origin main:refs/remotes/origin/main"
    lacking = tuple(
        GateResult(name, GateState.UNAVAILABLE, why=why, command=command) for name in ("a == 1", "b == 2", "c == 3")
    )
    other = GateResult("d == 4", GateState.UNAVAILABLE, why="nobody looked", command="agentgate gate")
    judged = replace(
        of_state(GateState.UNAVAILABLE), phases=(PhaseResult("p", GateState.UNAVAILABLE, (*lacking, other)),)
    )
    for said in (plain(judged, None), gates.agent(judged, 4000)):
        assert [said.count(text) for text in (why, command, "a == 1", "c == 3", "d == 4", "nobody looked")] == [1] * 6


def broken(condition: str, *items: Item, **more: object) -> GateResult:
    return replace(GateResult(condition, GateState.FAILED, float(len(items)), "== 0", items=items), **more)  # type: ignore[arg-type]


def test_what_broke_two_gates_is_listed_once() -> None:
    lost = (
        Item("tests/test_a.py", note="No module named 'gone'"),
        Item("tests/test_b.py", note="No module named 'gone'"),
    )
    command = "python -m pytest tests/test_a.py tests/test_b.py"
    found = (
        broken("collection.errors == 0", *lost, command=command),
        broken("failures.import == 0", *lost, command=command),
    )
    judged = replace(of_state(GateState.FAILED), phases=(PhaseResult("p", GateState.FAILED, found),))
    for said in (plain(judged, None), gates.agent(judged, 4000)):
        assert [said.count(text) for text in ("No module named", "(the same)", "test_b.py\n", command)] == [1, 1, 1, 1]
        assert said.index("(the same)") < said.index("the same 2 as of collection.errors == 0")


def test_other_items_or_another_number_of_them_are_listed() -> None:
    items = Item("a"), Item("b")
    found = broken("a == 0", *items), broken("b == 0", *items, more=3), broken("c == 0", Item("a"))
    said = plain(replace(of_state(GateState.FAILED), phases=(PhaseResult("p", GateState.FAILED, found),)), None)
    assert "the same" not in said
    assert "\n    and 3 more\n" in said


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ((GateState.PASSED,), "p: passed, 1 gate\n"),
        ((GateState.FAILED,), "p: failed, 1 gate\n"),
        ((GateState.FAILED, GateState.PASSED, GateState.UNAVAILABLE), "p: failed, 2 of 3 gates did not pass\n"),
    ],
)
def test_a_phase_says_how_many_of_its_gates_did_not_pass(states: tuple[GateState, ...], said: str) -> None:
    found = tuple(GateResult(f"tests.total > {number}", state) for number, state in enumerate(states))
    assert said in plain(replace(of_state(states[0]), phases=(PhaseResult("p", states[0], found),)), None)


@pytest.mark.parametrize(("sample", "said"), [(0, "15;"), (1, "15;"), (15, "15, over 15;"), (1234, "15, over 1,234;")])
def test_a_sample_is_told_where_it_holds_what_was_counted(sample: int, said: str) -> None:
    gate = GateResult("failures.import == 0", GateState.FAILED, 15.0, "== 0", sample=sample)
    judged = replace(of_state(GateState.FAILED), phases=(PhaseResult("p", GateState.FAILED, (gate,)),))
    assert f"measured {said} wanted == 0" in plain(judged, None)


def test_a_reason_that_all_gates_share_stands_for_their_number() -> None:
    why = "the base 'gone' is not in this repository"
    found = tuple(GateResult(name, GateState.UNAVAILABLE, why=why) for name in ("a == 1", "b == 2"))
    judged = replace(of_state(GateState.FAILED), phases=(PhaseResult("p", GateState.UNAVAILABLE, found, why),))
    assert f"p: unavailable: {why}\n  unavailable: a == 1\n  unavailable: b == 2\n" in plain(judged, None)


def test_a_gate_that_passed_is_told_of_only_where_it_has_something_to_say() -> None:
    fine = GateResult("tests.failed == 0", GateState.PASSED, 0.0, "== 0")
    empty = GateResult("coverage.new_percent >= 80%", GateState.PASSED, None, ">= 80%", why="no line changed")
    said = plain(replace(of_state(GateState.PASSED), phases=(PhaseResult("p", GateState.PASSED, (fine, empty)),)))
    assert "p: passed, 2 gates" in said
    assert "tests.failed" not in said
    assert "passed: coverage.new_percent >= 80%\n    no line changed\n" in said


def test_colours_are_those_of_states_and_change_no_text(judgement: Judgement) -> None:
    painted = gates.block(judgement, width=82, colour=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == WHOLE
    assert "\x1b[1;31mfailed\x1b[0m" in painted
    assert "\x1b[1;33mwarned\x1b[0m" in painted


def test_a_command_is_not_broken_and_everything_else_is_within_the_width(judgement: Judgement) -> None:
    command = "    python -m pytest tests/test_api.py::test_get"
    lines = plain(judgement, 40).splitlines()
    assert command in lines
    assert all(columns(line) <= 41 for line in lines if line != command and "exit status" not in line)


def test_an_agent_is_told_the_same_without_decoration(judgement: Judgement) -> None:
    said = gates.agent(judgement, 4000).splitlines()
    assert said[0] == "gates failed (exit status 10)"
    assert "- warned: warnings.total == 0" not in said
    assert "- warned: warnings.total == 0 (only warns)" in said
    assert "  measured 210 ms, over 12; wanted <= 200 ms" in said
    assert "  command: python -m pytest tests/test_api.py::test_get" in said
    assert "phase release: not attempted: speed failed" in said


def test_an_agent_is_shown_five_items_and_how_many_more_there_are() -> None:
    items = tuple(Item(f"test_{number}") for number in range(20))
    gate = GateResult("tests.failed == 0", GateState.FAILED, 32.0, "== 0", items=items, more=12)
    said = gates.agent(replace(of_state(GateState.FAILED), phases=(PhaseResult("p", GateState.FAILED, (gate,)),)), 4000)
    assert [line.strip() for line in said.splitlines() if "test_" in line] == [f"test_{number}" for number in range(5)]
    assert "  and 27 more\n" in said


def test_one_line_names_every_phase(judgement: Judgement) -> None:
    assert gates.line(judgement) == "imports warned, speed failed, release not attempted"


def test_the_forms_of_a_run_have_its_gates_below_its_causes(run: RunSummary, judgement: Judgement) -> None:
    judged = replace(run, judgement=judgement)
    whole = text.summary(judged, width=82, colour=False)
    assert whole == text.summary(run, width=82, colour=False) + WHOLE
    assert "; imports warned, speed failed, release not attempted (run " in text.line(judged)
    said = text.agent(judged)
    assert said.index("Error 111 connecting") < said.index("gates failed (exit status 10)")


@settings(max_examples=60)
@given(st.data(), st.integers(0, 1500))
def test_causes_and_gates_together_keep_to_the_budget_of_an_agent(
    hostile: st.SearchStrategy[RunSummary],
    hostile_judgements: st.SearchStrategy[Judgement],
    data: st.DataObject,
    budget: int,
) -> None:
    judged = replace(data.draw(hostile), judgement=data.draw(hostile_judgements))
    said = text.agent(judged, budget)
    assert len(said) <= budget * 4
    assert all(line.isprintable() for line in said.split("\n"))


@settings(max_examples=60)
@given(st.data(), st.integers(20, 200))
def test_hostile_text_stays_text(
    hostile_judgements: st.SearchStrategy[Judgement], data: st.DataObject, width: int
) -> None:
    judgement = data.draw(hostile_judgements)
    commands = {f"    {printable(gate.command)}".rstrip() for phase in judgement.phases for gate in phase.gates}
    for line in plain(judgement, width).splitlines():
        assert line.isprintable()
        assert columns(line) <= max(width, 40) or line.rstrip() in commands or "exit status" in line


PARSER = MarkdownIt("commonmark").enable("table")


def test_markdown_has_a_table_of_gates_above_the_causes(run: RunSummary, judgement: Judgement) -> None:
    said = markdown(replace(run, judgement=judgement))
    assert "**Gates failed (exit status 10)**" in said
    row = "| `speed` | `property.latency.p95 <= 200 ms` | failed | `210 ms` | `<= 200 ms` |"
    assert said.index(row) < said.index("| size | kind |")
    assert "        - command: `python -m pytest tests/test_api.py::test_get`" in said
    assert "- `release`: not attempted: speed failed\n" in said
    assert said.count("speed failed") == 1
    assert "        - and 3 more" not in said  # in code, as all that comes from tests
    assert "        - `and 3 more`" in said


@settings(max_examples=60)
@given(st.data())
def test_hostile_text_changes_no_structure_of_markdown(
    run: RunSummary, hostile_judgements: st.SearchStrategy[Judgement], data: st.DataObject
) -> None:
    judgement = data.draw(hostile_judgements)
    judged = markdown(replace(run, causes=(), judgement=judgement))
    assert all(line.isprintable() for line in judged.split("\n"))
    tokens = PARSER.parse(judged)
    kinds = [token.type for token in tokens]
    rows = sum(max(len(phase.gates), 1) for phase in judgement.phases)
    assert kinds.count("tr_open") == 1 + rows
    assert kinds.count("td_open") == 5 * rows
    assert kinds.count("heading_open") == 1
    assert {"blockquote_open", "ordered_list_open", "code_block", "fence", "hr", "html_block"}.isdisjoint(kinds)
    within = {child.type for token in tokens for child in token.children or ()}
    assert within <= {"text", "text_special", "code_inline", "html_inline", "softbreak", "strong_open", "strong_close"}
