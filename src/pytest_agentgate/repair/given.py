"""What functions of the implementation give, as far as bodies and annotations say: a list, or items one by one."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from pytest_agentgate.codemods.idioms.fixtures import own_nodes
from pytest_agentgate.codemods.reading.coroutines import generates
from pytest_agentgate.codemods.reading.names import FunctionNode, ModuleNames
from pytest_agentgate.repair.api.table import Symbol
from pytest_agentgate.repair.definitions import Definitions
from pytest_agentgate.repair.typed import names_in

_BUILTINS = {
    "list": "list", "sorted": "list", "tuple": "tuple", "set": "set", "map": "iterator", "filter": "iterator",
    "zip": "iterator", "enumerate": "iterator", "reversed": "iterator", "iter": "iterator",
}  # fmt: skip
_DISPLAYS: dict[type[ast.AST], str] = {
    ast.List: "list", ast.ListComp: "list", ast.Tuple: "tuple", ast.Set: "set", ast.SetComp: "set",
    ast.GeneratorExp: "iterator",
}  # fmt: skip
_TYPES = {
    "list": "list", "List": "list", "Sequence": "list", "MutableSequence": "list", "Collection": "list",
    "tuple": "tuple", "Tuple": "tuple", "set": "set", "Set": "set", "Iterator": "iterator", "Generator": "iterator",
    "Iterable": "iterator",
}  # fmt: skip
_TRANSPARENT = frozenset({
    "builtins.classmethod", "builtins.staticmethod", "abc.abstractmethod", "typing.override", "typing.final",
})  # fmt: skip
_DEEP = 4


@dataclass(frozen=True)
class Given:
    """What a function gives: ``list``, ``tuple``, ``set``, ``iterator``, or "" where that can't be told."""

    kind: str
    yields: bool = False  # it is written as a generator
    doc: str = ""
    promised: str = ""  # what its annotation says, of the same words


@dataclass(frozen=True)
class Bodies:
    """What the functions of one state of an implementation give."""

    definitions: Definitions

    def of(self, symbol: Symbol) -> Given:
        """What a function gives."""
        promised = _promised(symbol.returns)
        found = self._definition(symbol)
        if found is None:
            return Given("", promised=promised)
        function, names = found
        doc = ast.get_docstring(function) or ""
        return Given(self._kind(function, names, _DEEP), generates(function), doc, promised)

    def _definition(self, symbol: Symbol) -> tuple[ast.FunctionDef, ModuleNames] | None:
        found = self.definitions.of(symbol)
        return (found[0], found[1]) if found is not None and isinstance(found[0], ast.FunctionDef) else None

    def _kind(self, function: FunctionNode, names: ModuleNames, deep: int) -> str:
        if any(names.meaning(each) not in _TRANSPARENT for each in function.decorator_list):
            return ""
        if generates(function):
            return "iterator"
        returned = [each.value for each in own_nodes(function) if isinstance(each, ast.Return)]
        return _one(self._of_value(each, names, deep) for each in returned)

    def _of_value(self, node: ast.expr | None, names: ModuleNames, deep: int) -> str:
        if deep <= 0 or node is None:
            return ""
        match node:
            case ast.IfExp():
                return _one(self._of_value(each, names, deep - 1) for each in (node.body, node.orelse))
            case ast.BinOp(op=ast.Add()):
                return _one(self._of_value(each, names, deep - 1) for each in (node.left, node.right))
            case ast.Name():
                return self._of_variable(node, names, deep)
            case ast.Call():
                return self._of_call(node, names, deep)
            case _:
                return _DISPLAYS.get(type(node), "")

    def _of_variable(self, node: ast.Name, names: ModuleNames, deep: int) -> str:
        bindings = names.bindings(node)
        if not bindings or any(each.kind != "assignment" or each.scope.is_module for each in bindings):
            return ""
        values = [each.value for each in bindings if not isinstance(names.up[each.node].parent, ast.AugAssign)]
        return _one(self._of_value(each, names, deep - 1) for each in values)

    def _of_call(self, node: ast.Call, names: ModuleNames, deep: int) -> str:
        meaning = names.meaning(node.func) or self._own_member(node.func, names)
        if meaning is None:
            return ""
        if meaning.startswith("builtins."):
            return _BUILTINS.get(meaning.removeprefix("builtins."), "")
        symbol = self.definitions.symbol(meaning)
        found = None if symbol is None else self._definition(symbol)
        if found is None:
            return ""
        return self._kind(*found, deep - 1)

    def _own_member(self, node: ast.expr, names: ModuleNames) -> str | None:
        """The method that ``self.name`` or ``cls.name`` is."""
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
            return None
        function = names.enclosing(node, ast.FunctionDef, ast.AsyncFunctionDef)
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            return None
        cls = names.up[function].parent
        first = next(iter((*function.args.posonlyargs, *function.args.args)), None)
        if not isinstance(cls, ast.ClassDef) or first is None or first.arg != node.value.id:
            return None
        return f"{names.qualified(cls)}.{node.attr}"


def _promised(annotation: str) -> str:
    outer = annotation.partition("[")[0]
    return next((_TYPES[last] for name in names_in(outer) if (last := name.rpartition(".")[2]) in _TYPES), "")


def _one(kinds: Iterable[str]) -> str:
    found = set(kinds)
    return found.pop() if len(found) == 1 else ""
