"""Expressions as text that means the same in every file: in one layout, and their names dotted in full."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from typing import Any

from pytest_agentgate.codemods.reading.names import ModuleNames, Scope, dotted

LONGEST = 2000
"""Characters of an expression; a longer one is ""."""

_LINES = 60
_TIGHT = (ast.Name, ast.Attribute, ast.Subscript, ast.Constant, ast.Call)  # that need no parentheses beside ``|``


class Writer:
    """Writes the expressions of one file. Built-in names stay as they are, and so do names of a function's own."""

    def __init__(self, names: ModuleNames, is_live: Callable[[ast.AST], bool] = lambda node: True) -> None:
        self.names = names
        self.is_live = is_live
        self._known: dict[tuple[Scope, str], str | None] = {}

    def meaning(self, node: ast.AST, scope: Scope) -> str | None:
        """The dotted name that a name or a chain of attributes stands for; None where it is no such thing.

        Where Python decides at run time, it is the first that is imported or defined where ``is_live``.
        """
        chain = dotted(node)
        if chain is None:
            return None
        first, dot, rest = chain.partition(".")
        found = self.name(first, scope)
        return None if found is None else f"{found}{dot}{rest}"

    def name(self, name: str, scope: Scope) -> str | None:
        """The dotted name that a name stands for in a scope; itself where it is built in, None where it is local."""
        key = (scope, name)
        if key not in self._known:
            self._known[key] = self._name(name, scope)
        return self._known[key]

    def _name(self, name: str, scope: Scope) -> str | None:
        home = scope.home(name)
        if home is None:
            stars = [star.target for star in scope.module.stars if star.target] if not hasattr(builtins, name) else []
            return f"{stars[0]}.{name}" if len(stars) == 1 else name
        imported = [each for each in home.bindings[name] if each.target is not None]
        if imported:
            return next((each for each in imported if self.is_live(each.node)), imported[0]).target
        if home.is_module:
            return f"{self.names.module}.{name}" if self.names.module else name
        if isinstance(home.node, ast.ClassDef):
            return f"{self.names.qualified(home.node)}.{name}"
        return None

    def text(self, node: ast.expr | None, scope: Scope) -> str:
        """An expression; "" where there is none, and where it is too long to be of use."""
        if node is None or (node.end_lineno or 0) - node.lineno > _LINES:
            return ""
        found = self._write(node, scope)
        return found if len(found) <= LONGEST else ""

    def annotation(self, node: ast.expr | None, scope: Scope) -> str:
        """An annotation, also one that is written as a string."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            written = node.value.strip()
            try:
                node = ast.parse(written, mode="eval").body
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return written[:LONGEST]
        return self.text(node, scope)

    def _write(self, node: ast.expr, scope: Scope) -> str:
        write = _FORMS.get(node.__class__)
        return self._other(node, scope) if write is None else write(self, node, scope)

    def _constant(self, node: ast.Constant, scope: Scope) -> str:
        return "..." if node.value is Ellipsis else repr(node.value)

    def _id(self, node: ast.Name, scope: Scope) -> str:
        return self.name(node.id, scope) or node.id

    def _attribute(self, node: ast.Attribute, scope: Scope) -> str:
        if isinstance(node.value, ast.Name | ast.Attribute | ast.Call | ast.Subscript):
            return f"{self._write(node.value, scope)}.{node.attr}"
        return self._other(node, scope)

    def _subscript(self, node: ast.Subscript, scope: Scope) -> str:
        inside = node.slice
        if not isinstance(node.value, _TIGHT) or isinstance(inside, ast.Slice):
            return self._other(node, scope)
        items = inside.elts if isinstance(inside, ast.Tuple) and inside.elts else [inside]
        return f"{self._write(node.value, scope)}[{self._all(items, scope)}]"

    def _tuple(self, node: ast.Tuple, scope: Scope) -> str:
        return f"({self._all(node.elts, scope)}{',' if len(node.elts) == 1 else ''})"

    def _list(self, node: ast.List, scope: Scope) -> str:
        return f"[{self._all(node.elts, scope)}]"

    def _dict(self, node: ast.Dict, scope: Scope) -> str:
        items = (
            f"**{self._write(value, scope)}"
            if key is None
            else f"{self._write(key, scope)}: {self._write(value, scope)}"
            for key, value in zip(node.keys, node.values, strict=True)
        )
        return f"{{{', '.join(items)}}}"

    def _call(self, node: ast.Call, scope: Scope) -> str:
        if not isinstance(node.func, _TIGHT):
            return self._other(node, scope)
        given = [self._write(each, scope) for each in node.args]
        given += [
            f"**{self._write(each.value, scope)}"
            if each.arg is None
            else f"{each.arg}={self._write(each.value, scope)}"
            for each in node.keywords
        ]
        return f"{self._write(node.func, scope)}({', '.join(given)})"

    def _operation(self, node: ast.BinOp, scope: Scope) -> str:
        if isinstance(node.op, ast.BitOr) and isinstance(node.right, _TIGHT):
            left = node.left
            if isinstance(left, _TIGHT) or (isinstance(left, ast.BinOp) and isinstance(left.op, ast.BitOr)):
                return f"{self._write(left, scope)} | {self._write(node.right, scope)}"
        return self._other(node, scope)

    def _other(self, node: ast.expr, scope: Scope) -> str:
        named = [each for each in ast.walk(node) if isinstance(each, ast.Name)]
        before = [each.id for each in named]
        try:
            for each in named:  # what is unparsed writes an identifier as it is, dots and all
                each.id = self.name(each.id, scope) or each.id
            return ast.unparse(node)
        finally:
            for each, name in zip(named, before, strict=True):
                each.id = name

    def _all(self, nodes: list[ast.expr], scope: Scope) -> str:
        return ", ".join(self._write(each, scope) for each in nodes)


_FORMS: dict[type[ast.expr], Callable[[Writer, Any, Scope], str]] = {
    ast.Constant: Writer._constant,
    ast.Name: Writer._id,
    ast.Attribute: Writer._attribute,
    ast.Subscript: Writer._subscript,
    ast.Tuple: Writer._tuple,
    ast.List: Writer._list,
    ast.Dict: Writer._dict,
    ast.Call: Writer._call,
    ast.BinOp: Writer._operation,
}
