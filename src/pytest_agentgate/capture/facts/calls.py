"""TypeErrors: a call that does not fit its callable, an object that cannot do what is asked of it."""

from __future__ import annotations

import types
from collections.abc import Iterator
from types import FrameType, ModuleType
from typing import Any

from pytest_agentgate.capture.bounded import bounded_message
from pytest_agentgate.capture.facts.registry import reads
from pytest_agentgate.capture.naming import (
    attribute,
    instance_dict,
    isinstance_safely,
    mro_of,
    qualified_name,
    slot,
    type_name,
)
from pytest_agentgate.capture.traces import innermost, locals_of, module_of
from pytest_agentgate.capture.wordings import type_facts

_CANDIDATES = 200
_FUNCTIONS = (types.FunctionType, types.MethodType, types.BuiltinFunctionType)


@reads("TypeError")
def calls(exception: TypeError) -> dict[str, Any]:
    facts = type_facts(bounded_message(exception))
    if "problem" in facts and "callable" not in facts and "obj_type" not in facts:
        facts |= _bound_signature(exception)
    frames = innermost(exception, 1)
    if frames and (name := facts.get("callable")):
        owner = _owner(name)
        module = _module_of_callable(frames[0], name, owner)
        if module:
            facts["callable_module"] = module
    elif frames and (name := facts.get("obj_type")):
        module = next((module_name(cls) for cls in _types_in(frames[0]) if cls.__name__ == name), "")
        if module and module != "builtins":
            facts["obj_module"] = module
    return facts


@reads("TypeError")
def written(exception: TypeError) -> dict[str, Any]:
    """The object that ``json`` could not write is an argument of the frame that refuses it."""
    if "JSON serializable" not in bounded_message(exception):
        return {}
    for frame in innermost(exception, 1):
        code = frame.f_code
        if code.co_name == "default" and code.co_argcount:
            return {"value_type": type_name(locals_of(frame).get(code.co_varnames[code.co_argcount - 1]))}
    return {}


def _bound_signature(exception: BaseException) -> dict[str, Any]:
    """The callable whose signature ``inspect`` could not bind: what an autospecced mock stands for."""
    checked = False
    for frame in innermost(exception, 6):
        code = frame.f_code
        if checked:
            names = locals_of(frame)
            itself = names.get(code.co_varnames[0]) if code.co_argcount else None
            spec: Any = instance_dict(itself).get("_spec_class")
            if isinstance_safely(spec, type):
                return {"callable": attribute(spec, "__qualname__"), "callable_module": module_name(spec)}
            return {} if module_of(frame) == "unittest.mock" else {"callable": code.co_name}
        checked = code.co_name == "checksig" and module_of(frame) == "unittest.mock"
    return {}


def _owner(name: str) -> str:
    """The class that a callable's qualified name names, or the name itself."""
    head, _, tail = name.rpartition(".")
    return head if head and not head.endswith("<locals>") else tail and name


def _module_of_callable(frame: FrameType, name: str, owner: str) -> str:
    for value in _values_in(frame):
        if isinstance(value, _FUNCTIONS) and attribute(value, "__qualname__") == name:
            module = attribute(value, "__module__")
            return module if isinstance(module, str) else ""
    for cls in _types_in(frame):
        if qualified_name(cls).endswith(owner) and attribute(cls, "__qualname__") == owner:
            return module_name(cls)
    return ""


def module_name(cls: type) -> str:
    """The module that a class says it is of."""
    module = slot(type, "__module__", cls)
    return module if isinstance(module, str) else ""


def _types_in(frame: FrameType) -> Iterator[type]:
    """The classes that a frame's code names, and those of the objects that it names, with their bases."""
    for value in _values_in(frame):
        yield from mro_of(value if isinstance_safely(value, type) else type(value))


def _values_in(frame: FrameType) -> Iterator[Any]:
    """The objects that a frame's code names, down the modules that it names."""
    code, names, modules = frame.f_code, locals_of(frame), frame.f_globals
    left = _CANDIDATES
    inside: list[ModuleType] = []
    for name in (*code.co_names, *code.co_varnames, *code.co_freevars):
        value = names.get(name, modules.get(name))
        if value is not None:
            left -= 1
            yield value
        if isinstance_safely(value, ModuleType):
            inside.append(value)
        if not left:
            return
    seen = set(map(id, inside))
    while inside:
        module = inside.pop()
        for name in code.co_names:
            value = instance_dict(module).get(name)
            if value is None or not left:
                continue
            left -= 1
            yield value
            if isinstance_safely(value, ModuleType) and id(value) not in seen:
                seen.add(id(value))
                inside.append(value)
