"""The run as the controlling process sees it: reports become events of the log, and at the end causes and a summary.

The controller is the only writer. Nothing in here may make a run fail or change its outcome: where recording is not
possible any more (a full disk, a damaged store) it says so once and the tests go on.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pytest_agentgate import origin
from pytest_agentgate.capture.live import DESELECTED, INTERRUPTED, LiveCapture
from pytest_agentgate.capture.reports import evidence_in, interruption, skip_reason
from pytest_agentgate.capture.roles import Roots, shown_path
from pytest_agentgate.capture.runlog import FORMAT
from pytest_agentgate.capture.warned import WarningCounter
from pytest_agentgate.config import Project
from pytest_agentgate.model import Outcome, RunStatus, Scope, When
from pytest_agentgate.recorder.attempts import Attempts
from pytest_agentgate.recorder.collection import Collection
from pytest_agentgate.recorder.failures import Failures
from pytest_agentgate.recorder.journal import Journal, harmless

_ENDED_BY_ITSELF = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)


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
        self._capture = capture
        self._conclude = conclude
        self.journal = Journal(problem)
        self._collection = Collection(config, self.journal)
        self._failures = Failures(config, project, self.journal, self._collection)
        self._attempts = Attempts(self.journal, capture, self._collection, self._failures)
        self._started = 0.0  # on the clock; 0: the session has not
        self._lost: dict[str, str] = {}  # worker -> why
        self._broken_worker = False  # by an error of pytest or of a plugin
        self._warnings = WarningCounter(lambda filename: shown_path(filename, roots()))
        self._stopped = ""  # why an option or a plugin ended the run early
        self._interrupted = ""  # why it was ended from outside

    @property
    def plugins(self) -> Mapping[str, object]:
        """What pytest is to call, by name."""
        return {"recorder": self, "collection": self._collection, "attempts": self._attempts}

    # ---- beginning

    @pytest.hookimpl(tryfirst=True)
    @harmless
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
        self.journal.open(self._project, run_id)
        self.journal.write(begun)

    # ---- around the tests

    @harmless
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Record a collector that failed, or was skipped."""
        if report.passed:
            return
        if report.skipped:
            reason = skip_reason(report)
            self._attempts.result(report.nodeid, Outcome.SKIPPED, 0.0, "", when=When.COLLECT, reason=reason)
            return
        # xdist reports workers that disagree in the name of one of them
        of_worker = report.nodeid in self._collection.workers
        text = report.longreprtext
        live, written = self._capture.take(report) or (None, "")
        nodeid, scope = ("", Scope.RUN) if of_worker else (report.nodeid, Scope.COLLECT)
        self._failures.failed(nodeid, scope, When.COLLECT, evidence_in(live, text), written=written, text=text)

    @pytest.hookimpl(optionalhook=True)
    @harmless
    def pytest_testnodedown(self, node: Any, error: object | None) -> None:
        """Note a worker that was lost; whether a test is to blame, xdist tells next. One that ended has counts."""
        output = getattr(node, "workeroutput", None) or {}
        self._collection.deselected = max(self._collection.deselected, output.get(DESELECTED, 0))
        self._interrupted = self._interrupted or output.get(INTERRUPTED, "")
        if error:
            self._lose(node.gateway.id, str(error))

    def _lose(self, worker: str, reason: str) -> None:
        if worker not in self._lost:
            self._lost[worker] = reason
            self.journal.write({"event": "worker", "worker": worker, "state": "lost", "reason": reason})

    @pytest.hookimpl(tryfirst=True)
    @harmless
    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Record an error of pytest or of a plugin, here or in a worker, be it before the session started."""
        if not self._started:
            self.start()
        if excinfo.traceback[-1].name == "worker_internal_error":  # xdist asserts False, and what the worker printed
            text = str(excinfo.value).partition("\nassert False")[0]
            self._broken_worker = True
            self._failures.of_run(evidence_in(None, text), text)
        elif worker := _unreachable_worker(excinfo):
            self._lose(worker, str(excinfo.value))
        elif not self._broken_worker:  # xdist itself stumbles over a worker that ended so
            self._failures.of_run(self._capture.evidence(excinfo.value), str(excinfo.getrepr(style="short")))

    def failed_to_start(self, error: BaseException) -> None:
        """Record what kept the session from starting."""
        self._failures.of_run(self._capture.evidence(error), str(error))

    @harmless
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Tell a stop by the user or a test from one that an option such as -x asked for."""
        self._interrupted = self._interrupted or interruption(excinfo.value)
        if not self._interrupted:  # xdist raises its own to stop the workers
            self._stopped = str(excinfo.value)

    @harmless
    def pytest_warning_recorded(self, warning_message: Any, when: str, nodeid: str) -> None:
        """Record where a warning came from, the first time."""
        event = self._warnings.first(warning_message, when, nodeid)
        if event is not None:
            self.journal.write(event)

    # ---- the end

    @pytest.hookimpl(trylast=True)
    @harmless
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Account for what never ran, end the log, and find the causes."""
        self._stopped = str(session.shouldfail or session.shouldstop or self._stopped or "")
        self.finish(int(exitstatus))

    @harmless
    def pytest_unconfigure(self) -> None:
        """End the record of a session whose end was never told: another plugin's hook failed before."""
        if self.journal.log is not None and not self.journal.is_closed:
            self.finish(None)

    def finish(self, exit_status: int | None) -> None:
        """End the record of this run and ingest it; the exit status of a session that was cut short is not known."""
        if self.journal.is_closed:  # in a fork
            return
        deselected = self._collection.deselected
        for worker, reason in self._lost.items():
            if worker not in self._attempts.crashed:
                collected = worker in self._collection.workers
                where = "between tests" if collected else "before its collection was over"
                said = f"worker {worker!r} was lost {where}: {_outcome_first(reason)}"
                self._failures.of_run_named("xdist.WorkerLost", said, worker)
        not_run = self._not_run(exit_status)
        if not self._attempts.any and not self._failures.count and not not_run:
            left_out = f": all {deselected} were deselected" if deselected else ""
            self._failures.of_run_named("pytest.NoTestsCollected", f"no test ran{left_out} ({_ended(exit_status)})")
        for event in self._warnings.repeats():
            self.journal.write(event)
        self.journal.write(
            {
                "event": "end",
                "ended_at": datetime.now(UTC).isoformat(timespec="microseconds"),
                "status": self._status(exit_status).value,
                "exit_status": exit_status,
                "duration": round(time.perf_counter() - self._started, 6),
                "deselected": deselected,
            }
        )
        log = self.journal.close()
        if log is not None:
            self._attempts.forget()  # what comes next takes as much
            self._conclude(log)

    def _status(self, exit_status: int | None) -> RunStatus:
        if self._interrupted:
            return RunStatus.INTERRUPTED
        if self._lost and not self._collection.nodeids:
            return RunStatus.ABORTED
        stopped = exit_status == pytest.ExitCode.INTERRUPTED and bool(self._stopped)
        return RunStatus.COMPLETED if stopped or exit_status in _ENDED_BY_ITSELF else RunStatus.ABORTED

    def _not_run(self, exit_status: int | None) -> int:
        """Write a result for each test that was collected and never reported; -> how many."""
        reason = self._why_not_run(exit_status)
        missing = self._attempts.missing()
        for nodeid, worker in missing:
            self._attempts.result(nodeid, Outcome.NOT_RUN, 0.0, worker, reason=reason)
        return len(missing)

    def _why_not_run(self, exit_status: int | None) -> str:
        if self._interrupted:
            return self._interrupted
        if self._stopped:
            return self._stopped
        if self._lost:
            return "; ".join(f"worker {worker} was lost and not replaced" for worker in self._lost)
        return f"pytest ended before it ({_ended(exit_status)})"


def _outcome_first(reason: str) -> str:
    """Why a worker was lost; before a traceback what it came to, which is its last line that is not indented."""
    lines = [line for line in reason.splitlines() if line.strip()]
    if not lines or not lines[0].startswith("Traceback"):
        return reason
    return f"{next(line for line in reversed(lines) if not line[0].isspace())}\n{reason}"


def _unreachable_worker(excinfo: pytest.ExceptionInfo[BaseException]) -> str:
    """The worker that xdist could not send to, as it had died and the news was still under way; "" for other errors."""
    if not isinstance(excinfo.value, OSError):
        return ""
    senders: Iterator[Any] = (entry.locals.get("self") for entry in excinfo.traceback if entry.name == "sendcommand")
    return next((str(sender.gateway.id) for sender in senders if hasattr(sender, "gateway")), "")


def _ended(exit_status: int | None) -> str:
    return "its session failed" if exit_status is None else f"exit status {exit_status}"
