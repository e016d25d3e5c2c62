"""The journal: what was written can be taken back byte for byte, whenever the process that wrote it was killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_agentgate.codemods.files import journal as journals
from pytest_agentgate.codemods.files.edits import Edit
from pytest_agentgate.codemods.files.journal import Journal
from pytest_agentgate.errors import JournalError

BEFORE = {
    "tests/test_a.py": b"a = 1\r\n",
    "tests/deep/test_b.py": b"\xef\xbb\xbfb = 1",
    "tests/test_c.py": b"# coding: latin-1\nc = '\xe9'\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return laid_out(tmp_path)


@pytest.fixture
def root_in_memory() -> Iterator[Path]:
    """Where a disk would be waited for at each of thousands of steps, and what it keeps is not asked."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield laid_out(Path(folder))


def laid_out(root: Path) -> Path:
    for path, data in BEFORE.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


def journal_of(root: Path) -> Journal:
    return Journal(root / ".agentgate/journal", root)


def edits(root: Path, old: bytes = b"= ", new: bytes = b"=  ") -> list[Edit]:
    return [Edit(path, data, data.replace(old, new)) for path in BEFORE for data in [(root / path).read_bytes()]]


def contents(root: Path) -> dict[str, bytes]:
    """Every file outside of the state folder."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".agentgate" not in path.parts
    }


def test_undo_restores_every_byte(root: Path) -> None:
    written = journal_of(root).write(edits(root), "a test")
    assert set(written.paths) == set(BEFORE)
    assert contents(root) == {path: data.replace(b"= ", b"=  ") for path, data in BEFORE.items()}
    batch = journal_of(root).undo()
    assert (batch.id, batch.what) == (written.batch, "a test")
    assert contents(root) == BEFORE


def test_undo_of_undo_goes_one_batch_further_back(root: Path) -> None:
    states = [contents(root)]
    for number in range(3):
        journal_of(root).write(edits(root, b"=", b"= #"), f"batch {number}")
        states.append(contents(root))
    assert [batch.what for batch in journal_of(root).batches()] == ["batch 2", "batch 1", "batch 0"]
    for state in reversed(states[:-1]):
        journal_of(root).undo()
        assert contents(root) == state
    with pytest.raises(JournalError, match="nothing to undo"):
        journal_of(root).undo()
    assert [path.name for path in (root / ".agentgate/journal").iterdir()] == ["lock"]


@pytest.mark.parametrize("change", [b"somebody's", None])
def test_undo_restores_nothing_where_somebody_changed_a_file(root: Path, change: bytes | None) -> None:
    journal_of(root).write(edits(root), "a test")
    mine = root / "tests/test_a.py"
    ours = mine.read_bytes()
    mine.unlink()
    if change is not None:
        mine.write_bytes(change)
    state = contents(root)
    with pytest.raises(JournalError, match=r"^tests/test_a\.py (was changed|is gone) since; nothing was restored"):
        journal_of(root).undo()
    assert contents(root) == state
    mine.write_bytes(ours)  # and once it is put back, all is restored
    journal_of(root).undo()
    assert contents(root) == BEFORE


def test_what_nobody_changed_is_restored_where_a_batch_is_abandoned(root: Path) -> None:
    batch = journal_of(root).write(edits(root), "a test").batch
    assert len(BEFORE) > 1
    (root / "tests/test_a.py").write_bytes(b"somebody's")
    assert journal_of(root).abandon(batch) == ("tests/test_a.py",)
    assert contents(root) == {**BEFORE, "tests/test_a.py": b"somebody's"}
    assert journal_of(root).batches() == []
    batch = journal_of(root).write(edits(root), "a test").batch
    assert journal_of(root).abandon(batch) == ()
    with pytest.raises(JournalError, match="nothing to undo"):
        journal_of(root).abandon(batch)


def test_a_file_that_somebody_has_put_back_already_is_no_change(root: Path) -> None:
    journal_of(root).write(edits(root), "a test")
    (root / "tests/test_a.py").write_bytes(BEFORE["tests/test_a.py"])
    journal_of(root).undo()
    assert contents(root) == BEFORE


def test_undo_writes_through_no_link_that_came_since(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    journal_of(root).write(edits(root), "a test")
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "deep"
    (root / "tests/deep").rename(elsewhere)
    (root / "tests/deep").symlink_to(elsewhere)
    theirs = (elsewhere / "test_b.py").read_bytes()
    with pytest.raises(JournalError, match=r"tests/deep/test_b\.py is gone"):
        journal_of(root).undo()
    assert (elsewhere / "test_b.py").read_bytes() == theirs


def test_a_file_that_changed_since_it_was_read_is_left_alone(root: Path) -> None:
    planned = edits(root)
    (root / "tests/test_a.py").write_bytes(b"somebody's")
    (root / "tests/test_c.py").unlink()
    written = journal_of(root).write(planned, "a test")
    assert {left.path: left.reason for left in written.left} == {
        "tests/test_a.py": "it was changed since it was read",
        "tests/test_c.py": "it is gone",
    }
    assert (root / "tests/test_a.py").read_bytes() == b"somebody's"
    journal_of(root).undo()
    assert (root / "tests/deep/test_b.py").read_bytes() == BEFORE["tests/deep/test_b.py"]
    assert (root / "tests/test_a.py").read_bytes() == b"somebody's"


def test_a_batch_that_wrote_nothing_is_none(root: Path) -> None:
    planned = edits(root)
    for path in BEFORE:
        (root / path).write_bytes(b"somebody's")
    written = journal_of(root).write(planned, "a test")
    assert (written.batch, written.paths, len(written.left)) == ("", (), 3)
    assert journal_of(root).batches() == []


def test_modes_are_kept_and_each_file_is_of_a_later_second(root: Path) -> None:
    path = root / "tests/test_a.py"
    path.chmod(0o640)
    seconds = [int(path.stat().st_mtime)]
    journal_of(root).write(edits(root), "a test")
    seconds.append(int(path.stat().st_mtime))
    journal_of(root).undo()
    seconds.append(int(path.stat().st_mtime))
    assert seconds[0] < seconds[1] < seconds[2]
    assert path.stat().st_mode & 0o777 == 0o640


def test_python_never_takes_old_compiled_code_for_current(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The size and the second of a source are all that Python compares with what it compiled."""
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE")
    module = root / "tests/value.py"
    module.write_text("VALUE = 'old'\n")

    def value() -> str:
        code = "import value; print(value.VALUE)"
        return subprocess.run([sys.executable, "-c", code], cwd=module.parent, capture_output=True, text=True).stdout

    assert value() == "old\n"
    assert list(module.parent.rglob("value.*.pyc"))
    old = module.read_bytes()
    journal_of(root).write([Edit("tests/value.py", old, old.replace(b"old", b"new"))], "a test")
    assert value() == "new\n"
    journal_of(root).undo()
    assert value() == "old\n"


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc what a descriptor is of")
def test_the_journal_is_on_disk_before_the_first_byte_changes(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    sync, rename, replace = os.fsync, Path.rename, Path.replace

    def synced(descriptor: int) -> None:
        calls.append(f"sync {Path(f'/proc/self/fd/{descriptor}').readlink().name}")
        sync(descriptor)

    def renamed(path: Path, target: Path) -> Path:
        calls.append(f"rename {path.name}")
        return rename(path, target)

    def replaced(path: Path, target: Path) -> Path:
        calls.append(f"replace {target.name}")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "rename", renamed)
    monkeypatch.setattr(Path, "replace", replaced)
    batch = journal_of(root).write(edits(root)[:1], "a test").batch
    assert calls == [
        "sync before.zip",
        "sync batch.json",
        f"sync {batch}.begun",
        f"rename {batch}.begun",
        "sync journal",
        f"sync .agentgate-{batch}-0.tmp",
        "replace test_a.py",
        "sync tests",
    ]


