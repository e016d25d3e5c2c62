"""``agentgate demo`` from its first line to its last."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.conftest import free_port

from pytest_agentgate.cli.demo import why_no_redis
from pytest_agentgate.model import Kind, RunStatus
from pytest_agentgate.model.judgement import GateState, Judge
from pytest_agentgate.model.repair import Verdict
from pytest_agentgate.store import open_store


def agentgate(
    *words: str, program: tuple[str, ...] = ("-m", "pytest_agentgate"), environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *program, *words],
        env={**os.environ, "AGENTGATE_AGENT": "ada", **(environ or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
    )


AWAY = {"DOCKER_HOST": "unix:///nowhere.sock"}  # the engine that may be here


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, few_plugins: Mapping[str, str]) -> tuple[Path, str]:
    """A demo that was given a folder; -> the folder, beside which are its temporary files, and what it printed."""
    apart = tmp_path_factory.mktemp("demo")
    (apart / "temporary").mkdir()
    folder = apart / "voice box"
    environ = {**few_plugins, "TMPDIR": str(apart / "temporary"), **AWAY}
    done = agentgate("demo", "--directory", str(folder), environ=environ)
    assert done.returncode == 0, done.stderr
    assert all(line.startswith("agentgate: ") for line in done.stderr.splitlines())
    assert done.stderr.count("not started") == 1
    return folder, done.stdout


def test_nothing_is_left_in_the_folder_for_temporary_files(shown: tuple[Path, str]) -> None:
    assert list((shown[0].parent / "temporary").glob("agentgate-*")) == []


def test_each_reason_is_one_cause(shown: tuple[Path, str]) -> None:
    with open_store(str(shown[0] / ".agentgate" / "agentgate.db"), read_only=True) as store:
        summary = store.run_summary(store.runs()[-1].id)
    assert summary.run.status is RunStatus.COMPLETED
    assert sorted((cause.kind, cause.size) for cause in summary.causes) == [
        (Kind.ASSERTION, 2),  # the answer has a status
        (Kind.CONNECTION, 4),  # Redis is not running
        (Kind.IMPORT, 3),  # two files and a patch of livekit
        (Kind.INTERFACE, 3),  # an enum in a YAML file
        (Kind.INTERFACE, 4),  # worker_client
        (Kind.INTERFACE, 5),  # sessions without their manager
        (Kind.VALIDATION, 6),  # a dict for a RedisConfig
    ]


def test_the_record_says_who_ran_what_where_and_how_it_ended(shown: tuple[Path, str]) -> None:
    folder, said = shown
    assert re.search(r"^who +ada$", said, re.MULTILINE)
    assert f"{folder} on " in said
    assert re.search(r"^ended +completed, exit status 1, after \d", said, re.MULTILINE)
    with open_store(str(folder / ".agentgate" / "agentgate.db"), read_only=True) as store:
        run = store.runs()[-1]  # the first
        results = store.results(run.id)
    assert run.id in said
    assert run.workers == 2
    for worker in {result.worker for result in results}:
        tests = sum(result.worker == worker for result in results)
        assert re.search(rf"^{worker} +{tests} ", said, re.MULTILINE)


def test_it_says_where_it_is_and_what_to_do_next(shown: tuple[Path, str]) -> None:
    folder, said = shown
    assert f"cd '{folder}'" in said
    triaged = subprocess.run(
        [sys.executable, "-m", "pytest_agentgate", "triage"], cwd=folder, capture_output=True, text=True
    )
    assert "redis" in triaged.stdout


def test_the_folder_must_be_empty(shown: tuple[Path, str]) -> None:
    done = agentgate("demo", "--directory", str(shown[0]))
    assert (done.returncode, done.stdout) == (2, "")
    assert "is not an empty folder" in done.stderr


def test_without_a_folder_it_takes_a_temporary_one_and_keeps_it(tmp_path: Path) -> None:
    """With all plugins that are installed, and one worker."""
    done = agentgate("demo", "--workers", "1", "--no-repair", environ={"TMPDIR": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    (left,) = tmp_path.glob("agentgate-demo-*")
    assert f"cd {left}" in done.stdout


def test_it_goes_without_a_trace_if_asked_to(tmp_path: Path, few_plugins: Mapping[str, str]) -> None:
    done = agentgate("demo", "--no-keep", "--no-repair", environ={**few_plugins, "TMPDIR": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.glob("agentgate-*")) == []


def test_a_missing_library_is_told_with_what_to_do(tmp_path: Path) -> None:
    script = "import sys; sys.modules['redis'] = None; from pytest_agentgate.cli import main; main()"
    done = agentgate("demo", program=("-c", script), environ={"TMPDIR": str(tmp_path)})
    assert done.returncode == 2
    assert done.stderr == 'agentgate: error: the demo needs redis: pip install "pytest-agentgate[demo]"\n'
    assert list(tmp_path.iterdir()) == []


def test_the_run_is_judged_by_the_phases_of_the_base(shown: tuple[Path, str]) -> None:
    folder, said = shown
    assert "agentgate: gates failed (exit status 10)" in said
    assert "needs imports" in said
    with open_store(str(folder / ".agentgate" / "agentgate.db"), read_only=True) as store:
        judgement = store.judgement(store.runs()[-1].id)
    assert judgement is not None
    assert [(one.phase, one.state) for one in judgement.phases] == [
        ("imports", GateState.FAILED),
        ("configuration", GateState.NOT_ATTEMPTED),
        ("lifecycle", GateState.NOT_ATTEMPTED),
        ("sessions", GateState.NOT_ATTEMPTED),
        ("release", GateState.NOT_ATTEMPTED),
    ]
    assert (judgement.base, judgement.judge) == ("base", Judge.HARNESS)


def test_the_repair_comes_to_the_verdicts_that_a_careful_person_would(shown: tuple[Path, str]) -> None:
    folder, _ = shown
    with open_store(str(folder / ".agentgate" / "agentgate.db"), read_only=True) as store:
        [repair] = store.repairs()
        causes = store.run_summary(repair.after_run).causes
    assert repair.complete
    kept = {attempt.codemods[0].split()[0]: attempt for attempt in repair.attempts if attempt.verdict == "kept"}
    assert set(kept) == {"rename-module", "dict-to-model", "serialize-model", "rename-keyword", "add-argument"}
    assert {attempt.applicability for attempt in kept.values()} == {"safe"}
    assert "is the only fixture in reach" in " ".join(kept["add-argument"].evidence)
    others = {(attempt.codemods[0].split()[0], attempt.applicability, attempt.verdict.value)
              for attempt in repair.attempts if attempt.verdict != "kept"}  # fmt: skip
    assert others == {("replace-literal", "display", "skipped")}
    assert sorted((left.kind, left.environment) for left in repair.left) == [
        (Kind.ASSERTION, False),
        (Kind.CONNECTION, True),
    ]
    assert sorted((cause.kind, cause.size) for cause in causes) == [(Kind.ASSERTION, 4), (Kind.CONNECTION, 4)]
    assert (repair.red_before, repair.green_after) == (34, 26)


def test_the_repair_edits_tests_alone(shown: tuple[Path, str]) -> None:
    changed = subprocess.run(
        ["git", "diff", "--name-only", "head"], cwd=shown[0], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert changed
    assert all(path.startswith("tests/") for path in changed)


def test_the_phases_pass_but_the_last_which_names_what_is_left(shown: tuple[Path, str]) -> None:
    folder, said = shown
    with open_store(str(folder / ".agentgate" / "agentgate.db"), read_only=True) as store:
        judgement = store.judgement(store.repairs()[0].after_run)
    assert judgement is not None
    assert [(one.phase, one.state.value) for one in judgement.phases] == [
        ("imports", "passed"),
        ("configuration", "passed"),
        ("lifecycle", "passed"),
        ("sessions", "passed"),
        ("release", "failed"),
    ]
    assert "environment: " in said
    assert "a result that is new, and a Redis that does not run." in said


# ---- Redis


@pytest.fixture(scope="module")
def supplied(tmp_path_factory: pytest.TempPathFactory, few_plugins: Mapping[str, str]) -> tuple[Path, str]:
    """A demo where an engine is; its Redis is sought at another port than in other tests, which need it away."""
    folder = tmp_path_factory.mktemp("supplied") / "voice"
    ours = {"TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX": "agentgate-test/"}
    elsewhere = {"ORCHESTRATOR_REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}
    done = agentgate("demo", "--directory", str(folder), environ={**few_plugins, **ours, **elsewhere})
    assert done.returncode == 0, done.stderr
    assert "not started" not in done.stderr
    return folder, done.stdout


@pytest.mark.engine("docker")
def test_where_an_engine_is_the_tests_that_need_redis_end_green(supplied: tuple[Path, str]) -> None:
    folder, _ = supplied
    with open_store(str(folder / ".agentgate" / "agentgate.db"), read_only=True) as store:
        [repair] = store.repairs()
        causes = store.run_summary(repair.after_run).causes
    [attempt] = [one for one in repair.attempts if one.verdict is Verdict.ENVIRONMENT]
    assert (attempt.kind, attempt.before, attempt.after, attempt.advanced) == (Kind.CONNECTION, 4, 0, 0)
    assert [left.kind for left in repair.left] == [Kind.ASSERTION]
    assert [(cause.kind, cause.size) for cause in causes] == [(Kind.ASSERTION, 4)]
    assert (repair.red_before, repair.green_after) == (34, 26)


@pytest.mark.engine("docker")
def test_the_verdict_is_said_with_what_makes_it_last(supplied: tuple[Path, str]) -> None:
    _, said = supplied
    assert "agentgate: 34 tests were red: 26 green now, 4 lacked a service only, 1 cause left\n" in said
    assert "    environment: with the service redis 4 green of 4\n" in said
    assert '      env = { ORCHESTRATOR_REDIS_URL = "redis://{host}:{port}/{worker}" }\n' in said
    assert "What is left is for a person: a result that is new. The Redis that tests lacked ran" in said


@pytest.mark.engine("docker")
def test_no_container_is_left(supplied: tuple[Path, str]) -> None:
    from pytest_agentgate.runner.services.engine import PROJECT, Engine

    with Engine() as engine:
        assert engine.found({PROJECT: str(supplied[0])}) == []


def test_without_what_containers_need_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "testcontainers", None)
    assert why_no_redis() == 'that needs Docker and pip install "pytest-agentgate[services]"'
