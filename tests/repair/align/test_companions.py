"""Names of other distributions, in packages that the implementation shares with them or only imports."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

Files = Mapping[str, str] | str
Aligner = Callable[[Files, Files], list[str]]

TRACER = """
from acme import trace

class Tracer:
    def start(self, context):
        if context is None:
            return trace.DefaultSpan(context=context)
        return context.begin(self)

    def stop(self, context):
        return trace.finish(context)
"""
CLOCK = """
from acme.util import now

def stamp(event):
    event.at = now()

def age(event):
    return now() - event.at
"""


def _changed(text: str, *replacements: tuple[str, str]) -> str:
    for before, after in replacements:
        assert before in text
        text = text.replace(before, after)
    return text


def _followed(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith("symbol moved:")]


FOLLOWED: Mapping[str, tuple[str, str, list[str]]] = {
    "in one place, with a name alike": (
        TRACER,
        _changed(TRACER, ("DefaultSpan", "NonRecordingSpan")),
        ["symbol moved: acme.trace.DefaultSpan -> acme.trace.NonRecordingSpan"],
    ),
    "in several places, with a strange name": (
        CLOCK,
        _changed(CLOCK, ("util import now", "clocks import tick"), ("now()", "tick()")),
        ["symbol moved: acme.util.now -> acme.clocks.tick"],
    ),
    "imported from elsewhere under the same name": (
        "from acme.util import Clock\n\nclass Stopwatch(Clock):\n    pass\n",
        "from acme.clocks import Clock\n\nclass Stopwatch(Clock):\n    pass\n",
        ["symbol moved: acme.util.Clock -> acme.clocks.Clock"],
    ),
}


@pytest.mark.parametrize("name", FOLLOWED)
def test_the_implementation_s_own_migration_is_followed(name: str, aligned: Aligner) -> None:
    old, new, expected = FOLLOWED[name]
    assert _followed(aligned({"acme/sdk/__init__.py": old}, {"acme/sdk/__init__.py": new})) == expected


DOUBT: Mapping[str, tuple[str, str]] = {
    "the old one is still used": (
        CLOCK,
        _changed(CLOCK, ("util import now", "util import now, later"), ("event.at = now()", "event.at = later()")),
    ),
    "the new one was used before": (
        _changed(TRACER, ("return context.begin(self)", "return trace.NonRecordingSpan(context)")),
        _changed(
            TRACER,
            ("return context.begin(self)", "return trace.NonRecordingSpan(context)"),
            ("Default", "NonRecording"),
        ),
    ),
    "two took its place": (
        CLOCK,
        _changed(
            CLOCK,
            ("util import now", "util import tick, tock"),
            ("at = now()", "at = tick()"),
            ("return now()", "return tock()"),
        ),
    ),
    "in one place, with a strange name": (TRACER, _changed(TRACER, ("DefaultSpan", "Nothing"))),
    "in another package": (
        CLOCK,
        _changed(CLOCK, ("acme.util import now", "clocks import now")),
    ),
}


@pytest.mark.parametrize("name", DOUBT)
def test_in_doubt_nothing_is_followed(name: str, aligned: Aligner) -> None:
    old, new = DOUBT[name]
    assert _followed(aligned({"acme/sdk/__init__.py": old}, {"acme/sdk/__init__.py": new})) == []


def test_what_is_imported_as_before_is_not_gone(aligned: Aligner) -> None:
    assert aligned({"acme/sdk/__init__.py": TRACER}, {"acme/sdk/__init__.py": TRACER}) == []
