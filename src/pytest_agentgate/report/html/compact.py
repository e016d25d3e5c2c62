"""Data made small for a page: JSON for a script, packed where it is large, and long texts within a budget."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable
from zlib import compress

from pytest_agentgate.model import JSON

LEFT_OUT = "... {:,} characters left out ..."
_LEVEL = 6  # of zlib: 9 takes twice as long, for two percent
_UNSAFE = (("&", "\\u0026"), ("<", "\\u003c"), (">", "\\u003e"))


def script_json(value: JSON) -> str:
    """JSON in ASCII that may stand in a script element: nothing in it ends the element or begins a comment."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for character, escaped in _UNSAFE:
        text = text.replace(character, escaped)
    return text


def packed(text: str) -> str:
    """An ASCII text as base64 of a zlib stream, which browsers call ``deflate``; equal texts give equal ones."""
    return b64encode(compress(text.encode("ascii"), _LEVEL)).decode("ascii")


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

    def has_room(self, size: int) -> bool:
        """Whether that many characters of JSON have room still."""
        return size <= self._room

    def place(self, text: str) -> int:
        """The row of a text, which is added if there is room; -1 where there is none, or nothing to show."""
        if not text:
            return -1
        known = self._places.get(text)
        if known is not None:
            return known
        size = len(json.dumps(text))
        if not self.has_room(size):
            return -1
        self._room -= size
        self._places[text] = len(self.rows)
        self.rows.append(text)
        return len(self.rows) - 1
