"""A judgement in plain text: for a person in a terminal, for a coding agent, and in one line."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, takewhile

from pytest_agentgate.model.judgement import (
    EXIT_STATUS,
    GateResult,
    GateState,
    Judgement,
    PhaseResult,
    Severity,
    Unit,
)
from pytest_agentgate.report.measures import measured, said
from pytest_agentgate.report.phrases import counted
from pytest_agentgate.report.printable import printable, wrap

_COLOURS = {
    GateState.PASSED: "1;32",
    GateState.WARNED: "1;33",
    GateState.FAILED: "1;31",
    GateState.NOT_ATTEMPTED: "1;36",
    GateState.UNAVAILABLE: "1;35",
    GateState.INVALID: "1;31",
}
_VERDICTS = {
    GateState.PASSED: "gates passed",
    GateState.WARNED: "gates passed, with warnings",
    GateState.FAILED: "gates failed",
    GateState.NOT_ATTEMPTED: "gates not attempted",
    GateState.UNAVAILABLE: "gates not measured",
    GateState.INVALID: "gates not judged, the run is incomplete",
}
_BOLD, _DIM = "1", "2"
_NARROWEST = 40
_INDENT = "  "
_SAME = 2  # items from which on those of an earlier gate are not told again
_SOME = 5  # items that an agent is shown
_LONGEST = 300  # characters of a line for an agent; more for a command, which is of no use if it is cut
_COMMAND = 1000


def verdict(judgement: Judgement, status: int | None = None) -> str:
    """``gates failed (exit status 10)``; ``status`` is that of a command that has its own."""
    ended = EXIT_STATUS[judgement.state] if status is None else status
    return f"{_VERDICTS[judgement.state]} (exit status {ended})"


def line(judgement: Judgement) -> str:
    """``imports passed, configuration failed``."""
    return ", ".join(f"{one.phase} {in_words(one.state)}" for one in judgement.phases)


def in_words(state: GateState) -> str:
    """``not attempted``."""
    return state.value.replace("_", " ")


def block(judgement: Judgement, *, width: int | None, colour: bool, status: int | None = None) -> str:
    """Every phase, and what is to be known of each gate that did not pass.

    ``width`` in columns; None where nothing may be wrapped. Lines to copy are never broken.
    ``status`` is the exit status of a command that has its own.
    """
    return "\n".join(_Screen(width, colour).lines(judgement, status)) + "\n"


class _Screen:
    def __init__(self, width: int | None, colour: bool) -> None:
        self.width = None if width is None else max(width, _NARROWEST)
        self.colour = colour

    def lines(self, judgement: Judgement, status: int | None) -> Iterator[str]:
        title = f" agentgate: {verdict(judgement, status)} "
        yield self.paint(title.center(80 if self.width is None else self.width, "="), _COLOURS[judgement.state])
        for phase in judgement.phases:
            yield from self.phase(phase)
        for note in judgement.notes:
            yield from self.wrapped(printable(note), "", _DIM)

    def phase(self, phase: PhaseResult) -> Iterator[str]:
        state = in_words(phase.state)
        said = f"{printable(phase.phase)}: {state}{_how_many(phase)}" + (
            f": {printable(phase.why)}" if phase.why else ""
        )
        first, *rest = wrap(said, self.width)
        place = len(printable(phase.phase)) + 2
        end = place + len(state)
        yield self.paint(first[:place], _BOLD) + self.paint(first[place:end], _COLOURS[phase.state]) + first[end:]
        yield from rest
        for gates in _alike(phase):
            for gate in gates:
                yield from self.wrapped(f"{in_words(gate.state)}: {printable(gate.condition)}", _INDENT, _BOLD)
            yield from self.gate(gates[-1], phase, _told_before(gates[-1], phase))
        for note in phase.notes:
            yield from self.wrapped(printable(note), _INDENT, "")

    def gate(self, gate: GateResult, phase: PhaseResult, before: GateResult | None) -> Iterator[str]:
        indent = _INDENT * 2
        for fact in _facts(gate, phase):
            yield from self.wrapped(fact, indent, "")
        for item in _the_same(before) if before else items(gate):
            yield from self.wrapped(item, indent, _DIM)
        if gate.command and not (before and before.command == gate.command):
            yield indent + self.paint(printable(gate.command), _DIM)

    def wrapped(self, text: str, indent: str, code: str) -> Iterator[str]:
        for part in wrap(text, None if self.width is None else self.width - len(indent)):
            yield indent + self.paint(part, code)

    def paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text and code else text


def _how_many(phase: PhaseResult) -> str:
    """How many gates a phase has, and how many of several did not pass."""
    broken = sum(gate.state is not GateState.PASSED for gate in phase.gates)
    if phase.why or not phase.gates:  # a reason for the phase is one for each of its gates
        return ""
    many = counted(len(phase.gates), "gate")
    return f", {broken} of {many} did not pass" if broken and len(phase.gates) > 1 else f", {many}"


def _alike(phase: PhaseResult) -> Iterator[list[GateResult]]:
    """The gates to be told of, those together that were not measured for the same reason."""
    told = [(number, gate) for number, gate in enumerate(phase.gates) if gate.state is not GateState.PASSED or gate.why]
    for _, same in groupby(
        told, key=lambda one: (one[1].why, one[1].command, None) if _unmeasured(one[1]) else one[:1]
    ):
        yield [gate for _, gate in same]


def _unmeasured(gate: GateResult) -> bool:
    return gate.measured is None and not gate.items


def _told_before(gate: GateResult, phase: PhaseResult) -> GateResult | None:
    """The first gate of a phase that was broken by the same items, which are told of there."""
    if len(gate.items) < _SAME:
        return None
    before = takewhile(lambda one: one is not gate, phase.gates)
    told = (one for one in before if one.state is not GateState.PASSED)
    return next((one for one in told if (one.items, one.more) == (gate.items, gate.more)), None)


def _the_same(before: GateResult) -> Iterator[str]:
    yield f"the same {len(before.items) + before.more:,} as of {printable(before.condition)}"


def _facts(gate: GateResult, phase: PhaseResult) -> Iterator[str]:
    if gate.measured is not None:
        yield f"measured {measured(gate)}{_over(gate)}; wanted {printable(gate.wanted)}"
    if gate.why and gate.why != phase.why:
        yield printable(gate.why)
    if gate.owner:
        yield f"owner: {printable(gate.owner)}"
    if gate.raw:
        yield f"output: {printable(gate.raw)}"


def _over(gate: GateResult) -> str:
    """How many were looked at; nothing where more than those count, as files that could not be collected do."""
    more = gate.unit is Unit.COUNT and (gate.measured or 0) > (gate.sample or 0)
    return f", over {gate.sample:,}" if gate.sample and not more else ""


def items(gate: GateResult, most: int | None = None) -> Iterator[str]:
    """``tests/test_a.py::test_b: 210 ms (setup)``, and how many more there are; a long note is said once."""
    before = ""
    for item in gate.items[:most]:
        value = "" if item.value is None else f": {said(item.value, gate.unit)}"
        note = "the same" if item.note == before and len(before) > len("the same") else item.note
        before = item.note
        yield printable(f"{item.name}{value}" + (f" ({note})" if note else ""))
    left = gate.more + len(gate.items) - len(gate.items[:most])
    if left:
        yield f"and {left:,} more"


def agent(judgement: Judgement, room: int) -> str:
    """The same for a coding agent, without decoration, in at most ``room`` characters."""
    text = f"{verdict(judgement)}\n"
    last = "cut to fit; all of it is in the JSON report\n"
    for line in _told_to_agents(judgement):
        if len(text) + len(line) + 1 + len(last) > room:
            return (text[: max(room - len(last), 0)] + last)[: max(room, 0)]
        text += line + "\n"
    return text[: max(room, 0)]


def _told_to_agents(judgement: Judgement) -> Iterator[str]:
    for phase in judgement.phases:
        yield _cut(f"phase {phase.phase}: {in_words(phase.state)}" + (f": {phase.why}" if phase.why else ""))
        for gates in _alike(phase):
            for gate in gates:
                warns = " (only warns)" if gate.severity is Severity.WARN else ""
                yield _cut(f"- {in_words(gate.state)}: {gate.condition}{warns}")
            yield from (_cut(f"  {fact}") for fact in _facts(gates[-1], phase))
            before = _told_before(gates[-1], phase)
            yield from (_cut(f"  {item}") for item in (_the_same(before) if before else items(gates[-1], _SOME)))
            if gates[-1].command and not (before and before.command == gates[-1].command):
                yield _cut(f"  command: {gates[-1].command}", _COMMAND)
        yield from (_cut(f"  {note}") for note in phase.notes)
    yield from (_cut(f"note: {note}") for note in judgement.notes)


def _cut(text: str, longest: int = _LONGEST) -> str:
    text = printable(text)
    return text if len(text) <= longest else text[: longest - 3] + "..."
