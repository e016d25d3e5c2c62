"""Whether an image can be started here, found out in bounded time: an engine may be far away, or answer never."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TypeVar

from pytest_agentgate.errors import ServiceError

_Answer = TypeVar("_Answer")

GLANCE = 2.0  # seconds for an engine's answer
PATIENCE = 90.0  # seconds for an image to be fetched
_STEP = 0.05  # seconds between two looks at whether somebody still waits

Told = Callable[[int, int], object]
"""Is told how many bytes have come, and of how many, as far as that is known yet."""


def obtained(image: str, fetching: Callable[[], object], *, glance: float = GLANCE, patience: float = PATIENCE) -> str:
    """Why an image cannot be started here, in one line; "" where it can: it is here, or was fetched.

    ``fetching`` is called before it is.
    """
    found = _awaited(lambda: _has(image), _over(glance))
    if found is None:
        return f"the engine for containers did not answer within {glance:g} s"
    is_here, why_not = found
    if is_here or why_not:
        return why_not
    fetching()
    why = fetched(image, _over(patience))
    return f"image {image} is not here, and could not be fetched within {patience:g} s" if why is None else why


def _has(image: str) -> tuple[bool, str]:
    """Whether it is here, and why it could not be started if it were; "" where it could."""
    from pytest_agentgate.runner.services.engine import Engine

    try:
        with Engine() as engine:
            return engine.has(image), ""
    except ServiceError as error:
        return False, str(error)


def fetched(image: str, given_up: Callable[[], bool], told: Told = lambda done, total: None) -> str | None:
    """Fetch an image; -> why it cannot be had, in one line, "" once it is here, None where it was given up before."""
    return _awaited(lambda: _fetched(image, told), given_up)


def _fetched(image: str, told: Told) -> str:
    from pytest_agentgate.runner.services.engine import Engine

    try:
        with Engine() as engine:
            engine.fetch(image, told)
    except ServiceError as error:
        return str(error)
    return ""


def _over(seconds: float) -> Callable[[], bool]:
    """Whether so much time has passed since now."""
    end = monotonic() + seconds
    return lambda: monotonic() >= end


def _awaited(ask: Callable[[], _Answer], given_up: Callable[[], bool]) -> _Answer | None:
    """The answer; None where nobody waits for it any longer."""
    answers: SimpleQueue[_Answer] = SimpleQueue()
    threading.Thread(target=lambda: answers.put(ask()), daemon=True).start()
    while not given_up():
        with suppress(Empty):
            return answers.get(timeout=_STEP)
    return None
