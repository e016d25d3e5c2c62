"""Parameters that take a class now which is made from what they took before.

Cause: ``'Session' object has no attribute 'take_turn'``, raised in the implementation.
Remedy: put the class around the argument (wrap-argument).
Applicability: safe where the constructor of the new class requires nothing but one parameter of the old type, and what
was missed is a member of the new class; where the parameter is not annotated, unsafe.
Does nothing where the constructor requires more, where two places fit, or where the new class lacks the member as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from pytest_agentgate.codemods.codemod import Applicability
from pytest_agentgate.codemods.rewrites.rename_keyword import RenameKeyword
from pytest_agentgate.codemods.rewrites.wrap_argument import WrapArgument
from pytest_agentgate.model import Role
from pytest_agentgate.repair.api.table import Passing, Symbol
from pytest_agentgate.repair.called import by_position
from pytest_agentgate.repair.case import Case, proposal
from pytest_agentgate.repair.proposal import NoProposal, Proposal
from pytest_agentgate.repair.symptoms import Lacking
from pytest_agentgate.repair.typed import Retyped, names_in, replaced, retyped

ORDER = 36
_MANY = frozenset({Passing.VAR_POSITIONAL, Passing.VAR_KEYWORD})


def propose(case: Case) -> Iterator[Proposal | NoProposal]:
    for symptom in case.symptoms:
        if isinstance(symptom, Lacking) and symptom.frame is not None and symptom.frame.role is Role.SOURCE:
            yield from _of(symptom, case)


def _of(symptom: Lacking, case: Case) -> Iterator[Proposal | NoProposal]:
    missed = case.change.new.canonical(symptom.owner)
    former = dict(replaced(case.change))
    candidates = [*(each for each in retyped(case.change) if each.parameter), *former]
    places = [each for each in candidates if _took(each, missed, case)]
    fitting = [each for each in places if case.change.new.symbol(f"{each.cls.name}.{symptom.name}") is not None]
    wrappers = {each.cls.name for each in fitting}
    if len(wrappers) > 1:
        yield NoProposal(f"{missed} may have to become {' or '.join(sorted(wrappers))}", fitting[0].breakage.where)
        return
    for place in fitting:
        required = [each for each in place.cls.parameters if each.default is None and each.passing not in _MANY]
        if len(required) != 1:
            names = ", ".join(each.name for each in required)
            yield NoProposal(
                f"{place.cls.name} is required now, and is made from ({names}): what to pass is not known",
                f"{place.cls.path}:{place.cls.line}",
            )
            return
        takes = [case.change.new.canonical(name) for name in names_in(required[0].annotation)]
        if takes and missed not in takes:
            return
        keyword = "" if required[0].name in by_position(place.cls.parameters) else required[0].name
        function = case.change.new.symbol(place.function)
        sentence = f"{place.sentence}; {place.cls.name.rpartition('.')[2]} is made from one ({_place(place.cls)})"
        wrapped = WrapArgument(place.function, place.parameter, place.cls.name, keyword, _order(function, place))
        old = former.get(place)
        yield proposal(
            [wrapped] if old is None else [RenameKeyword(place.function, old, place.parameter), wrapped],
            [sentence],
            [place.breakage],
            Applicability.SAFE if takes else Applicability.UNSAFE,
        )


def _took(place: Retyped, cls: str, case: Case) -> bool:
    return any(case.change.new.canonical(name) == cls for name in names_in(place.breakage.was))


def _place(symbol: Symbol) -> str:
    return f"{symbol.path}:{symbol.line}"


def _order(function: Symbol | None, place: Retyped) -> tuple[str, ...]:
    """The parameters in order, where the codemod can't see the definition: it can see all that the tables hold."""
    return () if function is not None else (place.parameter,)
