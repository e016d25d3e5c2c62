"""The configuration of the service."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, populate_by_name=True, extra="forbid")


class TlsConfig(Strict):
    cert_file: str = Field(alias="certFile")


class RedisConfig(Strict):
    host: str
    port: int = 6379
    db: int = 0
    tls: TlsConfig | None = None


class Codec(Strict):
    name: str
    bitrate: int | None = None


class MediaConfig(Strict):
    codecs: list[Codec] = Field(default_factory=list)


class OrchestratorConfig(Strict):
    name: str
    redis: RedisConfig
    media: MediaConfig = Field(default_factory=MediaConfig)


def load(text: dict[str, Any]) -> RedisConfig:
    """The redis part of a configuration file, with what it leaves out."""
    return RedisConfig(**{"host": "localhost", **text["redis"]})
