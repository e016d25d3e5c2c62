"""A call that ended a generator by an exception, where it simply returns now."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import libcst as cst

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.idioms.fixtures import own_nodes
from pytest_agentgate.codemods.reading.members import MemberUses, split_member
from pytest_agentgate.codemods.reading.names import FunctionNode, ModuleNames
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.writing.rewrite import Rewrite

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_CATCHING = frozenset({"Exception", "BaseException"})


@dataclass(frozen=True)
class CallToReturn(Codemod):
    """Return from a generator where a call of something that is gone ended it by an exception.

    Repairs ``AttributeError: 'Flow' object has no attribute 'stop'``: before generators could return a value, what ran
    them took an exception for their end. A function with no other ``yield`` keeps the one that made it a generator. A
    test that is called after what is gone stays as it is.

    With ``old=flows.Flow.stop raised=Stop,FlowError``:

    In flows.py::

        class Flow:
            def run(self, steps): ...

    Before::

        from flows import Flow

        def test_it_ends():
            flow = Flow()

            def steps():
                value = yield 1
                flow.stop(value)

            def at_once():
                yield flow.stop()

            assert flow.run(steps()) == 1
            assert flow.run(at_once()) is None

    After::

        from flows import Flow

        def test_it_ends():
            flow = Flow()

            def steps():
                value = yield 1
                return value

            def at_once():
                return
                yield

            assert flow.run(steps()) == 1
            assert flow.run(at_once()) is None

    Unchanged::

        from flows import Flow, FlowError

        def test_it_ends():
            flow = Flow()

            def helper():
                flow.stop(1)

            def steps():
                try:
                    flow.stop((yield 1))
                except FlowError:
                    pass
                with flow.paused():
                    yield helper()
                    flow.stop()

            assert flow.run(steps()) is None
    """

    applicability = Applicability.SAFE
    because = "Only generators are changed in which nothing stands between the call and their end."
    owns = frozenset({ast.Expr, ast.Return, ast.Raise, ast.Yield, ast.Call, ast.keyword})

    old: str = option("what is gone: a method, a function, or an exception that is raised", "dotted")
    raised: tuple[str, ...] = option(
        "the bare names of the exception that it raised and of its bases", "names", (), "NAME,..."
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        split_member(self.name(), self.old)

    def words(self) -> tuple[str, ...]:
        return (split_member(self.name(), self.old)[1],)

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        names = file.names
        ended: dict[FunctionNode, list[ast.Yield]] = {}
        for called in self._called(file):
            statement = _statement(called, names)
            if statement is None:
                if isinstance(names.up[called].parent, ast.Call | ast.Raise):
                    rewrite.leave(called, "what is done with this call can't be said with return")
                continue
            reason = self._obstacle(statement, names) or _comment(statement, file.text)
            if reason:
                rewrite.leave(called, reason)
                continue
            rewrite.replace(statement, _return)
            function = names.enclosing(statement, *_FUNCTIONS)
            assert isinstance(function, ast.FunctionDef)  # noqa: S101  else there is an obstacle
            ended.setdefault(function, []).extend(_yielded(statement))
            if _yielded(statement) and len(ended[function]) == len(_yields(function)):
                rewrite.after(statement, "yield")

    def _called(self, file: File) -> Iterator[ast.Name | ast.Attribute]:
        """What is called, or raised without a call."""
        uses = MemberUses(file, *split_member(self.name(), self.old))
        found = {*uses.instances(), *file.names.uses(self.old)}
        yield from sorted(found, key=lambda node: (node.lineno, node.col_offset))

    def _obstacle(self, statement: ast.stmt, names: ModuleNames) -> str:
        function = names.enclosing(statement, *_FUNCTIONS)
        if isinstance(function, ast.AsyncFunctionDef):
            return "an asynchronous function ends in another way"
        if not isinstance(function, ast.FunctionDef) or not _yields(function):
            return "this is no generator: to return from it would not end the one that calls it"
        if statement.lineno == getattr(names.up[statement].parent, "lineno", 0) and _yielded(statement):
            return "there is no room on this line for the yield that makes it a generator"
        for above in names.ancestors(statement):
            if isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef) and self._is_subject(above):
                return f"{above.name} is about what is gone"
        below: ast.AST = statement
        for above in names.ancestors(statement):
            if above is function:
                return ""
            if isinstance(above, ast.With | ast.AsyncWith):
                return "what the context manager makes of the exception can't be told"
            if isinstance(above, ast.Try | ast.TryStar):
                if below in above.finalbody:
                    return "to return from here would hide an exception"
                if below in above.body and any(self._may_catch(each.type, names) for each in above.handlers):
                    return "the exception may have been caught here"
            below = above
        return ""

    def _is_subject(self, function: FunctionNode) -> bool:
        """Whether a test is called after what is gone."""
        last = self.old.rpartition(".")[2].strip("_").lower()
        return function.name.startswith("test") and f"_{last}_" in f"_{function.name.lower()}_"

    def _may_catch(self, kind: ast.expr | None, names: ModuleNames) -> bool:
        types = kind.elts if isinstance(kind, ast.Tuple) else [kind]
        caught = {"" if each is None else (names.meaning(each) or "").rpartition(".")[2] for each in types}
        return "" in caught or bool(caught & {*_CATCHING, *self.raised})


def _yields(function: FunctionNode) -> list[ast.AST]:
    return [node for node in own_nodes(function) if isinstance(node, ast.Yield | ast.YieldFrom)]


def _yielded(statement: ast.stmt) -> list[ast.Yield]:
    """The yield that the statement is, which goes with it."""
    value = statement.value if isinstance(statement, ast.Expr) else None
    return [value] if isinstance(value, ast.Yield) else []


def _statement(called: ast.expr, names: ModuleNames) -> ast.stmt | None:
    """The statement that is nothing but the call, or that raises; None where more is done with it."""
    up = names.up[called]
    inner: ast.AST = called
    call = up.parent if isinstance(up.parent, ast.Call) and up.field == "func" else None
    if call is not None:
        values = [*call.args, *(each.value for each in call.keywords)]
        unseen = any(isinstance(each, ast.Starred) for each in call.args) or None in {e.arg for e in call.keywords}
        if len(values) > 1 or unseen:
            return None
        inner = call
    outer = names.up[inner].parent
    if isinstance(outer, ast.Raise):
        return outer if outer.cause is None and outer.exc is inner else None
    if call is None:
        return None
    if isinstance(outer, ast.Yield):
        outer = names.up[outer].parent
    return outer if isinstance(outer, ast.Expr) else None


def _comment(statement: ast.stmt, text: str) -> str:
    lines = text.splitlines()[statement.lineno - 1 : statement.end_lineno]
    return "a comment stands within the call" if any("#" in line for line in lines[:-1]) else ""


def _return(old: Any) -> Any:
    """The statement that returns what the call was given."""
    inner = old.exc if isinstance(old, cst.Raise) else old.value
    call = inner.value if isinstance(inner, cst.Yield) else inner
    given = call.args[0].value if isinstance(call, cst.Call) and call.args else None
    if given is None:
        return cst.Return(semicolon=old.semicolon)
    if not getattr(given, "lpar", True) and "\n" in cst.Module([]).code_for_node(given):
        given = given.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return cst.Return(given, whitespace_after_return=cst.SimpleWhitespace(" "), semicolon=old.semicolon)
