"""How changes are put into LibCST's tree: only what was asked for, and everything around it byte for byte."""

from __future__ import annotations

import ast
from collections.abc import Callable
from textwrap import dedent

import libcst as cst
import pytest

from pytest_agentgate.codemods.reading.names import ModuleNames, parse
from pytest_agentgate.codemods.writing.rewrite import Note, Rewrite


def rewritten(source: str, change: Callable[[ModuleNames, Rewrite], None]) -> str:
    source = dedent(source)
    names = ModuleNames(parse(source))
    rewrite = Rewrite(names)
    change(names, rewrite)
    return rewrite.build(cst.parse_module(source)).code


def remove(word: str) -> Callable[[ModuleNames, Rewrite], None]:
    """Removes the alias, statement, argument or element that is called so."""

    def change(names: ModuleNames, rewrite: Rewrite) -> None:
        for node in list(names.up):
            named = (isinstance(node, ast.alias) and node.name == word) or (
                isinstance(node, ast.Expr) and isinstance(node.value, ast.Name) and node.value.id == word
            )
            if named or (isinstance(node, ast.keyword) and node.arg == word):
                rewrite.remove(node)

    return change


def test_nothing_asked_for_is_the_same_tree() -> None:
    module = cst.parse_module("x = 1\n")
    assert Rewrite(ModuleNames(parse("x = 1\n"))).build(module) is module


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from a import gone, b\n", "from a import b\n"),
        ("from a import b, gone\n", "from a import b\n"),
        ("from a import b, gone, c  # why\n", "from a import b, c  # why\n"),
        ("from a import (\n    b,  # the b\n    gone,\n)\n", "from a import (\n    b,  # the b\n)\n"),
        ("from a import (b, gone)\n", "from a import (b)\n"),
        ("import b, gone\n", "import b\n"),
        ("from a import gone\nx\n", "x\n"),
        ("x; from a import gone; y\n", "x; y\n"),
        ("x; from a import gone\n", "x\n"),
        ("def f():\n    from a import gone\n", "def f():\n    pass\n"),
        ("def f(): gone\n", "def f(): pass\n"),
        ("if x:\n    gone\nelse:\n    y\n", "if x:\n    pass\nelse:\n    y\n"),
        ("f(a, gone=1)\n", "f(a)\n"),
        ("f(gone=1, b=2)\n", "f(b=2)\n"),
        ("f(\n    a,\n    gone=1,\n)\n", "f(\n    a,\n)\n"),
        ("# above\nfrom a import gone\nx\n", "# above\nx\n"),
        ("x\n# about it\nfrom a import gone\n\ny\n", "x\n# about it\n\ny\n"),
        ("from a import gone\n\n\nx\n", "x\n"),
        ("# Licence\nfrom a import gone\n\nx\n", "# Licence\n\nx\n"),
        ("x\n\nfrom a import gone\n\n\ny\n", "x\n\n\ny\n"),
        ("x\n\nfrom a import gone\ny\n", "x\n\ny\n"),
    ],
)
def test_what_is_removed_leaves_its_surroundings_whole(before: str, after: str) -> None:
    assert rewritten(before, remove("gone")) == after


def test_nested_changes_are_made_from_the_inside_out() -> None:
    def rename(names: ModuleNames, rewrite: Rewrite) -> None:
        for call in names.calls:
            for keyword in call.keywords:
                rewrite.replace(keyword, lambda old: old.with_changes(keyword=cst.Name("new")))
            rewrite.replace(call, lambda old: old.with_changes(func=cst.Name("g")))

    assert rewritten("f(old = f( old=1 ) )  # both\n", rename) == "g(new = g( new=1 ) )  # both\n"


def test_statements_are_put_above_and_below_a_line() -> None:
    def add(names: ModuleNames, rewrite: Rewrite) -> None:
        rewrite.before(names.statement(names.calls[0]), "a = 1", "b = 2")
        rewrite.after(names.statement(names.calls[0]), "c = 3")

    assert rewritten("def t():\n    f(); g\n", add) == "def t():\n    a = 1\n    b = 2\n    f(); g\n    c = 3\n"


@pytest.mark.parametrize(
    ("source", "value", "after"),
    [
        ("x * 2\n", "a + b", "(a + b) * 2\n"),
        ("(x) * 2\n", "a + b", "(a + b) * 2\n"),
        ("f(x)\n", "a.b", "f(a.b)\n"),
        ("x.y\n", "1", "(1).y\n"),
        ("x.y\n", "'s'", "'s'.y\n"),
        ("f(x for x in y)\n", "z", "f(x for x in y)\n"),
        ("[x]\n", "lambda: 1", "[(lambda: 1)]\n"),
        ("return_ = x\n", "a if b else c", "return_ = (a if b else c)\n"),
    ],
)
def test_an_expression_keeps_its_meaning_where_it_is_put(source: str, value: str, after: str) -> None:
    def put(names: ModuleNames, rewrite: Rewrite) -> None:
        for name in names.by_word.get("x", []):
            if isinstance(name, ast.Name) and not names.bindings(name):
                rewrite.put(name, value)

    assert rewritten(source, put) == after
    ast.parse(after)


@pytest.mark.parametrize("module", ["a", "b"])
def test_an_import_is_not_lost_with_the_one_that_it_was_put_beside_or_into(module: str) -> None:
    def change(names: ModuleNames, rewrite: Rewrite) -> None:
        [use] = names.by_word["gone"]
        rewrite.put(use, rewrite.imports.use(f"{module}.come", use))
        alias = names.imports[0].names[0]
        rewrite.remove(alias)

    assert rewritten("from a import gone\nf(gone)\n", change) == f"from {module} import come\nf(come)\n"


def test_what_is_left_alone_is_noted_once() -> None:
    names = ModuleNames(parse("\nx\n"))
    rewrite = Rewrite(names)
    rewrite.leave(names.tree.body[0], "why")
    rewrite.leave(names.tree.body[0], "why")
    assert rewrite.notes == [Note(2, "why")]
    assert rewrite.is_empty
