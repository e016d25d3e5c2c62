"""Names that an import, an attribute of a module or a patch asks for, and that are not there any more.

Cause: ``ModuleNotFoundError``, ``ImportError: cannot import name``, ``module ... has no attribute``, a patch target.
Remedy: follow the name to where it is (rename-module, rename-symbol); else put its old value in its place, where that
was an alias or a plain value (inline-symbol); else have only those ask for it who use it (localize-import). Files that
cannot be loaded are given all of this at once for every lost name that they import.
Applicability: safe; a name is followed only where the change says beyond doubt where to, and what is gone stays gone.
A name of another distribution that shares its package with the implementation becomes what the implementation itself
asks for in its place; where that is not known, it is asked for by those alone who use it.
Does nothing where the old API did not offer any other name, where the implementation itself still asks for it, where
it is the implementation that asks, or where two places are as good as each other.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace

from pytest_agentgate.codemods.rewrites.define_symbol import DefineSymbol
from pytest_agentgate.codemods.rewrites.inline_function import InlineFunction
from pytest_agentgate.codemods.rewrites.inline_symbol import InlineSymbol
from pytest_agentgate.model import Role, Scope
from pytest_agentgate.repair import lost
from pytest_agentgate.repair.case import Case, together
from pytest_agentgate.repair.proposal import NoProposal, Proposal
from pytest_agentgate.repair.symptoms import Lost

ORDER = 10


def propose(case: Case) -> Iterator[Proposal | NoProposal]:
    for symptom in case.symptoms:
        if isinstance(symptom, Lost):
            yield from _of(symptom, case)


def _of(symptom: Lost, case: Case) -> Iterator[Proposal | NoProposal]:
    name, change = symptom.name, case.change
    if symptom.frame is not None and symptom.frame.role is Role.SOURCE:
        place = f"{symptom.frame.path}:{symptom.frame.line}"
        yield NoProposal(f"the implementation itself asks for {name}: no edit of the tests can repair that", place)
        return
    if not change.old.offers(name):
        yield from _never_there(symptom, case)
        return
    if change.new.offers(name):
        yield NoProposal(
            f"{name} is there as far as its source tells, and yet it is not found: look at how it is installed or made",
            name,
        )
        return
    refusal = lost.half_done(name, change)
    if refusal is not None:
        yield refusal
        return
    found = dict.fromkeys(_ways(symptom, case))
    yield from found
    if not found:
        look_at = next((each.where for each in change.of(name)), name)
        yield NoProposal(f"{name} is gone, and nothing is known to have taken its place", look_at)


def _ways(symptom: Lost, case: Case) -> Iterator[Proposal]:
    name, change, suite = symptom.name, case.change, case.suite
    direct = list(_direct(symptom, case))
    if any(failure.scope is not Scope.TEST for failure in case.failures):
        others = {
            other: found
            for other in _others(case)
            if other != name and (found := _way(other, case)) is not None
        }  # fmt: skip
        if direct and others:
            ways = {name: direct[0], **others}
            yield together([*ways.values(), *_else_later(ways, case)])
    yield from direct
    if symptom.how in ("module", "import"):
        only = lost.localized(name, change, suite)
        if only is not None:
            yield only


def _else_later(ways: Mapping[str, Proposal], case: Case) -> Iterator[Proposal]:
    """The import within those who use it, for the files in which a value can't take the place of its name."""
    for name, way in ways.items():
        if any(isinstance(each, InlineSymbol | DefineSymbol | InlineFunction) for each in way.codemods):
            later = lost.localized(name, case.change, case.suite)
            if later is not None:
                yield replace(later, evidence=())


def _direct(symptom: Lost, case: Case) -> Iterator[Proposal]:
    name, change, suite = symptom.name, case.change, case.suite
    if symptom.how in ("module", "import"):
        found = _way(name, case)
    else:
        found = lost.followed(name, change, suite)
        if found is None and symptom.how == "attribute":
            ways = lost.forwarded(name, change, suite), lost.inlined(name, change, suite), lost.applied(name, change)
            found = next(filter(None, ways), None)
    if found is not None:
        yield found


def _way(name: str, case: Case) -> Proposal | None:
    change, suite = case.change, case.suite
    if name in change.old.modules:
        return lost.followed(name, change, suite) or lost.module_ways(name, change, suite)
    return lost.way(name, change, suite)


def _others(case: Case) -> Iterator[str]:
    """The other lost names that keep the same files from being loaded, modules before what is in them."""
    seen: dict[str, None] = {}
    for name in case.suite.imported_at_top(case.suite.loaded_by(case.files)):
        if not case.change.is_ours(name):
            continue
        parts = name.split(".")
        prefixes = (".".join(parts[:end]) for end in range(1, len(parts) + 1))
        first = next((each for each in prefixes if case.change.is_lost(each)), None)
        if first is not None and lost.half_done(first, case.change) is None:
            seen[first] = None
    yield from seen


def _never_there(symptom: Lost, case: Case) -> Iterator[Proposal | NoProposal]:
    """A name that is no part of the implementation, neither of the old one nor of the new one."""
    name, change, suite = symptom.name, case.change, case.suite
    keeps_out = symptom.how in ("module", "import") and any(each.scope is Scope.COLLECT for each in case.failures)
    found = lost.foreign(name, change, suite) if keeps_out else lost.exchanged(name, change, suite)
    if found is not None and keeps_out:
        others = (lost.foreign(each, change, suite) for each in _foreign(case) if each != name)
        ways = (_way(each, case) for each in _others(case))
        yield together([found, *(each for each in (*others, *ways) if each is not None)])
    if found is not None:
        yield found
        return
    if case.change.is_ours(name):
        yield NoProposal(f"the old API did not offer {name} either: nothing that changed explains its absence", name)
        return
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names:
        yield NoProposal(f"{name} is no part of this version of Python: no change of the implementation", name)
        return
    yield NoProposal(
        f"{name} is no part of the implementation: the environment lacks it, or has another version of {top}",
        f"pip show {top}",
        environment=True,
    )


def _foreign(case: Case) -> Iterator[str]:
    """The names that the same files import as they are loaded, below packages that the implementation shares."""
    for name in case.suite.imported_at_top(case.suite.loaded_by(case.files)):
        if case.change.is_ours(name) and not case.change.old.offers(name) and not case.change.new.offers(name):
            yield name
