"""The tests of a run, each with all that is known of its attempts."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_agentgate.model import Failure, Outcome, Result, RunReport, Scope
from pytest_agentgate.values import frozen

BAD = frozenset({Outcome.FAILED, Outcome.ERROR, Outcome.RERUN})


@frozen
class Attempted:
    """One test; where xdist has every worker run every test, one test in one worker."""

    last: Result
    earlier: tuple[Result, ...] = ()  # in their order
    failures: tuple[Failure, ...] = ()  # of all attempts, in the order of the log

    def failures_of(self, attempt: int) -> list[Failure]:
        """What failed in one attempt: the call, the teardown, or both."""
        return [failure for failure in self.failures if failure.attempt == attempt] if self.failures else []

    @property
    def flaky(self) -> bool:
        """Whether it failed before it did not."""
        return self.last.outcome not in BAD and any(result.outcome in BAD for result in self.earlier)


def attempted(report: RunReport) -> Iterator[Attempted]:
    """Every test, in the order in which the first result of each stands in the report."""
    first: dict[str, Result] = {}
    several: dict[str, list[Result]] = {}  # of few tests: a list for each test would take longer than all the rest
    for result in report.results:
        before = first.setdefault(result.nodeid, result)
        if before is not result:
            several.setdefault(result.nodeid, [before]).append(result)
    failures: dict[str, list[Failure]] = {}
    for failure in report.failures:
        if failure.scope is Scope.TEST:
            failures.setdefault(failure.nodeid, []).append(failure)
    for nodeid, result in first.items():
        told = failures.get(nodeid, ())
        if nodeid in several:
            yield from _several(several[nodeid], told)
        else:
            yield Attempted(result, (), tuple(told)) if told else Attempted(result)


def _several(results: list[Result], failures: list[Failure] | tuple[()]) -> Iterator[Attempted]:
    if len({result.attempt for result in results}) == len(results):
        *earlier, last = sorted(results, key=lambda result: result.attempt)
        yield Attempted(last, tuple(earlier), tuple(failures))
        return
    for worker in dict.fromkeys(result.worker for result in results):  # each of them ran it
        own = sorted((one for one in results if one.worker == worker), key=lambda result: result.attempt)
        told = tuple(failure for failure in failures if failure.evidence.worker == worker)
        yield Attempted(own[-1], tuple(own[:-1]), told)
