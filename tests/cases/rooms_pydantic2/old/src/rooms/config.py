"""The configuration of the service."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


class OrchestratorConfig(BaseModel):
    name: str
    redis: dict[str, Any]
    media: dict[str, Any] = {}


def load(text: dict[str, Any]) -> dict[str, Any]:
    """The redis part of a configuration file, with what it leaves out."""
    return {"host": "localhost", "port": 6379, **text["redis"]}
