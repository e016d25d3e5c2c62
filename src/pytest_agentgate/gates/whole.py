"""Whether a run is whole: one that is not tells nothing, whatever its numbers are."""

from __future__ import annotations

from pytest_agentgate.gates.facts import RunFacts
from pytest_agentgate.gates.hidden import listed
from pytest_agentgate.model import Outcome, RunStatus, Scope

_UNDONE = {
    2: "pytest was interrupted",
    3: "pytest had an internal error",
    4: "pytest was used wrongly",
    5: "pytest found no test",
    6: "pytest stopped for its number of warnings",
}
"""pytest's exit statuses other than those of tests that passed or failed."""


def missing(run: RunFacts) -> str:
    """What a run lacks to be judged, in one line; "" where it is whole."""
    return "; ".join(dict.fromkeys(reason for reason in _reasons(run) if reason))


def _reasons(run: RunFacts) -> list[str]:
    not_run = [nodeid for nodeid, test in run.tests.items() if test.outcome is Outcome.NOT_RUN]
    unseen = max(run.run.counts.not_run, len(not_run))
    of_run = sorted({failure.reason.title for failure in run.failures if failure.scope is Scope.RUN})
    collectors = any(failure.scope is Scope.COLLECT for failure in run.failures)
    status = run.run.status
    return [
        f"the run was {status}" if status is not RunStatus.COMPLETED else "",
        _UNDONE.get(run.run.exit_status or 0, ""),
        *of_run,
        f"{unseen:,} collected and not run" + (f": {listed(not_run)}" if not_run else "") if unseen else "",
        f"{sum(run.lost.values()):,} collected and without a result: {listed(list(run.lost))}" if run.lost else "",
        "no test was reported" if not run.tests and not collectors else "",
    ]
