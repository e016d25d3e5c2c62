"""Which Python runs the tests, and what is said about one that cannot."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_agentgate.errors import UsageError
from pytest_agentgate.runner.interpreter import Interpreter, guessed, named

NOWHERE = {"PATH": os.environ.get("PATH", "")}


def program(environment: Path) -> str:
    return str(environment / "bin" / "python")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """An environment that has nothing."""
    place = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    return place


def install(environment: Path, name: str, version: str) -> None:
    """Have an environment claim a distribution."""
    (packages,) = environment.glob("lib/python*/site-packages")
    folder = packages / f"{name.replace('-', '_')}-{version}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


def test_a_path_is_taken_as_it_is(foreign_environment: Path, tmp_path: Path) -> None:
    found = named(program(foreign_environment), tmp_path, NOWHERE)
    assert found == Interpreter(
        path=program(foreign_environment),
        python="{}.{}.{}".format(*sys.version_info[:3]),
        pytest=pytest.__version__,
        plugin="",
    )


def test_an_environment_s_folder_stands_for_its_python(foreign_environment: Path, tmp_path: Path) -> None:
    assert named(str(foreign_environment), tmp_path, NOWHERE).path == program(foreign_environment)


def test_a_relative_path_starts_here_and_not_where_the_tests_are(
    foreign_environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(foreign_environment.parent)
    found = named(str(Path(foreign_environment.name) / "bin" / "python"), tmp_path, NOWHERE)
    assert found.path == program(foreign_environment)


def test_a_command_is_looked_up(foreign_environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(foreign_environment / "bin"), prepend=os.pathsep)
    assert named("python", tmp_path, NOWHERE).path == program(foreign_environment)


def test_the_plugin_s_version_is_told_where_it_is_installed(bare: Path, tmp_path: Path) -> None:
    install(bare, "pytest", "8.1.0")
    install(bare, "pytest-agentgate", "0.0.9")
    assert named(str(bare), tmp_path, NOWHERE).plugin == "0.0.9"


def test_what_an_environment_prints_at_its_start_is_no_answer(bare: Path, tmp_path: Path) -> None:
    install(bare, "pytest", "8.1.0")
    (packages,) = bare.glob("lib/python*/site-packages")
    (packages / "sitecustomize.py").write_text("print('python=2.7 agentgate:nothing', end='')")
    assert named(str(bare), tmp_path, NOWHERE).pytest == "8.1.0"


def test_modules_of_the_project_do_not_shadow_the_standard_library(foreign_environment: Path, tmp_path: Path) -> None:
    (tmp_path / "email.py").write_text("raise SystemExit('shadowed')")
    assert named(str(foreign_environment), tmp_path, NOWHERE).pytest == pytest.__version__


def test_a_pytest_on_the_user_s_path_counts(foreign_environment: Path, bare: Path, tmp_path: Path) -> None:
    (packages,) = foreign_environment.glob("lib/python*/site-packages")
    assert named(str(bare), tmp_path, {**NOWHERE, "PYTHONPATH": str(packages)}).pytest == pytest.__version__


@pytest.mark.parametrize(
    ("version", "said"), [("7.3.2", "has pytest 7.3.2; 7.4 or newer is needed"), ("6", "pytest 6;")]
)
def test_an_old_pytest_is_refused(version: str, said: str, bare: Path, tmp_path: Path) -> None:
    install(bare, "pytest", version)
    with pytest.raises(UsageError, match=said):
        named(str(bare), tmp_path, NOWHERE)


def test_a_missing_pytest_is_told_with_what_to_do(bare: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no pytest; install it there, or name the Python that has it"):
        named(str(bare), tmp_path, NOWHERE)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file; give the path"):
        named(str(tmp_path / "python"), tmp_path, NOWHERE)


def test_a_folder_without_a_python_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a folder without bin/python"):
        named(str(tmp_path), tmp_path, NOWHERE)


def test_what_is_not_executable_is_told(tmp_path: Path) -> None:
    file = tmp_path / "python"
    file.write_text("")
    with pytest.raises(UsageError, match="is not executable"):
        named(str(file), tmp_path, NOWHERE)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("#!/bin/sh\nexit 3\n", "is no Python that works: exit status 3"),
        ("#!/bin/sh\necho 'no such option: -c' >&2; exit 2\n", "is no Python that works: no such option: -c"),
        ("#!/nowhere/python\n", "cannot be started: No such file or directory"),
        ("\x7fELF", "cannot be started: Exec format error"),
    ],
)
def test_what_is_no_python_is_told(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "python"
    file.write_text(text)
    file.chmod(0o755)
    with pytest.raises(UsageError, match=said):
        named(str(file), tmp_path, NOWHERE)


def old_python() -> str | None:
    """A Python that is too old and works, if this machine has one."""
    candidates = [shutil.which(f"python3.{minor}") for minor in (10, 9, 8)]
    candidates += [str(path) for path in Path(sys.base_prefix).parent.glob("3.10.*/bin/python")]
    for candidate in filter(None, candidates):
        if subprocess.run([candidate, "-c", ""], capture_output=True).returncode == 0:
            return candidate
    return None


def test_an_old_python_is_refused(tmp_path: Path) -> None:
    python = old_python()
    if python is None:
        pytest.skip("no Python older than 3.11 here")
    with pytest.raises(UsageError, match=r"is Python 3\.\d+\.\d+; 3\.11 or newer is needed"):
        named(python, tmp_path, NOWHERE)


# ---- nothing named


@pytest.mark.parametrize("name", [".venv", "venv"])
def test_the_project_s_own_environment_comes_first(name: str, foreign_environment: Path, tmp_path: Path) -> None:
    (tmp_path / name).symlink_to(foreign_environment)
    assert guessed(tmp_path, {**NOWHERE, "VIRTUAL_ENV": sys.prefix}).path == program(tmp_path / name)


def test_the_active_environment_is_next(foreign_environment: Path, bare: Path, tmp_path: Path) -> None:
    (tmp_path / ".venv").symlink_to(bare)  # without pytest
    found = guessed(tmp_path, {**NOWHERE, "VIRTUAL_ENV": str(foreign_environment)})
    assert found.path == program(foreign_environment)


def test_the_python_that_runs_this_is_last(tmp_path: Path) -> None:
    found = guessed(tmp_path, {**NOWHERE, "VIRTUAL_ENV": str(tmp_path / "gone")})
    assert found.path == sys.executable


def test_an_old_pytest_of_the_project_is_told_and_not_passed_over(bare: Path, tmp_path: Path) -> None:
    install(bare, "pytest", "6.2.0")
    (tmp_path / ".venv").symlink_to(bare)
    with pytest.raises(UsageError, match=r"has pytest 6\.2\.0"):
        guessed(tmp_path, NOWHERE)
