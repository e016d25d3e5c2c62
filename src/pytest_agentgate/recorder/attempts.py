"""Reports of tests become results: one for each attempt at a test, written when its call ends.

Nearly all reports are of tests that pass, three for each: what they take is all that a healthy run feels of us.
"""

from __future__ import annotations

from typing import Any

import pytest

from pytest_agentgate.capture.live import LiveCapture
from pytest_agentgate.capture.reports import evidence_in, is_subtest, skip_reason, worker_of
from pytest_agentgate.model import Outcome, Scope, When
from pytest_agentgate.recorder.collection import Collection
from pytest_agentgate.recorder.failures import Failures
from pytest_agentgate.recorder.journal import REASON_LIMIT, Journal, harmless
from pytest_agentgate.recorder.properties import Properties

_TEARDOWN_WORTH = 0.001  # seconds
_WHENS = {when.value: when for when in (When.SETUP, When.CALL, When.TEARDOWN)}
_AGAIN = (Outcome.FAILED, Outcome.ERROR, Outcome.RERUN)  # what a test is attempted again after
_NO_LATEST = ("", Outcome.PASSED, 0.0)
_Report = pytest.TestReport


class Attempts:
    """Follows each test from its setup to its teardown, as often as it is attempted."""

    def __init__(self, journal: Journal, capture: LiveCapture, collection: Collection, failures: Failures) -> None:
        self.journal = journal
        self.crashed: set[str] = set()  # workers whose loss the report of a test tells
        self._capture = capture
        self._collection = collection
        self._failures = failures
        self._setups: dict[object, float] = {}  # test -> seconds, until its call ends
        self._attempts: dict[object, int] = {}  # test -> attempts so far
        self._latest: dict[str, tuple[str, Outcome, float]] = {}  # worker -> its latest test, outcome, seconds
        self._subtests: set[str] = set()  # tests with failed subtests
        self._recorded = Properties()

    @property
    def any(self) -> bool:
        """Whether a test was reported."""
        return bool(self._attempts)

    def missing(self) -> list[tuple[str, str]]:
        """Tests that were collected and never reported; each with its worker where every worker runs them."""
        collection, reported = self._collection, self._attempts
        if collection.each:
            expected = ((nodeid, worker) for worker in sorted(collection.workers) for nodeid in collection.nodeids)
            return [test for test in expected if test not in reported]
        return [(nodeid, "") for nodeid in collection.nodeids if nodeid not in reported]

    def forget(self) -> None:
        """Give back the memory that the tests took; no report is to come."""
        self._setups, self._attempts, self._latest = {}, {}, {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Turn the reports of a test into its result: one write when its call ends."""
        try:  # as harmless, without its call
            if report.outcome != "passed":
                self._not_passed(report)
            elif report.when == "call":
                self._passed(report)
            elif report.when == "setup":
                nodeid = report.nodeid
                each = self._collection.each
                self._setups[(nodeid, worker_of(report)) if each else nodeid] = report.duration
            else:
                if report.duration >= _TEARDOWN_WORTH:
                    self._teardown(report)
                if report.user_properties:
                    self._properties(report)
        except Exception as error:  # noqa: BLE001 - as there
            self.journal.broken("pytest_runtest_logreport", error)

    def _passed(self, report: pytest.TestReport) -> None:
        nodeid, facts, collection = report.nodeid, report.__dict__, self._collection
        worker = facts.get("worker_id", "")
        key = (nodeid, worker) if collection.each else nodeid
        duration = self._setups.pop(key, 0.0) + report.duration
        log = self.journal.log
        unusual = (
            key in self._attempts or type(report) is not _Report or "wasxfail" in facts or nodeid in self._subtests
        )
        if log is not None and not unusual and key not in self._attempts:  # most: ``result`` without its questions
            self._attempts[key] = 1
            self._latest[worker] = (nodeid, Outcome.PASSED, duration)
            try:
                log.passed(collection.shown(nodeid) if collection.grouped else nodeid, duration, worker)
            except OSError as error:
                self.journal.stop(error)
        elif not is_subtest(report):  # its test has the result
            outcome = Outcome.XPASSED if "wasxfail" in facts else Outcome.PASSED
            self.result(nodeid, Outcome.FAILED if nodeid in self._subtests else outcome, duration, worker)

    def _not_passed(self, report: pytest.TestReport) -> None:
        worker = worker_of(report)
        when = _WHENS.get(report.when, When.CALL)
        if report.skipped:
            if not is_subtest(report):
                outcome = Outcome.XFAILED if hasattr(report, "wasxfail") else Outcome.SKIPPED
                reason = getattr(report, "wasxfail", "") or skip_reason(report)
                self.result(report.nodeid, outcome, self._duration(report, worker), worker, when=when, reason=reason)
            return
        if str(report.when) == "???":  # how xdist reports a test that took its worker with it
            self.crashed.add(worker)
            if self._is_in_teardown(report.nodeid, worker):
                when = When.TEARDOWN
        self._failure(report, when, worker)
        if is_subtest(report):
            self._subtests.add(report.nodeid)
        elif when is When.TEARDOWN:
            self._failed_teardown(report, worker)
            self._properties(report)
        else:
            rerun = str(report.outcome) == "rerun"  # pytest-rerunfailures
            outcome = Outcome.RERUN if rerun else Outcome.FAILED if when is When.CALL else Outcome.ERROR
            self.result(report.nodeid, outcome, self._duration(report, worker), worker, when=when)
            if rerun:
                self._subtests.discard(report.nodeid)  # those of the next attempt count
                self._properties(report)  # most versions report no teardown of it

    @harmless
    def _failure(self, report: pytest.TestReport, when: When, worker: str) -> None:
        nodeid = report.nodeid
        live, written = self._capture.take(report) or (None, "")
        if live is None and nodeid in self._subtests:
            return  # pytest fails the test for its subtests, whose failures are known
        attempt = max(self._attempts.get(self._key(nodeid, worker), 0) + (when is not When.TEARDOWN), 1)
        text = report.longreprtext
        evidence = evidence_in(live, text)
        self._failures.failed(
            nodeid, Scope.TEST, when, evidence, written=written, text=text, worker=worker, attempt=attempt
        )

    def _is_in_teardown(self, nodeid: str, worker: str) -> bool:
        """Whether the latest attempt at a test has its result already, and the next one has not begun."""
        latest, outcome, _ = self._latest.get(worker, _NO_LATEST)
        begun = self._key(nodeid, worker) in self._setups
        return latest == nodeid and outcome is not Outcome.RERUN and not begun

    def _failed_teardown(self, report: pytest.TestReport, worker: str) -> None:
        nodeid, outcome, duration = self._latest.get(worker, _NO_LATEST)
        if nodeid != report.nodeid:  # a teardown without a call before it
            self.result(report.nodeid, Outcome.ERROR, report.duration, worker, when=When.TEARDOWN)
        elif outcome not in (Outcome.FAILED, Outcome.ERROR):
            total = duration + report.duration
            self.result(nodeid, Outcome.ERROR, total, worker, when=When.TEARDOWN, replaces=True)

    def result(
        self,
        nodeid: str,
        outcome: Outcome,
        duration: float,
        worker: str,
        *,
        when: When | None = None,
        reason: str = "",
        replaces: bool = False,
    ) -> None:
        """Write the result of a new attempt, or (``replaces``) another one of the latest."""
        attempts, key = self._attempts, self._key(nodeid, worker)
        attempt = attempts[key] = attempts.get(key, 0) + (not replaces)
        self._latest[worker] = (nodeid, outcome, duration)
        log = self.journal.log
        if log is None:
            return
        more: dict[str, Any] = {}
        if when is not None:
            more["when"] = when.value
        if attempt > 1:
            more["attempt"] = attempt
        if reason:
            more["reason"] = reason[:REASON_LIMIT]
        try:
            log.result(self._collection.shown(nodeid), outcome.value, duration, worker, **more)
        except OSError as error:
            self.journal.stop(error)

    def _teardown(self, report: pytest.TestReport) -> None:
        self._write_more("teardown", report, {"duration": round(report.duration, 6)})

    def _write_more(self, event: str, report: pytest.TestReport, more: dict[str, Any]) -> None:
        """Write what belongs to the latest attempt at a test."""
        worker = worker_of(report)
        facts = {"event": event, "nodeid": self._collection.shown(report.nodeid)} | more
        if worker:
            facts["worker"] = worker
        attempt = self._attempts.get(self._key(report.nodeid, worker), 1)
        if attempt > 1:
            facts["attempt"] = attempt
        self.journal.write(facts)

    def _properties(self, report: pytest.TestReport) -> None:
        """Write what an attempt recorded, its fixtures included."""
        worker = worker_of(report)
        key = self._key(report.nodeid, worker)
        attempt = self._attempts.get(key, 1)
        last = self._latest.get(worker, _NO_LATEST)[1] not in _AGAIN
        values = self._recorded.of_attempt(key, attempt, report.user_properties, last=last)
        if values:
            self._write_more("properties", report, {"values": values})

    def _duration(self, report: pytest.TestReport, worker: str) -> float:
        return self._setups.pop(self._key(report.nodeid, worker), 0.0) + report.duration

    def _key(self, nodeid: str, worker: str) -> object:
        return self._collection.key(nodeid, worker)
