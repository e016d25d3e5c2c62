"""Events from a source into sinks."""

from __future__ import annotations

from ingest.config import Config, Source


class Pipeline:
    def __init__(self, config: Config) -> None:
        self.config = config

    def routes(self) -> dict[str, str]:
        return {name: f"{sink.kind}://{sink.path}" for name, sink in self.config.sinks.items()}

    def batches(self, events: list[int]) -> list[list[int]]:
        size = self.config.batch.size
        return [events[start : start + size] for start in range(0, len(events), size)]

    def describe(self) -> Source:
        return self.config.source
