"""What each report of a large run takes, and how its page does in a browser.

    python benchmarks/reports.py [--tests 100000] [--causes 2000] [--every 5] [--check] [--browser PATH] [--page FILE]

Makes one report of a judged run: files of 40 tests, every fourth of them parametrized, every node id another one. Every
fifth test (``--every``; with 1 all of them) failed for one of the causes. Renders it in every format that is one text,
and prints the median of five rounds in seconds of CPU time, and bytes. ``--check`` ends with 1 where a format takes
more than it may.

Then Chromium opens the page, driven by playwright: milliseconds to the first paint, until the page is there, for each
key of a search and for each filter, from the event to the end of the layout that it caused, as ``performance.now``
tells them. Without a browser on PATH that is left out.
"""

from __future__ import annotations

import argparse
import gc
import random
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from pytest_agentgate.model import (
    Cause,
    CauseStatus,
    Counts,
    Evidence,
    Failure,
    Frame,
    Kind,
    Outcome,
    Property,
    Raised,
    Reason,
    Result,
    Role,
    Run,
    RunReport,
    RunStatus,
    RunSummary,
    Scope,
    When,
)
from pytest_agentgate.model.judgement import GateResult, GateState, Item, Judge, Judgement, PhaseResult
from pytest_agentgate.report.formats import ONE_FILE
from pytest_agentgate.report.github import step_summary

ROUNDS = 5
PER_FILE = 40
LIMITS = {"md": (1.0, None), "sarif": (1.0, None), "junit": (1.0, None), "html": (2.0, 5_000_000)}
"""Format -> seconds and bytes that it may take, of 100,000 results and 2,000 causes."""

SEARCH = "test_order total[81"
KINDS = tuple(Kind)
VOCABULARY = """
accept address amount approve basket batch cache cancel change charge check client close coupon create credit
currency customer default delete deliver discount empty event expire export filter format group history import
index invoice item limit list load lock login market merge message order page parse partial pay permission price
queue quota rate redirect refund region reject render report request reserve retry return revoke round schedule
search session ship sort stock store tax tenant token total transfer update upload user validate vendor version
"""
WORDS = VOCABULARY.split()

# In the page: change an input as a person does, wait for the frame in which it answers, and for its layout.
MEASURE = """
([id, value, event]) => new Promise((done) => {
  const input = document.getElementById(id);
  const began = performance.now();
  input.value = value;
  input.dispatchEvent(new Event(event, {bubbles: true}));
  requestAnimationFrame(() => {
    document.body.getBoundingClientRect();
    done(performance.now() - began);
  });
})
"""
PAINT = """
() => {
  const [paint] = performance.getEntriesByName("first-contentful-paint");
  return paint ? paint.startTime : NaN;
}
"""
THERE = """
new MutationObserver((_, observer) => {
  if (!document.querySelector("main")) return;
  observer.disconnect();
  requestAnimationFrame(() => {
    document.body.getBoundingClientRect();
    window.there = performance.now();
  });
}).observe(document, {childList: true, subtree: true});
"""


# ---- a large run


def report(tests: int, causes: int, every: int) -> RunReport:
    """A judged run as a store gives it back; equal numbers give equal runs."""
    nodeids = names(tests)
    failed = nodeids[::every]
    examples = [failure(failed[number], number) for number in range(min(causes, len(failed)))]
    failures = tuple(failure(test, number, examples) for number, test in enumerate(failed))
    of_cause: list[list[str]] = [[] for _ in examples]
    for number, test in enumerate(failed):
        of_cause[number % len(examples)].append(test)
    results = tuple(result(test, number, every) for number, test in enumerate(nodeids))
    skipped = sum(one.outcome is Outcome.SKIPPED for one in results)
    passed = tests - len(failed) - skipped
    run = Run(
        "20260131T120000-9f2c41d0", "2026-01-31T12:00:00.000000+00:00", RunStatus.COMPLETED, agent="ada@host",
        exit_status=1, duration=812.5, commit="0123456789abcdef" * 2, branch="main", root="/project",
        counts=Counts(total=tests, passed=passed, failed=len(failed), skipped=skipped),
    )  # fmt: skip
    summary = RunSummary(run, tuple(map(cause, examples, of_cause)), judgement=judgement(failed))
    properties = tuple(Property(test, "latency ms", f"{number % 50}.5", number % 50 + 0.5)
                       for number, test in enumerate(nodeids[::10]))  # fmt: skip
    return RunReport(summary, results, failures, properties, trend=(run,) * 20)


def names(tests: int) -> list[str]:
    """Node ids that have in common what those of a project have: paths, words, and little more."""
    dice = random.Random(0)
    made: dict[str, None] = {}
    file = ""
    while len(made) < tests:
        number = len(made)
        if number % PER_FILE == 0:
            of = f"{dice.choice(WORDS)}_{dice.choice(WORDS)}"
            file = f"tests/{dice.choice(WORDS)}/test_{of}_{number // PER_FILE:04}.py"
        name = "_".join(["test", *dice.choices(WORDS, k=5), "when", *dice.choices(WORDS, k=2)])
        if number % 4 == 0:
            name += f"[{dice.choice(WORDS)}-{dice.randrange(10_000)}]"
        made[f"{file}::{name}" if number % 3 else f"{file}::Test{of.title().replace('_', '')}::{name}"] = None
    return [*made]


