"""Invoices, and how they are sent."""

from __future__ import annotations

from billing.settings import Login, Settings, Smtp


class Billing:
    def __init__(self, *, smtp: Smtp, tax: dict[str, float], currency: str = "EUR") -> None:
        self.smtp = smtp
        self.tax = tax
        self.currency = currency

    def total(self, country: str, net: float) -> float:
        return round(net * (1 + self.tax.get(country, 0.0)), 2)

    def sender(self) -> str:
        return f"{self.smtp.user}@{self.smtp.host}:{self.smtp.port}"

    def login(self) -> Login:
        return Login(user=self.smtp.user, password=self.smtp.password or "")


def start(settings: Settings) -> Billing:
    return Billing(smtp=settings.smtp, tax={each.country: each.rate for each in settings.tax})
