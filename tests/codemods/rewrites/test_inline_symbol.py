"""A removed alias or constant: its value stands where the name stood, and means the same there."""

from __future__ import annotations

from textwrap import dedent

import pytest

from pytest_agentgate.codemods.apply import Outcome, Unchanged, apply, rewrite
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.rewrites.inline_symbol import InlineSymbol

TEXT = InlineSymbol(old="shop.compat.text_type", value="str")
PY2 = InlineSymbol(old="shop.compat.PY2", value="False")


def of(source: str, codemod: InlineSymbol = TEXT, path: str = "tests/test_shop.py", **files: str) -> Outcome:
    others = {name.replace("__", "/") + ".py": text for name, text in files.items()}
    return rewrite(source, [codemod], Place.within(Sources.of(others), path))


def inlined(source: str, value: str, old: str = "shop.compat.X") -> str:
    codemod = InlineSymbol(old=old, value=value)
    after = apply(source, [codemod])
    assert apply(after, [codemod]) == after
    return after


@pytest.mark.parametrize(
    "source",
    [
        "from cafe.compat import text_type\ntext_type(x)\n",
        "from shop import compat\ncompat.text_types(x)\n",
        "text_type = 1\ntext_type\n",
        "try:\n    from shop.compat import text_type\nexcept ImportError:\n    text_type = None\ntext_type(x)\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from shop.compat import text_type\nx: text_type\n",
        "from shop.compat import *\n",
    ],
)
def test_other_names_and_imports_that_may_fail_are_left_without_a_word(source: str) -> None:
    assert rewrite(source, [TEXT]) == Unchanged()


@pytest.mark.parametrize(
    ("source", "line", "reason"),
    [
        ("text_type = bytes\n", 2, "gives text_type another meaning"),
        ("def f():\n    global text_type\n    text_type()\n", 2, "declares text_type global or nonlocal"),
        ("class A:\n    text_type = text_type\n", 2, "has a text_type of its own, made from the imported one"),
        ("__all__ = ['text_type']\n", 2, "offers text_type to other files"),
        ("def f(str):\n    text_type(1)\n", 3, "str has another meaning here"),
        ("str = text_type\n", 2, "str has another meaning here"),
        ("[text_type(str) for str in x]\n", 2, "str has another meaning here"),
        ("match x:\n    case text_type():\n        pass\n", 3, "is part of a pattern"),
        ("print(f'{text_type=}')\n", 2, "the f-string shows the name as well"),
        ("assert text_type is str\n", 2, "both sides of the assertion would be the same"),
        ("assert isinstance('', text_type)\n", 2, "the assertion would say nothing about the code"),
        ("self.assertIs(text_type, str)\n", 2, "both sides of the assertion would be the same"),
        ("patch('shop.compat.text_type', 1)\n", 2, "names shop.compat.text_type"),
        ("from shop import compat\nhasattr(compat, 'text_type')\n", 3, "names shop.compat.text_type"),
        ("from shop import compat\ncompat.text_type = 1\n", 3, "sets or deletes compat.text_type"),
        ("from shop import compat\ndel compat.text_type\n", 3, "sets or deletes compat.text_type"),
        ("patch('tests.test_shop.text_type')\n", 2, "names tests.test_shop.text_type"),
        ("def f(x: 'list[text_type]'):\n    pass\n", 2, "names it in a quoted annotation"),
        ("class A:\n    from shop.compat import text_type\n", 3, "is an attribute of the class as well"),
    ],
)
def test_a_use_that_can_not_be_replaced_leaves_the_whole_file_alone(source: str, line: int, reason: str) -> None:
    outcome = of(f"from shop.compat import text_type\n{source}")
    assert isinstance(outcome, Unchanged)
    assert [(note.line, note.reason) for note in outcome.notes] == [(line, reason)]


