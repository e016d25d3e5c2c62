"""A caller's session, and what keeps its turns apart."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from threading import Lock


class State(Enum):
    """Where a session stands."""

    WAITING = "waiting"
    ANSWERING = "answering"
    ENDED = "ended"


class SessionEnded(Exception):
    """The caller has hung up."""


@dataclass
class Session:
    """What is known of one call."""

    id: str
    caller: str
    state: State = State.WAITING
    history: list[tuple[str, str]] = field(default_factory=list)  # who, what

    def end(self) -> None:
        """The caller hangs up."""
        self.state = State.ENDED


class SessionManager:
    """Owns a session while it lives: one turn at a time, and none after its end."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = Lock()

    @contextmanager
    def take_turn(self) -> Iterator[Session]:
        """The session, for as long as one turn takes."""
        with self._lock:
            session = self._session
            if session.state is State.ENDED:
                raise SessionEnded(session.id)
            session.state = State.ANSWERING
            try:
                yield session
            finally:
                if session.state is State.ANSWERING:
                    session.state = State.WAITING
