"""Everything that may give a name, attribute, fixture or function its value, in all files of a project."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from posixpath import dirname

from pytest_agentgate.codemods.flows.holders import Holder, Holders
from pytest_agentgate.codemods.flows.uses import Use, Uses
from pytest_agentgate.codemods.idioms.fixtures import PARAMETRIZE, Fixture, decorator_of, is_test, marks, results
from pytest_agentgate.codemods.models.shapes import Cell, Keyed, Many, Shape, Values
from pytest_agentgate.codemods.reading.hierarchy import receiver_parameter
from pytest_agentgate.codemods.reading.names import Binding, FunctionNode, ModuleNames

_LOOPS = (ast.For, ast.AsyncFor, ast.comprehension)


def same(shape: Shape) -> Shape | None:
    return shape


@dataclass(frozen=True, eq=False)
class Giver:
    """An expression that gives a holder its value, and the shape that it needs for the holder to have one."""

    names: ModuleNames
    node: ast.expr
    adapt: Callable[[Shape], Shape | None] = same


class Givers:
    """What gives the holders of a project's files their values."""

    def __init__(self, holders: Holders, uses: Uses) -> None:
        self.holders = holders
        self.all_uses = uses
        self._known: dict[Holder, list[Giver | Holder] | None] = {}

    def of(self, holder: Holder) -> list[Giver | Holder] | None:
        """Everything that may give a holder its value; None where some of it can't be told."""
        if holder not in self._known:
            self._known[holder] = self._find(holder)
        return self._known[holder]

    def _find(self, holder: Holder) -> list[Giver | Holder] | None:
        found: list[Giver | Holder | None] = []
        names = holder.names
        if holder.kind == "name":
            for binding in names.scopes[holder.node].bindings[holder.name]:
                found += self._bound(names, binding)
        elif holder.kind == "attribute":
            for store in self.holders.stores(holder):
                found += self._assigned(names, store)
            for binding in names.scopes[holder.node].bindings.get(holder.name, ()):
                found += self._bound(names, binding)
        elif holder.kind == "params":
            fixture = next(iter(self.holders.fixtures(names).of(holder.node, names)), None)
            params = fixture.params if fixture is not None else None
            if fixture is None or params is None or self._is_indirect(fixture):
                return None
            found.append(Giver(names, params, partial(_rows, 0, 1)))
        else:
            found += self._results(names, holder.node)
        known = [each for each in found if each is not None]
        return known if known and len(known) == len(found) else None

    def _results(self, names: ModuleNames, node: ast.AST) -> list[Giver | Holder | None]:
        if isinstance(node, ast.Lambda):
            return [Giver(names, node.body)]
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return [None]
        return [None if each is None else Giver(names, each) for each in results(node)]

    def _bound(self, names: ModuleNames, binding: Binding) -> list[Giver | Holder | None]:
        if binding.kind == "parameter":
            return self._passed(names, binding)
        if binding.kind == "import":
            return [self.holders.constant(binding.target)]
        if binding.kind != "assignment" or not isinstance(binding.node, ast.Name):
            return [None]
        return self._assigned(names, binding.node)

    def _assigned(self, names: ModuleNames, target: ast.expr) -> list[Giver | Holder | None]:
        parent, name, at = names.up[target]
        if isinstance(parent, ast.Assign) and name == "targets":
            return [Giver(names, parent.value) if len(parent.targets) == 1 else None]
        if isinstance(parent, ast.AnnAssign) and name == "target":
            return [] if parent.value is None else [Giver(names, parent.value)]
        if isinstance(parent, _LOOPS) and name == "target":
            return [Giver(names, parent.iter, Many)]
        if isinstance(parent, ast.Tuple | ast.List) and at is not None:
            above = names.up[parent]
            if isinstance(above.parent, _LOOPS) and above.field == "target":
                return [self._looped(names, above.parent.iter, at, len(parent.elts))]
            if isinstance(above.parent, ast.Assign) and isinstance(above.parent.value, ast.Tuple | ast.List):
                values = above.parent.value.elts
                if len(values) == len(parent.elts) and not any(isinstance(each, ast.Starred) for each in values):
                    return [Giver(names, values[at])]
        return [None]

    def _looped(self, names: ModuleNames, values: ast.expr, at: int, of: int) -> Giver | None:
        if isinstance(values, ast.Call):
            if isinstance(values.func, ast.Attribute) and values.func.attr == "items" and (at, of) == (1, 2):
                return Giver(names, values.func.value, Values)
            if names.means(values.func, "builtins.enumerate") and (at, of) == (1, 2) and values.args:
                return Giver(names, values.args[0], Many)
            return None
        return Giver(names, values, partial(_rows, at, of))

    def _passed(self, names: ModuleNames, binding: Binding) -> list[Giver | Holder | None]:
        """What a parameter is given: by ``parametrize``, by a fixture, or by the calls of the function."""
        function = binding.scope.node
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or not isinstance(binding.node, ast.arg):
            return [None]
        rows = list(self._parametrized(names, function, binding.name))
        if rows:
            return [*rows]
        fixture = self.holders.fixture(names, binding)
        if fixture is not None:
            found = [fixture, *self.holders.overriding(names, function, fixture)]
            return [Holder("fixture", each.node, each.name, each.names) for each in found]
        if is_test(names, function) or decorator_of(names, function) is not None:
            return [None]
        return self._arguments(names, function, binding.node)

    def _parametrized(self, names: ModuleNames, function: FunctionNode, name: str) -> Iterator[Giver | None]:
        for mark in marks(names, function, PARAMETRIZE):
            given = {each.arg: each.value for each in mark.keywords}
            first = mark.args[0] if mark.args else given.get("argnames")
            rows = mark.args[1] if len(mark.args) > 1 else given.get("argvalues")
            words = _words(first)
            if name not in words or "indirect" in given or len(mark.args) > 2:
                continue
            at, of = words.index(name), len(words)
            yield None if rows is None else Giver(names, rows, partial(_rows, at, of))

    def _arguments(self, names: ModuleNames, function: FunctionNode, parameter: ast.arg) -> list[Giver | Holder | None]:
        calls = self.all_uses.calls(Holder("result", function, "", names))
        if calls is None:
            return [None]
        arguments = function.args
        plain = [*arguments.posonlyargs, *arguments.args]
        first = 1 if receiver_parameter(names, function) is not None else 0
        found: list[Giver | Holder | None] = []
        for each in calls:
            found += _argument(each, arguments, plain[first:], parameter)
        defaults = dict(zip(reversed(plain), reversed(arguments.defaults), strict=False))
        default = defaults.get(parameter) or dict(zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)).get(
            parameter
        )
        if default is not None:
            found.append(Giver(names, default))
        return found or [None]

    def _is_indirect(self, fixture: Fixture) -> bool:
        """Whether some test chooses the parameters of a fixture."""
        folder = dirname(self.holders.file_of(fixture.names).place.path)
        return any("indirect" in _keywords(names) for names in self.holders.with_word(fixture.name, folder))


