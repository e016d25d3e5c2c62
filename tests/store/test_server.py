"""A store on a server that goes away, sleeps, is full, or does not let us in: nothing is lost, and a line says why."""

from __future__ import annotations

import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests.store.conftest import MORTAL

from pytest_agentgate.errors import StoreError
from pytest_agentgate.model import Ingested
from pytest_agentgate.store import open_store
from pytest_agentgate.store.postgres import PostgresDatabase

Begin = Callable[..., Any]
Everything = Callable[[str], dict[str, list[tuple[Any, ...]]]]

pytestmark = pytest.mark.engine("postgres")

INGEST = f"""{MORTAL}
import sys, time
from pathlib import Path
from pytest_agentgate.store import open_store, postgres
began = time.process_time()
if float(sys.argv[4]):
    die_after(float(sys.argv[4]))
print("ready", flush=True)
with open_store(sys.argv[1]) as store:
    for _ in range(int(sys.argv[3])):
        problems = store.ingest(Path(sys.argv[2])).problems
        assert problems == (), problems
print(time.process_time() - began)
"""


def ingesting(url: str, folder: Path, times: int = 1, dying: float = 0.0) -> subprocess.Popen[str]:
    """A process that ingests a folder; it may be killed after some seconds of work."""
    command = [sys.executable, "-c", INGEST, url, str(folder), str(times), str(dying)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def expected(many: Path, tmp_path: Path, everything: Everything) -> dict[str, list[Any]]:
    url = f"sqlite:///{tmp_path}/expected.db"
    with open_store(url) as store:
        store.ingest(many)
    return everything(url)


@pytest.fixture
def url(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A server that tests may stop, and whose password they know."""
    if os.environ.get("AGENTGATE_TEST_POSTGRES"):
        pytest.skip("the server is somebody else's")
    postgres_server = request.getfixturevalue("postgres_server")
    yield postgres_server
    if not (postgres_server.folder / "data" / "postmaster.pid").exists():
        postgres_server.start()


def test_both_databases_say_the_same_of_the_same_logs(
    url: str, many: Path, expected: dict[str, list[Any]], everything: Everything
) -> None:
    with open_store(url) as store:
        assert store.ingest(many).runs == 12
        assert store.ingest(many) == Ingested()
    assert everything(url) == expected


def test_a_server_that_is_restarted_again_and_again_loses_and_doubles_nothing(
    server: Any, url: str, begin: Begin, folder: Path, everything: Everything, tmp_path: Path
) -> None:
    moments = random.Random(20)
    failed = []
    with open_store(url) as store:
        for number in range(20):
            writer = begin(f"run-{number:03}")
            for test in range(400):
                writer.result(f"a.py::test_{test}") if test % 7 else writer.failed(f"a.py::test_{test}")
            writer.ended()
            restart = threading.Timer(moments.uniform(0, 0.15), server.restart)
            restart.start()
            try:
                store.ingest(folder)
            except StoreError as error:  # between two transactions there is nothing that could be done again
                failed.append(str(error))
            finally:
                restart.join()
        store.ingest(folder)
    assert all(line.count("\n") == 0 and "the logs of runs stay" in line for line in failed), failed
    once = f"sqlite:///{tmp_path}/once.db"
    with open_store(once) as store:
        store.ingest(folder)
    assert everything(url) == everything(once)


def test_work_whose_connection_is_cut_in_the_middle_is_done_again(
    url: str, many: Path, expected: dict[str, list[Any]], everything: Everything, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    from pytest_agentgate.store import recording

    cut: list[bool] = []
    count = recording.Recording.count

    def count_and_cut(self: Any) -> None:
        count(self)
        if len(cut) < 3:
            cut.append(True)
            with psycopg.connect(url, autocommit=True) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )

    monkeypatch.setattr(recording.Recording, "count", count_and_cut)
    with open_store(url) as store:
        assert store.ingest(many).problems == ()
    assert len(cut) == 3
    assert everything(url) == expected


def test_a_server_that_sleeps_for_ten_seconds_is_waited_for(
    server: Any, url: str, many: Path, expected: dict[str, list[Any]], everything: Everything
) -> None:
    with closing(PostgresDatabase(url)) as database:
        patience = database._connection.info.get_parameters()["connect_timeout"]
    assert int(patience) > 10
    open_store(url).close()
    with server.asleep():
        process = ingesting(f"{url}?connect_timeout=100", many)  # a busy machine may sleep longer than it is asked to
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(10)
        assert process.poll() is None
    assert process.communicate(timeout=120)[1] == ""
    assert everything(url) == expected


@pytest.mark.skipif(sys.platform != "linux", reason="what Linux calls the options of a connection")
def test_who_waits_for_an_answer_asks_whether_the_server_can_still_be_reached(new_database: Callable[[], str]) -> None:
    """A network that is gone says nothing, and who waits has sent nothing that could stay unanswered."""
    with (
        closing(PostgresDatabase(new_database())) as database,
        socket.socket(fileno=os.dup(database._connection.fileno())) as wire,
    ):
        asked = [wire.getsockopt(socket.IPPROTO_TCP, option) for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL)]
        assert wire.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert sum(asked) * 1000 < wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000


def test_a_server_that_is_away_is_one_line_and_the_logs_are_taken_in_later(
    server: Any, url: str, many: Path, expected: dict[str, list[Any]], everything: Everything,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    import psycopg

    open_store(url).close()
    connect, tries = psycopg.connect, list[str]()

    def tried(**how: Any) -> Any:
        tries.append(how["host"])
        return connect(**how)

    monkeypatch.setattr(psycopg, "connect", tried)
    server.stop()
    with pytest.raises(StoreError, match=r"no connection \(.*\); the logs of runs stay") as caught:
        open_store(url)
    monkeypatch.undo()
    assert tries == ["127.0.0.1"]  # once: nobody waits for a server that was not there
    assert "\n" not in str(caught.value)
    server.start()
    with open_store(url) as store:
        store.ingest(many)
    assert everything(url) == expected


def test_processes_that_ingest_the_same_logs_at_once_come_to_the_same_rows(
    url: str, many: Path, expected: dict[str, list[Any]], everything: Everything
) -> None:
    processes = [ingesting(url, many, times=2) for _ in range(5)]
    assert [process.communicate(timeout=120)[1] for process in processes] == [""] * 5
    assert everything(url) == expected


@pytest.mark.parametrize("isolation", ["repeatable%5C%20read", "serializable"])
def test_who_waited_to_write_sees_what_was_written_whatever_the_isolation_of_the_server(
    url: str, many: Path, expected: dict[str, list[Any]], everything: Everything, isolation: str
) -> None:
    isolated = f"{url}?options=-cdefault_transaction_isolation%3D{isolation}"
    processes = [ingesting(isolated, many, times=2) for _ in range(5)]
    assert [process.communicate(timeout=120)[1] for process in processes] == [""] * 5
    assert everything(url) == expected


def test_a_store_that_another_process_makes_in_this_moment_is_nobody_elses(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, others = PostgresDatabase.rows, iter([url])

    def interrupted(self: PostgresDatabase, *arguments: Any) -> list[Any]:
        found = rows(self, *arguments)
        for other in others:
            open_store(other).close()
        return found

    monkeypatch.setattr(PostgresDatabase, "rows", interrupted)
    with open_store(url) as store:
        assert store.runs() == ()


def test_a_process_that_is_killed_while_it_ingests_leaves_nothing_half_done(
    new_database: Callable[[], str], many: Path, expected: dict[str, list[Any]], everything: Everything
) -> None:
    def ended(dying: float = 0.0) -> tuple[str, str]:
        url = new_database()
        open_store(url).close()
        return url, ingesting(url, many, dying=dying).communicate(timeout=120)[0]

    whole = float(ended()[1].split()[1])
    left = []
    for part in (0.1, 0.3, 0.5, 0.7, 0.9):
        url, _ = ended(whole * part)
        with open_store(url) as store:
            left.append(len(store.runs(limit=100)))
            store.ingest(many)
        assert everything(url) == expected
    assert min(left) < 12, "every process had ended before it was killed"


def test_a_wrong_password_is_one_line_that_says_where_it_may_stand(server: Any, url: str) -> None:
    wrong = re.sub(r"//tester:[^@]*@", "//tester:n0tthis@", url)
    with pytest.raises(StoreError, match=r"password authentication failed.*PGPASSWORD.*pgpass") as caught:
        open_store(wrong)
    assert "n0tthis" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_password_may_stand_in_the_environment_or_in_a_file(
    server: Any, url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    without = re.sub(r"//tester:[^@]*@", "//tester@", url)
    open_store(f"{without}?password={quote(server.password, safe='+')}").close()
    monkeypatch.setenv("PGPASSWORD", server.password)
    open_store(without).close()
    monkeypatch.delenv("PGPASSWORD")
    file = tmp_path / "pgpass"
    file.write_text(f"127.0.0.1:{server.port}:*:tester:{server.password.replace(':', chr(92) + ':')}\n")
    file.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(file))
    open_store(without).close()
    monkeypatch.delenv("PGPASSFILE")
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(StoreError, match="PGPASSWORD"):
        open_store(without)


def test_a_database_that_is_not_there_is_one_line(url: str) -> None:
    with pytest.raises(StoreError, match='database "nowhere" does not exist') as caught:
        open_store(url.rpartition("/")[0] + "/nowhere")
    assert "\n" not in str(caught.value)


def test_a_schema_of_somebody_else_is_left_alone(url: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as other:
        other.execute("CREATE SCHEMA agentgate")
        other.execute("CREATE TABLE agentgate.theirs (x integer)")
        with pytest.raises(StoreError, match="left as it is"):
            open_store(url)
        assert other.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'agentgate'").fetchall() == [
            ("theirs",)
        ]


@pytest.mark.parametrize("before", ["SELECT 1", "CREATE SCHEMA agentgate"])
def test_a_database_that_cannot_hold_every_text_is_refused_before_it_has_any(url: str, before: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as server:
        narrow = f"{url}_narrow"
        name = narrow.rpartition("/")[2]
        server.execute(f"CREATE DATABASE {name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
        try:
            with psycopg.connect(narrow, autocommit=True) as there:
                there.execute(before)
            with pytest.raises(StoreError, match="is encoded in LATIN1; a store needs one in UTF8"):
                open_store(narrow)
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_schema_that_lost_its_version_is_left_alone(url: str) -> None:
    import psycopg

    open_store(url).close()
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("DELETE FROM agentgate.schema_version")
    with pytest.raises(StoreError, match="left as it is"):
        open_store(url)


def test_who_may_make_no_temporary_tables_takes_in_a_result_that_changed(url: str, folder: Path, begin: Begin) -> None:
    import psycopg

    database = url.rpartition("/")[2]
    with psycopg.connect(url, autocommit=True) as server:
        role = f"{database}_plain"  # which are those of a whole server
        server.execute(f"CREATE ROLE {role}")
        try:
            server.execute(f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC")
            server.execute(f"GRANT CREATE ON DATABASE {database} TO {role}")
            with open_store(f"{url}?options=-crole%3D{role}") as store:
                writer = begin("run-001").result("a.py::x")
                assert store.ingest(folder).results == 1
                writer.result("a.py::x", "error", when="teardown").result("a.py::y").ended(exit_status=1)
                assert store.ingest(folder).results == 2
                assert (store.run().counts.errors, store.run().counts.passed) == (1, 1)
        finally:
            server.execute(f"DROP OWNED BY {role} CASCADE")
            server.execute(f"DROP ROLE {role}")


def test_a_server_that_is_for_reading_is_read_and_not_written(url: str, many: Path, begin: Begin) -> None:
    with open_store(url) as store:
        store.ingest(many)
    begin("run-999").result("a.py::x").ended()
    with open_store(f"{url}?options=-cdefault_transaction_read_only%3Don") as store:
        with pytest.raises(StoreError, match=r"cannot be opened or written here .*read-only transaction") as caught:
            store.ingest(many)
        assert "\n" not in str(caught.value)
        assert len(store.runs(limit=100)) == 12


def test_reading_only_makes_no_store_and_writes_nothing(url: str, many: Path) -> None:
    with pytest.raises(StoreError, match="no store is here yet"):
        open_store(url, read_only=True)
    open_store(url).close()
    with open_store(url, read_only=True) as store:
        assert store.runs() == ()
        with pytest.raises(StoreError, match="cannot be opened or written here"):
            store.ingest(many)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_server_whose_disk_is_full_is_one_line_and_takes_all_in_when_there_is_room(
    server: Any, tmp_path_factory: pytest.TempPathFactory, many: Path, everything: Everything, begin: Begin
) -> None:
    with tempfile.TemporaryDirectory(prefix="agentgate-disk-") as disk, ExitStack() as undone:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", disk], capture_output=True)
        if mounted.returncode:
            pytest.skip(f"cannot mount: {mounted.stderr.decode().strip()}")
        undone.callback(subprocess.run, ["umount", "--lazy", disk], check=True)  # who was stopped may not be gone yet
        small = type(server)(Path(disk))
        try:
            open_store(small.url()).close()
            room = os.statvfs(disk)
            (Path(disk) / "filler").write_bytes(b"x" * (room.f_bavail * room.f_frsize - 300_000))
            told = r"is the server's disk full|connection was lost"
            with pytest.raises(StoreError, match=told) as caught, open_store(small.url()) as store:
                store.ingest(many)
            assert "\n" not in str(caught.value)
            (Path(disk) / "filler").unlink()
            small.restart()
            with open_store(small.url()) as store:
                store.ingest(many)
            once = f"sqlite:///{tmp_path_factory.mktemp('once')}/once.db"
            with open_store(once) as store:
                store.ingest(many)
            assert everything(small.url()) == everything(once)
        finally:
            small.stop("immediate")
