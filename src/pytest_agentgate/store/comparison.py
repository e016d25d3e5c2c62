"""What became of the tests and causes of one run in another."""

from __future__ import annotations

from pytest_agentgate.model import Cause, Outcome, Run, RunComparison, Scope, Slower
from pytest_agentgate.store import causes, history
from pytest_agentgate.store.database import Database

SLOWER_TIMES = 2.0
SLOWER_SECONDS = 0.5

_FAILING = f"('{Outcome.FAILED.value}', '{Outcome.ERROR.value}', '{Outcome.RERUN.value}')"
_IS_FAILING = frozenset((Outcome.FAILED.value, Outcome.ERROR.value, Outcome.RERUN.value))
_PASSING = frozenset((Outcome.PASSED.value, Outcome.XPASSED.value))

# With --dist=each a test has a result for each worker: all pairs of them come out, and the worst tells.
CHANGED = f"""
SELECT node.nodeid, before.outcome, after.outcome, before.duration, after.duration
FROM result AS before
JOIN result AS after ON after.run_key = ? AND after.node_key = before.node_key
JOIN node ON node.node_key = before.node_key
WHERE before.run_key = ? AND before.last = 1 AND after.last = 1
  AND (before.outcome IN {_FAILING} OR after.outcome IN {_FAILING}
       OR (after.duration >= before.duration * ? AND after.duration >= before.duration + ?))
"""
ONLY_IN_ONE = """
SELECT DISTINCT node.nodeid, one.outcome
FROM result AS one
JOIN node ON node.node_key = one.node_key
WHERE one.run_key = ? AND one.last = 1
  AND NOT EXISTS (SELECT 1 FROM result AS other WHERE other.run_key = ? AND other.node_key = one.node_key)
"""
UNCOLLECTED = """
SELECT node.nodeid
FROM failure
JOIN node ON node.node_key = failure.node_key
WHERE failure.run_key = ? AND failure.scope <> ?
"""


def compare(database: Database, before: tuple[Run, int], after: tuple[Run, int]) -> RunComparison:
    """Compare two runs, each given with its key."""
    (run_before, key_before), (run_after, key_after) = before, after
    was, now = set[str](), set[str]()  # failing
    became: dict[str, set[str]] = {}  # outcomes of tests that failed before
    slower: dict[str, Slower] = {}
    for nodeid, old, new, took, takes in database.rows(CHANGED, [key_after, key_before, SLOWER_TIMES, SLOWER_SECONDS]):
        if old in _IS_FAILING:
            was.add(nodeid)
            became.setdefault(nodeid, set()).add(new)
        if new in _IS_FAILING:
            now.add(nodeid)
        elif old in _PASSING and new in _PASSING:
            slower[nodeid] = Slower(nodeid, took, takes)
    gone = {nodeid for nodeid, _ in database.rows(ONLY_IN_ONE, [key_before, key_after])}
    came = database.rows(ONLY_IN_ONE, [key_after, key_before])
    now |= {nodeid for nodeid, outcome in came if outcome in _IS_FAILING}
    uncollected = [nodeid for (nodeid,) in database.rows(UNCOLLECTED, [key_after, Scope.TEST.value])]
    hidden = _hidden(gone, uncollected)
    fixed = {nodeid for nodeid in was - now if became[nodeid] <= _PASSING}
    old_causes, new_causes = causes.causes(database, key_before), causes.causes(database, key_after)
    lost = _not_in(old_causes, new_causes)
    unknown = [
        cause
        for cause in lost
        if cause.tests and not history.ran(database, cause.tests, [key_after]) and not _failed(cause, uncollected)
    ]
    return RunComparison(
        run_before,
        run_after,
        newly_failing=tuple(sorted(now - was)),
        still_failing=tuple(sorted(now & was)),
        fixed=tuple(sorted(fixed)),
        silenced=tuple(sorted(was - now - fixed)),
        added=tuple(sorted({nodeid for nodeid, _ in came})),
        removed=tuple(sorted(gone - hidden)),
        hidden=tuple(sorted(hidden)),
        slower=tuple(sorted(slower.values(), key=lambda test: (test.before - test.after, test.nodeid))),
        causes_new=_not_in(new_causes, old_causes),
        causes_gone=tuple(cause for cause in lost if cause not in unknown),
        causes_not_run=tuple(unknown),
    )


def _hidden(nodeids: set[str], collectors: list[str]) -> set[str]:
    """Those that a collector, which is a file, a folder or the run itself, kept from being collected."""
    if not collectors or not nodeids:
        return set()
    if not {"", "."}.isdisjoint(collectors):
        return set(nodeids)
    beginnings = tuple(f"{collector}{end}" for collector in collectors for end in ("::", "/"))
    return {nodeid for nodeid in nodeids if nodeid.startswith(beginnings)}


def _failed(cause: Cause, collectors: list[str]) -> bool:
    """Whether a file or folder of a cause was tried, and failed for another one."""
    return not set(cause.tests).isdisjoint(collectors)


def _not_in(some: tuple[Cause, ...], others: tuple[Cause, ...]) -> tuple[Cause, ...]:
    known = {cause.signature for cause in others}
    return tuple(cause for cause in some if cause.signature not in known)
