"""A module moved when most of what is left of it is in one other module, and a package when most of its modules did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from pytest_agentgate.repair.align.pairs import Book, Pair
from pytest_agentgate.repair.align.sides import family, leaf
from pytest_agentgate.repair.align.words import alike

OF_ALL, OF_THE_REST = 0.5, 0.8  # of all that it defined, and of what is still somewhere


@dataclass(frozen=True)
class Move:
    """A module, what it became, and how that is known."""

    old: str
    new: str
    why: str


def moved(book: Book) -> dict[str, Move]:
    """The modules that are gone and live on as one other module, by their old names."""
    gone = [name for name in sorted(book.old.api.modules) if not book.new.offers(name) and name not in book.still_used]
    defined: dict[str, list[str]] = {}
    for name in book.old.top:
        defined.setdefault(book.old.home[name], []).append(name)
    found: dict[str, Move] = {}
    for module in gone:
        move = _by_members(book, module, defined.get(module, []))
        if move is not None:
            found[module] = move
    for module in gone:
        if module not in found and not defined.get(module):
            move = _by_neighbours(book, module, found, gone)
            if move is not None:
                found[module] = move
    claimed = Counter(move.new for move in found.values())
    return {name: move for name, move in found.items() if claimed[move.new] == 1}


def _by_members(book: Book, module: str, names: list[str]) -> Move | None:
    pairs = [book.pairs[name] for name in names if name in book.pairs]
    if not pairs:
        return None
    homes = Counter(book.new.home[pair.new.name] for pair in pairs)
    to, count = min(homes.items(), key=lambda each: (-each[1], each[0]))
    fresh = not book.old.offers(to)
    if count < OF_ALL * len(names) or count < OF_THE_REST * len(pairs):
        return None
    if not fresh and (count < 2 or count < len(names)):
        return None  # it was merged into a module that was there before, unless all of it is there
    if len(names) == 1 and not fresh and alike(leaf(module), leaf(to)) < 0.5:
        return None
    return Move(module, to, f"{count} of the {len(names)} things that it defined are there")


def _by_neighbours(book: Book, module: str, found: dict[str, Move], gone: list[str]) -> Move | None:
    """A package without definitions of its own went where its modules went."""
    inside = [name for name in gone if name.startswith(f"{module}.") and name in found]
    targets = Counter(
        found[name].new.removesuffix(name[len(module) :])
        for name in inside
        if found[name].new.endswith(name[len(module) :])
    )
    if not targets:
        return None
    to, count = min(targets.items(), key=lambda each: (-each[1], each[0]))
    if to not in book.new.api.modules or book.old.offers(to) or count < OF_THE_REST * len(inside):
        return None
    return Move(module, to, f"{count} of the {len(inside)} modules in it are there")


def follow(book: Book, moves: dict[str, Move]) -> bool:
    """Enter what has its name in the module that its own became; whether there was anything."""
    before = len(book.pairs)
    for lost in list(book.open):
        move = moves.get(book.old.home[lost.name])
        there = book.fresh.get(f"{move.new}.{leaf(lost.name)}") if move is not None else None
        if move is not None and there is not None and family(there) == family(lost):
            book.enter(Pair(lost, there, f"its module moved to {move.new}, and has that name there", 0.9, 0.9))
    return len(book.pairs) > before
