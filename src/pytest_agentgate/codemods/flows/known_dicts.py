"""Which dicts an expression is known to be, and which keys they have, without running anything."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pytest_agentgate.codemods.flows.dict_uses import changes, is_dict_call, is_row, text
from pytest_agentgate.codemods.flows.givers import Giver, Givers
from pytest_agentgate.codemods.flows.holders import Holder, Holders
from pytest_agentgate.codemods.flows.uses import Use, Uses
from pytest_agentgate.codemods.models.shapes import Cell, Keyed, Many, Shape
from pytest_agentgate.codemods.reading.names import ModuleNames

COPIES = frozenset({"copy.copy", "copy.deepcopy"})
_DEEPEST = 30
_PROBE = Keyed(())


@dataclass(frozen=True, eq=False)
class Known:
    """A dict that an expression is known to be.

    Args:
        values: by the keys that are known.
        whole: whether it has no others.
        changed: whether keys may come and go before it is used.
    """

    names: ModuleNames
    values: Mapping[str, ast.expr] = field(default_factory=dict)
    whole: bool = True
    changed: bool = False


class KnownDicts:
    """The dicts that expressions of a project's files are known to be."""

    def __init__(self, holders: Holders, givers: Givers, uses: Uses) -> None:
        self.holders = holders
        self.givers = givers
        self.uses = uses

    def of(self, names: ModuleNames, node: ast.expr, deep: int = _DEEPEST) -> list[Known] | None:
        """The dicts that an expression may be, where it is known to be one."""
        if not deep:
            return None
        if isinstance(node, ast.Dict) or is_dict_call(names, node):
            return [self._literal(names, node, deep)]
        if isinstance(node, ast.IfExp):
            return _joined([self.of(names, each, deep - 1) for each in (node.body, node.orelse)])
        if isinstance(node, ast.Await):
            return self.of(names, node.value, deep - 1)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            sides = [self.of(names, each, deep - 1) for each in (node.left, node.right)]
            return None if all(side is None for side in sides) else [Known(names, {}, False)]
        if isinstance(node, ast.DictComp):
            return [Known(names, {}, False)]
        if isinstance(node, ast.Subscript):
            outer, key = self.of(names, node.value, deep - 1), text(node.slice)
            if outer is None or key is None or not all(key in each.values for each in outer):
                return None
            return _joined([self.of(each.names, each.values[key], deep - 1) for each in outer])
        if isinstance(node, ast.Call):
            copied = node.args[0] if names.meaning(node.func) in COPIES and node.args else None
            if isinstance(node.func, ast.Attribute) and node.func.attr == "copy":
                copied = node.func.value
            if copied is not None:
                return self.of(names, copied, deep - 1)
        holder = self.holders.holder(names, node)
        return None if holder is None else self._of_holder(holder, deep)

    def _of_holder(self, holder: Holder, deep: int) -> list[Known] | None:
        givers = self.givers.of(holder)
        if givers is None:
            return None
        found: list[list[Known] | None] = []
        for each in givers:
            if isinstance(each, Holder):
                found.append(self._of_holder(each, deep - 1) if deep else None)
            elif each.adapt(_PROBE) is _PROBE:
                found.append(self.of(each.names, each.node, deep - 1))
            else:
                found.append(self._within(each, each.adapt(_PROBE), deep - 1))
        known = _joined(found)
        if known is None:
            return None
        changed = any(isinstance(use, Use) and changes(use) for use in self.uses.of(holder) or ())
        return [replace(each, whole=False, changed=True) for each in known] if changed else known

    def _within(self, giver: Giver, shape: Shape | None, deep: int) -> list[Known] | None:
        """The dicts that an element of a list, or a cell of the rows of ``parametrize``, may be."""
        found: list[list[Known] | None] = []
        node = giver.node
        if isinstance(shape, Many) and isinstance(node, ast.Name | ast.Attribute):
            holder = self.holders.holder(giver.names, node)
            inner = self.givers.of(holder) if holder is not None and deep else None
            for each in inner or (None,):
                one = Giver(each.names, each.node, giver.adapt) if isinstance(each, Giver) else None
                found.append(self._within(one, shape, deep - 1) if one is not None else None)
            return _joined(found)
        if not isinstance(shape, Many) or not isinstance(node, ast.List | ast.Tuple | ast.Set):
            return None
        for row in node.elts:
            cell: ast.expr | None = row
            if isinstance(shape.each, Cell):
                values = row.args if is_row(row) and isinstance(row, ast.Call) else None
                if values is None and shape.each.of > 1:
                    values = row.elts if isinstance(row, ast.Tuple | ast.List) else []
                if values is not None:
                    cell = values[shape.each.at] if shape.each.at < len(values) else None
            found.append(None if cell is None else self.of(giver.names, cell, deep))
        return _joined(found)

    def _literal(self, names: ModuleNames, node: ast.expr, deep: int) -> Known:
        values: dict[str, ast.expr] = {}
        whole = True
        pairs: list[tuple[str | None, ast.expr]]
        if isinstance(node, ast.Dict):
            keys = [None if key is None else text(key) or "" for key in node.keys]
            pairs = list(zip(keys, node.values, strict=True))
        else:
            assert isinstance(node, ast.Call)  # noqa: S101
            pairs = [*((None, each) for each in node.args), *((each.arg, each.value) for each in node.keywords)]
        for key, value in pairs:
            if key is None:
                inner = self.of(names, value, deep - 1)
                if inner is not None and len(inner) == 1 and inner[0].whole and inner[0].names is names:
                    values.update(inner[0].values)
                else:
                    whole = False
            elif key:
                values[key] = value
            else:
                whole = False
        return Known(names, values, whole)


def _joined(several: list[list[Known] | None]) -> list[Known] | None:
    found: list[Known] = []
    for each in several:
        if each is None:
            return None
        found += each
    return found or None
