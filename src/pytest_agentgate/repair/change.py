"""What changed in the implementation, asked by the names that tests use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Protocol

from pytest_agentgate.repair.api.table import Module, Symbol
from pytest_agentgate.repair.api.table import Sort as Is
from pytest_agentgate.repair.breakage import Breakage, Sort

MOVES = frozenset({Sort.MODULE_MOVED, Sort.SYMBOL_MOVED})


class Offers(Protocol):
    """What is asked of an API."""

    @property
    def modules(self) -> Mapping[str, Module]: ...

    def symbol(self, dotted: str) -> Symbol | None: ...

    def canonical(self, dotted: str) -> str: ...

    def offers(self, dotted: str) -> bool: ...

    def names_of(self, symbol: Symbol) -> tuple[str, ...]: ...


class Change:
    """The old and the new API of an implementation, and the breakages between them.

    Args:
        old: the API that the tests were written for.
        new: the API as it is.
        breakages: what ``align`` made of the two.
        former: the text of a file of the old implementation, by its path; None where that can't be had.
    """

    def __init__(
        self,
        old: Offers,
        new: Offers,
        breakages: Sequence[Breakage],
        former: Callable[[str], str | None] = lambda path: None,
    ) -> None:
        self.former = former
        self.old = old
        self.new = new
        self.breakages = tuple(breakages)

    def of(self, name: str, *sorts: Sort) -> tuple[Breakage, ...]:
        """The breakages of what the old API offered under a dotted name, the surest first."""
        found = [*self._named.get(name, ())]
        home = self.old.canonical(name)
        if home != name:
            found += [each for each in self._named.get(home, ()) if each not in found]
        wanted = [each for each in found if not sorts or each.sort in sorts]
        return tuple(sorted(wanted, key=lambda each: -each.score))

    def about(self, name: str) -> tuple[Breakage, ...]:
        """The breakages that lead to what the new API defines under a dotted name, its constructor included."""
        return tuple(self._leading.get(_plain(name), ()))

    @cached_property
    def _leading(self) -> Mapping[str, list[Breakage]]:
        leading: dict[str, list[Breakage]] = {}
        for each in self.breakages:
            leading.setdefault(_plain(each.new or each.old), []).append(each)
        return leading

    @cached_property
    def _named(self) -> Mapping[str, list[Breakage]]:
        named: dict[str, list[Breakage]] = {}
        for each in self.breakages:
            for name in dict.fromkeys((each.old, *each.aliases)):
                named.setdefault(name, []).append(each)
        return named

    @cached_property
    def tops(self) -> frozenset[str]:
        """The first parts of the names of all modules, old and new."""
        return frozenset(name.partition(".")[0] for api in (self.old, self.new) for name in api.modules)

    def is_ours(self, name: str) -> bool:
        """Whether a dotted name lies in the implementation, as it was or as it is."""
        return name.partition(".")[0] in self.tops

    def is_lost(self, name: str) -> bool:
        """Whether the old API offered a name that the new one does not."""
        return self.old.offers(name) and not self.new.offers(name)

    def moved(self, name: str) -> tuple[Breakage, str] | None:
        """How a name got to another one, and the name under which it is best asked for now; None if it is not known.

        A name below a module that moved went with it, if the new API offers it there. Where two breakages lead to two
        places, nothing is known.
        """
        found = [(each, self.public(each.new, name)) for each in self.of(name, *MOVES) if each.new]
        if not found:
            found = list(self._with_module(name))
        places = {self.new.canonical(new) for _, new in found}
        if len(places) != 1:
            return None
        breakage, new = found[0]
        return (breakage, new) if new != name and self.new.offers(new) else None

    def _with_module(self, name: str) -> Iterator[tuple[Breakage, str]]:
        parts = name.split(".")
        for cut in range(len(parts) - 1, 0, -1):
            for each in self.of(".".join(parts[:cut]), Sort.MODULE_MOVED):
                new = ".".join([each.new, *parts[cut:]])
                if each.new and self.new.offers(new):
                    yield each, new
                    return

    def public(self, name: str, like: str) -> str:
        """The name among all of a symbol's under which a test that knew ``like`` best asks for it.

        The home of its definition is taken only where no name is closer to the old one: in the same module, or with
        fewer private parts.
        """
        symbol = self.new.symbol(name)
        if symbol is None or symbol.sort is Is.MODULE:
            return name
        home = symbol.name
        depth = home.count(".") - self._module_of(home).count(".")
        names = [
            each
            for each in dict.fromkeys((name, *self.new.names_of(symbol)))
            if each.rsplit(".", depth)[0] in self.new.modules and self.new.offers(each)
        ]
        return min(names or [name], key=lambda each: self._distance(each, like, home))

    def _module_of(self, name: str) -> str:
        """The module that a name is in, the longest that there is."""
        parts = name.split(".")
        above = (".".join(parts[:end]) for end in range(len(parts) - 1, 0, -1))
        return next((each for each in above if each in self.new.modules), name.rpartition(".")[0])

    def _distance(self, name: str, like: str, home: str) -> tuple[bool, bool, int, int, bool, bool, int, str]:
        """How far a name is from an old one; what a module only imports for itself is far."""
        module, last = self._module_of(name), name.rpartition(".")[2]
        exported = self.new.modules[module].exported if module in self.new.modules else None
        offered = name == home or home.startswith(f"{module}.") or last in (exported or ())
        parts, wanted = name.split("."), like.split(".")
        private = sum(part.startswith("_") and not part.endswith("__") for part in parts)
        shared = next(
            (at for at, pair in enumerate(zip(parts, wanted, strict=False)) if pair[0] != pair[1]), len(parts)
        )
        far, other = parts[:-1] != wanted[:-1], parts[-1] != wanted[-1]
        return (far, not offered, private, -shared, other, name != home, len(parts), name)

    def still_used(self, name: str) -> tuple[str, ...]:
        """Places where the implementation itself still asks for a name that it does not offer: ``src/a.py:3``.

        Where there are any, the change is half done, and it is not the tests that are behind.
        """
        told = [place for each in self.of(name) for place in each.still_used]
        return tuple(dict.fromkeys([*told, *self._wanted.get(name, ())]))

    @cached_property
    def _wanted(self) -> Mapping[str, tuple[str, ...]]:
        wanted: dict[str, dict[str, None]] = {}
        for module in self.new.modules.values():
            uses = [(call.name, call.line) for call in module.calls]
            uses += [(target, 0) for target in module.names.values()]
            for name, line in uses:
                if self.is_ours(name) and not self.new.offers(name) and self.old.offers(name):
                    place = f"{module.path}:{line}" if line else module.path
                    parts = name.split(".")
                    for end in range(2, len(parts) + 1):
                        wanted.setdefault(".".join(parts[:end]), {})[place] = None
        return {name: tuple(places) for name, places in wanted.items() if not self.new.offers(name)}


def _plain(name: str) -> str:
    return name.removesuffix(".__init__").removesuffix(".__new__")
