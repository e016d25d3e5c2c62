"""What dotted names lead to within a set of modules: re-exports, aliases and stars, to a fixpoint."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pytest_agentgate.repair.api.table import Module, Sort, Symbol

_STEPS = 100  # that a name may take to its definition, before the way is taken for a circle
_PARTS = 40  # of a name that grows on its way in a circle


@dataclass(frozen=True, slots=True)
class Outside:
    """Something that the modules import, inherit or make when they run: nothing that they define."""

    name: str


class Namespace:
    """The names of some modules; a folder without ``__init__.py`` that holds modules is one, too."""

    def __init__(self, modules: Mapping[str, Module]) -> None:
        self.modules = modules
        self._packages = {  # those without a file of their own among them
            ".".join(parts[:end]) for name in modules for parts in [name.split(".")] for end in range(1, len(parts) + 1)
        }
        self._known: dict[str, Symbol | Outside | None] = {}
        self._lineages: dict[str, tuple[Symbol, ...]] = {}
        self._all: dict[str, frozenset[str]] | None = None
        self._names: dict[str, list[str]] | None = None
        self._derived: dict[str, list[Symbol]] | None = None
        self._members: dict[str, dict[str, Symbol]] | None = None

    # -- names -------------------------------------------------------------------------------------------------------

    def resolve(self, dotted: str) -> Symbol | Outside | None:
        """What a dotted name leads to; None where nothing is there."""
        if dotted not in self._known:
            self._known[dotted] = self._resolve(dotted, set())
        return self._known[dotted]

    def canonical(self, dotted: str) -> str:
        found = self.resolve(dotted)
        return dotted if found is None else found.name

    def _resolve(self, dotted: str, seen: set[str]) -> Symbol | Outside | None:
        """The same; no name is looked at twice on the way, so that any circle ends."""
        if dotted in self._known:
            return self._known[dotted]
        parts = dotted.split(".")
        if dotted in seen or len(seen) > _STEPS or len(parts) > _PARTS:
            return None
        seen.add(dotted)
        for cut in range(len(parts) - 1, 0, -1):
            module = self.modules.get(".".join(parts[:cut]))
            if module is not None:
                found = self._inside(module, parts[cut:], seen)
                if found is not None:
                    return found
        return self._module(dotted) if dotted in self._packages else None

    def _module(self, name: str) -> Symbol:
        module = self.modules.get(name)
        return Symbol(name, Sort.MODULE, "" if module is None else module.path, 0 if module is None else 1)

    def _inside(self, module: Module, parts: Sequence[str], seen: set[str]) -> Symbol | Outside | None:
        first = parts[0]
        targets = [module.names[first], *module.others.get(first, ())] if first in module.names else []
        beyond: Outside | None = None
        for target in targets:
            found = self._target(".".join([target, *parts[1:]]), seen)
            if isinstance(found, Symbol):
                return found
            beyond = beyond or found
        if first in module.symbols:
            return self._member(module, parts, seen)
        for star in () if beyond else reversed(module.stars):
            if first in self.exports(star):
                starred = self._resolve(".".join([star, *parts]), seen)
                if starred is not None:
                    return starred
        if beyond is None and (first in module.dynamic or "*" in module.dynamic):
            return Outside(".".join([module.name, *parts]))
        return beyond

    def _target(self, dotted: str, seen: set[str]) -> Symbol | Outside | None:
        if dotted.partition(".")[0] in self._packages:
            return self._resolve(dotted, seen)
        return Outside(dotted)

    def _member(self, module: Module, parts: Sequence[str], seen: set[str]) -> Symbol | Outside | None:
        symbol = module.symbols[parts[0]]
        for at, part in enumerate(parts[1:], 1):
            own = module.symbols.get(".".join(parts[: at + 1]))
            if own is None:
                return self._inherited(symbol, part, parts[at + 1 :], seen)
            symbol = own
        return symbol

    def _inherited(self, cls: Symbol, member: str, rest: Sequence[str], seen: set[str]) -> Symbol | Outside | None:
        if cls.sort is not Sort.CLASS:
            return None
        for each in self.lineage(cls)[1:]:
            if member in self._own(each):
                return self._resolve(".".join([each.name, member, *rest]), seen)
        for base in (base for each in self.lineage(cls) for base in each.bases if "." not in base):
            if not rest and hasattr(getattr(builtins, base, None), member):
                return Outside(f"builtins.{base}.{member}")
        return None

    # -- what modules export -----------------------------------------------------------------------------------------

    def exports(self, module: str) -> frozenset[str]:
        """The names that ``from MODULE import *`` binds."""
        if self._all is None:
            self._all = {}  # so that names which are asked for meanwhile know of no stars
            self._all = self._exported()
            self._known.clear()
        return self._all.get(module, frozenset())

    def _exported(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        givers: dict[str, list[str]] = {}  # whose names a module takes over
        for name, module in self.modules.items():
            if module.exported is not None:
                found[name] = {each for each in module.exported if "." not in each}
                endings = [each for each in module.exported if each.endswith(".__all__")]
                givers[name] = [self._all_of(each) for each in endings]
            else:
                found[name] = {each for each in (*module.symbols, *module.names) if _is_public(each)}
                givers[name] = list(module.stars)
        takers: dict[str, list[str]] = {}
        for name, given in givers.items():
            for giver in given:
                takers.setdefault(giver, []).append(name)
        left = [name for name in found if name in takers]
        while left:
            name = left.pop()
            public = {each for each in found[name] if _is_public(each)}
            for taker in takers.get(name, ()):
                if not public <= found[taker]:
                    found[taker] |= public
                    left.append(taker)
        return {name: frozenset(each) for name, each in found.items()}

    def _all_of(self, dotted: str) -> str:
        module = dotted.removesuffix(".__all__")
        return module if module in self.modules else self.canonical(module)

    def names_of(self, symbol: Symbol) -> tuple[str, ...]:
        if self._names is None:
            self._names = {}
            for name, module in self.modules.items():
                offered = dict.fromkeys(module.names)
                for star in module.stars:
                    offered.update(dict.fromkeys(self.exports(star)))
                for each in offered:
                    found = self.resolve(f"{name}.{each}")
                    if isinstance(found, Symbol):
                        self._names.setdefault(found.name, []).append(f"{name}.{each}")
        owner, below = symbol.name, ""
        while owner not in self._names and "." in owner and owner not in self.modules:
            owner, _, last = owner.rpartition(".")
            below = f".{last}{below}"
        others = {f"{each}{below}" for each in self._names.get(owner, ())} - {symbol.name}
        return (symbol.name, *sorted(others))

    # -- classes -----------------------------------------------------------------------------------------------------

    def lineage(self, cls: Symbol) -> tuple[Symbol, ...]:
        """A class and those that it derives from as far as they are there, the nearest first."""
        if cls.name not in self._lineages:
            self._lineages[cls.name] = (cls,)  # should it derive from itself
            found: list[Symbol] = []
            for base in cls.bases:
                resolved = self.resolve(base)
                if isinstance(resolved, Symbol) and resolved.sort is Sort.CLASS:
                    found += self.lineage(resolved)
            last = {each.name: at for at, each in enumerate(found)}  # a base that several share comes behind them
            kept = [each for at, each in enumerate(found) if last[each.name] == at and each.name != cls.name]
            self._lineages[cls.name] = (cls, *kept)
        return self._lineages[cls.name]

    def members(self, cls: Symbol) -> Mapping[str, Symbol]:
        found: dict[str, Symbol] = {}
        for each in self.lineage(cls):
            for name, symbol in self._own(each).items():
                found.setdefault(name, symbol)
        return found

    def _own(self, cls: Symbol) -> Mapping[str, Symbol]:
        if self._members is None:
            self._members = {}
            for module in self.modules.values():
                for name, symbol in module.symbols.items():
                    owner, dot, last = name.rpartition(".")
                    if dot:
                        self._members.setdefault(f"{module.name}.{owner}", {})[last] = symbol
        return self._members.get(cls.name, {})

    def classes(self) -> Iterator[tuple[Module, str, Symbol]]:
        """Every class, with its module and its name in it."""
        for module in self.modules.values():
            for name, symbol in module.symbols.items():
                if symbol.sort is Sort.CLASS:
                    yield module, name, symbol

    def subclasses(self, cls: Symbol) -> tuple[Symbol, ...]:
        if self._derived is None:
            self._derived = {}
            for _, _, each in self.classes():
                for base in each.bases:
                    self._derived.setdefault(self.canonical(base), []).append(each)
        found: dict[str, Symbol] = {}
        left = list(self._derived.get(cls.name, ()))
        while left:
            each = left.pop()
            if each.name not in found:
                found[each.name] = each
                left += self._derived.get(each.name, ())
        return tuple(found[name] for name in sorted(found))


def _is_public(name: str) -> bool:
    return "." not in name and not name.startswith("_")
