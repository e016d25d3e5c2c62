"""What is new: what the baseline does not have."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_agentgate.gates.facts import Facts, Lack, RunFacts
from pytest_agentgate.gates.whole import missing
from pytest_agentgate.model import Result
from pytest_agentgate.model.judgement import Measure


def usable(facts: Facts) -> RunFacts | Lack:
    """The baseline, if it can be one: another run, which came to its end."""
    before = facts.baseline
    if isinstance(before, Lack):
        return before
    command = f"{facts.remeasure} --baseline RUN"
    if before.run.id and before.run.id == facts.now.run.id:
        return Lack(f"the baseline {before.run.id} is the run itself, beside which nothing is new", command)
    if lacks := missing(before):
        return Lack(f"what the baseline {before.run.id} had is not known: {lacks}", command)
    return before


def lacking(lack: Lack) -> Measure:
    """A measure that could not be taken."""
    return Measure(None, why=lack.why, command=lack.command)


def tests_of(facts: Facts, on_new: bool) -> Mapping[str, Result] | Lack:
    """The tests of the run, or those of them that the baseline has not."""
    tests = facts.now.tests
    if not on_new:
        return tests
    before = usable(facts)
    if isinstance(before, Lack):
        return before
    old = before.tests
    return {nodeid: test for nodeid, test in tests.items() if nodeid not in old}
