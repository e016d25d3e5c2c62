"""What is read of one module: the symbols, and what they say."""

from __future__ import annotations

import pytest
from tests.repair.api.texts import module, symbol, written

from pytest_agentgate.repair.api.table import Call, Sort


class TestFunctions:
    @pytest.mark.parametrize(
        ("definition", "expected"),
        [
            ("def f(): ...", ""),
            ("def f(a, b=1): ...", "a, b = 1"),
            ("def f(a, /, b, *, c, d=None): ...", "a, /, b, *, c, d = None"),
            ("def f(*args, c, **kwargs): ...", "*args, c, **kwargs"),
            ("def f(a: int = 3, *args: str): ...", "a: int = 3, *args: str"),
            ("def f(a: 'int | None'): ...", "a: int | None"),
            ("f = lambda a, b=2: a", "a, b = 2"),
        ],
    )
    def test_parameters_are_those_that_are_written(self, definition: str, expected: str) -> None:
        assert written(symbol(definition, "f")) == expected

    def test_names_in_annotations_and_defaults_are_dotted_in_full(self) -> None:
        text = """
            from typing import Optional
            from .money import Money as M
            import shop.tax as t

            LIMIT = 3

            class Item: ...

            def f(a: Optional[M], b: "list[Item]" = (), c: t.Rate | None = t.NONE, d=LIMIT) -> dict[str, M]: ...
        """
        found = symbol(text, "f")
        assert [(each.annotation, each.default) for each in found.parameters] == [
            ("typing.Optional[shop.money.Money]", None),
            ("list[shop.orders.Item]", "()"),
            ("shop.tax.Rate | None", "shop.tax.NONE"),
            ("", "shop.orders.LIMIT"),
        ]
        assert found.returns == "dict[str, shop.money.Money]"

    def test_a_coroutine_is_one(self) -> None:
        assert symbol("async def f(): ...", "f").is_async
        assert not symbol("def f(): ...", "f").is_async

    def test_a_default_that_is_too_long_is_one_all_the_same(self) -> None:
        items = ", ".join(map(str, range(2000)))
        assert symbol(f"def f(a=({items})): ...", "f").parameters[0].default == "..."

    def test_overloads_give_way_to_what_implements_them(self) -> None:
        text = """
            from typing import overload

            @overload
            def f(a: int) -> int: ...
            @overload
            def f(a: str) -> str: ...
            def f(a, b=None): return a
        """
        assert written(symbol(text, "f")) == "a, b = None"

    def test_decorators_are_told_without_their_arguments(self) -> None:
        text = """
            from functools import lru_cache
            from .wrapping import retry

            @retry
            @lru_cache(maxsize=3)
            def f(a): ...
        """
        assert symbol(text, "f").decorators == ("shop.wrapping.retry", "functools.lru_cache")

    def test_a_fixture_tells_by_which_name_it_is_requested(self) -> None:
        text = """
            import pytest

            @pytest.fixture(name="order")
            def make_order(client): ...
        """
        found = symbol(text, "make_order")
        assert (found.sort, found.value, written(found)) == (Sort.FIXTURE, "order", "client")


class TestClasses:
    def test_members_and_their_sorts(self) -> None:
        text = """
            import functools

            class Order:
                limit = 3
                note: str = "none"

                def __init__(self, item, qty=1):
                    self.item = item

                def total(self, tax): ...

                @staticmethod
                def of(text): ...

                @classmethod
                def empty(cls, item): ...

                @property
                def price(self): ...

                @price.setter
                def price(self, value): ...

                @functools.cached_property
                def weight(self): ...

                class Line:
                    def cost(self): ...
        """
        symbols = module(text).symbols
        assert {name: each.sort.name for name, each in symbols.items()} == {
            "Order": "CLASS",
            "Order.limit": "FIELD",
            "Order.note": "FIELD",
            "Order.__init__": "METHOD",
            "Order.item": "FIELD",
            "Order.total": "METHOD",
            "Order.of": "STATICMETHOD",
            "Order.empty": "CLASSMETHOD",
            "Order.price": "PROPERTY",
            "Order.weight": "PROPERTY",
            "Order.Line": "CLASS",
            "Order.Line.cost": "METHOD",
        }
        parameters = {name: written(each) for name, each in symbols.items() if each.parameters}
        assert parameters == {
            "Order": "item, qty = 1",
            "Order.__init__": "item, qty = 1",
            "Order.total": "tax",
            "Order.of": "text",
            "Order.empty": "item",
        }

    def test_fields_that_methods_set(self) -> None:
        text = """
            from .money import Money

            class Order:
                def __init__(self, price: Money, qty):
                    self.price = price
                    self.qty, self.left = qty, qty
                    self.open: bool = True
                    other.seen = 1

                def close(this):
                    this.state = "closed"

                def helper(self):
                    def inner(self):
                        self.unrelated = 1
        """
        symbols = module(text).symbols
        fields = {name: (each.annotation, each.value) for name, each in symbols.items() if each.sort is Sort.FIELD}
        assert fields == {
            "Order.price": ("shop.money.Money", ""),
            "Order.qty": ("", ""),
            "Order.left": ("", ""),
            "Order.open": ("bool", "True"),
            "Order.state": ("", "'closed'"),
        }

    def test_members_of_an_enumeration(self) -> None:
        text = """
            from enum import Enum, auto

            class State(str, Enum):
                OPEN = "open"
                CLOSED = auto()
                _ignore_ = []

                def label(self): ...
        """
        symbols = module(text).symbols
        members = {name: each.value for name, each in symbols.items() if each.sort is Sort.MEMBER}
        assert members == {"State.OPEN": "'open'", "State.CLOSED": "enum.auto()"}
        assert written(symbols["State"]) == "value"

    def test_a_method_may_have_another_name(self) -> None:
        text = """
            class Order:
                def total(self, tax): ...
                sum = total
        """
        found = symbol(text, "Order.sum")
        assert (found.sort, written(found), found.value) == (Sort.METHOD, "tax", "shop.orders.Order.total")

    def test_bases_are_dotted_in_full_and_without_what_they_are_generic_in(self) -> None:
        text = """
            from typing import Generic, TypeVar
            from . import base

            T = TypeVar("T")

            class Order(base.Record, Generic[T], dict): ...
        """
        assert symbol(text, "Order").bases == ("shop.base.Record", "typing.Generic", "dict")


