"""Texts that can cross a process border: xdist ends a worker whose report holds a lone surrogate."""

from __future__ import annotations

from typing import Any


def encodable(value: Any) -> Any:
    """The value with every lone surrogate in it escaped: in a text, in a container, in what pytest shows of a failure.

    Objects of pytest's representation of tracebacks are changed in place; anything else comes back as it is.
    """
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, list):
        return [encodable(item) for item in value]
    if type(value) is tuple:
        return tuple(encodable(item) for item in value)
    if type(value).__module__ == "_pytest._code.code":
        for name, part in list(vars(value).items()):
            object.__setattr__(value, name, encodable(part))
    return value
