"""The strongest witness: callers in the implementation that the same change has migrated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cached_property

from pytest_agentgate.repair.align.pairs import Book
from pytest_agentgate.repair.align.sides import Side
from pytest_agentgate.repair.api.table import Call


@dataclass
class Witnesses:
    """Where callers used an old name and use a new one now."""

    seen: dict[str, dict[str, list[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))

    def of(self, old: str, new: str) -> tuple[str, ...]:
        """The places that have changed from one to the other."""
        return tuple(self.seen[old][new]) if old in self.seen and new in self.seen[old] else ()

    def share(self, old: str, new: str) -> float:
        """How many of the places that left the old name went to this new one."""
        of_all = sum(len(places) for places in self.seen[old].values()) if old in self.seen else 0
        return len(self.of(old, new)) / of_all if of_all else 0.0


def migrated(book: Book, lost: Collection[str] = (), fresh: Collection[str] = ()) -> Witnesses:
    """Compare the calls of each definition before and after, and note what took the place of lost names.

    Those are what the book still has to pair, unless others are given.
    """
    witnesses = Witnesses()
    lost, fresh = set(lost or book.lost), set(fresh or book.fresh)
    for name, module in sorted(book.old.api.modules.items()):
        became = book.modules.get(name, name)
        after = book.new.api.modules.get(became)
        if after is None:
            continue
        before_by = _by_definition(book.old, module.calls)
        after_by = _by_definition(book.new, after.calls)
        for within, before in before_by.items():
            later = after_by.get(_counterpart(book, within, name, became), [])
            if not lost & {used for used, _ in before} or not fresh & {used for used, _ in later}:
                continue
            for old, new, line in _replaced(before, later):
                if old in lost and new in fresh:
                    witnesses.seen[old][new].append(f"{after.path}:{line}")
    return witnesses


def _counterpart(book: Book, within: str, module: str, became: str) -> str:
    """The new name of the definition that holds an old call."""
    inner = within[len(module) + 1 :]
    top, dot, rest = inner.partition(".")
    pair = book.pairs.get(f"{module}.{top}") if top else None
    if pair is not None:
        return f"{pair.new.name}{dot}{rest}"
    return f"{became}.{inner}" if inner else ""


def _by_definition(side: Side, calls: Iterable[Call]) -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for call in calls:
        if call.name[0] != ".":
            found[call.within].append((side.api.canonical(call.name), call.line))
    return found


def _replaced(before: list[tuple[str, int]], after: list[tuple[str, int]]) -> list[tuple[str, str, int]]:
    """What stands where something else stood, between equal neighbours."""
    olds, news = [name for name, _ in before], [name for name, _ in after]
    found: dict[tuple[str, str], int] = {}
    for tag, start, end, there, until in SequenceMatcher(None, olds, news, autojunk=False).get_opcodes():
        if tag == "replace" and end - start == until - there:
            for old, (new, line) in zip(olds[start:end], after[there:until], strict=True):
                found.setdefault((old, new), line)
    return [(old, new, line) for (old, new), line in found.items() if old not in news and new not in olds]


@dataclass(frozen=True)
class Arguments:
    """What the implementation's own callers pass to a function, or to whatever has a name (``.total``)."""

    calls: tuple[tuple[Call, str], ...] = ()  # each with its place

    @cached_property
    def keywords(self) -> Mapping[str, str]:
        """The keywords that are passed, and one place for each."""
        found: dict[str, str] = {}
        for call, where in self.calls:
            for keyword in call.keywords:
                found.setdefault(keyword, where)
        return found

    def without(self, parameter: str, position: int | None) -> tuple[str, ...]:
        """The places that pass nothing for a parameter, neither by its name nor by its position."""
        return tuple(
            where
            for call, where in self.calls
            if not {parameter, "**"} & set(call.keywords)
            and call.positional >= 0
            and (position is None or call.positional <= position)
        )

    @classmethod
    def by_function(cls, side: Side) -> dict[str, Arguments]:
        found: dict[str, list[tuple[Call, str]]] = {}
        for module in side.api.modules.values():
            for call in module.calls:
                if call.is_call:
                    name = call.name if call.name[0] == "." else side.api.canonical(call.name)
                    found.setdefault(name, []).append((call, f"{module.path}:{call.line}"))
        return {name: cls(tuple(calls)) for name, calls in found.items()}
