"""What the guard found in the tests."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_agentgate.gates.facts import Facts
from pytest_agentgate.gates.metric import Metric
from pytest_agentgate.model.judgement import Measure


class Guarded(Metric):
    """What a guard counts."""

    on_new = False

    def measure(self, facts: Facts, arguments: Sequence[str], on_new: bool) -> Measure:
        """What a guard handed in under the canonical name."""
        nobody = Measure(None, why="no guard has looked at the tests: this version has none")
        return facts.measured.get(self.canonical(arguments), nobody)


class Findings(Guarded):
    """Places where a change made the tests weaker; this version has no guard, so that it cannot be measured."""

    name = "guard.findings"


class OfRule(Guarded):
    """Findings of one rule of the guard; this version has no guard, so that it cannot be measured."""

    name = "guard.<rule>"
