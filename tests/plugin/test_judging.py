"""Judged runs of a repository with a base: what counts, what is compared with what, and what is said."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Recorded, Run

PHASE = '[[tool.agentgate.phase]]\nname = "sound"\ngates = [{gates}]\n'
NOTHING_NEW = '"tests.failed == 0 on new", "tests.removed == 0", "source.files_changed == 0"'
KNOWN_RED = "def test_known(): assert 0\ndef test_fine(): pass\n"


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


Judged = Callable[..., "Recorded"]


@pytest.fixture
def judged(run: Run, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Judged:
    """``judged(*options, gates=...)``: a judged run in a repository whose base, main, has the gates ``NOTHING_NEW``."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyprojecttoml(PHASE.format(gates=NOTHING_NEW))
    pytester.makepyfile(test_shop=KNOWN_RED, shop="PRICE = 3\n")
    (pytester.path / ".gitignore").write_text("__pycache__\nrunpytest-*\n")
    git(pytester.path, "init", "-q", "-b", "main")
    git(pytester.path, "add", "-A")
    git(pytester.path, "commit", "-q", "-m", "base")
    git(pytester.path, "checkout", "-q", "-b", "topic")

    def start(*options: str, phase: str = "sound") -> Recorded:
        asked = [f"--agentgate-phase={phase}"] if phase else ["--agentgate"]
        return run("-p", "xdist.plugin", "-p", "pytest_agentgate.plugin", *asked, *options, agentgate=False)

    return start


def test_what_the_base_had_is_not_new(judged: Judged, pytester: pytest.Pytester, processes: tuple[str, ...]) -> None:
    baseline = judged(phase="")
    pytester.makepyfile(test_more="def test_more(): pass\n")
    recorded = judged("--agentgate-base=main", *processes)
    assert recorded.result.ret == 0, recorded.output
    assert "sound: passed, 3 gates" in recorded.output
    [(base, commit, compared)] = recorded.rows("SELECT base, base_commit, baseline FROM judgements")
    assert (base, commit) == ("main", git(pytester.path, "rev-parse", "main"))
    assert compared == baseline.rows("SELECT run_id FROM runs ORDER BY created_at LIMIT 1")[0][0]


def test_what_is_new_red_removed_or_changed_is_named(judged: Judged, pytester: pytest.Pytester) -> None:
    judged(phase="")
    pytester.makepyfile(test_shop="def test_known(): assert 0\ndef test_new(): assert 1 == 2\n", shop="PRICE = 4\n")
    recorded = judged("--agentgate-base=main")
    assert recorded.result.ret == 10, recorded.output
    said = recorded.output[recorded.output.index("gates failed") :]
    assert ("test_shop.py::test_new" in said, "test_shop.py::test_fine" in said, "shop.py\n" in said) == (True,) * 3
    assert "test_known" not in said


def test_a_run_with_changes_is_no_baseline(judged: Judged, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_shop="def test_new(): assert 0\n")
    judged(phase="")
    recorded = judged("--agentgate-base=main")
    assert recorded.result.ret == 13, recorded.output
    assert "no completed run of main" in recorded.output
    assert "git worktree add ../agentgate-base" in recorded.output


def test_a_baseline_may_be_named_by_run_or_by_commit(judged: Judged, pytester: pytest.Pytester) -> None:
    run_id = judged(phase="").rows("SELECT run_id FROM runs")[0][0]
    pytester.makepyprojecttoml(PHASE.format(gates='"tests.failed == 0 on new"'))
    for name in (run_id, run_id[:20], "main", git(pytester.path, "rev-parse", "main")[:10]):
        recorded = judged(f"--agentgate-baseline={name}")
        assert recorded.result.ret == 0, recorded.output
        assert recorded.rows("SELECT DISTINCT baseline FROM judgements") == [(run_id,)]
    recorded = judged("--agentgate-baseline=gone")
    assert recorded.result.ret == 13
    assert "--baseline gone: there is no run 'gone'" in recorded.output


def test_a_change_cannot_loosen_its_own_gates(judged: Judged, pytester: pytest.Pytester) -> None:
    judged(phase="")
    pytester.makepyprojecttoml(PHASE.format(gates='"tests.total >= 0"'))
    pytester.makepyfile(test_shop="def test_fine(): pass\n")
    assert judged().result.ret == 0
    recorded = judged("--agentgate-base=main")
    assert recorded.result.ret == 10
    assert "phase 'sound': 'tests.removed == 0' is removed: the base's counts" in recorded.output


