"""Hostile text made fit for a terminal, and how many columns it takes there."""

from __future__ import annotations

import unicodedata

CUT = "..."


def printable(text: str) -> str:
    """The text on one line, with everything that does not print escaped as ``repr`` escapes it."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def printable_lines(text: str) -> str:
    """The text with its line breaks kept, tabs expanded, and everything else that does not print escaped."""
    return "\n".join(printable(line.expandtabs()) for line in text.replace("\r\n", "\n").split("\n"))


def columns(text: str) -> int:
    """How many columns printable text takes: wide characters two, combining ones none."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def fit(text: str, width: int | None) -> str:
    """Printable text of at most ``width`` columns; what does not fit is cut off and the cut is marked."""
    if width is None or columns(text) <= width:
        return text
    return _head(text, max(width - len(CUT), 0)) + CUT[:width]


def wrap(text: str, width: int | None, lines: int | None = None) -> list[str]:
    """Printable text in at most ``lines`` lines of at most ``width`` columns, broken at spaces where there are any."""
    if width is None or columns(text) <= width:
        return [text]
    width = max(width, 2)  # the width of one wide character
    wrapped: list[str] = []
    rest = text
    while columns(rest) > width:
        if lines is not None and len(wrapped) == lines - 1:
            return [*wrapped, fit(rest, width)]
        head = _head(rest, width + 1)
        space = head.rfind(" ") if len(head) > 1 else -1
        if space <= 0:
            head = _head(rest, width)
            space = len(head)
        wrapped.append(rest[:space].rstrip(" "))
        rest = rest[space:].lstrip(" ")
    return [*wrapped, rest]


def _head(text: str, width: int) -> str:
    if text.isascii():
        return text[:width]
    taken = 0
    for index, character in enumerate(text):
        taken += _columns(character)
        if taken > width:
            return text[:index]
    return text
