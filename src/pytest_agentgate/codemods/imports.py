"""What the imports of a file are to become: names that are needed, names that moved, names that are gone."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

import libcst as cst

from pytest_agentgate.codemods.names import ModuleNames


class Imports:
    """The changes to the imports of one file, collected while a codemod looks at it."""

    def __init__(self, names: ModuleNames) -> None:
        self.names = names
        self._needed: dict[str, ast.AST] = {}

    def use(self, name: str, at: ast.AST) -> str:
        """Source of an expression that stands for a dotted name at a node, imported where it has to be.

        An import that is there already is used; else ``from MODULE import NAME`` is added to the file's imports, under
        another local name where the plain one would collide.
        """
        _, _, last = name.rpartition(".")
        for binding in self.names.scope.bindings.get(last, ()):
            if binding.target == name:
                return last
        self._needed.setdefault(name, at)
        return last

    def __bool__(self) -> bool:
        return bool(self._needed)

    def changes(self) -> Iterable[tuple[ast.AST, bool, Any]]:
        """The changes as ``Rewrite`` takes them: node, whether its whole line is meant, change."""
        lines = [f"from {name.rpartition('.')[0]} import {name.rpartition('.')[2]}" for name in self._needed]
        if not lines:
            return
        top = [node for node in self.names.imports if self.names.up[node].parent is self.names.tree]
        if top:
            yield top[-1], True, lambda line: [line, *map(cst.parse_statement, lines)]
