"""What a phase that passes leaves outside: said, so that green is not taken for more than it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pytest_agentgate.gates.baseline import usable
from pytest_agentgate.gates.ended import FAILING
from pytest_agentgate.gates.facts import Facts, RunFacts
from pytest_agentgate.gates.hidden import hidden, is_below, listed
from pytest_agentgate.model import Failure, Kind, Outcome, Scope
from pytest_agentgate.model.judgement import GateState, Phase

_BAD = (*FAILING, Outcome.ERROR)
_SILENT = (Outcome.SKIPPED, Outcome.XFAILED)


def remarks(phase: Phase, state: GateState, facts: Facts) -> tuple[str, ...]:
    """Notes on a phase that is done, a line each."""
    verb = "passes" if state is GateState.PASSED else "warns"
    kinds: dict[str, Kind] = {}
    collectors: set[str] = set()
    for failure in sorted((one for one in facts.now.failures if one.final), key=_order):
        kinds.setdefault(failure.nodeid, failure.reason.kind)
        if failure.scope is Scope.COLLECT:
            collectors.add(failure.nodeid)
    own = {nodeid: kind for nodeid, kind in kinds.items() if kind in phase.repairs}
    others = {nodeid: kind for nodeid, kind in kinds.items() if nodeid not in own}
    notes = []
    if own:
        notes.append(f"{verb}; of the kinds that it repairs {_fail(own, collectors)}")
    if others:
        notes.append(f"{verb}; outside of it {_fail(others, collectors)}")
    silenced = _silenced(facts)
    if silenced:
        notes.append(
            f"{len(silenced):,} that failed in the baseline did not get to pass: skipped, expected to fail or gone: "
            f"{listed(silenced)}"
        )
    return tuple(notes)


def _fail(kinds: dict[str, Kind], collectors: Iterable[str]) -> str:
    """``12 tests fail and 2 files are not collected (8 validation, 4 assertion)``."""
    files = sum(nodeid in set(collectors) for nodeid in kinds)
    tests = len(kinds) - files
    parts = []
    if tests:
        parts.append("1 test fails" if tests == 1 else f"{tests:,} tests fail")
    if files:
        parts.append("1 file is not collected" if files == 1 else f"{files:,} files are not collected")
    numbers = sorted(Counter(kinds.values()).items(), key=lambda one: (-one[1], one[0]))
    return f"{' and '.join(parts)} ({', '.join(f'{number:,} {kind}' for kind, number in numbers)})"


def _silenced(facts: Facts) -> tuple[str, ...]:
    """Tests that failed in the baseline, and neither passed nor failed now."""
    before = usable(facts)
    if not isinstance(before, RunFacts):
        return ()
    now, collectors = facts.now.tests, tuple(hidden(facts).collectors)
    return tuple(
        nodeid
        for nodeid, test in before.tests.items()
        if test.outcome in _BAD
        and (now[nodeid].outcome in _SILENT if nodeid in now else not _is_hidden(nodeid, collectors))
    )


def _is_hidden(nodeid: str, collectors: tuple[str, ...]) -> bool:
    return any(is_below(nodeid, collector) for collector in collectors)


def _order(failure: Failure) -> tuple[str, int, int]:
    return failure.nodeid, list(Kind).index(failure.reason.kind), failure.attempt
