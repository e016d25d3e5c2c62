"""A long log that comes to a server in parts: all of it is there once, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_agentgate.capture import runlog
from pytest_agentgate.store import open_store
from pytest_agentgate.store.postgres import PostgresDatabase
from pytest_agentgate.store.recording import Recording

Begin = Callable[..., Any]
Everything = Callable[[str], dict[str, list[tuple[Any, ...]]]]

pytestmark = pytest.mark.engine("postgres")


@pytest.fixture(autouse=True)
def _short_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runlog, "_STRETCH", 1000)
    monkeypatch.setattr(PostgresDatabase, "together", 3000)


@pytest.fixture
def url(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture
def long(folder: Path, begin: Begin) -> Path:
    """The folder of a log of more than ten parts."""
    writer = begin().collected(*(f"a.py::test_{number}" for number in range(600)))
    for number in range(600):
        writer.result(f"a.py::test_{number}") if number % 50 else writer.failed(f"a.py::test_{number}", f"c1:{number}")
    writer.ended(exit_status=1)
    return folder


@pytest.fixture
def expected(long: Path, tmp_path: Path, everything: Everything) -> dict[str, list[Any]]:
    url = f"sqlite:///{tmp_path}/expected.db"
    with open_store(url) as store:
        assert store.ingest(long).results == 600
    return everything(url)


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of results in each part that was written."""
    add, parts = Recording.add, list[int]()

    def counted(self: Recording, events: Any) -> None:
        parts.append(len(events.results))
        add(self, events)

    monkeypatch.setattr(Recording, "add", counted)
    return parts


def test_the_rows_are_those_of_a_file(
    url: str, long: Path, expected: dict[str, list[Any]], everything: Everything, parts: list[int]
) -> None:
    with open_store(url) as store:
        assert store.ingest(long).problems == ()
    assert everything(url) == expected
    assert len(parts) > 10
    assert sum(parts) == 600


def test_a_connection_that_is_cut_between_two_parts_has_all_of_them_read_again(
    url: str,
    long: Path,
    expected: dict[str, list[Any]],
    everything: Everything,
    parts: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import psycopg

    add, cut = Recording.add, iter([True])

    def cutting(self: Recording, events: Any) -> None:
        if len(parts) == 7 and next(cut, False):
            with psycopg.connect(url, autocommit=True) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
        add(self, events)

    monkeypatch.setattr(Recording, "add", cutting)
    with open_store(url) as store:
        assert store.ingest(long).problems == ()
    assert everything(url) == expected
    assert next(cut, False) is False
    assert sum(parts) > 600


def test_a_log_that_cannot_be_read_to_its_end_is_told_and_leaves_no_rows(
    url: str, folder: Path, long: Path, everything: Everything, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runlog, "_LONGEST", 20_000)
    log = next(folder.glob("*.jsonl"))
    log.write_bytes(log.read_bytes() + b"x" * 40_000)
    with open_store(url) as store:
        [problem] = store.ingest(folder).problems
        assert "has a line of more than" in problem
        assert store.runs() == ()
