"""Evidence as JSON: ASCII, bounded, and read back by versions that know more or less of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_agentgate.capture.bounded import clean, shortened
from pytest_agentgate.model import Comparison, Evidence, Frame, Link, Raised, Role, Side

if TYPE_CHECKING:
    from pytest_agentgate.model.services import Variable

_W = TypeVar("_W", Link, Role)

# Bound once: evidence is written and read while the test that it is of may have replaced functions of ``json``.
_encoded = json.JSONEncoder(separators=(",", ":")).encode
_encoded_strictly = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
_decoded = json.JSONDecoder().decode

LIMIT = 16 * 1024
"""Bytes of one piece of evidence: as many go with every failed report between xdist's processes."""


def to_json(evidence: Evidence) -> str:
    """ASCII JSON of at most ``LIMIT`` bytes: what is too large loses frames, then text, then members of the chain."""
    return fitted(evidence)[1]


def fitted(evidence: Evidence) -> tuple[Evidence, str]:
    """What of the evidence fits into ``LIMIT`` bytes, and the JSON of that."""
    evidence, text = _dumped(evidence)
    for smaller in _SMALLER:
        if len(text) <= LIMIT:
            break
        evidence, text = _dumped(smaller(evidence))
    return evidence, text


def whole(evidence: Evidence) -> str:
    """ASCII JSON of evidence, however large it is."""
    return _encoded(to_data(evidence))


def from_json(text: str) -> Evidence:
    """Read what ``to_json`` wrote; unknown keys are ignored, missing ones have their defaults.

    Raises ValueError if the text is not JSON.
    """
    return from_data(_decoded(text))


def to_data(evidence: Evidence) -> dict[str, Any]:
    """The evidence as plain data, in the order of docs/reference/evidence.md."""
    comparison = evidence.comparison
    return {
        "chain": [_raised_data(raised) for raised in evidence.chain],
        "comparison": comparison
        and {
            "operator": comparison.operator,
            "left": _side_data(comparison.left),
            "right": _side_data(comparison.right),
        },
        "worker": evidence.worker,
        "live": evidence.live,
        **({"classified": evidence.classified} if evidence.classified else {}),
        **(
            {"variables": [{"name": one.name, "form": one.form} for one in evidence.variables]}
            if evidence.variables
            else {}
        ),
    }


def from_data(data: Mapping[str, Any]) -> Evidence:
    """Read what ``to_data`` made; anything that has not the expected shape is taken for absent."""
    data = _mapping(data)
    comparison = data.get("comparison")
    return Evidence(
        tuple(_raised(item) for item in _list(data.get("chain"))) or (Raised(""),),
        _comparison(comparison) if isinstance(comparison, Mapping) else None,
        _text(data.get("worker")),
        data.get("live") is not False,
        _text(data.get("classified")),
        _variables(data["variables"]) if data.get("variables") else (),
    )


def _dumped(evidence: Evidence) -> tuple[Evidence, str]:
    try:
        return evidence, _encoded_strictly(to_data(evidence))
    except (TypeError, ValueError, RecursionError):  # facts that are not JSON: the rest is worth more
        evidence = _without_facts(evidence)
        return evidence, whole(evidence)


def _raised_data(raised: Raised) -> dict[str, Any]:
    return {
        "type": raised.type,
        "bases": list(raised.bases),
        "message": raised.message,
        "link": str(raised.link),
        "facts": dict(raised.facts),
        "frames": [
            {"role": str(frame.role), "path": frame.path, "line": frame.line, "function": frame.function}
            | ({"module": frame.module} if frame.module else {})
            for frame in raised.frames
        ],
    }


def _variables_data(evidence: Evidence) -> list[dict[str, str]]:
    return [{"name": one.name, "form": one.form} for one in evidence.variables]


def _side_data(side: Side | None) -> dict[str, str] | None:
    return {"type": side.type, "repr": side.repr} if side else None


# ---- reading


