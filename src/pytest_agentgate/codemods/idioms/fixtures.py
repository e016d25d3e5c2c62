"""The pytest fixtures that a file can request: its own, those that it imports, those of the conftest files above it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from pytest_agentgate.codemods.reading.hierarchy import owner, receiver_parameter
from pytest_agentgate.codemods.reading.names import FunctionNode, ModuleNames
from pytest_agentgate.codemods.reading.sources import File

DECORATORS = frozenset(
    {
        "pytest.fixture",
        "pytest.yield_fixture",
        "_pytest.fixtures.fixture",
        "pytest_asyncio.fixture",
        "pytest_asyncio.plugin.fixture",
        "pytest_twisted.fixture",
        "pytest_trio.trio_fixture",
    }
)
PARAMETRIZE = "pytest.mark.parametrize"
USEFIXTURES = "pytest.mark.usefixtures"
_PATCHES = frozenset(
    {"unittest.mock.patch", "unittest.mock.patch.object", "mock.patch", "mock.patch.object"},
)


@dataclass(frozen=True, eq=False)
class Fixture:
    """A fixture where it is defined."""

    name: str  # as it is requested: ``name=`` of the decorator, else the function's
    node: FunctionNode
    names: ModuleNames  # of the file that it stands in
    decorator: ast.expr
    owner: ast.ClassDef | None  # the class whose tests alone see it
    path: str = ""  # of the file that it stands in, "" where that is not known

    def argument(self, name: str) -> ast.expr | None:
        """A keyword argument of the decorator."""
        if not isinstance(self.decorator, ast.Call):
            return None
        return next((each.value for each in self.decorator.keywords if each.arg == name), None)

    @property
    def scope(self) -> str | None:
        """Its scope, ``function`` where none is said; None where it is computed."""
        value = self.argument("scope")
        if value is None and isinstance(self.decorator, ast.Call) and self.decorator.args:
            value = self.decorator.args[0]
        if value is None:
            return "function"
        return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None

    @property
    def params(self) -> ast.expr | None:
        """The expression of ``params=``, whose elements ``request.param`` is."""
        return self.argument("params")

    @cached_property
    def yields(self) -> bool:
        """Whether it has a teardown."""
        return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own_nodes(self.node))

    @cached_property
    def results(self) -> list[ast.expr | None]:
        """What it gives to those who request it: each ``yield`` or else ``return``; None for one without a value."""
        return results(self.node)


class Fixtures:
    """The fixtures that the functions of a file can request."""

    def __init__(self, file: File) -> None:
        self.file = file
        self._outer: dict[str, list[Fixture]] = {}

    @cached_property
    def own(self) -> list[Fixture]:
        """The fixtures that the file itself defines, in source order."""
        return fixtures_in(self.file.names, self.file.place.path)

    def requested(self, name: str, function: FunctionNode, names: ModuleNames | None = None) -> Fixture | None:
        """The fixture that a parameter of a test or fixture stands for; None where it can't be seen.

        A fixture that requests its own name gets the one that it overrides. ``names`` is the file of the function,
        where that is not this one: a fixture of a conftest file is given what this file overrides.
        """
        names = names or self.file.names
        found = self.named(name, owner(names, function))
        own = [at for at, each in enumerate(found) if each.node is function]
        if own:
            found = found[own[0] + 1 :]
        return found[0] if found else None

    def named(self, name: str, inside: ast.ClassDef | None = None) -> list[Fixture]:
        """The fixtures of a name, the one that counts first, then those that it overrides.

        ``inside`` is the class whose methods ask.
        """
        own = [each for each in self.own if each.name == name]
        inner = [each for each in own if each.owner is not None and each.owner is inside]
        module = [each for each in own if each.owner is None]
        return [*reversed(inner), *reversed(module), *self._imported(self.file.names, name), *self._above(name)]

    def request(self, parameter: ast.arg, function: FunctionNode, names: ModuleNames) -> Fixture | None:
        """The fixture that a parameter requests; None where it requests none or the fixture can't be seen."""
        if parameters(names, function).get(parameter.arg) is not parameter:
            return None
        return self.requested(parameter.arg, function, names)

    def of(self, function: ast.AST | None, names: ModuleNames) -> list[Fixture]:
        """The fixture that a function is; empty for any other function."""
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            return []
        found = _fixture(names, function)
        return [] if found is None else [found]

    def requesters(self, name: str) -> list[FunctionNode]:
        """The functions of the file that request a fixture by a parameter, in source order."""
        return [node for node in self.file.names.functions if name in parameters(self.file.names, node)]

    def _above(self, name: str) -> list[Fixture]:
        if name not in self._outer:
            found: list[Fixture] = []
            for path in self.file.place.conftests():
                names = self.file.sources.file(path)
                if names is None:
                    continue
                found += reversed([each for each in fixtures_in(names, path) if each.name == name and not each.owner])
                found += self._imported(names, name)
                for plugin in _plugins(names):
                    module = self.file.sources.module(plugin)
                    if module is not None:
                        found += [each for each in fixtures_in(module) if each.name == name and not each.owner]
            self._outer[name] = found
        return self._outer[name]

    def _imported(self, names: ModuleNames, name: str) -> Iterator[Fixture]:
        targets = [each.target for each in names.scope.bindings.get(name, ()) if each.is_import and each.target]
        targets += [f"{star.target}.{name}" for star in names.scope.stars if star.target]
        for target in targets:
            found = self.file.sources.definition(target)
            if found is not None and isinstance(found.node, ast.FunctionDef | ast.AsyncFunctionDef):
                fixture = _fixture(found.module, found.node)
                if fixture is not None:
                    yield fixture


