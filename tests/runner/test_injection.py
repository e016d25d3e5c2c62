"""What a foreign interpreter is lent, and that nothing of it stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from pytest_agentgate.runner.injection import (
    INSIDE,
    OUTSIDE,
    inside_data,
    inside_files,
    is_inside,
    private_folder,
)

VERSION = "1.2.3"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for temporary files in which no other run leaves its own."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize("module", [*INSIDE, *OUTSIDE])
def test_what_is_listed_exists(module: str) -> None:
    assert find_spec(module) is not None


@pytest.mark.parametrize("module", OUTSIDE)
def test_what_is_left_out_would_be_inside_otherwise(module: str) -> None:
    assert any(module.startswith(f"{package}.") for package in INSIDE)


@pytest.mark.parametrize(
    ("module", "inside"),
    [
        ("pytest_agentgate", True),
        ("pytest_agentgate.plugin", True),
        ("pytest_agentgate.capture.facts.pydantic", True),
        ("pytest_agentgate.capture.junit", False),
        ("pytest_agentgate.pluginless", False),
        ("pytest_agentgate.cli", False),
        ("pytest", False),
    ],
)
def test_inside_is_decided_by_whole_names(module: str, inside: bool) -> None:
    assert is_inside(module) is inside


def test_the_folder_holds_every_inside_module_and_no_other() -> None:
    with private_folder() as folder:
        inside = Path(folder.inject(VERSION, {})["PYTHONPATH"])
        held = {path.relative_to(inside).as_posix() for path in inside.rglob("*.py")}
    assert held == {
        (module.replace(".", "/") + ("/__init__.py" if file.name == "__init__.py" else ".py"))
        for module, file in inside_files().items()
    }
    assert not {name for name in held if name.startswith("pytest_agentgate/cli")}


def test_the_folder_holds_what_inside_modules_read_and_no_other_data() -> None:
    with private_folder() as folder:
        inside = Path(folder.inject(VERSION, {})["PYTHONPATH"])
        held = {path.name for path in (inside / "pytest_agentgate").rglob("*") if path.is_file()}
    data = {path.name for path in inside_data()}
    assert {name for name in held if not name.endswith(".py")} == data
    assert {"style.css", "page.js"} <= data
    assert "pyproject.toml" not in data  # of the demo, which runs outside


def test_an_interpreter_without_site_packages_renders_the_page() -> None:
    script = (
        "from pytest_agentgate.model import Run, RunReport, RunStatus, RunSummary\n"
        "from pytest_agentgate.report.html import render\n"
        "print(render(RunReport(RunSummary(Run('run-7', '', RunStatus.COMPLETED)))))"
    )
    with private_folder() as folder:
        environ = folder.inject(VERSION, {**os.environ, "PYTHONPATH": ""})
        said = subprocess.check_output([sys.executable, "-S", "-c", script], env=environ, text=True, cwd=folder.path)
    assert "run-7" in said
    assert said.rstrip().endswith("</html>")


def test_an_interpreter_without_site_packages_finds_the_entry_point() -> None:
    script = (
        "from importlib.metadata import entry_points, version;"
        "(point,) = entry_points(group='pytest11', name='agentgate'); print(version('pytest-agentgate'), point.value)"
    )
    with private_folder() as folder:
        environ = folder.inject(VERSION, {**os.environ, "PYTHONPATH": ""})
        said = subprocess.check_output([sys.executable, "-S", "-c", script], env=environ, text=True)
    assert said.split() == [VERSION, "pytest_agentgate.plugin"]


@pytest.mark.parametrize(("before", "after"), [({}, ""), ({"PYTHONPATH": ""}, ""), ({"PYTHONPATH": "a:b"}, ":a:b")])
def test_what_the_user_has_on_the_path_stays_there(before: dict[str, str], after: str) -> None:
    after = after.replace(":", os.pathsep)
    with private_folder() as folder:
        expected = {"OTHER": "x", "PYTHONPATH": f"{folder.path / 'inside'}{after}"}
        assert folder.inject(VERSION, {**before, "OTHER": "x"}) == expected


def test_the_folder_is_gone_afterwards_whatever_happened(temporary: Path) -> None:
    with pytest.raises(KeyboardInterrupt), private_folder() as folder:
        folder.inject(VERSION, {})
        raise KeyboardInterrupt
    assert list(temporary.iterdir()) == []


def killed_holder(temporary: Path, child: bool = False) -> subprocess.Popen[str]:
    """A process that was killed while it had a private folder; with ``child``, one that it started still needs it."""
    script = f"""
import os, subprocess, sys, tempfile, time
tempfile.tempdir = {str(temporary)!r}
from pytest_agentgate.runner.injection import private_folder
with private_folder() as folder:
    if {child}:
        child = subprocess.Popen([sys.executable, "-c", "input()"], pass_fds=[folder.lock], stdin=sys.stdin, stdout=2)
    print("ready", flush=True)
    time.sleep(600)
"""
    command = [sys.executable, "-c", script]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "ready\n"
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    return holder


def test_what_a_killed_run_left_behind_is_removed_by_the_next(temporary: Path) -> None:
    holder = killed_holder(temporary)
    assert holder.stdin is not None
    holder.stdin.close()
    (left,) = temporary.iterdir()
    with private_folder() as folder:
        assert list(temporary.iterdir()) == [folder.path]
    assert not left.exists()


def test_a_folder_that_a_child_still_needs_is_not(temporary: Path) -> None:
    holder = killed_holder(temporary, child=True)
    (left,) = temporary.iterdir()
    with private_folder():
        assert left.exists()
    assert holder.stdin is not None
    holder.stdin.close()  # lets the child end


def test_two_runs_at_once_leave_each_other_alone(temporary: Path) -> None:
    with private_folder() as one:
        with private_folder() as other:
            assert sorted(temporary.iterdir()) == sorted([one.path, other.path])
        assert list(temporary.iterdir()) == [one.path]


def test_a_folder_that_is_just_being_made_is_not_taken_for_abandoned(temporary: Path) -> None:
    unready = temporary / "agentgate-run-unready"
    unready.mkdir()
    with private_folder():
        assert unready.exists()
    os.utime(unready, (0, 0))
    with private_folder():
        assert not unready.exists()


def test_what_only_looks_like_ours_is_left_alone(temporary: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (temporary / "agentgate-run-link").symlink_to(precious)
    (temporary / "agentgate-run-file").write_text("")
    os.utime(precious, (0, 0))
    with private_folder():
        pass
    assert precious.exists()
    assert len(list(temporary.iterdir())) == 2
