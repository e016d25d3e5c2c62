"""Modules and packages that were renamed or moved: every form of import, use and string that names them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pytest_agentgate.codemods.apply import Changed, Outcome, apply, rewrite
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.rewrites.rename_module import RenameModule

SIBLING = RenameModule("a.b", "a.c")
AWAY = RenameModule("a.b", "z.c")
TOP = RenameModule("a", "z")
MOCK = "from unittest.mock import patch\n"


def place_of(files: Mapping[str, str] | None, path: str) -> Place:
    return Place.within(Sources.of(files or {}), path)


def outcome(source: str, codemod: RenameModule, files: Mapping[str, str] | None = None) -> Outcome:
    return rewrite(source, [codemod], place_of(files, "tests/test_x.py"))


def renamed(
    source: str, codemod: RenameModule, files: Mapping[str, str] | None = None, path: str = "tests/test_x.py"
) -> str:
    """The source rewritten; twice must equal once."""
    once = apply(source, [codemod], place_of(files, path))
    assert apply(once, [codemod], place_of(files, path)) == once
    return once


@pytest.mark.parametrize(
    "source",
    [
        "import a.bb\nfrom a.bb import q\na.bb.f()\n",
        "from a import x as b\nb.f()\n",
        "from other import b\nb.f()\n",
        "b = 1\nobj.b\nf(b=2)\n",
        "def f(a):\n    return a.b\n",
        "import other.a.b\nother.a.b.f()\n",
        "try:\n    from a.b import X\nexcept ImportError:\n    from a.c import X\n",
        "client.patch('a.b')\n",
        "from a import *\nb.f()\nfrom q import *\n",
    ],
)
def test_what_is_something_else_stays(source: str) -> None:
    assert renamed(source, SIBLING) == source


@pytest.mark.parametrize(
    ("codemod", "before", "after"),
    [
        pytest.param(SIBLING, "from a.b import *\nX\n", "from a.c import *\nX\n", id="star"),
        pytest.param(SIBLING, "import a\na.b.f()\n", "import a\na.c.f()\n", id="through its package"),
        pytest.param(SIBLING, "import a as q\nq.b.f()\n", "import a as q\nq.c.f()\n", id="under an alias of it"),
        pytest.param(SIBLING, "import a.b.d\na.b.d.f()\n", "import a.c.d\na.c.d.f()\n", id="below a package"),
        pytest.param(
            SIBLING,
            "def f():\n    from a import b\n    b.f()\ndef g():\n    import a.b\n    a.b.g()\n",
            "def f():\n    from a import c\n    c.f()\ndef g():\n    import a.c\n    a.c.g()\n",
            id="in functions",
        ),
        pytest.param(
            SIBLING,
            "try:\n    import a.b as m\nexcept ImportError:\n    m = None\n",
            "try:\n    import a.c as m\nexcept ImportError:\n    m = None\n",
            id="in try",
        ),
        pytest.param(
            SIBLING,
            "from a import b\ndef f(x: 'b.X', y: 'list[b.Y]'): ...\n",
            "from a import c\ndef f(x: 'c.X', y: 'list[c.Y]'): ...\n",
            id="in quoted annotations",
        ),
        pytest.param(
            SIBLING, "import a.b\nx: 'a.b.X'\n", "import a.c\nx: 'a.c.X'\n", id="in quoted annotations, dotted"
        ),
        pytest.param(
            SIBLING,
            "from a import b\ndef test(c):\n    b.f(c)\n",
            "from a import c as b\ndef test(c):\n    b.f(c)\n",
            id="the new local name is a fixture",
        ),
        pytest.param(
            SIBLING,
            "from a import b\n__all__ = ['b']\n",
            "from a import c\n__all__ = ['c']\n",
            id="exported",
        ),
        pytest.param(
            SIBLING,
            "import a.b\na.b.x = 1\ndel a.b.x\na . b . f()\n",
            "import a.c\na.c.x = 1\ndel a.c.x\na . c . f()\n",
            id="stored, deleted, oddly written",
        ),
        pytest.param(
            AWAY, "import a.b\na.b.X(a.q)\n", "import z.c\nimport a\nz.c.X(a.q)\n", id="the old package is needed"
        ),
        pytest.param(
            AWAY, "import a.b, a.k\na.b.X(a.q)\n", "import z.c, a.k\nz.c.X(a.q)\n", id="and imported beside it"
        ),
        pytest.param(AWAY, "from a import b, k\nb.X(k)\n", "from a import k\nfrom z import c\nc.X(k)\n", id="split"),
        pytest.param(AWAY, "import a\na.b.X()\n", "import a\nfrom z import c\nc.X()\n", id="not below its package"),
        pytest.param(RenameModule("a.b", "z"), "from a import b\nb.X()\n", "import z\nz.X()\n", id="to the top, from"),
        pytest.param(RenameModule("a.b", "z"), "import a.b\na.b.X()\n", "import z\nz.X()\n", id="to the top, import"),
        pytest.param(TOP, "import a\ndef f(z): a.b(z)\n", "import z as a\ndef f(z): a.b(z)\n", id="shadowed"),
        pytest.param(
            RenameModule("a", "p.z"), "import a\na.f(a.k.g)\n", "import p.z\np.z.f(p.z.k.g)\n", id="into a package"
        ),
        pytest.param(
            SIBLING, "from a.b import (\r\n    X,\r\n)\r\n", "from a.c import (\r\n    X,\r\n)\r\n", id="\\r\\n"
        ),
    ],
)
def test_imports_and_uses_follow(codemod: RenameModule, before: str, after: str) -> None:
    assert renamed(before, codemod) == after


def test_a_relative_import_stays_relative() -> None:
    before = "from . import b\nfrom .b import X\nfrom .b.q import (\n    Y,  # y\n)\nb.f()\n"
    after = "from . import c\nfrom .c import X\nfrom .c.q import (\n    Y,  # y\n)\nc.f()\n"
    assert renamed(before, SIBLING, path="a/test_x.py") == after


def test_a_relative_import_within_a_package_that_moves_as_a_whole_stays() -> None:
    source = "from . import b\nfrom .b import X\nfrom ..a import b\n"
    assert renamed(source, TOP, path="a/tests/test_x.py") == source


def test_a_name_that_may_be_something_else_is_left_and_said() -> None:
    left = outcome("a = load('a')\nimport a.b\na.b.X()\n", SIBLING)
    assert not isinstance(left, Changed)
    assert [note.line for note in left.notes] == [2]


def test_a_name_that_is_taken_is_left_and_said() -> None:
    left = outcome("import a.b\nz = 1\na.b.X(z)\n", AWAY)
    assert not isinstance(left, Changed)
    assert [note.line for note in left.notes] == [1]


@pytest.mark.parametrize(
    "source",
    [
        MOCK + "patch('a.b.X')\n",
        MOCK + "@patch('a.b.X', new=1)\ndef test(): ...\n",
        MOCK + "patch(target='a.b.X')\n",
        MOCK + "patch.dict('a.b.X', {'k': 1})\npatch.multiple('a.b', X=1)\n",
        MOCK + "patch.dict('sys.modules', {'a.b': None})\n",
        "import sys\n" + MOCK + "patch.dict(sys.modules, {'a.b': None})\n",
        "from unittest import mock\nmock.patch('a.b.X')\n",
        "import unittest.mock\nunittest.mock.patch.object('a.b.X', 'n')\n",
        MOCK + "MODULE = 'a.b'\n@patch(f'{MODULE}.X')\n@patch(MODULE + '.Y')\ndef test(): ...\n",
        MOCK + "patch('a.b.' + name)\n",
        "def test(mocker): mocker.patch('a.b.X')\n",
        "def test(class_mocker): class_mocker.patch.multiple('a.b', X=1)\n",
        "def test(self): self.mocker.patch('a.b.X')\n",
        "def test(monkeypatch): monkeypatch.setattr('a.b.X', 1)\n",
        "def test(monkeypatch): monkeypatch.delattr('a.b.X', raising=False)\n",
        "import sys\ndef test(monkeypatch): monkeypatch.setitem(sys.modules, 'a.b', None)\n",
        "import sys\nsys.modules['a.b']\nsys.modules.pop('a.b', None)\nassert 'a.b' not in sys.modules\n",
        "import importlib\nimportlib.import_module('a.b')\n",
        "from importlib import import_module\nimport_module('a.b.sub')\n",
        "__import__('a.b')\n",
        "import pytest\npytest.importorskip('a.b', reason='x')\n",
        "pytest_plugins = 'a.b'\n",
        "pytest_plugins = ['a.b.plugin', 'other']\n",
        "import pytest\n@pytest.mark.filterwarnings('error:x:a.b.Old')\ndef test(): ...\n",
    ],
)
def test_strings_that_name_it_follow(source: str) -> None:
    assert renamed(source, SIBLING) == source.replace("a.b", "a.c")


LOGGERS = [
    "import logging\nlogging.getLogger('a.b')\n",
    "def test(caplog):\n    with caplog.at_level('INFO', logger='a.b'): ...\n",
    "def test(caplog): caplog.set_level(10, 'a.b')\n",
    "def test(caplog): assert caplog.record_tuples == [('a.b', 20, 'text')]\n",
    "def test(caplog): assert caplog.records[0].name == 'a.b'\n",
    "def test(caplog): assert all(record.name == 'a.b' for record in caplog.records)\n",
    "def test(caplog):\n    for record in caplog.records:\n        assert record.name == 'a.b'\n",
    "def test(self):\n    with self.assertLogs('a.b'): ...\n",
]
OWN = "import logging\n\nlog = logging.getLogger(__name__)\n"


@pytest.mark.parametrize("source", LOGGERS)
@pytest.mark.parametrize("path", ["a/b.py", "a/c.py", "src/a/c/deep.py"])
def test_the_logger_of_the_module_follows(source: str, path: str) -> None:
    assert renamed(source, SIBLING, {path: OWN}) == source.replace("a.b", "a.c")


@pytest.mark.parametrize("source", LOGGERS)
@pytest.mark.parametrize("files", [{}, {"a/c.py": "import logging\nlog = logging.getLogger('a.b')\n"}])
def test_another_logger_is_left_and_said(source: str, files: Mapping[str, str]) -> None:
    left = outcome(source, SIBLING, files)
    assert not isinstance(left, Changed)
    assert left.notes


@pytest.mark.parametrize(
    "source",
    [
        "uvicorn.run('a.b:app')\n",
        "NAME = 'a.b'\nprint(NAME)\n",
        MOCK + "NAME = 'a.b'\npatch(NAME + '.X')\nprint(NAME)\n",
        MOCK + "patch(f'a.b.{name}')\n",
    ],
)
def test_a_string_of_unknown_purpose_is_left_and_said(source: str) -> None:
    left = outcome(source, SIBLING)
    assert not isinstance(left, Changed)
    assert left.notes


@pytest.mark.parametrize("line", ["import a.b", "from a.b import X", "from a import b", "__import__('a.b')"])
def test_an_import_that_is_to_fail_is_left_and_said(line: str) -> None:
    left = outcome(f"import pytest\nwith pytest.raises((ImportError, KeyError)):\n    {line}\n", SIBLING)
    assert not isinstance(left, Changed)
    assert [note.line for note in left.notes] == [3]


def test_a_module_that_moves_below_its_old_name_moves_once() -> None:
    before = "import a\nfrom a import f\na.g(x)\nx: 'a.X'\n"
    after = "import a.core\nfrom a.core import f\na.core.g(x)\nx: 'a.core.X'\n"
    assert renamed(before, RenameModule("a", "a.core")) == after


@pytest.mark.parametrize(
    ("codemod", "source", "reason"),
    [
        (SIBLING, 'def f():\n    """\n    >>> from a.b import g\n    """\n', "imports a.b"),
        (SIBLING, "pytester.makepyfile('import os, sys; import a.b.c')\n", "imports a.b"),
        (SIBLING, "run('-c', 'from a import x, b')\n", "imports a.b"),
        (SIBLING, "'How to import a.bc, or from a import bb.'\n", None),
        (TOP, "write('import a')\n", "imports a"),
        (TOP, "make(extensions=['a.ext.Loop'])\n", "names the module"),
        (TOP, "'a'\n'a.txt'\n'import ab'\n", None),
    ],
)
def test_code_in_texts_and_names_of_what_exists_are_told(
    codemod: RenameModule, source: str, reason: str | None
) -> None:
    found = outcome(source, codemod, {"z/__init__.py": "", "z/ext.py": "class Loop: ...\n"})
    assert not isinstance(found, Changed)
    assert [str(reason) in note.reason for note in found.notes] == ([] if reason is None else [True])
