"""What tests record with ``record_property``: any object under any name, made bounded texts and numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import islice

from pytest_agentgate.capture.bounded import bounded_str

MOST = 64  # properties of one attempt at a test
NAME = 200  # characters
TEXT = 500  # characters
_NUMERIC = frozenset("0123456789+-.eE")


def described(recorded: Iterable[tuple[object, object]]) -> list[tuple[str, str, float | None]]:
    """Name, text and number of each property, in the order of recording; the first of too many."""
    return [
        (bounded_str(name, NAME), text := bounded_str(value, TEXT), number_in(text))
        for name, value in islice(recorded, MOST)
    ]


def number_in(text: str) -> float | None:
    """The number that a text is: decimal and finite, as ``12.5``, ``-3`` or ``1e-05``."""
    plain = text.strip()
    if not (_NUMERIC.issuperset(plain) and plain):
        return None  # as 1_000, nan and digits of other scripts, which float() takes
    try:
        number = float(plain)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
