"""First step: what still resolves is not broken; what the new code itself still uses was not taken away on purpose."""

from __future__ import annotations

from dataclasses import replace

from pytest_agentgate.repair.align.pairs import Book, Pair
from pytest_agentgate.repair.align.sides import Side, family, head, leaf
from pytest_agentgate.repair.api.table import Sort, Symbol


def survey(old: Side, new: Side) -> Book:
    """Enter what is where it was, and list what is lost and what is new."""
    new = replace(new, gone=frozenset(name for name in old.api.modules if new.api.symbol(name) is None))
    old = replace(old, gone=frozenset(name for name in new.api.modules if old.api.symbol(name) is None))
    book = Book(old, new)
    for name, symbol in old.top.items():
        found = new.api.symbol(name)
        if found is not None and found.sort is not Sort.MODULE:
            book.enter(Pair(symbol, found, "its name still resolves", kept=True))
        elif not new.offers(name):
            book.lost[name] = symbol
    book.fresh = {name: symbol for name, symbol in new.top.items() if not old.offers(name)}
    _still_used(book)
    for symbol in list(book.open):
        _public(book, symbol)
    return book


def _public(book: Book, symbol: Symbol) -> None:
    """A definition that moved behind a name which is still offered is the one behind that name now."""
    found: dict[str, tuple[str, Symbol]] = {}
    for name in book.old.api.names_of(symbol):
        there = book.new.api.symbol(name)
        if there is not None and family(there) == family(symbol) and leaf(there.name) == leaf(symbol.name):
            found[there.name] = (name, there)
    if len(found) == 1:
        ((name, there),) = found.values()
        book.enter(Pair(symbol, there, f"{name} is its other name, before and after"))


def _still_used(book: Book) -> None:
    """Note which lost names the new implementation still uses, or still lists in ``__all__``."""
    lost = set(book.lost) | {module for module in book.old.api.modules if not book.new.offers(module)}
    uses: dict[str, set[str]] = {}
    for name, module in book.new.api.modules.items():
        for call in module.calls:
            if call.name[0] != ".":
                uses.setdefault(call.name, set()).add(f"{module.path}:{call.line}")
        for target in (*module.names.values(), *module.stars):
            uses.setdefault(target, set()).add(module.path)
        for listed in (f"{name}.{each}" for each in module.exported or () if "." not in each):
            if book.old.offers(listed) and not book.new.offers(listed):
                book.broken[listed] = (module.path,)
    found: dict[str, set[str]] = {}
    for used, places in uses.items():
        if book.new.offers(used) or not within(book, used):
            continue
        book.dangling[used] = tuple(sorted(places))
        if book.old.offers(used):
            book.broken[used] = tuple(sorted({*places, *book.broken.get(used, ())}))
        meant = _lost_one(book, lost, used)
        if meant:
            found.setdefault(meant, set()).update(places)
    book.still_used = {name: tuple(sorted(where)) for name, where in found.items()}


def within(book: Book, name: str) -> bool:
    """Whether a name is below a module of the implementation, or one of these."""
    while name:
        if name in book.old.api.modules or name in book.new.api.modules:
            return True
        name = head(name)
    return False


def _lost_one(book: Book, lost: set[str], used: str) -> str:
    """The lost definition or module that a name means, "" if none."""
    name = used
    while name and name not in book.old.api.modules:
        if name in lost:
            return name
        name = head(name)
    if name in lost:
        return name
    meant = book.old.api.canonical(used)
    return meant if meant in lost else ""
