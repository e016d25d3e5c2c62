"""A property that became a method."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

import libcst as cst

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.reading.members import MemberUses, Named, split_member
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.writing.decorators import with_decorators
from pytest_agentgate.codemods.writing.rewrite import Rewrite

_PROPERTIES = ("builtins.property", "functools.cached_property")
_PROPERTY_MOCKS = frozenset({"unittest.mock.PropertyMock", "mock.PropertyMock"})


@dataclass(frozen=True)
class AttributeToCall(Codemod):
    """Call what was a property and became a method, wherever the class of its receiver is proven.

    Repairs ``AssertionError: assert <bound method Cart.total of ...> == 5``. Properties of the tests' own classes that
    derive from it become methods, and mocks with its ``spec`` return what they were set to.

    With ``old=shop.Cart.total``:

    In shop.py::

        class Cart:
            def total(self):
                return 0

    Before::

        from unittest.mock import Mock

        from shop import Cart

        class Fixed(Cart):
            @property
            def total(self):
                return super().total + 5

        def test_total(report):
            assert Cart().total == 0
            assert Fixed().total == 5
            cart = Mock(spec=Cart)
            cart.total = 3
            assert report.total == 3

    After::

        from unittest.mock import Mock

        from shop import Cart

        class Fixed(Cart):
            def total(self):
                return super().total() + 5

        def test_total(report):
            assert Cart().total() == 0
            assert Fixed().total() == 5
            cart = Mock(spec=Cart)
            cart.total.return_value = 3
            assert report.total == 3

    Unchanged::

        from shop import Cart

        def test_total(cart):
            assert cart.total == 0
            assert Cart().total() == 0
    """

    applicability = Applicability.SAFE
    because = "Only receivers whose class is proven are changed, and the call gives what the property gave."
    owns = frozenset({ast.Attribute, ast.Call, ast.keyword, ast.Name, ast.Lambda})

    old: str = option("the property as it was, with its class", "dotted", metavar="MODULE.CLASS.MEMBER")

    def __post_init__(self) -> None:
        super().__post_init__()
        split_member(self.name(), self.old)

    def words(self) -> tuple[str, ...]:
        return (split_member(self.name(), self.old)[1],)

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        uses = MemberUses(file, *split_member(self.name(), self.old))
        instances = set(uses.instances())
        for access in uses.accesses:
            if access in instances:
                _of_instance(access, file, rewrite)
            elif uses.is_mock(access.value):
                _of_mock(access, file, rewrite)
            else:
                rewrite.leave(access, f"{uses.member} is looked up on the class, as the property itself")
        for named in uses.strings():
            _named(named, uses, rewrite)
        for node in uses.overrides():
            _override(node, uses, rewrite)
        for access in uses.doubtful():
            if not _is_called(file, access):
                rewrite.leave(access, f"whether this .{uses.member} is that of {uses.cls} can't be told")


def _called(old: Any) -> cst.Call:
    return cst.Call(func=old)


def _is_called(file: File, node: ast.expr) -> bool:
    up = file.names.up[node]
    return isinstance(up.parent, ast.Call) and up.field == "func"


def _of_instance(access: ast.Attribute, file: File, rewrite: Rewrite) -> None:
    if not isinstance(access.ctx, ast.Load):
        rewrite.leave(access, f"{access.attr} is a method now: it can't be assigned or deleted as a property can")
    elif not _is_called(file, access):
        rewrite.replace(access, _called)


def _of_mock(access: ast.Attribute, file: File, rewrite: Rewrite) -> None:
    """``mock.total = 3`` becomes what the mock's method returns."""
    if isinstance(access.ctx, ast.Store) and isinstance(file.names.up[access].parent, ast.Assign):
        rewrite.replace(access, lambda old: cst.Attribute(value=old, attr=cst.Name("return_value")))
    elif not isinstance(access.ctx, ast.Load):
        rewrite.leave(access, f"{access.attr} is a method now: the mock has to be told otherwise")
    elif not _is_called(file, access) and not isinstance(file.names.up[access].parent, ast.Attribute):
        rewrite.replace(access, _called)


def _named(named: Named, uses: MemberUses, rewrite: Rewrite) -> None:
    call, names = named.call, uses.names
    if call is None:
        return
    function = names.meaning(call.func)
    if function == "builtins.getattr":
        if not _is_called(uses.file, call) and len(call.args) == 2 and uses.is_instance(call.args[0]):
            rewrite.replace(call, _called)
        return
    if function in {"builtins.hasattr", "inspect.getattr_static"}:
        return
    for keyword in call.keywords:
        if keyword.arg == "new_callable" and names.meaning(keyword.value) in _PROPERTY_MOCKS:
            rewrite.remove(keyword)
            return
    given = [*call.args[2 if not named.prefix else 1 :], *(each.value for each in call.keywords if each.arg == "new")]
    for value in given:
        if isinstance(value, ast.Call) and names.means(value.func, "builtins.property") and len(value.args) == 1:
            rewrite.replace(value, lambda old: old.args[0].value)
        elif not isinstance(value, ast.Lambda):
            rewrite.leave(value, f"{uses.member} is a method now: what takes its place has to be callable")


def _override(node: ast.AST, uses: MemberUses, rewrite: Rewrite) -> None:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        gone = [at for at, each in enumerate(node.decorator_list) if uses.names.meaning(each) in _PROPERTIES]
        if gone:
            rewrite.replace(node, lambda old: with_decorators(old, without=gone))
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Attribute) and decorator.attr in {"setter", "deleter"}:
                rewrite.leave(node, f"{uses.member} is a method now: it can't have a setter")
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        rewrite.leave(node, f"{uses.member} is a method now: what takes its place has to be callable")
