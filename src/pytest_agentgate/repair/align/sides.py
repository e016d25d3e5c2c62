"""The two sides of an alignment, and the indexes over them that every step shares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from pytest_agentgate.repair.api.table import Module, Sort, Symbol

CALLABLE = frozenset({Sort.FUNCTION, Sort.METHOD, Sort.CLASSMETHOD, Sort.STATICMETHOD, Sort.FIXTURE})


class Table(Protocol):
    """What an alignment asks of an API."""

    @property
    def modules(self) -> Mapping[str, Module]: ...
    def symbol(self, dotted: str) -> Symbol | None: ...
    def canonical(self, dotted: str) -> str: ...
    def offers(self, dotted: str) -> bool: ...
    def names_of(self, symbol: Symbol) -> tuple[str, ...]: ...
    def subclasses(self, cls: Symbol) -> tuple[Symbol, ...]: ...
    def members(self, cls: Symbol) -> Mapping[str, Symbol]: ...


def leaf(name: str) -> str:
    """The last part of a dotted name."""
    return name.rpartition(".")[2]


def head(name: str) -> str:
    """A dotted name without its last part."""
    return name.rpartition(".")[0]


def family(symbol: Symbol) -> str:
    """What a symbol may turn into without being another thing."""
    if symbol.sort in CALLABLE:
        return "fixture" if symbol.sort is Sort.FIXTURE else "function"
    if symbol.sort in {Sort.FIELD, Sort.MEMBER, Sort.CONSTANT}:
        return "value"
    return symbol.sort.value


def place(symbol: Symbol) -> str:
    """Where a symbol is defined, for people: ``src/shop/order.py:14``."""
    return f"{symbol.path}:{symbol.line}"


@dataclass(frozen=True)
class Side:
    """One API with what is looked up in it again and again."""

    api: Table
    gone: frozenset[str] = frozenset()  # modules that only the other side has
    offered: dict[str, bool] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def top(self) -> dict[str, Symbol]:
        """What modules define at their top, by dotted name, sorted."""
        found = {
            symbol.name: symbol
            for module in self.api.modules.values()
            for key, symbol in module.symbols.items()
            if "." not in key
        }
        return dict(sorted(found.items()))

    @cached_property
    def members(self) -> dict[str, dict[str, Symbol]]:
        """What each class defines itself, by the dotted name of the class."""
        found: dict[str, dict[str, Symbol]] = {}
        for module in self.api.modules.values():
            for key, symbol in module.symbols.items():
                owner, _, last = key.rpartition(".")
                if owner:
                    found.setdefault(f"{module.name}.{owner}", {})[last] = symbol
        return found

    @cached_property
    def home(self) -> dict[str, str]:
        """The module of everything that is defined, by dotted name."""
        return {symbol.name: module.name for module in self.api.modules.values() for symbol in module.symbols.values()}

    def everything(self) -> Iterator[Symbol]:
        for module in self.api.modules.values():
            yield from module.symbols.values()

    def offers(self, name: str) -> bool:
        """Whether a dotted name can be reached; in doubt, True."""
        if name not in self.offered:
            there = self.api.symbol(name) is not None
            self.offered[name] = there or (not self._is_gone(name) and self._may_be_there(name))
        return self.offered[name]

    def _may_be_there(self, name: str) -> bool:
        module = self.api.modules.get(head(name))
        return self.api.offers(name) or (module is not None and "__getattr__" in module.symbols)

    def _is_gone(self, name: str) -> bool:
        """Whether a name is a module that is gone, or below one: no ``__getattr__`` of a package makes modules."""
        while name:
            if name in self.gone:
                return True
            name = head(name)
        return False
