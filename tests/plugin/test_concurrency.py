"""Several agents at the same time, in one repository and in worktrees of it: no row lost, no lock met."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

AGENTS = 6
SUITE = """
import pytest, time
@pytest.mark.parametrize("n", range(60))
def test_it(n):
    time.sleep(0.001)
    assert n % 10
"""


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.mark.usefixtures("quick")
def test_agents_in_worktrees_share_one_record(tmp_path: Path) -> None:
    main, other = tmp_path / "main", tmp_path / "other"
    main.mkdir()
    (main / "pytest.ini").write_text("[pytest]\n")
    (main / "test_it.py").write_text(SUITE)
    git(main, "init", "-q")
    git(main, "add", "-A")
    git(main, "commit", "-q", "-m", "all")
    git(main, "worktree", "add", "-q", str(other))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--agentgate", "--agentgate-agent"]
    running = [
        subprocess.Popen(
            [*command, f"agent-{number}"],
            cwd=(main, other)[number % 2],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for number in range(AGENTS)
    ]
    outputs = [process.communicate()[0] for process in running]
    assert [process.returncode for process in running] == [1] * AGENTS
    assert not [output for output in outputs if "lock" in output.lower() or "incomplete" in output]
    assert not (other / ".agentgate").exists()
    with sqlite3.connect(main / ".agentgate/agentgate.db") as connection:
        rows = connection.execute("SELECT agent_id, COUNT(*), SUM(outcome = 'failed') FROM results GROUP BY agent_id")
        assert sorted(rows) == [(f"agent-{number}", 60, 6) for number in range(AGENTS)]
        runs = connection.execute("SELECT agent_id, status, total FROM agent_results").fetchall()
        assert sorted(runs) == [(f"agent-{number}", "completed", 60) for number in range(AGENTS)]
    connection.close()
