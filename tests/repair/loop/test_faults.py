"""What goes wrong in the middle of a repair: the files are as they were, and what can go on goes on.

AGENTGATE_FAULT_RUNS=100 makes as many of those that are killed at random moments.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType

import pytest
from tests.repair.loop.conftest import Suite, of, proposal

from pytest_agentgate.codemods.rewrites.rename_symbol import RenameSymbol
from pytest_agentgate.model import Cause, Failure
from pytest_agentgate.model.repair import Verdict
from pytest_agentgate.repair.attempts import rerun
from pytest_agentgate.repair.attempts.planning import FilesOfTests
from pytest_agentgate.repair.loop import Loop
from pytest_agentgate.repair.proposal import NoProposal, Proposal

RUNS = int(os.environ.get("AGENTGATE_FAULT_RUNS", "3"))

MakeSuite = Callable[..., Suite]

GOOD = "tests/test_good.py"
BAD = "tests/test_bad.py"
FILES = {
    GOOD: "from shop import old_good\n\ndef test_good(): assert old_good() == 1\n",
    BAD: "from shop import old_bad\n\ndef test_bad(): assert old_bad() == 1\n",
}
REMEDIES = {
    "old_bad": [proposal(RenameSymbol(old="shop.old_bad", new="shop.bad"))],
    "old_good": [proposal(RenameSymbol(old="shop.old_good", new="shop.good"))],
}


def shop(bad: str) -> str:
    return f"import os, subprocess, sys, time\n\ndef good(): return 1\n\ndef bad():\n{textwrap.indent(bad, '    ')}\n"


def assert_bad_was_taken_back(made: Suite, loop: Loop, before: dict[str, bytes], why: str) -> None:
    [attempt] = of(loop, Verdict.ROLLED_BACK)
    assert attempt.codemods == ("rename-symbol old=shop.old_bad new=shop.bad",)
    assert why in attempt.why
    assert [attempt.codemods for attempt in of(loop, Verdict.KEPT)] == [
        ("rename-symbol old=shop.old_good new=shop.good",)
    ]
    after = made.contents()
    assert after[BAD] == before[BAD]
    assert b"good" in after[GOOD]
    assert b"old_good" not in after[GOOD]
    made.journal.undo_group()
    assert made.contents() == before


@pytest.mark.parametrize("crash", ["os.abort()", "os._exit(0)", "os.kill(os.getpid(), 9)"])
def test_an_attempt_that_crashes_the_interpreter_stops_nothing(suite: MakeSuite, crash: str) -> None:
    made = suite({"src/shop.py": shop(crash), **FILES})
    before = made.contents()
    assert_bad_was_taken_back(made, made.repaired(REMEDIES), before, "the tests' process ended with status")


def test_an_attempt_that_hangs_is_killed_with_all_that_it_started(
    suite: MakeSuite, tmp_path: Path, hours_pass: Callable[[ModuleType, Path], None]
) -> None:
    started = tmp_path / "started"
    hours_pass(rerun, started)
    child = f"print(subprocess.Popen(['sleep', '600']).pid, file=open({str(started)!r}, 'a')); time.sleep(600)"
    made = suite({"src/shop.py": shop(child), **FILES})
    before = made.contents()
    loop = made.repaired(REMEDIES)
    assert_bad_was_taken_back(made, loop, before, "it took more than 600 seconds")
    pids = [int(line) for line in started.read_text().splitlines()]
    assert pids
    end = time.monotonic() + 60
    while any(map(is_running, pids)) and time.monotonic() < end:  # to be killed takes as long as to be scheduled
        time.sleep(0.05)
    assert not any(map(is_running, pids))


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_file_that_an_attempt_deletes_is_there_again(suite: MakeSuite) -> None:
    made = suite({"src/shop.py": shop(f"os.remove({BAD!r})\nreturn 1"), **FILES})
    before = made.contents()
    assert_bad_was_taken_back(made, made.repaired(REMEDIES), before, f"{BAD} was changed while the tests ran")


def test_a_file_that_somebody_changes_meanwhile_is_left_to_them(suite: MakeSuite) -> None:
    made = suite({"src/shop.py": shop(f"open({BAD!r}, 'a').write('# theirs')\nreturn 1"), **FILES})
    loop = made.repaired(REMEDIES)
    [attempt] = of(loop, Verdict.ROLLED_BACK)
    assert "could not be taken back" in attempt.why
    assert made.contents()[BAD].endswith(b"# theirs")
    assert [attempt.codemods[0].split("new=")[1] for attempt in of(loop, Verdict.KEPT)] == ["shop.good"]
    assert loop.notes == [f"{BAD}: changed by somebody else, and left as it is"]


def test_the_other_files_of_an_attempt_are_restored_where_somebody_changes_one(suite: MakeSuite) -> None:
    also = "tests/test_also.py"
    made = suite(
        {"src/shop.py": shop(f"open({BAD!r}, 'a').write('# theirs')\nreturn 1"), **FILES, also: FILES[BAD] + "# also\n"}
    )
    before = made.contents()
    loop = made.repaired(REMEDIES)
    assert of(loop, Verdict.ROLLED_BACK)[0].files == (also, BAD)
    assert loop.notes[0] == f"{BAD}: changed by somebody else, and left as it is"
    after = made.contents()
    assert after[BAD].endswith(b"# theirs")
    assert after[GOOD] != before[GOOD]
    made.journal.undo_group()
    assert made.contents() == {**before, BAD: after[BAD]}


def test_a_link_that_leads_out_of_the_project_is_left_alone(suite: MakeSuite, tmp_path: Path) -> None:
    made = suite({"src/shop.py": shop("return 1"), **FILES})
    (tmp_path / "outside.py").write_text(FILES[BAD])
    (made.root / BAD).unlink()
    (made.root / BAD).symlink_to(tmp_path / "outside.py")
    loop = made.repaired(REMEDIES)
    [attempt] = of(loop, Verdict.SKIPPED)
    assert attempt.why == f"{BAD}: it is outside of {made.root}"
    assert (tmp_path / "outside.py").read_text() == FILES[BAD]
    assert len(loop.kept) == 1


def test_a_read_only_file_is_left_alone(suite: MakeSuite) -> None:
    made = suite({"src/shop.py": shop("return 1"), **FILES})
    (made.root / BAD).chmod(0o444)
    before = made.contents()
    loop = made.repaired(REMEDIES)
    [attempt] = of(loop, Verdict.SKIPPED)
    assert attempt.why == f"{BAD}: it is read-only"
    assert made.contents()[BAD] == before[BAD]
    assert len(loop.kept) == 1


def test_a_disk_that_is_full_costs_the_one_attempt(suite: MakeSuite) -> None:
    """No file may grow beyond a few bytes, which is how a full disk looks to whoever writes."""
    resource = pytest.importorskip("resource")
    made = suite({"src/shop.py": shop("return 1"), **FILES})
    before = made.contents()
    loop = made.loop({})
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def propose(cause: Cause, failures: Sequence[Failure]) -> Sequence[Proposal] | NoProposal:
        return next(found for words, found in REMEDIES.items() if words in cause.title)

    loop._propose = propose
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        loop.repair()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert [attempt.verdict for attempt in loop.attempts] == [Verdict.SKIPPED, Verdict.SKIPPED]
    assert all("the journal cannot be written" in attempt.why for attempt in loop.attempts)
    assert made.contents() == before


# ---- stopped and killed: a repair in a process of its own

DRIVER = """
import sys
from pathlib import Path
from pytest_agentgate.codemods.rewrites.rename_symbol import RenameSymbol
from pytest_agentgate.codemods.codemod import Applicability
from pytest_agentgate.config import find_project
from pytest_agentgate.repair.proposal import Proposal
from pytest_agentgate.repair.session import Session, Wishes
from pytest_agentgate.runner.interpreter import named

