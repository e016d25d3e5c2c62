"""``agentgate run --phase``: a run judged from outside ends with 0 where its gates pass or warn, and nowhere else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pytest_agentgate.store import open_store

pytestmark = pytest.mark.usefixtures("quick")

PHASES = """\
[check]
version = "git --version"

[[phase]]
name = "imports"
gates = ["collection.errors == 0"]

[[phase]]
name = "sound"
gates = ["tests.failed == 0", "tests.errors == 0", "check.version == 0"]

[[phase]]
name = "mild"
gates = [{ condition = "tests.total >= 100", severity = "warn" }]

[[phase]]
name = "large"
gates = ["tests.total >= 100"]

[[phase]]
name = "covered"
gates = ["coverage.percent >= 80%"]

[[phase]]
name = "release"
needs = ["large"]
gates = ["tests.failed == 0"]
"""
GREEN = "def test_one(): pass\ndef test_two(): pass\n"
RED = GREEN + "def test_red(): assert 1 == 2\n"
FIRST_RED = "def test_red(): assert 1 == 2\n" + GREEN


@dataclass(frozen=True)
class Row:
    """What is run, and how it has to end."""

    status: int
    phases: tuple[str, ...] = ("sound",)
    suite: str = GREEN
    pytest: tuple[str, ...] = ()
    conftest: str = ""
    words: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    said: str = ""  # on either stream


STATES = {
    "passed": Row(0, said="sound: passed"),
    "passed-while-others-fail": Row(0, ("imports",), RED, said="outside of it 1 test fails"),
    "warned": Row(0, ("mild",), said="mild: warned"),
    "failed": Row(10, suite=RED, said="test_suite.py::test_red"),
    "unavailable": Row(13, ("covered",), said="no coverage was measured"),
    "not-attempted": Row(15, ("release",), said="release: not attempted"),
    "invalid": Row(12, suite=FIRST_RED, pytest=("-x",), said="sound: invalid"),
    "gravest-of-two": Row(10, ("large", "covered")),
}
INCOMPLETE = {
    "conftest-raises": Row(12, conftest="raise RuntimeError('here')"),
    "conftest-exits": Row(12, conftest="import os\nos._exit(0)", said="no record"),
    "process-ends-with-0": Row(12, suite="import os\ndef test_one(): os._exit(0)\ndef test_two(): pass"),
    "process-is-killed": Row(12, suite="import os, signal\ndef test_one(): os.kill(os.getpid(), signal.SIGKILL)"),
    "pytest-exits": Row(12, suite="import pytest\ndef test_one(): pytest.exit('enough', returncode=0)"),
    "interrupted": Row(12, suite="def test_one(): raise KeyboardInterrupt\ndef test_two(): pass"),
    "internal-error": Row(12, conftest="def pytest_collection_modifyitems(): raise RuntimeError('here')"),
    "no-tests": Row(12, suite=""),
    "all-deselected": Row(12, pytest=("-k", "nothing_like_it")),
    "wrong-usage-of-pytest": Row(12, pytest=("--gone-for-good",), said="no record"),
    "another-plugin-fails-the-run": Row(12, conftest="def pytest_sessionfinish(session): session.exitstatus = 1"),
    "the-end-fails": Row(12, conftest="def pytest_unconfigure(): raise RuntimeError('here')", said="the record says 0"),
    "killed-at-the-end": Row(
        12,
        conftest="import atexit, os, signal\natexit.register(os.kill, os.getpid(), signal.SIGKILL)",
        said="ended with status 137",
    ),
    "a-red-run-that-ends-with-0": Row(10, suite=RED, conftest="import atexit, os\natexit.register(os._exit, 0)"),
    "store-is-damaged": Row(12, words=("--store", "test_suite.py"), said="cannot be judged"),
    "report-cannot-be-written": Row(12, words=("--report", "md:test_suite.py/report.md"), said="cannot write"),
}
DISTRIBUTED = {
    "worker-is-replaced": Row(10, suite="import os\ndef test_one(): os._exit(0)\ndef test_two(): pass", said="crash"),
    "every-worker-is-lost": Row(
        12,
        suite="import os, pytest\n@pytest.mark.parametrize('n', range(12))\ndef test_it(n): os._exit(0)\n",
        pytest=("--max-worker-restart=0",),
    ),
}
WRONG = {
    "unknown-phase": Row(2, ("sonud",), said="no phase 'sonud'; did you mean 'sound'?"),
    "collect-only": Row(
        2, pytest=("--collect-only",), said="--phase judges a run, and with --collect-only there is none"
    ),
    "setup-only": Row(2, pytest=("--setup-only",), said="--phase judges a run, and with --setup-only there is none"),
    "baseline-alone": Row(2, (), words=("--baseline", "main"), said="--baseline is of use with --phase only"),
    "checkpoint-alone": Row(2, (), words=("--checkpoint",), said="--checkpoint is of use with --phase only"),
}


def start(folder: Path, row: Row, *more: str) -> subprocess.CompletedProcess[str]:
    for name, text in {
        "agentgate.toml": PHASES,
        "pytest.ini": "[pytest]\naddopts = -p no:cacheprovider\n",
        "test_suite.py": row.suite,
        "conftest.py": row.conftest,
    }.items():
        (folder / name).write_text(text)
    phases = [word for name in row.phases for word in ("--phase", name)]
    command = [sys.executable, "-m", "pytest_agentgate", "run", "--python", sys.executable, *phases, *row.words]
    return subprocess.run(
        [*command, "--", *row.pytest, *more],
        cwd=folder,
        env={**os.environ, **row.environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def ends_as_it_has_to(row: Row, done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == row.status, done.stdout + done.stderr
    assert row.said in done.stdout + done.stderr


@pytest.mark.parametrize("processes", [(), ("-n", "2")], ids=["serial", "-n 2"])
@pytest.mark.parametrize("row", STATES.values(), ids=STATES)
def test_a_run_ends_as_its_gates_say(tmp_path: Path, row: Row, processes: tuple[str, ...]) -> None:
    ends_as_it_has_to(row, start(tmp_path, row, *processes))
    with open_store(str(tmp_path / ".agentgate/agentgate.db"), read_only=True) as store:
        (judgement,) = store.judgements()
        assert (judgement.judge, judgement.asked) == ("harness", row.phases)
        assert judgement.run_id == store.run().id


@pytest.mark.parametrize("row", INCOMPLETE.values(), ids=INCOMPLETE)
def test_what_is_incomplete_never_passes(tmp_path: Path, row: Row) -> None:
    ends_as_it_has_to(row, start(tmp_path, row))


@pytest.mark.parametrize("row", DISTRIBUTED.values(), ids=DISTRIBUTED)
def test_workers_may_fail_as_well(tmp_path: Path, row: Row) -> None:
    ends_as_it_has_to(row, start(tmp_path, row, "-n", "2"))


@pytest.mark.parametrize("row", WRONG.values(), ids=WRONG)
def test_wrong_usage_is_one_line_and_runs_nothing(tmp_path: Path, row: Row) -> None:
    done = start(tmp_path, row)
    ends_as_it_has_to(row, done)
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)
    assert not (tmp_path / ".agentgate").exists()


def test_the_policy_is_read_before_the_tests_can_change_it(tmp_path: Path) -> None:
    suite = (
        "from pathlib import Path\n"
        "def test_red():\n"
        "    file = Path('agentgate.toml')\n"
        "    file.write_text(file.read_text().replace('tests.failed == 0', 'tests.failed >= 0'))\n"
        "    assert 0\n"
    )
    ends_as_it_has_to(Row(10), start(tmp_path, Row(10, suite=suite)))


def test_a_report_of_a_judged_run_has_its_gates(tmp_path: Path) -> None:
    start(tmp_path, Row(10, suite=RED, words=("--report", "json:report.json")))
    found = json.loads((tmp_path / "report.json").read_text())
    assert [gate["state"] for gate in found["gates"]] == ["failed", "passed", "passed"]
    assert found["counts"]["failed"] == 1


def test_without_a_phase_the_status_is_that_of_pytest(tmp_path: Path) -> None:
    assert start(tmp_path, Row(1, (), RED)).returncode == 1
