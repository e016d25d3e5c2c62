"""Which class a value is proven to have: what stands before the dot of ``value.attribute``.

Nothing is run. A value is what its constructor, annotation, fixture or definition says; where several assignments or
branches give it, all of them count, and one that can't be told makes the whole unknown.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Sequence

from pytest_agentgate.codemods.idioms.class_fixtures import put_on_class
from pytest_agentgate.codemods.idioms.fixtures import Fixture, Fixtures, decorator_of, own_nodes, parametrized, results
from pytest_agentgate.codemods.reading import known_calls
from pytest_agentgate.codemods.reading.growth import put_into
from pytest_agentgate.codemods.reading.hierarchy import Hierarchy, has_decorator, owner, receiver_parameter, takes_class
from pytest_agentgate.codemods.reading.local_calls import passed
from pytest_agentgate.codemods.reading.names import Binding, FunctionNode, ModuleNames
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.reading.test_modules import is_tests
from pytest_agentgate.codemods.reading.values import (
    MANAGER,
    NONE,
    SELF,
    UNKNOWN,
    Annotations,
    Value,
    Values,
    as_instances,
    awaited,
    bind,
    element,
    item,
    one,
    present,
    union,
    unpacked,
)  # fmt: skip

_PROPERTIES = (
    "builtins.property", "functools.cached_property", "abc.abstractproperty",
    "django.utils.functional.cached_property",
)  # fmt: skip
_TRANSPARENT = frozenset(
    {
        "builtins.classmethod", "builtins.staticmethod", "abc.abstractmethod", "typing.override", "typing.final",
        "typing_extensions.override", "functools.cache", "functools.lru_cache", "typing.no_type_check", *_PROPERTIES,
    }
)  # fmt: skip
_ACCESSORS = frozenset({"setter", "deleter", "getter"})
_MANAGERS = frozenset({"contextlib.contextmanager", "contextlib.asynccontextmanager"})


class Receivers:
    """The classes of the values in one file."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.names = file.names
        self.hierarchy = Hierarchy(file)
        self.fixtures = Fixtures(file)
        self.annotations = Annotations(self.hierarchy)
        self._known: dict[ast.AST, Values] = {}
        self._busy: set[ast.AST] = set()
        self._functions: dict[str, dict[FunctionNode, ModuleNames]] = {}  # also those inside of others

    # -- what codemods ask -------------------------------------------------------------------------------------------

    def classes(self, node: ast.expr) -> frozenset[str | None]:
        """The dotted names of the classes that an expression's value may have; None among them is "unknown"."""
        return frozenset(self._class_name(value) for value in self.values(node))

    def proves(self, node: ast.expr, cls: str, member: str = "", spec: bool = False) -> bool:
        """Whether the value of an expression is an instance of a class, or of one that derives from it.

        Args:
            node: the expression, of this file.
            cls: the dotted name of the class, as its home or a re-export calls it.
            member: a name that no class of the implementation between the two may define anew.
            spec: mocks that were made with the class as their ``spec`` count.
        """
        forms = {"instance", "mock"} if spec else {"instance"}
        return self._all(self.values(node), forms, cls, member)

    def proves_class(self, node: ast.expr, cls: str, member: str = "") -> bool:
        """Whether an expression is the class itself, or one that derives from it."""
        return self._all(self.values(node), {"class", "name"}, cls, member)

    def derives(self, name: str, cls: str, member: str = "") -> bool:
        """Whether a class is another one, or derives from it and does not define ``member`` anew."""
        if not self.hierarchy.derives(name, cls):
            return False
        return not (member and any(self._overrides(*each, member) for each in self.hierarchy.between(name, cls)))

    def values(self, node: ast.expr, names: ModuleNames | None = None) -> Values:
        """Everything that an expression may evaluate to; ``names`` is the file that it stands in, where another."""
        if node in self._known:
            return self._known[node]
        if node in self._busy:
            return UNKNOWN
        self._busy.add(node)
        try:
            found = self._read(node, names or self.names) or UNKNOWN
        except RecursionError:
            found = UNKNOWN
        finally:
            self._busy.discard(node)
        self._known[node] = found
        return found

    def _class_name(self, value: Value | None) -> str | None:
        if value is None or value.form != "instance":
            return None
        seen = self.hierarchy.class_definition(value.name) is not None or value.name.startswith("builtins.")
        return value.name if seen or value.name.rpartition(".")[2][:1].isupper() else None

    def _all(self, values: Values, forms: Iterable[str], cls: str, member: str) -> bool:
        return bool(values) and all(
            each is not None and each.form in forms and self.derives(each.name, cls, member) for each in values
        )

    def _overrides(self, definition: object, node: ast.ClassDef, member: str) -> bool:
        """Whether a class of the implementation defines a member; those of tests are rewritten along."""
        module: ModuleNames = definition.module  # type: ignore[attr-defined]
        if is_tests(module):
            return False
        return member in module.scopes[node].bindings or member in self.hierarchy.stores(module, node)

    # -- expressions -------------------------------------------------------------------------------------------------

    def _read(self, node: ast.expr, names: ModuleNames) -> Values:
        match node:
            case ast.Name():
                return self._name(node, names)
            case ast.Attribute():
                return self._attribute(node, names)
            case ast.Call():
                return self._call(node, names)
            case ast.Await():
                return awaited(self.values(node.value, names))
            case ast.IfExp():
                return union(self.values(node.body, names), self.values(node.orelse, names))
            case ast.BoolOp():
                return union(*(self.values(each, names) for each in node.values))
            case ast.NamedExpr():
                return self.values(node.value, names)
            case ast.Subscript():
                return item(self.values(node.value, names), node.slice)
            case ast.List() | ast.Set():
                return one("builtins.list", self._elements(node.elts, names))
            case ast.Tuple():
                return one("builtins.tuple", *(self.values(each, names) for each in node.elts))
            case ast.Dict():
                keys = self._elements([each for each in node.keys if each is not None], names)
                return one("builtins.dict", keys if all(node.keys) else UNKNOWN, self._elements(node.values, names))
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
                return one("builtins.list", self.values(node.elt, names))
            case ast.DictComp():
                return one("builtins.dict", self.values(node.key, names), self.values(node.value, names))
            case ast.Constant():
                return frozenset({NONE}) if node.value is None else one(f"builtins.{type(node.value).__name__}")
            case ast.JoinedStr():
                return one("builtins.str")
        return UNKNOWN

    def _elements(self, nodes: Sequence[ast.expr], names: ModuleNames) -> Values:
        return union(*(self.values(each, names) for each in nodes)) or UNKNOWN

    def _name(self, node: ast.Name, names: ModuleNames) -> Values:
        bindings = names.bindings(node)
        if not bindings:
            return union(*(self._symbol(each) for each in names.candidates(node)))
        return self._bound(bindings, names)

    def _bound(self, bindings: Sequence[Binding], names: ModuleNames) -> Values:
        found = union(*(self._binding(each, names) for each in bindings))
        return present(found) if any(_annotated(each.node, names) for each in bindings) else found

    def _symbol(self, name: str | None) -> Values:
        """What a dotted name stands for."""
        if name is None:
            return UNKNOWN
        if name.startswith("builtins."):
            known = isinstance(getattr(builtins, name[9:], None), type)
            return frozenset({Value(name, "class" if known else "name")})
        found = self.hierarchy.definition(name)
        if found is not None and isinstance(found.node, ast.ClassDef):
            return frozenset({Value(found.name, "class")})
        if found is not None and isinstance(found.node, ast.FunctionDef | ast.AsyncFunctionDef):
            return frozenset({Value(found.name, "function")})
        module, _, last = (name if found is None else found.name).rpartition(".")
        home = found.module if found is not None else self.file.sources.module(module)
        bindings = home.scope.bindings.get(last, []) if home is not None and home.module == module else []
        if home is not None and bindings and all(each.kind == "assignment" for each in bindings):
            return self._bound(bindings, home)
        if home is not None and bindings and found is None and not all(each.is_import for each in bindings):
            return UNKNOWN
        return frozenset({Value(name, "name")})

    # -- bindings ----------------------------------------------------------------------------------------------------

    def _binding(self, binding: Binding, names: ModuleNames) -> Values:
        node = binding.node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and binding.target is not None:
            self._functions.setdefault(binding.target, {})[node] = names
            return frozenset({Value(binding.target, "function")})
        if binding.kind in {"import", "class"}:
            return self._symbol(binding.target)
        if isinstance(node, ast.arg):
            return self._parameter(node, names)
        if isinstance(binding.value, ast.List | ast.Set | ast.Dict) and not _annotated(node, names):
            return self._grown(binding, binding.value, names)
        if isinstance(node, ast.Name | ast.Attribute):
            return self._stored(node, names)
        if isinstance(node, ast.ExceptHandler) and node.type is not None:
            types = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            return union(*(as_instances(self.values(each, names)) for each in types))
        return UNKNOWN

    def _grown(self, binding: Binding, literal: ast.List | ast.Set | ast.Dict, names: ModuleNames) -> Values:
        """What a list, set or dict holds with what is put into it later."""
        there = literal.values if isinstance(literal, ast.Dict) else literal.elts
        later = put_into(names, binding)
        elements = UNKNOWN if later is None else self._elements([*there, *later], names)
        if not isinstance(literal, ast.Dict):
            return one("builtins.list", elements)
        keys = [each for each in literal.keys if each is not None]
        return one("builtins.dict", self._elements(keys, names) if keys and not later else UNKNOWN, elements)

    def _stored(self, target: ast.AST, names: ModuleNames) -> Values:
        """What a statement gives to one of its targets."""
        parent, field, at = names.up[target]
        match parent:
            case _ if isinstance(getattr(target, "ctx", None), ast.Del):
                return frozenset()
            case ast.AnnAssign() if field == "target":
                found = self.annotations.values(parent.annotation, names)
                return self.values(parent.value, names) if found == UNKNOWN and parent.value else found
            case ast.Assign() | ast.NamedExpr() if field in {"targets", "target"}:
                return self.values(parent.value, names)
            case ast.withitem() if field == "optional_vars":
                is_async = isinstance(names.up[parent].parent, ast.AsyncWith)
                return self.entered(self.values(parent.context_expr, names), is_async)
            case ast.For() | ast.comprehension() if field == "target":
                return element(self.values(parent.iter, names), self.hierarchy)
            case ast.AsyncFor() if field == "target":
                return element(self.values(parent.iter, names), self.hierarchy)
            case ast.Tuple() | ast.List() if at is not None:
                starred = any(isinstance(each, ast.Starred) for each in parent.elts)
                return UNKNOWN if starred else unpacked(self._stored(parent, names), at)
        return UNKNOWN

    def _parameter(self, node: ast.arg, names: ModuleNames) -> Values:
        arguments = names.up[node].parent
        function = names.up[arguments].parent
        if isinstance(function, ast.Lambda):
            many = known_calls.elements_for(function, names)
            return UNKNOWN if many is None else element(self.values(many, names), self.hierarchy)
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or not isinstance(arguments, ast.arguments):
            return UNKNOWN
        if node in (arguments.vararg, arguments.kwarg):
            return UNKNOWN
        inside = owner(names, function)
        if inside is not None and receiver_parameter(names, function) is node:
            is_class = takes_class(names, function) and decorator_of(names, function) is None
            return frozenset({Value(names.qualified(inside), "class" if is_class else "instance")})
        if node.annotation is not None:
            found = present(self.annotations.values(node.annotation, names))
            if None not in found:
                return found
        if names is self.names:
            given = parametrized(names, function).get(node.arg)
            if given is not None:
                return union(*(UNKNOWN if each is None else self.values(each, names) for each in given)) or UNKNOWN
        if names is not self.names and decorator_of(names, function) is None:
            return UNKNOWN
        fixture = self.fixtures.request(node, function, names)
        if fixture is not None:
            return self.given(fixture)
        return union(*(self.values(each, names) for each in passed(node, function, names))) or UNKNOWN

    def given(self, fixture: Fixture) -> Values:
        """What a fixture gives to those who request it."""
        node, names = fixture.node, fixture.names
        if node.returns is not None:
            found = self.annotations.values(node.returns, names)
            if fixture.yields:
                found = element(found, self.hierarchy)
            if None not in found:
                return found
        given = [UNKNOWN if each is None else self.values(each, names) for each in fixture.results]
        return union(*given) or frozenset({NONE})

    # -- attributes --------------------------------------------------------------------------------------------------

    def _attribute(self, node: ast.Attribute, names: ModuleNames) -> Values:
        if node.attr == "param" and isinstance(node.value, ast.Name) and node.value.id == "request":
            function = names.enclosing(node, ast.FunctionDef, ast.AsyncFunctionDef)
            for fixture in self.fixtures.of(function, names):
                params = fixture.params
                return UNKNOWN if params is None else element(self.values(params, names), self.hierarchy)
        return union(*(self._looked_up(each, node.attr) for each in self.values(node.value, names)))

    def _looked_up(self, value: Value | None, attribute: str) -> Values:
        if value is None or value.form in {"mock", "function"}:
            return UNKNOWN
        if value.form == "name":
            return self._symbol(f"{value.name}.{attribute}")
        known = known_calls.attribute(value, attribute, self.hierarchy)
        return self._member(value, attribute) if known is None else known

    def _member(self, value: Value, attribute: str, after: str | None = None) -> Values:
        """What an attribute of an instance or class is, as the class statement and its methods say."""
        member = self.hierarchy.member(value.name, attribute, after)
        found = self._put_on(value, attribute)
        if member is None:
            return union(*found) or UNKNOWN
        names = member.owner.module
        for binding in member.bindings:
            node = binding.node
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                if any(isinstance(each, ast.Attribute) and each.attr in _ACCESSORS for each in node.decorator_list):
                    continue
                if has_decorator(names, node, *_PROPERTIES):
                    got = self.returned(node, names) if value.form == "instance" else UNKNOWN
                    found.append(bind(got, frozenset({value})))
                else:
                    found.append(
                        frozenset({Value(f"{member.owner.name}.{attribute}", "function", (frozenset({value}),))})
                    )
            elif binding.kind == "assignment" and binding.value is not None and self.hierarchy.is_enum(value.name):
                found.append(one(member.owner.name))
            else:
                found.append(self._binding(binding, names))
        found += [self._stored(each, names) for each in member.stores]
        places = [each.node for each in member.bindings] + list(member.stores)
        values = union(*found) or UNKNOWN
        return present(values) if any(_annotated(each, names) for each in places) else values

    def _put_on(self, value: Value, attribute: str) -> list[Values]:
        """What fixtures put on a test class of this file: ``request.cls.client = Client()``."""
        found = self.hierarchy.class_definition(value.name) if is_tests(self.names) else None
        if found is None or found[0].module is not self.names:
            return []
        return [self._stored(*each) for each in put_on_class(found[1], attribute, self.fixtures)]

    # -- calls -------------------------------------------------------------------------------------------------------

    def _call(self, node: ast.Call, names: ModuleNames) -> Values:
        if not node.args and names.means(node.func, "builtins.super"):
            return self._super(node, names)
        return union(*(self._called(each, node, names) for each in self.values(node.func, names)))

    def _called(self, value: Value | None, node: ast.Call, names: ModuleNames) -> Values:
        known = known_calls.result(value, node, names, self)
        if known is not None or value is None:
            return UNKNOWN if known is None else known
        if value.form == "class":
            return one(value.name)
        if value.form == "name":  # taken for a class; a function's name is never that of a class that is asked for
            return UNKNOWN if value.name.startswith("builtins.") else one(value.name)
        if value.form == "function":
            found = [self.returned(*each) for each in self._definitions(value.name)]
            return bind(union(*found), as_instances(union(*value.of), also_instances=True)) or UNKNOWN
        if value.form == "instance":
            return union(*(self._called(each, node, names) for each in self._member(value, "__call__") if each))
        return UNKNOWN

    def _definitions(self, name: str) -> list[tuple[FunctionNode, ModuleNames]]:
        """The definitions of a function, several where branches define it."""
        if name in self._functions:
            return list(self._functions[name].items())
        found = self.hierarchy.definition(name)
        is_function = found is not None and isinstance(found.node, ast.FunctionDef | ast.AsyncFunctionDef)
        return [(found.node, found.module)] if found is not None and is_function else []  # type: ignore[list-item]

    def _super(self, node: ast.Call, names: ModuleNames) -> Values:
        function = names.enclosing(node, ast.FunctionDef, ast.AsyncFunctionDef)
        inside = owner(names, function) if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) else None
        bases = [] if inside is None else self.hierarchy.bases(names.qualified(inside))
        return frozenset(None if base is None else Value(base) for base in bases) or UNKNOWN

    def returned(self, function: FunctionNode, names: ModuleNames) -> Values:
        """What a call of a function gives; ``Self`` stands for what it was looked up on."""
        if function in self._known:
            return self._known[function]
        if function in self._busy:
            return UNKNOWN
        self._busy.add(function)
        try:
            found = self._returned(function, names)
        finally:
            self._busy.discard(function)
        self._known[function] = found
        return found

    def _returned(self, function: FunctionNode, names: ModuleNames) -> Values:
        decorators = {
            names.meaning(each.func if isinstance(each, ast.Call) else each) for each in function.decorator_list
        }
        manages = bool(decorators & _MANAGERS)
        if decorators - _TRANSPARENT - _MANAGERS:
            return UNKNOWN
        generates = any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own_nodes(function))
        found = UNKNOWN if function.returns is None else self.annotations.values(function.returns, names)
        if None not in found:
            if manages:
                return one(MANAGER, element(found, self.hierarchy))
            is_coroutine = isinstance(function, ast.AsyncFunctionDef) and not generates
            return one("typing.Awaitable", found) if is_coroutine else found
        given = [self._result(each, function, names, generates) for each in results(function)]
        found = union(*given) or frozenset({NONE})
        if manages or generates:
            return one(MANAGER if manages else "typing.Iterator", found)
        return one("typing.Awaitable", found) if isinstance(function, ast.AsyncFunctionDef) else found

    def _result(self, node: ast.expr | None, function: FunctionNode, names: ModuleNames, generates: bool) -> Values:
        if node is None:
            return UNKNOWN if generates else frozenset({NONE})
        first = receiver_parameter(names, function)
        if first is not None:
            made = node.func if isinstance(node, ast.Call) else None
            if isinstance(node, ast.Name) and node.id == first.arg and not takes_class(names, function):
                return one(SELF)
            if isinstance(made, ast.Name) and made.id == first.arg and takes_class(names, function):
                return one(SELF)
        return self.values(node, names)

    def entered(self, values: Values, is_async: bool = False) -> Values:
        """What ``with`` binds for a context manager."""
        found: list[Values] = []
        for value in values:
            if value is None or value.form != "instance":
                found.append(UNKNOWN)
            elif value.name == MANAGER or value.name.endswith("ContextManager"):
                found.append(value.of[0] if value.of else UNKNOWN)
            else:
                for each in self._member(value, "__aenter__" if is_async else "__enter__"):
                    returned = [self.returned(*where) for where in self._definitions(each.name)] if each else []
                    got = bind(union(*returned), frozenset({value})) or UNKNOWN
                    found.append(awaited(got) if is_async else got)
        return union(*found) or UNKNOWN


def _annotated(node: ast.AST, names: ModuleNames) -> bool:
    up = names.up.get(node)
    return up is not None and isinstance(up.parent, ast.AnnAssign) and up.field == "target"
