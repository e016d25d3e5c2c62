"""How a measured value is written, the same in every report."""

from __future__ import annotations

from math import isfinite

from pytest_agentgate.model.judgement import Unit

_STEPS = ((60.0, 60.0, "min"), (1.0, 1.0, "s"), (1e-3, 1e-3, "ms"), (1e-6, 1e-6, "us"), (0.0, 1e-9, "ns"))


def figure(value: float, unit: Unit) -> str:
    """``91.3%``, ``210 ms``, ``1,204``, ``true``: a value in the base of its unit."""
    if unit is Unit.RATIO:
        return f"{_short(value * 100)}%"
    if unit is Unit.FLAG:
        return "true" if value else "false"
    if unit is Unit.SECONDS and value:
        _, size, name = next(step for step in _STEPS if abs(value) >= step[0])
        return f"{_short(value / size)} {name}"
    if unit is Unit.SECONDS:
        return "0 s"
    return _short(value)


def _short(value: float) -> str:
    """Four digits of a fraction; whole numbers as they are."""
    if not isfinite(value):
        return str(value)
    if value == int(value):
        return f"{value:,.0f}"
    return f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.1f}"
