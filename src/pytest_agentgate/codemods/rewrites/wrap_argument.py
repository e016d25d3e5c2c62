"""An argument that a class, or another callable, now has to be put around."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.idioms.fixtures import Fixtures
from pytest_agentgate.codemods.reading.calls import Calls, Site
from pytest_agentgate.codemods.reading.receivers import Receivers
from pytest_agentgate.codemods.reading.signatures import Callee, Signature, words_of
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.reading.values import NONE
from pytest_agentgate.codemods.writing import brackets
from pytest_agentgate.codemods.writing.rewrite import Change, Rewrite
from pytest_agentgate.errors import UsageError


@dataclass(frozen=True)
class WrapArgument(Codemod):
    """Put a class around an argument at every call of one function, method or class.

    Repairs ``AttributeError: 'Session' object has no attribute 'begin'``, where a function came to take a
    ``SessionManager`` that is made from the session. An argument that is one already stays, and so does ``None``.

    With ``function=app.handle parameter=session new=app.db.SessionManager old=session,event``:

    Before::

        import pytest
        from app import handle
        from app.db import Session, SessionManager

        @pytest.fixture
        def manager():
            return SessionManager(Session())

        def test_handle(session, manager):
            handle(session, {})
            handle(event={}, session=Session())  # a new one
            handle(manager, {})
            handle(None, {})

    After::

        import pytest
        from app import handle
        from app.db import Session, SessionManager

        @pytest.fixture
        def manager():
            return SessionManager(Session())

        def test_handle(session, manager):
            handle(SessionManager(session), {})
            handle(event={}, session=SessionManager(Session()))  # a new one
            handle(manager, {})
            handle(None, {})

    Unchanged::

        from app import handle

        def test_handle(sessions):
            handle(*sessions)

    With ``function=app.handle parameter=session new=app.db.managed keyword=session``:

    Before::

        from app import handle

        def test_handle(session):
            handle(session=session)

    After::

        from app import handle
        from app.db import managed

        def test_handle(session):
            handle(session=managed(session=session))
    """

    applicability = Applicability.UNSAFE
    because = "What is made out of sight, by a plugin's fixture for one, may be such an object already."
    owns = frozenset({ast.expr, ast.keyword, ast.ImportFrom, ast.Import, ast.alias})

    function: str = option("the function, method or class that is called", "dotted")
    parameter: str = option("the parameter whose argument is wrapped", "name")
    new: str = option("the class or other callable that is put around the argument", "dotted")
    keyword: str = option("the keyword by which it takes the argument; without one, by position", "name", "")
    old: tuple[str, ...] = option(
        "the function's parameters in order, where its definition can't be seen", "names", (), "NAME,..."
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.new == self.function:
            raise UsageError(f"{self.name()} new={self.new}: a function can't be put around its own argument")
        if self.old and self.parameter not in self.old:
            raise UsageError(f"{self.name()} old={','.join(self.old)}: {self.parameter} is not among them")

    def words(self) -> tuple[str, ...]:
        return words_of(self.function)

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        calls = Calls(file, self.function)
        if Callee.of(file.sources, self.new).name == calls.callee.name:
            return
        wrapped = _Wrapped(file, self.new)
        signature = Signature.of_names(self.old) if self.old else calls.callee.signature
        done: set[ast.AST] = set()
        for site in calls.sites:
            for value in self._values(site, signature, rewrite):
                if value in done or wrapped.is_it(value):
                    continue
                done.add(value)
                if site.form == "expected":
                    rewrite.leave(value, f"what is expected here has to be compared with a {self.new}")
                elif wrapped.may_be_it(value):
                    rewrite.leave(value, f"whether this is None or a {self.new} already can't be told")
                else:
                    rewrite.replace(value, self._around(rewrite.imports.use(self.new, value)))

    def _values(self, site: Site, signature: Signature | None, rewrite: Rewrite) -> Iterator[ast.expr]:
        """The expressions whose values reach the parameter."""
        keyword = site.keyword(self.parameter)
        if keyword is not None:
            yield keyword.value
        for splat in site.splats:
            if any(word.value == self.parameter for word in splat.words):
                rewrite.leave(splat.node, f"{self.parameter!r} is also put into or taken out of this dict")
                continue
            for keys in splat.keys:
                value = keys.value(self.parameter)
                if value is not None and not keys.here:
                    rewrite.leave(splat.node, f"{self.parameter!r} is in a dict of another file")
                elif value is not None and keys.private:
                    yield value
                elif value is not None:
                    rewrite.leave(value, f"this {self.parameter!r} also goes elsewhere")
            if not splat.complete:
                rewrite.leave(splat.node, f"where this ** comes from can't be told; it may hold {self.parameter!r}")
        index = signature.index(self.parameter) if signature is not None else None
        argument = site.at(index)
        if argument is not None:
            yield argument
        elif site.starred and index is not None:
            rewrite.leave(site.node, f"whether {self.parameter!r} is among the starred arguments can't be told")
        elif keyword is None and self._may_be_positional(site, signature):
            rewrite.leave(site.node, f"which argument reaches {self.parameter!r} can't be told: old=... would tell")

    def _may_be_positional(self, site: Site, signature: Signature | None) -> bool:
        if not site.node.args or site.form == "copy":
            return False
        return site.skip is None or signature is None or self.parameter not in signature.names

    def _around(self, callee: str) -> Change:
        def change(value: cst.BaseExpression) -> cst.Call:
            argument = brackets.keyword(self.keyword, value) if self.keyword else cst.Arg(brackets.enclosed(value))
            return cst.Call(func=cst.parse_expression(callee), args=[argument])

        return change


class _Wrapped:
    """Which expressions are what the callable makes, or None."""

    def __init__(self, file: File, new: str) -> None:
        self._names = file.names
        self._new = new
        self._receivers = Receivers(file)
        self._fixtures = Fixtures(file)
        self._made = {each.node for each in Calls(file, new).sites}

    def is_it(self, node: ast.expr) -> bool:
        values = self._receivers.values(node)
        return values == {NONE} or self._is_made(node) or self._receivers.proves(node, self._new, spec=True)

    def may_be_it(self, node: ast.expr) -> bool:
        values = self._receivers.values(node)
        known = {each.name for each in values if each is not None and each.form == "instance"}
        if NONE in values or any(self._receivers.derives(name, self._new) for name in known):
            return True
        parts = [node.body, node.orelse] if isinstance(node, ast.IfExp) else getattr(node, "values", [])
        return isinstance(node, ast.IfExp | ast.BoolOp) and any(self.is_it(each) for each in parts)

    def _is_made(self, node: ast.expr | None, deep: int = 8) -> bool:
        """Whether the callable made a value, here or where its name gets it."""
        if node is None or not deep:
            return False
        if node in self._made:
            return True
        if isinstance(node, ast.Await):
            return self._is_made(node.value, deep - 1)
        if not isinstance(node, ast.Name):
            return False
        bindings = self._names.bindings(node)
        given: list[ast.expr | None] = []
        for binding in bindings:
            function = binding.scope.node
            if binding.kind == "parameter" and isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                fixture = self._fixtures.requested(node.id, function)
                if fixture is None or fixture.names is not self._names:
                    return False
                given += fixture.results
            else:
                up = self._names.up[binding.node]
                entered = up.parent.context_expr if isinstance(up.parent, ast.withitem) else None
                given.append(binding.value or entered)
        return bool(given) and all(self._is_made(each, deep - 1) for each in given)
