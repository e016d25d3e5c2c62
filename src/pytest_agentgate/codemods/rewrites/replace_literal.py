"""An expected literal."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import partial

import libcst as cst

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.idioms.comparisons import expectations, holders, results
from pytest_agentgate.codemods.reading.calls import Calls
from pytest_agentgate.codemods.reading.names import ModuleNames, parse
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.writing.rewrite import Rewrite
from pytest_agentgate.codemods.writing.snippets import Snippet, Unfit

_LOOSE = (cst.IfExp, cst.Lambda, cst.Comparison, cst.BooleanOperation, cst.NamedExpr)


@dataclass(frozen=True)
class ReplaceLiteral(Codemod):
    """Replace the literal that a test expects of a function.

    Repairs ``AssertionError: assert 'Hi Ada' == 'Hello Ada'``, where the new result is what was wanted. A literal goes
    that is exactly the old one and is compared, in an assertion, with a call of the function or with a local name for
    one. Whether the new result is right is for a person to say.

    With ``function=shop.greet old="'Hello Ada'" new="'Hi Ada'"``:

    Before::

        from shop import greet

        def test_greet():
            assert greet("Ada") == "Hello Ada"  # polite
            assert greet("Alan") == "Hello Alan"

        def test_local():
            text = greet("Ada")
            assert text != "" and "Hello Ada" == text

    After::

        from shop import greet

        def test_greet():
            assert greet("Ada") == 'Hi Ada'  # polite
            assert greet("Alan") == "Hello Alan"

        def test_local():
            text = greet("Ada")
            assert text != "" and 'Hi Ada' == text

    Unchanged::

        from shop import greet, greet_all

        def test_greet():
            text = greet("Ada")
            text += "!"
            assert text == "Hello Ada"
            assert greet_all() == ["Hello Ada"]
            if greet("Ada") == "Hello Ada":
                greet("Hello Ada")
    """

    applicability = Applicability.UNSAFE
    because = "The new literal may bless a regression: only a person knows what the function should give."
    owns = frozenset({ast.expr, ast.alias, ast.Import, ast.ImportFrom})

    function: str = option("the function or method whose result is expected", "dotted")
    old: str = option("the literal as the tests write it", "source")
    new: str = option("what they are to expect; dotted names in it are imported", "source")

    def words(self) -> tuple[str, ...]:
        last = self.function.rpartition(".")[2]
        return () if last.startswith("__") else (last,)

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        old, new = _dump(self.old), _dump(self.new)
        if old == new:
            return
        snippet = Snippet(self.new, file, rewrite)
        done: set[ast.expr] = set()
        for call in results(Calls(file, self.function)):
            for holder in holders(file.names, call):
                for literal in expectations(file.names, holder):
                    if literal in done or ast.dump(literal) != old or not _is_asserted(file.names, literal):
                        continue
                    done.add(literal)
                    written = snippet.at(literal)
                    if isinstance(written, Unfit):
                        rewrite.leave(literal, written.reason)
                    else:
                        rewrite.replace(literal, partial(_written, written))


def _dump(source: str) -> str:
    statement = parse(f"({source}\n)").body[0]
    assert isinstance(statement, ast.Expr)  # noqa: S101
    return ast.dump(statement.value)


def _is_asserted(names: ModuleNames, node: ast.AST) -> bool:
    """Whether an expression is part of an assertion."""
    for above in names.ancestors(node):
        if isinstance(above, ast.Assert):
            return True
        if isinstance(above, ast.Call) and isinstance(above.func, ast.Attribute):
            if above.func.attr.startswith("assert"):
                return True
        elif isinstance(above, ast.stmt | ast.Lambda):
            return False
    return False


def _written(new: cst.BaseExpression, old: cst.BaseExpression) -> cst.BaseExpression:
    if old.lpar:
        return new.with_changes(lpar=old.lpar, rpar=old.rpar)
    loose = isinstance(new, _LOOSE) and not new.lpar
    return new.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()]) if loose else new
