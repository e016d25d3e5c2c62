"""A model where tests need a mapping."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import libcst as cst

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.models.model import Model, Style
from pytest_agentgate.codemods.models.model_classes import unquoted
from pytest_agentgate.codemods.models.model_values import ModelValues
from pytest_agentgate.codemods.models.shapes import Models
from pytest_agentgate.codemods.reading.names import ModuleNames
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.writing import brackets
from pytest_agentgate.codemods.writing.rewrite import Rewrite, expression

_JSON = frozenset(
    {
        "json.dumps", "json.dump", "simplejson.dumps", "simplejson.dump", "ujson.dumps", "ujson.dump",
        "yaml.dump", "yaml.safe_dump", "yaml.dump_all", "yaml.safe_dump_all", "tomli_w.dumps", "tomli_w.dump",
    }
)  # fmt: skip
_LAX = frozenset({"yaml.dump", "yaml.dump_all"})  # they write any object
_PLAIN = frozenset(
    {f"builtins.{name}" for name in ("str", "int", "float", "bool", "list", "dict")}
    | {f"typing.{name}" for name in ("List", "Dict", "Optional", "Union", "Annotated", "Literal")}
)


@dataclass(frozen=True)
class SerializeModel(Codemod):
    """Turn a model into the mapping that a test needs, in the way of its class.

    Repairs ``TypeError: Object of type RedisConfig is not JSON serializable``,
    ``RepresenterError: ('cannot represent an object', RedisConfig(...))`` and
    ``TypeError: argument after ** must be a mapping, not RedisConfig``. Where ``model_dump()`` is written already, but
    a field came to hold what JSON and YAML have no form for, it gets ``mode="json"``.

    With ``model=app.config.RedisConfig``:

    In app/config.py::

        from pydantic import BaseModel

        class RedisConfig(BaseModel):
            host: str

        def load() -> RedisConfig: ...

    Before::

        import json

        from app.config import load

        def test_file(path):
            redis = load()
            path.write_text(json.dumps({"redis": redis, "retries": 3}, indent=2))
            assert dict(host="a") | {**redis}

    After::

        import json

        from app.config import load

        def test_file(path):
            redis = load()
            path.write_text(json.dumps({"redis": redis.model_dump(mode="json"), "retries": 3}, indent=2))
            assert dict(host="a") | {**redis.model_dump()}

    Unchanged::

        import json

        from app.config import load

        def test_equality(redis):
            json.dumps(redis)
            assert load() == {"host": "localhost"}
    """

    applicability = Applicability.SAFE
    because = "Only proven values are changed, in test code, and to the same mapping that the dict was."
    owns = frozenset(
        {
            ast.Call, ast.Name, ast.Attribute, ast.Subscript, ast.Await, ast.keyword, ast.Constant,
            ast.Import, ast.ImportFrom, ast.alias,
        }
    )  # fmt: skip

    model: str = option("the class that has taken the dict's place", "dotted")

    def words(self) -> tuple[str, ...]:
        return ()  # a value may come from a fixture of another file

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        models = Models(file.sources)
        model = models.of(self.model)
        if not isinstance(model, Model):
            return
        values = ModelValues(file, models, model)
        for node, is_json in _needs(file.names):
            found = values.of(node)
            if found is None:
                continue
            source = _serialized(found, is_json, node, rewrite)
            if source is None:
                rewrite.leave(node, f"how a {found.short} becomes a mapping can't be told")
            else:
                rewrite.replace(node, source)
        for dumped, call in _dumped(file.names):
            found = values.of(dumped)
            if found is not None and found.style is Style.PYDANTIC_2 and not _is_plain(found, models, set()):
                rewrite.replace(call, _with_mode)
        for compared, other in _comparisons(file.names):
            found = values.of(compared)
            if found is not None:
                rewrite.leave(other, f"a {found.short} equals no dict")


def _comparisons(names: ModuleNames) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What is compared with a dict that is written down, and that dict."""
    for node in names.up:
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq | ast.NotEq):
            sides = [node.left, node.comparators[0]]
            for one, other in (sides, sides[::-1]):
                if isinstance(other, ast.Dict):
                    yield one, other