class TestValues:
    def test_constants_say_what_is_assigned(self) -> None:
        text = """
            from .money import EUR

            LIMIT: int = 3
            NAMES = ['a', "b"]
            CURRENCIES = {"euro": EUR}
            FIRST, SECOND = 1, 2
        """
        symbols = module(text).symbols
        assert {name: (each.value, each.annotation) for name, each in symbols.items()} == {
            "LIMIT": ("3", "int"),
            "NAMES": ("['a', 'b']", ""),
            "CURRENCIES": ("{'euro': shop.money.EUR}", ""),
            "FIRST": ("", ""),
            "SECOND": ("", ""),
        }

    def test_one_layout_for_what_is_written_differently(self) -> None:
        one = symbol("A = [f(x)  for x in  range(3)]", "A").value
        other = symbol("A = [\n    f(x)\n    for x in range( 3 )\n]", "A").value
        assert one == other == "[f(x) for x in range(3)]"

    def test_loops_and_handlers_define_nothing_that_anybody_relies_on(self) -> None:
        text = """
            for each in (): pass
            with open("x") as file: pass
            try: pass
            except Exception as error: pass
        """
        assert module(text).symbols == {}

    def test_what_is_deleted_is_not_there(self) -> None:
        assert module("def f(): ...\nx = 1\ndel f, x").symbols == {}


