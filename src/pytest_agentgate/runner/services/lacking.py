"""What connection failures lack, completed by what a project's files say of their addresses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from pytest_agentgate.model import Cause, Kind
from pytest_agentgate.model.services import Lack, Service
from pytest_agentgate.runner.services.places import Sought, places_of
from pytest_agentgate.triage.lacking import with_lacks


def lacks(causes: Iterable[Cause], root: Path, declared: Sequence[Service] = ()) -> list[tuple[Cause, Lack]]:
    """The causes that are connection failures, in their order, with what each of them lacks.

    ``root`` is the project's folder, whose files are read; ``declared`` are services of the configuration, which are
    named in the place of a new one.
    """
    told = with_lacks([cause for cause in causes if cause.kind is Kind.CONNECTION], declared)
    sought = [Sought(one.server, one.host, one.port, one.variables) for one in (cause.lack or Lack() for cause in told)]
    located = [
        replace(cause, lack=replace(cause.lack or Lack(), variables=found.variables, places=found.places))
        for cause, found in zip(told, places_of(root, sought), strict=True)
    ]
    return [(cause, cause.lack) for cause in with_lacks(located, declared) if cause.lack is not None]
