"""What a phase that passes leaves outside: said, so that green is not taken for more than it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from functools import cached_property

from pytest_agentgate.gates.baseline import usable
from pytest_agentgate.gates.ended import BAD
from pytest_agentgate.gates.facts import Facts, RunFacts
from pytest_agentgate.gates.hidden import hidden, is_below, listed
from pytest_agentgate.model import Kind, Outcome
from pytest_agentgate.model.judgement import GateState, Phase

_KINDS = tuple(Kind)
_PASSED = (Outcome.PASSED, Outcome.XPASSED)
_SILENT = (Outcome.SKIPPED, Outcome.XFAILED)


class Remarks:
    """What the run of some facts leaves to be said of any phase that is done."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def on(self, phase: Phase, state: GateState) -> tuple[str, ...]:
        """Notes on a phase that passes or warns, a line each."""
        verb = "passes" if state is GateState.PASSED else "warns"
        own = {nodeid: kind for nodeid, kind in self._failing.items() if kind in phase.repairs}
        others = {nodeid: kind for nodeid, kind in self._failing.items() if kind not in phase.repairs}
        notes = []
        if own:
            notes.append(f"{verb}; of the kinds that it repairs {self._fail(own)}")
        if others:
            notes.append(f"{verb}; outside of it {self._fail(others)}")
        for silenced, did in ((self._silenced(BAD), "failed"), (self._silenced(_PASSED), "passed")):
            if silenced:
                notes.append(
                    f"{len(silenced):,} that {did} in the baseline did not get to pass: "
                    f"skipped, expected to fail or gone: {listed(silenced)}"
                )
        return tuple(notes)

    @cached_property
    def _failing(self) -> Mapping[str, Kind]:
        """What failed in the end: the node id of each test and collector, and the first of its kinds."""
        kinds: dict[str, Kind] = {}
        for failure in self._facts.now.failures:
            if failure.final:
                kind = failure.reason.kind
                kinds[failure.nodeid] = min(kinds.get(failure.nodeid, kind), kind, key=_KINDS.index)
        return kinds

    @cached_property
    def _collectors(self) -> frozenset[str]:
        return frozenset(hidden(self._facts).collectors)

    def _fail(self, kinds: Mapping[str, Kind]) -> str:
        """``12 tests fail and 2 files are not collected (8 validation, 4 assertion)``."""
        files = len(self._collectors & kinds.keys())
        tests = len(kinds) - files
        parts = []
        if tests:
            parts.append("1 test fails" if tests == 1 else f"{tests:,} tests fail")
        if files:
            parts.append("1 file is not collected" if files == 1 else f"{files:,} files are not collected")
        numbers = sorted(Counter(kinds.values()).items(), key=lambda one: (-one[1], _KINDS.index(one[0])))
        return f"{' and '.join(parts)} ({', '.join(f'{number:,} {kind}' for kind, number in numbers)})"

    def _silenced(self, outcomes: Collection[Outcome]) -> tuple[str, ...]:
        """Tests that ended in one of some ways in the baseline, and neither passed nor failed now."""
        before, now = usable(self._facts), self._facts.now.tests
        if not isinstance(before, RunFacts):
            return ()
        return tuple(
            nodeid
            for nodeid, test in before.tests.items()
            if test.outcome in outcomes
            and (now[nodeid].outcome in _SILENT if nodeid in now else not self._is_hidden(nodeid))
        )

    def _is_hidden(self, nodeid: str) -> bool:
        return any(is_below(nodeid, collector) for collector in self._collectors)
