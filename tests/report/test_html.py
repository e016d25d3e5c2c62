"""The page as a file: what a parser can tell of it. A browser is asked in test_html_in_browser.py."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any
from zlib import decompress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_agentgate.model import Counts, Evidence, Failure, Outcome, Part, Result, RunReport, RunStatus, RunSummary
from pytest_agentgate.model.judgement import GateState
from pytest_agentgate.report import html
from pytest_agentgate.report.formats import ONE_FILE, ReportTarget, write
from pytest_agentgate.report.html import SCRIPTS, render
from pytest_agentgate.report.html.columns import columns
from pytest_agentgate.report.html.compact import Texts, deltas, script_json, shortened
from pytest_agentgate.report.html.content import LONGEST_TEXT, content, share, state_of

VOID = frozenset({"br", "link", "meta"})
TAGS = VOID | {"html", "head", "title", "style", "body", "script", "noscript", "h1", "p", "ol", "li", "bdi"}
REACHES_OUT = frozenset({"src", "href", "action", "data", "poster", "background", "srcset", "ping", "style"})


class Page(HTMLParser):
    """What is in a page; fails where a tag is not closed by its own end."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("script", "style"):
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("script", "style"):
            self.texts[self.open[-1]][-1] += data
        elif self.open:
            self.texts.setdefault(self.open[-1], []).append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    @property
    def data(self) -> Any:
        text = self.texts["script"][0]
        (form,) = [attrs["type"] for tag, attrs in self.tags if attrs.get("id") == "data"]
        return json.loads(text if form == "application/json" else decompress(b64decode(text)))

    @property
    def policy(self) -> str:
        policies = [attrs["content"] for _, attrs in self.tags if attrs.get("http-equiv") == "Content-Security-Policy"]
        (policy,) = policies
        assert policy is not None
        return policy


