"""Which functions of a file come to run another one, and whether they would notice the exception that it raises.

``with pytest.raises(Exception): make()`` passes when ``make`` raises an ImportError: whoever makes a function raise
must know who could take that for something else.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from pytest_agentgate.codemods.reading.names import FunctionNode, ModuleNames

_CATCHERS = frozenset({"raises", "assertRaises", "assertRaisesRegex", "assertRaisesMessage", "suppress", "RaisesGroup"})
_IMPORT_ERRORS = frozenset(
    {"BaseException", "Exception", "ImportError", "ModuleNotFoundError", "BaseExceptionGroup", "ExceptionGroup"}
)
_TEST_BASES = ("TestCase", "Mixin", "Test", "Tests")
_CONSTRUCTORS = frozenset({"__init__", "__new__", "__post_init__", "__attrs_post_init__"})


def outermost(names: ModuleNames, node: ast.AST) -> FunctionNode | None:
    """The function of the module or of a class in whose body a node stands; None where loading the file runs it."""
    found = None
    while (up := names.up.get(node)) is not None:
        if isinstance(up.parent, ast.FunctionDef | ast.AsyncFunctionDef) and up.field == "body":
            found = up.parent
        node = up.parent
    return found


def is_test_class(names: ModuleNames, node: ast.AST) -> bool:
    """Whether only pytest makes instances of a class."""
    if not isinstance(node, ast.ClassDef):
        return False
    bases = [base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "") for base in node.bases]
    return node.name.startswith("Test") or any(base.endswith(_TEST_BASES) for base in bases)


def hides_import_error(names: ModuleNames, node: ast.AST) -> bool:
    """Whether an ImportError that an expression raises where it stands may not reach the function's caller."""
    return hides(names, node, _IMPORT_ERRORS)


def hides(names: ModuleNames, node: ast.AST, caught_by: frozenset[str] | None) -> bool:
    """Whether what an expression raises where it stands may not reach the function's caller.

    Args:
        names: the file.
        node: the expression.
        caught_by: the names of the exceptions that catch it; None where it may be any.
    """
    while (up := names.up.get(node)) is not None:
        above, field, _ = up
        match above:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                return False
            case ast.Try() | ast.TryStar() if field == "body":
                if any(_catches(names, handler.type, caught_by) for handler in above.handlers):
                    return True
            case ast.With() | ast.AsyncWith() if field == "body":
                if any(_is_catcher(names, item.context_expr, caught_by) for item in above.items):
                    return True
        node = above
    return False


def is_guarded(names: ModuleNames, statement: ast.AST) -> bool:
    """Whether an import may fail where it stands, or is never made."""
    if hides_import_error(names, statement):
        return True
    return any(
        isinstance(above, ast.If) and (names.meaning(above.test) or "").endswith("TYPE_CHECKING")
        for above in names.ancestors(statement)
    )


def is_catcher(names: ModuleNames, node: ast.expr, any_exception: bool = False) -> bool:
    """Whether a context manager or decorator is one that an ImportError, or any exception, may satisfy."""
    return _is_catcher(names, node, None if any_exception else _IMPORT_ERRORS)


@dataclass(frozen=True)
class Exposed:
    """What stands between a function that raises and a test that fails.

    Args:
        functions: those that may take the exception for something else, or never see it.
        lost: uses that can't be followed.
    """

    functions: frozenset[FunctionNode]
    lost: tuple[ast.AST, ...]


@dataclass(frozen=True)
class _Handle:
    """A name by which a function can be had."""

    word: str
    node: ast.AST | None  # what binds it in the module; None for an attribute of ``self``
    called: bool  # whether calling it is all that runs the function
    home: ast.ClassDef | None = None  # the class that has the attribute


def exposed(names: ModuleNames, raising: Iterable[FunctionNode], any_exception: bool = False) -> Exposed:
    """Follow functions that raise an ImportError to the functions that could hide it.

    Args:
        names: the file.
        raising: functions of its module and classes, each of which raises before it does anything else.
        any_exception: whether they raise something else, that can't be told.
    """
    return _Search(names, raising, None if any_exception else _IMPORT_ERRORS).run()


