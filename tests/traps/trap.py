"""Bugs that look like changes: small packages in whose head the implementation is wrong, and its own code says so.

Each trap is a package at base, the bug as replacements of its text, and tests that pass at base and fail at head. Where
``change`` is given, these further replacements turn the bug into an honest change of the same kind: the package's own
code follows, and so may the tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from textwrap import dedent

Replacements = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Trap:
    """One package; ``text`` holds its files, each behind ``# file: PATH``."""

    name: str  # of the package, and of its tests
    bug: str  # what is wrong, and how its own code tells
    text: str
    wrong: Replacements
    tests: str
    change: Replacements = ()  # beside ``wrong``; with them the tests may follow
    is_followed: bool = True  # whether a repair follows the honest change without being asked

    def base(self) -> dict[str, str]:
        return _files(self.text)

    def head(self) -> dict[str, str]:
        return self._with(self.wrong)

    def changed(self) -> dict[str, str]:
        return self._with((*self.wrong, *self.change))

    def _with(self, replacements: Replacements) -> dict[str, str]:
        text = dedent(self.text)
        for before, after in replacements:
            assert text.count(before) == 1, f"{self.name}: {before!r} is there {text.count(before)} times"
            text = text.replace(before, after)
        return _files(text)


def _files(text: str) -> dict[str, str]:
    lines = dedent(text).strip("\n").splitlines(keepends=True)
    starts = [number for number, line in enumerate(lines) if line.startswith("# file: ")]
    return {
        lines[start].removeprefix("# file: ").strip(): "".join(lines[start + 1 : end])
        for start, end in pairwise([*starts, len(lines)])
    }
