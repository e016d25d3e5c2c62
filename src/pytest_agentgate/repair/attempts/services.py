"""The services that the tests of a repair are given, as whoever starts them offers them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_agentgate.model import Cause


@dataclass(frozen=True)
class Offer:
    """What was done about the service that a cause lacks."""

    cause: str  # signature
    service: str = ""  # name of the one that is up now; "" where there is none
    why: str = ""  # there is none, one line
    evidence: tuple[str, ...] = ()  # sentences: where its address is from
    diff: str = ""  # of the configuration, which would have the service started for every run


class Services:
    """None: no test is given any."""

    @property
    def notes(self) -> Sequence[str]:
        """What a reader of the report should know of them."""
        return ()

    def supply(self, causes: Sequence[Cause]) -> Sequence[Offer]:
        """Put up what connection failures lack; an offer for each cause of which there is something to say."""
        return ()

    def ended(self) -> None:
        """Is called when a run of tests is over."""

    def recorded(self, run: str) -> None:
        """Is called for each run that stands in the project's record, with its id."""
