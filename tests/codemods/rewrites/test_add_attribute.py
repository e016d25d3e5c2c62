"""One attribute more for namespaces of one purpose, where it is plain what they are given."""

from __future__ import annotations

import pytest

from pytest_agentgate.codemods.apply import Unchanged, apply, rewrite
from pytest_agentgate.codemods.rewrites.add_attribute import AddAttribute

COLOR = AddAttribute(cls="types.SimpleNamespace", attribute="color", value='"auto"', beside=("width",))
TOP = "from types import SimpleNamespace\n"


@pytest.mark.parametrize(
    "source",
    [
        "SimpleNamespace(other=1)\n",
        "SimpleNamespace(width=1, color=2)\n",
        "SimpleNamespace(**{'width': 1, 'color': 2})\n",
        "SimpleNamespace(**dict(width=1, color=2))\n",
        "x = SimpleNamespace(width=1)\nx.color = 2\n",
        "def f(**k):\n    k.setdefault('width', 1)\n    k['color'] = 2\n    return SimpleNamespace(**k)\n",
        "def f(**k):\n    return SimpleNamespace(**k)\n",
        "def f(k):\n    return SimpleNamespace(**k)\n",
        "def f(SimpleNamespace):\n    return SimpleNamespace(width=1)\n",
    ],
)
def test_others_and_those_that_have_it_are_left_alone(source: str) -> None:
    assert rewrite(TOP + source, [COLOR]) == Unchanged()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("k = {}\nSimpleNamespace(width=1, **k, **k)\n", "it gets what several dicts hold"),
        ("def f(k):\n    return SimpleNamespace(width=1, **k)\n", "what the dict holds can't be told"),
        ("SimpleNamespace({}, width=1)\n", "it gets arguments by position"),
    ],
)
def test_where_it_can_not_be_told_what_it_is_given_nothing_is_written(source: str, reason: str) -> None:
    outcome = rewrite(TOP + source, [COLOR])
    assert isinstance(outcome, Unchanged)
    assert [note.reason for note in outcome.notes] == [reason]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("SimpleNamespace(width=1)\n", 'SimpleNamespace(width=1, color="auto")\n'),
        ("SimpleNamespace(**{'width': 1})\n", "SimpleNamespace(**{'width': 1, 'color': 'auto'})\n"),
        ("SimpleNamespace(**dict(width=1))\n", 'SimpleNamespace(**dict(width=1, color="auto"))\n'),
        (
            "def f():\n    k = {'width': 1}\n    return SimpleNamespace(**k)\n",
            "def f():\n    k = {'width': 1, 'color': 'auto'}\n    return SimpleNamespace(**k)\n",
        ),
        (
            "def f(**k):\n    k['width'] = 1\n    SimpleNamespace(**k)\n",
            "def f(**k):\n    k['width'] = 1\n    k.setdefault('color', 'auto')\n    SimpleNamespace(**k)\n",
        ),
        (
            "def f(**k):\n    return SimpleNamespace(width=1, **k)\n",
            'def f(**k):\n    return SimpleNamespace(width=1, color="auto", **k)\n',
        ),
        (
            "def f(**k):\n    return SimpleNamespace(**{'width': 1, **k})\n",
            "def f(**k):\n    return SimpleNamespace(**{'width': 1, 'color': 'auto', **k})\n",
        ),
        ("x = SimpleNamespace()\nx.width = 1\n", 'x = SimpleNamespace(color="auto")\nx.width = 1\n'),
    ],
)
def test_it_is_written_where_the_others_are(before: str, after: str) -> None:
    assert apply(TOP + before, [COLOR]) == TOP + after
    assert apply(TOP + after, [COLOR]) == TOP + after


def test_one_dict_of_two_namespaces_gets_it_once() -> None:
    body = "def f():\n    k = {'width': 1}\n    return SimpleNamespace(**k), SimpleNamespace(**k)\n"
    assert apply(TOP + body, [COLOR]).count("color") == 1


def test_what_a_caller_gives_a_helper_is_not_given_twice() -> None:
    body = "def f(**k):\n    return SimpleNamespace(width=1, **k)\n\nf(color='never')\n"
    outcome = rewrite(TOP + body, [COLOR])
    assert isinstance(outcome, Unchanged)
    assert [note.reason for note in outcome.notes] == ["calls of the function around it may give 'color' themselves"]


OWN = AddAttribute(cls="Options", attribute="color", value='"auto"', beside=("width",))


@pytest.mark.parametrize(
    "source",
    [
        "class Options:\n    other = 1\n",
        "class Options:\n    width = 1\n    color = 2\n",
        "class Options:\n    width = 1\n\n    def color(self):\n        pass\n",
        "class Others:\n    width = 1\n\nOptions = Others\n",
        "class Options(Others):\n    width = 1\n",
    ],
)
def test_classes_of_another_kind_are_left_alone(source: str) -> None:
    assert isinstance(rewrite(source, [OWN]), Unchanged)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("class Options:\n    width = 1\n", 'class Options:\n    width = 1\n    color = "auto"\n'),
        (
            "class Options(object):\n    'A'\n    name = 'x'\n    width: int = 1\n",
            "class Options(object):\n    'A'\n    name = 'x'\n    width: int = 1\n    color = \"auto\"\n",
        ),
        (
            "class Options:\n    def __init__(me):\n        me.width = 1\n        pass\n",
            'class Options:\n    def __init__(me):\n        me.width = 1\n        me.color = "auto"\n        pass\n',
        ),
    ],
)
def test_a_class_of_the_tests_gets_it_where_it_assigns_the_others(before: str, after: str) -> None:
    assert apply(before, [OWN]) == after
    assert apply(after, [OWN]) == after


def test_a_class_in_a_function_is_found_by_the_names_around_it() -> None:
    body = "def test_it():\n    class Options:\n        width = 1\n"
    codemod = AddAttribute(cls="test_it.Options", attribute="color", value="2")
    assert apply(body, [codemod]) == body + "        color = 2\n"
