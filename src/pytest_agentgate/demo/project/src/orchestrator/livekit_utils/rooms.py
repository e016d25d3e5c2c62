"""Rooms: who is in them, and what is said in them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic


def now() -> float:
    """The clock that rooms go by."""
    return monotonic()


class RoomFull(Exception):
    """Nobody else fits into the room."""


@dataclass(frozen=True)
class Participant:
    """Somebody in a room."""

    identity: str
    joined_at: float


@dataclass
class Room:
    """A room; the order in which participants joined is kept."""

    name: str
    capacity: int = 2
    participants: dict[str, Participant] = field(default_factory=dict)
    listeners: list[Callable[[str, str], None]] = field(default_factory=list)

    def join(self, identity: str) -> Participant:
        """Let somebody in; who is in already stays who they are."""
        if identity in self.participants:
            return self.participants[identity]
        if len(self.participants) >= self.capacity:
            raise RoomFull(f"{self.name} holds {self.capacity}")
        participant = Participant(identity, now())
        self.participants[identity] = participant
        return participant

    def leave(self, identity: str) -> float:
        """Let somebody out; -> the seconds that they were in."""
        return now() - self.participants.pop(identity).joined_at

    def say(self, identity: str, text: str) -> int:
        """Tell everybody who listens; -> how many did."""
        if identity not in self.participants:
            raise LookupError(f"{identity} is not in {self.name}")
        for listener in self.listeners:
            listener(identity, text)
        return len(self.listeners)


class RoomClient:
    """Makes rooms, and finds them again."""

    def __init__(self, capacity: int = 2) -> None:
        self._capacity = capacity
        self._rooms: dict[str, Room] = {}

    def open(self, name: str) -> Room:
        """The room of that name, made if need be."""
        return self._rooms.setdefault(name, Room(name, self._capacity))

    def close(self, name: str) -> list[str]:
        """Close a room; -> who was still in it."""
        room = self._rooms.pop(name, None)
        return list(room.participants) if room else []

    def names(self) -> list[str]:
        """The rooms that are open, by name."""
        return sorted(self._rooms)
