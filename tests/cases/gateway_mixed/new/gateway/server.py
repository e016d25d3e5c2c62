"""A gateway in front of services: who may call what, how often, and where it goes."""

from __future__ import annotations

from gateway.settings import Limits, Settings, Stats


class Limiter:
    def __init__(self, rules: Limits) -> None:
        self.rules = rules
        self.calls: dict[str, int] = {}

    def allow(self, who: str) -> bool:
        self.calls[who] = self.calls.get(who, 0) + 1
        return self.calls[who] <= self.rules.burst

    def reset(self, rules: Limits | None = None) -> None:
        self.rules = rules or self.rules
        self.calls.clear()


class Gateway:
    def __init__(self, name: str, settings: Settings, limiter: Limiter | None = None) -> None:
        self.name = name
        self.settings = settings
        self.limiter = limiter or Limiter(settings.limits)

    def target(self, path: str) -> str | None:
        for route in self.settings.routes:
            if path.startswith(route.prefix):
                return f"{route.upstream.host}:{route.upstream.port}"
        return None

    async def handle(self, who: str, path: str, token: str = "") -> int:
        auth = self.settings.auth
        if auth and token not in auth.tokens:
            return 401
        if not self.limiter.allow(who):
            return 429
        return 200 if self.target(path) else 404

    def stats(self) -> Stats:
        return Stats(self.name, sum(self.limiter.calls.values()))


async def serve(settings: Settings, *, name: str = "main") -> Gateway:
    return Gateway(name, settings)
