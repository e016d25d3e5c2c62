"""Methods that ended a generator by an exception, and are gone since generators return values themselves.

Cause: ``AttributeError: 'Flow' object has no attribute 'stop'``.
Remedy: return what was given to it (call-to-return).
Applicability: safe where the method did nothing but raise an exception that the old implementation caught together with
``StopIteration``, and where the new one does with ``StopIteration`` alone, at the same place, what it did with both.
Does nothing where the implementation still knows the exception, where it did or does something else with it, or where
it still asks for the method: then it may have been lost by mistake.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pytest_agentgate.codemods.reading.names import ModuleNames
from pytest_agentgate.codemods.rewrites.call_to_return import CallToReturn
from pytest_agentgate.repair.api.table import Sort as Is
from pytest_agentgate.repair.api.table import Symbol
from pytest_agentgate.repair.as_written import definition, former
from pytest_agentgate.repair.breakage import Sort
from pytest_agentgate.repair.case import Case, proposal
from pytest_agentgate.repair.change import MOVES, Change
from pytest_agentgate.repair.proposal import NoProposal, Proposal
from pytest_agentgate.repair.symptoms import Lacking

ORDER = 41
_END = "builtins.StopIteration"


@dataclass(frozen=True)
class _Handler:
    """Where an exception is caught."""

    function: str  # dotted
    place: str
    types: frozenset[str]  # dotted
    body: str  # without places


def propose(case: Case) -> Iterator[Proposal | NoProposal]:
    for symptom in case.symptoms:
        if isinstance(symptom, Lacking) and case.change.is_ours(symptom.owner):
            yield from _of(symptom, case)


def _of(symptom: Lacking, case: Case) -> Iterator[Proposal | NoProposal]:
    change = case.change
    home = change.new.canonical(symptom.owner)
    old = _former(symptom, change)
    if old is None or change.new.offers(f"{home}.{symptom.name}"):
        return
    raised = _raised(old, change)
    if raised is None:
        return
    refusal = NoProposal(
        f"{old.name} raised {raised.name}, and is gone; that a generator's end is taken for it can't be told",
        f"{old.path}:{old.line}",
    )
    if _is_asked_for(symptom.name, change) or change.new.offers(raised.name):
        yield refusal
        return
    before = [each for each in _handlers(change, raised.name) if raised.name in each.types]
    after = [_heir(each, raised.name, case) for each in before]
    if not before or not all(after):
        yield refusal
        return
    sentence = (
        f"{old.name} did nothing but raise {raised.name} ({old.path}:{old.line}), which {before[0].function} took for "
        f"a generator's end, as StopIteration ({before[0].place}); both are gone, and StopIteration alone is taken so "
        f"now ({after[0]})"
    )
    gone = change.of(old.name, Sort.MEMBER_GONE)
    yield proposal([CallToReturn(f"{home}.{symptom.name}", _known_as(raised, change))], [sentence], gone)


def _is_asked_for(name: str, change: Change) -> bool:
    """Whether the implementation asks a class of its own for a member of this name that it does not have."""
    return any(
        call.name.rpartition(".")[2] == name and change.is_ours(call.name) and not change.new.offers(call.name)
        for module in change.new.modules.values()
        for call in module.calls
    )


def _former(symptom: Lacking, change: Change) -> Symbol | None:
    """The method as it was, of the class or of one above it."""
    home = change.new.canonical(symptom.owner)
    owners = [symptom.owner, home, *(each.old for each in change.about(home) if each.sort in MOVES)]
    found = (change.old.symbol(f"{owner}.{symptom.name}") for owner in owners)
    return next((each for each in found if each is not None and each.sort is Is.METHOD), None)


def _raised(method: Symbol, change: Change) -> Symbol | None:
    """The exception of the implementation that a method raises with what it was given, if it does nothing else."""
    names = former(method.path, change)
    function = None if names is None else definition(method, names)
    if names is None or not isinstance(function, ast.FunctionDef) or function.decorator_list:
        return None
    given = [each.arg for each in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)][1:]
    defaults = [each for each in (*function.args.defaults, *function.args.kw_defaults) if each is not None]
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    is_plain = not (function.args.vararg or function.args.kwarg) and all(map(_is_none, defaults))
    if not is_plain or len(given) > 1 or len(body) != 1 or not isinstance(body[0], ast.Raise) or body[0].cause:
        return None
    made = body[0].exc
    passed = made.args if isinstance(made, ast.Call) and not made.keywords else []
    named = made.func if isinstance(made, ast.Call) and not made.keywords else made
    meant = None if named is None else names.meaning(named)
    if meant is None or [each.id if isinstance(each, ast.Name) else "" for each in passed] != given:
        return None
    found = change.old.symbol(meant)
    return found if found is not None and found.sort is Is.CLASS else None


def _heir(before: _Handler, raised: str, case: Case) -> str:
    """Where the new implementation does with the generator's end alone what it did with both; "" where it does not."""
    change = case.change
    moved = change.moved(before.function)
    new = change.new.symbol(before.function if moved is None else moved[1])
    names = None if new is None else case.suite.sources.file(new.path)
    if _END not in before.types or new is None or names is None:
        return ""
    wanted = before.types - {raised}
    for each in _in_module(names, new.path, change.new.canonical):
        if each.function == new.name and each.types == wanted and each.body == before.body:
            return each.place
    return ""


def _handlers(change: Change, raised: str) -> Iterator[_Handler]:
    word = raised.rpartition(".")[2]
    for path in dict.fromkeys(module.path for module in change.old.modules.values()):
        if word in (change.former(path) or ""):
            names = former(path, change)
            if names is not None:
                yield from _in_module(names, path, change.old.canonical)


def _in_module(names: ModuleNames, path: str, canonical: Callable[[str], str]) -> Iterator[_Handler]:
    for function in names.functions:
        for node in ast.walk(function):
            if not isinstance(node, ast.ExceptHandler) or node.type is None:
                continue
            types = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            meant = frozenset(canonical(names.meaning(each) or "") for each in types)
            body = "\n".join(map(ast.dump, node.body))
            yield _Handler(names.qualified(function), f"{path}:{node.lineno}", meant, f"{node.name}: {body}")


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _known_as(exception: Symbol, change: Change) -> tuple[str, ...]:
    """The bare names of an exception and of what it derives from."""
    found: dict[str, None] = {}
    todo = [exception.name]
    while todo:
        name = todo.pop()
        above = change.old.symbol(name)
        if name.rpartition(".")[2] not in found:
            found[name.rpartition(".")[2]] = None
            todo += above.bases if above is not None else ()
    return tuple(found)
