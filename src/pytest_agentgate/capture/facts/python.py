"""Exceptions of the language itself: imports, attributes, names, keys, operating system errors."""

from __future__ import annotations

import errno
import os
from types import ModuleType
from typing import Any

from pytest_agentgate.capture.bounded import bounded_message, bounded_repr, bounded_str
from pytest_agentgate.capture.facts.endpoints import endpoint_in_frames
from pytest_agentgate.capture.facts.registry import reads
from pytest_agentgate.capture.naming import (
    arguments_of,
    attribute,
    instance_dict,
    isinstance_safely,
    mro_of,
    qualified_name,
    slot,
    type_name,
)
from pytest_agentgate.capture.reachable import class_called
from pytest_agentgate.capture.traces import innermost, locals_of, module_of
from pytest_agentgate.capture.wordings import attribute_facts, endpoint_facts, import_facts, name_facts

_BASES = 12
_NETWORK = frozenset(
    getattr(errno, name)
    for name in (
        "EADDRNOTAVAIL", "ECONNABORTED", "ECONNREFUSED", "ECONNRESET", "EHOSTDOWN", "EHOSTUNREACH", "ENETDOWN",
        "ENETUNREACH", "EPIPE", "ETIMEDOUT",
    )
    if hasattr(errno, name)
)  # fmt: skip


@reads("BaseException")
def notes(exception: BaseException) -> dict[str, Any]:
    found = instance_dict(exception).get("__notes__")
    return {"notes": [bounded_str(note, 400) for note in found[:4]]} if type(found) is list and found else {}


@reads("ImportError")
def imports(exception: ImportError) -> dict[str, Any]:
    words = import_facts(bounded_message(exception))
    name, path = slot(ImportError, "name", exception), slot(ImportError, "path", exception)
    symbol = slot(ImportError, "name_from", exception) or words.get("symbol")
    facts: dict[str, Any] = {"name": name or words.get("name"), "path": path}
    if symbol:
        facts["symbol"] = symbol
    if words.get("partial"):
        facts["partial"] = True
    return facts


@reads("SyntaxError")
def syntax(exception: SyntaxError) -> dict[str, Any]:
    path, line = slot(SyntaxError, "filename", exception), slot(SyntaxError, "lineno", exception)
    if type(path) is not str or path.startswith("<"):  # text that is in no file
        return {}
    return {"path": path, "line": line if type(line) is int and line > 0 else None}


@reads("AttributeError")
def attributes(exception: AttributeError) -> dict[str, Any]:
    name, owner = slot(AttributeError, "name", exception), slot(AttributeError, "obj", exception)
    if name is None:
        name, owner = _patched(exception)
    words = attribute_facts(bounded_message(exception))
    if name is not None and (owner is not None or words.get("obj_type") == "NoneType"):
        return {"name": name} | _described(owner)
    if words.get("obj_is") == "instance":  # only the bare name of the class is in the words
        for frame in innermost(exception, 1):
            if cls := class_called(words["obj_type"], frame):
                words |= {"obj_type": qualified_name(cls), "obj_bases": _bases(cls)}
    return words | ({"name": name} if name else {})


def _described(owner: object) -> dict[str, Any]:
    """``obj_type``, ``obj_bases``, ``obj_is`` and ``obj_name`` (of modules and classes) of what lacks something."""
    facts: dict[str, Any] = {"obj_type": type_name(owner)}
    if isinstance_safely(owner, ModuleType):
        return facts | {"obj_is": "module", "obj_name": attribute(owner, "__name__")}
    if isinstance_safely(owner, type):
        return facts | {"obj_is": "class", "obj_name": qualified_name(owner), "obj_bases": _bases(owner)}  # type: ignore[arg-type]
    facts |= {"obj_is": "instance", "obj_bases": _bases(type(owner))}
    spec = instance_dict(owner).get("_spec_class")
    if spec is not None and isinstance_safely(spec, type):
        facts["obj_spec"] = qualified_name(spec)
    return facts


def _bases(cls: type) -> list[str]:
    return [qualified_name(base) for base in mro_of(cls)[1:] if base is not object][:_BASES]


def _patched(exception: BaseException) -> tuple[Any, Any]:
    """What ``mock.patch`` or ``monkeypatch`` looked for, which they do not write on the exception they raise."""
    for frame in innermost(exception, 2):
        module, names = module_of(frame), locals_of(frame)
        if module == "unittest.mock" and frame.f_code.co_name == "get_original":
            return names.get("name"), names.get("target")
        if module == "_pytest.monkeypatch" and "name" in names:
            return names.get("name"), names.get("obj", names.get("target"))
    return None, None


@reads("NameError")
def names(exception: NameError) -> dict[str, Any]:
    name = slot(NameError, "name", exception)
    return {"name": name} if name else name_facts(bounded_message(exception))


@reads("KeyError")
def keys(exception: KeyError) -> dict[str, Any]:
    arguments = arguments_of(exception)
    facts: dict[str, Any] = {"key": bounded_repr(arguments[0])} if len(arguments) == 1 else {}
    for frame in innermost(exception, 1):
        code = frame.f_code
        if code in (os._Environ.__getitem__.__code__, os._Environ.__delitem__.__code__):
            facts["environ"] = True
        if code.co_name.startswith("__") and code.co_name.endswith("item__") and code.co_argcount:
            facts["obj_type"] = type_name(locals_of(frame).get(code.co_varnames[0]))
    return facts


@reads("OSError")
def system(exception: OSError) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for key in ("errno", "strerror", "filename"):
        value = slot(OSError, key, exception)
        if isinstance(value, (str, int)):
            facts[key] = value
        elif isinstance_safely(value, bytes):
            facts[key] = os.fsdecode(value)
    if (
        isinstance(exception, (ConnectionError, TimeoutError))
        or facts.get("errno") in _NETWORK
        or _is_lookup(exception)
    ):
        words = endpoint_facts(bounded_message(exception))
        found = words if "host" in words else endpoint_in_frames(exception)
        facts |= {key: value for key, value in found.items() if key in ("host", "port")}
    elif any(frame.f_code.co_name == "_execute_child" for frame in innermost(exception, 1)):
        facts["command"] = facts.get("filename")
    return facts


def _is_lookup(exception: BaseException) -> bool:
    return any(qualified_name(cls) in ("socket.gaierror", "socket.herror") for cls in mro_of(type(exception)))
