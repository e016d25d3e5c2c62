"""Values that are made from rows without their classes' own checks: whole, and equal to those made the plain way."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from pytest_agentgate.model import (
    Counts,
    Evidence,
    Failure,
    Frame,
    Kind,
    Outcome,
    Raised,
    Reason,
    Result,
    Role,
    Run,
    Scope,
    When,
)
from pytest_agentgate.store import Store, rows

Begin = Callable[..., Any]


@pytest.fixture
def filled(store: Store, folder: Path, begin: Begin) -> Store:
    begin(workers=2).collected("a.py::x", "a.py::y").result("a.py::x").failed("a.py::y", worker="gw1").ended()
    store.ingest(folder)
    return store


FAILURE = Failure(
    nodeid="a.py::y",
    scope=Scope.TEST,
    when=When.CALL,
    evidence=Evidence(
        (Raised("ValueError", ("Exception",), "no a.py::y", frames=(Frame(Role.TEST, "a.py", 3, "f", "m"),)),),
        worker="gw1",
    ),
    reason=Reason(Kind.VALIDATION, (), "title of c1:boom", "do something about c1:boom"),
    signature="c1:boom",
    text="E   ValueError: no a.py::y",
)


def test_what_is_read_has_every_field_of_its_class(filled: Store) -> None:
    run = filled.run()
    reasons = [failure.reason for failure in filled.failures()]
    read: list[Run | Counts | Result | Reason] = [run, run.counts, *filled.results(), *reasons]
    for value in read:
        assert set(vars(value)) == {field.name for field in fields(value)}


def test_what_is_read_is_equal_to_what_is_made_by_name(filled: Store) -> None:
    run = filled.run()
    assert Run(**vars(run)) == run
    assert run.counts == Counts(total=2, passed=1, failed=1)
    assert filled.results() == (
        Result("a.py::x", Outcome.PASSED, 0.25),
        Result("a.py::y", Outcome.FAILED, 0.25, When.CALL, "gw1"),
    )


def test_evidence_is_decoded_when_it_is_looked_at(filled: Store) -> None:
    rows._decoded.cache_clear()
    (failure,) = filled.failures()
    (cause,) = filled.run_summary().causes
    assert (failure.signature, cause.exemplar.text) == ("c1:boom", "E   ValueError: no a.py::y")
    assert rows._decoded.cache_info().misses == 0
    assert failure.evidence.raised.type == "ValueError"
    assert cause.exemplar.evidence is failure.evidence
    assert rows._decoded.cache_info().misses == 1


def test_a_failure_of_the_store_is_equal_to_any_other_with_its_fields(filled: Store) -> None:
    (failure,) = filled.failures()
    made = replace(FAILURE, evidence=failure.evidence)
    assert failure == made
    assert made == failure
    assert failure == filled.failures()[0]
    assert failure != replace(made, attempt=2)
    assert replace(made, attempt=2) != failure


def test_a_failure_of_the_store_has_the_evidence_that_was_recorded(filled: Store) -> None:
    (failure,) = filled.failures()
    assert failure.evidence == FAILURE.evidence


def test_a_failure_of_the_store_can_be_changed_copied_and_sent(filled: Store) -> None:
    (failure,) = filled.failures()
    assert replace(failure, attempt=2) == replace(FAILURE, attempt=2)
    sent = pickle.loads(pickle.dumps(failure))
    assert type(sent) is Failure
    assert sent == FAILURE
    assert repr(failure.evidence) in repr(failure)