def _raised(data: Any) -> Raised:
    data = _mapping(data)
    return Raised(
        type=_text(data.get("type")),
        bases=tuple(_text(base) for base in _list(data.get("bases"))),
        message=_text(data.get("message")),
        link=_member(Link, data.get("link"), Link.RAISED),
        facts=dict(_mapping(data.get("facts"))),
        frames=tuple(_frame(frame) for frame in _list(data.get("frames"))),
    )


def _frame(data: Any) -> Frame:
    data = _mapping(data)
    line = data.get("line")
    return Frame(
        role=_member(Role, data.get("role"), Role.LIBRARY),
        path=_text(data.get("path")),
        line=line if type(line) is int else 0,
        function=_text(data.get("function")),
        module=_text(data.get("module")),
    )


def _comparison(data: Mapping[str, Any]) -> Comparison:
    return Comparison(_text(data.get("operator")), _side(data.get("left")), _side(data.get("right")))


def _side(data: Any) -> Side | None:
    return Side(_text(data.get("type")), _text(data.get("repr"))) if isinstance(data, Mapping) else None


def _variables(data: Any) -> tuple[Variable, ...]:
    from pytest_agentgate.model.services import Variable  # few failures lack a service

    read = (Variable(_text(one.get("name")), _text(one.get("form"))) for one in map(_mapping, _list(data)))
    return tuple(one for one in read if one.name)


def _text(value: Any) -> str:
    return clean(value, LIMIT) if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _member(words: type[_W], value: Any, otherwise: _W) -> _W:
    try:
        return words(value)
    except ValueError:
        return otherwise


# ---- making smaller, a little more at every step


def _each(evidence: Evidence, change: Callable[[Raised], Raised]) -> Evidence:
    return replace(evidence, chain=tuple(change(raised) for raised in evidence.chain))


def _fewer_frames(keep: int) -> Callable[[Evidence], Evidence]:
    def change(raised: Raised) -> Raised:
        frames = raised.frames
        if len(frames) <= keep:
            return raised
        return replace(raised, frames=frames[: keep // 2] + frames[-((keep + 1) // 2) :])

    return lambda evidence: _each(evidence, change)


def _less_text(limit: int) -> Callable[[Evidence], Evidence]:
    def side(side: Side | None) -> Side | None:
        return side and Side(shortened(side.type, limit), shortened(side.repr, limit))

    def change(raised: Raised) -> Raised:
        return replace(raised, message=shortened(raised.message, limit))

    def smaller(evidence: Evidence) -> Evidence:
        whole = evidence.comparison
        compared = whole and Comparison(shortened(whole.operator, limit), side(whole.left), side(whole.right))
        return replace(_each(evidence, change), comparison=compared)

    return smaller


def _fewer_links(keep: int) -> Callable[[Evidence], Evidence]:
    def smaller(evidence: Evidence) -> Evidence:
        chain = evidence.chain
        ends = chain[:1] if keep == 1 else chain[: keep - 1] + chain[-1:]
        return replace(evidence, chain=ends) if len(chain) > keep else evidence

    return smaller


def _without_facts(evidence: Evidence) -> Evidence:
    return _each(evidence, lambda raised: replace(raised, facts={}))


def _bare(evidence: Evidence) -> Evidence:
    """What is left of evidence whose names are gigantic."""

    def change(raised: Raised) -> Raised:
        return Raised(
            shortened(raised.type, 200),
            tuple(shortened(base, 100) for base in raised.bases[:6]),
            shortened(raised.message, 100),
            raised.link,
            frames=tuple(
                Frame(f.role, shortened(f.path, 100), 0 if abs(f.line) > 10**9 else f.line, shortened(f.function, 100))
                for f in raised.frames[-1:]
            ),
        )

    return replace(_each(evidence, change), comparison=None, worker=shortened(evidence.worker, 40))


_SMALLER: tuple[Callable[[Evidence], Evidence], ...] = (
    _fewer_frames(12),
    _fewer_frames(4),
    _less_text(800),
    _less_text(200),
    _fewer_links(6),
    _fewer_links(3),
    _fewer_frames(1),
    _without_facts,
    _bare,
    _fewer_links(1),
)
