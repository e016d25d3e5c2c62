"""What became of the members of classes, and of values."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

Aligner = Callable[[str, str], list[str]]

CASES: Mapping[str, tuple[str, str, list[str]]] = {
    "a method was renamed, the body equal": (
        """
        class Order:
            def total(self, rate): return sum(line.price * line.count * rate for line in self.lines)
        """,
        """
        class Order:
            def compute_total(self, rate): return sum(line.price * line.count * rate for line in self.lines)
        """,
        ["member renamed: shop.Order.total -> shop.Order.compute_total"],
    ),
    "a method is gone": (
        "class Order:\n    def total(self): return self.price\n    def pay(self): ...",
        "class Order:\n    def pay(self): ...",
        ["member gone: shop.Order.total"],
    ),
    "a method moved into a base": (
        "class Order:\n    def total(self): return self.price",
        "class Priced:\n    def total(self): return self.price\nclass Order(Priced): ...",
        [],
    ),
    "a method became a property": (
        "class Order:\n    def total(self): return self.price",
        "class Order:\n    @property\n    def total(self): return self.price",
        ["became property: shop.Order.total"],
    ),
    "a property became a method": (
        "class Order:\n    @property\n    def total(self): return self.price",
        "class Order:\n    def total(self): return self.price",
        ["became method: shop.Order.total"],
    ),
    "a field was renamed and its users with it": (
        """
        class Order:
            def __init__(self, lines: list): self.line_list = lines
            def weight(self): return sum(line.weight for line in self.line_list)
            def count(self): return len(self.line_list)
        """,
        """
        class Order:
            def __init__(self, lines: list): self.line_items = lines
            def weight(self): return sum(line.weight for line in self.line_items)
            def count(self): return len(self.line_items)
        """,
        ["member renamed: shop.Order.line_list -> shop.Order.line_items"],
    ),
    "a field has another type": (
        "class Order:\n    status: str",
        "from enum import Enum\nclass Status(Enum):\n    NEW = 1\nclass Order:\n    status: Status",
        ["field type: shop.Order.status [str -> shop.Status]"],
    ),
    "a member of an enumeration was renamed": (
        "from enum import Enum\nclass Status(Enum):\n    NEW = 'new'\n    PAYED = 'paid'",
        "from enum import Enum\nclass Status(Enum):\n    NEW = 'new'\n    PAID = 'paid'",
        ["member renamed: shop.Status.PAYED -> shop.Status.PAID"],
    ),
    "a member of an enumeration has another value": (
        "from enum import Enum\nclass Status(Enum):\n    NEW = 'new'",
        "from enum import Enum\nclass Status(Enum):\n    NEW = 'fresh'",
        ["value changed: shop.Status.NEW ['new' -> 'fresh']"],
    ),
    "a member of an enumeration is gone, another one is new": (
        "from enum import Enum\nclass Status(Enum):\n    NEW = 1\n    LOST = 2",
        "from enum import Enum\nclass Status(Enum):\n    NEW = 1\n    FOUND = 3",
        ["member gone: shop.Status.LOST [2 -> ]"],
    ),
    "a constant has another value": ("LIMIT = 5", "LIMIT = 6", ["value changed: shop.LIMIT [5 -> 6]"]),
    "a constant is written in another way": ("A = 'x'", 'A = "x"', []),
    "a class was renamed, and a method of it": (
        """
        class Order:
            def weight(self): return sum(line.weight * line.count for line in self.lines)
            def cancel(self, reason): self.journal.append(("cancelled", reason, self.clock.now()))
            def titles(self): return [line.title.strip() for line in sorted(self.lines, key=attrgetter("title"))]
            def total(self, rate): return sum(line.price * line.count * rate for line in self.lines)
        """,
        """
        class Basket:
            def weight(self): return sum(line.weight * line.count for line in self.lines)
            def cancel(self, reason): self.journal.append(("cancelled", reason, self.clock.now()))
            def titles(self): return [line.title.strip() for line in sorted(self.lines, key=attrgetter("title"))]
            def grand_total(self, rate): return sum(line.price * line.count * rate for line in self.lines)
        """,
        ["symbol moved: shop.Order -> shop.Basket", "member renamed: shop.Order.total -> shop.Basket.grand_total"],
    ),
    "overloads are one": (
        """
        from typing import overload
        @overload
        def f(a: int) -> int: ...
        @overload
        def f(a: str) -> str: ...
        def f(a): return a
        """,
        """
        from typing import overload
        @overload
        def f(a: str) -> str: ...
        @overload
        def f(a: int) -> int: ...
        def f(a): return a
        """,
        [],
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=CASES)
def test_members(aligned: Aligner, old: str, new: str, expected: list[str]) -> None:
    assert aligned(old, new) == expected
