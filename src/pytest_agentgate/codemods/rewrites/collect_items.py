"""A function that gave a list and gives its items one by one now."""

from __future__ import annotations

import ast
from dataclasses import dataclass

import libcst as cst

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.idioms.stand_ins import StandIns
from pytest_agentgate.codemods.reading.calls import Calls
from pytest_agentgate.codemods.reading.coroutines import direct_calls, handed_calls
from pytest_agentgate.codemods.reading.iterations import is_gone_over_once, use, uses_of
from pytest_agentgate.codemods.reading.signatures import words_of
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.writing import brackets
from pytest_agentgate.codemods.writing.rewrite import Change, Rewrite

_KINDS = frozenset({"list", "tuple", "set", "frozenset", "sorted"})


@dataclass(frozen=True)
class CollectItems(Codemod):
    """Make a list of what a function gives, where it gave a list before and gives its items one by one now.

    Repairs ``assert <generator object days at 0x...> == [1, 2]`` and ``'generator' object is not subscriptable``. What
    is gone over once where it stands, by a loop or ``sorted``, stays; so does what is asked for its type.

    With ``function=app.dates.days``:

    In app/dates.py::

        def days(first, last):
            while first <= last:
                yield first
                first += 1

    Before::

        from app.dates import days

        def test_days(calendar):
            assert days(1, 3) == [1, 2, 3]
            found = days(1, 2)
            assert len(found) == 2
            for day in days(1, 3):
                assert day
            total = days(1, 3)
            assert sum(total) == 6
            assert calendar.days(1, 2) == [1, 2]

    After::

        from app.dates import days

        def test_days(calendar):
            assert list(days(1, 3)) == [1, 2, 3]
            found = list(days(1, 2))
            assert len(found) == 2
            for day in days(1, 3):
                assert day
            total = days(1, 3)
            assert sum(total) == 6
            assert calendar.days(1, 2) == [1, 2]

    Unchanged::

        from app.dates import days

        def test_days():
            assert list(days(1, 2)) == [1, 2]
            found = days(1, 2)
            assert isinstance(found, list)

    With ``function=app.dates.days into=tuple``:

    Before::

        from app.dates import days

        def test_days():
            assert days(1, 2) == (1, 2)

    After::

        from app.dates import days

        def test_days():
            assert tuple(days(1, 2)) == (1, 2)
    """

    applicability = Applicability.SAFE
    because = "Only calls that are proven to reach the function are changed, and they give what they gave before."
    owns = frozenset({ast.Call})

    function: str = option("the function or method that gives its items one by one now", "dotted")
    into: str = option("what is made of the items: list, tuple, set, frozenset or sorted", "name", "list")

    def words(self) -> tuple[str, ...]:
        return words_of(self.function)

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        if self.into not in _KINDS:
            rewrite.leave(file.names.tree, f"into={self.into}: must be one of {', '.join(sorted(_KINDS))}")
            return
        calls = Calls(file, self.function)
        for call in direct_calls(calls):
            self._call(call, file, rewrite)
        for call in handed_calls(calls):
            rewrite.leave(call, f"what calls {self.function} here gets its items one by one")
        for stand_in in StandIns(file, calls).all():
            if stand_in.value is not None:
                rewrite.leave(stand_in.node, f"what stands in for {self.function} here may give a {self.into} still")

    def _call(self, call: ast.Call, file: File, rewrite: Rewrite) -> None:
        names = file.names
        kind = use(names, call)
        if kind == "once":
            return
        target = _target(call, file)
        reads = uses_of(names, target) if target is not None else []
        if kind == "examined" or any(use(names, each) == "examined" for each in reads):
            rewrite.leave(call, "a test that asks for the type, or whether it is the same, means just that")
            return
        if kind == "kept" and target is not None and is_gone_over_once(names, target):
            return
        if names.scope_of(call).home(self.into) is not None:
            rewrite.leave(call, f"{self.into} is something else here")
            return
        rewrite.replace(call, _around(self.into))


def _target(call: ast.Call, file: File) -> ast.Name | None:
    match file.names.up[call].parent:
        case ast.Assign(targets=[ast.Name() as target]) | ast.AnnAssign(target=ast.Name() as target):
            return target
    return None


def _around(kind: str) -> Change:
    def change(old: cst.BaseExpression) -> cst.Call:
        return cst.Call(func=cst.Name(kind), args=[cst.Arg(brackets.enclosed(old))])

    return change
