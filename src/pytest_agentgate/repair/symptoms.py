"""What failures say that is lacking or does not fit, as far as their facts tell; nothing is guessed from values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pytest_agentgate.model import Failure, Frame, Raised, Role

_SYMBOL = re.compile(r"cannot import name '(\w+)' from (?:partially initialized module )?'([\w.]+)'")
_MODULE = re.compile(r"No module named '([\w.]+)'")
_ATTRIBUTE = re.compile(r"module '([\w.]+)' has no attribute '(\w+)'")
_PATCH = re.compile(
    r"<module '([\w.]+)'.*> does not have the attribute '(\w+)'|<class '([\w.]+)'> does not have the attribute '(\w+)'"
)
_MEMBER = re.compile(r"(?P<type>type object )?'(?P<owner>[\w.]+)'(?: object)? has no attribute '(?P<name>\w+)'")
_LOOKUPS = ("__getattr__", "__getattribute__")
_PATCHERS = re.compile(r"(?:^|/)(?:mock|monkeypatch)\.py$")


@dataclass(frozen=True)
class Lost:
    """A name that is asked for and is not there."""

    name: str  # dotted: a module, or a module and what is wanted of it
    how: Literal["module", "import", "attribute", "patch"]
    frame: Frame | None = None  # of who asks


@dataclass(frozen=True)
class Misfit:
    """A call that does not fit."""

    function: str  # qualified as Python says it: "Order.__init__"
    module: str  # where the calling code reaches it, or ""
    problem: str  # see "Facts by type" in docs/reference/evidence.md
    arguments: tuple[str, ...] = ()
    frame: Frame | None = None


@dataclass(frozen=True)
class Lacking:
    """An attribute that a class or its instance does not have."""

    owner: str  # qualified name of the class
    name: str
    bases: tuple[str, ...] = ()
    of_class: bool = False
    frame: Frame | None = None


@dataclass(frozen=True)
class Unable:
    """An object that cannot do what is asked of it: ``not_subscriptable``, ``not_callable``, ``not_awaitable``..."""

    type: str  # bare or qualified name of its class
    module: str
    problem: str
    message: str = ""
    frame: Frame | None = None


@dataclass(frozen=True)
class Unknown:
    """An exception of which no more is known than its type and message."""

    type: str
    message: str
    frame: Frame | None = None


Symptom = Lost | Misfit | Lacking | Unable | Unknown


def symptoms(failure: Failure) -> tuple[Symptom, ...]:
    """What a failure lacks, the exception that started it first."""
    found = [each for raised in reversed(failure.evidence.chain) for each in _read(raised)]
    named = [each for each in found if not isinstance(each, Unknown)]
    return tuple(dict.fromkeys(named or found))


def site(raised: Raised) -> Frame | None:
    """The innermost frame of the project's own code, else the innermost of all."""
    own = [frame for frame in raised.frames if frame.role in (Role.TEST, Role.SOURCE)]
    if raised.is_a("AttributeError"):  # code that looks attributes up is not who asks
        own = [frame for frame in own if not frame.function.endswith(_LOOKUPS)] or own
    frames = own or raised.frames
    return frames[-1] if frames else None


def _read(raised: Raised) -> Iterator[Symptom]:
    facts, frame = raised.facts, site(raised)
    if raised.is_a("ImportError"):
        yield from _of_import(raised, frame)
    elif raised.is_a("AttributeError"):
        yield from _of_attribute(raised, frame)
    elif raised.is_a("TypeError") and facts.get("callable"):
        told = facts.get("arguments")
        arguments = tuple(str(each) for each in told) if isinstance(told, list) else ()
        yield Misfit(_text(raised, "callable"), _text(raised, "callable_module"), _text(raised, "problem"), arguments,
                     frame)  # fmt: skip
    elif facts.get("obj_type") and facts.get("problem"):
        yield Unable(_text(raised, "obj_type"), _text(raised, "obj_module"), _text(raised, "problem"), raised.message,
                     frame)  # fmt: skip
    elif not raised.is_a("CollectError"):
        yield Unknown(raised.type, raised.message, frame)
    elif match := _SYMBOL.search(raised.message):  # printed text is all there is
        yield Lost(f"{match[2]}.{match[1]}", "import", frame)
    elif match := _MODULE.search(raised.message):
        yield Lost(match[1], "module", frame)


def _of_import(raised: Raised, frame: Frame | None) -> Iterator[Symptom]:
    match = _SYMBOL.search(raised.message)
    module, symbol = _text(raised, "name"), _text(raised, "symbol")
    if match:
        yield Lost(f"{match[2]}.{match[1]}", "import", frame)
    elif module and symbol:
        yield Lost(f"{module}.{symbol}", "import", frame)
    elif missing := _MODULE.search(raised.message):
        yield Lost(missing[1], "module", frame)
    elif module and raised.is_a("ModuleNotFoundError"):
        yield Lost(module, "module", frame)


def _of_attribute(raised: Raised, frame: Frame | None) -> Iterator[Symptom]:
    name, patched = _text(raised, "name"), any(_PATCHERS.search(each.path) for each in raised.frames)
    owner = _text(raised, "obj_name")
    kind = _text(raised, "obj_is")
    if (kind == "module" or _text(raised, "obj_type") == "module") and owner and name:
        yield Lost(f"{owner}.{name}", "patch" if patched else "attribute", frame)
        return
    if match := _ATTRIBUTE.search(raised.message):
        yield Lost(f"{match[1]}.{match[2]}", "patch" if patched else "attribute", frame)
        return
    if match := _PATCH.search(raised.message):
        yield Lost(f"{match[1] or match[3]}.{match[2] or match[4]}", "patch", frame)
        return
    bases = facts_list(raised, "obj_bases")
    owner = owner if kind == "class" else _text(raised, "obj_spec") or _text(raised, "obj_type")
    if owner and name:
        yield Lacking(owner, name, bases, kind == "class", frame)
    elif match := _MEMBER.search(raised.message):
        yield Lacking(match["owner"], match["name"], bases, bool(match["type"]), frame)


def facts_list(raised: Raised, name: str) -> tuple[str, ...]:
    """A fact that is a list of texts, else nothing."""
    value = raised.facts.get(name)
    return tuple(str(each) for each in value) if isinstance(value, list) else ()


def _text(raised: Raised, name: str) -> str:
    value = raised.facts.get(name)
    return value if isinstance(value, str) else ""
