"""What a value is compared with."""

from __future__ import annotations

import ast

import pytest

from pytest_agentgate.codemods.idioms.comparisons import expectations, holders
from pytest_agentgate.codemods.reading.names import ModuleNames, parse


def expected_of_f(source: str) -> list[str]:
    """What calls of ``f`` are compared with."""
    names = ModuleNames(parse(source))
    calls = [each for each in names.calls if isinstance(each.func, ast.Name) and each.func.id == "f"]
    found = [other for call in calls for each in holders(names, call) for other in expectations(names, each)]
    return [ast.unparse(each) for each in found]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("assert f() == 1", ["1"]),
        ("assert 1 != f()", ["1"]),
        ("assert 1 == f() == 2", ["1", "2"]),
        ("assert f() in (1, 2)", ["1", "2"]),
        ("assert f() not in {1}", ["1"]),
        ("assert (f(), 0) == (1, 2)", ["1"]),
        ("assert [0, f()] == [1, 2]", ["2"]),
        ("assert [f(x) for x in y] == [1, 2]", ["1", "2"]),
        ("assert {f(x) for x in y} == {1}", ["1"]),
        ("self.assertEqual(f(), 1)", ["1"]),
        ("self.assertNotEqual(1, f(), 'why')", ["1"]),
        ("self.assertIn(f(), [1, 2])", ["1", "2"]),
        ("import pytest\nassert f() == pytest.approx(1, abs=2)", ["pytest.approx(1, abs=2)", "1"]),
        ("async def t():\n    assert await f() == 1", ["1"]),
        ("def t():\n    x = f()\n    assert x == 1\n    assert 2 == x", ["1", "2"]),
        ("def t():\n    x: int = f()\n    assert x == 1", ["1"]),
        ("assert (x := f()) == 1\nassert x == 2", ["1", "2"]),
    ],
)
def test_expectations_are_found(source: str, expected: list[str]) -> None:
    assert expected_of_f(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "assert f() < 1",
        "assert f() is 1",
        "assert 1 in f()",
        "assert f().x == 1",
        "assert f() + 1 == 2",
        "assert g(f()) == 1",
        "assert (f(), 1) == (1,)",
        "assert (f(), *x) == (1, 2)",
        "assert (f(), 1) == [1, 2]",
        "assert [x for x in y if f()] == [1]",
        "self.assertLess(f(), 1)",
        "self.assertEqual(1, 2, f())",
        "def t():\n    x = f()\n    x = 2\n    assert x == 1",
        "def t():\n    x = f()\n    def u(x):\n        assert x == 1",
        "class A:\n    x = f()\n    assert x == 1",
        "x, y = f()\nassert x == 1",
    ],
)
def test_other_uses_expect_nothing(source: str) -> None:
    assert expected_of_f(source) == []
