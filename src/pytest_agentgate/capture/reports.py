"""What the reports of pytest and its plugins tell, read as what it means."""

from __future__ import annotations

import pytest

from pytest_agentgate.capture.encodable import encodable
from pytest_agentgate.capture.printed import evidence_of_text
from pytest_agentgate.model import Evidence

TEXT_LIMIT = 8_000  # characters of what pytest prints for a failure


def is_subtest(report: pytest.TestReport) -> bool:
    """Whether it reports a part of a test: pytest's SubtestReport, or pytest-subtests' SubTestReport."""
    return type(report).__name__.lower() == "subtestreport"


def worker_of(report: pytest.TestReport) -> str:
    """The id of the worker that a report comes from; "" where there are none."""
    worker = report.__dict__.get("worker_id")
    if worker is None and hasattr(report, "node"):  # made by the controller for a worker that crashed
        worker = report.node.gateway.id
    return str(worker or "")


def skip_reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Why a test or a collector was skipped, "" if nobody said."""
    longrepr = report.longrepr
    text = str(longrepr[2]) if isinstance(longrepr, tuple) else str(longrepr or "")
    return encodable(text.removeprefix("Skipped: "))


def evidence_in(live: Evidence | None, text: str) -> Evidence:
    """The evidence read from the exception, else what can be told from the text of the report."""
    if live is not None:
        return live
    return evidence_of_text("", text.strip().rpartition("\n")[2], text)


def interruption(exception: BaseException) -> str:
    """Why a session was ended from outside, "" where an option such as -x or a plugin ended it."""
    if isinstance(exception, pytest.exit.Exception):
        return encodable(f"pytest.exit: {exception}")
    return "interrupted (Ctrl-C)" if type(exception) is KeyboardInterrupt else ""


def bounded_text(text: str) -> str:
    """The text without lone surrogates, its middle left out where it is too long."""
    text = encodable(text)
    half = TEXT_LIMIT // 2
    return text if len(text) <= TEXT_LIMIT else f"{text[:half]}\n[...]\n{text[-half:]}"
