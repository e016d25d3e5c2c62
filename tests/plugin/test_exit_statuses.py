"""The truth table of judged runs: 0 is for gates that passed or warned, whatever else happens.

The same table is docs/reference/exit-codes.md, for people.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_agentgate.config import find_project
from pytest_agentgate.judge import judge_run, policy_of
from pytest_agentgate.model.judgement import EXIT_STATUS, GateState, Judge
from pytest_agentgate.store import open_store

if TYPE_CHECKING:
    from tests.plugin.conftest import Recorded, Run

PHASES = """
[[tool.agentgate.phase]]
name = "imports"
gates = ["collection.errors == 0"]

[[tool.agentgate.phase]]
name = "sound"
gates = ["collection.errors == 0", "tests.failed == 0", "tests.errors == 0"]

[[tool.agentgate.phase]]
name = "mild"
gates = [{ condition = "tests.total >= 100", severity = "warn" }]

[[tool.agentgate.phase]]
name = "large"
gates = ["tests.total >= 100"]

[[tool.agentgate.phase]]
name = "covered"
gates = ["coverage.percent >= 80%"]

[[tool.agentgate.phase]]
name = "release"
needs = ["large"]
gates = ["tests.failed == 0"]
"""
GREEN = "import pytest\n@pytest.mark.parametrize('n', range(6))\ndef test_fine(n): pass\n"
RED = GREEN + "def test_red(): assert 1 == 2\n"
FIRST_RED = "def test_red(): assert 1 == 2\n" + GREEN
PARALLEL = ("-n", "2")
_PLUGINS = ("-p", "xdist.plugin", "-p", "pytest_agentgate.plugin")


@dataclass(frozen=True)
class Row:
    """What is run, and how it has to end."""

    status: int
    phases: tuple[str, ...] = ("sound",)
    suite: str = GREEN
    options: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    said: str = ""  # stands in what is printed


def conftest(text: str, status: int = 12, said: str = "", **more: object) -> Row:
    return Row(status, files={"conftest.py": text}, said=said, **more)  # type: ignore[arg-type]


STATES = {
    "passed": Row(0, said="sound: passed"),
    "passed-while-others-fail": Row(0, ("imports",), RED, said="outside of it 1 test fails (1 assertion)"),
    "warned": Row(0, ("mild",), said="mild: warned"),
    "failed": Row(10, ("large",), said="failed: tests.total >= 100"),
    "failed-by-a-test": Row(10, suite=RED, said="test_suite.py::test_red"),
    "failed-by-a-file": Row(10, ("imports",), files={"test_gone.py": "import gone_for_good"}, said="test_gone.py"),
    "failed-by-a-fixture": Row(
        10,
        suite=GREEN + "@pytest.fixture\ndef lost(): assert 0\ndef test_error(lost): pass\n",
        said="tests.errors == 0",
    ),
    "unavailable": Row(13, ("covered",), said="unavailable: coverage.percent >= 80%"),
    "not-attempted": Row(15, ("release",), said="release: not attempted"),
    "invalid": Row(12, suite=FIRST_RED, options=("-x",), said="sound: invalid"),
    "of-two-both-passed": Row(0, ("sound", "imports")),
    "of-two-one-warned": Row(0, ("sound", "mild")),
    "of-two-one-failed": Row(10, ("large", "covered")),
    "of-two-one-unavailable": Row(13, ("sound", "covered")),
    "of-two-one-not-attempted": Row(15, ("sound", "release")),
    "unavailable-before-not-attempted": Row(13, ("covered", "release")),
}

INCOMPLETE = {
    # before a session
    "conftest-raises": conftest("raise RuntimeError('broken here')", said="RuntimeError: broken here"),
    "conftest-lacks-a-module": conftest("import gone_for_good", said="ImportError while loading conftest"),
    "conftest-exits": conftest("import sys\nsys.exit(0)"),
    "conftest-exits-pytest": conftest("import pytest\npytest.exit('enough', returncode=0)"),
    "configure-raises": conftest("def pytest_configure(): raise RuntimeError('in configure')", said="in configure"),
    "configure-exits": conftest("import sys\ndef pytest_configure(): sys.exit(0)"),
    "configure-exits-pytest": conftest("import pytest\ndef pytest_configure(): pytest.exit('enough', returncode=0)"),
    "sessionstart-raises": conftest("def pytest_sessionstart(): raise RuntimeError('in a hook')", said="in a hook"),
    # in the middle
    "collection-is-interrupted": conftest(
        "def pytest_collection_modifyitems(): raise KeyboardInterrupt",
        options=("--max-worker-restart=1",),  # of eight, each of which is interrupted as well
    ),
    "a-hook-raises": conftest("def pytest_collection_modifyitems(): raise RuntimeError('in a hook')", said="in a hook"),
    "a-hook-of-tests-raises": conftest("def pytest_runtest_protocol(): raise RuntimeError('in a hook')"),
    "a-hook-drops-tests": conftest("def pytest_runtest_protocol(item): return 'fine' in item.name or None"),
    "a-test-interrupts": Row(12, suite="def test_one(): raise KeyboardInterrupt\ndef test_two(): pass"),
    "a-test-exits-pytest": Row(
        12, suite="import pytest\ndef test_one(): pytest.exit('enough', returncode=0)\ndef test_two(): pass"
    ),
    "a-last-test-exits-pytest": Row(12, suite="import pytest\ndef test_one(): pytest.exit('done', returncode=0)"),
    "stops-at-the-first": Row(12, suite=FIRST_RED, options=("--maxfail=1",), said="collected and not run"),
    "no-tests": Row(12, suite="", said="no test"),
    "all-deselected": Row(12, options=("-k", "nothing_like_it"), said="deselected"),
    # at the end
    "sessionfinish-raises": conftest("def pytest_sessionfinish(): raise RuntimeError('at the end')", said="at the end"),
    "sessionfinish-exits": conftest("import sys\ndef pytest_sessionfinish(): sys.exit(0)"),
    "sessionfinish-exits-pytest": conftest(
        "import pytest\ndef pytest_sessionfinish(): pytest.exit('enough', returncode=0)"
    ),
    "sessionfinish-says-all-is-well": conftest(
        "def pytest_sessionfinish(session): session.exitstatus = 0", 10, suite=RED
    ),
    "sessionfinish-says-red": conftest(
        "def pytest_sessionfinish(session): session.exitstatus = 1", said="another plugin ended pytest with 1"
    ),
    "sessionfinish-has-no-conftest-say": conftest("def pytest_sessionfinish(session): pass", 0),
    "unconfigure-raises": conftest("def pytest_unconfigure(): raise RuntimeError('at the end')", said="at the end"),
    "unconfigure-exits": conftest("import sys\ndef pytest_unconfigure(): sys.exit(0)"),
    "unconfigure-exits-pytest": conftest("import pytest\ndef pytest_unconfigure(): pytest.exit('x', returncode=0)"),
    "another-plugin-fails-the-run": conftest(
        "import pytest\n"
        "@pytest.hookimpl(hookwrapper=True)\n"
        "def pytest_runtestloop(session):\n"
        "    yield\n"
        "    session.testsfailed += 1\n",  # as pytest-cov does below its threshold
        said="although no test failed",
    ),
    # ours
    "state-folder-in-the-way": Row(12, files={".agentgate": "in the way"}, said="this run is not recorded"),
    "runs-folder-in-the-way": Row(12, files={".agentgate/runs": "in the way"}, said="this run is not recorded"),
    "store-is-damaged": Row(12, files={".agentgate/agentgate.db": "no database" * 100}, said="agentgate.db"),
    "judging-fails": conftest(
        "from pytest_agentgate.plugin import judging\n"
        "def broken(*_, **__): raise RuntimeError('ours')\n"
        "judging.judge_run = broken\n",
        said="agentgate: the gates cannot be judged: RuntimeError: ours",
    ),
    "recorder-fails": conftest(
        "from pytest_agentgate.recorder.attempts import Attempts\n"
        "def broken(*_, **__): raise RuntimeError('ours')\n"
        "Attempts._not_passed = broken\n",
        suite=RED,
        said="the record is incomplete",
    ),
    "without-a-terminal": Row(10, suite=RED, options=("-p", "no:terminal"), said="sound: failed"),
    "without-a-terminal-and-green": Row(0, options=("-p", "no:terminal"), said="sound: passed"),
}

ALONE = {  # with workers, the tests are run by xdist before a conftest file is asked
    "a-hook-runs-no-tests": conftest("def pytest_runtestloop(): return True", said="collected and not run"),
}

# A worker is lost, and before the others know of it none of them comes further.
LOSING = """
import os, pathlib, pytest, time
@pytest.mark.parametrize("n", range(12))
def test_it(n):
    if n == 3:
        os._exit(0)
    for _ in range(6000 if n > 3 else 0):
        if pathlib.Path("lost").exists():
            break
        time.sleep(0.01)
