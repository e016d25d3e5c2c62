"""What the implementation's own code says against a change, and what says nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from pytest_agentgate.repair.align.alignment import align
from pytest_agentgate.repair.api.api import Api
from pytest_agentgate.repair.api.trees import FolderTree
from pytest_agentgate.repair.breakage import Breakage, Sort
from pytest_agentgate.repair.change import Change
from pytest_agentgate.repair.contrary import against
from pytest_agentgate.repair.suite import Suite

Said = Callable[[str, str], str]


@pytest.fixture
def said(tmp_path: Path) -> Said:
    """Where ``shop.py`` speaks against what became of it, "" where it does not."""

    def written(name: str, text: str) -> Api:
        (tmp_path / name / "src").mkdir(parents=True)
        (tmp_path / name / "src" / "shop.py").write_text(dedent(text).lstrip())
        return Api.of(FolderTree(tmp_path / name), ("src",), ["src"])

    def asked(old: str, new: str) -> str:
        before, after = written("old", old), written("new", new)
        found = align(before, after)
        assert found
        change = Change(before, after, found, FolderTree(tmp_path / "old").text)
        refusal = against(found, change, Suite.of(tmp_path / "new", ["src"], ["tests"]))
        return "" if refusal is None else refusal.look_at

    return asked


WEIGHED = "def weigh(kilos):\n    return round(kilos)\n"
WEIGHING = "async def weigh(kilos):\n    return round(kilos)\n"


@pytest.mark.parametrize(
    "use",
    [
        "weigh(1) + 1",
        "f'{weigh(1)}'",
        "weigh(1) > 2",
        "weigh(1).real",
        "weigh(1)[0]",
        "[each for each in weigh(1)]",
        "[*weigh(1)]",
    ],
)
def test_a_coroutine_that_is_used_like_its_result_speaks_against_async(said: Said, use: str) -> None:
    caller = f"\ndef visit():\n    return {use}\n"
    assert said(WEIGHED + caller, WEIGHING + caller) == "src/shop.py:5"


def test_a_coroutine_that_nobody_waits_for_speaks_against_async(said: Said) -> None:
    caller = "\ndef visit():\n    weigh(1)\n"
    assert said(WEIGHED + caller, WEIGHING + caller) == "src/shop.py:5"


@pytest.mark.parametrize("use", ["asyncio.run(weigh(1))", "weigh(1)", "weigh", "weigh(1).close()", "[weigh(1)]"])
def test_a_coroutine_that_is_handed_on_says_nothing(said: Said, use: str) -> None:
    caller = f"\nimport asyncio\n\ndef visit():\n    return {use}\n"
    assert said(WEIGHED + caller, WEIGHING + caller) == ""


def test_an_await_speaks_against_a_function_that_is_no_coroutine_any_more(said: Said) -> None:
    caller = "\nasync def visit():\n    return await weigh(1)\n"
    assert said(WEIGHING + caller, WEIGHED + caller) == "src/shop.py:5"


FILM = """
    class Film:
        {mark}
        def minutes(self):
            return 60

        def ends(self):
            return {use}
    """


@pytest.mark.parametrize(("use", "place"), [("self.minutes + 1", "src/shop.py:7"), ("self.minutes", "")])
def test_a_method_that_is_read_like_a_number_speaks_against_the_method(said: Said, use: str, place: str) -> None:
    assert said(FILM.format(mark="@property", use=use), FILM.format(mark="# no property", use=use)) == place


@pytest.mark.parametrize(("use", "place"), [("self.minutes() + 1", "src/shop.py:7"), ("self.minutes + 1", "")])
def test_a_property_that_is_called_speaks_against_the_property(said: Said, use: str, place: str) -> None:
    assert said(FILM.format(mark="# no property", use=use), FILM.format(mark="@property", use=use)) == place


def test_a_member_of_something_unknown_says_nothing(said: Said) -> None:
    caller = "\n    def other(film):\n        return film.minutes + 1\n"
    old, new = (FILM.format(mark=mark, use="1") + caller for mark in ("@property", "# no property"))
    assert said(old, new) == ""


CARS = """
    from dataclasses import dataclass
    from typing import Any

    @dataclass
    class Engine:
        power: int

    def describe(name: str, engine: {type}) -> str:
        return name

    def first(given: Any) -> str:
        return describe({arguments})
    """


@pytest.mark.parametrize(
    "arguments", ["'T', {'power': 1}", "'T', engine={'power': 1}", "'T', dict(power=1)", "engine={}, name='T'"]
)
def test_a_dict_that_is_passed_speaks_against_the_class_in_its_place(said: Said, arguments: str) -> None:
    old, new = (CARS.format(type=type_, arguments=arguments) for type_ in ("dict[str, Any]", "Engine"))
    assert said(old, new) == "src/shop.py:12"


@pytest.mark.parametrize("arguments", ["'T', given", "'T', Engine(1)", "*given", "'T', **given"])
def test_what_may_be_of_the_class_says_nothing(said: Said, arguments: str) -> None:
    old, new = (CARS.format(type=type_, arguments=arguments) for type_ in ("dict[str, Any]", "Engine"))
    assert said(old, new) == ""


def test_a_parameter_that_takes_both_says_nothing(said: Said) -> None:
    arguments = "'T', {'power': 1}"
    old, new = (CARS.format(type=type_, arguments=arguments) for type_ in ("dict[str, str]", "Engine | dict[str, Any]"))
    assert said(old, new) == ""


def test_an_old_class_that_is_passed_speaks_against_the_one_around_it(said: Said) -> None:
    text = """
        class Board:
            pass

        class Clock:
            def __init__(self, board: Board) -> None:
                self.board = board

        def play(board: {type}) -> None:
            return None

        def demonstrate() -> None:
            play({argument})
        """
    old = text.format(type="Board", argument="Board()")
    assert said(old, text.format(type="Clock", argument="Board()")) == "src/shop.py:12"


def test_a_name_that_its_own_module_still_reads_speaks_against_its_loss(said: Said) -> None:
    reader = "\ndef is_full(guests):\n    return guests >= SEATS\n"
    assert said(f"SEATS = 40\n{reader}", reader) == "src/shop.py:2"


@pytest.mark.parametrize(
    "reader",
    [
        "def is_full(SEATS):\n    return SEATS\n",
        "from sizes import *\n\ndef is_full():\n    return SEATS\n",
        "def is_full():\n    try:\n        return SEATS\n    except NameError:\n        return 1\n",
    ],
)
def test_a_name_that_is_bound_otherwise_says_nothing(said: Said, reader: str) -> None:
    found = said(f"SEATS = 40\n{reader}\ndef gone(a):\n    return a\n", reader)
    assert found == ""


ORDER = "def order(name, qty=1):\n    return [name] * qty\n"
ORDERING = ORDER.replace("qty", "count")


@pytest.mark.parametrize(
    "use",
    [
        "order('tea', **{'qty': 2})",
        "order('tea', **dict(qty=2))",
        "order('tea', **TWO)",
        "functools.partial(order, qty=2)",
    ],
)
def test_the_old_name_of_an_argument_speaks_against_a_new_one(said: Said, use: str) -> None:
    caller = f"\nimport functools\n\nTWO = {{'qty': 2}}\n\ndef breakfast():\n    return {use}\n"
    assert said(ORDER + caller, ORDERING + caller) == "src/shop.py:9"


@pytest.mark.parametrize(
    "use",
    ["order('tea', **{'count': 2})", "order('tea', **given)", "functools.partial(print, qty=2)", "{'qty': 2}, order"],
)
def test_what_may_be_the_name_of_another_argument_says_nothing(said: Said, use: str) -> None:
    caller = f"\nimport functools\n\ndef breakfast(given):\n    return {use}\n"
    assert said(ORDER + caller, ORDERING + caller) == ""


BATS = "def bats(night):\n    return [hour for hour in range(night)]\n"
FLYING = "def bats(night):\n    yield from range(night)\n"


def speaks_against_an_iterator(tmp_path: Path, callers: str) -> bool:
    """Whether code in ``shop.py`` speaks against ``bats`` giving its items one by one."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "shop.py").write_text(FLYING + callers)
    now = Api.of(FolderTree(tmp_path), ("src",), ["src"])
    found = [Breakage(Sort.BECAME_ITERATOR, "shop.bats", "shop.bats", was="list", became="iterator")]
    return against(found, Change(now, now, found), Suite.of(tmp_path, ["src"], ["tests"])) is not None


