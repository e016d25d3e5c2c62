"""Invoices, and how they are sent."""

from __future__ import annotations

from typing import Any


class Billing:
    def __init__(self, *, smtp: dict[str, Any], tax: dict[str, float], currency: str = "EUR") -> None:
        self.smtp = smtp
        self.tax = tax
        self.currency = currency

    def total(self, country: str, net: float) -> float:
        return round(net * (1 + self.tax.get(country, 0.0)), 2)

    def sender(self) -> str:
        return f"{self.smtp.get('userName') or self.smtp['user']}@{self.smtp['host']}:{self.smtp.get('port', 25)}"

    def login(self) -> dict[str, Any]:
        return {"user": self.smtp["user"], "password": self.smtp.get("password", "")}


def start(settings: dict[str, Any]) -> Billing:
    tax = {each["country"]: each["rate"] for each in settings["tax"]}
    return Billing(smtp=settings["smtp"], tax=tax)
