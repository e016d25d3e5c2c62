"""Whether an image can be started here, found out in bounded time: an engine may be far away, or answer never."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TypeVar

from pytest_agentgate.errors import ServiceError

_Answer = TypeVar("_Answer")

GLANCE = 2.0  # seconds for an engine's answer
PATIENCE = 90.0  # seconds for an image to be fetched


def obtained(image: str, fetching: Callable[[], object], *, glance: float = GLANCE, patience: float = PATIENCE) -> str:
    """Why an image cannot be started here, in one line; "" where it can: it is here, or was fetched.

    ``fetching`` is called before it is.
    """
    found = _within(glance, lambda: _has(image))
    if found is None:
        return f"the engine for containers did not answer within {glance:g} s"
    is_here, why_not = found
    if is_here or why_not:
        return why_not
    fetching()
    why = _within(patience, lambda: _fetched(image))
    return f"image {image} is not here, and could not be fetched within {patience:g} s" if why is None else why


def _has(image: str) -> tuple[bool, str]:
    """Whether it is here, and why it could not be started if it were; "" where it could."""
    from pytest_agentgate.runner.services.engine import Engine

    try:
        with Engine() as engine:
            return engine.has(image), ""
    except ServiceError as error:
        return False, str(error)


def _fetched(image: str) -> str:
    from pytest_agentgate.runner.services.engine import Engine

    try:
        with Engine() as engine:
            engine.fetch(image)
    except ServiceError as error:
        return str(error)
    return ""


def _within(seconds: float, ask: Callable[[], _Answer]) -> _Answer | None:
    """The answer; None where it takes longer, and is not waited for."""
    answers: SimpleQueue[_Answer] = SimpleQueue()
    threading.Thread(target=lambda: answers.put(ask()), daemon=True).start()
    try:
        return answers.get(timeout=seconds)
    except Empty:
        return None
