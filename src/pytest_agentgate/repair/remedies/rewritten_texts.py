"""Texts of the implementation that were written anew, where that alone is why a test fails.

Cause: ``assert 'no such day: Mon' == 'unknown day: Mon'``.
Remedy: none. It says which text of the implementation changed, where the expected text with it is what the test got.
Applicability: none: a mistake in the text would look the same, so that a person has to say which one is right.
Does nothing where a text has changed in more than one way, or where it explains only a part of the difference.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from weakref import WeakKeyDictionary

from pytest_agentgate.codemods.reading.names import ModuleNames
from pytest_agentgate.model import Failure
from pytest_agentgate.repair.as_written import former
from pytest_agentgate.repair.case import Case
from pytest_agentgate.repair.change import Change
from pytest_agentgate.repair.proposal import NoProposal

ORDER = 91
_SHORTEST = 2  # characters of a text that tells something
_SHOWN = 60
_Change = tuple[str, str, str]  # what it was, what it is, where

_known: WeakKeyDictionary[Change, tuple[_Change, ...]] = WeakKeyDictionary()


def propose(case: Case) -> Iterator[NoProposal]:
    pairs = dict.fromkeys(pair for failure in case.failures for pair in _compared(failure))
    if not pairs:
        return
    if case.change not in _known:
        _known[case.change] = tuple(dict.fromkeys(_changes(case)))
    for one, other in pairs:
        found = [
            (was, became, place)
            for was, became, place in _known[case.change]
            if (was in one and one.replace(was, became) == other)
            or (was in other and other.replace(was, became) == one)
        ]
        if len({(was, became) for was, became, _ in found}) == 1:
            was, became, place = found[0]
            yield NoProposal(
                f"the implementation writes {_short(became)} where it wrote {_short(was)}, and nothing else differs "
                "from what the test expects: whether the new text is right is for a person to say",
                place,
            )
            return


def _compared(failure: Failure) -> Iterator[tuple[str, str]]:
    sides = failure.evidence.comparison
    if sides is None or sides.left is None or sides.right is None:
        return
    one, other = _text(sides.left.repr), _text(sides.right.repr)
    if one and other and one != other:
        yield one, other


def _text(written: str) -> str:
    try:
        value = ast.literal_eval(written)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return ""
    return value if isinstance(value, str) else ""


def _changes(case: Case) -> Iterator[_Change]:
    """The texts that went and came in functions that are still there: one for one, or one of them within the other."""
    for module in case.change.old.modules.values():
        later = case.change.new.modules.get(module.name)
        if later is None or case.change.former(module.path) == case.suite.sources.text(later.path):
            continue
        old, new = former(module.path, case.change), case.suite.sources.file(later.path)
        if old is None or new is None:
            continue
        before, after = _texts(old), _texts(new)
        for name in before.keys() & after.keys():
            gone = [text for text in before[name] if text not in after[name] and len(text) >= _SHORTEST]
            come = [text for text in after[name] if text not in before[name] and len(text) >= _SHORTEST]
            for was in gone:
                for became in come:
                    yield was, became, f"{later.path}:{after[name][became]}"


def _texts(names: ModuleNames) -> Mapping[str, Mapping[str, int]]:
    """The texts in each function of a module, with the lines on which they stand; docstrings are left out."""
    found: dict[str, dict[str, int]] = {}
    for function in names.functions:
        described = {id(node.value) for node in ast.walk(function) if isinstance(node, ast.Expr)}
        found[names.qualified(function)] = {
            node.value: node.lineno
            for node in ast.walk(function)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in described
        }
    return found


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")