@pytest.mark.parametrize(
    ("use", "speaks"),
    [
        ("sum(seen) / len(list(seen))", True),
        ("[*seen], [*seen]", True),
        ("len(seen)", True),
        ("sum(seen)", False),
        ("seen", False),
    ],
)
def test_what_is_gone_over_twice_speaks_against_an_iterator(tmp_path: Path, use: str, speaks: bool) -> None:
    caller = f"\ndef mean():\n    seen = bats(3)\n    return {use}\n"
    assert speaks_against_an_iterator(tmp_path, caller) is speaks


TOTAL = "def total(items):\n    paid = [price for price in items if price > 0]\n    return sum(paid) - len(paid)\n"
SUM_OF = TOTAL.replace("total", "sum_of")


@pytest.mark.parametrize("text", ["'shop:total'", "'shop.total'", "{'total': 'shop:total'}", "['shop.total']"])
def test_a_text_that_names_what_moved_speaks_against_its_new_name(said: Said, text: str) -> None:
    table = f"\nPLUGINS = {text}\n"
    assert said(TOTAL + table, SUM_OF + table) == "src/shop.py:5"


@pytest.mark.parametrize(
    "text", ["{'shop.total': 'shop.sum_of'}", "print('shop.total')", "'total'", "'see shop.total'", "'shop.sum_of'"]
)
def test_a_text_that_may_mean_something_else_says_nothing(said: Said, text: str) -> None:
    table = f"\nTABLE = {text}\n"
    assert said(TOTAL + table, SUM_OF + table) == ""


