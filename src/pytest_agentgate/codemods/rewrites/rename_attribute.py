"""A member of a class that was renamed."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

import libcst as cst

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.reading.constructions import field_keywords
from pytest_agentgate.codemods.reading.members import MemberUses, split_member
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.writing.literals import text_put
from pytest_agentgate.codemods.writing.rewrite import Rewrite
from pytest_agentgate.errors import UsageError


@dataclass(frozen=True)
class RenameAttribute(Codemod):
    """Rename a method, property, field or enum member wherever the class of its receiver is proven.

    Repairs ``AttributeError: 'User' object has no attribute 'name'``. A class is proven by a constructor, an
    annotation, a fixture or a definition that can be read; ``patch.object``, ``monkeypatch.setattr``, ``getattr`` and
    the classes of tests that derive from it go along. Where the class is a dataclass or a model of pydantic, attrs or
    msgspec with such a field, the keyword of its constructor goes along too; for one that can't be read say
    ``keyword=yes``. For the parameter of a plain ``__init__`` there is rename-keyword.

    With ``old=app.models.User.name new=full_name``:

    In app/models.py::

        class User:
            def __init__(self, first, last):
                self.full_name = f"{first} {last}"

            def __enter__(self):
                return self

            def __exit__(self, *exc): ...

    In tests/conftest.py::

        import pytest
        from app.models import User

        @pytest.fixture
        def user():
            return User("Ada", "Lovelace")

    Before::

        from unittest.mock import patch

        from app.models import User

        class Anonymous(User):
            name = "nobody"

        def test_name(user, product):
            assert user.name == "Ada Lovelace"  # the fixture's
            assert product.name == "tea"
            assert Anonymous().name == "nobody"
            with User("Alan", "Turing") as other, patch.object(User, "name", "x"):
                assert other.name

    After::

        from unittest.mock import patch

        from app.models import User

        class Anonymous(User):
            full_name = "nobody"

        def test_name(user, product):
            assert user.full_name == "Ada Lovelace"  # the fixture's
            assert product.name == "tea"
            assert Anonymous().full_name == "nobody"
            with User("Alan", "Turing") as other, patch.object(User, "full_name", "x"):
                assert other.full_name

    Unchanged::

        from app.models import User
        from shop import Product

        def check(user):
            assert user.name

        def test_name():
            assert Product("tea").name == "tea"

    With ``old=app.config.Settings.db_url new=database_url``:

    In app/config.py::

        from dataclasses import dataclass

        @dataclass
        class Settings:
            database_url: str

    Before::

        from app.config import Settings

        def test_settings():
            assert Settings(db_url="sqlite://").db_url == "sqlite://"

    After::

        from app.config import Settings

        def test_settings():
            assert Settings(database_url="sqlite://").database_url == "sqlite://"
    """

    applicability = Applicability.SAFE
    because = "Only receivers whose class is proven are changed, and they reach the same member under its new name."
    owns = frozenset(
        {
            ast.Attribute, ast.Constant, ast.Name, ast.keyword, ast.FunctionDef, ast.AsyncFunctionDef, ast.MatchClass,
        }
    )  # fmt: skip

    old: str = option("the member as the tests name it, with its class", "dotted", metavar="MODULE.CLASS.MEMBER")
    new: str = option("the member's new name", "dotted", metavar="NAME")
    keyword: bool = option("the keyword of the class's constructor was renamed too", "flag", default=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        split_member(self.name(), self.old)
        owner, dot, _ = self.new.rpartition(".")
        if dot and owner != self._class:
            raise UsageError(f"rename-attribute new={self.new}: a member stays in its class, {self._class}")

    @property
    def _class(self) -> str:
        return self.old.rpartition(".")[0]

    @property
    def _member(self) -> str:
        return self.old.rpartition(".")[2]

    @property
    def _new(self) -> str:
        return self.new.rpartition(".")[2]

    def words(self) -> tuple[str, ...]:
        return (self._member,)

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        if file.sources.module(self._class) is not None:
            rewrite.leave(file.names.tree, f"{self._class} is a module: its names are renamed by rename-symbol")
            return
        uses = MemberUses(file, self._class, self._member)
        for access in uses.accesses:
            rewrite.replace(access, lambda old: old.with_changes(attr=cst.Name(self._new)))
        for named in uses.strings():
            rewrite.replace(named.node, text_put(named.prefix + self._member, named.prefix + self._new))
        for keyword in uses.multiple():
            rewrite.replace(keyword, self._keyword)
        for node in uses.overrides():
            change = self._defined if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else self._named
            rewrite.replace(node, change)
        for pattern in uses.patterns():
            rewrite.replace(pattern, self._pattern)
        for place in field_keywords(uses, self._new, self.keyword):
            if isinstance(place, ast.keyword):
                rewrite.replace(place, self._keyword)
            else:
                rewrite.replace(place, text_put(self._member, self._new))
        for access in uses.doubtful():
            rewrite.leave(access, f"whether this .{self._member} is that of {self._class} can't be told")

    def _named(self, old: cst.Name) -> cst.Name:
        return old.with_changes(value=self._new)

    def _defined(self, old: cst.FunctionDef) -> cst.FunctionDef:
        return old.with_changes(name=old.name.with_changes(value=self._new))

    def _keyword(self, old: cst.Arg) -> cst.Arg:
        return old.with_changes(keyword=cst.Name(self._new))

    def _pattern(self, old: cst.MatchClass) -> Any:
        renamed = [
            each.with_changes(key=cst.Name(self._new)) if each.key.value == self._member else each for each in old.kwds
        ]
        return old.with_changes(kwds=renamed)
