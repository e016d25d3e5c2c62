"""Causes of failures."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_agentgate.gates.baseline import lacking, usable
from pytest_agentgate.gates.counting import counted
from pytest_agentgate.gates.facts import Facts, Lack, RunFacts
from pytest_agentgate.gates.metric import Metric
from pytest_agentgate.model import Cause, CauseStatus
from pytest_agentgate.model.judgement import Item, Measure


class Total(Metric):
    """Causes of failures; those whose tests all passed when they were attempted again do not count."""

    name = "causes.total"

    def measure(self, facts: Facts, arguments: Sequence[str], on_new: bool) -> Measure:
        """How many there are."""
        lasting = _lasting(facts.now)
        if on_new:
            before = usable(facts)
            if isinstance(before, Lack):
                return lacking(before)
            old = {cause.signature for cause in _lasting(before)}
            lasting = [cause for cause in lasting if cause.signature not in old]
        return _counted(facts, lasting)


class New(Metric):
    """Causes that the baseline does not have; without a baseline those that no earlier run of the record has.

    A cause that the baseline has counts as known there even if its tests passed when they were attempted again.
    """

    name = "causes.new"
    on_new = False

    def measure(self, facts: Facts, arguments: Sequence[str], on_new: bool) -> Measure:
        """How many are new."""
        lasting = _lasting(facts.now)
        before = usable(facts)
        if isinstance(before, Lack) and isinstance(facts.baseline, Lack):
            new = [cause for cause in lasting if cause.status is CauseStatus.NEW]
        elif isinstance(before, Lack):
            return lacking(before)
        else:
            old = {cause.signature for cause in before.causes}
            new = [cause for cause in lasting if cause.signature not in old]
        return _counted(facts, new)


def _lasting(run: RunFacts) -> list[Cause]:
    final = {failure.signature for failure in run.failures if failure.final}
    return [cause for cause in run.causes if cause.status is not CauseStatus.FLAKY or cause.signature in final]


def _counted(facts: Facts, causes: Sequence[Cause]) -> Measure:
    """The measure of causes, the largest first."""
    ordered = sorted(causes, key=lambda cause: (-cause.size, cause.kind, cause.signature))
    items = tuple(Item(cause.title, float(cause.size), f"{cause.kind} {cause.signature}") for cause in ordered)
    return counted(facts, items, len(items))
