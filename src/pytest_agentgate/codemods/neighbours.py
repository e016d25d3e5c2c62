"""The files of tests that values of one file may come to: those that it needs, and those that need it.

A dict in a conftest file may reach a call in a test; one in a test may reach a call in a helper or a fixture.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_agentgate.codemods.fixtures import fixtures_in
from pytest_agentgate.codemods.holders import Holders
from pytest_agentgate.codemods.names import ModuleNames
from pytest_agentgate.codemods.receivers import is_tests


class Neighbours:
    """The other files of tests around one file."""

    def __init__(self, holders: Holders) -> None:
        self.holders = holders
        self.names = holders.file.names

    def calling(self, word: str) -> Iterator[ModuleNames]:
        """Those in which a word stands; all of them for ""."""
        wanted = set(self.holders.with_word(word)) if word else None
        found: dict[ModuleNames, None] = {}
        for names in [self.names, *self._users()]:
            found.update(dict.fromkeys([names, *self._needed(names)]))
        return (names for names in found if names is not self.names and (wanted is None or names in wanted))

    def _users(self) -> Iterator[ModuleNames]:
        """The files that use what this one defines, also through other files."""
        if not any(isinstance(node, ast.Dict | ast.Call) for node in self.names.up):
            return
        seen, queue = {self.names}, [self.names]
        while queue:
            names = queue.pop()
            for word in _provides(names) if self.holders.is_shared(names) else ():
                for other in self.holders.with_word(word):
                    if other not in seen and is_tests(other):
                        seen.add(other)
                        queue.append(other)
                        yield other

    def _needed(self, names: ModuleNames) -> Iterator[ModuleNames]:
        """The files that one imports, or whose fixtures it sees, also through other files."""
        seen, queue = {names}, [names]
        while queue:
            for other in self._seen_by(queue.pop()):
                if other not in seen:
                    seen.add(other)
                    queue.append(other)
                    yield other

    def _seen_by(self, names: ModuleNames) -> Iterator[ModuleNames]:
        place = self.holders.file_of(names).place
        modules = [self.holders.sources.file(path) for path in place.conftests()] if place.path else []
        targets = {
            binding.target
            for scope in names.scopes.values()
            for bindings in [*scope.bindings.values(), scope.stars]
            for binding in bindings
            if (binding.is_import or binding.kind == "star") and binding.target
        }
        for target in sorted(targets):
            modules += [self.holders.sources.module(target), self.holders.sources.module(target.rpartition(".")[0])]
        return (module for module in modules if module is not None and is_tests(module))


def _provides(names: ModuleNames) -> set[str]:
    """The names that other files may import from a file, or request as fixtures."""
    known = {name for name, bindings in names.scope.bindings.items() if not all(each.is_import for each in bindings)}
    return known | {each.name for each in fixtures_in(names)}
