"""``timeout``: something took longer than it may.

``asyncio``'s and Python's own TimeoutError, most often without a word, subprocesses, pytest-timeout, and clients whose
server answered at first and then did not. A client that could not reach its server at all is of kind ``connection``.
"""

from __future__ import annotations

from pytest_agentgate.model import Kind, Reason
from pytest_agentgate.patterns import deferred
from pytest_agentgate.triage.normal import normal, one_line
from pytest_agentgate.triage.view import View

KIND = Kind.TIMEOUT
ADVICE = "Find out what it waits for; raise the limit only if the work itself has become longer."

_NAME = deferred(r"(?:Timeout|TimedOut)(?:Error|Exception|Expired)?$|^DeadlineExceeded")
ENDED_BY_PYTEST = deferred(r"^Timeout \(?>?\s*[\d.]+\s*s\)?")
"""What pytest-timeout says of a test that it ends."""


def reason(view: View) -> Reason | None:
    if view.is_a("TimeoutExpired"):
        command = view.text("command") or "a subprocess"
        return Reason(
            KIND, ("subprocess", command), f"{command} did not end in time", f"Run {command} by itself: {_lower()}"
        )
    if view.is_a("Failed") or not view.focus.type:
        if not view.search(ENDED_BY_PYTEST):
            return None
        return Reason(KIND, ("test", view.origin), one_line(view.message), f"Look where the test stood: {_lower()}")
    if not any(map(_NAME.search, view.names)) and "DEADLINE_EXCEEDED" not in view.text("code"):
        return None
    return Reason(KIND, ("wait", view.type_name, normal(view.message), view.origin), view.headline, ADVICE)


def _lower() -> str:
    return ADVICE[0].lower() + ADVICE[1:]
