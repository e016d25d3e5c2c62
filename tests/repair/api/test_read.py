"""What is read of one module: the symbols, and what they say."""

from __future__ import annotations

from textwrap import dedent

import pytest

from pytest_agentgate.repair.api.api import Api
from pytest_agentgate.repair.api.table import Call, Module, Parameter, Passing, Sort, Symbol
from pytest_agentgate.repair.api.trees import TextTree


def api_of(**files: str) -> Api:
    """The API of modules of a package ``shop``, by their names; ``init`` is the package itself."""
    texts = {
        f"shop/{'__init__' if name == 'init' else name.replace('__', '/')}.py": dedent(text)
        for name, text in files.items()
    }
    return Api.of(TextTree({"shop/__init__.py": "", **texts}))


def module(text: str) -> Module:
    return api_of(orders=text).modules["shop.orders"]


def symbol(text: str, name: str) -> Symbol:
    return module(text).symbols[name]


def written(found: Symbol) -> str:
    """The parameters as a definition would write them, less what no test here looks at."""
    shown, last = [], None
    for each in found.parameters:
        mark = {Passing.VAR_POSITIONAL: "*", Passing.VAR_KEYWORD: "**"}.get(each.passing, "")
        if each.passing is Passing.KEYWORD_ONLY and last not in {Passing.KEYWORD_ONLY, Passing.VAR_POSITIONAL}:
            shown.append("*")
        if last is Passing.POSITIONAL_ONLY and each.passing is not Passing.POSITIONAL_ONLY:
            shown.append("/")
        annotation = f": {each.annotation}" if each.annotation else ""
        default = f" = {each.default}" if each.default is not None else ""
        shown.append(f"{mark}{each.name}{annotation}{default}")
        last = each.passing
    return ", ".join(shown)


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


class TestConstructors:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("class C: ...", ""),
            ("class C(Exception): ...", "*args"),
            ("class C(dict): ...", "*args, **kwargs"),
            ("class C(elsewhere.Base): ...", "*args, **kwargs"),
            ("class C:\n    def __new__(cls, a): ...", "a"),
            ("import abc\nclass C(abc.ABC): ...", ""),
            (
                "from dataclasses import *\n@dataclass\nclass C:\n  a: int\n  b: int = 0\n  c: A = field(init=False)",
                "a: int, b: int = 0",
            ),
            (
                "import dataclasses\n@dataclasses.dataclass(kw_only=True)\nclass C:\n    a: int\n    b: int = 0",
                "*, a: int, b: int = 0",
            ),
            (
                "from attrs import define, field\n@define\nclass C:\n    a: int\n    _b: int = field(default=3)",
                "a: int, b: int = 3",
            ),
            ("import attr\n@attr.s\nclass C:\n    a = attr.ib()\n    b = attr.ib(default=1)", "a, b = ..."),
            ("import msgspec\nclass C(msgspec.Struct):\n    a: int\n    b: int = 1", "a: int, b: int = 1"),
            ("from typing import NamedTuple\nclass C(NamedTuple):\n    a: int\n    b: int = 1", "a: int, b: int = 1"),
            (
                "from typing import NamedTuple\nclass B(NamedTuple):\n    a: int\nclass C(B): ...",
                "a: int",
            ),
            ("from collections import namedtuple\nC = namedtuple('C', 'a b', defaults=[1])", "a, b = 1"),
            ("from collections import namedtuple\nclass C(namedtuple('C', ['a', 'b'])): ...", "a, b"),
            ("from typing import NamedTuple\nC = NamedTuple('C', [('a', int)])", "a: int"),
            (
                "from typing import TypedDict, NotRequired\nclass C(TypedDict):\n    a: int\n    b: NotRequired[str]",
                "*, a: int, b: typing.NotRequired[str] = ...",
            ),
            ("from typing import TypedDict\nclass C(TypedDict, total=False):\n    a: int", "*, a: int = ..."),
            (
                "from pydantic import *\nclass C(BaseModel):\n    a: int\n    b: str = Field(alias='bee')",
                "*, a: int, bee: str",
            ),
            (
                "from pydantic import *\nclass C(BaseSettings):\n    a: int\n    class Config: extra = 'allow'",
                "*, a: int = ..., **kwargs",
            ),
        ],
    )
    def test_a_class_takes_what_makes_its_constructor(self, text: str, expected: str) -> None:
        assert written(symbol(text, "C")) == expected

    def test_constructors_are_inherited_across_files(self) -> None:
        api = api_of(
            base="class Base:\n    def __init__(self, a, b=1): ...\n",
            init="from .base import Base",
            orders="import shop\nclass Order(shop.Base): ...\nclass Gift(Order): ...\n",
        )
        assert written(api.modules["shop.orders"].symbols["Gift"]) == "a, b = 1"

    def test_models_of_several_files(self) -> None:
        api = api_of(
            base="""
                from pydantic import BaseModel, ConfigDict
                import dataclasses

                class Base(BaseModel):
                    model_config = ConfigDict(extra="allow")
                    id: int

                @dataclasses.dataclass
                class Point:
                    x: int
                    y: int = 0
            """,
            orders="""
                import dataclasses
                from .base import Base, Point

                class Order(Base):
                    item: str = "tea"

                class Gift(Order): ...

                @dataclasses.dataclass
                class Point3(Point):
                    z: int = 0

                class Same(Point): ...
            """,
        )
        symbols = api.modules["shop.orders"].symbols
        assert written(symbols["Order"]) == "*, id: int, item: str = 'tea', **kwargs"
        assert written(symbols["Gift"]) == "*, id: int, item: str = 'tea', **kwargs"
        assert written(symbols["Point3"]) == "x: int, y: int = 0, z: int = 0"
        assert written(symbols["Same"]) == "x: int, y: int = 0"

    def test_an_enumeration_whose_base_is_elsewhere(self) -> None:
        api = api_of(
            base="import enum\nclass Named(enum.Enum):\n    def label(self): ...\n",
            orders="from .base import Named\nclass State(Named):\n    OPEN = 1\n",
        )
        symbols = api.modules["shop.orders"].symbols
        assert symbols["State.OPEN"].sort is Sort.MEMBER
        assert written(symbols["State"]) == "value"

    def test_partials_take_what_they_were_not_given(self) -> None:
        api = api_of(
            money="def convert(amount, rate, *, rounded=True): ...",
            orders="""
                from functools import partial
                from .money import convert

                first = partial(convert, 1)
                keyed = partial(convert, rate=2)
            """,
        )
        symbols = api.modules["shop.orders"].symbols
        assert (symbols["first"].sort, written(symbols["first"])) == (Sort.FUNCTION, "rate, *, rounded = True")
        assert written(symbols["keyed"]) == "amount, *, rate = 2, rounded = True"

    def test_a_class_that_derives_from_itself_ends(self) -> None:
        api = api_of(base="from .orders import B\nclass A(B): ...", orders="from .base import A\nclass B(A): ...")
        assert api.modules["shop.base"].symbols["A"].parameters == ()

    def test_parameters_that_python_fills_are_left_out(self) -> None:
        assert symbol("class C:\n    def f(self, a): ...", "C.f").parameters == (Parameter("a"),)
