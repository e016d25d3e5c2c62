"""Functions that gave a list, tuple or set, and give their items one by one now.

Cause: ``assert <generator object days at 0x...> == [1, 2]``, ``'generator' object is not subscriptable``, ``object of
type 'map' has no len()``.
Remedy: what the function gives is collected where tests need more than one pass over it (collect-items).
Applicability: safe where the change is meant: the function yields, or says in its annotation or docstring that it gives
an iterator; else ``unsafe``: a pair of brackets may have become one of parentheses by mistake.
Does nothing where the annotation still promises a list, where the implementation itself uses what it gives as a list,
or where it is not proven that it always gave one.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from pytest_agentgate.codemods.codemod import Applicability
from pytest_agentgate.codemods.rewrites.collect_items import CollectItems
from pytest_agentgate.model import Role
from pytest_agentgate.repair.api.table import Sort as Is
from pytest_agentgate.repair.breakage import Breakage, Sort
from pytest_agentgate.repair.called import function_at, pair
from pytest_agentgate.repair.case import Case, proposal, told
from pytest_agentgate.repair.change import Change
from pytest_agentgate.repair.contrary import against
from pytest_agentgate.repair.definitions import Definitions
from pytest_agentgate.repair.given import Bodies, Given
from pytest_agentgate.repair.local_classes import from_local
from pytest_agentgate.repair.proposal import NoProposal, Proposal

ORDER = 52
_TYPES = "generator|map|filter|zip|enumerate|reversed|itertools\\.\\w+|\\w+_iterator"
_SIGN = re.compile(  # unittest may leave out the middle of a name: "Shop.it[17 chars]29b0>"
    rf"<generator object ((?:[\w.]|<locals>)+)(\[\d+ chars\])?|<(?:{_TYPES}) object at|'(?:{_TYPES})'"
)
_SAID = re.compile(r"\b(?:iterator|iterable|generator|yields?|lazily|lazy)\b", re.IGNORECASE)


def propose(case: Case) -> Iterator[Proposal | NoProposal]:
    signs = [match for text in case.said() for match in _SIGN.finditer(text)]
    if not signs:
        return
    named = {match[1].partition(".<locals>")[0] + ("*" if match[2] else "") for match in signs if match[1]}
    for name in _called(case):
        if named and not any(fnmatchcase(name, f"*.{each}") for each in named):
            continue
        found = _change_of(name, case.change, case)
        if isinstance(found, NoProposal):
            yield found
        elif found is not None:
            breakage, meant = found
            refusal = against([breakage], case.change, case.suite)
            if refusal is not None:
                yield refusal
                continue
            sure = Applicability.SAFE if meant else Applicability.UNSAFE
            doubt = [] if meant else ["nothing but its expression says so: it may have become one by mistake"]
            codemod = CollectItems(breakage.new, breakage.was)
            yield proposal([codemod], [told(breakage), *doubt], [breakage], sure)


def _called(case: Case) -> Iterator[str]:
    """The functions of the implementation that the failing tests, and what they call in the tests, call themselves."""
    found: dict[str, None] = {}
    for failure in case.failures:
        for raised in failure.evidence.chain:
            for frame in raised.frames:
                file = case.suite.file(frame.path) if frame.role is Role.TEST else None
                function = function_at(frame, case)
                receivers = case.suite.receivers(frame.path) if file is not None and function is not None else None
                if file is None or function is None or receivers is None:
                    continue
                for call in file.names.calls:
                    if not function.lineno <= call.lineno <= (function.end_lineno or function.lineno):
                        continue
                    name = file.names.meaning(call.func)
                    if name is not None and case.change.is_ours(name):
                        found[case.change.new.canonical(name)] = None
                    elif isinstance(call.func, ast.Attribute):
                        for owner in receivers.classes(call.func.value):
                            symbol = None if owner is None else case.change.new.symbol(f"{owner}.{call.func.attr}")
                            if symbol is not None:
                                found[symbol.name] = None
    yield from found


def _change_of(name: str, change: Change, case: Case) -> tuple[Breakage, bool] | NoProposal | None:
    """That a function gives items one by one which it gave as a list, and whether that is meant."""
    called = pair(name, change) or from_local(name, change, case.suite)
    if called is None or called.new.sort is Is.CLASS:
        return None
    before = Bodies(Definitions.before(change)).of(called.old)
    now = Bodies(Definitions.now(change, case.suite)).of(called.new)
    was = before.kind or (before.promised if before.promised != "iterator" else "")
    if was not in {"list", "tuple", "set"} or now.kind != "iterator":
        return None
    if now.promised not in {"", "iterator"}:
        return NoProposal(
            f"{called.name} gives an iterator now, but its annotation still says {called.new.returns}: a bug",
            called.place,
            final=True,
        )
    how = "yields" if now.yields else "gives an iterator"
    why = f"it {how} at {called.place}, and gave a {was} at {called.old.path}:{called.old.line} before"
    breakage = Breakage(
        Sort.BECAME_ITERATOR, called.old.name, called.new.name, was=was, became="iterator", where=called.place, why=why
    )
    return breakage, _is_meant(before, now)


def _is_meant(before: Given, now: Given) -> bool:
    said = bool(_SAID.search(now.doc)) and now.doc != before.doc
    return now.yields or now.promised == "iterator" or said
