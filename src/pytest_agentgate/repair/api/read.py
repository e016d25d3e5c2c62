"""A module as its source text tells it: what it defines, what it imports, what it exports."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_agentgate.codemods.reading.names import Binding, ModuleNames, Scope, parse
from pytest_agentgate.repair.api.bodies import Codes, compiled
from pytest_agentgate.repair.api.definitions import Definitions, Partial
from pytest_agentgate.repair.api.lazy import offered
from pytest_agentgate.repair.api.live import Live
from pytest_agentgate.repair.api.table import Module, Symbol
from pytest_agentgate.repair.api.uses import calls_of
from pytest_agentgate.repair.api.written import Writer


@dataclass(frozen=True, slots=True)
class Read:
    """A module as far as its own text tells."""

    module: Module
    open: tuple[str, ...] = ()  # its classes whose constructor other classes decide
    partials: tuple[Partial, ...] = ()


def read(text: str, path: str, name: str, package: str, tops: frozenset[str] = frozenset()) -> Read:
    """Read one module.

    Args:
        text: its source.
        path: of its file, relative to the root of the tree.
        name: dotted, as others import it.
        package: from which its relative imports start.
        tops: first parts of the dotted names whose uses are of interest; none: those of all.

    Raises:
        SyntaxError: Python can't read it.
    """
    names = None
    try:
        names = ModuleNames(parse(text), name, package)
        return _Reader(names, compiled(names.tree), path, tops).read()
    except RecursionError as error:
        raise SyntaxError("it is nested too deeply") from error
    finally:
        for scope in () if names is None else names.scopes.values():
            scope.bindings.clear()  # which lead back to it: what was read is to go at once


class _Reader:
    """Reads the module's own scope."""

    def __init__(self, names: ModuleNames, codes: Codes, path: str, tops: frozenset[str]) -> None:
        self.names = names
        self.live = Live(names)
        self.writer = Writer(names, self.live.is_live)
        self.definitions = Definitions(names, self.writer, self.live, codes, path, tops)
        self.path = path
        self.tops = tops
        self.symbols: dict[str, Symbol] = {}
        self.targets: dict[str, str] = {}
        self.others: dict[str, tuple[str, ...]] = {}

    def read(self) -> Read:
        scope = self.names.scope
        for name, bindings in scope.bindings.items():
            live = self.live.of(bindings)
            if live:
                self._name(name, live)
        lazy = offered(self.names, self.writer)
        for name, targets in lazy.items():
            if targets and name not in self.symbols and name not in self.targets:
                self.targets[name], *others = targets
                if others:
                    self.others[name] = tuple(others)
        stars = tuple(star.target for star in scope.stars if star.target and self.live.is_live(star.node))
        module = Module(
            self.names.module,
            self.path,
            self.symbols,
            self.targets,
            stars,
            self._exported(),
            calls_of(self.names, self.tops),
            self.others,
            frozenset(lazy),
        )
        return Read(module, tuple(self.definitions.open), tuple(self.definitions.partials))

    def _name(self, name: str, live: Sequence[Binding]) -> None:
        scope = self.names.scope
        imported = [each.target for each in live if each.is_import and each.target]
        defined = [each for each in live if not each.is_import]
        if imported and defined and self.live.is_final(defined[-1]) and defined[-1] is live[-1]:
            imported = []
        if imported and self.live.are_fallbacks(defined) and all(map(_is_of_the_library, imported)):
            defined = []
        chosen = self.live.chosen(defined)
        if chosen is not None and not (imported and _is_nothing(chosen)):
            self.symbols.update(self.definitions.of(chosen, name, scope))
            alias = self._alias(chosen, scope)
            if alias is not None:
                imported.append(alias)
        if imported:
            self.targets[name], *others = dict.fromkeys(imported)
            if others:
                self.others[name] = tuple(others)

    def _alias(self, binding: Binding, scope: Scope) -> str | None:
        """The dotted name of something else that an assignment gives another name to."""
        if binding.kind != "assignment" or not isinstance(binding.value, ast.Name | ast.Attribute):
            return None
        target = self.writer.meaning(binding.value, scope)
        return target if target is not None and "." in target else None

    def _exported(self) -> tuple[str, ...] | None:
        """The names of ``__all__``, and ``MODULE.__all__`` for those of others that it holds."""
        if "__all__" not in self.names.scope.bindings:
            return None
        found = dict.fromkeys(str(each.value) for each in self.names.dunder_all)
        for use in self.names.by_word.get("__all__", ()):
            if isinstance(use, ast.Attribute):
                module = self.writer.meaning(use, self.names.scope)
                if module is not None:
                    found[module] = None
        return tuple(found)


def _is_of_the_library(target: str) -> bool:
    return target.partition(".")[0] in sys.stdlib_module_names


def _is_nothing(binding: Binding) -> bool:
    """Whether an assignment says that something is not there: ``name = None``."""
    return isinstance(binding.value, ast.Constant) and binding.value.value is None
