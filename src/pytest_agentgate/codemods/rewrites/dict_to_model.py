"""A dict whose place a class has taken."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import libcst as cst

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.flows.dict_annotations import dict_parts
from pytest_agentgate.codemods.flows.flows import Flows, Made
from pytest_agentgate.codemods.models.model import Model
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.writing.rewrite import Rewrite, expression


@dataclass(frozen=True)
class DictToModel(Codemod):
    """Make a class's instances of the dicts that reach a parameter which now takes that class.

    Repairs ``AttributeError: 'dict' object has no attribute 'host'`` and
    ``ValidationError: Input should be an instance of RedisConfig``.

    The dicts are found where they are written: in the call, in variables, constants, fixtures, factories and
    ``parametrize``, and in dicts that are splatted into the call. One that is used as a dict as well stays one, and
    becomes an instance where it is passed. With ``everywhere=yes`` every parameter counts that the implementation
    annotates with the class.

    With ``function=app.service.Service parameter=redis model=app.config.RedisConfig``:

    In app/config.py::

        from dataclasses import dataclass

        @dataclass
        class Tls:
            cert: str

        @dataclass
        class RedisConfig:
            host: str
            port: int = 6379
            tls: Tls | None = None

    In app/service.py::

        from app.config import RedisConfig

        class Service:
            def __init__(self, name: str, redis: RedisConfig) -> None:
                self.redis = redis

    Before::

        import pytest

        from app.service import Service

        @pytest.fixture
        def redis() -> dict[str, object]:
            return {
                "host": "localhost",  # no server needed
                "tls": {"cert": "/tmp/cert"},
            }

        def test_name(redis):
            assert Service("a", redis).name == "a"

        def test_port():
            settings = {"host": "localhost", "port": 1}
            assert Service("a", redis=settings).redis.port == settings["port"]

    After::

        import pytest

        from app.config import RedisConfig, Tls
        from app.service import Service

        @pytest.fixture
        def redis() -> RedisConfig:
            return RedisConfig(
                host="localhost",  # no server needed
                tls=Tls(cert="/tmp/cert"),
            )

        def test_name(redis):
            assert Service("a", redis).name == "a"

        def test_port():
            settings = {"host": "localhost", "port": 1}
            assert Service("a", redis=RedisConfig(**settings)).redis.port == settings["port"]

    Unchanged::

        from app.service import Service

        def test_what_is_no_field():
            Service("a", {"host": "localhost", "retries": 3})
            Service("a", redis={"port": 1})
    """

    applicability = Applicability.SAFE
    because = "Only dicts that are proven to reach the parameter are changed, and only if the class takes their keys."
    owns = frozenset(
        {
            ast.Dict, ast.Call, ast.keyword, ast.Name, ast.Attribute, ast.Subscript, ast.Await, ast.BinOp,
            ast.Import, ast.ImportFrom, ast.alias,
        }
    )  # fmt: skip

    function: str = option("the function, method or class that takes the dict", "dotted")
    parameter: str = option("its parameter or field", "name")
    model: str = option("the class that the parameter now takes", "dotted")
    everywhere: bool = option("also for every other parameter that is annotated with the class", "flag", default=False)

    def words(self) -> tuple[str, ...]:
        return ()  # a fixture's file names neither the function nor the class

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        if not self._may_change(file):
            return
        flows = Flows(file, self.function, self.parameter, self.model, self.everywhere)
        flows.follow()
        for names, node, reason in flows.notes:
            if names is file.names:
                rewrite.leave(node, reason)
        for node, change in flows.changes.items():
            if node not in file.names.up:
                continue
            model = rewrite.imports.use(self._imported(flows, change.model), at=node)
            if isinstance(change, Made) and not change.apart:
                rewrite.replace(node, _call(node, model))
            else:
                rewrite.replace(node, _splat(model))
        for annotation, said in self._annotations(flows, file):
            rewrite.put(annotation, rewrite.imports.use(self._imported(flows, said), at=annotation))

    def _may_change(self, file: File) -> bool:
        """Whether the file calls the function, or has dicts that another file may pass to it."""
        if self.everywhere or self.function.rpartition(".")[2] in file.text or not file.text:
            return True
        return any(isinstance(node, ast.Dict) for node in file.names.up) or bool(file.names.by_word.get("dict"))

    def _imported(self, flows: Flows, model: Model) -> str:
        """The name under which a class is imported: the one that was given, where it is that class."""
        return self.model if flows.sources.canonical(self.model) == model.name else model.name

    def _annotations(self, flows: Flows, file: File) -> Iterator[tuple[ast.expr, Model]]:
        """The annotations that call a dict what is an instance now."""
        for holder, shape in flows.held.items():
            if (holder, shape) not in flows.stays and holder.names is file.names:
                yield from dict_parts(holder, shape)


def _call(node: ast.expr, model: str) -> Any:
    """From a display or ``dict(...)`` to a call of the class, element by element."""

    def change(old: cst.Dict | cst.Call) -> cst.BaseExpression:
        if isinstance(old, cst.Call):
            arguments = [each.with_changes(star="**") if each.keyword is None else each for each in old.args]
            return old.with_changes(func=expression(model), args=arguments)
        assert isinstance(node, ast.Dict)  # noqa: S101
        arguments = []
        for key, element in zip(node.keys, old.elements, strict=True):
            if isinstance(element, cst.StarredDictElement):
                arguments.append(cst.Arg(element.value, star="**", comma=element.comma))
                continue
            assert isinstance(element, cst.DictElement)  # noqa: S101
            assert isinstance(key, ast.Constant)  # noqa: S101
            after = element.whitespace_after_colon
            equal = cst.AssignEqual(
                cst.SimpleWhitespace(""),
                after if isinstance(after, cst.ParenthesizedWhitespace) else cst.SimpleWhitespace(""),
            )
            arguments.append(cst.Arg(element.value, cst.Name(str(key.value)), equal, element.comma))
        before: Any = old.lbrace.whitespace_after
        end = old.rbrace.whitespace_before
        if arguments:
            arguments[-1] = _ended(arguments[-1], end)
        elif not isinstance(end, cst.SimpleWhitespace):
            before = end
        return cst.Call(expression(model), arguments, old.lpar, old.rpar, whitespace_before_args=before)

    return change


def _ended(last: cst.Arg, end: cst.BaseParenthesizableWhitespace) -> cst.Arg:
    """The last argument, with what stood before the closing brace."""
    if isinstance(last.comma, cst.Comma):
        after = last.comma.whitespace_after
        return last.with_changes(comma=last.comma.with_changes(whitespace_after=end if after.empty else after))
    return last.with_changes(whitespace_after_arg=end)


def _splat(model: str) -> Any:
    """From an expression to a call of the class that is given it as ``**``."""

    def change(old: cst.BaseExpression) -> cst.BaseExpression:
        return cst.Call(expression(model), [cst.Arg(old, star="**")])

    return change
