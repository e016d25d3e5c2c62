"""Collecting the tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pytest_agentgate.gates.baseline import lacking, usable
from pytest_agentgate.gates.facts import Facts, Lack, RunFacts
from pytest_agentgate.gates.metric import Metric
from pytest_agentgate.model import Scope
from pytest_agentgate.model.judgement import Item, Measure


class Errors(Metric):
    """Files, folders and classes that could not be collected, each once however many workers report it."""

    name = "collection.errors"
    of_tests = True

    def measure(self, facts: Facts, arguments: Sequence[str], on_new: bool) -> Measure:
        """How many there are."""
        errors = _errors(facts.now)
        if on_new:
            before = usable(facts)
            if isinstance(before, Lack):
                return lacking(before)
            old = _errors(before)
            errors = {name: item for name, item in errors.items() if name not in old}
        return Measure(float(len(errors)), tuple(errors.values()))


def _errors(run: RunFacts) -> Mapping[str, Item]:
    found: dict[str, str] = {}
    for failure in run.failures:
        if failure.scope is Scope.COLLECT:
            found[failure.nodeid] = min(found.get(failure.nodeid, failure.reason.title), failure.reason.title)
    return {name: Item(name, note=found[name]) for name in sorted(found)}
