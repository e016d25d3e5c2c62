"""Logs of repairs, ``repair-STAMP-XXXX.jsonl`` beside those of the runs: one JSON object a line.

The head is written when a repair begins and each attempt when it is over, so that one which was killed has left what it
did; the last line says what came of it. The format is described in docs/reference/run-log.md.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pytest_agentgate.capture.bounded import clean
from pytest_agentgate.capture.runlog import FORMAT, SUFFIX, Event
from pytest_agentgate.errors import RunLogError
from pytest_agentgate.model import Kind
from pytest_agentgate.model.repair import Attempt, Left, Repair, Verdict

REPAIR, ATTEMPT, LEFT, REPAIRED = "repair", "attempt", "left", "repaired"

_NAME = 300  # characters of what identifies something
_TEXT = 20_000
_DIFF = 60_000
_MANY = 1_000
_MOST = 2**31 - 1
_HEAD = ("id", "created_at", "agent", "base", "base_commit", "commit")
_END = (
    "before_run",
    "after_run",
    "red_before",
    "green_after",
    "files",
    "commits",
    "seconds",
    "complete",
    "dry",
    "notes",
)


def new_id() -> str:
    """An id for a repair, which is its log's name as well, and that of its group in the journal."""
    return f"repair-{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.urandom(2).hex()}"


class RepairLog:
    """The writing end of the log of one repair.

    Raises RunLogError if the file cannot be made or written.
    """

    def __init__(self, folder: Path, repair: Repair) -> None:
        self.path = folder / f"{repair.id}{SUFFIX}"
        self._open = "x"
        self._write({"event": REPAIR, "log": FORMAT} | {name: getattr(repair, name) for name in _HEAD})

    def attempt(self, attempt: Attempt) -> None:
        """Append an attempt."""
        self._write({"event": ATTEMPT} | {name: getattr(attempt, name) for name in attempt.__match_args__})

    def end(self, repair: Repair) -> None:
        """Append the attempts as they are in the end, what is left, and the end."""
        events: list[Event] = [{"event": "judged"}]  # what was said of attempts before is said anew
        events += [
            {"event": ATTEMPT} | {name: getattr(one, name) for name in one.__match_args__} for one in repair.attempts
        ]
        events += [{"event": LEFT} | {name: getattr(one, name) for name in one.__match_args__} for one in repair.left]
        events.append({"event": REPAIRED, "attempts": len(repair.attempts), "left": len(repair.left)})
        events[-1] |= {name: getattr(repair, name) for name in _END}
        self._write(*events)

    def _write(self, *events: Mapping[str, Any]) -> None:
        lines = "".join(f"{json.dumps(event, separators=(',', ':'))}\n" for event in events)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open(f"{self._open}b") as stream:
                stream.write(lines.encode("ascii"))
        except OSError as error:
            raise RunLogError(f"{self.path}: cannot write the log: {error.strerror or error}") from error
        self._open = "a"


def repair_of(events: Sequence[Event]) -> Repair | None:
    """The repair that a log tells of, one without an end as incomplete; None if it is damaged or of something else.

    Texts and lists are bounded, as anybody may have written them.
    """
    try:
        return _repair(events)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _repair(events: Sequence[Event]) -> Repair | None:
    if not events or events[0]["event"] != REPAIR:
        return None
    attempts: list[Attempt] = []
    left: list[Left] = []
    end: Event | None = None
    for event in events[1:]:
        match event.get("event"):
            case "judged":
                attempts.clear()
            case "attempt":
                attempts.append(_attempt(event))
            case "left":
                left.append(_left(event))
            case "repaired":
                end = event
                break
    id_, created_at, *known = (_text(events[0], name, _NAME) for name in _HEAD)
    agent, base, base_commit, commit = known
    head = Repair(id_, created_at, agent, base, base_commit, commit)
    if not head.id:
        return None
    if end is None:
        return replace(head, attempts=tuple(attempts), complete=False)
    if (end["attempts"], end["left"]) != (len(attempts), len(left)):
        return None
    return replace(
        head,
        before_run=_text(end, "before_run", _NAME),
        after_run=_text(end, "after_run", _NAME),
        red_before=_count(end, "red_before"),
        green_after=_count(end, "green_after"),
        attempts=tuple(attempts),
        left=tuple(left),
        files=_texts(end, "files"),
        commits=_texts(end, "commits", _NAME),
        seconds=_number(end, "seconds"),
        complete=end.get("complete") is True,
        dry=end.get("dry") is True,
        notes=_texts(end, "notes"),
    )


def _attempt(event: Event) -> Attempt:
    return Attempt(
        cause=_text(event, "cause", _NAME),
        kind=Kind(event["kind"]),
        title=_text(event, "title"),
        codemods=_texts(event, "codemods"),
        applicability=_text(event, "applicability", _NAME),
        evidence=_texts(event, "evidence"),
        verdict=Verdict(event["verdict"]),
        why=_text(event, "why"),
        files=_texts(event, "files"),
        diff=_text(event, "diff", _DIFF),
        before=_count(event, "before"),
        after=_count(event, "after"),
        advanced=_count(event, "advanced"),
        seconds=_number(event, "seconds"),
        round=_count(event, "round"),
        phase=_text(event, "phase", _NAME),
        notes=_texts(event, "notes"),
        batch=_text(event, "batch", _NAME),
        also=_texts(event, "also", _NAME),
    )


def _left(event: Event) -> Left:
    return Left(
        cause=_text(event, "cause", _NAME),
        kind=Kind(event["kind"]),
        title=_text(event, "title"),
        tests=_count(event, "tests"),
        why=_text(event, "why"),
        look_at=_text(event, "look_at"),
        rerun=_text(event, "rerun"),
        environment=event.get("environment") is True,
    )


def _text(event: Event, key: str, limit: int = _TEXT) -> str:
    return _cleaned(event.get(key, ""), limit)


def _texts(event: Event, key: str, limit: int = _TEXT) -> tuple[str, ...]:
    values = event.get(key, [])
    if type(values) is not list:
        raise TypeError("not a list")
    return tuple(_cleaned(value, limit) for value in values[:_MANY])


def _cleaned(value: object, limit: int) -> str:
    if type(value) is not str:
        raise TypeError("not a text")
    return clean(value, limit)


def _count(event: Event, key: str) -> int:
    value = event.get(key, 0)
    if type(value) is not int or not 0 <= value <= _MOST:
        raise TypeError("not a count")
    return value


def _number(event: Event, key: str) -> float:
    value = event.get(key, 0.0)
    if type(value) not in (int, float) or not -1e12 < value < 1e12:
        raise TypeError("not a number")
    return float(value)
