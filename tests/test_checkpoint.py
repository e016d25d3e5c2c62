"""Checkpoints in real repositories: what goes into one, what stays as it is, the way back, and a process that dies."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pytest_agentgate import checkpoint
from pytest_agentgate.checkpoint import CheckpointError
from pytest_agentgate.codemods.files.edits import Edit
from pytest_agentgate.codemods.files.journal import Journal
from pytest_agentgate.config import find_project
from pytest_agentgate.model.judgement import Phase

PHASE = Phase("imports", commit="test: repair imports")
CONFIGURATION = 'source = ["src"]\ntests = ["tests"]\n'
FILES = {
    "agentgate.toml": CONFIGURATION,
    ".gitignore": "*.pyc\n",
    "src/shop.py": "PRICE = 1\n",
    "tests/test_a.py": "A = 1\n",
    "tests/test_b.py": "B = 1\n",
    "tests/deep/test_c.py": "C = 1\n",
}


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.rstrip("\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository with one commit."""
    place = tmp_path / "project"
    for name, text in FILES.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)
    git(place, "init", "-q", "-b", "main")
    git(place, "add", ".")
    git(place, "commit", "-q", "-m", "begin")
    return place


def now(folder: Path) -> str:
    """A time after all that was changed so far and before what is changed from now on, both as file systems say it."""
    with tempfile.TemporaryFile(dir=folder.parent, buffering=0) as probe:
        times = set[int]()
        while not times or max(times) - min(times) < 1_000_000:  # they keep time in steps, and behind the clock
            probe.write(b"now")
            times.add(os.fstat(probe.fileno()).st_ctime_ns)
    return datetime.fromtimestamp((min(times) + max(times)) / 2e9, UTC).isoformat(timespec="microseconds")


def make(folder: Path, began: str = "") -> checkpoint.Checkpoint:
    """A checkpoint of a run that begins now."""
    return checkpoint.make(find_project(folder), PHASE, "R1", began or now(folder))


def committed(folder: Path, commit: str = "HEAD") -> list[str]:
    return git(folder, "show", "--format=", "--name-only", "--no-renames", commit).splitlines()


