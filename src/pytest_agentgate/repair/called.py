"""Which function of the implementation a failure is about, and what it was before the change."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_agentgate.codemods.reading.names import FunctionNode
from pytest_agentgate.model import Frame, Role
from pytest_agentgate.repair.api.table import Parameter, Passing, Symbol
from pytest_agentgate.repair.api.table import Sort as Is
from pytest_agentgate.repair.breakage import Breakage
from pytest_agentgate.repair.case import Case
from pytest_agentgate.repair.change import Change
from pytest_agentgate.repair.symptoms import Misfit

_CALLED = frozenset({Is.FUNCTION, Is.CLASS, Is.METHOD, Is.CLASSMETHOD, Is.STATICMETHOD})
_BY_POSITION = frozenset({Passing.POSITIONAL_ONLY, Passing.EITHER})


@dataclass(frozen=True)
class Called:
    """A function, method or class, old and new."""

    name: str  # dotted, as the new API defines it
    old: Symbol
    new: Symbol
    breakages: tuple[Breakage, ...]

    @property
    def place(self) -> str:
        return f"{self.new.path}:{self.new.line}"

    def parameter(self, name: str) -> Parameter | None:
        """A parameter as it is now."""
        return next((each for each in self.new.parameters if each.name == name), None)

    def former(self, name: str) -> Parameter | None:
        """A parameter as it was."""
        return next((each for each in self.old.parameters if each.name == name), None)


def misfits(misfit: Misfit, case: Case) -> tuple[Called, ...]:
    """The functions that a call which does not fit may mean: one, unless there is doubt."""
    bare = plain(misfit.function)
    named = _by_name(bare, misfit.module, case.change)
    lines = called_at(misfit.frame, case)
    both = [each for each in named if any(_is_same(each, other, case.change) for other in lines)]
    chosen = both or (named if len(named) == 1 else [])
    if not chosen and not named:  # a decorator's inner function, or a class that does not say its name
        chosen = lines
    found = (pair(each, case.change) for each in chosen)
    return tuple(dict.fromkeys(each for each in found if each is not None))


def plain(name: str) -> str:
    """The name of a callable without its constructor's: ``Order`` of ``Order.__init__``."""
    for dunder in (".__init__", ".__new__", ".__call__"):
        name = name.removesuffix(dunder)
    return name.replace("<locals>.", "")


def pair(name: str, change: Change) -> Called | None:
    """A callable of the new API with what it was; None where either is not known."""
    new = change.new.symbol(name)
    if new is None or new.sort not in _CALLED:
        return None
    breakages = change.about(new.name)
    before = {each.old for each in breakages if each.old} or {new.name}
    olds = [old for each in sorted(before) if (old := change.old.symbol(plain(each))) is not None]
    if not olds:
        old = change.old.symbol(new.name)
        olds = [] if old is None else [old]
    if len({old.name for old in olds}) != 1:
        return None
    return Called(new.name, olds[0], new, breakages)


def _by_name(bare: str, module: str, change: Change) -> list[str]:
    if module:
        symbol = change.new.symbol(f"{module}.{bare}")
        if symbol is not None:
            return [symbol.name]
    ends = f".{bare}"
    found: dict[str, None] = {}
    for each in change.new.modules.values():
        symbol = each.symbols.get(bare)
        if symbol is not None and symbol.name.endswith(ends) and symbol.sort in _CALLED:
            found[symbol.name] = None
    return list(found)


def called_at(frame: Frame | None, case: Case) -> list[str]:
    """The functions of the implementation that the line of a frame in the tests calls, by their home names."""
    if frame is None or frame.role is not Role.TEST:
        return []
    file = case.suite.file(frame.path)
    if file is None:
        return []
    receivers = case.suite.receivers(frame.path)
    found: dict[str, None] = {}
    for call in file.names.calls:
        if not call.lineno <= frame.line <= (call.end_lineno or call.lineno):
            continue
        name = file.names.meaning(call.func)
        if name is not None and case.change.is_ours(name):
            found[case.change.new.canonical(name)] = None
        elif isinstance(call.func, ast.Attribute) and receivers is not None:
            for owner in receivers.classes(call.func.value):
                if owner is not None:
                    symbol = case.change.new.symbol(f"{owner}.{call.func.attr}")
                    if symbol is not None:
                        found[symbol.name] = None
    return list(found)


def _is_same(name: str, other: str, change: Change) -> bool:
    """Whether two names are one thing, or a class and the one from which it takes its constructor."""
    if name == other:
        return True
    symbol = change.new.symbol(other)
    todo, seen = list(symbol.bases) if symbol is not None else [], set[str]()
    while todo:
        base = todo.pop()
        if base == name:
            return True
        if base not in seen:
            seen.add(base)
            above = change.new.symbol(base)
            todo += above.bases if above is not None else ()
    return False


def function_at(frame: Frame | None, case: Case) -> FunctionNode | None:
    """The innermost function of the tests that a frame runs in."""
    file = case.suite.file(frame.path) if frame is not None else None
    if file is None or frame is None:
        return None
    around = [each for each in file.names.functions if each.lineno <= frame.line <= (each.end_lineno or each.lineno)]
    return max(around, key=lambda each: each.lineno, default=None)


def by_position(parameters: tuple[Parameter, ...]) -> tuple[str, ...]:
    """The names of parameters that may be passed by position."""
    return tuple(each.name for each in parameters if each.passing in _BY_POSITION)


def written(parameters: tuple[Parameter, ...]) -> tuple[str, ...]:
    """Parameters as the codemods' options write them: ``a,/,b,*,c``."""
    only = [each.name for each in parameters if each.passing is Passing.POSITIONAL_ONLY]
    either = [each.name for each in parameters if each.passing is Passing.EITHER]
    keyword = [each.name for each in parameters if each.passing is Passing.KEYWORD_ONLY]
    return (*only, *(["/"] if only else []), *either, *(["*", *keyword] if keyword else []))


def takes_any(parameters: tuple[Parameter, ...], how: Passing) -> bool:
    """Whether there is a ``*`` or ``**`` among parameters."""
    return any(each.passing is how for each in parameters)


def callers(called: Called, change: Change) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    """The calls of a function in the implementation as it is: place, arguments by position (-1: unknown), keywords."""
    for module in change.new.modules.values():
        for call in module.calls:
            if call.is_call and change.new.canonical(call.name) == called.name:
                yield f"{module.path}:{call.line}", call.positional, call.keywords
