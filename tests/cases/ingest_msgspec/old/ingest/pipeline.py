"""Events from a source into sinks."""

from __future__ import annotations

from typing import Any


class Pipeline:
    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config

    def routes(self) -> dict[str, str]:
        return {name: f"{sink['kind']}://{sink['path']}" for name, sink in self.config["sinks"].items()}

    def batches(self, events: list[int]) -> list[list[int]]:
        size = self.config.get("batch", {"size": 2})["size"]
        return [events[start : start + size] for start in range(0, len(events), size)]

    def describe(self) -> dict[str, Any]:
        source = self.config["source"]
        return {"topic": source["topic"], "offset": source.get("offset", 0)}
