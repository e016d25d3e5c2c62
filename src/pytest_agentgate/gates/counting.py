"""Metrics that count things with names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from pytest_agentgate.gates.baseline import lacking, usable
from pytest_agentgate.gates.facts import Facts, Lack, RunFacts
from pytest_agentgate.gates.hidden import hidden
from pytest_agentgate.gates.metric import Metric
from pytest_agentgate.model.judgement import Item, Measure, Unit


class Count(Metric):
    """A number of things, each of which has a name; those are new whose name the baseline does not have."""

    unit = Unit.COUNT
    named: ClassVar[bool] = True  # whether those that are not new are worth naming

    def things(self, run: RunFacts, arguments: Sequence[str]) -> Mapping[str, str]:
        """The names of what is counted, each with a note, in the order in which they are shown."""
        raise NotImplementedError(self.name)

    def measure(self, facts: Facts, arguments: Sequence[str], on_new: bool) -> Measure:
        """How many there are, and at most could be if all that is hidden were among them."""
        things = self.things(facts.now, arguments)
        if on_new:
            before = usable(facts)
            if isinstance(before, Lack):
                return lacking(before)
            old = self.things(before, arguments)
            things = {name: note for name, note in things.items() if name not in old}
        named = self.named or on_new
        items = tuple(Item(name, note=note) for name, note in things.items()) if named else ()
        return counted(facts, items, len(things))


def counted(facts: Facts, items: tuple[Item, ...], number: int) -> Measure:
    """The measure of things that tests may have, where the tests that are hidden may have them too."""
    value = float(number)
    out_of_sight = hidden(facts)
    return Measure(
        value,
        items,
        sample=len(facts.now.tests),
        possible=(value, value + out_of_sight.tests) if out_of_sight else None,
        why=out_of_sight.why,
    )
