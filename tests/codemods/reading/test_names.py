"""What names mean: the rules of Python's scopes, import forms, and doubt."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from pytest_agentgate.codemods.reading.names import ModuleNames, absolute, dotted, parse


def read(source: str, module: str = "tests.test_it", package: str = "tests") -> ModuleNames:
    return ModuleNames(parse(dedent(source)), module, package)


def lines_of(names: ModuleNames, name: str) -> list[int]:
    return [use.lineno for use in names.uses(name)]


@pytest.mark.parametrize(
    ("statement", "expression"),
    [
        ("import a.b", "a.b.X"),
        ("import a.b as m", "m.X"),
        ("import a", "a.b.X"),
        ("import a as q", "q.b.X"),
        ("from a import b", "b.X"),
        ("from a import b as m", "m.X"),
        ("from a.b import X", "X"),
        ("from a.b import X as Z", "Z"),
        ("from a.b import *", "X"),
    ],
)
def test_every_import_form_leads_to_the_same_name(statement: str, expression: str) -> None:
    names = read(f"{statement}\n{expression}\n")
    assert lines_of(names, "a.b.X") == [2]
    assert names.meaning(names.uses("a.b.X")[0]) == "a.b.X"


@pytest.mark.parametrize(
    ("package", "module", "level", "expected"),
    [
        ("pkg.sub", "m", 1, "pkg.sub.m"),
        ("pkg.sub", "m", 2, "pkg.m"),
        ("pkg.sub", None, 1, "pkg.sub"),
        ("pkg", "m", 2, None),  # beyond the top-level package: Python refuses it
        ("", "m", 1, None),
        ("pkg", "m", 0, "m"),
    ],
)
def test_relative_imports_start_at_the_package(
    package: str, module: str | None, level: int, expected: str | None
) -> None:
    assert absolute(package, module, level) == expected


def test_relative_import_of_a_file() -> None:
    names = read("from .old import X\nfrom ..top import Y\nX(); Y()\n", "pkg.tests.test_x", "pkg.tests")
    assert lines_of(names, "pkg.tests.old.X") == [3]
    assert lines_of(names, "pkg.top.Y") == [3]


def test_a_parameter_hides_the_import() -> None:
    names = read(
        """
        from a import X
        def f(X):
            return X
        def g():
            return X
        """
    )
    assert lines_of(names, "a.X") == [6]


def test_defaults_decorators_annotations_and_bases_are_evaluated_outside() -> None:
    names = read(
        """
        from a import X
        @X
        def f(X: X = X) -> X:
            X
        class C(X, k=X):
            X = X
            def m(self): return X
        (lambda X=X: X)
        [X for X in X]
        """
    )
    assert lines_of(names, "a.X") == [3, 4, 4, 4, 6, 6, 8, 9, 10]


def test_a_class_body_is_not_seen_from_its_methods() -> None:
    names = read(
        """
        from a import X
        class C:
            from b import X
            X
            def m(self):
                return X
        """
    )
    assert lines_of(names, "a.X") == [7]
    assert lines_of(names, "b.X") == [5]


def test_several_meanings_are_doubt() -> None:
    names = read(
        """
        try:
            from a import X
        except ImportError:
            from b import X
        X
        """
    )
    use = names.by_word["X"][0]
    assert names.candidates(use) == {"a.X", "b.X"}
    assert names.meaning(use) is None
    assert names.uses("a.X") == []


def test_a_fallback_of_none_is_no_second_meaning() -> None:
    names = read("try:\n    from a import X\nexcept ImportError:\n    X = None\nX()\n")
    assert lines_of(names, "a.X")[-1] == 5


def test_a_rebound_name_is_doubt() -> None:
    names = read("from a import X\nX = wrap(X)\nX()\n")
    assert names.uses("a.X") == []


def test_global_gives_the_module_a_second_binding() -> None:
    names = read("from a import X\ndef f():\n    global X\n    X = 1\nX()\n")
    assert names.uses("a.X") == []
    assert len(names.scope.bindings["X"]) == 2


def test_nonlocal_binds_around() -> None:
    names = read(
        """
        def f():
            from a import X
            def g():
                nonlocal X
                X = 1
            X()
        """
    )
    assert names.uses("a.X") == []


def test_a_walrus_in_a_comprehension_binds_around_it() -> None:
    names = read("from a import X\ndef f():\n    [X := 1 for _ in y]\n    return X\n")
    assert names.uses("a.X") == []


@pytest.mark.parametrize(
    "statement",
    ["except E as X: pass", "finally: X = 1"],
)
def test_handlers_and_branches_bind(statement: str) -> None:
    names = read(f"from a import X\ntry: pass\n{statement}\nX()\n")
    assert names.uses("a.X") == []


@pytest.mark.parametrize(
    "statement",
    [
        "for X in y: pass",
        "with y as X: pass",
        "with y as (q, X): pass",
        "X += 1",
        "X: int = 1",
        "def X(): pass",
        "class X: pass",
        "import X",
        "match y:\n    case {**X}: pass",
        "match y:\n    case [*X]: pass",
        "match y:\n    case X: pass",
    ],
)
def test_whatever_binds_a_name_takes_its_meaning(statement: str) -> None:
    assert read(f"from a import X\n{statement}\nX()\n").uses("a.X") == []


def test_builtins_are_named_so() -> None:
    names = read("len(x)\n")
    assert names.meaning(names.calls[0].func) == "builtins.len"
    assert names.candidates(names.by_word["x"][0]) == {None}


def test_definitions_have_the_name_of_their_module() -> None:
    names = read("class C:\n    def m(self):\n        def inner(): ...\nC.m\n", "pkg.mod", "pkg")
    assert names.meaning(names.by_word["m"][0]) == "pkg.mod.C.m"
    assert [names.qualified(function) for function in names.functions] == [
        "pkg.mod.C.m",
        "pkg.mod.C.m.<locals>.inner",
    ]


def test_an_alias_of_a_package_reaches_below_it() -> None:
    names = read("import a.b as m\nimport a.c\nm.d.X; a.c.Y; a.b.d.X\n")
    assert lines_of(names, "a.b.d.X") == [3, 3]


def test_strings_imports_and_dunder_all_are_listed() -> None:
    names = read("import a\n__all__ = ['x'] + ['y']\n__all__ += ['z']\ndef f():\n    from b import c\n    return 's'\n")
    assert [string.value for string in names.dunder_all] == ["x", "y", "z"]
    assert [string.value for string in names.strings] == ["x", "y", "z", "s"]
    assert [node.lineno for node in names.imports] == [1, 5]


def test_statements_and_ancestors() -> None:
    names = read("class C:\n    def m(self):\n        return f(1)\n")
    call = names.calls[0]
    assert isinstance(names.statement(call), ast.Return)
    assert isinstance(names.enclosing(call, ast.ClassDef), ast.ClassDef)
    assert names.enclosing(call, ast.Lambda) is None


def test_a_chain_that_does_not_start_at_a_name_has_no_dotted_name() -> None:
    assert dotted(ast.parse("a.b.c", mode="eval").body) == "a.b.c"
    assert dotted(ast.parse("a().b", mode="eval").body) is None


@pytest.mark.parametrize("source", ["def", "x = \0", "(" * 5000])
def test_what_python_cannot_read_is_a_syntax_error(source: str) -> None:
    with pytest.raises(SyntaxError):
        parse(source)


def test_old_escapes_give_no_warning() -> None:
    parse("'\\d' is 1")
