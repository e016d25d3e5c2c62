"""Last step: a class that its base took in, with all that it was there for.

``class IntegerField(core.IntegerField): widget = NumberInput()`` is gone, and the base has that widget itself now.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pytest_agentgate.repair.align.pairs import Book, Pair
from pytest_agentgate.repair.align.parameters import same_text
from pytest_agentgate.repair.align.sides import family, leaf
from pytest_agentgate.repair.api.table import Sort, Symbol

_DOTTED = re.compile(r"\w+(?:\.\w+)+")


def pair_absorbed(book: Book) -> None:
    """Pair lost classes with what became of their bases of the same name, if these have all members of theirs now."""
    for symbol in list(book.open):
        base = book.old.api.symbol(symbol.bases[0]) if len(symbol.bases) == 1 else None
        if symbol.sort is not Sort.CLASS or base is None or leaf(base.name) != leaf(symbol.name):
            continue
        became = book.pairs.get(base.name)
        if became is None or became.new.sort is not Sort.CLASS or leaf(became.new.name) != leaf(symbol.name):
            continue
        own = book.old.members.get(symbol.name, {})
        before, now = book.old.api.members(base), book.new.api.members(became.new)
        if own and all(_says_so(each, name, before, now, book) for name, each in own.items()):
            why = f"its base {base.name} took it in, and has its {', '.join(sorted(own))} now"
            book.pairs[symbol.name] = Pair(symbol, became.new, why, became.score, became.margin)
            book.lost.pop(symbol.name)


def _says_so(member: Symbol, name: str, before: Mapping[str, Symbol], now: Mapping[str, Symbol], book: Book) -> bool:
    """Whether the new base has a member as the lost class had it, and the old base had not."""
    later, earlier = now.get(name), before.get(name)
    if later is None or family(later) != family(member):
        return False
    return _are_same(member, later, book) and (earlier is None or not _are_same(earlier, later, book))


def _are_same(old: Symbol, new: Symbol, book: Book) -> bool:
    if not (old.value and new.value):
        return bool(old.body) and old.body == new.body
    before = _DOTTED.sub(lambda found: _became(found[0], book), old.value)
    return same_text(before, _DOTTED.sub(lambda found: book.new.api.canonical(found[0]), new.value))


def _became(name: str, book: Book) -> str:
    """A name as it is now, if what it leads to was paired."""
    home = book.old.api.canonical(name)
    return book.pairs[home].new.name if home in book.pairs else home
