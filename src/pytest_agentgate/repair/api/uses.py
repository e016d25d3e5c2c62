"""What a module uses of others and of itself, by resolved names."""

from __future__ import annotations

import ast

from pytest_agentgate.codemods.reading.names import Binding, ModuleNames
from pytest_agentgate.repair.api.table import Call
from pytest_agentgate.repair.api.written import Writer


def calls_of(names: ModuleNames, writer: Writer, tops: frozenset[str]) -> tuple[Call, ...]:
    """The uses, in source order, of names whose first part is one of ``tops``, of all where that is empty."""
    found: list[Call] = []
    for word, targets in _targets(names, tops).items():
        for node in names.by_word.get(word, ()):
            if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
                continue
            home = names.scope_of(node).home(word)
            target = None if home is None else targets.get(home.node)
            if target is not None:
                found.append(_use(names, node, target))
    found.sort(key=lambda use: (use.line, use.name))
    return tuple(found)


def _targets(names: ModuleNames, tops: frozenset[str]) -> dict[str, dict[ast.AST, str]]:
    """What names stand for, by the scope that binds them."""
    found: dict[str, dict[ast.AST, str]] = {}
    for node, scope in names.scopes.items():
        if scope.is_class:
            continue
        for name, bindings in scope.bindings.items():
            target = _target(bindings)
            if target is not None and (not tops or target.partition(".")[0] in tops):
                found.setdefault(name, {})[node] = target
    return found


def _target(bindings: list[Binding]) -> str | None:
    target = next((each.target for each in bindings if each.target), None)
    return None if target is None or "<locals>" in target else target


def _use(names: ModuleNames, node: ast.expr, target: str) -> Call:
    parents = names.up.parents
    parent = parents[node]
    while isinstance(parent, ast.Attribute):
        target = f"{target}.{parent.attr}"
        node, parent = parent, parents[parent]
    if not isinstance(parent, ast.Call) or parent.func is not node:
        return Call(target, node.lineno, is_call=False)
    positional = -1 if any(isinstance(each, ast.Starred) for each in parent.args) else len(parent.args)
    return Call(target, node.lineno, positional, tuple(each.arg or "**" for each in parent.keywords))
