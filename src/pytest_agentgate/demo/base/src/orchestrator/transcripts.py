"""Transcripts, kept in Redis for a day."""

import json
from typing import Self

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from .config import OrchestratorConfig

A_DAY = 24 * 60 * 60


class TranscriptStore:
    """The transcripts of all sessions: a list of lines each."""

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self._client = client
        self._prefix = prefix

    @classmethod
    def connect(cls, config: OrchestratorConfig) -> Self:
        """The store that a configuration names; the connection is made when it is first used."""
        client = redis.Redis(
            host=config.redis["host"],
            port=config.redis["port"],
            db=config.redis.get("database", 0),
            socket_connect_timeout=0.5,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )
        return cls(client, prefix=config.name)

    def append(self, session_id: str, who: str, text: str) -> int:
        """Add a line; -> how many there are now."""
        key = self._key(session_id)
        length = self._client.rpush(key, json.dumps([who, text]))
        self._client.expire(key, A_DAY)
        return int(length)

    def read(self, session_id: str) -> list[tuple[str, str]]:
        """All lines of a session, oldest first."""
        lines = self._client.lrange(self._key(session_id), 0, -1)
        return [(who, text) for who, text in map(json.loads, lines)]

    def forget(self, session_id: str) -> bool:
        """Drop a transcript; -> whether there was one."""
        return bool(self._client.delete(self._key(session_id)))

    def _key(self, session_id: str) -> str:
        return f"{self._prefix}:transcript:{session_id}"
