"""Logs of runs that never were, written by the writer of those that are."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from pytest_agentgate.capture.judgementlog import write_approval, write_judgement
from pytest_agentgate.capture.runlog import RunLog
from pytest_agentgate.model.judgement import Approval, GateResult, GateState, Judge, Judgement, PhaseResult
from pytest_agentgate.store import Store, open_database, open_store
from pytest_agentgate.store.database import Database


class Writer:
    """Writes the log of one run, event by event."""

    def __init__(self, folder: Path, run_id: str, *, name: str = "", **header: Any) -> None:
        self.log = RunLog(folder, name or run_id)
        self.path = self.log.path
        self._header: dict[str, Any] = {
            "event": "run",
            "log": 1,
            "id": run_id,
            "created_at": f"2026-01-31T12:00:00.{run_id[-3:]:0>6}+00:00",
            "agent": "ann",
            "task": "t1",
            "commit": "c0ffee",
            "branch": "main",
            "dirty": True,
            "root": "/project",
            "host": "here",
            "pid": 1,
            "python": "3.11.7",
            "pytest": "9.2.0",
            "platform": "linux",
            "plugins": ["pytest-xdist 3.8.0"],
            "arguments": ["-q"],
            "workers": 0,
        } | header
        self.log.write(self._header)

    def collected(self, *nodeids: str, **more: Any) -> Writer:
        self.log.write({"event": "collected", "nodeids": list(nodeids), "deselected": 0} | more)
        return self

    def result(self, nodeid: str, outcome: str = "passed", duration: float = 0.25, **more: Any) -> Writer:
        self.log.result(nodeid, outcome, duration, **more)
        return self

    def failure(self, nodeid: str, signature: str = "c1:boom", **more: Any) -> Writer:
        scope = "test" if "::" in nodeid else "collect" if nodeid else "run"
        raised = {
            "type": "ValueError",
            "bases": ["Exception"],
            "message": f"no {nodeid}",
            "link": "raised",
            "facts": {},
        }
        frame = {"role": "test", "path": nodeid.partition("::")[0], "line": 3, "function": "f", "module": "m"}
        self.log.write(
            {
                "event": "failure",
                "nodeid": nodeid,
                "scope": scope,
                "when": {"test": "call", "collect": "collect", "run": "session"}[scope],
                "kind": "validation",
                "signature": signature,
                "title": f"title of {signature}",
                "next_action": f"do something about {signature}",
                "text": f"E   ValueError: no {nodeid}",
                "evidence": {"chain": [{**raised, "frames": [frame]}], "worker": more.get("worker", ""), "live": True},
            }
            | more
        )
        return self

    def failed(self, nodeid: str, signature: str = "c1:boom", **more: Any) -> Writer:
        """A failure in the call of a test, and the result that follows it."""
        self.failure(nodeid, signature, **more)
        return self.result(nodeid, "failed", when="call", **more)

    def event(self, **event: Any) -> Writer:
        self.log.write(event)
        return self

    def raw(self, text: bytes) -> Writer:
        with self.path.open("ab") as file:
            file.write(text)
        return self

    def killed(self) -> Path:
        """The process is gone, and nothing tells of an end."""
        self.log.close()
        return self.path

    def ended(self, status: str = "completed", exit_status: int = 0, **more: Any) -> Path:
        self.log.write(
            {
                "event": "end",
                "ended_at": "2026-01-31T12:01:00.000000+00:00",
                "status": status,
                "exit_status": exit_status,
                "duration": 60.5,
            }
            | more
        )
        return self.killed()


Begin = Callable[..., Writer]

MORTAL = """
import signal

def die_after(seconds, how="killed"):
    # of this process's own time on a processor: where a machine stands still, it neither dies early nor ends first
    signal.signal(signal.SIGPROF, signal.default_int_handler if how == "interrupted" else signal.SIG_DFL)
    if seconds:
        signal.setitimer(signal.ITIMER_PROF, seconds)
    else:
        signal.raise_signal(signal.SIGPROF)
