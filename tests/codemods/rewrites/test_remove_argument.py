"""Removing an argument: by keyword, by position, from dicts; and what it was computed by stays."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest

from pytest_agentgate.codemods.apply import apply, rewrite
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.rewrites.remove_argument import RemoveArgument
from pytest_agentgate.errors import UsageError

HEADER = "import functools, pytest\nfrom unittest.mock import Mock, create_autospec, patch\nfrom shop import order\n"
REMOVE = RemoveArgument("shop.order", "gift", ("item", "gift", "qty"))


def removed(source: str, codemod: RemoveArgument = REMOVE) -> str:
    return apply(HEADER + source, [codemod]).removeprefix(HEADER)


def notes(source: str, codemod: RemoveArgument = REMOVE) -> list[str]:
    return [note.reason for note in rewrite(HEADER + source, [codemod]).notes]


@pytest.mark.parametrize(
    "source",
    ["order(1)\n", "order(1, qty=2)\n", "cafe(gift=1)\n", "order(**{'qty': 1})\n", "order(item=1)\n", "gift = 1\n"],
)
def test_where_it_is_not_passed_all_stays(source: str) -> None:
    assert removed(source) == source
    assert notes(source) == []


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("order(1, gift=wrap())\n", "computes"),
        ("async def test():\n    order(1, gift=await wrap())\n", "computes"),
        ("order(1, wrap(), 3)\n", "computes"),
        ("order(1, *args)\n", "starred"),
        ("order(1, 2, gift=3)\n", "passed twice"),
        ("order(1, 2, *args)\n", "no names"),
        ("order(1, 2, 3, 4)\n", "no names"),
        ("def test(k):\n    order(**k)\n", "can't be told"),
        ("K = {'gift': 1}\norder(**K)\nprint(K)\n", "another way"),
        ("def test():\n    k = {'gift': 1}\n    k['gift'] = 2\n    order(**k)\n", "used here"),
        ("with patch('shop.order') as m:\n    m.assert_called_with(1, 2, 3)\n", "by position"),
        ("with patch('shop.order') as m:\n    assert m.call_args.kwargs['gift']\n", "looks at"),
        ("pool.submit(order, gift=1)\n", "may pass"),
        ("functools.partial(order, 1, 2)\n", "by position"),
    ],
)
def test_what_is_in_doubt_stays_and_is_said(source: str, reason: str) -> None:
    assert removed(source) == source
    assert any(reason in each for each in notes(source)), notes(source)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("order(1, gift=2)\n", "order(1)\n"),
        ("order(gift=2)\n", "order()\n"),
        ("order(gift=2, item=1)\n", "order(item=1)\n"),
        ("order(1, 2)\n", "order(1)\n"),
        ("order(1, 2, 3)\n", "order(1, qty=3)\n"),
        ("order(1, 2, qty=3)\n", "order(1, qty=3)\n"),
        ("order(1, gift=Mock(a=[1]))\n", "order(1)\n"),
        ("order(1, gift=str(2))\n", "order(1)\n"),
        ("order(**{'gift': 1, 'qty': 2})\n", "order(**{'qty': 2})\n"),
        ("order(**dict(item=1, gift=2))\n", "order(**dict(item=1))\n"),
        ("K = {\n    'item': 1,\n    'gift': 2,  # two\n}\norder(**K)\n", "K = {\n    'item': 1,\n}\norder(**K)\n"),
        ("order(\n    1,\n    gift=2,  # g\n    qty=3,  # q\n)\n", "order(\n    1,\n    qty=3,  # q\n)\n"),
        ("order(\n    1,  # i\n    gift=2  # g\n)\n", "order(\n    1  # i\n)\n"),
        ("functools.partial(order, gift=1)\n", "functools.partial(order)\n"),
        (("create_autospec(order).assert_called_with(1, 2, 3)\n"
         ""), "create_autospec(order).assert_called_with(1, qty=3)\n"),
        (("with patch('shop.order') as m:\n    m.assert_called_with(1, gift=2)\n"
         ""), "with patch('shop.order') as m:\n    m.assert_called_with(1)\n"),
    ],
)  # fmt: skip
def test_it_is_removed_and_all_else_stays(before: str, after: str) -> None:
    assert removed(before) == after
    assert removed(after) == after


def test_without_the_old_order_only_keywords_are_found() -> None:
    codemod = RemoveArgument("shop.order", "gift")
    assert removed("order(1, 2, 3)\norder(1, gift=2)\n", codemod) == "order(1, 2, 3)\norder(1)\n"


def test_the_old_order_has_to_name_the_parameter() -> None:
    with pytest.raises(UsageError, match="gift is not among them"):
        RemoveArgument("shop.order", "gift", ("item", "qty"))


def test_the_tests_of_a_shop_pass_again(prove: Callable[..., dict[str, str]]) -> None:
    shop = """
        from dataclasses import dataclass

        @dataclass
        class Line:
            item: str
            {0}qty: int = 1

        def order(item, {1}qty=1):
            return Line(item, qty=qty)

        def fill(items):
            return [order(each, {2}qty=2) for each in items]
    """
    old = {"shop.py": shop.format("", "gift=None, ", "gift=1, ")}
    new = {"shop.py": shop.format("", "", "")}
    tests = """
        from unittest.mock import patch

        import pytest
        import shop
        from shop import Line, order

        @pytest.fixture
        def basket():
            return {"item": "tea", "gift": None, "qty": 2}

        def test_order(basket):
            assert order(**basket) == order("tea", None, 2) == Line("tea", 2)
            assert order("tea", True) == Line("tea")

        @pytest.mark.parametrize(
            "kwargs",
            [
                {
                    "gift": 1,  # one
                    "qty": 3,
                },
                {"qty": 3},
            ],
        )
        def test_qty(kwargs):
            assert order("tea", **kwargs).qty == 3

        @patch("shop.order")
        def test_fill(placed):
            shop.fill(["tea"])
            placed.assert_called_once_with("tea", gift=1, qty=2)
    """
    codemod = RemoveArgument("shop.order", "gift", ("item", "gift", "qty"))
    rewritten = prove(codemod, old, new, {"tests/test_shop.py": tests})["tests/test_shop.py"]
    assert "gift" not in rewritten
    assert 'order("tea", qty=2)' in rewritten
    assert dedent("""
            {
                "qty": 3,
            },
    """).strip() in dedent(rewritten).replace("        ", "")  # fmt: skip


def test_a_derived_class_that_passes_its_keywords_on_is_followed() -> None:
    files = {
        "shop.py": (
            "class Order:\n    def __init__(self, item): ...\n"
            "class Late(Order):\n    def __init__(self, **kwargs):\n        super().__init__(**kwargs)\n"
            "class Other(Order):\n    def __init__(self, gift):\n        super().__init__('tea')\n"
        )
    }
    codemod = RemoveArgument(function="shop.Order", parameter="gift")
    at = Place.within(Sources.of(files), "tests/test_it.py")
    source = "from shop import Late, Order, Other\nLate(item=1, gift=2)\nOther(gift=2)\n"
    assert apply(source, [codemod], at) == source.replace(", gift=2", "")
    assert [note.line for note in rewrite(source, [codemod], at).notes] == [3]
