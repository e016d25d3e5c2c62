"""The syntax trees of what an implementation defined at base and defines now."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from pytest_agentgate.codemods.reading.names import FunctionNode, ModuleNames, parse
from pytest_agentgate.repair.api.table import Symbol
from pytest_agentgate.repair.change import Change
from pytest_agentgate.repair.suite import Suite

Node: TypeAlias = FunctionNode | ast.ClassDef


@dataclass(frozen=True)
class Definitions:
    """The definitions of one state of an implementation.

    Args:
        names: a file of it as codemods read it, by its path.
        symbol: a symbol of it, by a dotted name.
    """

    names: Callable[[str], ModuleNames | None]
    symbol: Callable[[str], Symbol | None]

    @classmethod
    def now(cls, change: Change, suite: Suite) -> Definitions:
        """Those of the implementation as it is."""
        return cls(suite.sources.file, change.new.symbol)

    @classmethod
    def before(cls, change: Change) -> Definitions:
        """Those of the implementation that the tests were written for."""
        modules = {module.path: name for name, module in change.old.modules.items()}
        read: dict[str, ModuleNames | None] = {}

        def names(path: str) -> ModuleNames | None:
            if path not in read:
                module = modules.get(path, "")
                package = module if path.endswith("__init__.py") else module.rpartition(".")[0]
                try:
                    read[path] = ModuleNames(parse(change.former(path) or ""), module, package)
                except SyntaxError:
                    read[path] = None
            return read[path]

        return cls(names, change.old.symbol)

    def of(self, symbol: Symbol) -> tuple[Node, ModuleNames] | None:
        """Where a function or class is defined, with its file; None where that can't be told."""
        names = self.names(symbol.path)
        if names is None:
            return None
        last = symbol.name.rpartition(".")[2]
        every: list[Node] = [*names.functions, *names.classes]
        found = [each for each in every if each.name == last and each.lineno == symbol.line]
        return (found[0], names) if len(found) == 1 else None
