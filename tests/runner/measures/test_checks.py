"""The project's own checks, run for real."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_agentgate.config import find_project
from pytest_agentgate.model.judgement import Item, Measure
from pytest_agentgate.runner.measures import Scene, Wanted, measure

Measured = Callable[..., Measure]

BEGAN = "2026-01-31T12:00:00.000000+00:00"
PYTHON = shlex.quote(sys.executable)


@pytest.fixture
def check(folder: Path, measured: Measured) -> Callable[..., Measure]:
    """``check(command, more)``: what a check of this command comes to."""

    def one(command: str, more: str = "") -> Measure:
        (folder / "agentgate.toml").write_text(f"[check]\nit = {{ command = {json.dumps(command)}{more} }}\n")
        return measured("check.it", BEGAN, pattern="check.<name>", arguments=("it",))

    return one


def python(program: str) -> str:
    return f"{PYTHON} -c {shlex.quote(program)}"


def test_mypy_is_measured_by_its_exit_status(folder: Path, check: Callable[..., Measure]) -> None:
    (folder / "good.py").write_text("x: int = 1\n")
    (folder / "bad.py").write_text("x: int = 'a'\n")
    assert check("mypy good.py").value == 0
    wrong = check("mypy --no-color-output bad.py")
    assert wrong.value == 1
    assert "Incompatible types in assignment" in wrong.items[0].name
    assert wrong.items[-1] == Item("Found 1 error in 1 file (checked 1 source file)")
    assert wrong.raw == ".agentgate/checks/R1-it.txt"
    assert (folder / wrong.raw).read_text().startswith("bad.py:1: error:")
    assert wrong.command == "mypy --no-color-output bad.py"


def test_ruff_is_measured_by_its_exit_status(folder: Path, check: Callable[..., Measure]) -> None:
    (folder / "bad.py").write_text("import os\n")
    assert check("ruff check --isolated --no-cache bad.py").value == 1
    (folder / "bad.py").write_text("")
    clean = check("ruff check --isolated --no-cache bad.py")
    assert (clean.value, clean.items) == (0, ())


def test_a_check_runs_in_the_root_of_the_project(
    folder: Path, check: Callable[..., Measure], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert check(python("import os; print(os.getcwd()); raise SystemExit(3)")).items == (Item(str(folder)),)


def test_no_shell_reads_a_check(folder: Path, check: Callable[..., Measure]) -> None:
    assert check(f"{python('import sys; print(sys.argv[1:]); raise SystemExit(1)')} '$HOME' ; '*'").items == (
        Item("['$HOME', ';', '*']"),
    )


def test_the_last_lines_are_told_without_colours_and_all_is_kept(folder: Path, check: Callable[..., Measure]) -> None:
    noisy = "print(*(f'\\x1b[31mline {n}\\x1b[0m' for n in range(30000)), sep='\\n'); raise SystemExit(1)"
    found = check(python(noisy))
    assert [item.name for item in found.items] == [f"line {n}" for n in range(29990, 30000)]
    assert len((folder / found.raw).read_text().splitlines()) == 30000


def test_a_check_that_is_not_there_is_not_measured(check: Callable[..., Measure]) -> None:
    found = check("no-such-linter src")
    assert (found.value, found.why) == (None, "no-such-linter is not installed, or not on PATH")
    assert found.command == "no-such-linter src"


def test_a_program_of_the_project_may_be_named_by_its_path(folder: Path, check: Callable[..., Measure]) -> None:
    (folder / "tools").mkdir()
    script = folder / "tools" / "check"
    script.write_text(f"#!{sys.executable}\nraise SystemExit(7)\n")
    assert check("tools/check").value is None  # it is not executable
    script.chmod(0o755)
    assert check("tools/check").value == 7
    assert check("./tools/check").value == 7


def test_the_projects_own_environment_comes_first(folder: Path, check: Callable[..., Measure]) -> None:
    place = folder / ".venv" / "bin"
    place.mkdir(parents=True)
    (place / "mypy").write_text(f"#!{sys.executable}\nprint('its own')\nraise SystemExit(1)\n")
    (place / "mypy").chmod(0o755)
    assert check("mypy").items == (Item("its own"),)


def test_a_check_that_takes_too_long_is_ended_with_all_that_it_started(
    folder: Path, check: Callable[..., Measure], monkeypatch: pytest.MonkeyPatch
) -> None:
    child = "import time; open('child','w').write(str(__import__('os').getpid())); time.sleep(600)"
    parent = f"import subprocess, sys; print('begun', flush=True); subprocess.run([sys.executable, '-c', {child!r}])"
    pid = folder / "child"
    wait = subprocess.Popen.wait

    def once_there_is_a_child(process: subprocess.Popen[bytes], timeout: float | None = None) -> int:
        _until(lambda: pid.exists() and pid.read_text() != "")
        return wait(process, timeout)

    monkeypatch.setattr(subprocess.Popen, "wait", once_there_is_a_child)
    found = check(python(parent), ", timeout = 0.2")
    assert found.value is None
    assert found.why.endswith("did not end within 0.2 s")
    assert (folder / found.raw).read_text() == "begun\n"
    _until(lambda: not _lives(int(pid.read_text())))


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # gone before it was opened, or before it was read
        return False


def test_a_check_that_was_killed_is_not_measured(check: Callable[..., Measure]) -> None:
    found = check(python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"))
    assert found.value is None
    assert found.why.endswith("was killed by signal 9")


def test_a_check_reads_nothing_from_the_terminal(check: Callable[..., Measure]) -> None:
    assert check(python("raise SystemExit(len(input('sure? ')))")).value == 1  # EOFError


def test_a_check_runs_once_for_several_conditions(
    folder: Path,
) -> None:
    (folder / "agentgate.toml").write_text(
        f"[check]\nit = {json.dumps(python('open(chr(97), chr(97)).write(chr(97))'))}\n"
    )
    told: list[tuple[int, int]] = []
    names = ("check.it", "check.nope")
    wanted = [Wanted(name, "check.<name>", (name.partition(".")[2],)) for name in (*names, "check.it")]
    found = measure(wanted, Scene(find_project(folder), "", BEGAN), lambda *each: told.append(each))
    assert (folder / "a").read_text() == "a"
    assert found["check.it"].raw == ".agentgate/checks/junit-it.txt"
    assert found["check.nope"].why == "no check 'nope' in [tool.agentgate.check]; those there are: it"
    assert told == [(0, 2), (1, 2)]


def test_services_are_not_measured_where_none_is_configured(measured: Measured) -> None:
    found = measured("services.ready", BEGAN)
    assert (found.value, found.why) == (None, "no [tool.agentgate.services.NAME] is configured")


def test_where_nothing_can_be_kept_a_check_is_not_measured(folder: Path, check: Callable[..., Measure]) -> None:
    (folder / ".agentgate").mkdir()
    (folder / ".agentgate" / "checks").write_text("in the way")
    found = check(python("pass"))
    assert found.value is None
    assert found.why.startswith(f"{os.fspath(sys.executable)} cannot be run: ")
