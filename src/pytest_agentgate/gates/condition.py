"""Conditions: ``METRIC OP VALUE [on new|all]``."""

from __future__ import annotations

from pytest_agentgate.errors import AgentgateError
from pytest_agentgate.values import frozen


class ConditionError(AgentgateError):
    """A condition is none; the message points at the character."""


@frozen
class Condition:
    """A condition that was understood."""

    text: str  # as it was written
    metric: str  # canonical: "tests.pass_rate", 'property."p95 latency".max'
    pattern: str  # of the metric that it is one of: "property.<name>.max"
    arguments: tuple[str, ...]  # what stands for the parts of the pattern in angle brackets
    op: str  # == != < <= > >=
    value: float  # in the metric's unit: a ratio of 0 to 1, seconds, 1 for true
    on_new: bool = False


def parse(text: str) -> Condition:
    """Read a condition.

    Raises ConditionError.
    """
    raise NotImplementedError(text)
