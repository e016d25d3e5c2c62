"""Logs of judgements and approvals, beside those of the runs: one JSON object a line, there whole or not at all.

A judgement has a log of its own because a run's log has ended when it is judged, may be judged again by somebody else,
and is never looked at twice. The format is described in docs/reference/run-log.md.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pytest_agentgate.capture.bounded import clean
from pytest_agentgate.capture.runlog import FORMAT, SUFFIX, Event
from pytest_agentgate.errors import RunLogError
from pytest_agentgate.model.judgement import (
    Approval,
    GateResult,
    GateState,
    Item,
    Judge,
    Judgement,
    PhaseResult,
    Severity,
    Unit,
)

JUDGEMENT, JUDGED, APPROVAL = "judgement", "judged", "approval"

_NAME = 300  # characters of what identifies something
_TEXT = 20_000  # of everything else: a command line may name many tests
_MANY = 1_000  # items, notes, names
_MOST = 2**31 - 1


def new_id(run_id: str = "") -> str:
    """An id for a judgement, which is its log's name as well: behind its run's in the order of names."""
    return f"{run_id or _stamp()}.judgement-{_random()}"


# ---- writing


def write_judgement(folder: Path, judgement: Judgement) -> Path:
    """Write the log of a judgement into the folder of the runs' logs, at once or not at all; -> the file.

    Raises RunLogError.
    """
    head = {
        "event": JUDGEMENT,
        "log": FORMAT,
        "id": judgement.id,
        "run": judgement.run_id,
        "judged_at": judgement.judged_at,
        "judge": judgement.judge,
        "agent": judgement.agent,
        "asked": list(judgement.asked),
        "base": judgement.base,
        "base_commit": judgement.base_commit,
        "baseline": judgement.baseline,
        "notes": list(judgement.notes),
    }
    events: list[Event] = [head]
    for one in judgement.phases:
        events.append(
            {"event": "phase", "phase": one.phase, "state": one.state, "why": one.why, "notes": list(one.notes)}
        )
        events += [{"event": "gate", "phase": one.phase} | _gate_data(gate) for gate in one.gates]
    gates = sum(len(one.gates) for one in judgement.phases)
    events.append({"event": JUDGED, "state": judgement.state, "phases": len(judgement.phases), "gates": gates})
    return _written(folder, judgement.id or new_id(judgement.run_id), events)


def write_approval(folder: Path, approval: Approval) -> Path:
    """Write the log of an approval into the folder of the runs' logs, at once or not at all; -> the file.

    Raises RunLogError.
    """
    event = {"event": APPROVAL, "log": FORMAT} | _fields(approval)
    return _written(folder, f"approval-{_stamp()}-{_random()}", [event])


def item_data(item: Item) -> Event:
    """An item as JSON data."""
    return {"name": item.name, "value": _finite(item.value), "note": item.note}


def _gate_data(gate: GateResult) -> Event:
    items = [item_data(item) for item in gate.items]
    return _fields(gate) | {"measured": _finite(gate.measured), "items": items}


def _fields(value: Approval | GateResult) -> Event:
    return {name: getattr(value, name) for name in value.__match_args__}


def _finite(value: float | None) -> float | None:
    """A number that JSON can have."""
    return value if value is not None and math.isfinite(value) else None


def _written(folder: Path, name: str, events: Iterable[Event]) -> Path:
    path = folder / f"{_safe(name)}{SUFFIX}"
    new = folder / f".{path.name}.{os.getpid()}.new"
    lines = "".join(f"{json.dumps(event, separators=(',', ':'))}\n" for event in events)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists():
            raise FileExistsError(0, "it is there already")
        try:
            new.write_bytes(lines.encode("ascii"))
            new.replace(path)
        finally:
            with suppress(FileNotFoundError):
                new.unlink()
    except OSError as error:
        raise RunLogError(f"{path}: cannot write the log: {error.strerror or error}") from error
    return path


def _safe(name: str) -> str:
    """A file's name from an id, which may come from a log that somebody else wrote."""
    plain = "".join(one if one.isascii() and (one.isalnum() or one in "._-") else "-" for one in name)
    return plain.lstrip(".")[-200:]


def _stamp() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}"


def _random() -> str:
    return os.urandom(4).hex()


