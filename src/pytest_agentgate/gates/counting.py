"""Metrics that count things with names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pytest_agentgate.gates.baseline import lacking, usable
from pytest_agentgate.gates.facts import Facts, Lack, RunFacts
from pytest_agentgate.gates.hidden import hidden
from pytest_agentgate.gates.metric import Metric
from pytest_agentgate.model.judgement import Item, Measure, Unit


class Count(Metric):
    """A number of things, each of which has a name; those are new whose name the baseline does not have."""

    unit = Unit.COUNT

    def things(self, run: RunFacts, arguments: Sequence[str]) -> Mapping[str, Item]:
        """What is counted, by what tells it from others in every run; in the order in which it is shown."""
        raise NotImplementedError(self.name)

    def measure(self, facts: Facts, arguments: Sequence[str], on_new: bool) -> Measure:
        """How many there are, and at most could be if all that is hidden were among them."""
        things = self.things(facts.now, arguments)
        if on_new:
            before = usable(facts)
            if isinstance(before, Lack):
                return lacking(before)
            old = self.things(before, arguments)
            things = {key: item for key, item in things.items() if key not in old}
        return counted(facts, tuple(things.values()))


def counted(facts: Facts, items: tuple[Item, ...], number: int | None = None) -> Measure:
    """The measure of things that tests may have, where the tests that are hidden may have them too."""
    value = float(len(items) if number is None else number)
    out_of_sight = hidden(facts)
    return Measure(
        value,
        items,
        sample=len(facts.now.tests),
        possible=(value, value + out_of_sight.tests) if out_of_sight else None,
        why=out_of_sight.why,
    )
