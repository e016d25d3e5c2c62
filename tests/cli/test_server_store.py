"""A project whose store is on a server: what runs and what reads, with the server there and away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_agentgate.store import open_store

pytestmark = [pytest.mark.engine("postgres"), pytest.mark.usefixtures("quick")]

AGENTGATE = [sys.executable, "-m", "pytest_agentgate"]
AWAY = "postgresql://tester:s3cret@127.0.0.1:1/nowhere"


@pytest.fixture
def url(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.agentgate]\nstore = "$STORE_URL"\n[[tool.agentgate.phase]]\nname = "all"\n'
        'gates = ["tests.failed <= 1"]\n[tool.pytest.ini_options]\naddopts = "-p no:cacheprovider"\n'
    )
    (tmp_path / "test_it.py").write_text("def test_passes(): pass\ndef test_fails(): assert 1 == 2\n")
    return tmp_path


def started(project: Path, url: str, *command: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "STORE_URL": url}
    done = subprocess.run(command, cwd=project, env=environ, capture_output=True, text=True, timeout=120)
    for secret in ("s3cret", "p%2Fw%40of%3Aall%2Btests", "p/w@of:all+tests"):
        assert secret not in done.stdout + done.stderr
    return done


def runs(url: str) -> list[str]:
    with open_store(url) as store:
        return [run.id for run in store.runs()]


def logs(project: Path) -> list[str]:
    return sorted(log.stem for log in (project / ".agentgate" / "runs").iterdir())


def test_plain_pytest_knows_its_history_from_the_local_index_and_a_command_tells_the_server(
    project: Path, url: str
) -> None:
    for status in ("new", "known"):
        done = started(project, url, sys.executable, "-m", "pytest", "--agentgate")
        assert done.returncode == 1
        assert status in done.stdout
        assert "\nagentgate: " not in f"\n{done.stdout}\n{done.stderr}"
    assert len(runs(f"sqlite:///{project}/.agentgate/agentgate.db")) == 2
    told = json.loads(started(project, url, *AGENTGATE, "runs", "--json").stdout)
    assert sorted(run["id"] for run in told) == sorted(runs(url)) == logs(project)


def test_a_supervised_run_is_on_the_server_when_it_is_over(project: Path, url: str) -> None:
    done = started(project, url, *AGENTGATE, "run")
    assert done.returncode == 1, done.stderr
    assert runs(url) == logs(project)
    done = started(project, url, *AGENTGATE, "run", "--phase", "all")
    assert done.returncode == 0, done.stderr
    with open_store(url) as store:
        assert store.judgement() is not None


@pytest.mark.parametrize(("words", "status"), [((), 1), (("--phase", "all"), 0)])
def test_while_the_server_is_away_a_run_ends_as_it_would_and_is_taken_in_later(
    project: Path, url: str, words: tuple[str, ...], status: int
) -> None:
    done = started(project, AWAY, *AGENTGATE, "run", *words)
    assert done.returncode == status, done.stderr
    (line,) = (line for line in done.stderr.splitlines() if "127.0.0.1" in line)
    assert "no connection" in line
    assert "this run is in the local index" in line
    failed = started(project, AWAY, *AGENTGATE, "runs")
    assert failed.returncode == 2
    assert failed.stderr.count("\n") == 1
    assert failed.stderr.startswith("agentgate: error: postgresql://tester:***@127.0.0.1:1/nowhere: no connection")
    assert started(project, url, *AGENTGATE, "runs").returncode == 0
    assert runs(url) == [log for log in logs(project) if "judgement" not in log]


def test_the_doctor_says_whether_the_server_can_be_reached(project: Path, url: str) -> None:
    def record(url: str) -> list[dict[str, Any]]:
        told = json.loads(started(project, url, *AGENTGATE, "doctor", "--json").stdout)
        return [one for one in told["symptoms"] if "postgresql" in one["what"]]

    (away,) = record(AWAY)
    assert (away["health"], "nothing is lost" in away["advice"]) == ("wrong", True)
    (new,) = record(url)
    assert (new["health"], new["advice"]) == ("warn", "agentgate runs makes it")
    started(project, url, *AGENTGATE, "run")
    (there,) = record(url)
    assert (there["health"], "has 1 run" in there["what"]) == ("ok", True)


@pytest.mark.parametrize(
    "command",
    [
        (*AGENTGATE, "runs", "--store", AWAY),
        (*AGENTGATE, "run", "--store", AWAY),
        (sys.executable, "-m", "pytest", "--agentgate", f"--agentgate-store={AWAY}"),
    ],
    ids=["runs", "run", "pytest"],
)
def test_a_password_on_a_command_line_is_refused(project: Path, command: tuple[str, ...]) -> None:
    done = started(project, "x.db", *command)
    assert done.returncode in (2, 4)
    assert "a command line is no place for a password" in done.stderr
    assert not (project / ".agentgate").exists()


def test_no_log_of_a_run_has_the_password(project: Path, url: str) -> None:
    started(project, url, *AGENTGATE, "run", "--phase", "all", "--report", "json:r.json", "--report", "html:r.html")
    for file in (file for file in project.rglob("*") if file.is_file()):
        assert b"of%3Aall%2Btests" not in file.read_bytes(), file
        assert b"w@of:all+tests" not in file.read_bytes(), file


def test_a_variable_names_the_store_on_a_command_line_and_its_value_comes_onto_none(project: Path, url: str) -> None:
    (project / "pyproject.toml").write_text("[tool.agentgate]\n")
    ran = started(project, url, *AGENTGATE, "run", "--store", "$STORE_URL", "--", "-p", "no:cacheprovider")
    assert ran.returncode == 1, ran.stderr
    assert runs(url) == logs(project)
    shown = started(project, url, *AGENTGATE, "runs", "--store", "$STORE_URL", "--json")
    assert [run["id"] for run in json.loads(shown.stdout)] == logs(project)
    copied = started(project, url, *AGENTGATE, "store", "copy", "$STORE_URL", "copy.db")
    assert copied.returncode == 0, copied.stderr
    assert runs(str(project / "copy.db")) == logs(project)
    log = (project / ".agentgate" / "runs" / f"{logs(project)[0]}.jsonl").read_text()
    assert "--agentgate-store=$STORE_URL" in log
    assert url.rpartition("@")[0].rpartition(":")[2] not in log


def test_an_approval_is_recorded_while_the_server_is_away_and_taken_in_later(project: Path, url: str) -> None:
    for command in (("init", "-q"), ("add", "."), ("commit", "-qm", "all")):
        author = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
        subprocess.run(["git", *author, *command], cwd=project, check=True, timeout=120)
    done = started(project, AWAY, *AGENTGATE, "approve", "all", "--reason", "read it")
    assert (done.returncode, done.stderr.count("\n")) == (0, 1), done.stderr
    assert "no connection" in done.stderr
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=project, text=True, timeout=120).strip()
    assert started(project, url, *AGENTGATE, "runs").returncode == 0
    with open_store(url) as store:
        assert [one.phase for one in store.approvals(commit)] == ["all"]
