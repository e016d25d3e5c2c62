"""Settings, each of the kind that fits best: what comes from outside is checked, the rest is plain."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import attrs
from pydantic import BaseModel


class Limits(NamedTuple):
    burst: int = 1
    seconds: float = 1.0


@attrs.frozen
class Upstream:
    host: str
    port: int = 80


@dataclass
class Route:
    prefix: str
    upstream: Upstream


class Auth(BaseModel):
    tokens: list[str]
    realm: str | None = None


class Settings:
    """What a gateway is told."""

    def __init__(self, routes: list[Route], *, limits: Limits | None = None, auth: Auth | None = None) -> None:
        self.routes = routes
        self.limits = limits or Limits()
        self.auth = auth


@dataclass
class Stats:
    name: str
    calls: int = field(default=0)
