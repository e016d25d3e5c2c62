"""The other files that a codemod may look at: the implementation, conftest files, the rest of the tests.

They are read with ``ast`` alone and as they are on disk when a command starts; nothing is imported.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from posixpath import dirname

from pytest_agentgate.codemods.reading.names import FunctionNode, ModuleNames, parse

_DEEPEST = 20  # re-exports that are followed before a chain is taken for a circle


@dataclass(frozen=True)
class Definition:
    """A class, function or other name where it is defined."""

    name: str  # dotted, as its home calls it
    node: ast.ClassDef | FunctionNode | ast.expr  # the definition, or what is assigned to the name
    module: ModuleNames


class Sources:
    """The files of a project by path, and its modules by dotted name.

    Args:
        read: the text of a file by its path relative to the project's root, with ``/``; None where there is none.
        roots: folders from which modules are imported, in order; "" is the root.
        paths: all Python files, relative to the root; asked for once, and only when it is needed.
    """

    def __init__(
        self,
        read: Callable[[str], str | None],
        roots: Sequence[str] = ("", "src"),
        paths: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        self._read = read
        self.roots = tuple(roots)
        self._list = paths
        self._paths: tuple[str, ...] | None = None
        self._files: dict[str, ModuleNames | None] = {}
        self._definitions: dict[tuple[str, int], Definition | None] = {}  # by name and the steps that were left for it
        self.parsed = 0  # characters of the files that were parsed; what is made of each is kept, for 40 bytes each

    @classmethod
    def of(cls, files: Mapping[str, str], roots: Sequence[str] = ("", "src")) -> Sources:
        """Sources that are texts, by path."""
        return cls(files.get, roots, lambda: sorted(files))

    @property
    def paths(self) -> tuple[str, ...]:
        """Every Python file of the project, sorted."""
        if self._paths is None:
            self._paths = tuple(sorted(self._list()))
        return self._paths

    def text(self, path: str) -> str | None:
        """The text of a file; None where there is none or it can't be read."""
        return self._read(path)

    def file(self, path: str) -> ModuleNames | None:
        """A file, read; None where there is none or Python can't read it."""
        if path not in self._files:
            text = self._read(path)
            names = None
            if text is not None:
                self.parsed += len(text)
                module = self.module_name(path)
                try:
                    names = ModuleNames(parse(text), module, package_of(path, module))
                except SyntaxError:
                    names = None
            self._files[path] = names
        return self._files[path]

    def module_name(self, path: str) -> str:
        """The dotted name under which a file is imported.

        That is from the longest root that holds it. Where an earlier one holds it too (the project's root, and a folder
        of tests that pytest adds), it is the name by which some file of the project imports it.
        """
        holding = [root for root in self.roots if not root or path.startswith(f"{root}/")] or [""]
        longest = max(holding, key=len)
        file = path.rpartition("/")[2]
        if longest != holding[0] and not (file.startswith("test_") or file == "conftest.py"):  # nobody imports these
            names = [_module_name(path, root) for root in holding]
            return next((name for name in names if name in self._imported), _module_name(path, longest))
        return _module_name(path, longest)

    @cached_property
    def _imported(self) -> frozenset[str]:
        """The modules that files of the project name in their imports, as far as a look at the lines tells."""
        found: set[str] = set()
        for path in self.paths:
            for module, names in _IMPORT.findall(self._read(path) or ""):
                found.add(module)
                found.update(f"{module}.{name}" for name in re.findall(r"\w+", names))
        return frozenset(found)

    def module(self, name: str) -> ModuleNames | None:
        """A module of the project by its dotted name."""
        stem = name.replace(".", "/")
        for root in self.roots:
            base = f"{root}/{stem}" if root else stem
            for path in (f"{base}/__init__.py", f"{base}.py"):
                found = self.file(path)
                if found is not None:
                    return found
        return None

    def definition(self, name: str) -> Definition | None:
        """Where a dotted name is defined, re-exports and plain aliases followed; None where that can't be told."""
        return self._definition(name, _DEEPEST)

    def canonical(self, name: str) -> str:
        """The dotted name of the place where something is defined; the name itself where that can't be told."""
        found = self.definition(name)
        return name if found is None else found.name

    def _definition(self, name: str, deep: int) -> Definition | None:
        if (name, deep) not in self._definitions:  # modules that take all of each other are many ways to the same place
            self._definitions[name, deep] = self._defined(name, deep)
        return self._definitions[name, deep]

    def _defined(self, name: str, deep: int) -> Definition | None:
        parts = name.split(".")
        for cut in range(len(parts) - 1, 0, -1):
            module = self.module(".".join(parts[:cut]))
            if module is not None:
                return self._inside(module, parts[cut:], deep) if deep else None
        return None

    def _is_class(self, name: str, deep: int) -> bool:
        """Whether a dotted name is a class of the project, so that what is below it is defined nowhere by itself."""
        found = self._definition(name, deep - 1)
        return found is not None and isinstance(found.node, ast.ClassDef)

    def _inside(self, module: ModuleNames, parts: Sequence[str], deep: int) -> Definition | None:
        bindings = module.scope.bindings.get(parts[0], [])
        if not bindings:
            stars = [star.target for star in module.scope.stars if star.target]
            starred = (self._definition(".".join([star, *parts]), deep - 1) for star in stars)
            return next((each for each in starred if each is not None), None)
        binding = bindings[-1]
        if binding.kind == "import" and binding.target is not None:
            return self._definition(".".join([binding.target, *parts[1:]]), deep - 1)
        if binding.kind == "assignment" and binding.value is not None:
            target = module.meaning(binding.value)
            if target is not None and target.rpartition(".")[0] != "builtins":
                found = self._definition(".".join([target, *parts[1:]]), deep - 1)
                if found is not None or not self._is_class(target.rpartition(".")[0], deep):
                    return found
            return Definition(".".join([module.module, *parts]), binding.value, module) if len(parts) == 1 else None
        node = binding.node
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            return None
        for part in parts[1:]:
            inner = module.scopes[node].bindings.get(part, []) if isinstance(node, ast.ClassDef) else []
            last = inner[-1].node if inner else None
            if not isinstance(last, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                return None
            node = last
        return Definition(".".join([module.module, *parts]), node, module)


_IMPORT = re.compile(r"^[ \t]*(?:from|import)[ \t]+([\w.]+)(?:[ \t]+import[ \t]+([\w, \t]+))?", re.MULTILINE)


def _module_name(path: str, root: str) -> str:
    inner = path[len(root) + 1 :] if root else path
    parts = inner.removesuffix(".pyi").removesuffix(".py").split("/")
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def package_of(path: str, module: str) -> str:
    """The package from which a file's relative imports start."""
    return module if path.endswith("__init__.py") else module.rpartition(".")[0]


@dataclass(frozen=True)
class Place:
    """Where a file stands.

    Args:
        path: relative to the project's root, with ``/``; "" where the text is not a file.
        module: its dotted name, "" where it has none.
        package: the package from which its relative imports start.
        sources: the other files.
    """

    path: str = ""
    module: str = ""
    package: str = ""
    sources: Sources = field(default_factory=lambda: Sources.of({}), compare=False, repr=False)

    @classmethod
    def within(cls, sources: Sources, path: str) -> Place:
        """The place of a file of a project."""
        module = sources.module_name(path)
        return cls(path, module, package_of(path, module), sources)

    def conftests(self) -> list[str]:
        """The paths where conftest files of this file may stand, the nearest first."""
        folder, found = dirname(self.path), []
        while True:
            found.append(f"{folder}/conftest.py" if folder else "conftest.py")
            if not folder:
                return [path for path in found if path != self.path]
            folder = dirname(folder)


ALONE = Place()
"""A text that is not a file of any project."""


@dataclass(frozen=True)
class File:
    """What a codemod is given: a file's names, its text, and where it stands."""

    names: ModuleNames
    place: Place = ALONE
    text: str = ""

    @property
    def sources(self) -> Sources:
        return self.place.sources
