"""Values of the model, made from rows: of thousands, without checking that each has all its fields."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any, TypeVar

from pytest_agentgate.capture.codec import from_data
from pytest_agentgate.model import Evidence, Failure

_T = TypeVar("_T")

_new = object.__new__
_set = object.__setattr__


def made(type_: type[_T], content: dict[str, Any]) -> _T:
    """An instance of a frozen class with these fields, which must be all that it has."""
    value = _new(type_)
    _set(value, "__dict__", content)
    return value


class KeptFailure(Failure):
    """A failure that decodes its evidence when somebody looks at it, which most readers of a run never do.

    Made with ``facts``, the evidence as JSON, and ``worker`` in place of the evidence; equal to a Failure that has the
    same fields.
    """

    facts: str
    worker: str

    @cached_property
    def evidence(self) -> Evidence:
        return _decoded(self.facts, self.worker)

    def __eq__(self, other: object) -> bool:
        return _fields(self) == _fields(other) if isinstance(other, Failure) else NotImplemented

    __hash__ = Failure.__hash__

    def __reduce__(self) -> tuple[type[Failure], tuple[Any, ...]]:
        return Failure, _fields(self)


class UnreadFailure(KeptFailure):
    """A failure whose evidence and text are read when somebody looks at them, while the store is open.

    Made with ``read``, which returns the text and the evidence as JSON, in place of both.
    """

    read: Callable[[], tuple[str, str]]

    @cached_property
    def text(self) -> str:
        return self._read[0]

    @cached_property
    def facts(self) -> str:  # type: ignore[override]
        return self._read[1]

    @cached_property
    def _read(self) -> tuple[str, str]:
        return self.read()


def _fields(failure: Failure) -> tuple[Any, ...]:
    return tuple(getattr(failure, name) for name in Failure.__match_args__)


@lru_cache(maxsize=512)
def _decoded(facts: str, worker: str) -> Evidence:
    """Evidence that many runs of the same broken test have in common."""
    return from_data(json.loads(facts) | {"worker": worker})
