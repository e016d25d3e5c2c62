"""Data made small for a page: sorted texts without what they share, long texts within a budget, JSON for a script."""

from __future__ import annotations

import json
from collections.abc import Iterable

from pytest_agentgate.model import JSON

LEFT_OUT = "... {:,} characters left out ..."
_UNSAFE = (("&", "\\u0026"), ("<", "\\u003c"), (">", "\\u003e"))


def script_json(value: JSON) -> str:
    """JSON in ASCII that may stand in a script element: nothing in it ends the element or begins a comment."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for character, escaped in _UNSAFE:
        text = text.replace(character, escaped)
    return text


def front_coded(texts: Iterable[str]) -> dict[str, JSON]:
    """``shared``: how many UTF-16 units each text has in common with the one before it; ``rest``: what follows them.

    Front coding, as dictionaries store sorted words; the unit is that of a browser's strings.
    """
    shared: list[JSON] = []
    rest: list[JSON] = []
    before = ""
    for text in texts:
        common = _common(before, text)
        shared.append(common if text.isascii() else _units(text[:common]))
        rest.append(text[common:])
        before = text
    return {"shared": shared, "rest": rest}


def deltas(numbers: Iterable[int]) -> list[JSON]:
    """Ascending numbers as the first and the steps between them."""
    steps: list[JSON] = []
    before = 0
    for number in sorted(numbers):
        steps.append(number - before)
        before = number
    return steps


def shortened(text: str, longest: int) -> str:
    """At most about ``longest`` characters of a text: its end, which says what failed, and some of its beginning."""
    if len(text) <= longest:
        return text
    head, tail = longest // 4, longest - longest // 4
    return f"{text[:head]}\n{LEFT_OUT.format(len(text) - head - tail)}\n{text[-tail:]}"


class Texts:
    """A table of distinct texts, as long as there is room: ``rows`` is what the page gets."""

    def __init__(self) -> None:
        self.rows: list[JSON] = []
        self._places: dict[str, int] = {}
        self._room = 0

    def allow(self, size: int) -> None:
        """Make room for that many characters of JSON, in place of what was left."""
        self._room = size

    def place(self, text: str) -> int:
        """The row of a text, which is added if there is room; -1 where there is none, or nothing to show."""
        if not text:
            return -1
        known = self._places.get(text)
        if known is not None:
            return known
        size = len(json.dumps(text))
        if size > self._room:
            return -1
        self._room -= size
        self._places[text] = len(self.rows)
        self.rows.append(text)
        return len(self.rows) - 1


def _common(one: str, other: str) -> int:
    if other.startswith(one):
        return len(one)
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if other.startswith(one[:middle]):
            low = middle
        else:
            high = middle - 1
    return low


def _units(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)
