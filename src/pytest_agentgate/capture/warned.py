"""The warnings of a run, told once for each origin and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pytest_agentgate.capture.encodable import encodable
from pytest_agentgate.capture.runlog import Event

_MESSAGE = 500  # characters

_Origin = tuple[str, str, str, int, str]  # category, message, path, line, when


class WarningCounter:
    """Makes the events of a log from what pytest records; ``shown`` turns a file name into the path that is told."""

    def __init__(self, shown: Callable[[str], str]) -> None:
        self._shown = shown
        self._repeats: dict[_Origin, int] = {}

    def first(self, warning: Any, when: str, nodeid: str) -> Event | None:
        """The event of a warning (a ``warnings.WarningMessage``) whose origin is new.

        A repeat is counted, but not one of a worker's collection: each of them collects everything.
        """
        category = type(warning.message) if isinstance(warning.message, Warning) else warning.category
        name = f"{category.__module__}.{category.__qualname__}".removeprefix("builtins.")
        message = encodable(str(warning.message))[:_MESSAGE]
        origin = (name, message, self._shown(warning.filename), warning.lineno, when)
        seen = self._repeats.setdefault(origin, -1)
        if seen < 0 or when == "runtest":
            self._repeats[origin] = seen + 1
        return _event(origin, nodeid, 1) if seen < 0 else None

    def repeats(self) -> Iterator[Event]:
        """One more event for each origin that warned again, with how often."""
        return (_event(origin, "", count) for origin, count in self._repeats.items() if count)


def _event(origin: _Origin, nodeid: str, count: int) -> Event:
    names = ("category", "message", "path", "line", "when")
    return {"event": "warning", **dict(zip(names, origin, strict=True)), "nodeid": nodeid, "count": count}
