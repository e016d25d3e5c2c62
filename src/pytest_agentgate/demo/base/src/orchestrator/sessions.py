"""A caller's session."""

from dataclasses import dataclass, field
from enum import Enum


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
