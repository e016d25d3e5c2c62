"""Where the nodes of a tree that ``ast`` read hang."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import NamedTuple


class _Children(dict[type[ast.AST], tuple[str, ...]]):
    """The fields of each kind of node in which nodes hang that are its own.

    ``ast`` uses one object for all contexts and operators of a kind, so that these hang nowhere.
    """

    _others = frozenset(
        {
            "arg", "asname", "attr", "conversion", "ctx", "id", "is_async", "kind", "kwd_attrs", "level", "module",
            "op", "ops", "rest", "simple", "type_comment", "type_ignores",
        }
    )  # fmt: skip
    _leaves = (ast.Constant, ast.Global, ast.Nonlocal)

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        fields = () if issubclass(kind, self._leaves) else kind._fields
        self[kind] = tuple(name for name in fields if name not in self._others)
        return self[kind]


CHILDREN = _Children()


class Up(NamedTuple):
    """Where a node hangs: its parent, the parent's field, and the place in it where the field is a list."""

    parent: ast.AST
    field: str
    at: int | None


class Ups(Mapping[ast.AST, Up]):
    """Where the nodes of a tree hang. Only parents are kept: the field is looked for when somebody asks."""

    def __init__(self) -> None:
        self.parents: dict[ast.AST, ast.AST] = {}
        self._in_lists: dict[ast.AST, Up] = {}

    def __getitem__(self, node: ast.AST) -> Up:
        known = self._in_lists.get(node)
        if known is not None:
            return known
        parent = self.parents[node]
        for name in parent._fields:
            value = getattr(parent, name, None)
            if value is node:
                return Up(parent, name, None)
            if value.__class__ is list and any(item is node for item in value):
                # For all of them at once: counting to each statement of a long module would take the square of it.
                self._in_lists.update((item, Up(parent, name, at)) for at, item in enumerate(value) if item is not None)
                return self._in_lists[node]
        raise KeyError(node)

    def __iter__(self) -> Iterator[ast.AST]:
        return iter(self.parents)

    def __len__(self) -> int:
        return len(self.parents)

    def __contains__(self, node: object) -> bool:
        return node in self.parents
