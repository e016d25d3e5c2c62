"""A client that sends letters through one of several servers."""

from __future__ import annotations

from mailer.model import Account, Server


class Client:
    def __init__(self, servers: list[Server], account: Account | None = None) -> None:
        self.servers = servers
        self.account = account
        self.sent: list[tuple[str, str]] = []

    def pick(self, number: int) -> str:
        server = self.servers[number % len(self.servers)]
        return f"{server.host}:{server.port}"

    def signed(self, text: str) -> str:
        if self.account is None:
            return text
        return f"{text} -- {self.account.name} ({self.account.strength})"

    async def send(self, number: int, text: str) -> str:
        self.sent.append((self.pick(number), self.signed(text)))
        return self.sent[-1][0]

    def configure(self, account: Account) -> None:
        self.account = account
