"""How long tests took."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from pytest_agentgate.gates.baseline import lacking, tests_of
from pytest_agentgate.gates.ended import ran
from pytest_agentgate.gates.facts import Facts, Lack
from pytest_agentgate.gates.hidden import hidden
from pytest_agentgate.model.judgement import Item, Measure

_LONGEST = 20  # tests that are named where a value is made of all


def timed(
    facts: Facts,
    on_new: bool,
    summed: Callable[[Sequence[float]], float],
    possible: Callable[[float], tuple[float, float]],
    *,
    each: bool = False,
) -> Measure:
    """A measure of the durations of the tests that ran, the longest first.

    Args:
        facts: what is known.
        on_new: only of tests that the baseline does not have.
        summed: makes one value of them; it is given at least one.
        possible: between what that lies where there are tests which nobody saw.
        each: whether a condition has to hold for each, so that all of them are its items.
    """
    tests = tests_of(facts, on_new)
    if isinstance(tests, Lack):
        return lacking(tests)
    longest_first = sorted((-test.duration, nodeid) for nodeid, test in tests.items() if ran(test))
    out_of_sight = hidden(facts)
    if not longest_first:
        if on_new and not tests and not out_of_sight:
            return Measure(None, nothing=True, sample=0, why="no test is new")
        return Measure(None, sample=0, why=out_of_sight.why or ("no new test was run" if on_new else "no test was run"))
    value = summed([-negative for negative, _ in longest_first])
    as_long = sum(-negative >= value for negative, _ in longest_first)
    named = len(longest_first) if each else max(_LONGEST, as_long)
    return Measure(
        value,
        tuple(Item(nodeid, -negative) for negative, nodeid in longest_first[:named]),
        sample=len(longest_first),
        each=each,
        possible=possible(value) if out_of_sight else None,
        why=out_of_sight.why,
    )


def percentile95(values: Sequence[float]) -> float:
    """The nearest rank: the smallest of the values that 95% of them do not exceed."""
    return sorted(values)[math.ceil(len(values) * 95 / 100) - 1]


def total(values: Sequence[float]) -> float:
    """The sum; infinite where it is too large for a number."""
    try:
        return math.fsum(values)
    except OverflowError:
        return math.inf