"""
"""For processes that are to be killed, or interrupted, in the midst of their work."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def begin(folder: Path) -> Iterator[Begin]:
    """Begin the log of a run; all of them have ended with the test."""
    writers: list[Writer] = []

    def begin(run_id: str = "run-001", *, into: Path | None = None, **header: Any) -> Writer:
        writers.append(Writer(into or folder, run_id, **header))
        return writers[-1]

    yield begin
    for writer in writers:
        writer.log.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a store that is a file may be made."""
    return tmp_path / "store.db"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.engine("postgres"))])
def new_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """Makes the URL of a store that is not there yet, in a file or on a server."""
    if request.param == "postgresql":
        made: Callable[[], str] = request.getfixturevalue("new_database")
        return made
    folder = tmp_path_factory.mktemp("stores")
    numbers = itertools.count()
    return lambda: f"sqlite:///{folder}/{next(numbers)}.db"


@pytest.fixture
def empty_url(new_url: Callable[[], str]) -> Callable[[], str]:
    """The URL of a store without a row, for each example of a test; on a server the same, as to make one is dear."""
    made: list[str] = []

    def empty_url() -> str:
        if not (made and made[0].startswith("postgresql")):
            made[:] = [new_url()]
            return made[0]
        import psycopg

        with psycopg.connect(made[0]) as server:
            tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'agentgate' AND tablename <> 'schema_version'"
            for (table,) in server.execute(tables).fetchall():
                server.execute(f"DELETE FROM agentgate.{table}")
        return made[0]

    return empty_url


@pytest.fixture
def url(new_url: Callable[[], str]) -> str:
    """The store of a test."""
    return new_url()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as store:
        yield store


Query = Callable[..., list[tuple[Any, ...]]]


@contextmanager
def asking(url: str) -> Iterator[Query]:
    """Ask a store what a person would, with SQL and a client of the database's own."""
    if url.startswith("sqlite"):
        file = sqlite3.connect(url.removeprefix("sqlite:///"))
        yield lambda sql, *parameters: file.execute(sql, parameters).fetchall()
        file.close()
        return
    import psycopg

    with psycopg.connect(url, options="-c search_path=agentgate") as server:
        yield lambda sql, *parameters: server.execute(sql.replace("?", "%s"), parameters).fetchall()


@pytest.fixture
def query(url: str, store: Store) -> Iterator[Query]:
    with asking(url) as query:
        yield query


Everything = Callable[[str], dict[str, list[tuple[Any, ...]]]]


VIEWS = (
    "runs", "results", "failures", "causes", "cause_tests", "warnings", "agents", "properties", "judgements", "phases",
    "gates", "approvals", "repairs", "attempts", "failing_tests",
)  # fmt: skip
BESIDES = {
    "log": "SELECT name, state, position, size FROM log",
    "collected": "SELECT COUNT(*), SUM(tests) FROM collected",
}


@pytest.fixture(scope="session")
def views() -> Everything:
    """Reads all that a store shows, by its URL."""

    def views(url: str, besides: Mapping[str, str] = MappingProxyType({})) -> dict[str, list[tuple[Any, ...]]]:
        with asking(url) as query:
            if url.startswith("sqlite"):
                assert query("PRAGMA integrity_check") == [("ok",)]
            asked = {**{view: f"SELECT * FROM {view}" for view in VIEWS}, **besides}
            return {name: sorted(query(sql), key=repr) for name, sql in asked.items()}

    return views


@pytest.fixture(scope="session")
def everything(views: Callable[..., Any]) -> Everything:
    """Reads that and how far logs were read."""
    return lambda url: views(url, BESIDES)


# ---- a store with something in it


@pytest.fixture
def logs(folder: Path, begin: Begin) -> Path:
    """Three runs, one of January and two of February, each judged; of the first a test that none other has."""
    for number, month in enumerate((1, 2, 2)):
        writer = begin(f"run-{number:03}", created_at=f"2026-0{month}-1{number}T12:00:00.000000+00:00")
        writer.collected("a.py::x", "a.py::y", f"only/in_{number}.py::z").result("a.py::x", worker="gw1")
        writer.failed("a.py::y", f"c1:{number}", text=f"E   {number} \u20ac \U0001f600").result(
            f"only/in_{number}.py::z"
        )
        writer.event(event="warning", category="W", message=f"m{number}", path="p", line=1, when="collect")
        writer.event(event="properties", nodeid="a.py::x", values=[["latency", "0.1", 0.1]], worker="gw1")
        writer.ended(exit_status=1)
        gates = (GateResult("tests.failed == 0", GateState.FAILED, 1.0 / 3.0),)
        write_judgement(
            folder,
            Judgement(
                f"run-{number:03}.judgement-{number:08x}",
                f"run-{number:03}",
                f"2026-0{month}-1{number}T13:00:00.000000+00:00",
                Judge.PROCESS,
                phases=(PhaseResult("all", GateState.FAILED, gates),),
            ),
        )
        write_approval(folder, Approval("all", f"commit-{number}", "bob", "yes", f"2026-0{month}-1{number}T14:00:00"))
    return folder


@pytest.fixture
def many(folder: Path, begin: Begin) -> Path:
    """Logs of runs that ended and of some that were cut off."""
    for number in range(12):
        writer = begin(f"run-{number:03}", agent=f"agent-{number % 3}")
        tests = [f"tests/test_{test // 20}.py::test_{test}" for test in range(100)]
        writer.collected(*tests)
        for test, nodeid in enumerate(tests[: 60 if number % 4 == 3 else None]):
            if test % 10 == number % 4:
                writer.failed(nodeid, f"c1:{test % 3}")
            else:
                writer.result(nodeid)
        if number % 4 == 3:
            writer.killed()
        else:
            writer.ended(exit_status=1)
    return folder


@pytest.fixture
def filled(url: str, logs: Path) -> str:
    with open_store(url) as store:
        assert store.ingest(logs).problems == ()
    return url


@pytest.fixture
def database(filled: str) -> Iterator[Database]:
    with closing(open_database(filled)) as database:
        yield database


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.engine("postgres"))])
def other_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/other.db"
    return str(request.getfixturevalue("new_database")())
