"""What holds a value between where it is written and where it is used: names, attributes, fixtures, results.

For each of them: everything that may give it its value, and everything that uses it, in all files of the project that
can see it. What can't be told is None, and whoever asks must then leave it alone.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from posixpath import basename, dirname
from typing import Literal, TypeAlias
from weakref import WeakKeyDictionary

from pytest_agentgate.codemods.fixtures import (
    PARAMETRIZE,
    Fixture,
    Fixtures,
    decorator_of,
    is_test,
    marks,
    parameters,
    results,
)  # fmt: skip
from pytest_agentgate.codemods.hierarchy import owner, receiver_parameter
from pytest_agentgate.codemods.names import Binding, FunctionNode, ModuleNames
from pytest_agentgate.codemods.receivers import is_tests
from pytest_agentgate.codemods.shapes import Cell, Keyed, Many, Shape, Values
from pytest_agentgate.codemods.sources import File, Place, Sources

Function: TypeAlias = FunctionNode | ast.Lambda
_KEEPING = frozenset({"builtins.staticmethod", "builtins.classmethod", "functools.cache", "functools.lru_cache"})
_LOOPS = (ast.For, ast.AsyncFor, ast.comprehension)


@dataclass(frozen=True)
class Holder:
    """Something that holds a value.

    Args:
        kind: a name in a scope, an attribute of a class's instances, what a fixture gives, what a function returns, or
            what a fixture finds in ``request.param``.
        node: the scope, class or function.
        name: the name or attribute.
        names: the file that it stands in.
    """

    kind: Literal["name", "attribute", "fixture", "result", "params"]
    node: ast.AST
    name: str
    names: ModuleNames = field(compare=False, repr=False)

    @property
    def is_open(self) -> bool:
        """Whether other files can see it."""
        return self.kind != "name" or isinstance(self.node, ast.Module)


def same(shape: Shape) -> Shape | None:
    return shape


@dataclass(frozen=True, eq=False)
class Giver:
    """An expression that gives a holder its value, and the shape that it needs for the holder to have one."""

    names: ModuleNames
    node: ast.expr
    adapt: Callable[[Shape], Shape | None] = same


@dataclass(frozen=True, eq=False)
class Use:
    """An expression that uses what a holder holds."""

    names: ModuleNames
    node: ast.expr


class _Overlay(Sources):
    """The project's files, one of them as it is now rather than as it is on disk."""

    def __init__(self, under: Sources, path: str, names: ModuleNames) -> None:
        super().__init__(under.text, under.roots, lambda: under.paths)
        self._under, self._path, self._own = under, path, names

    def file(self, path: str) -> ModuleNames | None:
        return self._own if path == self._path else self._under.file(path)


_WORDS: WeakKeyDictionary[Sources, dict[str, tuple[str, ...]]] = WeakKeyDictionary()


