"""The classes that a file can see: what they are called, what they derive from, and what they define.

A class of the file itself is read from the file; any other one from where the project's sources define it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pytest_agentgate.codemods.reading.names import Binding, FunctionNode, ModuleNames
from pytest_agentgate.codemods.reading.sources import Definition, File

_CLASS_METHODS = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})
_ENUMS = frozenset({"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"})


@dataclass(frozen=True, eq=False)
class Member:
    """What one class says about one of its attributes."""

    owner: Definition  # the class that says it
    bindings: Sequence[Binding]  # in the class body
    stores: Sequence[ast.Attribute]  # ``self.NAME`` where its methods assign it


class Hierarchy:
    """The classes that a file can see."""

    def __init__(self, file: File) -> None:
        self.file = file
        names = file.names
        self._own = {names.qualified(node): node for node in [*names.functions, *names.classes]}
        self._found: dict[str, Definition | None] = {}
        self._lineages: dict[str, tuple[str | None, ...]] = {}
        self._stores: dict[ast.ClassDef, dict[str, list[ast.Attribute]]] = {}

    def definition(self, name: str) -> Definition | None:
        """Where a dotted name is defined: in the file itself, else in the project; None where that can't be told."""
        if name in self._own:
            return Definition(name, self._own[name], self.file.names)
        if name not in self._found:
            self._found[name] = self.file.sources.definition(name)
        return self._found[name]

    def canonical(self, name: str) -> str:
        """The dotted name of the place where something is defined; the name itself where that can't be told."""
        found = self.definition(name)
        return name if found is None else found.name

    def class_definition(self, name: str) -> tuple[Definition, ast.ClassDef] | None:
        """Where a class is defined; None for what is no class or can't be seen."""
        found = self.definition(name)
        return (found, found.node) if found is not None and isinstance(found.node, ast.ClassDef) else None

    def lineage(self, name: str) -> tuple[str | None, ...]:
        """A class and those that it derives from, canonical, the nearest first; None for one that can't be told."""
        name = self.canonical(name)
        if name not in self._lineages:
            self._lineages[name] = (name,)  # should it derive from itself
            found: list[str | None] = []
            for base in self.bases(name):
                found += (None,) if base is None else self.lineage(base)
            kept = [base for at, base in enumerate(found) if base is None or base not in found[at + 1 :]]
            self._lineages[name] = (name, *kept)
        return self._lineages[name]

    def bases(self, name: str) -> list[str | None]:
        """The bases that stand in a class statement, canonical; empty where the class can't be seen."""
        found = self.class_definition(name)
        if found is None:
            return []
        definition, node = found
        meanings = [definition.module.meaning(_bare(base)) for base in node.bases]
        return [None if each is None else self.canonical(each) for each in meanings]

    def derives(self, name: str, ancestor: str) -> bool:
        """Whether a class is another one or proven to derive from it."""
        return self.canonical(ancestor) in self.lineage(name)

    def between(self, name: str, ancestor: str) -> Iterator[tuple[Definition, ast.ClassDef]]:
        """The classes from one up to an ancestor, which is not included."""
        wanted = self.canonical(ancestor)
        for each in self.lineage(name):
            if each == wanted:
                return
            found = None if each is None else self.class_definition(each)
            if found is not None:
                yield found

    def member(self, name: str, attribute: str, after: str | None = None) -> Member | None:
        """What the first class that knows an attribute says about it; None where that can't be told.

        ``after`` leaves out the classes up to it, as ``super()`` does.
        """
        lineage = self.lineage(name)
        if after is not None:
            lineage = lineage[lineage.index(after) + 1 :] if after in lineage else ()
        for each in lineage:
            found = None if each is None else self.class_definition(each)
            if found is None:
                return None
            definition, node = found
            bindings = definition.module.scopes[node].bindings.get(attribute, ())
            stores = self.stores(definition.module, node).get(attribute, ())
            if bindings or stores:
                return Member(definition, bindings, stores)
        return None

    def is_enum(self, name: str) -> bool:
        """Whether a class is proven to be an enumeration."""
        return any(each is not None and each.startswith("enum.") and each[5:] in _ENUMS for each in self.lineage(name))

    def stores(self, names: ModuleNames, node: ast.ClassDef) -> dict[str, list[ast.Attribute]]:
        """The attributes that the methods of a class assign to their ``self`` or ``cls``, by name."""
        if node not in self._stores:
            found: dict[str, list[ast.Attribute]] = {}
            for function in methods(names, node):
                first = receiver_parameter(names, function)
                if first is None:
                    continue
                for inner in ast.walk(function):
                    if (
                        isinstance(inner, ast.Attribute)
                        and isinstance(inner.ctx, ast.Store)
                        and isinstance(inner.value, ast.Name)
                        and inner.value.id == first.arg
                    ):
                        found.setdefault(inner.attr, []).append(inner)
            self._stores[node] = found
        return self._stores[node]


def methods(names: ModuleNames, node: ast.ClassDef) -> Iterator[FunctionNode]:
    """The functions that a class body defines, also under ``if`` and ``try``."""
    for bindings in names.scopes[node].bindings.values():
        for binding in bindings:
            if isinstance(binding.node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield binding.node


def owner(names: ModuleNames, function: FunctionNode) -> ast.ClassDef | None:
    """The class whose method a function is."""
    node = names.scope_of(function).node
    return node if isinstance(node, ast.ClassDef) else None


def receiver_parameter(names: ModuleNames, function: FunctionNode) -> ast.arg | None:
    """The parameter ``self`` or ``cls`` of a method, whatever it is called; None for functions and static methods."""
    if owner(names, function) is None or has_decorator(names, function, "builtins.staticmethod"):
        return None
    positional = [*function.args.posonlyargs, *function.args.args]
    return positional[0] if positional else None


def takes_class(names: ModuleNames, function: FunctionNode) -> bool:
    """Whether a method is given the class rather than an instance."""
    return function.name in _CLASS_METHODS or has_decorator(names, function, "builtins.classmethod")


def has_decorator(names: ModuleNames, function: FunctionNode | ast.ClassDef, *wanted: str) -> bool:
    """Whether one of these dotted names decorates a definition, called or not."""
    return any(
        names.meaning(each.func if isinstance(each, ast.Call) else each) in wanted for each in function.decorator_list
    )


def _bare(base: ast.expr) -> ast.expr:
    return base.value if isinstance(base, ast.Subscript) else base
