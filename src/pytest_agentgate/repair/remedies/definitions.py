"""Definitions of a helper or test module that can't be made any more, and hide every test that loads the file.

Cause: whatever a class body or an assignment at the top of a test file raises as the file is loaded, where what it
needs of the implementation is gone for good: a name, a member, a parameter, or what the function that raises used to
fall back on.
Remedy: a list that feeds ``parametrize`` gets a function that asks for what is gone when it is called
(forward-symbol); any other definition is made by those alone who use it (defer-definition), and so are definitions that
need it.
Applicability: safe: nothing passes by it that needs the definition; its users fail with the same exception.
Does nothing where no difference explains the failure, where the implementation itself still uses what is gone, where
every test uses the definition, or where something else needs it as a file is loaded.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from pytest_agentgate.codemods.idioms.fixtures import is_test
from pytest_agentgate.codemods.reading.names import ModuleNames
from pytest_agentgate.codemods.reading.reach import is_test_class, outermost
from pytest_agentgate.codemods.rewrites.defer_definition import DeferDefinition
from pytest_agentgate.codemods.rewrites.forward_symbol import ForwardSymbol
from pytest_agentgate.model import Failure, Frame, Raised, Role, Scope
from pytest_agentgate.repair import lost
from pytest_agentgate.repair.api.table import Sort as Kind
from pytest_agentgate.repair.breakage import Breakage, Sort
from pytest_agentgate.repair.called import misfits
from pytest_agentgate.repair.case import Case, proposal, told
from pytest_agentgate.repair.lacking import became
from pytest_agentgate.repair.proposal import NoProposal, Proposal
from pytest_agentgate.repair.symptoms import Lacking, Lost, Misfit

ORDER = 90
_MOST = 25  # definitions that are deferred together
_CALLABLE = frozenset({Kind.CLASS, Kind.FUNCTION})
_OTHER_CALL = frozenset({Sort.PARAMETER_GONE, Sort.PARAMETER_ADDED, Sort.PARAMETERS_REORDERED})


@dataclass(frozen=True)
class _Definition:
    """A class or constant at the top of a test file."""

    name: str  # dotted
    path: str
    line: int


def propose(case: Case) -> Iterator[Proposal | NoProposal]:
    hidden = [failure for failure in case.failures if failure.scope is not Scope.TEST]
    if not hidden:
        return
    gone = list(dict.fromkeys(_gone(case)))
    if not gone:
        return
    for frame in dict.fromkeys(found for each in hidden if (found := _loading(each, case)) is not None):
        first = _at(frame, case)
        alike = _alike(frame.path, gone, case)
        failing = list(dict.fromkeys([*([first] if first is not None else []), *alike]))
        forwarded, listed = _forwarded(frame.path, gone, case)
        if forwarded:
            rest = [each for each in failing if each not in listed]
            yield from _proposed(rest, hidden, case, frame, gone, forwarded)
        yield from _proposed(failing, hidden, case, frame, gone, [])
        more = list(dict.fromkeys([*failing, *_made_alike(frame, hidden, case)]))
        if len(more) > len(failing):  # only if these were not all
            yield from _proposed(more, hidden, case, frame, gone, [])


def _proposed(
    failing: Sequence[_Definition],
    hidden: Sequence[Failure],
    case: Case,
    frame: Frame,
    gone: Sequence[Breakage],
    forwarded: Sequence[ForwardSymbol],
) -> Iterator[Proposal]:
    together = _with_dependents(failing, case)
    tests, using = _tests(together, hidden, case)
    if using >= tests or len(together) < len(failing) or not (together or forwarded):
        return
    said = [
        f"{each.old.rpartition('.')[2]} is asked for where it is called; tests that call it still fail"
        for each in forwarded
    ]
    if failing:
        words = ", ".join(each.name.rpartition(".")[2] for each in failing)
        alike = "" if len(failing) == 1 else " (read or call the same)"
        said.append(
            f"{words}{alike} can't be made as {frame.path} is loaded ({frame.path}:{frame.line}); "
            f"{using} of {tests} test functions need what can't be made, and still fail"
        )
    deferred = [DeferDefinition(each.name, unasked=_is_unasked(each, failing, case)) for each in together]
    yield proposal([*deferred, *forwarded], [*said, *map(told, gone)], gone)


# ---- why it can't be made


def _gone(case: Case) -> Iterator[Breakage]:
    """What the implementation does not have any more, by which the failure is explained."""
    change = case.change
    for symptom in case.symptoms:
        match symptom:
            case Lost() if change.is_lost(symptom.name) and lost.half_done(symptom.name, change) is None:
                yield from change.of(symptom.name, Sort.SYMBOL_GONE)
            case Lacking() if change.is_ours(symptom.owner):
                yield from (each for each in became(symptom, change) if _is_gone_for_good(each, case))
            case Misfit():
                for called in misfits(symptom, case):
                    wanted = (each for each in called.breakages if each.sort in _OTHER_CALL)
                    yield from (each for each in wanted if each.parameter in symptom.arguments)
            case _:
                pass
    for failure in case.failures:
        for raised in failure.evidence.chain:
            yield from _fallbacks(raised, case)


def _fallbacks(raised: Raised, case: Case) -> Iterator[Breakage]:
    """What the function that raises used, where it was part of the implementation before as well, and is gone."""
    frame = raised.frames[-1] if raised.frames else None
    if frame is None or frame.role is not Role.SOURCE:
        return
    change, function = case.change, f"{frame.module}.{frame.function}"
    old = change.old.symbol(function)
    if old is None or change.new.symbol(function) is None:
        return
    for module in change.old.modules.values():
        for call in module.calls if module.path == old.path else ():
            if call.within == old.name:
                found = change.of(change.old.canonical(call.name), Sort.SYMBOL_GONE)
                yield from (each for each in found if _is_gone_for_good(each, case))


def _is_gone_for_good(breakage: Breakage, case: Case) -> bool:
    gone = breakage.sort in {Sort.SYMBOL_GONE, Sort.MEMBER_GONE} and not breakage.still_used
    return gone and not case.change.still_used(breakage.old)


# ---- what can't be made


def _loading(failure: Failure, case: Case) -> Frame | None:
    """Where in the tests' own files the loading of one failed."""
    for raised in reversed(failure.evidence.chain):
        tops = [frame for frame in raised.frames if frame.role is Role.TEST and frame.function == "<module>"]
        if tops:
            return tops[-1] if tops[-1].path in case.suite.paths else None
    return None


