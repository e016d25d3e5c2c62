"""The nouns of an API: modules, what they define, and what their names lead to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Sort(StrEnum):
    """What a symbol is."""

    MODULE = "module"
    FUNCTION = "function"
    CLASS = "class"
    METHOD = "method"
    CLASSMETHOD = "classmethod"
    STATICMETHOD = "staticmethod"
    PROPERTY = "property"
    FIELD = "field"  # of a model or a plain class: annotated, assigned in its body, or to self in a method
    MEMBER = "member"  # of an enumeration
    CONSTANT = "constant"  # what a module assigns
    FIXTURE = "fixture"


class Passing(StrEnum):
    """How an argument reaches a parameter."""

    POSITIONAL_ONLY = "positional only"
    EITHER = "either"
    VAR_POSITIONAL = "*"
    KEYWORD_ONLY = "keyword only"
    VAR_KEYWORD = "**"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; those that Python fills (self, cls) are left out."""

    name: str
    passing: Passing = Passing.EITHER
    default: str | None = None  # as it is written; None: required
    annotation: str = ""  # its names dotted in full


@dataclass(frozen=True, slots=True)
class Symbol:
    """One thing that a module or a class defines."""

    name: str  # dotted, where it is defined
    sort: Sort
    path: str  # of its file, relative to the root of the tree
    line: int
    parameters: tuple[Parameter, ...] = ()  # of a class, those of its constructor, generated ones too
    returns: str = ""  # annotation, its names dotted in full
    bases: tuple[str, ...] = ()  # dotted in full
    decorators: tuple[str, ...] = ()  # dotted in full, without their arguments
    is_async: bool = False
    value: str = ""  # of a constant, a member or a field: what is assigned, as it is written, names dotted in full
    annotation: str = ""  # of a field or a constant, names dotted in full
    body: str = ""  # hash of the definition with names of its own masked; equal bodies are the same thing elsewhere
    tokens: frozenset[str] = frozenset()  # words of its body: names, attributes, strings


@dataclass(frozen=True, slots=True)
class Module:
    """One module of a tree."""

    name: str  # dotted
    path: str
    symbols: Mapping[str, Symbol] = field(default_factory=dict)  # below the module: "Order.total" -> symbol
    names: Mapping[str, str] = field(default_factory=dict)  # what it imports or aliases: name -> dotted target
    stars: tuple[str, ...] = ()  # modules of which it imports all
    exported: tuple[str, ...] | None = None  # __all__; "shop.orders.__all__" stands for what that one exports
    calls: tuple[Call, ...] = ()
    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # further targets: of an import in ``except``
    dynamic: frozenset[str] = frozenset()  # names that its ``__getattr__`` knows; "*": it may know any


@dataclass(frozen=True, slots=True)
class Call:
    """A use of something in the implementation itself: what callers do is what the change meant."""

    name: str  # dotted, as resolved in its module; ".total" where it is called on something that can't be told
    line: int
    positional: int = 0  # arguments by position, -1 where there is a *
    keywords: tuple[str, ...] = ()  # "**" among them where there is one
    is_call: bool = True  # False: only read
    within: str = ""  # dotted name of the function or class that it stands in, "" at the top of the module
