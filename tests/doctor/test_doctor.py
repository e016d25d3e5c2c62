"""What is in the way is seen, and what to do about it is said."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import pytest_agentgate
from pytest_agentgate.capture.judgementlog import new_id, write_approval, write_judgement
from pytest_agentgate.capture.runlog import RunLog
from pytest_agentgate.doctor import Health, Symptom, examine
from pytest_agentgate.model.judgement import Approval, Judge, Judgement
from pytest_agentgate.store import open_store

PHASE = '[[phase]]\nname = "tests"\ngates = ["tests.failed == 0"]\n'
RUN = "20260131T120000-00000000"


def seen(
    folder: Path, about: str = "", *, python: str = sys.executable, base: str = "", **environ: str
) -> list[Symptom]:
    """What an examination finds about something that is not well."""
    found = examine(folder, python=python, base=base, environ={**os.environ, **environ})
    return [one for one in found if one.health is not Health.OK and one.about == about]


def well(folder: Path, about: str, **environ: str) -> list[str]:
    found = examine(folder, python=sys.executable, environ={**os.environ, **environ})
    return [one.what for one in found if one.health is Health.OK and one.about == about]


def git(folder: Path, *arguments: str) -> str:
    return subprocess.check_output(["git", "-C", str(folder), *arguments], text=True, stderr=subprocess.STDOUT).strip()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that nothing is wrong with, with one commit."""
    folder = tmp_path / "shop"
    (folder / "tests").mkdir(parents=True)
    (folder / "src").mkdir()
    (folder / "src" / "shop.py").write_text("")
    (folder / "tests" / "test_shop.py").write_text("def test_shop(): pass\n")
    (folder / "agentgate.toml").write_text(f'source = ["src"]\ntests = ["tests"]\n{PHASE}')
    git(folder.parent, "init", "-q", "-b", "main", str(folder))
    git(folder, "config", "user.name", "Ada")
    git(folder, "config", "user.email", "ada@example.invalid")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "Sell")
    return folder


def test_a_project_in_order_is_well(project: Path) -> None:
    found = list(examine(project, python=sys.executable))
    assert {one.health for one in found} == {Health.OK}
    assert {one.about for one in found} == {"environment", "configuration", "record", "repository", "agent"}


def test_nothing_is_changed_by_looking(project: Path) -> None:
    before = git(project, "status", "--porcelain", "--ignored")
    list(examine(project, python=sys.executable))
    assert git(project, "status", "--porcelain", "--ignored") == before
    assert not (project / ".agentgate").exists()


# ---- environment


def test_a_python_without_the_plugin_is_told_how_to_get_it(project: Path, foreign_environment: Path) -> None:
    python = foreign_environment / "bin" / "python"
    [one] = seen(project, "environment", python=str(python))
    assert one.health is Health.WARN
    assert "agentgate run lends the plugin" in one.what
    assert one.advice.endswith(f"{python} -m pip install pytest-agentgate=={pytest_agentgate.__version__}")


def test_a_python_that_cannot_run_the_tests_is_wrong(project: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "bare")], check=True)
    [one] = seen(project, "environment", python=str(tmp_path / "bare"))
    assert (one.health, "has no pytest" in one.what) == (Health.WRONG, True)


