"""Numbers with units, as conditions state them and as tests record them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal

from pytest_agentgate.model.judgement import Unit
from pytest_agentgate.patterns import deferred
from pytest_agentgate.report.measures import SUFFIXES

NUMBER = r"[+-]?[0-9](?:_?[0-9])*(?:\.[0-9](?:_?[0-9])*)?(?:[eE][+-]?[0-9]{1,3})?"
"""How a condition writes a number, as a regular expression."""

UNIT_OF: Mapping[str, Unit] = {suffix: unit for unit, suffixes in SUFFIXES.items() for suffix in suffixes}
"""Suffix -> what a number before it is measured in."""

# The Greek letter is on keyboards, the sign is what is printed.
_SPELLED = {"us": "\N{MICRO SIGN}s", "\N{GREEK SMALL LETTER MU}s": "\N{MICRO SIGN}s"}
_LAST_WORDS = {"sec": "s", "secs": "s", "seconds": "s"} | {word: word for word in ("ns", "us", "ms", "s", "min")}
_WRITTEN = deferred(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)\s*(%|[^\W\d_]+)")


def spelled(suffix: str) -> str:
    """A suffix as it is printed; one that is not known as it is."""
    return _SPELLED.get(suffix, suffix)


def told_by_name(name: str) -> str:
    """The suffix that the last word of a property's name is: ``ms`` of ``latency_ms``; "" where it is none."""
    rest, _, word = name.lower().rpartition("_")
    return spelled(_LAST_WORDS.get(word, "")) if rest else ""


def taken_in(text: str, number: float | None, suffix: str, name: str) -> float | None:
    """What a test recorded, for a condition that states its value with a suffix; None where it is nothing of the kind.

    A text with a unit is converted. A number alone is of the unit that the property's name ends with, else of the one
    that the condition states; without any suffix numbers are compared as they are.

    Args:
        text: as it was recorded.
        number: the text, where it is a number alone.
        suffix: one of ``UNIT_OF``, or "".
        name: of the property.
    """
    if not suffix:
        return number
    unit = UNIT_OF[suffix]
    if number is not None:
        if not math.isfinite(number):
            return None
        value, of = Decimal(repr(number)), told_by_name(name) or suffix
    else:
        written = _WRITTEN.fullmatch(text.strip())
        if written is None:
            return None
        value, of = Decimal(written[1]), spelled(written[2])
    if of not in SUFFIXES[unit]:
        return None
    converted = float(value * SUFFIXES[unit][of])
    return converted if math.isfinite(converted) else None
