"""The public seam for other pytest plugins and conftest files; registered whether or not a run is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_agentgate.model import Evidence


@pytest.hookspec(firstresult=True)
def pytest_agentgate_classify(evidence: Evidence, nodeid: str) -> str | None:
    """Called for each failure, before the rules of the configuration and the kinds that come with the plugin.

    Return the kind of the failure (``"connection"``), or None to leave the decision to the next. Called in the process
    that runs the test or collects the file, of conftest files those above it; ``evidence`` was read from the live
    exception. For what has no exception there (a worker that was lost, an initial conftest) it is called in the process
    that controls the run, and ``nodeid`` is "" if it is the run itself that failed.
    """