def result(test: str, number: int, every: int) -> Result:
    seconds, worker = 0.0005 + number * 7919 % 100_000 / 1e5, f"gw{number % 4}"
    if number % every == 0:
        return Result(test, Outcome.FAILED, seconds, When.CALL, worker)
    if number % 50 == 1:
        return Result(test, Outcome.SKIPPED, 0.0, None, worker, reason="needs a service that this machine has not")
    return Result(test, Outcome.PASSED, seconds, None, worker)


def failure(test: str, number: int, examples: list[Failure] | None = None) -> Failure:
    """The failure of a test; for the reason of one of the examples, if there are any."""
    message = f"order {number} refused: input should be a valid Order, and it is a dict with {number % 9} keys"
    frames = (
        Frame(Role.TEST, test.partition("::")[0], 40 + number % 100, "TestShop.test_order"),
        Frame(Role.SOURCE, f"src/shop/part_{number % 300}.py", number % 900 + 1, f"Order.load_{number}", "shop"),
    )
    raised = Raised("shop.errors.Refused", ("ValueError", "Exception"), message, frames=frames)
    if examples:
        example = examples[number % len(examples)]
        reason, signature = example.reason, example.signature
    else:
        kind = KINDS[number % len(KINDS)]
        reason = Reason(kind, (message,), message, "Build an Order where the tests pass a dict.")
        signature = f"c1:{number:016x}"
    text = "    order = shop.load(item)\n" * 20 + f"E   shop.errors.Refused: {message}"
    return Failure(test, Scope.TEST, When.CALL, Evidence((raised,)), reason, signature, text=text)


def cause(example: Failure, tests: list[str]) -> Cause:
    files = tuple(sorted({test.partition("::")[0] for test in tests}))
    return Cause(
        example.signature, example.reason.kind, example.reason.title, example.reason.next_action, len(tests),
        tuple(sorted(tests)), files, example, f"python -m pytest {' '.join(tests[:5])}", CauseStatus.NEW,
    )  # fmt: skip


def judgement(failed: list[str]) -> Judgement:
    items = tuple(Item(test) for test in failed[:20])
    gates = (
        GateResult("tests.failed == 0", GateState.FAILED, float(len(failed)), "== 0", items=items, more=len(failed)),
        GateResult("collection.errors == 0", GateState.PASSED, 0.0, "== 0"),
    )
    phases = (PhaseResult("sound", GateState.FAILED, gates),)
    return Judgement("J", "R", "2026-01-31T12:01:00.000000+00:00", Judge.HARNESS, phases=phases)


# ---- what it takes


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tests", type=int, default=100_000)
    parser.add_argument("--causes", type=int, default=2_000)
    parser.add_argument("--every", type=int, default=5, help="every so many tests one fails")
    parser.add_argument("--check", action="store_true", help="end with 1 where a format takes more than it may")
    parser.add_argument("--browser", default=shutil.which("chromium"), help="path of Chromium")
    parser.add_argument("--page", type=Path, help="where the page is written, and kept")
    options = parser.parse_args()
    made = report(options.tests, options.causes, options.every)
    print(f"{len(made.results):,} results, {len(made.failures):,} failures, {len(made.summary.causes):,} causes")
    ways = {name: way.render for name, way in ONE_FILE.items()}
    ways["summary of a step on GitHub"] = lambda report: step_summary(report.summary)
    too_much = False
    texts: dict[str, str] = {}
    for name, render in ways.items():
        rounds = []
        for _ in range(ROUNDS):
            gc.collect()
            start = time.process_time()
            texts[name] = render(made)
            rounds.append(time.process_time() - start)
        seconds, size = statistics.median(rounds), len(texts[name].encode())
        most, room = LIMITS.get(name, (None, None))
        over = (most is not None and seconds > most) or (room is not None and size > room)
        too_much |= over
        print(f"{name:28} {seconds:6.3f} s {size:13,} bytes{'   too much' if over else ''}", flush=True)
    if options.browser:
        with tempfile.TemporaryDirectory() as folder:
            page = options.page or Path(folder) / "report.html"
            page.write_text(texts["html"], encoding="utf-8")
            in_browser(page, options.browser)
    return 1 if options.check and too_much else 0


def in_browser(page: Path, browser: str) -> None:
    from playwright.sync_api import sync_playwright

    painted, there, keys, filters = [], [], [], []
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=browser)
        for _ in range(ROUNDS):
            tab = chromium.new_page()
            tab.add_init_script(THERE)
            tab.goto(page.resolve().as_uri())
            tab.wait_for_selector("main")
            tab.wait_for_timeout(500)
            painted.append(tab.evaluate(PAINT))
            there.append(tab.evaluate("window.there"))
            for end in range(1, len(SEARCH) + 1):
                keys.append(tab.evaluate(MEASURE, ["text", SEARCH[:end], "input"]))
            tab.evaluate(MEASURE, ["text", "", "input"])
            for id_, value in (("outcome", "f"), ("outcome", "p"), ("outcome", ""), ("kind", "import"), ("kind", "")):
                filters.append(tab.evaluate(MEASURE, [id_, value, "change"]))
            tab.close()
        print(f"the page in Chromium {chromium.version}, milliseconds, median (longest):")
        chromium.close()
    for said, times in (
        ("first paint", painted),
        ("the page is there", there),
        ("a key of a search", keys),
        ("a filter", filters),
    ):
        print(f"  {said:18} {statistics.median(times):6.0f} ({max(times):.0f})")


if __name__ == "__main__":
    sys.exit(main())
