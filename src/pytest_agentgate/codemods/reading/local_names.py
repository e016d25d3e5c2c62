"""Names that a scope binds: where they are used, and whether one can be called otherwise."""

from __future__ import annotations

import ast
from collections.abc import Collection

from pytest_agentgate.codemods.reading.names import ModuleNames, Scope

_REQUESTS = frozenset({"usefixtures", "getfixturevalue"})


def users(names: ModuleNames, scope: Scope, local: str) -> list[ast.Name]:
    """The names, stores and deletions included, that mean a scope's binding."""
    return [
        node
        for node in names.by_word.get(local, ())
        if isinstance(node, ast.Name) and names.scope_of(node).home(local) is scope
    ]


def can_become(
    names: ModuleNames, scope: Scope, old: str, new: str, target: str, sources: Collection[ast.AST] = ()
) -> bool:
    """Whether a local name can get another one: one meaning, and the new name is free wherever it would be used.

    Args:
        names: the file.
        scope: the scope that binds the name.
        old: the name.
        new: what it would be called.
        target: the dotted name that the new name stands for; where the scope has it already, it may be used.
        sources: the nodes that bind the old name and are renamed with it; another one means that it can't be.
    """
    if new.lower().startswith("test") and not old.lower().startswith("test"):
        return False  # pytest would collect it
    if scope.is_class or any(_is_read_in_class(names, scope, node) for node in names.by_word.get(old, ())):
        return False  # also an attribute, or what a class takes from around it under the same name
    if any(declares(each, new) for each in names.scopes.values()):
        return False
    for binding in scope.bindings.get(old, ()):
        if binding.node not in sources and not _is_fallback(names, binding.node):
            return False
    for each in {scope, *(names.scope_of(node) for node in users(names, scope, old))}:
        home = each.home(new)
        if home is not None and any(binding.target != target for binding in home.bindings[new]):
            return False
        if home is not None and home is not scope:
            return False
    if new in scope.bindings:
        return True
    return not any(
        isinstance(node, ast.Name) and names.scope_of(node).home(new) is None and names.meaning(node) != target
        for node in names.by_word.get(new, ())
    )


def declares(scope: Scope, name: str) -> bool:
    """Whether a scope says that a name is not its own."""
    return name in scope.global_names or name in scope.nonlocal_names


def global_statements(names: ModuleNames, name: str) -> list[ast.Global]:
    """The statements that say that a name is the module's."""
    if not any(name in scope.global_names for scope in names.scopes.values()):
        return []
    return [node for node in names.up if isinstance(node, ast.Global) and name in node.names]


def _is_read_in_class(names: ModuleNames, scope: Scope, node: ast.AST) -> bool:
    if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
        return False
    here = names.scope_of(node)
    return here is not scope and here.is_class and node.id in here.bindings


def is_requested(names: ModuleNames, local: str) -> bool:
    """Whether a name is asked for as a fixture: by a parameter, ``usefixtures`` or ``getfixturevalue``."""
    for function in names.functions:
        arguments = function.args
        if any(each.arg == local for each in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]):
            return True
    return any(
        isinstance(call.func, ast.Attribute)
        and call.func.attr in _REQUESTS
        and any(isinstance(each, ast.Constant) and each.value == local for each in call.args)
        for call in names.calls
    )


def _is_fallback(names: ModuleNames, node: ast.AST) -> bool:
    """Whether a binding says what a name is where its import failed."""
    if not isinstance(node, ast.Name) or names.enclosing(node, ast.ExceptHandler) is None:
        return False
    statement = names.up[node].parent
    return (
        isinstance(statement, ast.Assign)
        and isinstance(statement.value, ast.Constant)
        and statement.value.value is None
    )
