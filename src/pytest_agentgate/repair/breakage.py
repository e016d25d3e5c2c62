"""Breakages: the differences between the old and the new API of an implementation, as data.

The word is griffe's. A breakage says what was, what took its place if that is known beyond doubt, and why.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Sort(StrEnum):
    """What happened; in brackets what ``old``, ``new`` and ``parameter`` hold."""

    MODULE_MOVED = "module moved"  # dotted, dotted
    SYMBOL_MOVED = "symbol moved"  # dotted, dotted: renamed, moved to another module, or both
    SYMBOL_GONE = "symbol gone"  # dotted, ""; a module, too
    MEMBER_RENAMED = "member renamed"  # Class.old, Class.new
    MEMBER_GONE = "member gone"  # Class.old, ""
    PARAMETER_RENAMED = "parameter renamed"  # function, function; parameter -> became
    PARAMETER_ADDED = "parameter added"  # required; parameter, its annotation in became
    PARAMETER_GONE = "parameter gone"
    PARAMETERS_REORDERED = "parameters reordered"  # or keyword-only now; names in order in was and became
    PARAMETER_TYPE = "parameter type"  # parameter; annotation was -> became
    DEFAULT_CHANGED = "default changed"  # parameter; was -> became
    BECAME_ASYNC = "became async"
    BECAME_SYNC = "became sync"
    BECAME_PROPERTY = "became property"  # was a method
    BECAME_METHOD = "became method"  # was a property or a field
    BECAME_ITERATOR = "became iterator"  # gave a list; was: list, tuple or set, became: iterator
    FIELD_TYPE = "field type"  # Class.field; annotation was -> became
    RETURN_TYPE = "return type"  # was -> became
    VALUE_CHANGED = "value changed"  # of a constant or member; was -> became
    FIXTURE_RENAMED = "fixture renamed"  # name, name


@dataclass(frozen=True, slots=True)
class Breakage:
    """One difference that can break who relies on the old API."""

    sort: Sort
    old: str  # dotted, where the old API defines it
    new: str = ""  # dotted, where the new API defines it; "" where nothing is known to have taken its place
    parameter: str = ""
    was: str = ""
    became: str = ""
    where: str = ""  # "src/shop/order.py:14": the new place, the old one where there is none
    why: str = ""  # how it is known, in words: "equal bodies", "all 12 members of the module moved with it"
    score: float = 1.0  # 0 to 1: how alike the two are; 1 where it is certain
    margin: float = 1.0  # how much better than the next candidate
    aliases: tuple[str, ...] = ()  # other dotted names under which the old API offered it
    still_used: tuple[str, ...] = ()  # where the new code itself uses what it lost: rather a bug than a change
