"""What pytest-benchmark measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from pytest_agentgate.gates.metric import MeasuredOutside
from pytest_agentgate.model.judgement import Unit

_COUNTS = ("rounds",)
_RATES = ("ops",)
_SECONDS = ("min", "max", "mean", "median", "stddev", "iqr", "q1", "q3", "total")


class Stat(MeasuredOutside):
    """A figure of one benchmark, as pytest-benchmark calls both, in seconds; ``rounds`` and ``ops`` are numbers.

    The figures are ``min``, ``max``, ``mean``, ``median``, ``stddev``, ``iqr``, ``q1``, ``q3``, ``total``, ``rounds``
    and ``ops``.
    """

    name = "benchmark.<name>.<stat>"
    unit = Unit.SECONDS
    choices: ClassVar[Mapping[str, Sequence[str]]] = {"<stat>": (*_SECONDS, *_COUNTS, *_RATES)}

    def unit_of(self, arguments: Sequence[str]) -> Unit:
        """Seconds, for most figures."""
        _, stat = arguments
        return Unit.COUNT if stat in _COUNTS else Unit.NUMBER if stat in _RATES else Unit.SECONDS
