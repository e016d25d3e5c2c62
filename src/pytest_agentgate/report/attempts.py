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
    of_test: dict[str, list[Result]] = {}
    several: set[str] = set()
    for result in report.results:
        nodeid = result.nodeid
        if nodeid in of_test:
            of_test[nodeid].append(result)
            several.add(nodeid)
        else:
            of_test[nodeid] = [result]
    failures: dict[str, list[Failure]] = {}
    for failure in report.failures:
        if failure.scope is Scope.TEST:
            failures.setdefault(failure.nodeid, []).append(failure)
    for nodeid, results in of_test.items():
        told = failures.get(nodeid, ())
        if nodeid in several:
            yield from _several(results, told)
        else:
            yield Attempted(results[0], (), tuple(told)) if told else Attempted(results[0])


def _several(results: list[Result], failures: list[Failure] | tuple[()]) -> Iterator[Attempted]:
    if len({result.attempt for result in results}) == len(results):
        *earlier, last = sorted(results, key=lambda result: result.attempt)
        yield Attempted(last, tuple(earlier), tuple(failures))
        return
    for worker in dict.fromkeys(result.worker for result in results):  # each of them ran it
        own = sorted((one for one in results if one.worker == worker), key=lambda result: result.attempt)
        told = tuple(failure for failure in failures if failure.evidence.worker == worker)
        yield Attempted(own[-1], tuple(own[:-1]), told)
