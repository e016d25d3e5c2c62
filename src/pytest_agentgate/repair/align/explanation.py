"""Breakages as a table for people."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_agentgate.repair.breakage import Breakage, Sort

_PARAMETERS = frozenset({
    Sort.PARAMETER_RENAMED, Sort.PARAMETER_ADDED, Sort.PARAMETER_GONE, Sort.PARAMETER_TYPE, Sort.DEFAULT_CHANGED,
})  # fmt: skip


def explain(breakages: Iterable[Breakage]) -> str:
    """One line for each breakage and one that says how it is known, what is alike together; "" for none."""
    lines: list[str] = []
    last: Sort | None = None
    for each in sorted(breakages, key=lambda one: (list(Sort).index(one.sort), one.old, one.parameter, one.new)):
        if each.sort is not last:
            lines += ["", each.sort.value] if lines else [each.sort.value]
            last = each.sort
        lines.append(f"  {sentence(each)}")
        lines.append(f"      {each.where}: {each.why}{_certainty(each)}")
    return "\n".join(lines)


def sentence(breakage: Breakage) -> str:
    """What changed, on one line: ``shop.order(qty) -> shop.order(quantity)``."""
    old, new = breakage.old, breakage.new
    if breakage.sort in _PARAMETERS:
        moved = f" -> {new}" if new != old else ""
        changed = f": {breakage.was or 'nothing'} -> {breakage.became}" if breakage.became else ""
        return f"{old}({breakage.parameter}){moved}{changed}"
    if breakage.was or breakage.became:
        return f"{old}{f' -> {new}' if new not in {'', old} else ''}: {breakage.was} -> {breakage.became or 'nothing'}"
    return f"{old} -> {new}" if new and new != old else old


def _certainty(breakage: Breakage) -> str:
    return "" if breakage.score in {0.0, 1.0} else f" (score {breakage.score:.2f}, margin {breakage.margin:.2f})"
