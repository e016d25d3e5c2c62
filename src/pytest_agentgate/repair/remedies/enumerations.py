"""Texts and numbers that are members of an enumeration now.

Cause: ``assert <Color.RED: 'red'> == 'red'``, ``'str' object has no attribute 'value'``, a refused text.
Remedy: write the member (literal-to-enum).
Applicability: safe: only literals that are the value of exactly one member, only for what is proven to be that field.
Does nothing where the type of the field or result did not become an enumeration, or where the failure is about another.
"""

from __future__ import annotations

from collections.abc import Iterator

from pytest_agentgate.codemods.rewrites.literal_to_enum import LiteralToEnum
from pytest_agentgate.model import Raised, Role
from pytest_agentgate.repair.case import Case, proposal
from pytest_agentgate.repair.proposal import NoProposal, Proposal
from pytest_agentgate.repair.typed import Retyped, is_enumeration, retyped

ORDER = 37
_PLAIN = frozenset({"str", "int", "bytes", "float", "bool"})


def propose(case: Case) -> Iterator[Proposal | NoProposal]:
    places = [each for each in retyped(case.change) if is_enumeration(each.cls, case.change)]
    found = [each for each in places if _is_meant(each, case)]
    if found:
        codemods = [LiteralToEnum(_place(each), each.cls.name) for each in found]
        yield proposal(codemods, [each.sentence for each in found], [each.breakage for each in found])


def _place(place: Retyped) -> str:
    return f"{place.function}.{place.parameter}" if place.parameter else place.function


def _is_meant(place: Retyped, case: Case) -> bool:
    short = place.cls.name.rpartition(".")[2]
    for failure in case.failures:
        sides = failure.evidence.comparison
        for side in (sides.left, sides.right) if sides is not None else ():
            if side is not None and (side.type.rpartition(".")[2] == short or f"<{short}." in side.repr):
                return True
        for raised in failure.evidence.chain:
            if _asks_plain(raised, place, case) or _refuses(raised, place):
                return True
    return False


def _asks_plain(raised: Raised, place: Retyped, case: Case) -> bool:
    """The implementation asks a text for what the enumeration's members have."""
    facts = raised.facts
    if facts.get("obj_type") not in _PLAIN or not any(frame.role is Role.SOURCE for frame in raised.frames):
        return False
    name = str(facts.get("name", ""))
    return name in {"value", "name"} or case.change.new.symbol(f"{place.cls.name}.{name}") is not None


def _refuses(raised: Raised, place: Retyped) -> bool:
    errors = raised.facts.get("errors")
    owner = str(raised.facts.get("model_class") or raised.facts.get("model") or "").rpartition(".")[2]
    if not isinstance(errors, list) or owner != place.function.rpartition(".")[2]:
        return False
    return any(
        isinstance(each, dict)
        and str(each.get("type", "")) in {"is_instance_of", "enum"}
        and place.parameter in str(each.get("loc"))
        for each in errors
    )
