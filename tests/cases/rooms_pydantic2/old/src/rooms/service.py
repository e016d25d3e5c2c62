"""Rooms, and where their state is kept."""

from __future__ import annotations

from rooms.config import OrchestratorConfig


class Orchestrator:
    def __init__(self, config: OrchestratorConfig) -> None:
        self.config = config
        self.rooms: dict[str, list[str]] = {}

    @property
    def url(self) -> str:
        redis = self.config.redis
        scheme = "rediss" if redis.get("tls") else "redis"
        return f"{scheme}://{redis['host']}:{redis['port']}/{redis.get('db', 0)}"

    @property
    def codecs(self) -> list[str]:
        return [codec["name"] for codec in self.config.media.get("codecs", [])]

    async def join(self, room: str, guest: str) -> int:
        self.rooms.setdefault(room, []).append(guest)
        return len(self.rooms[room])
