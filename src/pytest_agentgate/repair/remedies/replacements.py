"""Methods of the tests' own classes, and what stands in for functions, that the implementation passes more now.

Cause: ``TypeError: Fixed.price() got an unexpected keyword argument 'day'``, where it is the implementation that calls.
Remedy: they take the parameter as well (add-parameter), and pass it on to ``super()``.
Applicability: safe: what they take the place of has the parameter now, had not before, and is called with it where the
failure arose.
Does nothing where something in the implementation that overrides it does not take the parameter either: then the change
is half done.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_agentgate.codemods.reading.hierarchy import Hierarchy
from pytest_agentgate.codemods.rewrites.add_parameter import AddParameter
from pytest_agentgate.model import Failure, Frame, Role
from pytest_agentgate.repair.api.table import Parameter, Passing, Symbol
from pytest_agentgate.repair.api.table import Sort as Is
from pytest_agentgate.repair.breakage import Sort
from pytest_agentgate.repair.called import Called, pair, written
from pytest_agentgate.repair.case import Case, proposal
from pytest_agentgate.repair.proposal import NoProposal, Proposal

ORDER = 22
_SWALLOWING = frozenset({Passing.VAR_POSITIONAL, Passing.VAR_KEYWORD})
_UNFIT = re.compile(
    r"([\w.<>]+)\(\) (?:got an unexpected keyword argument '(\w+)'|takes (?:from )?\d+[\w ]* positional arguments? but)"
)


def propose(case: Case) -> Iterator[Proposal | NoProposal]:
    seen: dict[tuple[str, str], Called] = {}
    for failure in case.failures:
        for name, keyword in _unfit(failure):
            for replaced in (*_overridden(name, case), *_called_from(failure, case)):
                called = pair(replaced, case.change)
                if called is not None:
                    seen[called.name, keyword] = called
    for (_, keyword), called in seen.items():
        yield from _of(called, keyword, case)


def _unfit(failure: Failure) -> Iterator[tuple[str, str]]:
    """The functions, as Python calls them, that do not take what they are passed; the keyword, "" if by position."""
    texts = [raised.message for raised in failure.evidence.chain]
    sides = failure.evidence.comparison
    texts += [side.repr for side in (sides.left, sides.right) if side is not None] if sides is not None else []
    for text in texts:
        for match in _UNFIT.finditer(text):
            yield match[1].replace("<locals>.", ""), match[2] or ""


def _overridden(name: str, case: Case) -> Iterator[str]:
    """The methods of the implementation that a method of the tests' classes overrides, by the end of its name."""
    owner, _, member = name.rpartition(".")
    for _, file in case.suite.files(case.files):
        hierarchy = Hierarchy(file)
        for node in file.names.classes:
            if node.name != owner.rpartition(".")[2]:
                continue
            for above in hierarchy.lineage(file.names.qualified(node))[1:]:
                symbol = case.change.new.symbol(f"{above}.{member}") if above else None
                if symbol is not None:
                    yield symbol.name
                    break


def _called_from(failure: Failure, case: Case) -> Iterator[str]:
    """The functions that the implementation calls on the line where a function of the tests stands in for one."""
    frames: list[Frame] = [raised.frames[-1] for raised in failure.evidence.chain if raised.frames]
    for frame in frames:
        if frame.role is not Role.SOURCE:
            continue
        for module in case.change.new.modules.values():
            if module.path == frame.path:
                for call in module.calls:
                    if call.is_call and call.line == frame.line:
                        yield case.change.new.canonical(call.name)


def _of(called: Called, keyword: str, case: Case) -> Iterator[Proposal | NoProposal]:
    before = {each.name for each in called.old.parameters}
    renamed = [each for each in called.breakages if each.sort is Sort.PARAMETER_RENAMED]
    added = [each for each in called.new.parameters if each.name not in before and each.passing not in _SWALLOWING]
    gone = before - {each.name for each in called.new.parameters}
    if not added or renamed or gone or (keyword and keyword not in {each.name for each in added}):
        return
    behind = [each for each in _overriding(called, case) if not _takes(each, added)]
    if behind:
        yield NoProposal(
            f"{behind[0].name} overrides {called.name}, and does not take what this takes now: the change is half done",
            ", ".join(f"{each.path}:{each.line}" for each in behind[:3]),
            final=True,
        )
        return
    codemods = []
    for number, each in enumerate(added, 1):
        later = {other.name for other in added[number:]}
        taken = written(tuple(other for other in called.new.parameters if other.name not in later))
        codemods.append(AddParameter(called.name, each.name, taken, each.default or ""))
    names = ", ".join(each.name for each in added)
    sentence = f"{called.name} takes {names} now ({called.place}), and is called with it"
    about = [each for each in called.breakages if each.sort is Sort.PARAMETER_ADDED]
    yield proposal(codemods, [sentence], about)


def _overriding(called: Called, case: Case) -> Iterator[Symbol]:
    """The methods of the implementation that override a method."""
    owner, _, member = called.name.rpartition(".")
    cls = case.change.new.symbol(owner)
    if cls is None or cls.sort is not Is.CLASS:
        return
    for module in case.change.new.modules.values():
        for symbol in module.symbols.values():
            above, _, last = symbol.name.rpartition(".")
            if last == member and above != cls.name and cls.name in _lineage(above, case):
                yield symbol


def _lineage(cls: str, case: Case) -> set[str]:
    found: set[str] = set()
    todo = [cls]
    while todo:
        symbol = case.change.new.symbol(todo.pop())
        if symbol is not None and symbol.name not in found:
            found.add(symbol.name)
            todo += symbol.bases
    return found


def _takes(symbol: Symbol, added: list[Parameter]) -> bool:
    names = {each.name for each in symbol.parameters}
    return any(each.passing is Passing.VAR_KEYWORD for each in symbol.parameters) or all(
        each.name in names for each in added
    )
