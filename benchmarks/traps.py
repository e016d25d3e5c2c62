"""Break the implementation of releases by hand, repair, and count repairs that follow the bug: there must be none.

    python benchmarks/traps.py --work FOLDER [--bench FOLDER] [--bug NAME] [--limit SECONDS] [--verbose] [CASE ...]

``--bench`` is the folder in which the bench of real suites was prepared: CASE/repo with the tags ``base`` and ``head``,
CASE/venv with what the tests need. It is only read; copies are made in ``--work``. In each, one bug is put into the
implementation at head, beside all that the release changed itself: its own callers still rely on what was. A repair
of the tests that follows the bug is false. One is counted for every changed line of a test with a word of the bug that
the edits added or removed, for every edit that names the definition, and for every test that passes with the edits
though the bug alone had broken it.

Printed per case: the bug and the definition; the tests that the bug alone broke, and the causes that were left because
of it; the edits that were kept at all; the false repairs; what was shown to a person and mentions the bug. The exit
status is 1 where there is a false repair, 2 where fewer than ``--least`` bugs were felt by any test.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_agentgate.config import Project, find_project
from pytest_agentgate.model import Outcome
from pytest_agentgate.repair.api.api import Api
from pytest_agentgate.repair.api.table import Call, Passing, Sort, Symbol
from pytest_agentgate.repair.api.trees import FolderTree, GitTree
from pytest_agentgate.store import open_store

_FUNCTIONS = {Sort.FUNCTION, Sort.METHOD, Sort.CLASSMETHOD, Sort.STATICMETHOD}
_BY_POSITION = {Passing.POSITIONAL_ONLY, Passing.EITHER}
_NEW = "_entry"  # the end of names that only a bug has
_BUSY = 60  # occurrences in tests from which on a name is in the way of everything
_NEUTRAL = {"TZ": "UTC", "LANG": "C.UTF-8", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "TERM": "dumb"}
Definition = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Target:
    """A function that was there before and is there now, what the implementation passes to it, and its text."""

    symbol: Symbol
    calls: tuple[Call, ...]
    node: Definition
    lines: tuple[bytes, ...]
    in_tests: Counter[str]
    is_imported: bool

    @property
    def leaf(self) -> str:
        return self.symbol.name.rpartition(".")[2]

    @property
    def arguments(self) -> list[ast.arg]:
        return [*self.node.args.posonlyargs, *self.node.args.args]

    @property
    def is_bound(self) -> bool:
        return self.symbol.sort in {Sort.METHOD, Sort.CLASSMETHOD}


@dataclass(frozen=True)
class Bug:
    """A bug in one file, and the words that only a repair which follows it writes or removes."""

    name: str
    target: Target
    words: frozenset[str]
    text: bytes


@dataclass(frozen=True)
class Row:
    """What a repair made of one bug."""

    case: str
    bug: str
    definition: str
    broken: int  # tests that the bug alone broke
    left: int  # causes that are left and mention it
    kept: int  # attempts, for whatever cause
    false: tuple[str, ...]
    shown: tuple[str, ...]
    seconds: float

    @property
    def is_felt(self) -> bool:
        return bool(self.broken or self.left)


# ---- bugs


def renamed(target: Target) -> tuple[bytes, set[str]] | None:
    """The definition has another name, and callers the old one."""
    if target.is_imported:
        return None  # nothing could be imported any more
    new = f"{target.leaf}{_NEW}"
    line = target.node.lineno - 1
    return _replaced(target, {line: (rf"def {target.leaf}\b", f"def {new}")}), {target.leaf, new}


def keyword_renamed(target: Target) -> tuple[bytes, set[str]] | None:
    """A parameter has another name in the definition, and callers pass the old one."""
    passed = {word for call in target.calls for word in call.keywords}
    for one in [*target.arguments, *target.node.args.kwonlyargs]:
        if one.arg in passed and target.in_tests[one.arg] and one.arg != "self":
            names = [each for each in ast.walk(target.node) if isinstance(each, ast.Name) and each.id == one.arg]
            if any(isinstance(each, ast.Lambda) for each in ast.walk(target.node)):
                return None
            new = f"{one.arg}{_NEW}"
            places = [(one.lineno, one.col_offset), *((each.lineno, each.col_offset) for each in names)]
            return _written(target, [(*place, len(one.arg.encode()), new) for place in places]), {one.arg, new}
    return None


def default_lost(target: Target) -> tuple[bytes, set[str]] | None:
    """A parameter is required, and callers leave it out."""
    positional = target.arguments
    defaults = target.node.args.defaults
    if not defaults:
        return None
    first = positional[len(positional) - len(defaults)]
    at = [one for one in target.symbol.parameters if one.passing in _BY_POSITION]
    index = next((number for number, one in enumerate(at) if one.name == first.arg), None)
    if index is None or not any(_leaves_out(call, index, first.arg) for call in target.calls):
        return None
    value = defaults[0]
    end = (first.end_lineno or 0, first.end_col_offset or 0)
    if end[0] != value.end_lineno or value.lineno != value.end_lineno or value.end_col_offset is None:
        return None
    return _written(target, [(*end, value.end_col_offset - end[1], "")]), {first.arg, target.leaf}


def _leaves_out(call: Call, index: int, name: str) -> bool:
    return call.is_call and 0 <= call.positional <= index and name not in call.keywords and "**" not in call.keywords


def swapped(target: Target) -> tuple[bytes, set[str]] | None:
    """Two parameters changed places in the definition, and callers pass them as before."""
    pair = target.arguments[target.is_bound :][:2]
    if len(pair) < 2 or not any(call.positional >= 2 for call in target.calls):
        return None
    first, second = pair
    if target.node.args.defaults and len(target.arguments) - len(target.node.args.defaults) < 2 + target.is_bound:
        return None
    if first.annotation or second.annotation:
        return None
    one, two = (len(each.arg.encode()) for each in (first, second))
    edits = [(first.lineno, first.col_offset, one, second.arg), (second.lineno, second.col_offset, two, first.arg)]
    return _written(target, edits), {target.leaf, first.arg, second.arg}


def constant(target: Target) -> tuple[bytes, set[str]] | None:
    """What is returned is always the same, and wrong."""
    returns = [each for each in ast.walk(target.node) if isinstance(each, ast.Return) and each.value is not None]
    if not returns:
        return None
    value = returns[-1].value
    if value is None or value.lineno != value.end_lineno or value.end_col_offset is None:
        return None
    if isinstance(value, ast.Constant) or (isinstance(value, ast.Name) and value.id == "self"):
        return None
    text = ast.get_source_segment(b"".join(target.lines).decode(), value) or ""
    width = value.end_col_offset - value.col_offset
    if b"".join(target.lines).splitlines()[value.lineno - 1][value.col_offset :][:width].decode() != text:
        return None
    return _written(target, [(value.lineno, value.col_offset, width, "(0)")]), {target.leaf}


def became_async(target: Target) -> tuple[bytes, set[str]] | None:
    """The definition is a coroutine's, and no caller awaits it."""
    if isinstance(target.node, ast.AsyncFunctionDef) or target.is_imported:
        return None
    if any(isinstance(each, ast.Yield | ast.YieldFrom) for each in ast.walk(target.node)):
        return None
    return _replaced(target, {target.node.lineno - 1: (r"\bdef ", "async def ")}), {target.leaf, "await", "async"}


