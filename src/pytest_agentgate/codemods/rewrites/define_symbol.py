"""A removed constant whose definition says more than a plain value."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.reading import reach
from pytest_agentgate.codemods.reading.names import Binding, ModuleNames, dotted, parse
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.reading.subjects import Subjects
from pytest_agentgate.codemods.writing.rewrite import Rewrite

_BUILTINS = frozenset(dir(builtins))
_NOT_A_VALUE = (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr, ast.Starred, ast.Lambda)


@dataclass(frozen=True)
class DefineSymbol(Codemod):
    """Define a removed constant in the files that import it.

    Repairs ``ImportError: cannot import name 'VERSION' from 'shop.compat'``, where that name was computed, or stood for
    an object that would be another one at each use. A file is left alone as a whole where an assertion would be left
    that says nothing about the code, and where the name is reached through its module.

    With ``old=shop.compat.VERSION value='tuple(map(int, decimal.__version__.split(".")))'``:

    Before::

        import pytest
        from shop.compat import VERSION, order

        @pytest.mark.skipif(VERSION < (1, 70), reason="too old")
        def test_order():
            assert order("tea", VERSION) == 2

    After::

        import decimal
        import pytest
        from shop.compat import order

        VERSION = tuple(map(int, decimal.__version__.split(".")))

        @pytest.mark.skipif(VERSION < (1, 70), reason="too old")
        def test_order():
            assert order("tea", VERSION) == 2

    Unchanged::

        from shop.compat import VERSION

        def test_version():
            major = VERSION[0]
            assert major == 1

    Unchanged::

        try:
            from shop.compat import VERSION
        except ImportError:
            VERSION = None
    """

    applicability = Applicability.SAFE
    because = "The name has the value that it had, and no assertion is left without a subject."
    owns = frozenset({ast.alias, ast.Import, ast.ImportFrom, ast.Assign})

    old: str = option("the constant that was removed", "dotted")
    value: str = option("what its definition was; names in it that are no builtins are dotted in full", "source")

    def words(self) -> tuple[str, ...]:
        return (self.old.rpartition(".")[2],)

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        names = file.names
        imported = list(self._imported(names))
        if not imported:
            return
        binding, value = imported[0], _Value(self.value)
        obstacles = [*((binding.node, reason) for reason in value.obstacles(names)), *self._in_file(names, imported)]
        for node, reason in obstacles:
            rewrite.leave(node, reason)
        if obstacles:
            return
        definition = f"\n{binding.name} = {value.source(rewrite, names.statement(binding.node))}"
        rewrite.remove(binding.node)
        rewrite.after(_last_import(names), definition)

    def _imported(self, names: ModuleNames) -> Iterator[Binding]:
        """The imports of the name, at the top of the file, that fail now."""
        for bindings in names.scope.bindings.values():
            for each in bindings:
                if each.is_import and each.target == self.old and not reach.is_guarded(names, each.node):
                    yield each

    def _in_file(self, names: ModuleNames, imported: list[Binding]) -> Iterator[tuple[ast.AST, str]]:
        local = imported[0].name
        if len(imported) > 1 or len(names.scope.bindings[local]) > 1:
            yield imported[0].node, f"{local} is bound more than once"
        statement = names.statement(imported[0].node)
        if not isinstance(statement, ast.ImportFrom) or names.up[statement].parent is not names.tree:
            yield statement, "it is not imported by name at the top of the file"
        for scope in names.scopes.values():
            if scope is not names.scope and any(
                each.is_import and each.target == self.old for each in scope.bindings.get(local, ())
            ):
                yield scope.node, f"imports {local} as well"
        uses = names.uses(self.old)
        for use in uses:
            if isinstance(use, ast.Attribute):
                yield use, "reaches it through its module"
                continue
            if use.lineno <= _last_import(names).lineno:
                yield use, f"needs {local} before the last import"
        yield from Subjects(names, self.old, self.value).idle()
        for word in names.strings:
            if word.value == self.old:
                yield word, f"names {self.old}"


class _Value:
    """What the constant is defined as, and the dotted names in it that have to be imported."""

    def __init__(self, source: str) -> None:
        self.text = source
        self.names = ModuleNames(parse(f"({source}\n)"))
        statement = self.names.tree.body[0]
        assert isinstance(statement, ast.Expr)  # noqa: S101
        self.node = statement.value
        free = [
            node
            for nodes in self.names.by_word.values()
            for node in nodes
            if isinstance(node, ast.Name) and self.names.scope_of(node).home(node.id) is None
        ]
        self.builtins = {node.id for node in free if node.id in _BUILTINS}
        self.chains = [self._chain(node) for node in free if node.id not in _BUILTINS]

    def _chain(self, node: ast.expr) -> ast.expr:
        """The longest attribute that begins with a name, up to a method that is called of what it names."""
        while isinstance(above := self.names.up[node].parent, ast.Attribute):
            parent, field, _ = self.names.up[above]
            if isinstance(parent, ast.Call) and field == "func" and isinstance(node, ast.Attribute):
                break
            node = above
        return node

    def obstacles(self, names: ModuleNames) -> Iterator[str]:
        if any(isinstance(node, _NOT_A_VALUE) for node in ast.walk(self.node)):
            yield "the value is no expression of its own"
        for chain in self.chains:
            if isinstance(chain, ast.Name):
                yield f"{chain.id} in the value is neither a builtin nor dotted"
        for name in sorted(self.builtins & set(names.scope.bindings)):
            yield f"{name} has another meaning here"

    def source(self, rewrite: Rewrite, at: ast.AST) -> str:
        """Its source in the file, with what it needs imported."""
        used = {id(node): _used(dotted(node) or "", rewrite, at) for node in self.chains}
        if all(used[id(node)] == dotted(node) for node in self.chains):
            return self.text
        return ast.unparse(_Put(used).visit(self.node))


def _used(name: str, rewrite: Rewrite, at: ast.AST) -> str:
    """Source for a dotted name that reads it off its module, so that no plain name hides where it comes from."""
    existing = rewrite.imports.find(name, at)
    if existing is not None:
        return existing
    module, _, last = name.rpartition(".")
    return f"{rewrite.imports.use_module(module, at)}.{last}"


class _Put(ast.NodeTransformer):
    def __init__(self, sources: dict[int, str]) -> None:
        self.sources = sources

    def visit(self, node: ast.AST) -> ast.AST:
        source = self.sources.get(id(node))
        return ast.parse(source, mode="eval").body if source is not None else self.generic_visit(node)


def _last_import(names: ModuleNames) -> ast.Import | ast.ImportFrom:
    """The last import of the file's beginning, behind which a constant may stand."""
    found = [each for each in names.imports if names.up[each].parent is names.tree]
    first = next((each.lineno for each in names.tree.body if not _opens(each)), 0)
    before = [each for each in found if not first or each.lineno < first]
    return (before or found)[-1]


def _opens(statement: ast.stmt) -> bool:
    """Whether a statement may stand among the imports of a file."""
    text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return text or isinstance(statement, ast.Import | ast.ImportFrom | ast.Try | ast.If)
