"""Texts of bounded size from objects of any size and any manners.

Containers are read item by item until the room is used up, so that the whole of a huge one is never rendered; how a
value is shown is decided by which ``__repr__`` it has, an idea of the standard library's ``pprint``. Code of the value
runs only where its class wrote a ``__repr__`` or ``__str__`` of its own, and may raise what it likes. Addresses are
left out, and sets sorted, so that equal values give equal texts in every process.
"""

from __future__ import annotations

import array
import collections
import dataclasses
import functools
import types
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from pytest_agentgate.capture.naming import (
    PASS_ON,
    arguments_of,
    attribute,
    defined,
    exact,
    instance_dict,
    isinstance_safely,
    namespace_of,
    qualified_name,
)
from pytest_agentgate.patterns import deferred

MESSAGE = 2_000
REPR = 400
_DEPTH = 6
_SORTED = 64  # larger sets are only counted: sorting them would render every item
_BITS = 4_096  # larger integers are only measured: their decimal form costs quadratic time, and CPython refuses it

_ADDRESS = deferred(r" at 0x[0-9a-fA-F]+")


def shortened(text: str, limit: int) -> str:
    """The text, with its middle left out if it is longer than ``limit`` characters."""
    if len(text) <= limit:
        return text
    gap = " ... "
    tail = max(0, (limit - len(gap)) // 3)
    head = max(0, limit - len(gap) - tail)
    return f"{text[:head]}{gap}{text[len(text) - tail :]}"[:limit]


def clean(text: str, limit: int = MESSAGE) -> str:
    """At most ``limit`` characters of a text, lone surrogates and NUL escaped: no file and no database takes them."""
    text = exact(text)
    if len(text) <= limit and text.isascii() and "\0" not in text:  # nearly all
        return text
    text = shortened(text, limit)
    if not text.isascii():
        text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    if "\0" in text:
        text = text.replace("\0", "\\x00")
    return shortened(text, limit)


def bounded_str(value: object, limit: int = MESSAGE) -> str:
    """``str(value)``, bounded and clean."""
    if type(value) is str:
        return clean(value, limit)
    if defined(type(value), "__str__")[1] is object.__dict__["__str__"]:
        return bounded_repr(value, limit)
    return clean(_called(value, str, "__str__"), limit)


def bounded_message(exception: BaseException, limit: int = MESSAGE) -> str:
    """``str(exception)``, bounded and clean, without rendering the whole of large arguments."""
    owner, _ = defined(type(exception), "__str__")
    arguments = arguments_of(exception)
    if owner is KeyError and len(arguments) == 1:
        return bounded_repr(arguments[0], limit)
    if owner is BaseException or owner is KeyError:
        if len(arguments) == 1:
            return bounded_str(arguments[0], limit)
        return bounded_repr(arguments, limit) if arguments else ""
    return clean(_called(exception, str, "__str__"), limit)


def bounded_repr(value: object, limit: int = REPR) -> str:
    """``repr(value)``, bounded, clean and without addresses."""
    try:
        return clean(_shown(value, limit, _DEPTH), limit)
    except PASS_ON:
        raise
    except BaseException as error:  # noqa: BLE001  a RecursionError, a container that changes while it is read
        return _broken(value, "__repr__", error)


def bounded_call(arguments: tuple[Any, ...], keywords: dict[str, Any], limit: int = REPR) -> str:
    """``call(1, b=2)``, as mocks show what they were called with."""
    parts = [(None, value) for value in arguments] + [*keywords.items()]

    def show(part: tuple[str | None, Any], room: int, depth: int) -> str:
        return _shown(part[1], room, depth) if part[0] is None else _field((part[0], part[1]), room, depth)

    return clean(_items(iter(parts), len(parts), limit, _DEPTH, "call(", ")", show), limit)


def _called(value: object, function: Callable[[object], str], name: str) -> str:
    try:
        return function(value)
    except PASS_ON:
        raise
    except BaseException as error:  # noqa: BLE001  somebody's own code
        return _broken(value, name, error)


def _broken(value: object, name: str, error: BaseException) -> str:
    return f"<{qualified_name(type(value))}: its {name} raises {qualified_name(type(error))}>"


# ---- one function per way of being shown: (value, room, depth) -> text

_Show = Callable[[Any, int, int], str]


def _shown(value: object, room: int, depth: int) -> str:
    owner, rendering = defined(type(value), "__repr__")
    show = _SHOWN.get(id(rendering))
    if show is None:
        show = _generated(owner, rendering, value)
    if show is not None:
        if depth <= 0 and show not in _FLAT:
            return "..."
        return show(value, room, depth - 1)
    text = exact(_called(value, repr, "__repr__"))
    return _ADDRESS.sub("", shortened(text, room)) if " at 0x" in text[:room] else shortened(text, room)


def _items(
    items: Iterable[Any], count: int, room: int, depth: int, begin: str, end: str, show: _Show | None = None
) -> str:
    show = show or _shown
    room -= len(begin) + len(end)
    parts: list[str] = []
    for item in items:
        if room <= 3:
            break
        part = show(item, room, depth)
        parts.append(part)
        room -= len(part) + 2
    if len(parts) < count:
        parts.append("...")
    return f"{begin}{', '.join(parts)}{end}"


def _fields(pairs: Iterator[tuple[str, Any]], count: int, room: int, depth: int, begin: str) -> str:
    return _items(pairs, count, room, depth, f"{begin}(", ")", _field)


def _field(pair: tuple[str, Any], room: int, depth: int) -> str:
    return f"{pair[0]}={_shown(pair[1], room - len(pair[0]) - 1, depth)}"


def _entry(pair: tuple[Any, Any], room: int, depth: int) -> str:
    key = _shown(pair[0], room, depth)
    return f"{key}: {_shown(pair[1], max(3, room - len(key) - 2), depth)}"


def _prefix(value: object) -> str:
    return qualified_name(type(value)).rpartition(".")[2]


def _text(value: str, room: int, depth: int) -> str:
    length = str.__len__(value)
    if length <= room:
        return shortened(str.__repr__(value), max(room, 5))
    half = max(1, room // 2)
    both = str.__getitem__(value, slice(None, half)) + " ... " + str.__getitem__(value, slice(length - half, None))
    return shortened(repr(both), max(room, 5))


def _bytes(value: bytes, room: int, depth: int) -> str:
    if bytes.__len__(value) <= room:
        return shortened(bytes.__repr__(value), max(room, 5))
    return f"{bytes.__getitem__(value, slice(None, max(1, room - 8)))!r}..."


def _bytearray(value: bytearray, room: int, depth: int) -> str:
    return f"bytearray({_bytes(bytes(bytearray.__getitem__(value, slice(None, room + 1))), room - 11, depth)})"


def _integer(value: int, room: int, depth: int) -> str:
    bits = int.bit_length(value)
    return int.__repr__(value) if bits <= _BITS else f"<int of {bits} bits>"


def _list(value: list[Any], room: int, depth: int) -> str:
    return _items(list.__iter__(value), list.__len__(value), room, depth, "[", "]")


def _tuple(value: tuple[Any, ...], room: int, depth: int) -> str:
    count = tuple.__len__(value)
    return _items(tuple.__iter__(value), count, room, depth, "(", ",)" if count == 1 else ")")


def _named_tuple(value: tuple[Any, ...], room: int, depth: int) -> str:
    names = defined(type(value), "_fields")[1]
    return _fields(zip(names, tuple.__iter__(value), strict=False), len(names), room, depth, _prefix(value))


def _set(value: set[Any] | frozenset[Any], room: int, depth: int) -> str:
    kind = set if isinstance_safely(value, set) else frozenset
    count = kind.__len__(value)  # type: ignore[arg-type]
    begin, end = ("{", "}") if type(value) is set else (f"{_prefix(value)}({{", "})")
    if not count:
        return f"{_prefix(value)}()"
    if count > _SORTED:
        return f"{begin}... {count} items ...{end}"
    texts = sorted(_shown(item, room, depth) for item in kind.__iter__(value))  # type: ignore[arg-type]
    return _items(iter(texts), count, room, depth, begin, end, lambda text, room, depth: text)


def _dict(value: dict[Any, Any], room: int, depth: int) -> str:
    return _items(iter(dict.items(value)), dict.__len__(value), room, depth, "{", "}", _entry)


def _wrapped_dict(value: dict[Any, Any], room: int, depth: int) -> str:
    name = _prefix(value)
    return f"{name}({_dict(value, room - len(name) - 2, depth)})"


def _deque(value: collections.deque[Any], room: int, depth: int) -> str:
    items = collections.deque.__iter__(value)
    return _items(items, collections.deque.__len__(value), room, depth, f"{_prefix(value)}([", "])")


def _view(value: Any, room: int, depth: int) -> str:
    return _items(iter(value), len(value), room, depth, f"{_prefix(value)}([", "])")


def _proxy(value: types.MappingProxyType[Any, Any], room: int, depth: int) -> str:
    pairs = ((key, value[key]) for key in value)
    return _items(pairs, len(value), room, depth, "mappingproxy({", "})", _entry)


def _array(value: array.array[Any], room: int, depth: int) -> str:
    items = islice(array.array.__iter__(value), room)
    return _items(items, array.array.__len__(value), room, depth, f"array('{value.typecode}', [", "])")


def _partial(value: functools.partial[Any], room: int, depth: int) -> str:
    parts = [value.func, *islice(value.args, room)]
    return _items(iter(parts), 1 + len(value.args) + len(value.keywords), room, depth, "functools.partial(", ")")


def _user_container(value: Any, room: int, depth: int) -> str:
    return _shown(instance_dict(value).get("data"), room, depth)


def _members(value: object, room: int, depth: int) -> str:
    own = instance_dict(value)
    name = "namespace" if type(value) is types.SimpleNamespace else _prefix(value)
    return _fields(iter(own.items()), len(own), room, depth, name)


def _exception(value: BaseException, room: int, depth: int) -> str:
    arguments = arguments_of(value)
    return _items(iter(arguments), len(arguments), room, depth, f"{_prefix(value)}(", ")")


def _method(value: types.MethodType, room: int, depth: int) -> str:
    name = attribute(value.__func__, "__qualname__") or "?"
    return f"<bound method {bounded_str(name, 100)} of {_shown(value.__self__, room, depth)}>"


def _function(value: types.FunctionType, room: int, depth: int) -> str:
    return f"<function {value.__qualname__}>"


def _object(value: object, room: int, depth: int) -> str:
    return f"<{qualified_name(type(value))} object>"


def _rendering(cls: Any, name: str = "__repr__") -> int:
    return id(namespace_of(cls)[name])


_SHOWN: dict[int, _Show] = {
    _rendering(object): _object,
    _rendering(str): _text,
    _rendering(bytes): _bytes,
    _rendering(bytearray): _bytearray,
    _rendering(int): _integer,
    _rendering(list): _list,
    _rendering(tuple): _tuple,
    _rendering(set): _set,
    _rendering(frozenset): _set,
    _rendering(dict): _dict,
    _rendering(collections.OrderedDict): _wrapped_dict,
    _rendering(collections.defaultdict): _wrapped_dict,
    _rendering(collections.Counter): _wrapped_dict,
    _rendering(collections.deque): _deque,
    _rendering(collections.UserDict): _user_container,
    _rendering(collections.UserList): _user_container,
    _rendering(type({}.keys())): _view,
    _rendering(type({}.values())): _view,
    _rendering(type({}.items())): _view,
    _rendering(types.MappingProxyType): _proxy,
    _rendering(types.SimpleNamespace): _members,
    _rendering(types.MethodType): _method,
    _rendering(types.FunctionType): _function,
    _rendering(array.array): _array,
    _rendering(functools.partial): _partial,
    _rendering(BaseException): _exception,
}
_FLAT = frozenset({_object, _text, _bytes, _bytearray, _integer, _function})


# ---- renderings that a library generates for a class: they show fields, and would show the whole of each


def _generated(owner: type, rendering: Any, value: object) -> _Show | None:
    if not isinstance(rendering, types.FunctionType):
        return None
    namespace = namespace_of(owner)
    if "_fields" in namespace and rendering.__qualname__ == f"{owner.__name__}.__repr__" and isinstance(value, tuple):
        return _named_tuple
    names: list[str] | None = None
    inner = rendering.__dict__.get("__wrapped__", rendering)
    file = inner.__code__.co_filename if isinstance(inner, types.FunctionType) else ""
    if file == "<string>" and "__dataclass_fields__" in namespace:
        named = namespace["__dataclass_fields__"].values()
        names = [field.name for field in named if field.repr and field._field_type is dataclasses._FIELD]  # type: ignore[attr-defined]
    elif file.startswith("<attrs generated") and "__attrs_attrs__" in namespace:
        names = [field.name for field in namespace["__attrs_attrs__"] if field.repr is True]
    elif rendering.__module__ == "pydantic.main":
        known = [
            defined(type(value), name)[1] for name in ("__pydantic_fields__", "model_fields")
        ]  # since 2.10, before
        if fields := next((held for held in known if isinstance(held, dict)), None):
            names = [name for name, field in fields.items() if field.repr]
    if names is None:
        return None
    shown = names
    return lambda value, room, depth: _fields(
        ((name, attribute(value, name, "?")) for name in shown), len(shown), room, depth, _prefix(value)
    )
