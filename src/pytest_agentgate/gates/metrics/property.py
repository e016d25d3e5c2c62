"""What tests recorded with ``record_property``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from difflib import get_close_matches
from typing import ClassVar

from pytest_agentgate.gates.baseline import lacking, tests_of, usable
from pytest_agentgate.gates.durations import percentile95
from pytest_agentgate.gates.facts import Facts, Lack, RunFacts
from pytest_agentgate.gates.hidden import hidden, listed
from pytest_agentgate.gates.metric import Metric, quoted
from pytest_agentgate.gates.quantities import UNIT_OF, taken_in, told_by_name
from pytest_agentgate.model import Property
from pytest_agentgate.model.judgement import Item, Measure, Unit
from pytest_agentgate.report.measures import SUFFIXES


class Recorded(Metric):
    """Numbers that tests recorded under one name, in the unit that a condition states if it states one."""

    unit = Unit.NUMBER
    of_tests = True
    each: ClassVar[bool] = False

    def __init__(self, suffix: str = "") -> None:
        self._suffix = suffix

    def suffixes(self, arguments: Sequence[str]) -> Sequence[str]:
        """Any, or those of durations where the name tells that it is one."""
        [name] = arguments
        return tuple(SUFFIXES[Unit.SECONDS] if told_by_name(name) else UNIT_OF)

    def stated_in(self, suffix: str) -> Metric:
        """The same for numbers of a unit."""
        return type(self)(suffix)

    def measure(self, facts: Facts, arguments: Sequence[str], on_new: bool) -> Measure:
        """One value of them, and the recordings."""
        [name] = arguments
        tests = tests_of(facts, on_new)
        if isinstance(tests, Lack):
            return lacking(tests)
        out_of_sight = hidden(facts)
        all_of_run = [one for one in facts.now.properties if one.name == name]
        recorded = sorted((one for one in all_of_run if one.nodeid in tests), key=_order)
        silent = _silent(facts, name, all_of_run)
        if not recorded:
            if on_new and not out_of_sight and (all_of_run or not tests):
                return Measure(None, nothing=True, sample=0, why=f"no new test recorded {quoted(name)}")
            return Measure(None, sample=0, why=out_of_sight.why or _nobody(facts, name) + silent)
        numbers = [(one.nodeid, taken_in(one.text, one.value, self._suffix, name)) for one in recorded]
        values = [number for _, number in numbers if number is not None and math.isfinite(number)]
        if len(values) < len(recorded):
            return _strange(recorded[_first_without(numbers)], self._suffix, len(recorded))
        value = self.summed(values)
        return Measure(
            value,
            tuple(Item(nodeid, number) for nodeid, number in numbers),
            sample=len(values),
            each=self.each,
            possible=self.possible(value) if out_of_sight else None,
            why="; ".join(
                part for part in (out_of_sight.why, self._taken(recorded), silent.removeprefix("; ")) if part
            ),
        )

    def _taken(self, recorded: Sequence[Property]) -> str:
        """That numbers count as percentages which may have been meant as parts of 1, "" where there are none."""
        doubtful = next((one.text for one in recorded if one.value is not None and 0 < abs(one.value) <= 1), "")
        return f"a number alone counts in %: {doubtful} is {doubtful}%" if self._suffix == "%" and doubtful else ""

    def summed(self, values: Sequence[float]) -> float:
        """One value of at least one."""
        raise NotImplementedError(self.name)

    def possible(self, value: float) -> tuple[float, float]:
        """Between what the value lies where there are tests which nobody saw."""
        return -math.inf, math.inf


class Min(Recorded):
    """The smallest number that a test recorded under this name; a name that nobody recorded cannot be measured."""

    name = "property.<name>.min"

    def summed(self, values: Sequence[float]) -> float:
        """The smallest."""
        return min(values)

    def possible(self, value: float) -> tuple[float, float]:
        """A test that nobody saw may have recorded less."""
        return -math.inf, value


class Max(Recorded):
    """The largest number that a test recorded under this name; a name that nobody recorded cannot be measured."""

    name = "property.<name>.max"

    def summed(self, values: Sequence[float]) -> float:
        """The largest."""
        return max(values)

    def possible(self, value: float) -> tuple[float, float]:
        """A test that nobody saw may have recorded more."""
        return value, math.inf


class P95(Recorded):
    """The number that 95% of those recorded under this name do not exceed, by the nearest rank."""

    name = "property.<name>.p95"

    def summed(self, values: Sequence[float]) -> float:
        """The nearest rank."""
        return percentile95(values)


class Each(Recorded):
    """Each number that a test recorded under this name, held to the condition one by one."""

    name = "property.<name>.each"
    each = True

    def summed(self, values: Sequence[float]) -> float:
        """The largest."""
        return max(values)


def _order(one: Property) -> tuple[str, float, str]:
    return one.nodeid, one.value if one.value is not None else -math.inf, one.text


def _first_without(numbers: Sequence[tuple[str, float | None]]) -> int:
    return next(place for place, (_, number) in enumerate(numbers) if number is None or not math.isfinite(number))


def _strange(one: Property, suffix: str, sample: int) -> Measure:
    """What is said of a recording that cannot be compared with the condition's value."""
    expected = f"nothing that can be told in {suffix}" if suffix else "no number"
    if not suffix and any(taken_in(one.text, None, unit, one.name) is not None for unit in UNIT_OF):
        expected = "no number alone: state the condition's value with a unit"
    why = f"{one.nodeid} recorded {one.text[:100]!r} as {quoted(one.name)}, which is {expected}"
    return Measure(None, (Item(one.nodeid, note=one.text[:100]),), sample=sample, why=why)


def _nobody(facts: Facts, name: str) -> str:
    names = sorted({one.name for one in facts.now.properties})
    near = get_close_matches(name, names, n=3)
    if near:
        hint = f"; did you mean {' or '.join(map(quoted, near))}?"
    elif names:
        hint = f"; recorded were {listed(list(map(quoted, names)))}"
    else:
        hint = "; no test recorded any property"
    return f"no test recorded {quoted(name)}{hint}"


def _silent(facts: Facts, name: str, recorded: Sequence[Property]) -> str:
    """``; 2 tests that recorded it in the baseline did not: a, b``, "" where that is not so."""
    before = usable(facts)
    if not isinstance(before, RunFacts):
        return ""
    now = {one.nodeid for one in recorded}
    lost = sorted({one.nodeid for one in before.properties if one.name == name} - now)
    if not lost:
        return ""
    return f"; recorded in the baseline and not now by {listed(lost)}"
