"""What is known of a failure, read from the live exception where it was raised.

The format is described in docs/reference/evidence.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from pytest_agentgate.capture.assertions import asserted_in
from pytest_agentgate.capture.bounded import bounded_message, clean
from pytest_agentgate.capture.facts import facts_of
from pytest_agentgate.capture.naming import guarded, mro_of, qualified_name, slot
from pytest_agentgate.capture.roles import Roots
from pytest_agentgate.capture.traces import frames_of
from pytest_agentgate.model import Comparison, Evidence, Frame, Link, Raised, Role

CHAIN = 12
BASES = 12
_NAME = 200
_REACH = 1_000  # exceptions looked at in one chain: somebody's loop may have made millions


def evidence_of(
    exception: BaseException, roots: Roots, *, comparison: Comparison | None = None, worker: str = ""
) -> Evidence:
    """Read a live exception; never raises, whatever the exception's own methods do.

    ``comparison`` is what pytest was last told that a failed ``assert`` compared; it counts for an AssertionError only,
    and an assertion method of unittest or of a library knows better.
    """
    links = list(_chain(exception))
    if len(links) > CHAIN:
        links = links[: CHAIN - 4] + links[-4:]
    chain = tuple(_raised(raised, link, roots) for raised, link in links)
    compared: Comparison | None = None
    if chain[0].is_a("AssertionError"):
        compared = guarded(asserted_in, exception, roots, otherwise=None) or comparison
    return Evidence(chain, compared, worker)


def _raised(exception: BaseException, link: Link, roots: Roots) -> Raised:
    names = tuple([clean(qualified_name(cls), _NAME) for cls in mro_of(type(exception)) if cls is not object])
    message = guarded(bounded_message, exception, otherwise="")
    facts = guarded(facts_of, exception, names, otherwise=None) or {}
    message = str(facts.pop("message", message))  # some libraries print their errors without __str__
    frames = guarded(frames_of, exception, roots, otherwise=())
    if isinstance(path := facts.get("path"), str):
        role, facts["path"] = guarded(roots.locate, path, otherwise=(Role.LIBRARY, path))
        if isinstance(line := facts.get("line"), int) and "SyntaxError" in names:
            # no code ran there, and yet that is where Python's own traceback ends
            frames = (*frames, Frame(role, clean(str(facts["path"]), 300), line, "<module>"))
    return Raised(names[0], names[1 : BASES + 1], message, link, facts, frames)


def _chain(exception: BaseException) -> Iterator[tuple[BaseException, Link]]:
    """The exception, what it came from, nearest first, and then, for groups, each member with its own chain."""
    seen: set[int] = set()
    waiting: list[tuple[BaseException, Link]] = [(exception, Link.RAISED)]
    while waiting and len(seen) < _REACH:
        current, link = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current, link
        members = slot(BaseExceptionGroup, "exceptions", current) or ()
        waiting.extend((member, Link.MEMBER) for member in reversed(members[:_REACH]))
        cause, context = slot(BaseException, "__cause__", current), slot(BaseException, "__context__", current)
        if cause is not None:
            waiting.append((cause, Link.CAUSE))
        elif context is not None and not slot(BaseException, "__suppress_context__", current):
            waiting.append((context, Link.CONTEXT))
