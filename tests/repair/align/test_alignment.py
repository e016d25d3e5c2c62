"""What holds for every alignment: nothing of nothing, the same for the same, words for people."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_agentgate.demo.history import make_repository
from pytest_agentgate.repair.align.alignment import align, touching
from pytest_agentgate.repair.align.explanation import explain
from pytest_agentgate.repair.api.api import Api
from pytest_agentgate.repair.api.table import Module, Parameter, Symbol
from pytest_agentgate.repair.api.table import Sort as Kind
from pytest_agentgate.repair.api.trees import GitTree
from pytest_agentgate.repair.breakage import Breakage, Sort

Files = Mapping[str, str] | str
Find = Callable[[Files, Files], tuple[Breakage, ...]]

OLD = "def total(order, rate):\n    return sum(line.price * line.count for line in order.lines) * rate\nLIMIT = 5\n"
NEW = "def amount(order, tax):\n    return sum(line.price * line.count for line in order.lines) * tax\nLIMIT = 6\n"


def test_every_breakage_says_where_and_why(breakages: Find) -> None:
    assert [(each.where, each.why) for each in breakages(OLD, NEW)] == [
        ("shop.py:3", "it was 5 and is 6"),
        ("shop.py:1", "the body is equal but for this name"),
        ("shop.py:1", "equal to what was at shop.py:1"),
    ]


def test_a_table_for_people(breakages: Find) -> None:
    assert explain(breakages(OLD, NEW)).splitlines() == [
        "symbol moved",
        "  shop.total -> shop.amount",
        "      shop.py:1: equal to what was at shop.py:1",
        "",
        "parameter renamed",
        "  shop.total(rate) -> shop.amount: rate -> tax",
        "      shop.py:1: the body is equal but for this name",
        "",
        "value changed",
        "  shop.LIMIT: 5 -> 6",
        "      shop.py:3: it was 5 and is 6",
    ]


def test_a_table_of_nothing() -> None:
    assert explain(()) == ""


def test_a_score_is_shown_where_it_is_not_certain(breakages: Find) -> None:
    found = breakages(OLD, NEW.replace("line.price * ", "line.cost * ").replace("amount", "grand_total"))
    assert "(score 0." in explain(found)


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        ({"shop.total"}, ["shop.total", "shop.total"]),
        ({"shop"}, ["shop.LIMIT", "shop.total", "shop.total"]),
        ({"shop.total.cache_clear"}, ["shop.total", "shop.total"]),
        ({"cafe.total", "shop.tot"}, []),
    ],
)
def test_breakages_that_touch_what_is_used(breakages: Find, used: set[str], expected: list[str]) -> None:
    found = touching(breakages(OLD, NEW), used)
    assert [each.old for each in found] == expected


def test_what_is_used_below_something_that_moved_is_touched() -> None:
    moved = Breakage(Sort.MODULE_MOVED, "shop.orders", "shop.baskets")
    assert touching([moved], {"shop.orders.Order.total"}) == (moved,)


def test_other_names_of_what_changed_are_told(breakages: Find) -> None:
    files = {"shop/__init__.py": "from shop.orders import total", "shop/orders.py": OLD}
    (found,) = breakages(files, {**files, "shop/orders.py": OLD.replace("rate", "tax")})
    assert (found.old, found.aliases) == ("shop.orders.total", ("shop.total",))


def test_the_demo(tmp_path: Path) -> None:
    make_repository(tmp_path / "demo")
    sides = [Api.of(GitTree(tmp_path / "demo", tag), ("", "src"), ("src",)) for tag in ("base", "head")]
    found = {(each.sort, each.old.removeprefix("orchestrator."), each.parameter) for each in align(*sides)}
    assert {
        (Sort.MODULE_MOVED, "livekit", ""),
        (Sort.PARAMETER_TYPE, "config.OrchestratorConfig", "redis"),
        (Sort.PARAMETER_ADDED, "health.HealthCheckHandler", "worker_client"),
        (Sort.PARAMETER_GONE, "calls.CallHandler.handle", "session"),
        (Sort.PARAMETER_ADDED, "calls.CallHandler.handle", "sessions"),
    } <= found
    assert all(not each.still_used for each in align(*sides))


def test_the_same_whatever_the_hashes_are() -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); from conftest import api_of, line\n"
        "from pytest_agentgate.repair.align.alignment import align\n"
        "from test_alignment import MANY\n"
        "print([line(each) for each in align(api_of(MANY), api_of(MANY.replace('_', 'x_')))])\n"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", script, str(Path(__file__).parent)],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(said) == 1


MANY = "\n".join(
    f"def step_{number}(order, rate_{number}): return order.lines_{number % 3}.price_{number % 5} * rate_{number}"
    for number in range(12)
)

NAMES = st.sampled_from(["total", "order", "net_total", "parse_text", "Order", "limit", "run"])
SYMBOLS = st.builds(
    lambda name, kind, words, body: Symbol(
        f"shop.{name}",
        kind,
        "shop.py",
        1,
        tuple(Parameter(word) for word in sorted(words)[:3]) if kind is Kind.FUNCTION else (),
        body=body,
        tokens=frozenset(words),
        value=body if kind is Kind.CONSTANT else "",
    ),
    NAMES,
    st.sampled_from([Kind.FUNCTION, Kind.CLASS, Kind.CONSTANT]),
    st.sets(st.sampled_from(["price", "line", "count", "sum", "rate", "tax", "open", "close"])),
    st.sampled_from(["", "a", "b", "c"]),
)
APIS = st.lists(SYMBOLS, unique_by=lambda each: each.name, max_size=6).map(
    lambda symbols: Api({"shop": Module("shop", "shop.py", {each.name[5:]: each for each in symbols})})
)


@given(APIS)
def test_nothing_broke_where_nothing_changed(api: Api) -> None:
    assert align(api, api) == ()


@given(APIS, APIS)
def test_nobody_is_paired_twice_and_what_resolves_is_not_broken(old: Api, new: Api) -> None:
    moved = [each for each in align(old, new) if each.sort is Sort.SYMBOL_MOVED]
    assert len({each.old for each in moved}) == len({each.new for each in moved}) == len(moved)
    assert not any(new.offers(each.old) for each in moved)
    assert not any(old.offers(each.new) for each in moved)
