"""Functions and members that are used in another form now: async or not, a property or a method.

Cause: ``'coroutine' object is not subscriptable``, ``object dict can't be used in 'await' expression``, ``'int' object
is not callable``, ``<bound method Cart.total of ...> == 5``.
Remedy: await-call, unawait-call, call-to-attribute, attribute-to-call.
Applicability: safe: only calls and receivers that are proven to be those are changed. ``display`` for what became async
though it awaits nothing, nothing in the implementation awaits it, and no other member of its class became so for a
reason: the word may be a mistake.
Does nothing where the failing tests do not ask for what changed its form, or where the implementation itself still uses
the old form.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from pytest_agentgate.codemods.codemod import Applicability, Codemod
from pytest_agentgate.codemods.idioms.fixtures import own_nodes
from pytest_agentgate.codemods.rewrites.attribute_to_call import AttributeToCall
from pytest_agentgate.codemods.rewrites.await_call import AwaitCall
from pytest_agentgate.codemods.rewrites.call_to_attribute import CallToAttribute
from pytest_agentgate.codemods.rewrites.unawait_call import UnawaitCall
from pytest_agentgate.repair.as_written import definition
from pytest_agentgate.repair.breakage import Breakage, Sort
from pytest_agentgate.repair.case import Case, proposal, told
from pytest_agentgate.repair.proposal import NoProposal, Proposal

ORDER = 50

# What a failure says, as Python words it, where a thing is used in its old form.
_SIGNS = {
    Sort.BECAME_ASYNC: re.compile(r"coroutine|async_generator|asynchronous context manager"),
    Sort.BECAME_SYNC: re.compile(r"can't be used in 'await' expression|requires an object with __aiter__|__aenter__"),
    Sort.BECAME_PROPERTY: re.compile(r"object is not callable"),
    Sort.BECAME_METHOD: re.compile(r"bound method|<function |'(?:method|function)'"),
}


def propose(case: Case) -> Iterator[Proposal | NoProposal]:
    said = "\n".join(case.said())
    for sort, sign in _SIGNS.items():
        if not sign.search(said):
            continue
        found = [each for each in case.change.breakages if each.sort is sort and _is_asked_for(each, case, said)]
        doubted = [each for each in found if sort is Sort.BECAME_ASYNC and not _has_reason(each, case)]
        sure = [each for each in found if each not in doubted]
        if sure:
            yield proposal([_codemod(each) for each in sure], [told(each) for each in sure], sure)
        if doubted:
            doubt = "it awaits nothing, and nothing in the implementation awaits it: that it is async may be a mistake"
            evidence = [*map(told, doubted), doubt]
            yield proposal([_codemod(each) for each in doubted], evidence, doubted, Applicability.DISPLAY)


def _codemod(breakage: Breakage) -> Codemod:
    name = breakage.new or breakage.old
    match breakage.sort:
        case Sort.BECAME_ASYNC:
            return AwaitCall(name)
        case Sort.BECAME_SYNC:
            return UnawaitCall(name)
        case Sort.BECAME_PROPERTY:
            return CallToAttribute(name)
        case _:
            return AttributeToCall(name)


def _has_reason(breakage: Breakage, case: Case) -> bool:
    """Whether something shows that a function is to be awaited: it itself, who calls it, or others of its class."""
    owner = breakage.new.rpartition(".")[0]
    together = [breakage]
    if case.change.new.symbol(owner) is not None:
        others = (each for each in case.change.breakages if each.sort is Sort.BECAME_ASYNC)
        together += [each for each in others if each.new.rpartition(".")[0] == owner]
    return any(_awaits(each, case) or _is_awaited(each, case) for each in together)


def _awaits(breakage: Breakage, case: Case) -> bool:
    symbol = case.change.new.symbol(breakage.new)
    names = None if symbol is None else case.suite.sources.file(symbol.path)
    function = None if symbol is None or names is None else definition(symbol, names)
    return function is not None and any(
        isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith) or getattr(node, "is_async", False)
        for node in own_nodes(function)
    )


def _is_awaited(breakage: Breakage, case: Case) -> bool:
    word = breakage.new.rpartition(".")[2]
    for module in case.change.new.modules.values():
        names = case.suite.sources.file(module.path)
        if names is None:
            continue
        for node in names.by_word.get(word, ()):
            call = names.up[node].parent
            if isinstance(call, ast.Call) and call.func is node and isinstance(names.up[call].parent, ast.Await):
                return True
    return False


def _is_asked_for(breakage: Breakage, case: Case, said: str) -> bool:
    """Whether the failing tests, or what they load, have the last part of its name."""
    word = re.compile(rf"\b{re.escape((breakage.new or breakage.old).rpartition('.')[2])}\b")
    if breakage.sort is Sort.BECAME_METHOD and not word.search(said):
        return False
    return any(word.search(case.suite.sources.text(path) or "") for path in case.suite.loaded_by(case.files))
