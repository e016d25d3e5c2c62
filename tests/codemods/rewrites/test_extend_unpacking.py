"""Further values that are unpacked: what must stay, what is extended, and that the tests then pass."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest

from pytest_agentgate.codemods.apply import apply, rewrite
from pytest_agentgate.codemods.reading.sources import Place, Sources
from pytest_agentgate.codemods.rewrites.extend_unpacking import ExtendUnpacking
from pytest_agentgate.errors import UsageError

SHOP = "def load(name): ...\nasync def fetch(name): ...\nclass Store:\n    def load(self, name): ...\n"
CODEMOD = ExtendUnpacking("shop.load", ("items", "errors", "total"), ("errors",))
PLACE = Place.within(Sources.of({"shop.py": SHOP}), "tests/test_it.py")
HEADER = "from unittest.mock import patch\nimport shop\nfrom shop import fetch, load\n"


def changed(source: str, codemod: ExtendUnpacking = CODEMOD) -> str:
    return apply(HEADER + dedent(source), [codemod], PLACE)[len(HEADER) :]


def notes(source: str) -> list[str]:
    return [note.reason for note in rewrite(HEADER + dedent(source), [CODEMOD], PLACE).notes]


UNCHANGED = {
    "another function": "a, b = other.load(1)\n",
    "as many as it gives": "a, b, c = load(1)\n",
    "fewer": "(a,) = load(1)\n",
    "a star": "a, *b = load(1)\n",
    "what it is passed to": "a, b = sorted(load(1))\n",
    "a name that is bound again": "def f():\n    x = load(1)\n    x = 2, 3\n    a, b = x\n",
    "the first of them": "load(1)[0]\n",
}
POINTED_OUT = {
    "compared": ("assert load(1) == ([], 2)\n", "compares with all"),
    "an index that moved": ("load(1)[1]\n", "index"),
    "an index from the end": ("load(1)[-1]\n", "index"),
    "a stand-in": ("@patch('shop.load', return_value=(1, 2))\ndef test(_):\n    a, b = shop.load(1)\n", "stands in"),
    "the name for what is not used": ("def f():\n    a, b = load(1)\n    return _(a)\n", "is used"),
}
CHANGED = {
    "unpacked": ("a, b = load(1)\n", "a, _, b = load(1)\n"),
    "to a list": ("[a, b] = load(1)\n", "[a, _, b] = load(1)\n"),
    "to itself": ("x = a, b = load(1)\n", "x = a, _, b = load(1)\n"),
    "over lines": ("(a,  # one\n b,\n) = load(1)\n", "(a,  # one\n _, b,\n) = load(1)\n"),
    "to nested ones": ("(a, b), c = load(1)\n", "(a, b), _, c = load(1)\n"),
    "by a variable": ("def f():\n    x = load(1)\n    a, b = x\n", "def f():\n    x = load(1)\n    a, _, b = x\n"),
    "in with": (
        "with load(1) as (a, b), x as (c, d):\n    pass\n",
        "with load(1) as (a, _, b), x as (c, d):\n    pass\n",
    ),
}


@pytest.mark.parametrize("source", UNCHANGED.values(), ids=UNCHANGED.keys())
def test_it_stays(source: str) -> None:
    assert changed(source) == source
    assert notes(source) == []


@pytest.mark.parametrize(("source", "said"), POINTED_OUT.values(), ids=POINTED_OUT.keys())
def test_it_is_left_and_pointed_out(source: str, said: str) -> None:
    assert changed(source) == source
    assert [said in note for note in notes(source)] == [True]


@pytest.mark.parametrize(("before", "after"), CHANGED.values(), ids=CHANGED.keys())
def test_it_is_extended(before: str, after: str) -> None:
    assert changed(before) == after
    assert changed(after) == after, "twice equals once"


@pytest.mark.parametrize(
    ("values", "added", "after"),
    [
        ("x,a,b", "x", "_, a, b"),
        ("a,b,x", "x", "a, b, _"),
        ("x,a,y,b,z", "x,y,z", "_, a, _, b, _"),
    ],
)
def test_values_come_anywhere(values: str, added: str, after: str) -> None:
    codemod = ExtendUnpacking("shop.fetch", tuple(values.split(",")), tuple(added.split(",")))
    assert changed("async def f():\n    a, b = await fetch(1)\n", codemod) == (
        f"async def f():\n    {after} = await fetch(1)\n"
    )


def test_one_value_gets_company() -> None:
    assert changed("(a,) = load(1)\n", ExtendUnpacking("shop.load", ("a", "b"), ("b",))) == "(a, _) = load(1)\n"


def test_what_is_added_must_be_given() -> None:
    with pytest.raises(UsageError, match="must be among a,b"):
        ExtendUnpacking("shop.load", ("a", "b"), ("c",))


OLD = """
from contextlib import contextmanager

def load(name):
    return [name], 1

class Store:
    @contextmanager
    def opened(self):
        yield "rows", "log"
"""
NEW = OLD.replace("[name], 1", "[name], None, 1").replace('"rows", "log"', '"rows", None, "log"')
TESTS = {
    "tests/test_shop.py": """
        from shop import Store, load

        def test_load():
            items, total = load("tea")
            assert len(items) == total

        def test_opened():
            with Store().opened() as (rows, log):
                assert (rows, log) == ("rows", "log")
    """
}


def test_the_tests_pass_again(prove: Callable[..., dict[str, str]]) -> None:
    several = [ExtendUnpacking(name, ("a", "x", "b"), ("x",)) for name in ("shop.load", "shop.Store.opened")]
    prove(several, {"shop.py": OLD}, {"shop.py": NEW}, TESTS, count=2)
