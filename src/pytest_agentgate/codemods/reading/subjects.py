"""What assertions are about, and whether one would be left that holds whatever the code does.

Where a name becomes what it stood for, an assertion may lose its subject: both of its sides are made in the same way
then, or nothing in it comes from the code any more. Local names are followed to what they were assigned.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import TypeAlias

from pytest_agentgate.codemods.reading.names import ModuleNames, dotted, parse

_DEEP = 3  # local names that are followed, one to the next
_TRUE_OF_EQUALS = (ast.Eq, ast.Is, ast.LtE, ast.GtE, ast.In)
_SAME = "both sides of the assertion would be the same"
_FALSE_OF_EQUALS = ("Not", "Raises", "Warns", "Logs", "Greater", "Less")

_FIXED = frozenset({"bool", "bytes", "complex", "float", "frozenset", "int", "object", "str", "tuple", "type"})
"""Builtins whose instances stay what they are, whoever has them."""

_Form: TypeAlias = "str | tuple[_Form, ...]"


class Subjects:
    """The assertions of one file, seen as they would be if a name were what it stands for.

    Args:
        names: the file.
        old: the name, dotted.
        value: the source of what it becomes, its names dotted in full; of a function, a lambda.
    """

    def __init__(self, names: ModuleNames, old: str, value: str) -> None:
        self.names = names
        self.old = old
        statement = parse(f"({value}\n)").body[0]
        assert isinstance(statement, ast.Expr)  # noqa: S101
        self.value = statement.value
        self.became = dotted(self.value) or ""  # where it is another name
        tops = {each.id for each in ast.walk(self.value) if isinstance(each, ast.Name)}
        self.is_of_code = old.partition(".")[0] in tops  # what it becomes is the code's own
        self.library = {*sys.stdlib_module_names, "builtins", *tops}

    def idle(self) -> Iterator[tuple[ast.expr, str]]:
        """The assertions that would hold by construction, and why."""
        for assertion in self._assertions():
            if self._compares_one(assertion):
                yield assertion, _SAME
            elif self._loses_all(assertion):
                yield assertion, "the assertion would say nothing about the code"

    def keep(self, leave: Callable[[ast.AST, str], None]) -> bool:
        """Leave the assertions whose sides would become the same, and say whether there are any."""
        found = list(filter(self._compares_one, self._assertions()))
        for assertion in found:
            leave(assertion, _SAME)
        return bool(found)

    def _assertions(self) -> Iterator[ast.expr]:
        for node in self.names.up:
            if isinstance(node, ast.Assert):
                yield node.test
            elif isinstance(node, ast.Call) and _is_assertion(node):
                yield node

    # -- both sides --------------------------------------------------------------------------------------------------

    def _compares_one(self, assertion: ast.expr) -> bool:
        """Whether an assertion compares two things that would be one."""
        try:
            return any(self._are_same(left, right) for left, right in _compared(assertion))
        except RecursionError:
            return True  # too deep to be told: nobody wrote it by hand

    def _are_same(self, left: ast.expr, right: ast.expr) -> bool:
        after = self._form(left, after=True)
        if after != self._form(right, after=True):
            return False
        return self._form(left, after=False) != self._form(right, after=False)

    def _form(self, node: ast.AST, *, after: bool, deep: int = _DEEP) -> _Form:
        """A node without its layout, with local names as what they were assigned."""
        if isinstance(node, ast.Name | ast.Attribute):
            meaning = self.names.meaning(node)
            if meaning is not None:
                return self._meant(meaning, after=after)
            if isinstance(node, ast.Name):
                value = self._assigned(node)
                if value is not None and deep:
                    return self._form(value, after=after, deep=deep - 1)
                return ("local", node.id)
        if after and isinstance(node, ast.Call) and isinstance(self.value, ast.Lambda):
            given = self._given(node, self.value)
            if given is not None:
                return _fixed(
                    self.value.body, {word: self._form(each, after=after, deep=deep) for word, each in given.items()}
                )
        return _parts(node, lambda child: self._form(child, after=after, deep=deep))

    def _meant(self, meaning: str, *, after: bool) -> _Form:
        rest = f"{meaning}.".removeprefix(f"{self.old}.")
        is_new = bool(self.became) and f"{meaning}.".startswith(f"{self.became}.")
        if not after or is_new or rest == f"{meaning}.":
            return ("name", meaning)
        form = _fixed(self.value, {})
        for attribute in rest.split(".")[:-1]:
            is_name = isinstance(form, tuple) and form[0] == "name"
            form = ("name", f"{form[1]}.{attribute}") if is_name else ("Attribute", form, attribute)
        return form

    def _given(self, call: ast.Call, function: ast.Lambda) -> Mapping[str, ast.expr] | None:
        if not self.names.means(call.func, self.old) or any(isinstance(each, ast.Starred) for each in call.args):
            return None
        parameters = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
        return {
            **dict(zip(parameters, call.args, strict=False)),
            **{each.arg: each.value for each in call.keywords if each.arg},
        }

    def _assigned(self, node: ast.Name) -> ast.expr | None:
        values = self._values(node)
        return values[0] if len(values) == 1 else None

    def _values(self, node: ast.Name) -> list[ast.expr | None]:
        """What a local name is assigned, None where that can't be told."""
        return [each.value or self._unpacked(each.node) for each in self.names.bindings(node)]

    def _unpacked(self, target: ast.AST) -> ast.expr | None:
        row, _, at = self.names.up[target]
        if not isinstance(row, ast.Tuple | ast.List) or at is None:
            return None
        above = self.names.up[row].parent
        value = above.value if isinstance(above, ast.Assign) else None
        if not isinstance(value, ast.Tuple | ast.List) or len(value.elts) != len(row.elts):
            return None
        return None if any(isinstance(each, ast.Starred) for each in (*row.elts, *value.elts)) else value.elts[at]

    # -- nothing left ------------------------------------------------------------------------------------------------

    def _loses_all(self, assertion: ast.expr) -> bool:
        """Whether an assertion has the name, and beside it only values and what libraries make of them."""
        if self.is_of_code:
            return False
        parts = [assertion]
        if isinstance(assertion, ast.Call) and _is_assertion(assertion):
            parts = [*assertion.args, *(each.value for each in assertion.keywords)]
        found = [each for part in parts for each in self._sources(part)]
        return self.old in found and None not in found

    def _sources(self, node: ast.AST, deep: int = _DEEP) -> Iterator[str | None]:
        """Where the values in an expression come from: the name, a library (""), or somewhere else (None)."""
        if isinstance(node, ast.Name | ast.Attribute):
            meaning = self.names.meaning(node)
            if meaning is not None:
                if f"{meaning}.".startswith(f"{self.old}."):
                    yield self.old
                else:
                    yield "" if meaning.partition(".")[0] in self.library else None
                return
            if isinstance(node, ast.Name):
                values = self._values(node) or [None]
                for value in values if deep and not self._is_handed_on(node, values, deep) else [None]:
                    if value is None:
                        yield None
                    else:
                        yield from self._sources(value, deep - 1)
                return
        for child in ast.iter_child_nodes(node):
            yield from self._sources(child, deep)

    def _is_handed_on(self, node: ast.Name, values: list[ast.expr | None], deep: int) -> bool:
        """Whether what a local name is may have been changed by the code: it was made of the name and given to it."""
        makes = (isinstance(each, ast.Call) and self.names.means(each.func, self.old) for each in values)
        if self.became.removeprefix("builtins.") in _FIXED or not any(makes):
            return False
        bindings = {each.node for each in self.names.bindings(node)}
        return any(
            isinstance(use, ast.Name)
            and use.lineno < node.lineno
            and bindings == {each.node for each in self.names.bindings(use)}
            and (call := self._taker(use)) is not None
            and None in self._sources(call.func, deep - 1)
            for use in self.names.by_word[node.id]
        )

    def _taker(self, use: ast.Name) -> ast.Call | None:
        """The call that a local name is an argument of."""
        above, field, _ = self.names.up[use]
        if isinstance(above, ast.keyword):
            above, field, _ = self.names.up[above]
        return above if isinstance(above, ast.Call) and field != "func" else None


