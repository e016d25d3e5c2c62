"""Upkeep that is killed, interrupted, or done by two at once: nothing is left half done, and a second try ends it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.store.conftest import MORTAL

from pytest_agentgate.store import open_database, open_store
from pytest_agentgate.store.upkeep import checking, content, copying, importing, portable, pruning
from pytest_agentgate.store.upkeep.tables import tables

Begin = Callable[..., Any]
Everything = Callable[[str], dict[str, list[tuple[Any, ...]]]]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")

WORK = f"""{MORTAL}
import sys
from contextlib import closing
from pathlib import Path
from pytest_agentgate.errors import AgentgateError
from pytest_agentgate.store import open_database
from pytest_agentgate.store.upkeep import copying, importing, portable, pruning

what, source, target, *dying = sys.argv[1:]
told = []

def tell(done, total):
    print("going on", flush=True)
    told.append(done)
    if dying and len(told) > int(dying[1]):
        die_after(0, dying[0])

def telling(lines):
    for number, line in enumerate(lines):
        if number % 500 == 499:
            tell(number, 0)
        yield line

with closing(open_database(target)) as database:
    tell(0, 0)
    try:
        if what == "copy":
            with closing(open_database(source, read_only=True)) as old:
                copying.copy(old, database, tell)
        elif what == "restore":
            with open(source, "rb") as stream:
                portable.restore(database, telling(portable.lines_of(stream)), "x.jsonl")
        elif what == "import":
            importing.take_in(database, Path(source), tell)
        elif what == "prune":
            pruning.prune(database, "2026-02-01", tell)
    except AgentgateError as error:
        sys.exit(str(error))
"""


@pytest.fixture(autouse=True)
def _scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is killed cannot take away what it has unpacked: at most one log."""
    (tmp_path / "scratch").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))


def started(what: str, source: str, target: str, *dying: str) -> subprocess.Popen[str]:
    """A process that has opened its store, and writes a line whenever it has done another part."""
    command = [sys.executable, "-c", WORK, what, source, target, *dying]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "going on\n"
    return process


@pytest.fixture
def many(folder: Path, begin: Begin) -> Path:
    """Logs of 24 runs, half of them of January."""
    for number in range(24):
        writer = begin(f"run-{number:03}", created_at=f"2026-0{1 + number % 2}-01T12:00:00.{number:06}+00:00")
        for test in range(200):
            nodeid = f"tests/test_{test // 20}.py::test_{test}_{number % 3}"
            writer.failed(nodeid, f"c1:{test % 3}") if test % 10 == number % 4 else writer.result(nodeid)
        writer.ended(exit_status=1)
    return folder


@pytest.fixture
def source(many: Path, tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/source.db"
    with open_store(url) as store:
        assert store.ingest(many).runs == 24
    return url


def end_early(how: str, parts: int, *work: str) -> None:
    """Have a process begin work, and be killed or interrupted as soon as it has done some parts."""
    process = started(*work, how, str(parts))
    process.communicate(timeout=120)
    assert process.returncode != 0


ENDS = pytest.mark.parametrize("how", ["killed", "interrupted"])


@ENDS
@pytest.mark.parametrize("what", ["copy", "restore"])
def test_what_makes_a_whole_store_makes_it_whole_or_not_at_all(
    source: str, new_url: Callable[[], str], tmp_path: Path, what: str, how: str
) -> None:
    given = source
    if what == "restore":
        given = str(tmp_path / "x.jsonl")
        with closing(open_database(source)) as database, Path(given).open("wb") as stream:
            portable.export(database, stream)
    for parts in (0, 1, 4, 8):
        target = new_url()
        end_early(how, parts, what, given, target)
        with closing(open_database(source)) as old, closing(open_database(target)) as new:
            size = content.size(new)
            assert size in (0, content.size(old))
            if not size:
                copying.copy(old, new)
            assert list(checking.check(new)) == []
            copies = [[content.content(one, table) for table in tables()] for one in (old, new)]
        assert [one for one in copies[0] if one.table != "log"] == [one for one in copies[1] if one.table != "log"]


@ENDS
def test_an_import_that_ended_early_goes_on_where_it_was(
    many: Path, source: str, new_url: Callable[[], str], tmp_path: Path, how: str, views: Everything
) -> None:
    path = tmp_path / "artifact.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for log in sorted(many.iterdir()):
            archive.write(log, f"runs/{log.name}")
    left = []
    for parts in (0, 1, 10, 20):
        url = new_url()
        end_early(how, parts, "import", str(path), url)
        with closing(open_database(url)) as database:
            assert list(checking.check(database)) == []
            left.append(database.rows("SELECT COUNT(*) FROM run")[0][0])
            importing.take_in(database, path)
        assert views(url) == views(source)
    assert min(left) < 24


@ENDS
def test_a_prune_that_ended_early_has_pruned_less_and_is_ended_by_the_next(
    many: Path, new_url: Callable[[], str], how: str, everything: Everything
) -> None:
    def filled() -> str:
        url = new_url()
        with open_store(url) as store:
            store.ingest(many)
        return url

    undisturbed = filled()
    with closing(open_database(undisturbed)) as database:
        pruning.prune(database, "2026-02-01")
    left = []
    for parts in (0, 1, 6, 11):
        url = filled()
        end_early(how, parts, "prune", "", url)
        with closing(open_database(url)) as database:
            assert list(checking.check(database)) == []
            left.append(database.rows("SELECT COUNT(*) FROM run")[0][0])
            pruning.prune(database, "2026-02-01")
        assert everything(url) == everything(undisturbed)
    assert max(left) > 12


# ---- two at once


def test_of_two_who_copy_to_one_place_one_does(source: str, url: str) -> None:
    open_store(url).close()
    ended = [process.communicate(timeout=120)[1] for process in [started("copy", source, url) for _ in range(2)]]
    assert sorted(map(bool, ended)) == [False, True], ended
    assert "has content already" in "".join(ended)
    with closing(open_database(url)) as database:
        assert list(checking.check(database)) == []
        assert database.rows("SELECT COUNT(*) FROM run") == [(24,)]


def test_those_who_import_the_same_at_once_come_to_the_same_rows(
    many: Path, source: str, url: str, views: Everything
) -> None:
    open_store(url).close()
    processes = [started("import", str(many), url) for _ in range(3)]
    assert [process.communicate(timeout=120)[1] for process in processes] == [""] * 3
    assert views(url) == views(source)


def test_who_prunes_while_others_prune_and_import_loses_nothing_that_is_new(
    many: Path, url: str, begin: Begin, tmp_path: Path
) -> None:
    with open_store(url) as store:
        store.ingest(many)
    new = tmp_path / "new"
    for number in range(10):
        begin(f"run-1{number:02}", into=new, created_at="2026-03-01").result("a.py::x").ended()
    processes = [started(*work, url) for work in (("prune", ""), ("prune", ""), ("import", str(new)))]
    assert [process.communicate(timeout=120)[1] for process in processes] == [""] * 3
    with closing(open_database(url)) as database:
        assert list(checking.check(database)) == []
        found = {run_id for (run_id,) in database.rows("SELECT run_id FROM run")}
    assert found == {f"run-{number:03}" for number in range(1, 24, 2)} | {f"run-1{number:02}" for number in range(10)}