def _dumped(names: ModuleNames) -> Iterator[tuple[ast.expr, ast.Call]]:
    """What is dumped with ``model_dump()`` for a function that takes plain JSON values only, and that call."""
    for call in names.calls:
        helped = any(each.arg in {"default", "cls", "Dumper", None} for each in call.keywords)
        if names.meaning(call.func) in _JSON - _LAX and call.args and not helped:
            for each in _parts(call.args[0]):
                match each:
                    case ast.Call(func=ast.Attribute(value=value, attr="model_dump")) if not any(
                        keyword.arg in {"mode", None} for keyword in each.keywords
                    ):
                        yield value, each


def _is_plain(model: Model, models: Models, seen: set[str]) -> bool:
    """Whether all fields of a model hold plain JSON values, those of models in it included."""
    seen.add(model.name)
    for each in model.fields.values():
        if each.annotation is None or each.where is None:
            return False
        for node in ast.walk(unquoted(each.annotation)):
            name = each.where.meaning(node) or "" if isinstance(node, ast.Name | ast.Attribute) else ""
            if not name or name in _PLAIN or name in seen or name in {"typing", "collections.abc"}:
                continue
            below = models.of(name)
            if not isinstance(below, Model) or not _is_plain(below, models, seen):
                return False
    return True


def _needs(names: ModuleNames) -> Iterator[tuple[ast.expr, bool]]:
    """The expressions that have to be mappings, and whether of plain JSON values only."""
    for call in names.calls:
        if names.meaning(call.func) in _JSON and call.args:
            yield from ((each, True) for each in _parts(call.args[0]))
        elif names.means(call.func, "builtins.dict") and len(call.args) == 1:
            yield call.args[0], False
        yield from ((each.value, False) for each in call.keywords if each.arg is None)
    for node in names.up:
        if isinstance(node, ast.Dict):
            yield from ((value, False) for key, value in zip(node.keys, node.values, strict=True) if key is None)


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    """A value, or the values of a list or dict that is written down."""
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if key is not None:
                yield from _parts(value)
    elif isinstance(node, ast.List | ast.Tuple):
        for each in node.elts:
            yield from _parts(each)
    elif isinstance(node, ast.ListComp):
        yield from _parts(node.elt)
    else:
        yield node


def _serialized(model: Model, is_json: bool, node: ast.expr, rewrite: Rewrite) -> Any:
    """The change from a model to a mapping; None where its class has no way that is known."""
    match model.style:
        case Style.PYDANTIC_2:
            arguments = [cst.Arg(cst.SimpleString('"json"'), cst.Name("mode"), _EQUAL)] if is_json else []
            return lambda old: _method(old, "model_dump", arguments)
        case Style.PYDANTIC_1 if is_json:
            loads = rewrite.imports.use("json.loads", at=node)
            return lambda old: _around(loads, _method(old, "json", []))
        case Style.PYDANTIC_1:
            return lambda old: _method(old, "dict", [])
        case Style.NAMED_TUPLE:
            return lambda old: _method(old, "_asdict", [])
        case Style.PLAIN:
            return None
    if model.style in _MODULES:
        module, name = _MODULES[model.style]
        function = f"{rewrite.imports.use(module, at=node)}.{name}"
    else:
        function = rewrite.imports.use("dataclasses.asdict", at=node)
    return lambda old: _around(function, old)


def _with_mode(old: cst.Call) -> cst.Call:
    return brackets.append(old, brackets.keyword("mode", cst.SimpleString('"json"')))


_MODULES = {Style.ATTRS: ("attrs", "asdict"), Style.MSGSPEC: ("msgspec", "to_builtins")}
_EQUAL = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))


def _method(old: cst.BaseExpression, name: str, arguments: list[cst.Arg]) -> cst.Call:
    value: Any = old
    if isinstance(old, cst.Await) and not old.lpar:
        value = old.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return cst.Call(cst.Attribute(value, cst.Name(name)), arguments)


def _around(function: str, old: cst.BaseExpression) -> cst.Call:
    return cst.Call(expression(function), [cst.Arg(old)])
