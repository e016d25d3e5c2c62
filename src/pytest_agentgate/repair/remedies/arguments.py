"""Calls that do not fit the signature of a function, method or class any more.

Cause: ``TypeError`` of a call: an unexpected keyword, too many arguments by position, two values for one parameter; any
failure behind a call whose positional arguments reach other parameters now.
Remedy: the keyword's new name (rename-keyword), a temporary folder for a temporary file where ``cache_file`` became
``cache_dir`` (give-folder); arguments by keyword where their places changed (reorder-arguments); no argument where
the parameter is gone (remove-argument).
Applicability: safe where every argument reaches the parameter that it reached before. A parameter in the place of
another one, with a word of its name, is safe where the implementation says the same of both in its docstrings and
messages, and nothing of the old one any more; not where the names differ in a unit or say the opposite. What is dropped
is ``unsafe`` where callers in the implementation dropped it as well, else ``display``: behaviour may be lost with it.
Does nothing where callers in the implementation still call in the old way, where a parameter has two successors, or
where it is not known which function was called.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from pytest_agentgate.codemods.codemod import Applicability, Codemod
from pytest_agentgate.codemods.rewrites.remove_argument import RemoveArgument
from pytest_agentgate.codemods.rewrites.rename_keyword import RenameKeyword
from pytest_agentgate.codemods.rewrites.reorder_arguments import ReorderArguments
from pytest_agentgate.model import Role
from pytest_agentgate.repair.api.table import Passing
from pytest_agentgate.repair.breakage import Sort
from pytest_agentgate.repair.called import (
    Called,
    by_position,
    called_at,
    callers,
    misfits,
    pair,
    plain,
    takes_any,
    written,
)
from pytest_agentgate.repair.case import Case, proposal, together, told
from pytest_agentgate.repair.change import Change
from pytest_agentgate.repair.heirs import in_the_place
from pytest_agentgate.repair.proposal import NoProposal, Proposal
from pytest_agentgate.repair.symptoms import Misfit

ORDER = 20
_PLACES = frozenset({"too_many", "multiple_values", "missing"})


def propose(case: Case) -> Iterator[Proposal | NoProposal]:
    for symptom in case.symptoms:
        if isinstance(symptom, Misfit) and symptom.problem in {"unexpected_keyword", *_PLACES}:
            found = misfits(symptom, case)
            if symptom.frame is not None and symptom.frame.role is Role.SOURCE:
                yield _double(symptom)
            elif len(found) == 1:
                yield from _of(symptom, found[0], case)
            elif len(found) > 1:
                names = ", ".join(each.name for each in found)
                yield NoProposal(f"{symptom.function}() may be any of {names}", found[0].place)
    for called in _entered(case):
        if any(each.sort is Sort.PARAMETERS_REORDERED for each in called.breakages):
            yield from (_doubted(each, called, case.change) for each in _places(called, case.change))


def _doubted(found: Proposal | NoProposal, called: Called, change: Change) -> Proposal | NoProposal:
    """A proposal, only shown where callers in the implementation call as they did: the new order may be a mistake."""
    before = {
        (module.name, call.positional, call.keywords)
        for module in change.old.modules.values()
        for call in module.calls
        if call.is_call and call.positional > 1 and change.old.canonical(call.name) == called.old.name
    }
    as_before = [
        f"{module.path}:{call.line}"
        for module in change.new.modules.values()
        for call in module.calls
        if (module.name, call.positional, call.keywords) in before
        and change.new.canonical(call.name) == called.new.name
    ]
    if not as_before or isinstance(found, NoProposal):
        return found
    doubt = (
        f"callers in the implementation call it as they did ({', '.join(as_before[:3])}): the order may be a mistake"
    )
    return proposal(found.codemods, [*found.evidence, doubt], found.breakages, Applicability.DISPLAY)


def _entered(case: Case) -> Iterator[Called]:
    """The functions of the implementation that failing tests called."""
    found: dict[str, None] = {}
    for failure in case.failures:
        for raised in failure.evidence.chain:
            for caller, callee in pairwise(raised.frames):
                if caller.role is Role.TEST and callee.role is Role.SOURCE:
                    found[f"{callee.module}.{plain(callee.function)}"] = None
            found.update(dict.fromkeys(called_at(raised.frames[-1] if raised.frames else None, case)))
    for name in found:
        called = pair(name, case.change)
        if called is not None:
            yield called


def _double(symptom: Misfit) -> NoProposal:
    frame = symptom.frame
    place = f"{frame.path}:{frame.line}" if frame is not None else ""
    return NoProposal(f"the implementation calls {symptom.function}() in a way that it does not take", place)


def _of(symptom: Misfit, called: Called, case: Case) -> Iterator[Proposal | NoProposal]:
    if symptom.problem == "unexpected_keyword":
        for name in symptom.arguments:
            yield from _keyword(name, called, case)
    else:
        yield from _places(called, case.change)


def _keyword(name: str, called: Called, case: Case) -> Iterator[Proposal | NoProposal]:
    change = case.change
    if called.former(name) is None and not takes_any(called.old.parameters, Passing.VAR_KEYWORD):
        yield NoProposal(f"{called.name} never took {name!r}: the change does not explain this call", called.place)
        return
    using = [place for place, _, keywords in callers(called, change) if name in keywords]
    if using:
        yield NoProposal(
            f"the implementation itself still passes {name!r} to {called.name}: the change is half done",
            ", ".join(using[:3]),
            final=True,
        )
        return
    renames = [each for each in called.breakages if each.sort is Sort.PARAMETER_RENAMED and each.parameter == name]
    successors = {each.became for each in renames}
    if len(successors) > 1:
        yield NoProposal(f"{name!r} of {called.name} may have become {' or '.join(sorted(successors))}", called.place)
        return
    if renames and called.parameter(renames[0].became) is not None:
        codemods = [RenameKeyword(called.name, name, renames[0].became)]
        yield proposal(codemods, [told(renames[0])], renames)
        return
    found = in_the_place(name, called, case)
    if found is not None:
        yield found
    yield _dropped(name, called, change)


def _dropped(name: str, called: Called, change: Change) -> Proposal:
    gone = [each for each in called.breakages if each.sort is Sort.PARAMETER_GONE and each.parameter == name]
    before = _passing(called.old.name, name, change, old=True)
    now = [place for place, positional, keywords in callers(called, change) if positional >= 0 and "**" not in keywords]
    applicability = Applicability.DISPLAY
    evidence = [told(each) for each in gone] or [f"{called.name} takes no {name!r} any more ({called.place})"]
    added = {each.name for each in called.new.parameters} - {each.name for each in called.old.parameters}
    instead = [place for place, _, keywords in callers(called, change) if added & {*keywords}]
    if before and instead:
        names = ", ".join(sorted(added))
        evidence.append(f"the implementation passed it ({before[0]}) and passes {names} instead ({instead[0]})")
    elif before and now:
        applicability = Applicability.UNSAFE
        evidence.append(f"the implementation passed it ({before[0]}) and does not any more ({now[0]})")
    else:
        evidence.append("what it did may be lost: only a person can tell whether the tests still need it")
    old = by_position(called.old.parameters)
    codemod = RemoveArgument(called.name, name, old if name in old else ())
    return proposal([codemod], evidence, gone, applicability)


def _passing(function: str, keyword: str, change: Change, old: bool) -> list[str]:
    api = change.old if old else change.new
    return [
        f"{module.path}:{call.line}"
        for module in api.modules.values()
        for call in module.calls
        if keyword in call.keywords and api.canonical(call.name) == function
    ]


def _places(called: Called, change: Change) -> Iterator[Proposal | NoProposal]:
    """Positional arguments that reach other parameters now."""
    renamed = _renamed(called)
    old = tuple(renamed.get(name, name) for name in by_position(called.old.parameters))
    new = written(called.new.parameters)
    if takes_any(called.old.parameters, Passing.VAR_POSITIONAL) or not old or old == by_position(called.new.parameters):
        return
    if takes_any(called.new.parameters, Passing.VAR_POSITIONAL):
        return
    still = [place for place, number, _ in callers(called, change) if number > len(by_position(called.new.parameters))]
    if still:
        yield NoProposal(
            f"the implementation itself passes {called.name} more arguments by position than it takes: "
            "the change is half done",
            ", ".join(still[:3]),
            final=True,
        )
        return
    gone = [name for name in old if name not in new]
    drops = [_dropped(name, called, change) for name in gone]
    if old[: len(new)] == new[: len(old)] and not gone:
        return
    codemods: list[Codemod] = []
    kept = tuple(name for name in old if name not in gone)
    if kept != by_position(called.new.parameters)[: len(kept)]:
        codemods.append(ReorderArguments(called.name, kept if drops else old, new))
    sentence = f"{called.name} took ({', '.join(old)}) by position and takes ({', '.join(new)}) now ({called.place})"
    about = [each for each in called.breakages if each.sort in {Sort.PARAMETERS_REORDERED, Sort.PARAMETER_GONE}]
    steps = [*drops, *([proposal(codemods, [sentence], about)] if codemods else [])]
    if steps:
        yield together(steps)


def _renamed(called: Called) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for each in called.breakages:
        if each.sort is Sort.PARAMETER_RENAMED:
            found.setdefault(each.parameter, set()).add(each.became)
    return {name: next(iter(became)) for name, became in found.items() if len(became) == 1}