def test_worktrees_share_a_journal_and_take_back_only_what_is_theirs(root: Path) -> None:
    other = root / "other"
    (other / "tests").mkdir(parents=True)
    (other / "tests/test_a.py").write_bytes(b"a = 1\n")
    shared = root / ".agentgate/journal"
    Journal(shared, root).write(edits(root), "in main")
    Journal(shared, other).write([Edit("tests/test_a.py", b"a = 1\n", b"a = 2\n")], "in other")
    assert Journal(shared, root).undo().what == "in main"
    assert Journal(shared, other).undo().what == "in other"
    assert (other / "tests/test_a.py").read_bytes() == b"a = 1\n"


def test_a_project_that_moved_can_still_be_taken_back(root: Path) -> None:
    home = root / "home"
    (root / "tests").rename(root / "moved")
    home.mkdir()
    (root / "moved").rename(home / "tests")
    journal_of(home).write(edits(home), "a test")
    home.rename(root / "elsewhere")
    journal_of(root / "elsewhere").undo()
    assert contents(root / "elsewhere") == BEFORE


def test_old_batches_are_forgotten(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "KEPT", 3)
    for number in range(6):
        journal_of(root).write(edits(root, b"=", b"= #"), f"batch {number}")
    journal_of(root)._tidy()
    assert [batch.what for batch in journal_of(root).batches()] == ["batch 5", "batch 4", "batch 3"]


