"""Suites in interpreters that have nothing of this package: real environments, real pytest, real workers."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import Any

import pytest

import pytest_agentgate
from pytest_agentgate.capture import runlog
from pytest_agentgate.errors import UsageError
from pytest_agentgate.runner.interpreter import Interpreter, named
from pytest_agentgate.runner.launch import Ended, run_suite, settings_against

pytestmark = pytest.mark.usefixtures("temporary")

WAYS = [pytest.param([], id="one-process"), pytest.param(["-n", "2"], id="workers")]
TESTS = """
def test_passes(): pass
def test_fails(): assert 1 == 2
def test_misses(): import nowhere
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write(tmp_path / "project", {"pytest.ini": "[pytest]\naddopts = -p no:cacheprovider\n", "test_it.py": TESTS})


@pytest.fixture
def foreign(foreign_environment: Path, tmp_path: Path) -> Interpreter:
    return named(str(foreign_environment), tmp_path)


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(textwrap.dedent(text))
    return folder


def run(interpreter: Interpreter, folder: Path, *arguments: str, **environ: str) -> tuple[Ended, str]:
    """Run a suite; -> how it ended, and what it printed."""
    path = folder.parent / "output.txt"
    inherited = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTEST_DISABLE_PLUGIN_AUTOLOAD")}
    with path.open("wb") as output:
        ended = run_suite(interpreter, arguments, folder=folder, environ={**inherited, **environ}, output=output)
    return ended, path.read_text()


def events(ended: Ended, name: str) -> list[dict[str, Any]]:
    assert ended.log is not None
    return [event for event in runlog.read(ended.log) if event["event"] == name]


def outcomes(ended: Ended) -> dict[str, str]:
    return {event["nodeid"]: event["outcome"] for event in events(ended, "result")}


def kinds(ended: Ended) -> dict[str, str]:
    return {event["nodeid"]: event["kind"] for event in events(ended, "failure")}


def snapshot(folder: Path) -> dict[str, str]:
    """What a folder holds: path -> link or hash."""
    return {
        str(path.relative_to(folder)): str(path.readlink())
        if path.is_symlink()
        else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


EXPECTED = {
    "test_it.py::test_passes": "passed",
    "test_it.py::test_fails": "failed",
    "test_it.py::test_misses": "failed",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_foreign_interpreter_records_as_if_the_plugin_were_there(
    way: list[str], foreign: Interpreter, project: Path
) -> None:
    ended, said = run(foreign, project, *way)
    assert (ended.status, ended.complete, ended.asked_to_stop) == (1, True, False), said
    assert outcomes(ended) == EXPECTED
    assert kinds(ended) == {"test_it.py::test_fails": "assertion", "test_it.py::test_misses": "import"}
    assert all(event["evidence"]["live"] for event in events(ended, "failure"))
    assert "causes" in said
    workers = {event.get("worker", "") for event in events(ended, "result")}
    assert workers <= ({"gw0", "gw1"} if way else {""})


@pytest.mark.parametrize("way", WAYS)
def test_the_environment_and_the_project_stay_as_they_were(
    way: list[str], foreign: Interpreter, foreign_environment: Path, project: Path, temporary: Path
) -> None:
    before = snapshot(foreign_environment)
    ended, _ = run(foreign, project, *way)
    assert ended.complete
    assert snapshot(foreign_environment) == before
    left = {path.name for path in project.iterdir()} - {"__pycache__"}  # pytest's own, not of every version
    assert left == {"pytest.ini", "test_it.py", ".agentgate"}
    assert [path for path in temporary.iterdir() if path.name.startswith("agentgate")] == []


@pytest.mark.parametrize("way", WAYS)
def test_plugins_that_are_not_loaded_by_themselves_make_no_difference(
    way: list[str], foreign: Interpreter, project: Path
) -> None:
    plugins = ["-p", "xdist"] if way else []
    ended, said = run(foreign, project, *plugins, *way, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    assert (ended.status, ended.complete) == (1, True), said
    assert outcomes(ended) == EXPECTED


def test_a_plugin_that_the_environment_names_as_well_is_loaded_once(foreign: Interpreter, project: Path) -> None:
    named = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "xdist.plugin, pytest_agentgate.plugin"}
    ended, said = run(foreign, project, **named)
    assert (ended.status, ended.complete) == (1, True), said
    assert outcomes(ended) == EXPECTED


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("place", ["pytest.ini", "PYTEST_ADDOPTS"])
def test_settings_that_turn_the_plugin_off_are_overruled(
    place: str, way: list[str], foreign: Interpreter, project: Path
) -> None:
    environ = {}
    if place == "pytest.ini":
        (project / place).write_text("[pytest]\naddopts = -p no:cacheprovider -p no:agentgate\n")
    else:
        environ = {place: "-p no:agentgate"}
    assert settings_against(project, environ) == place
    ended, said = run(foreign, project, *way, **environ)
    assert (ended.status, ended.complete) == (1, True), said
    assert outcomes(ended) == EXPECTED


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", '[tool.pytest.ini_options]\naddopts = ["-p", "no:agentgate"]\n'),
        ("pyproject.toml", '[tool.pytest.ini_options]\naddopts = "-pno:agentgate"\n'),
        ("setup.cfg", "[tool:pytest]\naddopts =\n    -p no:pytest_agentgate\n"),
    ],
)
def test_settings_are_found_however_they_are_written(name: str, text: str, tmp_path: Path) -> None:
    assert settings_against(write(tmp_path, {name: text}), {}) == name