"""
TELLING = """
import pathlib, pytest
@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error): pathlib.Path("lost").touch()
"""
CRASHING = "import os, pytest\n@pytest.mark.parametrize('n', range(12))\ndef test_it(n): n == 3 and os._exit(0)\n"
DISTRIBUTED = {
    "workers-disagree": conftest(
        "import os\n"
        "def pytest_collection_modifyitems(items):\n"
        "    if os.environ['PYTEST_XDIST_WORKER'] == 'gw1': items.pop()\n"
    ),
    "worker-is-lost-and-replaced": Row(10, suite=CRASHING, said="test_it[3]"),
    "worker-is-lost-and-replaced-outside-of-the-phase": Row(0, ("imports",), CRASHING, said="(1 crash)"),
    "worker-is-lost-and-not-replaced": conftest(
        TELLING, suite=LOSING, options=("--max-worker-restart=0",), said="collected and not run"
    ),
    "workers-cannot-start": conftest(
        "import os\nif 'PYTEST_XDIST_WORKER' in os.environ: raise RuntimeError('here')",
        options=("--max-worker-restart=0",),
    ),
    "workers-are-lost-while-collecting": conftest(
        "import os\ndef pytest_collection():\n    if 'PYTEST_XDIST_WORKER' in os.environ: os._exit(0)",
        options=("--max-worker-restart=0",),
    ),
}

WRONG_USAGE = {
    "unknown-phase": Row(4, ("sonud",), said="--agentgate-phase: no phase 'sonud'; did you mean 'sound'?"),
    "unknown-option": Row(4, options=("--gone-for-good",)),
    "unknown-file": Row(4, options=("gone_for_good.py",)),
    "no-phases": Row(4, files={"pyproject.toml": ""}, said="no phases are configured"),
    "unknown-metric": Row(
        4,
        files={"pyproject.toml": PHASES.replace("tests.errors", "tests.erors")},
        said="did you mean",
    ),
    **{
        option: Row(4, options=(option,), said=f"{option} runs no test, so that there is nothing to judge")
        for option in (
            "--collect-only",
            "--fixtures",
            "--fixtures-per-test",
            "--setup-only",
            "--setup-plan",
            "--markers",
        )
    },
}

Start = Callable[[Row], "Recorded"]


@pytest.fixture
def start(run: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Start:
    """``start(row, *options)``: run it with no plugins but the one under test and xdist, which is much faster."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def started(row: Row, *more: str) -> Recorded:
        for name, text in {"pyproject.toml": PHASES, "test_suite.py": row.suite, **row.files}.items():
            path = pytester.path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        phases = [f"--agentgate-phase={name}" for name in row.phases]
        return run(*_PLUGINS, *phases, *row.options, *more, agentgate=False)

    return started


