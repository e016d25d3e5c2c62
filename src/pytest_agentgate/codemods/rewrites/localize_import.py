"""A name that is gone for good keeps only its users from running."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

import libcst as cst

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.idioms import fixtures
from pytest_agentgate.codemods.idioms.annotations import annotation_of, is_postponed, is_quotable, is_unread, says
from pytest_agentgate.codemods.reading import dependents, reach
from pytest_agentgate.codemods.reading.names import FunctionNode, ModuleNames, dotted
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.writing.openings import beginning_with
from pytest_agentgate.codemods.writing.rewrite import Rewrite

_Statement: TypeAlias = ast.Import | ast.ImportFrom
_TEST_CODE = frozenset({"tests", "test", "conftest", "fixtures"})
_KNOWN_DECORATORS = ("pytest.", "pytest_asyncio.", "unittest.", "contextlib.", "functools.", "builtins.", "hypothesis.")


@dataclass(frozen=True)
class LocalizeImport(Codemod):
    """Move the import of a name that is gone into the functions that use it.

    Repairs ``ImportError: cannot import name 'legacy' from 'shop'``, which keeps a whole file from running, for all
    tests of the file but those that use the name: these still fail, with the same error. Where nothing in the file
    uses it, it leaves the import. A name that the file itself needs as it is loaded (a base class, a decorator, a
    constant) is left alone.

    With ``old=shop.legacy``:

    Before::

        import pytest
        from shop import legacy, order

        def test_order():
            assert order("tea").total == 2

        def test_legacy():
            "The old way."
            assert legacy("tea") == 2

    After::

        import pytest
        from shop import order

        def test_order():
            assert order("tea").total == 2

        def test_legacy():
            "The old way."
            from shop import legacy
            assert legacy("tea") == 2

    Where one branch alone needs it, all who take another way still pass:

    Before::

        from shop import legacy, order

        def make(name, old=False):
            if old:
                return legacy(name)
            return order(name)

    After::

        from shop import order

        def make(name, old=False):
            if old:
                from shop import legacy
                return legacy(name)
            return order(name)

    A test in which something else could take the ImportError for what it expects meets the import first:

    Before::

        from shop import legacy

        def make(name):
            return legacy(name)

        def test_legacy():
            with pytest.raises(Exception):
                make("")

    After::

        def make(name):
            from shop import legacy
            return legacy(name)

        def test_legacy():
            from shop import legacy  # noqa: F401
            with pytest.raises(Exception):
                make("")

    Unchanged::

        from shop import legacy

        class TestLegacy(legacy.Case):
            def test_order(self):
                assert self.order("tea") == 2

    Unchanged::

        try:
            from shop import legacy
        except ImportError:
            legacy = None

    With ``old=shop.old``:

    Before::

        import shop
        from shop.old import order, sell as sold

        def test_sold():
            assert sold(order("tea"))

        def test_name():
            assert shop.name == "shop"

    After::

        import shop

        def test_sold():
            from shop.old import order, sell as sold
            assert sold(order("tea"))

        def test_name():
            assert shop.name == "shop"
    """

    applicability = Applicability.SAFE
    because = "No assertion changes, and whatever uses the name still fails with the same ImportError."
    owns = frozenset(
        {ast.alias, ast.Import, ast.ImportFrom, ast.Constant}  # an annotation that is quoted was one of these:
        | {ast.Name, ast.Attribute, ast.Subscript, ast.BinOp}
    )

    old: str = option("the name or module that is gone", "dotted")

    def words(self) -> tuple[str, ...]:
        return (self.old.rpartition(".")[2],)

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        moves = [_Move(file, statement, alias) for statement, alias in self._gone(file.names, rewrite)]
        for move in moves:
            move.look()
        obstacles = [obstacle for move in moves for obstacle in move.obstacles]
        for node, reason in obstacles:
            rewrite.leave(node, reason)
        if obstacles:
            return
        for move in moves:
            rewrite.remove(move.alias)
            for annotation in move.annotations:
                rewrite.replace(annotation, _quoted)
        inside: dict[FunctionNode, list[_Move]] = {}
        for move in moves:
            for function in [*move.users, *move.exposed]:
                inside.setdefault(function, []).append(move)
        for function, needed in inside.items():
            lines = list(_lines(needed, function))
            nodes = [node for move in needed for node in move.users.get(function, [function.body[0]])]
            branch = reach.first_need(file.names, function, nodes)
            if branch is None:
                rewrite.replace(function, partial(beginning_with, lines))
            else:
                rewrite.before(branch, *lines)

    def _gone(self, names: ModuleNames, rewrite: Rewrite) -> Iterator[tuple[_Statement, ast.alias]]:
        """The imports of the module itself that fail now."""
        for statement in names.imports:
            module = names.import_target(statement, ast.alias("*")) if isinstance(statement, ast.ImportFrom) else None
            for alias in statement.names:
                target = names.import_target(statement, alias)
                if alias.name == "*":
                    target = (module or "").removesuffix(".*")
                if target is None or not f"{target}.".startswith(f"{self.old}."):
                    continue
                if names.up[statement].parent is names.tree and alias.name != "*":
                    yield statement, alias
                elif names.scope_of(statement).is_module and not reach.is_guarded(names, statement):
                    what = "imports everything from it" if alias.name == "*" else "imports it within a block"
                    rewrite.leave(statement, f"{what}; the names that are needed can't be told")


@dataclass
class _Move:
    """One imported name, who uses it, and what keeps it where it is."""

    file: File
    statement: _Statement
    alias: ast.alias
    users: dict[FunctionNode, list[ast.AST]] = field(default_factory=dict)  # each with where it names it
    exposed: frozenset[FunctionNode] = frozenset()
    annotations: list[ast.expr] = field(default_factory=list)  # to be quoted
    obstacles: list[tuple[ast.AST, str]] = field(default_factory=list)

    @property
    def local(self) -> str:
        """The name that the import binds."""
        if self.alias.asname is not None or isinstance(self.statement, ast.ImportFrom):
            return self.alias.asname or self.alias.name
        return self.alias.name.partition(".")[0]

    def look(self) -> None:
        self._look_at_bindings()
        used = False
        for node in self._uses():
            used = True
            self._look_at(node)
        if not used:
            self._look_at_the_unused()
        self._look_at_strings()
        self._look_at_parameters()
        found = reach.exposed(self.file.names, self.users)
        self.exposed = found.functions
        self.obstacles += [
            (node, f"is handed on here, and where {self.local} fails could go unnoticed") for node in found.lost
        ]
        for function in self.users:
            self._look_at_decorators(function)
        if not self.obstacles:
            self._look_at_other_files()

    # -- uses --------------------------------------------------------------------------------------------------------

    def _uses(self) -> Iterator[ast.Name]:
        names, local = self.file.names, self.local
        path = local if self.alias.asname or isinstance(self.statement, ast.ImportFrom) else self.alias.name
        alone = path == local or len(names.scope.bindings[local]) == 1  # nothing else binds the package
        for node in names.by_word.get(local, ()):
            if not isinstance(node, ast.Name) or names.scope_of(node).home(local) is not names.scope:
                continue
            if alone or f"{_chain(names, node)}.".startswith(f"{path}."):
                yield node

    def _look_at(self, node: ast.Name) -> None:
        names = self.file.names
        if not isinstance(node.ctx, ast.Load):
            return  # a binding
        annotation = annotation_of(names, node)
        if annotation is not None and is_postponed(names, annotation):
            if not is_unread(names, annotation):
                self.obstacles.append((node, f"needs {self.local} where something may read annotations"))
            return
        function = reach.outermost(names, node)
        if function is not None:
            self.users.setdefault(function, []).append(node)
        elif annotation is not None and is_quotable(annotation) and is_unread(names, annotation):
            if annotation not in self.annotations:
                self.annotations.append(annotation)
        else:
            self.obstacles.append((node, f"needs {self.local} as the file is loaded: {_where(names, node)}"))

    # -- what keeps it where it is -----------------------------------------------------------------------------------

    def _look_at_bindings(self) -> None:
        names, local = self.file.names, self.local
        package = isinstance(self.statement, ast.Import) and self.alias.asname is None
        for binding in names.scope.bindings[local]:
            same = binding.is_import and (package or binding.target == self._target)
            if binding.node is not self.alias and not same:
                self.obstacles.append((binding.node, f"gives {local} another meaning"))
        for node, scope in names.scopes.items():
            if local in scope.global_names:
                self.obstacles.append((node, f"declares {local} global"))
            if scope.is_class and local in scope.bindings:
                reads = (each for each in names.by_word.get(local, ()) if names.scope_of(each) is scope)
                if any(isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load) for each in reads):
                    self.obstacles.append((node, f"has a {local} of its own, made from the imported one"))
        for word in names.dunder_all:
            if word.value == local:
                self.obstacles.append((word, f"offers {local} to other files"))

    @property
    def _target(self) -> str | None:
        return self.file.names.import_target(self.statement, self.alias)

    def _look_at_the_unused(self) -> None:
        """Fixtures and hooks are imported without being named again."""
        base = self.statement
        parts = set((self._target or "").split("."))
        if isinstance(base, ast.ImportFrom) and (base.level or parts & _TEST_CODE):
            self.obstacles.append((base, f"may import {self.local} as a fixture"))
        elif self.file.place.path.endswith(("conftest.py", "__init__.py")):
            self.obstacles.append((base, f"may import {self.local} for other files"))

    def _look_at_strings(self) -> None:
        names, local = self.file.names, self.local
        own = f"{names.module}.{local}" if names.module else None
        for word in names.strings:
            if word.value == own or (word.value == local and _is_looked_up(names, word)):
                self.obstacles.append((word, f"names the {local} of this file"))
            annotation = annotation_of(names, word)
            if annotation is not None and says(word, local) and not is_unread(names, annotation):
                self.obstacles.append((word, f"needs {local} where something may read annotations"))

    def _look_at_parameters(self) -> None:
        for function in self.file.names.functions:
            if self.local in fixtures.parameters(self.file.names, function):
                self.obstacles.append((function, f"may request the imported {self.local} as a fixture"))

    def _look_at_decorators(self, function: FunctionNode) -> None:
        """What wraps a function may take its ImportError for something else."""
        names = self.file.names
        test = fixtures.is_test(names, function) or fixtures.decorator_of(names, function) is not None
        for decorator in function.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            known = (names.meaning(called) or "").startswith(_KNOWN_DECORATORS)
            accessor = isinstance(called, ast.Attribute) and called.attr in {"setter", "getter", "deleter"}
            if reach.is_catcher(names, decorator) or not (test or known or accessor):
                self.obstacles.append((decorator, f"runs a function that uses {self.local} in a way of its own"))

    def _look_at_other_files(self) -> None:
        """A module that others import from keeps what they need, and what they expect to fail."""
        for path in dependents.takers(self.file, self.local):
            self.obstacles.append((self.statement, f"imports {self.local} for {path}"))
        module = self.file.names.module
        raising = [each.name for each in [*self.users, *self.exposed] if self.file.names.scope_of(each).is_module]
        for path, other in dependents.dependents(self.file) if raising else ():
            uses = (use for each in raising for use in other.uses(f"{module}.{each}"))
            if any(reach.hides_import_error(other, use) for use in uses):
                self.obstacles.append((self.statement, f"{path} could take its ImportError for what it expects"))


def _chain(names: ModuleNames, node: ast.expr) -> str:
    """The longest dotted name that begins with a name."""
    while isinstance(above := names.up[node].parent, ast.Attribute):
        node = above
    return dotted(node) or ""


def _where(names: ModuleNames, node: ast.AST) -> str:
    for above in names.ancestors(node):
        match above:
            case ast.Lambda():
                return "a lambda of the module"
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return "a decorator, default or annotation"
            case ast.ClassDef() if node in ast.walk(ast.Module(above.body, [])):
                return "the body of a class"
            case ast.ClassDef():
                return "a base class or decorator"
            case ast.stmt():
                return "a statement of the module" if names.scope_of(above).is_module else "the body of a class"
    return "the module"


def _is_looked_up(names: ModuleNames, word: ast.Constant) -> bool:
    """Whether a string is the name of a fixture or of a global."""
    call = names.up[word].parent
    if isinstance(call, ast.Subscript):
        return isinstance(call.value, ast.Call) and names.means(call.value.func, "builtins.globals")
    if not isinstance(call, ast.Call):
        return False
    called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if called in {"usefixtures", "getfixturevalue"}:
        return True
    return any(
        isinstance(each, ast.Name) and each.id == "__name__" for argument in call.args for each in ast.walk(argument)
    )


def _lines(moves: Iterable[_Move], function: FunctionNode) -> Iterator[str]:
    """The imports with which a function begins: one for each import that it needs names of."""
    modules: dict[tuple[str, bool], dict[str, None]] = {}
    for move in moves:
        name = move.alias.name if move.alias.asname is None else f"{move.alias.name} as {move.alias.asname}"
        base = ""
        if isinstance(move.statement, ast.ImportFrom):
            base = "." * move.statement.level + (move.statement.module or "")
        modules.setdefault((base, function in move.users), {})[name] = None
    for (base, used), found in modules.items():
        unused = "" if used else "  # noqa: F401"
        if base:
            yield f"from {base} import {', '.join(found)}{unused}"
        else:
            yield from (f"import {name}{unused}" for name in found)


def _quoted(annotation: cst.BaseExpression) -> cst.SimpleString:
    return cst.SimpleString(f'"{cst.Module([]).code_for_node(annotation)}"')
