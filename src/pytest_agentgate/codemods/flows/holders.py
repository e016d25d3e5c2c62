"""What holds a value between where it is written and where it is used: names, attributes, fixtures, results.

They are looked up in all files of the project. What can't be told is None, and whoever asks must then leave it alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from posixpath import basename, dirname
from typing import Literal, TypeAlias
from weakref import WeakKeyDictionary

from pytest_agentgate.codemods.idioms.fixtures import Fixture, Fixtures, decorator_of
from pytest_agentgate.codemods.reading.hierarchy import owner, receiver_parameter
from pytest_agentgate.codemods.reading.names import Binding, FunctionNode, ModuleNames
from pytest_agentgate.codemods.reading.sources import File, Place, Sources
from pytest_agentgate.codemods.reading.test_modules import is_test_module, is_tests

Function: TypeAlias = FunctionNode | ast.Lambda
_KEEPING = frozenset({"builtins.staticmethod", "builtins.classmethod", "functools.cache", "functools.lru_cache"})
_LOOPS = (ast.For, ast.AsyncFor, ast.comprehension)


@dataclass(frozen=True)
class Holder:
    """Something that holds a value.

    Args:
        kind: a name in a scope, an attribute of a class's instances, what a fixture gives, what a function returns, or
            what a fixture finds in ``request.param``.
        node: the scope, class or function.
        name: the name or attribute.
        names: the file that it stands in.
    """

    kind: Literal["name", "attribute", "fixture", "result", "params"]
    node: ast.AST
    name: str
    names: ModuleNames = field(compare=False, repr=False)

    @property
    def is_open(self) -> bool:
        """Whether other files can see it."""
        return self.kind != "name" or isinstance(self.node, ast.Module)


class _Overlay(Sources):
    """The project's files, one of them as it is now rather than as it is on disk."""

    def __init__(self, under: Sources, path: str, names: ModuleNames) -> None:
        super().__init__(under.text, under.roots, lambda: under.paths)
        self._under, self._path, self._own = under, path, names

    def file(self, path: str) -> ModuleNames | None:
        return self._own if path == self._path else self._under.file(path)


_WORDS: WeakKeyDictionary[Sources, dict[str, tuple[str, ...]]] = WeakKeyDictionary()


_TESTS: WeakKeyDictionary[Sources, tuple[str, ...]] = WeakKeyDictionary()


