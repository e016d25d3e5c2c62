"""A day's work with a store on a server, command by command, next to the same with a store in a file."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from pytest_agentgate.cli import main

pytestmark = pytest.mark.engine("postgres")

AGENTGATE = (sys.executable, "-m", "pytest_agentgate")
SECRETS = ("p%2Fw%40of%3Aall%2Btests", "p/w@of:all+tests")

CONFIGURATION = """
[tool.agentgate]
store = "$STORE_URL"
[[tool.agentgate.phase]]
name = "imports"
gates = ["failures.import == 0"]
[[tool.agentgate.phase]]
name = "all"
needs = ["imports"]
gates = ["tests.failed == 0 on new", "approval.imports == true"]
[tool.pytest.ini_options]
addopts = "-p no:cacheprovider"
"""
BEFORE = """
import pytest
@pytest.mark.parametrize("n", ["a|b", "\\u00e4", "\\x1b[31m"])
def test_n(n): assert n == "x"
def test_passes(record_property): record_property("latency", 1.5)
def test_raises(): raise ConnectionRefusedError(111, "Connection refused")
@pytest.mark.skip(reason="later")
def test_later(): pass
def test_warns():
    import warnings
    warnings.warn("old")
"""
AFTER = BEFORE.replace('raise ConnectionRefusedError(111, "Connection refused")', "pass").replace(
    '.mark.skip(reason="later")', '.mark.xfail(reason="soon")'
)


@dataclass
class Place:
    """A project, and the URL of the store that it names by a variable."""

    root: Path
    url: str

    def says(self, *arguments: str, status: int = 0) -> str:
        """What ``agentgate`` prints in this project, the place of its store apart."""
        done = subprocess.run(
            [*AGENTGATE, *arguments],
            cwd=self.root,
            env={**os.environ, "STORE_URL": self.url, "CI": "1"},
            capture_output=True,
            text=True,
            timeout=120,
        )
        return self._of_any_place(done.stdout + done.stderr, done.returncode, status)

    def tells(self, *arguments: str, status: int = 0) -> str:
        """The same in this process, which is cheaper by the start of one; for what runs no tests."""
        with chdir(self.root):
            done = CliRunner(env={"STORE_URL": self.url, "CI": "1"}).invoke(main, arguments)
        return self._of_any_place(done.output, done.exit_code, status)

    def _of_any_place(self, said: str, ended: int, status: int) -> str:
        assert ended == status, said
        assert not any(secret in said for secret in SECRETS)
        place = re.sub(r"^sqlite:///|(?<=tester:)[^@]*", lambda match: "***" if match[0][0] != "s" else "", self.url)
        return said.replace(place, "STORE").replace(str(self.root), "ROOT")


def made(folder: Path) -> Path:
    folder.mkdir()
    (folder / "pyproject.toml").write_text(CONFIGURATION)
    (folder / ".gitignore").write_text(".agentgate/\n__pycache__/\n")
    (folder / "test_it.py").write_text(BEFORE)
    for command in (("init", "-q", "-b", "main"), ("add", "."), ("commit", "-qm", "before")):
        dates = {"GIT_AUTHOR_DATE": "2026-01-31T12:00:00", "GIT_COMMITTER_DATE": "2026-01-31T12:00:00"}
        subprocess.run(["git", *command], cwd=folder, env={**os.environ, **dates}, check=True)
    return folder


def unhurried(said: str) -> str:
    """What was said without the ids, times and durations, which are those of one run only."""
    said = re.sub(r"\d{8}T\d{6}(\.\d+)?-[0-9a-f]+(\.judgement-[0-9a-f]+)?", "ID", said)
    said = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(\+00:00)?|\d\d:\d\d:\d\d", "TIME", said)
    return re.sub(r"\d+\.\d+ ?s\b|\d+ ms\b|\"(duration|seconds)\": [\d.e-]+", "LONG", said)


@pytest.fixture
def server(tmp_path: Path, new_database: Callable[[], str]) -> Place:
    return Place(made(tmp_path / "on-server"), new_database())


@pytest.fixture
def file(tmp_path: Path) -> Place:
    return Place(made(tmp_path / "in-file"), f"sqlite:///{tmp_path}/store.db")


READING = (
    ("runs",), ("runs", "--json"), ("triage",), ("triage", "--json"), ("errors",), ("errors", "--all"),
    ("errors", "--all", "--json"), ("report", "-vv"), ("report", "--json"),
    *(("report", "--format", name) for name in ("agent", "md", "html", "junit", "ctrf", "sarif", "github")),
)  # fmt: skip


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["serial", "xdist"])
def test_a_day_with_a_store_on_a_server_is_one_with_a_store_in_a_file(
    server: Place, file: Place, workers: tuple[str, ...], tmp_path: Path
) -> None:
    def alike(*arguments: str, status: int = 0) -> str:
        """Have both projects do the same, and say the same but for what differs from run to run."""
        on_server, in_file = (place.says(*arguments, status=status) for place in (server, file))
        if not workers:  # the order in which workers report is their own
            assert unhurried(on_server) == unhurried(in_file)
        return on_server

    alike("run", "--", "-q", *workers, status=1)
    for place in (server, file):
        (place.root / "test_it.py").write_text(AFTER)
        subprocess.run(["git", "commit", "-qam", "after"], cwd=place.root, check=True)
    alike("run", "--phase", "imports", "--", "-q", *workers)
    alike("gate", "imports")
    alike("approve", "imports", "--reason", "looked at it")
    alike("gate", "all", "--json", status=13)

    # From here on the same logs are in two stores: what is read is the same to the last byte.
    both = [server, Place(server.root, f"sqlite:///{tmp_path}/same.db")]
    first, second = (run["id"] for run in json.loads(server.tells("runs", "--json")))
    compared = (("compare", second, first), ("compare", second, first, "--json"))
    asked = (*READING, *compared) if not workers else [each for each in READING if "--json" in each]
    read = {arguments: server.tells(*arguments) for arguments in asked}
    for arguments, on_server in read.items():
        assert both[1].tells(*arguments) == on_server, arguments
    status = [unhurried(place.tells("status", "--json")) for place in both]  # it tells the time
    assert status[0] == status[1]

    # Away from the server and back, as lines and as a store.
    target = Place(server.root, f"sqlite:///{tmp_path}/imported.db")
    server.tells("store", "export", str(tmp_path / "record.jsonl"))
    target.tells("store", "import", str(tmp_path / "record.jsonl"))
    for arguments in (("runs", "--json"), ("triage", "--json"), ("report", "--json")):
        assert target.tells(*arguments) == read[arguments], arguments
    for place in (*both, target):
        assert "STORE: nothing is wrong" in place.tells("store", "check")
        assert place.tells("store", "prune", "--keep", "1h").startswith(
            "0 runs, 0 judgements and 0 repairs from before "
        )

    # What is known comes once more, in an artifact.
    artifact = tmp_path / "artifact.zip"
    with zipfile.ZipFile(artifact, "w") as archive:
        for log in (server.root / ".agentgate" / "runs").iterdir():
            archive.write(log, log.name)
    before = server.tells("runs", "--json")
    for place in both:
        assert place.tells("store", "import", str(artifact)) == "0 logs, 0 runs, 0 results, 0 failures were new\n"
    assert server.tells("runs", "--json") == before
