"""Which expressions of a test file are mocks, and of what; and the calls that it expects of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeAlias

from pytest_agentgate.codemods.idioms.fixtures import Fixtures, decorator_of, is_test
from pytest_agentgate.codemods.reading.hierarchy import owner, receiver_parameter
from pytest_agentgate.codemods.reading.names import Binding, FunctionNode, ModuleNames
from pytest_agentgate.codemods.reading.sources import File

Role: TypeAlias = Literal["itself", "instance", "either"]

_MOCK = ("unittest.mock", "mock", "mock.mock")
_CLASSES = frozenset({"Mock", "MagicMock", "AsyncMock", "NonCallableMock", "NonCallableMagicMock"})
_MOCKERS = frozenset({"mocker", "class_mocker", "module_mocker", "package_mocker", "session_mocker"})
_ASSERTIONS = frozenset(
    {
        "assert_called_with", "assert_called_once_with", "assert_any_call",
        "assert_awaited_with", "assert_awaited_once_with", "assert_any_await",
    }
)  # fmt: skip
_SEVERAL = frozenset({"assert_has_calls", "assert_has_awaits"})
_RECORDED = frozenset({"call_args", "call_args_list", "mock_calls", "await_args", "await_args_list"})
_SAID = frozenset({"call_args", "await_args"})
_DEEPEST = 12


@dataclass(frozen=True)
class Mocked:
    """What a mock stands for."""

    name: str  # dotted, as the test says it
    role: Role = "itself"  # the function or class of that name, or an instance of the class
    signed: bool = False  # it knows the signature, so that it takes a keyword for a position as the same
    of_class: bool = False  # it was read from the mock of a class, not of an instance
    bound: bool = True  # a method is called without its ``self``


@dataclass(frozen=True, eq=False)
class Expectation:
    """A call that a test expects of a mock: its arguments are those of the function."""

    node: ast.Call  # ``m.assert_called_with(...)`` or a ``call(...)``
    mocked: Mocked


class Mocks:
    """The mocks of one file."""

    def __init__(self, file: File, names: ModuleNames | None = None) -> None:
        self.file = file
        self.names = names or file.names
        self._fixtures = Fixtures(file)
        self._busy: set[ast.AST] = set()

    def of(self, node: ast.expr | None) -> Mocked | None:
        """What an expression is a mock of; None where it is none, or where that can't be told."""
        if node is None or node in self._busy or len(self._busy) > _DEEPEST:
            return None
        self._busy.add(node)
        try:
            return self._of(node)
        finally:
            self._busy.discard(node)

    def expectations(self) -> Iterator[Expectation]:
        """The calls that are expected of mocks, or that the test itself makes of them, in source order."""
        for call in self.names.calls:
            if not isinstance(call.func, ast.Attribute):
                called = self.of(call.func) if isinstance(call.func, ast.Name) else None
                if called is not None:
                    yield Expectation(call, called)
                elif self._is_call(call):
                    yield from self._compared(call)
                continue
            if call.func.attr in _ASSERTIONS:
                mocked = self._asserted(call.func.value)
                if mocked is not None:
                    yield Expectation(call, mocked)
            elif call.func.attr in _SEVERAL:
                mocked = self._asserted(call.func.value)
                if mocked is not None and call.args:
                    yield from (Expectation(each, mocked) for each in self._calls_in(call.args[0]))
            elif self._is_call(call):
                yield from self._compared(call)

    def recorded_keywords(self) -> Iterator[tuple[ast.Constant, Mocked]]:
        """The string of ``m.call_args.kwargs["qty"]``, of ``.get("qty")``, ``"qty" in`` it, and ``== {"qty": 2}``."""
        for node in self.names.strings:
            up = self.names.up[node]
            compared = self.names.up[up.parent].parent if isinstance(up.parent, ast.Dict) else up.parent
            if isinstance(compared, ast.Compare) and len(compared.ops) == 1:
                beside = {id(up.parent), id(node)}
                sides = [each for each in (compared.left, compared.comparators[0]) if id(each) not in beside]
                if up.field not in {"keys", "left"} or len(sides) != 1:
                    continue
                holder: ast.expr = sides[0]
            elif isinstance(up.parent, ast.Subscript) and up.field == "slice":
                holder = up.parent.value
            elif (
                isinstance(up.parent, ast.Call)
                and up.parent.args[:1] == [node]
                and isinstance(up.parent.func, ast.Attribute)
                and up.parent.func.attr == "get"
            ):
                holder = up.parent.func.value
            else:
                continue
            mocked = self._keywords_of(holder)
            if mocked is not None:
                yield node, mocked

    def replacements(self) -> Iterator[tuple[Mocked, ast.expr]]:
        """What the test itself puts in the place of something: instead of a mock, or as its ``side_effect``."""
        for call in self.names.calls:
            placed = self._put(call)
            if placed is not None:
                yield Mocked(placed[0]), placed[1]
            made = self._of_call(call)
            effect = next((each.value for each in call.keywords if each.arg in {"side_effect", "wraps"}), None)
            if made is not None and effect is not None:
                yield made, effect
        for node in self.names.by_word.get("side_effect", ()):
            up = self.names.up[node].parent
            mocked = self.of(node.value) if isinstance(node, ast.Attribute) and isinstance(up, ast.Assign) else None
            if mocked is not None and isinstance(up, ast.Assign):
                yield mocked, up.value

    # -- what an expression is ----------------------------------------------------------------------------------------

    def _of(self, node: ast.expr) -> Mocked | None:
        match node:
            case ast.Name():
                found = {self._of_binding(each, node) for each in self.names.bindings(node)}
                return found.pop() if len(found) == 1 else None
            case ast.Call():
                return self._of_call(node)
            case ast.Attribute(attr="return_value"):
                inner = self.of(node.value)
                return None if inner is None else replace(inner, role="instance", bound=True)
            case ast.Attribute():
                inner = self.of(node.value)
                if inner is not None:
                    of_class = inner.role == "itself"
                    return Mocked(f"{inner.name}.{node.attr}", "itself", inner.signed, of_class)
                return self._of_attribute(node)
            case ast.Await() | ast.NamedExpr():
                return self.of(node.value)
        return None

    def _of_call(self, node: ast.Call) -> Mocked | None:
        function = self._mock_name(node.func)
        if isinstance(node.func, ast.Attribute) and node.func.attr in {"start", "__enter__"} and not node.args:
            return self._of_patch(node.func.value)
        if function is None:
            inner = self.of(node.func) if isinstance(node.func, ast.Name | ast.Attribute) else None
            return replace(inner, role="instance") if inner is not None and inner.role != "instance" else None
        said = {each.arg: each.value for each in node.keywords}
        if function == "create_autospec":
            of = self.names.meaning(node.args[0]) if node.args else None
            made = _is_true(said.get("instance"))
            return None if of is None else Mocked(of, "instance" if made else "itself", signed=True)
        if function == "spy" and len(node.args) > 1:
            of = self._attribute_of(node.args[0], node.args[1])
            return None if of is None else Mocked(of, signed=True, bound=False)
        if function in _CLASSES:
            spec = said.get("spec") or said.get("spec_set") or (node.args[0] if node.args else None)
            of = self.names.meaning(spec) if spec is not None else None
            return None if of is None else Mocked(of, "either", signed=True)
        return self._of_patch(node) if self._is_mocker(node.func) else None

    def _of_patch(self, node: ast.expr) -> Mocked | None:
        """What ``patch("a.b")``, ``patch.object(a, "b")`` and those of a ``mocker`` put a mock in the place of."""
        if not isinstance(node, ast.Call):
            made = {self._of_patch(each) if isinstance(each, ast.Call) else None for each in self._values(node)}
            return made.pop() if len(made) == 1 else None
        function = self._mock_name(node.func)
        of: str | None = None
        if function == "patch" and node.args:
            target = node.args[0]
            of = target.value if isinstance(target, ast.Constant) and isinstance(target.value, str) else None
        elif function == "patch.object" and len(node.args) > 1:
            of = self._attribute_of(node.args[0], node.args[1])
        if of is None:
            return None
        said = {each.arg: each.value for each in node.keywords}
        signed = any(_is_true(said.get(name)) for name in ("autospec", "spec", "spec_set"))
        return Mocked(of, signed=signed, bound=not _is_true(said.get("autospec")))

    def _of_binding(self, binding: Binding, use: ast.Name) -> Mocked | None:
        up = self.names.up[binding.node]
        if isinstance(up.parent, ast.withitem) and up.field == "optional_vars":
            return self._of_patch(up.parent.context_expr)
        if binding.kind == "assignment" and binding.value is not None and binding.node is not use:
            made = self.of(binding.value)
            return made or self._replacements.get(binding.node)
        if binding.kind == "parameter":
            function = binding.scope.node
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                return self._of_parameter(function, binding.name)
        return None

    def _of_parameter(self, function: FunctionNode, name: str) -> Mocked | None:
        given = self._patched(function)
        if name in given:
            return given[name]
        if not is_test(self.names, function) and decorator_of(self.names, function) is None:
            return None
        fixture = self._fixtures.requested(name, function, self.names)
        if fixture is None:
            return None
        there = self if fixture.names is self.names else Mocks(self.file, fixture.names)
        there._busy = self._busy
        found = {there.of(each) for each in fixture.results}
        return found.pop() if len(found) == 1 else None

    def _patched(self, function: FunctionNode) -> dict[str, Mocked | None]:
        """The parameters that decorators fill: the lowest one the first, those of the class after the function's."""
        decorators = list(reversed(function.decorator_list))
        inside = owner(self.names, function)
        if inside is not None and function.name.startswith("test"):
            decorators += reversed(inside.decorator_list)
        passed = [each for each in decorators if self._passes(each)]
        if not passed:
            return {}
        first = receiver_parameter(self.names, function)
        positional = [each for each in (*function.args.posonlyargs, *function.args.args) if each is not first]
        return {arg.arg: self._of_patch(each) for arg, each in zip(positional, passed, strict=False)}

    def _passes(self, decorator: ast.expr) -> bool:
        """Whether a decorator passes its mock: one of ``patch`` that is not told what to put there."""
        if not isinstance(decorator, ast.Call):
            return False
        function = self._mock_name(decorator.func)
        if function not in {"patch", "patch.object"}:
            return False
        new = next((each.value for each in decorator.keywords if each.arg == "new"), None)
        place = 1 if function == "patch" else 2
        new = decorator.args[place] if len(decorator.args) > place else new
        return new is None or (self.names.meaning(new) or "").endswith("mock.DEFAULT")

    def _of_attribute(self, node: ast.Attribute) -> Mocked | None:
        """What ``self.NAME`` is, where every assignment to it in the class agrees."""
        inside = self._own_class(node)
        if inside is None:
            return None
        found = {self.of(value) or self._replacements.get(each) for each, value in self._stored(node, inside)}
        return found.pop() if len(found) == 1 else None

    def _stored(self, node: ast.Attribute, inside: ast.ClassDef) -> Iterator[tuple[ast.Attribute, ast.expr | None]]:
        """Where the methods of a class assign an attribute of ``self``, and what."""
        for each in self.names.by_word.get(node.attr, ()):
            if not isinstance(each, ast.Attribute) or not isinstance(each.ctx, ast.Store):
                continue
            if self._own_class(each) is inside:
                up = self.names.up[each]
                yield each, up.parent.value if isinstance(up.parent, ast.Assign | ast.AnnAssign) else None

    def _values(self, node: ast.expr) -> list[ast.expr | None]:
        """What is assigned to a name or an attribute of ``self``."""
        if isinstance(node, ast.Name):
            return [each.value for each in self.names.bindings(node)]
        inside = self._own_class(node) if isinstance(node, ast.Attribute) else None
        if inside is None or not isinstance(node, ast.Attribute):
            return []
        return [value for _, value in self._stored(node, inside)]

    def _own_class(self, node: ast.Attribute) -> ast.ClassDef | None:
        if not isinstance(node.value, ast.Name):
            return None
        for binding in self.names.bindings(node.value):
            function = binding.scope.node
            if binding.kind == "parameter" and isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                first = receiver_parameter(self.names, function)
                if first is not None and first.arg == node.value.id:
                    return owner(self.names, function)
        return None

    @cached_property
    def _replacements(self) -> dict[ast.AST, Mocked]:
        """Where a name or ``self.NAME`` gets a mock that the test itself puts in the place of something."""
        found: dict[ast.AST, Mocked] = {}
        for call in self.names.calls:
            placed = self._put(call)
            if placed is None:
                continue
            of, stand_in = placed
            if isinstance(stand_in, ast.Name):
                for binding in self.names.bindings(stand_in):
                    found[binding.node] = Mocked(of)
            elif isinstance(stand_in, ast.Attribute):
                inside = self._own_class(stand_in)
                for each in self.names.by_word.get(stand_in.attr, ()):
                    if inside and isinstance(each, ast.Attribute) and self._own_class(each) is inside:
                        found[each] = Mocked(of)
        return found

    def _put(self, call: ast.Call) -> tuple[str, ast.expr] | None:
        """What is replaced, and by what: ``monkeypatch.setattr("a.b", x)``, ``patch("a.b", x)``, ``new=x``."""
        function = self._mock_name(call.func)
        if function in {"patch", "patch.object"}:
            patched = self._of_patch(call)
            place = 1 if function == "patch" else 2
            new = next((each.value for each in call.keywords if each.arg == "new"), None)
            new = call.args[place] if len(call.args) > place else new
            return (patched.name, new) if patched is not None and new is not None else None
        if isinstance(call.func, ast.Attribute) and call.func.attr == "setattr" and len(call.args) in {2, 3}:
            target = call.args[0]
            if len(call.args) == 3:
                of = self._attribute_of(target, call.args[1])
            else:
                of = target.value if isinstance(target, ast.Constant) and isinstance(target.value, str) else None
            return (of, call.args[-1]) if of is not None else None
        return None

    def _attribute_of(self, holder: ast.expr, name: ast.expr) -> str | None:
        of = self.names.meaning(holder)
        if of is None or not isinstance(name, ast.Constant) or not isinstance(name.value, str):
            return None
        return f"{of}.{name.value}"

    def _mock_name(self, node: ast.expr) -> str | None:
        """``patch.object`` of ``unittest.mock.patch.object``, and of a mocker's."""
        meaning = self.names.meaning(node)
        if meaning is not None:
            for module in _MOCK:
                if meaning.startswith(f"{module}."):
                    return meaning[len(module) + 1 :]
            return None
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        return ".".join(reversed(parts)) if parts and self._is_mocker(node) else None

    def _is_mocker(self, node: ast.expr) -> bool:
        while isinstance(node, ast.Attribute):
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in _MOCKERS:
            return False
        return all(each.kind == "parameter" for each in self.names.bindings(node))

    # -- what is expected ---------------------------------------------------------------------------------------------

    def _asserted(self, node: ast.expr) -> Mocked | None:
        """What is asserted about; a name of an implementation that has such a method is a mock of what it names."""
        mocked = self.of(node)
        if mocked is not None:
            return mocked
        meaning = self.names.meaning(node)
        return None if meaning is None else Mocked(meaning, of_class=True, bound=False)

    def _is_call(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and self._mock_name(node.func) == "call"

    def _calls_in(self, node: ast.AST) -> Iterator[ast.Call]:
        """The ``call(...)`` themselves, those in a list included."""
        for each in node.elts if isinstance(node, ast.List | ast.Tuple) else [node]:
            if isinstance(each, ast.Call) and self._is_call(each):
                yield each

    def _compared(self, call: ast.Call) -> Iterator[Expectation]:
        """``m.call_args == call(...)``, ``m.call_args_list == [call(...)]``, ``call(...) in m.mock_calls``."""
        node: ast.AST = call
        if isinstance(self.names.up[node].parent, ast.List | ast.Tuple):
            node = self.names.up[node].parent
        compare = self.names.up[node].parent
        if not isinstance(compare, ast.Compare) or len(compare.comparators) != 1:
            return
        other = compare.left if compare.left is not node else compare.comparators[0]
        if isinstance(other, ast.Subscript):
            other = other.value
        if isinstance(other, ast.Attribute) and other.attr in _RECORDED:
            mocked = self._asserted(other.value)
            if mocked is not None:
                yield Expectation(call, mocked)

    def _keywords_of(self, node: ast.expr) -> Mocked | None:
        """Whose recorded keyword arguments an expression is."""
        if isinstance(node, ast.Name):
            return self._unpacked(node)
        match node:
            case ast.Attribute(attr="kwargs", value=said) | ast.Subscript(slice=ast.Constant(value=1), value=said):
                pass
            case _:
                return None
        if isinstance(said, ast.Subscript) and isinstance(said.value, ast.Attribute):
            if said.value.attr in {"call_args_list", "await_args_list"}:
                return self._asserted(said.value.value)
            return None
        return self._asserted(said.value) if isinstance(said, ast.Attribute) and said.attr in _SAID else None

    def _unpacked(self, node: ast.Name) -> Mocked | None:
        """``_, kwargs = m.call_args`` and ``kwargs = m.call_args.kwargs``."""
        found: set[Mocked | None] = set()
        for binding in self.names.bindings(node):
            up = self.names.up[binding.node]
            if binding.value is not None and not isinstance(binding.value, ast.Name):
                found.add(self._keywords_of(binding.value))
            elif isinstance(up.parent, ast.Tuple) and up.at == 1 and len(up.parent.elts) == 2:
                statement = self.names.up[up.parent].parent
                said = statement.value if isinstance(statement, ast.Assign) else None
                if isinstance(said, ast.Attribute) and said.attr in _SAID:
                    found.add(self._asserted(said.value))
                else:
                    found.add(None)
            else:
                found.add(None)
        return found.pop() if len(found) == 1 else None


def _is_true(node: ast.expr | None) -> bool:
    """Whether an option is given and not switched off; a class given as ``spec`` counts."""
    return node is not None and not (isinstance(node, ast.Constant) and not node.value)
