"""How each test of a run ended: by its last attempt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pytest_agentgate.model import Outcome, Result
from pytest_agentgate.values import frozen

FAILING = (Outcome.FAILED, Outcome.RERUN)
"""Outcomes of a test that failed in its call; a rerun that is the last was cut off from its next attempt."""
NOT_COUNTED = (Outcome.SKIPPED, Outcome.NOT_RUN)
"""Outcomes of tests that did nothing which could be measured."""

_WORST_FIRST = (
    Outcome.FAILED,
    Outcome.RERUN,
    Outcome.ERROR,
    Outcome.NOT_RUN,
    Outcome.XPASSED,
    Outcome.SKIPPED,
    Outcome.XFAILED,
    Outcome.PASSED,
)
_RANK = {outcome: rank for rank, outcome in enumerate(_WORST_FIRST)}


@frozen
class Ended:
    """How a test ended."""

    outcome: Outcome
    duration: float  # of the last attempt
    attempts: int
    flaky: bool  # an attempt failed, the last one did not
    reason: str  # of a skip, an xfail, or a test that was not run

    @property
    def ran(self) -> bool:
        return self.outcome not in NOT_COUNTED


def ended(results: Iterable[Result]) -> Mapping[str, Ended]:
    """Node id -> how the test ended, sorted by node id, whatever the order of the results.

    The attempts at a test are numbered, over all workers. Where every worker runs every test (``--dist=each``) each has
    its own, and the test ended as on the worker where it ended worst.
    """
    attempts: dict[str, list[Result]] = {}
    for result in results:
        attempts.setdefault(result.nodeid, []).append(result)
    each = any(len(of_test) > 1 and _is_numbered_twice(of_test) for of_test in attempts.values())
    return {nodeid: _ended(attempts[nodeid], each) for nodeid in sorted(attempts)}


def _is_numbered_twice(results: list[Result]) -> bool:
    return len({result.attempt for result in results}) < len(results)


def _ended(results: list[Result], each: bool) -> Ended:
    if len(results) == 1:
        [one] = results
        return Ended(one.outcome, one.duration, 1, False, one.reason)
    last: dict[str, Result] = {}
    for result in sorted(results, key=lambda one: (one.attempt, -_RANK[one.outcome], one.duration, one.reason)):
        last[result.worker if each else ""] = result
    worst = min(last.values(), key=lambda one: (_RANK[one.outcome], -one.duration, one.reason))
    flaky = worst.outcome not in (*FAILING, Outcome.ERROR) and any(
        result.outcome in (*FAILING, Outcome.ERROR) for result in results
    )
    duration = max(one.duration for one in last.values())
    return Ended(worst.outcome, duration, max(one.attempt for one in results), flaky, worst.reason)
