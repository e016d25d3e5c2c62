"""Hosts and ports that only the local names of a client's frames know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from pytest_agentgate.capture.naming import attribute, instance_dict
from pytest_agentgate.capture.traces import innermost, locals_of
from pytest_agentgate.capture.wordings import url_facts
from pytest_agentgate.patterns import deferred

_REACH = 16  # frames
_NAMES = 200  # of a frame, an object or a mapping
_LONGEST = 2000  # characters of a text
_ADDRESSES = ("address", "sockaddr", "socket_address", "sa", "addr", "server_address")
_HOSTS = ("host", "hostname", "server_host", "remote_host", "server")
_TEXTS = ("dsn", "conninfo", "url", "uri", "db_url", "connection_string", "endpoint_url", "base_url", "target")
_HELD = ("self", "attempt", "params", "parameters", "conn_params", "connect_kwargs", "config", "options", "kwargs")
_LISTED = deferred(r"(?i)hosts?_|hosts$|addresses$|servers$")
_KEYWORD = deferred(r"\b(host|port)\s*=\s*'?([^\s'\\;,]+)")


def endpoint_in_frames(exception: BaseException, host: str = "") -> dict[str, Any]:
    """``host`` and ``port`` as the innermost frame that has them calls them; with ``host``, only what names it."""
    for frame in innermost(exception, _REACH):
        for found in _endpoints(locals_of(frame)):
            if found and (not host or found["host"].lower() == host.lower()):
                return found
    return {}


def _endpoints(names: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name in _ADDRESSES:
        yield _endpoint(*_pair(names.get(name)))
    yield from _among(names)
    for name in _HELD:
        held = names.get(name)
        yield from _among(held if type(held) is dict else instance_dict(held))
    yield _configured(names.get("configs"))


def _among(source: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What is called an address there, or a host and a port, however many underscores are before it."""
    named = {name.lstrip("_"): value for name, value in islice(source.items(), _NAMES) if type(name) is str}
    yield from map(_said, map(named.get, _TEXTS))  # what is given so overrules the defaults beside it
    port = named.get("port")
    yield from (_endpoint(named.get(host), port) for host in _HOSTS)
    for name, value in named.items():
        if type(value) is list and value and _LISTED.search(name):
            yield _endpoint(*_pair(value[0]))


def _pair(value: object) -> tuple[object, object]:
    return (value[0], value[1]) if isinstance(value, tuple) and len(value) >= 2 else (None, None)


def _said(text: object) -> dict[str, Any]:
    """Of a URL, of ``host:port``, or of the keywords of libpq; of what else they hold nothing."""
    if type(text) is not str or not text or len(text) > _LONGEST:
        return {}
    if "://" in text:
        facts = url_facts(text)
        return _endpoint(facts.get("host"), facts.get("port"))
    if "=" in text:
        pairs = dict(_KEYWORD.findall(text))
        return _endpoint(pairs.get("host"), pairs.get("port"))
    host, _, port = text.rpartition(":")
    return _endpoint(host, port) if re.fullmatch(r"[\w.-]+", host) else {}


def _configured(configs: object) -> dict[str, Any]:
    """The first of pika's parameters, which it hands on in a tuple and keeps in slots."""
    if not isinstance(configs, tuple) or not configs:
        return {}
    return _endpoint(attribute(configs[0], "_host"), attribute(configs[0], "_port"))


def _endpoint(host: object, port: object) -> dict[str, Any]:
    if type(host) is bytes:
        host = host.decode("ascii", "replace")
    if type(port) is str and len(port) <= 5 and port.isascii() and port.isdecimal():
        port = int(port)
    return {"host": host, "port": port} if type(host) is str and host and type(port) is int and port else {}
