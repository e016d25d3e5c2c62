"""Frozen values from rows: thousands of them in one answer, which should not take longer to make than to find."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

T = TypeVar("T")


def made(type_: type[T], fields: Mapping[str, Any]) -> T:
    """An instance of a frozen dataclass with all its fields; its own ``__init__`` makes a call for each of them."""
    value = object.__new__(type_)
    value.__dict__.update(fields)
    return value
