"""A dict that became an object."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import libcst as cst

from pytest_agentgate.codemods.codemod import Applicability, Codemod, option
from pytest_agentgate.codemods.models.model import Field, Model
from pytest_agentgate.codemods.models.model_values import ModelValues
from pytest_agentgate.codemods.models.shapes import Models
from pytest_agentgate.codemods.reading.names import ModuleNames
from pytest_agentgate.codemods.reading.sources import File
from pytest_agentgate.codemods.writing.rewrite import Rewrite

_OF_DICTS = frozenset({"get", "items", "keys", "values", "pop", "popitem", "setdefault", "update", "clear"})


@dataclass(frozen=True)
class SubscriptToAttribute(Codemod):
    """Read the fields of what was a dict and is now an object as attributes.

    Repairs ``TypeError: 'RedisConfig' object is not subscriptable`` and
    ``AttributeError: 'RedisConfig' object has no attribute 'get'``.

    Values are followed into fields that are models themselves. ``function=`` names a function whose result became the
    object, where its source doesn't say so.

    With ``model=app.config.RedisConfig``:

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

        def load() -> RedisConfig: ...

    Before::

        from app.config import load

        def test_load():
            redis = load()
            redis["port"] = 6380
            assert "host" in redis
            assert redis["host"] == "localhost"  # the default
            assert redis.get("tls") is None or redis["tls"]["cert"]

    After::

        from app.config import load

        def test_load():
            redis = load()
            redis.port = 6380
            assert hasattr(redis, "host")
            assert redis.host == "localhost"  # the default
            assert redis.tls is None or redis.tls.cert

    Unchanged::

        from app.config import load

        def test_what_may_be_missing():
            assert "port" in load()
            assert load()["retries"] == 3

        def test_other(redis):
            assert redis["host"] == "localhost"
    """

    applicability = Applicability.SAFE
    because = "Only proven values are changed, only for keys that are fields, and no assertion asks for less."
    owns = frozenset({ast.Subscript, ast.Attribute, ast.Call, ast.Compare})

    model: str = option("the class that has taken the dict's place", "dotted")
    function: str = option("a function that returned the dict and returns the object now", "dotted", default="")

    def words(self) -> tuple[str, ...]:
        return ()  # a value may come from a fixture of another file

    def rewrite(self, file: File, rewrite: Rewrite) -> None:
        models = Models(file.sources)
        model = models.of(self.model)
        if not isinstance(model, Model):
            return
        values = ModelValues(file, models, model, file.sources.canonical(self.function) if self.function else "")
        faked = set(_with_fakes(file.names, model))

        def owner_of(value: ast.expr) -> Model | None:
            owner = values.of(value)
            if owner is not None and _outermost(file.names, value) in faked:
                rewrite.leave(value, f"this test puts a dict in the place of a {model.short}, and may read it here")
                return None
            return owner

        for node in file.names.up:
            match node:
                case ast.Subscript(value=value) if (owner := owner_of(value)) is not None:
                    _item(node, owner, rewrite)
                case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in _OF_DICTS:
                    if (owner := owner_of(value)) is not None and owner.attribute(name) is None:
                        _method(node, name, owner, file.names, rewrite)
                case ast.Call(func=ast.Attribute(attr="assertEqual" | "assertDictEqual"), args=[first, second, *_]):
                    for one, other in ((first, second), (second, first)):
                        if isinstance(other, ast.Dict) and (owner := owner_of(one)) is not None:
                            rewrite.leave(node, f"a {owner.short} equals no dict")
                case ast.Call(func=ast.Attribute(attr="assertIn"), args=[key, value, *_]):
                    if (owner := owner_of(value)) is not None:
                        _asserted(node, key, owner, rewrite)
                case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[value]):
                    if (owner := owner_of(value)) is not None:
                        _membership(node, owner, rewrite)
                case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq()], comparators=[right]):
                    for one, other in ((left, right), (right, left)):
                        if isinstance(other, ast.Dict) and (owner := owner_of(one)) is not None:
                            rewrite.leave(node, f"a {owner.short} equals no dict")


def _with_fakes(names: ModuleNames, model: Model) -> Iterator[ast.AST]:
    """The functions in which a mock returns a dict with nothing but keys that the model has as fields."""
    for node in names.up:
        if not isinstance(node, ast.Dict) or not node.keys:
            continue
        parent = names.up[node].parent
        returned = isinstance(parent, ast.keyword) and parent.arg == "return_value"
        if isinstance(parent, ast.Assign):
            returned = any(isinstance(each, ast.Attribute) and each.attr == "return_value" for each in parent.targets)
        if returned and all(key is not None and _field(key, model) is not None for key in node.keys):
            yield _outermost(names, node)


def _outermost(names: ModuleNames, node: ast.AST) -> ast.AST:
    functions = [each for each in names.ancestors(node) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
    return functions[-1] if functions else names.tree


def _item(node: ast.Subscript, model: Model, rewrite: Rewrite) -> None:
    found = _field(node.slice, model)
    if found is None:
        rewrite.leave(node, f"{model.short} has no field for this key")
    elif isinstance(node.ctx, ast.Del):
        rewrite.leave(node, f"a field of {model.short} can't be deleted")
    elif isinstance(node.ctx, ast.Store) and model.frozen:
        rewrite.leave(node, f"{model.short} is frozen")
    else:
        rewrite.replace(node, _attribute(found.name))


def _method(node: ast.Call, name: str, model: Model, names: ModuleNames, rewrite: Rewrite) -> None:
    found = _field(node.args[0], model) if name == "get" and node.args and not node.keywords else None
    if name != "get":
        rewrite.leave(node, f"{model.short} has no {name}()")
    elif found is None:
        rewrite.leave(node, f"{model.short} has no field for this key")
    elif not (
        _was_always_there(found) or (len(node.args) == 1 and _is_none(found.default)) or _fails_without(names, node)
    ):
        rewrite.leave(node, f"without a value, {found.name} of {model.short} is not what get() returned")
    else:
        rewrite.replace(node, lambda old: _attribute(found.name)(old.func))


def _fails_without(names: ModuleNames, node: ast.Call) -> bool:
    """Whether a test failed if ``get()`` did not find the key: it asserts that a value was there.

    What a field then holds has to pass the same assertion, as what stood under ``d["key"]`` had to.
    """
    default = node.args[1] if len(node.args) > 1 else None
    up = names.up[node]
    match up.parent:
        case ast.Assert(test=test) if test is node:
            return default is None
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is()], comparators=[right]) as compare:
            other = right if left is node else left
            asserted = isinstance(names.up[compare].parent, ast.Assert)
            return asserted and isinstance(other, ast.Constant) and _is_other(default, other)
        case ast.Call(func=ast.Attribute(attr="assertEqual" | "assertIs"), args=[first, second, *_]):
            other = second if first is node else first
            return isinstance(other, ast.Constant) and _is_other(default, other)
        case ast.Call(func=ast.Attribute(attr="assertTrue"), args=[first, *_]) if first is node:
            return default is None
    return False


def _is_other(default: ast.expr | None, expected: ast.Constant) -> bool:
    """Whether the value that ``get()`` gave for a missing key is not the expected one."""
    if default is None:
        return expected.value is not None
    return isinstance(default, ast.Constant) and default.value != expected.value


def _asserted(node: ast.Call, key: ast.expr, model: Model, rewrite: Rewrite) -> None:
    """Have ``self.assertIn("key", value)`` ask for the attribute."""
    found = _field(key, model)
    if found is None:
        rewrite.leave(node, f"{model.short} has no field for this key")
    elif not _was_always_there(found):
        rewrite.leave(node, f"every {model.short} has the field {found.name}, whether or not it was given a value")
    else:
        rewrite.replace(node, _has_asserted(found.name))


def _membership(node: ast.Compare, model: Model, rewrite: Rewrite) -> None:
    found = _field(node.left, model)
    if found is None:
        rewrite.leave(node, f"{model.short} has no field for this key")
    elif not _was_always_there(found) or isinstance(node.ops[0], ast.NotIn):
        rewrite.leave(node, f"every {model.short} has the field {found.name}, whether or not it was given a value")
    else:
        rewrite.replace(node, _has(found.name))


def _field(key: ast.expr, model: Model) -> Field | None:
    return model.attribute(key.value) if isinstance(key, ast.Constant) and isinstance(key.value, str) else None


def _was_always_there(field: Field) -> bool:
    return field.required


def _is_none(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _attribute(name: str) -> Any:
    def change(old: cst.Subscript | cst.Attribute) -> cst.Attribute:
        return cst.Attribute(old.value, cst.Name(name), lpar=old.lpar, rpar=old.rpar)

    return change


def _has_asserted(name: str) -> Any:
    def change(old: cst.Call) -> cst.Call:
        key, value, *rest = old.args
        quote = key.value.quote if isinstance(key.value, cst.SimpleString) else '"'
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        arguments = [value.with_changes(comma=comma), cst.Arg(cst.SimpleString(f"{quote}{name}{quote}"))]
        has = cst.Arg(cst.Call(cst.Name("hasattr"), arguments), comma=value.comma)
        assert isinstance(old.func, cst.Attribute)  # noqa: S101
        return old.with_changes(func=old.func.with_changes(attr=cst.Name("assertTrue")), args=[has, *rest])

    return change


def _has(name: str) -> Any:
    def change(old: cst.Comparison) -> cst.Call:
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        quote = old.left.quote if isinstance(old.left, cst.SimpleString) else '"'
        arguments = [
            cst.Arg(old.comparisons[0].comparator, comma=comma),
            cst.Arg(cst.SimpleString(f"{quote}{name}{quote}")),
        ]
        return cst.Call(cst.Name("hasattr"), arguments, old.lpar, old.rpar)

    return change
