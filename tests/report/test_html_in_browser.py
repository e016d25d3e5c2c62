"""The page in a real browser: what it shows, what it asks of the network (nothing), and what it does when asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_agentgate.model import Outcome, PhaseOfAgent, Result, RunReport
from pytest_agentgate.model.judgement import Item
from pytest_agentgate.report.html import render

if TYPE_CHECKING:  # it may be absent, as the browser may
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.engine("chromium")

HOSTILE = (
    "</script><script>window.hit = 1</script>",
    "<img src=x onerror='window.hit = 1'>",
    "<b>bold</b> &amp; \"quoted\" 'too'",
    "line\u2028separator",
    "nul\x00inside",
    "lone\ud800surrogate",
    "\u202ereversed",
    "javascript:window.hit=1",
)
SHOWN = (  # as Python's repr says what does not print
    *HOSTILE[:3],
    "line\\u2028separator",
    "nul\\x00inside",
    "lone\\ud800surrogate",
    "\\u202ereversed",
    HOSTILE[7],
)


@dataclass
class Opened:
    """A page in the browser, and what it said and asked for."""

    page: Page
    said: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def texts(self, selector: str) -> list[str]:
        self.settle()
        return self.page.locator(selector).all_inner_texts()

    def settle(self) -> None:
        """Let the page do what it does in its next frame, and on events that follow from that."""
        frame = "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
        for _ in range(2):
            self.page.evaluate(frame)

    def open_all(self) -> None:
        """Open whatever can be opened, and what that brings."""
        for _ in range(3):
            self.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            self.settle()

    def result_names(self) -> list[str]:
        return self.texts("#results .rows .name")


Open = Callable[..., Opened]


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, timeout=120_000)
        yield launched
        launched.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Open a report as a file, at a width and in a colour scheme; what went wrong in it fails the test."""
    pages: list[Opened] = []

    def make(report: RunReport, width: int = 1280, scheme: str = "light") -> Opened:
        file = tmp_path / f"page-{len(pages)}.html"
        file.write_text(render(report), encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light"
        )
        one = Opened(context.new_page())
        pages.append(one)
        one.page.set_default_timeout(60_000)
        one.page.on("console", lambda message: one.said.append(message.text))
        one.page.on("pageerror", lambda error: one.said.append(str(error)))
        one.page.on("request", lambda request: one.requests.append(request.url))
        one.page.goto(file.as_uri())
        one.page.locator("main").wait_for()
        return one

    yield make
    for one in pages:
        assert one.said == []
        assert set(one.requests) == {one.page.url.partition("#")[0]}  # the file itself
        one.page.context.close()


@pytest.fixture
def whole(report: RunReport) -> RunReport:
    """A report with everything that a page may show."""
    run = report.summary.run
    trend = tuple(replace(run, id=f"2026013{day}T120000-00000000") for day in range(3))
    phases = tuple(PhaseOfAgent(agent, "imports", "passed", run.created_at, run.id) for agent in ("ada", "bob"))
    return replace(report, trend=(*trend, run), phases=phases)


# ---- what it shows


def test_causes_come_before_gates_and_gates_before_results(opened: Open, whole: RunReport) -> None:
    heads = opened(whole).texts("main h2")
    assert [head.split()[0] for head in heads] == ["Causes", "Gates", "Results", "Agents", "Durations", "Trend"]


def test_a_cause_says_what_to_do_and_how_to_run_it_again(opened: Open, whole: RunReport) -> None:
    first = opened(whole).page.locator(".cause").first
    text = first.inner_text()
    assert "validation" in text
    assert "264 tests in 6 files" in text
    assert "known" in text
    assert "Build a RedisConfig where the tests pass a dict." in text
    assert "python -m pytest" in text
    folded = first.locator(".printed")
    assert folded.count() == 0
    first.locator("summary", has_text="in full").click()
    assert "OrchestratorConfig.redis" in folded.inner_text()


def test_a_gate_that_did_not_pass_is_open_and_explains_itself(opened: Open, whole: RunReport) -> None:
    page = opened(whole).page
    gate = page.locator(".gate", has_text="property.latency.p95").inner_text()
    for said in ("failed", "210 ms", "wanted <= 200 ms", "tests/test_api.py::test_get", "and 3 that", "owner team-a"):
        assert said in gate
    assert "coverage was not measured" in page.locator(".gate", has_text="coverage.percent").inner_text()
    assert "speed failed" in page.locator(".phase", has_text="release").inner_text()


