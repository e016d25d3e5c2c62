"""Fixtures that a plugin or a conftest of the implementation offers under another name.

Cause: ``fixture 'client' not found``.
Remedy: its new name (rename-fixture).
Applicability: safe: only what pytest injects by that name is renamed.
Does nothing where the old API had no such fixture, or where two took its place.
"""

from __future__ import annotations

from collections.abc import Iterator

from pytest_agentgate.codemods.rewrites.rename_fixture import RenameFixture
from pytest_agentgate.repair.breakage import Sort
from pytest_agentgate.repair.case import Case, proposal, told
from pytest_agentgate.repair.proposal import NoProposal, Proposal

ORDER = 60


def propose(case: Case) -> Iterator[Proposal | NoProposal]:
    for name in sorted(_lacking(case)):
        found = [
            each
            for each in case.change.breakages
            if each.sort is Sort.FIXTURE_RENAMED and each.old.rpartition(".")[2] == name
        ]
        successors = {each.new.rpartition(".")[2] for each in found}
        if len(successors) == 1:
            yield proposal([RenameFixture(name, successors.pop())], [told(found[0])], found)
        elif successors:
            names = " or ".join(sorted(successors))
            yield NoProposal(f"the fixture {name!r} may have become {names}", found[0].where)
        else:
            yield NoProposal(f"nothing that changed explains why there is no fixture {name!r}", name)


def _lacking(case: Case) -> set[str]:
    return {
        str(raised.facts["fixture"])
        for failure in case.failures
        for raised in failure.evidence.chain
        if raised.facts.get("problem") == "not_found" and raised.facts.get("fixture")
    }
