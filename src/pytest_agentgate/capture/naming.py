"""Names and attributes of objects that may lie, read past whatever they override.

A class may override ``__getattribute__``, a metaclass ``__module__`` or ``__hash__``, a mock ``__class__``: everything
here goes through the descriptors of ``type`` and ``object``, and runs no code of the object where that can be avoided.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from types import GetSetDescriptorType, MemberDescriptorType, ModuleType
from typing import Any, TypeVar

import pytest

PASS_ON = (KeyboardInterrupt, pytest.exit.Exception)
"""What reading an object never swallows: somebody wants the run to stop."""

MISSING: Any = object()

_T = TypeVar("_T")
_D = TypeVar("_D")

_type_mro = type.__dict__["__mro__"].__get__
_type_dict = type.__dict__["__dict__"].__get__
_type_module = type.__dict__["__module__"].__get__
_type_subclasscheck: Callable[[type, type], bool] = type.__subclasscheck__
_type_qualname = type.__dict__["__qualname__"].__get__


def mro_of(cls: type) -> tuple[type, ...]:
    """The method resolution order, whatever the metaclass says."""
    mro: tuple[type, ...] = _type_mro(cls)
    return mro


def namespace_of(cls: type) -> Mapping[str, Any]:
    """The class's own ``__dict__``, whatever the metaclass says."""
    namespace: Mapping[str, Any] = _type_dict(cls)
    return namespace


def qualified_name(cls: type) -> str:
    """The module and qualified name of a class; builtins without ``builtins.``, pytest's own as ``pytest.X``.

    pytest keeps its classes in private modules that differ between versions, and claims that its outcomes are builtins:
    all of them are called ``pytest.`` and their qualified name.
    """
    name = exact(_type_qualname(cls))
    try:
        module = _type_module(cls)
    except AttributeError:  # deleted from the class
        module = ""
    if not isinstance(module, str):
        return name
    module = exact(module)
    if module == "builtins":
        if vars(builtins).get(name) is cls or not any(_is_of_pytest(base) for base in mro_of(cls)[1:]):
            return name
        return f"pytest.{name}"
    if module == "_pytest" or module.startswith("_pytest."):
        return f"pytest.{name}"
    return f"{module}.{name}" if module else name


def _is_of_pytest(cls: type) -> bool:
    module = namespace_of(cls).get("__module__")
    return isinstance(module, str) and module.startswith("_pytest.")


def type_name(value: object) -> str:
    """The qualified name of a value's real type; ``module`` for modules."""
    return "module" if isinstance_safely(value, ModuleType) else qualified_name(type(value))


def isinstance_safely(value: object, cls: type) -> bool:
    """Whether the real type of a value is this class or derives from it, whatever its ``__class__`` says."""
    return _type_subclasscheck(cls, type(value))


def defined(cls: type, name: str) -> tuple[type, Any]:
    """The class of the MRO that defines a name, and the raw attribute; ``MISSING`` for it if there is none."""
    for base in mro_of(cls):
        namespace = namespace_of(base)
        if name in namespace:
            return base, namespace[name]
    return cls, MISSING


def slot(owner: type, name: str, value: object) -> Any:
    """What a descriptor of a builtin class holds for a value, whatever a subclass made of the name; None if unset."""
    try:
        return namespace_of(owner)[name].__get__(value)
    except (AttributeError, KeyError, TypeError):
        return None


def arguments_of(exception: BaseException) -> tuple[Any, ...]:
    """The exception's ``args``, whatever a subclass made of the name."""
    arguments = slot(BaseException, "args", exception)
    return arguments if isinstance(arguments, tuple) else ()


def attribute(value: object, name: str, default: Any = None) -> Any:
    """An attribute found the ordinary way, without ``__getattr__`` and ``__getattribute__`` of the object's class."""
    try:
        if isinstance_safely(value, type):
            return type.__getattribute__(value, name)
        return object.__getattribute__(value, name)
    except PASS_ON:
        raise
    except BaseException:  # noqa: BLE001  a property may raise anything
        return default


def instance_dict(value: object) -> dict[str, Any]:
    """The instance's own attributes; empty where it has none."""
    for base in mro_of(type(value)):
        holder = namespace_of(base).get("__dict__")
        if isinstance(holder, (GetSetDescriptorType, MemberDescriptorType)):
            own = holder.__get__(value)
            return own if type(own) is dict else {}
    return {}


def guarded(function: Callable[..., _T], *arguments: Any, otherwise: _D) -> _T | _D:
    """What the function returns, or ``otherwise`` if it raises: it may run anybody's code."""
    try:
        return function(*arguments)
    except PASS_ON:
        raise
    except BaseException:  # noqa: BLE001
        return otherwise


def exact(text: str) -> str:
    """The same text as an exact ``str``: what is sent between processes may not be of a subclass."""
    return text if type(text) is str else str.__str__(text)
