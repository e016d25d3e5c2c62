"""Servers and accounts."""

from __future__ import annotations

from attrs import define, field, frozen


@frozen
class Server:
    host: str
    port: int = 587
    tags: list[str] = field(factory=list, kw_only=True)


@define
class Account:
    name: str
    _password: str = field(default="", repr=False)

    @property
    def strength(self) -> int:
        return len(self._password)
