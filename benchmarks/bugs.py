"""Bugs that look like changes, put into one function of a real implementation whose own callers speak against them.

    python benchmarks/bugs.py PROJECT [--base REF]

Lists, for each kind of bug, the first function of a project in which it has a place: one that base and head have, that
tests name, and that the implementation calls. Nothing is written. ``benchmarks/traps.py`` writes them and repairs.
"""

from __future__ import annotations

import argparse
import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pytest_agentgate.config import Project, find_project
from pytest_agentgate.repair.api.api import Api
from pytest_agentgate.repair.api.table import Call, Passing, Sort, Symbol
from pytest_agentgate.repair.api.trees import FolderTree, GitTree

NEW = "_entry"  # the end of names that only a bug has
_FUNCTIONS = {Sort.FUNCTION, Sort.METHOD, Sort.CLASSMETHOD, Sort.STATICMETHOD}
_BY_POSITION = {Passing.POSITIONAL_ONLY, Passing.EITHER}
_BUSY = 60  # occurrences in tests from which on a name is in the way of everything
_OTHERS = {"ValueError": "KeyError", "TypeError": "ValueError", "KeyError": "ValueError"}
Definition = ast.FunctionDef | ast.AsyncFunctionDef
Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Target:
    """A function that was there before and is there now, what the implementation passes to it, and its text."""

    symbol: Symbol
    calls: tuple[Call, ...]
    node: Definition
    lines: tuple[bytes, ...]
    in_tests: Counter[str]
    is_imported: bool  # by another module of the implementation, which could not be imported any more without it

    @property
    def leaf(self) -> str:
        return leaf(self.symbol)

    @property
    def path(self) -> str:
        return self.symbol.path

    @property
    def text(self) -> bytes:
        return b"".join(self.lines)

    @property
    def arguments(self) -> list[ast.arg]:
        return [*self.node.args.posonlyargs, *self.node.args.args]

    @property
    def is_bound(self) -> bool:
        return self.symbol.sort in {Sort.METHOD, Sort.CLASSMETHOD}

    def inner(self) -> Iterator[ast.AST]:
        """The nodes of its body, without those of functions in it."""
        todo: list[ast.AST] = list(self.node.body)
        while todo:
            node = todo.pop(0)
            yield node
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
                todo += ast.iter_child_nodes(node)

    def written(self, edits: Sequence[tuple[int, int, int, str]]) -> Files:
        """Its file with other words at some places: line, column and width in bytes."""
        found = list(self.lines)
        for number, column, width, text in sorted(edits, reverse=True):
            line = found[number - 1]
            found[number - 1] = line[:column] + text.encode() + line[column + width :]
        return {self.path: b"".join(found)}

    def replaced(self, number: int, pattern: str, text: str) -> Files:
        """Its file with other words in one line."""
        found = list(self.lines)
        found[number - 1] = re.sub(pattern, text, found[number - 1].decode(), count=1).encode()
        return {self.path: b"".join(found)}


@dataclass(frozen=True)
class Bug:
    """A bug, and the words that only a repair which follows it writes or removes."""

    name: str
    target: Target
    words: frozenset[str]
    files: Files


Made = tuple[Files, set[str]] | None


def leaf(symbol: Symbol) -> str:
    return symbol.name.rpartition(".")[2]


# ---- names and places


def renamed(target: Target) -> Made:
    """The definition has another name, and callers the old one."""
    if target.is_imported:
        return None
    new = f"{target.leaf}{NEW}"
    return target.replaced(target.node.lineno, rf"def {target.leaf}\b", f"def {new}"), {target.leaf, new}


def half_moved(target: Target) -> Made:
    """The function stands in another module, and callers look for it in the old one."""
    if target.is_imported or target.symbol.sort is not Sort.FUNCTION or target.node.col_offset:
        return None
    imports = [node for node in ast.parse(target.text).body if isinstance(node, ast.Import | ast.ImportFrom)]
    path = PurePosixPath(target.path)
    if path.name == "__init__.py" or not imports:
        return None
    new = path.with_name(f"{path.stem}{NEW}.py")
    first = min([target.node.lineno, *(each.lineno for each in target.node.decorator_list)]) - 1
    last = target.node.end_lineno or target.node.lineno
    head = [line for node in imports for line in target.lines[node.lineno - 1 : node.end_lineno]]
    moved = b"".join([*head, *target.lines[first:last]])
    left = b"".join([*target.lines[:first], *target.lines[last:]])
    return {target.path: left, str(new): moved}, {target.leaf, new.stem}


# ---- how it is called


def keyword_renamed(target: Target) -> Made:
    """A parameter has another name in the definition, and callers pass the old one."""
    passed = {word for call in target.calls for word in call.keywords}
    for one in [*target.arguments, *target.node.args.kwonlyargs]:
        if one.arg in passed and target.in_tests[one.arg] and one.arg != "self":
            names = [each for each in ast.walk(target.node) if isinstance(each, ast.Name) and each.id == one.arg]
            if any(isinstance(each, ast.Lambda) for each in ast.walk(target.node)):
                return None
            new = f"{one.arg}{NEW}"
            places = [(one.lineno, one.col_offset), *((each.lineno, each.col_offset) for each in names)]
            return target.written([(*place, len(one.arg.encode()), new) for place in places]), {one.arg, new}
    return None


def default_lost(target: Target) -> Made:
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
    return target.written([(*end, value.end_col_offset - end[1], "")]), {first.arg, target.leaf}