def state(folder: Path) -> dict[str, str]:
    """What is on disk, in the index, and where the branch is."""
    found = {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*.*") if _is_own(path)}
    return found | {"the index": git(folder, "ls-files", "--stage"), "HEAD": git(folder, "rev-parse", "HEAD")}


def _is_own(path: Path) -> bool:
    return path.is_file() and not {".git", ".agentgate"} & set(path.parts)


# ---- what goes into one


def test_what_changed_below_the_tests_is_committed_and_nothing_else(folder: Path) -> None:
    (folder / "tests/test_a.py").write_text("A = 2\n")
    (folder / "tests/deep/test_new.py").write_text("NEW = 1\n")
    (folder / "tests/test_b.py").unlink()
    (folder / "tests/cache.pyc").write_text("ignored")
    (folder / "src/shop.py").write_text("PRICE = 2\n")
    (folder / "notes.txt").write_text("mine")
    made = make(folder)
    files = ["tests/deep/test_new.py", "tests/test_a.py", "tests/test_b.py"]
    assert (list(made.files), committed(folder)) == (files, files)
    assert made.commit == git(folder, "rev-parse", "HEAD")
    assert git(folder, "status", "--porcelain").splitlines() == [" M src/shop.py", "?? notes.txt"]


def test_the_commit_names_the_phase_and_the_run(folder: Path) -> None:
    (folder / "tests/test_a.py").write_text("A = 2\n")
    make(folder)
    trailers = git(folder, "log", "-1", "--format=%(trailers:only)").splitlines()
    assert git(folder, "log", "-1", "--format=%s") == "test: repair imports"
    assert [line for line in trailers if line] == ["Agentgate-Checkpoint: imports", "Agentgate-Run: R1"]


def test_what_is_staged_elsewhere_stays_staged(folder: Path) -> None:
    (folder / "src/shop.py").write_text("PRICE = 2\n")
    git(folder, "add", "src/shop.py")
    (folder / "src/shop.py").write_text("PRICE = 3\n")
    (folder / "tests/test_a.py").write_text("A = 2\n")
    make(folder)
    assert committed(folder) == ["tests/test_a.py"]
    assert git(folder, "status", "--porcelain") == "MM src/shop.py"
    assert git(folder, "show", ":src/shop.py") == "PRICE = 2"


def test_staged_tests_are_committed_as_they_are(folder: Path) -> None:
    (folder / "tests/test_a.py").write_text("A = 2\n")
    git(folder, "mv", "tests/test_b.py", "tests/test_moved.py")
    git(folder, "add", ".")
    make(folder)
    assert committed(folder) == ["tests/test_a.py", "tests/test_b.py", "tests/test_moved.py"]
    assert git(folder, "status", "--porcelain") == ""


def test_a_version_that_is_only_staged_is_never_lost(folder: Path) -> None:
    (folder / "tests/test_a.py").write_text("A = 2\n")
    git(folder, "add", "tests")
    (folder / "tests/test_a.py").write_text("A = 3\n")
    before = state(folder)
    with pytest.raises(CheckpointError, match=r"tests/test_a\.py is staged as it is not on disk"):
        make(folder)
    assert state(folder) == before


def test_nothing_changed_is_no_commit(folder: Path) -> None:
    before = state(folder)
    assert make(folder) == checkpoint.Checkpoint("")
    assert state(folder) == before


def test_the_source_below_the_tests_stays_out(folder: Path) -> None:
    (folder / "agentgate.toml").write_text('source = ["src"]\ntests = ["."]\n')
    git(folder, "commit", "-qam", "all of it is tests")
    (folder / "src/shop.py").write_text("PRICE = 2\n")
    (folder / "tests/test_a.py").write_text("A = 2\n")
    make(folder)
    assert committed(folder) == ["tests/test_a.py"]


def test_the_tests_below_the_source_are_committed(folder: Path) -> None:
    (folder / "agentgate.toml").write_text(
        'source = ["src", "tests/deep/apart"]\ntests = ["src/shop/tests/", "tests"]\n'
    )
    git(folder, "commit", "-qam", "the tests of the shop lie within it")
    for name in ("src/shop/tests/test_shop.py", "src/shop/cart.py", "tests/deep/apart/code.py", "tests/deep/test_c.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("C = 2\n")
    make(folder)
    assert committed(folder) == ["src/shop/tests/test_shop.py", "tests/deep/test_c.py"]


def test_a_project_within_a_repository_commits_its_own_tests(folder: Path) -> None:
    inner = folder / "packages" / "[one]"
    (inner / "tests").mkdir(parents=True)
    (inner / "agentgate.toml").write_text(CONFIGURATION)
    (inner / "tests" / "test_it.py").write_text("IT = 1\n")
    (folder / "tests/test_a.py").write_text("A = 2\n")
    made = make(inner)
    assert made.files == ("tests/test_it.py",)
    assert committed(folder) == ["packages/[one]/tests/test_it.py"]


def test_a_test_that_changed_after_the_run_began_was_not_judged(folder: Path) -> None:
    began = now(folder)
    (folder / "tests/test_a.py").write_text("A = 2\n")
    before = state(folder)
    with pytest.raises(CheckpointError, match=r"tests/test_a\.py was changed after the run began"):
        make(folder, began)
    assert state(folder) == before


def test_a_file_that_the_run_itself_left_behind_is_in_no_checkpoint(folder: Path) -> None:
    (folder / "tests/test_a.py").write_text("A = 2\n")
    began = now(folder)
    (folder / "tests/output.txt").write_text("made by a test")
    made = make(folder, began)
    assert (made.files, made.left) == (("tests/test_a.py",), ("tests/output.txt",))
    assert git(folder, "status", "--porcelain") == "?? tests/output.txt"


# ---- where none can be made


def test_a_hook_that_refuses_is_told_and_everything_stays(folder: Path) -> None:
    hook = folder / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'tests/test_a.py: line too long' >&2\nexit 1\n")
    hook.chmod(0o755)
    (folder / "tests/test_a.py").write_text("A = 2\n")
    (folder / "tests/test_new.py").write_text("NEW = 1\n")
    (folder / "src/shop.py").write_text("PRICE = 2\n")
    git(folder, "add", "src")
    before = state(folder)
    with pytest.raises(CheckpointError, match=r"git commit: tests/test_a\.py: line too long"):
        make(folder)
    assert state(folder) == before


def test_a_detached_head_is_told(folder: Path) -> None:
    git(folder, "checkout", "-q", "--detach")
    (folder / "tests/test_a.py").write_text("A = 2\n")
    with pytest.raises(CheckpointError, match="HEAD is detached"):
        make(folder)


def test_a_folder_without_a_repository_is_told(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="is in no git repository"):
        checkpoint.make(find_project(tmp_path), PHASE, "R1", now(tmp_path))


def test_a_repository_without_a_commit_is_told(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    with pytest.raises(CheckpointError, match="no commit yet"):
        checkpoint.make(find_project(tmp_path), PHASE, "R1", now(tmp_path))


def test_in_the_middle_of_a_merge_none_is_made(folder: Path) -> None:
    git(folder, "checkout", "-q", "-b", "other")
    (folder / "tests/test_b.py").write_text("B = 2\n")
    git(folder, "commit", "-qam", "other")
    git(folder, "checkout", "-q", "main")
    (folder / "tests/test_a.py").write_text("A = 2\n")
    git(folder, "commit", "-qam", "mine")
    git(folder, "merge", "-q", "--no-commit", "--no-ff", "other")
    with pytest.raises(CheckpointError, match="a merge is not finished"):
        make(folder)


def test_a_repository_that_somebody_else_writes_is_told(folder: Path) -> None:
    (folder / ".git/index.lock").touch()
    (folder / "tests/test_a.py").write_text("A = 2\n")
    with pytest.raises(CheckpointError, match="git commit: "):
        make(folder)


# ---- the way back


def edit(folder: Path, path: str, text: str) -> str:
    """A batch of the journal that writes a file; -> its id."""
    project = find_project(folder)
    before = (folder / path).read_bytes()
    written = Journal(project.state / "journal", project.root).write([Edit(path, before, text.encode())], "rename-it")
    assert written.batch
    return written.batch


def own_commit(folder: Path, *paths: str) -> str:
    git(folder, "commit", "-q", "-m", "test: repair one cause\n\nAgentgate-Edit: c1:12ab", "--", *paths)
    return git(folder, "rev-parse", "HEAD")


def back(folder: Path) -> checkpoint.Undone:
    return checkpoint.roll_back(find_project(folder))


def test_batches_and_commits_of_ours_are_taken_back_newest_first(folder: Path) -> None:
    before = state(folder)
    edit(folder, "tests/test_a.py", "A = 2\n")
    own_commit(folder, "tests/test_a.py")
    edit(folder, "tests/test_a.py", "A = 3\n")
    edit(folder, "tests/test_b.py", "B = 2\n")
    undone = back(folder)
    assert state(folder) == before
    assert undone.stopped == ""
    assert sorted(step.split()[0] for step in undone.steps) == ["batch", "batch", "batch", "commit"]
    assert back(folder) == checkpoint.Undone()


def test_what_a_person_did_stays(folder: Path) -> None:
    (folder / "src/shop.py").write_text("PRICE = 2\n")
    (folder / "tests/test_b.py").write_text("B = 'mine'\n")
    git(folder, "add", "src")
    before = state(folder)
    edit(folder, "tests/test_a.py", "A = 2\n")
    own_commit(folder, "tests/test_a.py")
    back(folder)
    assert state(folder) == before


def test_a_checkpoint_is_where_the_way_back_ends(folder: Path) -> None:
    edit(folder, "tests/test_a.py", "A = 2\n")
    make(folder)
    kept = state(folder)
    edit(folder, "tests/test_b.py", "B = 2\n")
    assert len(back(folder).steps) == 1
    assert state(folder) == kept
    assert back(folder).steps == ()


def test_a_persons_commit_is_where_the_way_back_ends(folder: Path) -> None:
    edit(folder, "tests/test_a.py", "A = 2\n")
    own_commit(folder, "tests/test_a.py")
    (folder / "src/shop.py").write_text("PRICE = 2\n")
    git(folder, "commit", "-qam", "mine")
    kept = state(folder)
    assert back(folder) == checkpoint.Undone()
    assert state(folder) == kept


def test_a_batch_whose_file_somebody_changed_stays(folder: Path) -> None:
    edit(folder, "tests/test_a.py", "A = 2\n")
    (folder / "tests/test_a.py").write_text("A = 2  # mine\n")
    kept = state(folder)
    undone = back(folder)
    assert undone.steps == ()
    assert "tests/test_a.py was changed since" in undone.stopped
    assert state(folder) == kept


@pytest.mark.parametrize("staged", [False, True])
def test_a_commit_whose_file_somebody_changed_stays(folder: Path, staged: bool) -> None:
    (folder / "tests/test_a.py").write_text("A = 2\n")
    (folder / "tests/test_b.py").write_text("B = 2\n")
    own_commit(folder, "tests")
    (folder / "tests/test_b.py").write_text("B = 'mine'\n")
    if staged:
        git(folder, "add", "tests")
        (folder / "tests/test_b.py").write_text("B = 2\n")
    kept = state(folder)
    undone = back(folder)
    assert undone.steps == ()
    assert "tests/test_b.py was changed since commit" in undone.stopped
    assert state(folder) == kept


def test_files_that_a_commit_made_or_deleted_come_and_go(folder: Path) -> None:
    before = state(folder)
    git(folder, "mv", "tests/test_a.py", "tests/test_moved.py")
    (folder / "tests/deep/test_c.py").unlink()
    own_commit(folder, "tests")
    back(folder)
    assert state(folder) == before


def test_a_new_file_where_a_commit_deleted_one_stays(folder: Path) -> None:
    (folder / "tests/test_a.py").unlink()
    own_commit(folder, "tests")
    (folder / "tests/test_a.py").write_text("A = 'mine'\n")
    undone = back(folder)
    assert "tests/test_a.py is new since commit" in undone.stopped
    assert (folder / "tests/test_a.py").read_text() == "A = 'mine'\n"


def test_a_commit_that_others_may_have_stays(folder: Path, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "shared")
    (folder / "tests/test_a.py").write_text("A = 2\n")
    commit = own_commit(folder, "tests")
    git(folder, "remote", "add", "origin", str(tmp_path / "shared"))
    git(folder, "push", "-q", "origin", "main")
    undone = back(folder)
    assert undone.stopped == f"commit {commit[:12]} is on origin/main already: git revert {commit[:12]}"
    assert git(folder, "rev-parse", "HEAD") == commit


# ---- a process that dies

# Stands before git on PATH and kills who calls it before or after the writing call of a number; the others only read.
KILLER = """#!/bin/sh
for word; do case $word in add|commit|restore|rm|update-ref) writes=1; break;; esac; done
if [ -n "$writes" ]; then read number <{count}; number=$((number + 1)); echo $number >{count}; fi
[ -n "$writes" ] && [ "$KILL" = "before $number" ] && {{ kill -9 $PPID; exit 1; }}
{git} "$@"
status=$?
[ -n "$writes" ] && [ "$KILL" = "after $number" ] && kill -9 $PPID
exit $status
"""
PROGRAM = """
import sys
from pathlib import Path
from pytest_agentgate import checkpoint
from pytest_agentgate.config import find_project
from pytest_agentgate.model.judgement import Phase
project = find_project(Path(sys.argv[2]))
if sys.argv[1] == "make":
    checkpoint.make(project, Phase("imports", commit="test: repair"), "R1", sys.argv[3])
else:
    print(checkpoint.roll_back(project))
"""

Dying = Callable[[str, Path, int, str], bool]


@pytest.fixture
def dying(tmp_path: Path) -> Dying:
    """``dying("make", folder, 3, "after")``: the process dies with its third writing call of git; -> whether it did."""
    place = tmp_path / "killer"
    place.mkdir()
    real = shutil.which("git")
    assert real is not None
    (place / "git").write_text(KILLER.format(count=place / "count", git=real))
    (place / "git").chmod(0o755)

    def start(what: str, folder: Path, number: int, where: str) -> bool:
        (place / "count").write_text("0\n")
        environ = {**os.environ, "PATH": f"{place}{os.pathsep}{os.environ['PATH']}"}
        environ |= {"KILL": f"{where} {number}"}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, what, str(folder), now(folder)], env=environ, capture_output=True, text=True
        )
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        return done.returncode != 0

    return start


def on_disk(folder: Path) -> dict[str, str]:
    return {name: text for name, text in state(folder).items() if name not in ("the index", "HEAD")}


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_checkpoint_cut_short_loses_nothing_and_can_be_made_again(folder: Path, dying: Dying, where: str) -> None:
    (folder / "tests/test_a.py").write_text("A = 2\n")
    (folder / "tests/test_new.py").write_text("NEW = 1\n")
    (folder / "src/shop.py").write_text("PRICE = 2\n")
    git(folder, "add", "src")
    (folder / "src/shop.py").write_text("PRICE = 3\n")
    original = folder.parent / "original"
    shutil.copytree(folder, original, symlinks=True)
    disk, number, died = on_disk(folder), 0, True
    while died:
        number += 1
        shutil.rmtree(folder)
        shutil.copytree(original, folder, symlinks=True)
        died = dying("make", folder, number, where)
        assert on_disk(folder) == disk, number
        assert git(folder, "show", ":src/shop.py") == "PRICE = 2", number
        if died:
            make(folder)
        assert committed(folder) == ["tests/test_a.py", "tests/test_new.py"], number
        assert git(folder, "rev-list", "--count", "HEAD") == "2"
        assert git(folder, "status", "--porcelain") == "MM src/shop.py"
    assert number == 3  # after add and commit there was no more


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_way_back_cut_short_loses_nothing_and_can_be_gone_again(folder: Path, dying: Dying, where: str) -> None:
    (folder / "tests/test_b.py").write_text("B = 'mine'\n")
    before = state(folder)
    edit(folder, "tests/test_a.py", "A = 2\n")
    (folder / "tests/deep/test_c.py").rename(folder / "tests/deep/test_d.py")
    git(folder, "add", "--intent-to-add", "tests/deep/test_d.py")
    own_commit(folder, "tests/test_a.py", "tests/deep")
    edit(folder, "tests/test_a.py", "A = 3\n")
    original = folder.parent / "original"
    shutil.copytree(folder, original, symlinks=True)
    number, died = 0, True
    while died:
        number += 1
        shutil.rmtree(folder)
        shutil.copytree(original, folder, symlinks=True)
        died = dying("back", folder, number, where)
        assert (folder / "tests/test_b.py").read_text() == "B = 'mine'\n", number
        if died:
            assert back(folder).stopped == "", number
        assert state(folder) == before, number
    assert number == 3  # after restore and update-ref there was no more
