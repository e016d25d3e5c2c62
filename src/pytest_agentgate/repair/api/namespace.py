"""What dotted names lead to within a set of modules: re-exports, aliases and stars, to a fixpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pytest_agentgate.repair.api.table import Module, Sort, Symbol


@dataclass(frozen=True, slots=True)
class Outside:
    """Something that the modules import and others define."""

    name: str


class Namespace:
    """The names of some modules; a folder without ``__init__.py`` that holds modules is one, too."""

    def __init__(self, modules: Mapping[str, Module]) -> None:
        self.modules = modules
        self._packages = {  # those without a file of their own among them
            ".".join(parts[:end]) for name in modules for parts in [name.split(".")] for end in range(1, len(parts) + 1)
        }
        self._known: dict[str, Symbol | Outside | None] = {}
        self._exports: dict[str, frozenset[str]] = {}
        self._names: dict[str, list[str]] | None = None
        self._derived: dict[str, list[Symbol]] | None = None

    # -- names -------------------------------------------------------------------------------------------------------

    def resolve(self, dotted: str) -> Symbol | Outside | None:
        """What a dotted name leads to; None where nothing is there."""
        if dotted not in self._known:
            self._known[dotted] = self._resolve(dotted, frozenset())
        return self._known[dotted]

    def canonical(self, dotted: str) -> str:
        found = self.resolve(dotted)
        return dotted if found is None else found.name

    def _resolve(self, dotted: str, seen: frozenset[str]) -> Symbol | Outside | None:
        if dotted in self._known:
            return self._known[dotted]
        if dotted in seen:
            return None
        seen |= {dotted}
        parts = dotted.split(".")
        for cut in range(len(parts) - 1, 0, -1):
            owner = ".".join(parts[:cut])
            if owner in self.modules:
                found = self._inside(self.modules[owner], parts[cut:], seen)
                if found is not None:
                    return found
        return self._module(dotted) if dotted in self._packages else None

    def _module(self, name: str) -> Symbol:
        module = self.modules.get(name)
        return Symbol(name, Sort.MODULE, "" if module is None else module.path, 1 if module is not None else 0)

    def _inside(self, module: Module, parts: Sequence[str], seen: frozenset[str]) -> Symbol | Outside | None:
        first, rest = parts[0], parts[1:]
        for target in (module.names.get(first), *module.others.get(first, ())):
            if target is not None:
                found = self._target(".".join([target, *rest]), seen)
                if found is not None:
                    return found
        if first in module.symbols:
            return self._member(module, parts, seen)
        for star in reversed(module.stars):
            if first in self._exported(star, seen):
                found = self._resolve(".".join([star, *parts]), seen)
                if found is not None:
                    return found
        return None

    def _target(self, dotted: str, seen: frozenset[str]) -> Symbol | Outside | None:
        if dotted.partition(".")[0] in self._packages:
            return self._resolve(dotted, seen)
        return Outside(dotted)

    def _member(self, module: Module, parts: Sequence[str], seen: frozenset[str]) -> Symbol | Outside | None:
        symbol = module.symbols[parts[0]]
        for at, part in enumerate(parts[1:], 1):
            own = module.symbols.get(".".join(parts[: at + 1]))
            if own is None:
                return self._inherited(symbol, part, parts[at + 1 :], seen) if symbol.sort is Sort.CLASS else None
            symbol = own
        return symbol

    def _inherited(
        self, cls: Symbol, member: str, rest: Sequence[str], seen: frozenset[str]
    ) -> Symbol | Outside | None:
        for base in cls.bases:
            found = self._target(".".join([base, member, *rest]), seen)
            if isinstance(found, Symbol):
                return found
        return None

    # -- what modules export -----------------------------------------------------------------------------------------

    def exports(self, module: str) -> frozenset[str]:
        if module not in self._exports:
            self._exports[module] = self._exported(module, frozenset())
        return self._exports[module]

    def _exported(self, name: str, seen: frozenset[str]) -> frozenset[str]:
        key = f"{name}.*"
        if name in self._exports:
            return self._exports[name]
        module = self.modules.get(name)
        if module is None or key in seen:
            return frozenset()
        seen |= {key}
        if module.exported is not None:
            found = {each for each in module.exported if "." not in each}
            for each in module.exported:
                if each.endswith(".__all__"):
                    found |= self._exported(each.removesuffix(".__all__"), seen)
            return frozenset(found)
        found = {each for each in module.symbols if "." not in each} | set(module.names)
        for star in module.stars:
            found |= self._exported(star, seen)
        return frozenset(each for each in found if not each.startswith("_"))

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
        while owner not in self._names and "." in owner:
            owner, _, last = owner.rpartition(".")
            below = f".{last}{below}"
            if owner in self.modules:
                return (symbol.name,)
        others = sorted({f"{each}{below}" for each in self._names.get(owner, ())} - {symbol.name})
        return (symbol.name, *others)

    # -- classes -----------------------------------------------------------------------------------------------------

    def lineage(self, cls: Symbol) -> list[Symbol]:
        """A class and those that it derives from as far as they are there, the nearest first."""
        found: dict[str, Symbol] = {}
        left = [cls]
        while left:
            each = left.pop(0)
            if each.name in found:
                continue
            found[each.name] = each
            bases = [self.resolve(base) for base in each.bases]
            left += [base for base in bases if isinstance(base, Symbol) and base.sort is Sort.CLASS]
        return list(found.values())

    def members(self, cls: Symbol) -> Mapping[str, Symbol]:
        found: dict[str, Symbol] = {}
        for each in self.lineage(cls):
            for name, symbol in self._own(each):
                found.setdefault(name, symbol)
        return found

    def _own(self, cls: Symbol) -> Iterator[tuple[str, Symbol]]:
        module = self._home(cls)
        if module is not None:
            start = f"{cls.name.removeprefix(f'{module.name}.')}."
            for name, symbol in module.symbols.items():
                if name.startswith(start) and "." not in name[len(start) :]:
                    yield name[len(start) :], symbol

    def _home(self, symbol: Symbol) -> Module | None:
        owner = symbol.name
        while owner:
            owner = owner.rpartition(".")[0]
            module = self.modules.get(owner)
            if module is not None and module.symbols.get(symbol.name.removeprefix(f"{owner}.")) is symbol:
                return module
        return None

    def subclasses(self, cls: Symbol) -> tuple[Symbol, ...]:
        if self._derived is None:
            self._derived = {}
            for module in self.modules.values():
                for each in module.symbols.values():
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
