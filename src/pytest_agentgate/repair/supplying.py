"""What tests lack of servers is put up and they are run again: green, and the environment was all that they lacked.

Who starts services is handed in; nothing here knows how. Runs of such a trial stand apart from the project's record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic

from pytest_agentgate.model import Cause, Failure, Kind
from pytest_agentgate.model.repair import Attempt, Verdict
from pytest_agentgate.repair.attempts.attempting import StoppedError
from pytest_agentgate.repair.attempts.rerun import Reruns
from pytest_agentgate.repair.attempts.services import Offer, Services
from pytest_agentgate.repair.attempts.state import State, file_of, hides, tests_of
from pytest_agentgate.repair.attempts.verdict import tally

GREEN = "green with the service: the environment was all that they lacked"


@dataclass(frozen=True)
class CameTo:
    """What the tests of a cause came to with the service that they lacked."""

    is_green: bool  # all of them
    why: str  # one line


class Supplying:
    """The trials of one repair.

    Attributes:
        attempts: one for each cause that is gone with a service.
        came_to: by the signature of a cause, what became of its tests, or why nothing could be tried.
        green: tests that lacked nothing else.
    """

    def __init__(self, services: Services, reruns: Reruns, said: Callable[[str], None] = lambda line: None) -> None:
        self._services = services
        self._reruns = reruns
        self._say = said
        self.attempts: list[Attempt] = []
        self.came_to: dict[str, CameTo] = {}
        self.green: frozenset[str] = frozenset()

    def applied(self, state: State) -> State:
        """The state with what its connection failures lack, and what those lack that come to light by it.

        Each cause is tried once. Raises StoppedError.
        """
        while causes := [one for one in state.causes if one.kind is Kind.CONNECTION and self._is_new(one)]:
            offers = {offer.cause: offer for offer in self._services.supply(causes)}
            self.came_to |= {
                one.signature: CameTo(False, offers[one.signature].why if one.signature in offers else "")
                for one in causes
            }
            supplied = [one for one in causes if one.signature in offers and offers[one.signature].service]
            if supplied:
                state = self._tried(supplied, offers, state)
        return state

    def _is_new(self, cause: Cause) -> bool:
        return cause.signature not in self.came_to

    def _tried(self, causes: Sequence[Cause], offers: dict[str, Offer], before: State) -> State:
        """Run the tests of some causes with their services up; -> the state after it."""
        count = sum(one.size for one in causes)
        self._say(f"running {count} test{'' if count == 1 else 's'} with {', '.join(_names(causes, offers))}")
        began = monotonic()
        files = frozenset(map(file_of, tests_of(causes))) - {""}
        ran = self._reruns.part(before, files) if files else self._reruns.whole(before)
        if ran.stopped:
            raise StoppedError("stopped")
        if ran.why:
            why = f"the tests could not be run again: {ran.why}"
            self.came_to |= {one.signature: CameTo(False, why) for one in causes}
            return before
        after = ran.state if ran.of_all else before.updated(ran.state, files)
        for one in causes:
            self._judge(one, offers[one.signature], before, after, monotonic() - began)
        return after

    def _judge(self, cause: Cause, offer: Offer, before: State, after: State, seconds: float) -> None:
        green, further, same = set[str](), set[str](), set[str]()
        for test in tests_of([cause]):
            now = {failure.signature for failure in after.by_nodeid.get(test, ())}
            now |= {failure.signature for failure in _revealed(test, before, after)}
            place = same if cause.signature in now else further if now or test in after.red else green
            place.add(test)
        if same and not (green or further):
            why = f"the service {offer.service} is up, and they fail as before"
            self.came_to[cause.signature] = CameTo(False, why)
            return
        self.green |= green | {one for one in after.passed if any(hides(test, one) for test in green)}
        came_to = CameTo(True, GREEN)
        if same:
            came_to = CameTo(False, f"{len(same)} of them fail as before with the service {offer.service}")
        elif further:
            came_to = CameTo(
                False, f"still red, for the next cause: {next(_titles(further, after), 'it is not known')}"
            )
        self.came_to[cause.signature] = came_to
        self.attempts.append(
            Attempt(
                cause=cause.signature,
                kind=cause.kind,
                title=cause.title,
                codemods=(),
                applicability="",
                evidence=offer.evidence if came_to.is_green else (*offer.evidence, came_to.why),
                verdict=Verdict.ENVIRONMENT,
                why=f"with the service {offer.service} {tally(len(green), len(further), len(same))}",
                diff=offer.diff,
                before=len(tests_of([cause])),
                after=len(same),
                advanced=len(further),
                seconds=seconds,
            )
        )


def _names(causes: Sequence[Cause], offers: dict[str, Offer]) -> list[str]:
    return sorted({offers[one.signature].service for one in causes})


def _revealed(collector: str, before: State, after: State) -> Iterator[Failure]:
    """What fails of the tests that a file has now, which could not be collected."""
    if collector in before.uncollected:
        yield from (one for one in after.failures if one.nodeid != collector and hides(collector, one.nodeid))


def _titles(tests: set[str], after: State) -> Iterator[str]:
    """The causes that tests fail for, the largest first."""
    for cause in after.causes:
        if any(test == other or hides(test, other) for test in tests for other in tests_of([cause])):
            yield cause.title
