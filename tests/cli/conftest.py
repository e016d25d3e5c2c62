"""A project with two recorded runs, and a terminal to look at them in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

Agentgate = Callable[..., subprocess.CompletedProcess[str]]
Terminal = Callable[..., str]

_AGENTGATE = ("-m", "pytest_agentgate")

TESTS = {
    "test_gone.py": "from gone import it\n\ndef test_it(): assert it\n",
    "test_values.py": (
        "import pytest\n\n"
        "@pytest.mark.parametrize('n', ['a|b', 'plain', '\\x1b[31m'])\n"
        "def test_n(n): assert n == 'x'\n\n"
        "def test_good(): pass\n"
        "def test_to_break(): pass\n"
        "def test_to_mend(): raise KeyError('mended')\n"
    ),
}


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory, few_plugins: Mapping[str, str]) -> Path:
    """A project whose first run is also in ``junit.xml``; in its second one test is mended and another one broken."""
    folder = tmp_path_factory.mktemp("recorded")
    (folder / "agentgate.toml").write_text("")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n")
    for name, text in TESTS.items():
        (folder / name).write_text(text)
    environ = {**os.environ, **few_plugins}
    run(folder, environ, "--junitxml=junit.xml")
    changed = TESTS["test_values.py"].replace("raise KeyError('mended')", "pass")
    (folder / "test_values.py").write_text(changed.replace("test_to_break(): pass", "test_to_break(): assert 1 == 2"))
    run(folder, environ, "-n", "2", "--agentgate-agent", "zoë")
    return folder


def run(folder: Path, environ: Mapping[str, str], *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--agentgate", *arguments],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stdout + done.stderr


def write_log(project: Path, run_id: str, month: int = 1) -> Path:
    """The log of a run of one test, which passed."""
    events: list[dict[str, Any]] = [
        {"event": "run", "id": run_id, "created_at": f"2026-0{month}-01T12:00:00.000000+00:00", "agent": "ann"},
        {"event": "result", "nodeid": "a.py::x", "outcome": "passed", "duration": 0.5},
        {"event": "end", "status": "completed", "exit_status": 0, "duration": 1.0},
    ]
    log = project / ".agentgate" / "runs" / f"{run_id}.jsonl"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("".join(f"{json.dumps(event)}\n" for event in events))
    return log


@pytest.fixture(scope="session")
def agentgate() -> Agentgate:
    """``agentgate(*arguments, cwd=FOLDER)`` with its output in pipes; variables of the environment by name."""

    def start(*arguments: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *_AGENTGATE, *arguments],
            cwd=cwd,
            env={**os.environ, "FORCE_COLOR": "", **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=300,
        )

    return start


@pytest.fixture(scope="session")
def terminal() -> Terminal:
    """``terminal(*arguments, cwd=FOLDER, columns=80)`` -> what a terminal gets to see; ``program`` for another one."""
    pty = pytest.importorskip("pty")
    termios = pytest.importorskip("termios")

    def start(
        *arguments: str, cwd: Path, columns: int = 80, program: Sequence[str] = _AGENTGATE, **environ: str
    ) -> str:
        ours, its = pty.openpty()
        termios.tcsetwinsize(its, (50, columns))
        env = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
        process = subprocess.Popen(
            [sys.executable, *program, *arguments],
            cwd=cwd,
            env={**env, "TERM": "xterm-256color", **environ},
            stdin=its,
            stdout=its,
            stderr=its,
        )
        os.close(its)
        shown = b""
        while True:
            try:
                data = os.read(ours, 65536)
            except OSError:  # how Linux tells that the other side is closed
                break
            if not data:
                break
            shown += data
        os.close(ours)
        assert process.wait(timeout=120) == 0, shown.decode()
        return shown.decode().replace("\r\n", "\n")

    return start
