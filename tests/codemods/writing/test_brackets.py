"""Elements put between brackets and taken out again: the layout and the comments of the others stay."""

from __future__ import annotations

import ast
import io
import tokenize

import libcst as cst
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentgate.codemods.writing.brackets import append, insert, keyword, named, request, without


def code(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)


def call(source: str) -> cst.Call:
    parsed = cst.parse_expression(source)
    assert isinstance(parsed, cst.Call)
    return parsed


def display(source: str) -> cst.Dict:
    parsed = cst.parse_expression(source)
    assert isinstance(parsed, cst.Dict)
    return parsed


def function(source: str) -> cst.FunctionDef:
    parsed = cst.parse_statement(source)
    assert isinstance(parsed, cst.FunctionDef)
    return parsed


NEW = keyword("t", cst.Integer("3"))
ITEM = cst.DictElement(cst.SimpleString('"t"'), cst.Integer("3"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f()", "f(t=3)"),
        ("f(\n)", "f(t=3)"),
        ("f(a)", "f(a, t=3)"),
        ("f(a,)", "f(a, t=3,)"),
        ("f(\n    a\n)", "f(\n    a,\n    t=3\n)"),
        ("f(\n    a,\n    b,\n)", "f(\n    a,\n    b,\n    t=3,\n)"),
        (("f(\n    a,  # one\n    # above b\n    b,  # two\n"
         ")"), "f(\n    a,  # one\n    # above b\n    b,  # two\n    t=3,\n)"),
        ("f(\n    a,\n    b  # two\n)", "f(\n    a,\n    b,  # two\n    t=3\n)"),
        ("f(\n    a, b,\n)", "f(\n    a, b, t=3,\n)"),
        ("f(\n    a, b,  # both\n)", "f(\n    a, b,  # both\n    t=3,\n)"),
        ("f(a,\n  b)", "f(a,\n  b,\n  t=3)"),
        ("f(x for x in y)", "f((x for x in y), t=3)"),
    ],
)  # fmt: skip
def test_an_argument_comes_last(before: str, after: str) -> None:
    assert code(append(call(before), NEW)) == after


@pytest.mark.parametrize(
    ("before", "at", "after"),
    [
        ("f(a, b=1)", 1, "f(a, t=3, b=1)"),
        ("f(a=1)", 0, "f(t=3, a=1)"),
        ("f(\n    a,  # one\n    # above b\n    **b,\n)", 1, "f(\n    a,  # one\n    t=3,\n    # above b\n    **b,\n)"),
        ("f(\n    # above a\n    **a,\n)", 0, "f(\n    t=3,\n    # above a\n    **a,\n)"),
    ],
)
def test_an_argument_comes_before_another_one(before: str, at: int, after: str) -> None:
    assert code(insert(call(before), NEW, at)) == after


@pytest.mark.parametrize(
    ("before", "at", "after"),
    [
        ("f(a)", 0, "f()"),
        ("f(a, b)", 0, "f(b)"),
        ("f(a, b)", 1, "f(a)"),
        ("f(a, b,)", 1, "f(a,)"),
        ("f(\n    a,  # one\n)", 0, "f()"),
        ("f(\n    a,  # one\n    b,  # two\n)", 0, "f(\n    b,  # two\n)"),
        ("f(\n    a,  # one\n    b,  # two\n)", 1, "f(\n    a,  # one\n)"),
        ("f(\n    a,\n    # above b\n    b,\n    c,\n)", 0, "f(\n    # above b\n    b,\n    c,\n)"),
        ("f(a,  # one\n  b)", 1, "f(a  # one\n  )"),
        ("f(a, b,\n  c)", 1, "f(a,\n  c)"),
    ],
)
def test_an_argument_goes_and_its_comment_with_it(before: str, at: int, after: str) -> None:
    assert code(without(call(before), at)) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{}", '{"t": 3}'),
        ("{'a': 1}", "{'a': 1, \"t\": 3}"),
        ("{\n    'a': 1,  # x\n}", "{\n    'a': 1,  # x\n    \"t\": 3,\n}"),
        ("{\n    'a': 1\n}", "{\n    'a': 1,\n    \"t\": 3\n}"),
    ],
)
def test_a_key_comes_last(before: str, after: str) -> None:
    assert code(append(display(before), ITEM)) == after
    assert code(without(display(after), len(display(before).elements))).split() == before.split()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(): pass\n", "def f(t): pass\n"),
        ("def f(self, a): pass\n", "def f(self, a, t): pass\n"),
        ("def f(a, b=1): pass\n", "def f(a, t, b=1): pass\n"),
        ("def f(a, *, b): pass\n", "def f(a, t, *, b): pass\n"),
        ("def f(**k): pass\n", "def f(t, **k): pass\n"),
        ("def f(\n    a,\n    b,\n) -> None: pass\n", "def f(\n    a,\n    b,\n    t,\n) -> None: pass\n"),
    ],
)
def test_a_function_gets_a_parameter(before: str, after: str) -> None:
    assert code(request(function(before), "t")) == after


def test_a_keyword_may_be_renamed_or_come_new() -> None:
    arguments = call("f(a = 1, *b)").args
    assert code(named(arguments[0], "z")) == "z = 1, "
    assert code(named(call("f(1)").args[0], "z")) == "z=1"


SPACES = st.sampled_from(["", " ", "\n    ", "  # note\n    ", "\n    # above\n    "])


@st.composite
def calls(draw: st.DrawFn) -> str:
    count = draw(st.integers(1, 4))
    parts = [f"{draw(SPACES)}a{number}=({number}){draw(SPACES)}" for number in range(count)]
    return f"f({','.join(parts)}{draw(st.sampled_from(['', ',']))}{draw(SPACES)})"


def comments(source: str) -> int:
    return sum(token.type == tokenize.COMMENT for token in tokenize.generate_tokens(io.StringIO(source).readline))


@given(calls(), st.data())
def test_what_is_put_in_and_taken_out_leaves_the_rest(source: str, data: st.DataObject) -> None:
    node = call(source)
    at = data.draw(st.integers(0, len(node.args)))
    inserted = code(insert(node, NEW, at))
    keywords = [each.arg for each in ast.parse(inserted, mode="eval").body.keywords]  # type: ignore[attr-defined]
    expected = [f"a{number}" for number in range(len(node.args))]
    assert keywords == [*expected[:at], "t", *expected[at:]]
    assert comments(inserted) == comments(source)
    taken = code(without(call(inserted), at))
    assert ast.dump(ast.parse(taken)) == ast.dump(ast.parse(source))
    gone = data.draw(st.integers(0, len(node.args) - 1))
    left = [each.arg for each in ast.parse(code(without(node, gone)), mode="eval").body.keywords]  # type: ignore[attr-defined]
    assert left == [each for each in expected if each != f"a{gone}"]
