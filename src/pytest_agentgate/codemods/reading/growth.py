"""What a file puts into a list, set or dict after it made it."""

from __future__ import annotations

import ast

from pytest_agentgate.codemods.reading.names import Binding, ModuleNames

_TAKES = {"append": 0, "appendleft": 0, "add": 0, "insert": 1, "setdefault": 1}  # and at which place what they take
_OPAQUE = frozenset({"extend", "extendleft", "update", "__setitem__", "__iadd__"})


def put_into(names: ModuleNames, binding: Binding) -> list[ast.expr] | None:
    """The expressions whose values are put into what a name holds; None where there may be others."""
    literal = binding.value
    empty = not (getattr(literal, "elts", None) or getattr(literal, "keys", None))
    found: list[ast.expr] = []
    for use in names.by_word.get(binding.name, ()):
        if not isinstance(use, ast.Name) or names.scope_of(use).home(use.id) is not binding.scope:
            continue
        parent, field, _ = names.up[use]
        outer = names.up.get(parent)
        if isinstance(parent, ast.Attribute):
            call = outer.parent if outer is not None and outer.field == "func" else None
            if parent.attr in _OPAQUE or (parent.attr in _TAKES and not isinstance(call, ast.Call)):
                return None
            if parent.attr in _TAKES and isinstance(call, ast.Call):
                if len(call.args) <= _TAKES[parent.attr]:
                    return None
                found.append(call.args[_TAKES[parent.attr]])
        elif isinstance(parent, ast.Subscript) and field == "value" and isinstance(parent.ctx, ast.Store):
            statement = outer.parent if outer is not None else None
            if not isinstance(statement, ast.Assign) or parent not in statement.targets:
                return None
            found.append(statement.value)
        elif isinstance(parent, ast.AugAssign) or (empty and isinstance(parent, ast.Call | ast.keyword)):
            return None  # a function that gets an empty list is likely to fill it
    return found