class Holders:
    """The holders that a file, and the files that share some with it, can see."""

    def __init__(self, file: File) -> None:
        self.disk = file.sources
        path = file.place.path
        self.sources = _Overlay(file.sources, path, file.names) if path else file.sources
        self.file = replace(file, place=replace(file.place, sources=self.sources))
        self._files: dict[ModuleNames, File] = {file.names: self.file}
        self._fixtures: dict[ModuleNames, Fixtures] = {}

    # -- files ---------------------------------------------------------------------------------------------------------

    def file_of(self, names: ModuleNames) -> File:
        if names not in self._files:
            stem = names.module.replace(".", "/")
            bases = [f"{root}/{stem}" if root else stem for root in self.sources.roots]
            paths = (path for base in bases for path in (f"{base}.py", f"{base}/__init__.py"))
            found = next((path for path in paths if self.sources.file(path) is names), "")
            self._files[names] = File(names, Place.within(self.sources, found))
        return self._files[names]

    def fixtures(self, names: ModuleNames) -> Fixtures:
        if names not in self._fixtures:
            self._fixtures[names] = Fixtures(self.file_of(names))
        return self._fixtures[names]

    def with_word(self, word: str, folder: str = "") -> Iterator[ModuleNames]:
        """The files of tests below a folder in which a word stands, this one first."""
        own = self.file.place.path
        if not folder or own.startswith(f"{folder}/"):
            yield self.file.names
        yield from self._read(path for path in self.paths_with(word) if not folder or path.startswith(f"{folder}/"))

    def paths_with(self, word: str) -> tuple[str, ...]:
        """The paths of the files of tests in which a word stands, on disk."""
        known = _WORDS.setdefault(self.disk, {})
        if word not in known:
            known[word] = tuple(self._paths_with({word}))
        return known[word]

    def with_words(self, words: Iterable[str], folder: str = "") -> Iterator[ModuleNames]:
        """The other files of tests below a folder in which one of several words stands."""
        return self._read(self._paths_with(words, folder))

    def _read(self, paths: Iterable[str]) -> Iterator[ModuleNames]:
        for path in paths:
            names = self.sources.file(path) if path != self.file.place.path else None
            if names is not None:
                yield names

    def _paths_with(self, words: Iterable[str], folder: str = "") -> Iterator[str]:
        pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(words)))})(?!\w)")
        for path in self._test_paths():
            if (not folder or path.startswith(f"{folder}/")) and pattern.search(self.disk.text(path) or ""):
                yield path

    def _test_paths(self) -> tuple[str, ...]:
        if self.disk not in _TESTS:
            named = ((path, self.disk.module_name(path)) for path in self.disk.paths)
            _TESTS[self.disk] = tuple(path for path, name in named if is_test_module(name))
        return _TESTS[self.disk]

    def is_shared(self, names: ModuleNames) -> bool:
        """Whether a file provides others with what it defines: helpers and conftest files do, files of tests don't."""
        path = self.file_of(names).place.path
        if not path or basename(path).startswith("test_") or path.endswith("_test.py"):
            return False
        return is_tests(names)

    # -- which holder an expression reads ------------------------------------------------------------------------------

    def holder(self, names: ModuleNames, node: ast.expr) -> Holder | None:
        """What an expression reads; None where it reads none that is known."""
        if isinstance(node, ast.Name):
            home = names.scope_of(node).home(node.id)
            bindings = home.bindings[node.id] if home is not None else []
            if home is None or all(binding.is_import for binding in bindings):
                return self.constant(names.meaning(node))
            if home.is_class:
                return Holder("attribute", home.node, node.id, names)
            return Holder("name", home.node, node.id, names)
        if isinstance(node, ast.Attribute):
            if self._is_param(names, node):
                function = names.enclosing(node, ast.FunctionDef, ast.AsyncFunctionDef)
                return None if function is None else Holder("params", function, "", names)
            inside = self.class_of(names, node.value)
            if inside is not None:
                return self._attribute(names, inside, node.attr)
            return self.constant(names.meaning(node))
        if isinstance(node, ast.Call):
            found = self.function(names, node.func)
            return None if found is None else Holder("result", found[1], "", found[0])
        return None

    def constant(self, name: str | None) -> Holder | None:
        found = self.sources.definition(name) if name else None
        if found is None or not isinstance(found.node, ast.expr):
            return None
        last = found.name.rpartition(".")[2]
        return Holder("name", found.module.tree, last, found.module) if last in found.module.scope.bindings else None

    def _is_param(self, names: ModuleNames, node: ast.Attribute) -> bool:
        return node.attr == "param" and isinstance(node.value, ast.Name) and node.value.id == "request"

    def class_of(self, names: ModuleNames, node: ast.expr) -> ast.ClassDef | None:
        """The class of this file whose instance ``self``, or which itself, an expression is."""
        if not isinstance(node, ast.Name):
            return None
        for binding in names.bindings(node):
            if binding.kind == "class" and isinstance(binding.node, ast.ClassDef):
                return binding.node
            function = binding.scope.node
            if binding.kind == "parameter" and isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                return owner(names, function) if receiver_parameter(names, function) is binding.node else None
        return None

    def lineage(self, names: ModuleNames, node: ast.ClassDef) -> Iterator[ast.ClassDef]:
        """A class and those that it derives from, as far as they stand in its file."""
        yield node
        for base in node.bases:
            for each in names.classes:
                if each is not node and names.means(base, names.qualified(each)):
                    yield from self.lineage(names, each)

    def _attribute(self, names: ModuleNames, inside: ast.ClassDef, name: str) -> Holder | None:
        for each in reversed(list(self.lineage(names, inside))):
            holder = Holder("attribute", each, name, names)
            if any(True for _ in self.stores(holder)) or name in names.scopes[each].bindings:
                return holder
        return None

    def function(self, names: ModuleNames, node: ast.expr, deep: int = 5) -> tuple[ModuleNames, Function] | None:
        """The function of tests that an expression calls: a helper, a method, or what a fixture returns."""
        if isinstance(node, ast.Lambda):
            return names, node
        if isinstance(node, ast.Attribute):
            inside = self.class_of(names, node.value)
            for each in self.lineage(names, inside) if inside is not None else ():
                found = [each.node for each in names.scopes[each].bindings.get(node.attr, ())]
                if found:
                    return self._plain(names, found)
            return self._defined(names.meaning(node))
        if not isinstance(node, ast.Name) or not deep:
            return None
        bindings = names.bindings(node)
        if not bindings or all(binding.is_import for binding in bindings):
            return self._defined(names.meaning(node))
        if len(bindings) == 1 and bindings[0].kind == "parameter":
            fixture = self.fixture(names, bindings[0])
            results = fixture.results if fixture is not None else []
            if fixture is not None and len(results) == 1 and results[0] is not None:
                return self.function(fixture.names, results[0], deep - 1)
            return None
        if len(bindings) == 1 and isinstance(bindings[0].value, ast.Lambda):
            return names, bindings[0].value
        return self._plain(names, [binding.node for binding in bindings])

    def _defined(self, name: str | None) -> tuple[ModuleNames, Function] | None:
        found = self.sources.definition(name) if name else None
        return None if found is None else self._plain(found.module, [found.node])

    def _plain(self, names: ModuleNames, nodes: Sequence[ast.AST]) -> tuple[ModuleNames, Function] | None:
        if len(nodes) != 1 or not isinstance(nodes[0], ast.FunctionDef | ast.AsyncFunctionDef):
            return None
        node = nodes[0]
        decorators = [each.func if isinstance(each, ast.Call) else each for each in node.decorator_list]
        return (names, node) if all(names.meaning(each) in _KEEPING for each in decorators) else None

    def overriding(self, names: ModuleNames, function: FunctionNode, fixture: Fixture) -> Iterator[Fixture]:
        """The fixtures that a fixture may be given instead of the one that it sees: classes and folders override it."""
        if decorator_of(names, function) is None or function.name == fixture.name:
            return
        path = self.file_of(names).place.path
        files = self.with_word(fixture.name, dirname(path)) if basename(path) == "conftest.py" else [names]
        for each in files:
            for other in self.fixtures(each).own:
                inner = other.owner is not None or each is not names
                if inner and other.name == fixture.name and other.node not in {fixture.node, function}:
                    yield other

    def fixture(self, names: ModuleNames, binding: Binding) -> Fixture | None:
        """The fixture that a parameter stands for."""
        function = binding.scope.node
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or not isinstance(binding.node, ast.arg):
            return None
        return self.fixtures(names).request(binding.node, function, names)

    def stores(self, holder: Holder) -> Iterator[ast.Attribute]:
        """Where an attribute of ``self`` or of the class is assigned, in its class and in those that derive from it."""
        for node in holder.names.by_word.get(holder.name, ()):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                inside = self.class_of(holder.names, node.value)
                if inside is not None and holder.node in set(self.lineage(holder.names, inside)):
                    yield node
