"""What a remedy looks at: one cause, what its failures lack, what changed, and what the tests say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from pytest_agentgate.codemods.codemod import Applicability, Codemod
from pytest_agentgate.model import Cause, Failure, Role
from pytest_agentgate.repair.breakage import Breakage
from pytest_agentgate.repair.change import Change
from pytest_agentgate.repair.proposal import Proposal
from pytest_agentgate.repair.suite import Suite
from pytest_agentgate.repair.symptoms import Symptom, symptoms

_WORST = (Applicability.SAFE, Applicability.UNSAFE, Applicability.DISPLAY)


@dataclass(frozen=True)
class Case:
    """One cause and all that is known of it."""

    cause: Cause
    failures: tuple[Failure, ...]
    change: Change
    suite: Suite

    @cached_property
    def symptoms(self) -> tuple[Symptom, ...]:
        """What the failures lack, the most frequent first."""
        found: dict[Symptom, int] = Counter()
        for failure in self.failures or (self.cause.exemplar,):
            for each in symptoms(failure):
                found[each] += 1
        return tuple(sorted(found, key=lambda each: -found[each]))

    @cached_property
    def files(self) -> tuple[str, ...]:
        """The test files in which something may have to change: those that fail, with all that they load."""
        frames = [
            frame.path
            for failure in self.failures
            for raised in failure.evidence.chain
            for frame in raised.frames
            if frame.role is Role.TEST
        ]
        named = [failure.file for failure in self.failures]
        known = set(self.suite.paths)
        return tuple(path for path in dict.fromkeys([*named, *frames]) if path in known)

    def said(self) -> Iterator[str]:
        """What the failures say: messages, types in quotes, and what an assertion compared."""
        for failure in self.failures:
            for raised in failure.evidence.chain:
                yield raised.message
                yield f"'{raised.facts.get('obj_type', '')}'"
            sides = failure.evidence.comparison
            for side in (sides.left, sides.right) if sides is not None else ():
                if side is not None:
                    yield f"'{side.type}' {side.repr}"


def proposal(
    codemods: Iterable[Codemod],
    evidence: Iterable[str],
    breakages: Iterable[Breakage] = (),
    applicability: Applicability = Applicability.SAFE,
) -> Proposal:
    """A proposal without repetitions."""
    return Proposal(
        tuple(dict.fromkeys(codemods)),
        applicability,
        tuple(dict.fromkeys(evidence)),
        tuple(dict.fromkeys(breakages)),
    )


def together(proposals: Iterable[Proposal]) -> Proposal:
    """Several proposals as one, which is as doubtful as the most doubtful of them."""
    several = tuple(proposals)
    worst = max((each.applicability for each in several), key=_WORST.index, default=Applicability.SAFE)
    return proposal(
        (codemod for each in several for codemod in each.codemods),
        (sentence for each in several for sentence in each.evidence),
        (breakage for each in several for breakage in each.breakages),
        worst,
    )


def told(breakage: Breakage) -> str:
    """A breakage as a sentence with its place."""
    what = str(breakage.sort)
    change = f"{breakage.old} -> {breakage.new}" if breakage.new and breakage.new != breakage.old else breakage.old
    if breakage.parameter:
        change = f"{breakage.parameter} of {change}"
    values = f" ({breakage.was} -> {breakage.became})" if breakage.was and breakage.became else ""
    place = f" ({breakage.where})" if breakage.where else ""
    why = f": {breakage.why}" if breakage.why else ""
    return f"{what}: {change}{values}{place}{why}"
