"""Fourth step: what became of the members of classes that stayed or moved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pytest_agentgate.repair.align.pairs import Book, Pair
from pytest_agentgate.repair.align.parameters import same_text
from pytest_agentgate.repair.align.scored_pairs import MARGIN, SCORE
from pytest_agentgate.repair.align.sides import CALLABLE, Side, family, leaf, place
from pytest_agentgate.repair.align.types import Meanings
from pytest_agentgate.repair.align.words import Rarity, alike, parts
from pytest_agentgate.repair.api.table import Passing, Sort, Symbol

_HARMLESS = frozenset({
    "object", "ABC", "Protocol", "Generic", "Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "NamedTuple", "TypedDict",
    "Exception", "BaseException", "ValueError", "TypeError", "KeyError", "RuntimeError", "LookupError", "Warning",
})  # fmt: skip
_CALLED = CALLABLE


@dataclass(frozen=True)
class Members:
    """What became of the members of one class."""

    kept: tuple[Pair, ...] = ()
    renamed: tuple[Pair, ...] = ()
    gone: tuple[Symbol, ...] = ()
    used: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # of the gone ones, where the new code uses them


@dataclass(frozen=True)
class Substitutions:
    """Words that took the place of others in definitions that stayed: old word -> new word -> where."""

    old: Side
    new: Side
    pairs: tuple[Pair, ...]

    @cached_property
    def changed(self) -> tuple[tuple[frozenset[str], frozenset[str], str], ...]:
        """What left and what arrived in each definition that is on both sides."""
        found = []
        for before, after in self._both:
            left, arrived = before.tokens - after.tokens, after.tokens - before.tokens
            if left and arrived:
                found.append((left, arrived, place(after)))
        return tuple(found)

    @property
    def _both(self) -> Iterator[tuple[Symbol, Symbol]]:
        for pair in self.pairs:
            if pair.old.sort is not Sort.CLASS:
                yield pair.old, pair.new
                continue
            later = self.new.members.get(pair.new.name, {})
            for name, member in self.old.members.get(pair.old.name, {}).items():
                if name in later:
                    yield member, later[name]

    def of(self, old: str, new: str) -> tuple[float, list[str]]:
        """How much vouches for a word having taken another's place, and where."""
        weight, where = 0.0, []
        for left, arrived, at in self.changed:
            if old in left and new in arrived:
                weight += 1 / max(len(left), len(arrived))
                where.append(at)
        return weight, where

    @cached_property
    def users(self) -> dict[str, list[Symbol]]:
        """The new functions in which a word occurs."""
        found: dict[str, list[Symbol]] = {}
        for symbol in self.new.everything():
            if symbol.sort in _CALLED or symbol.sort is Sort.PROPERTY:
                for word in symbol.tokens:
                    found.setdefault(word, []).append(symbol)
        return found

    @cached_property
    def defined(self) -> frozenset[str]:
        """Every name that anything in the new implementation has."""
        names = {leaf(symbol.name) for symbol in self.new.everything()}
        return frozenset(names | {each.name for symbol in self.new.everything() for each in symbol.parameters})


def compare(pair: Pair, book: Book, words: Substitutions, meanings: Meanings) -> Members:
    """Pair the members of two classes that are one."""
    old, new = book.old, book.new
    ours = {name: each for name, each in old.members.get(pair.old.name, {}).items() if not _special(name)}
    theirs = dict(new.api.members(pair.new))
    known = old.api.members(pair.old)
    kept = tuple(
        Pair(each, theirs[name], pair.why, pair.score, pair.margin, kept=pair.kept)
        for name, each in ours.items()
        if name in theirs
    )
    lost = {name: each for name, each in ours.items() if name not in theirs}
    if not lost or _unseen(pair, old, new) or theirs.keys() & {"__getattr__", "__getattribute__"}:
        return Members(kept)
    listed = theirs["__slots__"].value if "__slots__" in theirs else ""
    by_name = bool(pair.new.tokens & {"setattr", "__setattr__", "__dict__"})
    lost = {
        name: each
        for name, each in lost.items()
        if not (repr(name) in listed or (by_name and each.sort is Sort.FIELD and name in pair.new.tokens))
    }
    fresh = {name: each for name, each in theirs.items() if name not in known and not _special(name)}
    missed = {name: _missed(name, pair, book) for name in lost}
    doubted = {name: _may_be_used(name, pair, words) for name in lost}
    open_ = {name: each for name, each in lost.items() if not missed[name] and not doubted[name]}
    renamed = tuple(_renamed(open_, fresh, words, meanings, pair))
    done = {leaf(each.old.name) for each in renamed}
    gone = tuple(each for name, each in lost.items() if name not in done)
    used = {name: missed[name] or (doubted[name] if _is_telling(name, words) else ()) for name in lost}
    return Members(kept, renamed, gone, used)


def _missed(name: str, pair: Pair, book: Book) -> tuple[str, ...]:
    """Where methods of the new class or of those that derive from it still ask ``self`` for a member that is gone."""
    classes = (pair.new, *book.new.api.subclasses(pair.new))
    return tuple(sorted(where for each in classes for where in book.dangling.get(f"{each.name}.{name}", ())))


def _may_be_used(name: str, pair: Pair, words: Substitutions) -> tuple[str, ...]:
    """Where the new implementation may still use a member that is gone: its word occurs.

    Within the class any use of the word counts; elsewhere only of a word that nothing else in the implementation is
    called by.
    """
    found = []
    for user in words.users.get(name, ()):
        if any(each.name == name for each in user.parameters):
            continue
        if user.name.startswith(f"{pair.new.name}.") or (name not in words.defined and len(name) > 3):
            found.append(place(user))
    return tuple(sorted(found)[:5])


