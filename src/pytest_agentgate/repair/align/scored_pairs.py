"""Third step: what is alike enough in body, name, parameters and place, and has no rival.

Candidates are found through words that few definitions have, so that never all are compared with all. A pair is
accepted where each is the best for the other, at a score and with a margin that were tuned on real releases.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from pytest_agentgate.repair.align.callers import Witnesses
from pytest_agentgate.repair.align.pairs import Book, Pair
from pytest_agentgate.repair.align.sides import family, head, leaf
from pytest_agentgate.repair.align.words import Rarity, alike, parts
from pytest_agentgate.repair.api.table import Passing, Symbol

SCORE, MARGIN = 0.65, 0.15
LEAST_BODY = 0.3  # share of the body that must be there under another name, where no caller vouches
HALF = 0.5  # the same, where one caller vouches but the names differ
STRANGE_BODY = 0.75  # the same, where the two names have nothing in common
CANDIDATES = 12
COMMON = 40  # a word that more definitions have blocks nothing
SMALL = 4  # words
TELLING_VALUE = 12  # characters; a shorter value is equal to others by chance


@dataclass(frozen=True)
class Scored:
    """How alike two definitions are."""

    score: float
    why: str


class Scorer:
    """Scores pairs of one book; words that were renamed so far are read as their new ones."""

    def __init__(self, book: Book, witnesses: Witnesses) -> None:
        self.book = book
        self.witnesses = witnesses
        self.renamed = book.renamed()
        self.old = {name: self._later(symbol.tokens - {leaf(name)}) for name, symbol in book.old.top.items()}
        self.new = {name: symbol.tokens - {leaf(name)} for name, symbol in book.new.top.items()}
        self.rarity = Rarity([*self.old.values(), *self.new.values()])
        self.leaves = _counted(book.lost), _counted(book.fresh)

    def _later(self, tokens: frozenset[str]) -> frozenset[str]:
        changed = tokens & self.renamed.keys()
        return tokens - changed | {self.renamed[each] for each in changed} if changed else tokens

    def candidates(self, symbol: Symbol) -> list[Symbol]:
        """New definitions that share rare words or the name with an old one, the likeliest first."""
        found: dict[str, int] = defaultdict(int)
        for word in self.old[symbol.name]:
            for name in self._having.get(word, ()):
                found[name] += self.rarity[word]
        for part in {*parts(leaf(symbol.name)), f"={leaf(symbol.name)}"}:
            for name in self._called.get(part, ()):
                found[name] += 3000 if part[0] == "=" else 1000
        for name in self.witnesses.seen.get(symbol.name, ()):
            found[name] += 100_000
        kind = family(symbol)
        ranked = sorted((-weight, name) for name, weight in found.items() if name in self.book.new.top)
        symbols = (self.book.new.top[name] for _, name in ranked)
        return [each for each in symbols if family(each) == kind][:CANDIDATES]

    def prepare(self) -> None:
        """Index the new definitions by their rare words and by the words of their names."""
        self._having: dict[str, list[str]] = defaultdict(list)
        self._called: dict[str, list[str]] = defaultdict(list)
        wanted = {word for name in self.book.lost for word in self.old[name]}
        for name, tokens in self.new.items():
            for word in tokens & wanted:
                if self.rarity.count[word] <= COMMON:
                    self._having[word].append(name)
            for part in {*parts(leaf(name)), f"={leaf(name)}"}:
                self._called[part].append(name)
        self._called = defaultdict(list, {part: names for part, names in self._called.items() if len(names) <= COMMON})

    def score(self, old: Symbol, new: Symbol) -> Scored:
        """How alike an old and a new definition are, and in what."""
        name = alike(leaf(old.name), leaf(new.name))
        scope = self._scope(old, new)
        if family(old) == "value":
            return self._of_values(old, new, name, scope)
        ours, theirs = self.old[old.name], self.new[new.name]
        body = 1.0 if old.body and old.body == new.body else self.rarity.overlap(ours, theirs)
        shape = self._members(old, new) if family(old) == "class" else _parameters(old, new)
        small = min(len(ours), len(theirs)) < SMALL
        score = 0.45 * body + 0.15 * shape + 0.25 * name + 0.15 * scope
        if small:
            score = 0.2 * body + 0.15 * shape + 0.45 * name + 0.2 * scope
        elif body >= STRANGE_BODY:
            score = max(score, 0.6 * body + 0.2 * shape + 0.2 * scope)  # a name may be another one altogether
        same = leaf(old.name) == leaf(new.name)
        if same and self.leaves[0].get(leaf(old.name)) == 1 and self.leaves[1].get(leaf(old.name), 0) <= 1:
            score = max(score, 0.5 + 0.4 * (body + shape) / 2)
        vouching = self.witnesses.of(old.name, new.name)
        weak = name < 0.75 and (body < LEAST_BODY or (len(vouching) == 1 and body < HALF))
        if vouching and score >= LEAST_BODY and not weak:
            share = self.witnesses.share(old.name, new.name)
            score += (1 - score) * (1 - 0.55 ** len(vouching)) * share
        elif not same and (
            body < LEAST_BODY or weak or (name < LEAST_BODY and body < STRANGE_BODY) or (small and body < 1)
        ):
            score = min(score, SCORE - 0.05)
        if score >= SCORE and not same and not vouching and self._meaning_changed(old, new, ours, theirs):
            score -= 0.15
        said = [f"{body:.0%} of the body is the same", f"names {name:.0%} alike"]
        if vouching:
            said.insert(0, f"callers went from one to the other ({', '.join(vouching[:3])})")
        return Scored(round(score, 4), "; ".join(said))

    def _of_values(self, old: Symbol, new: Symbol, name: float, scope: float) -> Scored:
        equal = bool(old.value) and old.value == new.value
        telling = equal and (len(old.value) >= TELLING_VALUE or leaf(old.name) == leaf(new.name))
        words = self.rarity.overlap(self.old[old.name], self.new[new.name])
        vouching = self.witnesses.of(old.name, new.name)
        if (
            leaf(old.name) != leaf(new.name)
            and not (telling and name >= 0.5)
            and not (vouching and (telling or name >= 0.75))
        ):
            return Scored(min(0.5 * name + 0.3 * words, SCORE - 0.05), "another name and another value")
        score = 0.55 * name + 0.3 * (1.0 if equal else words) + 0.15 * scope
        if vouching:
            score += (1 - score) * (1 - 0.55 ** len(vouching)) * self.witnesses.share(old.name, new.name)
        said = "the same value" if equal else f"{words:.0%} of the value is the same"
        said = f"{said}; names {name:.0%} alike"
        if vouching:
            said = f"callers went from one to the other ({', '.join(vouching[:3])}); {said}"
        return Scored(round(score, 4), said)

    def _scope(self, old: Symbol, new: Symbol) -> float:
        before, after = head(old.name), head(new.name)
        if self.book.modules.get(before, before) == after:
            return 1.0
        if alike(leaf(before), leaf(after)) == 1.0:
            return 0.8
        return 0.5 if head(before) == head(after) else 0.2

    def _members(self, old: Symbol, new: Symbol) -> float:
        ours = frozenset(self.book.old.members.get(old.name, ()))
        theirs = frozenset(self.book.new.members.get(new.name, ()))
        bases = {leaf(base) for base in old.bases} == {leaf(base) for base in new.bases}
        if not ours and not theirs:
            return 0.7 if bases else 0.0
        shared = self.rarity.overlap(ours, theirs)
        return 0.85 * shared + (0.15 if bases else 0.0)

    def _meaning_changed(self, old: Symbol, new: Symbol, ours: frozenset[str], theirs: frozenset[str]) -> bool:
        """``load_json`` and ``load_yaml``: what is different in the names is different in the bodies too."""
        gone = set(parts(leaf(old.name))) - set(parts(leaf(new.name)))
        come = set(parts(leaf(new.name))) - set(parts(leaf(old.name)))
        before = {part for word in ours - theirs for part in parts(word)}
        after = {part for word in theirs - ours for part in parts(word)}
        return bool(gone & before) and bool(come & after)


def pair_alike(book: Book, witnesses: Witnesses) -> bool:
    """Enter the pairs that are best for each other; whether there were any.

    What is paired already competes too: a new definition that is as like to one that stayed is another of its kind.
    """
    if not book.lost or not book.fresh:
        return False
    scorer = Scorer(book, witnesses)
    scorer.prepare()
    table: dict[str, list[tuple[float, str, str]]] = {}
    reverse: dict[str, list[tuple[float, str]]] = defaultdict(list)
    wanted: dict[str, None] = {}
    for lost in list(book.open):
        ranked = []
        for there in scorer.candidates(lost):
            scored = scorer.score(lost, there)
            ranked.append((scored.score, there.name, scored.why))
            if there.name in book.fresh:
                reverse[there.name].append((scored.score, lost.name))
                wanted[there.name] = None
        table[lost.name] = sorted(ranked, key=lambda each: (-each[0], each[1]))
    siblings = _siblings(scorer, [name for name in wanted if any(each[0] >= SCORE for each in reverse[name])])
    found = []
    for name, rows in table.items():
        if not rows or rows[0][0] < SCORE or rows[0][1] not in book.fresh:
            continue
        score, best, why = rows[0]
        back = max((each[0] for each in reverse[best] if each[1] != name), default=0.0)
        margin = score - max(rows[1][0] if len(rows) > 1 else 0.0, back, siblings.get(best, 0.0))
        made_private = head(name) == head(best) and alike(leaf(name), leaf(best)) == 1.0
        if margin >= (MARGIN / 3 if made_private else MARGIN):
            found.append(Pair(book.old.top[name], book.new.top[best], why, score, round(margin, 4)))
    for pair in found:
        book.enter(pair)
    return bool(found)


def _siblings(scorer: Scorer, wanted: list[str]) -> dict[str, float]:
    """For new definitions, how alike the old ones are that stayed and were like them before."""
    having: dict[str, list[str]] = defaultdict(list)
    words = {word for name in wanted for word in scorer.new[name]}
    for name, pair in scorer.book.pairs.items():
        if name in scorer.old and pair.kept:
            for word in scorer.old[name] & words:
                if scorer.rarity.count[word] <= COMMON:
                    having[word].append(name)
    found = {}
    for name in wanted:
        new = scorer.book.new.top[name]
        near: dict[str, int] = defaultdict(int)
        for word in scorer.new[name]:
            for old in having.get(word, ()):
                near[old] += scorer.rarity[word]
        likeliest = sorted((-weight, old) for old, weight in near.items())[:CANDIDATES]
        olds = [scorer.book.old.top[old] for _, old in likeliest]
        found[name] = max((scorer.score(old, new).score for old in olds if family(old) == family(new)), default=0.0)
    return found


def _parameters(old: Symbol, new: Symbol) -> float:
    ours = {each.name for each in old.parameters if each.passing not in _SWALLOWING}
    theirs = {each.name for each in new.parameters if each.passing not in _SWALLOWING}
    if not ours and not theirs:
        return 0.6
    return 2 * len(ours & theirs) / (len(ours) + len(theirs))


_SWALLOWING = frozenset({Passing.VAR_POSITIONAL, Passing.VAR_KEYWORD})


def _counted(symbols: dict[str, Symbol]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for symbol in symbols.values():
        found[leaf(symbol.name)] += 1
    return found
