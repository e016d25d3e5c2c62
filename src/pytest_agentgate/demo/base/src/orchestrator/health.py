"""What an orchestrator says when it is asked how it does."""

from typing import Any

from .config import OrchestratorConfig


class HealthCheckHandler:
    """Answers health checks."""

    def __init__(self, config: OrchestratorConfig) -> None:
        self.config = config

    def handle(self, sessions: int = 0) -> dict[str, Any]:
        """The answer, for a number of sessions that are open."""
        return {
            "name": self.config.name,
            "healthy": sessions < self.config.max_sessions,
            "sessions": sessions,
        }
