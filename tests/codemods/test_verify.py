"""Differences that a codemod may make, and those that it may not."""

from __future__ import annotations

import ast

import pytest

from pytest_agentgate.codemods.verify import foreign_difference

IMPORTS = frozenset({ast.Import, ast.ImportFrom, ast.alias})


def difference(old: str, new: str, *owned: type[ast.AST]) -> str | None:
    return foreign_difference(ast.parse(old), ast.parse(new), frozenset(owned))


@pytest.mark.parametrize(
    ("old", "new", "owned"),
    [
        ("f(a=1)", "f(a=1)  # said", ()),
        ("f(a=1)", "f(b=1)", (ast.keyword,)),
        ("f(a=1)", "f(a=1, b=2)", (ast.keyword,)),
        ("from a import b\nx", "from c import b\nx", IMPORTS),
        ("from a import b\nx", "from a import d\nfrom c import b\nx", IMPORTS),
        ("from a import b\nx", "x", IMPORTS),
        ("def f():\n    from a import b", "def f():\n    pass", IMPORTS),
        ("f({'a': 1})", "f(M(a=1))", (ast.Dict, ast.Call)),
        ("x.a", "x.b", (ast.Attribute,)),
        ("import a\nimport b\nx = 1", "import b\nx = 1\nimport c", IMPORTS),
        ("f(g(a=1))", "f(M(**g(a=1)))", (ast.Call, ast.keyword)),
    ],
)
def test_owned_differences_pass(old: str, new: str, owned: tuple[type[ast.AST], ...]) -> None:
    assert difference(old, new, *owned) is None


@pytest.mark.parametrize(
    ("old", "new", "owned"),
    [
        ("f(a=1)", "f(a=2)", (ast.keyword,)),
        ("f(a=1)", "g(a=1)", (ast.keyword,)),
        ("assert x == 1", "assert x", (ast.Name,)),
        ("assert x == 1", "pass", (ast.Name,)),
        ("x\ny", "x", IMPORTS),
        ("from a import b\nx", "from a import b\nx\ny", IMPORTS),
        ("x == 1", "x != 1", (ast.Name,)),
        ("'1'", "1", (ast.Name,)),
        ("1", "True", (ast.Name,)),
        ("f(a, b)", "f(b, a)", (ast.keyword,)),
        ("global a", "global b", (ast.Name,)),
        ("return_: int", "return_: int = 1", (ast.Name,)),
        ("f(g(a=1))", "f(M(**g(a=2)))", (ast.Call, ast.keyword)),
        ("f(g(a=1))", "f(M(a=g()))", (ast.Call, ast.keyword)),
    ],
)
def test_any_other_difference_is_named(old: str, new: str, owned: tuple[type[ast.AST], ...]) -> None:
    found = difference(old, new, *owned)
    assert found is not None
    assert found.startswith("line ")