def test_other_settings_are_not_against_us(tmp_path: Path) -> None:
    text = "[pytest]\naddopts = -p no:agentgateway -p agentgate\n"
    assert settings_against(write(tmp_path, {"pytest.ini": text}), {"PYTEST_ADDOPTS": "-p no:cacheprovider"}) == ""


@pytest.mark.parametrize("off", [["-p", "no:agentgate"], ["-pno:agentgate"], ["-p", "no:pytest_agentgate"]])
def test_arguments_that_turn_the_plugin_off_are_refused(off: list[str], foreign: Interpreter, project: Path) -> None:
    with pytest.raises(UsageError, match="-p no:agentgate turns off what records the run"):
        run(foreign, project, *off)
    assert not (project / ".agentgate").exists()


@pytest.mark.parametrize("way", WAYS)
def test_a_path_of_the_user_s_own_is_kept(way: list[str], foreign: Interpreter, project: Path, tmp_path: Path) -> None:
    write(tmp_path / "theirs", {"nowhere.py": ""})
    ended, _ = run(foreign, project, *way, PYTHONPATH=str(tmp_path / "theirs"))
    assert outcomes(ended) == {**EXPECTED, "test_it.py::test_misses": "passed"}


@pytest.mark.parametrize("way", WAYS)
def test_names_of_the_project_are_the_project_s(way: list[str], foreign: Interpreter, project: Path) -> None:
    names = (
        "agentgate",
        "capture",
        "config",
        "json_report",
        "model",
        "plugin",
        "recorder",
        "report",
        "runner",
        "store",
    )
    write(project / "src", {f"{name}.py": "MINE = True" for name in names})
    tests = "\n".join(f"def test_{name}():\n    import {name}; assert {name}.MINE" for name in names)
    write(project, {"test_names.py": tests, "conftest.py": f"import {', '.join(names)}"})
    ended, said = run(foreign, project, *way, PYTHONPATH=str(project / "src"))
    assert ended.complete, said
    assert outcomes(ended) == {**EXPECTED, **{f"test_names.py::test_{name}": "passed" for name in names}}


def test_a_project_may_be_what_we_use_ourselves(foreign: Interpreter, project: Path, tmp_path: Path) -> None:
    broken = {
        f"{name}/__init__.py": "raise RuntimeError('half written')" for name in ("click", "rich", "attr", "junitparser")
    }
    write(project / "src", broken)
    write(project, {"test_click.py": "def test_it(): import click"})
    ended, said = run(foreign, project, PYTHONPATH=str(project / "src"))
    assert ended.complete, said
    assert outcomes(ended) == {**EXPECTED, "test_click.py::test_it": "failed"}


def test_a_project_may_be_pluggy(foreign: Interpreter, foreign_environment: Path, project: Path) -> None:
    (packages,) = foreign_environment.glob("lib/python*/site-packages")
    shutil.copytree(packages / "pluggy", project / "src" / "pluggy")
    where = "def test_it():\n    import pluggy; assert pluggy.__file__.startswith({!r})"
    write(project, {"test_pluggy.py": where.format(str(project / "src"))})
    ended, said = run(foreign, project, PYTHONPATH=str(project / "src"))
    assert outcomes(ended) == {**EXPECTED, "test_pluggy.py::test_it": "passed"}, said


