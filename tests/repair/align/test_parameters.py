"""What became of parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

Aligner = Callable[[str, str], list[str]]

CASES: Mapping[str, tuple[str, str, list[str]]] = {
    "renamed, the body equal": (
        "def order(item, qty): return item.price * qty",
        "def order(item, quantity): return item.price * quantity",
        ["parameter renamed: shop.order (qty) [qty -> quantity]"],
    ),
    "renamed, and the annotation says it": (
        "def order(item, max_count: int = 2): return [item] * max_count",
        "def order(item, max_number: int = 2): return [item.copy() for _ in range(max_number)]",
        ["parameter renamed: shop.order (max_count) [max_count -> max_number]"],
    ),
    "renamed, and callers say it": (
        "def order(item, *, qty=1): return item * qty\ndef two(item): return order(item, qty=2)",
        "def order(item, *, quantity=1): return item.times(quantity)\ndef two(item): return order(item, quantity=2)",
        ["parameter renamed: shop.order (qty) [qty -> quantity]"],
    ),
    "of a method, renamed altogether, and the only caller says it": (
        """
        class Order:
            def pay(self, card, *, fee=None): return card.charge(self.total, fee)
        def checkout(order, card): return order.pay(card, fee=2)
        """,
        """
        class Order:
            def pay(self, card, *, surcharge=None): return card.take(self.total + surcharge)
        def checkout(order, card): return order.pay(card, surcharge=2)
        """,
        ["parameter renamed: shop.Order.pay (fee) [fee -> surcharge]"],
    ),
    "of a method, and a caller still passes the old keyword": (
        """
        class Order:
            def pay(self, card, *, fee=None): return card.charge(self.total, fee)
        def checkout(order, card): return order.pay(card, fee=2)
        """,
        """
        class Order:
            def pay(self, card, *, fees=None): return card.charge(self.total, fees)
        def checkout(order, card): return order.pay(card, fee=2)
        """,
        ["parameter gone: shop.Order.pay (fee) still used"],
    ),
    "added with a default": ("def f(a): return a", "def f(a, b=1): return a", []),
    "added, required": ("def f(a): return a", "def f(a, b: int): return a", ["parameter added: shop.f (b) [ -> int]"]),
    "required now": ("def f(a=1): return a", "def f(a): return a", ["parameter added: shop.f (a) [1 -> ]"]),
    "required now, though a caller relies on the default": (
        "def f(a=1): return a\ndef g(): return f()",
        "def f(a): return a\ndef g(): return f()",
        ["parameter added: shop.f (a) [1 -> ] still used"],
    ),
    "required now, and callers pass it": (
        "def f(a=1): return a\ndef g(): return f()",
        "def f(a): return a\ndef g(): return f(1)",
        ["parameter added: shop.f (a) [1 -> ]"],
    ),
    "added, required, and a caller lacks it": (
        "def f(a): return a\ndef g(): return f(1)",
        "def f(a, b): return a\ndef g(): return f(1)",
        ["parameter added: shop.f (b) still used"],
    ),
    "added, required, and callers may pass it": (
        "def f(a): return a\ndef g(*x, **y): return f(*x), f(1, **y)",
        "def f(a, b): return a\ndef g(*x, **y): return f(*x), f(1, **y)",
        ["parameter added: shop.f (b)"],
    ),
    "gone": ("def f(a, b=2): return a", "def f(a): return a", ["parameter gone: shop.f (b) [2 -> ]"]),
    "gone into **": ("def f(a, b=2): return a", "def f(a, **rest): return a", []),
    "** is gone": ("def f(a, **rest): return a", "def f(a): return a", ["parameter gone: shop.f (**rest)"]),
    "reordered": (
        "def f(a, b, c): return a",
        "def f(a, c, b): return a",
        ["parameters reordered: shop.f [a, b, c -> a, c, b]"],
    ),
    "one with a default stands before others": (
        "def f(a, b=1): return a",
        "def f(a, new=0, b=1): return a",
        ["parameters reordered: shop.f [a, b -> a, new, b]"],
    ),
    "the first is gone": ("def f(a, b): return b", "def f(b): return b", ["parameter gone: shop.f (a)"]),
    "keyword only": (
        "def f(a, b=1, c=2): return a",
        "def f(a, *, b=1, c=2): return a",
        ["parameters reordered: shop.f [a, b, c -> a, *, b, c]"],
    ),
    "another default": ("def f(a=1): return a", "def f(a=2): return a", ["default changed: shop.f (a) [1 -> 2]"]),
    "the same default in other quotes": ("def f(a='x'): return a", 'def f(a="x"): return a', []),
    "a dict became a model": (
        "def connect(config: dict): return config",
        "class Config:\n    url: str\ndef connect(config: Config): return config",
        ["parameter type: shop.connect (config) [dict -> shop.Config]"],
    ),
    "takes more than before": (
        "from typing import Optional, Dict\ndef f(a: int, b: Optional[int], c: Dict[str, int]): return a",
        "from typing import Optional, Dict\ndef f(a: int | str, b: int | str | None, c: dict[str, int]): return a",
        [],
    ),
    "takes less than before": (
        "def f(a: int | None): return a",
        "def f(a: int): return a",
        ["parameter type: shop.f (a) [int | None -> int]"],
    ),
    "its type was renamed, which is no other type": (
        "class Config:\n    def url(self): return self.host + ':' + self.port\ndef f(c: Config): return c",
        "class Settings:\n    def url(self): return self.host + ':' + self.port\ndef f(c: Settings): return c",
        ["symbol moved: shop.Config -> shop.Settings"],
    ),
    "its type is asked for under another name, which is no other type": (
        "class Config: ...\ndef f(c: Config): return c",
        "class Config: ...\nSettings = Config\ndef f(c: Settings): return c",
        [],
    ),
    "of a constructor": (
        "class Order:\n    def __init__(self, item, qty): self.cost = item.price * qty",
        "class Order:\n    def __init__(self, item, quantity, unit): self.cost = item.price * quantity * unit",
        [
            "parameter added: shop.Order (quantity)",
            "parameter added: shop.Order (unit)",
            "parameter gone: shop.Order (qty)",
        ],
    ),
    "of a method": (
        "class Order:\n    def pay(self, card): return card.charge(self)",
        "class Order:\n    def pay(self, card, pin): return card.charge(self, pin)",
        ["parameter added: shop.Order.pay (pin)"],
    ),
    "moved and changed at once": (
        "def total(order, rate): return sum(line.price * line.count for line in order.lines) * rate",
        "def amount(order, tax): return sum(line.price * line.count for line in order.lines) * tax",
        [
            "parameter renamed: shop.total -> shop.amount (rate) [rate -> tax]",
            "symbol moved: shop.total -> shop.amount",
        ],
    ),
    "became async": ("def f(a): return a", "async def f(a): return a", ["became async: shop.f"]),
    "became sync": ("async def f(a): return a", "def f(a): return a", ["became sync: shop.f"]),
    "returns another type": (
        "def f() -> dict: return g()",
        "class R: ...\ndef f() -> R: return g()",
        ["return type: shop.f [dict -> shop.R]"],
    ),
    "returns one of what it returned": ("def f() -> int | None: return 1", "def f() -> int: return 1", []),
}


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=CASES)
def test_parameters(aligned: Aligner, old: str, new: str, expected: list[str]) -> None:
    assert aligned(old, new) == expected
