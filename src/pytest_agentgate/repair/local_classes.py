"""Classes that a function made for itself, and that stand in its module now."""

from __future__ import annotations

import ast

from pytest_agentgate.codemods.reading.names import FunctionNode
from pytest_agentgate.repair.api.table import Sort as Is
from pytest_agentgate.repair.api.table import Symbol
from pytest_agentgate.repair.called import Called
from pytest_agentgate.repair.change import Change
from pytest_agentgate.repair.definitions import Definitions
from pytest_agentgate.repair.suite import Suite


def from_local(name: str, change: Change, suite: Suite) -> Called | None:
    """A method with what it was, where its class was local to a function that still makes instances of it.

    None where there was no such class, or several; where the function is gone, or does not name the class any more.
    """
    new = change.new.symbol(name)
    cls = change.new.symbol(name.rpartition(".")[0])
    if new is None or new.sort is not Is.METHOD or cls is None or cls.sort is not Is.CLASS:
        return None
    home, _, word = cls.name.rpartition(".")
    module = change.old.modules.get(home)
    if module is None or change.old.symbol(cls.name) is not None:
        return None
    before = Definitions.before(change).names(module.path)
    if before is None:
        return None
    found: list[tuple[FunctionNode, str]] = []
    for node in before.classes:
        around = before.up[node].parent
        if node.name != word or not isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if _names(before.qualified(around), word, change, suite):
            methods = (each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
            found += [(each, before.qualified(each)) for each in methods if each.name == new.name.rpartition(".")[2]]
    if len(found) != 1:
        return None
    [(method, qualified)] = found
    return Called(new.name, Symbol(qualified, Is.METHOD, module.path, method.lineno), new, ())


def _names(function: str, word: str, change: Change, suite: Suite) -> bool:
    """Whether a function is still there and names a class."""
    symbol = change.new.symbol(function)
    found = None if symbol is None else Definitions.now(change, suite).of(symbol)
    if found is None:
        return False
    node, names = found
    return any(use in ast.walk(node) for use in names.by_word.get(word, ()))
