"""Render a large run as a page, open it in a browser, and filter it there.

    python benchmarks/html_report.py [--tests 100000] [--causes 2000] [--repeat 5] [--page FILE] [--browser PATH]

Printed: seconds to render and the size of the page; in a browser, milliseconds to the first paint, until the page is
complete, for each key of a search and for each filter, from the event to the end of the layout that it caused, as
``performance.now`` tells them. The browser is Chromium, driven by playwright; without one only rendering is measured.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from pytest_agentgate.model import (
    Cause,
    Counts,
    Evidence,
    Failure,
    Frame,
    Kind,
    Outcome,
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
from pytest_agentgate.report.html import render

FAILING = 5  # every so many tests one fails
SEARCH = "test_module_20 behaviour[81"
KINDS = tuple(Kind)

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
  const [page] = performance.getEntriesByType("navigation");
  return [paint ? paint.startTime : NaN, page.domContentLoadedEventEnd];
}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tests", type=int, default=100_000)
    parser.add_argument("--causes", type=int, default=2_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--page", type=Path, help="where the page is written, and kept")
    parser.add_argument("--browser", default=shutil.which("chromium"), help="path of Chromium")
    options = parser.parse_args()
    report = large(options.tests, options.causes)
    took, worked = [], []
    for _ in range(options.repeat):
        began, busy = time.perf_counter(), time.process_time()
        text = render(report)
        took.append(time.perf_counter() - began)
        worked.append(time.process_time() - busy)
    print(f"{options.tests:,} results, {len(report.failures):,} failures, {options.causes:,} causes:")
    print(f"  rendered in {statistics.median(took):.2f} s (longest {max(took):.2f} s)", end=", ")
    print(f"{statistics.median(worked):.2f} s of them at work")
    print(f"  {len(text.encode()) / 1e6:.2f} MB")
    with tempfile.TemporaryDirectory() as folder:
        page = options.page or Path(folder) / "report.html"
        page.write_text(text, encoding="utf-8")
        if options.browser:
            in_browser(page, options.browser, options.repeat)
        else:
            print("  no chromium on PATH: not opened")


def large(tests: int, causes: int) -> RunReport:
    """A run of so many tests, of which every fifth fails for one of the causes."""
    results, failures = [], []
    of_cause: list[list[str]] = [[] for _ in range(causes)]
    exemplars: dict[int, Failure] = {}
    for number in range(tests):
        nodeid = (
            f"tests/area_{number // 500:03}/test_module_{number // 40:04}.py"
            f"::TestCase{number // 8:05}::test_behaviour[{number:06}]"
        )
        seconds = 0.0005 + (number * 7919) % 100_000 / 1e5
        worker = f"gw{number % 4}"
        if number % FAILING:
            outcome = Outcome.SKIPPED if number % 50 == 1 else Outcome.PASSED
            reason = "needs a service that this machine has not" if outcome is Outcome.SKIPPED else ""
            results.append(Result(nodeid, outcome, seconds, None, worker, reason=reason))
            continue
        cause = number // FAILING % causes
        failure = failed(nodeid, worker, cause)
        results.append(Result(nodeid, Outcome.FAILED, seconds, When.CALL, worker))
        failures.append(failure)
        of_cause[cause].append(nodeid)
        exemplars.setdefault(cause, failure)
    made = tuple(one_cause(exemplars[number], of_cause[number]) for number in exemplars)
    counts = Counts(
        total=tests,
        passed=sum(one.outcome is Outcome.PASSED for one in results),
        failed=len(failures),
        skipped=sum(one.outcome is Outcome.SKIPPED for one in results),
    )
    at = "2026-01-31T12:00:00.000000+00:00"
    run = Run("20260131T120000-00000000", at, RunStatus.COMPLETED, duration=900.0, exit_status=1, counts=counts)
    return RunReport(RunSummary(run, made), tuple(results), tuple(failures), trend=(run,) * 20)


def failed(nodeid: str, worker: str, cause: int) -> Failure:
    message = f"order() got an unexpected keyword argument 'quantity_{cause}'"
    frames = tuple(
        Frame(Role.SOURCE, f"src/package/module_{depth}.py", 10 + depth, f"Type.method_{depth}") for depth in range(4)
    )
    kind = KINDS[cause % len(KINDS)]
    reason = Reason(kind, (message,), message, f"Pass quantity_{cause} by the name that it has now.")
    text = "\n".join(f"E   line {line} of what pytest prints about {message}" for line in range(30))
    evidence = Evidence((Raised("TypeError", ("Exception",), message, frames=frames),), worker=worker)
    return Failure(nodeid, Scope.TEST, When.CALL, evidence, reason, f"c1:{cause:016x}", text=text)


def one_cause(exemplar: Failure, tests: list[str]) -> Cause:
    reason = exemplar.reason
    files = tuple(sorted({test.partition("::")[0] for test in tests}))
    rerun = f"python -m pytest {exemplar.nodeid}"
    return Cause(
        exemplar.signature,
        reason.kind,
        reason.title,
        reason.next_action,
        len(tests),
        tuple(tests),
        files,
        exemplar,
        rerun,
    )


def in_browser(page: Path, browser: str, repeat: int) -> None:
    from playwright.sync_api import sync_playwright

    painted, complete, keys, filters = [], [], [], []
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=browser)
        for _ in range(repeat):
            tab = chromium.new_page()
            tab.goto(page.resolve().as_uri())
            tab.wait_for_timeout(500)
            first, done = tab.evaluate(PAINT)
            painted.append(first)
            complete.append(done)
            for end in range(1, len(SEARCH) + 1):
                keys.append(tab.evaluate(MEASURE, ["text", SEARCH[:end], "input"]))
            tab.evaluate(MEASURE, ["text", "", "input"])
            for id_, value in (("outcome", "f"), ("outcome", "p"), ("outcome", ""), ("kind", "import"), ("kind", "")):
                filters.append(tab.evaluate(MEASURE, [id_, value, "change"]))
            tab.close()
        print(f"  in Chromium {chromium.version}, milliseconds, median (longest):")
        chromium.close()
    for said, times in (
        ("first paint", painted),
        ("complete", complete),
        ("a key of a search", keys),
        ("a filter", filters),
    ):
        print(f"    {said:18} {statistics.median(times):6.0f} ({max(times):.0f})")


if __name__ == "__main__":
    main()
