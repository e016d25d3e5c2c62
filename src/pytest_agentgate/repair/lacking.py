"""What became of an attribute that a class or its instances lack."""

from __future__ import annotations

from pytest_agentgate.repair.breakage import Breakage, Sort
from pytest_agentgate.repair.change import Change
from pytest_agentgate.repair.symptoms import Lacking


def became(symptom: Lacking, change: Change) -> list[Breakage]:
    """What became of a member, of the class itself or of one above it."""
    sorts = (Sort.MEMBER_RENAMED, Sort.MEMBER_GONE)
    owners = [symptom.owner, *symptom.bases]
    for owner in owners:
        home = change.new.canonical(owner)
        names = {f"{owner}.{symptom.name}", f"{home}.{symptom.name}"}
        cls = change.new.symbol(home)
        if cls is not None:  # a class that kept its old name as another one is told by the new one
            names |= {f"{each}.{symptom.name}" for each in change.new.names_of(cls)}
        names |= {
            f"{each.old}.{symptom.name}"
            for each in change.about(home)
            if each.sort in (Sort.SYMBOL_MOVED, Sort.MODULE_MOVED)
        }
        found = [each for name in sorted(names) for each in change.of(name, *sorts)]
        if found:
            return list(dict.fromkeys(found))
    return []
