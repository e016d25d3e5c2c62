"""Whether an attempt helped: what a rerun says against what was known before. Values in, a judgement out.

A test is worse off if it passed and does not any more, or was not red and is now; it is gone if its function has fewer
tests than before although nothing kept its file from being collected.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cached_property

from pytest_agentgate.model import Failure, Outcome, Role, Scope, When
from pytest_agentgate.repair.attempts.state import PASSED, RED, State, file_of, function_of, hides

_WHEN = {when: number for number, when in enumerate((When.SESSION, When.COLLECT, When.SETUP, When.CALL, When.TEARDOWN))}
_OUR_FAULT = ("NameError", "UnboundLocalError", "SyntaxError", "IndentationError")
_WORD = re.compile(r"[^\W\d]\w*")
_SILENT = frozenset({Outcome.SKIPPED, Outcome.XFAILED})


@dataclass(frozen=True)
class Change:
    """What became of the tests between two states."""

    green: frozenset[str] = frozenset()  # were red, and pass; what could not be collected and now can be
    worse: frozenset[str] = frozenset()  # passed, or at least were not red
    lost: frozenset[str] = frozenset()  # are not there any more
    silenced: frozenset[str] = frozenset()  # ran, and are skipped or expected to fail now

    @property
    def harm(self) -> frozenset[str]:
        return self.worse | self.lost | self.silenced


def change(before: State, after: State, edited: Collection[str] = ()) -> Change:
    """Compare two states of the same files.

    ``edited`` are the files that an attempt wrote: what was hidden there and is skipped now that it is found was
    silenced by nobody.
    """
    worse, lost, silenced = set(), set(), set()
    there = Counter(function_of(nodeid) for nodeid in after.outcomes)
    was_there = Counter(function_of(nodeid) for nodeid in before.outcomes)
    now_uncollected = after.uncollected - before.uncollected
    for nodeid, was in before.outcomes.items():
        now = after.outcomes.get(nodeid)
        if now is None:
            if any(hides(collector, nodeid) for collector in after.uncollected):
                if was not in RED:
                    worse.add(nodeid)
            elif there[function_of(nodeid)] < was_there[function_of(nodeid)]:
                lost.add(nodeid)
        elif (was in PASSED or was is Outcome.SKIPPED or was is Outcome.XFAILED) and now in RED:
            worse.add(nodeid)
        elif now in _SILENT and (was in PASSED or was in RED):
            silenced.add(nodeid)
    worse |= {one for one in now_uncollected if not any(hides(old, one) for old in before.uncollected)}
    fixed = {one for one in before.red if after.outcomes.get(one) in PASSED}
    found = {file_of(nodeid) for nodeid in after.outcomes}
    fixed |= {one for one in before.uncollected - after.uncollected if _is_found(one, found)}
    return Change(frozenset(fixed), frozenset(worse), frozenset(lost), frozenset(silenced))


def _is_found(collector: str, files: Collection[str]) -> bool:
    """Whether what could not be collected has tests now; nothing but skipped modules would be no repair."""
    return any(hides(collector, file) or file_of(collector) == file for file in files)


@dataclass(frozen=True)
class Judged:
    """What an attempt came to."""

    helped: bool
    why: str
    after: int = 0  # of its tests, still red for the same cause
    advanced: int = 0  # red for another cause, further on
    change: Change = Change()
    barren: frozenset[str] = frozenset()  # files that can be loaded now, and in which all needs what is gone


def judged(
    before: State, after: State, targets: Collection[str], signatures: Collection[str], written: Written
) -> Judged:
    """Judge an attempt by the tests that ran before and after it.

    Args:
        before: what was known of the tests that were run again.
        after: what they do now.
        targets: the tests of the cause, and what it kept from being collected.
        signatures: of the causes that the attempt is for.
        written: what the attempt wrote.
    """
    changed = change(before, after)
    same, advanced, elsewhere = set(), set(), set()
    for target in targets:
        if target in changed.green or (target not in after.by_nodeid and after.outcomes.get(target) not in RED):
            continue
        now = after.by_nodeid.get(target, ())
        if not now or any(failure.signature in signatures for failure in now):
            same.add(target)
        elif _is_further(before.by_nodeid.get(target, ()), now, written):
            advanced.add(target)
        else:
            elsewhere.add(target)
    green = len(changed.green & frozenset(targets))
    still = len(same) + len(elsewhere)

    def result(helped: bool, why: str) -> Judged:
        return Judged(helped, why, still, len(advanced), changed)

    for names, what in (
        (changed.worse, "passed before and does not now"),
        (changed.lost, "is not there any more"),
        (changed.silenced, "is skipped or expected to fail now"),
    ):
        if names:
            more = f", and {len(names) - 1} more" if len(names) > 1 else ""
            return result(False, f"{min(names)} {what}{more}")
    barren = _barren(before, after, written)
    if barren:
        more = f", and in {len(barren) - 1} more files" if len(barren) > 1 else ""
        why = f"all tests of {min(barren)} need what is gone{more}: nothing is won there"
        return replace(result(False, why), barren=barren)
    undefined = _left_undefined(before, after)
    if undefined:
        return result(False, f"what is found now cannot work: {undefined.nodeid}: {undefined.reason.title}")
    if green or advanced:
        return result(True, tally(green, len(advanced), still))
    if elsewhere:
        said = after.by_nodeid[min(elsewhere)][0].reason.title
        return result(False, f"{min(elsewhere) or 'the run'} fails earlier, or for what was edited: {said}")
    return result(False, "the same tests fail for the same reason")


def tally(green: int, advanced: int, still: int) -> str:
    """What became of the tests of a cause, in words."""
    parts = [f"{green} green"] * bool(green)
    parts += [f"{advanced} further on, and red for another cause"] * bool(advanced)
    parts += [f"{still} as before"] * bool(still)
    return ", ".join(parts)


def _barren(before: State, after: State, written: Written) -> frozenset[str]:
    """Edited files that could not be loaded, and whose tests fail one and all at an import that the edit put there."""
    found = set()
    for path in written.paths & before.uncollected - after.uncollected:
        ran = [nodeid for nodeid in after.outcomes if file_of(nodeid) == path]
        failures = [failure for nodeid in ran for failure in after.by_nodeid.get(nodeid, ())]
        none_passes = not any(after.outcomes[nodeid] in PASSED for nodeid in ran)
        if failures and none_passes and all(_at_new_import(failure, path, written) for failure in failures):
            found.add(path)
    return frozenset(found)


def _at_new_import(failure: Failure, path: str, written: Written) -> bool:
    raised = failure.evidence.raised
    lines = [frame.line for frame in raised.frames if frame.path == path]
    return raised.is_a("ImportError") and bool(lines) and written.is_new_import(path, lines[-1])


def _left_undefined(before: State, after: State) -> Failure | None:
    """A test that was hidden and misses a name of its own file, where nothing that was hidden passes."""
    found = {nodeid for nodeid in after.outcomes if nodeid not in before.outcomes}
    if not found or not found.isdisjoint(after.passed):
        return None
    return next((failure for failure in after.failures if failure.nodeid in found and _is_ours(failure)), None)


# ---- further on


def _is_further(before: Iterable[Failure], now: Iterable[Failure], written: Written) -> bool:
    """Whether a test that fails for another cause now gets at least as far as it did."""
    first = min(before, key=lambda failure: _WHEN[failure.when], default=None)
    then = min(now, key=lambda failure: _WHEN[failure.when])
    if first is None:
        return True
    if _is_ours(then):
        return False
    if _order(first) != _order(then):
        return _order(then) > _order(first)
    was, now_at = _places(first), _places(then)
    for line, at in zip(was, now_at, strict=False):
        start, end = written.now_at(first.file, line)
        if not start <= at <= end:
            return at > end
    return not written.speaks_of(then)


def _order(failure: Failure) -> tuple[int, int]:
    return (0 if failure.scope is Scope.RUN else 1 if failure.scope is Scope.COLLECT else 2, _WHEN[failure.when])


def _places(failure: Failure) -> list[int]:
    """The lines of its own file at which a test was, from its own body inwards."""
    return [frame.line for frame in failure.evidence.raised.frames if frame.path == failure.file]


def _is_ours(failure: Failure) -> bool:
    """Whether the tests' code itself has a name that is not there, or can't be read: what an edit may leave behind."""
    raised = failure.evidence.raised
    crash = failure.evidence.crash
    if not raised.is_a(*_OUR_FAULT):
        return False
    return crash is None or crash.role is Role.TEST or raised.is_a("SyntaxError")


class Written:
    """What edits did to texts: path -> (before, after)."""

    def __init__(self, texts: Mapping[str, tuple[str, str]]) -> None:
        self._texts = texts
        self._blocks: dict[str, Sequence[tuple[str, int, int, int, int]]] = {}

    @property
    def paths(self) -> frozenset[str]:
        return frozenset(self._texts)

    def is_new_import(self, path: str, line: int) -> bool:
        """Whether a line of an edited text is an import within something, and was not there before."""
        before, after = (text.splitlines() for text in self._texts[path])
        text = after[line - 1] if 0 < line <= len(after) else ""
        return text[:1].isspace() and text.strip().startswith(("from ", "import ")) and text not in before

    def now_at(self, path: str, line: int) -> tuple[int, int]:
        """The lines, first and last, that stand where a line stood."""
        if path not in self._texts:
            return line, line
        if path not in self._blocks:
            old, new = (text.splitlines() for text in self._texts[path])
            self._blocks[path] = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        for tag, old_from, old_to, new_from, new_to in self._blocks[path]:
            if old_from < line <= old_to:
                moved = line + new_from - old_from
                return (moved, moved) if tag == "equal" else (new_from + 1, max(new_to, new_from + 1))
        return line, line

    def speaks_of(self, failure: Failure) -> bool:
        """Whether a failure names what the edits brought into the tests: then they are what it fails for."""
        said = set(_WORD.findall(failure.evidence.raised.message))
        return not said.isdisjoint(self._brought)

    @cached_property
    def _brought(self) -> frozenset[str]:
        brought: set[str] = set()
        for before, after in self._texts.values():
            brought |= set(_WORD.findall(after)) - set(_WORD.findall(before))
        return frozenset(brought)