class _Search:
    def __init__(self, names: ModuleNames, raising: Iterable[FunctionNode], caught_by: frozenset[str] | None) -> None:
        self.names = names
        self.caught_by = caught_by
        self.raising = set(raising)
        self.found: dict[FunctionNode, None] = {}
        self.lost: list[ast.AST] = []
        self.seen: set[_Handle] = set()
        self.queue: list[_Handle] = []

    def run(self) -> Exposed:
        for function in self.raising:
            self._follow(function)
        while self.queue:
            handle = self.queue.pop()
            if handle not in self.seen:
                self.seen.add(handle)
                for reference in self._references(handle):
                    self._judge(reference, handle)
        return Exposed(frozenset(self.found), tuple(self.lost))

    def _follow(self, function: FunctionNode) -> None:
        """Look at who uses a function that raises."""
        home = self.names.enclosing(function, ast.ClassDef)
        if not isinstance(home, ast.ClassDef):
            self.queue.append(_Handle(function.name, function, True))
            return
        self.queue.append(_Handle(function.name, None, True, home))
        if not is_test_class(self.names, home):
            self.queue.append(_Handle(home.name, home, function.name in _CONSTRUCTORS))

    def _references(self, handle: _Handle) -> Iterator[ast.Name | ast.Attribute]:
        for node in self.names.by_word.get(handle.word, ()):
            if not isinstance(node.ctx, ast.Load):
                continue
            if isinstance(node, ast.Attribute):
                if handle.node is None and _is_own(node.value) and self._may_be_of(handle.home, node):
                    yield node
            elif handle.node is not None and any(each.node is handle.node for each in self.names.bindings(node)):
                yield from () if self._is_of_super(node) else (node,)

    def _may_be_of(self, home: ast.ClassDef | None, use: ast.Attribute) -> bool:
        """Whether an attribute of ``self`` or of ``super()`` may be one that a class of this file defines."""
        around = [each for each in self.names.ancestors(use) if isinstance(each, ast.ClassDef)]
        if home is None or not around:
            return True
        above = isinstance(use.value, ast.Call)  # super() leads to no class that derives from this one
        return any(
            self._below[each] & self._below[home] and not (above and home in self._below[each]) for each in around
        )

    @cached_property
    def _below(self) -> dict[ast.ClassDef, set[ast.ClassDef]]:
        """The classes of the file, each with those that derive from it, itself among them."""
        classes = [node for node in self.names.up if isinstance(node, ast.ClassDef)]
        bases = {
            each: {
                binding.node
                for base in each.bases
                for node in ast.walk(base)
                if isinstance(node, ast.Name)
                for binding in self.names.bindings(node)
            }
            for each in classes
        }
        below = {each: {each} for each in classes}
        for each in classes:
            todo: list[ast.AST] = [each]
            while todo:
                for base in bases.get(todo.pop(), ()):  # type: ignore[call-overload]
                    if base in below and each not in below[base]:
                        below[base].add(each)
                        todo.append(base)
        return below

    def _is_of_super(self, node: ast.Name) -> bool:
        """Whether a class is but named for ``super(Order, self)``."""
        call, field, at = self.names.up[node]
        return isinstance(call, ast.Call) and (field, at) == ("args", 0) and len(call.args) == 2 and _is_own(call)

    def _judge(self, reference: ast.Name | ast.Attribute, handle: _Handle) -> None:
        function = outermost(self.names, reference)
        if function is None:
            self._judge_outside(reference)
        elif function not in self.raising and function not in self.found:
            up = self.names.up[reference]
            plain = (
                handle.called
                and isinstance(up.parent, ast.Call)
                and up.field == "func"
                and self.names.enclosing(reference, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda) is function
                and not hides(self.names, reference, self.caught_by)
            )
            if not plain:
                self.found[function] = None
            self._follow(function)

    def _judge_outside(self, reference: ast.AST) -> None:
        statement = self.names.statement(reference)
        if any(isinstance(above, ast.If) and _is_main(above.test) for above in self.names.ancestors(statement)):
            return
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._expose(statement)
            case ast.ClassDef() if reference in statement.bases:
                if not is_test_class(self.names, statement):
                    self.queue.append(_Handle(statement.name, statement, False))
            case ast.ClassDef():
                for each in statement.body:
                    if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
                        self._expose(each)
            case ast.Assign(targets=[ast.Name() as target]) | ast.AnnAssign(target=ast.Name() as target):
                home = self.names.enclosing(target, ast.ClassDef) if self.names.scope_of(target).is_class else None
                owner = home if isinstance(home, ast.ClassDef) else None
                self.queue.append(_Handle(target.id, target if owner is None else None, False, owner))
            case _:
                self.lost.append(reference)

    def _expose(self, function: FunctionNode) -> None:
        if function not in self.raising and function not in self.found:
            self.found[function] = None
            self._follow(function)


