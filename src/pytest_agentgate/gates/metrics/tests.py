"""Tests, counted by how they ended; each once, by its last attempt."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import ClassVar

from pytest_agentgate.gates.baseline import lacking, tests_of, usable
from pytest_agentgate.gates.counting import Count
from pytest_agentgate.gates.durations import timed
from pytest_agentgate.gates.ended import FAILING
from pytest_agentgate.gates.facts import Facts, Lack, RunFacts
from pytest_agentgate.gates.hidden import hidden, is_below, listed
from pytest_agentgate.gates.metric import Metric
from pytest_agentgate.gates.rates import rate
from pytest_agentgate.model import Outcome
from pytest_agentgate.model.judgement import Item, Measure, Unit


class Tests(Count):
    """Tests that ended in one of some ways."""

    of_tests = True
    outcomes: ClassVar[Sequence[Outcome]] = ()

    def things(self, run: RunFacts, arguments: Sequence[str]) -> Mapping[str, str]:
        """The tests, with the reasons of those that have one."""
        return {nodeid: test.reason for nodeid, test in run.tests.items() if test.outcome in self.outcomes}


class Total(Tests):
    """Tests that were collected, run or not."""

    name = "tests.total"
    named = False
    outcomes = tuple(Outcome)


class Passed(Tests):
    """Tests that passed."""

    name = "tests.passed"
    named = False
    outcomes = (Outcome.PASSED,)


class Failed(Tests):
    """Tests that failed in their call."""

    name = "tests.failed"
    outcomes = FAILING


class Errors(Tests):
    """Tests that failed in setup or teardown."""

    name = "tests.errors"
    outcomes = (Outcome.ERROR,)


class Skipped(Tests):
    """Tests that were skipped."""

    name = "tests.skipped"
    outcomes = (Outcome.SKIPPED,)


class Xfailed(Tests):
    """Tests that failed as they were expected to."""

    name = "tests.xfailed"
    outcomes = (Outcome.XFAILED,)


class NotRun(Tests):
    """Tests that were collected and of which no report ever came; a run that has any is invalid."""

    name = "tests.not_run"
    outcomes = (Outcome.NOT_RUN,)


class Flaky(Tests):
    """Tests that failed, and did not fail when they were attempted again."""

    name = "tests.flaky"

    def things(self, run: RunFacts, arguments: Sequence[str]) -> Mapping[str, str]:
        """The tests, and at which attempt they did not fail."""
        return {nodeid: f"attempt {run.tests[nodeid].attempt}" for nodeid in sorted(run.flaky)}


class PassRate(Metric):
    """Tests that passed or failed as expected, of all that were not skipped.

    Tests that passed unexpectedly and tests that were not run have not passed, nor have those in files that could not
    be collected. Where no earlier run tells how many these are, the rate is at most what it is without them. Skipped
    tests are named with the result. Without any test that was not skipped it cannot be measured.
    """

    name = "tests.pass_rate"
    unit = Unit.RATIO
    of_tests = True

    def measure(self, facts: Facts, arguments: Sequence[str], on_new: bool) -> Measure:
        """The rate, and what has not passed."""
        tests = tests_of(facts, on_new)
        if isinstance(tests, Lack):
            return lacking(tests)
        out_of_sight = hidden(facts)
        if on_new and not tests and not out_of_sight:
            return Measure(None, nothing=True, sample=0, why="no test is new")
        found = rate(tests)
        known = 0 if on_new else sum(number or 0 for number in out_of_sight.collectors.values())
        items = (*_uncollected(out_of_sight.collectors), *found.items)
        whole = found.counted + known
        skipped = f"{found.skipped:,} skipped and not counted" if found.skipped else ""
        if not whole:
            none = "no new test was run" if on_new else "no test was run"
            why = out_of_sight.why or f"{none}: {skipped}"
            return Measure(None, items, sample=0, why=why)
        value = found.passing / whole
        is_open = bool(out_of_sight.collectors) if on_new else bool(out_of_sight.unknown)
        reasons = [(out_of_sight.why if on_new else out_of_sight.why_uncounted) if is_open else "", skipped]
        return Measure(
            value,
            items,
            sample=whole,
            possible=(0.0, value) if is_open else None,
            why="; ".join(reason for reason in reasons if reason),
        )


class Removed(Metric):
    """Tests that the baseline has and this run did not collect.

    Tests whose file could not be collected now are hidden, not removed: they are told apart.
    """

    name = "tests.removed"
    on_new = False

    def measure(self, facts: Facts, arguments: Sequence[str], on_new: bool) -> Measure:
        """The tests that are gone."""
        before = usable(facts)
        if isinstance(before, Lack):
            return lacking(before)
        gone = [nodeid for nodeid in before.tests if nodeid not in facts.now.tests]
        collectors = hidden(facts).collectors
        lost = [nodeid for nodeid in gone if any(is_below(nodeid, collector) for collector in collectors)]
        unseen = frozenset(lost)
        removed = tuple(Item(nodeid) for nodeid in gone if nodeid not in unseen)
        reasons = []
        if lost:
            reasons.append(f"{len(lost):,} more are hidden in what could not be collected: {listed(tuple(collectors))}")
        if facts.now.run.counts.deselected:
            reasons.append(f"this run deselected {facts.now.run.counts.deselected:,} tests")
        value = float(len(removed))
        return Measure(
            value,
            removed,
            sample=len(before.tests),
            possible=(value, value + len(lost)) if lost else None,
            why="; ".join(reasons),
        )


class EachDuration(Metric):
    """The time that each test took, held to the condition test by test; skipped tests take none.

    Seconds of setup and call of the last attempt. Without a test it cannot be measured.
    """

    name = "tests.each.duration"
    unit = Unit.SECONDS
    of_tests = True

    def measure(self, facts: Facts, arguments: Sequence[str], on_new: bool) -> Measure:
        """The longest, and each by itself."""
        return timed(facts, on_new, max, lambda longest: (longest, math.inf), each=True)


def _uncollected(collectors: Mapping[str, int | None]) -> list[Item]:
    def note(tests: int | None) -> str:
        return "could not be collected" + (f", {tests:,} tests" if tests else "")

    return [Item(name, note=note(tests)) for name, tests in collectors.items()]