@pytest.mark.parametrize(
    ("value", "source", "reason"),
    [
        ("object()", "X\nX\n", "each use would make an object of its own; name the value in this file"),
        ("[]", "a(X)\nb(X)\n", "each use would make an object of its own; name the value in this file"),
        ("x + 1", "a(X)\n", "x in the value is neither a builtin nor dotted"),
        ("(x := 1)", "a(X)\n", "the value can't be put into another expression"),
        ("'a'", "print(f'{X}')\n", "the value can't be written within this f-string"),
        ("{1: 2}", "print(f'{X}')\n", "the value can't be written within this f-string"),
        ("lambda: 1", "print(f'{X}')\n", "the value can't be written within this f-string"),
    ],
)
def test_a_value_that_would_mean_something_else_is_not_put_there(value: str, source: str, reason: str) -> None:
    outcome = of(f"from shop.compat import X\n{source}", InlineSymbol(old="shop.compat.X", value=value))
    assert isinstance(outcome, Unchanged)
    assert [note.reason for note in outcome.notes] == [reason]


def test_a_name_that_other_files_take_from_here_stays() -> None:
    source = "from shop.compat import text_type\n\n\ndef name():\n    return text_type(1)\n"
    outcome = of(source, path="tests/helpers.py", tests__test_a="from tests.helpers import text_type\n")
    assert isinstance(outcome, Unchanged)
    assert [note.reason for note in outcome.notes] == ["imports text_type for tests/test_a.py"]


@pytest.mark.parametrize(
    ("value", "before", "after"),
    [
        ("False", "if X:\n    x = not X\n", "if False:\n    x = not False\n"),
        ("1", "X.real, X\n", "(1).real, 1\n"),
        ("-1", "y = X ** 2\nz = X\n", "y = (-1) ** 2\nz = -1\n"),
        ("1 + 1", "f(X, k=X)[X] * X\n", "f(1 + 1, k=1 + 1)[(1 + 1)] * (1 + 1)\n"),
        ("str, bytes", "isinstance(v, X)\n", "isinstance(v, (str, bytes))\n"),
        ("(str,)", "isinstance(v, X)\n", "isinstance(v, (str,))\n"),
        ("lambda s: s", 'X("a")\nmap(X, v)\n', '(lambda s: s)("a")\nmap(lambda s: s, v)\n'),
        ("OSError", "try:\n    f()\nexcept X as e:\n    pass\n", "try:\n    f()\nexcept OSError as e:\n    pass\n"),
        ("object", "class A(X):\n    pass\n", "class A(object):\n    pass\n"),
        ("object", "def f(x: X = X) -> X:\n    pass\n", "def f(x: object = object) -> object:\n    pass\n"),
        ("'a'", "f('b' + X, [X])\n", "f('b' + 'a', ['a'])\n"),
        ("1", "print(f'{X} {X!r:>{X}}')\n", "print(f'{1} {1!r:>{1}}')\n"),
        ("str", "(  # why\n    X\n)\n", "(  # why\n    str\n)\n"),
        ("1 == 1", "x = (  # why\n    X\n)\n", "x = (  # why\n    1 == 1\n)\n"),
        ("[1]", "f(X)\n", "f([1])\n"),
        ("[i for i in range(3)]", "i = X\n", "i = [i for i in range(3)]\n"),
    ],
)
def test_the_value_is_written_as_its_place_asks(value: str, before: str, after: str) -> None:
    assert inlined(f"from shop.compat import X\n{before}", value) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from shop.compat import X, b\nX, b\n", "from shop.compat import b\n1, b\n"),
        ("from shop.compat import X as Y\nY\n", "1\n"),
        ("from shop import compat\ncompat.X\n", "1\n"),
        ("from shop import compat\ncompat.X, compat.b\n", "from shop import compat\n1, compat.b\n"),
        ("import shop.compat as c\nc.X\n", "1\n"),
        ("import shop.compat\nshop.compat.X\n", "1\n"),
        ("import shop.compat\nshop.compat.X, shop\n", "import shop.compat\n1, shop\n"),
        ("import shop\nimport shop.compat\nshop.compat.X\n", "import shop\nimport shop.compat\n1\n"),
        ("def f():\n    from shop.compat import X\n    return X\n", "def f():\n    return 1\n"),
        ("def f():\n    from shop.compat import X\n", "def f():\n    pass\n"),
        ("from shop.compat import (\n    X,\n    b,  # stays\n)\n", "from shop.compat import (\n    b,  # stays\n)\n"),
    ],
)
def test_every_way_to_the_name_is_found_and_an_import_that_is_no_longer_needed_goes(before: str, after: str) -> None:
    assert inlined(before, "1") == after