root = Path(sys.argv[1])

def propose(cause, failures):
    name = next(name for name in ("one", "two", "three", "good", "bad") if f"old_{name}" in cause.title)
    codemod = RenameSymbol(old=f"shop.old_{name}", new=f"shop.{name}")
    return (Proposal((codemod,), Applicability.SAFE, ("it says so",)),)

session = Session(find_project(root), named(sys.executable, root), propose, Wishes(jobs=1, agent="zoë"))
repair = session.repair()
print("kept", sum(attempt.verdict == "kept" for attempt in repair.attempts), "complete", repair.complete)
"""


@contextmanager
def driven(root: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(root)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            kill(process)


def kill(process: subprocess.Popen[str]) -> None:
    """Kill it with its group, unless it is over."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def end_of(root: Path) -> str:
    """What a repair that nobody disturbs has printed."""
    with driven(root) as process:
        return process.communicate(timeout=300)[0]


def undo(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest_agentgate", "undo"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_ctrl_c_takes_back_what_is_on_trial_and_keeps_the_rest(suite: MakeSuite) -> None:
    made = suite({"src/shop.py": shop("open('../hangs', 'w').close(); time.sleep(600)"), **FILES})
    (made.root / BAD).write_text("from shop import old_good\nfrom shop import old_bad\n\ndef test_bad(): old_bad()\n")
    kept = made.contents()[BAD].replace(b"old_good", b"good")
    before = made.contents()
    hangs = made.root.parent / "hangs"
    deadline = time.monotonic() + 300
    with driven(made.root) as process:
        while not hangs.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert b"old_bad" not in made.contents()[BAD]
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=300)
    assert said.splitlines()[-1] == "kept 1 complete False", said
    after = made.contents()
    assert after[BAD] == kept
    assert b"old_good" not in after[GOOD]
    assert undo(made.root).returncode == 0
    assert made.contents() == before


