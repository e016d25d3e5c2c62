"""Clients of services: HTTP, databases, brokers, caches. Their errors share little but where they come from."""

from __future__ import annotations

from typing import Any

from pytest_agentgate.capture.bounded import bounded_message, bounded_str
from pytest_agentgate.capture.facts.endpoints import endpoint_in_frames
from pytest_agentgate.capture.facts.registry import facts_of, reads
from pytest_agentgate.capture.naming import (
    arguments_of,
    attribute,
    instance_dict,
    mro_of,
    qualified_name,
    slot,
    type_name,
)
from pytest_agentgate.capture.traces import innermost, locals_of, module_of
from pytest_agentgate.capture.wordings import endpoint_facts, merged, url_facts
from pytest_agentgate.model.servers import SERVERS, server_of

_REACH = 20  # frames
_CODES = ("sqlstate", "pgcode", "errno", "code")


def service_of(cls: type) -> str:
    """The service that the package of an exception's class, or of one of its bases, talks to; "" where it is none."""
    for base in mro_of(cls):
        if service := SERVERS.get(qualified_name(base).partition(".")[0]):
            return service
    return ""


@reads(*(f"{package}.*" for package in SERVERS))
def client(exception: BaseException) -> dict[str, Any]:
    own = instance_dict(exception)
    attributes = {key: _value(exception, own, key) for key in ("host", "port", "url", "status", "status_code", *_CODES)}
    facts: dict[str, Any] = {"service": service_of(type(exception))}
    if type(attributes["host"]) is str and type(attributes["port"]) is int:
        facts |= {"host": attributes["host"], "port": attributes["port"]}
    request = own.get("request") or own.get("_request") or own.get("request_info")
    response = own.get("response")
    urls = (attribute(request, "url"), attribute(response, "url"), attributes["url"])
    for url in urls:
        if url is not None and "://" in (text := bounded_str(url)):
            facts = merged((facts, url_facts(text)))
    statuses = (
        attributes["status"],
        attributes["status_code"],
        attribute(response, "status_code"),
        attribute(response, "status"),
    )
    facts |= {"status": status} if (status := next((each for each in statuses if type(each) is int), None)) else {}
    facts = merged((facts, _pool(exception, own), endpoint_facts(bounded_message(exception))))
    if "port" not in facts:  # a name that does not resolve is most often told alone
        facts |= endpoint_in_frames(exception, str(facts.get("host") or ""))
    if isinstance(exception, OSError):
        attributes["errno"] = None
    return facts | _code(exception, attributes)


def _value(exception: BaseException, own: dict[str, Any], key: str) -> Any:
    return own[key] if key in own else attribute(exception, key)


def _pool(exception: BaseException, own: dict[str, Any]) -> dict[str, Any]:
    """urllib3 keeps what it talked to in a pool or a connection."""
    for holder in (own.get("pool"), own.get("conn"), own.get("_pool"), own.get("connection")):
        held = instance_dict(holder)
        if type(held.get("host")) is str and type(held.get("port")) is int:
            return {"host": held["host"], "port": held["port"]}
    return {}


def _code(exception: BaseException, attributes: dict[str, Any]) -> dict[str, Any]:
    for key in _CODES:
        code = attributes[key]
        if isinstance(code, (str, int)) and not isinstance(code, bool) and code != "":
            return {"code": code}
    arguments = arguments_of(exception)
    return {"code": arguments[0]} if len(arguments) > 1 and type(arguments[0]) is int else {}


@reads("asyncio.exceptions.CancelledError", "pytest.Failed")
def ended(exception: BaseException) -> dict[str, Any]:
    """Where a wait was ended by a timeout, only the frames of what waited know for whom."""
    return endpoint_in_frames(exception) if any(map(server_of, map(module_of, innermost(exception, _REACH)))) else {}


@reads("BaseException")
def hidden(exception: BaseException) -> dict[str, Any]:
    """What ``raise ... from None`` keeps from view, of a failure to reach a server: where that is."""
    context = slot(BaseException, "__context__", exception)
    if (
        context is None
        or not slot(BaseException, "__suppress_context__", exception)
        or (slot(BaseException, "__cause__", exception) is not None)
    ):
        return {}
    facts = facts_of(context, tuple(map(qualified_name, mro_of(type(context)))))
    modules = (module_of(frame) for frame in innermost(context, _REACH))
    server = facts.get("service") or next(filter(None, map(server_of, modules)), "")
    return {key: facts[key] for key in ("host", "port") if key in facts} | ({"service": server} if server else {})


@reads("urllib.error.HTTPError")
def urllib_status(exception: BaseException) -> dict[str, Any]:
    own = instance_dict(exception)
    return {"status": own.get("code")} | url_facts(bounded_str(own.get("filename")))


@reads("urllib.error.URLError")
def urllib_request(exception: BaseException) -> dict[str, Any]:
    for frame in innermost(exception, 3):
        url = attribute(locals_of(frame).get("req"), "full_url")
        if isinstance(url, str):
            return url_facts(url)
    return {}


@reads("grpc.RpcError")
def grpc(exception: BaseException) -> dict[str, Any]:
    """The status is read from where ``code()`` reads it: calling into a closed channel ends the process."""
    own = instance_dict(exception)
    code = own.get("_code") or attribute(own.get("_state"), "code")
    name = attribute(code, "name")
    return {"code": name} if isinstance(name, str) else {}


@reads("sqlalchemy.exc.DBAPIError")
def sqlalchemy(exception: BaseException) -> dict[str, Any]:
    own = instance_dict(exception)
    original = own.get("orig")
    if not isinstance(original, BaseException):
        return {}
    message = bounded_message(original)
    facts: dict[str, Any] = {"orig": type_name(original), "orig_message": message, "code": own.get("code")}
    if service := service_of(type(original)):
        facts |= {"service": service} | endpoint_facts(message)
    return facts


@reads("sqlite3.Error")
def sqlite(exception: BaseException) -> dict[str, Any]:
    name = attribute(exception, "sqlite_errorname")
    return {"code": name} if isinstance(name, str) else {}