def test_what_broke_a_gate_begins_with_the_worst_and_the_rest_can_be_opened(opened: Open, whole: RunReport) -> None:
    assert whole.summary.judgement is not None
    phases = list(whole.summary.judgement.phases)
    items = tuple(Item(f"tests/test_api.py::test_{n}") for n in range(20))
    phases[1] = replace(phases[1], gates=(replace(phases[1].gates[0], items=items, more=7),))
    judgement = replace(whole.summary.judgement, phases=tuple(phases))
    one = opened(replace(whole, summary=replace(whole.summary, judgement=judgement)))
    gate = one.page.locator(".gate", has_text="property.latency.p95")
    assert gate.locator(".items li").count() == 5
    assert "and 7 that are not listed" in gate.inner_text()
    gate.locator("summary", has_text="15 more").click()
    gate.locator(".items li").nth(19).wait_for()
    assert gate.locator(".items li").count() == 20
    assert gate.locator(".items li").last.inner_text() == "tests/test_api.py::test_19"


def test_a_first_attempt_is_told_where_others_follow(opened: Open, whole: RunReport) -> None:
    one = opened(whole)
    one.page.get_by_label("Search", exact=True).fill("test_again")
    one.page.locator(".rows .facts").first.wait_for()
    assert [facts.partition(",")[0] for facts in one.texts(".rows .facts")] == ["attempt 1", "attempt 2", "attempt 3"]


def test_phases_of_agents_stand_as_the_configuration_has_them(opened: Open, whole: RunReport) -> None:
    agents = tuple(replace(whole.phases[0], phase=phase) for phase in ("another", "imports", "release", "speed"))
    one = opened(replace(whole, phases=agents))
    assert one.texts("#agents tbody td:first-child") == ["imports", "speed", "release", "another"]


def test_a_file_shows_its_tests_when_it_is_opened(opened: Open, whole: RunReport) -> None:
    one = opened(whole)
    assert one.result_names() == []
    one.page.locator(".file summary", has_text="tests/test_shop.py").click()
    one.page.locator(".rows .name").first.wait_for()
    assert "TestShop::test_values[a.b::c/d]" in one.result_names()[1]
    assert len(one.result_names()) == 13
    one.page.locator(".rows summary", has_text="test_setup").click()
    told = next(failure.text for failure in whole.failures if failure.nodeid.endswith("::test_setup"))
    assert one.page.locator(".failure .printed").inner_text() == told


def test_agents_durations_and_the_trend_are_there(opened: Open, whole: RunReport) -> None:
    one = opened(whole)
    assert one.texts("#agents thead th") == ["Phase", "ada", "bob"]
    assert one.texts("#agents tbody td:first-child") == ["imports"]
    assert one.texts("#durations .slowest .name")[0] == "tests/test_shop.py::TestShop::test_values[a.b::c/d]"
    assert one.page.locator("#trend svg[role=img] rect").count() >= 8
    assert "last 4 runs" in one.texts("#trend h2")[0]


# ---- what it does when asked


def test_search_finds_a_test_by_a_part_of_its_id(opened: Open, whole: RunReport) -> None:
    one = opened(whole)
    one.page.get_by_label("Search", exact=True).fill("testinner DEEP")
    one.page.locator(".rows .name").first.wait_for()
    assert [name.split()[0] for name in one.result_names()] == ["TestShop::TestInner::test_deep"]
    assert one.texts("[role=status]") == ["1 of 15 results, 0 of 4 causes"]
    assert "No cause answers" in one.texts("#causes")[0]


def test_filters_narrow_and_can_be_cleared(opened: Open, whole: RunReport) -> None:
    one = opened(whole)
    one.page.get_by_label("Outcome").select_option("s")
    assert one.result_names() == ["test_skipped"]
    assert "not before spring" in one.texts("#results")[0]
    one.page.get_by_label("Kind of cause").select_option("import")
    assert "No result answers" in one.texts("#results")[0]
    assert one.texts(".cause .kind") == ["import"]
    one.page.get_by_role("button", name="Clear").click()
    assert len(one.texts(".cause")) == 4
    assert one.texts("[role=status]") == [""]