class Holders:
    """The holders that a file, and the files that share some with it, can see."""

    def __init__(self, file: File) -> None:
        self.disk = file.sources
        path = file.place.path
        self.sources = _Overlay(file.sources, path, file.names) if path else file.sources
        self.file = replace(file, place=replace(file.place, sources=self.sources))
        self._files: dict[ModuleNames, File] = {file.names: self.file}
        self._fixtures: dict[ModuleNames, Fixtures] = {}

    # -- files ---------------------------------------------------------------------------------------------------------

    def file_of(self, names: ModuleNames) -> File:
        if names not in self._files:
            stem = names.module.replace(".", "/")
            bases = [f"{root}/{stem}" if root else stem for root in self.sources.roots]
            paths = (path for base in bases for path in (f"{base}.py", f"{base}/__init__.py"))
            found = next((path for path in paths if self.sources.file(path) is names), "")
            self._files[names] = File(names, Place.within(self.sources, found))
        return self._files[names]

    def fixtures(self, names: ModuleNames) -> Fixtures:
        if names not in self._fixtures:
            self._fixtures[names] = Fixtures(self.file_of(names))
        return self._fixtures[names]

    def with_word(self, word: str, folder: str = "") -> Iterator[ModuleNames]:
        """The files below a folder in which a word stands, this one first."""
        own = self.file.place.path
        yield self.file.names
        known = _WORDS.setdefault(self.disk, {})
        if word not in known:
            pattern = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
            known[word] = tuple(path for path in self.disk.paths if pattern.search(self.disk.text(path) or ""))
        for path in known[word]:
            if path != own and (not folder or path.startswith(f"{folder}/")):
                names = self.sources.file(path)
                if names is not None:
                    yield names

    # -- which holder an expression reads ------------------------------------------------------------------------------

    def holder(self, names: ModuleNames, node: ast.expr) -> Holder | None:
        """What an expression reads; None where it reads none that is known."""
        if isinstance(node, ast.Name):
            home = names.scope_of(node).home(node.id)
            bindings = home.bindings[node.id] if home is not None else []
            if home is None or all(binding.is_import for binding in bindings):
                return self._constant(names.meaning(node))
            if home.is_class:
                return Holder("attribute", home.node, node.id, names)
            return Holder("name", home.node, node.id, names)
        if isinstance(node, ast.Attribute):
            if self._is_param(names, node):
                function = names.enclosing(node, ast.FunctionDef, ast.AsyncFunctionDef)
                return None if function is None else Holder("params", function, "", names)
            inside = self._class_of(names, node.value)
            if inside is not None:
                return self._attribute(names, inside, node.attr)
            return self._constant(names.meaning(node))
        if isinstance(node, ast.Call):
            found = self.function(names, node.func)
            return None if found is None else Holder("result", found[1], "", found[0])
        return None

    def _constant(self, name: str | None) -> Holder | None:
        found = self.sources.definition(name) if name else None
        if found is None or not isinstance(found.node, ast.expr):
            return None
        last = found.name.rpartition(".")[2]
        return Holder("name", found.module.tree, last, found.module) if last in found.module.scope.bindings else None

    def _is_param(self, names: ModuleNames, node: ast.Attribute) -> bool:
        return node.attr == "param" and isinstance(node.value, ast.Name) and node.value.id == "request"

    def _class_of(self, names: ModuleNames, node: ast.expr) -> ast.ClassDef | None:
        """The class of this file whose instance ``self``, or which itself, an expression is."""
        if not isinstance(node, ast.Name):
            return None
        for binding in names.bindings(node):
            if binding.kind == "class" and isinstance(binding.node, ast.ClassDef):
                return binding.node
            function = binding.scope.node
            if binding.kind == "parameter" and isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                return owner(names, function) if receiver_parameter(names, function) is binding.node else None
        return None

    def _lineage(self, names: ModuleNames, node: ast.ClassDef) -> Iterator[ast.ClassDef]:
        """A class and those that it derives from, as far as they stand in its file."""
        yield node
        for base in node.bases:
            for each in names.classes:
                if each is not node and names.means(base, names.qualified(each)):
                    yield from self._lineage(names, each)

    def _attribute(self, names: ModuleNames, inside: ast.ClassDef, name: str) -> Holder | None:
        for each in reversed(list(self._lineage(names, inside))):
            holder = Holder("attribute", each, name, names)
            if any(True for _ in self._stores(holder)) or name in names.scopes[each].bindings:
                return holder
        return None

    def function(self, names: ModuleNames, node: ast.expr, deep: int = 5) -> tuple[ModuleNames, Function] | None:
        """The function of tests that an expression calls: a helper, a method, or what a fixture returns."""
        if isinstance(node, ast.Lambda):
            return names, node
        if isinstance(node, ast.Attribute):
            inside = self._class_of(names, node.value)
            for each in self._lineage(names, inside) if inside is not None else ():
                found = [each.node for each in names.scopes[each].bindings.get(node.attr, ())]
                if found:
                    return self._plain(names, found)
            return self._defined(names.meaning(node))
        if not isinstance(node, ast.Name) or not deep:
            return None
        bindings = names.bindings(node)
        if not bindings or all(binding.is_import for binding in bindings):
            return self._defined(names.meaning(node))
        if len(bindings) == 1 and bindings[0].kind == "parameter":
            fixture = self.fixture(names, bindings[0])
            results = fixture.results if fixture is not None else []
            if fixture is not None and len(results) == 1 and results[0] is not None:
                return self.function(fixture.names, results[0], deep - 1)
            return None
        if len(bindings) == 1 and isinstance(bindings[0].value, ast.Lambda):
            return names, bindings[0].value
        return self._plain(names, [binding.node for binding in bindings])

    def _defined(self, name: str | None) -> tuple[ModuleNames, Function] | None:
        found = self.sources.definition(name) if name else None
        return None if found is None else self._plain(found.module, [found.node])

    def _plain(self, names: ModuleNames, nodes: Sequence[ast.AST]) -> tuple[ModuleNames, Function] | None:
        if len(nodes) != 1 or not isinstance(nodes[0], ast.FunctionDef | ast.AsyncFunctionDef):
            return None
        node = nodes[0]
        decorators = [each.func if isinstance(each, ast.Call) else each for each in node.decorator_list]
        return (names, node) if all(names.meaning(each) in _KEEPING for each in decorators) else None

    def fixture(self, names: ModuleNames, binding: Binding) -> Fixture | None:
        """The fixture that a parameter stands for."""
        function = binding.scope.node
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or not isinstance(binding.node, ast.arg):
            return None
        return self.fixtures(names).request(binding.node, function, names)

    # -- what gives a value --------------------------------------------------------------------------------------------

    def givers(self, holder: Holder) -> list[Giver | Holder] | None:
        """Everything that may give a holder its value; None where some of it can't be told."""
        found: list[Giver | Holder | None] = []
        names = holder.names
        if holder.kind == "name":
            for binding in names.scopes[holder.node].bindings[holder.name]:
                found += self._bound(names, binding)
        elif holder.kind == "attribute":
            for store in self._stores(holder):
                found += self._assigned(names, store)
            for binding in names.scopes[holder.node].bindings.get(holder.name, ()):
                found += self._bound(names, binding)
        elif holder.kind == "params":
            fixture = next(iter(self.fixtures(names).of(holder.node, names)), None)
            params = fixture.params if fixture is not None else None
            if fixture is None or params is None or self._is_indirect(fixture):
                return None
            found.append(Giver(names, params, lambda shape: Many(Cell(0, 1, shape))))
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

    def _stores(self, holder: Holder) -> Iterator[ast.Attribute]:
        """Where an attribute of ``self`` or of the class is assigned, in its class and in those that derive from it."""
        for node in holder.names.by_word.get(holder.name, ()):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                inside = self._class_of(holder.names, node.value)
                if inside is not None and holder.node in set(self._lineage(holder.names, inside)):
                    yield node

    def _bound(self, names: ModuleNames, binding: Binding) -> list[Giver | Holder | None]:
        if binding.kind == "parameter":
            return self._passed(names, binding)
        if binding.kind == "import":
            return [self._constant(binding.target)]
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
        return Giver(names, values, lambda shape: Many(Cell(at, of, shape)))

    def _passed(self, names: ModuleNames, binding: Binding) -> list[Giver | Holder | None]:
        """What a parameter is given: by ``parametrize``, by a fixture, or by the calls of the function."""
        function = binding.scope.node
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) or not isinstance(binding.node, ast.arg):
            return [None]
        rows = list(self._parametrized(names, function, binding.name))
        if rows:
            return [*rows]
        fixture = self.fixture(names, binding)
        if fixture is not None:
            return [Holder("fixture", fixture.node, fixture.name, fixture.names)]
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
            yield None if rows is None else Giver(names, rows, lambda shape, at=at, of=of: Many(Cell(at, of, shape)))  # type: ignore[misc]

    def _arguments(self, names: ModuleNames, function: FunctionNode, parameter: ast.arg) -> list[Giver | Holder | None]:
        calls = self.calls(Holder("result", function, "", names))
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
        folder = dirname(self.file_of(fixture.names).place.path)
        return any("indirect" in _keywords(names) for names in self.with_word(fixture.name, folder))

    # -- what uses a value ---------------------------------------------------------------------------------------------

    def uses(self, holder: Holder) -> list[Use | Holder] | None:
        """Everything that uses what a holder holds; None where some of it can't be told."""
        names = holder.names
        if not is_tests(names) and holder.is_open:
            return None  # the implementation uses it too, and is not ours to change
        if holder.kind == "fixture":
            return self._requests(holder)
        if holder.kind == "result":
            return self.calls(holder)  # type: ignore[return-value]
        if holder.kind == "params":
            return [
                Use(names, node)
                for node in names.by_word.get("param", ())
                if isinstance(node, ast.Attribute) and self.holder(names, node) == holder
            ]
        if holder.kind == "attribute":
            return self._of_attribute(holder)
        found: list[Use | Holder] = [
            Use(names, node) for node in self._reads(names, holder.name) if self.holder(names, node) == holder
        ]
        if isinstance(holder.node, ast.Module):
            found += self._from_outside(holder)
        return found

    def _reads(self, names: ModuleNames, word: str) -> Iterator[ast.Name | ast.Attribute]:
        return (node for node in names.by_word.get(word, ()) if isinstance(node.ctx, ast.Load))

    def _from_outside(self, holder: Holder) -> Iterator[Use]:
        """Uses of a module's name in other files, which import it or its module."""
        module = holder.names.module.rpartition(".")[2]
        for names in self.with_word(holder.name):
            if names is holder.names or (module and not _mentions(names, module, holder.name)):
                continue
            words = {holder.name} | {
                binding.name
                for scope in names.scopes.values()
                for bindings in scope.bindings.values()
                for binding in bindings
                if binding.is_import and (binding.target or "").endswith(f".{holder.name}")
            }
            for word in sorted(words):
                for node in self._reads(names, word):
                    if self.holder(names, node) == holder:
                        yield Use(names, node)

    def _of_attribute(self, holder: Holder) -> list[Use | Holder] | None:
        names = holder.names
        if not isinstance(holder.node, ast.ClassDef) or self._is_shared(names, holder.node):
            return None
        found: list[Use | Holder] = []
        for node in self._reads(names, holder.name):
            if isinstance(node, ast.Name) and self.holder(names, node) == holder:
                found.append(Use(names, node))
            elif isinstance(node, ast.Attribute):
                inside = self._class_of(names, node.value)
                if inside is not None and holder.node in set(self._lineage(names, inside)):
                    found.append(Use(names, node))
        return found

    def _is_shared(self, names: ModuleNames, node: ast.ClassDef) -> bool:
        """Whether other files derive from a class, or it derives from one of another file of the project."""
        known = {names.qualified(each) for each in names.classes}
        for base in node.bases:
            name = names.meaning(base)
            if name not in known and (name is None or self.sources.definition(name) is not None):
                return True
        name = names.qualified(node)
        return any(
            binding.is_import and (binding.target or "").endswith(f".{node.name}")
            for other in self.with_word(node.name)
            if other is not names and _mentions(other, name.split(".")[0], node.name)
            for binding in other.scope.bindings.get(node.name, ())
        )

    def _requests(self, holder: Holder) -> list[Use | Holder] | None:
        """The parameters that request a fixture, in every file that sees it."""
        path = self.file_of(holder.names).place.path
        shared = basename(path) == "conftest.py" or not basename(path).startswith("test_")
        folder = dirname(path) if basename(path) == "conftest.py" else ""
        found: list[Use | Holder] = []
        for names in self.with_word(holder.name, folder) if shared else [holder.names]:
            if any(each.value == holder.name and _asks(names, each) for each in names.strings):
                return None
            for function in names.functions:
                if not any(each.arg == holder.name for each in [*function.args.args, *function.args.kwonlyargs]):
                    continue
                parameter = parameters(names, function).get(holder.name)
                if parameter is None:
                    continue
                fixture = self.fixtures(names).request(parameter, function, names)
                if fixture is not None and fixture.node is holder.node:
                    found.append(Holder("name", function, holder.name, names))
        return found

    def calls(self, holder: Holder) -> list[Use] | None:
        """The calls of a function, where it is used for nothing but to be called."""
        names, function = holder.names, holder.node
        if isinstance(function, ast.Lambda):
            up = names.up[function]
            targets = up.parent.targets if isinstance(up.parent, ast.Assign) else []
            bound = [each.id for each in targets if isinstance(each, ast.Name)]
        elif isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            bound = [function.name]
        else:
            bound = []
        if len(bound) != 1:
            return None
        word = bound[0]
        outside = names.scope_of(function)
        files = self.with_word(word) if outside.is_module else [names]
        if outside.is_class and (not isinstance(outside.node, ast.ClassDef) or self._is_shared(names, outside.node)):
            return None
        found: list[Use] = []
        for each in files:
            for node in self._reads(each, word):
                target = self.function(each, node)
                if target is None or target[1] is not function:
                    if isinstance(node, ast.Name) and any(one.node is function for one in each.bindings(node)):
                        return None
                    continue
                uses = self._called(each, node)
                if uses is None:
                    return None
                found += uses
        return found

    def _called(self, names: ModuleNames, node: ast.expr) -> list[Use] | None:
        """The calls that a mention of a function leads to: its own, or those of a fixture that returns it."""
        parent, name, _ = names.up[node]
        if isinstance(parent, ast.Call) and name == "func":
            return [Use(names, parent)]
        if isinstance(parent, ast.Return | ast.Yield):
            fixture = next(
                iter(self.fixtures(names).of(names.enclosing(parent, ast.FunctionDef, ast.AsyncFunctionDef), names)),
                None,
            )
            requests = fixture and self._requests(Holder("fixture", fixture.node, fixture.name, fixture.names))
            found: list[Use] = []
            for each in requests or ():
                uses = self.uses(each) if isinstance(each, Holder) else None
                for use in uses or ():
                    called = self._called(use.names, use.node) if isinstance(use, Use) else None
                    if called is None:
                        return None
                    found += called
            return found if requests is not None else None
        return None


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
            Giver(names, each.value, lambda shape, key=each.arg: shape.at(key) if isinstance(shape, Keyed) else None)  # type: ignore[misc]
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


def _words(node: ast.expr | None) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [word.strip() for word in node.value.split(",") if word.strip()]
    if isinstance(node, ast.List | ast.Tuple):
        return [str(each.value) for each in node.elts if isinstance(each, ast.Constant)]
    return []


def _keywords(names: ModuleNames) -> set[str | None]:
    return {each.arg for call in names.calls for each in call.keywords}


def _mentions(names: ModuleNames, *words: str) -> bool:
    """Whether imports of a file name all of these words as parts of what they import."""
    parts = {
        part
        for scope in names.scopes.values()
        for bindings in [*scope.bindings.values(), scope.stars]
        for binding in bindings
        if binding.is_import or binding.kind == "star"
        for part in (binding.target or "").split(".")
    }
    return words[0] in parts


def _asks(names: ModuleNames, node: ast.Constant) -> bool:
    """Whether a string is the argument of ``getfixturevalue``."""
    parent = names.up[node].parent
    return (
        isinstance(parent, ast.Call)
        and isinstance(parent.func, ast.Attribute)
        and parent.func.attr == "getfixturevalue"
    )
