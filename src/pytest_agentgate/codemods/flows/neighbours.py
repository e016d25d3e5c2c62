"""The files of tests that values of one file may come to: those that it needs, and those that need it.

A dict in a conftest file may reach a call in a test; one in a test may reach a call in a helper or a fixture.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from posixpath import basename, dirname

from pytest_agentgate.codemods.flows.holders import Holders
from pytest_agentgate.codemods.idioms.fixtures import fixtures_in
from pytest_agentgate.codemods.reading.names import ModuleNames
from pytest_agentgate.codemods.reading.test_modules import is_tests


class Neighbours:
    """The other files of tests around one file."""

    def __init__(self, holders: Holders) -> None:
        self.holders = holders
        self.names = holders.file.names

    def calling(self, word: str) -> Iterator[ModuleNames]:
        """Those in which a word stands; all of them for ""."""
        wanted = set(self.holders.paths_with(word)) if word else None
        found: dict[ModuleNames, None] = {}
        for names in [self.names, *self._users()]:
            found.update(dict.fromkeys([names, *self._needed(names)]))
        for names in found:
            path = self.holders.file_of(names).place.path
            if names is not self.names and (wanted is None or path in wanted):
                yield names

    def _users(self) -> Iterator[ModuleNames]:
        """The files that use what this one defines and what may hold a dict, also through other files."""
        words = {name for name, node in _provided(self.names) if _holds_dicts(node)}
        seen, queue = {self.names}, [(self.names, words)]
        while queue:
            names, words = queue.pop()
            if not words or not self.holders.is_shared(names):
                continue
            path = self.holders.file_of(names).place.path
            folder = dirname(path) if basename(path) == "conftest.py" else ""
            for other in self.holders.with_words(words, folder):
                if other not in seen:
                    seen.add(other)
                    queue.append((other, {name for name, node in _provided(other) if _mentions(node, words)}))
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


def _provided(names: ModuleNames) -> Iterator[tuple[str, ast.AST]]:
    """The names that other files may import from a file, or request as fixtures, and what defines each."""
    for name, bindings in names.scope.bindings.items():
        for binding in bindings:
            if not binding.is_import:
                yield name, names.statement(binding.node)
    for fixture in fixtures_in(names):
        yield fixture.name, fixture.node


def _holds_dicts(node: ast.AST) -> bool:
    return any(
        isinstance(each, ast.Dict) or (isinstance(each, ast.Name) and each.id == "dict") for each in ast.walk(node)
    )


def _mentions(node: ast.AST, words: set[str]) -> bool:
    return any(
        (isinstance(each, ast.Name) and each.id in words)
        or (isinstance(each, ast.Attribute) and each.attr in words)
        or (isinstance(each, ast.arg) and each.arg in words)
        for each in ast.walk(node)
    )
