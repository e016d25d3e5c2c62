"""A removed one-line function: its expression stands where its calls stood, and gives the same."""

from __future__ import annotations

import pytest

from pytest_agentgate.codemods.apply import apply, rewrite
from pytest_agentgate.codemods.rewrites.inline_function import InlineFunction

ITEMS = InlineFunction(old="shop.compat.items", value="lambda d: iter(d.items())")
HEAD = "from shop import order\nfrom shop.compat import items\n\n"


def put(call: str, value: str, names: str = "f") -> str:
    """A call within an assertion on the implementation, after the function was put there."""
    source = f"from shop import order\nfrom shop.compat import {names}\n\nassert order({call})\n"
    after = apply(source, [InlineFunction(old="shop.compat.f", value=value)])
    assert apply(after, [InlineFunction(old="shop.compat.f", value=value)]) == after
    return after.rpartition("assert order(")[2].removesuffix(")\n")


@pytest.mark.parametrize(
    ("call", "value", "expected"),
    [
        ("f(x)", "lambda d: iter(d.items())", "iter(x.items())"),
        ("f(a + b)", "lambda d: iter(d.items())", "iter((a + b).items())"),
        ("f(a + b)", "lambda d: len(d)", "len(a + b)"),
        ("f(a, b)", "lambda x, y: x.get(y)", "a.get(b)"),
        ("f(y, x)", "lambda x, y: x.get(y)", "y.get(x)"),
        ("f(x=a, y=b)", "lambda x, y: x + y", "(a + b)"),
        ("f(f(x))", "lambda d: d.strip()", "x.strip().strip()"),
        ("f(x)", "lambda s: s", "x"),
    ],
)
def test_arguments_stand_where_the_parameters_stood(call: str, value: str, expected: str) -> None:
    assert put(call, value) in (expected, expected.strip("()"))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("lambda d: d and d.items()", "once and in order"),
        ("lambda d: [x for x in d]", "once and in order"),
        ("lambda x, y: y.get(x)", "once and in order"),
        ("lambda d: unicode(d)", "unicode in the function is no builtin"),
        ("lambda d=1: d", "may be left out"),
        ("lambda *d: d", "may be left out"),
        ("lambda d: x.d(d)", "called like its parameters"),
        ("str", "is no lambda"),
    ],
)
def test_a_function_that_is_more_than_an_expression_of_its_arguments_stays(value: str, reason: str) -> None:
    source = HEAD.replace("items", "f") + "assert order(f(x))\n"
    outcome = rewrite(source, [InlineFunction(old="shop.compat.f", value=value)])
    assert apply(source, [InlineFunction(old="shop.compat.f", value=value)]) == source
    assert any(reason in note.reason for note in outcome.notes)


@pytest.mark.parametrize(
    ("use", "reason"),
    [
        ("assert order(map(items, x))", "it is not called"),
        ("assert order(items(*x))", "can't be told"),
        ("assert order(items(**x))", "can't be told"),
        ("assert order(items())", "does not pass each argument once"),
        ("assert order(items(a, b))", "does not pass each argument once"),
        ("assert order(items(e=a))", "does not pass each argument once"),
        ("assert items({}) == []", "nothing about the code"),
        ("x = dict(a=1)\ny = x\nassert list(items(y)) == list(y.items())", "nothing about the code"),
        ("patch('shop.compat.items')\nitems(x)", "names shop.compat.items"),
        ("def iter(x): ...\nassert order(items(x))", "iter has another meaning here"),
    ],
)
def test_on_doubt_the_whole_file_stays(use: str, reason: str) -> None:
    source = f"{HEAD}{use}\nassert order(items(x))\n"
    outcome = rewrite(source, [ITEMS])
    assert apply(source, [ITEMS]) == source
    assert any(reason in note.reason for note in outcome.notes)


@pytest.mark.parametrize(
    "source",
    [
        "from cafe.compat import items\nitems(x)\n",
        "items = len\nitems(x)\n",
        "from shop.compat import items2\nitems2(x)\n",
    ],
)
def test_other_functions_are_left_without_a_word(source: str) -> None:
    assert apply(source, [ITEMS]) == source
    assert not rewrite(source, [ITEMS]).notes
