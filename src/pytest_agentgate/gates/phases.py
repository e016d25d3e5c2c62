"""Phases judged: their gates, in the order of the configuration, after what they need."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_agentgate.config import Config
from pytest_agentgate.gates.condition import Condition
from pytest_agentgate.gates.facts import Facts
from pytest_agentgate.model.judgement import Check, Phase, PhaseResult


def verify(config: Config) -> None:
    """Make sure that every phase can be judged: it has gates, and each condition can be read.

    Raises ConfigError, which names the file, the phase and the gate.
    """
    raise NotImplementedError(config)


def required(phases: Sequence[Phase], asked: Sequence[str]) -> tuple[Phase, ...]:
    """The phases that are asked for (none: all) and, transitively, those that they need; in their order.

    Raises UsageError for a name that no phase has, or where there are no phases at all.
    """
    raise NotImplementedError(phases, asked)


def judge(
    phases: Sequence[Phase], asked: Sequence[str], facts: Facts, checks: Sequence[Check] = ()
) -> tuple[PhaseResult, ...]:
    """Judge the phases that are asked for (none: all) and those that they need, in the order of the configuration.

    The configuration has been verified. Raises UsageError as ``required`` does.
    """
    raise NotImplementedError(phases, asked, facts, checks)


def measured_outside(phases: Sequence[Phase], asked: Sequence[str]) -> tuple[Condition, ...]:
    """The conditions of the phases asked for, and of those that they need, whose metric the harness has to measure."""
    raise NotImplementedError(phases, asked)