class TestConditions:
    def test_what_is_only_for_type_checking_is_not_there(self) -> None:
        text = """
            from typing import TYPE_CHECKING

            if TYPE_CHECKING:
                from .money import Money
            else:
                Other = 1

            def f(a: "Money"): ...
        """
        found = module(text)
        assert "Money" not in found.names
        assert set(found.symbols) == {"Other", "f"}
        assert written(found.symbols["f"]) == "a: shop.money.Money"

    @pytest.mark.parametrize(
        "condition",
        [
            "sys.version_info >= (3, 8)",
            "sys.version_info[0] >= 3",
            "_sys.version_info[0] == 3",
            "sys.version_info[:2] >= (3, 8)",
            "sys.version_info.major == 3",
            "not PY2",
            "PY3",
            "not TYPE_CHECKING and True",
        ],
    )
    def test_a_check_of_the_version_decides(self, condition: str) -> None:
        text = f"if {condition}:\n    def f(new): ...\nelse:\n    def f(old): ...\n"
        assert written(symbol(text, "f")) == "new"
        text = f"if not ({condition}):\n    def f(old): ...\nelse:\n    def f(new): ...\n"
        assert written(symbol(text, "f")) == "new"

    def test_a_check_of_the_version_that_has_a_name_decides(self) -> None:
        text = "import sys\nnew = sys.version_info[0] > 2\nif new:\n    text = str\nelse:\n    text = basestring\n"
        assert symbol(text, "text").value == "str"

    def test_a_name_that_is_assigned_twice_decides_nothing(self) -> None:
        text = "import sys\nnew = sys.version_info[0] > 2\nnew = f()\nif new:\n    text = 1\nelse:\n    text = 2\n"
        assert symbol(text, "text").value == ""

    def test_of_two_branches_that_may_both_run_the_first_counts(self) -> None:
        text = "if flag:\n    def f(a): ...\nelse:\n    def f(b): ...\n"
        assert written(symbol(text, "f")) == "a"

    def test_what_is_always_defined_counts_more_than_what_may_be(self) -> None:
        text = "def f(a): ...\nif flag:\n    def f(b): ...\n"
        assert written(symbol(text, "f")) == "a"
        assert written(symbol("def f(a): ...\ndef f(b): ...\n", "f")) == "b"

    def test_a_fallback_counts_least(self) -> None:
        text = "try:\n    1\nexcept ValueError:\n    def f(a): ...\nelse:\n    def f(b): ...\n"
        assert written(symbol(text, "f")) == "b"

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("try:\n    text = unicode\nexcept NameError:\n    text = str\n", "str"),
            ("try:\n    unicode\n    text = f()\nexcept NameError:\n    text = str\n", "str"),
            ("try:\n    text = bytes\nexcept NameError:\n    text = str\n", ""),
            ("unicode = f()\ntry:\n    text = unicode\nexcept NameError:\n    text = str\n", ""),
            ("from six import *\ntry:\n    text = unicode\nexcept NameError:\n    text = str\n", ""),
            ("try:\n    text = __file__\nexcept NameError:\n    text = str\n", ""),
            ("try:\n    text = unicode\nexcept ValueError:\n    text = str\n", ""),
        ],
    )
    def test_a_try_that_this_python_fails_is_not_there(self, text: str, expected: str) -> None:
        assert symbol(text, "text").value == expected

    def test_a_fallback_for_what_the_standard_library_has_is_never_made(self) -> None:
        found = module("try:\n    from datetime import timezone\nexcept ImportError:\n    class timezone: ...\n")
        assert (dict(found.names), found.symbols) == ({"timezone": "datetime.timezone"}, {})
        found = module("try:\n    from fast import f\nexcept ImportError:\n    def f(): ...\n")
        assert (dict(found.names), list(found.symbols)) == ({"f": "fast.f"}, ["f"])

    def test_what_a_dead_branch_imports_is_no_part_of_a_value(self) -> None:
        text = "PY2 = False\nif PY2:\n    from a import f\n    g = f\nelse:\n    from b import f\n    g = f\n"
        assert symbol(text, "g").value == "b.f"

    def test_none_in_the_place_of_an_import_is_no_definition(self) -> None:
        found = module("try:\n    import numpy\nexcept ImportError:\n    numpy = None\n")
        assert (dict(found.names), found.symbols) == ({"numpy": "numpy"}, {})

    def test_all_imports_of_a_name_are_known(self) -> None:
        found = module("try:\n    from .fast import f\nexcept ImportError:\n    from .slow import f\n")
        assert (found.names["f"], found.others["f"]) == ("shop.fast.f", ("shop.slow.f",))


class TestExports:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("x = 1", None),
            ("__all__ = []", ()),
            ("__all__ = ['a', 'b']", ("a", "b")),
            ("__all__ = ('a',)\n__all__ += ['b']", ("a", "b")),
            ("from . import money\n__all__ = ['a'] + money.__all__", ("a", "shop.money.__all__")),
            ("from . import money\n__all__ = ['a']\n__all__.extend(money.__all__)", ("a", "shop.money.__all__")),
        ],
    )
    def test_all_is_read_as_far_as_it_is_written(self, text: str, expected: tuple[str, ...] | None) -> None:
        assert module(text).exported == expected

    def test_stars_and_names(self) -> None:
        found = module("from .money import *\nfrom . import tax as t\nimport os.path\nimport shop.tax as x\nT = t.Rate")
        assert found.stars == ("shop.money",)
        assert found.names == {"t": "shop.tax", "os": "os", "x": "shop.tax", "T": "shop.tax.Rate"}


class TestUses:
    def test_calls_and_reads_of_the_implementation_are_told_with_their_place(self) -> None:
        text = """
            import os
            from .money import Money, ZERO
            from . import tax as t

            class Order:
                def total(self, *rest):
                    self.check(1, deep=True)
                    os.getcwd()
                    return Money(1, *rest, **{}) + t.rate(qty=2)

            def empty():
                return ZERO
        """
        assert module(text).calls == (
            Call("shop.orders.Order.check", 8, 1, ("deep",), True, "shop.orders.Order.total"),
            Call("shop.money.Money", 10, -1, ("**",), True, "shop.orders.Order.total"),
            Call("shop.tax.rate", 10, 0, ("qty",), True, "shop.orders.Order.total"),
            Call("shop.money.ZERO", 13, is_call=False, within="shop.orders.empty"),
        )

    def test_keywords_are_told_whatever_they_are_passed_to(self) -> None:
        assert module("def f(order):\n    order.total(tax=1)\n    order.close()\n").calls == (
            Call(".total", 2, 0, ("tax",), True, "shop.orders.f"),
        )

    def test_local_functions_are_nobodys_business(self) -> None:
        found = module("def f():\n    def inner(): ...\n    return inner()\n")
        assert found.calls == ()
