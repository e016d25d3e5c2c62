"""A gateway in front of services: who may call what, how often, and where it goes."""

from __future__ import annotations

from typing import Any


class Limiter:
    def __init__(self, rules: dict[str, Any]) -> None:
        self.rules = rules
        self.calls: dict[str, int] = {}

    def allow(self, who: str) -> bool:
        self.calls[who] = self.calls.get(who, 0) + 1
        return self.calls[who] <= self.rules["burst"]

    def reset(self, rules: dict[str, Any] | None = None) -> None:
        self.rules = rules or self.rules
        self.calls.clear()


class Gateway:
    def __init__(self, name: str, settings: dict[str, Any], limiter: Limiter | None = None) -> None:
        self.name = name
        self.settings = settings
        self.limiter = limiter or Limiter(settings.get("limits", {"burst": 1}))

    def target(self, path: str) -> str | None:
        for route in self.settings["routes"]:
            if path.startswith(route["prefix"]):
                upstream = route["upstream"]
                return f"{upstream['host']}:{upstream.get('port', 80)}"
        return None

    async def handle(self, who: str, path: str, token: str = "") -> int:
        auth = self.settings.get("auth")
        if auth and token not in auth["tokens"]:
            return 401
        if not self.limiter.allow(who):
            return 429
        return 200 if self.target(path) else 404

    def stats(self) -> dict[str, Any]:
        return {"name": self.name, "calls": sum(self.limiter.calls.values())}


async def serve(settings: dict[str, Any], *, name: str = "main") -> Gateway:
    return Gateway(name, settings)
