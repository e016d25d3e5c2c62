"""The variables by which tests find a service."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from pytest_agentgate.errors import ServiceError
from pytest_agentgate.model.services import Service
from pytest_agentgate.runner.services.kinds import kind_of
from pytest_agentgate.runner.services.kinds.kind import Access, Kind

MAIN = "main"
"""The only process of a run, or the one that has workers."""


def number_of(worker: str) -> int:
    """0 for the only process, 1 for xdist's gw0."""
    digits = worker.lstrip(string.ascii_letters)
    return int(digits) + 1 if worker != MAIN and digits.isdigit() else 0


def templates_of(service: Service, kind: Kind) -> Mapping[str, str]:
    """Variable -> template: those of the configuration, else those that clients of its kind commonly read."""
    if service.env:
        return dict(service.env)
    start = service.name.upper().replace("-", "_")
    return kind.names or {f"{start}_URL": "{url}", f"{start}_HOST": "{host}", f"{start}_PORT": "{port}"}


def variables(service: Service, kind: Kind, access: Access, room: str, worker: str) -> dict[str, str]:
    """The variables of a worker; what stands in a URL is quoted as there.

    Raises ServiceError where a template asks for what the service does not have.
    """
    values = {
        "host": access.host,
        "port": str(access.port),
        "user": access.user,
        "password": access.password,
        "database": room,
        "worker": str(number_of(worker)),
        "url": kind.url(access, room),
    }
    quoted = {name: value if name in ("host", "url") else quote(value, safe="") for name, value in values.items()}
    made = {}
    for name, template in templates_of(service, kind).items():
        fields = [field for _, field, _, _ in string.Formatter().parse(template) if field is not None]
        empty = next((field for field in fields if not values[field]), None)
        if empty is None:
            made[name] = template.format_map(quoted if "://" in template else values)
        elif service.env:
            raise ServiceError(f"env.{name}: {{{empty}}}: {service.name} has none")
    return made


def twice(services: Sequence[Service]) -> Iterable[tuple[Service, str]]:
    """Services that set a variable which one before them sets already, with what is to be said."""
    by: dict[str, str] = {}
    for service in services:
        for name in templates_of(service, kind_of(service)):
            if name in by:
                what = f"{name} is set by {by[name]} already: name other variables in services.{service.name}.env"
                yield service, what
                break
        else:
            by |= dict.fromkeys(templates_of(service, kind_of(service)), service.name)
