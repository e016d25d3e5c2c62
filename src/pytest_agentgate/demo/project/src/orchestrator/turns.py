"""When a turn ends: the caller has spoken, and then not for a while."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass
class TurnDetector:
    """Goes from frame to frame, and says when a turn is over."""

    silence_ms: int
    frame_ms: int = 20
    _spoke: bool = False
    _silent_ms: int = 0

    def hear(self, speech: bool) -> bool:
        """Take one frame; -> whether it ended a turn."""
        if speech:
            self._spoke, self._silent_ms = True, 0
            return False
        self._silent_ms += self.frame_ms
        if not self._spoke or self._silent_ms < self.silence_ms:
            return False
        self._spoke, self._silent_ms = False, 0
        return True

    def count(self, frames: Iterable[bool]) -> int:
        """How many turns some frames hold."""
        return sum(self.hear(frame) for frame in frames)
