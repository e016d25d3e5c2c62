"""How a value with a unit is written, exactly where it is wanted and short where it was measured."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal

from pytest_agentgate.model.judgement import GateResult, Unit

SUFFIXES: Mapping[Unit, Mapping[str, Decimal]] = {
    Unit.RATIO: {"%": Decimal("0.01")},
    Unit.SECONDS: {
        "h": Decimal(3600),
        "min": Decimal(60),
        "s": Decimal(1),
        "ms": Decimal("0.001"),
        "\N{MICRO SIGN}s": Decimal("0.000001"),
        "ns": Decimal("0.000000001"),
    },
}
"""What may follow a number, and what it makes of it; the other units are numbers alone."""

FLAGS: Mapping[str, float] = {"true": 1.0, "false": 0.0}
_LONGEST = 10**12  # seconds that are told in minutes or hours
_WHOLE = (Unit.COUNT, Unit.STATUS)


def exact(value: float, unit: Unit, suffix: str = "") -> str:
    """A value that loses nothing: ``90%``, ``200 ms``, ``3``, ``true``; with the suffix that is asked for, if any."""
    if unit is Unit.FLAG:
        return "true" if value else "false"
    if not math.isfinite(value):
        return str(value)
    if unit not in SUFFIXES:
        return _plain(Decimal(repr(value)))
    number = Decimal(repr(value))
    suffix = suffix or _suffix(number, unit)
    return _joined(_plain(number / SUFFIXES[unit][suffix]), suffix)


def said(value: float, unit: Unit, beside: float | None = None) -> str:
    """A value for people: ``91.3%``, ``210 ms``, ``1,204``, ``true``.

    It is rounded as far as that neither makes it ``beside``, which it is shown with, nor a ratio all or nothing.
    """
    if unit is Unit.FLAG or not math.isfinite(value):
        return exact(value, unit)
    if unit in _WHOLE and value == int(value):
        return f"{int(value):,}" if unit is Unit.COUNT else str(int(value))
    suffix, factor = "", Decimal(1)
    if unit in SUFFIXES:
        suffix = _suffix(Decimal(repr(value)), unit, whole=False)
        factor = SUFFIXES[unit][suffix]
    number = Decimal(repr(value)) / factor
    not_to_be = [value_ for value_ in (beside, *((0.0, 1.0) if unit is Unit.RATIO else ())) if value_ != value]
    for more in range(20):
        rounded = _rounded(number, more, unit)
        if float(rounded * factor) not in not_to_be:
            return _joined(_plain(rounded, ","), suffix)
    return exact(value, unit)


def wanted(op: str, value: float, unit: Unit, suffix: str = "") -> str:
    """The side of a condition that is wanted: ``<= 200 ms``."""
    return f"{op} {exact(value, unit, suffix)}"


def measured(result: GateResult) -> str:
    """What a gate measured, written so that it can be told from what was wanted; "" where it measured nothing."""
    if result.measured is None:
        return ""
    return said(result.measured, result.unit, value_of(result.wanted.partition(" ")[2], result.unit))


def value_of(text: str, unit: Unit) -> float | None:
    """The value that ``exact`` wrote; None where it is not of its kind."""
    if unit is Unit.FLAG:
        return FLAGS.get(text)
    number, suffix = text.strip(), ""
    for known in sorted(SUFFIXES.get(unit, ()), key=len, reverse=True):
        if number.endswith(known):
            number, suffix = number.removesuffix(known).rstrip(), known
            break
    try:
        value = float(Decimal(number) * SUFFIXES[unit][suffix]) if suffix else float(number)
    except (ValueError, ArithmeticError):
        return None
    return value if math.isfinite(value) else None


def _suffix(number: Decimal, unit: Unit, whole: bool = True) -> str:
    """The largest suffix that leaves a number of at least 1; ``whole``: minutes and hours only where none is left."""
    whole = whole or abs(number) >= _LONGEST
    for suffix, factor in SUFFIXES[unit].items():
        if abs(number) >= factor and not (whole and factor > 1 and (abs(number) >= _LONGEST or number % factor)):
            return suffix
    return "s" if unit is Unit.SECONDS and not number else suffix


def _rounded(number: Decimal, more: int, unit: Unit) -> Decimal:
    if unit is Unit.RATIO:
        places = 1
    elif not number:
        places = 0
    else:
        places = max(2 - number.adjusted(), 0)  # three digits that count
    return Decimal(f"{number:.{min(places + more, 320)}f}")  # ``round`` refuses numbers of many digits


def _plain(number: Decimal, separator: str = "") -> str:
    """A number without an exponent, unless it needs one, and without zeros at its end."""
    if not number:
        return "0"
    if not -20 <= number.adjusted() <= 20:
        return f"{number.normalize():e}"
    text = f"{number:{separator}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _joined(number: str, suffix: str) -> str:
    return f"{number}{suffix}" if suffix == "%" or not suffix else f"{number} {suffix}"
