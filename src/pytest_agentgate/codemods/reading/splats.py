"""The dicts that a ``**`` argument passes on: where they are written, and whether they go anywhere else.

Followed are displays and ``dict(...)``, their unions and copies, variables, attributes of ``self``, parametrized
arguments, fixtures, and functions of the same file that give a dict or take ``**overrides``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from posixpath import basename

from pytest_agentgate.codemods.idioms.fixtures import PARAMETRIZE, Fixture, Fixtures, decorator_of, is_test, results
from pytest_agentgate.codemods.reading.dict_keys import Keys, Splat
from pytest_agentgate.codemods.reading.names import Binding, FunctionNode, Scope
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.reading.variables import Variables, called, cell, own_keywords, renames

_COPIES = frozenset({"copy.copy", "copy.deepcopy", "builtins.dict"})
_BY_KEY = frozenset({"get", "pop", "setdefault"})


@dataclass(eq=False)
class _Trace:
    """What is found out on one way, backwards or forwards."""

    keys: dict[ast.AST, Keys] = field(default_factory=dict)
    home: dict[ast.AST, Splats] = field(default_factory=dict)  # of the file that the keys stand in
    words: dict[ast.Constant, None] = field(default_factory=dict)
    through: dict[ast.AST, tuple[Splats, Scope, str]] = field(default_factory=dict)  # the variable that keywords fill
    seen: set[object] = field(default_factory=set)
    complete: bool = True
    reached: int = 0  # calls of the function


class Splats:
    """The ``**`` arguments of the calls of one function.

    Args:
        file: the file that the calls stand in.
        is_site: whether a call is one of that function.
        elsewhere: the same of another file of the project, by its path; None where it can't be read.
    """

    def __init__(
        self,
        file: File,
        is_site: Callable[[ast.Call], bool],
        elsewhere: Callable[[str], Splats | None] = lambda _: None,
    ) -> None:
        self.file = file
        self.names = file.names
        self._is_site = is_site
        self._elsewhere = elsewhere
        self._fixtures = Fixtures(file)
        self._variables = Variables(file.names)
        name = basename(file.place.path)
        self._is_alone = not name or name.startswith("test") or name.endswith("_test.py")

    def of(self, node: ast.keyword) -> Splat:
        """What one ``**`` argument passes on."""
        back = _Trace()
        self._back(node.value, back)
        words = dict(back.words)
        keys = []
        for each in back.keys.values():
            forward = _Trace()
            keys.append(self._judged(each, back, forward))
            words.update(forward.words)
        here = tuple(word for word in words if word in self.names.up)
        return Splat(node, tuple(keys), back.complete, here)

    def shared(self) -> list[Keys]:
        """The dicts that fixtures of a conftest file, or functions of another file of helpers, give to other files."""
        found: list[Keys] = []
        for function in self.names.functions if not self._is_alone else ():
            back = _Trace()
            for each in results(function) if self.names.scope_of(function).is_module else ():
                self._back(each, back)
            for keys in back.keys.values():
                forward = _Trace()
                judged = self._judged(keys, back, forward)
                if forward.reached and judged.here:
                    found.append(judged)
        return found

    def forwards(self, function: FunctionNode) -> bool:
        """Whether a function of the file passes its ``**`` arguments to the function and nowhere else."""
        if function.args.kwarg is None:
            return False
        forward = _Trace()
        private = self._flows_variable(self.names.scopes[function], function.args.kwarg.arg, forward)
        return private and bool(forward.reached)

    def _judged(self, keys: Keys, back: _Trace, forward: _Trace) -> Keys:
        through, home = back.through.get(keys.node), back.home[keys.node]
        private = through[0]._flows_variable(*through[1:], forward) if through else home._flows(keys.node, forward)
        return replace(keys, private=private, here=home is self)

    # -- backwards: what gives it keys --------------------------------------------------------------------------------

    def _back(self, node: ast.expr | None, trace: _Trace) -> None:
        if node in trace.seen:
            return
        trace.seen.add(node)
        match node:
            case ast.Dict():
                self._put(Keys(node), trace)
                for key, value in zip(node.keys, node.values, strict=True):
                    if key is None:
                        self._back(value, trace)
                    elif not isinstance(key, ast.Constant):
                        trace.complete = False
            case ast.BinOp(op=ast.BitOr()):
                self._back(node.left, trace)
                self._back(node.right, trace)
            case ast.IfExp():
                self._back(node.body, trace)
                self._back(node.orelse, trace)
            case ast.NamedExpr():
                self._back(node.value, trace)
            case ast.Call():
                self._back_call(node, trace)
            case ast.Name():
                self._back_name(node, trace)
            case ast.Attribute():
                stores = self._variables.stores(node)
                for each in stores:
                    up = self.names.up[each].parent
                    self._back(up.value if isinstance(up, ast.Assign | ast.AnnAssign) else None, trace)
                self._changes(self._variables.loads_of_attribute(node), trace)
                trace.complete &= bool(stores)
            case _:
                trace.complete = False

    def _back_call(self, node: ast.Call, trace: _Trace) -> None:
        meaning = self.names.meaning(node.func)
        if meaning in _COPIES and len(node.args) <= 1:
            if meaning == "builtins.dict":
                self._keywords(node, trace)
            for argument in node.args:
                self._back(argument, trace)
        elif isinstance(node.func, ast.Attribute) and node.func.attr == "copy" and not node.args:
            self._back(node.func.value, trace)
        else:
            there, function = self._called(node.func)
            given = results(function) if function is not None else []
            trace.complete &= bool(given)
            for each in given:
                there._back(each, trace)

    def _keywords(self, node: ast.Call, trace: _Trace, not_keys: frozenset[str] = frozenset()) -> None:
        self._put(Keys(node, not_keys), trace)
        for keyword in node.keywords:
            if keyword.arg is None:
                self._back(keyword.value, trace)

    def _put(self, keys: Keys, trace: _Trace) -> None:
        trace.keys[keys.node] = keys
        trace.home[keys.node] = self

    def _back_name(self, node: ast.Name, trace: _Trace) -> None:
        bindings = self.names.bindings(node)
        trace.complete &= bool(bindings)
        for binding in bindings:
            if binding.kind == "assignment":
                self._back_assignment(binding, trace)
            elif binding.kind == "parameter":
                self._back_parameter(binding, trace)
            else:
                trace.complete = False
            self._changes(self._variables.loads(binding.scope, binding.name), trace)

    def _back_assignment(self, binding: Binding, trace: _Trace) -> None:
        up = self.names.up[binding.node]
        if binding.value is not None:
            self._back(binding.value, trace)
        elif isinstance(up.parent, ast.AugAssign) and isinstance(up.parent.op, ast.BitOr):
            self._back(up.parent.value, trace)
        elif (loop := self._variables.loop(binding.node)) is not None:
            holder, at, width = loop
            rows = self._variables.elements(holder)
            trace.complete &= bool(rows)
            for row in rows:
                self._back(cell(row, at, width), trace)
        elif not (isinstance(up.parent, ast.AnnAssign) and up.parent.value is None):
            trace.complete = False

    def _back_parameter(self, binding: Binding, trace: _Trace) -> None:
        function = binding.scope.node
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            trace.complete = False
            return
        if function.args.kwarg is binding.node:
            calls = self._calls_of(function)
            trace.complete &= calls is not None
            for there, call in calls or ():
                there._keywords(call, trace, own_keywords(function))
                trace.through[call] = self, binding.scope, binding.name
            return
        for name, at, width, mark in self._variables.given(function):
            if name == binding.name:
                said = {each.arg: each.value for each in mark.keywords}
                rows = self._variables.elements(mark.args[1] if len(mark.args) > 1 else said.get("argvalues"))
                trace.complete &= bool(rows)
                for row in rows:
                    self._back(cell(row, at, width), trace)
                return
        asks = is_test(self.names, function) or decorator_of(self.names, function) is not None
        fixture = self._fixtures.requested(binding.name, function) if asks else None
        home = self if fixture and fixture.names is self.names else self._elsewhere(fixture.path) if fixture else None
        own = home._fixtures.own if home else ()
        given = next((each.results for each in own if fixture and _is_same(each, fixture)), [])
        trace.complete &= bool(given)
        for result in given:
            (home or self)._back(result, trace)

    def _changes(self, loads: Iterable[ast.expr], trace: _Trace) -> None:
        """The keys that statements put into a dict: ``kwargs["qty"] = 2``, ``kwargs.update(qty=2)``."""
        for load in loads:
            up = self.names.up[load].parent
            if isinstance(up, ast.Subscript) and isinstance(up.ctx, ast.Store):
                if isinstance(up.slice, ast.Constant):
                    trace.words[up.slice] = None
                else:
                    trace.complete = False
            elif isinstance(up, ast.Attribute) and up.attr in {"update", "setdefault"}:
                call = self.names.up[up].parent
                if not isinstance(call, ast.Call) or call.func is not up:
                    continue
                if up.attr == "update":
                    if call.keywords:
                        self._keywords(call, trace)
                    for argument in call.args:
                        self._back(argument, trace)
                elif call.args and isinstance(call.args[0], ast.Constant):
                    trace.words[call.args[0]] = None

    # -- forwards: where it goes --------------------------------------------------------------------------------------

    def _flows(self, node: ast.AST, trace: _Trace) -> bool:
        """Whether a dict goes to calls of the function and nowhere else."""
        if ("flows", node) in trace.seen:
            return True
        trace.seen.add(("flows", node))
        up = self.names.up[node]
        match up.parent:
            case ast.keyword(arg=None) as keyword:
                call = self.names.up[keyword].parent
                if not isinstance(call, ast.Call):
                    return False
                if self._is_site(call):
                    trace.reached += 1
                    return True
                return self.names.means(call.func, "builtins.dict") and self._flows(call, trace)
            case ast.Dict() as display if up.at is not None and up.field == "values" and display.keys[up.at] is None:
                return self._flows(display, trace)
            case ast.BinOp(op=ast.BitOr()) | ast.IfExp() as combined if up.field != "test":
                return self._flows(combined, trace)
            case ast.Attribute() as attribute:
                return self._flows_method(attribute, trace)
            case ast.Subscript(slice=ast.Constant() as key) if up.field == "value":
                trace.words[key] = None
                return True
            case ast.Compare(left=ast.Constant() as key, ops=[ast.In() | ast.NotIn()]):
                trace.words[key] = None
                return True
            case ast.Call() as call if up.field == "args":
                return self._flows_argument(node, call, trace)
            case ast.Assign(targets=targets):
                return all(self._flows_target(each, trace) for each in targets)
            case ast.AnnAssign(target=target) | ast.AugAssign(target=target):
                return self._flows_target(target, trace)
            case ast.NamedExpr(target=target) as named:
                return self._flows_target(target, trace) and self._flows(named, trace)
            case ast.Return() | ast.Yield() as given:
                return self._flows_out(given, trace)
            case ast.List() | ast.Tuple() | ast.Set():
                return self._flows_cell(node, trace)
            case ast.Expr():
                return True
        return False

    def _flows_method(self, attribute: ast.Attribute, trace: _Trace) -> bool:
        call = self.names.up[attribute].parent
        if not isinstance(call, ast.Call) or call.func is not attribute:
            return False
        if attribute.attr == "copy" and not call.args:
            return self._flows(call, trace)
        if attribute.attr in _BY_KEY and call.args and isinstance(call.args[0], ast.Constant):
            trace.words[call.args[0]] = None
            return True
        return attribute.attr == "update"

    def _flows_argument(self, node: ast.AST, call: ast.Call, trace: _Trace) -> bool:
        if self.names.meaning(call.func) in _COPIES:
            return self._flows(call, trace)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "update":
            flows = self._flows_target if isinstance(call.func.value, ast.Name) else self._flows
            return flows(call.func.value, trace)
        return self.names.means(call.func, "pytest.param") and self._flows_cell(node, trace)

    def _flows_target(self, target: ast.AST, trace: _Trace) -> bool:
        if isinstance(target, ast.Name):
            home = self.names.scope_of(target).home(target.id)
            return home is not None and self._flows_variable(home, target.id, trace)
        if isinstance(target, ast.Attribute) and self._variables.own_class(target) is not None:
            return all(self._flows(each, trace) for each in self._variables.loads_of_attribute(target))
        return False

    def _flows_variable(self, home: Scope, name: str, trace: _Trace) -> bool:
        if ("variable", home, name) in trace.seen:
            return True
        trace.seen.add(("variable", home, name))
        if home.is_module and not self._is_alone:
            return False
        return all(self._flows(each, trace) for each in self._variables.loads(home, name))

    def _flows_out(self, given: ast.AST, trace: _Trace) -> bool:
        """Out of a function: a fixture, or one that is called."""
        function = self.names.enclosing(given, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            return False
        fixture = next((each for each in self._fixtures.own if each.node is function), None)
        if fixture is None:
            calls = self._calls_of(function)
            return calls is not None and all(there._flows(call, trace) for there, call in calls)
        others = self._others(fixture.name)
        private = [each._flows_fixture(fixture, trace) for each in others or ()]
        return others is not None and all(private)

    def _flows_fixture(self, fixture: Fixture, trace: _Trace) -> bool:
        """Whether the value of a fixture goes nowhere else in this file."""
        for node in self.names.strings:
            call = self.names.up[node].parent
            is_mark = isinstance(call, ast.Call) and self.names.means(call.func, PARAMETRIZE)
            if node.value == fixture.name and not is_mark:  # getfixturevalue and its like
                return False
        for function in self._fixtures.requesters(fixture.name):
            found = self._fixtures.requested(fixture.name, function)
            if found is None or not _is_same(found, fixture):
                continue
            if not self._flows_variable(self.names.scopes[function], fixture.name, trace):
                return False
        return True

    def _flows_cell(self, node: ast.AST, trace: _Trace) -> bool:
        """Out of a list of values: one of ``parametrize``, or one that a loop goes over."""
        holder, _, at = self.names.up[node]
        above = self.names.up[holder].parent
        if isinstance(holder, ast.Call) or isinstance(above, ast.List | ast.Tuple | ast.Set):
            return self._flows_rows(above, at or 0, trace)
        return self._flows_rows(holder, None, trace)

    def _flows_rows(self, rows: ast.AST, column: int | None, trace: _Trace) -> bool:
        """Out of rows: of one column, or None where the elements are no rows themselves."""
        up = self.names.up[rows]
        match up.parent:
            case ast.Call() as call if self.names.means(call.func, PARAMETRIZE):
                return self._flows_mark(call, column, trace)
            case ast.keyword(arg="argvalues") as keyword:
                return self._flows_mark(self.names.up[keyword].parent, column, trace)
            case ast.For() | ast.AsyncFor() | ast.comprehension() as loop if up.field == "iter":
                target: ast.expr = loop.target
                if column is not None and isinstance(target, ast.Tuple) and column < len(target.elts):
                    return self._flows_target(target.elts[column], trace)
                return column is None and self._flows_target(target, trace)
            case ast.Assign(targets=[ast.Name() as target]) | ast.AnnAssign(target=ast.Name() as target):
                home = self.names.scope_of(target).home(target.id)
                if home is None or (home.is_module and not self._is_alone):
                    return False
                return all(self._flows_rows(each, column, trace) for each in self._variables.loads(home, target.id))
        return False

    def _flows_mark(self, mark: ast.AST, column: int | None, trace: _Trace) -> bool:
        given = [
            (function, name)
            for function in self.names.functions
            for name, at, width, by in self._variables.given(function)
            if by is mark and at == (column or 0) and (column is not None or width == 1)
        ]
        return bool(given) and all(
            self._flows_variable(self.names.scopes[function], name, trace) for function, name in given
        )

    # -- other files --------------------------------------------------------------------------------------------------

    def _others(self, word: str) -> list[Splats] | None:
        """The files that may use what this one defines under a name; None where that can't be told."""
        if self._is_alone:
            return [self]
        is_conftest = basename(self.file.place.path) == "conftest.py"
        folder = self.file.place.path[: -len("conftest.py")] if is_conftest else ""
        found: list[Splats] = []
        for path in sorted({*self.file.sources.paths, self.file.place.path}):
            if path.startswith(folder) and word in (self.file.sources.text(path) or word):
                there = self if path == self.file.place.path else self._elsewhere(path)
                if there is None:
                    return None
                found.append(there)
        return found

    def _calls_of(self, function: FunctionNode) -> list[tuple[Splats, ast.Call]] | None:
        """The calls of a function of this file; None where they can't all be seen."""
        own = self._variables.calls_of(function)
        if own is None or self._is_alone or not self.names.scope_of(function).is_module:
            return None if own is None else [(self, call) for call in own]
        found: list[tuple[Splats, ast.Call]] = []
        name = self.names.qualified(function)
        for there in self._others(function.name) or ():
            calls: list[ast.Call] | None = own
            if there is not self:
                uses = [each for each in there.names.by_word.get(function.name, ()) if there._means(each, name)]
                calls = None if renames(there.names, name) else called(there.names, uses)
            if calls is None:
                return None
            found += [(there, call) for call in calls]
        return found or None

    def _means(self, node: ast.expr, name: str) -> bool:
        meaning = self.names.meaning(node)
        return meaning is not None and self.file.sources.canonical(meaning) == name

    def _called(self, func: ast.expr) -> tuple[Splats, FunctionNode | None]:
        """The function that is called, in this file or another one."""
        function = self._variables.function(func)
        if function is not None:
            return self, function if decorator_of(self.names, function) is None else None
        found = self.definition(func)
        return found if found is not None else (self, None)

    def definition(self, func: ast.expr) -> tuple[Splats, FunctionNode] | None:
        """The function of another file that an expression names."""
        meaning = self.names.meaning(func)
        found = self.file.sources.definition(meaning) if meaning else None
        if found is None or not isinstance(found.node, ast.FunctionDef | ast.AsyncFunctionDef):
            return None
        stem = found.module.module.replace(".", "/")
        for root in self.file.sources.roots:
            path = f"{root}/{stem}.py" if root else f"{stem}.py"
            there = self._elsewhere(path) if self.file.sources.file(path) is found.module else None
            if there is not None and there.names is found.module:
                return there, found.node
        return None


def _is_same(one: Fixture, other: Fixture) -> bool:
    place = (other.path, other.name, other.node.name)
    return one.node is other.node or ((one.path, one.name, one.node.name) == place and bool(one.path))
