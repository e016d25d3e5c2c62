"""What an orchestrator is told: models, and the YAML files that they come from."""

import os
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, InstanceOf

REDIS_URL = "ORCHESTRATOR_REDIS_URL"


class Endpointing(Enum):
    """How soon a pause counts as the end of a turn."""

    EAGER = "eager"
    BALANCED = "balanced"
    PATIENT = "patient"

    @property
    def silence_ms(self) -> int:
        """The pause that ends a turn."""
        return {Endpointing.EAGER: 300, Endpointing.BALANCED: 600, Endpointing.PATIENT: 1200}[self]


class AudioConfig(BaseModel):
    """The format of the audio on the line: 16 bit, one channel."""

    model_config = ConfigDict(extra="forbid")

    sample_rate: int = Field(default=16_000, ge=8_000, le=48_000)
    frame_ms: int = Field(default=20, ge=10, le=60)


class RedisConfig(BaseModel):
    """Where transcripts are kept."""

    model_config = ConfigDict(extra="forbid")

    host: str = "127.0.0.1"
    port: int = Field(default=6379, ge=1, le=65_535)
    database: int = Field(default=0, ge=0)
    timeout: float = Field(default=0.5, gt=0)

    @classmethod
    def from_url(cls, url: str) -> Self:
        """``redis://HOST:PORT/DATABASE``"""
        parts = urlsplit(url)
        return cls(host=parts.hostname or "127.0.0.1", port=parts.port or 6379, database=int(parts.path.strip("/") or 0))

    @property
    def url(self) -> str:
        """``redis://HOST:PORT/DATABASE``"""
        return f"redis://{self.host}:{self.port}/{self.database}"


class OrchestratorConfig(BaseModel):
    """Everything that one orchestrator is told."""

    model_config = ConfigDict(extra="forbid")

    name: str
    max_sessions: int = Field(default=8, ge=1)
    endpointing: Endpointing = Endpointing.BALANCED
    audio: AudioConfig = Field(default_factory=AudioConfig)
    redis: InstanceOf[RedisConfig] = Field(default_factory=RedisConfig)

    @property
    def redis_url(self) -> str:
        """Where transcripts are kept, as a URL."""
        return self.redis.url


def load_config(path: Path, environ: Mapping[str, str] = os.environ) -> OrchestratorConfig:
    """Read a YAML file; the environment may name another Redis."""
    data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    redis = RedisConfig(**data.pop("redis", {}))
    if environ.get(REDIS_URL):
        redis = RedisConfig.from_url(environ[REDIS_URL])
    return OrchestratorConfig(redis=redis, **data)
