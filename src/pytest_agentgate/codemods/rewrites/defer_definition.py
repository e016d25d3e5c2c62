"""A definition that fails as its file is loaded keeps only its users from running."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import takewhile
from typing import TypeAlias

import libcst as cst

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.idioms import fixtures
from pytest_agentgate.codemods.reading import dependents, reach
from pytest_agentgate.codemods.reading.names import FunctionNode, ModuleNames
from pytest_agentgate.codemods.reading.sources import File, Place
from pytest_agentgate.codemods.writing.openings import beginning_with
from pytest_agentgate.codemods.writing.rewrite import Rewrite

_Obstacle: TypeAlias = tuple[ast.AST, str]
_KNOWN_DECORATORS = ("pytest.", "pytest_asyncio.", "contextlib.", "functools.", "builtins.", "hypothesis.")
_PLAIN_DECORATORS = ("dataclasses.", "functools.total_ordering", "enum.", "attr.", "attrs.", "typing.")


@dataclass(frozen=True)
class DeferDefinition(Codemod):
    """Have only those make a class or constant of a test module who use it.

    Repairs what a definition raises as its file is loaded, as in ``TypeError: Form() takes no arguments`` of a class
    body, which keeps every test of the file, and of all files that import it, from running: all run again but those
    that use it, which fail with the same exception. A file of tests that needs it as it is loaded (for a base class,
    a ``parametrize``) makes it then, and fails as a whole. Where its own file or another helper needs it so, where it
    holds tests, or where nobody asks for it by name, all files are left alone.

    With ``old=tests.forms.OldForm``:

    In tests/test_forms.py::

        from tests.forms import OldForm

        def test_old():
            assert OldForm().fields

    Before (tests/forms.py)::

        from shop import Form, field

        class OldForm(Form):
            name = field(kind=3)

        def old():
            return OldForm()

        def new():
            return Form()

    After::

        import functools

        from shop import Form, field

        @functools.cache
        def define_old_form():
            class OldForm(Form):
                name = field(kind=3)

            return OldForm

        def old():
            OldForm = define_old_form()
            return OldForm()

        def new():
            return Form()

    In tests/forms.py::

        from shop import Form, field

        class OldForm(Form):
            name = field(kind=3)

    Before (tests/test_forms.py)::

        import pytest
        from tests.forms import OldForm

        def test_old():
            with pytest.raises(ValueError):
                OldForm().save()

        def test_new():
            assert 1 + 1 == 2

    After::

        import pytest
        from tests.forms import define_old_form

        def test_old():
            OldForm = define_old_form()
            with pytest.raises(ValueError):
                OldForm().save()

        def test_new():
            assert 1 + 1 == 2

    Before (tests/test_forms.py)::

        import pytest
        from tests.forms import OldForm

        @pytest.mark.parametrize("form", [OldForm])
        def test_old(form):
            assert form().fields

    After::

        import pytest
        from tests.forms import define_old_form

        OldForm = define_old_form()

        @pytest.mark.parametrize("form", [OldForm])
        def test_old(form):
            assert form().fields

    Unchanged (tests/views.py)::

        from tests.forms import OldForm

        class Newer(OldForm):
            pass
    """

    applicability = Applicability.SAFE
    because = "No assertion changes, and whatever uses the definition still fails with what it raises."
    owns = frozenset(
        {ast.ClassDef, ast.Assign, ast.FunctionDef, ast.AsyncFunctionDef, ast.Return, ast.Expr}
        | {ast.alias, ast.Import, ast.ImportFrom}
    )

    old: str = option("the class or constant, with its module", "dotted")
    unasked: bool = option("even where nobody asks for it by its name", "flag", default=False)

    def words(self) -> tuple[str, ...]:
        return (self.old.rpartition(".")[2],)

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        module, _, word = self.old.rpartition(".")
        parts = list(_parts(file, module, word))
        own = next((part for part in parts if part.file.place.path == file.place.path), None)
        home = next((part for part in parts if part.definition is not None), None)
        if own is None or home is None:
            return
        factory = f"define_{re.sub(r'(?<=[a-z0-9])(?=[A-Z])', '_', word).lower()}"
        found = False
        for part in parts:
            for node, reason in part.obstacles(factory):
                found = True
                if part is own:
                    rewrite.leave(node, reason)
                else:
                    place = f"{part.file.place.path}:{getattr(node, 'lineno', 1)}"
                    rewrite.leave(own.somewhere, f"{place} {reason}")
        if not found and not self.unasked and not any(part.users or part.at_once for part in parts):
            rewrite.leave(own.somewhere, f"nobody asks for {word} by its name")
        elif not found:
            own.change(rewrite, factory)


def _parts(file: File, module: str, word: str) -> Iterator[_Part]:
    """What each file of the project that has the word in it has to do with the definition."""
    for path in dict.fromkeys([file.place.path, *file.sources.paths]):
        other = file if path == file.place.path else None
        text = None if other else file.sources.text(path)
        if other is None and text is not None and word in text:
            names = file.sources.file(path)
            other = None if names is None else File(names, Place.within(file.sources, path), text)
        if other is not None:
            part = _Part(other, module, word)
            if part.definition is not None or part.aliases or part.is_starred or part.through_module:
                yield part


@dataclass
class _Part:
    """One file: the definition or its imports, and who uses it."""

    file: File
    module: str
    word: str
    users: dict[FunctionNode, None] = field(default_factory=dict)
    at_once: list[ast.Name] = field(default_factory=list)  # what needs it as the file is loaded
    _found: list[_Obstacle] = field(default_factory=list)

    def __post_init__(self) -> None:
        for node in self._uses():
            if not isinstance(node.ctx, ast.Load):
                if self.definition is None or node not in getattr(self.definition, "targets", ()):
                    self._found.append((node, f"gives {node.id} another meaning"))
                continue
            if self.definition is not None and self.definition in self.names.ancestors(node):
                continue
            function = reach.outermost(self.names, node)
            if function is None:
                self.at_once.append(node)
            else:
                self.users[function] = None

    @property
    def names(self) -> ModuleNames:
        return self.file.names

    @property
    def old(self) -> str:
        return f"{self.module}.{self.word}"

    # -- what there is -----------------------------------------------------------------------------------------------

    @cached_property
    def definition(self) -> ast.ClassDef | ast.Assign | None:
        """The statement of the module that defines it, if this file does."""
        if not self.module or self.names.module != self.module:
            return None
        bindings = self.names.scope.bindings.get(self.word, ())
        statement = self.names.statement(bindings[0].node) if len(bindings) == 1 else None
        if isinstance(statement, ast.ClassDef | ast.Assign) and self.names.up[statement].parent is self.names.tree:
            return statement
        return None

    @cached_property
    def aliases(self) -> list[ast.alias]:
        """The imports of it, at the top of the file or within."""
        return [
            alias
            for statement in self.names.imports
            for alias in statement.names
            if alias.name == self.word and self.names.import_target(statement, alias) == self.old
        ]

    @cached_property
    def is_starred(self) -> bool:
        """Whether the name comes with all others of its module."""
        stars = {star.target for star in self.names.scope.stars}
        return self.module in stars and self.word not in self.names.scope.bindings and self.word in self.names.by_word

    @cached_property
    def through_module(self) -> list[ast.AST]:
        """Where it is read off its module."""
        return [
            node
            for node in self.names.by_word.get(self.word, ())
            if isinstance(node, ast.Attribute) and self.old in self.names.candidates(node)
        ]

    @cached_property
    def locals(self) -> tuple[str, ...]:
        """The names that stand for it in this file."""
        own = () if self.definition is None and not self.is_starred else (self.word,)
        return tuple(dict.fromkeys([*own, *(alias.asname or alias.name for alias in self.aliases)]))

    @property
    def somewhere(self) -> ast.AST:
        """A node to point at."""
        return self.definition or next(iter([*self.aliases, *self.through_module]), self.names.tree)

    def _uses(self) -> Iterator[ast.Name]:
        wanted = None if self.is_starred else self.names.scope
        for local in self.locals:
            for node in self.names.by_word.get(local, ()):
                if isinstance(node, ast.Name) and self.names.scope_of(node).home(local) is wanted:
                    yield node

    # -- what keeps it where it is -----------------------------------------------------------------------------------

    def obstacles(self, factory: str) -> Iterator[_Obstacle]:
        yield from self._found
        yield from ((node, "reaches it through its module") for node in self.through_module)
        if self.definition is not None:
            yield from self._in_definition(self.definition)
        yield from self._in_imports()
        yield from self._in_words(factory)
        if not self.at_once:
            yield from self._around_users()
        elif self.definition is not None or not self._is_of_tests:
            yield from ((node, f"needs {node.id} as the file is loaded") for node in self.at_once)
        elif len(self.locals) > 1 or not self._imports or self.at_once[0].lineno <= self._imports[-1].lineno:
            yield self.at_once[0], f"needs {self.at_once[0].id} among the imports"

    @property
    def _is_of_tests(self) -> bool:
        """Whether no other file is loaded with this one."""
        file = self.file.place.path.rpartition("/")[2]
        return file.startswith("test_") or file.endswith("_test.py")

    @cached_property
    def _imports(self) -> list[ast.stmt]:
        """The imports at the beginning of the file."""
        body = self.names.tree.body
        is_text = body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
        return list(takewhile(lambda each: isinstance(each, ast.Import | ast.ImportFrom), body[1 if is_text else 0 :]))

    def _in_definition(self, statement: ast.ClassDef | ast.Assign) -> Iterator[_Obstacle]:
        names = self.names
        if isinstance(statement, ast.ClassDef):
            tests = any(each.name.startswith("test") for each in statement.body if isinstance(each, ast.FunctionDef))
            if tests or reach.is_test_class(names, statement):
                yield statement, f"{self.word} holds tests"
            for each in statement.decorator_list:
                called = each.func if isinstance(each, ast.Call) else each
                if not (names.meaning(called) or "").startswith(_PLAIN_DECORATORS):
                    yield each, f"may do something with {self.word} as the file is loaded"
        elif len(statement.targets) != 1 or not isinstance(statement.targets[0], ast.Name):
            yield statement, f"defines more than {self.word}"
        lines = [each for each in names.tree.body if each.lineno == (statement.end_lineno or statement.lineno)]
        if any(each is not statement for each in lines):
            yield statement, "shares its line with another statement"
        for node in ast.walk(statement):
            if isinstance(node, ast.NamedExpr | ast.Await | ast.Yield):
                yield node, f"{self.word} is no definition alone"
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                home = names.scope_of(node).home(node.id)
                if home is names.scope and sum(each.kind == "assignment" for each in home.bindings[node.id]) > 1:
                    yield node, f"{node.id} may be another one later"

    def _in_imports(self) -> Iterator[_Obstacle]:
        for alias in self.aliases:
            statement = self.names.statement(alias)
            if self.names.up[statement].parent is not self.names.tree:
                yield statement, f"imports {self.word} within a block"
            if dependents.takers(self.file, alias.asname or alias.name):
                yield statement, f"imports {self.word} for other files"

    def _in_words(self, factory: str) -> Iterator[_Obstacle]:
        names = self.names
        for local in self.locals:
            if not self.is_starred and len(names.scope.bindings[local]) > 1:
                yield names.scope.bindings[local][-1].node, f"gives {local} another meaning"
            for node, scope in names.scopes.items():
                if local in scope.global_names or local in scope.nonlocal_names:
                    yield node, f"declares {local} global"
        for word in names.strings:
            if word.value in {self.word, self.old, factory}:
                yield word, f"names {word.value}"
        if factory in names.by_word or any(factory in scope.bindings for scope in names.scopes.values()):
            yield names.tree, f"has a {factory} already"

    def _around_users(self) -> Iterator[_Obstacle]:
        names = self.names
        for function in self.users:
            is_run = fixtures.is_test(names, function) or fixtures.decorator_of(names, function) is not None
            for decorator in function.decorator_list:
                called = decorator.func if isinstance(decorator, ast.Call) else decorator
                meaning = names.meaning(called) or ""
                hides = meaning == "pytest.mark.xfail" or reach.is_catcher(names, decorator, any_exception=True)
                if hides or not (is_run or meaning.startswith(_KNOWN_DECORATORS)):
                    yield decorator, f"runs a function that uses {self.word} in a way of its own"
        for node in self._exposed.lost:
            yield node, f"is handed on here, and where {self.word} fails could go unnoticed"
        raising = {each.name for each in (*self.users, *self._exposed.functions) if names.scope_of(each).is_module}
        for path, other in dependents.dependents(self.file) if raising else ():
            uses = (use for each in sorted(raising) for use in other.uses(f"{names.module}.{each}"))
            if any(reach.hides(other, use, None) for use in uses):
                yield self.somewhere, f"{path} could take what it raises for what it expects"

    @cached_property
    def _exposed(self) -> reach.Exposed:
        return reach.exposed(self.names, self.users, any_exception=True)

    # -- what becomes of it ------------------------------------------------------------------------------------------

    def change(self, rewrite: Rewrite, factory: str) -> None:
        if self.definition is not None:
            decorator = f"{rewrite.imports.use_module('functools', self.definition)}.cache"
            made = partial(_made_by, factory, decorator, self.word)
            rewrite.line(self.definition, made)
        for alias in self.aliases:
            rewrite.replace(alias, lambda old: old.with_changes(name=cst.Name(factory), asname=None))
        if self.at_once:
            rewrite.after(self._imports[-1], f"\n{self.locals[0]} = {factory}()")
            return
        for function in dict.fromkeys([*self.users, *self._exposed.functions]):
            lines = [f"{local} = {factory}()" for local in self.locals if self._is_used(local, function)]
            rewrite.replace(function, partial(beginning_with, lines or [f"{factory}()"]))

    def _is_used(self, local: str, function: FunctionNode) -> bool:
        return any(node.id == local and reach.outermost(self.names, node) is function for node in self._uses())


def _made_by(factory: str, decorator: str, word: str, statement: cst.CSTNode) -> cst.FunctionDef:
    """A function that gives what a statement defines."""
    assert isinstance(statement, cst.ClassDef | cst.SimpleStatementLine)  # noqa: S101
    inner = statement.with_changes(leading_lines=[])
    body: list[cst.BaseStatement] = [inner]
    if isinstance(inner, cst.SimpleStatementLine):
        (assignment,) = inner.body
        assert isinstance(assignment, cst.Assign)  # noqa: S101
        body = [inner.with_changes(body=[cst.Return(assignment.value)])]
    else:
        back = cst.SimpleStatementLine([cst.Return(cst.Name(word))], leading_lines=[cst.EmptyLine(indent=False)])
        body.append(back)
    return cst.FunctionDef(
        name=cst.Name(factory),
        params=cst.Parameters(),
        body=cst.IndentedBlock(body),
        decorators=[cst.Decorator(cst.parse_expression(decorator))],
        leading_lines=statement.leading_lines,
    )
