"""``crash``: a process died, so nothing that it was doing has a result.

A worker of xdist that was lost, a fatal error of the interpreter, a child process ended by a signal, memory that ran
out. The test that was running is named; whether it is to blame shows a run of it alone.
"""

from __future__ import annotations

import re

from pytest_agentgate.model import Kind, Reason
from pytest_agentgate.patterns import deferred
from pytest_agentgate.triage.normal import normal, one_line
from pytest_agentgate.triage.view import View

KIND = Kind.CRASH
ADVICE = "Run the test that was running alone, with -p no:xdist and faulthandler, to see what ends the process."

_LOST = deferred(
    r"\bworker '?\w+'? (?:crashed|was lost|terminated|died)|not properly terminated"
    r"|fatal python error|segmentation fault|\bsig(?:segv|abrt|kill|bus|ill)\b",
    re.IGNORECASE,
)
_WORKER = deferred(r"\bworker '?\w+'?")


def reason(view: View) -> Reason | None:
    """Not from what a live exception says, unless it is about memory or a child process."""
    if view.is_a("MemoryError"):
        return Reason(
            KIND, ("memory", view.origin), "Out of memory", "Run the test alone and look at what it allocates."
        )
    returncode = view.focus.facts.get("returncode")
    if view.is_a("CalledProcessError") and isinstance(returncode, int) and returncode < 0:
        command = view.text("command") or "a child process"
        title = f"{command} was ended by signal {-returncode}"
        return Reason(KIND, ("child", command, str(returncode)), title, f"Run {command} by itself to see what ends it.")
    if view.is_a("AssertionError") or (view.evidence.live and view.focus.frames):
        return None
    if view.search(_LOST):
        title = one_line(_WORKER.sub("a worker", view.message))
        # which worker it was, and over which test, says nothing about why
        key = ("worker",) if view.search(_WORKER) else ("lost", normal(view.message))
        return Reason(KIND, key, title[0].upper() + title[1:], ADVICE)
    return None