def _at(frame: Frame, case: Case) -> _Definition | None:
    file = case.suite.file(frame.path)
    if file is None:
        return None
    around = (each for each in file.names.tree.body if each.lineno <= frame.line <= (each.end_lineno or each.lineno))
    statement = next(around, None)
    return None if statement is None else _defined_by(statement, file.names, frame.path)


def _defined_by(statement: ast.stmt, names: ModuleNames, path: str) -> _Definition | None:
    match statement:
        case ast.ClassDef() if is_test_class(names, statement):
            return None
        case ast.ClassDef(name=word) | ast.Assign(targets=[ast.Name(id=word)]) if names.module:
            return _Definition(f"{names.module}.{word}", path, statement.lineno)
        case _:
            return None


def _alike(path: str, gone: Sequence[Breakage], case: Case) -> Iterator[_Definition]:
    """The definitions of a file that read what is gone as it is loaded."""
    for _, names, use in _read_at_once(path, gone, case):
        found = _defined_by(_top(use, names), names, path)
        if found is not None:
            yield found


def _made_alike(frame: Frame, hidden: Sequence[Failure], case: Case) -> Iterator[_Definition]:
    """The definitions of a file that call, as it is loaded, all that the line calls where one failed."""
    file = case.suite.file(frame.path)
    if file is None:
        return
    inside = [
        each
        for failure in hidden
        for raised in failure.evidence.chain
        if frame in raised.frames
        for each in raised.frames[raised.frames.index(frame) :]
        if each.path == frame.path
    ]
    wanted = _calls(file.names, inside[-1].line, inside[-1].line) if inside else frozenset()
    for statement in file.names.tree.body if wanted else ():
        found = _defined_by(statement, file.names, frame.path)
        if found is not None and wanted <= _calls(file.names, statement.lineno, statement.end_lineno or 0):
            yield found


