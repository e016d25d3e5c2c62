"""``agentgate run`` as a command: what it says, where its record is, and how it exits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from pytest_agentgate.store import open_store

AGENTGATE = [sys.executable, "-m", "pytest_agentgate"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write(tmp_path / "project", "def test_passes(): pass\ndef test_fails(): assert 1 == 2\n")


def write(folder: Path, tests: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n")
    (folder / "test_it.py").write_text(textwrap.dedent(tests))
    return folder


def agentgate_run(folder: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    return subprocess.run(
        [*AGENTGATE, "run", *words],
        cwd=folder,
        env={**inherited, **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


def recorded(folder: Path, store: str = ".agentgate/agentgate.db") -> Sequence[tuple[str, str, str, int, int]]:
    with open_store(str(folder / store), read_only=True) as opened:
        return [(r.agent, r.task, r.status.value, r.counts.passed, r.counts.failed) for r in opened.runs()]


def test_a_run_is_recorded_with_who_and_why(foreign_environment: Path, project: Path) -> None:
    done = agentgate_run(project, "--python", str(foreign_environment), "--agent", "ada", "--task", "T7", "--", "-q")
    assert done.returncode == 1, done.stderr
    assert "1 failed, 1 passed" in done.stdout
    assert recorded(project) == [("ada", "T7", "completed", 1, 1)]
    (log,) = (project / ".agentgate" / "runs").iterdir()
    assert f"run {log.stem} is in {log}" in done.stderr


def test_the_status_of_a_green_run_is_0(foreign_environment: Path, project: Path) -> None:
    assert agentgate_run(project, "--python", str(foreign_environment), "--", "-k", "passes").returncode == 0


def test_the_interpreter_is_named_where_it_was_guessed(foreign_environment: Path, project: Path) -> None:
    (project / ".venv").symlink_to(foreign_environment)
    done = agentgate_run(project)
    assert f"agentgate: running {project / '.venv/bin/python'}, Python 3" in done.stderr
    assert recorded(project)[0][2] == "completed"


@pytest.mark.parametrize("words", [["--python", "nowhere"], ["--report", "pdf:x"], ["--root", "nowhere"], ["-x"]])
def test_wrong_usage_is_one_line_and_runs_nothing(words: list[str], project: Path) -> None:
    done = agentgate_run(project, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("agentgate: error: ")
    assert done.stderr.count("\n") == 1
    assert not (project / ".agentgate").exists()


def test_the_tests_may_be_elsewhere(foreign_environment: Path, project: Path, tmp_path: Path) -> None:
    words = ["--root", "project", "--python", str(foreign_environment), "--report", "md:here.md"]
    done = agentgate_run(tmp_path, *words)
    assert done.returncode == 1, done.stderr
    assert recorded(project)[0][2] == "completed"
    assert "test_fails" in (tmp_path / "here.md").read_text()


def test_another_store_can_be_named(foreign_environment: Path, project: Path) -> None:
    agentgate_run(project, "--python", str(foreign_environment), "--store", "one.db")
    agentgate_run(project, "--python", str(foreign_environment), "--", "--agentgate-store", "sqlite:///two.db")
    assert [len(recorded(project, "one.db")), len(recorded(project, "two.db"))] == [1, 2]  # the second reads all logs
    assert not (project / ".agentgate" / "agentgate.db").exists()


def test_a_quiet_run_says_what_went_wrong_only(foreign_environment: Path, project: Path) -> None:
    done = agentgate_run(project, "--python", str(foreign_environment), "--output", "quiet", "--", "-q")
    assert done.stderr == ""
    assert done.stdout.count("agentgate:") == 1


def test_a_run_that_was_cut_off_is_shown_and_reported_all_the_same(foreign_environment: Path, project: Path) -> None:
    write(project, "import os\ndef test_one(): assert 0\ndef test_two(): os._exit(0)\n")
    done = agentgate_run(project, "--python", str(foreign_environment), "--report", "json:report.json")
    assert done.returncode == 12
    assert "ended with status 0 before the run was over; the rest is unknown" in done.stderr
    assert "test_one" in done.stdout
    assert recorded(project)[0][2:] == ("interrupted", 0, 1)
    assert '"interrupted"' in (project / "report.json").read_text()


def test_no_record_is_told_and_never_a_success(foreign_environment: Path, project: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os, sys\nif 'pytest' in sys.orig_argv: os._exit(0)")
    done = agentgate_run(project, "--python", str(foreign_environment), PYTHONPATH=str(tmp_path))
    assert done.returncode == 12
    assert "no record: the tests' process ended with status 0 before the plugin could write one" in done.stderr


def test_a_wrong_configuration_is_told_once(foreign_environment: Path, project: Path) -> None:
    (project / "agentgate.toml").write_text('[services.db]\nkindd = "postgres"\n')
    done = agentgate_run(project, "--python", str(foreign_environment), "--output", "quiet")
    assert done.returncode == 4
    [line] = [one for one in (done.stdout + done.stderr).splitlines() if one]
    assert line.endswith("agentgate.toml: tool.agentgate.services.db: no key 'kindd'; did you mean 'kind'?")


def test_what_only_tells_something_needs_no_record(foreign_environment: Path, project: Path) -> None:
    done = agentgate_run(project, "--python", str(foreign_environment), "--", "--collect-only", "-q")
    assert (done.returncode, "no record" in done.stderr) == (0, False)
    assert "test_it.py::test_passes" in done.stdout


def test_settings_that_turn_the_plugin_off_are_named(foreign_environment: Path, project: Path) -> None:
    (project / "pytest.ini").write_text("[pytest]\naddopts = -p no:agentgate\n")
    done = agentgate_run(project, "--python", str(foreign_environment))
    assert "pytest.ini turns the plugin off (-p no:agentgate); this run turns it on" in done.stderr
    assert recorded(project)[0][2] == "completed"


def has_passed(folder: Path, test: str) -> bool:
    """Whether the log of the run that goes on says so."""
    logs = (folder / ".agentgate" / "runs").glob("*.jsonl")
    return any(test in line and '"passed"' in line for log in logs for line in log.read_text().splitlines())


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_asked_to_stop_writes_its_end(
    number: signal.Signals, workers: str, foreign_environment: Path, project: Path
) -> None:
    write(project, """
        import pathlib, time
        import pytest
        @pytest.fixture
        def tidy():
            yield
            pathlib.Path("tidied").touch()
        def test_one(): pass
        def test_two(tidy):
            pathlib.Path("ready").touch()
            time.sleep(600)
        """)  # fmt: skip
    command = [*AGENTGATE, "run", "--python", str(foreign_environment), "--", "-n", workers]
    process = subprocess.Popen(command, cwd=project, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        while not ((project / "ready").exists() and has_passed(project, "test_one")):
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(number)
        _, said = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 2, said
    assert recorded(project)[0][2:] == ("interrupted", 1, 0)
    assert "before the run was over" not in said  # it came to its end, asked to
    assert (project / "tidied").exists() or workers != "0"


def test_nothing_of_ours_is_loaded_where_it_would_shadow_the_project(foreign_environment: Path, project: Path) -> None:
    write(project, "import importlib.util\ndef test_it():\n    assert importlib.util.find_spec('click') is None\n")
    assert agentgate_run(project, "--python", str(foreign_environment)).returncode == 0


@pytest.mark.parametrize("place", ["src", "."])
def test_a_project_that_is_click_itself_runs_with_its_own_and_we_with_ours(
    place: str, foreign_environment: Path, project: Path
) -> None:
    for name in ("click", "rich"):
        folder = project / place / name
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text("THEIRS = True\n")
    (project / "test_it.py").write_text("import click, rich\ndef test_it(): assert click.THEIRS and rich.THEIRS\n")
    done = agentgate_run(project, "--python", str(foreign_environment), PYTHONPATH=place)
    assert done.returncode == 0, done.stderr
    assert recorded(project) == [(recorded(project)[0][0], "", "completed", 1, 0)]


def test_a_store_that_cannot_be_used_costs_neither_the_status_nor_the_reports(
    foreign_environment: Path, project: Path
) -> None:
    (project / "foreign.db").write_text("something else")
    words = ["--store", "foreign.db", "--report", "md:report.md", "--python", str(foreign_environment)]
    done = agentgate_run(project, *words)
    assert done.returncode == 1
    assert "foreign.db" in done.stderr
    assert "test_fails" in (project / "report.md").read_text()
    assert (project / "foreign.db").read_text() == "something else"


def test_a_report_that_cannot_be_written_is_told(foreign_environment: Path, project: Path) -> None:
    done = agentgate_run(project, "--report", "md:test_it.py/report.md", "--python", str(foreign_environment))
    assert done.returncode == 1
    assert "cannot write the report" in done.stderr