def hashed(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


anything = st.text(max_size=12)  # lone surrogates too


# ---- the page


def test_the_page_has_one_script_one_style_and_its_data(report: RunReport) -> None:
    page = Page(render(report))
    assert {tag for tag, _ in page.tags} == TAGS
    assert [attrs.get("type") for tag, attrs in page.tags if tag == "script"] == ["application/json", None]
    assert len(page.texts["style"]) == 1
    assert page.data["headline"] == "295 failures, 4 causes (1 new, 1 known, 1 regressed, 1 flaky), 33 tests not run"


def test_the_policy_allows_that_script_and_that_style_and_no_request(report: RunReport) -> None:
    page = Page(render(report))
    _, script = page.texts["script"]
    allowed = dict(directive.split(" ", 1) for directive in page.policy.split("; "))
    assert allowed["default-src"] == "'none'"
    assert allowed["script-src"] == hashed(script)
    assert allowed["style-src"] == hashed(page.texts["style"][0])
    assert allowed["require-trusted-types-for"] == "'script'"
    assert set(allowed) <= {"default-src", "script-src", "style-src", "img-src", "base-uri", "form-action",
                            "require-trusted-types-for", "trusted-types"}  # fmt: skip
    assert {value for name, value in allowed.items() if not name.endswith("-src")} == {"'none'", "'script'"}


def test_the_policy_stands_before_everything_it_is_about(report: RunReport) -> None:
    tags = Page(render(report)).tags
    assert [tag for tag, _ in tags[:4]] == ["html", "head", "meta", "meta"]
    assert tags[3][1]["http-equiv"] == "Content-Security-Policy"


def test_nothing_in_the_page_points_outside_of_it(report: RunReport) -> None:
    text = render(report)
    reaching = [(tag, value) for tag, attrs in Page(text).tags for name, value in attrs.items() if name in REACHES_OUT]
    assert [tag for tag, _ in reaching] == ["link"]
    assert str(reaching[0][1]).startswith("data:image/svg+xml,")
    addresses = set(re.findall(r"[a-z]+://[^\s\"'<>]+", text))
    shown = {"redis://{host}:{port}/{worker}\\"}  # a template of a proposed configuration
    assert addresses - shown == {"http://www.w3.org/2000/svg"}  # the name of a namespace, which nobody asks for
    assert "@import" not in text
    assert "url(" not in text


def test_equal_reports_give_equal_bytes(report: RunReport) -> None:
    assert render(report) == render(replace(report))


@settings(max_examples=60)
@given(data=st.data())
def test_hostile_text_is_data_and_never_a_tag(
    data: st.DataObject, hostile_reports: st.SearchStrategy[RunReport]
) -> None:
    report = data.draw(hostile_reports)
    text = render(report)
    page = Page(text)
    assert {tag for tag, _ in page.tags} <= TAGS
    assert [tag for tag, _ in page.tags].count("script") == 2
    assert page.data == json.loads(json.dumps(content(report)))
    assert page.policy == Page(render(RunReport(RunSummary(report.summary.run)))).policy
    assert set(page.data["names"]) >= {result.nodeid for result in report.results}


@pytest.mark.parametrize(
    "text", ["</script><script>alert(1)</script>", "<!--<script>", "]]>", "\u2028\u2029", "\x00", "\ud800", "\u202etxt"]
)
def test_a_hostile_node_id_comes_back_as_it_was(report: RunReport, text: str, tmp_path: Path) -> None:
    nodeid = f"tests/test_a.py::test_b[{text}]"
    (path,) = write(
        ReportTarget("html", tmp_path / "page.html"),
        replace(report, results=(Result(nodeid, Outcome.PASSED),), failures=()),
    )
    page = Page(path.read_text(encoding="utf-8"))
    assert nodeid in page.data["names"]
    assert text not in path.read_text(encoding="utf-8")


def test_where_no_script_runs_the_causes_are_listed(report: RunReport) -> None:
    page = Page(render(report))
    assert page.texts["h1"] == [page.data["headline"]]
    assert page.texts["bdi"] == [cause["title"] for cause in page.data["causes"]]


def test_every_file_of_the_page_is_used() -> None:
    there = {entry.name for entry in files(html).joinpath("page").iterdir()}
    assert there == {"style.css", *(f"{name}.js" for name in SCRIPTS)}


def test_the_format_asks_for_what_the_page_shows() -> None:
    assert ONE_FILE["html"].parts == {Part.RESULTS, Part.FAILURES, Part.TREND, Part.PHASES}


# ---- what it is told


def test_results_are_columns_with_collectors_behind_them(report: RunReport) -> None:
    data = Page(render(report)).data
    results, names = data["results"], data["names"]
    assert results["outcome"] == "pfprrpfxnrfesXc"
    steps = dict(results["steps"])
    places, place = [], -1
    for row in range(len(results["outcome"])):
        place += steps.get(row, 1)
        places.append(place)
    ids = [result.nodeid for result in report.results] + [report.failures[0].nodeid]
    assert [names[place] for place in places] == ids
    assert dict(results["attempts"]) == {4: 2, 5: 3, 10: 2}
    assert {row: results["reasons"][place] for row, place in results["reason"]} == {
        7: "known", 8: "worker gw1 was lost", 12: "not before spring",
    }  # fmt: skip
    assert results["ticks"][2] == 15_000
    assert [results["workers"][place] for place in results["worker"]][:4] == ["", "gw0", "gw1", "gw0"]


def test_a_failure_belongs_to_the_attempt_that_failed(report: RunReport) -> None:
    data = Page(render(report)).data
    failures = data["failures"]
    rows, row = [], 0
    for step in failures["row"]:
        row += step
        rows.append(row)
    collector, *tests, _ = report.failures
    said = [data["texts"][place] for place in failures["text"]]
    assert said == [failure.text for failure in (*tests, collector)]
    assert rows == [1, 3, 4, 6, 6, 9, 10, 11, 14]
    assert [failures["whens"][place] for place in failures["when"]][3:5] == ["call", "teardown"]


def test_where_every_worker_runs_every_test_each_failure_has_its_own_row(report: RunReport) -> None:
    nodeid = "tests/test_a.py::test_b"
    results = tuple(Result(nodeid, Outcome.FAILED, worker=worker) for worker in ("gw0", "gw1"))
    one = replace(report.failures[1], nodeid=nodeid)
    of_worker = {
        worker: replace(one, evidence=Evidence(one.evidence.chain, worker=worker)) for worker in ("gw0", "gw1")
    }
    rows = columns(results, of_worker.values())
    assert [rows.row_of(of_worker[worker]) for worker in ("gw1", "gw0")] == [1, 0]
    assert rows.data()["steps"] == [[1, 0]]


def test_gates_say_measured_beside_wanted(report: RunReport) -> None:
    judged = Page(render(report)).data["judgement"]
    assert [(phase["phase"], phase["state"]) for phase in judged["phases"]] == [
        ("imports", "warned"), ("speed", "failed"), ("release", "not_attempted"),
    ]  # fmt: skip
    slow, cover = judged["phases"][1]["gates"]
    assert (slow["measured"], slow["wanted"]) == ("210 ms", "<= 200 ms")
    assert slow["items"] == [["tests/test_api.py::test_get", "340 ms", ""]]
    assert slow["more"] == 3
    assert cover["measured"] == ""
    assert cover["why"] == "coverage was not measured"


def test_the_state_of_a_run_that_nobody_judged_is_what_its_tests_say(run: RunSummary) -> None:
    green = replace(run, run=replace(run.run, counts=Counts(total=3, passed=3), exit_status=0), causes=())
    assert state_of(green) is GateState.PASSED
    assert state_of(replace(green, run=replace(green.run, exit_status=1))) is GateState.FAILED
    assert state_of(replace(green, run=replace(green.run, counts=Counts()))) is GateState.INVALID
    assert state_of(replace(green, run=replace(green.run, status=RunStatus.INTERRUPTED))) is GateState.INVALID
    assert state_of(replace(green, run=replace(green.run, counts=Counts(total=3, failed=1)))) is GateState.FAILED


def test_a_run_without_anything_is_a_page_too(run: RunSummary) -> None:
    page = Page(
        render(RunReport(replace(run, run=replace(run.run, counts=Counts(), duration=float("nan")), causes=())))
    )
    assert page.data["causes"] == []
    assert page.data["run"]["seconds"] is None


# ---- how small it stays


def test_what_is_large_is_packed_and_the_same_data(report: RunReport) -> None:
    results = tuple(Result(f"tests/test_{n // 40}.py::test_{n}", Outcome.PASSED) for n in range(10_000))
    large = replace(report, results=results)
    text = render(large)
    page = Page(text)
    assert [attrs.get("type") for tag, attrs in page.tags if tag == "script"] == ["application/zlib", None]
    assert page.data == json.loads(json.dumps(content(large)))
    assert len(text) < len(json.dumps(page.data)) / 2
    assert text == render(replace(large))
    assert page.policy == Page(render(report)).policy


def test_a_failure_that_no_room_is_left_for_has_no_text(report: RunReport) -> None:
    texts = Texts()
    texts.allow(30)
    assert (texts.has_room(30), texts.has_room(31)) == (True, False)
    assert texts.place("x" * 20) == 0
    assert not texts.has_room(20)


def many(report: RunReport, causes: int, text: str) -> RunReport:
    one = report.summary.causes[0]
    made = [
        replace(
            one,
            signature=f"c1:{number:016x}",
            title=text,
            next_action=text,
            tests=(f"tests/test_{number}.py::test_{text}",),
            exemplar=replace(one.exemplar, nodeid="", text=f"{text}{number}"),
        )
        for number in range(causes)
    ]
    return replace(report, summary=replace(report.summary, causes=tuple(made)))


def test_long_texts_of_many_causes_share_what_room_there_is(report: RunReport) -> None:
    text = render(many(report, 200, "é" * 20_000))
    assert len(text) < 5_000_000
    data = Page(text).data
    shown = [cause["text"] for cause in data["causes"] if cause["text"] >= 0]
    assert len(shown) >= 40
    assert all(len(one) < LONGEST_TEXT for one in data["texts"])


def test_a_short_exemplar_is_whole(report: RunReport) -> None:
    data = Page(render(many(report, 300, "what failed\n" * 10))).data
    assert {data["texts"][cause["text"]].count("what failed") for cause in data["causes"]} == {10}


@given(st.text(max_size=300), st.integers(40, 200))
def test_a_text_that_is_cut_keeps_its_end_and_says_so(text: str, longest: int) -> None:
    short = shortened(text, longest)
    if len(text) <= longest:
        assert short == text
    else:
        assert "characters left out" in short
        assert text.endswith(short.rpartition(" left out ...\n")[2])
        assert len(short) <= longest + 60


def test_each_gets_its_share_within_bounds() -> None:
    assert [share(1000, parts, 50, 400) for parts in (0, 1, 4, 100)] == [400, 400, 250, 50]


def test_a_text_that_several_have_is_there_once() -> None:
    texts = Texts()
    texts.allow(20)
    assert [texts.place(text) for text in ("one", "two", "one", "", "x" * 30, "two")] == [0, 1, 0, -1, -1, 1]
    assert texts.rows == ["one", "two"]


@given(st.lists(st.integers(0, 50)))
def test_steps_lead_back_to_the_numbers(numbers: list[int]) -> None:
    steps = [step for step in deltas(numbers) if isinstance(step, int)]
    assert [sum(steps[: end + 1]) for end in range(len(steps))] == sorted(numbers)


@given(st.dictionaries(anything, anything | st.integers() | st.none(), max_size=4))
def test_json_for_a_script_is_ascii_without_what_html_knows(value: dict[str, Any]) -> None:
    text = script_json(value)
    assert text.isascii()
    assert not set("<>&") & set(text)
    assert json.loads(text) == value


def test_a_failure_of_no_result_is_left_to_its_cause(report: RunReport) -> None:
    stray: tuple[Failure, ...] = (replace(report.failures[1], nodeid="tests/test_gone.py::test_gone"),)
    data = Page(render(replace(report, failures=stray))).data
    assert data["failures"]["row"] == []
