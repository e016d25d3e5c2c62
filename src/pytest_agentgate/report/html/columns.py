"""Results column by column: a page of 100,000 tests stays small, and is read at once."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite

from pytest_agentgate.model import JSON, Failure, Outcome, Result, Scope

LETTERS = {
    Outcome.PASSED: "p",
    Outcome.FAILED: "f",
    Outcome.ERROR: "e",
    Outcome.SKIPPED: "s",
    Outcome.XFAILED: "x",
    Outcome.XPASSED: "X",
    Outcome.RERUN: "r",
    Outcome.NOT_RUN: "n",
}
NOT_COLLECTED = "c"  # a collector that failed stands among the results of its file
TICKS = 10_000  # in which durations are told, per second
LONGEST_REASON = 300


class Columns:
    """Results as columns, and the node ids that they and others are told by."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._places: dict[str, int] = {}
        self._rows: dict[tuple[str, int], int] = {}
        self._others: dict[tuple[str, int, str], int] = {}  # where every worker runs every test
        self._letters: list[str] = []
        self._of: list[int] = []
        self._ticks: list[JSON] = []
        self._workers: dict[str, int] = {}
        self._worker: list[JSON] = []
        self._attempts: list[JSON] = []
        self._reasons: dict[str, int] = {}
        self._reason: list[JSON] = []

    def place(self, nodeid: str) -> int:
        """The number of a node id, which is added where it is new."""
        place = self._places.get(nodeid)
        if place is None:
            place = self._places[nodeid] = len(self.names)
            self.names.append(nodeid)
        return place

    def row_of(self, failure: Failure) -> int | None:
        """The row of the attempt that a failure is of."""
        key = (failure.nodeid, failure.attempt)
        return self._others.get((*key, failure.evidence.worker), self._rows.get(key))

    def add(self, result: Result) -> None:
        self._row(LETTERS[result.outcome], result.nodeid, result.duration, result.worker, result.attempt, result.reason)

    def add_collector(self, failure: Failure) -> None:
        if (failure.nodeid, failure.attempt) not in self._rows:
            self._row(NOT_COLLECTED, failure.nodeid, 0.0, failure.evidence.worker, failure.attempt, "")

    def data(self) -> dict[str, JSON]:
        """What is rare is told as pairs; of a row's node id, its step from that of the row before where it is not 1."""
        steps = (
            (row, here - before) for row, (before, here) in enumerate(zip([-1, *self._of], self._of, strict=False))
        )
        return {
            "outcome": "".join(self._letters),
            "steps": [[row, step] for row, step in steps if step != 1],
            "ticks": self._ticks,
            "workers": [*self._workers],
            "worker": self._worker if len(self._workers) > 1 else [],
            "attempts": self._attempts,
            "reasons": [*self._reasons],
            "reason": self._reason,
        }

    def _row(self, letter: str, nodeid: str, seconds: float, worker: str, attempt: int, reason: str) -> None:
        row = len(self._letters)
        if self._rows.setdefault((nodeid, attempt), row) != row:
            self._others[nodeid, attempt, worker] = row
        self._letters.append(letter)
        self._of.append(self.place(nodeid))
        self._ticks.append(round(seconds * TICKS) if isfinite(seconds) and seconds > 0 else 0)
        self._worker.append(self._workers.setdefault(worker, len(self._workers)))
        if attempt != 1:
            self._attempts.append([row, attempt])
        if reason:
            short = reason if len(reason) <= LONGEST_REASON else reason[: LONGEST_REASON - 3] + "..."
            self._reason.append([row, self._reasons.setdefault(short, len(self._reasons))])


def columns(results: Iterable[Result], failures: Iterable[Failure]) -> Columns:
    """The results in their order, behind them the collectors that failed and stayed so."""
    made = Columns()
    for result in results:
        made.add(result)
    for failure in failures:
        if failure.scope is Scope.COLLECT and failure.final:
            made.add_collector(failure)
    return made
