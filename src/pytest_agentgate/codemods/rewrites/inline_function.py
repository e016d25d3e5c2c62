"""A removed function that did nothing but give an expression of its arguments."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import libcst as cst

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.reading import dependents, reach
from pytest_agentgate.codemods.reading.names import Binding, ModuleNames, parse
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.reading.subjects import Subjects
from pytest_agentgate.codemods.writing.rewrite import Rewrite, expression

_BUILTINS = frozenset(dir(builtins))
_OF_ITS_OWN = (
    ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp,
    ast.GeneratorExp, ast.BoolOp, ast.IfExp,
)  # fmt: skip
"""What evaluates its parts not once, not in order, or with names of its own."""


@dataclass(frozen=True)
class InlineFunction(Codemod):
    """Put what a removed one-line function gave in the place of its calls.

    Repairs ``AttributeError: module 'shop.util' has no attribute 'seconds'``, where that function did nothing but give
    an expression of its arguments. Each argument is evaluated once, and in the same order as before. A file is left
    alone as a whole where one use is no such call, or where an assertion would be left that holds by construction.

    With ``old=shop.util.seconds value='lambda span: span.total_seconds()'``:

    Before::

        from shop import pause
        from shop.util import seconds

        def test_pause():
            assert seconds(pause("tea")) == 180  # three minutes

    After::

        from shop import pause

        def test_pause():
            assert pause("tea").total_seconds() == 180  # three minutes

    Before::

        from shop import pause, util

        def test_pause():
            assert util.seconds(span=pause("tea")) == 180
            assert util.name == "util"

    After::

        from shop import pause, util

        def test_pause():
            assert pause("tea").total_seconds() == 180
            assert util.name == "util"

    Unchanged::

        from shop import pause
        from shop.util import seconds

        def test_seconds():
            assert seconds(pause("tea")) == pause("tea").total_seconds()

    Unchanged::

        from shop.util import seconds

        def test_pauses(pauses):
            assert sum(map(seconds, pauses)) == 180

    Unchanged::

        from datetime import timedelta
        from shop.util import seconds

        def test_seconds():
            span = timedelta(minutes=3)
            assert seconds(span) == span.total_seconds()
    """

    applicability = Applicability.SAFE
    because = "Each call gives what the function gave for these arguments, and no assertion is left without a subject."
    owns = frozenset({ast.expr, ast.keyword, ast.alias, ast.Import, ast.ImportFrom})

    old: str = option("the function that was removed", "dotted")
    value: str = option("what it was, as a lambda; of other names it may use builtins alone", "source")

    def words(self) -> tuple[str, ...]:
        return (self.old.rpartition(".")[2],)

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        names = file.names
        imported = list(self._imported(names))
        body = _Body.of(self.value)
        uses = [use for use in names.uses(self.old) if isinstance(use.ctx, ast.Load)]
        if not uses or isinstance(body, str):
            for use in uses if isinstance(body, str) else ():
                rewrite.leave(use, str(body))
            return
        calls: list[tuple[ast.Call, Mapping[str, int]]] = []
        obstacles = [*self._in_file(file, imported), *Subjects(names, self.old, self.value).idle()]
        for use in uses:
            call = names.up[use].parent
            if not isinstance(call, ast.Call) or call.func is not use:
                obstacles.append((use, "it is not called"))
            elif isinstance(given := body.given(call, names), str):
                obstacles.append((use, given))
            else:
                calls.append((call, given))
        for node, reason in obstacles:
            rewrite.leave(node, reason)
        if obstacles:
            return
        for call, places in calls:
            rewrite.replace(call, partial(_put, body.source, places))
        for binding in imported:
            rewrite.remove(binding.node)

    def _imported(self, names: ModuleNames) -> Iterator[Binding]:
        """The imports of the name that fail now."""
        for scope in names.scopes.values():
            for bindings in scope.bindings.values():
                for each in bindings:
                    if each.is_import and each.target == self.old and not reach.is_guarded(names, each.node):
                        yield each

    def _in_file(self, file: File, imported: list[Binding]) -> Iterator[tuple[ast.AST, str]]:
        names = file.names
        for binding in imported:
            if len(binding.scope.bindings[binding.name]) > 1:
                yield binding.node, f"{binding.name} is bound more than once"
            for path in dependents.takers(file, binding.name) if binding.scope.is_module else ():
                yield binding.node, f"imports {binding.name} for {path}"
        for word in names.strings:
            if word.value == self.old:
                yield word, f"names {self.old}"


@dataclass(frozen=True)
class _Body:
    """What the function gave."""

    source: str
    parameters: tuple[str, ...]
    builtins: frozenset[str]

    @classmethod
    def of(cls, value: str) -> _Body | str:
        """Read a lambda; or why it can't be put into the place of a call."""
        tree = parse(f"({value}\n)")
        statement = tree.body[0]
        node = statement.value if isinstance(statement, ast.Expr) else None
        if not isinstance(node, ast.Lambda):
            return "the value is no lambda"
        arguments = node.args
        if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.defaults:
            return "the function has parameters that may be left out"
        parameters = tuple(each.arg for each in (*arguments.posonlyargs, *arguments.args))
        if any(isinstance(each, _OF_ITS_OWN) for each in ast.walk(node.body)):
            return "the function does not evaluate its arguments once and in order"
        words = {each.attr for each in ast.walk(node.body) if isinstance(each, ast.Attribute)}
        words |= {each.arg or "" for each in ast.walk(node.body) if isinstance(each, ast.keyword)}
        if words & set(parameters):
            return "the function has attributes or keywords that are called like its parameters"
        read = [each for each in ast.walk(node.body) if isinstance(each, ast.Name)]
        order = [each.id for each in sorted(read, key=lambda each: (each.lineno, each.col_offset))]
        others = {each for each in order if each not in parameters}
        if others - _BUILTINS:
            return f"{sorted(others - _BUILTINS)[0]} in the function is no builtin"
        if tuple(each for each in order if each in parameters) != parameters:
            return "the function does not evaluate its arguments once and in order"
        return cls(ast.unparse(node.body), parameters, frozenset(others))

    def given(self, call: ast.Call, names: ModuleNames) -> dict[str, int] | str:
        """The place of each parameter's argument in a call; or why the call is left alone."""
        found = dict(zip(self.parameters, range(len(call.args)), strict=False))
        if any(isinstance(each, ast.Starred) for each in call.args) or any(each.arg is None for each in call.keywords):
            return "which arguments it passes can't be told"
        for at, each in enumerate(call.keywords, len(call.args)):
            found[each.arg or ""] = at
        if len(call.args) + len(call.keywords) != len(self.parameters) or set(found) != set(self.parameters):
            return "it does not pass each argument once"
        if [found[name] for name in self.parameters] != sorted(found.values()):
            return "its arguments would be evaluated in another order"
        for name in sorted(self.builtins):
            if names.scope_of(call).home(name) is not None:
                return f"{name} has another meaning here"
        return found


def _put(source: str, given: Mapping[str, int], call: cst.Call) -> cst.BaseExpression:
    """The function's expression with the arguments of a call in it."""
    arguments = _Arguments({name: call.args[at].value for name, at in given.items()})
    new = expression(source, call).visit(arguments)
    assert isinstance(new, cst.BaseExpression)  # noqa: S101
    return new


class _Arguments(cst.CSTTransformer):
    """Puts arguments in the place of parameters, all at once: what is put is not looked at again."""

    def __init__(self, values: Mapping[str, cst.BaseExpression]) -> None:
        super().__init__()
        self.values = values

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:  # noqa: N802
        value = self.values.get(original_node.value)
        return updated_node if value is None else expression(cst.Module([]).code_for_node(value), cst.Name("x"))

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:  # noqa: N802
        node = original_node.value
        value = self.values.get(node.value) if isinstance(node, cst.Name) else None
        return updated_node if value is None else updated_node.with_changes(value=value)
