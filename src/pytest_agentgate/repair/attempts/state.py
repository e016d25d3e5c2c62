"""The state of a suite, as its last runs tell: put together from runs of all of it and of parts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from pytest_agentgate.model import Cause, Failure, Outcome, Result, Scope
from pytest_agentgate.triage.causes import group

RED = frozenset({Outcome.FAILED, Outcome.ERROR, Outcome.RERUN, Outcome.NOT_RUN})
PASSED = frozenset({Outcome.PASSED, Outcome.XPASSED})


@dataclass(frozen=True)
class State:
    """What is known of each test and of what could not be collected.

    ``durations`` are seconds of each test's last attempt, with its fixtures.
    """

    outcomes: Mapping[str, Outcome] = field(default_factory=lambda: MappingProxyType({}))
    failures: tuple[Failure, ...] = ()  # of the last attempts
    durations: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, results: Iterable[Result], failures: Iterable[Failure]) -> State:
        """The state that one run tells of."""
        last = {result.nodeid: result for result in results}  # they come in the order of attempts
        return cls(
            {nodeid: result.outcome for nodeid, result in last.items()},
            tuple(failure for failure in failures if failure.final),
            {nodeid: result.duration for nodeid, result in last.items()},
        )

    @cached_property
    def causes(self) -> tuple[Cause, ...]:
        """Why what is red is red, largest first."""
        return group(self.failures)

    @cached_property
    def uncollected(self) -> frozenset[str]:
        """Files and folders that could not be collected; "" where the run itself failed."""
        return frozenset(failure.nodeid for failure in self.failures if failure.scope is not Scope.TEST)

    @cached_property
    def red(self) -> frozenset[str]:
        """Tests that fail or did not run, and what could not be collected."""
        return self.uncollected | {nodeid for nodeid, outcome in self.outcomes.items() if outcome in RED}

    @cached_property
    def passed(self) -> frozenset[str]:
        return frozenset(nodeid for nodeid, outcome in self.outcomes.items() if outcome in PASSED)

    @cached_property
    def files(self) -> frozenset[str]:
        """Files that have tests, or could not be collected."""
        return frozenset(file_of(nodeid) for nodeid in (*self.outcomes, *self.uncollected)) - {""}

    @cached_property
    def by_nodeid(self) -> Mapping[str, tuple[Failure, ...]]:
        found: dict[str, list[Failure]] = {}
        for failure in self.failures:
            found.setdefault(failure.nodeid, []).append(failure)
        return {nodeid: tuple(failures) for nodeid, failures in found.items()}

    def failures_of(self, cause: Cause) -> tuple[Failure, ...]:
        return tuple(failure for failure in self.failures if failure.signature == cause.signature)

    def within(self, files: Collection[str] | None) -> State:
        """What is known of some files and folders alone; all of it for None."""
        if files is None:
            return self
        inside = _Within(files)
        return State(
            {nodeid: outcome for nodeid, outcome in self.outcomes.items() if inside(nodeid)},
            tuple(failure for failure in self.failures if inside(failure.nodeid)),
            {nodeid: seconds for nodeid, seconds in self.durations.items() if inside(nodeid)},
        )

    def updated(self, part: State, files: Collection[str] | None) -> State:
        """The state after a run of some files and folders; of all of them for None."""
        if files is None:
            return part
        inside = _Within(files)
        return State(
            {nodeid: outcome for nodeid, outcome in self.outcomes.items() if not inside(nodeid)} | {**part.outcomes},
            (*(failure for failure in self.failures if not inside(failure.nodeid)), *part.failures),
            {nodeid: seconds for nodeid, seconds in self.durations.items() if not inside(nodeid)} | {**part.durations},
        )

    def seconds(self, files: Collection[str] | None) -> float:
        """How long the tests of some files took."""
        inside = _Within(files) if files is not None else None
        return sum(took for nodeid, took in self.durations.items() if inside is None or inside(nodeid))


def file_of(nodeid: str) -> str:
    """The file or folder that a node id begins with."""
    return nodeid.partition("::")[0]


def function_of(nodeid: str) -> str:
    """A test without its parameters."""
    head, bracket, _ = nodeid.partition("[")
    return head if bracket else nodeid


def hides(collector: str, nodeid: str) -> bool:
    """Whether what could not be collected keeps a test from being found."""
    if collector in ("", "."):
        return True
    return nodeid == collector or nodeid.startswith((f"{collector}::", f"{collector}/"))


def meet(some: Collection[str], others: Collection[str]) -> bool:
    """Whether files and folders have any file in common."""
    return any(map(_Within(others), some)) or any(map(_Within(some), others))


class _Within:
    """Whether a node id lies in one of some files or folders, or hides one of them; each file is looked up once."""

    def __init__(self, files: Collection[str]) -> None:
        self._known = {"": True, ".": True}
        for file in files:
            self._known |= dict.fromkeys(_above(file), True)
        self._files = frozenset(files)

    def __call__(self, nodeid: str) -> bool:
        file = file_of(nodeid)
        found = self._known.get(file)
        if found is None:
            found = self._known[file] = file in self._files or not self._files.isdisjoint(_above(file))
        return found


def _above(path: str) -> list[str]:
    """The folders that a file or folder is in."""
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]


def tests_of(causes: Sequence[Cause]) -> frozenset[str]:
    """What failed for some causes; "" stands for the run itself."""
    return frozenset(nodeid for cause in causes for nodeid in (cause.tests or ("",)))


def identity(cause: Cause) -> str:
    """A cause with the tests that it has."""
    return "\n".join((cause.signature, *cause.tests))
