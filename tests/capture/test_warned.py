"""Warnings are told once for each origin, and counted."""

from __future__ import annotations

import warnings

import pytest

from pytest_agentgate.capture.warned import WarningCounter


def warned(message: str | Warning, line: int = 3, category: type[Warning] = UserWarning) -> warnings.WarningMessage:
    text = message if isinstance(message, Warning) else category(message)
    return warnings.WarningMessage(text, category, "/root/test_a.py", line)


@pytest.fixture
def counter() -> WarningCounter:
    return WarningCounter(lambda filename: filename.removeprefix("/root/"))


def test_the_first_of_an_origin_is_told_with_its_test(counter: WarningCounter) -> None:
    assert counter.first(warned("old"), "runtest", "test_a.py::test") == {
        "event": "warning",
        "category": "UserWarning",
        "message": "old",
        "path": "test_a.py",
        "line": 3,
        "when": "runtest",
        "nodeid": "test_a.py::test",
        "count": 1,
    }


def test_repeats_are_counted_for_each_origin(counter: WarningCounter) -> None:
    told = [counter.first(warned("old", line), "runtest", "t") for line in (1, 2, 1, 1, 2, 3)]
    assert [event and event["line"] for event in told] == [1, 2, None, None, None, 3]
    assert [(event["line"], event["count"], event["nodeid"]) for event in counter.repeats()] == [(1, 2, ""), (2, 1, "")]


def test_what_every_worker_collects_counts_once(counter: WarningCounter) -> None:
    for _ in range(3):
        counter.first(warned("old"), "collect", "")
    assert list(counter.repeats()) == []


def test_texts_are_bounded_and_can_be_written(counter: WarningCounter) -> None:
    event = counter.first(warned("\ud800" + "x" * 10_000), "config", "")
    assert event is not None
    assert event["message"].startswith("\\ud800x")
    assert len(event["message"]) == 500
