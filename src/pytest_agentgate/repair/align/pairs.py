"""Pairs of definitions that are one thing, and the book in which they are entered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pytest_agentgate.repair.align.sides import Side, leaf
from pytest_agentgate.repair.api.table import Symbol


@dataclass(frozen=True)
class Pair:
    """An old definition and the new one that took its place."""

    old: Symbol
    new: Symbol
    why: str
    score: float = 1.0
    margin: float = 1.0
    kept: bool = False  # it still resolves where it was


@dataclass
class Book:
    """What is known so far: who is paired, who is still to be paired, and who must not be."""

    old: Side
    new: Side
    pairs: dict[str, Pair] = field(default_factory=dict)  # by old name
    taken: dict[str, str] = field(default_factory=dict)  # new name -> old name
    lost: dict[str, Symbol] = field(default_factory=dict)  # its place resolves no more and nothing is known yet
    fresh: dict[str, Symbol] = field(default_factory=dict)  # new, and nobody's successor yet
    modules: dict[str, str] = field(default_factory=dict)  # module -> the module that it became
    dangling: dict[str, tuple[str, ...]] = field(default_factory=dict)  # what the new code uses and does not have
    broken: dict[str, tuple[str, ...]] = field(default_factory=dict)  # of these, what the old one had
    still_used: dict[str, tuple[str, ...]] = field(default_factory=dict)  # lost name -> where the new code uses it

    def enter(self, pair: Pair) -> None:
        self.pairs[pair.old.name] = pair
        self.lost.pop(pair.old.name, None)
        if not pair.kept:
            self.taken[pair.new.name] = pair.old.name
            self.fresh.pop(pair.new.name, None)

    @property
    def open(self) -> Iterator[Symbol]:
        """The lost ones that may be paired."""
        return (symbol for symbol in self.lost.values() if symbol.name not in self.still_used)

    def renamed(self) -> dict[str, str]:
        """Last part of an old name -> of the new one, where they differ and all pairs agree."""
        found: dict[str, set[str]] = {}
        for pair in self.pairs.values():
            found.setdefault(leaf(pair.old.name), set()).add(leaf(pair.new.name))
        return {old: next(iter(new)) for old, new in found.items() if len(new) == 1 and old not in new}