def _argument(
    call: Use, arguments: ast.arguments, plain: Sequence[ast.arg], parameter: ast.arg
) -> list[Giver | Holder | None]:
    """What one call passes for a parameter; nothing where it leaves it to the default."""
    node, names = call.node, call.names
    if not isinstance(node, ast.Call) or parameter is arguments.vararg:
        return [None]
    named = {each.arg for each in [*plain, *arguments.kwonlyargs]}
    splats = [each.value for each in node.keywords if each.arg is None]
    key = parameter.arg
    if parameter is arguments.kwarg:
        found: list[Giver | Holder | None] = [
            Giver(names, each.value, partial(_under, each.arg))
            for each in node.keywords
            if each.arg is not None and each.arg not in named
        ]
        return [*found, *(Giver(names, each) for each in splats)]
    given = [each.value for each in node.keywords if each.arg == key]
    if not given and parameter in plain:
        at = list(plain).index(parameter)
        if any(isinstance(each, ast.Starred) for each in node.args[: at + 1]):
            return [None]
        given = [node.args[at]] if at < len(node.args) else []
    if given:
        return [Giver(names, given[0])]
    return [Giver(names, each, lambda shape: Keyed.of({key: shape})) for each in splats]


def _rows(at: int, of: int, shape: Shape) -> Shape:
    """The shape of rows whose values number ``at`` have a shape."""
    return Many(Cell(at, of, shape))


def _under(key: str, shape: Shape) -> Shape | None:
    """The shape of what a mapping of some shape holds under a key."""
    if isinstance(shape, Values):
        return shape.each
    return shape.at(key) if isinstance(shape, Keyed) else None


def _words(node: ast.expr | None) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [word.strip() for word in node.value.split(",") if word.strip()]
    if isinstance(node, ast.List | ast.Tuple):
        return [str(each.value) for each in node.elts if isinstance(each, ast.Constant)]
    return []


def _keywords(names: ModuleNames) -> set[str | None]:
    return {each.arg for call in names.calls for each in call.keywords}
