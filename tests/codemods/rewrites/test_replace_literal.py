"""An expected literal: exactly the one that was named, in an assertion about the function that was named."""

from __future__ import annotations

import pytest

from pytest_agentgate.codemods.apply import Unchanged, apply, rewrite
from pytest_agentgate.codemods.codemod import Applicability
from pytest_agentgate.codemods.rewrites.replace_literal import ReplaceLiteral

TOTAL = ReplaceLiteral(function="shop.total", old="2", new="3")
TOP = "import pytest\nfrom shop import order, total\n"


def test_it_is_never_safe() -> None:
    assert ReplaceLiteral.applicability is Applicability.UNSAFE


@pytest.mark.parametrize(
    "source",
    [
        "assert order() == 2\n",
        "assert total() == 2.0\n",
        "assert total() == -2\n",
        "assert total() == '2'\n",
        "assert total() < 2\n",
        "assert total() + 1 == 2\n",
        "assert total().x == 2\n",
        "assert total(2)\n",
        "x = total() == 2\n",
        "if total() == 2:\n    pass\n",
        "assert sum([total()]) == 2\n",
        "def test():\n    x = total()\n    x += 1\n    assert x == 2\n",
        "def test():\n    x = total() or 2\n    assert x == 2\n",
        "def test(total):\n    assert total() == 2\n",
        "pytest.raises(ValueError, total) == 2\n",
    ],
)
def test_other_values_and_other_literals_are_left_alone(source: str) -> None:
    assert rewrite(TOP + source, [TOTAL]) == Unchanged()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("assert total() == 2\n", "assert total() == 3\n"),
        ("assert (2) != total(2)  # two\n", "assert (3) != total(2)  # two\n"),
        ("assert total() in (1, 2), 2\n", "assert total() in (1, 3), 2\n"),
        ("self.assertEqual(total(), 2, '2')\n", "self.assertEqual(total(), 3, '2')\n"),
        ("assert total() == pytest.approx(2, abs=2)\n", "assert total() == pytest.approx(3, abs=2)\n"),
        ("assert not total() == 2 or 2\n", "assert not total() == 3 or 2\n"),
        ("async def test():\n    assert await total() == 2\n", "async def test():\n    assert await total() == 3\n"),
        (
            "def test():\n    x = total()\n    assert order() == 2\n    assert x == 2\n",
            "def test():\n    x = total()\n    assert order() == 2\n    assert x == 3\n",
        ),
    ],
)
def test_the_literal_that_the_function_is_expected_to_give_is_replaced(before: str, after: str) -> None:
    assert apply(TOP + before, [TOTAL]) == TOP + after
    assert apply(TOP + after, [TOTAL]) == TOP + after


def test_a_new_value_from_elsewhere_is_imported() -> None:
    codemod = ReplaceLiteral(function="shop.total", old="{'a': [1]}", new="shop.Total(a=[1])")
    after = apply("from shop import total\nassert total() == {'a': [1]}\n", [codemod])
    assert after == "from shop import Total, total\nassert total() == Total(a=[1])\n"


def test_a_new_value_that_means_nothing_is_said() -> None:
    codemod = ReplaceLiteral(function="shop.total", old="2", new="unknown")
    outcome = rewrite("from shop import total\nassert total() == 2\n", [codemod])
    assert isinstance(outcome, Unchanged)
    assert [note.reason for note in outcome.notes] == ["'unknown' means nothing here"]


@pytest.mark.parametrize(
    ("new", "written"),
    [("1 if x else 2", "(1 if x else 2)"), ("1 + 1", "1 + 1"), ("1 < 2", "(1 < 2)"), ("(1, 2)", "(1, 2)")],
)
def test_a_new_value_gets_the_parentheses_that_it_needs(new: str, written: str) -> None:
    source = "from shop import total\nx = 1\nassert total() == 2\n"
    codemod = ReplaceLiteral(function="shop.total", old="2", new=new)
    assert apply(source, [codemod]) == f"from shop import total\nx = 1\nassert total() == {written}\n"
