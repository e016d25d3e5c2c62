"""A keyword argument that was renamed."""

from __future__ import annotations

import ast
from dataclasses import dataclass

import libcst as cst

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.rewrite import Rewrite
from pytest_agentgate.codemods.sources import File


@dataclass(frozen=True)
class RenameKeyword(Codemod):
    """Rename a keyword argument at every call of one function.

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

    Unchanged::

        from cafe import order

        order("tea", qty=2)
    """

    applicability = Applicability.SAFE
    because = "Only calls that are proven to reach the function are changed, and they pass the same value."
    owns = frozenset({ast.keyword})

    function: str = option("the function, method or class that is called", "dotted")
    old: str = option("the keyword as the tests write it", "name")
    new: str = option("the keyword as the function now takes it", "name")

    def words(self) -> tuple[str, ...]:
        return (self.old,)

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        for call in file.names.calls:
            if not file.names.means(call.func, self.function):
                continue
            taken = any(keyword.arg == self.new for keyword in call.keywords)
            for keyword in call.keywords:
                if keyword.arg == self.old and not taken:
                    rewrite.replace(keyword, self._renamed)

    def _renamed(self, argument: cst.Arg) -> cst.Arg:
        return argument.with_changes(keyword=cst.Name(self.new))
