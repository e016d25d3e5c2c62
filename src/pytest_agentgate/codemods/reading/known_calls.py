"""What calls of well-known functions give: copies, iterators, mocks, context managers."""

from __future__ import annotations

import ast
from typing import Protocol

from pytest_agentgate.codemods.reading.hierarchy import Hierarchy
from pytest_agentgate.codemods.reading.names import ModuleNames
from pytest_agentgate.codemods.reading.values import (
    MANAGER,
    UNKNOWN,
    Annotations,
    Value,
    Values,
    as_classes,
    as_instances,
    awaited,
    element,
    one,
    union,
)  # fmt: skip

_COPIES = frozenset(
    {
        "copy.copy", "copy.deepcopy", "copy.replace", "dataclasses.replace", "attr.evolve", "attrs.evolve",
        "msgspec.structs.replace", "asyncio.wait_for", "asyncio.shield", "asyncio.create_task", "asyncio.ensure_future",
    }
)  # fmt: skip
_LISTS = frozenset({f"builtins.{name}" for name in ("list", "tuple", "set", "frozenset", "sorted", "reversed", "iter")})
_ELEMENTS = frozenset({"builtins.next", "builtins.min", "builtins.max", "random.choice"})
_KEYED = frozenset({"builtins.sorted", "builtins.min", "builtins.max"})
_APPLIED = frozenset({"builtins.map", "builtins.filter"})
_RUNNERS = frozenset({"asyncio.run"})
_WRAPPERS = frozenset({"contextlib.closing", "contextlib.aclosing", "contextlib.nullcontext"})
_ENTERERS = frozenset({"enter_context", "enterContext", "enterClassContext", "enter_async_context"})
_MOCKS = frozenset({"Mock", "MagicMock", "NonCallableMock", "NonCallableMagicMock", "AsyncMock", "create_autospec"})
_MOCK_MODULES = frozenset({"unittest.mock", "mock"})
_RAISES = "pytest.raises"
_EXCEPTION_INFO = "pytest.ExceptionInfo"
_ASSERT_RAISES = frozenset({"assertRaises", "assertRaisesRegex"})
_CONSTRUCTORS = frozenset(
    {"model_validate", "model_validate_json", "model_construct", "parse_obj", "parse_raw", "construct", "from_orm"}
)
_MODEL_COPIES = frozenset({"model_copy", "copy", "_replace"})
_MODELS = frozenset(
    {"pydantic.BaseModel", "pydantic.main.BaseModel", "typing.NamedTuple", "pydantic_settings.BaseSettings"}
)
_MAPPING = "builtins.dict"


class Reader(Protocol):
    """Who reads expressions and annotations."""

    hierarchy: Hierarchy
    annotations: Annotations

    def values(self, node: ast.expr, names: ModuleNames | None = None) -> Values: ...

    def entered(self, values: Values, is_async: bool = False) -> Values: ...


def attribute(value: Value, name: str, hierarchy: Hierarchy) -> Values | None:
    """An attribute whose meaning is known beforehand; None where the class has to say it."""
    if value.form == "instance":
        if name == "__class__":
            return as_classes(frozenset({value}))
        if value.name == _EXCEPTION_INFO and name in {"value", "exception"}:
            return value.of[0] if value.of else UNKNOWN
        if value.name.startswith("builtins."):
            return frozenset({Value(f"{value.name}.{name}", "function", (frozenset({value}),))})
    if (
        name in (_CONSTRUCTORS if value.form == "class" else _MODEL_COPIES)
        and hierarchy.member(value.name, name) is None
    ) and _MODELS.intersection(each for each in hierarchy.lineage(value.name) if each):
        return frozenset({Value(f"pydantic.{name}", "function", (frozenset({value}),))})
    return None


