"""Align the APIs of releases, and ask the tests of the newer ones whether what was paired is what became of it.

    python benchmarks/align.py [--verbose] [--bench FOLDER --manifest FILE] [--pairs FOLDER] [CASE ...]

``--bench`` is the folder in which the bench of real suites was prepared: CASE/repo with the tags ``base`` and ``head``,
and source archives under ``sdist``. ``--pairs`` is a folder of unpacked source archives, NAME-OLD and NAME-NEW; the
releases of one name are taken in the order of their versions. Printed per case: the seconds to read both APIs and to
align them, the breakages, those that touch what the old tests use, and of the pairs among these (modules, symbols,
members and parameters with a new name) how many the newer tests agree with, contradict, or say nothing of.

A pair is judged in the test functions that both releases have and that used the old name: they agree where they use
the new name instead, contradict where they still use the old one or nothing of both. Without such a function the
files are asked: they agree if only the new name is used now, contradict if the old one is.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pytest_agentgate.codemods.reading.names import ModuleNames, parse
from pytest_agentgate.repair.align.alignment import align, touching
from pytest_agentgate.repair.api.api import Api
from pytest_agentgate.repair.api.trees import FolderTree, GitTree, Tree
from pytest_agentgate.repair.breakage import Breakage, Sort

PAIRED = (
    Sort.MODULE_MOVED,
    Sort.SYMBOL_MOVED,
    Sort.MEMBER_RENAMED,
    Sort.PARAMETER_RENAMED,
)
GONE = (Sort.SYMBOL_GONE, Sort.MEMBER_GONE, Sort.PARAMETER_GONE)
TEST_FOLDERS = ("tests", "test", "testing")


@dataclass
class Uses:
    """What tests use: words that say how, by the function that uses them; "" is the file."""

    by_function: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def all(self) -> Counter[str]:
        total: Counter[str] = Counter()
        for words in self.by_function.values():
            total.update(words)
        return total

    @classmethod
    def of(cls, folders: Sequence[Path]) -> Uses:
        uses = cls()
        for folder in folders:
            for path in sorted(folder.rglob("*.py")):
                try:
                    names = ModuleNames(parse(path.read_text("utf-8", "replace")))
                except SyntaxError:
                    continue
                for where, word in _words(names):
                    uses.by_function[f"{path.name}:{where}"][word] += 1
        return uses


def _words(names: ModuleNames) -> Iterator[tuple[str, str]]:
    """Dotted names, ``.attribute`` and ``keyword=``, and where they stand."""
    for statement in names.imports:
        for alias in statement.names:
            target = names.import_target(statement, alias)
            if target is not None:
                yield "", target
    for nodes in names.by_word.values():
        for node in nodes:
            meaning = names.meaning(node)
            here = _function(names, node)
            if meaning is not None:
                yield here, meaning
            if isinstance(node, ast.Attribute):
                yield here, f".{node.attr}"
    for call in names.calls:
        called = names.meaning(call.func) or (f".{call.func.attr}" if isinstance(call.func, ast.Attribute) else "")
        for keyword in call.keywords:
            if keyword.arg:
                yield _function(names, call), f"{called}({keyword.arg}="
    for string in names.strings:
        text = string.value
        if isinstance(text, str) and "." in text and re.fullmatch(r"[\w.]{4,120}", text):
            yield _function(names, string), text


def _function(names: ModuleNames, node: ast.AST) -> str:
    parts = [
        each.name
        for each in names.ancestors(node)
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    ]
    return ".".join(reversed(parts))


def spellings(breakage: Breakage, old: Api, new: Api) -> tuple[set[str], set[str]]:
    """How tests say the old and the new thing."""
    if breakage.sort in {Sort.MEMBER_RENAMED, Sort.MEMBER_GONE}:
        return {f".{breakage.old.rpartition('.')[2]}"}, {f".{breakage.new.rpartition('.')[2]}"}
    if breakage.sort is Sort.PARAMETER_GONE:
        return _calls(breakage.old, old, breakage.parameter), set()
    if breakage.sort is Sort.PARAMETER_RENAMED:
        return _calls(breakage.old, old, breakage.was), _calls(breakage.new, new, breakage.became)
    return {breakage.old, *breakage.aliases}, _names(breakage.new, new)


def _names(name: str, api: Api) -> set[str]:
    symbol = api.symbol(name)
    return {name} if symbol is None else {name, *api.names_of(symbol)}


def _calls(function: str, api: Api, keyword: str) -> set[str]:
    symbol = api.symbol(function)
    called = _names(function, api)
    if symbol is not None and symbol.sort.value in {"method", "classmethod", "staticmethod"}:
        called = {f".{function.rpartition('.')[2]}"}
    return {f"{name}({keyword}=" for name in called}


def count(words: Counter[str], wanted: set[str]) -> int:
    """How often some of these are used, or what is below them."""
    below = tuple(f"{each}." for each in wanted)
    return sum(number for word, number in words.items() if word in wanted or word.startswith(below))


def has(words: Counter[str], wanted: set[str]) -> bool:
    return count(words, wanted) > 0


def judge(breakage: Breakage, old: Api, new: Api, before: Uses, after: Uses) -> str:
    """agreed, contradicted, not told; "" where the old tests don't use it."""
    was, became = spellings(breakage, old, new)
    if not has(before.all(), was):
        return ""
    votes: Counter[str] = Counter()
    for where, words in before.by_function.items():
        if where.endswith(":") or not has(words, was) or where not in after.by_function:
            continue
        later = after.by_function[where]
        came = count(later, became) > count(words, became)
        left = count(later, was) < count(words, was)
        votes["agreed" if came and left else "contradicted"] += 1
    if votes:
        return "agreed" if votes["agreed"] >= votes["contradicted"] else "contradicted"
    later = after.all()
    if has(later, was):
        return "contradicted"
    return "agreed" if has(later, became) and not has(before.all(), became) else "not told"


