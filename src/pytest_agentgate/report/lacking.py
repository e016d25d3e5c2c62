"""What a cause lacks of services, in the words of every report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pytest_agentgate.report.printable import printable

if TYPE_CHECKING:
    from pytest_agentgate.model import JSON, Cause
    from pytest_agentgate.model.services import Lack

TRY = "agentgate services missing --try"
"""The command that starts what is lacking, for those tests alone, and tells whether it was all that they lacked."""

_NAMED = 3  # variables and places


def lacks(cause: Cause) -> str:
    """``lacks redis on localhost:6379, asked by redis, from $REDIS_URL``; "" where nothing is known to be lacking.

    Where a variable is not set that a declared service sets: ``lacks the service that sets $REDIS_URL``.
    """
    lack = cause.lack
    if lack is None:
        return ""
    if not (lack.server or lack.address):
        is_set_by_it = lack.declared and lack.variables
        return printable(f"lacks the service that sets {', '.join(lack.origins[:_NAMED])}") if is_set_by_it else ""
    said = f"lacks {lack.server or 'a server'}" + (f" on {lack.address}" if lack.address else "")
    if lack.client:
        said += f", asked by {lack.client}"
    if named := lack.origins[:_NAMED]:
        said += f", from {', '.join(named)}"
    return printable(said)


def remedy(cause: Cause) -> Sequence[str]:
    """The lines of configuration that would provide it; else one line that says why there are none."""
    lack = cause.lack
    if lack is None or not lacks(cause):
        return ()
    if lack.declared:
        return (printable(f"declared as {lack.declared}; agentgate run starts it, or says why not"),)
    return [printable(line) for line in lack.lines.splitlines()] or [printable(lack.why)]


def command(cause: Cause) -> str:
    """The command that tries it; "" where there is nothing to start."""
    return TRY if cause.lack is not None and cause.lack.service is not None else ""


def data(lack: Lack | None) -> JSON:
    """What is lacking as it stands in the document."""
    if lack is None:
        return None
    return {
        "server": lack.server,
        "host": lack.host,
        "port": lack.port or None,
        "client": lack.client,
        "variables": [{"name": one.name, "form": one.form} for one in lack.variables],
        "places": [*lack.places],
        "declared": lack.declared,
        "configuration": lack.lines,
        "why": lack.why,
    }
