"""What each attempt at a test recorded, where its item keeps what earlier attempts did."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_agentgate.capture.properties import described

Values = list[tuple[str, str, float | None]]


class Properties:
    """Tells what an attempt recorded from what those before it did: pytest's item has one list for all of them."""

    def __init__(self) -> None:
        self._seen: dict[object, tuple[int, Values, Values]] = {}  # test -> attempt, what it found there, what it left

    def of_attempt(self, key: object, attempt: int, recorded: Sequence[tuple[object, object]], *, last: bool) -> Values:
        """What an attempt recorded so far; nothing if that was told already.

        ``last`` is whether no further attempt is expected, so that nothing has to be kept for it.
        """
        if not recorded:
            return []
        values = described(recorded)
        number, found, left = self._seen.get(key, (0, [], []))
        if number == attempt and values == left:
            return []
        before = found if number == attempt else left
        if not last:
            self._seen[key] = (attempt, before, values)
        elif number:
            del self._seen[key]
        if before and len(values) > len(before) and values[: len(before)] == before:
            return described(recorded[len(before) :])
        return values
