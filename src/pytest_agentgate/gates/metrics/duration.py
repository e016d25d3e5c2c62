"""The time that tests took."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pytest_agentgate.gates.durations import percentile95, timed, total
from pytest_agentgate.gates.facts import Facts
from pytest_agentgate.gates.metric import Metric
from pytest_agentgate.model.judgement import Measure, Unit


class Total(Metric):
    """The time that all tests took together, in setup and call of their last attempts; not that of the session.

    Without a test that ran it cannot be measured.
    """

    name = "duration.total"
    unit = Unit.SECONDS
    of_tests = True

    def measure(self, facts: Facts, arguments: Sequence[str], on_new: bool) -> Measure:
        """The sum."""
        return timed(facts, on_new, total, lambda least: (least, math.inf))


class P95(Metric):
    """The time that 95% of the tests do not exceed, by the nearest rank, in setup and call of their last attempts.

    Skipped tests are not counted: they would make the others look fast. Without a test that ran it cannot be measured.
    """

    name = "duration.p95"
    unit = Unit.SECONDS
    of_tests = True

    def measure(self, facts: Facts, arguments: Sequence[str], on_new: bool) -> Measure:
        """The 95th percentile."""
        return timed(facts, on_new, percentile95, lambda _: (0.0, math.inf))
