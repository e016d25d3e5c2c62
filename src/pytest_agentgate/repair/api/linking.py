"""What other files decide about a class or a name: inherited constructors, members of enumerations, partials."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from dataclasses import replace

from pytest_agentgate.codemods.reading.sources import Sources
from pytest_agentgate.repair.api.constructors import ANYTHING, MADE, MODELS, made, without
from pytest_agentgate.repair.api.definitions import ENUMS, is_member
from pytest_agentgate.repair.api.namespace import Namespace
from pytest_agentgate.repair.api.read import Read
from pytest_agentgate.repair.api.table import Module, Parameter, Passing, Sort, Symbol

PINS = ("pyproject.toml", "requirements.txt", "setup.cfg")
"""Files that tell which version of pydantic is meant."""

_VALUE = (Parameter("value"),)
_NEUTRAL = ("object", "abc.ABC", "typing.Generic", "typing.Protocol", "typing_extensions.Protocol")
_PARSED = 1_500_000  # characters of files that are kept in memory to read models
_DEEPEST = 50

Parameters = tuple[Parameter, ...]


def link(
    reads: Mapping[str, Read], sources: Callable[[], Sources], models: dict[str, Parameters | None]
) -> dict[str, Module]:
    """The modules, with what only all of them together tell written into their symbols.

    Args:
        reads: by dotted name.
        sources: the files, read anew; asked for where a model has to be read.
        models: what models take, as far as it is known, by the dotted name of the class; what is read is added.
    """
    modules = {name: each.module for name, each in reads.items()}
    linker = _Linker(reads, modules, sources, models)
    for name, each in reads.items():
        for cls in each.open:
            linker.close(name, cls)
    for name, each in reads.items():
        for partial in each.partials:
            linker.partial(name, *partial)
    return modules


class _Linker:
    def __init__(
        self,
        reads: Mapping[str, Read],
        modules: Mapping[str, Module],
        sources: Callable[[], Sources],
        models: dict[str, Parameters | None],
    ) -> None:
        self.models = models
        self.modules = modules
        self.namespace = Namespace(modules)
        self.open = {f"{name}.{cls}" for name, each in reads.items() for cls in each.open}
        self._new = sources
        self._sources: Sources | None = None
        self._known: dict[str, Parameters] = {}

    def close(self, module: str, name: str) -> None:
        """Write down what a class takes that has no constructor of its own."""
        symbols = self._symbols(module)
        cls = symbols[name]
        parameters = self.constructor(cls, _DEEPEST)
        if parameters:
            symbols[name] = replace(cls, parameters=parameters)
        if self._outside(cls) & ENUMS:
            start = f"{name}."
            for member, each in symbols.items():
                if member.startswith(start) and "." not in member[len(start) :] and is_member(each):
                    symbols[member] = replace(each, sort=Sort.MEMBER)

    def partial(self, module: str, name: str, target: str, positional: int, given: tuple[tuple[str, str], ...]) -> None:
        found = self.namespace.resolve(target)
        symbols = self._symbols(module)
        if isinstance(found, Symbol) and found.sort is not Sort.CONSTANT and name in symbols:
            sort = Sort.METHOD if symbols[name].sort is Sort.FIELD else Sort.FUNCTION
            left = without(found.parameters, positional, dict(given))
            symbols[name] = replace(symbols[name], sort=sort, parameters=left, is_async=found.is_async)

    def constructor(self, cls: Symbol, deep: int) -> Parameters:
        if cls.name not in self.open:
            return cls.parameters
        if cls.name not in self._known:
            self._known[cls.name] = ()  # should it derive from itself
            self._known[cls.name] = self._constructor(cls, deep) if deep else ANYTHING
        return self._known[cls.name]

    def _constructor(self, cls: Symbol, deep: int) -> Parameters:
        outside = self._outside(cls)
        if any(map(MADE.fullmatch, cls.decorators)) or any(map(MODELS.fullmatch, outside)):
            parameters = self._made(cls.name)
            if parameters is not None:
                return parameters
        if outside & ENUMS:
            return _VALUE
        for base in cls.bases:
            found = self.namespace.resolve(base)
            if not isinstance(found, Symbol):
                if base.partition("[")[0] in _NEUTRAL:
                    continue
                return _of_builtin(base)
            if found.sort is not Sort.CLASS:
                return ANYTHING
            inherited = self.constructor(found, deep - 1)
            if inherited or found.name not in self.open:
                return inherited
        return ()

    def _made(self, name: str) -> Parameters | None:
        if name in self.models:
            return self.models[name]
        if self._sources is None or self._sources.parsed > _PARSED:
            self._sources = self._new()
        definition = self._sources.definition(name)
        self.models[name] = None if definition is None else made(definition, self._sources)
        return self.models[name]

    def _outside(self, cls: Symbol) -> set[str]:
        """What a class derives from that is none of the modules'."""
        return {
            base
            for each in self.namespace.lineage(cls)
            for base in each.bases
            if not isinstance(self.namespace.resolve(base), Symbol)
        }

    def _symbols(self, module: str) -> dict[str, Symbol]:
        symbols = self.modules[module].symbols
        assert isinstance(symbols, dict)  # noqa: S101  they were made by the reader, for this
        return symbols


def _of_builtin(base: str) -> Parameters:
    found = getattr(builtins, base, None)
    if isinstance(found, type) and issubclass(found, BaseException):
        return (Parameter("args", Passing.VAR_POSITIONAL),)
    return ANYTHING
