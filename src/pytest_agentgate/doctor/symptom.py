"""What an examination finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How something is."""

    OK = "ok"
    WARN = "warn"  # it works, and not as well as it could
    WRONG = "wrong"  # a run, a gate or a command will fail on it


@dataclass(frozen=True)
class Symptom:
    """One thing that was looked at."""

    about: str  # environment, configuration, record, repository, agent
    health: Health
    what: str  # one line
    advice: str = ""  # what to do, one line; "" where nothing is to be done
