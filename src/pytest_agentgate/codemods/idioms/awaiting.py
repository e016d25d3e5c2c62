"""Which functions of a file have to be asynchronous so that a call in one of them can be awaited, and whether they can.

A function that becomes asynchronous has to be awaited itself, and so on up to a test or fixture, which the project's
plugin awaits. Either the whole way up is possible, or nothing on it is changed.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from posixpath import basename

from pytest_agentgate.codemods.idioms.async_plugins import Plugin
from pytest_agentgate.codemods.idioms.fixtures import Fixtures, decorator_of, fixtures_in, is_test, marks
from pytest_agentgate.codemods.reading.coroutines import blocks, generates, use
from pytest_agentgate.codemods.reading.hierarchy import Hierarchy, owner
from pytest_agentgate.codemods.reading.names import FunctionNode, ModuleNames
from pytest_agentgate.codemods.reading.sources import File

_TEST_CASE = frozenset({"unittest.TestCase", "unittest.case.TestCase"})
_ASYNC_TEST_CASE = frozenset({"unittest.IsolatedAsyncioTestCase", "unittest.async_case.IsolatedAsyncioTestCase"})
_OWN_ASYNC_TEST_CASES = frozenset(  # their test methods may be asynchronous as they are
    f"django.test.{name}" for name in ("SimpleTestCase", "TestCase", "TransactionTestCase", "LiveServerTestCase")
) | frozenset({"django.test.testcases.TestCase", "aiounittest.AsyncTestCase", "asynctest.TestCase"})
ASYNC_HOOKS = {"setUp": "asyncSetUp", "tearDown": "asyncTearDown"}
_HOOKS = frozenset(
    {
        "setup_method", "teardown_method", "setup_class", "teardown_class", "setup_function", "teardown_function",
        "setup_module", "teardown_module", "setup", "teardown", "setUpClass", "tearDownClass", "setUpModule",
        "tearDownModule",
    }
)  # fmt: skip
_DECORATORS = ("pytest.mark.", "unittest.mock.patch", "mock.patch", "unittest.skip", "hypothesis.", "pytest.fixture")
_KNOWN = frozenset(
    {
        "pytest_asyncio.fixture", "builtins.staticmethod", "builtins.classmethod", "unittest.expectedFailure",
        "freezegun.freeze_time", "time_machine.travel", "django.test.override_settings", "typing.no_type_check",
    }
)  # fmt: skip
_HARMLESS = frozenset({"builtins.object", "abc.ABC", "typing.Generic", "typing.Protocol"})
_COLLECTIONS = (ast.ListComp, ast.SetComp, ast.DictComp)


@dataclass
class Plan:
    """What has to change together."""

    awaits: set[ast.Call] = field(default_factory=set)
    functions: set[FunctionNode] = field(default_factory=set)  # to become asynchronous
    cases: set[ast.ClassDef] = field(default_factory=set)  # to derive from IsolatedAsyncioTestCase

    def __ior__(self, other: Plan) -> Plan:
        self.awaits |= other.awaits
        self.functions |= other.functions
        self.cases |= other.cases
        return self


class CannotAwaitError(Exception):
    """Why a call can't be awaited where it stands, as a sentence."""


