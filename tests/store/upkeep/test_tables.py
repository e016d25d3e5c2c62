"""The tables as upkeep sees them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pytest_agentgate.store.upkeep.tables import tables

Begin = Callable[..., Any]
Everything = Callable[[str], dict[str, list[tuple[Any, ...]]]]
Query = Callable[..., list[tuple[Any, ...]]]


def test_tables_come_after_those_that_they_refer_to() -> None:
    seen: set[str] = set()
    for table in tables():
        assert {reference.table for reference in table.references} <= seen
        assert table.key
        seen.add(table.name)
    assert {"run", "result", "log", "approval", "attempt"} <= seen
