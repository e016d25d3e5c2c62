"""What a class takes when it is called, where it has no constructor of its own: models, tuples, what it inherits."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence

from pytest_agentgate.codemods.models.model import Model, Style
from pytest_agentgate.codemods.models.model_classes import read_model
from pytest_agentgate.codemods.reading.names import ModuleNames, Scope
from pytest_agentgate.codemods.reading.sources import Definition, Sources
from pytest_agentgate.repair.api.table import Parameter, Passing
from pytest_agentgate.repair.api.written import Writer

ANYTHING = (Parameter("args", Passing.VAR_POSITIONAL), Parameter("kwargs", Passing.VAR_KEYWORD))
"""The parameters of what can't be seen."""

MADE = re.compile(
    r"dataclasses\.dataclass|pydantic(\.v1)?\.dataclasses\.dataclass"
    r"|attrs?\.(define|mutable|frozen|s|attrs|attributes|dataclass)"
)
"""Decorators that make a constructor."""

PYDANTIC = re.compile(
    r"pydantic(\.v1)?(\.main|\.generics|\.env_settings)?\.(BaseModel|GenericModel|BaseSettings)"
    r"|pydantic_settings(\.main)?\.BaseSettings"
)
MODELS = re.compile(rf"{PYDANTIC.pattern}|msgspec\.Struct|typing(_extensions)?\.(NamedTuple|TypedDict)")
"""Bases that make a constructor of the annotations of a class."""

_DICT = re.compile(r"typing(_extensions)?\.TypedDict")
_REQUIRED = re.compile(r"typing(_extensions)?\.(Required|NotRequired)\[")
_TUPLES = frozenset({"collections.namedtuple", "typing.NamedTuple", "typing_extensions.NamedTuple"})


class Alone(Sources):
    """One file, of which nothing is known but what it says itself."""

    def __init__(self, path: str, names: ModuleNames) -> None:
        super().__init__(lambda _: None, ("",))
        self._path = path
        self._names = names

    def module(self, name: str) -> ModuleNames | None:
        return self._names if name == self._names.module else None


def made(definition: Definition, sources: Sources) -> tuple[Parameter, ...] | None:
    """The parameters of the constructor that is made for a model or a typed dict; None where none is."""
    keys = _keys(definition, sources, set())
    if keys is not None:
        return tuple(keys.values())
    model = read_model(definition, sources)
    if not isinstance(model, Model) or (model.style is Style.NAMED_TUPLE and not model.fields):
        return None  # what derives from a named tuple inherits its constructor
    return _of_fields(model)


def _of_fields(model: Model) -> tuple[Parameter, ...]:
    positional = model.positional()
    rest = [each for each in model.fields.values() if each.keywords and each not in positional]
    found = []
    for each in (*positional, *rest):
        annotation, default = "", None if each.required else "..."
        if each.where is not None:
            writer = Writer(each.where.names)
            annotation = writer.annotation(each.annotation, each.where.scope)
            default = default and (writer.text(each.default, each.where.scope) or default)
        name = each.name if each.name in each.keywords else each.keywords[0]
        passing = Passing.EITHER if each in positional else Passing.KEYWORD_ONLY
        found.append(Parameter(name, passing, default, annotation))
    if model.extra:
        found.append(Parameter("kwargs", Passing.VAR_KEYWORD))
    return tuple(found)


def _keys(definition: Definition, sources: Sources, seen: set[ast.AST]) -> dict[str, Parameter] | None:
    """The keys of a class that derives from ``TypedDict``; None for any other."""
    node, names = definition.node, definition.module
    if not isinstance(node, ast.ClassDef) or node in seen:
        return None
    seen.add(node)
    found: dict[str, Parameter] | None = None
    for base in node.bases:
        meaning = names.meaning(base) or ""
        above: dict[str, Parameter] | None = {} if _DICT.fullmatch(meaning) else None
        elsewhere = sources.definition(meaning) if above is None and meaning else None
        if elsewhere is not None:
            above = _keys(elsewhere, sources, seen)
        if above is not None:
            found = {**(found or {}), **above}
    if found is None:
        return None
    total = not any(
        each.arg == "total" and isinstance(each.value, ast.Constant) and each.value.value is False
        for each in node.keywords
    )
    writer, scope = Writer(names), names.scopes[node]
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            name, annotation = statement.target.id, writer.annotation(statement.annotation, scope)
            said = _REQUIRED.match(annotation)
            required = total if said is None else said[2] == "Required"
            found[name] = Parameter(name, Passing.KEYWORD_ONLY, None if required else "...", annotation)
    return found


def of_tuple(node: ast.expr | None, writer: Writer, scope: Scope) -> tuple[Parameter, ...] | None:
    """What ``namedtuple("Point", "x y")`` and ``NamedTuple("Point", [("x", int)])`` take; None for another call."""
    if not isinstance(node, ast.Call) or len(node.args) < 2 or writer.meaning(node.func, scope) not in _TUPLES:
        return None
    fields = node.args[1]
    found: list[Parameter] = []
    if isinstance(fields, ast.Constant) and isinstance(fields.value, str):
        found = [Parameter(name) for name in fields.value.replace(",", " ").split()]
    for each in fields.elts if isinstance(fields, ast.Tuple | ast.List) else ():
        key = each.elts[0] if isinstance(each, ast.Tuple) and each.elts else each
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
            return None
        typed = isinstance(each, ast.Tuple) and len(each.elts) == 2
        found.append(Parameter(key.value, annotation=writer.annotation(each.elts[1], scope) if typed else ""))  # type: ignore[attr-defined]
    defaults = next((each.value for each in node.keywords if each.arg == "defaults"), None)
    given = list(defaults.elts) if isinstance(defaults, ast.Tuple | ast.List) else []
    for at, default in enumerate(given, len(found) - len(given)):
        if 0 <= at < len(found):
            found[at] = Parameter(found[at].name, default=writer.text(default, scope), annotation=found[at].annotation)
    return tuple(found) or None


def without(parameters: Sequence[Parameter], positional: int, given: Mapping[str, str]) -> tuple[Parameter, ...]:
    """What ``functools.partial`` leaves of a function's parameters."""
    left: list[Parameter] = []
    behind = False  # a keyword of partial can be given again, but what stands behind it not by position
    for each in parameters:
        if positional and each.passing in {Passing.EITHER, Passing.POSITIONAL_ONLY}:
            positional -= 1
            continue
        behind = behind or (each.name in given and each.passing is Passing.EITHER)
        passing = Passing.KEYWORD_ONLY if behind and each.passing is Passing.EITHER else each.passing
        left.append(Parameter(each.name, passing, given.get(each.name, each.default), each.annotation))
    return tuple(left)
