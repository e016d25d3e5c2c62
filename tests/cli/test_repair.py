"""``agentgate repair`` as it is typed: real repositories, what changed read from git, remedies inferred."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pytest_agentgate.store import open_store

CONFIG = """
[tool.pytest.ini_options]
pythonpath = ["src"]
testpaths = ["tests"]
addopts = "-p no:cacheprovider"

[tool.agentgate]
source = ["src"]
tests = ["tests"]
"""
PHASES = """
[[tool.agentgate.phase]]
name = "imports"
repairs = ["import"]
gates = ["failures.import == 0"]
commit = "test: follow shop.prices"

[[tool.agentgate.phase]]
name = "values"
needs = ["imports"]
repairs = ["assertion"]
gates = ["tests.pass_rate == 100%"]
commit = "test: expect what is right"
"""
OLD = """
def price_of(name, amount=1):
    table = {"tea": 3, "milk": 2}
    return table[name] * amount

def tax(price):
    return price * 0.2
"""
NEW = OLD.replace("price_of", "price_for").replace("0.2", "0.25")
TESTS = """
from shop import price_of

def test_one(): assert price_of("tea") == 3
def test_two(): assert price_of("milk", 2) == 4
"""
TAX = "from shop import tax\n\ndef test_tax(): assert tax(10) == 2\n"

Repair = Callable[..., subprocess.CompletedProcess[str]]


def git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(textwrap.dedent(text))


def commit(root: Path, message: str) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", message)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository whose last commit renames a function that its tests use."""
    root = tmp_path / "shop"
    write(
        root, {"pyproject.toml": CONFIG, ".gitignore": "__pycache__\n", "src/shop.py": OLD, "tests/test_shop.py": TESTS}
    )
    git(tmp_path, "init", "-q", "-b", "main", str(root))
    commit(root, "Sell tea")
    write(root, {"src/shop.py": NEW})
    commit(root, "Ask for the price of a thing")
    return root


