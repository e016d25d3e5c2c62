"""What a pipeline is made of."""

from __future__ import annotations

from msgspec import Struct, field


class Source(Struct, frozen=True):
    topic: str
    offset: int = 0


class Batch(Struct):
    size: int = 2


class Sink(Struct, kw_only=True):
    kind: str
    path: str


class Config(Struct, forbid_unknown_fields=True):
    source: Source
    sinks: dict[str, Sink]
    batch: Batch = field(default_factory=Batch)
