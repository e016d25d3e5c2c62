"""Which parameters a function takes, in which order and how they may be passed."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pytest_agentgate.codemods.models.model import Model
from pytest_agentgate.codemods.models.model_classes import read_model
from pytest_agentgate.codemods.reading.names import FunctionNode, ModuleNames
from pytest_agentgate.codemods.reading.sources import Definition, Sources

Kind: TypeAlias = Literal["function", "class", "method", "classmethod", "staticmethod", "member"]
"""What is called; "member" is one of a class of which more is not known."""


@dataclass(frozen=True)
class Signature:
    """The parameters of a callable, without ``self`` and ``cls``."""

    positional: tuple[str, ...] = ()  # those that may be passed by position, in order
    positional_only: int = 0  # how many of them may not be passed by keyword
    keyword_only: tuple[str, ...] = ()
    any_position: bool = False  # it takes ``*args``

    @classmethod
    def of_names(cls, names: Sequence[str]) -> Signature:
        """The signature that ``a,/,b,*,c`` writes."""
        before, _, behind = _cut(names, "*")
        only, slash, rest = _cut(before, "/")
        return cls((*only, *rest), len(only) if slash else 0, tuple(behind))

    @classmethod
    def of_arguments(cls, arguments: ast.arguments, bound: bool = False) -> Signature:
        """The signature that a definition writes; ``bound`` where its first parameter is given by Python."""
        only = [each.arg for each in arguments.posonlyargs]
        names = only + [each.arg for each in arguments.args]
        first = 1 if bound else 0
        return cls(
            tuple(names[first:]),
            max(0, len(only) - first),
            tuple(each.arg for each in arguments.kwonlyargs),
            arguments.vararg is not None,
        )

    def at(self, position: int) -> str | None:
        """The parameter that an argument at a position reaches."""
        return self.positional[position] if 0 <= position < len(self.positional) else None

    def index(self, parameter: str) -> int | None:
        """The position of a parameter that may be passed by position."""
        return self.positional.index(parameter) if parameter in self.positional else None

    def takes(self, number: int) -> bool:
        """Whether so many arguments may be passed by position."""
        return self.any_position or number <= len(self.positional)

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.positional, *self.keyword_only)


@dataclass(frozen=True)
class Callee:
    """What a codemod's ``function`` names."""

    name: str  # dotted, as the place where it is defined calls it
    kind: Kind
    owner: str = ""  # the class of a member, or of a constructor itself
    member: str = ""  # the name in the class; ``__init__`` of a constructor
    signature: Signature | None = None  # as it is on disk

    @classmethod
    def of(cls, sources: Sources, name: str) -> Callee:
        """Look a function up; without its definition its name says what it is."""
        for dunder in (".__init__", ".__new__"):
            name = name.removesuffix(dunder)
        found = sources.definition(name)
        if found is None:
            owner, _, last = name.rpartition(".")
            inherited = _inherited(owner, last, sources)
            if inherited is not None and isinstance(inherited.node, ast.FunctionDef | ast.AsyncFunctionDef):
                return cls._of_function(name, inherited.node, inherited.module)
            if owner.rpartition(".")[2][:1].isupper():
                return cls(name, "member", owner, last)
            return cls(name, "class" if last[:1].isupper() else "function", name, "__init__")
        if isinstance(found.node, ast.ClassDef):
            return cls(found.name, "class", found.name, "__init__", constructor(found, sources))
        if isinstance(found.node, ast.FunctionDef | ast.AsyncFunctionDef):
            return cls._of_function(found.name, found.node, found.module)
        if isinstance(found.node, ast.Lambda):
            return cls(found.name, "function", signature=Signature.of_arguments(found.node.args))
        return cls(found.name, "function")

    @classmethod
    def _of_function(cls, name: str, node: FunctionNode, names: ModuleNames) -> Callee:
        kind = kind_of(node, names)
        signature = Signature.of_arguments(node.args, bound=kind in {"method", "classmethod"})
        owner, _, last = name.rpartition(".") if kind != "function" else ("", "", "")
        return cls(name, kind, owner, last, signature)


def words_of(function: str) -> tuple[str, ...]:
    """The words without which a file can't call a function; none for a class, for which a derived one may stand."""
    last = function.removesuffix(".__init__").rpartition(".")[2]
    return () if last[:1].isupper() else (last,)


def kind_of(function: FunctionNode, names: ModuleNames) -> Kind:
    """Whether a definition is a function, or which kind of member of a class."""
    if not isinstance(names.up[function].parent, ast.ClassDef):
        return "function"
    for decorator in function.decorator_list:
        meaning = names.meaning(decorator)
        if meaning == "builtins.staticmethod":
            return "staticmethod"
        if meaning == "builtins.classmethod":
            return "classmethod"
    if function.name in {"__new__", "__init_subclass__", "__class_getitem__"}:
        return "classmethod"
    return "method"


def constructor(found: Definition, sources: Sources) -> Signature | None:
    """What a class takes when it is called; None where that can't be told."""
    if not isinstance(found.node, ast.ClassDef):
        return None
    members = found.module.scopes[found.node].bindings
    for dunder in ("__init__", "__new__"):
        own = members[dunder][-1].node if dunder in members else None
        if isinstance(own, ast.FunctionDef):
            return Signature.of_arguments(own.args, bound=True)
    model = read_model(found, sources)
    if not isinstance(model, Model):
        return None
    positional = tuple(each.keywords[0] for each in model.positional())
    names = (each.keywords[0] for each in model.fields.values() if each.keywords)
    return Signature(positional, keyword_only=tuple(name for name in names if name not in positional))


def _inherited(owner: str, member: str, sources: Sources, deep: int = 20) -> Definition | None:
    """The member of a class where one of its bases defines it; None where a base before that one can't be seen."""
    found = sources.definition(owner) if deep else None
    if found is None or not isinstance(found.node, ast.ClassDef):
        return None
    own = sources.definition(f"{found.name}.{member}")
    if own is not None:
        return own
    for base in found.node.bases:
        name = found.module.meaning(base)
        if name is None or sources.definition(name) is None:
            return None
        inherited = _inherited(name, member, sources, deep - 1)
        if inherited is not None:
            return inherited
    return None


def _cut(names: Sequence[str], mark: str) -> tuple[Sequence[str], bool, Sequence[str]]:
    if mark not in names:
        return names, False, ()
    place = list(names).index(mark)
    return names[:place], True, names[place + 1 :]
