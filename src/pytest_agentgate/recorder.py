"""The run as the controlling process sees it: reports become events of the log, and at the end causes and a summary.

The controller is the only writer. Nothing in here may make a run fail or change its outcome: where recording is not
possible any more (a full disk, a damaged store) it says so once and the tests go on.
"""

from __future__ import annotations

import functools
import inspect
import os
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest

from pytest_agentgate import origin
from pytest_agentgate.capture.codec import to_data
from pytest_agentgate.capture.evidence import evidence_of
from pytest_agentgate.capture.live import DESELECTED, INTERRUPTED, LiveCapture
from pytest_agentgate.capture.reports import (
    bounded_text,
    evidence_in,
    interruption,
    is_subtest,
    skip_reason,
    worker_of,
)
from pytest_agentgate.capture.roles import Roots, shown_path
from pytest_agentgate.capture.runlog import FORMAT, RunLog, tell
from pytest_agentgate.capture.warned import WarningCounter
from pytest_agentgate.config import Project
from pytest_agentgate.errors import AgentgateError
from pytest_agentgate.model import Evidence, Kind, Outcome, Raised, RunStatus, Scope, When
from pytest_agentgate.triage.kinds import reason_of
from pytest_agentgate.triage.rules import kind_by_rules

_TEARDOWN_WORTH = 0.001  # seconds
_REASON_LIMIT = 500  # characters of a skip's reason or a warning's message
_ENDED_BY_ITSELF = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)

_Hook = TypeVar("_Hook", bound=Callable[..., Any])


def _harmless(hook: _Hook) -> _Hook:
    """Turn an error of ours into a line at the end of the run, which pytest would take for one of its own."""

    @functools.wraps(hook)
    def guarded(self: Recorder, *arguments: Any, **named: Any) -> Any:
        try:
            return hook(self, *arguments, **named)
        except Exception as error:  # noqa: BLE001 - whatever it is, the tests are worth more than their record
            self._broken(hook.__name__, error)
            return None

    # What pluggy reads the hook's arguments from; before 1.2 it does not look behind a wrapper.
    guarded.__signature__ = inspect.signature(hook)  # type: ignore[attr-defined]
    return cast("_Hook", guarded)


