"""The metrics, one file for each family: this folder is the registry.

A family is the first part of a metric's name, and the name of its file. It is imported when it is asked for: a run
that is judged needs few of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from pytest_agentgate.gates.metric import Metric


def known() -> Mapping[str, Metric]:
    """Every metric by its name, those of a family together."""
    return {metric.name: metric for family in families() for metric in of_family(family)}


@cache
def families() -> tuple[str, ...]:
    """The first parts of all names, sorted."""
    return tuple(sorted(module.name for module in iter_modules(__path__)))


@cache
def of_family(family: str) -> tuple[Metric, ...]:
    """The metrics whose name begins with a word, in the order of their file."""
    if family not in families():
        return ()
    module = import_module(f"{__name__}.{family}")
    return tuple(
        each()
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, Metric) and each.__module__ == module.__name__ and each.name
    )


def named(pattern: str) -> Metric:
    """The metric of a name; KeyError where there is none."""
    return {metric.name: metric for metric in of_family(pattern.partition(".")[0])}[pattern]


def find(parts: Sequence[str]) -> tuple[Metric, tuple[str, ...]] | None:
    """The metric that a name's parts are, and its arguments; one without parameters before any with."""
    found = [
        (metric, arguments) for metric in of_family(parts[0]) if (arguments := metric.arguments(parts)) is not None
    ]
    return min(found, key=lambda one: len(one[1]), default=None)