def fixtures_in(names: ModuleNames, path: str = "") -> list[Fixture]:
    """The fixtures that a file defines, in source order."""
    return [each for node in names.functions if (each := _fixture(names, node, path)) is not None]


def decorator_of(names: ModuleNames, function: FunctionNode) -> ast.expr | None:
    """The decorator that makes a function a fixture."""
    for each in function.decorator_list:
        if names.meaning(each.func if isinstance(each, ast.Call) else each) in DECORATORS:
            return each
    return None


def is_test(names: ModuleNames, function: FunctionNode) -> bool:
    """Whether pytest takes a function for a test, by its default rules."""
    if not function.name.startswith("test") or decorator_of(names, function) is not None:
        return False
    outside = names.scope_of(function)
    return outside.is_module or outside.is_class


def parameters(names: ModuleNames, function: FunctionNode) -> dict[str, ast.arg]:
    """The parameters by which a test or fixture requests fixtures, by name; none for any other function.

    What has a default, what ``parametrize`` gives directly and what ``patch`` passes requests nothing.
    """
    if not is_test(names, function) and decorator_of(names, function) is None:
        return {}
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    required = positional[: len(positional) - len(arguments.defaults)]
    first = receiver_parameter(names, function)
    required = [each for each in required if each is not first]
    patched = sum(_passes_mock(names, each) for each in function.decorator_list)
    keyword = [arg for arg, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value is None]
    given = set(parametrized(names, function))
    return {each.arg: each for each in [*required[patched:], *keyword] if each.arg not in given}


def parametrized(names: ModuleNames, function: FunctionNode) -> dict[str, list[ast.expr | None]]:
    """The values that ``parametrize`` gives directly to each parameter; None for one that can't be read.

    Marks of the function, of its class and of the module (``pytestmark``) count; indirect ones are fixtures' matter.
    """
    found: dict[str, list[ast.expr | None]] = {}
    for mark in marks(names, function, PARAMETRIZE):
        given = {each.arg: each.value for each in mark.keywords}
        words = mark.args[0] if mark.args else given.get("argnames")
        values = mark.args[1] if len(mark.args) > 1 else given.get("argvalues")
        ids = _words(words)
        indirect = given.get("indirect", mark.args[2] if len(mark.args) > 2 else None)
        through = _indirect(indirect, ids)
        for at, name in enumerate(ids):
            if name not in through:
                found.setdefault(name, []).extend(_column(values, at, len(ids)))
    return found


