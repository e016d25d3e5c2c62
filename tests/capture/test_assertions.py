"""What assertion functions of unittest and of mocks compared."""

# ruff: noqa: PT009, PT027  these assertions are what is tested

from __future__ import annotations

import unittest
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from pytest_agentgate.capture.comparison import comparison_of
from pytest_agentgate.capture.evidence import evidence_of
from pytest_agentgate.capture.roles import Roots
from pytest_agentgate.model import Comparison, Evidence

ROOTS = Roots(Path(__file__).parents[2])


def raised_by(function: Callable[[], object], told: Comparison | None = None) -> Evidence:
    """The evidence of what a function raises."""
    with pytest.raises(BaseException) as caught:
        function()
    return evidence_of(caught.value, ROOTS, comparison=told)


class Case(unittest.TestCase):
    """Somewhere to assert from."""


@pytest.mark.parametrize(
    ("assertion", "operator", "left", "right"),
    [
        (lambda case: case.assertEqual(1, 2), "assertEqual", "1", "2"),
        (lambda case: case.assertEqual("a\nb", "a\nc"), "assertEqual", r"'a\nb'", r"'a\nc'"),
        (lambda case: case.assertDictEqual({"a": 1}, {}), "assertDictEqual", "{'a': 1}", "{}"),
        (lambda case: case.assertIn(1, [2]), "assertIn", "1", "[2]"),
        (lambda case: case.assertTrue([]), "assertTrue", "[]", None),
        (lambda case: case.assertIsNone(3, "words"), "assertIsNone", "3", None),
        (lambda case: case.assertIsInstance(1, str), "assertIsInstance", "1", "<class 'str'>"),
        (lambda case: case.assertAlmostEqual(1, 2, delta=0.5), "assertAlmostEqual", "1", "2"),
        (lambda case: case.assertRegex("tea", "x"), "assertRegex", "'tea'", None),
        (lambda case: case.assertRaises(ValueError, int, 3), "assertRaises", None, "<class 'ValueError'>"),
    ],
)
def test_unittest_assertions_are_comparisons(
    assertion: Callable[[unittest.TestCase], object], operator: str, left: str | None, right: str | None
) -> None:
    compared = raised_by(lambda: assertion(Case("run"))).comparison
    assert compared is not None
    assert compared.operator == operator
    assert (compared.left and compared.left.repr) == left
    assert right is None or (compared.right and compared.right.repr) == right


def test_an_assertion_that_only_fails_compares_nothing() -> None:
    assert raised_by(lambda: Case("run").fail("no")).comparison is None


def test_mocks_compare_calls() -> None:
    called = mock.Mock()
    called(1, size=2)
    compared = raised_by(lambda: called.assert_called_with(1, sise=2)).comparison
    assert compared is not None
    assert compared.operator == "assert_called_with"
    assert compared.left is not None
    assert compared.right is not None
    assert (compared.left.repr, compared.right.repr) == ("call(1, size=2)", "call(1, sise=2)")


def test_many_calls_of_a_mock_are_not_all_shown() -> None:
    called = mock.Mock()
    for number in range(10_000):
        called(number)
    compared = raised_by(lambda: called.assert_has_calls([mock.call(-1)])).comparison
    assert compared is not None
    assert compared.left is not None
    assert compared.left.type == "unittest.mock._CallList"
    assert compared.left.repr.startswith("[call(0), call(1)")
    assert len(compared.left.repr) <= 400


def test_a_plain_assert_is_what_pytest_was_told() -> None:
    told = comparison_of("==", 1, 2)

    def plain() -> None:
        raise AssertionError("assert 1 == 2")

    def other() -> None:
        raise ValueError

    assert raised_by(plain, told).comparison == told
    assert raised_by(other, told).comparison is None


def test_an_assertion_function_knows_better_than_what_was_told_before() -> None:
    compared = raised_by(lambda: Case("run").assertEqual("a", "b"), comparison_of("==", 1, 2)).comparison
    assert compared is not None
    assert compared.operator == "assertEqual"


def test_an_assertion_helper_of_the_project_is_no_library() -> None:
    def assert_same(left: object, right: object) -> None:
        raise AssertionError(left, right)

    assert raised_by(lambda: assert_same(1, 2)).comparison is None