@pytest.fixture
def repair(quick: None) -> Repair:
    """``repair(root, *words)`` -> how it ended."""

    def start(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pytest_agentgate", "repair", "--python", sys.executable, *words],
            cwd=root,
            env={**os.environ, "AGENTGATE_AGENT": "ada", "COLUMNS": "100"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )

    return start


def test_from_red_to_green_with_a_record_and_back(project: Path, repair: Repair) -> None:
    before = (project / "tests/test_shop.py").read_bytes()
    done = repair(project, "--base", "HEAD~1", "--json", "--report", "md:../repair.md")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    [attempt] = told["attempts"]
    assert (attempt["codemods"], attempt["verdict"]) == (["rename-symbol old=shop.price_of new=shop.price_for"], "kept")
    assert attempt["evidence"]
    assert (told["repair"]["red_before"], told["repair"]["green_after"], told["repair"]["left"]) == (2, 2, [])
    assert told["repair"]["files"] == ["tests/test_shop.py"]
    assert told["causes"] == []
    text = (project / "tests/test_shop.py").read_text()
    assert "price_of" not in text
    assert (project.parent / "repair.md").read_text().startswith("# 2 tests were red: 2 green now, nothing is left")
    with open_store(str(project / ".agentgate/agentgate.db")) as store:
        [recorded] = store.repairs()
        assert (recorded.agent, recorded.base, recorded.base_commit) == (
            "ada",
            "HEAD~1",
            git(project, "rev-parse", "HEAD~1"),
        )
        assert [run.id for run in store.runs()] == [recorded.after_run, recorded.before_run]
        assert store.run_summary().repair == recorded
    assert git(project, "status", "--short") == "M tests/test_shop.py"
    undone = subprocess.run(
        [sys.executable, "-m", "pytest_agentgate", "undo"], cwd=project, capture_output=True, text=True
    )
    assert undone.stdout == "restored tests/test_shop.py\n"
    assert (project / "tests/test_shop.py").read_bytes() == before


def test_without_a_base_it_is_where_the_branch_left(project: Path, repair: Repair) -> None:
    git(project, "branch", "-q", "feature")
    git(project, "reset", "-q", "--hard", "HEAD~1")
    git(project, "switch", "-q", "feature")
    done = repair(project)
    assert done.returncode == 0, done.stderr
    assert "where this branch left main; --base names another" in done.stderr
    assert "2 tests were red: 2 green now, nothing is left" in done.stdout


def test_without_a_base_and_with_changes_that_are_not_committed_it_is_the_last_commit(
    project: Path, repair: Repair
) -> None:
    git(project, "reset", "-q", "--soft", "HEAD~1")
    done = repair(project)
    assert done.returncode == 0, done.stderr
    assert "the implementation has changes that are not committed" in done.stderr


def test_without_a_base_and_any_change_it_asks_for_one(project: Path, repair: Repair) -> None:
    done = repair(project)
    assert done.returncode == 2
    assert "name the commit that the tests were written for with --base REF" in done.stderr
    assert repair(project, "--base", "nowhere").returncode == 2


def test_in_a_shallow_clone_it_says_how_to_get_older_commits(project: Path, repair: Repair, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{project}", "clone")
    done = repair(tmp_path / "clone")
    assert done.returncode == 2
    assert "this clone is shallow, git fetch --unshallow brings its older commits" in done.stderr
    done = repair(tmp_path / "clone", "--base", "HEAD~1")
    assert done.stderr == "agentgate: error: --base HEAD~1: no such commit here; git fetch --unshallow\n"


def test_a_dry_run_shows_the_diff_and_writes_nothing(project: Path, repair: Repair) -> None:
    done = repair(project, "--base", "HEAD~1", "--dry-run")
    assert done.returncode == 1, done.stderr
    assert "+from shop import price_for" in done.stdout
    assert "    it would be tried" in done.stdout
    assert git(project, "status", "--short") == ""


@pytest.mark.parametrize("config", ["", '[tool.agentgate]\nsource = ["shop"]\ntests = ["shop/tests"]\n'])
def test_tests_within_the_package_are_no_callers_of_the_implementation(
    tmp_path: Path, repair: Repair, config: str
) -> None:
    root = tmp_path / "project"
    helper = "from shop.prices import price_of\n\ndef tea(): return price_of('tea')\n"
    tests = "from ..prices import price_of\nfrom .helper import tea\n\ndef test_it(): assert price_of('tea') == tea()\n"
    inits = {"shop/__init__.py": "", "shop/tests/__init__.py": "", "conftest.py": "", "pyproject.toml": config}
    write(root, {**inits, "shop/prices.py": OLD, "shop/tests/helper.py": helper, "shop/tests/test_prices.py": tests})
    git(tmp_path, "init", "-q", "-b", "main", str(root))
    if not config:
        write(root, {"pyproject.toml": '[tool.pytest.ini_options]\ntestpaths = ["shop/tests"]\n'})
    commit(root, "Sell tea")
    write(root, {"shop/prices.py": OLD.replace("price_of", "price_for")})
    done = repair(root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert git(root, "status", "--short").split() == [
        *("M", "shop/prices.py", "M", "shop/tests/helper.py", "M", "shop/tests/test_prices.py")
    ]
    assert (root / "shop/prices.py").read_text() == OLD.replace("price_of", "price_for")


def test_changes_of_the_tests_alone_are_none_of_the_implementation(project: Path, repair: Repair) -> None:
    write(project, {"pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["src"]\n'})
    commit(project, "Configure nothing")
    write(project, {"tests/test_new.py": "def test_new(): pass\n"})
    done = repair(project)
    assert done.returncode == 2
    assert "the implementation does not differ from the branch that it started from" in done.stderr


def test_phases_are_committed_one_by_one_and_their_gates_decide(project: Path, repair: Repair) -> None:
    write(project, {"pyproject.toml": CONFIG + PHASES, "tests/test_tax.py": TAX})
    commit(project, "Judge by phases")
    write(project, {"tests/notes.txt": "mine"})
    done = repair(project, "--base", "HEAD~2", "--commit")
    assert done.returncode == 1, done.stderr
    assert "imports: passed" in done.stdout
    assert "values: failed" in done.stdout
    assert "gates failed (exit status 1)" in done.stdout
    assert git(project, "log", "-1", "--format=%s") == "test: follow shop.prices"
    assert "- rename-symbol old=shop.price_of new=shop.price_for" in git(project, "log", "-1", "--format=%b")
    assert git(project, "log", "-1", "--format=%(trailers:key=Agentgate-Edit,valueonly)").startswith("repair-")
    assert git(project, "show", "--stat", "--format=", "--name-only") == "tests/test_shop.py"
    assert git(project, "status", "--short") == "?? tests/notes.txt"
    # all that is left is the value, which is for a person
    done = repair(project, "--base", "HEAD~3", "--phase", "imports")
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_had_changes_before_is_not_committed(project: Path, repair: Repair) -> None:
    with (project / "tests/test_shop.py").open("a") as stream:
        stream.write("\ndef test_mine(): pass\n")
    done = repair(project, "--base", "HEAD~1", "--commit")
    assert done.returncode == 0, done.stderr
    assert "files that had changes before are not committed: tests/test_shop.py" in done.stderr
    assert git(project, "log", "-1", "--format=%s") == "Ask for the price of a thing"


@pytest.mark.skipif(os.name != "posix", reason="a terminal as POSIX has it")
def test_a_narrow_terminal_shows_how_many_are_green(tmp_path: Path) -> None:
    code = (
        "from pytest_agentgate.cli.repair import _told\n"
        "from pytest_agentgate.repair.loop import Progress\n"
        "with _told() as (tell, said): tell(Progress('cannot import name ' * 9, 3, 17, 412, 95))\n"
    )
    ours, theirs = os.openpty()
    environ = {**os.environ, "COLUMNS": "60", "TERM": "xterm"}
    with (tmp_path / "out").open("wb") as out:
        subprocess.run([sys.executable, "-c", code], env=environ, stdout=out, stderr=theirs, check=True, timeout=120)
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert "412 green" in shown
    assert "3 of 17 causes" in shown


def test_edits_that_no_test_was_run_for_are_named(project: Path, repair: Repair) -> None:
    write(project, {"tests/test_other.py": TESTS, "tests/helper.py": "from shop import price_of\n"})
    done = repair(project, "--base", "HEAD~1", "--", "tests/test_shop.py")
    assert done.returncode == 0, done.stderr
    assert "tests/test_other.py: edited, and no test of theirs was run" in done.stdout
    git(project, "checkout", "-q", "tests")
    write(project, {"tests/test_other.py": TESTS, "tests/helper.py": "from shop import price_of\n"})
    assert "no test of theirs was run" not in repair(project, "--base", "HEAD~1").stdout


def test_a_commit_that_a_hook_refuses_is_no_success(project: Path, repair: Repair) -> None:
    hook = project / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'the linter says no' >&2\nexit 1\n")
    hook.chmod(0o755)
    done = repair(project, "--base", "HEAD~1", "--commit")
    assert done.returncode == 12
    assert "no commit: git commit: the linter says no" in done.stdout
    assert git(project, "log", "-1", "--format=%s") == "Ask for the price of a thing"
    assert git(project, "status", "--short") == "M tests/test_shop.py"
    hook.unlink()
    git(project, "checkout", "-q", "tests")
    done = repair(project, "--base", "HEAD~1", "--commit")
    assert done.returncode == 0, done.stderr
    assert f"commit {git(project, 'rev-parse', 'HEAD')[:12]}" in done.stdout
    assert "git diff" not in done.stdout
    assert "agentgate undo" not in done.stdout  # it would leave the commit


@pytest.mark.skipif(os.name != "posix", reason="signals as a terminal sends them")
@pytest.mark.parametrize("used", ["", "from shop import price_of\n"], ids=["first run", "attempt"])
def test_ctrl_c_ends_it_with_130_and_leaves_nothing_on_trial(project: Path, quick: None, used: str) -> None:
    stop = "import os, signal, time\n\ndef test_stop():\n    os.kill(int(os.environ['REPAIR']), signal.SIGINT)\n"
    write(project, {"tests/test_stop.py": f"{used}{stop}    time.sleep(600)\n"})
    before = (project / "tests/test_stop.py").read_bytes()
    code = "import os, sys; from pytest_agentgate.cli import main; os.environ['REPAIR'] = str(os.getpid()); main()"
    words = ["repair", "--python", sys.executable, "--base", "HEAD~1"]
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=project, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 130, done.stdout + done.stderr
    assert (project / "tests/test_stop.py").read_bytes() == before
    assert git(project, "status", "--short") == "?? tests/test_stop.py"


def test_a_package_that_is_tested_from_elsewhere_is_an_error(project: Path, repair: Repair, tmp_path: Path) -> None:
    write(project, {"pyproject.toml": CONFIG.replace('pythonpath = ["src"]', "")})
    write(project, {"src/till/__init__.py": "OPEN = True\n"})
    other = tmp_path / "other"
    write(other, {"till/__init__.py": "OPEN = False\n"})
    environ = dict(os.environ, PYTHONPATH=str(other))
    done = subprocess.run(
        [sys.executable, "-m", "pytest_agentgate", "repair", "--python", sys.executable, "--base", "HEAD~1"],
        cwd=project, env=environ, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert f"till is {other}/till/__init__.py" in done.stderr
    assert "install this checkout there" in done.stderr


def test_a_suite_that_cannot_be_run_is_incomplete(project: Path, repair: Repair) -> None:
    write(project, {"tests/test_crash.py": "import os\n\ndef test_it(): os._exit(0)\n"})
    done = repair(project, "--base", "HEAD~1")
    assert done.returncode == 12
    assert "the first run does not tell the state of the tests" in done.stdout
    assert git(project, "status", "--short") == "?? tests/test_crash.py"


def test_where_all_is_green_nothing_is_done(project: Path, repair: Repair) -> None:
    write(project, {"tests/test_shop.py": TESTS.replace("price_of", "price_for")})
    done = repair(project, "--base", "HEAD~1")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "agentgate: nothing is red: nothing to repair")


def test_the_old_implementation_may_be_a_folder(project: Path, repair: Repair, tmp_path: Path) -> None:
    write(tmp_path / "old", {"shop.py": OLD})
    done = repair(project, "--base-path", str(tmp_path / "old"))
    assert done.returncode == 0, done.stderr


def test_a_dependency_may_have_changed(project: Path, repair: Repair, tmp_path: Path) -> None:
    """The old release is a folder, the new one what the interpreter has; nothing of the project itself differs."""
    write(tmp_path / "old", {"till/__init__.py": OLD})
    write(tmp_path / "new", {"till/__init__.py": NEW})
    write(project, {"tests/test_shop.py": TESTS.replace("shop", "till")})
    done = subprocess.run(
        [sys.executable, "-m", "pytest_agentgate", "repair", "--python", sys.executable, "--base-path", "../old"],
        cwd=project, env={**os.environ, "PYTHONPATH": str(tmp_path / "new")}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "rename-symbol old=till.price_of new=till.price_for" in done.stdout


def test_wrong_usage_is_one_line(project: Path, repair: Repair) -> None:
    for words in (["--dry-run", "--commit"], ["--phase", "nothing"], ["--report", "nothing"], ["-x"]):
        done = repair(project, "--base", "HEAD~1", *words)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr


def test_help_has_examples(repair: Repair, project: Path) -> None:
    done = repair(project, "--help")
    assert "agentgate repair --dry-run" in done.stdout


# ---- another beginning


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder in which pip finds releases of till, instead of an index: 1.0 has the old names."""
    for version, text in (("1.0", OLD), ("2.0", NEW)):
        with zipfile.ZipFile(tmp_path / f"till-{version}-py3-none-any.whl", "w") as wheel:
            about = f"till-{version}.dist-info"
            wheel.writestr("till/__init__.py", text)
            wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: till\nVersion: {version}\n")
            wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{about}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")


def test_the_old_implementation_may_be_a_release(
    project: Path, repair: Repair, tmp_path: Path, index: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "new", {"till/__init__.py": NEW})
    write(project, {"tests/test_shop.py": TESTS.replace("shop", "till")})
    commit(project, "Upgrade till to 2.0")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "new"))
    done = repair(project, "--base-package", "till==1.0", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["repair"]["base"]) == (0, "till==1.0"), done.stderr
    [attempt] = told["attempts"]
    assert attempt["codemods"] == ["rename-symbol old=till.price_of new=till.price_for"]
    assert (project / "tests/test_shop.py").read_text().count("price_for") == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--base-package", "till"], "must be one release of a package such as shop==1.4"),
        (["--base-package", "till==9"], "pip can't fetch it"),
        (["--base-package", "till==1.0", "--base-path", "src"], "exclude each other"),
    ],
)
def test_a_release_that_is_not_to_be_had_is_one_line(
    project: Path, repair: Repair, index: None, words: list[str], said: str
) -> None:
    before = (project / "tests/test_shop.py").read_bytes()
    done = repair(project, *words)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
    assert said in done.stderr
    assert (project / "tests/test_shop.py").read_bytes() == before


def recorded(project: Path) -> str:
    """The id of a run of all tests."""
    command = [sys.executable, "-m", "pytest", "-q", "--agentgate"]
    subprocess.run(command, cwd=project, env=os.environ, capture_output=True, timeout=120)
    return max((project / ".agentgate/runs").glob("*.jsonl")).stem


def test_a_recorded_run_stands_for_the_first(project: Path, repair: Repair) -> None:
    write(project, {".gitignore": "__pycache__\n.agentgate\n"})
    commit(project, "Ignore the record")
    run = recorded(project)
    done = repair(project, "--base", "HEAD~2", "--run", run, "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["repair"]["before_run"]) == (0, run), done.stderr
    assert (told["repair"]["red_before"], told["repair"]["green_after"]) == (2, 2)
    assert "running all tests" not in done.stderr.splitlines()[0]


def test_a_run_of_other_files_is_refused(project: Path, repair: Repair) -> None:
    write(project, {".gitignore": "__pycache__\n.agentgate\n"})
    commit(project, "Ignore the record")
    run = recorded(project)
    write(project, {"tests/test_shop.py": TESTS + "\ndef test_three(): assert price_of('milk') == 2\n"})
    done = repair(project, "--base", "HEAD~2", "--run", run)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert f"--run {run} is of another state of the files" in done.stderr
    commit(project, "Ask for milk alone")
    assert repair(project, "--base", "HEAD~3", "--run", run).returncode == 2


def test_a_run_that_nobody_knows_is_refused(project: Path, repair: Repair) -> None:
    done = repair(project, "--base", "HEAD~1", "--run", "20200101T000000-0000")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
    assert "20200101T000000-0000" in done.stderr
