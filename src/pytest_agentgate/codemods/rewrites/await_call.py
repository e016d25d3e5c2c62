"""A function that became asynchronous."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

import libcst as cst

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.idioms.async_plugins import Plugin, marked, plugin_of
from pytest_agentgate.codemods.idioms.awaiting import ASYNC_HOOKS, Awaiting, CannotAwaitError, Plan
from pytest_agentgate.codemods.idioms.fixtures import decorator_of, is_test
from pytest_agentgate.codemods.idioms.stand_ins import StandIn, StandIns
from pytest_agentgate.codemods.reading.calls import Calls
from pytest_agentgate.codemods.reading.coroutines import Nature, direct_calls, handed_calls, nature, use
from pytest_agentgate.codemods.reading.hierarchy import owner
from pytest_agentgate.codemods.reading.names import FunctionNode
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.writing.async_forms import awaited, entered
from pytest_agentgate.codemods.writing.decorators import with_decorators
from pytest_agentgate.codemods.writing.rewrite import Rewrite

_MOCKS = frozenset({"Mock", "MagicMock", "NonCallableMock"})
_MOCK_MODULES = ("unittest.mock", "mock")
_TEST_CASES = frozenset({"unittest.TestCase", "unittest.case.TestCase"})
_RAISES = frozenset({"pytest.raises"})
_ASSERT_RAISES = frozenset({"assertRaises"})


@dataclass(frozen=True)
class AwaitCall(Codemod):
    """Await a function or method that became asynchronous, and make asynchronous what calls it, up to the test.

    Repairs ``TypeError: 'coroutine' object is not subscriptable``. Tests and fixtures get what the plugin asks for
    that the project uses: the mark of pytest-asyncio, anyio or pytest-trio, or none where it is told to take all;
    classes of unittest become ``IsolatedAsyncioTestCase``. Context managers are entered with ``async with``, mocks that
    stand in for the function become ``AsyncMock``. What already awaits or runs it stays.

    With ``function=app.users.fetch``:

    In app/users.py::

        async def fetch(name):
            return {"name": name}

    In pyproject.toml::

        [tool.pytest.ini_options]
        asyncio_mode = "strict"

    Before::

        import pytest
        import pytest_asyncio

        from app.users import fetch

        def name_of(user):
            return fetch(user)["name"]

        @pytest.fixture
        def ada():
            return fetch("ada")

        def test_fetch(ada):
            assert ada == fetch("ada")
            assert name_of("bob") == "bob"

    After::

        import pytest
        import pytest_asyncio

        from app.users import fetch

        async def name_of(user):
            return (await fetch(user))["name"]

        @pytest_asyncio.fixture
        async def ada():
            return await fetch("ada")

        @pytest.mark.asyncio
        async def test_fetch(ada):
            assert ada == await fetch("ada")
            assert await name_of("bob") == "bob"

    Unchanged::

        import asyncio

        from app.users import fetch

        def test_fetch():
            assert asyncio.run(fetch("ada"))

        def test_key():
            assert sorted(["b", "a"], key=lambda each: fetch(each)["name"])
    """

    applicability = Applicability.SAFE
    because = "Only calls that are proven to reach the function are awaited, and only where everything above them can."
    owns = frozenset(
        {
            ast.Await, ast.Call, ast.FunctionDef, ast.AsyncFunctionDef, ast.With, ast.AsyncWith, ast.For, ast.AsyncFor,
            ast.comprehension, ast.Name, ast.Attribute, ast.Import, ast.ImportFrom, ast.alias, ast.ClassDef, ast.Lambda,
            ast.Expr, ast.withitem, ast.ListComp,
        }
    )  # fmt: skip

    function: str = option("the function or method that became asynchronous", "dotted")
    mark: str = option("the mark of asynchronous tests, where the project does not show it", "name", default="")

    def words(self) -> tuple[str, ...]:
        return (self.function.rpartition(".")[2],)

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        calls = Calls(file, self.function)
        _Awaiting(file, rewrite, calls, nature(file, self.function), plugin_of(file, self.mark)).run()


class _Awaiting:
    def __init__(self, file: File, rewrite: Rewrite, calls: Calls, nature: Nature, plugin: Plugin | None) -> None:
        self.file = file
        self.names = file.names
        self.rewrite = rewrite
        self.calls = calls
        self.nature = nature
        self.plugin = plugin
        self.awaiting = Awaiting(file, plugin)
        self.plan = Plan()
        self._mocked: set[ast.expr] = set()

    def run(self) -> None:
        stand_ins = StandIns(self.file, self.calls)
        for call in [*direct_calls(self.calls), *stand_ins.called()]:
            self._call(call)
        for call in handed_calls(self.calls):
            self._handed(call)
        for each in stand_ins.all():
            self._stand_in(each, stand_ins)
        self._doubtful()
        for call in self.plan.awaits:
            self.rewrite.replace(call, awaited(self._needs_parentheses(call)))
        for function in self.plan.functions:
            self._function(function)
        for case in self.plan.cases:
            self._case(case)

    def _allowed(self, node: ast.expr) -> bool:
        """Whether ``await`` may stand at a node; what that takes is planned."""
        try:
            self.plan |= self.awaiting.plan(node)
        except CannotAwaitError as error:
            self.rewrite.leave(node, f"{self.calls.callee.name} is asynchronous now, but {error}")
            return False
        return True

    # -- calls -------------------------------------------------------------------------------------------------------

    def _call(self, call: ast.Call) -> None:
        kind = use(self.names, call)
        if kind in {"awaited", "driven"}:
            return
        parent = self.names.up[call].parent
        if kind == "entered" and self.nature != "coroutine":
            self._entered(call)
        elif kind == "iterated" and self.nature == "generator":
            self._iterated(call, parent)
        elif self.nature == "generator":
            self._collected(call, parent)
        elif self.nature == "manager":
            if not (isinstance(parent, ast.Call) and _last(parent.func) == "enter_async_context"):
                self.rewrite.leave(call, f"{self.calls.callee.name} has to be entered asynchronously now")
        elif self._allowed(call):
            self.plan.awaits.add(call)

    def _entered(self, call: ast.Call) -> None:
        statement = self.names.statement(call)
        if isinstance(statement, ast.AsyncWith) or not isinstance(statement, ast.With):
            return
        others = [item for item in statement.items if not self._is_entered(item)]
        if others and not isinstance(statement.items[0].context_expr, ast.Call):
            self.rewrite.leave(call, "it is entered together with others that are not asynchronous")
        elif self._allowed(call):
            flags = [self._is_entered(item) for item in statement.items]
            first = next(item.context_expr for item in statement.items if self._is_entered(item))
            if first is call:
                self.rewrite.replace(statement, lambda old: entered(old, flags))

    def _is_entered(self, item: ast.withitem) -> bool:
        return isinstance(item.context_expr, ast.Call) and self.calls.reaches(item.context_expr.func)

    def _iterated(self, call: ast.Call, parent: ast.AST) -> None:
        if isinstance(parent, ast.AsyncFor) or (isinstance(parent, ast.comprehension) and parent.is_async):
            return
        within = self.names.up[parent].parent if isinstance(parent, ast.comprehension) else None
        if isinstance(within, ast.GeneratorExp):
            self.rewrite.leave(call, "it stands in a generator expression, which would become asynchronous")
        elif self._allowed(call):
            self.rewrite.replace(parent, lambda old: old.with_changes(asynchronous=cst.Asynchronous()))

    def _collected(self, call: ast.Call, parent: ast.AST) -> None:
        """``list(f())`` becomes ``[each async for each in f()]``."""
        kind = self.names.meaning(parent.func) if isinstance(parent, ast.Call) and parent.args == [call] else None
        if kind == "builtins.list" and isinstance(parent, ast.Call) and not parent.keywords:
            if self._allowed(call):
                self.rewrite.replace(parent, _comprehended)
        elif kind == "builtins.next" and isinstance(parent, ast.Call):
            if self._allowed(call):
                self.rewrite.replace(parent.func, lambda _: cst.Name("anext"))
                self.rewrite.replace(parent, awaited(self._needs_parentheses(parent)))
        elif kind not in {"builtins.anext", "builtins.aiter"}:
            self.rewrite.leave(call, f"what {self.calls.callee.name} gives has to be iterated asynchronously now")

    def _handed(self, call: ast.Call) -> None:
        """``pytest.raises(E, f, 1)`` becomes a ``with`` block."""
        names = self.names
        own = isinstance(call.func, ast.Attribute) and call.func.attr in _ASSERT_RAISES
        statement = names.up[call].parent
        if (
            not (names.meaning(call.func) in _RAISES or own)
            or not isinstance(statement, ast.Expr)
            or len(call.args) < 2
        ):
            self.rewrite.leave(call, f"{self.calls.callee.name} is asynchronous now, but what calls it here is not")
        elif isinstance(call.args[1], ast.Starred) or self._shares_line(statement):
            self.rewrite.leave(call, f"{self.calls.callee.name} is asynchronous now, and has to be called in a block")
        elif self._allowed(call):
            self.rewrite.line(statement, _in_block)

    def _shares_line(self, statement: ast.stmt) -> bool:
        up = self.names.up[statement]
        block: list[ast.stmt] = getattr(up.parent, up.field)
        return sum(each.lineno == statement.lineno for each in block) > 1

    def _needs_parentheses(self, call: ast.expr) -> bool:
        up = self.names.up[call]
        return (isinstance(up.parent, ast.Attribute | ast.Subscript) and up.field == "value") or (
            isinstance(up.parent, ast.Call) and up.field == "func"
        )

    def _doubtful(self) -> None:
        """Say which methods of that name are called where the class of the receiver can't be told."""
        callee = self.calls.callee
        if callee.kind in {"function", "class"}:
            return
        for call in self.names.calls:
            func = call.func
            if not isinstance(func, ast.Attribute) or func.attr != callee.member or self.calls.reaches(func):
                continue
            if self.calls.is_unknown(func.value) and use(self.names, call) == "plain":
                self.rewrite.leave(call, f"whether this .{callee.member}() is {callee.name} can't be told")

    # -- mocks -------------------------------------------------------------------------------------------------------

    def _stand_in(self, found: StandIn, stand_ins: StandIns) -> None:
        if self.nature not in {"coroutine", "unknown"}:
            return
        for kind in (found.kind, found.value.func if isinstance(found.value, ast.Call) else None):
            if kind is not None:
                self._mock_class(kind)
        value = found.value
        if isinstance(value, ast.Name):
            self._made_before(value)
        if isinstance(value, ast.Lambda):
            mock = self.rewrite.imports.use("unittest.mock.AsyncMock", at=value)
            self.rewrite.replace(value, lambda old: _side_effect(mock, old))
        elif isinstance(value, ast.Name):
            function = stand_ins.function_of(value)
            if function is None or function.decorator_list:
                if self.names.meaning(value) not in {None, "unittest.mock.DEFAULT"} or function is not None:
                    self.rewrite.leave(value, f"what stands in for {self.calls.callee.name} has to be asynchronous")
            elif isinstance(function, ast.FunctionDef):
                self.plan.functions.add(function)

    def _made_before(self, value: ast.Name) -> None:
        """``fake = Mock(...)`` above the place where ``fake`` is put."""
        bindings = self.names.bindings(value)
        made = bindings[0].value if len(bindings) == 1 else None
        if isinstance(made, ast.Call):
            self._mock_class(made.func)

    def _mock_class(self, kind: ast.expr) -> None:
        module, _, word = (self.names.meaning(kind) or "").rpartition(".")
        if module in _MOCK_MODULES and word in _MOCKS and kind not in self._mocked:
            self._mocked.add(kind)
            self.rewrite.put(kind, self._async_mock(kind, module))

    def _async_mock(self, kind: ast.expr, module: str) -> str:
        if isinstance(kind, ast.Attribute):
            return f"{ast.unparse(kind.value)}.AsyncMock"
        return self.rewrite.imports.use(f"{module}.AsyncMock", at=kind)

    # -- functions ---------------------------------------------------------------------------------------------------

    def _function(self, function: FunctionNode) -> None:
        self.rewrite.replace(function, lambda old: old.with_changes(asynchronous=cst.Asynchronous()))
        inside = owner(self.names, function)
        if inside is not None and function.name in ASYNC_HOOKS and not is_test(self.names, function):
            new = ASYNC_HOOKS[function.name]
            self.rewrite.replace(function, lambda old: old.with_changes(name=old.name.with_changes(value=new)))
            return
        decorator = decorator_of(self.names, function)
        if self.plugin is None or (inside is not None and self.awaiting.is_case(inside)):
            return
        if decorator is not None:
            self._fixture(function, decorator)
        elif is_test(self.names, function) and not self.plugin.auto:
            if marked(self.names, function, self.plugin.mark):
                return
            mark = f"{self._mark(function)}.{self.plugin.mark}"
            self.rewrite.replace(function, lambda old: with_decorators(old, first=mark))

    def _fixture(self, function: FunctionNode, decorator: ast.expr) -> None:
        """In its strict mode pytest-asyncio sees only fixtures of its own decorator."""
        if self.plugin is None or self.plugin.auto or self.plugin.name != "pytest-asyncio":
            return
        name = decorator.func if isinstance(decorator, ast.Call) else decorator
        if (self.names.meaning(name) or "").startswith("pytest_asyncio."):
            return
        imports = self.rewrite.imports
        found = imports.find("pytest_asyncio.fixture", function)
        self.rewrite.put(name, found or f"{imports.use('pytest_asyncio', at=function)}.fixture")

    def _mark(self, at: ast.AST) -> str:
        imports = self.rewrite.imports
        return imports.find("pytest.mark", at) or f"{imports.use('pytest', at=at)}.mark"

    def _case(self, case: ast.ClassDef) -> None:
        for base in case.bases:
            if self.names.meaning(base) in _TEST_CASES:
                if isinstance(base, ast.Attribute):
                    self.rewrite.put(base, f"{ast.unparse(base.value)}.IsolatedAsyncioTestCase")
                else:
                    self.rewrite.put(base, self.rewrite.imports.use("unittest.IsolatedAsyncioTestCase", at=case))


def _comprehended(old: cst.Call) -> cst.ListComp:
    loop = cst.CompFor(
        target=cst.Name("each"),
        iter=old.args[0].value,
        asynchronous=cst.Asynchronous(),
    )
    return cst.ListComp(elt=cst.Name("each"), for_in=loop, lpar=old.lpar, rpar=old.rpar)


def _side_effect(mock: str, old: Any) -> cst.Call:
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    function = cst.parse_expression(mock)
    return cst.Call(func=function, args=[cst.Arg(old, keyword=cst.Name("side_effect"), equal=equal)])


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _in_block(line: Any) -> cst.With:
    """``raises(E, f, 1)`` as ``with raises(E):`` and ``await f(1)`` below it."""
    call = line.body[0].value
    expected, function, *arguments = call.args
    if arguments:
        arguments[-1] = arguments[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    manager = call.with_changes(args=[expected.with_changes(comma=cst.MaybeSentinel.DEFAULT)])
    inner = cst.Await(cst.Call(func=function.value, args=arguments))
    statement = cst.SimpleStatementLine([cst.Expr(inner)], trailing_whitespace=line.trailing_whitespace)
    return cst.With([cst.WithItem(manager)], cst.IndentedBlock([statement]), leading_lines=line.leading_lines)