def marks(names: ModuleNames, function: FunctionNode, mark: str) -> Iterator[ast.Call]:
    """The calls of one mark that hold for a function: its own, its class's and the module's."""
    places = list(function.decorator_list)
    inside = owner(names, function)
    while inside is not None:
        places += inside.decorator_list
        places += pytestmark(names.scopes[inside].bindings.get("pytestmark", ()))
        around = names.scope_of(inside).node
        inside = around if isinstance(around, ast.ClassDef) else None
    places += pytestmark(names.scope.bindings.get("pytestmark", ()))
    for place in places:
        if isinstance(place, ast.Call) and names.means(place.func, mark):
            yield place


def own_nodes(function: FunctionNode | ast.Lambda) -> Iterator[ast.AST]:
    """The nodes of a function's body, those of functions and classes inside it not included."""
    stack: list[ast.AST] = list(reversed(function.body)) if isinstance(function.body, list) else [function.body]
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            stack.extend(reversed(list(ast.iter_child_nodes(node))))


def results(function: FunctionNode) -> list[ast.expr | None]:
    """What a function yields, or returns where it yields nothing; None for ``yield from`` and what has no value."""
    nodes = list(own_nodes(function))
    yields = [node for node in nodes if isinstance(node, ast.Yield | ast.YieldFrom)]
    if yields:
        return [node.value if isinstance(node, ast.Yield) else None for node in yields]
    return [node.value for node in nodes if isinstance(node, ast.Return)]


def _fixture(names: ModuleNames, node: FunctionNode, path: str = "") -> Fixture | None:
    decorator = decorator_of(names, node)
    if decorator is None:
        return None
    fixture = Fixture(node.name, node, names, decorator, owner(names, node), path)
    name = fixture.argument("name")
    if name is None or (isinstance(name, ast.Constant) and name.value is None):
        return fixture
    if isinstance(name, ast.Constant) and isinstance(name.value, str):
        return Fixture(name.value, node, names, decorator, fixture.owner, path)
    return None


def _plugins(names: ModuleNames) -> Iterator[str]:
    for binding in names.scope.bindings.get("pytest_plugins", ()):
        if binding.value is not None:
            for node in ast.walk(binding.value):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def pytestmark(bindings: Sequence[object]) -> Iterator[ast.expr]:
    """The marks that assignments to ``pytestmark`` give."""
    for binding in bindings:
        value = getattr(binding, "value", None)
        if isinstance(value, ast.List | ast.Tuple):
            yield from value.elts
        elif isinstance(value, ast.expr):
            yield value


def _passes_mock(names: ModuleNames, decorator: ast.expr) -> bool:
    """Whether a decorator passes a mock as a positional argument: ``@patch("a.b")`` without ``new``."""
    if not isinstance(decorator, ast.Call) or names.meaning(decorator.func) not in _PATCHES:
        return False
    place = 2 if names.meaning(decorator.func) in {"unittest.mock.patch.object", "mock.patch.object"} else 1
    return len(decorator.args) <= place and all(each.arg != "new" for each in decorator.keywords)


def _words(node: ast.expr | None) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [word.strip() for word in node.value.split(",") if word.strip()]
    if isinstance(node, ast.List | ast.Tuple):
        return [each.value for each in node.elts if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    return []


def _indirect(node: ast.expr | None, words: list[str]) -> list[str]:
    if isinstance(node, ast.Constant):
        return words if node.value else []
    return words if node is not None and not isinstance(node, ast.List | ast.Tuple) else _words(node)


def _column(values: ast.expr | None, at: int, width: int) -> list[ast.expr | None]:
    if not isinstance(values, ast.List | ast.Tuple | ast.Set):
        return [None]
    found: list[ast.expr | None] = []
    for row in values.elts:
        cell: ast.expr | None = row
        if isinstance(row, ast.Call) and _called(row.func) == "param":  # pytest.param(...)
            cell = row.args[at] if at < len(row.args) else None
        elif width > 1:
            cell = row.elts[at] if isinstance(row, ast.Tuple | ast.List) and at < len(row.elts) else None
        found.append(None if isinstance(cell, ast.Starred) else cell)
    return found


def _called(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
