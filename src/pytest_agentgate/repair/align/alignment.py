"""From two APIs to breakages: the steps of an alignment, in their order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace

from pytest_agentgate.repair.align import companions, exact_bodies, members, parameters, resolving, values
from pytest_agentgate.repair.align.absorbed import pair_absorbed
from pytest_agentgate.repair.align.callers import Arguments, migrated
from pytest_agentgate.repair.align.dropped_names import aliases, dropped
from pytest_agentgate.repair.align.members import Substitutions
from pytest_agentgate.repair.align.module_moves import Move, follow, moved
from pytest_agentgate.repair.align.pairs import Book, Pair
from pytest_agentgate.repair.align.parameters import Context
from pytest_agentgate.repair.align.scored_pairs import pair_alike
from pytest_agentgate.repair.align.sides import Side, Table, family, head, leaf, place
from pytest_agentgate.repair.align.types import Meanings
from pytest_agentgate.repair.api.table import Sort as Kind
from pytest_agentgate.repair.api.table import Symbol
from pytest_agentgate.repair.breakage import Breakage, Sort

_ROUNDS = 4  # a pair makes others likelier: its module's, its callers'


def align(old: Table, new: Table) -> tuple[Breakage, ...]:
    """Everything that can break who relies on the old API, sorted by what it is about; the same for the same input."""
    book = resolving.survey(Side(old), Side(new))
    moves = pair_all(book)
    found = [*_modules(book, moves), *dropped(book, moves), *_symbols(book, moves), *companions.replaced(book)]
    return tuple(sorted(set(found), key=lambda each: (each.old, each.sort, each.parameter, each.new)))


def touching(breakages: Collection[Breakage], used: Collection[str]) -> tuple[Breakage, ...]:
    """The breakages of dotted names that somebody uses, of what is below them, and of what they are in.

    ``used`` are names as they are imported or read: ``shop``, ``shop.Order``, ``shop.Order.total``.
    """
    names = set(used)
    above = {name[:at] for name in names for at, character in enumerate(name) if character == "."}

    def is_used(name: str) -> bool:
        while name:
            if name in names:
                return True
            name = head(name)
        return False

    return tuple(
        each for each in breakages if any(name in above or is_used(name) for name in (each.old, *each.aliases))
    )


def pair_all(book: Book) -> dict[str, Move]:
    """Pair what is lost with what is new, until nothing more is known; the modules that moved."""
    exact_bodies.pair_equal(book)
    moves: dict[str, Move] = {}
    for _ in range(_ROUNDS):
        moves = moved(book)
        book.modules = {name: move.new for name, move in moves.items()}
        more = follow(book, moves)
        if not pair_alike(book, migrated(book)) and not more:
            break
    pair_absorbed(book)
    return moves


def _modules(book: Book, moves: dict[str, Move]) -> Iterator[Breakage]:
    for name, module in book.old.api.modules.items():
        if book.new.offers(name):
            continue
        if name in moves:
            to = moves[name]
            where = book.new.api.modules[to.new].path
            yield Breakage(Sort.MODULE_MOVED, name, to.new, where=where, why=to.why)
        else:
            used = book.still_used.get(name, ())
            why = _gone(used) if used else "the module is gone, and no other one holds most of what was in it"
            score = 0.0 if used else 1.0
            yield Breakage(Sort.SYMBOL_GONE, name, where=module.path, why=why, score=score, still_used=used)


def _symbols(book: Book, moves: dict[str, Move]) -> Iterator[Breakage]:
    context = Context(
        Meanings(book.old.api, book.new.api, {name: pair.new.name for name, pair in book.pairs.items()}),
        Arguments.by_function(book.old),
        Arguments.by_function(book.new),
        Counter(leaf(symbol.name) for symbol in book.new.everything()),
    )
    context = parameters.consistent(_callables(book), context)
    words = Substitutions(book.old, book.new, tuple(book.pairs.values()))
    for name, symbol in book.old.top.items():
        pair = book.pairs.get(name)
        if pair is None:
            if name in book.lost:
                yield _lost(book, symbol)
            continue
        if not pair.kept and not _went_along(pair, moves, book):
            lost = aliases(book, symbol, only_lost=True)
            sort = Sort.FIXTURE_RENAMED if symbol.sort is Kind.FIXTURE else Sort.SYMBOL_MOVED
            old, new = (leaf(name), leaf(pair.new.name)) if symbol.sort is Kind.FIXTURE else (name, pair.new.name)
            if old != new:
                yield Breakage(
                    sort,
                    old,
                    new,
                    where=place(pair.new),
                    why=pair.why,
                    score=pair.score,
                    margin=pair.margin,
                    aliases=lost,
                )
        others = aliases(book, symbol, only_lost=False)
        for each in _changes(book, pair, context, words):
            yield replace(each, aliases=tuple(f"{other}{each.old[len(name) :]}" for other in others))


def _callables(book: Book) -> Iterator[Pair]:
    """The pairs of functions and classes, and of members that have kept their names."""
    for pair in book.pairs.values():
        if family(pair.old) == family(pair.new):
            yield pair
            if pair.old.sort is Kind.CLASS:
                later = book.new.members.get(pair.new.name, {})
                for name, member in book.old.members.get(pair.old.name, {}).items():
                    if name in later:
                        yield Pair(member, later[name], pair.why, pair.score, pair.margin)


def _changes(book: Book, pair: Pair, context: Context, words: Substitutions) -> Iterator[Breakage]:
    """What changed in a definition and below it."""
    if family(pair.old) != family(pair.new) and not _both_attributes(pair):
        return
    yield from values.compare(pair, context.meanings)
    if pair.old.parameters or pair.new.parameters:
        yield from parameters.compare(pair, context)
    if pair.old.sort is not Kind.CLASS:
        return
    found = members.compare(pair, book, words, context.meanings)
    for member in found.kept:
        yield from _changes(book, member, context, words)
    for member in found.renamed:
        yield Breakage(
            Sort.MEMBER_RENAMED,
            member.old.name,
            member.new.name,
            where=place(member.new),
            why=member.why,
            score=member.score,
            margin=member.margin,
        )
        yield from _changes(book, member, context, words)
    for symbol in found.gone:
        used = found.used.get(leaf(symbol.name), ())
        why = _gone(used) if used else "nothing in the class took its place"
        yield Breakage(
            Sort.MEMBER_GONE,
            symbol.name,
            was=symbol.value,
            where=place(symbol),
            why=why,
            score=0.0 if used else 1.0,
            still_used=used,
        )


def _both_attributes(pair: Pair) -> bool:
    """Whether both are members that may turn into one another: a method, a property, a field."""
    kinds = {Kind.METHOD, Kind.PROPERTY, Kind.FIELD, Kind.CLASSMETHOD, Kind.STATICMETHOD}
    return pair.old.sort in kinds and pair.new.sort in kinds


def _lost(book: Book, symbol: Symbol) -> Breakage:
    used = book.still_used.get(symbol.name, ())
    why = _gone(used) if used else "nothing in the new implementation is its like"
    if symbol.value:
        why = f"{why}; it was {symbol.value[:60]}"
    return Breakage(
        Sort.SYMBOL_GONE,
        symbol.name,
        was=symbol.value,
        where=place(symbol),
        why=why,
        score=0.0 if used else 1.0,
        aliases=aliases(book, symbol, only_lost=True),
        still_used=used,
    )


def _gone(used: tuple[str, ...]) -> str:
    return f"it is gone, but the implementation itself still uses it at {', '.join(used[:3])}"


def _went_along(pair: Pair, moves: dict[str, Move], book: Book) -> bool:
    """Whether the move of its module says already where a definition is."""
    move = moves.get(book.old.home[pair.old.name])
    return move is not None and pair.new.name == f"{move.new}.{leaf(pair.old.name)}"
