"""What a test puts in the place of one function: ``patch``, ``monkeypatch.setattr``, assignments to its attribute."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_agentgate.codemods.idioms.mocks import Mocks
from pytest_agentgate.codemods.reading.calls import Calls
from pytest_agentgate.codemods.reading.names import FunctionNode
from pytest_agentgate.codemods.reading.sources import File

_PATCHES = {"patch": 1, "patch.object": 2}  # and at which place they take what stands in
_MODULES = ("unittest.mock.", "mock.")
_MOCKERS = ("mocker", "class_mocker", "module_mocker", "session_mocker", "package_mocker")


@dataclass(frozen=True, eq=False)
class StandIn:
    """One place that replaces the function."""

    node: ast.AST  # the call or assignment that does it
    value: ast.expr | None  # what stands in, where that is said
    kind: ast.expr | None = None  # the class of the mock: ``new_callable=``


class StandIns:
    """The places of one file that replace a function."""

    def __init__(self, file: File, calls: Calls) -> None:
        self.names = file.names
        self._calls = calls
        self._mocks = Mocks(file)

    def all(self) -> Iterator[StandIn]:
        """Every replacement that is proven to be one of the function, in source order."""
        for call in self.names.calls:
            word = self._word(call.func)
            if word in _PATCHES and self._is_target(call.args, _PATCHES[word]):
                said = {each.arg: each.value for each in call.keywords}
                given = call.args[_PATCHES[word]] if len(call.args) > _PATCHES[word] else said.get("new")
                yield StandIn(call, given, said.get("new_callable"))
            elif word == "setattr" and len(call.args) in {2, 3} and self._is_target(call.args, len(call.args) - 1):
                yield StandIn(call, call.args[-1])
        member = self._calls.callee.name.rpartition(".")[2]
        for node in self.names.by_word.get(member, ()):
            statement = self.names.up[node].parent
            if not isinstance(node, ast.Attribute) or not isinstance(statement, ast.Assign):
                continue
            if isinstance(node.ctx, ast.Store) and (self._calls.reaches(node) or self.mocks(node)):
                yield StandIn(statement, statement.value)

    def called(self) -> Iterator[ast.Call]:
        """Where a test itself calls the method of a mock of its class."""
        known = {site.node for site in self._calls.sites}
        member = self._calls.callee.name.rpartition(".")[2]
        for call in self.names.calls:
            is_named = isinstance(call.func, ast.Attribute) and call.func.attr == member
            if is_named and call not in known and self.mocks(call.func):
                yield call

    def function_of(self, value: ast.expr) -> FunctionNode | None:
        """The function of the file that a name stands for, where it is used for nothing but to stand in."""
        if not isinstance(value, ast.Name):
            return None
        bindings = self.names.bindings(value)
        node = bindings[0].node if len(bindings) == 1 else None
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return None
        values = {each.value for each in self.all()}
        home = bindings[0].scope
        for name in self.names.by_word.get(value.id, ()):
            if isinstance(name, ast.Attribute):
                return None
            if self.names.scope_of(name).home(name.id) is home and name not in values:
                return None
        return node

    def mocks(self, node: ast.expr) -> bool:
        """Whether an expression is a mock of the function."""
        mocked = self._mocks.of(node)
        return mocked is not None and mocked.role == "itself" and self._means(mocked.name)

    def _word(self, node: ast.expr) -> str:
        """``patch``, ``patch.object`` or ``setattr``, where a call of it replaces something."""
        meaning = self.names.meaning(node)
        if meaning is not None:
            for module in _MODULES:
                if meaning.startswith(module):
                    return meaning[len(module) :]
            return "setattr" if meaning == "builtins.setattr" else ""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.insert(0, node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        return ".".join(parts) if node.id in _MOCKERS or parts == ["setattr"] else ""

    def _is_target(self, arguments: list[ast.expr], places: int) -> bool:
        """Whether the first arguments name the function: a dotted string, or an object and the name of an attribute."""
        if len(arguments) < places:
            return False
        last = arguments[places - 1]
        if not isinstance(last, ast.Constant) or not isinstance(last.value, str):
            return False
        if places == 1:
            return self._means(last.value)
        return self._calls.reaches_attribute(arguments[0], last.value)

    def _means(self, name: str) -> bool:
        return self._calls.reaches_name(name)
