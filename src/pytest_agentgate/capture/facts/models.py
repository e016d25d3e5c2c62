"""Validation errors of the libraries that make models: pydantic, attrs, msgspec."""

from __future__ import annotations

from typing import Any

from pytest_agentgate.capture.bounded import bounded_message
from pytest_agentgate.capture.facts.registry import reads
from pytest_agentgate.capture.naming import (
    arguments_of,
    attribute,
    instance_dict,
    isinstance_safely,
    qualified_name,
    type_name,
)
from pytest_agentgate.capture.traces import innermost, locals_of, module_of
from pytest_agentgate.capture.wordings import msgspec_facts

_ERRORS = 10
_ITSELF = ("self", "cls", "__dataclass_self__", "__pydantic_self__")


@reads("pydantic_core._pydantic_core.ValidationError")
def pydantic(exception: Any) -> dict[str, Any]:
    found = exception.errors(include_url=False)[:_ERRORS]
    return {
        "model": exception.title,
        "errors": [_error(error) for error in found],
        "count": exception.error_count(),
        "version": 2,
    } | _model_class(exception)


def _error(error: dict[str, Any]) -> dict[str, Any]:
    context = error.get("ctx")
    context = context if type(context) is dict else {}
    facts = {"type": error["type"], "loc": _location(error["loc"]), "msg": error["msg"]}
    if "input" in error:
        facts["input_type"] = type_name(error["input"])
    for key in ("class", "class_name"):
        if key in context:
            facts["ctx_class"] = context[key]
    if isinstance(context.get("error"), BaseException):
        facts["ctx_error"] = type_name(context["error"])
    return facts


@reads("Exception")
def passed_on(exception: BaseException) -> dict[str, Any]:
    """A web framework's own error that keeps the list which pydantic's error had, not that error."""
    own = instance_dict(exception)
    found = next((own[name] for name in ("_errors", "errors") if name in own), None)
    if not isinstance(found, (list, tuple)) or not found:
        return {}
    if not all(type(error) is dict and isinstance(error.get("loc"), (list, tuple)) for error in found):
        return {}
    if not all(type(error.get(key)) is str for error in found for key in ("type", "msg")):
        return {}
    return {"errors": [_error(error) for error in found[:_ERRORS]], "count": len(found)}


def _location(parts: Any) -> list[str | int]:
    return [part if type(part) is int else str(part) for part in parts]


@reads("pydantic.error_wrappers.ValidationError", "pydantic.v1.error_wrappers.ValidationError")
def pydantic_1(exception: Any) -> dict[str, Any]:
    model, found = exception.model, exception.errors()
    errors = [
        {"type": error["type"], "loc": _location(error["loc"]), "msg": error["msg"]}
        | ({"ctx_class": error["ctx"]["expected_class"]} if "expected_class" in (error.get("ctx") or {}) else {})
        for error in found[:_ERRORS]
    ]
    facts = {"model": attribute(model, "__name__"), "errors": errors, "count": len(found), "version": 1}
    return facts | ({"model_class": qualified_name(model)} if isinstance_safely(model, type) else {})


def _model_class(exception: BaseException) -> dict[str, Any]:
    """The class that was to be made, from the frame of pydantic that makes it; the title may be anything."""
    for frame in innermost(exception, 3):
        if module_of(frame).partition(".")[0] != "pydantic":
            continue
        names = locals_of(frame)
        for name in _ITSELF:
            if name in names:
                model = names[name]
                cls = model if isinstance_safely(model, type) else type(model)
                if not qualified_name(cls).startswith("pydantic."):
                    return {"model_class": qualified_name(cls)}
    return {}


@reads("pydantic.errors.PydanticUserError")
def pydantic_usage(exception: Any) -> dict[str, Any]:
    return {"code": exception.code}


@reads("Exception")
def attrs(exception: BaseException) -> dict[str, Any]:
    """The validators of attrs raise builtin exceptions: message, attribute, what was expected, the value."""
    arguments = arguments_of(exception)
    if len(arguments) != 4 or qualified_name(type(arguments[1])) != "attr._make.Attribute":
        return {}
    _, field, expected, value = arguments
    facts = {"message": arguments[0], "attribute": attribute(field, "name"), "value_type": type_name(value)}
    if isinstance_safely(expected, type):
        facts["expected"] = qualified_name(expected)
    elif isinstance(expected, tuple):
        facts["expected"] = [qualified_name(each) for each in expected if isinstance_safely(each, type)]
    return facts


@reads("msgspec.ValidationError")
def msgspec(exception: BaseException) -> dict[str, Any]:
    return msgspec_facts(bounded_message(exception))
