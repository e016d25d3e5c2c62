"""The orchestrator: everything wired together."""

from typing import Any

from .calls import CallHandler
from .config import SILENCE_MS, OrchestratorConfig
from .health import HealthCheckHandler
from .livekit import RoomClient
from .sessions import Session
from .turns import TurnDetector


class TooManySessions(Exception):
    """The orchestrator takes no more calls."""


class Orchestrator:
    """Takes calls, up to a number."""

    def __init__(self, config: OrchestratorConfig) -> None:
        self.config = config
        self.rooms = RoomClient()
        self.calls = CallHandler(config, self.rooms)
        self.sessions: dict[str, Session] = {}
        self._health = HealthCheckHandler(config)

    def accept(self, caller: str) -> Session:
        """Take a call; raises TooManySessions."""
        if len(self.sessions) >= self.config.max_sessions:
            raise TooManySessions(f"{self.config.name} takes {self.config.max_sessions}")
        session = Session(id=f"call-{len(self.sessions) + 1}", caller=caller)
        self.sessions[session.id] = session
        return session

    def turn_detector(self) -> TurnDetector:
        """A detector that is as patient as the configuration says."""
        return TurnDetector(SILENCE_MS[self.config.endpointing], self.config.audio.frame_ms)

    def health(self) -> dict[str, Any]:
        """How it does."""
        return self._health.handle(len(self.sessions))
