"""A function that gives more values than before."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import libcst as cst

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.idioms.stand_ins import StandIns
from pytest_agentgate.codemods.reading.calls import Calls
from pytest_agentgate.codemods.reading.coroutines import direct_calls
from pytest_agentgate.codemods.reading.iterations import uses_of
from pytest_agentgate.codemods.reading.names import ModuleNames
from pytest_agentgate.codemods.reading.signatures import words_of
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.writing.rewrite import Rewrite
from pytest_agentgate.errors import UsageError

_UNUSED = "_"


@dataclass(frozen=True)
class ExtendUnpacking(Codemod):
    """Unpack the further values that a function gives now, and leave them unused.

    Repairs ``ValueError: too many values to unpack (expected 2)``. Each value stays where it was; comparisons with a
    whole tuple are left alone.

    With ``function=shop.load values=items,errors,total added=errors``:

    Before::

        from shop import load

        def test_load():
            items, total = load("tea")
            assert total == len(items)
            found = load("milk")
            (first,), _ = found
            assert first

    After::

        from shop import load

        def test_load():
            items, _, total = load("tea")
            assert total == len(items)
            found = load("milk")
            (first,), _, _ = found
            assert first

    Unchanged::

        from shop import load

        def test_load(store):
            items, *rest = load("tea")
            assert load("milk") == ([], 0)
            items, total = store.load("tea")

    With ``function=shop.Store.opened values=rows,log,lock added=lock``:

    In shop.py::

        class Store:
            def opened(self): ...

    Before::

        from shop import Store

        def test_opened():
            with Store().opened() as (rows, log):
                assert rows == log

    After::

        from shop import Store

        def test_opened():
            with Store().opened() as (rows, log, _):
                assert rows == log
    """

    applicability = Applicability.SAFE
    because = "Only calls that are proven to reach the function are changed, and each value goes where it went before."
    owns = frozenset({ast.Tuple, ast.List, ast.Name})

    function: str = option("the function or method that gives more now", "dotted")
    values: tuple[str, ...] = option("names for the values that it gives, in their order", "names", metavar="NAME,...")
    added: tuple[str, ...] = option("those that it did not give before", "names", metavar="NAME,...")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not {*self.added} <= {*self.values} or {"*", "/"} & {*self.values}:
            raise UsageError(f"{self.name()} added={','.join(self.added)}: must be among {','.join(self.values)}")

    def words(self) -> tuple[str, ...]:
        return words_of(self.function)

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        names = file.names
        calls = Calls(file, self.function)
        stand_in = next(StandIns(file, calls).all(), None)
        if stand_in is not None:
            rewrite.leave(stand_in.node, f"what stands in for {self.function} in this file may give fewer values")
            return
        for call in direct_calls(calls):
            for value in _values(call, names):
                for target in _targets(value, names):
                    self._unpacked(target, names, rewrite)
                self._other(value, names, rewrite)

    def _unpacked(self, target: ast.Tuple | ast.List, names: ModuleNames, rewrite: Rewrite) -> None:
        before = len(self.values) - len(self.added)
        if len(target.elts) != before or any(isinstance(each, ast.Starred) for each in target.elts):
            return
        if any(isinstance(each.ctx, ast.Load) for each in names.by_word.get(_UNUSED, ())):
            rewrite.leave(target, f"{_UNUSED} is used in this file")
            return
        places = [at for at, name in enumerate(self.values) if name in self.added]
        rewrite.replace(target, partial(_with_unused, places=places))

    def _other(self, value: ast.expr, names: ModuleNames, rewrite: Rewrite) -> None:
        parent = names.up[value].parent
        if isinstance(parent, ast.Compare):
            rewrite.leave(value, f"{self.function} gives {len(self.values)} values now: this compares with all of them")
        elif isinstance(parent, ast.Subscript) and parent.value is value and not self._keeps_its_place(parent):
            rewrite.leave(value, "what this index means may have changed")

    def _keeps_its_place(self, subscript: ast.Subscript) -> bool:
        index = subscript.slice
        before = [name for name in self.values if name not in self.added]
        is_known = isinstance(index, ast.Constant) and isinstance(index.value, int) and 0 <= index.value < len(before)
        return is_known and before[index.value] == self.values[index.value]  # type: ignore[attr-defined]


def _values(call: ast.Call, names: ModuleNames) -> Iterator[ast.expr]:
    """The call, and where its value is read from a variable that holds nothing else."""
    value: ast.expr = call
    parent = names.up[call].parent
    if isinstance(parent, ast.Await):
        value, parent = parent, names.up[parent].parent
    yield value
    match parent:
        case ast.Assign(targets=[ast.Name() as target]) | ast.AnnAssign(target=ast.Name() as target):
            home = names.scope_of(target).home(target.id)
            if home is not None and len(home.bindings[target.id]) == 1 and not home.is_module:
                yield from uses_of(names, target)


def _targets(value: ast.expr, names: ModuleNames) -> list[ast.Tuple | ast.List]:
    """What the value is unpacked to."""
    up = names.up[value]
    match up.parent:
        case ast.Assign(targets=targets) if up.field == "value":
            return [each for each in targets if isinstance(each, ast.Tuple | ast.List)]
        case ast.withitem(optional_vars=ast.Tuple() | ast.List() as target) if up.field == "context_expr":
            return [target]
        case _:
            return []


def _with_unused(old: Any, places: list[int]) -> Any:
    """A tuple or list of targets with unused ones at some places."""
    elements = list(old.elements)
    trailing = elements[-1].comma if len(elements) > 1 else cst.MaybeSentinel.DEFAULT
    between = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    for at in places:
        elements.insert(at, cst.Element(cst.Name(_UNUSED), comma=between))
    apart = [each if _is_apart(each) else each.with_changes(comma=between) for each in elements[:-1]]
    return old.with_changes(elements=[*apart, elements[-1].with_changes(comma=trailing)])


def _is_apart(element: Any) -> bool:
    """Whether an element has a comma and space behind it."""
    return isinstance(element.comma, cst.Comma) and bool(getattr(element.comma.whitespace_after, "value", True))
