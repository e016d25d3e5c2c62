"""A removed name whose definition was a plain alias or constant."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import libcst as cst

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.reading import dependents, reach
from pytest_agentgate.codemods.reading.names import Binding, ModuleNames, dotted, parse
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.reading.subjects import Subjects
from pytest_agentgate.codemods.writing.rewrite import Rewrite

_Obstacle: TypeAlias = tuple[ast.AST, str]
_Use: TypeAlias = ast.Name | ast.Attribute
_BUILTINS = frozenset(dir(builtins))
_MADE_ANEW = (
    ast.Call, ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp,
)  # fmt: skip
_NOT_A_VALUE = (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr, ast.Starred)
_OPERATORS = (ast.BoolOp, ast.BinOp, ast.Compare, ast.UnaryOp, ast.IfExp, ast.Lambda)
_LITERALS = frozenset({"int", "float", "str", "bytes"})
_ROOMY = frozenset(
    {
        (ast.Assign, "value"), (ast.AnnAssign, "value"), (ast.Return, "value"), (ast.Expr, "value"),
        (ast.If, "test"), (ast.While, "test"), (ast.Assert, "test"), (ast.Call, "args"), (ast.keyword, "value"),
        (ast.List, "elts"), (ast.Tuple, "elts"), (ast.Set, "elts"), (ast.Dict, "values"),
    }
)  # fmt: skip
"""Places where an expression of any operator needs no parentheses."""


@dataclass(frozen=True)
class InlineSymbol(Codemod):
    """Put the value of a removed alias or constant in the place of its uses.

    Repairs ``ImportError: cannot import name 'text_type' from 'shop.compat'``, where that name was another word for
    ``str``. What would make a literal of a literal becomes that one; nothing else is simplified: ``if PY2:`` becomes
    ``if False:``. A file is left alone as a whole where one use can't be replaced, or where an assertion would be left
    that says nothing about the code.

    With ``old=shop.compat.text_type value=str``:

    Before::

        from shop.compat import b, text_type

        def test_name():
            assert isinstance(name(b("tea")), text_type)  # not bytes

    After::

        from shop.compat import b

        def test_name():
            assert isinstance(name(b("tea")), str)  # not bytes

    Unchanged::

        from shop.compat import text_type

        def test_name(str="tea"):
            assert isinstance(name(), text_type)

    Unchanged::

        from shop.compat import text_type

        def test_alias():
            expected = str
            assert text_type is expected

    Before::

        from shop.compat import text_type

        def test_name():
            assert name(text_type("tea"), text_type(b"tea")) == "tea"

    After::

        def test_name():
            assert name("tea", str(b"tea")) == "tea"

    With ``old=shop.compat.PY310 value='sys.version_info >= (3, 10)'``:

    Before::

        import sys
        from shop import compat

        def test_order():
            if compat.PY310 and order():
                assert order().total == 2

    After::

        import sys

        def test_order():
            if (sys.version_info >= (3, 10)) and order():
                assert order().total == 2

    With ``old=shop.compat.OrderedDict value=collections.OrderedDict``:

    Before::

        import os
        from shop.compat import OrderedDict

        def test_order():
            assert order() == OrderedDict(tea=2)

    After::

        import os
        from collections import OrderedDict

        def test_order():
            assert order() == OrderedDict(tea=2)
    """

    applicability = Applicability.SAFE
    because = "Each use means the value that the name had, in the same place; no assertion is left without a subject."
    owns = frozenset({ast.expr, ast.alias, ast.Import, ast.ImportFrom, ast.FormattedValue})

    old: str = option("the name that was removed", "dotted")
    value: str = option("what its definition was; names in it that are no builtins are dotted in full", "source")

    def words(self) -> tuple[str, ...]:
        return (self.old.rpartition(".")[2],)

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        imported = list(self._imported(file.names))
        uses = list(self._uses(file.names, imported))
        if not imported and not uses:
            return
        value = _Value(self.value)
        renamed = bool(value.name) and all(each.name == value.name.rpartition(".")[2] for each in imported)
        plan = _Plan(file, self.old, value, imported, uses, renamed)
        obstacles = list(plan.obstacles())
        for node, reason in obstacles:
            rewrite.leave(node, reason)
        if obstacles:
            return
        for use in uses:
            literal = _literal_of(use, value, file.names)
            if literal is not None:
                rewrite.replace(literal, _argument)
            elif not (renamed and isinstance(use, ast.Name)):
                source = value.source(rewrite, use)
                if isinstance(value.node, _OPERATORS) and _is_roomy(file.names, use):
                    rewrite.replace(use, partial(_bare, source))
                else:
                    rewrite.put(use, source)
        for binding in imported:
            if renamed and not value.is_builtin:
                _import_instead(file.names, rewrite, binding, value.name)
            else:
                rewrite.remove(binding.node)
        for alias in plan.needless():
            rewrite.remove(alias)

    def _imported(self, names: ModuleNames) -> Iterator[Binding]:
        """The imports of the name that fail now."""
        for scope in names.scopes.values():
            for bindings in scope.bindings.values():
                for each in bindings:
                    here = each.is_import and each.target == self.old and not _is_dotted(each)
                    if here and not reach.is_guarded(names, each.node):
                        yield each

    def _uses(self, names: ModuleNames, imported: list[Binding]) -> Iterator[_Use]:
        nodes = {each.node for each in imported}
        for use in names.uses(self.old):
            if isinstance(use, ast.Attribute) or (
                isinstance(use.ctx, ast.Load) and {each.node for each in names.bindings(use)} & nodes
            ):
                yield use


class _Value:
    """What stands in the place of the name."""

    def __init__(self, source: str) -> None:
        self.text = f"({source})" if "\n" in source else source
        tree = parse(f"({source}\n)")
        self.names = ModuleNames(tree)
        statement = tree.body[0]
        assert isinstance(statement, ast.Expr)  # noqa: S101
        self.node = statement.value
        self.name = dotted(self.node) or ""  # where it is another name, and nothing more
        self.is_builtin = self.name in _BUILTINS
        self.roots = [  # names that it does not bind itself
            node
            for nodes in self.names.by_word.values()
            for node in nodes
            if isinstance(node, ast.Name) and self.names.scope_of(node).home(node.id) is None
        ]
        self.builtins = {node.id for node in self.roots if node.id in _BUILTINS}
        self.chains = [self._chain(node) for node in self.roots if node.id not in _BUILTINS]

    def has(self, *kinds: type[ast.AST]) -> bool:
        return any(isinstance(node, kinds) for node in ast.walk(self.node))

    def source(self, rewrite: Rewrite, at: ast.AST) -> str:
        """Its source at a node, with what it needs imported."""
        used = {node: rewrite.imports.use(dotted(node) or "", at) for node in self.chains}
        if all(source == dotted(node) for node, source in used.items()):
            return self.text
        put = _Put({node: ast.parse(source, mode="eval").body for node, source in used.items()})
        return ast.unparse(put.visit(self.node))

    def _chain(self, node: ast.expr) -> ast.expr:
        """The longest attribute that begins with a name, up to one of a constant or of a class."""
        while isinstance(above := self.names.up[node].parent, ast.Attribute):
            last = above.value.attr if isinstance(above.value, ast.Attribute) else ""
            if last[:1].isupper():
                break
            node = above
        return node


class _Put(ast.NodeTransformer):
    def __init__(self, nodes: dict[ast.expr, ast.expr]) -> None:
        self.nodes = nodes

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.expr) and node in self.nodes:
            return self.nodes[node]
        kept = type(node)(**{name: getattr(node, name) for name in node._fields})  # the value is used more than once
        return self.generic_visit(ast.copy_location(kept, node))


@dataclass
class _Plan:
    """What would be replaced in one file, and what speaks against it."""

    file: File
    old: str
    value: _Value
    imported: list[Binding]
    uses: list[_Use]
    renamed: bool  # the name in the file stays, and only its import changes

    def obstacles(self) -> Iterator[_Obstacle]:
        yield from self._in_value()
        for binding in self.imported:
            yield from self._in_bindings(binding)
        for use in self.uses:
            yield from self._in_use(use)
        yield from Subjects(self.file.names, self.old, self.value.text).idle()
        yield from self._in_strings()

    def needless(self) -> Iterator[ast.alias]:
        """Imports of modules that only the replaced uses needed."""
        names = self.file.names
        roots = {_root(use) for use in self.uses if isinstance(use, ast.Attribute)}
        for local in sorted({root.id for root in roots}):
            bindings = names.scope.bindings.get(local, [])
            others = [node for node in names.by_word[local] if isinstance(node, ast.Name) and node not in roots]
            kept = any(word.value == local for word in names.dunder_all) or dependents.takers(self.file, local)
            if len(bindings) == 1 and bindings[0].is_import and not others and not kept:
                alias = bindings[0].node
                assert isinstance(alias, ast.alias)  # noqa: S101
                if not reach.is_guarded(names, alias) and not any(each.node is alias for each in self.imported):
                    yield alias

    def _in_value(self) -> Iterator[_Obstacle]:
        names = self.file.names
        first: ast.AST = self.uses[0] if self.uses else self.imported[0].node
        if self.value.has(*_NOT_A_VALUE):
            yield first, "the value can't be put into another expression"
        reads = [use for use in self.uses if isinstance(use.ctx, ast.Load)]
        if self.value.has(*_MADE_ANEW) and len(reads) > 1:
            yield first, "each use would make an object of its own; name the value in this file"
        for chain in self.value.chains:
            if not isinstance(chain, ast.Name):
                continue
            changed = self.renamed and not any(isinstance(use, ast.Attribute) for use in self.uses)
            known = any(each.target == chain.id for each in names.scope.bindings.get(chain.id, ()))
            if not (changed and chain.id in sys.stdlib_module_names) and not known:
                yield first, f"{chain.id} in the value is neither a builtin nor dotted"

    def _in_bindings(self, binding: Binding) -> Iterator[_Obstacle]:
        names, local = self.file.names, binding.name
        for each in binding.scope.bindings[local]:
            if each.target != self.old:
                yield each.node, f"gives {local} another meaning"
        for node, scope in names.scopes.items():
            if local in scope.global_names | scope.nonlocal_names:
                yield node, f"declares {local} global or nonlocal"
            if scope.is_class and scope is not binding.scope and local in scope.bindings:
                reads = (each for each in names.by_word.get(local, ()) if names.scope_of(each) is scope)
                if any(isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load) for each in reads):
                    yield node, f"has a {local} of its own, made from the imported one"
        if binding.scope.is_class:
            yield binding.node, "is an attribute of the class as well"
        if self.renamed and not self.value.is_builtin:
            return  # the name stays
        for word in names.dunder_all:
            if word.value == local:
                yield word, f"offers {local} to other files"
        if binding.scope.is_module:
            for path in dependents.takers(self.file, local):
                yield binding.node, f"imports {local} for {path}"

    def _in_use(self, use: _Use) -> Iterator[_Obstacle]:
        names = self.file.names
        if not isinstance(use.ctx, ast.Load):
            yield use, f"sets or deletes {ast.unparse(use)}"
            return
        removed = {each.node for each in self.imported}
        for word in self.value.builtins:
            home = names.scope_of(use).home(word)
            if home is not None and not {each.node for each in home.bindings[word]} <= removed:
                yield use, f"{word} has another meaning here"
        for above in names.ancestors(use):
            if isinstance(above, ast.pattern):
                yield use, "is part of a pattern"
            elif isinstance(above, ast.JoinedStr):
                yield from self._in_text(use, above)
            elif isinstance(above, ast.stmt):
                break

    def _in_text(self, use: _Use, text: ast.JoinedStr) -> Iterator[_Obstacle]:
        if self.renamed and isinstance(use, ast.Name):
            return
        source = ast.get_source_segment(self.file.text, text) or ""
        if any(character in self.value.text for character in "\\'\"{:!#") or self.value.has(ast.Lambda):
            yield use, "the value can't be written within this f-string"
        elif f"{ast.unparse(use)}=" in source.replace(" ", ""):
            yield use, "the f-string shows the name as well"

    def _in_strings(self) -> Iterator[_Obstacle]:
        names = self.file.names
        module, _, last = self.old.rpartition(".")
        locals_ = {each.name for each in self.imported}
        stays = self.renamed and not self.value.is_builtin
        for word in names.strings:
            text = word.value
            assert isinstance(text, str)  # noqa: S101
            call = names.up[word].parent
            attribute = isinstance(call, ast.Call) and bool(call.args) and names.means(call.args[0], module)
            if text == self.old or text.startswith(f"{self.old}.") or (text == last and attribute):
                yield word, f"names {self.old}"
            elif not stays and names.module and text in {f"{names.module}.{each}" for each in locals_}:
                yield word, f"names {text}"
            elif not stays and _is_annotation(names, word) and locals_ & set(_words(text)):
                yield word, "names it in a quoted annotation"


def _is_dotted(binding: Binding) -> bool:
    """Whether an import binds a package by naming a module in it."""
    return isinstance(binding.node, ast.alias) and binding.node.asname is None and "." in binding.node.name


def _is_annotation(names: ModuleNames, node: ast.AST) -> bool:
    while isinstance(node, ast.expr):
        parent, field, _ = names.up[node]
        if field in {"annotation", "returns"}:
            return True
        node = parent
    return False


def _words(text: str) -> Iterator[str]:
    try:
        yield from (node.id for node in ast.walk(parse(text)) if isinstance(node, ast.Name))
    except SyntaxError:
        return


def _root(node: ast.expr) -> ast.Name:
    while isinstance(node, ast.Attribute):
        node = node.value
    assert isinstance(node, ast.Name)  # noqa: S101
    return node


def _literal_of(use: _Use, value: _Value, names: ModuleNames) -> ast.Call | None:
    """The call that would make a literal of what is one already: ``int(3600)``, ``str("tea")``."""
    call, field, _ = names.up[use]
    if not isinstance(call, ast.Call) or field != "func" or len(call.args) != 1 or call.keywords:
        return None
    given = call.args[0]
    is_literal = isinstance(given, ast.Constant) and type(given.value).__name__ == value.name
    is_plain = is_literal and value.name in _LITERALS and call.lineno == call.end_lineno
    is_owner = isinstance(names.up[call].parent, ast.Attribute) and not isinstance(given.value, str | bytes)  # type: ignore[attr-defined]
    return call if is_plain and not is_owner else None


def _argument(call: cst.Call) -> cst.BaseExpression:
    given = call.args[0].value
    if isinstance(given, cst.ConcatenatedString) and not given.lpar:
        return given.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return given


def _is_roomy(names: ModuleNames, use: ast.AST) -> bool:
    parent, field, _ = names.up[use]
    return (type(parent), field) in _ROOMY


def _bare(source: str, old: cst.BaseExpression) -> cst.BaseExpression:
    """An expression that needs no parentheses where it stands; it keeps those of the one that stood there."""
    new = cst.parse_expression(source)
    return new.with_changes(lpar=old.lpar, rpar=old.rpar) if old.lpar else new


def _import_instead(names: ModuleNames, rewrite: Rewrite, binding: Binding, name: str) -> None:
    """Import the same local name from where it is."""
    alias = binding.node
    statement = names.statement(alias)
    assert isinstance(statement, ast.ImportFrom | ast.Import)  # noqa: S101
    module, _, last = name.rpartition(".")
    renaming = "" if binding.name == last else f" as {binding.name}"
    line = f"from {module} import {last}{renaming}" if module else f"import {last}{renaming}"
    if len(statement.names) > 1:
        rewrite.remove(alias)
        rewrite.after(statement, line)
    else:
        rewrite.replace(
            statement, lambda _: cst.ensure_type(cst.parse_statement(line), cst.SimpleStatementLine).body[0]
        )
