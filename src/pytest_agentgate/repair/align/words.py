"""How alike two names and two sets of words are, each as a number from 0 to 1."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from difflib import SequenceMatcher
from functools import lru_cache
from math import log

_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@lru_cache(maxsize=65536)
def parts(name: str) -> tuple[str, ...]:
    """The words of an identifier, in lower case: ``HTTPServerError`` is http, server, error."""
    return tuple(part.lower() for part in _PART.findall(name))


@lru_cache(maxsize=65536)
def alike(old: str, new: str) -> float:
    """How alike two identifiers are; case and underscores don't count, an abbreviation counts for less."""
    one, other = parts(old), parts(new)
    if not one or not other:
        return 1.0 if old == new else 0.0
    if one == other or "".join(one) == "".join(other):
        return 1.0
    left, shared = list(other), 0.0
    for part in one:
        best = max(left, key=lambda each: (_same(part, each), each), default=None)
        if best is not None and _same(part, best):
            shared += _same(part, best)
            left.remove(best)
    whole = 2 * shared / (len(one) + len(other))
    if len(one) > 1:
        return whole
    spelled = SequenceMatcher(None, one[0], "".join(other), autojunk=False)
    close = spelled.real_quick_ratio() >= 0.75 and spelled.quick_ratio() >= 0.75 and spelled.ratio() >= 0.75
    return max(whole, 0.9 * spelled.ratio()) if close else whole


def _same(one: str, other: str) -> float:
    if one == other:
        return 1.0
    if one.rstrip("s") == other.rstrip("s"):
        return 0.75  # one of them and several of them are different things
    short, long = sorted((one, other), key=len)
    if len(short) >= 3 and long.startswith(short):
        return 0.75
    rest = iter(long)
    abbreviates = len(short) >= 3 and short[0] == long[0] and all(letter in rest for letter in short)
    return 0.6 if abbreviates and not set(short[1:]) & set("aeiou") else 0.0


class Rarity:
    """How much a word tells: the fewer definitions have it, the more.

    Counted in whole numbers, so that a sum is the same in any order.
    """

    def __init__(self, definitions: Iterable[Collection[str]]) -> None:
        self.count: Counter[str] = Counter()
        total = 1
        for words in definitions:
            self.count.update(words)
            total += 1
        weights = {number: round(1000 * log(1 + total / (1 + number))) for number in {0, *self.count.values()}}
        self._known = {word: weights[number] for word, number in self.count.items()}
        self._rarest = weights[0]
        self._sums: dict[frozenset[str], int] = {}

    def __getitem__(self, word: str) -> int:
        return self._known.get(word, self._rarest)

    def weight(self, words: frozenset[str]) -> int:
        """What a set of words tells in all."""
        if words not in self._sums:
            self._sums[words] = sum(map(self.__getitem__, words))
        return self._sums[words]

    def overlap(self, one: frozenset[str], other: frozenset[str]) -> float:
        """What two sets of words share of what both tell; 0 where there is nothing to compare."""
        shared = sum(map(self.__getitem__, one & other))
        return shared / (self.weight(one) + self.weight(other) - shared) if shared else 0.0