def test_a_relative_import_is_followed() -> None:
    outcome = of("from .compat import X\nX\n", InlineSymbol(old="tests.compat.X", value="1"))
    assert outcome.source == "1\n"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("value", "before", "after"),
    [
        ("range", "from six.moves import X as range, zip\nrange(3)\n", "from six.moves import zip\nrange(3)\n"),
        ("io.StringIO", "from six.moves import X as StringIO\nStringIO()\n", "from io import StringIO\nStringIO()\n"),
        (
            "io.StringIO",
            "from six.moves import X as StringIO, zip\n__all__ = ['StringIO']\n",
            "from six.moves import zip\nfrom io import StringIO\n__all__ = ['StringIO']\n",
        ),
        ("pickle", "from six.moves import X as pickle\npickle.loads(x)\n", "import pickle\npickle.loads(x)\n"),
        ("os.path", "from six.moves import X as path\npath.join(x)\n", "from os import path\npath.join(x)\n"),
        ("io.StringIO", "import six.moves as m\nm.X()\n", "from io import StringIO\nStringIO()\n"),
        ("io.StringIO", "import io\nimport six.moves as m\nm.X()\n", "import io\nio.StringIO()\n"),
        ("urllib.parse.quote", "from six.moves import X\nX(x)\n", "from urllib.parse import quote\nquote(x)\n"),
        (
            "sys.version_info[0] == 2",
            "import sys\nfrom six.moves import X\nif X:\n    pass\n",
            "import sys\nif sys.version_info[0] == 2:\n    pass\n",
        ),
        (
            "(str, collections.abc.Mapping)",
            "import os\nfrom six.moves import X\nisinstance(x, X)\n",
            "import os\nfrom collections.abc import Mapping\nisinstance(x, (str, Mapping))\n",
        ),
    ],
)
def test_a_value_from_elsewhere_is_imported_from_there(value: str, before: str, after: str) -> None:
    assert inlined(before, value, "six.moves.X") == after


def test_the_tests_do_what_they_did_with_the_old_implementation(pytester: pytest.Pytester) -> None:
    old = """
        import collections, sys
        text_type = str
        PY2 = sys.version_info[0] == 2
        string_types = (str,)
        OrderedDict = collections.OrderedDict
        def u(s): return s
    """
    tests = """
        import pytest
        from shop import compat
        from shop.compat import OrderedDict, PY2, string_types
        from shop.compat import text_type as text, u

        NAMES = OrderedDict(tea=1, milk=2)

        @pytest.mark.skipif(PY2, reason="old")
        @pytest.mark.parametrize("name", NAMES)
        def test_name(name):
            assert isinstance(name, string_types) and not (PY2 and name)
            assert text(u(name)) == name == f"{compat.text_type(name)}"

        def test_wrong():
            assert [compat.text_type(each) for each in NAMES.values()] == [1, 2]
    """
    pytester.makepyfile(**{"shop/__init__": "", "shop/compat": dedent(old)})
    path = pytester.makepyfile(test_shop=dedent(tests))
    pytester.syspathinsert()
    before = pytester.runpytest("-p", "no:cacheprovider").parseoutcomes()
    assert before == {"passed": 2, "failed": 1}
    values = {
        "text_type": "str",
        "PY2": "sys.version_info[0] == 2",
        "string_types": "(str,)",
        "OrderedDict": "collections.OrderedDict",
        "u": "lambda s: s",
    }
    codemods = [InlineSymbol(old=f"shop.compat.{name}", value=value) for name, value in values.items()]
    path.write_text(apply(path.read_text(), codemods))
    assert "compat" not in path.read_text()
    (pytester.path / "shop" / "compat.py").unlink()
    assert pytester.runpytest("-p", "no:cacheprovider").parseoutcomes() == before
