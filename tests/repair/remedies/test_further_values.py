"""Functions that give more values: which of them are new, and what speaks against it."""

from __future__ import annotations

from typing import Any

import pytest

OLD = """
def load(name):
    items = [name, 'milk']
    return items, len(items)

def show(name):
    items, total = load(name)
    return f'{total}: {items}'
"""
NEW = OLD.replace("return items, len(items)", "errors = []\n    return items, errors, len(items)").replace(
    "items, total = load", "items, errors, total = load"
)
ALONE = OLD[: OLD.index("def show")]
TESTS = """
    from shop import load

    def test_load():
        found, count = load('tea')
        assert len(found) == count
"""
SAFE = "safe: extend-unpacking function=shop.load values=items,errors,value2 added=errors"


def test_callers_tell_which_value_is_new(told: Any) -> None:
    found = told(OLD, NEW, TESTS)
    assert found.best == SAFE
    assert "its callers in the implementation tell which are the same" in found.evidence


def test_how_values_are_written_tells_which_one_is_new(told: Any) -> None:
    found = told(ALONE, NEW[: NEW.index("def show")], TESTS)
    assert found.best == SAFE
    assert "the others are written as before" in found.evidence


def test_callers_that_ask_for_values_by_index_tell_it_too(told: Any) -> None:
    by_index = "\ndef show(name):\n    found = load(name)\n    text = str(found[0])\n    total = found[1] + 1\n"
    new = NEW[: NEW.index("def show")].replace("len(items)", "sum(1 for _ in items)")
    assert told(ALONE + by_index, new + by_index.replace("found[1] + 1", "found[2] + 1"), TESTS).best == SAFE


def test_a_context_manager_gives_more(told: Any) -> None:
    old = """
        from contextlib import contextmanager

        @contextmanager
        def opened():
            yield 'rows', 'log'
    """
    tests = """
        from shop import opened

        def test_opened():
            with opened() as (rows, log):
                assert rows != log
    """
    new = old.replace("'rows', 'log'", "'rows', 'log', 'lock'")
    assert told(old, new, tests).best == (
        "safe: extend-unpacking function=shop.opened values=value0,value1,value2 added=value2"
    )


def test_where_nothing_tells_which_value_is_new_it_is_a_guess(told: Any) -> None:
    new = ALONE.replace("return items, len(items)", "return list(items), sum(1 for _ in items), None")
    assert told(ALONE, new, TESTS).best.startswith("unsafe: extend-unpacking")


TRAPS = {
    "a caller still unpacks as many": OLD.replace("return items, len(items)", "return items, [], len(items)"),
    "one result has another length": ALONE.replace(
        "return items, len(items)", "return (items, [], len(items)) if name else (items, 0)"
    ),
    "it gives no tuple any more": ALONE.replace("return items, len(items)", "return [*items, 1]"),
    "the order is another one": ALONE.replace("return items, len(items)", "return len(items), items, []"),
}


@pytest.mark.parametrize("new", TRAPS.values(), ids=TRAPS)
def test_a_bug_that_looks_alike_is_not_followed(told: Any, new: str) -> None:
    assert told(OLD if "def show" in new else ALONE, new, TESTS).may_run == []
