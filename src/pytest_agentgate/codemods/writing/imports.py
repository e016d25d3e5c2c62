"""What the imports of a file are to become: names that a codemod needs are found there, or added."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import libcst as cst

from pytest_agentgate.codemods.reading.names import Binding, ModuleNames, Scope, absolute
from pytest_agentgate.codemods.reading.sources import Sources
from pytest_agentgate.codemods.writing.import_lines import named, with_names

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True)
class _Needed:
    """An import to be added: ``from module import name as local``; where ``name`` is "", ``import module``."""

    module: str
    name: str
    local: str
    scope: Scope  # the module's, or that of the function that gets it


class Imports:
    """The imports that are to be added to one file, collected while a codemod looks at it."""

    def __init__(self, names: ModuleNames, sources: Sources | None = None) -> None:
        self.names = names
        self.sources = sources
        self._needed: dict[_Needed, ast.AST] = {}  # with the first node that needs it

    def use(self, name: str, at: ast.AST, instead_of: str = "") -> str:
        """Source of an expression that stands for a dotted name at a node, imported where it has to be.

        An import that is there already is used, also one of the module or a package; else ``from MODULE import NAME``
        is added to the file's imports, under another local name where the plain one would collide. A name in a class,
        ``app.Outer.Inner``, is reached through the class: where the project's files don't tell, segments before the
        last with a capital are classes.
        Names that mean ``instead_of`` are about to be replaced, and don't stand in the way of the new one.
        """
        existing = self.find(name, at)
        if existing is not None:
            return existing
        module, path = self._split(name)
        if not module:
            return self._add(name, "", at, instead_of)
        if module == self.names.module:
            return path
        if module == "builtins" and self.names.scope_of(at).home(path) is None:
            return path
        first, _, rest = path.partition(".")
        local = self._add(module, first, at, instead_of)
        return f"{local}.{rest}" if rest else local

    def use_module(self, module: str, at: ast.AST) -> str:
        """Source of an expression that stands for a module at a node, imported where it has to be."""
        existing = self.find(module, at, is_module=True)
        if existing is not None:
            return existing
        package, _, name = module.rpartition(".")
        return self._add(package or module, name if package else "", at, "")

    def is_hidden(self, module: str) -> bool:
        """Whether a package has a function or class of its own under the name of a module in it."""
        found = self.sources.definition(module) if self.sources is not None and "." in module else None
        return found is not None and not isinstance(found.node, ast.expr)

    def __bool__(self) -> bool:
        return bool(self._needed)

    def _split(self, name: str) -> tuple[str, str]:
        """The module of a dotted name, and the path from it."""
        parts = name.split(".")
        known = (cut for cut in range(len(parts) - 1, 0, -1) if self._is_own(".".join(parts[:cut])))
        classes = (place for place, part in enumerate(parts) if place and part.lstrip("_")[:1].isupper())
        cut = next(known, 0) or next(classes, len(parts) - 1)
        return ".".join(parts[:cut]), ".".join(parts[cut:])

    def _is_own(self, module: str) -> bool:
        """Whether a module is the project's."""
        return self.sources is not None and self.sources.module(module) is not None

    def _section(self, module: str) -> int:
        """The section that isort puts imports of a module in: future, standard library, others, the project's."""
        root = module.partition(".")[0]
        if root == "__future__":
            return 0
        if root in sys.stdlib_module_names:
            return 1
        return 3 if self._is_own(root) or self._is_own(module) else 2

    # -- what is there -----------------------------------------------------------------------------------------------

    def find(self, name: str, at: ast.AST, is_module: bool = False) -> str | None:
        """The shortest expression by which a dotted name can be reached at a node now; None where it can't."""
        module = name if is_module else self._split(name)[0]
        here = self.names.scope_of(at)
        found = []
        for scope in _outwards(here):
            for local, bindings in scope.bindings.items():
                target = self._target(bindings) if here.home(local) is scope else None
                if target is None:
                    continue
                if name != target and not (name.startswith(f"{target}.") and self._loads(module, target)):
                    continue
                if f"{module}.".startswith(f"{target}.") and self.is_hidden(target):
                    continue
                if any(self._is_seen(binding, at) for binding in bindings):
                    found.append(local + name[len(target) :])
        return min(found, key=len, default=None)

    def _target(self, bindings: Sequence[Binding]) -> str | None:
        """The one meaning of a name, but for None where its import failed."""
        targets = {
            binding.target
            for binding in bindings
            if not (_is_none(binding) and self.names.enclosing(binding.node, ast.ExceptHandler))
        }
        return next(iter(targets)) if len(targets) == 1 else None

    def _loads(self, module: str, target: str) -> bool:
        """Whether an import of ``target`` gives attributes of a module: submodules must be imported too."""
        if target == module or target.startswith(f"{module}."):
            return True
        return any(
            alias.asname is None and f"{alias.name}.".startswith(f"{module}.") and module.startswith(f"{target}.")
            for statement in self.names.imports
            if isinstance(statement, ast.Import) and self.names.up[statement].parent is self.names.tree
            for alias in statement.names
        )

    def _is_seen(self, binding: Binding, at: ast.AST) -> bool:
        """Whether a binding has surely been made when a node is evaluated."""
        if not self._is_later(at, binding.scope) and _position(binding.node) > _position(at):
            return False
        around_use = set(self.names.ancestors(at))
        for block in self.names.ancestors(binding.node):
            if block is binding.scope.node:
                break
            if _is_type_checking(block):
                if not self._is_lazy_annotation(at):
                    return False
            elif (
                isinstance(block, ast.If | ast.For | ast.While | ast.Match | ast.ExceptHandler)
                and block not in around_use
            ):
                return False
        return True

    def _is_later(self, at: ast.AST, scope: Scope) -> bool:
        """Whether a node is evaluated when a function runs that was defined in a scope or below it."""
        return any(isinstance(each.node, _FUNCTIONS) for each in _outwards(self.names.scope_of(at), scope))

    def _is_lazy_annotation(self, at: ast.AST) -> bool:
        """Whether a node stands in an annotation that nothing evaluates."""
        quoted = isinstance(at, ast.Constant)
        while (up := self.names.up.get(at)) is not None:
            if up.field in {"annotation", "returns"}:
                return quoted or any(
                    isinstance(each, ast.ImportFrom) and each.module == "__future__" for each in self.names.imports
                )
            at = up.parent
        return False

    # -- what is added -----------------------------------------------------------------------------------------------

    def _add(self, module: str, name: str, at: ast.AST, instead_of: str) -> str:
        for needed in self._needed:
            usable = self.names.scope_of(at).home(needed.local) in {None, needed.scope}
            if (
                usable
                and (needed.module, needed.name) == (module, name)
                and needed.scope in _outwards(self.names.scope_of(at))
            ):
                self._needed[needed] = min(self._needed[needed], at, key=_position)
                return needed.local
        home = self._home(module, at)
        local = next(
            each
            for each in _locals(module, name)
            if self._is_available(each, {f"{module}.{name}" if name else module, instead_of}, at, home)
        )
        self._needed[_Needed(module, name, local, home)] = at
        return local

    def _home(self, module: str, at: ast.AST) -> Scope:
        """The module's scope, or the function's where this file imports that module in functions only."""
        functions = [scope for scope in _outwards(self.names.scope_of(at)) if isinstance(scope.node, _FUNCTIONS[:2])]
        importing = [node for node in self.names.imports if module in self._modules(node)]
        inside = [node for node in importing if self.names.enclosing(node, *_FUNCTIONS) is not None]
        if not functions or not inside or len(inside) != len(importing):
            return self.names.scope
        beside = {self.names.scope_of(node) for node in inside}
        return next((scope for scope in functions if scope in beside), functions[0])

    def _modules(self, node: ast.Import | ast.ImportFrom) -> set[str | None]:
        if isinstance(node, ast.Import):
            return {alias.name for alias in node.names}
        base = absolute(self.names.package, node.module, node.level)
        return {base, *(f"{base}.{alias.name}" for alias in node.names)}

    def _is_available(self, local: str, targets: Collection[str], at: ast.AST, home: Scope) -> bool:
        """Whether a local name can be bound: it is free there, and nobody means something else by it."""
        others = home.bindings.get(local, ())
        around = self.names.scope_of(at).home(local)
        if any(binding.target not in targets for binding in others) or around not in {None, home if others else None}:
            return False
        if any(
            needed.local == local and f"{needed.module}.{needed.name}".rstrip(".") not in targets
            for needed in self._needed
        ):
            return False
        return others != () or not any(
            isinstance(node, ast.Name)
            and self.names.scope_of(node).home(local) is None
            and self.names.meaning(node) not in targets
            for node in self.names.by_word.get(local, ())
        )

    # -- where it is added -------------------------------------------------------------------------------------------

    def changes(self) -> Iterable[tuple[ast.AST, bool, Any]]:
        """The changes as ``Rewrite`` takes them: node, whether its whole line is meant, change."""
        groups: dict[tuple[str, bool, Scope], list[_Needed]] = {}
        top = {(each.module, each.name, each.local) for each in self._needed if each.scope.is_module}
        for needed in self._needed:
            if not needed.scope.is_module and (needed.module, needed.name, needed.local) in top:
                continue  # functions see what the module has
            groups.setdefault((needed.module, bool(needed.name), needed.scope), []).append(needed)
        lines: dict[tuple[ast.stmt, bool], list[str]] = {}  # by statement, and whether above it
        for (module, by_name, scope), wanted in groups.items():
            first = min((self._needed[needed] for needed in wanted), key=_position)
            limit = None if self._is_later(first, scope) else first
            merged = self._merged(module, scope, limit) if by_name else None
            if merged is not None:
                yield merged, False, _adding([named(needed.name, needed.local) for needed in wanted])
                continue
            spot = self._spot(module, scope, limit)
            lines.setdefault(spot, []).append(_line(module, wanted))
        puts: dict[ast.stmt, list[Any]] = {}
        for (statement, above), sources in sorted(lines.items(), key=lambda each: not each[0][1]):
            puts.setdefault(statement, []).append(self._putting(statement, above, sorted(sources)))
        for statement, around in puts.items():
            yield statement, True, partial(_around, puts=around)

    def _statements(self, scope: Scope, before: ast.AST | None) -> list[ast.stmt]:
        """The statements of a module or function itself, up to a node."""
        body: list[ast.stmt] = scope.node.body  # type: ignore[attr-defined]
        if before is None:
            return body
        around = {before, *self.names.ancestors(before)}
        return body[: next(place for place, each in enumerate(body) if each in around)]

    def _merged(self, module: str, scope: Scope, before: ast.AST | None) -> ast.ImportFrom | None:
        """An import of the same module that can take more names."""
        for statement in self._statements(scope, before):
            if (
                isinstance(statement, ast.ImportFrom)
                and statement.names[0].name != "*"
                and self._base(statement) == module
            ):
                return statement
        return None

    def _spot(self, module: str, scope: Scope, before: ast.AST | None) -> tuple[ast.stmt, bool]:
        """The statement next to which a new import goes, and whether above it."""
        statements = self._statements(scope, before)
        imports = [each for each in statements if isinstance(each, ast.Import | ast.ImportFrom)]
        root = module.partition(".")[0]
        related = [each for each in imports if self._root(each) == root]
        if related:
            smaller = [each for each in related if self._base(each) <= module]
            return (smaller[-1], False) if smaller else (related[0], True)
        earlier = [each for each in imports if self._section(self._base(each)) <= self._section(module)]
        if earlier:
            return earlier[-1], False
        if imports:
            return imports[0], True
        body: list[ast.stmt] = scope.node.body  # type: ignore[attr-defined]
        if len(body) > 1 and _is_docstring(body[0]):
            return body[0], False
        return body[0], True

    def _base(self, node: ast.Import | ast.ImportFrom) -> str:
        if isinstance(node, ast.Import):
            return node.names[0].name
        return absolute(self.names.package, node.module, node.level) or ""

    def _root(self, node: ast.Import | ast.ImportFrom) -> str:
        return self._base(node).partition(".")[0]

    def _putting(self, statement: ast.stmt, above: bool, sources: Sequence[str]) -> Any:
        is_import = isinstance(statement, ast.Import | ast.ImportFrom)
        top = self.names.up[statement].parent is self.names.tree
        own = max(self._section(source.split()[1]) for source in sources)
        apart = not is_import or (
            top
            and isinstance(statement, ast.Import | ast.ImportFrom)
            and self._section(self._base(statement)) != own
            and (self._section(self._base(statement)) == 0 or self._sections_are_apart())
        )
        new = [cst.parse_statement(source) for source in sources]

        def put(line: Any) -> list[Any]:
            blank = [cst.EmptyLine(indent=False)]
            if not above:
                if apart and top:
                    new[0] = new[0].with_changes(leading_lines=blank)
                return [line, *new]
            if not top:
                return [*new, line]
            comments = [each for each in line.leading_lines if each.comment is not None]
            if not comments:
                new[0] = new[0].with_changes(leading_lines=line.leading_lines)
                line = line.with_changes(leading_lines=[])
            if apart:
                space = blank * (2 if isinstance(statement, ast.ClassDef | ast.FunctionDef) else 1)
                line = line.with_changes(leading_lines=[*space, *line.leading_lines])
            return [*new, line]

        return put

    def _sections_are_apart(self) -> bool:
        """Whether a blank line or comment stands between two imports that follow each other."""
        top = [node for node in self.names.tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        pairs = list(pairwise(top))
        return not pairs or any(b.lineno - (a.end_lineno or a.lineno) > 1 for a, b in pairs)


def _around(line: Any, puts: Sequence[Any]) -> list[Any]:
    """A line with what is put above it, and then with what is put below it."""
    lines = [line]
    for put in puts:
        lines[-1:] = put(lines[-1])
    return lines


def _locals(module: str, name: str) -> Iterator[str]:
    """Local names for something imported, the best first."""
    if not name.startswith("test"):  # pytest would run it
        yield name or module
    owner = module.rpartition(".")[2].strip("_")
    if not name:
        other = f"{owner}_module"
    elif name.isupper():
        other = f"{owner.upper()}_{name}"
    elif name[:1].isupper():
        other = "".join(part[:1].upper() + part[1:] for part in owner.split("_")) + name
    else:
        other = f"{owner}_{name}"
    yield other
    number = 2
    while True:
        yield f"{other}_{number}"
        number += 1


def _line(module: str, wanted: Sequence[_Needed]) -> str:
    if not wanted[0].name:
        return "".join(f"import {module}{'' if each.local == module else f' as {each.local}'}\n" for each in wanted)
    aliases = sorted(
        needed.name if needed.local == needed.name else f"{needed.name} as {needed.local}" for needed in wanted
    )
    return f"from {module} import {', '.join(aliases)}\n"


def _adding(aliases: Sequence[cst.ImportAlias]) -> Any:
    return lambda line: with_names(line, aliases)


def _outwards(scope: Scope, end: Scope | None = None) -> Iterator[Scope]:
    """A scope and those around it, up to and without ``end``."""
    each: Scope | None = scope
    while each is not None and each is not end:
        yield each
        each = each.parent


def _is_docstring(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _is_type_checking(node: ast.AST) -> bool:
    if not isinstance(node, ast.If):
        return False
    test = node.test
    word = test.attr if isinstance(test, ast.Attribute) else test.id if isinstance(test, ast.Name) else ""
    return word == "TYPE_CHECKING"


def _is_none(binding: Binding) -> bool:
    return binding.kind == "assignment" and isinstance(binding.value, ast.Constant) and binding.value.value is None


def _position(node: Any) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
