"""Takes the evidence of each failure where the exception lives, and hands it on: to another process as one string.

Registered in the process that runs the tests: an xdist worker, or the only one there is. A passing test costs it three
calls that look at one attribute.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_agentgate.capture.bounded import clean
from pytest_agentgate.capture.codec import fitted, from_json
from pytest_agentgate.capture.comparison import comparison_of
from pytest_agentgate.capture.encodable import encodable
from pytest_agentgate.capture.evidence import evidence_of
from pytest_agentgate.capture.naming import guarded
from pytest_agentgate.capture.reports import interruption
from pytest_agentgate.capture.roles import Roots
from pytest_agentgate.capture.traces import calling_line, raising_line
from pytest_agentgate.model import Comparison, Evidence

if TYPE_CHECKING:
    from pytest_agentgate.model.services import Lack

ATTRIBUTE = "agentgate_evidence"  # on a report, as xdist carries it from a worker
DESELECTED = "agentgate_deselected"  # in a worker's output
INTERRUPTED = "agentgate_interrupted"  # there too

_NO_FAILURES = (pytest.skip.Exception, pytest.xfail.Exception)
Captured = tuple[Evidence, str]
"""Evidence, and the JSON of it."""

_WAITING = 100  # pieces of evidence; whose report has not come until then, comes to nobody


class LiveCapture:
    """Reads exceptions as pytest makes its reports of them.

    ``unreached`` says which server a failure did not reach; of such a failure the variables that name it are read, too.
    """

    def __init__(
        self, roots: Callable[[], Roots], worker: str = "", unreached: Callable[[Evidence], Lack | None] | None = None
    ) -> None:
        self._roots = roots
        self._worker = worker
        self._unreached = unreached
        self._compared: tuple[object, str, object, object] | None = None  # where, what
        self._waiting: dict[tuple[str, str], Captured] = {}

    def take(self, report: pytest.TestReport | pytest.CollectReport) -> Captured | None:
        """The evidence of a failed report, once; None if its exception was never seen."""
        carried: str | None = report.__dict__.get(ATTRIBUTE)
        return (from_json(carried), carried) if carried else self._seen(report)

    def _seen(self, report: pytest.TestReport | pytest.CollectReport) -> Captured | None:
        return self._waiting.pop((report.nodeid, report.when or ""), None)

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> None:
        """Remember what the assertion that fails now compared; it is read only if its error gets as far as a report."""
        self._compared = (calling_line(sys._getframe()), op, left, right)

    # Not first: pytest's own unittest support puts the exception of a TestCase into `call` before us. Not a wrapper:
    # that costs more, and reports that other plugins copy from the first one would lose what was attached to it.
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[Any]) -> None:
        """Read the exception of a test before anything of it is torn down."""
        if call.excinfo is None:
            self._compared = None
        elif not issubclass(type(call.excinfo.value), _NO_FAILURES) and (
            captured := self._read(call.excinfo.value, item)
        ):
            if len(self._waiting) >= _WAITING:  # of tests that were expected to fail, or that a plugin repeated
                del self._waiting[next(iter(self._waiting))]
            self._waiting[item.nodeid, call.when] = captured

    def pytest_exception_interact(
        self, node: pytest.Item | pytest.Collector, call: pytest.CallInfo[Any], report: pytest.CollectReport
    ) -> None:
        """Read the exception of a collector; those of tests are known by now."""
        if call.excinfo is not None and isinstance(report, pytest.CollectReport):
            captured = self._read(call.excinfo.value, node)
            setattr(report, ATTRIBUTE, captured and captured[1])

    def _read(self, exception: BaseException, node: pytest.Item | pytest.Collector) -> Captured | None:
        try:
            comparison = self._comparison(exception)
            evidence = self.evidence(exception, comparison)
            if classified := _classified(evidence, node):
                evidence = replace(evidence, classified=classified)
            return fitted(evidence)
        except Exception:  # noqa: BLE001 - such as no stack or memory left: the report still has what pytest prints
            return None

    def evidence(self, exception: BaseException, comparison: Comparison | None = None) -> Evidence:
        """What is known of an exception, and of the environment where that says what it did not reach."""
        evidence = evidence_of(exception, self._roots(), comparison=comparison, worker=self._worker)
        lack = guarded(self._unreached, evidence, otherwise=None) if self._unreached else None
        if lack is None:
            return evidence
        from pytest_agentgate.capture.variables import variables_naming  # few runs have such a failure

        return replace(
            evidence, variables=variables_naming(lack.server, lack.host, lack.port, getattr(os, "environ", {}))
        )

    def _comparison(self, exception: BaseException) -> Comparison | None:
        compared, self._compared = self._compared, None
        if compared is None or not isinstance(exception, AssertionError):
            return None
        where, operator, left, right = compared
        if where != raising_line(exception):  # that one was caught, and this one compared nothing
            return None
        return comparison_of(operator, left, right)


def _classified(evidence: Evidence, node: pytest.Item | pytest.Collector) -> str:
    """What the plugins and the conftest files that are in charge of a node call its failure; "" if they don't."""
    if not node.config.hook.pytest_agentgate_classify.get_hookimpls():  # whom to ask for a node takes pytest a while
        return ""
    try:
        named = node.ihook.pytest_agentgate_classify(evidence=evidence, nodeid=node.nodeid)
    except Exception as error:  # noqa: BLE001 - the recorder tells that this is no kind
        return clean(f"{type(error).__name__}: {error}")
    return "" if named is None else clean(str(named))


class WorkerCapture(LiveCapture):
    """Attaches the evidence to the reports that an xdist worker sends to its controller."""

    _deselected = 0
    _interrupted = ""

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Count what -k, -m or a plugin left out, which xdist does not tell its controller."""
        self._deselected += len(items)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Remember why, which xdist does not tell its controller either."""
        self._interrupted = interruption(excinfo.value)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Send both with what the worker leaves behind."""
        output: dict[str, Any] = session.config.workeroutput  # type: ignore[attr-defined]  # set by xdist
        output[DESELECTED] = self._deselected
        output[INTERRUPTED] = self._interrupted

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Attach before xdist serialises the report."""
        if not report.passed and not report.skipped:  # failed, or rerun where a plugin says so
            captured = self._seen(report)
            if captured is not None:
                setattr(report, ATTRIBUTE, captured[1])
            try:
                report.longrepr = encodable(report.longrepr)
                report.sections = encodable(report.sections)
            except Exception:  # noqa: BLE001, S110 - somebody's own objects: as they are without us
                pass
