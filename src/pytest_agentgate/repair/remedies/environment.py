"""Faults of the environment, and tests that hang: neither is repaired by an edit of the tests.

Cause: a server that is not there, a command that is not installed, a time limit.
Remedy: none.
Applicability: none.
Does nothing, and says what is lacking.
"""

from __future__ import annotations

from collections.abc import Iterator

from pytest_agentgate.model import Failure, Kind, Role
from pytest_agentgate.repair.case import Case
from pytest_agentgate.repair.proposal import NoProposal, Proposal

ORDER = 0


def propose(case: Case) -> Iterator[Proposal | NoProposal]:
    if case.cause.kind is Kind.CONNECTION:
        lack = case.cause.lack
        service = (lack.server if lack else "") or "a service"
        where = f" at {lack.address}" if lack and lack.address else ""
        yield NoProposal(f"the tests need {service}{where}, which is not there", case.cause.next_action, True)
    elif case.cause.kind is Kind.IMPORT and (said := _wanted(case.cause.exemplar)):
        yield NoProposal(f"the implementation says what it lacks: {said}", case.cause.next_action, True)
    elif case.cause.kind is Kind.TIMEOUT:
        why = "a test that takes too long is not repaired: a raised limit would hide why"
        yield NoProposal(why, case.cause.next_action, final=True)
    elif case.cause.kind is Kind.CRASH:
        yield NoProposal("the interpreter ended while a test ran", case.cause.next_action, final=True)


def _wanted(failure: Failure) -> str:
    """The words of an ImportError that the implementation itself raised, without a name that Python missed."""
    for raised in failure.evidence.chain:
        own = raised.frames[-1] if raised.frames else None
        named = raised.facts.get("name") or raised.facts.get("symbol")
        if raised.is_a("ImportError") and not named and own is not None and own.role is Role.SOURCE:
            return " ".join(raised.message.split())[:200]
    return ""
