"""Tests that nobody saw, because what holds them could not be collected."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from pytest_agentgate.gates.facts import Facts, RunFacts
from pytest_agentgate.model import Scope
from pytest_agentgate.values import frozen

_SHOWN = 5  # names in a line


@frozen
class Hidden:
    """What could not be collected."""

    collectors: Mapping[str, int | None]  # node id -> tests in it; None: not known

    def __bool__(self) -> bool:
        return bool(self.collectors)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Those of which no earlier run tells how many tests they hold."""
        return tuple(name for name, tests in self.collectors.items() if tests is None)

    @property
    def tests(self) -> float:
        """How many tests there are at most: infinite where that is not known."""
        return math.inf if self.unknown else sum(tests or 0 for tests in self.collectors.values())

    @property
    def why(self) -> str:
        """One line on what is not known for them, "" where there are none."""
        if not self.collectors:
            return ""
        whose = "their" if len(self.collectors) > 1 else "its"
        return f"{listed(tuple(self.collectors))} could not be collected, and what {whose} tests would do is not known"

    @property
    def why_uncounted(self) -> str:
        """One line on those whose tests no earlier run tells the number of, "" where there are none."""
        if not self.unknown:
            return ""
        return f"{listed(self.unknown)} could not be collected, and how many tests that hides is not known"


def hidden(facts: Facts) -> Hidden:
    """What a run could not collect, and how many tests that hides as far as earlier runs tell."""
    now = facts.now
    collectors = sorted({failure.nodeid for failure in now.failures if failure.scope is Scope.COLLECT})
    return Hidden({name: _tests(name, facts) for name in collectors})


def is_below(nodeid: str, collector: str) -> bool:
    """Whether a test is one of those in a file, a class or a folder."""
    return collector in ("", ".") or nodeid.startswith((f"{collector}::", f"{collector}/"))


def listed(names: Sequence[str]) -> str:
    """``a.py, b.py and 3 more``."""
    if len(names) <= _SHOWN:
        return ", ".join(names)
    return f"{', '.join(names[:_SHOWN])} and {len(names) - _SHOWN:,} more"


def _tests(collector: str, facts: Facts) -> int | None:
    found = facts.hidden.get(collector) or sum(
        number for file, number in facts.hidden.items() if is_below(file, collector)
    )
    if not found and isinstance(facts.baseline, RunFacts):
        found = sum(is_below(nodeid, collector) for nodeid in facts.baseline.tests)
    if found:
        return found
    # A cause with several of them tells a sum in which some may be missing.
    alone = [cause for cause in facts.now.causes if cause.tests == (collector,)]
    return next((cause.hidden for cause in alone if cause.hidden is not None), None)
