"""Functions that raise another exception than tests expect of them.

Cause: ``ValueError: unknown unit`` within ``pytest.raises(KeyError)``, raised by a statement of the implementation
that raised the expected exception before, with the same message or under the same condition.
Remedy: what is raised now is expected (expect-exception).
Applicability: safe where the implementation changed the exception throughout - in another function as well, or in what
the function's docstring says - and the new one is no base of the old one; else ``display``: it may be a slip.
Does nothing where the implementation itself still catches the old exception around such a call, where the docstring
still promises it, or where nothing raises the new one in so many words.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from itertools import pairwise

from pytest_agentgate.codemods.codemod import Applicability
from pytest_agentgate.codemods.rewrites.expect_exception import ExpectException
from pytest_agentgate.model import Raised, Role
from pytest_agentgate.repair.called import pair, plain
from pytest_agentgate.repair.case import Case, proposal
from pytest_agentgate.repair.change import Change
from pytest_agentgate.repair.definitions import Definitions
from pytest_agentgate.repair.proposal import NoProposal, Proposal
from pytest_agentgate.repair.raising import Swapped, caught, elsewhere, swapped

ORDER = 56


def propose(case: Case) -> Iterator[Proposal | NoProposal]:
    before, now = Definitions.before(case.change), Definitions.now(case.change, case.suite)
    found: dict[tuple[str, Swapped], None] = {}
    for failure in case.failures:
        raised = failure.evidence.chain[0] if failure.evidence.chain else None
        entered = None if raised is None else _entered(raised, case.change)
        if raised is None or entered is None:
            continue
        frame = raised.frames[-1]
        called = pair(f"{frame.module}.{plain(frame.function)}", case.change)
        swap = None if called is None else swapped(called, frame.line, case.change, before, now)
        if swap is not None and swap.new.rpartition(".")[2] == raised.type.rpartition(".")[2]:
            found[entered, swap] = None
    for name, swap in found:
        yield _of(name, swap, case, before, now)


def _entered(raised: Raised, change: Change) -> str | None:
    """The function of the implementation that a test called, if a statement of the implementation raised it."""
    if not raised.frames or raised.frames[-1].role is not Role.SOURCE:
        return None
    own = [frame for frame in raised.frames if frame.role in {Role.TEST, Role.SOURCE}]
    for caller, callee in pairwise(own):
        if caller.role is Role.TEST and callee.role is Role.SOURCE:
            symbol = change.new.symbol(f"{callee.module}.{plain(callee.function)}")
            return None if symbol is None else symbol.name.removesuffix(".__init__")
    return None


def _of(name: str, swap: Swapped, case: Case, before: Definitions, now: Definitions) -> Proposal | NoProposal:
    change = case.change
    old, new = (each.removeprefix("builtins.") for each in (swap.old, swap.new))
    if swap.denied:
        return NoProposal(
            f"{swap.name} raises {new} now, but its docstring still tells of {old}", swap.place, final=True
        )
    if swap.is_answer and not _is_base(swap.old, swap.new, change):
        return NoProposal(f"{swap.name} raises {new} now, where Python asks it for {old}", swap.place, final=True)
    functions = {each.rpartition(".")[2] for each in (name, swap.name)}
    catching = tuple(dict.fromkeys(caught(swap, functions, change, now)))
    if catching:
        return NoProposal(
            f"{swap.name} raises {new} now, but the implementation itself still catches {old} around it",
            ", ".join(catching[:3]),
            final=True,
        )
    said = f"{swap.name} raises {new} where it raised {old} ({swap.place})"
    others = tuple(dict.fromkeys(elsewhere(swap, change, before, now)))
    codemods = [ExpectException(name, swap.old, swap.new)]
    if not _is_base(swap.new, swap.old, change) and (others or swap.said):
        how = f"so does {', '.join(others[:3])}" if others else "its docstring says so"
        return proposal(codemods, [f"{said}; {how}"])
    doubt = "it is a base of it, and says less" if _is_base(swap.new, swap.old, change) else "it may be a slip"
    return proposal(codemods, [f"{said}; {doubt}"], (), Applicability.DISPLAY)


def _is_base(name: str, of: str, change: Change) -> bool:
    """Whether an exception is above another one."""
    todo, seen = [of], set[str]()
    while todo:
        each = todo.pop()
        if each in seen:
            continue
        seen.add(each)
        symbol = change.new.symbol(each)
        if symbol is not None:
            todo += [change.new.canonical(base) for base in symbol.bases]
            continue
        known = getattr(builtins, each.removeprefix("builtins."), None)
        if isinstance(known, type):
            todo += [f"builtins.{base.__name__}" for base in known.__mro__[1:]]
    return name in seen - {of}
