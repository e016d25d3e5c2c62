"""A record that may be read and not written: what it holds is told, and what new logs may say is left out."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.cli.conftest import write_log

from pytest_agentgate.store import open_store

Agentgate = Callable[..., subprocess.CompletedProcess[str]]

READING = (("runs",), ("triage",), ("errors",), ("report",), ("store", "check"), ("store", "export", "{folder}/out"))


@pytest.mark.engine("postgres")
@pytest.mark.parametrize("arguments", READING, ids="-".join)
def test_a_server_that_one_may_only_read(
    agentgate: Agentgate, tmp_path: Path, new_database: Callable[[], str], arguments: tuple[str, ...]
) -> None:
    url, project = new_database(), tmp_path / "project"
    write_log(project, "run-1", 1)
    with open_store(url) as store:
        store.ingest(project / ".agentgate" / "runs")
    write_log(project, "run-2", 2)
    (project / "agentgate.toml").write_text(f'store = "{url}?options=-cdefault_transaction_read_only%3Don"\n')
    done = agentgate(*(argument.format(folder=tmp_path) for argument in arguments), cwd=project)
    assert done.returncode == 0, done.stderr
    assert "read-only transaction); what new logs may say is left out" in done.stderr
    assert done.stderr.count("\n") <= 2
    with open_store(url) as store:
        assert [run.id for run in store.runs()] == ["run-1"]
    assert agentgate("store", "prune", "--keep", "1d", cwd=project).returncode == 2


# Root may write everywhere, but for a root without its capabilities.
POWERLESS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all") if os.name != "nt" and os.getuid() == 0 else ()


@pytest.fixture
def locked() -> Iterator[Path]:
    """A project with a record of one run, and a log of another, in folders that are read-only."""
    with tempfile.TemporaryDirectory() as name:
        project = Path(name) / "project"
        write_log(project, "run-1", 1)
        with open_store(str(project / ".agentgate" / "agentgate.db")) as store:
            store.ingest(project / ".agentgate" / "runs")
        write_log(project, "run-2", 2)
        folders = [Path(name), project, project / ".agentgate", project / ".agentgate" / "runs"]
        (project / ".agentgate" / "agentgate.db").chmod(0o444)
        for folder in folders:
            folder.chmod(0o555)
        yield project
        for folder in folders:
            folder.chmod(0o755)


@pytest.mark.skipif(os.name == "nt", reason="no permissions of folders")
@pytest.mark.parametrize("arguments", READING, ids="-".join)
def test_a_file_that_one_may_only_read(locked: Path, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    filled = [argument.format(folder=tmp_path) for argument in arguments]
    command = [*POWERLESS, sys.executable, "-m", "pytest_agentgate", *filled]
    done = subprocess.run(command, cwd=locked, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "what new logs may say is left out" in done.stderr
    assert done.stderr.count("\n") <= 2
    assert "run-2" not in done.stdout
    assert ("run-1" in done.stdout) == (arguments[0] != "store")
