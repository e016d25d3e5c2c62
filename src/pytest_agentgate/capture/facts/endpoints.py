"""Hosts and ports that only the local names of a client's frames know."""

from __future__ import annotations

from typing import Any

from pytest_agentgate.capture.naming import attribute, instance_dict
from pytest_agentgate.capture.traces import innermost, locals_of

_REACH = 10
_ADDRESSES = ("address", "sockaddr", "socket_address", "sa", "addr")
_PAIRS = (("host", "port"), ("_host", "_port"), ("hostname", "port"))


def endpoint_in_frames(exception: BaseException) -> dict[str, Any]:
    """``host`` and ``port`` as the innermost frame that has them calls them."""
    for frame in innermost(exception, _REACH):
        names = locals_of(frame)
        for name in _ADDRESSES:
            if found := _endpoint(*_pair(names.get(name))):
                return found
        for source in (names, instance_dict(names.get("self"))):
            for host, port in _PAIRS:
                if found := _endpoint(source.get(host), source.get(port)):
                    return found
        if found := _configured(names.get("configs")):
            return found
    return {}


def _pair(value: object) -> tuple[object, object]:
    return (value[0], value[1]) if isinstance(value, tuple) and len(value) >= 2 else (None, None)


def _configured(configs: object) -> dict[str, Any]:
    """The first of pika's parameters, which it hands on in a tuple and keeps in slots."""
    if not isinstance(configs, tuple) or not configs:
        return {}
    return _endpoint(attribute(configs[0], "_host"), attribute(configs[0], "_port"))


def _endpoint(host: object, port: object) -> dict[str, Any]:
    if type(host) is bytes:
        host = host.decode("ascii", "replace")
    return {"host": host, "port": port} if type(host) is str and host and type(port) is int else {}
