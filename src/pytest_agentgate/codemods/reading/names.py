"""What a name means in a file: scopes, bindings, imports, and the dotted names that expressions stand for.

Read with ``ast`` alone, so that a file which is only looked at (an implementation, a conftest) costs no LibCST parse.
Scoping follows the Python language reference, "Naming and binding"; where Python decides at run time (branches,
``del``, ``global``), a name has several candidates, and a codemod acts only if all of them agree.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from typing import Any, Literal, TypeAlias

from pytest_agentgate.codemods.reading.ups import CHILDREN, Ups

FunctionNode: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
BindingKind: TypeAlias = Literal["import", "function", "class", "parameter", "assignment", "star"]

_SCOPES = frozenset({
    ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
})  # fmt: skip
_MADE_AROUND = frozenset({ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef})
_MAKING = frozenset({"decorator_list", "returns", "bases", "keywords"})  # evaluated where the scope is made
_PARTS = frozenset({ast.arguments, ast.arg, ast.comprehension})
_BUILTINS = frozenset(dir(builtins))
_PLACE = attrgetter("lineno", "col_offset")
_PLACE_OF_BINDING = attrgetter("node.lineno", "node.col_offset")


@dataclass(frozen=True, eq=False)
class Binding:
    """One place where a scope gives a meaning to a name."""

    name: str
    kind: BindingKind
    node: ast.AST  # the alias, definition, parameter (ast.arg) or target that binds
    scope: Scope
    target: str | None = None  # the dotted name that it stands for, where that is known
    value: ast.expr | None = None  # what a plain assignment ``name = value`` assigns

    @property
    def is_import(self) -> bool:
        return self.kind == "import"


@dataclass(eq=False)
class Scope:
    """A module, class, function, lambda or comprehension, and the names that it binds."""

    node: ast.AST
    parent: Scope | None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    stars: list[Binding] = field(default_factory=list)  # ``from x import *``; target is the module
    global_names: set[str] = field(default_factory=set)
    nonlocal_names: set[str] = field(default_factory=set)

    @property
    def is_class(self) -> bool:
        return isinstance(self.node, ast.ClassDef)

    @property
    def is_module(self) -> bool:
        return isinstance(self.node, ast.Module)

    def home(self, name: str) -> Scope | None:
        """The scope whose binding ``name`` means when it is used here; None where nothing binds it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.global_names:
                return scope.module if name in scope.module.bindings else None
            seen = scope is self or not scope.is_class
            if seen and name in scope.bindings and name not in scope.nonlocal_names:
                return scope
            scope = scope.parent
        return None

    @property
    def module(self) -> Scope:
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope


def absolute(package: str, module: str | None, level: int) -> str | None:
    """The dotted name of the module that ``from <dots><module> import ...`` names; None where the dots leave the top.

    ``package`` is the package of the file that imports, "" if it has none.
    """
    if level == 0:
        return module
    parts = package.split(".") if package else []
    if level > len(parts):
        return None
    parts = parts[: len(parts) - level + 1]
    return ".".join([*parts, module] if module else parts)