class Recorder:
    """Writes the log of one run.

    ``problem`` takes what kept it from doing so, in one line; ``conclude`` is called with the finished log.
    """

    def __init__(
        self,
        config: pytest.Config,
        options: Any,
        project: Project,
        roots: Callable[[], Roots],
        capture: LiveCapture,
        problem: Callable[[str], None],
        conclude: Callable[[Path], None],
    ) -> None:
        self._config = config
        self._options = options
        self._project = project
        self._roots = roots
        self._capture = capture
        self._problem = problem
        self._conclude = conclude
        self._log: RunLog | None = None
        self._started = 0.0  # on the clock; 0: the session has not
        # what was collected
        self._collected: list[str] = []
        self._deselected = 0
        self._each = False  # every worker runs every test
        self._grouped = False  # xdist appends a group to node ids
        self._plain = True  # neither, and no subtests: a passing test needs no second look
        # tests
        self._setups: dict[object, float] = {}  # test -> seconds, until its call ends
        self._attempts: dict[object, int] = {}  # test -> attempts so far
        self._latest: dict[str, tuple[str, Outcome, float]] = {}  # worker -> its latest test, outcome, seconds
        self._subtests: set[str] = set()  # tests with failed subtests
        # what went wrong around them
        self._failures = 0
        self._hiding: set[tuple[str, str]] = set()  # collectors that failed, each with its signature
        self._workers: set[str] = set()  # whose collection is over
        self._lost: dict[str, str] = {}  # worker -> why
        self._crashed: set[str] = set()  # workers whose loss the report of a test tells
        self._broken_worker = False  # by an error of pytest or of a plugin
        self._warnings = WarningCounter(lambda filename: shown_path(filename, roots()))
        self._stopped = ""  # why an option or a plugin ended the run early
        self._interrupted = ""  # why it was ended from outside

    # ---- beginning

    @pytest.hookimpl(tryfirst=True)
    @_harmless
    def pytest_sessionstart(self) -> None:
        """Open the log before anything can fail."""
        self.start()

    def start(self) -> None:
        """Open the log and say who runs what, where."""
        now = datetime.now(UTC)
        self._started = time.perf_counter()
        run_id = f"{now:%Y%m%dT%H%M%S}-{os.urandom(4).hex()}"
        begun = {"event": "run", "log": FORMAT, "id": run_id, "created_at": now.isoformat(timespec="microseconds")}
        begun |= origin.facts_of_run(self._config, self._options)  # takes its time: a log without it would be no log
        try:
            self._project.prepare_state()
            self._log = RunLog(self._project.runs, run_id)
            tell(self._log.path)
        except (AgentgateError, OSError) as error:
            self._problem(f"this run is not recorded: {error}")
        self._write(begun)

    # ---- collection

    @_harmless
    def pytest_deselected(self, items: Iterable[pytest.Item]) -> None:
        """Count what -k, -m or a plugin left out."""
        self._deselected += len(list(items))

    @pytest.hookimpl(trylast=True)
    @_harmless
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note what is to be run, so that what is never reported can be told."""
        if not self._config.pluginmanager.has_plugin("dsession"):  # its controller collects nothing
            self._note_collection([item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    @_harmless
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        """Note what the workers collected; they agree, or xdist stops."""
        self._workers.add(node.gateway.id)
        if not self._collected:
            self._each = self._config.option.dist == "each"
            self._grouped = self._config.option.dist == "loadgroup"
            self._plain = not (self._each or self._grouped)
            self._note_collection(list(ids))
        elif self._each:  # once more, with all workers that there are by now
            self._note_collection(self._collected)

    @_harmless
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Record a collector that failed, or was skipped."""
        if report.passed:
            return
        if report.skipped:
            self._result(report.nodeid, Outcome.SKIPPED, 0.0, "", when=When.COLLECT, reason=skip_reason(report))
            return
        of_worker = report.nodeid in self._workers  # xdist reports workers that disagree in the name of one of them
        text = report.longreprtext
        evidence = evidence_in(self._capture.take(report), text)
        nodeid, scope = ("", Scope.RUN) if of_worker else (report.nodeid, Scope.COLLECT)
        self.failed(nodeid, scope, When.COLLECT, evidence, text=text)

    def _note_collection(self, nodeids: list[str]) -> None:
        self._collected = nodeids
        shown = [self._nodeid(nodeid) for nodeid in nodeids] if self._grouped else nodeids
        event: dict[str, Any] = {"event": "collected", "nodeids": shown, "deselected": self._deselected}
        if self._each:
            event["workers"] = sorted(self._workers)
        self._write(event)

    # ---- tests

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Turn the reports of a test into its result: one write when its call ends."""
        try:  # as _harmless, without its call
            if report.outcome != "passed":
                self._not_passed(report)
            elif report.when == "setup":
                key = report.nodeid if self._plain else self._key(report.nodeid, worker_of(report))
                self._setups[key] = report.duration
            elif report.when == "call":
                self._passed(report)
            elif report.duration >= _TEARDOWN_WORTH:
                self._teardown(report)
        except Exception as error:  # noqa: BLE001 - as there
            self._broken("pytest_runtest_logreport", error)

    def _passed(self, report: pytest.TestReport) -> None:
        nodeid, facts = report.nodeid, report.__dict__
        worker = facts.get("worker_id", "")
        key = nodeid if self._plain else self._key(nodeid, worker)
        duration = self._setups.pop(key, 0.0) + report.duration
        unusual = nodeid in self._attempts or type(report) is not pytest.TestReport or "wasxfail" in facts
        if self._plain and not unusual and self._log is not None:
            self._attempts[nodeid] = 1
            self._latest[worker] = (nodeid, Outcome.PASSED, duration)
            try:
                self._log.result(nodeid, "passed", duration, worker)
            except OSError as error:
                self._stop_recording(error)
            return
        if is_subtest(report):  # its test has the result
            return
        outcome = Outcome.XPASSED if "wasxfail" in facts else Outcome.PASSED
        self._result(nodeid, Outcome.FAILED if nodeid in self._subtests else outcome, duration, worker)

    def _not_passed(self, report: pytest.TestReport) -> None:
        worker = worker_of(report)
        when = When(report.when) if report.when in ("setup", "call", "teardown") else When.CALL
        if report.skipped:
            if not is_subtest(report):
                outcome = Outcome.XFAILED if hasattr(report, "wasxfail") else Outcome.SKIPPED
                reason = getattr(report, "wasxfail", "") or skip_reason(report)
                duration = self._setups.pop(self._key(report.nodeid, worker), 0.0) + report.duration
                self._result(report.nodeid, outcome, duration, worker, when=when, reason=reason)
            return
        if str(report.when) == "???":  # how xdist reports a test that took its worker with it
            self._crashed.add(worker)
            if self._is_in_teardown(report.nodeid, worker):
                when = When.TEARDOWN
        self._failure_of_test(report, when, worker)
        if is_subtest(report):
            self._subtests.add(report.nodeid)
            self._plain = False
        elif when is When.TEARDOWN:
            self._failed_teardown(report, worker)
        else:
            rerun = str(report.outcome) == "rerun"  # pytest-rerunfailures
            outcome = Outcome.RERUN if rerun else Outcome.FAILED if when is When.CALL else Outcome.ERROR
            duration = self._setups.pop(self._key(report.nodeid, worker), 0.0) + report.duration
            self._result(report.nodeid, outcome, duration, worker, when=when)
            if rerun:
                self._subtests.discard(report.nodeid)  # those of the next attempt count

    @_harmless
    def _failure_of_test(self, report: pytest.TestReport, when: When, worker: str) -> None:
        live = self._capture.take(report)
        if live is None and report.nodeid in self._subtests:
            return  # pytest fails the test for its subtests, whose failures are known
        attempt = self._attempts.get(self._key(report.nodeid, worker), 0) + (when is not When.TEARDOWN)
        text = report.longreprtext
        evidence = evidence_in(live, text)
        self.failed(report.nodeid, Scope.TEST, when, evidence, text=text, worker=worker, attempt=max(attempt, 1))

    def _is_in_teardown(self, nodeid: str, worker: str) -> bool:
        """Whether the latest attempt at a test has its result already, and the next one has not begun."""
        latest, outcome, _ = self._latest.get(worker, ("", Outcome.PASSED, 0.0))
        begun = self._key(nodeid, worker) in self._setups
        return latest == nodeid and outcome is not Outcome.RERUN and not begun

    def _failed_teardown(self, report: pytest.TestReport, worker: str) -> None:
        nodeid, outcome, duration = self._latest.get(worker, ("", Outcome.PASSED, 0.0))
        if nodeid != report.nodeid:  # a teardown without a call before it
            self._result(report.nodeid, Outcome.ERROR, report.duration, worker, when=When.TEARDOWN)
        elif outcome not in (Outcome.FAILED, Outcome.ERROR):
            total = duration + report.duration
            self._result(nodeid, Outcome.ERROR, total, worker, when=When.TEARDOWN, replaces=True)

    def _result(
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
        if self._log is None:
            return
        more: dict[str, Any] = {}
        if when is not None:
            more["when"] = when.value
        if attempt > 1:
            more["attempt"] = attempt
        if reason:
            more["reason"] = reason[:_REASON_LIMIT]
        try:
            self._log.result(self._nodeid(nodeid), outcome.value, duration, worker, **more)
        except OSError as error:
            self._stop_recording(error)

    def _teardown(self, report: pytest.TestReport) -> None:
        worker = worker_of(report)
        event = {"event": "teardown", "nodeid": self._nodeid(report.nodeid), "duration": round(report.duration, 6)}
        if worker:
            event["worker"] = worker
        attempt = self._attempts.get(self._key(report.nodeid, worker), 1)
        if attempt > 1:
            event["attempt"] = attempt
        self._write(event)

    def _key(self, nodeid: str, worker: str) -> object:
        return (nodeid, worker) if self._each else nodeid

    def _nodeid(self, nodeid: str) -> str:
        """The id of a test without the group that xdist's loadgroup appends to it."""
        if self._grouped:
            test, separator, group = nodeid.rpartition("@")
            if separator and "]" not in group and "::" not in group:
                return test
        return nodeid

    # ---- failures

    def failed(
        self,
        nodeid: str,
        scope: Scope,
        when: When,
        evidence: Evidence,
        *,
        text: str = "",
        worker: str = "",
        attempt: int = 1,
    ) -> None:
        """Decide what kind of failure this is and record it with its facts."""
        reason = reason_of(evidence, scope, when, nodeid, self._forced_kind(evidence, nodeid))
        if scope is not Scope.TEST:
            if (nodeid, reason.signature) in self._hiding:  # several workers report one collector
                return
            self._hiding.add((nodeid, reason.signature))
        self._failures += 1
        event: dict[str, Any] = {
            "event": "failure",
            "nodeid": self._nodeid(nodeid),
            "scope": scope.value,
            "when": when.value,
            "kind": reason.kind.value,
            "signature": reason.signature,
            "title": reason.title,
            "next_action": reason.next_action,
            "text": bounded_text(text),
            "evidence": to_data(evidence),
        }
        if worker or evidence.worker:
            event["worker"] = worker or evidence.worker
        if attempt > 1:
            event["attempt"] = attempt
        self._write(event)

    def _forced_kind(self, evidence: Evidence, nodeid: str) -> Kind | None:
        """The kind that another plugin, a conftest file or a rule of the configuration decides."""
        named = evidence.classified or self._named_kind(evidence, nodeid)
        if named:
            try:
                return Kind(named)
            except ValueError:
                kinds = ", ".join(kind.value for kind in Kind)
                named = " ".join(named.split())[:_REASON_LIMIT]
                self._problem(f"pytest_agentgate_classify gave {named!r}, which is not a kind: {kinds}")
        return kind_by_rules(self._project.config.kinds, evidence, nodeid)

    @_harmless
    def _named_kind(self, evidence: Evidence, nodeid: str) -> str | None:
        """What plugins call a failure whose exception never met the node that it belongs to."""
        if evidence.live and nodeid:
            return None  # they were asked where it was raised
        named: str | None = self._config.hook.pytest_agentgate_classify(evidence=evidence, nodeid=nodeid)
        return named

    def _failed_run(self, type_name: str, message: str, worker: str = "") -> None:
        evidence = Evidence(chain=(Raised(type=type_name, message=message),), worker=worker)
        self.failed("", Scope.RUN, When.SESSION, evidence, text=message, worker=worker)

    @pytest.hookimpl(optionalhook=True)
    @_harmless
    def pytest_testnodedown(self, node: Any, error: object | None) -> None:
        """Note a worker that was lost; whether a test is to blame, xdist tells next. One that ended has counts."""
        output = getattr(node, "workeroutput", None) or {}
        self._deselected = max(self._deselected, output.get(DESELECTED, 0))
        self._interrupted = self._interrupted or output.get(INTERRUPTED, "")
        if error and node.gateway.id not in self._lost:
            worker, reason = node.gateway.id, str(error)
            self._lost[worker] = reason
            self._write({"event": "worker", "worker": worker, "state": "lost", "reason": reason})

    @pytest.hookimpl(tryfirst=True)
    @_harmless
    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Record an error of pytest or of a plugin, here or in a worker, be it before the session started."""
        if not self._started:
            self.start()
        if excinfo.traceback[-1].name == "worker_internal_error":  # xdist asserts False, and what the worker printed
            text = str(excinfo.value).partition("\nassert False")[0]
            self._broken_worker = True
            self.failed("", Scope.RUN, When.SESSION, evidence_in(None, text), text=text)
        elif not self._broken_worker:  # xdist itself stumbles over a worker that ended so
            evidence = evidence_of(excinfo.value, self._roots())
            self.failed("", Scope.RUN, When.SESSION, evidence, text=str(excinfo.getrepr(style="short")))

    @_harmless
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Tell a stop by the user or a test from one that an option such as -x asked for."""
        self._interrupted = self._interrupted or interruption(excinfo.value)
        if not self._interrupted:  # xdist raises its own to stop the workers
            self._stopped = str(excinfo.value)

    @_harmless
    def pytest_warning_recorded(self, warning_message: Any, when: str, nodeid: str) -> None:
        """Record where a warning came from, the first time."""
        event = self._warnings.first(warning_message, when, nodeid)
        if event is not None:
            self._write(event)

    # ---- the end

    @pytest.hookimpl(trylast=True)
    @_harmless
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Account for what never ran, end the log, and find the causes."""
        self._stopped = str(session.shouldfail or session.shouldstop or self._stopped or "")
        self.finish(int(exitstatus))

    @_harmless
    def pytest_unconfigure(self) -> None:
        """End the record of a session whose end was never told: another plugin's hook failed before."""
        if self._log is not None and self._log.is_open:
            self.finish(None)

    def finish(self, exit_status: int | None) -> None:
        """End the record of this run and ingest it; the exit status of a session that was cut short is not known."""
        if self._log is not None and not self._log.is_open:  # in a fork
            return
        for worker, reason in self._lost.items():
            if worker not in self._crashed:
                where = "between tests" if worker in self._workers else "before its collection was over"
                self._failed_run("xdist.WorkerLost", f"worker {worker!r} was lost {where}: {reason}", worker)
        not_run = self._not_run(exit_status)
        if not self._attempts and not self._failures and not not_run:
            left_out = f": all {self._deselected} were deselected" if self._deselected else ""
            self._failed_run("pytest.NoTestsCollected", f"no test ran{left_out} ({_ended(exit_status)})")
        for event in self._warnings.repeats():
            self._write(event)
        self._write(
            {
                "event": "end",
                "ended_at": datetime.now(UTC).isoformat(timespec="microseconds"),
                "status": self._status(exit_status).value,
                "exit_status": exit_status,
                "duration": round(time.perf_counter() - self._started, 6),
                "deselected": self._deselected,
            }
        )
        if self._log is not None:
            self._log.close()
            self._conclude(self._log.path)

    def _status(self, exit_status: int | None) -> RunStatus:
        if self._interrupted:
            return RunStatus.INTERRUPTED
        if self._lost and not self._collected:
            return RunStatus.ABORTED
        stopped = exit_status == pytest.ExitCode.INTERRUPTED and bool(self._stopped)
        return RunStatus.COMPLETED if stopped or exit_status in _ENDED_BY_ITSELF else RunStatus.ABORTED

    def _not_run(self, exit_status: int | None) -> int:
        """Write a result for each test that was collected and never reported; -> how many."""
        if self._each:
            expected = [(nodeid, worker) for worker in sorted(self._workers) for nodeid in self._collected]
        else:
            expected = [(nodeid, "") for nodeid in self._collected]
        reason = self._why_not_run(exit_status)
        missing = [(nodeid, worker) for nodeid, worker in expected if self._key(nodeid, worker) not in self._attempts]
        for nodeid, worker in missing:
            self._result(nodeid, Outcome.NOT_RUN, 0.0, worker, reason=reason)
        return len(missing)

    def _why_not_run(self, exit_status: int | None) -> str:
        if self._interrupted:
            return self._interrupted
        if self._stopped:
            return self._stopped
        if self._lost:
            return "; ".join(f"worker {worker} was lost and not replaced" for worker in self._lost)
        return f"pytest ended before it ({_ended(exit_status)})"

    # ---- writing

    def _broken(self, where: str, error: Exception) -> None:
        text = " ".join(f"{type(error).__name__}: {error}".split())[:_REASON_LIMIT]
        self._problem(f"{where} failed, the record is incomplete: {text}")

    def _write(self, event: dict[str, Any]) -> None:
        if self._log is None:
            return
        try:
            self._log.write(event)
        except OSError as error:
            self._stop_recording(error)

    def _stop_recording(self, error: OSError) -> None:
        self._problem(f"recording stopped: {self._log and self._log.path}: {error.strerror}")
        self._log = None


def _ended(exit_status: int | None) -> str:
    return "its session failed" if exit_status is None else f"exit status {exit_status}"
