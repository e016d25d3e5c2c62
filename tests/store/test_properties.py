"""What tests recorded, from a log to the one who asks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_agentgate.model import Part, Property
from pytest_agentgate.store import Store

Begin = Callable[..., Any]
Query = Callable[..., list[tuple[Any, ...]]]

LATENCY = ["latency", "12.5", 12.5]


def recorded(writer: Any, nodeid: str, *values: Any, **more: Any) -> Any:
    return writer.event(event="properties", nodeid=nodeid, values=list(values), **more)


def test_properties_come_back_in_the_order_of_recording(store: Store, folder: Path, begin: Begin) -> None:
    writer = begin(workers=2).result("a.py::y", worker="gw1").result("a.py::x", worker="gw0")
    recorded(writer, "a.py::y", LATENCY, ["colour", "red", None], ["latency", "9.0", 9.0], worker="gw1")
    recorded(writer, "a.py::x", ["n", "3", 3], worker="gw0").ended()
    store.ingest(folder)
    expected = (
        Property("a.py::x", "n", "3", 3.0),
        Property("a.py::y", "latency", "12.5", 12.5),
        Property("a.py::y", "colour", "red", None),
        Property("a.py::y", "latency", "9.0", 9.0),
    )
    assert store.properties() == expected
    assert store.run_report(parts=[Part.PROPERTIES]).properties == expected
    assert store.run_report(parts=[]).properties == ()


def test_the_last_attempt_counts(store: Store, folder: Path, begin: Begin, query: Query) -> None:
    writer = recorded(begin().result("a.py::x", "rerun", when="call"), "a.py::x", ["latency", "99", 99.0])
    store.ingest(folder)
    recorded(writer.result("a.py::x", attempt=2), "a.py::x", LATENCY, attempt=2)
    recorded(writer.result("a.py::y", "rerun", when="call"), "a.py::y", LATENCY)
    writer.result("a.py::y", attempt=2).ended()
    store.ingest(folder)
    assert store.properties() == (Property("a.py::x", "latency", "12.5", 12.5),)
    assert query("SELECT nodeid, attempt, last, value FROM properties ORDER BY nodeid, attempt") == [
        ("a.py::x", 1, 0, 99.0),
        ("a.py::x", 2, 1, 12.5),
        ("a.py::y", 1, 0, 12.5),
    ]


def test_with_dist_each_every_worker_has_its_own(store: Store, folder: Path, begin: Begin, query: Query) -> None:
    writer = begin(workers=2).collected("a.py::x", workers=["gw0", "gw1"])
    for worker, value in (("gw1", 1.0), ("gw0", 2.0)):
        writer.result("a.py::x", worker=worker)
        recorded(writer, "a.py::x", ["n", str(value), value], worker=worker)
    writer.ended()
    store.ingest(folder)
    assert [one.value for one in store.properties()] == [2.0, 1.0]
    assert query("SELECT worker_id, value FROM properties ORDER BY 1") == [("gw0", 2.0), ("gw1", 1.0)]


@pytest.mark.parametrize("between", [True, False])
def test_a_later_line_about_the_same_attempt_replaces_the_earlier(
    store: Store, folder: Path, begin: Begin, between: bool
) -> None:
    writer = recorded(begin().result("a.py::x"), "a.py::x", LATENCY, LATENCY)
    if between:
        store.ingest(folder)
    recorded(writer, "a.py::x", ["n", "1", 1.0]).ended()
    store.ingest(folder)
    assert store.properties() == (Property("a.py::x", "n", "1", 1.0),)


def test_a_log_that_is_read_anew_doubles_nothing(store: Store, folder: Path, begin: Begin) -> None:
    path = recorded(begin().result("a.py::x"), "a.py::x", LATENCY).killed()
    store.ingest(folder)
    with path.open("ab") as file:
        file.write(b'{"event":"end","status":"completed"}\n')
    store.ingest(folder)
    assert store.properties() == (Property("a.py::x", "latency", "12.5", 12.5),)


@pytest.mark.parametrize(
    "wrong",
    [
        {"values": None},
        {"values": "abc"},
        {"values": 3},
        {"values": {"latency": 1}},
        {"values": [["latency", "12.5"]]},
        {"values": [LATENCY, None]},
        {"values": [7]},
        {"values": [["latency", 12.5, 12.5]]},
        {"values": [[None, "12.5", 12.5]]},
        {"nodeid": 1},
        {"attempt": 0},
        {"attempt": "1"},
        {"worker": []},
    ],
    ids=str,
)
def test_an_event_of_another_shape_is_left_out(store: Store, folder: Path, begin: Begin, wrong: dict[str, Any]) -> None:
    event: dict[str, Any] = {"event": "properties", "nodeid": "a.py::x", "values": [LATENCY]}
    begin().result("a.py::x").event(**event | wrong).ended()
    assert store.ingest(folder).problems == ()
    assert store.properties() == ()
    assert store.run().counts.passed == 1


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1" + "0" * 400, "true", '"1"', "[1]"])
def test_what_is_no_number_is_none(store: Store, folder: Path, begin: Begin, number: str) -> None:
    line = f'{{"event":"properties","nodeid":"a.py::x","values":[["n","t",{number}]]}}\n'
    begin().result("a.py::x").raw(line.encode()).ended()
    store.ingest(folder)
    assert store.properties() == (Property("a.py::x", "n", "t", None),)


def test_hostile_texts_are_bounded_and_escaped(store: Store, folder: Path, begin: Begin) -> None:
    writer = begin().result("a.py::x")
    recorded(writer, "a.py::x", ["\ud800" * 10, "\0" + "x" * 1_000_000, 1.0], *[LATENCY] * 100_000).ended()
    assert store.ingest(folder).problems == ()
    found = store.properties()
    assert len(found) == 64
    assert found[0].name == "\\ud800" * 10
    assert (len(found[0].text), found[0].text[:5]) == (500, "\\x00x")
