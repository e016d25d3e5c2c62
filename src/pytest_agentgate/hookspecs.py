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
    that controls the run, with what was read from the live exception wherever it was; ``nodeid`` is "" for a failure of
    the run itself.
    """
