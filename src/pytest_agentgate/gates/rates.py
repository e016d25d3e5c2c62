"""Which part of some tests passed."""

from __future__ import annotations

from collections.abc import Mapping

from pytest_agentgate.model import Outcome, Result
from pytest_agentgate.model.judgement import Item
from pytest_agentgate.values import frozen

_PASSING = (Outcome.PASSED, Outcome.XFAILED)
_NOTES = {Outcome.XPASSED: "passed, and was expected to fail", Outcome.NOT_RUN: "not run", Outcome.ERROR: "error"}


@frozen
class Rate:
    """Tests that passed or failed as expected, of all that were not skipped."""

    passing: int
    counted: int
    skipped: int
    items: tuple[Item, ...]  # those that are counted and not passing


def rate(tests: Mapping[str, Result]) -> Rate:
    """What became of the tests."""
    skipped = sum(test.outcome is Outcome.SKIPPED for test in tests.values())
    items = tuple(
        Item(nodeid, note=_NOTES.get(test.outcome, ""))
        for nodeid, test in tests.items()
        if test.outcome not in _PASSING and test.outcome is not Outcome.SKIPPED
    )
    counted = len(tests) - skipped
    return Rate(counted - len(items), counted, skipped, items)
