"""Remedies: what follows from a breakage for the tests; one file per family, and the folder is the registry.

A module here has ``ORDER``, its place among the others (lower comes first), and ``propose(case)``, which yields
proposals and, where it knows why there must be none, ``NoProposal``. It acts only on evidence, and yields nothing
on doubt. It does no I/O but through ``case.suite``.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

from pytest_agentgate.repair.case import Case
from pytest_agentgate.repair.proposal import NoProposal, Proposal


class Remedy(Protocol):
    """A module of this folder."""

    __name__: str
    ORDER: int

    def propose(self, case: Case) -> Iterator[Proposal | NoProposal]: ...


@cache
def all_remedies() -> tuple[Remedy, ...]:
    """The remedies of this folder, in their order."""
    found = [import_module(f"{__name__}.{each.name}") for each in iter_modules(__path__)]
    return tuple(sorted((cast("Remedy", each) for each in found), key=lambda each: (each.ORDER, each.__name__)))
