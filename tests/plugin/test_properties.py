"""What tests record with ``record_property``, in every place where pytest lets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Recorded, Run

SUITE = """
import pytest

@pytest.fixture
def timed(record_property):
    record_property("begun", True)
    yield
    record_property("latency", 12.5)

def test_passes(record_property, timed):
    record_property("colour", "red")

def test_fails(record_property, timed):
    record_property("colour", "blue")
    assert False

@pytest.fixture
def broken(record_property):
    record_property("before", 1)
    raise OSError

def test_error(broken): pass

@pytest.fixture
def untidy(record_property):
    yield
    record_property("after", 2)
    raise OSError

def test_teardown(untidy): pass

def test_skips(record_property):
    record_property("why", "not now")
    pytest.skip("not now")

def test_nothing(): pass
"""


def told(recorded: Recorded) -> dict[str, list[list[object]]]:
    return {event["nodeid"].partition("::")[2]: event["values"] for event in recorded.events("properties")}


def test_what_a_test_and_its_fixtures_record_is_kept(
    pytester: pytest.Pytester, run: Run, processes: tuple[str, ...]
) -> None:
    pytester.makepyfile(test_shop=SUITE)
    recorded = run(*processes)
    begun, latency = ["begun", "True", None], ["latency", "12.5", 12.5]
    assert told(recorded) == {
        "test_passes": [begun, ["colour", "red", None], latency],
        "test_fails": [begun, ["colour", "blue", None], latency],
        "test_error": [["before", "1", 1.0]],
        "test_teardown": [["after", "2", 2.0]],
        "test_skips": [["why", "not now", None]],
    }
    workers = {event.get("worker", "") for event in recorded.events("properties")}
    assert workers <= ({"gw0", "gw1"} if processes else {""})
    assert recorded.rows("SELECT SUM(value), COUNT(*) FROM properties") == [(28.0, 9)]


def test_a_test_without_properties_costs_no_line(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(test_shop="def test_one(): pass")
    assert run().events("properties") == []


HOSTILE = """
class Odd:
    def __str__(self): raise SystemError("no")
    def __bool__(self): raise SystemError("no")

def test_odd(record_property):
    record_property(Odd(), Odd())
    record_property("\\ud800", "\\0")
    record_property("x" * 1000, "y" * 100_000)

def test_many(record_property):
    for number in range(1000):
        record_property("n", number)
"""


def test_hostile_and_giant_properties_do_no_harm(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(test_shop=HOSTILE)
    recorded = run()
    recorded.result.assert_outcomes(passed=2)
    assert "the record is incomplete" not in recorded.output
    odd, many = told(recorded).values()
    assert [len(str(part)) for part in odd[2][:2]] == [200, 500]
    assert odd[1] == ["\\ud800", "\\x00", None]
    assert len(many) == 64


AGAIN = """
import pytest
tries = []

@pytest.fixture
def timed(record_property):
    yield
    record_property("latency", len(tries))

def test_flaky(record_property, timed):
    tries.append(1)
    record_property("colour", "red")
    assert len(tries) == 3

def test_stable(record_property):
    record_property("colour", "blue")
"""


def test_each_attempt_has_what_it_recorded_itself(
    pytester: pytest.Pytester, run: Run, processes: tuple[str, ...]
) -> None:
    """An item keeps one list for all attempts at it."""
    pytest.importorskip("pytest_rerunfailures")
    pytester.makepyfile(test_shop=AGAIN)
    recorded = run("-p", "pytest_rerunfailures", "--reruns", "3", *processes)
    red = ["colour", "red", None]
    last = {
        event.get("attempt", 1): event["values"]
        for event in recorded.events("properties")
        if event["nodeid"].endswith("test_flaky")
    }
    latency = [["latency", str(attempt), float(attempt)] for attempt in (1, 2, 3)]
    if last[1] == [red]:  # most versions report the last teardown only: what others record comes with the next attempt
        assert last == {1: [red], 2: [latency[0], red], 3: [latency[1], red, latency[2]]}
    else:
        assert last == {attempt + 1: [red, latency[attempt]] for attempt in range(3)}
    assert recorded.rows("SELECT text FROM properties WHERE last = 1 ORDER BY nodeid, number")[-3:] == [
        ("red",),
        ("3",),
        ("blue",),
    ]
