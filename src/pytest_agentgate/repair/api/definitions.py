"""Symbols: what one binding of a module or a class defines, with its members."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TypeAlias

from pytest_agentgate.codemods.idioms.fixtures import DECORATORS
from pytest_agentgate.codemods.reading.names import Binding, FunctionNode, ModuleNames, Scope
from pytest_agentgate.codemods.reading.sources import Definition
from pytest_agentgate.repair.api.bodies import Codes, digest, fingerprint, words
from pytest_agentgate.repair.api.constructors import MADE, MODELS, PYDANTIC, Alone, made, of_tuple
from pytest_agentgate.repair.api.live import Live
from pytest_agentgate.repair.api.table import Parameter, Passing, Sort, Symbol
from pytest_agentgate.repair.api.written import Writer

_CLASS_METHODS = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})
_ACCESSORS = frozenset({"setter", "getter", "deleter"})
_OVERLOADS = frozenset({"typing.overload", "typing_extensions.overload"})
ENUMS = frozenset({f"enum.{name}" for name in ("Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "ReprEnum")})
_WORTH = 12  # characters of a value that another constant does not have by chance


Partial: TypeAlias = tuple[str, str, int, tuple[tuple[str, str], ...]]
"""A name that ``functools.partial`` makes: its target, dotted, how many arguments it has by position, and keywords."""


class Definitions:
    """What the bindings of one file define."""

    def __init__(
        self, names: ModuleNames, writer: Writer, live: Live, codes: Codes, path: str, tops: frozenset[str]
    ) -> None:
        self.names = names
        self.writer = writer
        self.live = live
        self.codes = codes
        self.path = path
        self.open: list[str] = []  # classes whose constructor other files decide
        self.partials: list[Partial] = []
        self._tops = tops
        self._alone = Alone(path, names)
        self._aliases = {  # what the file calls differently from the rest of the world
            binding.name: binding.target.rpartition(".")[2]
            for bindings in names.scope.bindings.values()
            for binding in bindings
            if binding.is_import and binding.target and not binding.target.endswith(binding.name)
        }

    def of(self, binding: Binding, name: str, scope: Scope) -> dict[str, Symbol]:
        """The symbols of a binding, by their names below the module: its own, and those of a class's members."""
        node = binding.node
        if isinstance(node, ast.ClassDef):
            return self._class(node, name, scope)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found = self._function(node, name, scope)
        elif isinstance(binding.value, ast.Lambda):
            found = self._lambda(binding.value, name, scope)
        else:
            return self._assigned(binding, name, scope)
        return {name: found}

    # -- functions ---------------------------------------------------------------------------------------------------

    def _function(self, node: FunctionNode, name: str, scope: Scope) -> Symbol:
        decorators = self._decorators(node, scope)
        sort = _sort(node, decorators, in_class=scope.is_class)
        code = self.codes.get((node.name, min([node.lineno, *(each.lineno for each in node.decorator_list)])))
        masks = {**self._aliases, node.name: ""}
        if scope.is_class:
            masks |= _unmangled(scope.node.name, code.co_names if code else ())  # type: ignore[attr-defined]
        return Symbol(
            self._full(name),
            sort,
            self.path,
            node.lineno,
            self.parameters(node.args, scope, bound=scope.is_class and sort is not Sort.STATICMETHOD),
            self.writer.annotation(node.returns, scope),
            (),
            decorators,
            isinstance(node, ast.AsyncFunctionDef),
            self._requested(node) if sort is Sort.FIXTURE else "",
            "",
            "" if code is None else fingerprint(code, masks),
            frozenset() if code is None else words(code),
        )

    def _lambda(self, node: ast.Lambda, name: str, scope: Scope) -> Symbol:
        sort = Sort.METHOD if scope.is_class else Sort.FUNCTION
        value = self.writer.text(node, scope)
        parameters = self.parameters(node.args, scope, bound=scope.is_class)
        return Symbol(self._full(name), sort, self.path, node.lineno, parameters, value=value, body=_of_value(value))

    def parameters(self, node: ast.arguments, scope: Scope, bound: bool) -> tuple[Parameter, ...]:
        """The parameters of a definition; ``bound`` where Python fills the first."""
        plain = [*node.posonlyargs, *node.args]
        if not plain and not node.vararg and not node.kwonlyargs and not node.kwarg:
            return ()
        defaults = [None] * (len(plain) - len(node.defaults)) + node.defaults
        found = [
            self._parameter(
                each, Passing.POSITIONAL_ONLY if at < len(node.posonlyargs) else Passing.EITHER, default, scope
            )
            for at, (each, default) in enumerate(zip(plain, defaults, strict=True))
        ]
        if bound:
            del found[:1]
        if node.vararg is not None:
            found.append(self._parameter(node.vararg, Passing.VAR_POSITIONAL, None, scope))
        for each, default in zip(node.kwonlyargs, node.kw_defaults, strict=True):
            found.append(self._parameter(each, Passing.KEYWORD_ONLY, default, scope))
        if node.kwarg is not None:
            found.append(self._parameter(node.kwarg, Passing.VAR_KEYWORD, None, scope))
        return tuple(found)

    def _parameter(self, node: ast.arg, passing: Passing, default: ast.expr | None, scope: Scope) -> Parameter:
        written = None if default is None else self.writer.text(default, scope) or "..."
        return Parameter(node.arg, passing, written, self.writer.annotation(node.annotation, scope))

    def _decorators(self, node: FunctionNode | ast.ClassDef, scope: Scope) -> tuple[str, ...]:
        return tuple(
            self.writer.meaning(bare, scope) or self.writer.text(bare, scope)
            for each in node.decorator_list
            for bare in [each.func if isinstance(each, ast.Call) else each]
        )

    def _requested(self, node: FunctionNode) -> str:
        """The name by which a fixture is requested."""
        for each in node.decorator_list:
            for keyword in each.keywords if isinstance(each, ast.Call) else ():
                if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                    return str(keyword.value.value)
        return node.name

    # -- values ------------------------------------------------------------------------------------------------------

    def _assigned(self, binding: Binding, name: str, scope: Scope) -> dict[str, Symbol]:
        node = binding.node
        fields = of_tuple(binding.value, self.writer, scope)
        if fields is not None:
            return self._tuple(name, node, fields)
        renamed = self._renamed(binding, name, scope)
        if renamed is not None:
            return renamed
        parent = self.names.up.parents.get(node)
        is_settled = scope.is_class or self.live.is_settled(binding)
        value = self.writer.text(binding.value, scope) if is_settled else ""
        annotation = self.writer.annotation(parent.annotation, scope) if isinstance(parent, ast.AnnAssign) else ""
        sort = Sort.FIELD if scope.is_class else Sort.CONSTANT
        if isinstance(binding.value, ast.Call) and value.startswith(("property(", "functools.cached_property(")):
            sort = Sort.PROPERTY
        self._note_partial(binding.value, name, scope)
        line = getattr(node, "lineno", 0)
        found = Symbol(
            self._full(name), sort, self.path, line, value=value, annotation=annotation, body=_of_value(value)
        )
        return {name: found}

    def _tuple(self, name: str, node: ast.AST, fields: tuple[Parameter, ...]) -> dict[str, Symbol]:
        line = getattr(node, "lineno", 0)
        body = digest(tuple(each.name for each in fields))
        below = {
            f"{name}.{each.name}": Symbol(
                self._full(f"{name}.{each.name}"), Sort.FIELD, self.path, line, annotation=each.annotation
            )
            for each in fields
        }
        found = Symbol(self._full(name), Sort.CLASS, self.path, line, fields, bases=("tuple",), body=body)
        return {name: found, **below}

    def _renamed(self, binding: Binding, name: str, scope: Scope) -> dict[str, Symbol] | None:
        """The members of a class that are another name for one of its methods."""
        value = binding.value
        if not scope.is_class or not isinstance(value, ast.Name) or scope.home(value.id) is not scope:
            return None
        chosen = self.live.chosen(self.live.of(scope.bindings[value.id]))
        if chosen is None or not isinstance(chosen.node, ast.FunctionDef | ast.AsyncFunctionDef):
            return None
        method = self._function(chosen.node, f"{name.rpartition('.')[0]}.{value.id}", scope)
        line = getattr(binding.node, "lineno", 0)
        return {name: replace(method, name=self._full(name), line=line, value=method.name)}

    def _note_partial(self, value: ast.expr | None, name: str, scope: Scope) -> None:
        if not isinstance(value, ast.Call) or not value.args:
            return
        if self.writer.meaning(value.func, scope) not in {"functools.partial", "functools.partialmethod"}:
            return
        target = self.writer.meaning(value.args[0], scope)
        starred = any(isinstance(each, ast.Starred) for each in value.args) or any(
            not each.arg for each in value.keywords
        )
        if target is not None and not starred:
            given = tuple((str(each.arg), self.writer.text(each.value, scope) or "...") for each in value.keywords)
            self.partials.append((name, target, len(value.args) - 1, given))

    # -- classes -----------------------------------------------------------------------------------------------------

    def _class(self, node: ast.ClassDef, name: str, scope: Scope) -> dict[str, Symbol]:
        inside = self.names.scopes[node]
        bases = tuple(
            self.writer.meaning(bare, scope) or self.writer.text(bare, scope)
            for each in node.bases
            for bare in [each.value if isinstance(each, ast.Subscript) else each]
        )
        members: dict[str, Symbol] = {}
        is_enum = any(base in ENUMS for base in bases)
        for member, bindings in inside.bindings.items():
            live = [each for each in self.live.of(bindings) if not each.is_import]
            chosen = self.live.chosen(_implementations(live, self, inside))
            if chosen is None or member == "__slots__":
                continue
            below = self.of(chosen, f"{name}.{member}", inside)
            members.update(below)
            first = below[f"{name}.{member}"]
            if is_enum and is_member(first):
                members[f"{name}.{member}"] = replace(first, sort=Sort.MEMBER)
        for member, symbol in self._set_by_methods(name, inside).items():
            members.setdefault(f"{name}.{member}", symbol)
        own = members.get(f"{name}.__init__") or members.get(f"{name}.__new__")
        parameters = own.parameters if own is not None else self._made(node, name, scope)
        if parameters is None:
            self.open.append(name)
        code = self.codes.get((node.name, min([node.lineno, *(each.lineno for each in node.decorator_list)])))
        shape = sorted((key[len(name) :], each.body or each.value) for key, each in members.items())
        found = Symbol(
            self._full(name),
            Sort.CLASS,
            self.path,
            node.lineno,
            parameters or (),
            bases=bases,
            decorators=self._decorators(node, scope),
            body=digest((tuple(shape), tuple(base.rpartition(".")[2] for base in bases))),
            tokens=frozenset() if code is None else words(code),
        )
        return {name: found, **members}

    def _made(self, node: ast.ClassDef, name: str, scope: Scope) -> tuple[Parameter, ...] | None:
        """The parameters of a constructor that is made of what this file says; None where other files decide."""
        for base in node.bases:
            fields = of_tuple(base, self.writer, scope)
            if fields is not None:
                return fields
        makers = [
            self.writer.meaning(each.func if isinstance(each, ast.Call) else each, scope) or ""
            for each in node.decorator_list
        ]
        bases = self._outer_bases(node, set())
        if bases is None or any(PYDANTIC.fullmatch(base) for base in bases):
            return None
        if any(map(MADE.fullmatch, makers)) or any(map(MODELS.fullmatch, bases)):
            return made(Definition(self._full(name), node, self.names), self._alone)
        return None

    def _outer_bases(self, node: ast.ClassDef, seen: set[ast.AST]) -> set[str] | None:
        """What a class and its bases in this file derive from in other distributions; None for other files of this."""
        seen.add(node)
        found: set[str] = set()
        scope = self.names.scope_of(node)
        for each in node.bases:
            base = self.writer.meaning(each.value if isinstance(each, ast.Subscript) else each, scope) or ""
            own = self._alone.definition(base) if base.startswith(f"{self.names.module}.") else None
            if own is None:
                if base.partition(".")[0] in self._tops:
                    return None
                found.add(base)
            elif isinstance(own.node, ast.ClassDef) and own.node not in seen:
                above = self._outer_bases(own.node, seen)
                if above is None:
                    return None
                found |= above
        return found

    def _set_by_methods(self, name: str, inside: Scope) -> dict[str, Symbol]:
        """What the methods of a class assign to the attributes of their first parameter."""
        found: dict[str, Symbol] = {}
        for bindings in inside.bindings.values():
            for binding in bindings:
                for attribute in self._stores.get(binding.node, ()):
                    if attribute.attr not in found:
                        method = self.names.scopes[binding.node]
                        found[attribute.attr] = self._set(attribute, method, f"{name}.{attribute.attr}", inside)
        return found

    @cached_property
    def _stores(self) -> dict[ast.AST, list[ast.Attribute]]:
        """The attributes of their first parameter that functions assign, also by way of functions within."""
        first = {
            function: arguments[0].arg
            for function in self.names.functions
            for arguments in [[*function.args.posonlyargs, *function.args.args]]
            if arguments
        }
        found: dict[ast.AST, list[ast.Attribute]] = {}
        parents, scope_of = self.names.up.parents, self.names.scope_of
        for word in set(first.values()):
            for use in self.names.by_word.get(word, ()):
                attribute = parents.get(use)
                if attribute.__class__ is ast.Attribute and attribute.ctx.__class__ is ast.Store:
                    home = scope_of(use).home(word)
                    if home is not None and first.get(home.node) == word:  # type: ignore[call-overload]
                        found.setdefault(home.node, []).append(attribute)
        return found

    def _set(self, node: ast.Attribute, method: Scope, name: str, inside: Scope) -> Symbol:
        statement = self.names.up.parents.get(node)
        annotation = value = ""
        if isinstance(statement, ast.AnnAssign):
            annotation = self.writer.annotation(statement.annotation, method)
        given = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
        if isinstance(given, ast.Constant):
            value = self.writer.text(given, method)
        elif isinstance(given, ast.Name) and not annotation:
            binding = method.bindings.get(given.id, ())
            if len(binding) == 1 and isinstance(binding[0].node, ast.arg):
                annotation = self.writer.annotation(binding[0].node.annotation, inside)
        return Symbol(self._full(name), Sort.FIELD, self.path, node.lineno, value=value, annotation=annotation)

    def _full(self, name: str) -> str:
        return f"{self.names.module}.{name}" if self.names.module else name

    def decorator_names(self, node: FunctionNode, scope: Scope) -> tuple[str, ...]:
        return self._decorators(node, scope)


