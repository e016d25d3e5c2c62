"""A parameter that a method or function has now, for what tests put in its place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import libcst as cst

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.idioms.fixtures import own_nodes
from pytest_agentgate.codemods.idioms.stand_ins import StandIns
from pytest_agentgate.codemods.reading.calls import Calls
from pytest_agentgate.codemods.reading.hierarchy import owner, receiver_parameter
from pytest_agentgate.codemods.reading.members import MemberUses
from pytest_agentgate.codemods.reading.names import FunctionNode, ModuleNames
from pytest_agentgate.codemods.reading.signatures import Signature, words_of
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.writing import brackets
from pytest_agentgate.codemods.writing.rewrite import Rewrite, expression
from pytest_agentgate.errors import UsageError


@dataclass(frozen=True)
class AddParameter(Codemod):
    """Have what tests put in the place of a method or function take the parameter that it has now.

    Repairs ``TypeError: Fixed.price() got an unexpected keyword argument 'day'``, where the implementation calls it.
    Methods of the tests' own classes that override one pass it on to ``super()``.

    With ``function=shop.Tariff.price parameter=day new=item,day``:

    In shop.py::

        class Tariff:
            def price(self, item, day): ...

    Before::

        from shop import Tariff, total

        class Fixed(Tariff):
            def price(self, item):
                return 2 * super().price(item)

        class Free(Tariff):
            def price(self, *args, **kwargs):
                return 0

        def test_total(monkeypatch):
            assert total(["tea"], Fixed()) == 4
            assert total(["tea"], Free()) == 0
            monkeypatch.setattr(Tariff, "price", lambda self, item: 3)
            assert total(["tea"], Tariff()) == 3

    After::

        from shop import Tariff, total

        class Fixed(Tariff):
            def price(self, item, day):
                return 2 * super().price(item, day=day)

        class Free(Tariff):
            def price(self, *args, **kwargs):
                return 0

        def test_total(monkeypatch):
            assert total(["tea"], Fixed()) == 4
            assert total(["tea"], Free()) == 0
            monkeypatch.setattr(Tariff, "price", lambda self, item, day: 3)
            assert total(["tea"], Tariff()) == 3

    Unchanged::

        from shop import Tariff

        class Mine:
            def price(self, item):
                return 1

        class Daily(Tariff):
            def price(self, item):
                day = today()
                return day
    """

    applicability = Applicability.SAFE
    because = "Only what is proven to stand in for the function takes it, and does with it what it did without."
    owns = frozenset({ast.arguments, ast.arg, ast.Call, ast.keyword})

    function: str = option("the method or function that has it now", "dotted")
    parameter: str = option("the parameter", "name")
    new: tuple[str, ...] = option("its parameters as they are, to find the place", "names", metavar="NAME,...")
    default: str = option("the default of the parameter", "source", "", "SOURCE")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.parameter not in self.new:
            raise UsageError(f"{self.name()} new={','.join(self.new)}: {self.parameter} is not among them")

    def words(self) -> tuple[str, ...]:
        return words_of(self.function)

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        for function in dict.fromkeys(self._replacing(file)):
            arguments = function.args
            if self.parameter in _named(arguments) or arguments.kwarg is not None:
                continue
            skip = self._filled(function, file.names)
            reason = self._obstacle(function, skip)
            if reason:
                rewrite.leave(function, reason)
                continue
            rewrite.replace(function, partial(self._with_parameter, skip=skip))
            for call in _on_super(function, words_of(self.function)):
                if self.parameter not in {each.arg for each in call.keywords} and self._reaches_it(call):
                    rewrite.replace(call, self._passing_on)

    def _replacing(self, file: File) -> Iterator[FunctionNode | ast.Lambda]:
        cls, _, member = self.function.rpartition(".")
        if cls:
            for node in MemberUses(file, cls, member).overrides():
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield node
        stand_ins = StandIns(file, Calls(file, self.function))
        for each in stand_ins.all():
            if isinstance(each.value, ast.Lambda):
                yield each.value
            elif each.value is not None and (function := stand_ins.function_of(each.value)) is not None:
                yield function

    def _filled(self, function: FunctionNode | ast.Lambda, names: ModuleNames) -> int:
        """How many of its first parameters Python fills: for what stands in for a method, the one that it has more."""
        if not isinstance(function, ast.Lambda) and owner(names, function) is not None:
            return int(receiver_parameter(names, function) is not None)
        before = [name for name in Signature.of_names(self.new).positional if name != self.parameter]
        return int(len(function.args.args) == len(before) + 1)

    def _obstacle(self, function: FunctionNode | ast.Lambda, skip: int) -> str:
        arguments = function.args
        used = {
            node.id if isinstance(node, ast.Name) else getattr(node, "arg", "")
            for node in ast.walk(function)
            if isinstance(node, ast.Name | ast.arg)
        }
        if self.parameter in used:
            return f"{self.parameter} is something else in it"
        at = Signature.of_names(self.new).index(self.parameter)
        if at is None:
            return ""
        own = len(arguments.args) - skip
        if arguments.vararg is not None or arguments.posonlyargs or own < at:
            return f"where {self.parameter} belongs among its parameters can't be told"
        without = len(arguments.args) - len(arguments.defaults)
        place = at + skip
        if (place > without and not self.default) or (place < without and self.default):
            return f"{self.parameter} would stand between parameters with and without a default"
        return ""

    def _reaches_it(self, call: ast.Call) -> bool:
        at = Signature.of_names(self.new).index(self.parameter)
        is_starred = any(isinstance(each, ast.Starred) for each in call.args) or any(not e.arg for e in call.keywords)
        return not is_starred and (at is None or len(call.args) <= at)

    def _with_parameter(self, old: Any, skip: int) -> Any:
        """A function or lambda that takes the parameter as well."""
        default = expression(self.default) if self.default else None
        bare = cst.SimpleWhitespace("")
        equal = cst.AssignEqual(bare, bare) if self.default else cst.MaybeSentinel.DEFAULT
        parameter = cst.Param(cst.Name(self.parameter), default=default, equal=equal)
        parameters = old.params
        at = Signature.of_names(self.new).index(self.parameter)
        if at is None:
            star = cst.ParamStar() if parameters.star_arg is cst.MaybeSentinel.DEFAULT else parameters.star_arg
            changed = parameters.with_changes(star_arg=star, kwonly_params=[*parameters.kwonly_params, parameter])
        elif isinstance(old, cst.FunctionDef) and not (parameters.kwonly_params or parameters.star_kwarg):
            return brackets.insert(old, parameter, at + skip)
        else:
            items = list(parameters.params)
            items.insert(at + skip, parameter)
            changed = parameters.with_changes(params=items)
        if isinstance(old, cst.Lambda):
            return old.with_changes(params=changed, whitespace_after_lambda=cst.SimpleWhitespace(" "))
        return old.with_changes(params=changed)

    def _passing_on(self, old: Any) -> Any:
        return brackets.append(old, brackets.keyword(self.parameter, cst.Name(self.parameter)))


def _named(arguments: ast.arguments) -> set[str]:
    return {each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}


def _on_super(function: FunctionNode | ast.Lambda, words: tuple[str, ...]) -> Iterator[ast.Call]:
    """The calls of the same method of the class above."""
    for node in own_nodes(function):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr=word)) if word in words:
                yield node