class Awaiting:
    """The ways up in one file."""

    def __init__(self, file: File, plugin: Plugin | None) -> None:
        self.file = file
        self.names = file.names
        self.plugin = plugin
        self._hierarchy = Hierarchy(file)
        self._fixtures = Fixtures(file)

    def plan(self, node: ast.expr) -> Plan:
        """What has to change so that ``await`` may stand at an expression.

        Raises:
            CannotAwaitError: it may not, and nothing in this file can change that.
        """
        plan = Plan()
        self._reach(node, plan)
        return plan

    def _reach(self, node: ast.expr, plan: Plan) -> None:
        function = self._home(node)
        self._require(function, plan)

    def _home(self, node: ast.expr) -> FunctionNode:
        """The function that ``await`` at an expression would belong to."""
        scope = self.names.scope_of(node)
        depth = 0
        while isinstance(scope.node, _COLLECTIONS) and scope.parent is not None:
            scope, depth = scope.parent, depth + 1
        if isinstance(scope.node, ast.FunctionDef | ast.AsyncFunctionDef):
            if depth > 1:
                raise CannotAwaitError("it stands in a comprehension inside another one")
            return scope.node
        where = {ast.Lambda: "a lambda", ast.GeneratorExp: "a generator expression", ast.ClassDef: "a class body"}
        raise CannotAwaitError(f"it stands in {where.get(type(scope.node), 'the module, outside of any function')}")

    def _require(self, function: FunctionNode, plan: Plan) -> None:
        if isinstance(function, ast.AsyncFunctionDef) or function in plan.functions:
            return
        plan.functions.add(function)
        if blocks(self.names, function):
            raise CannotAwaitError(f"{function.name} runs an event loop of its own")
        if not takes_both(self.names, function):
            raise CannotAwaitError(f"{function.name} has a decorator that may not take asynchronous functions")
        inside = owner(self.names, function)
        if inside is not None and self.is_case(inside):
            self._require_in_case(function, inside, plan)
        elif inside is not None and self._may_be_case(inside):
            raise CannotAwaitError(f"whether {inside.name} is a TestCase of unittest can't be told")
        elif decorator_of(self.names, function) is not None:
            self._require_fixture(function, plan)
        elif is_test(self.names, function):
            self._require_plugin()
        elif function.name in _HOOKS:
            raise CannotAwaitError(f"pytest does not await {function.name}; a fixture could do its work")
        else:
            self._require_callers(function, inside, plan)

    def _require_plugin(self) -> Plugin:
        if self.plugin is None:
            raise CannotAwaitError("asynchronous tests need a plugin such as pytest-asyncio, and none shows")
        return self.plugin

    # -- unittest ----------------------------------------------------------------------------------------------------

    def is_case(self, node: ast.ClassDef) -> bool:
        """Whether a class is a test case of unittest."""
        lineage = self._hierarchy.lineage(self.names.qualified(node))
        return bool((_TEST_CASE | _ASYNC_TEST_CASE | _OWN_ASYNC_TEST_CASES).intersection(filter(None, lineage)))

    def _may_be_case(self, node: ast.ClassDef) -> bool:
        """Whether a class derives from something that can't be seen: what is not awaited there passes unnoticed."""
        return any(
            name is None or (name not in _HARMLESS and self._hierarchy.class_definition(name) is None)
            for name in self._hierarchy.lineage(self.names.qualified(node))
        )

    def _require_in_case(self, function: FunctionNode, inside: ast.ClassDef, plan: Plan) -> None:
        lineage = set(filter(None, self._hierarchy.lineage(self.names.qualified(inside))))
        is_own = bool(lineage & _OWN_ASYNC_TEST_CASES)
        if function.name in _HOOKS or (is_own and function.name in ASYNC_HOOKS):
            raise CannotAwaitError(f"unittest does not await {function.name}")
        if function.name in ASYNC_HOOKS and self._calls_super(function) and not self._is_plain(inside):
            raise CannotAwaitError(f"{function.name} calls that of a base class")
        if not function.name.startswith("test") and function.name not in ASYNC_HOOKS:
            self._require_callers(function, inside, plan)
        if not is_own and not lineage & _ASYNC_TEST_CASE:
            plan.cases.add(self._root(inside))

    def _root(self, node: ast.ClassDef) -> ast.ClassDef:
        """The class of the file that derives from TestCase itself, and makes the class asynchronous if it is."""
        others = [node.name]
        for name in self._hierarchy.lineage(self.names.qualified(node)):
            found = None if name is None else self._hierarchy.class_definition(name)
            if found is None or not _TEST_CASE.intersection(filter(None, self._hierarchy.bases(found[0].name))):
                continue
            if found[0].module is self.names:
                return found[1]
            others.append(found[1].name)
        raise CannotAwaitError(f"{others[-1]} would have to be an IsolatedAsyncioTestCase, and is not in this file")

    def _is_plain(self, node: ast.ClassDef) -> bool:
        bases = self._hierarchy.bases(self.names.qualified(node))
        return all(base in _TEST_CASE | _ASYNC_TEST_CASE for base in bases)

    def _calls_super(self, function: FunctionNode) -> bool:
        return any(
            isinstance(node, ast.Attribute) and node.attr == function.name and isinstance(node.value, ast.Call)
            for node in ast.walk(function)
        )

    # -- fixtures ----------------------------------------------------------------------------------------------------

    def _require_fixture(self, function: FunctionNode, plan: Plan) -> None:
        plugin = self._require_plugin()
        fixture = next(each for each in fixtures_in(self.names) if each.node is function)
        if fixture.scope != "function":
            raise CannotAwaitError(f"the fixture {fixture.name} outlives the event loop of one test")
        if plugin.name == "pytest-asyncio":
            self._require_no_lookup(fixture.name)
            return
        if basename(self.file.place.path) == "conftest.py":
            raise CannotAwaitError(f"the tests that request the fixture {fixture.name} would have to be marked")
        for requester in self._fixtures.requesters(fixture.name):
            self._require(requester, plan)
        for node in self.names.functions:
            if is_test(self.names, node) and any(
                isinstance(each, ast.Constant) and each.value == fixture.name
                for mark in marks(self.names, node, "pytest.mark.usefixtures")
                for each in mark.args
            ):
                self._require(node, plan)
        self._require_no_lookup(fixture.name)

    def _require_no_lookup(self, name: str) -> None:
        for call in self.names.calls:
            if isinstance(call.func, ast.Attribute) and call.func.attr == "getfixturevalue":
                given = [each.value for each in call.args if isinstance(each, ast.Constant)]
                if name in given or not given:
                    raise CannotAwaitError(f"the fixture {name} may be asked for by getfixturevalue")

    # -- helpers -----------------------------------------------------------------------------------------------------

    def _require_callers(self, function: FunctionNode, inside: ast.ClassDef | None, plan: Plan) -> None:
        if generates(function):
            raise CannotAwaitError(f"{function.name} is a generator")
        if inside is not None and not self._is_test_class(inside):
            raise CannotAwaitError(f"{function.name} is a method that may be called elsewhere")
        if self.names.scope_of(function).is_module and not is_alone(self.file):
            raise CannotAwaitError(f"{function.name} may be called by other files")
        found = references(self.names, function)
        if not found:
            raise CannotAwaitError(f"what calls {function.name} does not stand in this file")
        for reference in found:
            up = self.names.up[reference]
            if not isinstance(up.parent, ast.Call) or up.field != "func":
                raise CannotAwaitError(f"{function.name} is not only called but passed on")
            if use(self.names, up.parent) in {"awaited", "driven"}:
                continue
            plan.awaits.add(up.parent)
            self._reach(up.parent, plan)

    def _is_test_class(self, node: ast.ClassDef) -> bool:
        return node.name.startswith("Test") or self.is_case(node)


def takes_both(names: ModuleNames, function: FunctionNode) -> bool:
    """Whether every decorator of a function is known to take asynchronous functions as well as others."""
    for decorator in function.decorator_list:
        meaning = names.meaning(decorator.func if isinstance(decorator, ast.Call) else decorator) or ""
        if not meaning.startswith(_DECORATORS) and meaning not in _KNOWN:
            return False
    return True


def is_alone(file: File) -> bool:
    """Whether a file is one that others hardly import from."""
    name = basename(file.place.path)
    return not name or name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"


def references(names: ModuleNames, function: FunctionNode) -> list[ast.Name | ast.Attribute]:
    """What may mean a function of the file: its name, or for a method every attribute of that name."""
    scope = names.scope_of(function)
    found: list[ast.Name | ast.Attribute] = []
    for node in names.by_word.get(function.name, ()):
        is_method = scope.is_class and isinstance(node, ast.Attribute)
        if is_method or (isinstance(node, ast.Name) and names.scope_of(node).home(node.id) is scope):
            found.append(node)
    return found
