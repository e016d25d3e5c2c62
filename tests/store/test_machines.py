"""One store on a server for several machines: whose log is whose, and what is known of one that is gone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_agentgate.model import Ingested
from pytest_agentgate.store import open_store

Begin = Callable[..., Any]

pytestmark = pytest.mark.engine("postgres")


@pytest.fixture
def url(new_database: Callable[[], str]) -> str:
    return new_database()


def test_a_log_of_another_machine_is_not_taken_for_lost(
    url: str, folder: Path, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same path on two machines, as on those of CI: what is not here may be under way there."""
    begin("run-001").result("a.py::x")  # goes on
    monkeypatch.setattr("socket.gethostname", lambda: "elsewhere")
    with open_store(url) as store:
        assert store.ingest(folder).results == 1
        for file in folder.iterdir():
            file.unlink()
        monkeypatch.setattr("socket.gethostname", lambda: "here")
    with open_store(url) as store:
        assert store.ingest(folder) == Ingested()
        assert store.run().status == "running"
        begin("run-002").result("a.py::x").ended()
        assert store.ingest(folder).runs == 1


def at(monkeypatch: pytest.MonkeyPatch, host: str, url: str, folder: Path) -> tuple[Ingested, str, int]:
    """What a machine takes in, and how the last run stands then, with how many tests."""
    monkeypatch.setattr("socket.gethostname", lambda: host)
    with open_store(url) as store:
        return store.ingest(folder), store.run().status, store.run().counts.total


def test_the_log_of_a_machine_that_is_gone_says_how_its_run_ended(
    url: str, folder: Path, begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = begin("run-001").collected("a.py::x", "a.py::y", "a.py::z").result("a.py::x")
    assert at(monkeypatch, "ci", url, folder) == (Ingested(1, 0, 1), "running", 1)
    same = shutil.copytree(folder, tmp_path / "same")
    writer.result("a.py::y")
    longer = shutil.copytree(folder, tmp_path / "longer")
    writer.killed()  # and its machine with it
    shutil.rmtree(folder)
    assert at(monkeypatch, "desk", url, same) == (Ingested(1, 1, 1), "interrupted", 3)
    assert at(monkeypatch, "desk", url, longer) == (Ingested(1, 1, 2), "interrupted", 3)
    assert at(monkeypatch, "desk", url, same) == (Ingested(), "interrupted", 3)


def test_a_run_that_was_taken_for_over_elsewhere_goes_on_where_it_is(
    url: str, folder: Path, begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = begin("run-001").collected("a.py::x", "a.py::y").result("a.py::x")
    at(monkeypatch, "ci", url, folder)
    copy = shutil.copytree(folder, tmp_path / "copy")
    assert at(monkeypatch, "ci", url, copy) == (Ingested(), "running", 1)  # whose run is under way
    assert at(monkeypatch, "desk", url, copy)[1:] == ("interrupted", 2)
    assert at(monkeypatch, "ci", url, folder)[1] == "interrupted"  # nothing new is known of it
    writer.result("a.py::y")
    assert at(monkeypatch, "ci", url, folder)[1:] == ("running", 2)
    writer.ended()
    assert at(monkeypatch, "ci", url, folder)[1:] == ("completed", 2)
    assert at(monkeypatch, "desk", url, copy) == (Ingested(), "completed", 2)


def test_a_run_that_is_under_way_in_a_folder_of_two_machines_is_followed_by_both(
    url: str, folder: Path, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = begin("run-001").collected("a.py::x", "a.py::y").result("a.py::x")
    assert at(monkeypatch, "one", url, folder) == (Ingested(1, 0, 1), "running", 1)
    assert at(monkeypatch, "two", url, folder) == (Ingested(), "running", 1)
    writer.result("a.py::y").ended()
    assert at(monkeypatch, "two", url, folder) == (Ingested(1, 1, 2), "completed", 2)
    assert at(monkeypatch, "one", url, folder) == (Ingested(), "completed", 2)
