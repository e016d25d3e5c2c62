"""In which order causes are dealt with: what hides other failures first, then what breaks most."""

from __future__ import annotations

from collections.abc import Iterable
from posixpath import basename

from pytest_agentgate.model import Cause, Kind, Role, Scope, When


def ordered(causes: Iterable[Cause]) -> list[Cause]:
    """The causes in the order of repair; equal ones by kind and signature, so that it never depends on a run."""
    return sorted(causes, key=lambda cause: (_rank(cause), -cause.size, cause.kind, cause.signature))


def _rank(cause: Cause) -> int:
    failure = cause.exemplar
    if failure.scope is Scope.RUN:
        return 0  # no test was run at all
    if failure.scope is Scope.COLLECT:
        return 1 if _is_shared(cause) else 2
    if failure.when is When.SETUP:
        return 3  # a fixture: the tests that request it have not begun
    return 4 if cause.kind is Kind.IMPORT or _is_shared(cause) else 5


def _is_shared(cause: Cause) -> bool:
    """Whether what failed is code of the tests that several of their files use."""
    frames = [frame for frame in cause.exemplar.evidence.raised.frames if frame.role is Role.TEST]
    if not frames:
        return False
    path = frames[-1].path
    return basename(path) == "conftest.py" or path not in cause.files
