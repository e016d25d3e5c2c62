"""Other names that only the old API offered for something: re-exports, aliases, imports in passing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pytest_agentgate.repair.align.module_moves import Move
from pytest_agentgate.repair.align.pairs import Book
from pytest_agentgate.repair.align.sides import head, place
from pytest_agentgate.repair.api.table import Symbol
from pytest_agentgate.repair.breakage import Breakage, Sort


def aliases(book: Book, symbol: Symbol, only_lost: bool) -> tuple[str, ...]:
    """The other names of an old definition, all or those that resolve no more."""
    names = {name for name in book.old.api.names_of(symbol) if name != symbol.name}
    return tuple(sorted(name for name in names if not only_lost or not book.new.offers(name)))


def dropped(book: Book, moves: Mapping[str, Move]) -> Iterator[Breakage]:
    """Names that are gone although what they stood for is where it was, or never was the implementation's."""
    for name, module in sorted(book.old.api.modules.items()):
        for bound, target in sorted(module.names.items()):
            full = f"{name}.{bound}"
            if book.new.offers(full) or (name in moves and book.new.offers(f"{moves[name].new}.{bound}")):
                continue
            meant = book.old.api.symbol(full)
            used = book.broken.get(full, ())
            if used:
                why = f"it is gone, but the implementation itself still uses it at {', '.join(used[:3])}"
                yield Breakage(Sort.SYMBOL_GONE, full, where=module.path, why=why, score=0.0, still_used=used)
                continue
            if meant is None:
                later = book.new.api.modules.get(name)
                still = later is not None and later.names.get(bound) == target
                if not still and not _within(book, target):
                    why = f"{name} imported {target} under this name, and does so no more"
                    yield Breakage(Sort.SYMBOL_GONE, full, was=target, where=module.path, why=why)
                continue
            pair = book.pairs.get(meant.name)
            if pair is not None and pair.kept:
                why = f"{head(full)} offers it no more under this name; it is still at {place(pair.new)}"
                yield Breakage(Sort.SYMBOL_MOVED, full, pair.new.name, where=place(pair.new), why=why)
            elif meant.name in book.old.api.modules and book.new.offers(meant.name):
                why = f"{head(full)} offers the module {meant.name} no more under this name"
                if _is_still(book, meant.name):
                    yield Breakage(Sort.SYMBOL_MOVED, full, meant.name, where=meant.path, why=why)
                else:
                    why = f"{why}, and that one lost most of what it had"
                    yield Breakage(Sort.SYMBOL_GONE, full, was=meant.name, where=meant.path, why=why)


def _is_still(book: Book, module: str) -> bool:
    """Whether a module is there with most of what it had."""
    defined = [name for name in book.old.api.modules[module].symbols if "." not in name]
    return sum(book.new.offers(f"{module}.{name}") for name in defined) * 2 >= len(defined)


def _within(book: Book, target: str) -> bool:
    """Whether a target is in the implementation, so that it has a breakage of its own."""
    name = target
    while name:
        if name in book.old.api.modules:
            return True
        name = head(name)
    return False