def _leaves_out(call: Call, index: int, name: str) -> bool:
    return call.is_call and 0 <= call.positional <= index and name not in call.keywords and "**" not in call.keywords


def swapped(target: Target) -> Made:
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
    return target.written(edits), {target.leaf, first.arg, second.arg}


# ---- what it gives and raises


def constant(target: Target) -> Made:
    """What is returned is always the same, and wrong."""
    value = _returned(target)
    if value is None or isinstance(value, ast.Constant) or (isinstance(value, ast.Name) and value.id == "self"):
        return None
    return target.written([(value.lineno, value.col_offset, _width(value), "(0)")]), {target.leaf}


def went_lazy(target: Target) -> Made:
    """A list is given item by item, and only its brackets say so."""
    value = _returned(target)
    if not isinstance(value, ast.ListComp):
        return None
    end = (value.end_col_offset or 0) - 1
    edits = [(value.lineno, value.col_offset, 1, "("), (value.lineno, end, 1, ")")]
    return target.written(edits), {target.leaf}


def became_async(target: Target) -> Made:
    """The definition is a coroutine's, and no caller awaits it."""
    if isinstance(target.node, ast.AsyncFunctionDef) or target.is_imported:
        return None
    if any(isinstance(each, ast.Yield | ast.YieldFrom) for each in ast.walk(target.node)):
        return None
    return target.replaced(target.node.lineno, r"\bdef ", "async def "), {target.leaf, "await", "async"}


def raises_another(target: Target) -> Made:
    """Another exception is raised than the documentation and callers know."""
    for node in target.inner():
        named = node.exc.func if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) else None
        if isinstance(named, ast.Name) and named.id in _OTHERS and target.in_tests[named.id]:
            edit = (named.lineno, named.col_offset, len(named.id), _OTHERS[named.id])
            return target.written([edit]), {named.id, _OTHERS[named.id]}
    return None


def unchecked(target: Target) -> Made:
    """What was refused is taken."""
    for node in target.inner():
        refuses = isinstance(node, ast.If) and len(node.body) == 1 and isinstance(node.body[0], ast.Raise)
        if isinstance(node, ast.If) and refuses and node.lineno == node.test.end_lineno:
            return target.written([(node.test.lineno, node.test.col_offset, _width(node.test), "False")]), {"raises"}
    return None


def _returned(target: Target) -> ast.expr | None:
    """What the last ``return`` gives, if that is on one line."""
    returns = [each.value for each in target.inner() if isinstance(each, ast.Return) and each.value is not None]
    value = max(returns, key=lambda each: each.lineno, default=None)
    if value is None or value.lineno != value.end_lineno:
        return None
    around = target.lines[value.lineno - 1][value.col_offset :][: _width(value)].decode()
    return value if around == ast.get_source_segment(target.text.decode(), value) else None


def _width(node: ast.expr) -> int:
    return (node.end_col_offset or 0) - node.col_offset


BUGS: Mapping[str, Callable[[Target], Made]] = {
    "definition renamed": renamed,
    "constant returned": constant,
    "keyword renamed": keyword_renamed,
    "default lost": default_lost,
    "parameters swapped": swapped,
    "became async": became_async,
    "half moved": half_moved,
    "raises another": raises_another,
    "went lazy": went_lazy,
    "unchecked": unchecked,
}


# ---- where


def targets(project: Project, base: str = "base") -> Iterator[Target]:
    """Functions that base and head have, that tests name, and that the implementation calls; the most named first."""
    root, source = project.root, project.config.source
    new = Api.of(FolderTree(root), tuple(source), source)
    old = Api.of(GitTree(root, base), tuple(source), source)
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
    named = [each for each in found if each[1] and 0 < words[leaf(each[0])] <= _BUSY and leaf(each[0])[0] != "_"]
    for symbol, used in sorted(named, key=lambda each: (-words[leaf(each[0])], each[0].name)):
        text = (root / symbol.path).read_bytes()
        nodes = [each for each in ast.walk(ast.parse(text)) if isinstance(each, Definition)]
        mine = [each for each in nodes if each.name == leaf(symbol)]
        if len(mine) == 1 and not (mine[0].decorator_list and symbol.sort in {Sort.FUNCTION, Sort.METHOD}):
            lines = tuple(text.splitlines(keepends=True))
            yield Target(symbol, used, mine[0], lines, words, symbol.name in imported)


def words_of(project: Project) -> Counter[str]:
    """The words of the tests, counted."""
    found: Counter[str] = Counter()
    for folder in project.config.tests:
        place = project.root / folder
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            found.update(re.findall(r"\w+", path.read_text(encoding="utf-8", errors="replace")))
    return found


def bug_for(places: Sequence[Target], kinds: Sequence[str]) -> Bug | None:
    """The first kind of bug for which there is a place."""
    for kind in kinds:
        for target in places:
            made = BUGS[kind](target)
            if made is not None and _is_one(made[0], target):
                return Bug(kind, target, frozenset(made[1]), made[0])
    return None


def _is_one(files: Files, target: Target) -> bool:
    try:
        return files[target.path] != target.text and all(ast.parse(text) for text in files.values())
    except SyntaxError:
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("--base", default="base", metavar="REF")
    options = parser.parse_args()
    places = list(targets(find_project(options.project), options.base))
    for kind in BUGS:
        bug = bug_for(places, [kind])
        place = f"{bug.target.path}:{bug.target.node.lineno} {bug.target.symbol.name}" if bug is not None else "-"
        print(f"{kind:20} {place}")


if __name__ == "__main__":
    main()