def test_a_damaged_journal_restores_nothing(root: Path) -> None:
    batch = journal_of(root).write(edits(root), "a test").batch
    state = contents(root)
    archive = root / ".agentgate/journal" / batch / "before.zip"
    data = bytearray(archive.read_bytes())
    data[40] ^= 255
    archive.write_bytes(data)
    with pytest.raises(JournalError, match=r"before\.zip"):
        journal_of(root).undo()
    assert contents(root) == state


def test_one_process_writes_at_a_time(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = textwrap.dedent("""
        import sys, time
        from pathlib import Path
        from pytest_agentgate.codemods.files.journal import Journal
        with Journal(Path(sys.argv[1], ".agentgate/journal"), Path(sys.argv[1]))._alone():
            print("held", flush=True)
            time.sleep(600)
        """)
    with subprocess.Popen([sys.executable, "-c", code, str(root)], stdout=subprocess.PIPE) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == b"held\n"
            monkeypatch.setattr(journals, "_PATIENCE", 0.2)
            with pytest.raises(JournalError, match="another agentgate is writing"):
                journal_of(root).write(edits(root), "a test")
            assert contents(root) == BEFORE
        finally:
            holder.kill()  # the lock goes with the process, whatever becomes of it
    assert len(journal_of(root).write(edits(root), "a test").paths) == 3


def test_processes_that_write_at_once_write_one_after_the_other(root: Path) -> None:
    """Each adds a line to each file, five times; undo then goes back through all of it."""
    code = textwrap.dedent("""
        import sys
        from pathlib import Path
        from pytest_agentgate.codemods.files import journal
        from pytest_agentgate.codemods.files.edits import Edit
        from pytest_agentgate.codemods.files.journal import Journal
        journal._PATIENCE = 600  # nobody says whose turn it is, and a disk may be slow
        root = Path(sys.argv[1])
        done = 0
        while done < 5:
            paths = ["tests/test_a.py", "tests/test_c.py"]
            before = [(root / path).read_bytes() for path in paths]
            edits = [Edit(p, b, b + b"# %s\\n" % sys.argv[2].encode()) for p, b in zip(paths, before)]
            done += len(Journal(root / ".agentgate/journal", root).write(edits, sys.argv[2]).paths) == 2
        """)
    writers = [subprocess.Popen([sys.executable, "-c", code, str(root), name]) for name in ("one", "two", "three")]
    try:
        assert [writer.wait(timeout=300) for writer in writers] == [0, 0, 0]
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
    for path in ("tests/test_a.py", "tests/test_c.py"):
        added = (root / path).read_bytes().removeprefix(BEFORE[path]).decode().splitlines()
        assert min(added.count(f"# {name}") for name in ("one", "two", "three")) >= 5
    while journal_of(root).batches():
        journal_of(root).undo()
    assert contents(root) == BEFORE


# ---- killed at every step

STEPS = '''
"""Do ACTION over and over, each time killed one line of code later; say what was found after each."""
import json, os, shutil, signal, sys
from pathlib import Path
from pytest_agentgate.codemods.files import edits, journal
from pytest_agentgate.codemods.files.edits import Edit
from pytest_agentgate.codemods.files.journal import Journal
from pytest_agentgate.errors import JournalError

root, action, stride = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
TRACED = {edits.__file__, journal.__file__}
BEFORE = {path: (root / path).read_bytes() for path in ("tests/test_a.py", "tests/deep/test_b.py", "tests/test_c.py")}
AFTER = {path: data.replace(b"= ", b"=  ") for path, data in BEFORE.items()}
os.fsync = lambda descriptor: None  # a kill loses nothing that was written; only this would take long


def fresh():
    shutil.rmtree(root / ".agentgate", ignore_errors=True)
    for leftover in root.rglob(".agentgate-*"):
        leftover.unlink()
    for path, data in BEFORE.items():
        (root / path).write_bytes(data)
    if action == "undo":
        write()


def the_journal():
    return Journal(root / ".agentgate/journal", root)


def write():
    the_journal().write([Edit(path, BEFORE[path], AFTER[path]) for path in BEFORE], "a test")


def undo():
    the_journal().undo()


def killed_at(step):
    """Whether the action got as far as that line."""
    child = os.fork()
    if child == 0:
        left = step
        def trace(frame, event, argument):
            nonlocal left
            if frame.f_code.co_filename not in TRACED:
                return None
            if event == "line":
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace
        sys.settrace(trace)
        {"write": write, "undo": undo}[action]()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL), status
    return status == signal.SIGKILL


def state():
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*") if path.is_file() and ".agentgate" not in path.parts
    }


steps, seen = 0, set()
while True:
    fresh()
    if not killed_at(1 + steps * stride):
        break
    steps += 1
    found = state()
    for path in BEFORE:
        assert found[path] in (BEFORE[path], AFTER[path]), (steps, path, found[path])
    seen.add(sum(found[path] == AFTER[path] for path in BEFORE))
    try:
        undo()
    except JournalError as error:
        assert "nothing to undo" in str(error), (steps, error)
    assert state() == BEFORE, (steps, state())
    write()
    assert all(state()[path] == AFTER[path] for path in BEFORE), steps
print(json.dumps({"steps": steps, "files_changed_when_killed": sorted(seen)}))
'''


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks a process for each step")
@pytest.mark.parametrize("action", ["write", "undo"])
def test_whenever_it_is_killed_undo_restores_every_byte(root_in_memory: Path, tmp_path: Path, action: str) -> None:
    driver = tmp_path / "driver.py"
    driver.write_text(STEPS)
    command = [sys.executable, str(driver), str(root_in_memory), action, "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["steps"] > 150
    assert found["files_changed_when_killed"] == [0, 1, 2, 3]


def test_a_command_that_is_killed_from_outside_is_taken_back(root: Path) -> None:
    """Not a line of code but a moment: many files, and a kill -9 while they are written."""
    many = {f"tests/many/test_{number}.py": b"x = %d\n" % number for number in range(300)}
    (root / "tests/many").mkdir()
    for path, data in many.items():
        (root / path).write_bytes(data)
    code = textwrap.dedent("""
        import sys
        from pathlib import Path
        from pytest_agentgate.codemods.files.edits import Edit
        from pytest_agentgate.codemods.files.journal import Journal
        root = Path(sys.argv[1])
        edits = [
            Edit(f"tests/many/{path.name}", path.read_bytes(), path.read_bytes() + b"# more\\n")
            for path in (root / "tests/many").iterdir()
        ]
        print("go", flush=True)
        Journal(root / ".agentgate/journal", root).write(edits, "a test")
        """)
    with subprocess.Popen([sys.executable, "-c", code, str(root)], stdout=subprocess.PIPE) as writer:
        try:
            assert writer.stdout is not None
            writer.stdout.readline()
            end = time.monotonic() + 60
            while not any((root / path).read_bytes() != data for path, data in many.items()) and time.monotonic() < end:
                pass
        finally:
            writer.kill()
    changed = [path for path in many if (root / path).read_bytes() != many[path]]
    assert changed
    journal_of(root).undo()
    assert contents(root) == {**BEFORE, **many}


# ---- groups: the batches of one repair


def test_a_group_is_taken_back_as_a_whole(root: Path) -> None:
    journal = journal_of(root)
    journal.write(edits(root, b"=", b"= #"), "somebody's codemod")
    mine = contents(root)
    for number in range(3):
        batch = journal.write(edits(root, b"=", b"= #"), f"attempt {number}", group="repair-1")
        journal.confirm(batch.batch)
    assert [batch.what for batch in journal.undo_group()] == ["attempt 2", "attempt 1", "attempt 0"]
    assert contents(root) == mine
    assert [batch.what for batch in journal.undo_group()] == ["somebody's codemod"]
    assert contents(root) == BEFORE


def test_a_batch_of_a_group_is_on_trial_until_it_is_confirmed(root: Path) -> None:
    journal = journal_of(root)
    journal.write(edits(root), "alone")
    kept = journal.write(edits(root), "attempt", group="repair-1").batch
    journal.confirm(kept)
    journal.write(edits(root), "attempt", group="repair-1")
    assert [batch.on_trial for batch in journal_of(root).batches()] == [True, False, False]


def test_the_last_attempt_alone_can_be_taken_back(root: Path) -> None:
    journal = journal_of(root)
    journal.confirm(journal.write(edits(root, b"=", b"= #"), "kept", group="repair-1").batch)
    kept = contents(root)
    trial = journal.write(edits(root, b"=", b"= #"), "on trial", group="repair-1").batch
    journal.take_back([trial])
    assert contents(root) == kept
    assert [batch.what for batch in journal.batches()] == ["kept"]


def test_an_older_attempt_is_not_taken_back_below_a_later_one(root: Path) -> None:
    journal = journal_of(root)
    older = journal.write(edits(root, b"=", b"= #"), "older", group="repair-1").batch
    journal.write(edits(root, b"=", b"= #"), "later", group="repair-1")
    state = contents(root)
    with pytest.raises(JournalError, match="was changed since, and so were 2 more; nothing was restored"):
        journal.take_back([older])
    assert contents(root) == state


def test_a_file_that_an_attempt_deleted_is_made_again_where_that_is_asked_for(root: Path) -> None:
    journal = journal_of(root)
    trial = journal.write(edits(root), "on trial", group="repair-1").batch
    (root / "tests/deep/test_b.py").unlink()
    (root / "tests/deep").rmdir()
    with pytest.raises(JournalError, match="is gone since"):
        journal.take_back([trial])
    journal.take_back([trial], restore=True)
    assert contents(root) == BEFORE


def test_batches_of_a_group_are_kept_however_many_they_are(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "KEPT", 2)
    journal = journal_of(root)
    for _ in range(5):
        journal.write(edits(root, b"=", b"= #"), "attempt", group="repair-1")
    journal.undo_group()
    assert contents(root) == BEFORE


def test_nothing_is_undone_below_somebody_who_is_at_work(root: Path) -> None:
    journal = journal_of(root)
    journal.write(edits(root), "attempt", group="repair-1")
    state = contents(root)
    with journal.at_work(), pytest.raises(JournalError, match="another agentgate is at work"):
        journal_of(root).undo_group()
    assert contents(root) == state
    journal.undo_group()
    assert contents(root) == BEFORE
