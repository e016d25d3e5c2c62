"""What a class takes when it is called: models of every make, inherited constructors, partials."""

from __future__ import annotations

import pytest
from tests.repair.api.texts import api_of, symbol, written

from pytest_agentgate.repair.api.table import Parameter, Sort


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
def test_a_class_takes_what_makes_its_constructor(text: str, expected: str) -> None:
    assert written(symbol(text, "C")) == expected


def test_constructors_are_inherited_across_files() -> None:
    api = api_of(
        base="class Base:\n    def __init__(self, a, b=1): ...\n",
        init="from .base import Base",
        orders="import shop\nclass Order(shop.Base): ...\nclass Gift(Order): ...\n",
    )
    assert written(api.modules["shop.orders"].symbols["Gift"]) == "a, b = 1"


def test_models_of_several_files() -> None:
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


def test_an_enumeration_whose_base_is_elsewhere() -> None:
    api = api_of(
        base="import enum\nclass Named(enum.Enum):\n    def label(self): ...\n",
        orders="from .base import Named\nclass State(Named):\n    OPEN = 1\n",
    )
    symbols = api.modules["shop.orders"].symbols
    assert symbols["State.OPEN"].sort is Sort.MEMBER
    assert written(symbols["State"]) == "value"


def test_partials_take_what_they_were_not_given() -> None:
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


def test_a_class_that_derives_from_itself_ends() -> None:
    api = api_of(base="from .orders import B\nclass A(B): ...", orders="from .base import A\nclass B(A): ...")
    assert api.modules["shop.base"].symbols["A"].parameters == ()


def test_parameters_that_python_fills_are_left_out() -> None:
    assert symbol("class C:\n    def f(self, a): ...", "C.f").parameters == (Parameter("a"),)