BUGS: dict[str, Callable[[Target], tuple[bytes, set[str]] | None]] = {
    "definition renamed": renamed,
    "constant returned": constant,
    "keyword renamed": keyword_renamed,
    "default lost": default_lost,
    "parameters swapped": swapped,
    "became async": became_async,
}


def _replaced(target: Target, lines: dict[int, tuple[str, str]]) -> bytes:
    found = list(target.lines)
    for number, (pattern, text) in lines.items():
        found[number] = re.sub(pattern, text, found[number].decode(), count=1).encode()
    return b"".join(found)


def _written(target: Target, edits: Sequence[tuple[int, int, int, str]]) -> bytes:
    """The text with other words at some places: line, column and width in bytes."""
    found = list(target.lines)
    for number, column, width, text in sorted(edits, reverse=True):
        line = found[number - 1]
        found[number - 1] = line[:column] + text.encode() + line[column + width :]
    return b"".join(found)


# ---- where


def targets(project: Project) -> Iterator[Target]:
    """Functions that base and head have, that tests name, and that the implementation calls; the most named first."""
    root, source = project.root, project.config.source
    new = Api.of(FolderTree(root), tuple(source), source)
    old = Api.of(GitTree(root, "base"), tuple(source), source)
    words = words_of(project)
    calls: dict[str, list[Call]] = {}
    imported = set()
    for module in new.modules.values():
        imported |= {new.canonical(name) for name in module.names.values()}
        for call in module.calls:
            calls.setdefault(new.canonical(call.name), []).append(call)
    found = [
        (symbol, tuple(call for call in calls.get(symbol.name, ()) if call.within not in {"", symbol.name}))
        for symbol in new.symbols()
        if symbol.sort in _FUNCTIONS and old.symbol(symbol.name) is not None
    ]
    named = [each for each in found if each[1] and 0 < words[_leaf(each[0])] <= _BUSY and _leaf(each[0])[0] != "_"]
    for symbol, used in sorted(named, key=lambda each: (-words[_leaf(each[0])], each[0].name)):
        text = (root / symbol.path).read_bytes()
        nodes = [each for each in ast.walk(ast.parse(text)) if isinstance(each, Definition)]
        mine = [each for each in nodes if each.name == _leaf(symbol)]
        if len(mine) == 1 and not (mine[0].decorator_list and symbol.sort in {Sort.FUNCTION, Sort.METHOD}):
            lines = tuple(text.splitlines(keepends=True))
            yield Target(symbol, used, mine[0], lines, words, symbol.name in imported)


