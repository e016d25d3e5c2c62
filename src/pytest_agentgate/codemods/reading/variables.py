"""Where the variables of a file get their values, and where these are read."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from pytest_agentgate.codemods.idioms.fixtures import PARAMETRIZE, decorator_of, is_test, marks
from pytest_agentgate.codemods.reading.hierarchy import owner, receiver_parameter
from pytest_agentgate.codemods.reading.names import FunctionNode, ModuleNames, Scope


class Variables:
    """The variables, attributes of ``self``, parametrized arguments and called functions of one file."""

    def __init__(self, names: ModuleNames) -> None:
        self.names = names

    def loop(self, target: ast.AST) -> tuple[ast.expr, int, int] | None:
        """What a loop goes over that fills a target, and which element of each row that gets."""
        up = self.names.up[target]
        at, width = 0, 1
        if isinstance(up.parent, ast.Tuple):
            at, width, up = up.at or 0, len(up.parent.elts), self.names.up[up.parent]
        if isinstance(up.parent, ast.For | ast.AsyncFor | ast.comprehension) and up.field == "target":
            return up.parent.iter, at, width
        return None

    def given(self, function: FunctionNode) -> Iterator[tuple[str, int, int, ast.Call]]:
        """Each parameter that a ``parametrize`` fills: its name, its column of how many, and the mark."""
        for mark in marks(self.names, function, PARAMETRIZE):
            said = {each.arg: each.value for each in mark.keywords}
            words = mark.args[0] if mark.args else said.get("argnames")
            ids: list[str] = []
            if isinstance(words, ast.Constant) and isinstance(words.value, str):
                ids = [each.strip() for each in words.value.split(",") if each.strip()]
            elif isinstance(words, ast.List | ast.Tuple):
                ids = [str(each.value) for each in words.elts if isinstance(each, ast.Constant)]
            if "indirect" not in said and len(mark.args) < 3:
                yield from ((name, at, len(ids), mark) for at, name in enumerate(ids))

    def elements(self, node: ast.expr | None) -> list[ast.expr]:
        """The elements of a list that is written out here or in the one assignment to a name."""
        if isinstance(node, ast.Name):
            bindings = self.names.bindings(node)
            node = bindings[0].value if len(bindings) == 1 else None
        return list(node.elts) if isinstance(node, ast.List | ast.Tuple | ast.Set) else []

    def loads(self, home: Scope, name: str) -> list[ast.expr]:
        return [
            node
            for node in self.names.by_word.get(name, ())
            if isinstance(node, ast.Name)
            and isinstance(node.ctx, ast.Load)
            and self.names.scope_of(node).home(name) is home
        ]

    def own_class(self, node: ast.Attribute) -> ast.ClassDef | None:
        """The class of whose ``self`` this is an attribute."""
        for binding in self.names.bindings(node.value) if isinstance(node.value, ast.Name) else ():
            function = binding.scope.node
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                first = receiver_parameter(self.names, function)
                if first is binding.node:
                    return owner(self.names, function)
        return None

    def attributes(self, node: ast.Attribute) -> list[ast.Attribute]:
        inside = self.own_class(node)
        words = self.names.by_word.get(node.attr, ()) if inside is not None else ()
        return [each for each in words if isinstance(each, ast.Attribute) and self.own_class(each) is inside]

    def stores(self, node: ast.Attribute) -> list[ast.Attribute]:
        return [each for each in self.attributes(node) if isinstance(each.ctx, ast.Store)]

    def loads_of_attribute(self, node: ast.Attribute) -> list[ast.Attribute]:
        return [each for each in self.attributes(node) if isinstance(each.ctx, ast.Load)]

    def function(self, node: ast.expr) -> FunctionNode | None:
        """The function of this file that a name calls."""
        bindings = self.names.bindings(node) if isinstance(node, ast.Name) else ()
        found = bindings[0].node if len(bindings) == 1 else None
        return found if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef) else None

    def calls_of(self, function: FunctionNode) -> list[ast.Call] | None:
        """The calls of a function in its own file; None where it is used in another way, or not by the tests alone."""
        home = self.names.scope_of(function)
        if home.is_class or is_test(self.names, function) or decorator_of(self.names, function) is not None:
            return None
        return called(self.names, self.loads(home, function.name))


def called(names: ModuleNames, uses: Sequence[ast.expr]) -> list[ast.Call] | None:
    """The calls that uses of a name are; None where one is something else."""
    found = [names.up[use] for use in uses]
    calls = [up.parent for up in found if isinstance(up.parent, ast.Call) and up.field == "func"]
    return calls if len(calls) == len(found) else None


def renames(names: ModuleNames, name: str) -> bool:
    """Whether a file imports something under another name, so that its uses are not found by their word."""
    last = name.rpartition(".")[2]
    return any(alias.asname is not None and alias.name == last for node in names.imports for alias in node.names)


def own_keywords(function: FunctionNode) -> frozenset[str]:
    """The keywords that a function keeps for itself, so that they are not in its ``**`` argument."""
    return frozenset(each.arg for each in (*function.args.args, *function.args.kwonlyargs))


def cell(row: ast.expr, at: int, width: int) -> ast.expr | None:
    """The element of a row of several values, or the row itself where it has one."""
    if isinstance(row, ast.Call) and _called_as(row) == "param":  # pytest.param(...)
        return row.args[at] if at < len(row.args) else None
    if width == 1:
        return row
    return row.elts[at] if isinstance(row, ast.Tuple | ast.List) and at < len(row.elts) else None


def _called_as(call: ast.Call) -> str | None:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", None)
