"""What a function takes, as its definition or an option says it."""

from __future__ import annotations

from textwrap import dedent

import pytest

from pytest_agentgate.codemods.reading.signatures import Callee, Signature
from pytest_agentgate.codemods.reading.sources import Sources

SHOP = """
    import abc
    from dataclasses import KW_ONLY, dataclass, field
    from typing import ClassVar, NamedTuple

    import attrs
    import msgspec
    from pydantic import BaseModel
    from elsewhere import Unseen

    def order(item, /, qty, *rest, note="", **more): ...
    async def later(item): ...
    place = order

    class Till:
        def __init__(self, shop, *, float=0): ...
        def sell(self, item, /, qty=1): ...
        @classmethod
        def opened(cls, shop): ...
        @staticmethod
        def price(item): ...

    class Own(Till): ...
    class Other(Unseen, Till): ...

    @dataclass
    class Line:
        count: ClassVar[int] = 0
        item: str
        seen: bool = field(init=False)
        _: KW_ONLY
        qty: int = 1

    @dataclass
    class Noted(Line):
        note: str = ""

    @attrs.define
    class Box:
        _lid: str
        size: int = attrs.field(kw_only=True)

    class Pair(NamedTuple):
        left: int
        right: int

    class Struct(msgspec.Struct, kw_only=True):
        left: int

    class Model(BaseModel):
        name: str
    """
SOURCES = Sources.of({"shop/till.py": dedent(SHOP), "shop/__init__.py": "from shop.till import *\n"})


@pytest.mark.parametrize(
    ("name", "kind", "positional", "only", "keywords"),
    [
        ("order", "function", "item qty", 1, "note"),
        ("place", "function", "item qty", 1, "note"),
        ("later", "function", "item", 0, ""),
        ("Till", "class", "shop", 0, "float"),
        ("Till.__init__", "class", "shop", 0, "float"),
        ("Till.sell", "method", "item qty", 1, ""),
        ("Till.opened", "classmethod", "shop", 0, ""),
        ("Till.price", "staticmethod", "item", 0, ""),
        ("Own", "class", "shop", 0, "float"),
        ("Own.sell", "method", "item qty", 1, ""),
        ("Line", "class", "item", 0, "qty"),
        ("Noted", "class", "item note", 0, "qty"),
        ("Box", "class", "lid", 0, "size"),
        ("Pair", "class", "left right", 0, ""),
        ("Struct", "class", "", 0, "left"),
        ("Model", "class", "", 0, "name"),
    ],
)
def test_a_definition_says_how_its_parameters_may_be_passed(
    name: str, kind: str, positional: str, only: int, keywords: str
) -> None:
    callee = Callee.of(SOURCES, f"shop.{name}")
    assert callee.kind == kind
    assert callee.signature is not None
    assert callee.signature.positional == tuple(positional.split())
    assert callee.signature.positional_only == only
    assert callee.signature.keyword_only == tuple(keywords.split())


def test_open_ends_are_seen() -> None:
    signature = Callee.of(SOURCES, "shop.order").signature
    assert signature is not None
    assert signature.any_position
    assert signature.takes(99)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("cafe.order", "function"), ("cafe.Till", "class"), ("cafe.Till.sell", "member"), ("shop.Other.sell", "member")],
)
def test_what_can_t_be_seen_is_told_by_its_name(name: str, kind: str) -> None:
    callee = Callee.of(SOURCES, name)
    assert (callee.kind, callee.signature) == (kind, None)


def test_an_option_says_the_same_in_short() -> None:
    signature = Signature.of_names(("a", "/", "b", "*", "c"))
    assert signature == Signature(("a", "b"), 1, ("c",))
    assert [signature.at(place) for place in range(3)] == ["a", "b", None]
    assert signature.index("b") == 1
    assert signature.index("c") is None
    assert signature.takes(2)
    assert not signature.takes(3)
