"""What the tests say: their files, and the names of the implementation that they ask for."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pytest_agentgate.codemods.files.layout import Layout, folders_of_tests, is_of_source, lies_in
from pytest_agentgate.codemods.files.tree import Disk, Tree
from pytest_agentgate.codemods.idioms.fixtures import Fixtures
from pytest_agentgate.codemods.idioms.named_strings import named_strings
from pytest_agentgate.codemods.reading.names import ModuleNames
from pytest_agentgate.codemods.reading.receivers import Receivers
from pytest_agentgate.codemods.reading.sources import File, Place, Sources
from pytest_agentgate.repair.confirm import Asked, Told, nothing_told


@dataclass(frozen=True, slots=True)
class Mention:
    """A place in the tests that asks for a dotted name."""

    name: str
    path: str
    line: int
    is_import: bool = False
    at_top: bool = False  # it is asked for as the file is loaded
    is_text: bool = False  # in a string: a patch target, an import by name

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True, eq=False)
class Suite:
    """The tests as they are on disk when they are first looked at; make a new one after an edit.

    Args:
        sources: tests and implementation.
        paths: the Python files of the tests, which alone may be changed.
        confirm: answers questions about what can be imported and called, in the interpreter of the tests.
    """

    sources: Sources
    paths: tuple[str, ...]
    confirm: Callable[[Sequence[Asked]], Sequence[Told]] = nothing_told
    _files: dict[str, File | None] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls,
        root: Path,
        source: Sequence[str] = (),
        tests: Sequence[str] = (),
        confirm: Callable[[Sequence[Asked]], Sequence[Told]] = nothing_told,
    ) -> Suite:
        """The suite of a project: ``source`` and ``tests`` are folders or files relative to its root."""
        root = root.resolve()
        layout = Layout(root, tuple(source))
        folders = folders_of_tests(root, tests)
        paths = Disk(Tree(root)).paths
        disk = Disk(Tree(root, layout.import_roots(paths)))
        chosen = tuple(
            path for path in sorted(paths) if lies_in(path, folders) and not is_of_source(path, source, folders)
        )
        return cls(disk.sources(), chosen, confirm)

    def file(self, path: str) -> File | None:
        """A test file as codemods see it; None where there is none or Python can't read it."""
        if path not in self._files:
            names = self.sources.file(path)
            text = self.sources.text(path) or ""
            self._files[path] = None if names is None else File(names, Place.within(self.sources, path), text)
        return self._files[path]

    def files(self, paths: Iterable[str] | None = None) -> Iterator[tuple[str, File]]:
        """The test files that can be read, all of them or those of these paths."""
        for path in self.paths if paths is None else paths:
            file = self.file(path)
            if file is not None:
                yield path, file

    def receivers(self, path: str) -> Receivers | None:
        """What values are proven to be in a test file."""
        file = self.file(path)
        return None if file is None else Receivers(file)

    def fixtures(self, path: str) -> Fixtures | None:
        """The fixtures that a test file can request."""
        file = self.file(path)
        return None if file is None else Fixtures(file)

    @cached_property
    def mentions(self) -> Mapping[str, tuple[Mention, ...]]:
        """Where tests ask for something by a dotted name that stands for nothing else, by that name."""
        found: dict[str, list[Mention]] = {}
        for path, file in self.files():
            for mention in _mentions(path, file.names):
                found.setdefault(mention.name, []).append(mention)
        return {name: tuple(found[name]) for name in sorted(found)}

    def below(self, name: str) -> tuple[str, ...]:
        """The names at or below a dotted name that tests ask for, sorted."""
        return tuple(each for each in self.mentions if each == name or each.startswith(f"{name}."))

    def imported_at_top(self, paths: Iterable[str]) -> tuple[str, ...]:
        """The names that files import as they are loaded, in source order."""
        wanted = set(paths)
        lines = [each for mentions in self.mentions.values() for each in mentions if each.is_import and each.at_top]
        lines.sort(key=lambda each: (each.path, each.line, each.name))
        return tuple(dict.fromkeys(each.name for each in lines if each.path in wanted))

    def loaded_by(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Test files, those that they import as they are loaded, and the conftest files above them."""
        found: dict[str, None] = {}
        stack = [path for path in paths if path.endswith(".py")]
        while stack:
            path = stack.pop()
            if path in found:
                continue
            file = self.file(path)
            if file is None:
                continue
            found[path] = None
            stack += [each for each in file.place.conftests() if each in self.paths]
            for name in self.imported_at_top([path]):
                stack += self._paths_of(name)
        return tuple(found)

    def _paths_of(self, name: str) -> Iterator[str]:
        parts = name.split(".")
        for end in range(len(parts), 0, -1):
            module = ".".join(parts[:end])
            if module in self._modules:
                yield self._modules[module]

    @cached_property
    def _modules(self) -> Mapping[str, str]:
        return {self.sources.module_name(path): path for path in self.paths}


def _mentions(path: str, names: ModuleNames) -> Iterator[Mention]:
    for statement in names.imports:
        top = names.scope_of(statement).is_module
        for alias in statement.names:
            target = names.import_target(statement, alias)
            if target is not None:
                name = target.removesuffix(".*")
                yield Mention(name, path, alias.lineno, is_import=True, at_top=top)
    for nodes in names.by_word.values():
        for node in nodes:
            if not isinstance(node.ctx, ast.Load):
                continue
            for meant in names.candidates(node):
                if meant is not None and not meant.startswith("builtins."):
                    inside = names.enclosing(node, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
                    yield Mention(meant, path, node.lineno, at_top=inside is None)
    for text in named_strings(names):
        if text.role in ("object", "module"):
            yield Mention(text.name, path, text.node.lineno, is_text=True)
