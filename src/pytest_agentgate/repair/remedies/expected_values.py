"""Results that differ from what a test expects.

Cause: ``assert greet("Ada") == "Hello Ada"`` gives something else.
Remedy: the new result as it was seen (replace-literal).
Applicability: display, always: whether the new result is right is for a person to say.
Does nothing where the sides are no plain values, or where the failing line calls no function of the implementation.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_agentgate.codemods.codemod import Applicability
from pytest_agentgate.codemods.rewrites.replace_literal import ReplaceLiteral
from pytest_agentgate.model import Failure
from pytest_agentgate.repair.breakage import Sort
from pytest_agentgate.repair.called import called_at
from pytest_agentgate.repair.case import Case, proposal, told
from pytest_agentgate.repair.proposal import NoProposal, Proposal
from pytest_agentgate.repair.symptoms import site

ORDER = 90
_VALUES = frozenset({Sort.VALUE_CHANGED, Sort.DEFAULT_CHANGED, Sort.RETURN_TYPE})


def propose(case: Case) -> Iterator[Proposal | NoProposal]:
    seen: dict[Proposal, None] = {}
    for failure in case.failures:
        seen.update(dict.fromkeys(_of(failure, case)))
    yield from seen


def _of(failure: Failure, case: Case) -> Iterator[Proposal]:
    comparison = failure.evidence.comparison
    if comparison is None or comparison.operator not in {"==", "assertEqual"}:
        return
    if comparison.left is None or comparison.right is None:
        return
    frame = site(failure.evidence.raised)
    functions = called_at(frame, case)
    actual, expected = _literal(comparison.left.repr), _literal(comparison.right.repr)
    if len(functions) != 1 or not actual or not expected or frame is None:
        return
    name = functions[0]
    about = tuple(each for each in case.change.about(name) if each.sort in _VALUES)
    sentences = [f"{name} gives {actual} where {frame.path}:{frame.line} expects {expected}"]
    yield proposal(
        [ReplaceLiteral(name, expected, actual)],
        [*sentences, *map(told, about), "whether the new result is right is for a person to say"],
        about,
        Applicability.DISPLAY,
    )


def _literal(text: str) -> str:
    """The text if it is a plain value as Python writes it, else ""."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return ""
    return text if repr(value) == text else ""