def test_the_base_may_stand_in_the_environment(judged: Judged, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTGATE_BASE", "main")
    recorded = judged()
    assert [base for (base,) in recorded.rows("SELECT base FROM judgements")] == ["main"]


def test_in_a_shallow_clone_every_gate_is_unavailable_until_the_base_is_fetched(
    judged: Judged, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(pytester.path, "commit", "-q", "--allow-empty", "-m", "change")
    clone = pytester.path / "clone"
    git(pytester.path, "clone", "-q", "--depth=1", "--branch=topic", pytester.path.as_uri(), str(clone))
    monkeypatch.chdir(clone)
    recorded = judged("--agentgate-base=origin/main", "--agentgate-report=json:out.json")
    assert recorded.result.ret == 13, recorded.output
    document = json.loads((clone / "out.json").read_text())
    assert [gate["state"] for gate in document["gates"]] == ["unavailable"] * 3
    [command] = {gate["command"] for gate in document["gates"]}
    assert command in recorded.output
    subprocess.run(shlex.split(command), cwd=clone, check=True, capture_output=True)
    said = judged("--agentgate-base=origin/main").output
    assert "is not in this repository" not in said
    assert "git fetch --unshallow" in said  # what the change began from is still not there


def test_what_was_not_asked_of_the_run_is_said(judged: Judged, pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml(PHASE.format(gates='"tests.failed == 0"'))
    recorded = judged("-k", "fine")
    assert recorded.result.ret == 0
    assert "1 test deselected: what was left out may fail" in recorded.output
    assert "not all tests were asked for: test_shop.py::test_fine" in judged("test_shop.py::test_fine").output
    assert "not all tests were asked for: test_shop.py" in judged("test_shop.py").output
    assert "not all tests were asked for" not in judged().output


def test_a_baseline_of_a_part_is_said(judged: Judged, pytester: pytest.Pytester) -> None:
    judged("-k", "known", phase="")
    assert ": 1 test deselected: what was left out may fail" in judged("--agentgate-base=main").output


def test_a_run_of_no_test_is_no_baseline(judged: Judged, pytester: pytest.Pytester) -> None:
    judged("-k", "nothing", phase="")
    recorded = judged("--agentgate-base=main")
    assert recorded.result.ret == 13, recorded.output
    assert "had is not known: pytest found no" in recorded.output


def test_a_change_cannot_call_its_failures_by_another_kind(judged: Judged, pytester: pytest.Pytester) -> None:
    gates = PHASE.format(gates='"failures.assertion == 0"')
    pytester.makepyprojecttoml(gates)
    git(pytester.path, "commit", "-q", "-am", "by kinds")
    git(pytester.path, "branch", "by-kinds")
    pytester.makepyprojecttoml('[[tool.agentgate.kinds.other]]\nmessage = "."\n' + gates)
    (pytester.path / "test_shop.py").write_text("def test_known(): assert 0, 'no'\n")
    assert judged().result.ret == 0  # without a base its own rules count
    recorded = judged("--agentgate-base=by-kinds")
    assert recorded.result.ret == 10, recorded.output
    assert "kinds: the rules are changed: failures are of the kinds that the base's give" in recorded.output


def test_a_hook_that_names_kinds_is_told(judged: Judged, pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml(PHASE.format(gates='"failures.assertion == 0"'))
    pytester.makeconftest("def pytest_agentgate_classify(evidence, nodeid): return 'other'")
    recorded = judged()
    assert recorded.result.ret == 0
    assert "pytest_agentgate_classify names the kind of 1 failure: 1 assertion called other" in recorded.output


def test_a_judgement_is_in_every_report(judged: Judged, pytester: pytest.Pytester) -> None:
    pytester.makepyprojecttoml(PHASE.format(gates='"tests.failed == 0"'))
    reports = [f"--agentgate-report={form}:run.{form}" for form in ("json", "md", "sarif")]
    recorded = judged(*reports, "--agentgate-output=agent")
    assert recorded.result.ret == 10
    document = json.loads((pytester.path / "run.json").read_text())
    assert (document["judgement"]["state"], document["judgement"]["judge"]) == ("failed", "process")
    assert [gate["items"][0]["name"] for gate in document["gates"]] == ["test_shop.py::test_known"]
    assert "| `sound` | `tests.failed == 0` | failed |" in (pytester.path / "run.md").read_text()
    assert '"uri": "pyproject.toml"' in (pytester.path / "run.sarif").read_text()
    assert "gates failed (exit status 10)\nphase sound: failed\n- failed: tests.failed == 0\n" in recorded.output
    assert "sound failed (run " in judged("--agentgate-output=quiet").output