def dotted(node: ast.AST) -> str | None:
    """``a.b.c`` of a chain of attributes that starts at a name, else None."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id, *reversed(parts)])


class ModuleNames:
    """One file as Python reads it: its tree, where each node hangs, and what its names mean.

    Args:
        tree: the parsed file.
        module: its dotted name as others import it, "" where it has none.
        package: the package that relative imports in it start from, "" where it has none.
    """

    def __init__(self, tree: ast.Module, module: str = "", package: str = "") -> None:
        self.tree = tree
        self.module = module
        self.package = package
        self.up = Ups()
        self.scopes: dict[ast.AST, Scope] = {}  # by the node that opens the scope
        self._evaluated: dict[ast.AST, Scope] = {}
        self.by_word: dict[str, list[ast.Name | ast.Attribute]] = {}  # uses of an identifier, in source order
        self.strings: list[ast.Constant] = []  # string literals, in source order
        self.imports: list[ast.Import | ast.ImportFrom] = []  # in source order
        self.calls: list[ast.Call] = []
        self.functions: list[FunctionNode] = []
        self.classes: list[ast.ClassDef] = []
        _Reader(self).read()

    # -- where things stand ------------------------------------------------------------------------------------------

    @property
    def scope(self) -> Scope:
        """The module's own scope."""
        return self.scopes[self.tree]

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around a node, from its parent to the module."""
        parents = self.up.parents
        while node in parents:
            node = parents[node]
            yield node

    def enclosing(self, node: ast.AST, *types: type[ast.AST]) -> ast.AST | None:
        """The innermost node of one of these types around a node."""
        return next((above for above in self.ancestors(node) if isinstance(above, types)), None)

    def statement(self, node: ast.AST) -> ast.stmt:
        """The innermost statement that holds a node, or the node itself."""
        while not isinstance(node, ast.stmt):
            node = self.up.parents[node]
        return node

    def scope_of(self, node: ast.AST) -> Scope:
        """The scope in which a node is evaluated; defaults, annotations and bases belong to the outer one."""
        return self._evaluated[node]

    # -- what names mean ---------------------------------------------------------------------------------------------

    def bindings(self, name: ast.Name) -> Sequence[Binding]:
        """Everything that may have given a name its meaning where it is used; empty where nothing in the file did."""
        home = self.scope_of(name).home(name.id)
        return home.bindings[name.id] if home is not None else ()

    def candidates(self, node: ast.AST) -> frozenset[str | None]:
        """The dotted names that an expression may stand for; None among them is "something else".

        A fallback ``name = None`` (of an import in ``try``) is no candidate: it can be neither called nor read.
        Names that nothing binds are ``builtins.NAME``, or, under star imports, ``MODULE.NAME`` for each of these.
        """
        if isinstance(node, ast.Attribute):
            return frozenset(None if base is None else f"{base}.{node.attr}" for base in self.candidates(node.value))
        if not isinstance(node, ast.Name):
            return frozenset({None})
        bindings = self.bindings(node)
        if bindings:
            known = [binding for binding in bindings if not _is_none(binding)]
            return frozenset(binding.target for binding in known) or frozenset({None})
        if node.id in _BUILTINS:
            return frozenset({f"builtins.{node.id}"})
        stars = frozenset(
            None if star.target is None else f"{star.target}.{node.id}"
            for scope in self._around(node)
            for star in scope.stars
        )
        return stars or frozenset({None})

    def meaning(self, node: ast.AST) -> str | None:
        """The one dotted name that an expression stands for, or None where there is doubt."""
        candidates = self.candidates(node)
        return next(iter(candidates)) if len(candidates) == 1 else None

    def means(self, node: ast.AST, name: str) -> bool:
        """Whether an expression stands for a dotted name, and for nothing else."""
        return self.candidates(node) == {name}

    def uses(self, name: str) -> list[ast.Name | ast.Attribute]:
        """The expressions that stand for a dotted name, in source order, those in imports not included.

        ``a.b.X`` is found as ``a.b.X``, ``b.X``, ``X`` and under every alias. Stores and deletions are included:
        look at the ``ctx``.
        """
        words = {name.rpartition(".")[2]} | {
            binding.name
            for scope in self.scopes.values()
            for bindings in scope.bindings.values()
            for binding in bindings
            if binding.target == name
        }
        return sorted(
            (node for word in words for node in self.by_word.get(word, ()) if self.means(node, name)),
            key=lambda node: (node.lineno, node.col_offset),
        )

    def import_target(self, statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> str | None:
        """The dotted name that one alias of an import statement imports; None where relative dots leave the top."""
        if isinstance(statement, ast.Import):
            return alias.name
        module = absolute(self.package, statement.module, statement.level)
        return None if module is None else f"{module}.{alias.name}" if module else alias.name

    def qualified(self, definition: FunctionNode | ast.ClassDef) -> str:
        """The dotted name of a definition in this file: ``module.Class.method``, ``module.function.<locals>.inner``."""
        parts = [definition.name]
        for above in self.ancestors(definition):
            if isinstance(above, ast.ClassDef):
                parts.append(above.name)
            elif isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef):
                parts += ["<locals>", above.name]
        return ".".join([self.module, *reversed(parts)] if self.module else reversed(parts))

    @cached_property
    def dunder_all(self) -> list[ast.Constant]:
        """The string literals of ``__all__``, as far as it is written down."""
        found: list[ast.Constant] = []
        for name in self.by_word.get("__all__", ()):
            statement = self.statement(name)
            if isinstance(statement, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr):
                inside = (node for node in ast.walk(statement) if isinstance(node, ast.Constant))
                found += [node for node in inside if isinstance(node.value, str)]
        return found

    def _around(self, node: ast.AST) -> Iterator[Scope]:
        scope: Scope | None = self.scope_of(node)
        while scope is not None:
            yield scope
            scope = scope.parent


def parse(source: str) -> ast.Module:
    """Parse without the warnings that old code gives (invalid escapes, ``is`` with a literal).

    Raises:
        SyntaxError: the running Python cannot read the source; also for null bytes and too deep nesting.
    """
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except (ValueError, RecursionError, MemoryError) as error:
            raise SyntaxError(str(error) or type(error).__name__) from error


def _is_none(binding: Binding) -> bool:
    return binding.kind == "assignment" and isinstance(binding.value, ast.Constant) and binding.value.value is None


class _Reader:
    """One walk over a tree that fills a ModuleNames."""

    def __init__(self, names: ModuleNames) -> None:
        self.names = names

    def read(self) -> None:
        tree = self.names.tree
        self.names.scopes[tree] = top = Scope(tree, None)
        self._below(tree, top)
        for scope in list(self.names.scopes.values()):
            self._settle(scope)
        found: list[list[Any]] = [
            *self.names.by_word.values(),
            self.names.strings,
            self.names.imports,
            self.names.calls,
            self.names.functions,
            self.names.classes,
        ]
        for nodes in found:
            nodes.sort(key=_PLACE)
        for scope in self.names.scopes.values():
            for bindings in scope.bindings.values():
                if len(bindings) > 1:
                    bindings.sort(key=_PLACE_OF_BINDING)

    def _below(self, root: ast.AST, scope: Scope) -> None:
        parents, evaluated = self.names.up.parents, self.names._evaluated
        evaluated[root] = scope
        stack = [root]
        while stack:
            node = stack.pop()
            kind = node.__class__
            here = evaluated[node]
            fields = CHILDREN[kind]
            inner = there = here
            if kind in _SCOPES:
                self.names.scopes[node] = inner = there = Scope(node, here)
            divided = kind in _MADE_AROUND or kind in _PARTS
            for name in fields:
                value = getattr(node, name, None)
                if value is None:
                    continue
                if divided:
                    there = self._around(node, name, here) if kind in _PARTS else here if name in _MAKING else inner
                for item in value if value.__class__ is list else (value,):
                    if isinstance(item, ast.AST):
                        parents[item] = node
                        evaluated[item] = there
                        stack.append(item)
            visit = _VISITS.get(kind)
            if visit is not None:
                visit(self, node, here)

    def _around(self, node: ast.AST, name: str, here: Scope) -> Scope:
        """The scope of a child of a function's parameters or of a comprehension's clause."""
        outside = (
            (isinstance(node, ast.arguments) and name in {"defaults", "kw_defaults"})
            or (isinstance(node, ast.arg) and name == "annotation")
            or (isinstance(node, ast.comprehension) and name == "iter" and self.names.up[node].at == 0)
        )
        return here.parent if outside and here.parent is not None else here

    # -- bindings ----------------------------------------------------------------------------------------------------

    def _bind(
        self,
        node: ast.AST,
        name: str,
        scope: Scope,
        kind: BindingKind,
        target: str | None = None,
        value: ast.expr | None = None,
    ) -> None:
        scope.bindings.setdefault(name, []).append(Binding(name, kind, node, scope, target, value))

    def _settle(self, scope: Scope) -> None:
        """Move what ``global`` and ``nonlocal`` declare to the scope that it belongs to."""
        for name in scope.global_names | scope.nonlocal_names:
            home = scope.module if name in scope.global_names else scope.home(name)
            if home is None or home is scope:
                continue
            for binding in scope.bindings.pop(name, ()):
                self._bind(binding.node, name, home, binding.kind, binding.target, binding.value)

    def _name(self, node: ast.Name, here: Scope) -> None:
        self.names.by_word.setdefault(node.id, []).append(node)
        if isinstance(node.ctx, ast.Load):
            return
        parent, name, _ = self.names.up[node]
        value = None
        if (isinstance(parent, ast.Assign) and name == "targets") or (
            isinstance(parent, ast.AnnAssign | ast.NamedExpr) and name == "target"
        ):
            value = parent.value
        if isinstance(parent, ast.NamedExpr):
            while isinstance(here.node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) and here.parent:
                here = here.parent  # PEP 572: the target is bound around the comprehension
        self._bind(node, node.id, here, "assignment", value=value)

    def _attribute(self, node: ast.Attribute, here: Scope) -> None:
        self.names.by_word.setdefault(node.attr, []).append(node)

    def _function(self, node: FunctionNode, here: Scope) -> None:
        self.names.functions.append(node)
        self._bind(node, node.name, here, "function", target=self.names.qualified(node))

    def _class(self, node: ast.ClassDef, here: Scope) -> None:
        self.names.classes.append(node)
        self._bind(node, node.name, here, "class", target=self.names.qualified(node))

    def _parameter(self, node: ast.arg, here: Scope) -> None:
        self._bind(node, node.arg, here, "parameter")

    def _import(self, node: ast.Import, here: Scope) -> None:
        self.names.imports.append(node)
        for alias in node.names:
            bound = alias.asname or alias.name.partition(".")[0]
            self._bind(alias, bound, here, "import", target=alias.name if alias.asname else bound)

    def _import_from(self, node: ast.ImportFrom, here: Scope) -> None:
        self.names.imports.append(node)
        for alias in node.names:
            if alias.name == "*":
                module = absolute(self.names.package, node.module, node.level)
                here.stars.append(Binding("*", "star", alias, here, target=module))
                continue
            target = self.names.import_target(node, alias)
            self._bind(alias, alias.asname or alias.name, here, "import", target=target)

    def _global(self, node: ast.Global, here: Scope) -> None:
        here.global_names.update(node.names)

    def _nonlocal(self, node: ast.Nonlocal, here: Scope) -> None:
        here.nonlocal_names.update(node.names)

    def _named(self, node: ast.ExceptHandler | ast.MatchAs | ast.MatchStar, here: Scope) -> None:
        if node.name is not None:
            self._bind(node, node.name, here, "assignment")

    def _mapping(self, node: ast.MatchMapping, here: Scope) -> None:
        if node.rest is not None:
            self._bind(node, node.rest, here, "assignment")

    def _constant(self, node: ast.Constant, here: Scope) -> None:
        if isinstance(node.value, str):
            self.names.strings.append(node)

    def _call(self, node: ast.Call, here: Scope) -> None:
        self.names.calls.append(node)


_VISITS: dict[type[ast.AST], Callable[[_Reader, Any, Scope], None]] = {
    ast.Name: _Reader._name,
    ast.Attribute: _Reader._attribute,
    ast.FunctionDef: _Reader._function,
    ast.AsyncFunctionDef: _Reader._function,
    ast.ClassDef: _Reader._class,
    ast.arg: _Reader._parameter,
    ast.Import: _Reader._import,
    ast.ImportFrom: _Reader._import_from,
    ast.Global: _Reader._global,
    ast.Nonlocal: _Reader._nonlocal,
    ast.ExceptHandler: _Reader._named,
    ast.MatchAs: _Reader._named,
    ast.MatchStar: _Reader._named,
    ast.MatchMapping: _Reader._mapping,
    ast.Constant: _Reader._constant,
    ast.Call: _Reader._call,
}