def test_a_connection_cause_shows_the_lines_that_would_provide_its_service(opened: Open, whole: RunReport) -> None:
    one = opened(whole)
    assert one.page.locator(".lack").count() == 1
    lack = one.page.locator(".cause", has_text="Error 111").locator(".lack")
    assert "lacks redis on localhost:6379, asked by redis, from $REDIS_URL" in lack.inner_text()
    assert [text.split("\n") for text in lack.locator("pre").all_inner_texts()] == [
        [
            "[tool.agentgate.services.redis]",
            'kind = "redis"',
            'env = { REDIS_URL = "redis://{host}:{port}/{worker}" }',
        ],
        ["agentgate services missing --try"],
    ]


def test_what_a_reader_has_opened_stays_open_while_the_causes_stay_the_same(opened: Open, whole: RunReport) -> None:
    one = opened(whole)
    one.page.locator(".cause summary", has_text="in full").first.click()
    one.page.get_by_label("Outcome").select_option("s")
    one.settle()
    assert one.page.locator(".cause .printed").is_visible()


def test_from_a_failure_to_its_cause_and_from_a_cause_to_its_results(opened: Open, whole: RunReport) -> None:
    one = opened(whole)
    one.page.locator(".file summary", has_text="tests/test_rooms.py").click()
    one.page.locator(".rows summary", has_text="test_rooms.py").click()
    one.page.locator(".failure a").click()
    focused = "document.activeElement.id"
    assert one.page.evaluate(focused) == "cause-2"
    cause = one.page.locator("#cause-2")
    cause.locator("summary", has_text="24 files").click()
    cause.get_by_role("button", name="Show them among the results").click()
    assert len(one.result_names()) == 1
    assert one.texts(".cause h3") == ["No module named 'livekit'"]
    one.page.get_by_role("button", name="Only cause 2").click()
    assert len(one.texts(".cause")) == 4


def test_the_keyboard_is_enough(opened: Open, whole: RunReport) -> None:
    one = opened(whole)
    one.page.keyboard.press("/")
    one.page.keyboard.type("test_skipped")
    assert one.result_names() == ["test_skipped"]
    one.page.keyboard.press("Escape")
    assert one.result_names() == []
    one.page.locator(".file summary").first.focus()
    one.page.keyboard.press("Enter")
    one.page.locator(".rows .name").first.wait_for()


# ---- a page that is large, and so packed


@pytest.fixture
def large(whole: RunReport) -> RunReport:
    tests = tuple(Result(f"tests/test_{n // 40:03}.py::test_é_{n}[\ud800]", Outcome.PASSED, 0.01) for n in range(9_000))
    return replace(whole, results=(*whole.results, *tests))


def test_a_packed_page_is_unpacked_under_its_policy(opened: Open, large: RunReport) -> None:
    one = opened(large)
    assert one.page.locator("#data").get_attribute("type") == "application/zlib"
    assert len(one.texts(".cause")) == 4
    one.page.get_by_label("Search", exact=True).fill("test_é_8999")
    one.page.locator(".rows .name").first.wait_for()
    assert one.result_names() == ["test_é_8999[\\ud800]"]


def test_a_link_into_a_packed_page_leads_there(opened: Open, large: RunReport) -> None:
    page = opened(large).page
    page.goto(f"{page.url}#trend")
    page.reload()
    page.locator("main").wait_for()
    assert page.evaluate("document.getElementById('trend').getBoundingClientRect().top < innerHeight")


def test_a_browser_that_is_too_old_says_so(browser: Browser, large: RunReport, tmp_path: Path) -> None:
    file = tmp_path / "old.html"
    file.write_text(render(large), encoding="utf-8")
    page = browser.new_page()
    page.set_default_timeout(60_000)
    page.add_init_script("delete globalThis.DecompressionStream")
    page.goto(file.as_uri())
    page.locator("text=This page needs").wait_for()
    assert "DecompressionStream" in page.locator("body").inner_text()
    page.close()


# ---- how it looks