@pytest.mark.parametrize("command", ["[sys.executable, '-m', 'shop.orders']", "importlib.import_module('shop.orders')"])
def test_a_module_that_is_started_or_imported_by_its_old_name_speaks_against_its_new_one(
    tmp_path: Path, command: str
) -> None:
    assert moved_module(tmp_path, command) == "src/shop/work.py:5"


@pytest.mark.parametrize(
    "command", ["logging.getLogger('shop.orders')", "{'shop.orders': 1}", "['-m', 'shop.ordering']"]
)
def test_a_text_that_is_called_like_a_module_says_nothing(tmp_path: Path, command: str) -> None:
    assert moved_module(tmp_path, command) == ""


def moved_module(tmp_path: Path, command: str) -> str:
    """What ``shop/work.py`` says when ``shop.orders`` became ``shop.ordering``."""
    apis: list[Api] = []
    for name in ("orders", "ordering"):
        folder = tmp_path / name / "src" / "shop"
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
        (folder / f"{name}.py").write_text(TOTAL)
        (folder / "work.py").write_text(f"import importlib\nimport sys, logging\n\ndef work():\n    return {command}\n")
        apis.append(Api.of(FolderTree(tmp_path / name), ("src",), ["src"]))
    before, after = apis
    found = align(before, after)
    assert [each.sort for each in found] == [Sort.MODULE_MOVED]
    refusal = against(found, Change(before, after, found), Suite.of(tmp_path / "ordering", ["src"], ["tests"]))
    return "" if refusal is None else refusal.look_at


@pytest.mark.parametrize(("exported", "speaks"), [("'total'", True), ("'sum_of'", False)])
def test_a_name_that_is_still_exported_speaks_against_its_new_one(said: Said, exported: str, speaks: bool) -> None:
    assert said(f"__all__ = ['total']\n{TOTAL}", f"__all__ = [{exported}]\n{SUM_OF}") == "src/shop.py" * speaks


DANCE = """
    class Dance:
        def {name}(self, steps):
            return [step * 2 for step in steps if step > 0]

    class Waltz(Dance):
        def {below}(self, steps):
            return [*super().turn(steps), 3]
"""


@pytest.mark.parametrize(("below", "speaks"), [("turn", True), ("spin", False)])
def test_an_override_of_the_old_name_speaks_against_the_new_one(said: Said, below: str, speaks: bool) -> None:
    new = DANCE.format(name="spin", below=below).replace("super().turn", "super().spin")
    assert said(DANCE.format(name="turn", below="turn"), new) == "src/shop.py:6" * speaks


@pytest.mark.parametrize(("value", "speaks"), [("2", False), ("2000", True), ("given", False)])
def test_another_value_under_the_new_name_speaks_for_another_meaning(said: Said, value: str, speaks: bool) -> None:
    old, new = (f"def wait({name}):\n    return [{name}]\n" for name in ("seconds", "span"))
    caller = "\ndef pause(given=1):\n    return wait({})\n"
    told = said(old + caller.format("seconds=2"), new + caller.format(f"span={value}"))
    assert told == "src/shop.py:5" * speaks


@pytest.mark.parametrize(
    ("promise", "speaks"),
    [
        ("list[int]", True),
        ("'list'", True),
        ("typing.Sequence[int]", True),
        ("Iterator[int]", False),
        ("object", False),
    ],
)
def test_a_caller_that_promises_a_list_speaks_against_an_iterator(tmp_path: Path, promise: str, speaks: bool) -> None:
    caller = f"\ndef nights(count) -> {promise}:\n    return bats(count)\n"
    assert speaks_against_an_iterator(tmp_path, caller) is speaks


HILL = """

class Hill:
    def __init__(self):
        self.bats = bats(3)

    def count(self):
        return sum(1 for _ in self.bats)

    def last(self):
        return {}
"""


@pytest.mark.parametrize(("last", "speaks"), [("max(self.bats)", True), ("self.bats[-1]", True), ("self.bats", False)])
def test_an_attribute_that_two_methods_go_over_speaks_against_an_iterator(
    tmp_path: Path, last: str, speaks: bool
) -> None:
    assert speaks_against_an_iterator(tmp_path, HILL.format(last)) is speaks
