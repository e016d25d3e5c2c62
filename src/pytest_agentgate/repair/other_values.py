"""Callers in the implementation that pass another value since a parameter has another name: it means something else."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_agentgate.codemods.reading.names import ModuleNames
from pytest_agentgate.repair.api.table import Symbol
from pytest_agentgate.repair.breakage import Breakage
from pytest_agentgate.repair.change import Change, Offers
from pytest_agentgate.repair.definitions import Definitions
from pytest_agentgate.repair.suite import Suite


def other_values(breakage: Breakage, change: Change, suite: Suite) -> Iterator[str]:
    """Where a function passed one literal under the old name, and passes another one under a new name."""
    old = change.old.symbol(breakage.old.removesuffix(".__init__"))
    new = change.new.symbol((breakage.new or breakage.old).removesuffix(".__init__"))
    if old is None or new is None:
        return
    former = {each.name for each in old.parameters}
    added = {each.name for each in new.parameters} - former
    was: dict[str, set[str]] = {}
    for within, _, keywords in _calls(old, change.old, Definitions.before(change)):
        was.setdefault(within, set()).update(value for name, value in keywords.items() if name == breakage.parameter)
    for within, place, keywords in _calls(new, change.new, Definitions.now(change, suite)):
        now = {value for name, value in keywords.items() if name in added}
        if len(now) == 1 and was.get(within) and not now & was[within]:
            yield place


def _calls(function: Symbol, api: Offers, definitions: Definitions) -> Iterator[tuple[str, str, dict[str, str]]]:
    """The calls of a function: who calls, where, and what literals are passed by name."""
    for module in api.modules.values():
        if not any(api.canonical(call.name) == function.name for call in module.calls if call.keywords):
            continue
        names = definitions.names(module.path)
        for call in names.calls if names is not None else ():
            meaning = names.meaning(call.func) if names is not None else None
            if names is not None and meaning is not None and api.canonical(meaning) == function.name:
                passed = {each.arg: ast.unparse(each.value) for each in call.keywords if each.arg and _is_literal(each)}
                yield _within(call, names), f"{module.path}:{call.lineno}", passed


def _within(call: ast.Call, names: ModuleNames) -> str:
    function = names.enclosing(call, ast.FunctionDef, ast.AsyncFunctionDef)
    if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        return names.qualified(function)
    return names.module


def _is_literal(keyword: ast.keyword) -> bool:
    try:
        ast.literal_eval(keyword.value)
    except (ValueError, TypeError, MemoryError, RecursionError):
        return False
    return True