def ends_as_it_has_to(row: Row, recorded: Recorded) -> None:
    assert recorded.result.ret == row.status, recorded.output
    assert row.said in recorded.output


@pytest.mark.parametrize("row", STATES.values(), ids=STATES)
def test_a_judged_run_ends_as_its_gates_say(
    start: Callable[..., Recorded], row: Row, processes: tuple[str, ...]
) -> None:
    recorded = start(row, *processes)
    ends_as_it_has_to(row, recorded)
    [(state,)] = recorded.rows("SELECT state FROM judgements")
    assert EXIT_STATUS[GateState(state)] == row.status


@pytest.mark.parametrize("row", (INCOMPLETE | ALONE).values(), ids=INCOMPLETE | ALONE)
def test_what_is_incomplete_never_passes(start: Callable[..., Recorded], row: Row) -> None:
    ends_as_it_has_to(row, start(row))


@pytest.mark.parametrize("row", INCOMPLETE.values(), ids=INCOMPLETE)
def test_what_is_incomplete_never_passes_with_workers(start: Callable[..., Recorded], row: Row) -> None:
    ends_as_it_has_to(row, start(row, *PARALLEL))


@pytest.mark.parametrize("row", DISTRIBUTED.values(), ids=DISTRIBUTED)
def test_workers_may_fail_as_well(start: Callable[..., Recorded], row: Row) -> None:
    ends_as_it_has_to(row, start(row, *PARALLEL))


@pytest.mark.parametrize("row", WRONG_USAGE.values(), ids=WRONG_USAGE)
def test_wrong_usage_stays_that_of_pytest(start: Callable[..., Recorded], row: Row) -> None:
    recorded = start(row)
    ends_as_it_has_to(row, recorded)
    assert "Traceback" not in recorded.output


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_is_no_run(start: Callable[..., Recorded], option: str) -> None:
    recorded = start(Row(0, options=(option,)))
    assert recorded.result.ret == 0
    assert recorded.logs == []


def test_a_run_that_cannot_be_judged_runs_its_tests(start: Callable[..., Recorded]) -> None:
    for row in (INCOMPLETE["state-folder-in-the-way"], INCOMPLETE["judging-fails"]):
        assert "6 passed" in start(row).output


def test_what_a_process_cannot_say_of_itself_is_seen_from_outside(
    start: Callable[..., Recorded], pytester: pytest.Pytester
) -> None:
    recorded = start(Row(0, suite="import os\ndef test_one(): os._exit(0)"))
    assert recorded.result.ret == 0
    project = find_project(Path(pytester.path))
    with open_store(project.store_url) as store:
        store.ingest(project.runs)
        run_id = store.run().id
        judgement = judge_run(store, project, policy_of(project), run_id, ("sound",), judge=Judge.HARNESS, agent="me")
    assert judgement.state is GateState.INVALID