@pytest.mark.parametrize("number", range(RUNS))
def test_whenever_it_is_killed_undo_restores_every_byte(suite: MakeSuite, number: int) -> None:
    names = ("one", "two", "three")
    tests = "".join(f"from shop import old_{name}\n" for name in names)
    tests += "".join(f"def test_{name}(): assert old_{name}() == 1\n" for name in names)
    source = "".join(f"def {name}(): return 1\n" for name in names)
    made = suite({"src/shop.py": source, "tests/test_a.py": tests, "tests/test_b.py": tests})
    before = made.contents()
    with driven(made.root) as process:
        wait_for_a_moment(process, made.root / ".agentgate/journal", number)
        is_over = process.poll() is not None
        kill(process)
        said, _ = process.communicate()
    assert not is_over or "complete True" in said, said
    done = undo(made.root)
    nothing = "nothing to undo" in done.stderr  # it was killed while the journal was written: no file had changed yet
    assert done.returncode == (2 if nothing else 0), done.stderr
    assert made.contents() == before
    assert undo(made.root).returncode == 2


def wait_for_a_moment(process: subprocess.Popen[str], batches: Path, number: int) -> None:
    """Any moment of the repair in one of four runs; one around the writing of its first, second or third batch else."""
    if number % 4 == 3:
        with suppress(subprocess.TimeoutExpired):
            process.wait(random.uniform(0, 10))
        return
    wanted, deadline = number % 3 + 1, time.monotonic() + 300
    while process.poll() is None and time.monotonic() < deadline:
        if len(list(batches.glob("*-*"))) >= wanted:  # not its locks, which are there before it has run anything
            break
        time.sleep(0.001)
    time.sleep(random.choice((0, 0.01, 0.1, 0.5)) * random.random())


def test_a_repair_that_was_killed_is_taken_up_by_the_next(suite: MakeSuite) -> None:
    """What was on trial is taken back, what was kept stays, and one undo for each repair brings all of it back."""
    names = ("one", "two")
    tests = "".join(f"from shop import old_{name}\n" for name in names)
    tests += "".join(f"def test_{name}(): assert old_{name}() == 1\n" for name in names)
    made = suite({"src/shop.py": "def one(): return 1\ndef two(): return 1\n", "tests/test_a.py": tests})
    before = made.contents()
    trial = made.journal.write(
        FilesOfTests(made.project, 0).plan([RenameSymbol(old="shop.old_one", new="shop.one")]).edits,
        "an attempt",
        group="repair-killed",
    )
    assert trial.paths == ("tests/test_a.py",)
    said = end_of(made.root)
    assert said.splitlines()[-1] == "kept 2 complete True", said
    assert {batch.group == "repair-killed" for batch in made.journal.batches()} == {False}
    assert undo(made.root).returncode == 0
    assert made.contents() == before


def test_two_repairs_of_one_checkout_do_not_run_at_a_time(suite: MakeSuite) -> None:
    made = suite({"src/shop.py": shop("return 1"), **FILES})
    with made.journal.at_work():
        said = end_of(made.root)
    assert "another agentgate is at work" in said


def test_a_suite_that_crashes_from_the_start_is_said_to_and_left_alone(suite: MakeSuite) -> None:
    made = suite({"src/shop.py": shop("os.abort()"), "tests/test_it.py": "import shop\n\ndef test_it(): shop.bad()\n"})
    before = made.contents()
    said = end_of(made.root)
    assert said.splitlines()[-1] == "kept 0 complete False", said
    assert made.contents() == before