def test_settings_that_keep_the_plugin_out_are_named(project: Path) -> None:
    (project / "pytest.ini").write_text("[pytest]\naddopts = -p no:agentgate\n")
    off, unloaded = seen(project, "environment", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    assert "pytest.ini turns the plugin off" in off.what
    assert "PYTEST_DISABLE_PLUGIN_AUTOLOAD" in unloaded.what
    assert "-p agentgate" in unloaded.advice


def test_a_missing_git_is_told(project: Path, tmp_path: Path) -> None:
    [one] = seen(project, "environment", PATH=str(tmp_path))
    assert "no git on PATH" in one.what


# ---- configuration


def test_a_file_that_cannot_be_read_is_wrong_and_the_rest_that_is_known_is_told(project: Path) -> None:
    (project / "agentgate.toml").write_text('test = ["tests"]\n')
    found = list(examine(project, python=sys.executable))
    assert found[-1].health is Health.WRONG
    assert "no key 'test'; did you mean 'tests'?" in found[-1].what
    assert {one.about for one in found} == {"environment", "configuration"}


@pytest.mark.parametrize(
    ("text", "health", "what"),
    [
        (f'source = ["lib"]\n{PHASE}', Health.WRONG, "tool.agentgate.source: there is no folder 'lib'"),
        (f'tests = ["spec"]\n{PHASE}', Health.WRONG, "tool.agentgate.tests: there is no folder 'spec'"),
        ('tests = ["tests"]\n', Health.WARN, "has no phases"),
        (PHASE.replace("failed", "faild"), Health.WRONG, "tests.faild"),
        (f'{PHASE}[check]\nlint = "no-such-program src"\n', Health.WARN, "there is no program 'no-such-program'"),
        (f'{PHASE}[check]\nlint = "./lint.sh"\n', Health.WARN, "there is no program './lint.sh'"),
    ],
    ids=["source", "tests", "phases", "condition", "program", "script"],
)
def test_what_cannot_be_done_as_configured_is_seen(project: Path, text: str, health: Health, what: str) -> None:
    (project / "agentgate.toml").write_text(text)
    [one] = seen(project, "configuration")
    assert (one.health, what in one.what) == (health, True), one
    assert one.advice


def test_checks_are_looked_for_on_path_and_from_the_root(project: Path) -> None:
    (project / "lint.sh").write_text("")
    (project / "agentgate.toml").write_text(f'{PHASE}[check]\nlint = "./lint.sh"\ngit = "git diff --check"\n')
    assert seen(project, "configuration") == []


def test_without_a_configuration_init_is_named(project: Path) -> None:
    (project / "agentgate.toml").unlink()
    shutil.rmtree(project / "tests")
    none, no_tests = seen(project, "configuration")
    assert (none.health, none.advice) == (Health.WARN, "agentgate init writes one")
    assert "no folder of tests" in no_tests.what


def test_a_second_configuration_that_nobody_reads_is_told(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.agentgate]\nsource = ["src"]\n')
    [one] = seen(project, "configuration")
    assert "is not looked at" in one.what


# ---- record


def write_log(project: Path, run: str = RUN, *, ended: bool = True) -> Path:
    log = RunLog(project / ".agentgate" / "runs", run)
    log.write({"event": "run", "log": 1, "id": run, "created_at": "2026-01-31T12:00:00.000000+00:00"})
    if ended:
        log.write({"event": "end", "status": "completed", "exit_status": 0, "ended_at": "2026-01-31T12:00:01+00:00"})
    log.close()
    return log.path


def ingest(project: Path) -> Path:
    store = project / ".agentgate" / "agentgate.db"
    with open_store(f"sqlite:///{store}") as opened:
        opened.ingest(project / ".agentgate" / "runs")
    return store


def test_logs_that_the_store_lacks_are_counted(project: Path) -> None:
    write_log(project)
    ingest(project)
    assert seen(project, "record") == []
    write_log(project, "20260131T130000-00000001")
    [one] = seen(project, "record")
    assert "lacks 1 log" in one.what
    assert "20260131T130000-00000001" in one.what
    assert "agentgate runs" in one.advice


def test_judgements_and_approvals_are_no_runs_that_the_store_lacks(project: Path) -> None:
    log = write_log(project)
    ingest(project)
    write_judgement(log.parent, Judgement(new_id(RUN), RUN, "2026-01-31T12:00:02+00:00", Judge.HARNESS))
    write_judgement(log.parent, Judgement(new_id(), "", "2026-01-31T12:00:02+00:00", Judge.HARNESS))
    write_approval(log.parent, Approval("tests", "0" * 40, "Ada", "read it", "2026-01-31T12:00:02+00:00"))
    assert len([*log.parent.iterdir()]) == 4
    assert seen(project, "record") == []


def test_interrupted_runs_are_named(project: Path) -> None:
    write_log(project, ended=False)
    ingest(project)
    [one] = seen(project, "record")
    assert RUN in one.what
    assert "interrupted" in one.what
    assert f"agentgate report {RUN}" in one.advice


def test_logs_without_a_store_are_no_trouble(project: Path) -> None:
    write_log(project)
    assert seen(project, "record") == []
    assert any("1 log to make it from" in what for what in well(project, "record"))


def test_a_damaged_store_is_wrong_and_made_again(project: Path) -> None:
    write_log(project)
    (project / ".agentgate" / "agentgate.db").write_bytes(b"no database at all, but a text that is long enough" * 40)
    [one] = seen(project, "record")
    assert one.health is Health.WRONG
    assert "made again from the logs" in one.advice


def test_a_store_of_another_version_is_told(project: Path) -> None:
    write_log(project)
    store = ingest(project)
    with sqlite3.connect(store) as database:
        now = database.execute("PRAGMA user_version").fetchone()[0]
        database.execute("PRAGMA user_version = 1")
    database.close()
    [older] = seen(project, "record")
    assert (older.health, older.advice) == (Health.WARN, "any run migrates it")
    with sqlite3.connect(store) as database:
        database.execute(f"PRAGMA user_version = {now + 1}")
    database.close()
    [newer] = seen(project, "record")
    assert newer.health is Health.WRONG
    assert "update pytest-agentgate" in newer.what


def test_a_store_of_another_scheme_is_wrong(project: Path) -> None:
    (project / "agentgate.toml").write_text(f'store = "mysql://host/db"\n{PHASE}')
    [one] = seen(project, "record")
    assert one.health is Health.WRONG
    assert "mysql" in one.what


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_wrong(project: Path) -> None:
    (project / ".agentgate").mkdir(mode=0o555)
    [one] = seen(project, "record")
    assert (one.health, "may not be written" in one.what) == (Health.WRONG, True)


def test_a_file_in_the_place_of_the_folder_is_wrong(project: Path) -> None:
    (project / ".agentgate").write_text("")
    one = seen(project, "record")[0]
    assert (one.health, "is no folder" in one.what) == (Health.WRONG, True)


# ---- repository


def test_a_base_that_is_here_is_well(project: Path) -> None:
    assert seen(project, "repository", base="main") == []
    assert seen(project, "repository", AGENTGATE_BASE="HEAD") == []


def test_a_base_that_is_not_here_is_wrong(project: Path) -> None:
    [one] = seen(project, "repository", base="release")
    assert one.health is Health.WRONG
    assert "release is not in this clone" in one.what


@pytest.mark.parametrize("name", ["GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "CHANGE_TARGET"])
def test_the_command_that_fetches_the_base_in_ci_is_told_and_works(project: Path, tmp_path: Path, name: str) -> None:
    git(project, "checkout", "-q", "-b", "change")
    (project / "src" / "shop.py").write_text("x = 1\n")
    git(project, "commit", "-qam", "Change")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--single-branch", "--branch", "change", project.as_uri(), str(clone))
    git(clone, "config", "user.name", "Ada")
    git(clone, "config", "user.email", "ada@example.invalid")
    [one] = seen(clone, "repository", **{name: "main"})
    assert "origin/main is not in this clone" in one.what
    subprocess.run(one.advice, shell=True, cwd=clone, check=True, capture_output=True)
    assert seen(clone, "repository", **{name: "main"}) == []


def test_a_shallow_clone_is_told_how_to_deepen(project: Path, tmp_path: Path) -> None:
    git(project, "checkout", "-q", "-b", "change")
    for number in range(2):
        (project / "src" / "shop.py").write_text(f"x = {number}\n")
        git(project, "commit", "-qam", "Change")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--depth=1", "--no-single-branch", "--branch", "change", project.as_uri(), str(clone))
    git(clone, "config", "user.name", "Ada")
    git(clone, "config", "user.email", "ada@example.invalid")
    [one] = seen(clone, "repository", base="origin/main")
    assert (one.health, one.advice) == (Health.WRONG, "git fetch --unshallow")
    subprocess.run(one.advice, shell=True, cwd=clone, check=True, capture_output=True)
    assert seen(clone, "repository", base="origin/main") == []


def test_who_commits_has_to_be_known_where_a_phase_makes_a_commit(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NAME", "EMAIL"):
        monkeypatch.delenv(f"GIT_COMMITTER_{name}")
        git(project, "config", "--unset", f"user.{name.lower()}")
    [one] = seen(project, "repository")
    assert (one.health, "git config user.name" in one.advice) == (Health.WARN, True)
    (project / "agentgate.toml").write_text(f'{PHASE}commit = "test: mend"\n')
    [one] = seen(project, "repository")
    assert one.health is Health.WRONG
    assert "phase 'tests' makes a commit" in one.what


def test_a_folder_without_a_repository_is_told(tmp_path: Path) -> None:
    (tmp_path / "agentgate.toml").write_text(PHASE)
    [one] = seen(tmp_path, "repository")
    assert "in no git repository" in one.what


def test_a_repository_that_git_does_not_read_is_no_lack_of_one(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    [one] = seen(project, "repository")
    assert "belongs to somebody else" in one.what
    assert one.advice == f"git config --global --add safe.directory {project}"


def test_a_machine_without_git_is_told(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert [one.what.partition(":")[0] for one in seen(project, "repository")] == ["git cannot be started"]


def test_who_runs_are_recorded_as_is_said(project: Path) -> None:
    assert well(project, "agent", AGENTGATE_AGENT="ada") == [
        "runs are recorded as 'ada', as $AGENTGATE_AGENT says: an agent, whose approvals do not count"
    ]
    assert "as $CLAUDECODE says" in well(project, "agent", CLAUDECODE="1")[0]
    assert "$" not in well(project, "agent")[0]
