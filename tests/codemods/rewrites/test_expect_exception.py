"""Another exception is expected: only of calls that end what a block does, and only where the old one was expected."""

from __future__ import annotations

from textwrap import dedent

import pytest

from pytest_agentgate.codemods.apply import apply
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.rewrites.expect_exception import ExpectException

APP = "class Wrong(Exception): ...\nclass Other(Exception): ...\ndef do(x=1): ...\nclass C:\n    def run(self): ...\n"
HEADER = "import pytest\nimport app\nfrom app import C, Other, Wrong, do\n"
PLACE = Place.within(Sources.of({"app.py": APP}), "tests/test_it.py")
DO = ExpectException("app.do", "app.Wrong", "app.Other")


def changed(source: str, codemod: ExpectException = DO) -> str:
    done = apply(HEADER + dedent(source), [codemod], PLACE)
    assert done.startswith(HEADER)
    return done[len(HEADER) :]


EXPECTED = {
    "a block": "def test():\n    with pytest.raises({}):\n        do()\n",
    "a message too": "def test():\n    with pytest.raises({}, match='x') as e:\n        do()\n    assert e\n",
    "after preparation": "def test():\n    with pytest.raises({}):\n        x = 1\n        do(x)\n",
    "within another call": "def test():\n    with pytest.raises({}):\n        next(do())\n",
    "a method of a test case": "def test(self):\n    with self.assertRaises({}):\n        do()\n",
    "with a pattern": "def test(self):\n    with self.assertRaisesRegex({}, 'x'):\n        do()\n",
    "called by it": "def test(self):\n    pytest.raises({}, do, 1)\n    self.assertRaises({}, do)\n",
    "one of several": "def test():\n    with pytest.raises(({}, KeyError)):\n        do()\n",
    "by keyword": "def test():\n    with pytest.raises(expected_exception={}):\n        do()\n",
    "another block inside": "def test():\n    with pytest.raises({}):\n        with open('x'):\n            do()\n",
}


@pytest.mark.parametrize("source", EXPECTED.values(), ids=EXPECTED)
def test_the_other_exception_is_expected(source: str) -> None:
    holes = ["Wrong"] * source.count("{}")
    assert changed(source.format(*holes)) == source.replace("{}", "Other")


UNCHANGED = {
    "another exception": "def test():\n    with pytest.raises(KeyError):\n        do()\n",
    "another function": "def test(do):\n    with pytest.raises(Wrong):\n        do()\n",
    "not the last thing": "def test():\n    with pytest.raises(Wrong):\n        do()\n        print()\n",
    "defined in the block": "def test():\n    with pytest.raises(Wrong):\n        def f():\n            do()\n",
    "outside of the block": "def test():\n    do()\n    with pytest.raises(Wrong):\n        print()\n",
    "both already": "def test():\n    with pytest.raises((Wrong, Other)):\n        do()\n",
    "a receiver that is not known": "def test(c):\n    with pytest.raises(Wrong):\n        c.do()\n",
}


@pytest.mark.parametrize("source", UNCHANGED.values(), ids=UNCHANGED)
def test_anything_else_stays(source: str) -> None:
    assert changed(source) == source


def test_a_builtin_is_written_by_its_name() -> None:
    codemod = ExpectException("app.C.run", "app.Wrong", "builtins.OSError")
    source = "def test():\n    with pytest.raises(app.Wrong):\n        C().run()\n"
    assert changed(source, codemod) == source.replace("app.Wrong", "OSError")
