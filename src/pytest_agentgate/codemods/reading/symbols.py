"""A function, class or constant that was renamed or moved: what the dotted names that stood for it are to be."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from pytest_agentgate.codemods.idioms.named_strings import begins_with
from pytest_agentgate.codemods.reading.names import ModuleNames, absolute
from pytest_agentgate.codemods.reading.sources import Sources


@dataclass(frozen=True)
class Symbol:
    """A module and a name in it."""

    module: str
    name: str

    @classmethod
    def named(cls, name: str) -> Symbol:
        module, _, last = name.rpartition(".")
        return cls(module, last)

    def __str__(self) -> str:
        return f"{self.module}.{self.name}" if self.module else self.name


@dataclass(frozen=True)
class Succession:
    """The old and the new place of a symbol, and the project's files: those from before the change, or from after."""

    old: Symbol
    new: Symbol
    sources: Sources

    def instead_of(self, name: str | None) -> Symbol | None:
        """What a dotted name is to be; None where it is another thing, or still right.

        A package that exports the symbol may do so before or after the change: what it exports on disk is used,
        and the new place where it doesn't export the new name.
        """
        if name == str(self.old):
            return self.new
        if name is None or not name.endswith(f".{self.old.name}"):
            return None
        owner = name.rpartition(".")[0]
        module = self.sources.module(owner)
        if module is None or owner == self.new.module:
            return None
        by_star = self.old.name not in module.scope.bindings
        if self.binds(module, self.old.name, self.old) and self.old.name != self.new.name:
            return Symbol(owner, self.new.name) if by_star and self.new.module == self.old.module else self.new
        if not by_star or (module.scope.stars and self.sources.definition(name) is not None):
            return None
        if self._offers_new(module):
            return Symbol(owner, self.new.name)
        return self.new if begins_with(self.old.module, owner) and not module.scope.stars else None

    def binds(self, module: ModuleNames, name: str, symbol: Symbol) -> bool:
        """Whether a module gets a name from a symbol's place."""
        bindings = module.scope.bindings.get(name, [])
        if not all(binding.is_import for binding in bindings) or not (bindings or module.scope.stars):
            return False
        targets = {binding.target for binding in bindings}
        home = self.sources.canonical(f"{module.module}.{name}")
        if targets == {str(symbol)} or home == str(symbol):
            return True
        is_renamed = any(target is None or target.rpartition(".")[2] != name for target in targets)
        return not is_renamed and home == self.sources.canonical(str(symbol))  # which is a re-export, too

    def _offers_new(self, module: ModuleNames) -> bool:
        """Whether a module other than the new place has the new one: by an import, or as its definition."""
        here = f"{module.module}.{self.new.name}"
        return self.binds(module, self.new.name, self.new) or self.sources.canonical(str(self.new)) == here

    def patched(self, owner: str) -> Symbol | None:
        """What to replace in a test instead of the name in a module: the definition, or where it is looked up."""
        module = self.sources.module(owner)
        if module is not None and owner != self.new.module and self._offers_new(module):
            if self.old.name == self.new.name:
                return None
            if self.old.name not in module.scope.bindings:
                return Symbol(owner, self.new.name)  # by an import: there its own code looks it up
        return self.new if owner == self.old.module else None

    def is_looked_up(self, owner: str) -> bool:
        """Whether a module has the symbol under its old name, by an import of its old place."""
        module = self.sources.module(owner)
        return module is not None and self.old.name != self.new.name and self.binds(module, self.old.name, self.old)


def import_of_module(names: ModuleNames, name: str) -> ast.Import | ast.ImportFrom | None:
    """An import that shows that a dotted name is a module."""
    for statement in names.imports:
        if isinstance(statement, ast.Import):
            modules = [alias.name for alias in statement.names]
        else:
            modules = [absolute(names.package, statement.module, statement.level) or ""]
        if any(begins_with(module, name) for module in modules):
            return statement
    return None


def is_member(name: str, sources: Sources) -> bool:
    """Whether a dotted name is one in a class: its owner is one, or is written like one."""
    owner = name.rpartition(".")[0]
    if sources.module(owner) is not None:
        return False
    found = sources.definition(owner)
    return isinstance(found.node, ast.ClassDef) if found is not None else owner.rpartition(".")[2][:1].isupper()
