"""The password of a store on a server: in nothing that is printed, written or shown of a process, whatever happens."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from click.testing import CliRunner

from pytest_agentgate.cli import main

pytestmark = [pytest.mark.engine("postgres"), pytest.mark.usefixtures("quick")]

AGENTGATE = (sys.executable, "-m", "pytest_agentgate")
WRONG = "n0t/th@t:pa%ss wo?rd#&="  # every character that means something in a URL


def forms(password: str) -> set[str]:
    """How a password may be written, whole and the parts that a URL cut wrongly would leave."""
    whole = {password, quote(password, safe=""), quote(password)}
    parts = {part for one in whole for part in re.split(r"[/@:?#]", one) if len(part) > 5}
    return whole | parts


@pytest.fixture
def url(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture
def secrets(url: str) -> set[str]:
    return forms(unquote(url.partition("tester:")[2].rpartition("@")[0])) | forms(WRONG)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(
        '[tool.agentgate]\nstore = "$STORE_URL"\n[[tool.agentgate.phase]]\nname = "all"\n'
        'gates = ["tests.failed == 0"]\n[tool.pytest.ini_options]\naddopts = "-p no:cacheprovider"\n'
    )
    (folder / "test_it.py").write_text(
        "import os, pathlib, time\n"
        "def wait(name):\n"
        "    pathlib.Path(name).touch()\n"
        "    while not pathlib.Path(os.environ.get('LOOKED_AT', '.')).exists(): time.sleep(0.02)\n"
        "def test_passes(): wait('one')\n"
        "def test_fails():\n    wait('other')\n    url = os.environ.get('OTHER', '')\n    assert url == 'x'\n"
    )
    return folder


def environ(url: str, more: Mapping[str, str] | None = None) -> dict[str, str]:
    return {**os.environ, "STORE_URL": url, **(more or {})}


def found(secrets: set[str], text: str) -> list[str]:
    return [secret for secret in secrets if secret in text]


def said(project: Path, url: str, *arguments: str, **more: str) -> str:
    """What a command prints in a process of its own."""
    done = subprocess.run(
        [*AGENTGATE, *arguments], cwd=project, env=environ(url, more), capture_output=True, text=True, timeout=120
    )
    return done.stdout + done.stderr


Told = Callable[..., str]


@pytest.fixture
def told(project: Path, capfd: pytest.CaptureFixture[str]) -> Told:
    """``told(url, *arguments)`` -> what a command prints in this process, which is cheaper, by Python or past it."""

    def told(url: str, *arguments: str) -> str:
        with chdir(project):
            done = CliRunner(env={"STORE_URL": url}).invoke(main, arguments)
        expected = done.exception is None or isinstance(done.exception, SystemExit)
        trace = "" if expected else "".join(traceback.format_exception(done.exception))
        return done.output + "".join(capfd.readouterr()) + trace

    return told


def of_session(leader: int) -> Iterator[str]:
    """The command lines of all processes that somebody started, as everybody on a machine can read them."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if int((entry / "stat").read_text().rpartition(")")[2].split()[3]) == leader:
                yield (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it has ended
            continue


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="where processes are shown otherwise")
def test_no_process_has_it_on_its_command_line_while_a_run_goes_on(project: Path, url: str, secrets: set[str]) -> None:
    process = subprocess.Popen(
        [*AGENTGATE, "run", "--phase", "all", "--", "-n", "2"],
        cwd=project, env=environ(url, {"LOOKED_AT": str(project / "looked-at")}), start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    shown = set[str]()
    while process.poll() is None:
        tests_run = all((project / name).exists() for name in ("one", "other"))
        shown |= set(of_session(process.pid))
        if tests_run:
            (project / "looked-at").touch()
        time.sleep(0.02)
    output = process.communicate(timeout=120)[0]
    assert process.returncode == 10, output
    assert sum("pytest" in line for line in shown) >= 2, shown
    assert found(secrets, "\n".join(shown) + output) == []


def test_nothing_that_is_printed_or_written_has_it(
    project: Path, url: str, secrets: set[str], tmp_path: Path, told: Told
) -> None:
    reports = [f"--report={name}:{tmp_path}/report.{name}" for name in ("json", "html", "md", "junit", "ctrf", "sarif")]
    printed = [said(project, url, "run", "--phase", "all", *reports)]
    printed += [
        told(url, *command.split())
        for command in (
            "runs --json", "triage --json", "status --json", "doctor", "doctor --json", "report --json", "errors",
            "gate all --json", "store check --json", "store upgrade --json", "store prune --keep 1d --json",
            f"store export {tmp_path}/record.jsonl --json", "store import .agentgate/runs",
        )
    ]  # fmt: skip
    assert all("rror" not in line for line in printed[-4:]), printed[-4:]
    for file in (file for file in tmp_path.rglob("*") if file.is_file()):
        assert found(secrets, file.read_bytes().decode(errors="replace")) == [], file
    assert found(secrets, "\n".join(printed)) == []


@pytest.mark.parametrize("command", ["runs", "doctor --json", "store check", "store upgrade", "status --json", "run"])
def test_a_server_that_refuses_or_cannot_be_found_is_told_without_it(
    project: Path, url: str, secrets: set[str], command: str, told: Told
) -> None:
    place = url.rpartition("@")[2]
    wrong = quote(WRONG, safe="")
    for other in (
        f"postgresql://tester:{wrong}@{place}",  # refused
        f"postgresql://tester:{wrong}@127.0.0.1:1/nowhere",  # away
        f"postgresql://tester:{WRONG}@{place}",  # not written as a URL has it
        f"postgresql://tester:{wrong}@{place.partition('/')[0]}/nowhere",
        f"postgresql://{place}?user=tester&password={wrong}",
        f"postgresql://{place}?user=tester&p%61ssword={wrong}",
        f"postgresql://tester:{wrong}@{place}?unknown=1",
    ):
        printed = said(project, other, "run") if command == "run" else told(other, *command.split())
        assert printed.strip()
        assert "Traceback" not in printed
        assert found(secrets, printed) == [], other


CRASH = """
import pytest_agentgate.store.postgres as postgres
def crash(self, *arguments, **more):
    raise RuntimeError("a mistake of ours")
postgres.PostgresDatabase.{method} = crash
"""


@pytest.mark.parametrize("method", ["rows", "transaction", "_settle"])
def test_a_mistake_of_ours_ends_in_a_traceback_without_it(
    project: Path, url: str, secrets: set[str], method: str, tmp_path: Path
) -> None:
    (tmp_path / "crash").mkdir()
    (tmp_path / "crash" / "sitecustomize.py").write_text(CRASH.format(method=method))
    for command in (("runs",), ("doctor",), ("run",)):
        printed = said(project, url, *command, PYTHONPATH=str(tmp_path / "crash"))
        assert found(secrets, printed) == []
    assert "a mistake of ours" in said(project, url, "store", "check", PYTHONPATH=str(tmp_path / "crash"))
