"""Second step: equal definitions, their own names masked, are one thing in another place or under another name."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_agentgate.repair.align.pairs import Book, Pair
from pytest_agentgate.repair.align.scored_pairs import TELLING_VALUE
from pytest_agentgate.repair.align.sides import family, leaf, place
from pytest_agentgate.repair.align.words import alike, parts
from pytest_agentgate.repair.api.table import Symbol

TELLING = 5  # words; a body with fewer is like many others
LEAST_ALIKE = 0.5  # two small bodies under names that are less alike are equal by chance


def pair_equal(book: Book) -> None:
    """Enter pairs of lost and new definitions with equal bodies, where no third one has that body too."""
    old = _by_body(book.old.everything())
    new = _by_body(book.new.everything())
    for lost in list(book.open):
        key = _key(lost)
        if not key:
            continue
        there = [symbol for symbol in new.get(key, []) if symbol.name in book.fresh]
        same = [symbol for symbol in there if leaf(symbol.name) == leaf(lost.name)]
        rivals = [symbol for symbol in old[key] if symbol.name in book.lost and symbol.name != lost.name]
        if same:
            named = [symbol for symbol in rivals if leaf(symbol.name) == leaf(lost.name)]
            found = same[0] if len(same) == 1 and not named else None
            if found is None and named:
                found = _nearest(lost, named, same)
        else:
            alone = len(old[key]) == 1 and len(new[key]) == 1 if there else False
            found = there[0] if alone and _tells(lost, there[0]) else None
        if found is not None:
            book.enter(Pair(lost, found, f"equal to what was at {place(lost)}"))
    _merged(book, new)


def _merged(book: Book, new: dict[tuple[str, str], list[Symbol]]) -> None:
    """A copy that was dropped lives on in the other one, if that has its name."""
    for lost in list(book.open):
        key = _key(lost)
        if not key or len(lost.tokens) < TELLING:
            continue
        there = [symbol for symbol in new.get(key, []) if leaf(symbol.name) == leaf(lost.name)]
        if len(there) == 1 and there[0].name in book.new.top and there[0].name not in book.fresh:
            book.pairs[lost.name] = Pair(lost, there[0], f"an equal one is at {place(there[0])}")
            del book.lost[lost.name]


def _nearest(lost: Symbol, rivals: list[Symbol], there: list[Symbol]) -> Symbol | None:
    """Of several equal ones with one name, the one whose module is called most like this one's, if only one is."""

    def near(one: Symbol, other: Symbol) -> float:
        left, right = one.name.split(".")[:-1], other.name.split(".")[:-1]
        matched = sum(a == b for a, b in zip(reversed(left), reversed(right), strict=False))
        return matched / max(len(left), len(right), 1)

    ranked = sorted(there, key=lambda each: (-near(lost, each), each.name))
    best = ranked[0]
    if len(ranked) > 1 and near(lost, ranked[1]) == near(lost, best):
        return None
    return best if all(near(rival, best) < near(lost, best) for rival in rivals) else None


def _tells(lost: Symbol, found: Symbol) -> bool:
    """Whether two equal bodies are more than a coincidence."""
    if family(lost) == "value":
        telling = len(lost.value) >= TELLING_VALUE and not lost.value.replace(".", "").isdigit()
        return telling and alike(leaf(lost.name), leaf(found.name)) > 0
    if len(lost.tokens) >= TELLING:
        return True
    return bool(parts(leaf(lost.name))) and alike(leaf(lost.name), leaf(found.name)) >= LEAST_ALIKE


def _key(symbol: Symbol) -> tuple[str, str] | None:
    return (family(symbol), symbol.body) if symbol.body else None


def _by_body(symbols: Iterable[Symbol]) -> dict[tuple[str, str], list[Symbol]]:
    found: dict[tuple[str, str], list[Symbol]] = {}
    for symbol in symbols:
        key = _key(symbol)
        if key is not None:
            found.setdefault(key, []).append(symbol)
    return found
