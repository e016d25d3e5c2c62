"""``agentgate gate | approve``: how they end, on recorded runs and JUnit XML; what they measure, record and write."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

pytestmark = pytest.mark.usefixtures("quick")

Agentgate = Callable[..., subprocess.CompletedProcess[str]]

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/reference/agentgate-1.schema.json").read_text())
PHASES = """\
source = ["src"]
tests = ["tests"]

[check]
fine = "git --version"
broken = "git no-such-command"
absent = "no-such-program"

[[phase]]
name = "imports"
gates = ["collection.errors == 0"]

[[phase]]
name = "sound"
needs = ["imports"]
gates = ["tests.failed == 0"]

[[phase]]
name = "mild"
gates = [{ condition = "tests.total >= 100", severity = "warn" }]

[[phase]]
name = "covered"
gates = ["coverage.percent >= 50%"]

[[phase]]
name = "release"
needs = ["sound"]
gates = ["tests.total > 0"]

[[phase]]
name = "checked"
gates = ["check.fine == 0"]

[[phase]]
name = "unchecked"
gates = ["check.broken == 0"]

[[phase]]
name = "uncheckable"
gates = ["check.absent == 0"]

[[phase]]
name = "approved"
gates = ["approval.imports == true"]
"""
GREEN = "from shop import price\ndef test_one(): assert price(2) == 2\ndef test_two(): pass\n"
RED = GREEN + "def test_red(): assert price(2) == 3\n"


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.rstrip("\n")


def made(folder: Path, tests: str, phases: str = PHASES) -> Path:
    """A project in a repository with one commit."""
    for name, text in {
        "agentgate.toml": phases,
        "pytest.ini": "[pytest]\npythonpath = src\naddopts = -p no:cacheprovider\n",
        ".gitignore": "__pycache__/\n.coverage\n",
        "src/shop.py": "def price(amount):\n    return amount\n",
        "tests/test_shop.py": tests,
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "begin")
    return folder


def run(folder: Path, *words: str, status: int = 0, environ: Mapping[str, str] | None = None) -> None:
    command = [sys.executable, *words, "-m", "pytest", "-q", "--agentgate", "--agentgate-agent", "ada"]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **(environ or {})}, capture_output=True, text=True, check=False
    )
    assert done.returncode == status, done.stdout + done.stderr


@pytest.fixture(scope="session")
def red(tmp_path_factory: pytest.TempPathFactory, few_plugins: Mapping[str, str]) -> Path:
    """A project whose last run has one red test of three; coverage was measured."""
    folder = made(tmp_path_factory.mktemp("gate") / "red", RED)
    run(folder, "-m", "coverage", "run", status=1, environ=few_plugins)
    return folder


@pytest.fixture(scope="session")
def green(tmp_path_factory: pytest.TempPathFactory, few_plugins: Mapping[str, str]) -> Path:
    folder = made(tmp_path_factory.mktemp("gate") / "green", GREEN)
    run(folder, environ=few_plugins)
    return folder


@pytest.fixture
def own(green: Path, tmp_path: Path) -> Path:
    """The green project, for this test alone."""
    shutil.copytree(green, tmp_path / "own", symlinks=True)
    return tmp_path / "own"


def document(agentgate: Agentgate, *words: str, cwd: Path, status: int = 0, **environ: Any) -> Any:
    done = agentgate("gate", "--json", *words, cwd=cwd, **environ)
    assert done.returncode == status, done.stdout + done.stderr
    found = json.loads(done.stdout)
    jsonschema.validate(found, SCHEMA)
    return found


# ---- how it ends

RECORDED = {
    "imports": (0, "passed"),  # although a test outside of it fails
    "sound": (10, "failed"),
    "mild": (0, "warned"),
    "covered": (0, "passed"),
    "release": (15, "not_attempted"),
    "checked": (0, "passed"),
    "unchecked": (10, "failed"),
    "uncheckable": (13, "unavailable"),
    "approved": (10, "failed"),
}


@pytest.mark.parametrize(("phase", "status", "state"), [(name, *end) for name, end in RECORDED.items()])
def test_a_recorded_run_ends_as_its_gates_say(
    agentgate: Agentgate, red: Path, phase: str, status: int, state: str
) -> None:
    found = document(agentgate, phase, cwd=red, status=status)
    assert (found["judgement"]["state"], found["judgement"]["exit_status"]) == (state, status)
    assert found["judgement"]["judge"] == "harness"
    assert {one["phase"]: one["state"] for one in found["phases"]}[phase] == state


def test_without_a_phase_all_are_judged_and_the_gravest_decides(agentgate: Agentgate, red: Path) -> None:
    found = document(agentgate, cwd=red, status=10)
    assert {one["phase"]: one["state"] for one in found["phases"]} == {name: end[1] for name, end in RECORDED.items()}


def test_a_run_that_was_cut_off_is_invalid(agentgate: Agentgate, own: Path) -> None:
    (own / "tests/test_shop.py").write_text(GREEN + "def test_end(): __import__('os')._exit(0)\n")
    run(own)  # which ends with 0
    found = document(agentgate, "imports", cwd=own, status=12)
    assert found["judgement"]["state"] == "invalid"


def test_a_run_that_goes_on_is_invalid(agentgate: Agentgate, own: Path) -> None:
    (own / "tests/test_shop.py").write_text("import time\ndef test_one(): open('ready', 'w'); time.sleep(600)\n")
    command = [sys.executable, "-m", "pytest", "-q", "--agentgate"]
    process = subprocess.Popen(command, cwd=own, stdout=subprocess.DEVNULL)
    try:
        while not (own / "ready").exists():
            assert process.poll() is None
            time.sleep(0.02)
        assert document(agentgate, "imports", cwd=own, status=12)["judgement"]["state"] == "invalid"
    finally:
        process.kill()
        process.wait()


SUITE = '<testsuite name="s" timestamp="2026-01-31T12:00:00+00:00">{}</testsuite>'
PASS = '<testcase classname="Cart" name="adds" time="0.1"/>'
OTHER = '<testcase classname="Cart" name="{}"/>'
FAIL = '<testcase classname="Cart" name="sums"><failure message="expected 1" type="AssertionError"/></testcase>'
FINE = '<testcase classname="Cart" name="sums"/>'
NOT_RUN = '<testcase classname="Cart" name="sums"><skipped type="agentgate.not_run" message="lost"/></testcase>'
SKIP = '<testcase classname="Cart" name="later"><skipped message="not now"/></testcase>'
COLLECT = (
    '<testcase classname="" name="tests.test_gone"><error message="collection failure">'
    "ModuleNotFoundError: No module named 'gone'</error></testcase>"
)
INTERNAL = '<testcase classname="pytest" name="internal"><error message="internal error">boom</error></testcase>'


@dataclass(frozen=True)
class Row:
    """JUnit XML files by name, what is asked of them, and how that has to end."""

    status: int
    files: Mapping[str, str]
    words: tuple[str, ...] = ("sound",)
    said: str = ""


def one(*cases: str) -> dict[str, str]:
    return {"one.xml": SUITE.format("".join(cases))}


def two(first: str, second: str) -> dict[str, str]:
    return {"one.xml": SUITE.format(first), "two.xml": SUITE.format(second)}


JUNIT = {
    "passed": Row(0, one(PASS)),
    "passed-while-others-fail": Row(0, one(PASS, FAIL), ("imports",), "outside of it 1 test fails"),
    "passed-with-a-skip": Row(0, one(PASS, SKIP)),
    "warned": Row(0, one(PASS), ("mild",)),
    "failed": Row(10, one(PASS, FAIL), said="Cart::sums"),
    "failed-to-collect": Row(10, one(PASS, COLLECT), ("imports",), "tests/test_gone"),
    "unavailable": Row(13, one(PASS), ("covered",), "coverage"),
    "not-attempted": Row(15, one(PASS, FAIL), ("release",)),
    "all-phases": Row(10, one(PASS), ()),
    "no-test": Row(12, one("")),
    "only-a-collector": Row(10, one(COLLECT), ("imports",), "tests/test_gone"),
    "nothing-but-hidden-tests": Row(15, one(COLLECT)),
    "an-internal-error": Row(12, one(PASS, INTERNAL)),
    "two-shards": Row(0, two(PASS, OTHER.format("b"))),
    "two-shards-one-red": Row(10, two(PASS, FAIL)),
    "two-shards-one-empty-file": Row(12, two(PASS, "") | {"two.xml": ""}, said="two.xml: is empty"),
    "two-shards-one-cut": Row(12, two(PASS, FAIL) | {"two.xml": SUITE.format(PASS)[:90]}, said="not well-formed"),
    "two-shards-one-no-report": Row(12, two(PASS, "") | {"two.xml": "<html/>"}, said="not a JUnit report"),
    "no-shard-readable": Row(12, {"one.xml": ""}, said="one.xml: is empty"),
    "a-bomb": Row(12, {"one.xml": '<!DOCTYPE a [<!ENTITY a "b">]><testsuites>&a;</testsuites>'}, said="refused"),
    "as-many-shards-as-there-are-to-be": Row(0, two(PASS, OTHER.format("b")), ("sound", "--shards", "2")),
    "fewer-shards-than-there-are-to-be": Row(12, one(PASS), ("sound", "--shards", "2"), "--shards 2: 1 could be read"),
    "more-shards-than-there-are-to-be": Row(
        12, two(PASS, OTHER.format("b")), ("sound", "--shards", "1"), "--shards 1: 2"
    ),
    "one-shard-twice": Row(12, two(PASS, PASS), ("sound", "--shards", "2"), "--shards 2: 1 could be read"),
    "a-red-leg-before-a-green-one": Row(10, two(FAIL, FINE), ("sound",), "ended worst: 1 (Cart::sums)"),
    "a-red-leg-behind-a-green-one": Row(10, two(FINE, FAIL), ("sound",), "ended worst: 1 (Cart::sums)"),
    "a-leg-that-did-not-run-it": Row(12, two(NOT_RUN, FAIL), ("imports",), "1 collected and not run"),
}


@pytest.mark.parametrize("row", JUNIT.values(), ids=JUNIT)
def test_junit_xml_ends_as_its_gates_say(agentgate: Agentgate, tmp_path: Path, row: Row) -> None:
    (tmp_path / "agentgate.toml").write_text(PHASES)
    for name, text in row.files.items():
        (tmp_path / name).write_text(text)
    done = agentgate("gate", *row.words[:1], *row.files, *row.words[1:], cwd=tmp_path)
    assert done.returncode == row.status, done.stdout + done.stderr
    assert row.said in done.stdout


WRONG = {
    "unknown": (["sonud"], "no phase and no file 'sonud'; did you mean 'sound'?"),
    "two": (["sound", "imports"], "'imports' is a second phase"),
    "no-file": (["sound", "gone.xml"], "no such file: gone.xml"),
    "no-file-first": (["gone.xml"], "no such file: gone.xml"),
    "folder": (["sound", "src"], "src is a folder: give its files"),
    "both": (["sound", "pytest.ini", "--run", "last"], "give it or JUnit XML files, not both"),
    "shards": (["sound", "--shards", "2"], "--shards is of JUnit XML files"),
    "run": (["sound", "--run", "gone"], "gone"),
    "report": (["sound", "--report", "pdf:x"], "--report: no format 'pdf'"),
}


@pytest.mark.parametrize(("words", "said"), WRONG.values(), ids=WRONG)
def test_wrong_usage_is_one_line(agentgate: Agentgate, green: Path, words: list[str], said: str) -> None:
    done = agentgate("gate", *words, cwd=green)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("agentgate: error: ")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr


def test_without_phases_or_without_a_run_there_is_nothing_to_judge(agentgate: Agentgate, tmp_path: Path) -> None:
    assert "no phase is configured" in agentgate("gate", cwd=tmp_path).stderr
    (tmp_path / "agentgate.toml").write_text(PHASES)
    done = agentgate("gate", cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "no run is recorded here yet" in done.stderr


def test_a_condition_that_cannot_be_read_names_file_phase_and_metric(agentgate: Agentgate, tmp_path: Path) -> None:
    (tmp_path / "agentgate.toml").write_text('[[phase]]\nname = "a"\ngates = ["tests.failled == 0"]\n')
    done = agentgate("gate", cwd=tmp_path)
    assert done.returncode == 2
    for said in ("agentgate.toml", "phase 'a'", "tests.failled", "tests.failed"):
        assert said in done.stderr


# ---- what is judged


def test_a_run_can_be_named(agentgate: Agentgate, own: Path) -> None:
    (own / "tests/test_shop.py").write_text(RED)
    run(own, status=1)
    runs = [one["id"] for one in json.loads(agentgate("runs", "--json", cwd=own).stdout)]
    assert document(agentgate, "sound", cwd=own, status=10)["run"]["id"] == runs[0]
    assert document(agentgate, "sound", "--run", runs[1], cwd=own)["run"]["id"] == runs[1]


def test_a_judgement_is_recorded(agentgate: Agentgate, own: Path) -> None:
    document(agentgate, "sound", cwd=own)
    (log,) = (own / ".agentgate/runs").glob("*.judgement-*.jsonl")
    assert json.loads(log.read_text().splitlines()[-1])["state"] == "passed"
    found = json.loads(agentgate("report", "--json", cwd=own).stdout)
    assert [(gate["condition"], gate["state"]) for gate in found["gates"]] == [
        ("collection.errors == 0", "passed"),
        ("tests.failed == 0", "passed"),
    ]


def test_a_base_keeps_a_change_from_loosening_its_gates(agentgate: Agentgate, own: Path) -> None:
    git(own, "checkout", "-q", "-b", "change")
    (own / "agentgate.toml").write_text(PHASES.replace("tests.failed == 0", "tests.failed <= 5"))
    (own / "tests/test_shop.py").write_text(RED)
    run(own, status=1)
    assert document(agentgate, "sound", cwd=own)["judgement"]["state"] == "passed"
    found = document(agentgate, "sound", "--base", "main", cwd=own, status=10)
    assert any("tests.failed <= 5" in note for note in found["judgement"]["notes"])
    assert document(agentgate, "sound", cwd=own, status=10, AGENTGATE_BASE="main")["judgement"]["base"] == "main"


def test_checks_of_the_base_are_run_whatever_the_change_says(agentgate: Agentgate, own: Path) -> None:
    git(own, "checkout", "-q", "-b", "change")
    (own / "agentgate.toml").write_text(PHASES.replace("git no-such-command", "git --version"))
    assert document(agentgate, "unchecked", cwd=own)["judgement"]["state"] == "passed"
    document(agentgate, "unchecked", "--base", "main", cwd=own, status=10)


def test_a_base_that_is_not_there_leaves_nothing_to_judge_by(agentgate: Agentgate, own: Path) -> None:
    found = document(agentgate, "sound", "--base", "origin/main", cwd=own, status=13)
    assert "origin/main" in found["gates"][0]["why"]


def test_only_changed_lines_count_as_new(agentgate: Agentgate, own: Path) -> None:
    gate = '[[phase]]\nname = "new"\ngates = ["coverage.new_percent == 100%"]\n'
    (own / "agentgate.toml").write_text(f"{PHASES}\n{gate}")
    git(own, "commit", "-qam", "ask for coverage")
    git(own, "checkout", "-q", "-b", "change")
    run(own, "-m", "coverage", "run")
    found = document(agentgate, "new", "--base", "main", cwd=own)
    assert found["gates"][0]["why"] == "no line changed that can be executed"
    (own / "src/shop.py").write_text(
        "def price(amount):\n    return amount\n\ndef refund(amount):\n    return -amount\n"
    )
    run(own, "-m", "coverage", "run")
    found = document(agentgate, "new", "--base", "main", cwd=own, status=10)
    assert [item["name"] for item in found["gates"][0]["items"]] == ["src/shop.py:5"]
    assert found["gates"][0]["measured"] == 0.5
    assert document(agentgate, "new", cwd=own, status=13)["gates"][0]["why"] == "no base is given"


def test_what_a_check_printed_is_kept_and_named(agentgate: Agentgate, own: Path) -> None:
    gate = document(agentgate, "unchecked", cwd=own, status=10)["gates"][0]
    assert "no-such-command" in (own / gate["raw"]).read_text()
    assert gate["command"] == "git no-such-command"
    assert gate["measured"] == 1


def test_a_checkout_that_has_moved_on_is_told(agentgate: Agentgate, own: Path) -> None:
    git(own, "commit", "-q", "--allow-empty", "-m", "later")
    (note,) = document(agentgate, "checked", cwd=own)["judgement"]["notes"]
    assert note.startswith("the run is of commit ")


def test_tests_in_several_files_are_told(agentgate: Agentgate, tmp_path: Path) -> None:
    (tmp_path / "agentgate.toml").write_text(PHASES)
    (tmp_path / "one.xml").write_text(SUITE.format(PASS + FINE + FINE))
    (tmp_path / "two.xml").write_text(SUITE.format(PASS))
    shutil.copy(tmp_path / "one.xml", tmp_path / "three.xml")
    files = ("one.xml", "two.xml", "three.xml")
    assert document(agentgate, "sound", *files, cwd=tmp_path)["judgement"]["notes"] == [
        "three.xml says the same as one.xml, byte for byte: they count as one file",
        "tests that ran more than once count by their last attempt: 1 (Cart::sums)",
        "tests in several files count as in the file where they ended worst: 1 (Cart::adds)",
    ]


def test_a_record_that_cannot_be_read_keeps_nobody_from_judging_xml(agentgate: Agentgate, tmp_path: Path) -> None:
    (tmp_path / "agentgate.toml").write_text(PHASES)
    (tmp_path / "one.xml").write_text(SUITE.format(PASS))
    (tmp_path / ".agentgate").mkdir()
    (tmp_path / ".agentgate/agentgate.db").write_text("something else" * 100)
    done = agentgate("gate", "sound", "one.xml", cwd=tmp_path)
    assert done.returncode == 0
    assert "what earlier runs say is not known" in done.stderr


# ---- what is written


def test_the_forms_on_screen_say_what_failed(agentgate: Agentgate, red: Path) -> None:
    for form in ("human", "agent", "quiet"):
        done = agentgate("gate", "sound", "--output", form, cwd=red)
        assert done.returncode == 10
        assert "sound" in done.stdout
        assert "\x1b" not in done.stdout
        assert ("tests.failed == 0" in done.stdout) == (form != "quiet")
    assert done.stdout.count("\n") == 1


def test_reports_of_every_format_tell_of_the_gates(agentgate: Agentgate, red: Path, tmp_path: Path) -> None:
    from pytest_agentgate.report.formats import ONE_FILE

    words = [word for name in ONE_FILE for word in ("--report", f"{name}:{tmp_path / name}")]
    assert agentgate("gate", "sound", *words, cwd=red).returncode == 10
    for name in ONE_FILE:
        assert "tests.failed == 0" in (tmp_path / name).read_text(), name


def test_reports_of_junit_xml_tell_of_the_gates(agentgate: Agentgate, tmp_path: Path) -> None:
    from pytest_agentgate.report.formats import ONE_FILE

    (tmp_path / "agentgate.toml").write_text(PHASES)
    (tmp_path / "one.xml").write_text(SUITE.format(PASS + FAIL))
    words = [word for name in ONE_FILE for word in ("--report", f"{name}:out/{name}")]
    assert agentgate("gate", "sound", "one.xml", *words, cwd=tmp_path).returncode == 10
    for name in ONE_FILE:
        assert "tests.failed == 0" in (tmp_path / "out" / name).read_text(), name


def test_a_report_that_cannot_be_written_is_no_success(agentgate: Agentgate, green: Path) -> None:
    done = agentgate("gate", "sound", "--report", "md:pytest.ini/report.md", cwd=green)
    assert done.returncode == 2
    assert "cannot write the report" in done.stderr


# ---- checkpoints

KEEPING = """\
tests = ["tests"]
[[phase]]
name = "work"
gates = ["tests.failed == 0"]
commit = "test: it works"
on_failure = "rollback"
"""


@pytest.fixture
def keeping(tmp_path: Path) -> Path:
    """A project with a test that changed and passes."""
    folder = made(tmp_path / "keeping", GREEN, KEEPING)
    (folder / "tests/test_shop.py").write_text(GREEN + "def test_three(): pass\n")
    run(folder)
    return folder


def test_a_phase_that_passes_makes_its_checkpoint(agentgate: Agentgate, keeping: Path) -> None:
    done = agentgate("gate", "work", cwd=keeping)
    assert done.returncode == 0
    commit = git(keeping, "rev-parse", "HEAD")
    assert f"checkpoint of phase 'work': commit {commit[:12]} with 1 file" in done.stderr
    assert git(keeping, "log", "-1", "--format=%s") == "test: it works"
    assert "nothing changed below the tests" in agentgate("gate", "work", cwd=keeping).stderr


@pytest.mark.parametrize(
    ("words", "environ", "commits"),
    [
        ((), {"CI": "true"}, 1),
        (("--no-checkpoint",), {}, 1),
        (("--checkpoint",), {"CI": "true"}, 2),
    ],
)
def test_whether_a_checkpoint_is_made_is_up_to_the_user(
    agentgate: Agentgate, keeping: Path, words: tuple[str, ...], environ: dict[str, str], commits: int
) -> None:
    done = agentgate("gate", "work", *words, cwd=keeping, **environ)
    assert done.returncode == 0
    assert git(keeping, "rev-list", "--count", "HEAD") == str(commits)
    assert ("CI is set in the environment" in done.stderr) == (commits == 1 and bool(environ))


def test_a_checkpoint_that_cannot_be_made_changes_no_verdict(agentgate: Agentgate, keeping: Path) -> None:
    git(keeping, "checkout", "-q", "--detach")
    done = agentgate("gate", "work", cwd=keeping)
    assert done.returncode == 0
    assert "no checkpoint of phase 'work': HEAD is detached" in done.stderr


def test_junit_xml_makes_no_checkpoint(agentgate: Agentgate, keeping: Path) -> None:
    (keeping / "one.xml").write_text(SUITE.format(PASS))
    done = agentgate("gate", "work", "one.xml", cwd=keeping)
    assert "the run is not recorded" in done.stderr
    assert git(keeping, "rev-list", "--count", "HEAD") == "1"


def test_a_phase_that_fails_takes_back_what_agentgate_did_and_nothing_else(agentgate: Agentgate, keeping: Path) -> None:
    agentgate("gate", "work", cwd=keeping)
    kept = (keeping / "tests/test_shop.py").read_text()
    (keeping / "mine.txt").write_text("mine")
    (keeping / "src/shop.py").write_text("def cost(amount):\n    return amount\n")
    words = ("codemod", "run", "rename-symbol", "old=shop.price", "new=shop.cost", "tests", "--write")
    assert agentgate(*words, cwd=keeping).returncode == 0
    (keeping / "src/shop.py").write_text("def cost(amount):\n    return 7\n")
    assert (keeping / "tests/test_shop.py").read_text() != kept
    run(keeping, status=1)
    done = agentgate("gate", "work", cwd=keeping)
    assert done.returncode == 10
    assert "is taken back: " in done.stderr
    assert (keeping / "tests/test_shop.py").read_text() == kept
    assert git(keeping, "status", "--porcelain").splitlines() == [" M src/shop.py", "?? mine.txt"]


# ---- a person's word


def test_an_approval_counts_for_its_commit(agentgate: Agentgate, own: Path) -> None:
    done = agentgate("approve", "imports", "--reason", "read it", cwd=own)
    assert done.returncode == 0, done.stderr
    assert document(agentgate, "approved", cwd=own)["judgement"]["state"] == "passed"
    git(own, "commit", "-q", "--allow-empty", "-m", "later")
    run(own)
    document(agentgate, "approved", cwd=own, status=10)


def test_an_approval_says_who_and_why(agentgate: Agentgate, own: Path) -> None:
    git(own, "config", "user.name", "Ada")
    git(own, "config", "user.email", "ada@example.invalid")
    found = json.loads(agentgate("approve", "imports", "--reason", " read\n it ", "--json", cwd=own).stdout)
    assert {name: found[name] for name in ("phase", "person", "reason", "commit")} == {
        "phase": "imports",
        "person": "Ada <ada@example.invalid>",
        "reason": "read it",
        "commit": git(own, "rev-parse", "HEAD"),
    }


@pytest.mark.parametrize("name", ["AGENTGATE_AGENT", "AI_AGENT", "CLAUDECODE", "CODEX_SANDBOX", "GEMINI_CLI"])
def test_an_agents_approval_is_refused(agentgate: Agentgate, own: Path, name: str) -> None:
    done = agentgate("approve", "imports", "--reason", "fine", cwd=own, **{name: "1"})
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{name} is set in the environment: an agent's approval does not count" in done.stderr
    assert not list((own / ".agentgate/runs").glob("approval-*"))


def test_what_cannot_be_approved_is_said(agentgate: Agentgate, own: Path, tmp_path: Path) -> None:
    def refused(phase: str, cwd: Path, reason: str = "fine") -> str:
        done = agentgate("approve", phase, "--reason", reason, cwd=cwd)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        return done.stderr

    assert "no phase 'import'; did you mean 'imports'?" in refused("import", own)
    assert "--reason is empty" in refused("imports", own, " ")
    (own / "src/shop.py").write_text("")
    assert "has changes that are not committed" in refused("imports", own)
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare/agentgate.toml").write_text(PHASES)
    assert "an approval is of a commit, and there is none" in refused("imports", tmp_path / "bare")


def test_help_shows_an_example_of_each(agentgate: Agentgate) -> None:
    for name in ("gate", "approve", "status"):
        assert f"agentgate {name}" in agentgate(name, "--help", cwd=Path()).stdout.partition("Example")[2]


def test_a_hook_of_git_may_judge(agentgate: Agentgate, own: Path) -> None:
    """In a hook git names its own repository and index by variables, which are meant for no other."""
    elsewhere: dict[str, Any] = {"GIT_DIR": str(own / "nowhere"), "GIT_INDEX_FILE": os.devnull}
    assert document(agentgate, "sound", "--base", "main", cwd=own, status=0, **elsewhere)["judgement"]["base"] == "main"


def test_a_terminal_shows_colours_and_the_command_again(terminal: Callable[..., str], red: Path) -> None:
    shown = terminal("gate", "imports", cwd=red)
    assert "\x1b[1;32mpassed" in shown
    assert "1 test fails" in shown
