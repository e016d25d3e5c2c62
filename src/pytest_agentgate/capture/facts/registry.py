"""Readers of facts by qualified type, and the plain data that they may return."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

from pytest_agentgate.capture.bounded import bounded_repr, clean
from pytest_agentgate.capture.naming import guarded
from pytest_agentgate.model import JSON

TEXT = 400
_ITEMS = 20
_DEPTH = 5
_WHOLE = 1 << 63

Reader = Callable[[Any], Mapping[str, Any]]

_READERS: dict[str, list[Reader]] = {}


def reads(*types: str) -> Callable[[Reader], Reader]:
    """Register a reader for exceptions of these qualified types, or, as ``package.*``, of any type of a package."""

    def register(reader: Reader) -> Reader:
        for name in types:
            _READERS.setdefault(name, []).append(reader)
        return reader

    return register


def facts_of(exception: BaseException, types: tuple[str, ...]) -> dict[str, JSON]:
    """What all readers of the exception's types know, the most derived type's first; who raises knows nothing.

    ``types`` are the qualified names of its class and of all that this derives from.
    """
    facts: dict[str, JSON] = {}
    for reader in _readers_of(types):
        found = guarded(reader, exception, otherwise=None)
        if found:
            facts.update((key, guarded(plain, found[key], otherwise=None)) for key in found if key not in facts)
    return facts


@lru_cache(maxsize=128)
def _readers_of(types: tuple[str, ...]) -> tuple[Reader, ...]:
    """Who is asked about exceptions of these types; the failures of a run have few different ones."""
    keys = (key for name in types for key in (name, name.partition(".")[0] + ".*"))
    return tuple(dict.fromkeys(reader for key in keys for reader in _READERS.get(key, ())))


def plain(value: Any, depth: int = _DEPTH) -> JSON:
    """A bounded piece of JSON: texts clean, lists and mappings at most 20 long, anything else as its repr."""
    kind = type(value)
    if value is None or kind is bool:
        return value  # type: ignore[no-any-return]
    if isinstance(value, str):
        return clean(value, TEXT)
    if kind is int and abs(value) < _WHOLE:
        return value  # type: ignore[no-any-return]
    if kind is float and math.isfinite(value):
        return value  # type: ignore[no-any-return]
    if depth and kind in (list, tuple):
        return [plain(item, depth - 1) for item in value[:_ITEMS]]
    if depth and kind is dict:
        pairs = islice(value.items(), _ITEMS)
        return {clean(key, TEXT): plain(item, depth - 1) for key, item in pairs if isinstance(key, str)}
    return bounded_repr(value)
