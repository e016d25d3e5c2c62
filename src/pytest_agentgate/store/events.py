"""The events of a log, sorted out and checked: what has not the described shape is left out, as an unknown event is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from sys import float_info
from typing import Any

from pytest_agentgate.capture.bounded import clean
from pytest_agentgate.capture.properties import MOST, NAME, TEXT
from pytest_agentgate.capture.runlog import Event
from pytest_agentgate.model import Kind, Outcome, RunStatus, Scope, When

_OUTCOMES = frozenset(Outcome)
_WHENS = frozenset(When)
_KINDS = frozenset(Kind)
_SCOPES = frozenset(Scope)
_ENDS = frozenset(RunStatus) - {RunStatus.RUNNING}
_BARE = 4  # keys of a result that has nothing to say but how long it took
_MOST = 2**31 - 1
_LONGEST = 1e12  # seconds; no run takes as long, and a column of 64 bits holds it


@dataclass
class Events:
    """A stretch of a log by kind of event, each as its writer wrote it."""

    header: Event | None = None
    collected: Event | None = None
    end: Event | None = None
    results: list[Event] = field(default_factory=list)
    teardowns: list[Event] = field(default_factory=list)
    failures: list[Event] = field(default_factory=list)
    warnings: list[Event] = field(default_factory=list)
    properties: list[Event] = field(default_factory=list)


def sorted_out(events: Iterable[Event]) -> Events:
    """Sort a log's events; the first header counts, and the last of everything else."""
    found = Events()
    result = found.results.append
    for event in events:
        name = event.get("event")
        try:
            if name == "result":  # not in a function of its own: most of a log are results
                if (
                    type(event["nodeid"]) is str
                    and event["outcome"] in _OUTCOMES
                    and 0.0 <= event["duration"] <= _LONGEST
                    and (
                        len(event) == _BARE
                        or (len(event) == _BARE + 1 and type(event.get("worker")) is str)
                        or _are_details(event)
                    )
                ):
                    result(event)
            elif name == "teardown":
                if type(event["nodeid"]) is str and 0.0 <= event["duration"] <= _LONGEST and _are_details(event):
                    found.teardowns.append(event)
            elif name == "failure":
                if _is_failure(event):
                    found.failures.append(event)
            elif name == "warning":
                if type(event["category"]) is str and type(event["message"]) is str:
                    found.warnings.append(event)
            elif name == "properties":
                if type(event["nodeid"]) is str and _are_details(event):
                    found.properties.append(event | {"values": _values(event["values"])})
            elif name == "collected":
                if type(event["nodeids"]) is list:
                    found.collected = event
            elif name == "run":
                if found.header is None and text(event, "id") and text(event, "created_at"):
                    found.header = event
            elif name == "end" and event["status"] in _ENDS:
                found.end = event
        except (KeyError, TypeError, ValueError):  # nothing, or another thing, where a text or a number should be
            continue
    return found


def text(event: Event, key: str) -> str:
    """A text of an event, "" where it has none."""
    value = event.get(key)
    return value if type(value) is str else ""


def integer(event: Event, key: str, otherwise: int = 0) -> int:
    """A number of an event that a column of 32 bits can hold."""
    value = event.get(key)
    return value if type(value) is int and -_MOST <= value <= _MOST else otherwise


def seconds(event: Event, key: str) -> float | None:
    """A duration of an event."""
    value = event.get(key)
    return float(value) if isinstance(value, int | float) and abs(value) <= _LONGEST else None


def texts(event: Event, key: str) -> list[str]:
    """A list of texts of an event."""
    values = event.get(key)
    return [value for value in values if type(value) is str] if type(values) is list else []


def without_surrogates(value: Any) -> Any:
    """JSON data whose texts can be written as UTF-8: lone surrogates become their escapes."""
    if type(value) is str:
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if type(value) is list:
        return [without_surrogates(item) for item in value]
    if type(value) is dict:
        return {without_surrogates(key): without_surrogates(item) for key, item in value.items()}
    return value


def without_nul(value: Any) -> Any:
    """JSON data in whose texts each NUL, which PostgreSQL takes in no text, has become its escape."""
    if type(value) is str:
        return value.replace("\0", "\\x00")
    if type(value) is list:
        return [without_nul(item) for item in value]
    if type(value) is dict:
        return {without_nul(key): without_nul(item) for key, item in value.items()}
    return value


def _are_details(event: Event) -> bool:
    return (
        integer(event, "attempt", 0 if "attempt" in event else 1) >= 1
        and event.get("when") in (None, *_WHENS)
        and type(event.get("reason", "")) is str
        and type(event.get("worker", "")) is str
    )


def _values(values: Any) -> list[list[Any]]:
    """Name, text and number of each property; what has another shape is left out."""
    return [
        [clean(name, NAME), clean(said, TEXT), float(number) if _is_finite(number) else None]
        for name, said, number in values[:MOST]
        if type(name) is str and type(said) is str
    ]


def _is_finite(number: Any) -> bool:
    return type(number) in (int, float) and abs(number) <= float_info.max


def _is_failure(event: Event) -> bool:
    return (
        type(event["nodeid"]) is str
        and type(event["signature"]) is str
        and event["scope"] in _SCOPES
        and event["when"] in _WHENS
        and event["kind"] in _KINDS
        and type(event["evidence"]) is dict
        and _are_details(event)
    )
