"""Last step: what changed in the kind, the type or the value of a definition that stayed or moved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pytest_agentgate.repair.align.pairs import Pair
from pytest_agentgate.repair.align.parameters import same_text
from pytest_agentgate.repair.align.sides import CALLABLE, place
from pytest_agentgate.repair.align.types import Meanings, takes_all
from pytest_agentgate.repair.api.table import Sort as Kind
from pytest_agentgate.repair.breakage import Breakage, Sort

_LONGEST = 500  # characters of a value that is told


def compare(pair: Pair, meanings: Meanings) -> Iterator[Breakage]:
    """The breakages of one pair, those of its parameters and members apart."""
    old, new = pair.old, pair.new
    at = Breakage(Sort.VALUE_CHANGED, old.name, new.name, where=place(new), score=pair.score, margin=pair.margin)
    method = {Kind.METHOD, Kind.CLASSMETHOD, Kind.STATICMETHOD}
    if old.sort in CALLABLE and new.sort in CALLABLE:
        if new.is_async and not old.is_async:
            yield replace(at, sort=Sort.BECAME_ASYNC, why=f"async def at {place(new)}, def at {place(old)} before")
        if old.is_async and not new.is_async:
            yield replace(at, sort=Sort.BECAME_SYNC, why=f"def at {place(new)}, async def at {place(old)} before")
        yield from _returned(at, pair, meanings)
    elif old.sort in method and new.sort is Kind.PROPERTY:
        yield replace(at, sort=Sort.BECAME_PROPERTY, why=f"a property at {place(new)}, a method at {place(old)} before")
    elif new.sort in method and (old.sort is Kind.PROPERTY or _is_plain(pair)):
        was = "a property" if old.sort is Kind.PROPERTY else "a field"
        yield replace(at, sort=Sort.BECAME_METHOD, why=f"a method at {place(new)}, {was} at {place(old)} before")
    if old.sort in {Kind.FIELD, Kind.PROPERTY} and new.sort in {Kind.FIELD, Kind.PROPERTY}:
        before, after = old.annotation or old.returns, new.annotation or new.returns
        if not meanings.takes_all(before, after):
            why = f"its annotation was {before} and is {after}"
            yield replace(at, sort=Sort.FIELD_TYPE, was=before, became=after, why=why)
    told = {Kind.CONSTANT, Kind.MEMBER}
    if old.sort in told and new.sort in told and _differ(old.value, new.value, meanings):
        why = f"it was {_short(old.value)} and is {_short(new.value)}"
        yield replace(at, was=old.value, became=new.value, why=why)


def _differ(before: str, after: str, meanings: Meanings) -> bool:
    """Whether two values are other ones, and short enough to be told."""
    told = bool(before) and bool(after) and max(len(before), len(after)) <= _LONGEST
    return told and not same_text(before, after) and not meanings.same(before, after)


def _returned(at: Breakage, pair: Pair, meanings: Meanings) -> Iterator[Breakage]:
    before, after = meanings.before(pair.old.returns), meanings.after(pair.new.returns)
    if before and after and not takes_all(after, before):
        why = f"it was annotated to return {pair.old.returns}, and is to return {pair.new.returns}"
        yield replace(at, sort=Sort.RETURN_TYPE, was=pair.old.returns, became=pair.new.returns, why=why)


def _is_plain(pair: Pair) -> bool:
    """Whether an old field held a value that nobody calls."""
    old = pair.old
    return old.sort is Kind.FIELD and bool(old.annotation) and "Callable" not in old.annotation


def _short(value: str) -> str:
    return value if len(value) <= 60 else f"{value[:57]}..."
