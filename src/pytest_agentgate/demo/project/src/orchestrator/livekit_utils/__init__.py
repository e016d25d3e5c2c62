"""Rooms in which callers and agents hear each other, and the tokens that let them in."""

from .rooms import Participant, Room, RoomClient, RoomFull
from .tokens import AccessToken, Grant, InvalidToken, verify

__all__ = ["AccessToken", "Grant", "InvalidToken", "Participant", "Room", "RoomClient", "RoomFull", "verify"]
