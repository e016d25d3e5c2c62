"""A client that sends letters through one of several servers."""

from __future__ import annotations

from typing import Any


class Client:
    def __init__(self, servers: list[dict[str, Any]], account: dict[str, Any] | None = None) -> None:
        self.servers = servers
        self.account = account
        self.sent: list[tuple[str, str]] = []

    def pick(self, number: int) -> str:
        server = self.servers[number % len(self.servers)]
        return f"{server['host']}:{server.get('port', 587)}"

    def signed(self, text: str) -> str:
        if self.account is None:
            return text
        return f"{text} -- {self.account['name']} ({len(self.account.get('password', ''))})"

    async def send(self, number: int, text: str) -> str:
        self.sent.append((self.pick(number), self.signed(text)))
        return self.sent[-1][0]

    def configure(self, account: dict[str, Any]) -> None:
        self.account = account