def _calls(names: ModuleNames, first: int, last: int) -> frozenset[str]:
    """What the lines of a file call as it is loaded."""
    calls = (each for each in names.calls if first <= each.lineno <= last and outermost(names, each) is None)
    return frozenset(meaning for each in calls if (meaning := names.meaning(each.func)) is not None)


def _forwarded(path: str, gone: Sequence[Breakage], case: Case) -> tuple[list[ForwardSymbol], frozenset[_Definition]]:
    """What is gone, can be called, and stands in lists of a file; and the definitions that need it only there."""
    codemods: dict[ForwardSymbol, None] = {}
    listed: set[_Definition] = set()
    others: set[_Definition] = set()
    for name, names, use in _read_at_once(path, gone, case):
        symbol = case.change.old.symbol(name)
        parent = names.up[use].parent
        in_list = isinstance(parent, ast.List | ast.Tuple | ast.Set)
        found = _defined_by(_top(use, names), names, path)
        if symbol is not None and symbol.sort in _CALLABLE and in_list:
            codemods[ForwardSymbol(name)] = None
            listed |= {found} if found is not None else set()
        elif found is not None:
            others.add(found)
    return list(codemods), frozenset(listed - others)


def _read_at_once(
    path: str, gone: Sequence[Breakage], case: Case
) -> Iterator[tuple[str, ModuleNames, ast.Name | ast.Attribute]]:
    file = case.suite.file(path)
    if file is None:
        return
    for name in dict.fromkeys(name for each in gone for name in (each.old, *each.aliases)):
        for use in file.names.uses(name):
            if outermost(file.names, use) is None:
                yield name, file.names, use


def _top(node: ast.AST, names: ModuleNames) -> ast.stmt:
    """The statement of the module that a node stands in."""
    while names.up[node].parent is not names.tree:
        node = names.up[node].parent
    assert isinstance(node, ast.stmt)  # noqa: S101
    return node


def _with_dependents(definitions: Iterable[_Definition], case: Case) -> list[_Definition]:
    """The definitions that need some as their files are loaded, before those that they need; [] where that can't be."""
    found: list[_Definition] = []

    def visit(each: _Definition) -> bool:
        if each in found:
            return True
        if len(found) >= _MOST:
            return False
        for path, names, use in _uses(each, case):
            if outermost(names, use) is None and (
                not _is_of_tests(path) or names.module == each.name.rpartition(".")[0]
            ):
                above = _defined_by(_top(use, names), names, path)
                if above is None or (above != each and not visit(above)):
                    return False
        found.append(each)
        return True

    return found if all(map(visit, definitions)) else []


def _is_of_tests(path: str) -> bool:
    """Whether a file is loaded for its own tests alone: where it needs a definition at once, others need not wait."""
    file = path.rpartition("/")[2]
    return file.startswith("test_") or file.endswith("_test.py")


def _uses(definition: _Definition, case: Case) -> Iterator[tuple[str, ModuleNames, ast.Name]]:
    module, _, word = definition.name.rpartition(".")
    for path, file in case.suite.files():
        if word not in file.text:
            continue
        names = file.names
        local = {
            bound
            for bound, bindings in names.scope.bindings.items()
            if any(each.is_import and each.target == definition.name for each in bindings)
        }
        if names.module == module or any(star.target == module for star in names.scope.stars):
            local.add(word)
        for each in sorted(local):
            for node in names.by_word.get(each, ()):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                    home = names.scope_of(node).home(each)
                    if home is None or home is names.scope:
                        yield path, names, node


def _is_unasked(definition: _Definition, failing: Collection[_Definition], case: Case) -> bool:
    """Whether a definition goes with those that fail, and nobody asks for it."""
    return definition not in failing and next(_uses(definition, case), None) is None


def _tests(definitions: Sequence[_Definition], hidden: Sequence[Failure], case: Case) -> tuple[int, int]:
    """How many test functions are hidden, and how many of them use one of the definitions by its name."""
    everywhere = any(failure.scope is Scope.RUN for failure in hidden)
    paths = None if everywhere else case.files
    tests = {node for _, file in case.suite.files(paths) for node in file.names.functions if is_test(file.names, node)}
    users: set[ast.AST] = set()
    for each in definitions:
        for _, names, use in _uses(each, case):
            function = outermost(names, use)
            users |= {function} if function is not None else set(names.functions)
    return len(tests), len(tests & users)
