"""What an orchestrator is told: models, and the YAML files that they come from."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field

REDIS_URL = "ORCHESTRATOR_REDIS_URL"
SILENCE_MS = {"eager": 300, "balanced": 600, "patient": 1200}


class AudioConfig(BaseModel):
    """The format of the audio on the line: 16 bit, one channel."""

    model_config = ConfigDict(extra="forbid")

    sample_rate: int = Field(default=16_000, ge=8_000, le=48_000)
    frame_ms: int = Field(default=20, ge=10, le=60)


class OrchestratorConfig(BaseModel):
    """Everything that one orchestrator is told."""

    model_config = ConfigDict(extra="forbid")

    name: str
    max_sessions: int = Field(default=8, ge=1)
    endpointing: Literal["eager", "balanced", "patient"] = "balanced"
    audio: AudioConfig = Field(default_factory=AudioConfig)
    redis: dict[str, Any] = Field(default_factory=lambda: {"host": "127.0.0.1", "port": 6379, "database": 0})

    @property
    def redis_url(self) -> str:
        """Where transcripts are kept, as a URL."""
        return f"redis://{self.redis['host']}:{self.redis['port']}/{self.redis.get('database', 0)}"


def load_config(path: Path, environ: Mapping[str, str] = os.environ) -> OrchestratorConfig:
    """Read a YAML file; the environment may name another Redis."""
    data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    if environ.get(REDIS_URL):
        parts = urlsplit(environ[REDIS_URL])
        data["redis"] = {"host": parts.hostname, "port": parts.port, "database": int(parts.path.strip("/") or 0)}
    return OrchestratorConfig(**data)
