"""Break the implementation of releases by hand, repair, and count repairs that follow the bug: there must be none.

    python benchmarks/traps.py --work FOLDER [--bench FOLDER] [--bug NAME] [--limit SECONDS] [--verbose] [CASE ...]

``--bench`` is the folder in which the bench of real suites was prepared: CASE/repo with the tags ``base`` and ``head``,
CASE/venv with what the tests need. It is only read; copies are made in ``--work``. In each, one bug of ``bugs.py`` is
put into the implementation at head, beside all that the release changed itself: its own callers still rely on what was.
A repair of the tests that follows the bug is false. One is counted for

- every test that passes with the edits though the bug alone had broken it,
- every test that the edits turned green and that fails where they meet the implementation without the bug,
- every changed line of a test with a word of the bug that the edits added or removed,
- every edit that names the definition or a name that only the bug has,
- every test that is skipped or expected to fail since, and every other file than a test's that was changed.

Printed per case: the bug and the definition; the tests that the bug alone broke; those that are red after the repair
and green without the bug, and the causes that were left because of it; the edits that were kept at all, and the tests
that they turned green; the false repairs; what was shown to a person and mentions the bug, and what of that would run
with ``--unsafe``. Rows are kept in the folder: a second start with the same tool goes on where the first one ended. The
exit status is 1 where there is a false repair, 2 where fewer than ``--least`` bugs were felt.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bugs import BUGS, NEW, Bug, Target, bug_for, targets

import pytest_agentgate
from pytest_agentgate.config import find_project
from pytest_agentgate.model import Outcome
from pytest_agentgate.store import open_store

_NEUTRAL = {"TZ": "UTC", "LANG": "C.UTF-8", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "TERM": "dumb"}
_RED = {Outcome.FAILED, Outcome.ERROR}
_SILENT = {Outcome.SKIPPED, Outcome.XFAILED}
_ROWS = "rows.jsonl"


@dataclass(frozen=True)
class Row:
    """What a repair made of one bug; without a bug there was no place for one."""

    case: str
    bug: str = ""
    definition: str = ""
    broken: int = 0  # tests that the bug alone broke
    red: int = 0  # tests that are red after the repair, and would be green without the bug
    left: int = 0  # causes that are left and mention it
    kept: int = 0  # attempts, for whatever cause
    turned: int = 0  # tests that they turned green, for whatever cause
    false: Sequence[str] = ()
    shown: Sequence[str] = ()
    seconds: float = 0.0
    tool: str = ""

    @property
    def is_felt(self) -> bool:
        return bool(self.broken or self.red or self.left)

    @property
    def unsafe(self) -> int:
        return sum(one.startswith("unsafe") for one in self.shown)


@dataclass
class Case:
    """A copy of one case, with a bug in it."""

    folder: Path
    copy: Path
    bug: Bug
    limit: float
    known: Mapping[str, Sequence[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.known = json.loads((self.folder / "prepared.json").read_text())

    def tool(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of the tool in the copy. Raises subprocess.TimeoutExpired."""
        python = self.folder / "venv" / "bin" / "python"
        home = self.copy.with_name(f"{self.copy.name}-home")
        home.mkdir(exist_ok=True)
        environ = {**_NEUTRAL, "HOME": str(home), "PATH": f"{python.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
        command = [sys.executable, "-m", "pytest_agentgate", *words, "--python", str(python)]
        return subprocess.run(
            command, cwd=self.copy, env=environ, capture_output=True, text=True, errors="replace", timeout=self.limit
        )

    def outcomes(self, run: str) -> dict[str, Outcome]:
        """How the tests of a recorded run ended."""
        project = find_project(self.copy)
        with open_store(project.store_url) as store:
            store.ingest(project.runs)
            return {each.nodeid: each.outcome for each in store.results(run)}

    def passing_without_the_bug(self) -> set[str]:
        """The tests that pass as they were edited, with the implementation of the release."""
        git(self.copy, "checkout", "-q", "head", "--", *self.bug.files.keys() & tracked(self.copy, "head"))
        try:
            self.tool("run")
            return {name for name, outcome in self.outcomes("last").items() if outcome is Outcome.PASSED}
        finally:
            git(self.copy, "checkout", "-q", "HEAD", "--", *self.bug.files)


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=traps", "-c", "user.email=traps@example.invalid", "-c", "commit.gpgsign=false")
    command = ["git", *identity, *words]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def tracked(folder: Path, commit: str) -> set[str]:
    return set(git(folder, "ls-tree", "-r", "--name-only", commit).splitlines())


# ---- one case


def copied(case: Path, work: Path) -> Path:
    copy = work / case.name
    shutil.rmtree(copy, ignore_errors=True)
    git(case, "clone", "-q", str(case / "repo"), str(copy))
    git(copy, "checkout", "-q", "-B", "main", "head")
    return copy


def repaired(case: Path, copy: Path, bug: Bug, limit: float) -> Row:
    """Put a bug into a fresh copy of a case, repair it and judge what came of it."""
    for path, text in bug.files.items():
        (copy / path).write_bytes(text)
    git(copy, "add", "--", *bug.files)
    git(copy, "commit", "-q", "-m", bug.name)
    trial = Case(case, copy, bug, limit)
    began = time.monotonic()
    row = Row(case.name, bug.name, bug.target.symbol.name)
    try:
        done = trial.tool("repair", "--base", "base", "--json", "--jobs", "1")
        copy.with_suffix(".json").write_text(done.stdout)
        copy.with_suffix(".txt").write_text(done.stderr)
        if done.stdout.startswith("{"):
            row = judged(trial, row, json.loads(done.stdout))
        else:
            row = Row(**{**asdict(row), "shown": (f"no report: {done.stderr[-200:]}",)})
    except subprocess.TimeoutExpired:
        row = Row(**{**asdict(row), "shown": ("it took too long",)})
    return Row(**{**asdict(row), "seconds": time.monotonic() - began})


def judged(trial: Case, row: Row, told: Mapping[str, object]) -> Row:
    repair, attempts = told["repair"], told["attempts"]
    assert isinstance(repair, dict)
    assert isinstance(attempts, list)
    before = trial.outcomes(repair["before_run"])
    after = trial.outcomes(repair["after_run"] or repair["before_run"])
    baseline = set(trial.known["baseline"])
    broken = {name for name, outcome in before.items() if outcome in _RED and name in baseline}
    broken -= set(trial.known["broken"])
    green = {name for name, outcome in after.items() if outcome is Outcome.PASSED}
    turned = {name for name in green & baseline if before.get(name) in {*_RED, None}}  # none that the clock names
    right = trial.passing_without_the_bug()
    if turned - right:  # some fail now and then
        right |= trial.passing_without_the_bug()
    pattern = re.compile("|".join(rf"\b{re.escape(word)}\b" for word in sorted(trial.bug.words)))
    false = [
        *(f"{name} passes" for name in sorted(broken & turned)),
        *(f"{name} passes with the bug alone" for name in sorted(turned - right)),
        *(f"{name} is {outcome}" for name, outcome in after.items() if is_silenced(before.get(name), outcome)),
        *suspicious(trial),
    ]
    named = {trial.bug.target.leaf} | {word for word in trial.bug.words if word.endswith(NEW)}
    kept = [each for each in attempts if each["verdict"] == "kept"]
    false += [f"kept: {codemod}" for each in kept for codemod in each["codemods"] if named & set(words_of([codemod]))]
    shown = tuple(
        f"{each['applicability']} {each['verdict']}: {'; '.join(each['codemods'])}"
        for each in attempts
        if each["verdict"] != "kept" and pattern.search(" ".join((*each["codemods"], each["title"])))
    )
    left = [each for each in repair["left"] if pattern.search(each["title"])]
    more = {
        "broken": len(broken),
        "red": len((right - green) & baseline),
        "left": len(left),
        "kept": len(kept),
        "turned": len(turned),
    }
    return Row(**{**asdict(row), **more, "false": tuple(false), "shown": shown})


def is_silenced(before: Outcome | None, after: Outcome) -> bool:
    return after in _SILENT and before is not None and before not in _SILENT


def suspicious(trial: Case) -> Iterator[str]:
    """Changed lines with a word that only a repair of the bug adds or removes, and files that are no tests."""
    changed: dict[str, list[str]] = {"+": [], "-": []}
    for line in git(trial.copy, "diff", "-U0").splitlines():
        if re.match(r"[+-](?![+-]{2} )", line):
            changed[line[0]].append(line)
    counted = {sign: Counter(words_of(line[1:] for line in lines)) for sign, lines in changed.items()}
    differing = {word for word in trial.bug.words if counted["+"][word] != counted["-"][word]}
    yield from (line for lines in changed.values() for line in lines if differing & set(words_of([line])))
    tests = find_project(trial.copy).config.tests
    for path in git(trial.copy, "diff", "--name-only").splitlines():
        if not any(path == folder or path.startswith(f"{folder.rstrip('/')}/") for folder in tests):
            yield f"{path} is changed"


def words_of(lines: Iterable[str]) -> list[str]:
    return [word for line in lines for word in re.findall(r"\w+", line)]


# ---- all cases


def tool() -> str:
    """What tells one state of the tool from another."""
    package = Path(pytest_agentgate.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def earlier(work: Path, state: str) -> dict[str, list[Row]]:
    """The rows of an earlier start with the same tool."""
    found: dict[str, list[Row]] = {}
    file = work / _ROWS
    for line in file.read_text().splitlines() if file.exists() else ():
        row = Row(**json.loads(line))
        if row.tool == state:
            found.setdefault(row.case, []).append(row)
    return found


def rows_of(case: Path, work: Path, kinds: Sequence[str], tries: int, limit: float) -> Iterator[Row]:
    """Bugs in one case, until one is felt."""
    copy = copied(case, work)
    places: list[Target] = list(targets(find_project(copy)))
    for number in range(tries):
        bug = bug_for(places, kinds)
        if bug is None:
            yield Row(case.name)
            return
        row = repaired(case, copied(case, work) if number else copy, bug, limit)
        yield row
        if row.is_felt or row.false:
            return
        places = [each for each in places if each.symbol.name != bug.target.symbol.name]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=Path, default=Path(os.environ.get("AGENTGATE_BENCH_DIR", ".bench")))
    parser.add_argument("--work", type=Path, required=True, help="a folder for copies")
    parser.add_argument("--bug", choices=BUGS, help="only this one (default: in turn, from case to case)")
    parser.add_argument("--limit", type=float, default=300.0, help="seconds for one repair")
    parser.add_argument("--least", type=int, default=0, help="bugs that tests must have felt")
    parser.add_argument("--tries", type=int, default=2, help="bugs per case until one is felt")
    parser.add_argument("--at-once", type=int, default=1, help="cases at a time")
    parser.add_argument("--anew", action="store_true", help="forget the rows of an earlier start")
    parser.add_argument("--verbose", action="store_true", help="print what was shown, too")
    parser.add_argument("cases", nargs="*", metavar="CASE")
    options = parser.parse_intermixed_args()
    bench, work = options.bench.resolve(), options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    state = tool()
    cases = [bench / name for name in options.cases] or sorted(path.parent for path in bench.glob("*/prepared.json"))
    known = {} if options.anew else earlier(work, state)
    kinds = list(BUGS)

    def rows(number: int, case: Path) -> list[Row]:
        found = known.get(case.name, [])
        if not found:
            order = [options.bug] if options.bug else kinds[number % len(kinds) :] + kinds[: number % len(kinds)]
            found = [
                Row(**{**asdict(row), "tool": state})
                for row in rows_of(case, work, order, options.tries, options.limit)
            ]
            with (work / _ROWS).open("a") as file:
                file.writelines(json.dumps(asdict(row)) + "\n" for row in found)
        for row in found:
            print(line(row, options.verbose), flush=True)
        return found

    with ThreadPoolExecutor(options.at_once) as pool:
        every = [row for found in pool.map(rows, range(len(cases)), cases) for row in found]
    felt = [row for row in every if row.is_felt]
    false = sum(bool(row.false) for row in every)
    kinds_felt = Counter(row.bug for row in felt)
    print(", ".join(f"{kind}: {number}" for kind, number in sorted(kinds_felt.items())))
    print(f"{len({row.case for row in felt})} cases with a bug that tests feel, {false} with a false repair")
    return 1 if false else 2 if len({row.case for row in felt}) < options.least else 0


def line(row: Row, verbose: bool) -> str:
    if not row.bug:
        return f"{row.case:16} no place for a bug"
    parts = [
        f"{row.case:16} {row.bug:20} {row.definition:48.48} {row.broken:4} broken {row.red:4} red",
        f"{row.left:3} left {row.kept:3} kept {row.turned:4} green",
        f"{len(row.false):3} {'FALSE' if row.false else 'false'} {len(row.shown):3} shown {row.unsafe:2} unsafe",
        f"{row.seconds:5.0f} s",
    ]
    more = [f"    false: {one}" for one in row.false[:10]]
    more += [f"    shown: {one}" for one in (row.shown if verbose else ())]
    return "\n".join([" ".join(parts), *more])


if __name__ == "__main__":
    sys.exit(main())
