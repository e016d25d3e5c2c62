"""Attributes that a class or its instances do not have any more under that name.

Cause: ``AttributeError: 'Order' object has no attribute 'sum'``, and a mock with that ``spec``.
Remedy: the member's new name (rename-attribute).
Applicability: safe: only receivers whose class is proven are changed.
Does nothing where the member is gone without a successor or has two, where the implementation itself asks for it, or
where it was never there.
"""

from __future__ import annotations

from collections.abc import Iterator

from pytest_agentgate.codemods.rewrites.rename_attribute import RenameAttribute
from pytest_agentgate.model import Role
from pytest_agentgate.repair.breakage import Sort
from pytest_agentgate.repair.case import Case, proposal, told
from pytest_agentgate.repair.lacking import became
from pytest_agentgate.repair.proposal import NoProposal, Proposal
from pytest_agentgate.repair.symptoms import Lacking

ORDER = 40


def propose(case: Case) -> Iterator[Proposal | NoProposal]:
    for symptom in case.symptoms:
        if isinstance(symptom, Lacking) and case.change.is_ours(symptom.owner):
            yield from _of(symptom, case)


def _of(symptom: Lacking, case: Case) -> Iterator[Proposal | NoProposal]:
    found = became(symptom, case.change)
    if not found:
        return
    if symptom.frame is not None and symptom.frame.role is Role.SOURCE:
        place = f"{symptom.frame.path}:{symptom.frame.line}"
        yield NoProposal(f"the implementation itself asks for {symptom.owner}.{symptom.name}", place, final=True)
        return
    renames = [each for each in found if each.sort is Sort.MEMBER_RENAMED]
    successors = {each.new.rpartition(".")[2] for each in renames}
    if len(successors) > 1:
        names = " or ".join(sorted(successors))
        yield NoProposal(f"{symptom.name} of {symptom.owner} may have become {names}", renames[0].where)
    elif renames and len(renames) < len(found):  # two classes are one now
        names = f"{renames[0].new.rpartition('.')[2]}, or is gone"
        yield NoProposal(f"{symptom.name} of {symptom.owner} may have become {names}", renames[0].where)
    elif renames:
        places = case.change.still_used(renames[0].old)
        if places:
            yield NoProposal(
                f"the implementation itself still asks for {renames[0].old}: the change is half done",
                ", ".join(places[:3]),
                final=True,
            )
            return
        best = renames[0]
        # receivers are looked up in the implementation as it is
        owner = best.new.rpartition(".")[0]
        yield proposal([RenameAttribute(f"{owner}.{symptom.name}", successors.pop())], [told(best)], [best])
    else:
        gone = found[0]
        yield NoProposal(f"{gone.old} is gone, and nothing is known to have taken its place", gone.where)
