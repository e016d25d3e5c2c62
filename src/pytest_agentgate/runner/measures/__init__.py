"""What a run does not measure itself: coverage, benchmarks, the project's own checks. One file per family of metrics.

Whatever cannot be measured is a Measure that says why, and which command measures it; nothing here raises for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

from pytest_agentgate.model.judgement import Measure
from pytest_agentgate.runner.measures.scene import Scene, Wanted, unavailable

__all__ = ["Scene", "Wanted", "measure", "unavailable"]

# First word of a metric -> the module that measures it: ``measure(wanted, scene, tell)``.
_FAMILIES = {
    "coverage": "coverage",
    "files": "coverage",
    "benchmark": "benchmark",
    "check": "checks",
    "services": "services",
}


def measure(
    wanted: Sequence[Wanted], scene: Scene, tell: Callable[[int, int], object] = lambda done, total: None
) -> Mapping[str, Measure]:
    """Metric -> what it came to in a run; ``tell`` is told of (done, total) commands where they are run."""
    by_module: dict[str, list[Wanted]] = {}
    for one in wanted:
        by_module.setdefault(_FAMILIES[one.pattern.partition(".")[0]], []).append(one)
    measured: dict[str, Measure] = {}
    for name, members in by_module.items():
        measured |= import_module(f"{__name__}.{name}").measure(members, scene, tell)
    return measured
