"""What a worker is told."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Retry:
    times: int = 0
    delay: float = 0.0


@dataclass(frozen=True)
class QueueSettings:
    host: str
    port: int = 5672
    name: str = "default"
    retry: Retry = field(default_factory=Retry)
