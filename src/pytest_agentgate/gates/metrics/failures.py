"""Failures, by their kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from pytest_agentgate.gates.counting import Count
from pytest_agentgate.gates.facts import RunFacts
from pytest_agentgate.model import Kind, Scope

_OF_RUN = "the run itself"


class OfKind(Count):
    """Tests that failed, and files that could not be collected, for a reason of this kind; each counts once.

    A failure that a later attempt at the same test made good does not count; one of the run itself does.
    """

    name = "failures.<kind>"
    of_tests = True
    choices: ClassVar[Mapping[str, Sequence[str]]] = {"<kind>": tuple(kind.value for kind in Kind)}

    def things(self, run: RunFacts, arguments: Sequence[str]) -> Mapping[str, str]:
        """What failed, and for what."""
        [kind] = arguments
        found: dict[str, str] = {}
        for failure in run.failures:
            if failure.final and failure.reason.kind == kind:
                name = _OF_RUN if failure.scope is Scope.RUN else failure.nodeid
                found[name] = min(found.get(name, failure.reason.title), failure.reason.title)
        return {name: found[name] for name in sorted(found)}