@dataclass(frozen=True)
class Case:
    """Two releases and their tests."""

    name: str
    old: tuple[Tree, tuple[str, ...], tuple[str, ...]]  # tree, roots, folders
    new: tuple[Tree, tuple[str, ...], tuple[str, ...]]
    tests: tuple[Path, ...]
    new_tests: tuple[Path, ...]


def bench_cases(folder: Path, manifest: Path) -> Iterator[Case]:
    for case in json.loads(manifest.read_text("utf-8")):
        repo = folder / case["id"] / "repo"
        archive = folder / "sdist" / f"{case['new_package']}-{case['new']}"
        if repo.is_dir() and archive.is_dir():
            sides = [(GitTree(repo, tag), ("src",), ("src",)) for tag in ("base", "head")]
            tests = tuple(repo / each for each in case["tests"]), tuple(archive / each for each in case["new_tests"])
            yield Case(case["id"], sides[0], sides[1], *tests)


def pair_cases(folder: Path) -> Iterator[Case]:
    releases: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.iterdir()):
        if path.is_dir() and "-" in path.name:
            releases[path.name.rpartition("-")[0]].append(path)
    for name, paths in releases.items():
        if len(paths) == 2:
            old, new = sorted(
                paths, key=lambda each: [int(n) for n in re.findall(r"\d+", each.name.rpartition("-")[2])]
            )
            yield Case(name, _side(old), _side(new), tuple(_tests(old)), tuple(_tests(new)))


def _side(folder: Path) -> tuple[Tree, tuple[str, ...], tuple[str, ...]]:
    root = next(
        (each for each in ("src", "lib") if (folder / each).is_dir() and not (folder / each / "__init__.py").exists()),
        "",
    )
    base = folder / root
    skipped = {*TEST_FOLDERS, "docs", "doc", "examples", "example", "benchmarks", "bench", "setup.py", "tools"}
    inside = [
        each.name
        for each in sorted(base.iterdir())
        if each.name not in skipped and (each.suffix == ".py" or (each / "__init__.py").exists())
    ]
    return FolderTree(folder), (root,), tuple(f"{root}/{name}" if root else name for name in inside)


def _tests(folder: Path) -> Iterator[Path]:
    """The outermost folders of tests."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if path.is_dir() and path.name in TEST_FOLDERS and not {".git", *TEST_FOLDERS} & set(inside[:-1]):
            yield path


def api(side: tuple[Tree, tuple[str, ...], tuple[str, ...]]) -> Api:
    tree, roots, folders = side
    read = Api.of(tree, roots, folders)
    return Api({name: each for name, each in read.modules.items() if not {*name.split(".")} & {"test", "tests"}})


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*")
    parser.add_argument("--bench", type=Path)
    parser.add_argument("--manifest", type=Path, help="the cases.json of the bench")
    parser.add_argument("--pairs", type=Path)
    parser.add_argument("--every", action="store_true", help="print every pair")
    parser.add_argument("--gone", action="store_true", help="print what is gone, without a successor, and used")
    parser.add_argument("--verbose", action="store_true", help="print every pair that is used, and its judgement")
    options = parser.parse_args(arguments)
    print(_row("case", "read", "align", "all", "used", "pairs", "agreed", "contra", "not told"))
    total: Counter[str] = Counter()
    for case in _cases(options):
        start = time.perf_counter()
        old, new = api(case.old), api(case.new)
        read = time.perf_counter()
        breakages = align(old, new)
        done = time.perf_counter()
        before, after = Uses.of(case.tests), Uses.of(case.new_tests)
        said: Counter[str] = Counter()
        for each in breakages:
            if each.sort in PAIRED:
                verdict = judge(each, old, new, before, after)
                said[verdict] += 1
                if options.every or (verdict and options.verbose):
                    print(f"    {verdict or 'not used':<13}{told(each)}")
            elif options.gone and each.sort in GONE and has(before.all(), spellings(each, old, new)[0]):
                print(f"    gone         {told(each)}")
        del said[""]
        total.update(said)
        tops = {name.partition(".")[0] for name in old.modules}
        used = touching(breakages, [word for word in before.all() if word.partition(".")[0] in tops])
        times = f"{read - start:.2f}", f"{done - read:.2f}"
        print(_row(case.name, *times, len(breakages), len(used), *_counts(said)), flush=True)
    print(_row("sum", "", "", "", "", *_counts(total)))


def told(breakage: Breakage) -> str:
    changed = f" ({breakage.was} -> {breakage.became})" if breakage.parameter else ""
    alike = f"{breakage.score:.2f} {breakage.margin:.2f} {breakage.sort.value}"
    return f"{alike}: {breakage.old} -> {breakage.new}{changed}: {breakage.why[:120]}"


def _counts(said: Counter[str]) -> tuple[int, ...]:
    return sum(said.values()), said["agreed"], said["contradicted"], said["not told"]


def _row(name: str, *cells: object) -> str:
    return f"{name:<20}" + "".join(f"{cell!s:>9}" for cell in cells)


def _cases(options: argparse.Namespace) -> Iterator[Case]:
    found = [
        *(bench_cases(options.bench, options.manifest) if options.bench else ()),
        *(pair_cases(options.pairs) if options.pairs else ()),
    ]
    return (case for case in found if not options.cases or case.name in options.cases)


if __name__ == "__main__":
    main()
