"""An environment variable that was renamed."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import partial

import libcst as cst

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.idioms.environment import Variable, is_nothing_else, variables
from pytest_agentgate.codemods.reading.names import ModuleNames
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.writing.literals import text_put
from pytest_agentgate.codemods.writing.rewrite import Rewrite


@dataclass(frozen=True)
class RenameEnvironmentVariable(Codemod):
    """Rename an environment variable wherever tests set, read or remove it.

    Repairs ``KeyError: 'SHOP_URL'`` and tests whose setting is not seen any more. It is renamed in ``os.environ``, in
    what ``monkeypatch`` and ``patch.dict`` do to it, and in the ``env`` of a process. A function that names both is
    left alone: it is about the two names.

    With ``old=shop_url new=SHOP_URL``:

    Before::

        import os
        from unittest import mock

        def setup_function():
            os.environ["shop_url"] = "http://localhost"

        def teardown_function():
            del os.environ['shop_url']

        def test_order(monkeypatch):
            monkeypatch.setenv("shop_url", "http://test")
            with mock.patch.dict(os.environ, {"shop_url": "x"}), mock.patch.dict("os.environ", shop_url="y"):
                assert "shop_url" in os.environ

    After::

        import os
        from unittest import mock

        def setup_function():
            os.environ["SHOP_URL"] = "http://localhost"

        def teardown_function():
            del os.environ['SHOP_URL']

        def test_order(monkeypatch):
            monkeypatch.setenv("SHOP_URL", "http://test")
            with mock.patch.dict(os.environ, {"SHOP_URL": "x"}), mock.patch.dict("os.environ", SHOP_URL="y"):
                assert "SHOP_URL" in os.environ

    Unchanged::

        import os

        def test_old_name(settings):
            os.environ["shop_url"] = "a"
            assert os.environ["SHOP_URL"] == "a"

        def test_setting(settings):
            assert settings["shop_url"] == "a"
    """

    applicability = Applicability.SAFE
    because = "The tests set and read the same variable as before, by the name that the implementation looks for."
    owns = frozenset({ast.Constant, ast.keyword})

    old: str = option("the variable as the tests name it", "name")
    new: str = option("the variable as it is named now", "name")

    def words(self) -> tuple[str, ...]:
        return (self.old,)

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        found = variables(file.names)
        known = {_around(file.names, each) for each in found if each.name == self.new}
        for each in {each.node: each for each in found if each.name == self.old}.values():
            if _around(file.names, each) in known:
                rewrite.leave(each.node, f"{self.new} is named here as well")
            elif not is_nothing_else(file.names, each, found):
                rewrite.leave(each.node, "the constant is used for something else as well")
            elif isinstance(each.node, ast.keyword):
                rewrite.replace(each.node, partial(_renamed, name=self.new))
            else:
                rewrite.replace(each.node, text_put(self.old, self.new))


def _around(names: ModuleNames, variable: Variable) -> ast.AST | None:
    return names.enclosing(variable.at, ast.FunctionDef, ast.AsyncFunctionDef)


def _renamed(argument: cst.Arg, name: str) -> cst.Arg:
    return argument.with_changes(keyword=cst.Name(name))
