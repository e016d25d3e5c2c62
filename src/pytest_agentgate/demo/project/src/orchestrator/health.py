"""What an orchestrator says when it is asked how it does."""

from typing import Any

from .config import OrchestratorConfig
from .workers import WorkerClient


class HealthCheckHandler:
    """Answers health checks."""

    def __init__(self, config: OrchestratorConfig, worker_client: WorkerClient) -> None:
        self.config = config
        self.worker_client = worker_client

    def handle(self, sessions: int = 0) -> dict[str, Any]:
        """The answer, for a number of sessions that are open."""
        return {
            "status": "ok" if self.worker_client.has_capacity() else "degraded",
            "name": self.config.name,
            "healthy": sessions < self.config.max_sessions,
            "sessions": sessions,
        }
