"""Services: whether those that the tests need were ready. None can be configured yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pytest_agentgate.model.judgement import Measure
from pytest_agentgate.runner.measures.scene import Scene, Wanted, unavailable


def measure(wanted: Sequence[Wanted], scene: Scene, tell: Callable[[int, int], object]) -> Mapping[str, Measure]:
    """``services.ready``."""
    return {one.metric: unavailable("this version of agentgate starts no services") for one in wanted}