def _leaf(symbol: Symbol) -> str:
    return symbol.name.rpartition(".")[2]


def words_of(project: Project) -> Counter[str]:
    found: Counter[str] = Counter()
    for folder in project.config.tests:
        place = project.root / folder
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            found.update(re.findall(r"\w+", path.read_text(encoding="utf-8", errors="replace")))
    return found


def bug_for(project: Project, kinds: Sequence[str], avoid: set[str]) -> Bug | None:
    """The first kind of bug for which there is a place."""
    places = [each for each in targets(project) if each.symbol.name not in avoid]
    for kind in kinds:
        for target in places:
            made = BUGS[kind](target)
            if made is None or made[0] == b"".join(target.lines):
                continue
            try:
                ast.parse(made[0])
            except SyntaxError:
                continue
            return Bug(kind, target, frozenset(made[1]), made[0])
    return None


# ---- one case


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=traps", "-c", "user.email=traps@example.invalid", "-c", "commit.gpgsign=false")
    command = ["git", *identity, *words]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def repaired(case: Path, work: Path, kinds: Sequence[str], avoid: set[str], limit: float) -> tuple[Bug, Row] | None:
    """Put a bug into a copy of a case and repair it; None where there is no place for one."""
    copy = work / case.name
    shutil.rmtree(copy, ignore_errors=True)
    git(case, "clone", "-q", str(case / "repo"), str(copy))
    git(copy, "checkout", "-q", "-B", "main", "head")
    bug = bug_for(find_project(copy), kinds, avoid)
    if bug is None:
        return None
    (copy / bug.target.symbol.path).write_bytes(bug.text)
    git(copy, "commit", "-q", "-a", "-m", bug.name)
    home = work / f"{case.name}-home"
    home.mkdir(exist_ok=True)
    python = case / "venv" / "bin" / "python"
    command = [sys.executable, "-m", "pytest_agentgate", "repair", "--base", "base", "--python", str(python), "--json"]
    environ = {**_NEUTRAL, "HOME": str(home), "PATH": f"{python.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    began = time.monotonic()
    try:
        done = subprocess.run(
            [*command, "--jobs", "1"], cwd=copy, env=environ, capture_output=True, text=True, timeout=limit
        )
    except subprocess.TimeoutExpired:
        return bug, Row(case.name, bug.name, bug.target.symbol.name, 0, 0, 0, (), ("it took too long",), limit)
    (work / f"{case.name}.json").write_text(done.stdout)
    (work / f"{case.name}.txt").write_text(done.stderr)
    return bug, judged(case, copy, bug, done, time.monotonic() - began)


def judged(case: Path, copy: Path, bug: Bug, done: subprocess.CompletedProcess[str], seconds: float) -> Row:
    row = Row(case.name, bug.name, bug.target.symbol.name, 0, 0, 0, (), (), seconds)
    try:
        told = json.loads(done.stdout)
    except ValueError:
        return Row(**{**row.__dict__, "shown": (f"no report: {done.stderr[-200:]}",)})
    repair = told["repair"]
    known = set(json.loads((case / "prepared.json").read_text())["broken"])
    with open_store(find_project(copy).store_url) as store:
        before, after = (
            {each.nodeid: each.outcome for each in store.results(repair[run] or repair["before_run"])}
            for run in ("before_run", "after_run")
        )
    broken = {name for name, outcome in before.items() if outcome in {Outcome.FAILED, Outcome.ERROR}} - known
    broken = {name for name in broken if name in set(json.loads((case / "prepared.json").read_text())["baseline"])}
    pattern = re.compile("|".join(rf"\b{re.escape(word)}\b" for word in sorted(bug.words)))
    changed = [line for line in git(copy, "diff", "-U0").splitlines() if re.match(r"[+-](?![+-]{2} )", line)]
    counted = {sign: Counter(_words(line[1:] for line in changed if line[0] == sign)) for sign in "+-"}
    differing = {word for word in bug.words if counted["+"][word] != counted["-"][word]}
    false = [line for line in changed if differing & set(_words([line]))]
    false += [f"{name} passes" for name in sorted(broken) if after.get(name) is Outcome.PASSED]
    attempts = told["attempts"]
    named = {bug.target.leaf} | {word for word in bug.words if word.endswith(_NEW)}
    false += [
        f"kept: {codemod}"
        for each in attempts
        if each["verdict"] == "kept"
        for codemod in each["codemods"]
        if named & set(_words([codemod]))
    ]
    shown = [
        f"{each['applicability']} {each['verdict']}: {'; '.join(each['codemods'])}"
        for each in attempts
        if each["verdict"] != "kept" and pattern.search(" ".join((*each["codemods"], each["title"])))
    ]
    left = [each for each in repair["left"] if pattern.search(each["title"])]
    kept = sum(each["verdict"] == "kept" for each in attempts)
    return Row(
        case.name, bug.name, bug.target.symbol.name, len(broken), len(left), kept, tuple(false), tuple(shown), seconds
    )


def _words(lines: Iterable[str]) -> list[str]:
    return [word for line in lines for word in re.findall(r"\w+", line)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", type=Path, default=Path(os.environ.get("AGENTGATE_BENCH_DIR", ".bench")))
    parser.add_argument("--work", type=Path, required=True, help="a folder for copies")
    parser.add_argument("--bug", choices=BUGS, help="only this one (default: what was felt least in the cases before)")
    parser.add_argument("--limit", type=float, default=300.0, help="seconds for one repair")
    parser.add_argument("--least", type=int, default=0, help="bugs that tests must have felt")
    parser.add_argument("--tries", type=int, default=2, help="bugs per case until one is felt")
    parser.add_argument("--verbose", action="store_true", help="print what was shown, too")
    parser.add_argument("cases", nargs="*", metavar="CASE")
    options = parser.parse_intermixed_args()
    bench, work = options.bench.resolve(), options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    cases = [bench / name for name in options.cases] or sorted(path.parent for path in bench.glob("*/prepared.json"))
    rows: list[Row] = []
    for case in cases:
        seldom = Counter(row.bug for row in rows if row.is_felt)
        order = [options.bug] if options.bug else sorted(BUGS, key=lambda kind: seldom[kind])
        avoid: set[str] = set()
        for _ in range(options.tries):
            made = repaired(case, work, order, avoid, options.limit)
            if made is None:
                print(f"{case.name:16} no place for a bug", flush=True)
                break
            bug, row = made
            avoid.add(bug.target.symbol.name)
            print(line(row, options.verbose), flush=True)
            rows.append(row)
            if row.is_felt or row.false:
                break
    felt = [row for row in rows if row.is_felt]
    false = sum(bool(row.false) for row in rows)
    print(f"{len({row.case for row in felt})} cases with a bug that tests feel, {false} with a false repair")
    return 1 if false else 2 if len({row.case for row in felt}) < options.least else 0


def line(row: Row, verbose: bool) -> str:
    parts = [
        f"{row.case:16} {row.bug:20} {row.definition:48.48} {row.broken:4} broken {row.left:3} left {row.kept:3} kept"
    ]
    parts.append(f"{len(row.false):3} FALSE" if row.false else "  0 false")
    more = [f"    false: {one}" for one in row.false[:10]]
    more += [f"    shown: {one}" for one in (row.shown if verbose else ())]
    return "\n".join([" ".join([*parts, f"{len(row.shown):3} shown {row.seconds:5.0f} s"]), *more])


if __name__ == "__main__":
    sys.exit(main())
