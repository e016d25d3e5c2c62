"""Objects and classes that a frame's code can reach by the names in it."""

from __future__ import annotations

from collections.abc import Iterator
from types import FrameType, ModuleType
from typing import Any

from pytest_agentgate.capture.naming import instance_dict, isinstance_safely, mro_of, namespace_of
from pytest_agentgate.capture.traces import locals_of

_CANDIDATES = 200


def module_name(cls: type) -> str:
    """The module that a class says it is of; "" for builtins."""
    module = namespace_of(cls).get("__module__")
    return module if isinstance(module, str) and module != "builtins" else ""


def class_called(name: str, frame: FrameType) -> type | None:
    """The class that a message calls by its bare name, if the frame's code can reach it and it is the only one."""
    found = {id(cls): cls for cls in types_in(frame) if type.__getattribute__(cls, "__name__") == name}
    return next(iter(found.values())) if len(found) == 1 else None


def types_in(frame: FrameType) -> Iterator[type]:
    """The classes that a frame's code names, and those of the objects that it names, with their bases."""
    for value in values_in(frame):
        yield from mro_of(value if isinstance_safely(value, type) else type(value))


def values_in(frame: FrameType) -> Iterator[Any]:
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
