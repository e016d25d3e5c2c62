"""What a class that took the place of a dict is to a codemod: its style, and what its constructor takes."""

from __future__ import annotations

import ast
import keyword
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pytest_agentgate.codemods.reading.names import ModuleNames, Scope
from pytest_agentgate.codemods.reading.values import meaning


class Style(StrEnum):
    """How a class comes by its constructor."""

    PYDANTIC_1 = "pydantic 1"
    PYDANTIC_2 = "pydantic 2"
    PYDANTIC_DATACLASS = "pydantic dataclass"
    DATACLASS = "dataclass"
    ATTRS = "attrs"
    MSGSPEC = "msgspec"
    NAMED_TUPLE = "named tuple"
    PLAIN = "plain class"


PYDANTIC = frozenset({Style.PYDANTIC_1, Style.PYDANTIC_2, Style.PYDANTIC_DATACLASS})


@dataclass(frozen=True, eq=False)
class Where:
    """Where an annotation stands, so that its names can be read."""

    names: ModuleNames
    scope: Scope

    def meaning(self, node: ast.expr) -> str | None:
        """The dotted name that an expression stands for here, also one that was written as a string."""
        return meaning(node, self.names, self.scope)


@dataclass(frozen=True, eq=False)
class Field:
    """A field of a model, or a parameter of a plain constructor.

    Args:
        name: the attribute.
        keywords: the names under which the constructor takes it; none where it takes it under no name that is known.
        required: whether a call without it fails.
        kw_only: whether it can't be given by position.
        annotation: its type as written.
        where: where the annotation stands.
        default: what it is without a value, where that is written down.
    """

    name: str
    keywords: tuple[str, ...]
    required: bool = True
    kw_only: bool = False
    annotation: ast.expr | None = None
    where: Where | None = None
    default: ast.expr | None = None


@dataclass(frozen=True, eq=False)
class Model:
    """A class whose instances hold what a dict held.

    Args:
        name: dotted, as its home calls it.
        style: how it comes by its constructor.
        fields: by attribute, inherited ones first, in the order of the constructor.
        node: its definition.
        extra: whether its constructor takes keywords that are no fields.
        frozen: whether its attributes can't be set.
        generated: whether its aliases are made by a function that is not read.
    """

    name: str
    style: Style
    fields: Mapping[str, Field]
    node: ast.ClassDef
    extra: bool = False
    frozen: bool = False
    generated: bool = False

    @property
    def coerces(self) -> bool:
        """Whether a dict that is given for a field of a model's type becomes that model by itself."""
        return self.style in PYDANTIC

    @property
    def short(self) -> str:
        return self.name.rpartition(".")[2]

    def taken(self, keyword: str) -> Field | None:
        """The field that a keyword of the constructor fills."""
        return next((each for each in self.fields.values() if keyword in each.keywords), None)

    def attribute(self, key: str) -> Field | None:
        """The field that holds what a dict held under a key: that of this name, else the one that the key fills."""
        found = self.fields.get(key) or self.taken(key)
        if found is not None and self.style is Style.PLAIN and not self._sets(found.name):
            return None
        return None if found is None or found.name.startswith("_") else found

    def _sets(self, name: str) -> bool:
        """Whether a method of a plain class gives its instances an attribute, or the class itself has it."""
        for node in ast.walk(self.node):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr == name:
                return True
            if isinstance(node, ast.FunctionDef) and node.name == name:
                return True
        return False

    def positional(self) -> list[Field]:
        """The fields that can be given by position, in order."""
        if self.style in {Style.PYDANTIC_1, Style.PYDANTIC_2}:
            return []
        return [each for each in self.fields.values() if each.keywords and not each.kw_only]

    def refusal(self, keys: Sequence[str], *, whole: bool = True) -> str | None:
        """Why a dict with these keys can't become an instance; None where it can.

        Args:
            keys: the keys that are known.
            whole: whether the dict is known to have no others.
        """
        twice = {key for key in keys if list(keys).count(key) > 1}
        if twice:
            return f"the key {min(twice)!r} stands there twice"
        for key in keys:
            if not key.isidentifier() or keyword.iskeyword(key):
                return f"the key {key!r} can't be the name of an argument"
            if self.taken(key) is None and not self.extra:
                return f"{self.short} takes no {key!r}" + (" (its aliases are generated)" if self.generated else "")
        filled = [each.name for each in map(self.taken, keys) if each is not None]
        double = {name for name in filled if filled.count(name) > 1}
        if double:
            return f"two keys fill the field {min(double)!r} of {self.short}"
        missing = [each.name for each in self.fields.values() if each.required and each.name not in filled]
        if whole and missing:
            return f"{self.short} needs {', '.join(missing)}, which the dict has not"
        return None


@dataclass(frozen=True)
class NotAModel:
    """A class that can't be read, or is no model, and why."""

    reason: str
