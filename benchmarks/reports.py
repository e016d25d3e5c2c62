"""What each report of a large run takes.

    python benchmarks/reports.py [TESTS] [CAUSES] [--check]

Makes one report of TESTS (100,000) results, of which every fifth failed for one of CAUSES (2,000), with what a judged
run has besides, and renders it in every format that is one text. Prints the median of five rounds in seconds of CPU
time, and bytes. ``--check`` ends with 1 where a format takes more than it may.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import time

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
FAILING = 5  # every so many tests one fails
LIMITS = {"md": (1.0, None), "sarif": (1.0, None), "junit": (1.0, None), "html": (2.0, 5_000_000)}
"""Format -> seconds and bytes that it may take, of 100,000 results and 2,000 causes."""

KINDS = tuple(Kind)


def report(tests: int, causes: int) -> RunReport:
    """A judged run as a store gives it back."""
    nodeids = [nodeid(number) for number in range(tests)]
    failed = [nodeids[number] for number in range(0, tests, FAILING)]
    examples = [failure(failed[number], number) for number in range(min(causes, len(failed)))]
    failures = tuple(failure(test, number % len(examples)) for number, test in enumerate(failed))
    of_cause: list[list[str]] = [[] for _ in examples]
    for number, test in enumerate(failed):
        of_cause[number % len(examples)].append(test)
    results = tuple(
        Result(test, Outcome.PASSED if number % FAILING else Outcome.FAILED, number % 97 / 1000,
               None if number % FAILING else When.CALL, f"gw{number % 4}")
        for number, test in enumerate(nodeids)
    )  # fmt: skip
    counts = Counts(total=tests, passed=tests - len(failed), failed=len(failed))
    run = Run(
        "20260131T120000-9f2c41d0", "2026-01-31T12:00:00.000000+00:00", RunStatus.COMPLETED, agent="ada@host",
        exit_status=1, duration=812.5, commit="0123456789abcdef" * 2, branch="main", root="/project", counts=counts,
    )  # fmt: skip
    summary = RunSummary(run, tuple(map(cause, examples, of_cause)), judgement=judgement(failed))
    properties = tuple(Property(test, "latency ms", f"{number % 50}.5", number % 50 + 0.5)
                       for number, test in enumerate(nodeids[::10]))  # fmt: skip
    return RunReport(summary, results, failures, properties, trend=(run,))


def nodeid(number: int) -> str:
    file, test = divmod(number, 100)
    return f"tests/part_{file // 25:02}/test_{file:04}.py::TestShop::test_order_{test // 10}[case-{test % 10}]"


def failure(test: str, number: int) -> Failure:
    message = f"order {number} refused: input should be a valid Order, and it is a dict with {number % 9} keys"
    frames = (
        Frame(Role.TEST, test.partition("::")[0], 40 + number % 100, "TestShop.test_order"),
        Frame(Role.SOURCE, f"src/shop/part_{number % 300}.py", number % 900 + 1, f"Order.load_{number}", "shop"),
    )
    raised = Raised("shop.errors.Refused", ("ValueError", "Exception"), message, frames=frames)
    reason = Reason(KINDS[number % len(KINDS)], (message,), message, "Build an Order where the tests pass a dict.")
    text = "    order = shop.load(item)\n" * 20 + f"E   shop.errors.Refused: {message}"
    return Failure(test, Scope.TEST, When.CALL, Evidence((raised,)), reason, f"c1:{number:016x}", text=text)


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


def main() -> int:
    parser = argparse.ArgumentParser(description="What each report of a large run takes.")
    parser.add_argument("tests", type=int, nargs="?", default=100_000)
    parser.add_argument("causes", type=int, nargs="?", default=2_000)
    parser.add_argument("--check", action="store_true", help="end with 1 where a format takes more than it may")
    options = parser.parse_args()
    made = report(options.tests, options.causes)
    print(f"{len(made.results):,} results, {len(made.failures):,} failures, {len(made.summary.causes):,} causes")
    ways = {name: way.render for name, way in ONE_FILE.items()}
    ways["summary of a step on GitHub"] = lambda report: step_summary(report.summary)
    too_much = False
    for name, render in ways.items():
        rounds = []
        text = ""
        for _ in range(ROUNDS):
            gc.collect()
            start = time.process_time()
            text = render(made)
            rounds.append(time.process_time() - start)
        seconds, size = statistics.median(rounds), len(text.encode())
        most, room = LIMITS.get(name, (None, None))
        over = (most is not None and seconds > most) or (room is not None and size > room)
        too_much |= over
        print(f"{name:28} {seconds:6.3f} s {size:13,} bytes{'   too much' if over else ''}")
    return 1 if options.check and too_much else 0


if __name__ == "__main__":
    sys.exit(main())
