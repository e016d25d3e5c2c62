"""The members of an enumeration, read from the source of its class."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from pytest_agentgate.codemods.reading.sources import Sources


class Enumeration:
    """An enumeration: its members by value.

    Args:
        members: the names of the members of each value, with its type: ``1`` and ``True`` are two.
    """

    def __init__(self, members: Mapping[tuple[type, object], list[str]]) -> None:
        self.members = members

    @classmethod
    def of(cls, sources: Sources, name: str) -> Enumeration | None:
        """The enumeration of a dotted name; None where no file shows a class of that name."""
        found = sources.definition(name)
        if found is None or not isinstance(found.node, ast.ClassDef):
            return None
        bases = {(found.module.meaning(base) or "").rpartition(".")[2] for base in found.node.bases}
        members: dict[tuple[type, object], list[str]] = {}
        number = 0
        for statement in found.node.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=member)], value=value) if not member.startswith("_"):
                    pass
                case _:
                    continue
            if isinstance(value, ast.Constant):
                members.setdefault((type(value.value), value.value), []).append(member)
                number = value.value if type(value.value) is int else number
            elif isinstance(value, ast.Call) and found.module.means(value.func, "enum.auto"):
                number += 1
                known: str | int = member.lower() if "StrEnum" in bases else number
                if not bases & {"Flag", "IntFlag"} and not _counts_otherwise(found.node):
                    members.setdefault((type(known), known), []).append(member)
        return cls(members)

    def member(self, value: object) -> str | None:
        """The one member of a value; None where there is none, or several."""
        found = self.members.get((type(value), value), [])
        return found[0] if len(found) == 1 else None


def _counts_otherwise(node: ast.ClassDef) -> bool:
    return any(isinstance(each, ast.FunctionDef) and each.name == "_generate_next_value_" for each in node.body)