def _is_own(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "super"
    return isinstance(node, ast.Name) and node.id in {"self", "cls"}


def _is_main(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"


def _is_catcher(names: ModuleNames, node: ast.expr, caught_by: frozenset[str] | None) -> bool:
    if not isinstance(node, ast.Call):
        return False
    word = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    given = [*node.args, *(each.value for each in node.keywords if each.arg not in {"match", "msg", "check"})]
    if word in _CATCHERS:
        first = given[:1] if word.startswith("assert") or word == "raises" else given
        return not first or any(_catches(names, each, caught_by) for each in first)
    return any(_is_broad(names, each, caught_by) for each in given)


def _catches(names: ModuleNames, node: ast.expr | None, caught_by: frozenset[str] | None) -> bool:
    """Whether ``except NODE`` may catch the exception."""
    if node is None or caught_by is None:
        return True
    if isinstance(node, ast.Tuple | ast.List):
        return any(_catches(names, each, caught_by) for each in node.elts)
    meaning = names.meaning(node)
    return meaning is None or meaning.rpartition(".")[2] in caught_by


def _is_broad(names: ModuleNames, node: ast.expr, caught_by: frozenset[str] | None) -> bool:
    if isinstance(node, ast.Tuple | ast.List):
        return any(_is_broad(names, each, caught_by) for each in node.elts)
    last = (names.meaning(node) or "").rpartition(".")[2]
    return last.endswith(("Error", "Exception", "Group")) if caught_by is None else last in caught_by


def first_need(names: ModuleNames, function: FunctionNode, nodes: Iterable[ast.AST]) -> ast.stmt | None:
    """The first statement of a branch that needs some nodes, where no other part of a function does; else None.

    What stands within ``try`` or ``with`` is needed where these begin, as they may catch what it raises.
    """
    paths = [_blocks(names, function, node) for node in nodes]
    found: ast.stmt | None = None
    for steps in zip(*paths, strict=False):
        owner, field, _ = steps[0]
        if any(step[:2] != (owner, field) for step in steps):
            break
        first = min((statement for _, _, statement in steps), key=lambda each: each.lineno)
        if isinstance(owner, ast.If):
            found = first
        if any(statement is not first for _, _, statement in steps):
            break
    return found


def _blocks(names: ModuleNames, function: FunctionNode, node: ast.AST) -> list[tuple[ast.AST, str, ast.stmt]]:
    """The blocks of a function that hold a node, outermost first: owner, field and the statement in it."""
    found: list[tuple[ast.AST, str, ast.stmt]] = []
    while node is not function:
        above, field, _ = names.up[node]
        if isinstance(node, ast.stmt):
            if not isinstance(above, ast.If | ast.For | ast.AsyncFor | ast.While | FunctionNode):
                found = []
            elif not _is_elif(above, field, node):
                found.insert(0, (above, field, node))
            if above is not function and isinstance(above, FunctionNode):
                found = []
        node = above
    return found


def _is_elif(above: ast.AST, field: str, statement: ast.stmt) -> bool:
    same = isinstance(above, ast.If) and field == "orelse" and isinstance(statement, ast.If)
    return same and statement.col_offset == above.col_offset  # type: ignore[attr-defined]
