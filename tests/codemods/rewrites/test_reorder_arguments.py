"""Reordering parameters: every positional argument reaches the parameter that it reached before."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from textwrap import dedent

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pytest_agentgate.codemods.apply import apply, rewrite
from pytest_agentgate.codemods.rewrites.reorder_arguments import ReorderArguments

HEADER = "from functools import partial\nfrom unittest.mock import create_autospec, patch\nfrom shop import order\n"


def reordered(source: str, old: str = "a,b,c", new: str = "a,c,b") -> str:
    codemod = ReorderArguments("shop.order", tuple(old.split(",")), tuple(new.split(",")))
    return apply(HEADER + source, [codemod])[len(HEADER) :]


def notes(source: str, old: str = "a,b,c", new: str = "a,c,b") -> list[str]:
    codemod = ReorderArguments("shop.order", tuple(old.split(",")), tuple(new.split(",")))
    return [note.reason for note in rewrite(HEADER + source, [codemod]).notes]


@pytest.mark.parametrize(
    "source",
    ["order()\n", "order(1)\n", "order(1, b=2, c=3)\n", "order(c=1, b=2, a=3)\n", "cafe(1, 2, 3)\n", "order(**k)\n"],
)
def test_what_reaches_its_parameter_anyway_stays(source: str) -> None:
    assert reordered(source) == source
    assert notes(source) == []


@pytest.mark.parametrize(
    ("source", "new", "reason"),
    [
        ("order(*args)\n", "a,c,b", "starred"),
        ("order(1, *args)\n", "a,c,b", "starred"),
        ("order(1, 2, 3)\n", "c,b,a,/", "by position only"),
        ("order(1, 2)\n", "a,c", "no parameter any more"),
        ("order(1, 2, b=3)\n", "a,c,b", "twice"),
        ("order(1, 2, 3, 4)\n", "a,c,b", "more arguments"),
        ("with patch('shop.order') as m:\n    m.assert_called_with(1, 2)\n", "a,c,b", "not known"),
        ("partial(order, 1, 2)\n", "a,c,b", "partial"),
        ("p = partial(order, 1, 2)\np(3)\n", "a,c,b", "partial"),
    ],
)
def test_what_can_t_be_told_stays_and_is_said(source: str, new: str, reason: str) -> None:
    assert reordered(source, new=new) == source
    assert any(reason in each for each in notes(source, new=new))


@pytest.mark.parametrize(
    ("before", "new", "after"),
    [
        ("order(1, 2, 3)\n", "b,a,c", "order(a=1, b=2, c=3)\n"),
        ("order(1, 2, 3)\n", "a,c,b", "order(1, b=2, c=3)\n"),
        ("order(1, 2)\n", "a,new,b,c", "order(1, b=2)\n"),
        ("order(1, 2, 3)\n", "*,a,b,c", "order(a=1, b=2, c=3)\n"),
        ("order(1, 2, c=3)\n", "a,*,b,c", "order(1, b=2, c=3)\n"),
        ("order(1, 2, **k)\n", "a,*,b,c", "order(1, b=2, **k)\n"),
        ("order(1, *args)\n", "a,b,c,d", "order(1, *args)\n"),
        ("p = partial(order, 1)\np(2, 3)\n", "a,c,b", "p = partial(order, 1)\np(b=2, c=3)\n"),
        ("order(\n    1,  # one\n    2,  # two\n)\n", "a,*,b", "order(\n    1,  # one\n    b=2,  # two\n)\n"),
        (("create_autospec(order).assert_called_with(1, 2)\n"
         ""), "b,a", "create_autospec(order).assert_called_with(a=1, b=2)\n"),
        ("order(x for x in y)\n", "*,a,b", "order(a=(x for x in y))\n"),
        ("order(x := 1, 2)\n", "*,a,b", "order(a=(x := 1), b=2)\n"),
        ("order(order(1, 2), 3)\n", "b,a", "order(a=order(a=1, b=2), b=3)\n"),
    ],
)  # fmt: skip
def test_what_changed_its_position_is_passed_by_keyword(before: str, new: str, after: str) -> None:
    assert reordered(before, new=new) == after
    assert reordered(after, new=new) == after


@given(st.permutations("abcd"), st.integers(0, 4), st.integers(0, 4), st.lists(st.sampled_from("abcd"), unique=True))
def test_every_argument_reaches_the_same_parameter(
    order: list[str], positional: int, star: int, named: list[str]
) -> None:
    """Old and new function are run with the call before and after."""
    keywords = [name for name in named if name not in "abcd"[:positional]]
    call = f"order({', '.join([*map(str, range(positional)), *(f'{name}={name!r}' for name in keywords)])})"
    new = [*order[:star], "*", *order[star:]] if star < 4 else order
    assume(new != list("abcd"))  # that is refused: nothing changed
    after = reordered(f"{call}\n", "a,b,c,d", ",".join(new))

    def run(parameters: list[str], source: str) -> object:
        space: dict[str, object] = {}
        defaults = ", ".join(name if name == "*" else f"{name}=None" for name in parameters)
        exec(f"def order({defaults}): return a, b, c, d", space)
        return eval(source, space)

    assert run(list("abcd"), call) == run(new, after)
    assert reordered(after, "a,b,c,d", ",".join(new)) == after


def test_two_that_were_exchanged_are_not_exchanged_again() -> None:
    for new in list(permutations("abc"))[1:]:
        once = reordered("order(1, 2, 3)\n", new=",".join(new))
        assert reordered(once, new=",".join(new)) == once


def test_the_tests_of_a_till_pass_again(prove: Callable[..., dict[str, str]]) -> None:
    old = """
        class Till:
            def __init__(self, shop, float):
                self.shop, self.float = shop, float
            def sell(self, item, qty, note=""):
                return f"{item} {qty} {note}"
    """
    new = """
        class Till:
            def __init__(self, float, shop):
                self.shop, self.float = shop, float
            def sell(self, item, note="", *, qty):
                return f"{item} {qty} {note}"
    """
    tests = """
        import pytest
        from till import Till

        class Quiet(Till):
            def sell(self, item):
                return super().sell(item, 1, "quiet")

        @pytest.fixture
        def till():
            return Till(shop="cafe", float=3)

        def test_sell(till):
            assert till.sell("tea", 2) == "tea 2 "
            assert Till.sell(till, "tea", 2, "hot") == "tea 2 hot"
            assert Quiet(shop="x", float=1).sell("tea") == "tea 1 quiet"
    """
    codemod = ReorderArguments("till.Till.sell", ("item", "qty", "note"), ("item", "note", "*", "qty"))
    body = new.replace("float, shop):", "shop, float):")
    made = prove(codemod, {"till.py": old}, {"till.py": body}, {"tests/test_till.py": tests})
    assert 'till.sell("tea", qty=2)' in made["tests/test_till.py"]
    assert 'Till.sell(till, "tea", qty=2, note="hot")' in made["tests/test_till.py"]
    assert 'super().sell(item, qty=1, note="quiet")' in made["tests/test_till.py"]

    exchanged = dedent(tests).replace('Till(shop="cafe", float=3)', 'Till("cafe", 3)') + (
        "\ndef test_shop(till):\n    assert (till.shop, till.float) == ('cafe', 3)\n"
        "    assert Quiet('x', 1).shop == 'x'\n"
    )
    body = old.replace("shop, float):", "float, shop):")
    codemod = ReorderArguments("till.Till", ("shop", "float"), ("float", "shop"))
    made = prove(codemod, {"till.py": old}, {"till.py": body}, {"tests/test_till.py": exchanged})
    assert 'Till(shop="cafe", float=3)' in made["tests/test_till.py"]
    assert "Quiet(shop='x', float=1).shop" in made["tests/test_till.py"]
