"""``agentgate store`` as commands: what they say, write and refuse, and how they exit."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote

import pytest
from tests.cli.conftest import write_log

from pytest_agentgate.store import open_store, schema

Agentgate = Callable[..., subprocess.CompletedProcess[str]]

SCHEMAS = Path(__file__).parents[1] / "store" / "schemas"
OLD = "20260131T120000-00c0ffee"  # the run of every frozen store


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    for number in (1, 2):
        write_log(folder, f"run-{number}", number)
    return folder


def runs(url: str) -> list[str]:
    with open_store(url) as store:
        return [run.id for run in store.runs()]


def test_a_copy_on_the_way_to_a_server_and_back(agentgate: Agentgate, project: Path, tmp_path: Path) -> None:
    assert agentgate("runs", cwd=project).returncode == 0
    done = agentgate("store", "copy", ".agentgate/agentgate.db", "second.db", "--json", cwd=project)
    first = json.loads(done.stdout)
    assert {one["table"]: one["rows"] for one in first}["run"] == 2
    done = agentgate("store", "copy", "second.db", "third.db", cwd=project)
    assert "copied, read back and compared" in done.stderr
    assert runs(f"sqlite:///{project}/third.db") == ["run-2", "run-1"]
    again = agentgate("store", "copy", "second.db", "third.db", cwd=project)
    assert (again.returncode, again.stdout) == (2, "")
    assert "has content already" in again.stderr
    assert again.stderr.count("\n") == 1


@pytest.mark.engine("postgres")
def test_a_store_moves_to_a_server_and_back(
    agentgate: Agentgate, project: Path, new_database: Callable[[], str]
) -> None:
    url = new_database()
    head, _, place = url.rpartition("@")
    password = unquote(head.rpartition(":")[2])
    named = f"postgresql://tester@{place}"
    agentgate("runs", cwd=project)
    refused = agentgate("store", "copy", ".agentgate/agentgate.db", url, cwd=project)
    assert refused.returncode == 2
    assert "no place for a password" in refused.stderr
    for source, target in ((".agentgate/agentgate.db", named), (named, "back.db")):
        done = agentgate("store", "copy", source, target, cwd=project, PGPASSWORD=password)
        assert done.returncode == 0, done.stderr
        assert password not in done.stdout + done.stderr
    assert runs(f"sqlite:///{project}/back.db") == ["run-2", "run-1"] == runs(url)
    checked = agentgate("store", "check", "--store", named, cwd=project, PGPASSWORD=password)
    assert (checked.returncode, checked.stdout) == (0, f"{named}: nothing is wrong\n")


def test_an_old_store_is_upgraded(agentgate: Agentgate, tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript((SCHEMAS / "1.sql").read_text())
    newest = len(schema.MIGRATIONS)
    for before in (1, newest):
        told = json.loads(agentgate("store", "upgrade", "--store", str(path), "--json", cwd=tmp_path).stdout)
        assert told == {"store": str(path), "before": before, "after": newest}
    assert "the newest" in agentgate("store", "upgrade", "--store", str(path), cwd=tmp_path).stdout
    assert runs(str(path)) == [OLD]


def test_a_check_says_what_is_wrong_and_exits_with_1(agentgate: Agentgate, project: Path) -> None:
    done = agentgate("store", "check", cwd=project)
    assert (done.returncode, done.stdout) == (0, f"{project / '.agentgate' / 'agentgate.db'}: nothing is wrong\n")
    with closing(sqlite3.connect(project / ".agentgate" / "agentgate.db")) as database:
        database.execute("DELETE FROM result")
        database.commit()
    done = agentgate("store", "check", "--json", cwd=project)
    assert done.returncode == 1
    assert "run run-1: counts 1 tests, and has 0 results" in json.loads(done.stdout)["problems"]


def test_an_export_is_imported_elsewhere(agentgate: Agentgate, project: Path, tmp_path: Path) -> None:
    assert agentgate("store", "export", "record.jsonl", cwd=project).returncode == 0
    assert {file.name for file in project.iterdir()} == {".agentgate", "record.jsonl"}
    done = agentgate("store", "import", "record.jsonl", "--store", "other.db", cwd=project)
    assert done.returncode == 0, done.stderr
    assert runs(str(project / "other.db")) == ["run-2", "run-1"]


def test_logs_of_an_artifact_are_imported_once(agentgate: Agentgate, project: Path, tmp_path: Path) -> None:
    log = write_log(tmp_path / "ci", "run-3", 3)
    with zipfile.ZipFile(tmp_path / "artifact.zip", "w") as archive:
        archive.write(log, "runs/run-3.jsonl")
    for new in (1, 0):
        done = agentgate("store", "import", str(tmp_path / "artifact.zip"), str(log), "--json", cwd=project)
        assert json.loads(done.stdout) == {"logs": new, "runs": new, "results": new, "failures": 0, "problems": []}
    assert [run["id"] for run in json.loads(agentgate("runs", "--json", cwd=project).stdout)] == [
        "run-3", "run-2", "run-1",
    ]  # fmt: skip
    missing = agentgate("store", "import", "nowhere.zip", cwd=project)
    assert (missing.returncode, missing.stderr) == (2, "agentgate: error: nowhere.zip: is not there\n")


def test_a_path_that_cannot_be_read_does_not_keep_the_others_and_is_told_at_the_end(
    agentgate: Agentgate, project: Path, tmp_path: Path
) -> None:
    log = write_log(tmp_path / "ci", "run-3", 3)
    (tmp_path / "damaged.zip").write_bytes(b"PK")
    done = agentgate("store", "import", str(tmp_path / "damaged.zip"), "none", str(log), "--json", cwd=project)
    told = json.loads(done.stdout)
    assert (done.returncode, told["runs"], told["problems"]) == (2, 1, ["none: is not there"])
    assert done.stderr.splitlines()[-1].startswith(f"agentgate: error: {tmp_path / 'damaged.zip'}: cannot be unpacked")


def test_an_export_among_other_paths_is_refused_before_anything_is_read(agentgate: Agentgate, project: Path) -> None:
    agentgate("store", "export", "record.jsonl", cwd=project)
    done = agentgate("store", "import", ".agentgate/runs", "record.jsonl", "--store", "other.db", cwd=project)
    assert (done.returncode, done.stderr) == (
        2,
        "agentgate: error: record.jsonl: an export makes a whole store, and is imported by itself\n",
    )
    assert not (project / "other.db").exists()


def test_an_export_that_cannot_be_written_leaves_what_was_there(agentgate: Agentgate, project: Path) -> None:
    missing = agentgate("store", "export", "nowhere/record.jsonl", cwd=project)
    assert (missing.returncode, missing.stderr.count("\n")) == (2, 1)
    (project / "record.jsonl").write_text("an earlier one")
    (project / ".agentgate" / "agentgate.db").write_bytes(b"damaged")
    assert agentgate("store", "export", "record.jsonl", cwd=project).returncode == 2
    assert (project / "record.jsonl").read_text() == "an earlier one"
    assert {file.name for file in project.iterdir()} == {".agentgate", "record.jsonl"}


def test_an_export_goes_through_a_pipe_and_a_link_and_leaves_both(agentgate: Agentgate, project: Path) -> None:
    agentgate("store", "export", "record.jsonl", cwd=project)
    whole = (project / "record.jsonl").read_bytes()
    os.mkfifo(project / "pipe")
    reader = os.open(project / "pipe", os.O_RDONLY | os.O_NONBLOCK)  # the pipe holds more than this export has
    try:
        done = agentgate("store", "export", "pipe", cwd=project)
        assert done.returncode == 0, done.stderr
        assert os.read(reader, 2 * len(whole)) == whole
    finally:
        os.close(reader)
    (project / "link").symlink_to("target.jsonl")
    assert agentgate("store", "export", "link", cwd=project).returncode == 0
    assert (project / "link").is_symlink()
    assert (project / "target.jsonl").read_bytes() == whole


def test_two_may_export_to_one_path(project: Path, agentgate: Agentgate) -> None:
    agentgate("runs", cwd=project)
    command = [sys.executable, "-m", "pytest_agentgate", "store", "export", "record.jsonl"]
    both = [subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    assert [process.communicate(timeout=120)[1].count(b"rror") for process in both] == [0, 0]
    assert [process.returncode for process in both] == [0, 0]
    assert {file.name for file in project.iterdir()} == {".agentgate", "record.jsonl"}
    assert agentgate("store", "import", "record.jsonl", "--store", "other.db", cwd=project).returncode == 0


def test_pruning_says_first_and_then_does(agentgate: Agentgate, project: Path) -> None:
    tried = agentgate("store", "prune", "--keep", "1h", "--dry-run", cwd=project)
    assert tried.stdout.startswith("2 runs, 0 judgements and 0 repairs from before ")
    assert json.loads(agentgate("store", "prune", "--keep", "1h", "--json", cwd=project).stdout)["runs"] == 2
    assert json.loads(agentgate("runs", "--json", cwd=project).stdout) == []
    wrong = agentgate("store", "prune", "--keep", "90", cwd=project)
    assert (wrong.returncode, "--keep '90'" in wrong.stderr) == (2, True)


@pytest.mark.parametrize("command", ["check", "prune --keep 1d", "export x.jsonl", "upgrade"])
def test_a_store_that_is_not_there_is_named_and_not_made(agentgate: Agentgate, tmp_path: Path, command: str) -> None:
    done = agentgate("store", *command.split(), "--store", "none.db", cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "none.db: there is no store" in done.stderr
    assert list(tmp_path.iterdir()) == []