def _parts(node: ast.AST, form: Callable[[ast.AST], _Form]) -> _Form:
    found: list[_Form] = [type(node).__name__]
    for name, value in ast.iter_fields(node):
        if name not in ("ctx", "kind", "type_comment"):
            several = value if isinstance(value, list) else [value]
            found.append(tuple(form(each) if isinstance(each, ast.AST) else repr(each) for each in several))
    return tuple(found)


def _fixed(node: ast.AST, given: Mapping[str, _Form]) -> _Form:
    """What a value is: its names are builtins, dotted in full, or have a form already."""
    if isinstance(node, ast.Name) and node.id in given:
        return given[node.id]
    name = dotted(node)
    if name is not None and name.partition(".")[0] not in given:
        return ("name", name if "." in name else f"builtins.{name}")
    return _parts(node, lambda child: _fixed(child, given))


def _is_assertion(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr.startswith("assert")


def _compared(assertion: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """The pairs of expressions in an assertion that make it true if they are the same."""
    if isinstance(assertion, ast.Call) and isinstance(assertion.func, ast.Attribute) and len(assertion.args) > 1:
        word = assertion.func.attr
        if not any(each in word for each in _FALSE_OF_EQUALS) or word in ("assertGreaterEqual", "assertLessEqual"):
            yield assertion.args[0], assertion.args[1]
    for node in ast.walk(assertion):
        if isinstance(node, ast.Compare):
            operands = pairwise([node.left, *node.comparators])
            for (left, right), operator in zip(operands, node.ops, strict=True):
                if isinstance(operator, _TRUE_OF_EQUALS):
                    yield left, right
        elif isinstance(node, ast.Call) and dotted(node.func) == "issubclass" and len(node.args) == 2:
            yield node.args[0], node.args[1]
