"""A remedy that is proposed for a cause: codemods, whether they may be applied, and why."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_agentgate.codemods.codemod import Applicability, Codemod
from pytest_agentgate.repair.breakage import Breakage


@dataclass(frozen=True)
class Proposal:
    """What may repair a cause; several codemods apply together, in their order."""

    codemods: tuple[Codemod, ...]
    applicability: Applicability
    evidence: tuple[str, ...]  # sentences with their places, for a reviewer
    breakages: tuple[Breakage, ...] = ()


@dataclass(frozen=True)
class NoProposal:
    """Why nothing is proposed for a cause, and what a person should look at first."""

    why: str
    look_at: str = ""
    environment: bool = False  # a fault of the environment: neither tests nor implementation are wrong
    final: bool = False  # evidence against every repair of the cause: what others propose does not count
