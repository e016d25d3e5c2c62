"""Warnings."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from pytest_agentgate.gates.baseline import lacking, usable
from pytest_agentgate.gates.facts import Facts, Lack, RunFacts
from pytest_agentgate.gates.hidden import hidden
from pytest_agentgate.gates.metric import Metric
from pytest_agentgate.model import Warned
from pytest_agentgate.model.judgement import Item, Measure
from pytest_agentgate.triage.normal import normal

_Origin = tuple[str, str, str]  # category, message, path: lines move


class Total(Metric):
    """Places that warned: each category, message, file and line once, however often.

    JUnit XML tells no warnings, and a run without pytest's warnings plugin records none: there it cannot be measured.
    """

    name = "warnings.total"

    def measure(self, facts: Facts, arguments: Sequence[str], on_new: bool) -> Measure:
        """How many there are."""
        return _new(facts) if on_new else _measure(facts, facts.now.warnings)


class New(Metric):
    """Places that warned and did not in the baseline.

    A place is known by category, message and file, since lines move; numbers, times and addresses in messages are taken
    for equal. Where a file warns the same way from more lines than before, the additional ones are new.
    """

    name = "warnings.new"
    on_new = False

    def measure(self, facts: Facts, arguments: Sequence[str], on_new: bool) -> Measure:
        """How many are new."""
        return _new(facts)


def _new(facts: Facts) -> Measure:
    before = usable(facts)
    if isinstance(before, Lack):
        return lacking(before)
    if not _records(before):
        return Measure(None, why=f"the baseline {before.run.id} holds no warnings")
    left = Counter(map(_origin, before.warnings))
    new = []
    for warned in sorted(facts.now.warnings, key=_order):
        origin = _origin(warned)
        if left[origin]:
            left[origin] -= 1
        else:
            new.append(warned)
    return _measure(facts, new)


def _measure(facts: Facts, warnings: Sequence[Warned]) -> Measure:
    if not _records(facts.now):
        return Measure(None, why="what this run is read from tells no warnings")
    items = tuple(
        Item(f"{one.path}:{one.line}", float(one.count), f"{one.category}: {' '.join(one.message.split())}")
        for one in sorted(warnings, key=lambda one: (-one.count, _order(one)))
    )
    out_of_sight = hidden(facts)
    value = float(len(items))
    return Measure(
        value,
        items,
        sample=len(facts.now.tests),
        possible=(value, math.inf) if out_of_sight else None,
        why=out_of_sight.why,
    )


def _records(run: RunFacts) -> bool:
    """Whether a run has recorded its warnings: it is one of ours, with the plugin that catches them."""
    arguments = " ".join(run.run.arguments)
    return bool(run.run.id) and "-p no:warnings" not in arguments and "-pno:warnings" not in arguments


def _origin(warned: Warned) -> _Origin:
    return warned.category, normal(warned.message), warned.path


def _order(warned: Warned) -> tuple[str, int, str, str, str, str]:
    return warned.path, warned.line, warned.category, warned.message, warned.when, warned.nodeid
