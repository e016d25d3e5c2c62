"""TypeErrors: a call that does not fit its callable, an object that cannot do what is asked of it."""

from __future__ import annotations

import types
from types import FrameType
from typing import Any

from pytest_agentgate.capture.bounded import bounded_message
from pytest_agentgate.capture.facts.registry import reads
from pytest_agentgate.capture.naming import (
    attribute,
    instance_dict,
    isinstance_safely,
    type_name,
)
from pytest_agentgate.capture.reachable import class_called, module_name, types_in, values_in
from pytest_agentgate.capture.traces import innermost, locals_of, module_of
from pytest_agentgate.capture.wordings import type_facts

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
        cls = class_called(name, frames[0])
        if cls and (module := module_name(cls)):
            facts["obj_module"] = module
    elif frames and "value_type" in facts:
        facts |= _written(frames[0])
    return facts


def _written(frame: FrameType) -> dict[str, Any]:
    """The object that ``json`` could not write: an argument of the frame that refuses it."""
    code = frame.f_code
    if code.co_name != "default" or not code.co_argcount:
        return {}
    return {"value_type": type_name(locals_of(frame).get(code.co_varnames[code.co_argcount - 1]))}


def _bound_signature(exception: BaseException) -> dict[str, Any]:
    """The callable whose signature ``inspect`` could not bind: what an autospecced mock stands for."""
    checked = False
    for frame in innermost(exception, 6):
        code = frame.f_code
        if checked:
            names = locals_of(frame)
            itself = names.get(code.co_varnames[0]) if code.co_argcount else None
            if "_mock_new_name" in (own := instance_dict(itself)):
                return _specified(own)
            return {} if module_of(frame) == "unittest.mock" else {"callable": code.co_name}
        checked = code.co_name == "checksig" and module_of(frame) == "unittest.mock"
    return {}


def _specified(mock: dict[str, Any]) -> dict[str, Any]:
    """The class or the method that a mock stands for."""
    spec: Any = mock.get("_spec_class")
    if spec is not types.FunctionType:
        return _method_of(spec, "__init__")
    parent = instance_dict(mock.get("_mock_new_parent"))
    return _method_of(parent.get("_spec_class"), mock["_mock_new_name"])


def _method_of(cls: Any, name: str) -> dict[str, Any]:
    if not isinstance_safely(cls, type):
        return {}
    return {"callable": f"{attribute(cls, '__qualname__')}.{name}", "callable_module": module_name(cls)}


def _owner(name: str) -> str:
    """The class that a callable's qualified name names, or the name itself."""
    head, _, tail = name.rpartition(".")
    return head if head and not head.endswith("<locals>") else tail and name


def _module_of_callable(frame: FrameType, name: str, owner: str) -> str:
    for value in values_in(frame):
        if isinstance(value, _FUNCTIONS) and attribute(value, "__qualname__") == name:
            module = attribute(value, "__module__")
            return module if isinstance(module, str) and module != "builtins" else ""
    for cls in types_in(frame):
        if attribute(cls, "__qualname__") == owner:
            return module_name(cls)
    return ""
