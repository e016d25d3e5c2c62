"""What a metric is: its name, its unit, and how it is measured."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from pytest_agentgate.gates.facts import Facts
from pytest_agentgate.model.judgement import Measure, Unit
from pytest_agentgate.patterns import deferred
from pytest_agentgate.report.measures import SUFFIXES

_BARE = deferred(r"[\w-]+")


class Metric:
    """Something of a run that a condition can be about.

    The name is a pattern: ``property.<name>.max`` is a family of metrics, one for each name. What stands for the parts
    in angle brackets are its arguments. The docstring is the documentation.
    """

    name: ClassVar[str] = ""
    unit: ClassVar[Unit] = Unit.COUNT
    on_new: ClassVar[bool] = True  # whether it can be held to a baseline
    outside: ClassVar[bool] = False  # whether the harness has to measure it
    of_tests: ClassVar[bool] = False  # whether its items are what pytest can be asked to run
    choices: ClassVar[Mapping[str, Sequence[str]]] = {}  # part in angle brackets -> what may stand for it

    @property
    def meaning(self) -> str:
        """What it is, in one paragraph."""
        return " ".join(inspect.cleandoc(self.__doc__ or "").split())

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of the name: ``property``, ``<name>``, ``max``."""
        return tuple(self.name.split("."))

    def arguments(self, parts: Sequence[str]) -> tuple[str, ...] | None:
        """What stands for the parts in angle brackets; None where the parts are another metric's."""
        if len(parts) != len(self.parts):
            return None
        pairs = list(zip(self.parts, parts, strict=True))
        if any(pattern != part for pattern, part in pairs if not is_parameter(pattern)):
            return None
        return tuple(part for pattern, part in pairs if is_parameter(pattern))

    def canonical(self, arguments: Sequence[str]) -> str:
        """The one way to write the name with these arguments."""
        given = iter(arguments)
        return ".".join(quoted(next(given)) if is_parameter(part) else part for part in self.parts)

    def unit_of(self, arguments: Sequence[str]) -> Unit:
        """The unit, where it depends on an argument."""
        return self.unit

    def suffixes(self, arguments: Sequence[str]) -> Sequence[str]:
        """What may stand behind the number that a condition compares it with."""
        return tuple(SUFFIXES.get(self.unit_of(arguments), ()))

    def stated_in(self, suffix: str) -> Metric:
        """The same metric, for a condition that states its value with a suffix; "" for none."""
        return self

    def measure(self, facts: Facts, arguments: Sequence[str], on_new: bool) -> Measure:
        """What it came to; ``on_new``: of what the baseline does not have."""
        raise NotImplementedError(self.name)


class MeasuredOutside(Metric):
    """A metric that needs more than what a run records."""

    on_new = False
    outside = True

    def measure(self, facts: Facts, arguments: Sequence[str], on_new: bool) -> Measure:
        """What the harness measured under the canonical name, else the command with which it would."""
        name = self.canonical(arguments)
        if name in facts.measured:
            return facts.measured[name]
        return Measure(None, why=f"{name} is measured from outside of the run", command=facts.remeasure)


def is_parameter(part: str) -> bool:
    """Whether a part of a metric's name stands for others."""
    return part.startswith("<")


def quoted(part: str) -> str:
    """A part as it is written in a condition: in quotes where it holds more than letters, digits, ``_`` and ``-``."""
    if _BARE.fullmatch(part):
        return part
    escaped = part.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def spellings(metric: Metric, parts: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The names of a metric that somebody who wrote these parts may have meant."""
    names: list[tuple[str, ...]] = [()]
    for position, pattern in enumerate(metric.parts):
        if not is_parameter(pattern):
            choices: Sequence[str] = (pattern,)
        elif pattern in metric.choices:
            choices = metric.choices[pattern]
        else:
            choices = (parts[position] if len(parts) == len(metric.parts) else pattern,)
        names = [(*name, choice) for name in names for choice in choices]
    yield from names
