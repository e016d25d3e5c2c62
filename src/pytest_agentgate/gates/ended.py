"""How each test of a run ended: by its last attempt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from pytest_agentgate.model import Outcome, Result
from pytest_agentgate.values import frozen

FAILING = (Outcome.FAILED, Outcome.RERUN)
"""Outcomes of a test that failed in its call; a rerun that is the last was cut off from its next attempt."""
BAD = (*FAILING, Outcome.ERROR)
"""Outcomes of a test that failed, in its call or around it."""

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
    """How the tests of a run ended."""

    tests: Mapping[str, Result]  # node id -> its last attempt, sorted by node id
    flaky: frozenset[str]  # tests of which an attempt failed, and the last one did not


def ended(results: Iterable[Result]) -> Ended:
    """How the tests ended, whatever the order of the results.

    The attempts at a test are numbered, over all workers. Where every worker runs every test (``--dist=each``) each has
    its own, and the test ended as on the worker where it ended worst, and took as long as where it took longest.
    """
    attempts: dict[str, list[Result]] = {}
    for result in results:
        attempts.setdefault(result.nodeid, []).append(result)
    several = {nodeid: of_test for nodeid, of_test in attempts.items() if len(of_test) > 1}
    each = any(_is_numbered_twice(of_test) for of_test in several.values())
    last = {nodeid: _last(of_test, each) for nodeid, of_test in several.items()}
    return Ended(
        {nodeid: last[nodeid] if nodeid in last else attempts[nodeid][0] for nodeid in sorted(attempts)},
        frozenset(
            nodeid
            for nodeid, of_test in several.items()
            if last[nodeid].outcome not in BAD and any(result.outcome in BAD for result in of_test)
        ),
    )


def ran(test: Result) -> bool:
    """Whether a test did something that could be measured."""
    return test.outcome not in (Outcome.SKIPPED, Outcome.NOT_RUN)


def _is_numbered_twice(results: list[Result]) -> bool:
    return len({result.attempt for result in results}) < len(results)


def _last(results: list[Result], each: bool) -> Result:
    last: dict[str, Result] = {}
    for result in sorted(results, key=lambda one: (one.attempt, -_RANK[one.outcome], one.duration, one.reason)):
        last[result.worker if each else ""] = result
    worst = min(last.values(), key=lambda one: (_RANK[one.outcome], -one.duration, one.reason, one.worker))
    return replace(worst, duration=max(one.duration for one in last.values()))
