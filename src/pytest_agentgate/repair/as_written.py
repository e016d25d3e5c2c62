"""Files of the old implementation, and definitions and calls as they are written there and in the new one."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from pytest_agentgate.codemods.reading.names import FunctionNode, ModuleNames, parse
from pytest_agentgate.repair.api.table import Symbol
from pytest_agentgate.repair.change import Change, Offers

Reader = Callable[[str], ModuleNames | None]


def former(path: str, change: Change) -> ModuleNames | None:
    """A file of the old implementation; None where it can't be had or read."""
    module = next((each for each in change.old.modules.values() if each.path == path), None)
    text = change.former(path)
    if module is None or text is None:
        return None
    package = module.name if path.endswith("__init__.py") else module.name.rpartition(".")[0]
    try:
        return ModuleNames(parse(text), module.name, package)
    except SyntaxError:
        return None


def definition(symbol: Symbol, names: ModuleNames) -> FunctionNode | None:
    """Where a file defines a function or method."""
    last = symbol.name.rpartition(".")[2]
    return next((each for each in names.functions if each.name == last and each.lineno == symbol.line), None)


def calls_of(name: str, api: Offers, read: Reader) -> Iterator[tuple[ast.Call, ModuleNames, str, str]]:
    """The calls of a function in an implementation: each with its file, its place and the function it stands in."""
    last = name.rpartition(".")[2]
    for module in api.modules.values():
        lines = {call.line: call.within for call in module.calls if call.is_call and api.canonical(call.name) == name}
        names = read(module.path) if lines else None
        for node in names.calls if names is not None else ():
            word = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if names is not None and node.lineno in lines and word == last:
                yield node, names, f"{module.path}:{node.lineno}", lines[node.lineno]
