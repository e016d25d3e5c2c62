"""A keyword argument that was renamed."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.reading.calls import Calls, Site
from pytest_agentgate.codemods.reading.dict_keys import Keys
from pytest_agentgate.codemods.reading.names import FunctionNode
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.writing.brackets import named
from pytest_agentgate.codemods.writing.literals import text_put
from pytest_agentgate.codemods.writing.rewrite import Rewrite


@dataclass(frozen=True)
class RenameKeyword(Codemod):
    """Rename a keyword argument at every call of one function, method or class.

    Repairs ``TypeError: order() got an unexpected keyword argument 'qty'``.

    With ``function=shop.order old=qty new=quantity``:

    Before::

        from shop import order

        def test_total():
            assert order("tea", qty=2).total == 4  # stays

    After::

        from shop import order

        def test_total():
            assert order("tea", quantity=2).total == 4  # stays

    Before::

        import pytest
        from shop import order

        DEFAULTS = {"item": "tea", "qty": 1}

        @pytest.mark.parametrize("kwargs", [{"qty": 1}, {"qty": 2}])
        def test_many(kwargs):
            order("tea", **kwargs)

        def test_defaults():
            order(**{**DEFAULTS, "qty": 3})

    After::

        import pytest
        from shop import order

        DEFAULTS = {"item": "tea", "quantity": 1}

        @pytest.mark.parametrize("kwargs", [{"quantity": 1}, {"quantity": 2}])
        def test_many(kwargs):
            order("tea", **kwargs)

        def test_defaults():
            order(**{**DEFAULTS, "quantity": 3})

    Unchanged::

        from cafe import order

        order("tea", qty=2)

    Unchanged::

        from shop import order

        KWARGS = {"qty": 2}

        def test_total(client):
            order("tea", **KWARGS)
            client.post("/orders", json=KWARGS)  # a dict that goes elsewhere too

    In shop.py::

        def order(item, quantity=1): ...

    In cart.py::

        from shop import order

    Before::

        from unittest.mock import patch

        @patch("cart.order")
        def test_expected(place):
            place.assert_called_once_with("tea", qty=2)
            assert place.call_args.kwargs["qty"] == 2

    After::

        from unittest.mock import patch

        @patch("cart.order")
        def test_expected(place):
            place.assert_called_once_with("tea", quantity=2)
            assert place.call_args.kwargs["quantity"] == 2
    """

    applicability = Applicability.SAFE
    because = "Only calls that are proven to reach the function are changed, and they pass the same value."
    owns = frozenset({ast.keyword, ast.Constant, ast.arg, ast.Name})

    function: str = option("the function, method or class that is called", "dotted")
    old: str = option("the keyword as the tests write it", "name")
    new: str = option("the keyword as the function now takes it", "name")

    def words(self) -> tuple[str, ...]:
        return (self.old,)

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        calls = Calls(file, self.function)
        done: set[ast.AST] = set()
        for site in calls.sites:
            if self._passes(site, self.new):
                if self._passes(site, self.old):
                    rewrite.leave(site.node, f"{self.old!r} and {self.new!r} are both passed")
                continue
            keyword = site.keyword(self.old)
            if keyword is not None:
                rewrite.replace(keyword, self._renamed)
            for splat in site.splats:
                for keys in splat.keys:
                    self._rename_key(keys, rewrite, done)
                if any(keys.private for keys in splat.keys):
                    self._rename_words(splat.words, rewrite, done)
                if not splat.complete:
                    rewrite.leave(splat.node, f"where this ** comes from can't be told; it may hold {self.old!r}")
        for keys in [*calls.shared, *calls.forwarded(self.old)]:
            self._rename_key(keys, rewrite, done)
        self._rename_words(calls.recorded, rewrite, done)
        for function in calls.stand_ins:
            self._rename_parameter(function, calls, rewrite)
        for call in calls.kept(self.old):
            rewrite.leave(call, f"this derives from {self.function}, but its constructor has its own {self.old!r}")
        for call in calls.handed_with(self.old):
            rewrite.leave(call, f"what is called here gets {self.function}, and may pass {self.old!r} on to it")

    def _passes(self, site: Site, name: str) -> bool:
        return site.keyword(name) is not None or any(each.names(name) for each in site.splats)

    def _rename_key(self, keys: Keys, rewrite: Rewrite, done: set[ast.AST]) -> None:
        said = keys.named(self.old)
        if said is None or said in done or not keys.here:
            return
        done.add(said)
        if not keys.private:
            rewrite.leave(said, f"this {self.old!r} also goes elsewhere")
        elif self.new in keys.not_keys:
            rewrite.leave(said, f"the function that is called here keeps {self.new!r} for itself")
        elif isinstance(said, ast.keyword):
            rewrite.replace(said, self._renamed)
        else:
            rewrite.replace(said, text_put(self.old, self.new))

    def _rename_parameter(self, function: FunctionNode | ast.Lambda, calls: Calls, rewrite: Rewrite) -> None:
        """A function that stands in for the other one is called as that one is."""
        names = calls.names
        arguments = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
        parameter = next((each for each in arguments if each.arg == self.old), None)
        if parameter is None:
            return
        scope = names.scopes[function]
        name = getattr(function, "name", None)
        sites = {site.node for site in calls.sites}
        called = any(
            call not in sites
            and name == getattr(call.func, "attr", getattr(call.func, "id", None))
            and any(each.arg == self.old for each in call.keywords)
            for call in names.calls
        )
        inner = [each for each in names.scopes.values() if self.old in each.nonlocal_names]
        uses = [
            node
            for node in names.by_word.get(self.old, ())
            if isinstance(node, ast.Name) and names.scope_of(node).home(self.old) is scope
        ]
        taken = any(names.enclosing(node, type(function)) is function for node in names.by_word.get(self.new, ()))
        if called or inner or taken or self.new in scope.bindings:
            rewrite.leave(parameter, f"this stands in for {self.function}, but {self.old!r} can't be renamed here")
            return
        rewrite.replace(parameter, lambda old: old.with_changes(name=cst.Name(self.new)))
        for use in uses:
            rewrite.replace(use, lambda old: old.with_changes(value=self.new))

    def _rename_words(self, words: Sequence[ast.Constant], rewrite: Rewrite, done: set[ast.AST]) -> None:
        for word in words:
            if word.value == self.old and word not in done:
                done.add(word)
                rewrite.replace(word, text_put(self.old, self.new))

    def _renamed(self, argument: cst.Arg) -> cst.Arg:
        return named(argument, self.new)
