"""Functions that ended the process, and that return the status now.

Cause: ``Failed: DID NOT RAISE <class 'SystemExit'>``.
Remedy: compare what the function returns with the status (exit-to-result).
Applicability: safe where the function returns a value and did not before, and who calls it in the implementation ends
the process with that now, or its annotation says that it returns a number now; else only shown.
Does nothing where the function returns nothing, or where the implementation itself calls it and drops the status: then
an exit is lost by mistake.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from pytest_agentgate.codemods.codemod import Applicability
from pytest_agentgate.codemods.idioms.exits import exits
from pytest_agentgate.codemods.reading.names import FunctionNode, ModuleNames, parse
from pytest_agentgate.codemods.reading.sources import package_of
from pytest_agentgate.codemods.rewrites.exit_to_result import ExitToResult
from pytest_agentgate.model import Failure, Frame, Role
from pytest_agentgate.repair.called import Called, called_at, pair
from pytest_agentgate.repair.case import Case, proposal
from pytest_agentgate.repair.proposal import NoProposal, Proposal

ORDER = 65
_ENDS = frozenset({"sys.exit", "builtins.SystemExit", "builtins.exit", "os._exit"})


def propose(case: Case) -> Iterator[Proposal | NoProposal]:
    found: dict[str, Called] = {}
    for failure in case.failures:
        for frame in _expecting(failure):
            for name in _ended(frame, case):
                called = pair(name, case.change)
                if called is not None:
                    found[called.name] = called
    for each in found.values():
        yield from _of(each, case)


def _expecting(failure: Failure) -> Iterator[Frame]:
    """Where a test expected SystemExit, and none came."""
    for raised in failure.evidence.chain:
        told = raised.facts.get("expected")
        missed = (isinstance(told, list) and "SystemExit" in told) or raised.message.startswith("SystemExit not raised")
        own = [frame for frame in raised.frames if frame.role in (Role.TEST, Role.SOURCE)]
        if missed and own and own[-1].role is Role.TEST:
            yield own[-1]


def _ended(frame: Frame, case: Case) -> Iterator[str]:
    """The function that the block around a frame calls last."""
    file = case.suite.file(frame.path)
    for each in exits(file.names) if file is not None else ():
        if each.block.lineno <= frame.line <= (each.block.end_lineno or each.block.lineno):
            yield from called_at(replace(frame, line=each.call.lineno), case)


def _of(called: Called, case: Case) -> Iterator[Proposal | NoProposal]:
    new, old = _node(called, case), _former(called, case)
    if new is None or old is None or _gives(old):
        return
    if not _gives(new):
        yield NoProposal(f"{called.name} neither ends the process nor returns a status: the exit is lost", called.place)
        return
    ends, drops = _callers(called, case)
    handed_on = [place for place in _handed_on(called, case) if not ends]
    if drops:
        yield NoProposal(
            f"the implementation itself calls {called.name} and does nothing with what it returns: the exit is lost",
            ", ".join(drops[:3]),
            final=True,
        )
        return
    evidence = [f"{called.name} returned nothing, and returns a value now ({called.place})"]
    was, became = (each.returns.removeprefix("builtins.") for each in (called.old, called.new))
    applicability = Applicability.SAFE
    if ends:
        evidence.append(f"who calls it ends the process with that now ({ends[0]})")
    elif handed_on:
        applicability = Applicability.DISPLAY
        evidence.append(f"the implementation hands it on ({handed_on[0]}): who calls it there may drop the status")
    elif became == "int" and was in {"", "None", "typing.NoReturn", "NoReturn"}:
        evidence.append(f"its annotation says int now, and said {was or 'nothing'}")
    else:
        applicability = Applicability.DISPLAY
        evidence.append("nothing says that it is the status: the exit may be lost")
    yield proposal([ExitToResult(called.name)], evidence, called.breakages, applicability)


def _node(called: Called, case: Case) -> FunctionNode | None:
    names = case.suite.sources.file(called.new.path)
    return None if names is None else _at(names.tree, called.new.name, called.new.line)


def _former(called: Called, case: Case) -> FunctionNode | None:
    try:
        tree = parse(case.change.former(called.old.path) or "")
    except SyntaxError:
        return None
    return _at(tree, called.old.name, called.old.line)


def _at(tree: ast.Module, name: str, line: int) -> FunctionNode | None:
    last = name.rpartition(".")[2]
    found = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return next((node for node in found if node.name == last and node.lineno == line), None)


def _gives(function: FunctionNode) -> bool:
    """Whether a function itself returns something."""
    stack: list[ast.AST] = [*function.body]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Return) and not _is_none(node.value):
            return True
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            stack += ast.iter_child_nodes(node)
    return False


def _is_none(value: ast.expr | None) -> bool:
    return value is None or (isinstance(value, ast.Constant) and value.value is None)


def _callers(called: Called, case: Case) -> tuple[list[str], list[str]]:
    """Where the implementation ends the process with what the function returns, as it did not before; and drops it."""
    ends: list[str] = []
    drops: list[str] = []
    for module in case.change.new.modules.values():
        names = case.suite.sources.file(module.path)
        if names is None or called.name.rpartition(".")[2] not in (case.suite.sources.text(module.path) or ""):
            continue
        for call in _calls(names, called.name, case):
            parent = names.up[call].parent
            place = f"{module.path}:{call.lineno}"
            if isinstance(parent, ast.Call) and names.meaning(parent.func) in _ENDS:
                ends.append(place)
            elif isinstance(parent, ast.Expr):
                drops.append(place)
    return ([] if _ended_before(called, case) else ends), drops


def _handed_on(called: Called, case: Case) -> Iterator[str]:
    """Where the implementation does anything else with the function than call it."""
    word = called.name.rpartition(".")[2]
    for module in case.change.new.modules.values():
        names = case.suite.sources.file(module.path) if word in (case.suite.sources.text(module.path) or "") else None
        for node in names.by_word.get(word, ()) if names is not None else ():
            meaning = names.meaning(node) if names is not None and isinstance(node.ctx, ast.Load) else None
            if names is None or meaning is None or case.change.new.canonical(meaning) != called.name:
                continue
            parent = names.up[node].parent
            if not (isinstance(parent, ast.Call) and parent.func is node):
                yield f"{module.path}:{node.lineno}"


def _calls(names: ModuleNames, function: str, case: Case) -> Iterator[ast.Call]:
    for call in names.calls:
        meaning = names.meaning(call.func)
        if meaning is not None and case.change.new.canonical(meaning) == function:
            yield call


def _ended_before(called: Called, case: Case) -> bool:
    """Whether callers ended the process with what it returned before as well: then nothing has changed there."""
    last = called.old.name.rpartition(".")[2]
    for module in case.change.old.modules.values():
        text = case.change.former(module.path) or ""
        if last not in text or "exit" not in text.lower():
            continue
        try:
            names = ModuleNames(parse(text), module.name, package_of(module.path, module.name))
        except SyntaxError:
            continue
        for call in names.calls:
            meaning = names.meaning(call.func)
            parent = names.up[call].parent
            ended = isinstance(parent, ast.Call) and names.meaning(parent.func) in _ENDS
            if ended and meaning is not None and case.change.old.canonical(meaning) == called.old.name:
                return True
    return False
