"""The dicts that a ``**`` argument passes on: where they are written, and whether they go anywhere else.

Followed are displays and ``dict(...)``, their unions and copies, variables, attributes of ``self``, parametrized
arguments, fixtures, and functions of the same file that give a dict or take ``**overrides``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from posixpath import basename

from pytest_agentgate.codemods.fixtures import PARAMETRIZE, Fixtures, decorator_of, is_test, marks, results
from pytest_agentgate.codemods.hierarchy import owner, receiver_parameter
from pytest_agentgate.codemods.names import Binding, FunctionNode, Scope
from pytest_agentgate.codemods.sources import File

_COPIES = frozenset({"copy.copy", "copy.deepcopy", "builtins.dict"})
_BY_KEY = frozenset({"get", "pop", "setdefault"})


@dataclass(frozen=True, eq=False)
class Keys:
    """Something that gives a dict keys: a display, or a call whose keywords become keys."""

    node: ast.Dict | ast.Call
    not_keys: frozenset[str] = frozenset()  # keywords that the called function keeps for itself
    private: bool = False  # they go to the function and nowhere else, so that they may be rewritten

    @property
    def is_display(self) -> bool:
        """Whether it is the whole of a dict, so that a key more may be written here."""
        return isinstance(self.node, ast.Dict) or (isinstance(self.node.func, ast.Name) and self.node.func.id == "dict")

    def named(self, name: str) -> ast.Constant | ast.keyword | None:
        """The key or keyword of a name."""
        if isinstance(self.node, ast.Dict):
            found = (key for key in self.node.keys if isinstance(key, ast.Constant) and key.value == name)
            return next(found, None)
        if name in self.not_keys:
            return None
        return next((each for each in self.node.keywords if each.arg == name), None)

    def value(self, name: str) -> ast.expr | None:
        """The value that is given for a name."""
        said = self.named(name)
        if isinstance(said, ast.keyword):
            return said.value
        if isinstance(self.node, ast.Dict) and said is not None:
            return self.node.values[self.node.keys.index(said)]
        return None


@dataclass(frozen=True, eq=False)
class Splat:
    """A ``**`` argument of a call."""

    node: ast.keyword
    keys: tuple[Keys, ...]  # everything that is seen to give it keys
    complete: bool  # nothing else does
    words: tuple[ast.Constant, ...] = ()  # the other strings that name its keys: ``kwargs["qty"]``

    def names(self, name: str) -> bool:
        """Whether a key of that name is seen."""
        return any(each.named(name) for each in self.keys) or any(each.value == name for each in self.words)


@dataclass(eq=False)
class _Trace:
    """What is found out on one way, backwards or forwards."""

    keys: dict[ast.AST, Keys] = field(default_factory=dict)
    words: dict[ast.Constant, None] = field(default_factory=dict)
    through: dict[ast.AST, tuple[Scope, str]] = field(default_factory=dict)  # the variable that keywords fill
    seen: set[object] = field(default_factory=set)
    complete: bool = True


class Splats:
    """The ``**`` arguments of the calls of one function.

    Args:
        file: the file that the calls stand in.
        is_site: whether a call is one of that function.
    """

    def __init__(self, file: File, is_site: Callable[[ast.Call], bool]) -> None:
        self.file = file
        self.names = file.names
        self._is_site = is_site
        self._fixtures = Fixtures(file)
        name = basename(file.place.path)
        self._is_alone = not name or name.startswith("test") or name.endswith("_test.py")

    def of(self, node: ast.keyword) -> Splat:
        """What one ``**`` argument passes on."""
        back = _Trace()
        self._back(node.value, back)
        words = dict(back.words)
        keys: list[Keys] = []
        for each in back.keys.values():
            forward = _Trace()
            through = back.through.get(each.node)
            private = self._flows_variable(*through, forward) if through else self._flows(each.node, forward)
            words.update(forward.words)
            keys.append(replace(each, private=private))
        return Splat(node, tuple(keys), back.complete, tuple(words))

    # -- backwards: what gives it keys --------------------------------------------------------------------------------

    def _back(self, node: ast.expr | None, trace: _Trace) -> None:
        if node in trace.seen:
            return
        trace.seen.add(node)
        match node:
            case ast.Dict():
                trace.keys[node] = Keys(node)
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
                stores = self._stores(node)
                for each in stores:
                    up = self.names.up[each].parent
                    self._back(up.value if isinstance(up, ast.Assign | ast.AnnAssign) else None, trace)
                self._changes(self._loads_of_attribute(node), trace)
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
            function = self._function(node.func)
            given = results(function) if function is not None and decorator_of(self.names, function) is None else []
            trace.complete &= bool(given)
            for each in given:
                self._back(each, trace)

    def _keywords(self, node: ast.Call, trace: _Trace, not_keys: frozenset[str] = frozenset()) -> None:
        trace.keys[node] = Keys(node, not_keys)
        for keyword in node.keywords:
            if keyword.arg is None:
                self._back(keyword.value, trace)

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
            self._changes(self._loads(binding.scope, binding.name), trace)

    def _back_assignment(self, binding: Binding, trace: _Trace) -> None:
        up = self.names.up[binding.node]
        if binding.value is not None:
            self._back(binding.value, trace)
        elif isinstance(up.parent, ast.AugAssign) and isinstance(up.parent.op, ast.BitOr):
            self._back(up.parent.value, trace)
        elif (loop := self._loop(binding.node)) is not None:
            holder, at, width = loop
            rows = self._elements(holder)
            trace.complete &= bool(rows)
            for row in rows:
                self._back(_cell(row, at, width), trace)
        elif not (isinstance(up.parent, ast.AnnAssign) and up.parent.value is None):
            trace.complete = False

    def _back_parameter(self, binding: Binding, trace: _Trace) -> None:
        function = binding.scope.node
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            trace.complete = False
            return
        if function.args.kwarg is binding.node:
            own = frozenset(each.arg for each in (*function.args.args, *function.args.kwonlyargs))
            calls = self._calls_of(function)
            trace.complete &= calls is not None
            for call in calls or ():
                self._keywords(call, trace, own)
                trace.through[call] = binding.scope, binding.name
            return
        for name, at, width, mark in self._given(function):
            if name == binding.name:
                said = {each.arg: each.value for each in mark.keywords}
                rows = self._elements(mark.args[1] if len(mark.args) > 1 else said.get("argvalues"))
                trace.complete &= bool(rows)
                for row in rows:
                    self._back(_cell(row, at, width), trace)
                return
        fixture = None
        if is_test(self.names, function) or decorator_of(self.names, function) is not None:
            fixture = self._fixtures.requested(binding.name, function)
        if fixture is None or fixture.names is not self.names or not fixture.results:
            trace.complete = False
            return
        for each in fixture.results:
            self._back(each, trace)

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
            return self._flows(call.func.value, trace)
        return self.names.means(call.func, "pytest.param") and self._flows_cell(node, trace)

    def _flows_target(self, target: ast.AST, trace: _Trace) -> bool:
        if isinstance(target, ast.Name):
            home = self.names.scope_of(target).home(target.id)
            return home is not None and self._flows_variable(home, target.id, trace)
        if isinstance(target, ast.Attribute) and self._own_class(target) is not None:
            return all(self._flows(each, trace) for each in self._loads_of_attribute(target))
        return False

    def _flows_variable(self, home: Scope, name: str, trace: _Trace) -> bool:
        if ("variable", home, name) in trace.seen:
            return True
        trace.seen.add(("variable", home, name))
        if home.is_module and not self._is_alone:
            return False
        return all(self._flows(each, trace) for each in self._loads(home, name))

    def _flows_out(self, given: ast.AST, trace: _Trace) -> bool:
        """Out of a function: a fixture, or one that the file calls."""
        function = self.names.enclosing(given, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or not self._is_alone:
            return False
        fixture = next((each for each in self._fixtures.own if each.node is function), None)
        if fixture is None:
            calls = self._calls_of(function)
            return calls is not None and all(self._flows(call, trace) for call in calls)
        asked = any(node.value == fixture.name for node in self.names.strings)  # getfixturevalue and its like
        return not asked and all(
            self._fixtures.requested(fixture.name, each) is not fixture
            or self._flows_variable(self.names.scopes[each], fixture.name, trace)
            for each in self._fixtures.requesters(fixture.name)
        )

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
                return all(self._flows_rows(each, column, trace) for each in self._loads(home, target.id))
        return False

    def _flows_mark(self, mark: ast.AST, column: int | None, trace: _Trace) -> bool:
        given = [
            (function, name)
            for function in self.names.functions
            for name, at, width, by in self._given(function)
            if by is mark and at == (column or 0) and (column is not None or width == 1)
        ]
        return bool(given) and all(
            self._flows_variable(self.names.scopes[function], name, trace) for function, name in given
        )

    def _loop(self, target: ast.AST) -> tuple[ast.expr, int, int] | None:
        """What a loop goes over that fills a target, and which element of each row that gets."""
        up = self.names.up[target]
        at, width = 0, 1
        if isinstance(up.parent, ast.Tuple):
            at, width, up = up.at or 0, len(up.parent.elts), self.names.up[up.parent]
        if isinstance(up.parent, ast.For | ast.AsyncFor | ast.comprehension) and up.field == "target":
            return up.parent.iter, at, width
        return None

    # -- what stands in the file --------------------------------------------------------------------------------------

    def _given(self, function: FunctionNode) -> Iterator[tuple[str, int, int, ast.Call]]:
        """Each parameter that a ``parametrize`` fills: its name, its column of how many, and the mark."""
        for mark in marks(self.names, function, PARAMETRIZE):
            said = {each.arg: each.value for each in mark.keywords}
            words = mark.args[0] if mark.args else said.get("argnames")
            ids: list[str] = []
            if isinstance(words, ast.Constant) and isinstance(words.value, str):
                ids = [each.strip() for each in words.value.split(",") if each.strip()]
            elif isinstance(words, ast.List | ast.Tuple):
                ids = [str(each.value) for each in words.elts if isinstance(each, ast.Constant)]
            if "indirect" not in said and len(mark.args) < 3:
                yield from ((name, at, len(ids), mark) for at, name in enumerate(ids))

    def _elements(self, node: ast.expr | None) -> list[ast.expr]:
        """The elements of a list that is written out here or in the one assignment to a name."""
        if isinstance(node, ast.Name):
            bindings = self.names.bindings(node)
            node = bindings[0].value if len(bindings) == 1 else None
        return list(node.elts) if isinstance(node, ast.List | ast.Tuple | ast.Set) else []

    def _loads(self, home: Scope, name: str) -> list[ast.expr]:
        return [
            node
            for node in self.names.by_word.get(name, ())
            if isinstance(node, ast.Name)
            and isinstance(node.ctx, ast.Load)
            and self.names.scope_of(node).home(name) is home
        ]

    def _own_class(self, node: ast.Attribute) -> ast.ClassDef | None:
        """The class of whose ``self`` this is an attribute."""
        for binding in self.names.bindings(node.value) if isinstance(node.value, ast.Name) else ():
            function = binding.scope.node
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                first = receiver_parameter(self.names, function)
                if first is binding.node:
                    return owner(self.names, function)
        return None

    def _attributes(self, node: ast.Attribute) -> list[ast.Attribute]:
        inside = self._own_class(node)
        words = self.names.by_word.get(node.attr, ()) if inside is not None else ()
        return [each for each in words if isinstance(each, ast.Attribute) and self._own_class(each) is inside]

    def _stores(self, node: ast.Attribute) -> list[ast.Attribute]:
        return [each for each in self._attributes(node) if isinstance(each.ctx, ast.Store)]

    def _loads_of_attribute(self, node: ast.Attribute) -> list[ast.Attribute]:
        return [each for each in self._attributes(node) if isinstance(each.ctx, ast.Load)]

    def _function(self, node: ast.expr) -> FunctionNode | None:
        """The function of this file that a name calls."""
        bindings = self.names.bindings(node) if isinstance(node, ast.Name) else ()
        found = bindings[0].node if len(bindings) == 1 else None
        return found if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef) else None

    def _calls_of(self, function: FunctionNode) -> list[ast.Call] | None:
        """The calls of a function of this file; None where it is used in another way, or may be elsewhere."""
        home = self.names.scope_of(function)
        if home.is_class or (home.is_module and not self._is_alone) or is_test(self.names, function):
            return None
        if decorator_of(self.names, function) is not None:
            return None
        found: list[ast.Call] = []
        for use in self._loads(home, function.name):
            up = self.names.up[use]
            if not isinstance(up.parent, ast.Call) or up.field != "func":
                return None
            found.append(up.parent)
        return found


def _cell(row: ast.expr, at: int, width: int) -> ast.expr | None:
    if isinstance(row, ast.Call):  # pytest.param(...)
        return row.args[at] if at < len(row.args) else None
    if width == 1:
        return row
    return row.elts[at] if isinstance(row, ast.Tuple | ast.List) and at < len(row.elts) else None
