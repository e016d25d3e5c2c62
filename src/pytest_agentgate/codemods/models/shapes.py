"""What a value has to be: an instance of a model, many of them, or a mapping with some of them under its keys."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pytest_agentgate.codemods.models.model import Field, Model, NotAModel, Where
from pytest_agentgate.codemods.models.model_classes import read_model, unquoted
from pytest_agentgate.codemods.reading.sources import Sources


@dataclass(frozen=True)
class Instance:
    """An instance of one class, or of the one of several classes that a dict's keys fit."""

    models: tuple[Model, ...]


@dataclass(frozen=True)
class Many:
    """A list, tuple, set or other run of values of one shape."""

    each: Shape


@dataclass(frozen=True)
class Values:
    """A mapping whose keys say nothing and whose values have one shape: ``dict[str, Model]``."""

    each: Shape


@dataclass(frozen=True)
class Keyed:
    """A mapping that stays one; the values of some of its keys have shapes."""

    items: tuple[tuple[str, Shape], ...]

    @classmethod
    def of(cls, items: Mapping[str, Shape]) -> Keyed:
        return cls(tuple(sorted(items.items(), key=lambda item: item[0])))

    def at(self, key: object) -> Shape | None:
        return next((shape for name, shape in self.items if name == key), None)


@dataclass(frozen=True)
class Cell:
    """One row of ``parametrize``: its value number ``at`` of ``of`` has a shape."""

    at: int
    of: int
    shape: Shape


Shape: TypeAlias = Instance | Many | Values | Keyed | Cell


_MANY = re.compile(
    r"builtins\.(list|tuple|set|frozenset)"
    r"|typing\.(List|Tuple|Set|FrozenSet|Sequence|MutableSequence|Iterable|Collection)"
    r"|collections\.abc\.(Sequence|MutableSequence|Iterable|Collection|Set)"
)
_MAPPINGS = re.compile(
    r"builtins\.dict|typing\.(Dict|Mapping|MutableMapping|DefaultDict|OrderedDict)"
    r"|collections\.(defaultdict|OrderedDict)|collections\.abc\.(Mapping|MutableMapping)"
)
_ANYTHING = re.compile(r"typing(_extensions)?\.Any|builtins\.object")
_INNER = re.compile(r"typing(_extensions)?\.(Annotated|Optional|Final|Required|NotRequired)|dataclasses\.InitVar")


class Models:
    """The models of a project, read once each, and the shapes that annotations ask for."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self._read: dict[str, Model | NotAModel] = {}

    def of(self, name: str) -> Model | NotAModel:
        """The model that a dotted name stands for, re-exports followed."""
        definition = self.sources.definition(name)
        if definition is None:
            return NotAModel(f"{name} is not defined in any file of the project")
        if not isinstance(definition.node, ast.ClassDef):
            return NotAModel(f"{name} is no class")
        known = self._read.get(definition.name)
        if known is None:
            known = self._read[definition.name] = read_model(definition, self.sources)
        return known

    def shape(self, annotation: ast.expr | None, where: Where | None) -> Shape | None:
        """The shape that an annotation asks for; None where no model has part in it, or a dict would do as well."""
        if annotation is None or where is None:
            return None
        found = self._shapes(annotation, where)
        if found is None or not found:
            return None
        if len(found) == 1:
            return found[0]
        if all(isinstance(shape, Instance) for shape in found):
            return Instance(tuple(model for shape in found if isinstance(shape, Instance) for model in shape.models))
        return None

    def field_shape(self, of: Field) -> Shape | None:
        return self.shape(of.annotation, of.where)

    def _shapes(self, annotation: ast.expr, where: Where) -> list[Shape] | None:
        """The shapes of the members of a union; None where one of them takes a dict or anything."""
        node = unquoted(annotation)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return _joined([self._shapes(node.left, where), self._shapes(node.right, where)])
        if isinstance(node, ast.Subscript):
            name = where.meaning(node.value) or ""
            inside = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
            if name.endswith(".Union"):
                return _joined([self._shapes(each, where) for each in inside])
            if _INNER.fullmatch(name):
                return self._shapes(inside[0], where)
            if _MANY.fullmatch(name):
                fixed = name.lower().endswith("tuple") and not (len(inside) == 2 and _is_ellipsis(inside[1]))
                each = None if fixed else self.shape(inside[0], where)
                return [] if each is None else [Many(each)]
            if _MAPPINGS.fullmatch(name):
                each = self.shape(inside[1], where) if len(inside) == 2 else None
                return None if each is None else [Values(each)]
            node = node.value
        name = where.meaning(node) or ""
        if _MAPPINGS.fullmatch(name) or _ANYTHING.fullmatch(name):
            return None
        alias = _alias(node, where)
        if alias is not None:
            return self._shapes(alias, where)
        model = self.of(name) if name and not name.startswith("builtins.") else None
        return [Instance((model,))] if isinstance(model, Model) else []


def _joined(members: Iterable[list[Shape] | None]) -> list[Shape] | None:
    found: list[Shape] = []
    for member in members:
        if member is None:
            return None
        found += [shape for shape in member if shape not in found]
    return found


def _alias(node: ast.expr, where: Where) -> ast.expr | None:
    """What a name stands for that was assigned a type: ``Servers = list[Server]``."""
    if not isinstance(node, ast.Name):
        return None
    home = where.scope.home(node.id)
    bindings = home.bindings[node.id] if home is not None else []
    return bindings[0].value if len(bindings) == 1 and bindings[0].value is not node else None


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis
