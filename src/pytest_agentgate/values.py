"""Frozen data classes that cost next to nothing to define, since every recorded run defines them all.

``dataclasses.dataclass(frozen=True)`` compiles six methods for each class, which takes as long as ten thousand tests
take to be recorded. Here the methods are shared; the rest is left to ``dataclasses``, so that ``fields``, ``replace``,
``asdict`` and ``match`` know the classes as their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[_T]) -> type[_T]:
    """Make a class with annotated fields one of frozen instances, equal and hashed by their fields."""
    made = dataclass(init=False, repr=False, eq=False)(cls)
    known = fields(made)  # type: ignore[arg-type]  # it is a dataclass now
    names = tuple(one.name for one in known)
    given = {one.name: one.default for one in known if one.default is not MISSING}
    factories = [(one.name, one.default_factory) for one in known if one.default_factory is not MISSING]
    content = attrgetter(*names)
    methods: dict[str, Callable[..., Any]] = {
        "__init__": _initialiser(names, given, factories),
        "__eq__": lambda self, other: content(self) == content(other) if type(other) is type(self) else NotImplemented,
        "__hash__": lambda self: hash(content(self)),
        "__repr__": _shown,
        "__setattr__": _refuse,
        "__delattr__": _refuse,
    }
    for name, method in methods.items():
        setattr(made, name, method)
    return made


def _initialiser(
    names: tuple[str, ...], given: dict[str, Any], factories: list[tuple[str, Callable[[], Any]]]
) -> Callable[..., None]:
    every, count = frozenset(names), len(names)

    def initialise(self: Any, *values: Any, **named: Any) -> None:
        own = self.__dict__  # assignment is refused
        if not named and len(values) == count:
            own.update(zip(names, values, strict=True))
            return
        own.update(given)
        for name, make in factories:
            if name not in named:
                own[name] = make()
        own.update(named)
        if values:
            own.update(zip(names, values, strict=False))
            if len(values) > len(names) or (named and not named.keys().isdisjoint(names[: len(values)])):
                raise TypeError(f"{type(self).__name__}: {len(values)} values and {sorted(named)} for {names}")
        if own.keys() != every:
            raise TypeError(f"{type(self).__name__}: not these fields: {', '.join(sorted(own.keys() ^ every))}")

    return initialise


def _shown(self: Any) -> str:
    told = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
    return f"{type(self).__qualname__}({told})"


def _refuse(self: object, name: str, *_: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")
