"""An attribute that an object made by a test now needs."""

from __future__ import annotations

import ast
from dataclasses import dataclass

import libcst as cst

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.idioms.bags import Bag, bags
from pytest_agentgate.codemods.reading.names import ModuleNames
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.writing import brackets
from pytest_agentgate.codemods.writing.rewrite import Change, Rewrite
from pytest_agentgate.codemods.writing.snippets import Snippet, Unfit


@dataclass(frozen=True)
class AddAttribute(Codemod):
    """Give one more attribute to the objects that tests make in the place of options or settings.

    Repairs ``AttributeError: 'Namespace' object has no attribute 'color'``. These are namespaces, or a class of the
    tests that has no other. Only those get it that are given all the attributes named in ``beside``; these tell an
    object of one purpose from others of its class. It is written where the others are: among the keywords, in the dict
    that is splatted, below the last ``setdefault`` of a helper or the last line that assigns one. One that has it
    stays as it is.

    With ``cls=argparse.Namespace attribute=color value='"auto"' beside=output_file``:

    Before::

        import argparse

        def options(**kwargs):
            kwargs.setdefault("output_file", None)
            kwargs.setdefault("tee", False)
            return argparse.Namespace(**kwargs)

        def defaults(**given):
            known = {'output_file': None}
            known.update(given)
            return argparse.Namespace(**known)

        PLAIN = argparse.Namespace(output_file=None, tee=True)

    After::

        import argparse

        def options(**kwargs):
            kwargs.setdefault("output_file", None)
            kwargs.setdefault("tee", False)
            kwargs.setdefault("color", "auto")
            return argparse.Namespace(**kwargs)

        def defaults(**given):
            known = {'output_file': None, 'color': 'auto'}
            known.update(given)
            return argparse.Namespace(**known)

        PLAIN = argparse.Namespace(output_file=None, tee=True, color="auto")

    Unchanged::

        import argparse

        OTHER = argparse.Namespace(tee=True)  # no output_file
        COLOURED = argparse.Namespace(output_file=None, color="never")

    With ``cls=tests.test_shop.Options attribute=color value='"auto"'``:

    Before (tests/test_shop.py)::

        class Options:
            output_file = None

            def copy(self):
                return self

    After::

        class Options:
            output_file = None
            color = "auto"

            def copy(self):
                return self
    """

    applicability = Applicability.UNSAFE
    because = (
        "Nothing in the tests says that the value is the one that they need: a test may come to mean another thing."
    )
    owns = frozenset({ast.keyword, ast.Expr, ast.Assign, ast.Call, ast.Dict, ast.Import, ast.ImportFrom, ast.alias})

    cls: str = option("the class of the namespace, or that of the tests", "dotted")
    attribute: str = option("the attribute", "name")
    value: str = option("its value; dotted names in it are imported", "source")
    beside: tuple[str, ...] = option(
        "attributes that such a namespace is given; others are left alone", "names", default=(), metavar="NAME,..."
    )

    def words(self) -> tuple[str, ...]:
        return (self.cls.rpartition(".")[2], *self.beside)

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        snippet = Snippet(self.value, file, rewrite)
        done: set[ast.AST] = set()
        for bag in bags(file.names, self.cls):
            if self.attribute in bag.given or not set(self.beside) <= set(bag.given):
                continue
            if bag.at is None:
                rewrite.leave(bag.node, bag.why)
            elif (
                isinstance(bag.node, ast.Call) and bag.at is bag.node and self._is_given_by_others(bag.node, file.names)
            ):
                rewrite.leave(bag.node, f"calls of the function around it may give {self.attribute!r} themselves")
            elif bag.at not in done:
                done.add(bag.at)
                self._add(bag, snippet, rewrite)

    def _is_given_by_others(self, node: ast.Call, names: ModuleNames) -> bool:
        """Whether keywords are splatted into a call, and the file passes one of this name somewhere."""
        splats = any(each.arg is None for each in node.keywords)
        return splats and any(each.arg == self.attribute for call in names.calls for each in call.keywords)

    def _add(self, bag: Bag, snippet: Snippet, rewrite: Rewrite) -> None:
        assert bag.at is not None  # noqa: S101
        value = snippet.at(bag.at)
        if isinstance(value, Unfit):
            rewrite.leave(bag.at, value.reason)
        elif isinstance(bag.at, ast.Call):
            rewrite.replace(bag.at, _keyword(self.attribute, value))
        elif isinstance(bag.at, ast.Dict):
            rewrite.replace(bag.at, _element(self.attribute, value))
        else:
            rewrite.line(bag.at, _below(bag, self.attribute, value))


def _below(bag: Bag, name: str, value: cst.BaseExpression) -> Change:
    """One more line below the last one that gives an attribute, with the quotes of that one."""

    def change(line: cst.SimpleStatementLine) -> list[cst.BaseStatement]:
        quote = _quote(line) or '"'
        source = cst.Module([]).code_for_node(_quoted(value, quote))
        if isinstance(bag.node, ast.ClassDef):
            new = f"{bag.filled}.{name} = {source}" if bag.filled else f"{name} = {source}"
        else:
            new = f"{bag.filled}.setdefault({quote}{name}{quote}, {source})"
        return [line, cst.parse_statement(new)]

    return change


def _quote(node: cst.CSTNode) -> str:
    """The quote of the first string in some code, "" where there is none."""
    return next((each for each in cst.Module([]).code_for_node(node) if each in "'\""), "")


def _quoted(value: cst.BaseExpression, quote: str) -> cst.BaseExpression:
    """A value, with the quotes of its place if it is a plain text."""
    if not isinstance(value, cst.SimpleString) or not quote or value.prefix or len(value.quote) > 1:
        return value
    text = str(value.raw_value)
    return value if set(text) & set("'\"\\") else value.with_changes(value=f"{quote}{text}{quote}")


def _keyword(name: str, value: cst.BaseExpression) -> Change:
    def change(call: cst.Call) -> cst.Call:
        splat = next((number for number, each in enumerate(call.args) if each.star == "**"), None)
        return brackets.insert(call, brackets.keyword(name, _quoted(value, _quote(call))), splat)

    return change


def _element(name: str, value: cst.BaseExpression) -> Change:
    def change(old: cst.Dict) -> cst.Dict:
        quote = _quote(old) or '"'
        splat = next((at for at, each in enumerate(old.elements) if isinstance(each, cst.StarredDictElement)), None)
        return brackets.insert(
            old, cst.DictElement(cst.SimpleString(f"{quote}{name}{quote}"), _quoted(value, quote)), splat
        )

    return change
