"""Which definitions have the same body: those that were moved and renamed, and no others."""

from __future__ import annotations

import pytest

from pytest_agentgate.repair.api.read import read

ORIGINAL = '''
import os
import numpy as np

def total(items, tax=7):
    """The total."""
    found = 0
    for item in items:
        found += item.price * os.sep + np.mean([item]) + 12
    return total(items[1:], "rest")
'''


def body(text: str, name: str = "total", module: str = "shop.orders") -> str:
    return read(text, "x.py", module, module.rpartition(".")[0]).module.symbols[name].body


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("total", "sum_of"),
        ("items", "lines"),
        ("found", "result"),
        ("The total.", "Another text."),
        ('    """The total."""\n', ""),
        ("tax=7", "tax=None"),
        ("tax=7", "tax: int = 7"),
        ("np", "num"),
        ("\n    for", "\n\n    # why\n    for"),
        ("def total", "@cache\ndef total"),
    ],
)
def test_names_of_its_own_layout_and_documentation_do_not_matter(old: str, new: str) -> None:
    changed = ORIGINAL.replace(old, new) if old else ORIGINAL
    name = new if old == "total" else "total"
    assert body(changed, name, "elsewhere.inner.place") == body(ORIGINAL)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("12", "13"),
        ("price", "cost"),
        ('"rest"', '"others"'),
        ("os.sep", "os.name"),
        (", tax=7", ""),
        (", tax=7", ", *tax"),
        ("for item", "async for item"),
        ("def total", "async def total"),
        ("[1:]", "[2:]"),
    ],
)
def test_what_it_does_matters(old: str, new: str) -> None:
    changed = ORIGINAL.replace(old, new)
    if "async for" in changed:
        changed = changed.replace("def total", "async def total")
    assert body(changed) != body(ORIGINAL)


def test_a_class_may_be_renamed_with_its_private_names() -> None:
    text = "class Order(Base):\n    size = 3\n    def f(self):\n        return Order, self.__x, super().f()\n"
    renamed = text.replace("Order", "Purchase")
    assert body(text, "Order") == body(renamed, "Purchase")
    assert body(text, "Order.f") == body(renamed, "Purchase.f")
    assert body(text, "Order") != body(text.replace("size = 3", "size = 4"), "Order")
    assert body(text, "Order") != body(text.replace("Base", "Other"), "Order")


def test_the_same_function_has_the_same_body_in_every_process() -> None:
    assert body("def f(x):\n    return x in {'a', 'b', 'c'}\n", "f") == body(
        "def g(y): return y in {'a', 'b', 'c'}", "g"
    )


def test_words_are_those_of_the_body_without_its_documentation() -> None:
    symbols = read(ORIGINAL, "x.py", "shop", "").module.symbols
    assert symbols["total"].tokens == {"os", "np", "sep", "mean", "price", "total", "found", "item", "rest"}


def test_a_lambda_that_gives_a_string_is_no_documentation() -> None:
    assert body("def f():\n    return map(lambda: 'a')", "f") != body("def f():\n    return map(lambda: 'b')", "f")


def test_short_values_are_not_alike_by_chance() -> None:
    assert body("LIMIT = 3", "LIMIT") == body("OTHER = 4", "OTHER") == ""
    assert body("A = re.compile('[a-z]+')", "A") == body("B = re.compile('[a-z]+')", "B") != ""
