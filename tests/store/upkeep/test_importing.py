"""Logs of other machines and of CI: taken in once, wherever they lie, and harmless whatever they are."""

from __future__ import annotations

import io
import os
import shutil
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_agentgate.errors import RunLogError
from pytest_agentgate.store import open_database, open_store
from pytest_agentgate.store.upkeep import arrivals, content, importing
from pytest_agentgate.store.upkeep.tables import tables

Begin = Callable[..., Any]
Everything = Callable[[str], dict[str, list[tuple[Any, ...]]]]
Query = Callable[..., list[tuple[Any, ...]]]


def taken_in(url: str, path: Path) -> tuple[int, tuple[str, ...]]:
    with closing(open_database(url)) as database:
        found = importing.take_in(database, path)
    return found.runs, found.problems


def archive(path: Path, logs: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, log in zip(names, sorted(logs.glob("run-???.jsonl")), strict=True):
            opened.write(log, name)
        opened.writestr("junit.xml", "<testsuites/>")
    return path


def test_logs_are_taken_in_from_folders_archives_and_files_and_none_twice(
    url: str, filled: str, other_url: str, logs: Path, tmp_path: Path, views: Everything
) -> None:
    artifacts = tmp_path / "artifacts"
    (artifacts / "one").mkdir(parents=True)
    shutil.copy(logs / "run-000.jsonl", artifacts / "one")
    archive(artifacts / "two.zip", logs, ".agentgate/runs/a.jsonl", "shard-2/run-001.jsonl", "shard-3/run-002.jsonl")
    assert taken_in(other_url, artifacts)[0] == 3
    for log in logs.iterdir():
        assert taken_in(other_url, log) == (0, ())
    assert views(other_url) == views(filled)


@pytest.mark.parametrize(
    "names",
    [
        ("../../run-000.jsonl", "/etc/run-001.jsonl", "x/..\\..\\run-002.jsonl"),
        ("C:\\runs\\run-000.jsonl", "a\\run-001.jsonl", "b\\run-002.jsonl"),
        ("a/run-000.jsonl", "b/run-000.jsonl", "b/run-000.jsonl"),  # different runs, and two of one name
        ("Pr\xfcfung/run-000.jsonl", "\u4e00.jsonl", f"{'x' * 250}.jsonl"),
        ("a.jsonl/run-000.jsonl", "a.jsonl/a.zip/run-001.jsonl", "..jsonl"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_writes_nowhere_but_where_it_is_unpacked(
    url: str, logs: Path, tmp_path: Path, names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    path = archive(tmp_path / "a.zip", logs, *names)
    before = set(tmp_path.rglob("*"))
    assert taken_in(url, path) == (3, ())
    assert {file for file in tmp_path.rglob("*") if ".db" not in file.name} <= before
    assert list(scratch.iterdir()) == []


def test_names_in_the_encoding_of_old_tools_are_read(url: str, logs: Path, tmp_path: Path) -> None:
    """As zip programs of the DOS write them: bytes without a word on what they mean."""
    path = archive(tmp_path / "a.zip", logs, "PRUEFEN/run-000.jsonl", "PRUEFEN/run-001.jsonl", "PRUEFEN/run-002.jsonl")
    path.write_bytes(path.read_bytes().replace(b"PRUEFEN", b"PR\xdcFEN\x81"))
    assert taken_in(url, path) == (3, ())


def test_what_came_from_an_archive_is_known_by_its_place_there(url: str, logs: Path, tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", logs, "one/run-000.jsonl", "two/run-001.jsonl", "run-002.jsonl")
    taken_in(url, path)
    with closing(open_database(url)) as database:
        known = database.rows("SELECT folder, name FROM log ORDER BY name")
    assert known == [(f"{path}/one", "run-000.jsonl"), (f"{path}/two", "run-001.jsonl"), (f"{path}", "run-002.jsonl")]


def test_what_is_imported_twice_changes_nothing_at_all(url: str, logs: Path, tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", logs, "run-000.jsonl", "run-001.jsonl", "run-002.jsonl")
    with zipfile.ZipFile(path, "a") as opened:
        for beside in logs.iterdir():
            if "run-00" not in beside.name or "judgement" in beside.name:
                opened.write(beside, beside.name)
        opened.writestr("other.jsonl", '{"some": "tool"}\n')
    stores = []
    for _ in range(2):
        _, (problem,) = taken_in(url, path)
        assert problem.startswith(f"{path}/other.jsonl is not the log of a run")
        with closing(open_database(url)) as database:
            stores.append([content.content(database, table) for table in tables()])
            assert database.rows("SELECT COUNT(*) FROM judgement") == [(3,)]
            assert database.rows("SELECT COUNT(*) FROM approval") == [(3,)]
    assert stores[0] == stores[1]


# ---- archives in archives, and such that were made to do harm


def within(path: Path, inner: Path, name: str = "inner.zip") -> Path:
    with zipfile.ZipFile(path, "w") as opened:
        opened.write(inner, name)
    return path


def test_archives_in_an_archive_are_opened_but_not_for_ever(url: str, logs: Path, tmp_path: Path) -> None:
    one = archive(tmp_path / "1.zip", logs, "run-000.jsonl", "run-001.jsonl", "run-002.jsonl")
    three = within(tmp_path / "3.zip", within(tmp_path / "2.zip", one, "shard.zip"), "job/all.zip")
    four = within(tmp_path / "4.zip", three)
    assert taken_in(url, four) == (
        0,
        (f"{four}/inner.zip/job/all.zip/shard.zip: lies in 3 archives already, and is not opened",),
    )
    assert taken_in(url, three) == (3, ())


def test_an_archive_that_is_damaged_costs_its_own_logs_only(url: str, logs: Path, tmp_path: Path) -> None:
    folder = tmp_path / "artifacts"
    folder.mkdir()
    (folder / "a.zip").write_bytes(b"PK\x05\x06 nothing")
    archive(folder / "b.zip", logs, "run-000.jsonl", "run-001.jsonl", "run-002.jsonl")
    runs, (problem,) = taken_in(url, folder)
    assert runs == 3
    assert problem.startswith(f"{folder / 'a.zip'}: cannot be unpacked: ")


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_whatever_an_archive_holds_it_is_read_or_told_in_one_line(tmp_path: Path, data: st.DataObject) -> None:
    method = data.draw(st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as opened:
        for name in ("a/run-1.jsonl", "b/r\xfcn.jsonl", "inner.zip"):
            opened.writestr(name, '{"event":"run"}\n' * 50)
    content = bytearray(made.getvalue())
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=5)):
        content[place] = data.draw(st.integers(0, 255))
    path = tmp_path / "any.zip"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))] if data.draw(st.booleans()) else content)
    problems: list[str] = []
    try:
        with arrivals.arrivals(path, problems.append) as found:
            for arrival in found:
                assert all(log.stat().st_size <= 1 << 20 for log in arrival.folder.iterdir())
    except RunLogError as error:
        problems.append(str(error))
    assert all("cannot be unpacked" in problem or "packed in a way" in problem for problem in problems)
    assert all("\n" not in problem for problem in problems)


def test_a_bomb_is_not_unpacked(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "_LARGEST", 1 << 20)
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("run-1.jsonl", b"\n" * (8 << 20))
    assert path.stat().st_size < 10_000
    runs, (problem,) = taken_in(url, path)
    assert runs == 0
    assert problem.startswith(f"{path}/run-1.jsonl: has 8,388,608 bytes, and there is room for 1,048,576")


def test_a_bomb_that_lies_about_its_size_writes_no_more_than_it_said(tmp_path: Path) -> None:
    path = tmp_path / "liar.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("run-1.jsonl", b"\n" * (8 << 20))
    said, lie = (size.to_bytes(4, "little") for size in (8 << 20, 100))
    path.write_bytes(path.read_bytes().replace(said, lie))
    problems: list[str] = []
    with arrivals.arrivals(path, problems.append) as found:
        assert [sum(log.stat().st_size for log in arrival.folder.iterdir()) for arrival in found] in ([], [100])


def test_many_bombs_fill_no_more_than_one_path_may(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "_MOST", 3 << 14)
    path = tmp_path / "bombs.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for number in range(5):
            opened.writestr(f"run-{number}.jsonl", b"\n" * (1 << 14))
    _, problems = taken_in(url, path)
    assert sum("there is room for 0" in problem for problem in problems) == 2


# ---- what a folder may hold


@pytest.mark.skipif(os.name == "nt", reason="no pipes with names")
def test_pipes_devices_and_links_in_a_folder_keep_nobody(url: str, logs: Path, tmp_path: Path) -> None:
    folder = tmp_path / "artifact"
    (folder / "deep").mkdir(parents=True)
    shutil.copy(logs / "run-000.jsonl", folder / "deep")
    os.mkfifo(folder / "deep" / "pipe.jsonl")
    os.mkfifo(folder / "deep" / "pipe.zip")
    (folder / "deep" / "endless.jsonl").symlink_to("/dev/zero")
    (folder / "deep" / "gone.jsonl").symlink_to("nowhere")
    (folder / "deep" / "round").symlink_to(folder)
    (folder / "deep" / "folder.jsonl").mkdir()
    (folder / "deep" / "secret.jsonl").symlink_to("/etc/passwd")
    runs, (problem,) = taken_in(url, folder)
    assert runs == 1
    assert problem.startswith(f"{folder}/deep/secret.jsonl is not the log of a run")
    for name in ("pipe.jsonl", "pipe.zip", "endless.jsonl"):
        with pytest.raises(RunLogError, match=f"{name}: neither a log"):
            taken_in(url, folder / "deep" / name)


def test_names_that_are_no_text_keep_nobody(url: str, logs: Path, tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    shutil.copy(logs / "run-000.jsonl", folder)
    shutil.copy(logs / "run-001.jsonl", folder / os.fsdecode(b"\xe9.jsonl"))
    assert taken_in(url, folder) == (1, ())
    assert taken_in(url, folder / os.fsdecode(b"\xe9.jsonl")) == (1, ())


# ---- the same run, or another one


def test_a_log_with_texts_that_neither_database_takes_is_read(url: str, folder: Path, begin: Begin) -> None:
    begin("run-000").result("a.py::x", "skipped", when="setup", reason="NUL \0 and \ud800").ended()
    assert taken_in(url, folder) == (1, ())


def test_a_log_that_goes_on_replaces_the_one_that_was_cut_off(url: str, folder: Path, begin: Begin) -> None:
    log = begin("run-001").result("a.py::x").killed()
    whole = log.read_bytes()
    assert taken_in(url, log) == (1, ())
    for more in (b'{"event":"result","nodeid":"a.py::y","outcome":"passed","duration":1.0}\n',
                 b'{"event":"end","status":"completed","exit_status":0,"duration":1.0}\n'):  # fmt: skip
        whole += more
        log.write_bytes(whole)
        assert taken_in(url, log) == (1, ())
    log.write_bytes(whole[: whole.index(b"\n") + 1])  # an artifact that was made earlier
    assert taken_in(url, log) == (0, ())
    with open_store(url) as store:
        assert (store.run().status, store.run().counts.total) == ("completed", 2)


def test_another_run_that_has_the_id_of_one_is_refused_and_named(
    url: str, folder: Path, begin: Begin, tmp_path: Path
) -> None:
    begin("run-001", host="here").result("a.py::x").ended()
    elsewhere = tmp_path / "elsewhere"
    begin("run-001", into=elsewhere, host="there").result("a.py::x").result("a.py::y").ended()
    assert taken_in(url, folder) == (1, ())
    for path in (elsewhere, elsewhere / "run-001.jsonl"):
        runs, (problem,) = taken_in(url, path)
        assert runs == 0
        assert problem.startswith(f"{elsewhere}/run-001.jsonl says it is run run-001, which is that of {folder}/")


@pytest.mark.parametrize("name", ["damaged.zip", "none.zip", "notes.txt"])
def test_what_is_no_log_is_one_clear_error(tmp_path: Path, name: str) -> None:
    if name != "none.zip":
        (tmp_path / name).write_text("x" * 100)
    with pytest.raises(RunLogError, match=name) as caught:
        taken_in(f"sqlite:///{tmp_path}/store.db", tmp_path / name)
    assert "\n" not in str(caught.value)
