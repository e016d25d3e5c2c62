"""Environment variables that the implementation calls by another name now.

A function that looked for one and looks for another, where every function that did so agrees, is where a variable was
renamed, or where somebody has slipped. What tells them apart: the implementation hands the old one's value over to the
new one, or names the new one in more than one place; and nobody looks for the old one alone any more.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pytest_agentgate.codemods.idioms.environment import Variable, variables
from pytest_agentgate.codemods.reading.names import ModuleNames, parse
from pytest_agentgate.codemods.reading.sources import package_of
from pytest_agentgate.repair.change import Change
from pytest_agentgate.repair.suite import Suite


@dataclass(frozen=True)
class RenamedVariable:
    """One variable with its new name."""

    old: str
    new: str
    where: tuple[str, ...]  # functions that looked for the old one and look for the new one
    handed_over: str = ""  # where the old one's value becomes the new one's
    named: int = 0  # how often the implementation names the new one
    half_done: tuple[str, ...] = ()  # where the old one alone is still looked for, or spoken of


@dataclass(frozen=True)
class _Looked:
    """Who looks for a variable, by dotted names of functions, and where."""

    functions: Mapping[str, dict[str, list[str]]] = field(default_factory=dict)  # variable -> function -> places

    def of(self, function: str) -> set[str]:
        return {name for name, found in self.functions.items() if function in found}


def renamed_variables(change: Change, suite: Suite) -> tuple[RenamedVariable, ...]:
    """The variables that functions look for under another name than before, each with what is known of it."""
    new_files = dict(_new_files(change, suite))
    if not new_files:
        return ()
    old, new = _looked(dict(_old_files(change))), _looked(new_files)
    return tuple(_pairs(old, new, new_files, change, suite))


def _new_files(change: Change, suite: Suite) -> Iterator[tuple[str, ModuleNames]]:
    for module in change.new.modules.values():
        names = suite.sources.file(module.path) if _may_look(suite.sources.text(module.path)) else None
        if names is not None:
            yield module.path, names


def _old_files(change: Change) -> Iterator[tuple[str, ModuleNames]]:
    for module in change.old.modules.values():
        text = change.former(module.path)
        if text is not None and _may_look(text):
            try:
                yield module.path, ModuleNames(parse(text), module.name, package_of(module.path, module.name))
            except SyntaxError:
                continue


def _may_look(text: str | None) -> bool:
    return text is not None and ("environ" in text or "getenv" in text)


def _looked(files: Mapping[str, ModuleNames]) -> _Looked:
    found: dict[str, dict[str, list[str]]] = {}
    for path, names in files.items():
        for each in variables(names):
            places = found.setdefault(each.name, {}).setdefault(_function(names, each), [])
            places.append(f"{path}:{getattr(each.at, 'lineno', 1)}")
    return _Looked(found)


def _function(names: ModuleNames, variable: Variable) -> str:
    around = names.enclosing(variable.at, ast.FunctionDef, ast.AsyncFunctionDef)
    return names.qualified(around) if isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef) else names.module


def _pairs(
    old: _Looked, new: _Looked, files: Mapping[str, ModuleNames], change: Change, suite: Suite
) -> Iterator[RenamedVariable]:
    known = {name for module in change.old.modules.values() for name in _words(change.former(module.path) or "")}
    everywhere = {function for found in new.functions.values() for function in found}
    for name, found in old.functions.items():
        now = {function: _now(function, change) for function in found}
        alike = [new.of(function) - known for function in now.values() if function in everywhere]
        heirs = set.intersection(*alike) if alike else set()
        if len(heirs) != 1:
            continue
        [heir] = heirs
        alone = [
            place
            for function, places in new.functions.get(name, {}).items()
            if heir not in new.of(function)
            for place in places
        ]
        handed = next(_handed_over(name, heir, files), "")
        texts = [(module.path, suite.sources.text(module.path) or "") for module in change.new.modules.values()]
        spoken = [] if handed else [path for path, text in texts if name in _words(text)]
        if not handed:
            spoken += [place for path, names in files.items() for place in _put_together(name, names, path)]
        times = sum(_words(text).count(heir) for _, text in texts)
        where = tuple(function for function in now.values() if function in everywhere)
        yield RenamedVariable(name, heir, where, handed, times, tuple(dict.fromkeys([*alone, *spoken])))


def _put_together(variable: str, names: ModuleNames, path: str) -> Iterator[str]:
    """Where a text that the variable begins with is the beginning of a longer one: ``"SHOP_" + name``."""
    for node in ast.walk(names.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.endswith("_"):
            is_part = isinstance(names.up[node].parent, ast.BinOp | ast.JoinedStr)
            if is_part and variable.startswith(node.value) and variable != node.value:
                yield f"{path}:{node.lineno}"


def _now(function: str, change: Change) -> str:
    """What a function is called now."""
    moved = change.moved(function)
    return moved[1] if moved is not None else function


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def _handed_over(old: str, new: str, files: Mapping[str, ModuleNames]) -> Iterator[str]:
    """Where the value of the new variable comes from the old one."""
    for path, names in files.items():
        found = variables(names)
        news = [each for each in found if each.name == new]
        for each in found:
            if each.name == old and any(_comes_from(names, one.at, each.at) for one in news):
                yield f"{path}:{getattr(each.at, 'lineno', 1)}"


def _comes_from(names: ModuleNames, new: ast.AST, old: ast.AST) -> bool:
    """``environ[new] = environ[old]``, ``environ.get(new, environ.get(old))`` or ``get(new) or get(old)``."""
    statement = names.statement(new)
    if statement is not names.statement(old):
        return False
    if isinstance(statement, ast.Assign) and new in statement.targets and isinstance(new, ast.Subscript):
        return any(node is old for node in ast.walk(statement.value))
    if isinstance(new, ast.Call) and any(node is old for each in new.args[1:] for node in ast.walk(each)):
        return True
    either = names.up[new].parent
    return (
        isinstance(either, ast.BoolOp)
        and isinstance(either.op, ast.Or)
        and either is names.up[old].parent
        and not isinstance(new, ast.Compare)
        and either.values.index(new) < either.values.index(old)  # type: ignore[arg-type]
    )
