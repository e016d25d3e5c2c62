"""Texts that can cross a process border: xdist ends a worker whose report holds a lone surrogate."""

from __future__ import annotations

from typing import Any, TypeVar

_T = TypeVar("_T")


def encodable(value: _T) -> _T:
    """The value with every lone surrogate in it escaped: in a text, in a container, in what pytest shows of a failure.

    Objects of pytest's representation of tracebacks are changed in place; anything else comes back as it is.
    """
    same: _T = _encodable(value)
    return same


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, list):
        return [_encodable(item) for item in value]
    if type(value) is tuple:
        return tuple(_encodable(item) for item in value)
    if type(value).__module__ == "_pytest._code.code":
        for name, part in list(vars(value).items()):
            object.__setattr__(value, name, _encodable(part))
    return value
