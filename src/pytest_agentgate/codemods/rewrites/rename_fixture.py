"""A pytest fixture that was renamed."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import libcst as cst

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.idioms.fixtures import PARAMETRIZE, USEFIXTURES, Fixtures, decorator_of, is_test
from pytest_agentgate.codemods.reading.hierarchy import owner, receiver_parameter
from pytest_agentgate.codemods.reading.local_names import users
from pytest_agentgate.codemods.reading.names import FunctionNode
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.writing.literals import text_put
from pytest_agentgate.codemods.writing.rewrite import Rewrite

_Obstacle: TypeAlias = tuple[ast.AST, str]
_ASKING = frozenset({"getfixturevalue", "getfuncargvalue"})
_LAZY = frozenset({"lazy_fixture", "lf", "fixture_ref"})
_NAME_LISTS = frozenset({"fixturenames", "funcargs"})
_DEFAULTS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class RenameFixture(Codemod):
    """Rename a pytest fixture wherever it is requested.

    Repairs ``fixture 'client' not found``. Parameters of tests and fixtures and their uses go along, ``usefixtures``,
    ``getfixturevalue``, ``parametrize`` and names in it, imports of the fixture, and its definitions and overrides
    in the same file. Functions that are no tests or fixtures keep their parameters. A file in which one function has
    the new name already is left alone.

    With ``old=client new=http``:

    In tests/conftest.py::

        import pytest

        @pytest.fixture
        def http(): ...

    Before::

        import pytest

        @pytest.fixture
        def user(client):
            return client.post("/user")  # the client's

        def check(client):
            assert client

        def test_user(client, user, tmp_path):
            check(client=client)

        @pytest.mark.usefixtures("client", "user")
        class TestUser:
            def test_later(self, request):
                assert request.getfixturevalue("client")

        @pytest.mark.parametrize("client, status", [(1, 200)], indirect=["client"])
        def test_status(client, status):
            assert client.get("/").status == status

    After::

        import pytest

        @pytest.fixture
        def user(http):
            return http.post("/user")  # the client's

        def check(client):
            assert client

        def test_user(http, user, tmp_path):
            check(client=http)

        @pytest.mark.usefixtures("http", "user")
        class TestUser:
            def test_later(self, request):
                assert request.getfixturevalue("http")

        @pytest.mark.parametrize("http, status", [(1, 200)], indirect=["http"])
        def test_status(http, status):
            assert http.get("/").status == status

    Unchanged::

        import unittest

        client = 1

        class ClientTest(unittest.TestCase):
            def check(self, client):
                assert client

    Unchanged::

        def test_user(client):
            http = client.http
    """

    applicability = Applicability.SAFE
    because = "Only what pytest injects by name is renamed, everywhere in the file or not at all."
    owns = frozenset({ast.Name, ast.arg, ast.Constant, ast.alias, ast.FunctionDef, ast.AsyncFunctionDef, ast.Attribute})

    old: str = option("the fixture as the tests request it", "name")
    new: str = option("the fixture as it is called now", "name")

    def words(self) -> tuple[str, ...]:
        return (self.old,)

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        plan = _Plan(file, self.old, self.new)
        obstacles = list(plan.obstacles())
        for node, reason in obstacles:
            rewrite.leave(node, reason)
        if obstacles:
            return
        name = partial(_with_field, "value", self.new)
        for argument in plan.parameters:
            rewrite.replace(argument, partial(_with_field, "name", cst.Name(self.new)))
        for use in plan.uses:
            rewrite.replace(use, name)
        for word, text in plan.strings.items():
            rewrite.replace(word, text_put(str(word.value), text))
        for node in [*plan.definitions, *plan.imports]:
            rewrite.replace(node, partial(_with_field, "name", cst.Name(self.new)))
        for word in plan.perhaps():
            rewrite.leave(word, f"getfixturevalue may be asked for {self.old!r} by this")


class _Plan:
    """Everything in a file that requests or defines a fixture."""

    def __init__(self, file: File, old: str, new: str) -> None:
        self.file = file
        self.names = file.names
        self.old = old
        self.new = new
        self.fixtures = Fixtures(file)
        self.functions = [each for each in self.names.functions if self._parameter(each) is not None]
        self.parameters = [each for node in self.functions if (each := self._parameter(node)) is not None]
        self.uses = [
            use for node in self.functions for use in users(self.names, self.names.scopes[node], old)
        ]  # also of functions within
        self.strings: dict[ast.Constant, str] = {}
        self.definitions: list[FunctionNode] = []
        self.imports: list[ast.alias] = []
        self._define()
        for call in self.names.calls:
            self._look_at(call)
        for word in _NAME_LISTS:
            for node in self.names.by_word.get(word, ()):
                self._look_at_names(node)
        for function in self.names.functions:
            self._look_at_values(function)

    def perhaps(self) -> Iterator[ast.Constant]:
        """The other strings with the name, where a fixture is asked for by a name that is not written there."""
        asked = (call.args[0] for call in self.names.calls if call.args and getattr(call.func, "attr", "") in _ASKING)
        if all(isinstance(each, ast.Constant) for each in asked):
            return
        for word in self.names.strings:
            up = self.names.up[word].parent
            is_id = isinstance(up, ast.keyword) and up.arg in {"id", "ids"}
            if word.value == self.old and word not in self.strings and not is_id:
                yield word

    # -- requests ----------------------------------------------------------------------------------------------------

    def _parameter(self, function: FunctionNode) -> ast.arg | None:
        """The parameter of a test or fixture that is called so, unless something but pytest passes it."""
        names = self.names
        arguments = function.args
        found = next((each for each in [*arguments.args, *arguments.kwonlyargs] if each.arg == self.old), None)
        if found is None or found is receiver_parameter(names, function) or _has_default(arguments, found):
            return None
        is_fixture = decorator_of(names, function) is not None
        if not is_fixture and not (is_test(names, function) and self._is_collected(function)):
            return None
        for decorator in function.decorator_list:
            if isinstance(decorator, ast.Call) and any(each.arg == self.old for each in decorator.keywords):
                return None  # hypothesis.given(old=...)
        return found

    def _is_collected(self, function: FunctionNode) -> bool:
        """Whether pytest gives fixtures to a test: to functions and the methods of plain classes."""
        inside = owner(self.names, function)
        if inside is None:
            return True
        return not any((self.names.meaning(base) or "").endswith("TestCase") for base in inside.bases)

    def _look_at(self, call: ast.Call) -> None:
        names = self.names
        word = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        keywords = {each.arg: each.value for each in call.keywords}
        if names.means(call.func, USEFIXTURES):
            self._take(call.args)
        elif word in _ASKING:
            self._take([*call.args[:1], *(keywords[each] for each in ("argname",) if each in keywords)])
        elif word in _LAZY:
            self._take(call.args)
        elif names.means(call.func, PARAMETRIZE) or (word == "parametrize" and _is_metafunc(call.func)):
            if self._is_elsewhere(names.up[call].parent):
                return
            ids = call.args[0] if call.args else keywords.get("argnames")
            indirect = keywords.get("indirect", call.args[2] if len(call.args) > 2 else None)
            for node in (ids, indirect):
                if node is not None:
                    self._take(node.elts if isinstance(node, ast.List | ast.Tuple) else [node], commas=True)

    def _is_elsewhere(self, marked: ast.AST) -> bool:
        """Whether a mark stands on a function that keeps its parameter, because pytest may not be who passes it."""
        if not isinstance(marked, ast.FunctionDef | ast.AsyncFunctionDef) or marked in self.functions:
            return False
        return any(each.arg == self.old for each in [*marked.args.args, *marked.args.kwonlyargs])

    def _look_at_names(self, node: ast.AST) -> None:
        """``"old" in request.fixturenames`` and ``item.funcargs["old"]``."""
        above = self.names.up[node].parent
        if isinstance(above, ast.Compare):
            self._take([above.left])
        elif isinstance(above, ast.Subscript):
            self._take([above.slice])

    def _look_at_values(self, function: FunctionNode) -> None:
        """``parametrize("name", ["old", ...])`` of a test that asks for the fixture called so."""
        asked = {
            call.args[0].id
            for call in self.names.calls
            if isinstance(call.func, ast.Attribute) and call.func.attr in _ASKING
            if call.args and isinstance(call.args[0], ast.Name)
            if any(isinstance(each.node, ast.arg) for each in self.names.bindings(call.args[0]))
            if self.names.enclosing(call, *_DEFAULTS) is function
        }
        for decorator in function.decorator_list:
            if not isinstance(decorator, ast.Call) or not self.names.means(decorator.func, PARAMETRIZE):
                continue
            ids, values = [*decorator.args[:2], None, None][:2]
            if not isinstance(ids, ast.Constant) or not isinstance(values, ast.List | ast.Tuple):
                continue
            words = [word.strip() for word in str(ids.value).split(",")]
            for at, word in enumerate(words):
                if word in asked:
                    self._take(_cell(row, at, len(words)) for row in values.elts)

    def _take(self, nodes: Iterable[ast.expr | None], commas: bool = False) -> None:
        """Have strings with the name say the new one."""
        for node in nodes:
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
                continue
            parts = node.value.split(",") if commas else [node.value]
            if self.old in (part.strip() for part in parts):
                new = [part.replace(self.old, self.new) if part.strip() == self.old else part for part in parts]
                self.strings[node] = ",".join(new)

    # -- definitions -------------------------------------------------------------------------------------------------

    def _define(self) -> None:
        for fixture in self.fixtures.own:
            if fixture.name != self.old:
                continue
            name = fixture.argument("name")
            if isinstance(name, ast.Constant):
                self._take([name])
            else:
                self.definitions.append(fixture.node)
        for binding in self.names.scope.bindings.get(self.old, ()):
            alias = binding.node
            if isinstance(alias, ast.alias) and alias.asname is None and self._is_fixture(binding.target or ""):
                self.imports.append(alias)

    def _is_fixture(self, target: str) -> bool:
        """Whether an import is one of a fixture, by its old or new name."""
        for name in (target, f"{target.rpartition('.')[0]}.{self.new}"):
            found = self.file.sources.definition(name)
            if found is not None and isinstance(found.node, ast.FunctionDef | ast.AsyncFunctionDef):
                return decorator_of(found.module, found.node) is not None
        return False

    # -- what speaks against it --------------------------------------------------------------------------------------

    def obstacles(self) -> Iterator[_Obstacle]:
        names, old, new = self.names, self.old, self.new
        for function in self.functions:
            scopes = {names.scopes[function], *(names.scope_of(use) for use in self.uses)}
            inner = [scope for scope in scopes if scope.home(old) is names.scopes[function]]
            if any(new in scope.bindings for scope in inner):
                yield function, f"has a {new} already"
            elif any(names.scope_of(use) in inner for use in users(names, names.scope, new)):
                yield function, f"uses the {new} of the file"
            for scope in names.scopes.values():
                if old in scope.nonlocal_names and scope.home(old) is names.scopes[function]:
                    yield scope.node, f"declares {old} nonlocal"
        for node in [*self.definitions, *self.imports]:
            scope = names.scope_of(node)
            if new in scope.bindings:
                yield node, f"the file has a {new} already"
            uses = [use for use in users(names, scope, old) if isinstance(use.ctx, ast.Load)]
            for use in uses:
                yield use, f"uses the fixture {old} as a function"
            for binding in scope.bindings[old]:
                if binding.node not in self.definitions and binding.node not in self.imports:
                    yield binding.node, f"gives {old} another meaning"
        for word in names.dunder_all:
            if word.value == old and (self.definitions or self.imports):
                yield word, f"offers {old} to other files"
        for binding in names.scope.bindings.get(old, ()):
            unknown = binding.is_import and self.file.sources.definition(binding.target or "") is None
            if unknown and binding.node not in self.imports and self.functions:
                yield binding.node, f"imports {old}, which may be the fixture"


def _has_default(arguments: ast.arguments, found: ast.arg) -> bool:
    positional = [*arguments.posonlyargs, *arguments.args]
    if found in positional:
        return positional.index(found) >= len(positional) - len(arguments.defaults)
    return arguments.kw_defaults[arguments.kwonlyargs.index(found)] is not None


def _is_metafunc(func: ast.expr) -> bool:
    return isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and func.value.id == "metafunc"


def _cell(row: ast.expr, at: int, width: int) -> ast.expr | None:
    if isinstance(row, ast.Call) and getattr(row.func, "attr", getattr(row.func, "id", "")) == "param":
        return row.args[at] if at < len(row.args) else None
    if width == 1:
        return row
    return row.elts[at] if isinstance(row, ast.Tuple | ast.List) and at < len(row.elts) else None


def _with_field(name: str, value: object, node: cst.CSTNode) -> cst.CSTNode:
    return node.with_changes(**{name: value})
