"""Which exceptions the functions of an implementation raise in their own statements, before and after a change."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from pytest_agentgate.codemods.idioms.fixtures import own_nodes
from pytest_agentgate.codemods.reading.names import FunctionNode, ModuleNames
from pytest_agentgate.repair.api.table import Symbol
from pytest_agentgate.repair.called import Called, pair
from pytest_agentgate.repair.change import Change
from pytest_agentgate.repair.definitions import Definitions

_PROTOCOLS = {
    "__getitem__": {"builtins.KeyError", "builtins.IndexError"},
    "__delitem__": {"builtins.KeyError", "builtins.IndexError"},
    "__missing__": {"builtins.KeyError"},
    "__getattr__": {"builtins.AttributeError"},
    "__getattribute__": {"builtins.AttributeError"},
    "__delattr__": {"builtins.AttributeError"},
    "__next__": {"builtins.StopIteration"},
    "__anext__": {"builtins.StopAsyncIteration"},
}
"""What Python, and who calls these methods for it, takes for an answer."""
_ALIKE = 0.6  # of the words of two messages
_WORD = re.compile(r"[A-Za-z]+")


@dataclass(frozen=True, eq=False)
class Raise:
    """One ``raise`` statement that names its exception."""

    type: str  # dotted
    node: ast.Raise
    condition: str  # the one under which it runs, as a dump
    message: tuple[str, ...]  # the words of its strings

    def is_like(self, other: Raise) -> bool:
        """Whether two statements report the same, but for the exception."""
        if self.condition and self.condition == other.condition:
            return True
        if not self.message or not other.message:
            return False
        return SequenceMatcher(None, self.message, other.message, autojunk=False).ratio() >= _ALIKE


@dataclass(frozen=True)
class Swapped:
    """A function in which one exception took another one's place."""

    name: str
    place: str
    old: str
    new: str
    said: bool  # its docstring tells of the new one, as it did of the old one or of none
    denied: bool  # its docstring tells of the old one still

    @property
    def is_answer(self) -> bool:
        """Whether the old one was what Python takes for an answer of this method."""
        return self.old in _PROTOCOLS.get(self.name.rpartition(".")[2], ())


def raises(function: FunctionNode, names: ModuleNames) -> Iterator[Raise]:
    """The ``raise`` statements of a function's own body, in no order."""
    for node in own_nodes(function):
        if not isinstance(node, ast.Raise) or node.exc is None:
            continue
        made = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        meaning = names.meaning(made)
        if meaning is not None:
            yield Raise(meaning, node, _condition(node, names), tuple(_words(node.exc)))


def swapped(called: Called, line: int, change: Change, before: Definitions, now: Definitions) -> Swapped | None:
    """What a function's statement on a line raises in the place of another exception; None where that can't be told.

    Every statement of the function that raised the old one raises it no more, and none raised the new one before.
    """
    ours, theirs = _of(called.old, before), _of(called.new, now)
    function = now.of(called.new)
    here = [each for each in theirs if line in {0, each.node.lineno} or each.node.lineno <= line <= _end(each.node)]
    if function is None or not here or (line and len(here) != 1):
        return None
    types = {change.new.canonical(each.type) for each in theirs}
    former = {_now(each.type, change) for each in ours}
    found = {
        (_now(each.type, change), change.new.canonical(one.type))
        for one in here
        for each in ours
        if _now(each.type, change) != change.new.canonical(one.type) and each.is_like(one)
    }
    if len(found) != 1:
        return None
    old, new = found.pop()
    if old in types or new in former:
        return None
    doc = ast.get_docstring(function[0]) or ""
    past = before.of(called.old)
    was = ast.get_docstring(past[0]) or "" if past is not None else ""
    denied = _tells(doc, old)
    return Swapped(called.name, called.place, old, new, _tells(doc, new) and not _tells(was, new), denied)


def elsewhere(found: Swapped, change: Change, before: Definitions, now: Definitions) -> Iterator[str]:
    """Other functions in which the same exception took the same one's place, by where they are.

    One whose callers in the implementation still catch the old exception says nothing, nor does one that Python asks.
    """
    words = {found.old.rpartition(".")[2], found.new.rpartition(".")[2]}
    for module in change.new.modules.values():
        for symbol in module.symbols.values():
            own = symbol.name.removesuffix(".__init__") == found.name.removesuffix(".__init__")
            if own or found.new.rpartition(".")[2] not in symbol.tokens:
                continue
            called = pair(symbol.name, change)
            if called is None or not words & called.old.tokens:
                continue
            other = swapped(called, 0, change, before, now)
            if other is None or (other.old, other.new) != (found.old, found.new):
                continue
            if not other.is_answer and not any(caught(other, {symbol.name.rpartition(".")[2]}, change, now)):
                yield other.place


def caught(found: Swapped, functions: set[str], change: Change, now: Definitions) -> Iterator[str]:
    """Where the implementation still catches the old exception, and not the new one, around a call of such a name.

    Those that call the function, and those that call them, pass the exception on.
    """
    functions = functions | _through(found.name, change)
    for module in change.new.modules.values():
        names = now.names(module.path)
        for node in ast.walk(names.tree) if names is not None else ():
            if not isinstance(node, ast.Try) or names is None:
                continue
            types = [each for handler in node.handlers for each in _types(handler, names, change)]
            if found.old not in types or found.new in types or "builtins.Exception" in types:
                continue
            inside = (each for statement in node.body for each in ast.walk(statement) if isinstance(each, ast.Call))
            if any(_last(each.func) in functions for each in inside):
                yield f"{module.path}:{node.lineno}"


def _through(name: str, change: Change) -> set[str]:
    """The last names of the functions of the implementation that call one, however many others are between."""
    found, todo = {name}, {name}
    while todo:
        callers = {
            call.within
            for module in change.new.modules.values()
            for call in module.calls
            if call.is_call and call.within and change.new.canonical(call.name) in todo
        }
        todo = callers - found
        found |= todo
    return {each.rpartition(".")[2] for each in found}


def _of(symbol: Symbol, definitions: Definitions) -> list[Raise]:
    found = definitions.of(symbol)
    if found is None:
        return []
    node, names = found
    if isinstance(node, ast.ClassDef):  # called, it runs its constructor
        made = [each for each in node.body if isinstance(each, ast.FunctionDef) and each.name == "__init__"]
        return list(raises(made[0], names)) if len(made) == 1 else []
    return list(raises(node, names))


def _now(name: str, change: Change) -> str:
    """The name of an exception of the old implementation, as the new one has it."""
    moved = change.moved(name)
    return change.new.canonical(moved[1] if moved is not None else name)


def _types(handler: ast.ExceptHandler, names: ModuleNames, change: Change) -> Iterator[str]:
    several = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    for each in several:
        meaning = "builtins.Exception" if each is None else names.meaning(each)
        if meaning is not None:
            yield change.new.canonical(meaning)


def _condition(node: ast.Raise, names: ModuleNames) -> str:
    up = names.up[node]
    match up.parent:
        case ast.If() as branch:
            return f"{up.field} {ast.dump(branch.test)}"
        case ast.ExceptHandler() as handler if handler.type is not None:
            return f"except {ast.dump(handler.type)}"
    return ""


def _words(node: ast.expr) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield from (word.lower() for word in _WORD.findall(each.value))


def _tells(doc: str, name: str) -> bool:
    return re.search(rf"\b{re.escape(name.rpartition('.')[2])}\b", doc) is not None


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _end(node: ast.Raise) -> int:
    return node.end_lineno or node.lineno
