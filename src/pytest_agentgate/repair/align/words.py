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
    spelled = SequenceMatcher(None, "".join(one), "".join(other), autojunk=False).ratio()
    return max(2 * shared / (len(one) + len(other)), 0.9 * spelled if spelled >= 0.75 and len(one) == 1 else 0.0)


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
    """How much a word tells: the fewer definitions have it, the more."""

    def __init__(self, definitions: Iterable[Collection[str]]) -> None:
        self.count: Counter[str] = Counter()
        self.total = 1
        for words in definitions:
            self.count.update(words)
            self.total += 1

    def __getitem__(self, word: str) -> float:
        return log(1 + self.total / (1 + self.count[word]))

    def weight(self, words: Iterable[str]) -> float:
        """What a set of words tells in all."""
        return sum(self[word] for word in words)

    def overlap(self, one: Collection[str], other: Collection[str]) -> float:
        """What two sets of words share of what both tell; 0 where there is nothing to compare."""
        shared, both = set(one) & set(other), set(one) | set(other)
        return self.weight(sorted(shared)) / self.weight(sorted(both)) if shared else 0.0
