"""A method that became a property."""

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

_PROPERTY_MOCK = "unittest.mock.PropertyMock"


@dataclass(frozen=True)
class CallToAttribute(Codemod):
    """Read what was a method without arguments and became a property, wherever the class of its receiver is proven.

    Repairs ``TypeError: 'int' object is not callable``. Methods of the tests' own classes that derive from it become
    properties, mocks with its ``spec`` hold what they returned, and patches of it become patches of a property.

    With ``old=shop.Cart.total``:

    In shop.py::

        class Cart:
            @property
            def total(self):
                return 0

    Before::

        from unittest.mock import Mock, patch

        from shop import Cart

        class Fixed(Cart):
            def total(self):
                return super().total() + 5

        def test_total(report):
            assert Cart().total() == 0
            assert Fixed().total() == 5
            cart = Mock(spec=Cart)
            cart.total.return_value = 3
            with patch.object(Cart, "total", return_value=4):
                assert report.total() == 3

    After::

        from unittest.mock import Mock, PropertyMock, patch

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
            with patch.object(Cart, "total", return_value=4, new_callable=PropertyMock):
                assert report.total() == 3

    Unchanged::

        from shop import Cart

        def test_total(cart):
            assert cart.total() == 0
            assert Cart().total == 0
    """

    applicability = Applicability.SAFE
    because = "Only receivers whose class is proven are changed, and the property gives what the call gave."
    owns = frozenset({ast.Attribute, ast.Call, ast.keyword, ast.Name, ast.Lambda, ast.ImportFrom, ast.alias})

    old: str = option("the method as it was, with its class", "dotted", metavar="MODULE.CLASS.MEMBER")

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
                _of_instance(access, uses, rewrite)
            elif uses.is_mock(access.value):
                _of_mock(access, uses, rewrite)
            else:
                rewrite.leave(access, f"{uses.member} is looked up on the class, where a property is no function")
        for named in uses.strings():
            _named(named, uses, rewrite)
        for node in uses.overrides():
            _override(node, uses, rewrite)
        for access in uses.doubtful():
            if _call_of(access, uses) is not None:
                rewrite.leave(access, f"whether this .{uses.member} is that of {uses.cls} can't be told")


def _call_of(node: ast.expr, uses: MemberUses) -> ast.Call | None:
    up = uses.names.up[node]
    return up.parent if isinstance(up.parent, ast.Call) and up.field == "func" else None


def _read(old: Any) -> Any:
    """What was called, with the parentheses of the call around it."""
    function = old.func
    return function.with_changes(lpar=[*old.lpar, *function.lpar], rpar=[*function.rpar, *old.rpar])


def _uncall(call: ast.Call, uses: MemberUses, rewrite: Rewrite) -> None:
    if call.args or call.keywords:
        rewrite.leave(call, f"{uses.member} is a property now: it takes no arguments")
    elif _call_of(call, uses) is not None:
        rewrite.leave(call, f"whether {uses.member} or what it gives is called can't be told")
    else:
        rewrite.replace(call, _read)


def _of_instance(access: ast.Attribute, uses: MemberUses, rewrite: Rewrite) -> None:
    call = _call_of(access, uses)
    if call is not None:
        _uncall(call, uses, rewrite)


def _of_mock(access: ast.Attribute, uses: MemberUses, rewrite: Rewrite) -> None:
    """``mock.total.return_value = 3`` becomes what the mock's property is."""
    call = _call_of(access, uses)
    if call is not None:
        _uncall(call, uses, rewrite)
        return
    outer = uses.names.up[access].parent
    if not isinstance(outer, ast.Attribute):
        return
    if outer.attr == "return_value" and isinstance(outer.ctx, ast.Store):
        rewrite.replace(outer, lambda old: old.value)
    else:
        rewrite.leave(outer, f"{uses.member} is a property now: the mock does not record that it was read")


def _named(named: Named, uses: MemberUses, rewrite: Rewrite) -> None:
    call, names = named.call, uses.names
    if call is None:
        return
    function = names.meaning(call.func)
    if function == "builtins.getattr":
        outer = _call_of(call, uses)
        if outer is not None and uses.is_instance(call.args[0]):
            _uncall(outer, uses, rewrite)
        return
    if function in {"builtins.hasattr", "inspect.getattr_static"}:
        return
    if not named.prefix and not uses.is_class(call.args[0]):
        rewrite.leave(call, f"{uses.member} is a property now: it has to be patched on the class")
        return
    new = call.args[1 if named.prefix else 2 :] or [each.value for each in call.keywords if each.arg == "new"]
    said = {each.arg for each in call.keywords}
    if new:
        value = new[0]
        if isinstance(value, ast.Lambda):
            rewrite.replace(value, lambda old: cst.Call(func=cst.Name("property"), args=[cst.Arg(old)]))
        elif not (isinstance(value, ast.Call) and names.means(value.func, "builtins.property")):
            rewrite.leave(value, f"{uses.member} is a property now: what takes its place is not called")
    elif said & {"autospec", "spec", "spec_set"}:
        rewrite.leave(call, f"{uses.member} is a property now: a mock with a spec can't take its place")
    elif "new_callable" not in said and _patches(call):
        mock = rewrite.imports.use(_PROPERTY_MOCK, at=call)
        rewrite.replace(call, lambda old: _with_argument(old, "new_callable", mock))


def _patches(call: ast.Call) -> bool:
    return not (isinstance(call.func, ast.Attribute) and call.func.attr in {"setattr", "delattr", "spy"})


def _with_argument(old: Any, name: str, source: str) -> Any:
    """A call with one more argument, after the others and written as they are."""
    last = old.args[-1]
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    added = cst.Arg(
        cst.parse_expression(source),
        cst.Name(name),
        equal,
        comma=last.comma,
        whitespace_after_arg=last.whitespace_after_arg,
    )
    between = next((each.comma for each in old.args[:-1] if isinstance(each.comma, cst.Comma)), None)
    comma = between or cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    before = last.with_changes(comma=comma, whitespace_after_arg=cst.SimpleWhitespace(""))
    return old.with_changes(args=[*old.args[:-1], before, added])


def _override(node: ast.AST, uses: MemberUses, rewrite: Rewrite) -> None:
    if not isinstance(node, ast.FunctionDef):
        return
    arguments = node.args
    count = len([*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs])
    if count != 1 or arguments.vararg or arguments.kwarg:
        rewrite.leave(node, f"{uses.member} is a property now: it takes no arguments")
    elif not node.decorator_list:
        rewrite.replace(node, lambda old: with_decorators(old, first="property"))