@pytest.mark.parametrize("way", WAYS)
def test_paths_may_hold_spaces_and_any_letter(
    way: list[str], foreign_environment: Path, tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = tmp_path / "ein Prüf stand's 试"
    write(odd / "project", {"pytest.ini": "[pytest]\n", "test_it.py": TESTS})
    (odd / "environment").symlink_to(foreign_environment)
    (odd / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(odd / "temporary"))
    ended, said = run(named(str(odd / "environment"), odd / "project"), odd / "project", *way)
    assert ended.log is not None, said
    assert ended.log.is_relative_to(odd / "project")
    assert outcomes(ended) == EXPECTED


@pytest.mark.parametrize("way", WAYS)
def test_another_version_that_is_installed_gives_way(
    way: list[str], foreign_environment: Path, project: Path, tmp_path: Path
) -> None:
    shutil.copytree(foreign_environment, tmp_path / "other", symlinks=True)
    (packages,) = (tmp_path / "other").glob("lib/python*/site-packages")
    write(packages, {
        "pytest_agentgate/__init__.py": "",
        "pytest_agentgate/plugin.py": "raise RuntimeError('the other version')",
        "pytest_agentgate-0.0.1.dist-info/METADATA": "Metadata-Version: 2.1\nName: pytest-agentgate\nVersion: 0.0.1\n",
        "pytest_agentgate-0.0.1.dist-info/entry_points.txt": "[pytest11]\nagentgate = pytest_agentgate.plugin\n",
    })  # fmt: skip
    interpreter = named(str(tmp_path / "other"), project)
    assert interpreter.plugin == "0.0.1"
    ended, said = run(interpreter, project, *way)
    assert outcomes(ended) == EXPECTED, said
    (start,) = events(ended, "run")
    assert f"pytest-agentgate {pytest_agentgate.__version__}" in start["plugins"]


@pytest.mark.parametrize("way", WAYS)
def test_the_same_version_is_used_where_it_is_installed(way: list[str], project: Path) -> None:
    write(
        project,
        {"test_path.py": "def test_it(): import sys; assert not [p for p in sys.path if 'agentgate-run-' in p]"},
    )
    ended, said = run(named(sys.executable, project), project, *way)
    assert outcomes(ended) == {**EXPECTED, "test_path.py::test_it": "passed"}, said


def test_warnings_that_are_errors_find_none_of_ours(foreign: Interpreter, project: Path) -> None:
    ended, said = run(foreign, project, "-W", "error", "-n", "2")
    assert (ended.status, ended.complete) == (1, True), said


@pytest.mark.parametrize(
    ("tests", "status"),
    [("def test_it(): pass", 0), (TESTS, 1), ("def test_it(): raise KeyboardInterrupt", 2), ("", 5)],
)
def test_the_status_is_pytest_s_own(tests: str, status: int, foreign: Interpreter, project: Path) -> None:
    write(project, {"test_it.py": tests})
    assert run(foreign, project)[0].status == status


def test_wrong_usage_leaves_no_record(foreign: Interpreter, project: Path) -> None:
    ended, _ = run(foreign, project, "--no-such-option")
    assert ended == Ended(status=4, log=None, complete=False, asked_to_stop=False)


def test_a_process_that_ends_before_the_plugin_loads_leaves_no_record(foreign: Interpreter, project: Path) -> None:
    site = write(project.parent / "site", {"sitecustomize.py": "import os, sys\nif '-m' in sys.orig_argv: os._exit(0)"})
    ended, _ = run(foreign, project, PYTHONPATH=str(site))
    assert ended == Ended(status=0, log=None, complete=False, asked_to_stop=False)


@pytest.mark.parametrize(("end", "status"), [("os._exit(0)", 0), ("os.kill(os.getpid(), 9)", 137), ("os.abort()", 134)])
def test_what_was_reported_before_a_sudden_end_is_on_record(
    end: str, status: int, foreign: Interpreter, project: Path
) -> None:
    write(project, {"test_it.py": f"import os\ndef test_one(): pass\ndef test_two(): {end}\ndef test_three(): pass"})
    ended, _ = run(foreign, project)
    assert (ended.status, ended.complete) == (status, False)
    assert outcomes(ended) == {"test_it.py::test_one": "passed"}


def test_a_broken_conftest_is_on_record(foreign: Interpreter, project: Path) -> None:
    write(project, {"conftest.py": "import nowhere"})
    ended, _ = run(foreign, project)
    assert (ended.status, ended.complete) == (4, True)
    assert kinds(ended) == {"": "import"}


def test_a_log_is_found_wherever_pytest_takes_its_root_to_be(
    foreign: Interpreter, project: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    ended, said = run(foreign, elsewhere, str(project))
    assert ended.log is not None, said
    assert ended.log.is_relative_to(project)


def test_a_run_within_a_run_is_not_taken_for_it(foreign: Interpreter, project: Path) -> None:
    write(project, {
        "test_it.py": """
            import subprocess, sys
            def test_inner(tmp_path):
                (tmp_path / "pytest.ini").write_text("[pytest]")
                (tmp_path / "test_inner.py").write_text("def test_it(): assert 0")
                assert subprocess.call([sys.executable, "-m", "pytest", "--agentgate"], cwd=tmp_path) == 1
        """,
    })  # fmt: skip
    ended, said = run(foreign, project)
    assert outcomes(ended) == {"test_it.py::test_inner": "passed"}, said
