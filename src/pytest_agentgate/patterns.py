"""Regular expressions that are compiled when they are first used.

A run in which nothing fails needs none of them, and compiling them all takes longer than recording thousands of tests.
"""

from __future__ import annotations

import re
from typing import Any, cast

_compiled = re.compile  # bound once: the first use may be while a test has replaced it


def deferred(text: str, flags: int = 0) -> re.Pattern[str]:
    """As ``re.compile``, later: an error in the text is raised at the first use."""
    return cast("re.Pattern[str]", _Pattern(text, flags))


class _Pattern:
    """Stands for a compiled pattern, and takes over each of its attributes that is asked for."""

    def __init__(self, text: str, flags: int) -> None:
        self._text = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(_compiled(self._text, self._flags), name)  # compiled once: re remembers
        setattr(self, name, found)
        return found
