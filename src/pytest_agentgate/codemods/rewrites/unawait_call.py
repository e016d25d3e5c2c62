"""A function that was asynchronous and is so no longer."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import libcst as cst

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.idioms.async_plugins import marked, own_marks
from pytest_agentgate.codemods.idioms.awaiting import is_alone, references, takes_both
from pytest_agentgate.codemods.idioms.fixtures import Fixtures, decorator_of, is_test, own_nodes, parameters
from pytest_agentgate.codemods.idioms.stand_ins import StandIns
from pytest_agentgate.codemods.reading.calls import Calls
from pytest_agentgate.codemods.reading.coroutines import direct_calls, driver, generates, nature, runs_to_the_end, use
from pytest_agentgate.codemods.reading.hierarchy import owner
from pytest_agentgate.codemods.reading.names import FunctionNode
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.writing.async_forms import entered, unawaited
from pytest_agentgate.codemods.writing.decorators import with_decorators
from pytest_agentgate.codemods.writing.rewrite import Rewrite

_ASYNC_MOCKS = frozenset({"unittest.mock.AsyncMock", "mock.AsyncMock"})
_RECORDED = {
    "assert_awaited": "assert_called",
    "assert_awaited_once": "assert_called_once",
    "assert_awaited_with": "assert_called_with",
    "assert_awaited_once_with": "assert_called_once_with",
    "assert_any_await": "assert_any_call",
    "assert_has_awaits": "assert_has_calls",
    "assert_not_awaited": "assert_not_called",
    "await_count": "call_count",
    "await_args": "call_args",
    "await_args_list": "call_args_list",
}
_MARKS = ("asyncio", "anyio", "trio")
_LOOPS = ("asyncio.", "anyio.", "trio.")
_HOOKS = frozenset({"asyncSetUp", "asyncTearDown"})


@dataclass(frozen=True)
class UnawaitCall(Codemod):
    """Stop awaiting a function or method that is asynchronous no longer.

    Repairs ``TypeError: object dict can't be used in 'await' expression``. A test, fixture or helper that awaits
    nothing else becomes an ordinary function again and loses the mark of its plugin; what has other reasons to be
    asynchronous stays so. An ``AsyncMock`` that stands in for the function becomes a ``Mock``.

    With ``function=app.users.fetch``:

    In app/users.py::

        def fetch(name):
            return {"name": name}

    Before::

        import asyncio
        from unittest.mock import AsyncMock, Mock, patch

        import pytest

        from app.users import fetch

        async def name_of(user):
            return (await fetch(user))["name"]

        @pytest.mark.asyncio
        async def test_fetch():
            assert await fetch("ada") == {"name": "ada"}
            assert await name_of("bob") == "bob"

        @pytest.mark.asyncio
        async def test_other(server):
            await server.start()
            with patch("app.users.fetch", AsyncMock(return_value=None)) as fake:
                await server.ask("ada")
            fake.assert_awaited_once_with("ada")

        def test_run():
            assert asyncio.run(fetch("eve"))

    After::

        import asyncio
        from unittest.mock import AsyncMock, Mock, patch

        import pytest

        from app.users import fetch

        def name_of(user):
            return fetch(user)["name"]

        def test_fetch():
            assert fetch("ada") == {"name": "ada"}
            assert name_of("bob") == "bob"

        @pytest.mark.asyncio
        async def test_other(server):
            await server.start()
            with patch("app.users.fetch", Mock(return_value=None)) as fake:
                await server.ask("ada")
            fake.assert_called_once_with("ada")

        def test_run():
            assert fetch("eve")

    Unchanged::

        import pytest

        from app.users import fetch
        from app.rooms import find

        @pytest.mark.asyncio
        async def test_find():
            assert await find("ada") == fetch("ada")
    """

    applicability = Applicability.SAFE
    because = "Only calls that are proven to reach the function are changed, and they give what was awaited."
    owns = frozenset(
        {
            ast.Await, ast.Call, ast.FunctionDef, ast.AsyncFunctionDef, ast.With, ast.AsyncWith, ast.For, ast.AsyncFor,
            ast.comprehension, ast.Name, ast.Attribute, ast.Import, ast.ImportFrom, ast.alias, ast.withitem,
        }
    )  # fmt: skip

    function: str = option("the function or method that is asynchronous no longer", "dotted")

    def words(self) -> tuple[str, ...]:
        return (self.function.rpartition(".")[2],)

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        _Unawaiting(file, rewrite, Calls(file, self.function)).run()


class _Unawaiting:
    def __init__(self, file: File, rewrite: Rewrite, calls: Calls) -> None:
        self.file = file
        self.names = file.names
        self.rewrite = rewrite
        self.calls = calls
        self._gone: set[ast.AST] = set()  # what made functions asynchronous
        self._plain: set[FunctionNode] = set()  # functions that become ordinary ones
        self._fixtures = Fixtures(file)
        self._nature = nature(file, calls.callee.name)

    def run(self) -> None:
        stand_ins = StandIns(self.file, self.calls)
        for call in [*direct_calls(self.calls), *stand_ins.called()]:
            self._call(call)
        for each in stand_ins.all():
            for kind in (each.kind, each.value.func if isinstance(each.value, ast.Call) else None):
                self._mock_class(kind)
            if isinstance(each.value, ast.Name):
                self._put(each.value, stand_ins)
        self._recorded(stand_ins)
        self._spread()
        for function in self._plain:
            self._function(function)

    # -- calls -------------------------------------------------------------------------------------------------------

    def _call(self, call: ast.Call) -> None:
        parent = self.names.up[call].parent
        kind = use(self.names, call)
        if isinstance(parent, ast.Await):
            self._gone.add(parent)
            self.rewrite.replace(parent, unawaited)
        elif kind == "entered" and self._nature == "manager":
            self._entered(call)
        elif kind == "entered" and self._nature == "unknown" and isinstance(self.names.statement(call), ast.AsyncWith):
            self.rewrite.leave(call, f"whether {self.calls.callee.name} or what it gives is entered can't be told")
        elif kind == "iterated" and self._nature == "generator":
            if isinstance(parent, ast.AsyncFor) or (isinstance(parent, ast.comprehension) and parent.is_async):
                self._gone.add(parent)
                self.rewrite.replace(parent, lambda old: old.with_changes(asynchronous=None))
        elif kind == "driven":
            self._driven(call)

    def _driven(self, call: ast.Call) -> None:
        runner = driver(self.names, call)
        if runner is not None and runner.args == [call] and runs_to_the_end(self.names, runner):
            self.rewrite.replace(runner, lambda old: old.args[0].value)
            return
        self.rewrite.leave(call, f"{self.calls.callee.name} gives no coroutine any more, but one is wanted here")

    def _entered(self, call: ast.Call) -> None:
        statement = self.names.statement(call)
        if not isinstance(statement, ast.AsyncWith):
            return
        flags = [not self._is_entered(item) for item in statement.items]
        first = next(item.context_expr for item in statement.items if self._is_entered(item))
        if first is call:
            self.rewrite.replace(statement, lambda old: entered(old, flags))
            if not any(flags):
                self._gone.add(statement)

    def _is_entered(self, item: ast.withitem) -> bool:
        return isinstance(item.context_expr, ast.Call) and self.calls.reaches(item.context_expr.func)

    # -- mocks -------------------------------------------------------------------------------------------------------

    def _mock_class(self, kind: ast.expr | None) -> None:
        meaning = self.names.meaning(kind) if kind is not None else None
        if kind is None or meaning not in _ASYNC_MOCKS or kind in self._gone:
            return
        self._gone.add(kind)
        if isinstance(kind, ast.Attribute):
            self.rewrite.put(kind, f"{ast.unparse(kind.value)}.Mock")
        else:
            self.rewrite.put(kind, self.rewrite.imports.use(f"{meaning.removesuffix('AsyncMock')}Mock", at=kind))

    def _put(self, value: ast.Name, stand_ins: StandIns) -> None:
        """``fake = AsyncMock()`` or ``async def fake()`` above the place where ``fake`` is put."""
        bindings = self.names.bindings(value)
        made = bindings[0].value if len(bindings) == 1 else None
        if isinstance(made, ast.Call):
            self._mock_class(made.func)
        function = stand_ins.function_of(value)
        if isinstance(function, ast.AsyncFunctionDef):
            if function.decorator_list or any(self._waits(function)) or generates(function):
                self.rewrite.leave(value, f"what stands in for {self.calls.callee.name} is asynchronous")
            else:
                self._plain.add(function)

    def _recorded(self, stand_ins: StandIns) -> None:
        for word, new in _RECORDED.items():
            for node in self.names.by_word.get(word, ()):
                if isinstance(node, ast.Attribute) and stand_ins.mocks(node.value):
                    self.rewrite.replace(node, _renamed(new))

    # -- functions ---------------------------------------------------------------------------------------------------

    def _spread(self) -> None:
        """Make ordinary functions of those that await nothing any more, and of those that awaited only these."""
        waiting = True
        while waiting:
            waiting = False
            for function in self.names.functions:
                if function in self._plain or not isinstance(function, ast.AsyncFunctionDef):
                    continue
                if not any(node in self._gone for node in own_nodes(function)) or any(self._waits(function)):
                    continue
                callers = self._callers(function)
                if callers is not None:
                    waiting = True
                    self._plain.add(function)
                    for each in callers:
                        if isinstance(each, ast.Await):
                            self._gone.add(each)
                            self.rewrite.replace(each, unawaited)
                        else:
                            self.rewrite.replace(each, lambda old: old.args[0].value)

    def _waits(self, function: ast.AsyncFunctionDef) -> Iterator[ast.AST]:
        """What else makes a function asynchronous."""
        for node in own_nodes(function):
            if node in self._gone:
                continue
            waits = isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith)
            if waits or (isinstance(node, ast.comprehension) and node.is_async):
                yield node
            elif isinstance(node, ast.Name | ast.Attribute):
                meaning = self.names.meaning(node)
                if meaning is not None and meaning.startswith(_LOOPS):
                    yield node

    def _callers(self, function: ast.AsyncFunctionDef) -> list[ast.expr] | None:
        """What awaits or runs a function that could be an ordinary one; None where it has to stay as it is."""
        names = self.names
        if not takes_both(names, function) or function.name in _HOOKS:
            return None
        decorator = decorator_of(names, function)
        if decorator is not None:
            return None if self._has_loop_scope(decorator) else []
        if is_test(names, function):
            return [] if self._can_be_plain_test(function) else None
        inside = owner(names, function)
        if generates(function) or (inside is not None and not inside.name.startswith("Test")):
            return None
        if names.scope_of(function).is_module and not is_alone(self.file):
            return None
        found: list[ast.expr] = []
        for reference in references(names, function):
            up = names.up[reference]
            if not isinstance(up.parent, ast.Call) or up.field != "func":
                return None
            around = names.up[up.parent].parent
            runs = isinstance(around, ast.Call) and around.args == [up.parent] and runs_to_the_end(names, around)
            if not isinstance(around, ast.Await) and not runs:
                return None
            found.append(around)  # type: ignore[arg-type]
        return found

    def _has_loop_scope(self, decorator: ast.expr) -> bool:
        return isinstance(decorator, ast.Call) and any(each.arg == "loop_scope" for each in decorator.keywords)

    def _can_be_plain_test(self, function: ast.AsyncFunctionDef) -> bool:
        """Whether neither a mark of the class or module nor a fixture wants a test to be asynchronous."""
        names = self.names
        for mark in _MARKS:
            if marked(names, function, mark) and not own_marks(names, function, mark):
                return False
        for name in parameters(names, function):
            fixture = self._fixtures.requested(name, function)
            is_async = fixture is not None and isinstance(fixture.node, ast.AsyncFunctionDef)
            if fixture is not None and is_async and fixture.node not in self._plain:
                return False
        return True

    def _function(self, function: FunctionNode) -> None:
        self.rewrite.replace(function, lambda old: old.with_changes(asynchronous=None))
        gone = [at for mark in _MARKS for at in own_marks(self.names, function, mark)]
        if gone and is_test(self.names, function):
            self.rewrite.replace(function, lambda old: with_decorators(old, without=gone))
        decorator = decorator_of(self.names, function)
        if decorator is None:
            return
        name = decorator.func if isinstance(decorator, ast.Call) else decorator
        if (self.names.meaning(name) or "").startswith("pytest_asyncio."):
            imports = self.rewrite.imports
            found = imports.find("pytest.fixture", function)
            self.rewrite.put(name, found or f"{imports.use('pytest', at=function)}.fixture")


def _renamed(new: str) -> Any:
    return lambda old: old.with_changes(attr=cst.Name(new))
