"""An argument that a function now needs."""

from __future__ import annotations

import ast
from dataclasses import dataclass

import libcst as cst

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.reading.calls import Calls, Site
from pytest_agentgate.codemods.reading.dict_keys import Keys
from pytest_agentgate.codemods.reading.signatures import words_of
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.writing import brackets
from pytest_agentgate.codemods.writing.rewrite import Change, Rewrite
from pytest_agentgate.codemods.writing.snippets import Snippet, Unfit


@dataclass(frozen=True)
class AddArgument(Codemod):
    """Pass one more argument at every call of one function, method or class.

    Repairs ``TypeError: order() missing 1 required positional argument: 'shop'``. It is passed by keyword, unless the
    function's definition takes it by position only. Nothing is added where it is passed already, and nothing to what
    is expected of a mock: what the implementation passes there is not known. Dotted names in the value are imported;
    a name alone may be a fixture, which the test then requests.

    With ``function=shop.order parameter=till value=shop.tills.Till(3)``:

    Before::

        from shop import order

        def test_total():
            assert order("tea", **{"qty": 2}).total == 4
            assert order(
                "tea",
                qty=2,  # twice
            ).total == 4
            assert order("tea", till=None).total == 4

    After::

        from shop import order
        from shop.tills import Till

        def test_total():
            assert order("tea", till=Till(3), **{"qty": 2}).total == 4
            assert order(
                "tea",
                qty=2,  # twice
                till=Till(3),
            ).total == 4
            assert order("tea", till=None).total == 4

    Unchanged::

        from shop import order

        def test_total(kwargs):
            assert order("tea", **kwargs).total == 4

    With ``function=shop.order parameter=client value=worker_client``:

    In tests/conftest.py::

        import pytest

        @pytest.fixture
        def worker_client():
            return object()

    Before (tests/test_order.py)::

        from shop import order

        class TestTotal:
            def test_one(self, prices):
                assert order("tea").total == 2

        def total(item):
            return order(item).total

    After::

        from shop import order

        class TestTotal:
            def test_one(self, prices, worker_client):
                assert order("tea", client=worker_client).total == 2

        def total(item):
            return order(item).total
    """

    applicability = Applicability.UNSAFE
    because = (
        "Nothing in the tests says that the value is the one that they need: a test may come to mean another thing."
    )
    owns = frozenset({ast.keyword, ast.arg, ast.Call, ast.Dict, ast.ImportFrom, ast.Import, ast.alias})

    function: str = option("the function, method or class that is called", "dotted")
    parameter: str = option("the parameter that gets the argument", "name")
    value: str = option("the argument; dotted names in it are imported, fixtures requested", "source")

    def words(self) -> tuple[str, ...]:
        return words_of(self.function)

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        calls = Calls(file, self.function)
        snippet = Snippet(self.value, file, rewrite)
        bound = [each for each in calls.sites if each.form == "bound"]
        done: set[ast.AST] = set()
        for site in calls.sites:
            if site.form in {"bound", "copy"}:
                continue
            passed = site.passes(self.parameter, calls.callee.signature)
            if passed is None:
                rewrite.leave(site.node, f"whether {self.parameter!r} is passed here can't be told")
            elif passed:
                self._complete(site, snippet, rewrite, done)
                if site.form != "expected" and self._may_be_another(site, calls):
                    reason = f"what stands in the place of {self.parameter!r} may be meant for the parameter behind it"
                    rewrite.leave(site.node, f"{reason}; then reorder-arguments has to run first")
            elif site.form == "expected":
                rewrite.leave(site.node, f"what {self.function} is expected to get for {self.parameter!r} is not known")
            elif site.form == "partial" and any(each.passes(self.parameter, calls.callee.signature) for each in bound):
                rewrite.leave(site.node, f"calls of this partial pass {self.parameter!r} themselves")
            else:
                self._add(site, calls, snippet, rewrite)

    def _add(self, site: Site, calls: Calls, snippet: Snippet, rewrite: Rewrite) -> None:
        signature = calls.callee.signature
        index = signature.index(self.parameter) if signature is not None else None
        by_position = signature is not None and index is not None and index < signature.positional_only
        if by_position and index != site.shift + len(site.positional):
            rewrite.leave(
                site.node, f"{self.parameter!r} is taken by position only, and arguments before it are missing"
            )
            return
        value = snippet.at(site.node)
        if isinstance(value, Unfit):
            rewrite.leave(site.node, value.reason)
            return
        if by_position:
            rewrite.replace(site.node, _positional(value, len(site.node.args)))
        else:
            rewrite.replace(site.node, _keyword(brackets.keyword(self.parameter, value)))

    def _may_be_another(self, site: Site, calls: Calls) -> bool:
        """Whether the parameter was put between others, and the call may follow the order that was before."""
        signature = calls.callee.signature
        index = signature.index(self.parameter) if signature is not None else None
        if signature is None or index is None or site.at(index) is None or index == len(signature.positional) - 1:
            return False
        return signature.at(len(site.positional) + site.shift - 1) != signature.positional[-1]

    def _complete(self, site: Site, snippet: Snippet, rewrite: Rewrite, done: set[ast.AST]) -> None:
        """Where some of the dicts that reach a call have the key, those that lack it get it."""
        displays = site.displays
        lacking = [each for each in displays if each.named(self.parameter) is None and each.node not in done]
        if site.keyword(self.parameter) is not None or not displays or len(lacking) == len(displays):
            return
        for keys in lacking:
            done.add(keys.node)
            value = (
                snippet.at(keys.node)
                if keys.private and keys.here and _is_alone(keys) and len(site.splats) == 1
                else None
            )
            if value is None or isinstance(value, Unfit):
                reason = value.reason if value else "it is put together from several"
                rewrite.leave(keys.node, f"{self.parameter!r} is missing here, but {reason}")
            elif isinstance(keys.node, ast.Dict):
                rewrite.replace(keys.node, _element(self.parameter, value))
            else:
                rewrite.replace(keys.node, _keyword(brackets.keyword(self.parameter, value)))


def _is_alone(keys: Keys) -> bool:
    """Whether a dict is written out, with nothing else put into it."""
    if isinstance(keys.node, ast.Dict):
        return all(key is not None for key in keys.node.keys)
    return keys.is_display and not keys.node.args and all(each.arg for each in keys.node.keywords)


def _keyword(argument: cst.Arg) -> Change:
    def change(call: cst.Call) -> cst.Call:
        splat = next((number for number, each in enumerate(call.args) if each.star == "**"), None)
        return brackets.insert(call, argument, splat)

    return change


def _positional(value: cst.BaseExpression, at: int) -> Change:
    return lambda call: brackets.insert(call, cst.Arg(value), at)


def _element(name: str, value: cst.BaseExpression) -> Change:
    def change(old: cst.Dict) -> cst.Dict:
        quotes = [
            each.key.quote
            for each in old.elements
            if isinstance(each, cst.DictElement) and isinstance(each.key, cst.SimpleString)
        ]
        quote = quotes[-1] if quotes else '"'
        return brackets.append(old, cst.DictElement(cst.SimpleString(f"{quote}{name}{quote}"), value))

    return change
