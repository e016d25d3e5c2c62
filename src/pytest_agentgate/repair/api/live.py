"""Which of several bindings of a name counts: branches that never run, fallbacks, definitions that are made again."""

from __future__ import annotations

import ast
import builtins
import operator
import sys
from collections.abc import Callable, Sequence
from typing import Any

from pytest_agentgate.codemods.reading.names import Binding, ModuleNames, dotted

_ORDERS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_NEVER = frozenset({"TYPE_CHECKING", "PY2", "IS_PY2", "_PY2", "py2"})
_ALWAYS = frozenset({"PY3", "IS_PY3", "_PY3", "py3"})


class Live:
    """What of a file's module and classes runs, as far as the file tells."""

    def __init__(self, names: ModuleNames) -> None:
        self.names = names
        self._dead: list[tuple[int, int]] = []  # first and last lines
        self._fallback: list[tuple[int, int]] = []
        self._look(names.tree.body)

    def of(self, bindings: Sequence[Binding]) -> list[Binding]:
        """The bindings that can count; none where the last of them deletes the name."""
        live = [each for each in bindings if self._can_count(each)]
        if live and isinstance(getattr(live[-1].node, "ctx", None), ast.Del):
            return []
        return live

    def chosen(self, bindings: Sequence[Binding]) -> Binding | None:
        """The one that counts of several definitions or assignments.

        The last that always runs; else the first that is no fallback in an ``except``.
        """
        if not bindings:
            return None
        final = [each for each in bindings if self.is_final(each)]
        if final:
            return final[-1]
        first = [each for each in bindings if not _within(self._fallback, each.node)]
        return (first or list(bindings))[0]

    def are_fallbacks(self, bindings: Sequence[Binding]) -> bool:
        """Whether all of them stand in an ``except``, for where something else can't be had."""
        return all(_within(self._fallback, each.node) for each in bindings)

    def is_final(self, binding: Binding) -> bool:
        """Whether a binding always runs: its statement stands in the body of its scope itself."""
        statement = self.names.statement(binding.node) if not isinstance(binding.node, ast.alias) else None
        return statement is not None and self.names.up.parents.get(statement) is binding.scope.node

    def is_settled(self, binding: Binding) -> bool:
        """Whether what an assignment gives is surely what its name stands for: no other one may run after it."""
        others = [
            each
            for each in self.of(binding.scope.bindings.get(binding.name, ()))
            if each is not binding and not each.is_import and _line(each) > _line(binding) * self.is_final(binding)
        ]
        return all(_said(each) == _said(binding) for each in others)

    def is_live(self, node: ast.AST) -> bool:
        return not _within(self._dead, node)

    def _can_count(self, binding: Binding) -> bool:
        node = binding.node
        if binding.kind == "assignment":
            if isinstance(node, ast.Name):
                parent = self.names.up.parents[node]
                if isinstance(parent, ast.AugAssign | ast.For | ast.AsyncFor | ast.withitem):
                    return False
            else:
                return False
        return not self._dead or not _within(self._dead, node)

    def _look(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            if isinstance(statement, ast.If):
                truth = _truth(statement.test, self._assigned)
                if truth is False:
                    self._mark(self._dead, statement.body)
                if truth is True:
                    self._mark(self._dead, statement.orelse)
                self._look(statement.body)
                self._look(statement.orelse)
            elif isinstance(statement, ast.Try | ast.TryStar):
                unknown = self._unknown(statement)
                if unknown:  # what comes first in it ran
                    self._mark(self._dead, unknown)
                    self._mark(self._dead, statement.orelse)
                for handler in statement.handlers:
                    if not (unknown and _catches_unknown(handler)):
                        self._mark(self._fallback, handler.body)
                    self._look(handler.body)
                for inner in (statement.body, statement.orelse, statement.finalbody):
                    self._look(inner)
            elif isinstance(statement, ast.ClassDef | ast.With):
                self._look(statement.body)

    def _unknown(self, statement: ast.Try | ast.TryStar) -> list[ast.stmt]:
        """What of a ``try`` never runs, as its first line asks for a name that this Python has not: ``unicode``."""
        if not any(map(_catches_unknown, statement.handlers)) or self.names.scope.stars:
            return []
        for at, each in enumerate(statement.body):
            value = each.value if isinstance(each, ast.Assign | ast.Expr) else None
            if isinstance(value, ast.Name) and not self._is_known(value.id):
                return statement.body[at:]
        return []

    def _is_known(self, word: str) -> bool:
        return hasattr(builtins, word) or word in self.names.scope.bindings or word.startswith("__")

    def _assigned(self, word: str) -> ast.expr | None:
        """What the module assigns to a name, once."""
        bindings = self.names.scope.bindings.get(word, ())
        return bindings[0].value if len(bindings) == 1 else None

    def _mark(self, where: list[tuple[int, int]], body: Sequence[ast.stmt]) -> None:
        if body:
            where.append((body[0].lineno, body[-1].end_lineno or body[-1].lineno))


def _catches_unknown(handler: ast.ExceptHandler) -> bool:
    return isinstance(handler.type, ast.Name) and handler.type.id == "NameError"


def _line(binding: Binding) -> int:
    return getattr(binding.node, "lineno", 0)


def _said(binding: Binding) -> str:
    return "" if binding.value is None else ast.dump(binding.value)


def _within(ranges: Sequence[tuple[int, int]], node: ast.AST) -> bool:
    line = getattr(node, "lineno", 0)
    return any(first <= line <= last for first, last in ranges)


def _truth(test: ast.expr, assigned: Callable[[str], ast.expr | None]) -> bool | None:
    """What a condition is on the Python that is running; None where it can't be told.

    ``assigned`` has what the module says that a name is.
    """
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = _truth(test.operand, assigned)
        return None if inner is None else not inner
    if isinstance(test, ast.BoolOp):
        parts = [_truth(each, assigned) for each in test.values]
        if isinstance(test.op, ast.And):
            return False if False in parts else None if None in parts else True
        return True if True in parts else None if None in parts else False
    if isinstance(test, ast.Constant):
        return bool(test.value)
    last = (dotted(test) or "").rpartition(".")[2]
    if last in _NEVER or last in _ALWAYS:
        return last in _ALWAYS
    if isinstance(test, ast.Name):
        said = assigned(test.id)
        return _version(said) if isinstance(said, ast.Compare) and len(said.ops) == 1 else None
    return _version(test) if isinstance(test, ast.Compare) and len(test.ops) == 1 else None


def _version(test: ast.Compare) -> bool | None:
    try:
        wanted = ast.literal_eval(test.comparators[0])
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    left = test.left
    here: object = None
    if _plain(left) in {"sys.version_info", "version_info"}:
        here = tuple(sys.version_info[:3])
    elif _plain(left) in {"sys.version_info.major"}:
        here = sys.version_info.major
    elif isinstance(left, ast.Subscript) and _plain(left.value) in {"sys.version_info", "version_info"}:
        part = left.slice
        if isinstance(part, ast.Constant) and part.value == 0:
            here = sys.version_info[0]
        elif isinstance(part, ast.Slice):
            end = part.upper.value if isinstance(part.upper, ast.Constant) and isinstance(part.upper.value, int) else 3
            here = tuple(sys.version_info[:end])
    if type(here) is not type(wanted):
        return None
    return _compared(test.ops[0], here, wanted)


def _plain(node: ast.expr) -> str:
    """A dotted name without the underscores with which a module hides what it imports: ``_sys.version_info``."""
    return (dotted(node) or "").lstrip("_")


def _compared(how: ast.cmpop, one: Any, other: Any) -> bool | None:
    order = _ORDERS.get(type(how))
    try:
        return None if order is None else bool(order(one, other))
    except TypeError:
        return None