def result(value: Value | None, call: ast.Call, names: ModuleNames, reader: Reader) -> Values | None:
    """What a well-known callable gives; None for any other."""
    first = call.args[0] if call.args and not isinstance(call.args[0], ast.Starred) else None
    if isinstance(call.func, ast.Attribute):
        if call.func.attr in _ENTERERS and first is not None:
            return reader.entered(reader.values(first, names), call.func.attr == "enter_async_context")
        if call.func.attr in _ASSERT_RAISES and first is not None and len(call.args) == 1:
            return _raises(first, names, reader)
        if call.func.attr in _MOCKS and isinstance(call.func.value, ast.Name) and call.func.value.id == "mocker":
            return _mock(call.func.attr, call, names, reader)
    if value is None or value.form not in {"name", "class", "function"}:
        return None
    module, _, word = value.name.rpartition(".")
    if module in _MOCK_MODULES and word in _MOCKS:
        return _mock(word, call, names, reader)
    if value.form == "function" and value.of and module in {"builtins.dict", "builtins.list", "pydantic"}:
        return _method(value, word)
    if first is None:
        return None
    if value.name == "typing.cast" and len(call.args) > 1:
        return reader.annotations.values(first, names)
    if value.name == "builtins.type":
        return as_classes(reader.values(first, names))
    if value.name == _RAISES:
        return _raises(first, names, reader)
    if value.name in _COPIES:
        return reader.values(first, names)
    if value.name in _LISTS:
        return one("builtins.list", element(reader.values(first, names), reader.hierarchy))
    if value.name in _ELEMENTS:
        return element(reader.values(first, names), reader.hierarchy) if len(call.args) == 1 else UNKNOWN
    if value.name in _RUNNERS:
        return awaited(reader.values(first, names))
    if value.name in _WRAPPERS:
        return one(MANAGER, reader.values(first, names))
    if value.name == "builtins.enumerate":
        pair = one("builtins.tuple", one("builtins.int"), element(reader.values(first, names), reader.hierarchy))
        return one("builtins.list", pair)
    if value.name == "builtins.zip":
        columns = (element(reader.values(each, names), reader.hierarchy) for each in call.args)
        return one("builtins.list", one("builtins.tuple", *columns))
    return None


def elements_for(function: ast.Lambda, names: ModuleNames) -> ast.expr | None:
    """What gives its elements, one by one, to a lambda of one parameter: ``sorted(xs, key=lambda x: ...)``."""
    arguments = function.args
    if len(arguments.args) != 1 or arguments.vararg or arguments.kwonlyargs or arguments.kwarg:
        return None
    parent, field, _ = names.up[function]
    call = names.up[parent].parent if isinstance(parent, ast.keyword) and parent.arg == "key" else parent
    if not isinstance(call, ast.Call):
        return None
    meaning = names.meaning(call.func)
    if call is not parent and meaning in _KEYED and len(call.args) == 1:
        return call.args[0]
    if call is not parent and meaning is None and isinstance(call.func, ast.Attribute) and call.func.attr == "sort":
        return call.func.value
    if field == "args" and meaning in _APPLIED and len(call.args) == 2 and call.args[0] is function:
        return call.args[1]
    return None


def _raises(first: ast.expr, names: ModuleNames, reader: Reader) -> Values:
    types = first.elts if isinstance(first, ast.Tuple) else [first]
    found = union(*(as_instances(reader.values(each, names)) for each in types))
    return one(MANAGER, one(_EXCEPTION_INFO, found))


def _mock(word: str, call: ast.Call, names: ModuleNames, reader: Reader) -> Values:
    """A mock with the attributes of a class: of its instances, as ``spec`` and ``instance=True`` say."""
    given = {each.arg: each.value for each in call.keywords}
    spec = call.args[0] if call.args else given.get("spec", given.get("spec_set"))
    if spec is None or isinstance(spec, ast.Starred):
        return UNKNOWN
    instance = given.get("instance")
    if word == "create_autospec" and not (isinstance(instance, ast.Constant) and instance.value is True):
        return UNKNOWN
    classes = reader.values(spec, names)
    return frozenset(
        None if each is None or each.form not in {"class", "name", "instance"} else Value(each.name, "mock")
        for each in classes
    )


def _method(value: Value, word: str) -> Values:
    """A method of a list or dict, or one of a model that gives an instance of its class."""
    receiver = union(*value.of)
    if value.name.startswith("pydantic."):
        return as_instances(receiver, also_instances=True)
    owner = next(iter(receiver))
    if owner is None or not owner.of:
        return UNKNOWN
    if word == "copy":
        return receiver
    if owner.name == _MAPPING and len(owner.of) > 1:
        keys, values = owner.of[0], owner.of[1]
        if word == "values":
            return one("builtins.list", values)
        if word == "items":
            return one("builtins.list", one("builtins.tuple", keys, values))
        return values if word in {"get", "pop", "setdefault"} else UNKNOWN
    return owner.of[0] if word == "pop" else UNKNOWN
