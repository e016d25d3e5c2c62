"""Causes of failures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pytest_agentgate.gates.baseline import usable
from pytest_agentgate.gates.counting import Count, counted
from pytest_agentgate.gates.facts import Facts, Lack, RunFacts
from pytest_agentgate.model import Cause, CauseStatus
from pytest_agentgate.model.judgement import Item, Measure


class Total(Count):
    """Causes of failures; those whose tests all passed when they were attempted again do not count."""

    name = "causes.total"

    def things(self, run: RunFacts, arguments: Sequence[str]) -> Mapping[str, Item]:
        """The causes that made something fail in the end, by signature."""
        return _items(_lasting(run))


class New(Count):
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
            return Measure(None, why=before.why, command=before.command)
        else:
            old = {cause.signature for cause in before.causes}
            new = [cause for cause in lasting if cause.signature not in old]
        return counted(facts, tuple(_items(new).values()))


def _lasting(run: RunFacts) -> list[Cause]:
    final = {failure.signature for failure in run.failures if failure.final}
    return [cause for cause in run.causes if cause.status is not CauseStatus.FLAKY or cause.signature in final]


def _items(causes: Sequence[Cause]) -> dict[str, Item]:
    """The largest first."""
    ordered = sorted(causes, key=lambda cause: (-cause.size, cause.kind, cause.signature))
    return {
        cause.signature: Item(cause.title, float(cause.size), f"{cause.kind} {cause.signature}") for cause in ordered
    }
