"""Runs of pytest with the plugin, in processes of their own, and what they left in the log and in the store."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pytest_agentgate.capture.runlog import Event, read
from pytest_agentgate.store import open_store

SERIAL: tuple[str, ...] = ()
PARALLEL = ("-n", "2")


@dataclass(frozen=True)
class Recorded:
    """One run of pytest with the plugin, seen from outside."""

    result: pytest.RunResult
    root: Path

    @property
    def output(self) -> str:
        return self.result.stdout.str() + self.result.stderr.str()

    @property
    def logs(self) -> list[Path]:
        """Of runs, oldest first; two runs of one second have names in any order."""
        logs = (log for log in (self.root / ".agentgate/runs").glob("*.jsonl") if ".judgement-" not in log.name)
        return sorted(logs, key=lambda log: log.stat().st_mtime_ns)

    def events(self, name: str) -> list[Event]:
        """The events of that name in the latest log."""
        return [event for event in read(self.logs[-1]) if event["event"] == name]

    def event(self, name: str) -> Event:
        (event,) = self.events(name)
        return event

    def outcomes(self) -> dict[str, str]:
        """Node id -> outcome of its last attempt."""
        return {event["nodeid"]: event["outcome"] for event in self.events("result")}

    def rows(self, sql: str) -> list[Any]:
        """What a query on the store gives."""
        import sqlite3

        with sqlite3.connect(self.root / ".agentgate/agentgate.db") as connection:
            return connection.execute(sql).fetchall()

    def document(self) -> dict[str, Any]:
        """The JSON report of the latest run."""
        from pytest_agentgate.report.document import document

        with open_store(f"sqlite:///{self.root}/.agentgate/agentgate.db") as store:
            found: dict[str, Any] = json.loads(json.dumps(document(store.run_summary())))
            return found


Run = Callable[..., Recorded]


@pytest.fixture
def run(pytester: pytest.Pytester, quick: None) -> Run:
    """``run(*arguments)``: ``python -m pytest --agentgate ARGUMENTS`` in pytester's folder."""

    def start(*arguments: str, agentgate: bool = True) -> Recorded:
        asked: Sequence[str] = ("--agentgate",) if agentgate else ()
        result = pytester.runpytest_subprocess("-p", "no:cacheprovider", *asked, *arguments)
        return Recorded(result, pytester.path)

    return start


@pytest.fixture(params=[SERIAL, PARALLEL], ids=["serial", "parallel"])
def processes(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The options of a serial run, and of one with two workers."""
    options: tuple[str, ...] = request.param
    return options
