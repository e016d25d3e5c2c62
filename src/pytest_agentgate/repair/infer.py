"""From a cause and what changed to remedies for the tests, each with its reasons."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path

from pytest_agentgate.codemods.codemod import Applicability
from pytest_agentgate.model import Cause, Failure
from pytest_agentgate.repair.case import Case
from pytest_agentgate.repair.change import Change
from pytest_agentgate.repair.contrary import against
from pytest_agentgate.repair.proposal import NoProposal, Proposal
from pytest_agentgate.repair.remedies import Remedy, all_remedies
from pytest_agentgate.repair.suite import Suite

_ORDER = tuple(Applicability)


def infer(cause: Cause, failures: Sequence[Failure], change: Change, suite: Suite) -> tuple[Proposal, ...] | NoProposal:
    """What may repair a cause, best first; or why nothing is proposed. Raises nothing, whatever the cause is."""
    return _inferred(Case(cause, tuple(failures), change, suite), all_remedies())


def _inferred(case: Case, remedies: Iterable[Remedy]) -> tuple[Proposal, ...] | NoProposal:
    proposals: dict[Proposal, None] = {}
    refusals: list[NoProposal] = []
    for remedy in remedies:
        try:
            for each in remedy.propose(case):
                if isinstance(each, NoProposal):
                    refusals.append(each)
                elif each.codemods and (refusal := _contrary(each, case)) is not None:
                    refusals.insert(0, refusal)
                elif each.codemods:
                    proposals[each] = None
        except Exception as error:  # noqa: BLE001  a remedy's mistake must not end the repair
            refusals.append(_mistaken(remedy, error))
    final = [each for each in refusals if each.environment] or [each for each in refusals if each.final]
    if final:
        return final[0]
    if proposals:
        return tuple(sorted(proposals, key=lambda each: _ORDER.index(each.applicability)))
    return refusals[0] if refusals else _unexplained(case)


def _contrary(proposal: Proposal, case: Case) -> NoProposal | None:
    """What the implementation's own code says against a proposal that may run."""
    if proposal.applicability is Applicability.DISPLAY:
        return None
    return against(proposal.breakages, case.change, case.suite)


def _mistaken(remedy: Remedy, error: Exception) -> NoProposal:
    last = traceback.extract_tb(error.__traceback__)[-1]
    message = " ".join(str(error).split())[:300]
    where = f"{Path(last.filename).name}:{last.lineno}"
    return NoProposal(
        f"the remedy {remedy.__name__.rpartition('.')[2]} failed: {type(error).__name__}: {message}", where
    )


def _unexplained(case: Case) -> NoProposal:
    """No breakage explains the failure: the implementation is wrong, or the tests are in a way that is not known."""
    frames = [frame for raised in case.cause.exemplar.evidence.chain for frame in raised.frames]
    own = [frame for frame in frames if frame.role == "source"] or [frame for frame in frames if frame.role == "test"]
    place = f"{own[-1].path}:{own[-1].line}" if own else case.cause.exemplar.nodeid
    return NoProposal(
        "no difference between the old and the new API explains it: a bug in the implementation, or what a test "
        "expects is no part of the API",
        place,
    )
