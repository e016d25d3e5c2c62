"""Names of other distributions that the implementation asked for, and what it asks for in their place now.

Such a name has no old API to compare with; the implementation's own migration is the only witness. It counts where the
old name is used nowhere any more, the new one was not used before, both are in packages with the same first name, and
all places that left the old one went to the same new one.
"""

from __future__ import annotations

from collections.abc import Iterator

from pytest_agentgate.repair.align.callers import Witnesses, migrated
from pytest_agentgate.repair.align.pairs import Book
from pytest_agentgate.repair.align.resolving import within
from pytest_agentgate.repair.align.sides import Side, leaf
from pytest_agentgate.repair.align.words import alike
from pytest_agentgate.repair.breakage import Breakage, Sort

_SEVERAL = 2  # places that vouch for a pair whose names have nothing in common


def replaced(book: Book) -> Iterator[Breakage]:
    """The names of others that the implementation exchanged for one another."""
    before, after = _foreign(book, book.old), _foreign(book, book.new)
    lost = {name for name in before if not _is_used(name, after)}
    fresh = {name for name in after if not _is_used(name, before)}
    witnesses = migrated(book, lost, fresh)
    _imports(book, lost, fresh, witnesses)
    successors = {new: old for old, news in witnesses.seen.items() for new in news}
    for old, news in sorted(witnesses.seen.items()):
        new = next(iter(news))
        claimed = sum(new in others for others in witnesses.seen.values())
        places = tuple(dict.fromkeys(news[new]))
        if len(news) > 1 or claimed > 1 or successors.get(new) != old or old.partition(".")[0] != new.partition(".")[0]:
            continue
        if len(places) >= _SEVERAL or alike(leaf(old), leaf(new)) > 0:
            why = f"the implementation uses one in the place of the other in {', '.join(places[:3])}"
            yield Breakage(Sort.SYMBOL_MOVED, old, new, where=places[0], why=why)


def _foreign(book: Book, side: Side) -> set[str]:
    """What the modules of one side use or import that is not theirs."""
    found: set[str] = set()
    for module in side.api.modules.values():
        found |= {call.name for call in module.calls if call.name[0] != "."}
        found |= {*module.names.values(), *module.stars}
    return {
        name for name in found if not within(book, name) and not book.old.offers(name) and not book.new.offers(name)
    }


def _is_used(name: str, used: set[str]) -> bool:
    return name in used or any(each.startswith(f"{name}.") for each in used)


def _imports(book: Book, lost: set[str], fresh: set[str], witnesses: Witnesses) -> None:
    """Note where a module imports under the same name from elsewhere."""
    for name, module in sorted(book.old.api.modules.items()):
        later = book.new.api.modules.get(book.modules.get(name, name))
        for local, old in module.names.items() if later is not None else ():
            new = later.names.get(local) if later is not None else None
            if new is not None and later is not None and old in lost and new in fresh:
                witnesses.seen[old][new].append(later.path)
