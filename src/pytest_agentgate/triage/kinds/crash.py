"""``crash``: a process died, so nothing that it was doing has a result.

A worker of xdist that was lost, a fatal error of the interpreter, a child process ended by a signal, memory that ran
out. The test that was running is named; whether it is to blame shows a run of it alone.
"""

from __future__ import annotations

import re

from pytest_agentgate.model import Kind, Reason
from pytest_agentgate.triage.facts import Facts
from pytest_agentgate.triage.normal import normal, one_line

KIND = Kind.CRASH
ADVICE = "Run the test that was running alone, with -p no:xdist and faulthandler, to see what ends the process."

_LOST = re.compile(
    r"\bworker '?\w+'? (?:crashed|was lost|terminated|died)|not properly terminated"
    r"|fatal python error|segmentation fault|\bsig(?:segv|abrt|kill|bus|ill)\b",
    re.IGNORECASE,
)
_WORKER = re.compile(r"\bworker '?\w+'?")


def reason(facts: Facts) -> Reason | None:
    """Not from what a live exception says, unless it is about memory or a child process."""
    if facts.is_a("MemoryError"):
        return Reason(
            KIND, ("memory", facts.origin), "Out of memory", "Run the test alone and look at what it allocates."
        )
    returncode = facts.focus.facts.get("returncode")
    if facts.is_a("CalledProcessError") and isinstance(returncode, int) and returncode < 0:
        command = facts.text("command") or "a child process"
        title = f"{command} was ended by signal {-returncode}"
        return Reason(KIND, ("child", command, str(returncode)), title, f"Run {command} by itself to see what ends it.")
    if facts.is_a("AssertionError") or (facts.evidence.live and facts.focus.frames):
        return None
    if facts.search(_LOST):
        title = one_line(_WORKER.sub("a worker", facts.message))
        # which worker it was, and over which test, says nothing about why
        key = ("worker",) if facts.search(_WORKER) else ("lost", normal(facts.message))
        return Reason(KIND, key, title[0].upper() + title[1:], ADVICE)
    return None