def background(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_it_is_dark_where_the_reader_is_and_where_the_reader_says_so(opened: Open, whole: RunReport) -> None:
    light, dark = opened(whole).page, opened(whole, scheme="dark").page
    assert background(light) != background(dark)
    toggle = light.get_by_role("button", name="Theme")
    toggle.click()
    assert toggle.inner_text() == "Theme: light"
    toggle.click()
    assert background(light) == background(dark)
    light.reload()
    light.locator("main").wait_for()
    assert background(light) == background(dark)


CONTRASTS = """
() => {
  const channels = (text) => text.match(/[\\d.]+/g).map(Number);
  const luminance = (rgb) => {
    const [r, g, b] = rgb.slice(0, 3).map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = channels(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.getClientRects().length || element.closest("svg, script")) continue;
    const [a, b] = [channels(getComputedStyle(element).color), behind(element)].map(luminance);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(`${element.className} ${element.textContent.slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return poor;
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_on_its_ground(opened: Open, whole: RunReport, scheme: str) -> None:
    one = opened(whole, scheme=scheme)
    one.open_all()
    one.page.locator(".rows .badge").first.wait_for()
    assert one.page.evaluate(CONTRASTS) == []


def test_a_phone_never_scrolls_sideways(opened: Open, whole: RunReport) -> None:
    long = f"tests/test_long.py::test_{'x' * 300}"
    results = (*whole.results, Result(long, Outcome.SKIPPED, reason="y" * 290))
    phases = tuple(replace(whole.phases[0], agent=f"agent-{'z' * 60}", phase=f"phase-{n}") for n in range(9))
    one = opened(replace(whole, results=results, phases=phases), width=360)
    one.open_all()
    one.page.locator(".rows .name").first.wait_for()
    assert one.page.evaluate("document.documentElement.scrollWidth") == 360


NAMES = """
[...document.querySelectorAll("button, input, select")].map(
  (one) => one.labels?.[0]?.textContent || one.ariaLabel || one.textContent
)
"""


def test_headings_go_down_one_level_at_a_time_and_controls_have_names(opened: Open, whole: RunReport) -> None:
    page = opened(whole).page
    levels = page.evaluate("[...document.querySelectorAll('h1, h2, h3, h4')].map((head) => +head.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    names = page.evaluate(NAMES)
    assert all(names)
    assert page.locator("main").count() == page.locator("nav").count() == 1


def test_on_paper_what_explains_a_cause_is_open(opened: Open, whole: RunReport) -> None:
    page = opened(whole).page
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".cause .printed").count() == 4
    assert not page.locator(".bar").is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert not page.locator(".cause .printed").first.is_visible()


# ---- what others wrote


@pytest.mark.parametrize(("text", "shown"), list(zip(HOSTILE, SHOWN, strict=True)))
def test_hostile_text_is_shown_as_text(opened: Open, whole: RunReport, text: str, shown: str) -> None:
    summary = whole.summary
    nodeid = f"tests/test_a.py::test_b[{text}]"
    assert summary.judgement is not None
    exemplar = replace(summary.causes[0].exemplar, nodeid=nodeid, text=f"E   {text}")
    cause = replace(summary.causes[0], title=text, next_action=text, tests=(nodeid,), exemplar=exemplar)
    judgement = replace(summary.judgement, notes=(text,), base=text)
    hostile = replace(
        whole,
        summary=replace(
            summary, run=replace(summary.run, agent=text, branch=text), causes=(cause,), judgement=judgement
        ),
        results=(Result(nodeid, Outcome.FAILED), Result(f"{nodeid}2", Outcome.SKIPPED, reason=text)),
        failures=(replace(exemplar, signature=cause.signature),),
        phases=tuple(replace(one, agent=text, phase=text) for one in whole.phases[:1]),
    )
    one = opened(hostile)
    one.open_all()
    one.page.locator(".rows .name").first.wait_for()
    assert one.texts(".cause h3") == [shown]
    assert any(shown in name for name in one.result_names())
    assert shown in one.texts(".reason")[0]
    assert shown in one.texts("#gates .notes")[0]
    assert shown in one.texts("#agents thead")[0]
    assert shown in one.texts("#agents tbody")[0]
    assert shown in one.texts(".about")[0]
    assert shown in one.texts(".cause .printed")[0]
    assert one.page.evaluate("window.hit") is None
    assert one.page.locator("img, b:has-text('bold')").count() == 0


def test_no_script_can_make_html_of_a_string(opened: Open, whole: RunReport) -> None:
    one = opened(whole)
    write = "document.body.innerHTML = '<p>'"
    refused = one.page.evaluate(f"(() => {{ try {{ {write}; }} catch (error) {{ return error.name; }} }})()")
    assert refused == "TypeError"
    assert one.said
    one.said.clear()  # the browser tells of what it refused