def _is_telling(name: str, words: Substitutions) -> bool:
    """Whether uses of a word are uses of the member: nothing else has that name, nor would a variable have it."""
    return name not in words.defined and len(parts(name)) > 1


def _renamed(
    lost: Mapping[str, Symbol],
    fresh: Mapping[str, Symbol],
    words: Substitutions,
    meanings: Meanings,
    pair: Pair,
) -> Iterator[Pair]:
    rarity = Rarity([each.tokens for each in (*lost.values(), *fresh.values())])
    scores = {
        (before, after): _score(lost[before], fresh[after], words, meanings, rarity)
        for before in lost
        for after in fresh
        if _comparable(lost[before], fresh[after])
    }
    for before in lost:
        ranked = sorted((-scores[before, after][0], after) for after in fresh if (before, after) in scores)
        if not ranked:
            continue
        score, after = -ranked[0][0], ranked[0][1]
        rivals = [scores[other, after][0] for other in lost if other != before and (other, after) in scores]
        margin = score - max([*rivals, *(-each[0] for each in ranked[1:])], default=0.0)
        if score >= SCORE and margin >= MARGIN:
            yield Pair(
                lost[before],
                fresh[after],
                scores[before, after][1],
                round(min(score, pair.score), 4),
                round(min(margin, pair.margin), 4),
            )


def _comparable(old: Symbol, new: Symbol) -> bool:
    if old.sort in {Sort.PROPERTY, Sort.FIELD} and new.sort in {Sort.PROPERTY, Sort.FIELD}:
        return True
    return family(old) == family(new) and (old.sort is Sort.MEMBER) == (new.sort is Sort.MEMBER)


def _score(old: Symbol, new: Symbol, words: Substitutions, meanings: Meanings, rarity: Rarity) -> tuple[float, str]:
    name = alike(leaf(old.name), leaf(new.name))
    vouching, where = words.of(leaf(old.name), leaf(new.name))
    said = [f"names {name:.0%} alike"]
    if old.sort is Sort.MEMBER:
        equal = bool(old.value) and same_text(old.value, new.value) and "auto" not in old.value
        score = 0.7 + 0.3 * name if equal else 0.45 * name
        said.insert(0, "the same value" if equal else "another value")
    elif old.sort in {Sort.FIELD, Sort.PROPERTY} and new.sort in {Sort.FIELD, Sort.PROPERTY}:
        score = _of_fields(old, new, meanings, name, said)
    else:
        equal = bool(old.body) and old.body == new.body
        body = 1.0 if equal else rarity.overlap(old.tokens, new.tokens)
        ours, theirs = {each.name for each in old.parameters}, {each.name for each in new.parameters}
        shape = 2 * len(ours & theirs) / (len(ours) + len(theirs)) if ours or theirs else 0.6
        telling = min(len(old.tokens), len(new.tokens)) >= 4
        score = 0.55 * body + 0.3 * name + 0.15 * shape if telling else 0.3 * body + 0.5 * name + 0.2 * shape
        if equal and telling:
            score = max(score, 0.9)
        said.insert(0, "equal bodies" if equal else f"{body:.0%} of the body is the same")
        needed = {each.name for each in old.parameters} - theirs, _required(new) - ours
        if not equal and (body < (0.5 if name >= 0.75 else 0.7) or all(needed)):
            return min(score, SCORE - 0.05), "; ".join(said)
    if vouching and (name > 0 or score >= 0.5):
        score += (1 - score) * min(0.8, 0.35 * vouching)
        said.insert(0, f"one took the other's place in {', '.join(where[:3])}")
    return min(score, 1.0), "; ".join(said)


def _required(symbol: Symbol) -> set[str]:
    passed = {Passing.POSITIONAL_ONLY, Passing.EITHER, Passing.KEYWORD_ONLY}
    return {each.name for each in symbol.parameters if each.default is None and each.passing in passed}


def _of_fields(old: Symbol, new: Symbol, meanings: Meanings, name: float, said: list[str]) -> float:
    before = meanings.before(old.annotation or old.returns)
    after = meanings.after(new.annotation or new.returns)
    if old.body and old.body == new.body and len(old.tokens) >= 2 and old.sort is Sort.PROPERTY is new.sort:
        said.insert(0, "equal bodies")
        return 0.6 + 0.4 * name
    score = 0.5 * name
    if before and before == after:
        score += 0.15
        said.append(f"the same type {after}")
    if old.value and new.value and same_text(old.value, new.value) and old.value not in _EMPTY:
        score += 0.2
        said.append(f"the same value {new.value}")
    return score


_EMPTY = frozenset({"None", "True", "False", "0", "1", "''", '""', "[]", "{}", "()"})


def _special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _unseen(pair: Pair, old: Side, new: Side) -> bool:
    """Whether the new class has a base that can't be seen and was not there before: it may define anything."""
    return bool(_outside(pair.new, new) - _outside(pair.old, old) - _HARMLESS)


def _outside(cls: Symbol, side: Side) -> set[str]:
    found, todo, seen = set(), [cls], {cls.name}
    while todo:
        for base in todo.pop().bases:
            name = base.partition("[")[0]
            above = side.api.symbol(name)
            if above is None:
                found.add(leaf(name))
            elif above.name not in seen:
                seen.add(above.name)
                todo.append(above)
    return found