def _implementations(live: list[Binding], of: Definitions, scope: Scope) -> list[Binding]:
    """Definitions without overloads, and without the accessors that are added to a property."""
    if len(live) == 1:
        return live
    kept = []
    for each in live:
        if isinstance(each.node, ast.FunctionDef | ast.AsyncFunctionDef):
            decorators = of.decorator_names(each.node, scope)
            if any(name in _OVERLOADS or name.rpartition(".")[2] in _ACCESSORS for name in decorators):
                continue
        kept.append(each)
    return kept or live


def _sort(node: FunctionNode, decorators: Iterable[str], in_class: bool) -> Sort:
    for name in decorators:
        if name in DECORATORS:
            return Sort.FIXTURE
        if not in_class:
            continue
        if name in {"staticmethod", "abc.abstractstaticmethod"}:
            return Sort.STATICMETHOD
        if name in {"classmethod", "abc.abstractclassmethod"}:
            return Sort.CLASSMETHOD
        last = name.rpartition(".")[2]
        if last.endswith("property") or last in _ACCESSORS:
            return Sort.PROPERTY
    if not in_class:
        return Sort.FUNCTION
    return Sort.CLASSMETHOD if node.name in _CLASS_METHODS else Sort.METHOD


def _unmangled(owner: str, names: Iterable[str]) -> Mapping[str, str]:
    start = f"_{owner.lstrip('_')}__"
    return {name: name[len(start) - 2 :] for name in names if name.startswith(start)} | {owner: ""}


def _of_value(value: str) -> str:
    return digest(value) if len(value) >= _WORTH else ""


def is_member(field: Symbol) -> bool:
    """Whether a field of an enumeration is one of its members."""
    public = not field.name.rpartition(".")[2].startswith("_")
    return field.sort is Sort.FIELD and bool(field.value) and not field.annotation and public