# ---- reading


def judgement_of(events: Sequence[Event]) -> Judgement | None:
    """The judgement that a log tells of; None if the log is unfinished, damaged, or of something else.

    Texts and lists are bounded, as anybody may have written them.
    """
    try:
        return _judgement(events)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def approval_of(events: Sequence[Event]) -> Approval | None:
    """The approval that a log tells of; None if it is damaged, or of something else."""
    if not events or events[0].get("event") != APPROVAL:
        return None
    try:
        known = {key: _text(events[0], key, _NAME) for key in ("phase", "commit", "person", "approved_at")}
        approval = Approval(**known, reason=_text(events[0], "reason"))
    except TypeError:
        return None
    return approval if approval.phase and approval.commit else None


def items_of(data: Any) -> tuple[Item, ...]:
    """Items from JSON data; raises TypeError if it is something else."""
    return tuple(Item(_text(one, "name"), _number(one.get("value")), _text(one, "note")) for one in _listed(data, dict))


def _judgement(events: Sequence[Event]) -> Judgement | None:
    if not events or events[0]["event"] != JUDGEMENT:
        return None
    head, phases, gates, end = events[0], list[Event](), list[list[Event]](), None
    for event in events[1:]:
        match event.get("event"):
            case "phase":
                phases.append(event)
                gates.append([])
            case "gate" if phases and event["phase"] == phases[-1]["phase"]:
                gates[-1].append(event)
            case "gate":
                return None  # the line of its phase is damaged
            case "judged":
                end = event
                break
    if end is None or (end["phases"], end["gates"]) != (len(phases), sum(map(len, gates))):
        return None
    judgement = Judgement(
        id=_text(head, "id", _NAME),
        run_id=_text(head, "run", _NAME),
        judged_at=_text(head, "judged_at", _NAME),
        judge=Judge(head["judge"]),
        agent=_text(head, "agent", _NAME),
        phases=tuple(_phase(event, own) for event, own in zip(phases, gates, strict=True)),
        asked=_texts(head, "asked", _NAME),
        base=_text(head, "base"),
        base_commit=_text(head, "base_commit", _NAME),
        baseline=_text(head, "baseline", _NAME),
        notes=_texts(head, "notes"),
    )
    return judgement if judgement.id and judgement.state == end["state"] else None


def _phase(event: Event, gates: Sequence[Event]) -> PhaseResult:
    return PhaseResult(
        phase=_text(event, "phase", _NAME),
        state=GateState(event["state"]),
        gates=tuple(map(_gate, gates)),
        why=_text(event, "why"),
        notes=_texts(event, "notes"),
    )


def _gate(event: Event) -> GateResult:
    sample = event.get("sample")
    return GateResult(
        condition=_text(event, "condition"),
        state=GateState(event["state"]),
        measured=_number(event.get("measured")),
        wanted=_text(event, "wanted"),
        unit=Unit(event.get("unit", Unit.COUNT)),
        items=items_of(event.get("items", [])),
        more=_count(event.get("more", 0)),
        sample=None if sample is None else _count(sample),
        severity=Severity(event.get("severity", Severity.FAIL)),
        owner=_text(event, "owner"),
        why=_text(event, "why"),
        command=_text(event, "command"),
        raw=_text(event, "raw"),
    )


def _text(event: Mapping[str, Any], key: str, limit: int = _TEXT) -> str:
    return _cleaned(event.get(key, ""), limit)


def _texts(event: Event, key: str, limit: int = _TEXT) -> tuple[str, ...]:
    return tuple(_cleaned(value, limit) for value in _listed(event.get(key, []), str))


def _cleaned(value: object, limit: int) -> str:
    if type(value) is not str:
        raise TypeError("not a text")
    return clean(value, limit)


def _listed(values: object, of: type) -> list[Any]:
    if type(values) is not list or not all(type(value) is of for value in values[:_MANY]):
        raise TypeError(f"not a list of {of.__name__}")
    return values[:_MANY]


def _number(value: object) -> float | None:
    if value is None:
        return None
    if type(value) not in (int, float):
        raise TypeError("not a number")
    return _finite(float(value))  # type: ignore[arg-type]  # one of the two


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value <= _MOST:
        raise TypeError("not a count")
    return value
