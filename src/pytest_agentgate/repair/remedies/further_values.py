"""Functions that give more values than before.

Cause: ``ValueError: too many values to unpack (expected 2)``, where a test unpacks what a function gives.
Remedy: unpack the further values as well, unused (extend-unpacking).
Applicability: safe where every result of the old function was a tuple of as many values, every one of the new function
is a longer one, and it is known which value is which: by the names to which callers in the implementation unpack them,
by the index under which they do the same with them, or by how the values are written; else ``unsafe``.
Does nothing where a caller in the implementation still unpacks as many as before, or where results differ in length.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import combinations
from typing import TypeAlias

from pytest_agentgate.codemods.codemod import Applicability
from pytest_agentgate.codemods.idioms.fixtures import results
from pytest_agentgate.codemods.reading.iterations import uses_of
from pytest_agentgate.codemods.reading.names import ModuleNames
from pytest_agentgate.codemods.rewrites.extend_unpacking import ExtendUnpacking
from pytest_agentgate.model import Role
from pytest_agentgate.repair.api.table import Symbol
from pytest_agentgate.repair.as_written import Reader, calls_of, definition, former
from pytest_agentgate.repair.called import Called, called_at, pair
from pytest_agentgate.repair.case import Case, proposal
from pytest_agentgate.repair.change import Offers
from pytest_agentgate.repair.proposal import NoProposal, Proposal
from pytest_agentgate.repair.symptoms import Unknown

ORDER = 52
_TOO_MANY = re.compile(r"too many values to unpack \(expected (\d+)(?:, got \d+)?\)")
_Row: TypeAlias = tuple[str, ...]


def propose(case: Case) -> Iterator[Proposal | NoProposal]:
    for symptom in case.symptoms:
        match = _TOO_MANY.fullmatch(symptom.message) if isinstance(symptom, Unknown) else None
        if match is None or symptom.frame is None or symptom.frame.role is not Role.TEST:
            continue
        found = [called for name in called_at(symptom.frame, case) if (called := pair(name, case.change)) is not None]
        for called in found:
            yield from _of(called, int(match[1]), case)


def _of(called: Called, expected: int, case: Case) -> Iterator[Proposal | NoProposal]:
    change = case.change

    def old_file(path: str) -> ModuleNames | None:
        return former(path, change)

    new_file = case.suite.sources.file
    before, after = _rows(called.old, old_file), _rows(called.new, new_file)
    if not before or not after or len(before[0]) != expected or len(after[0]) <= expected:
        return
    old_uses, new_uses = (
        _Uses(called.old.name, change.old, old_file),
        _Uses(called.new.name, change.new, new_file),
    )
    behind = [place for place, targets in new_uses.unpacked if len(targets) == expected]
    behind += new_uses.from_the_end
    if behind:
        yield NoProposal(
            f"the implementation itself takes {expected} values of {called.name}: the change is half done, or a bug",
            ", ".join(behind[:3]),
            final=True,
        )
        return
    where, why, sure = _places(before, after, old_uses, new_uses)
    values = _named(before, after, where)
    sentence = (
        f"{called.name} gave {expected} values ({called.old.path}:{called.old.line}) and gives {len(after[0])} "
        f"({called.place}); {why}"
    )
    added = tuple(name for at, name in enumerate(values) if at not in where)
    applicability = Applicability.SAFE if sure else Applicability.UNSAFE
    yield proposal([ExtendUnpacking(called.name, values, added)], [sentence], (), applicability)


def _rows(symbol: Symbol, read: Reader) -> list[_Row]:
    """What each result of a function is made of, if all are tuples of one length."""
    names = read(symbol.path)
    function = None if names is None else definition(symbol, names)
    if function is None:
        return []
    rows: list[_Row] = []
    for each in results(function):
        if not isinstance(each, ast.Tuple) or any(isinstance(part, ast.Starred) for part in each.elts):
            return []
        rows.append(tuple(map(ast.unparse, each.elts)))
    return rows if len({len(row) for row in rows}) == 1 else []


class _Uses:
    """What callers in an implementation do with the values of a function."""

    def __init__(self, name: str, api: Offers, read: Reader) -> None:
        self.unpacked: list[tuple[str, _Row]] = []  # place, targets
        self.indexed: dict[tuple[str, str], int] = {}  # function and statement without the index: the index
        self.from_the_end: list[str] = []  # places that take what is last, or all but the first ones
        for call, names, place, within in calls_of(name, api, read):
            self._of(call, names, place, within)
        for module in api.modules.values():
            names_of = read(module.path) if any(api.canonical(each.name) == name for each in module.calls) else None
            if names_of is not None:
                self.unpacked += _unpacked_in_loops(name, api, names_of, module.path)

    def _of(self, value: ast.expr, names: ModuleNames, place: str, within: str) -> None:
        parent = names.up[value].parent
        if isinstance(parent, ast.Await):
            value, parent = parent, names.up[parent].parent
        match parent:
            case (
                ast.Assign(targets=[ast.Tuple() | ast.List() as row])
                | ast.withitem(optional_vars=ast.Tuple() | ast.List() as row)
            ):
                if any(isinstance(each, ast.Starred) for each in row.elts):
                    self.from_the_end.append(place)
                self.unpacked.append((place, tuple(map(ast.unparse, row.elts))))
            case ast.Assign(targets=[ast.Name() as name]) | ast.withitem(optional_vars=ast.Name() as name):
                for read in uses_of(names, name):
                    self._of(read, names, place, within)
            case ast.Subscript(slice=ast.Constant(value=int(index))) if parent.value is value:
                statement = names.statement(parent)
                if index >= 0:
                    self.indexed[within, ast.unparse(statement).replace(ast.unparse(parent), "...")] = index
            case ast.Subscript() if parent.value is value:
                self.from_the_end.append(place)
            case _:
                pass


def _unpacked_in_loops(name: str, api: Offers, names: ModuleNames, path: str) -> Iterator[tuple[str, _Row]]:
    """Where what a function gives again and again is unpacked: ``for a, b in map(function, items)``."""
    for node in ast.walk(names.tree):
        if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension) and isinstance(node.target, ast.Tuple):
            given = [each for each in ast.walk(node.iter) if isinstance(each, ast.Name | ast.Attribute)]
            if any((meant := names.meaning(each)) is not None and api.canonical(meant) == name for each in given):
                yield f"{path}:{node.target.lineno}", tuple(map(ast.unparse, node.target.elts))


def _places(before: list[_Row], after: list[_Row], old: _Uses, new: _Uses) -> tuple[tuple[int, ...], str, bool]:
    """Where the values of before are now, how that is known, and whether it is more than a guess."""
    width, now = len(before[0]), len(after[0])
    ways = list(combinations(range(now), width))
    known = {at: set(range(now)) for at in range(width)}
    for _, targets in old.unpacked:
        for _, later in new.unpacked:
            if len(targets) == width and len(later) == now:
                for at, target in enumerate(targets):
                    if target != "_" and later.count(target) == 1:
                        known[at] &= {later.index(target)}
    for key, at in old.indexed.items():
        if key in new.indexed and at < width:
            known[at] &= {new.indexed[key]}
    told = [way for way in ways if all(place in known[at] for at, place in enumerate(way))]
    if len(told) == 1:
        return told[0], "its callers in the implementation tell which are the same", True
    written = [
        way
        for way in ways
        if all({row[at] for row in before} == {row[place] for row in after} for at, place in enumerate(way))
    ]
    if len(written) == 1 and written[0] in told:
        return written[0], "the others are written as before", True
    return tuple(range(width)), "that the last ones are new is a guess", False


def _named(before: list[_Row], after: list[_Row], where: tuple[int, ...]) -> _Row:
    """Names for the values, taken from how they are written where that gives any."""
    found: dict[str, None] = {}
    for at, text in enumerate(after[0]):
        sources = [before[0][where.index(at)], text] if at in where else [text]
        words = [source.rpartition(".")[2] for source in sources]
        plain = [word for word in words if re.fullmatch(r"[a-z]\w*", word) and _is_name(word) and word not in found]
        found[plain[0] if plain else f"value{at}"] = None
    return tuple(found)


def _is_name(word: str) -> bool:
    try:
        return isinstance(ast.parse(word, mode="eval").body, ast.Name)
    except SyntaxError:
        return False
