"""Reports are read back with a CommonMark parser: what tests say must come out as text, and only as text."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from pytest_agentgate.model import Counts, RunSummary
from pytest_agentgate.report.lacking import lacks
from pytest_agentgate.report.markdown import cell, code, markdown, words
from pytest_agentgate.report.printable import printable

PARSER = MarkdownIt("commonmark").enable("table")


def inline(text: str) -> list[Token]:
    (_, content, _) = PARSER.parse(text)
    assert content.children is not None
    return content.children


def text_of(tokens: list[Token]) -> str:
    return "".join(token.content for token in tokens if token.type in ("text", "text_special", "code_inline"))


def cells(text: str) -> list[list[Token]]:
    return [token.children or [] for token in PARSER.parse(text) if token.type == "inline"]


texts = st.text(st.sampled_from("ab`|\\<>&*_[]()!~@#$ \n\x1b-./=:'\"") | st.characters(codec="utf-8"), max_size=20)


def test_a_report_looks_like_this(run: RunSummary) -> None:
    lines = markdown(run).splitlines()
    assert lines[0] == "# 295 failures, 4 causes (1 new, 1 known, 1 regressed, 1 flaky), 33 tests not run"
    assert lines[6:8] == ["| size | kind | cause | reach | status |", "| ---: | :--- | :---- | :---- | :----- |"]
    assert (
        lines[9] == "| 24 | import | `No module named 'livekit'` | 24 files not collected, 1,204 tests hidden | new |"
    )
    start = lines.index("## 4. connection: `Error 111 connecting to localhost:6379. Connection refused.`")
    assert lines[start + 2 : start + 16] == [
        "- 3 tests in 1 file; flaky",
        "- for example `tests/test_redis.py::test_0`",
        "- next: Start redis, or point the tests to one that runs.",
        (
            "- lacks redis on localhost:6379, asked by redis, from `$REDIS_URL`; to try it: "
            "`agentgate services missing --try`"
        ),
        "",
        "```toml",
        "[tool.agentgate.services.redis]",
        'kind = "redis"',
        'env = { REDIS_URL = "redis://{host}:{port}/{worker}" }',
        "```",
        "",
        "```sh",
        "python -m pytest tests/test_redis.py",
        "```",
    ]


def test_a_run_without_failures_is_a_headline_and_its_counts(run: RunSummary) -> None:
    counts = Counts(total=50, passed=47, not_run=3)
    text = markdown(replace(run, run=replace(run.run, counts=counts), causes=()))
    assert text.startswith("# no failures, 3 tests not run\n\n50 tests: 47 passed")
    assert "|" not in text


@given(texts)
def test_code_says_exactly_the_text(text: str) -> None:
    tokens = inline(f"at {code(text)}.")
    assert text_of(tokens) == f"at {printable(text)}."
    assert {token.type for token in tokens} <= {"text", "text_special", "code_inline", "html_inline"}
    assert {token.content for token in tokens if token.type == "html_inline"} <= {"<code>", "</code>"}


@given(texts)
def test_code_in_a_cell_stays_in_its_cell(text: str) -> None:
    head, rest, one, two, three = (
        cells(f"| a | b |\n| - | - |\n| {cell(text)} | after |\n| next | {cell(text)} |")[:2]
        + (cells(f"| a | b |\n| - | - |\n| {cell(text)} | after |\n| {cell(text)} | after |")[2:5])
    )
    assert (text_of(head), text_of(rest)) == ("a", "b")
    assert text_of(one) == text_of(three) == printable(text)
    assert text_of(two) == "after"


def test_a_command_with_a_pipe_can_be_read_in_the_text_too() -> None:
    assert code("a | b") == "`a | b`"


@given(texts)
def test_words_have_no_meaning_but_their_own(text: str) -> None:
    tokens = inline(f"next: {words(text)}")
    assert text_of(tokens).split() == ["next:", *printable(text).split()]
    assert {token.type for token in tokens} <= {"text", "text_special", "code_inline", "html_inline"}


@pytest.mark.parametrize(
    "text", ["ask @somebody", "see #12", "open http://a/b", "www.a.b", "$x$", "__init__", "*", "a|b"]
)
def test_what_github_would_make_more_of_is_code(text: str) -> None:
    assert "code" in words(text) or "`" in words(text)


def test_plain_words_stay_plain() -> None:
    assert (
        words("Build a RedisConfig where the tests pass a dict.") == "Build a RedisConfig where the tests pass a dict."
    )
    assert words("Import it from livekit_utils.") == "Import it from `livekit_utils`."


@settings(max_examples=80)
@given(st.data())
def test_hostile_text_changes_no_structure(hostile: st.SearchStrategy[RunSummary], data: st.DataObject) -> None:
    run = data.draw(hostile)
    text = markdown(run)
    assert all(line.isprintable() for line in text.split("\n"))
    tokens = PARSER.parse(text)
    kinds = [token.type for token in tokens]
    assert kinds.count("table_open") == bool(run.causes)
    assert kinds.count("tr_open") == (1 + len(run.causes) if run.causes else 0)
    assert kinds.count("td_open") == 5 * len(run.causes)
    assert kinds.count("heading_open") == 1 + len(run.causes)
    assert kinds.count("fence") == sum(
        bool(cause.rerun)
        + (len([nodeid for nodeid in cause.tests if nodeid]) > 1)
        + bool(lacks(cause) and cause.lack and cause.lack.lines)
        for cause in run.causes
    )
    assert {"blockquote_open", "ordered_list_open", "code_block", "hr"}.isdisjoint(kinds)
    within = {child.type for token in tokens for child in token.children or ()}
    assert within <= {"text", "text_special", "code_inline", "html_inline", "softbreak"}
    for token in tokens:
        if token.type == "html_block":
            assert token.content.startswith(("<details><summary>", "</details>"))
            assert token.content.count("\n") <= 1
