"""What became of each gate, in the words that reports for machines share."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_agentgate.model.judgement import GateResult, GateState, Judgement, PhaseResult
from pytest_agentgate.report.measures import measured, said
from pytest_agentgate.report.phrases import counted
from pytest_agentgate.report.printable import printable
from pytest_agentgate.values import frozen

BROKEN = frozenset({GateState.FAILED, GateState.INVALID, GateState.UNAVAILABLE, GateState.NOT_ATTEMPTED})
"""The states that don't let a build pass."""


@frozen
class Verdict:
    """One gate of a phase; or the phase itself, where none of its gates was judged."""

    phase: str
    state: GateState
    gate: GateResult | None
    why: str = ""  # one line
    notes: tuple[str, ...] = ()  # of the phase, with its first gate

    @property
    def name(self) -> str:
        """The condition, as the configuration has it."""
        return self.gate.condition if self.gate else f"phase {self.phase}"


def verdicts(judgement: Judgement) -> Iterator[Verdict]:
    """Every gate in the order of the configuration."""
    for phase in judgement.phases:
        yield from _of(phase)


def _of(phase: PhaseResult) -> Iterator[Verdict]:
    if not phase.gates:
        yield Verdict(phase.phase, phase.state, None, phase.why, phase.notes)
    for number, gate in enumerate(phase.gates):
        yield Verdict(phase.phase, gate.state, gate, gate.why or phase.why, () if number else phase.notes)


def heading(verdict: Verdict) -> str:
    """One line: ``imports: failures.import == 0: failed: measured 3, wanted == 0``."""
    line = f"{verdict.phase}: {verdict.name}: {verdict.state.replace('_', ' ')}"
    gate = verdict.gate
    if gate is not None and gate.measured is not None:
        line += f": measured {measured(gate)}" + (f", wanted {gate.wanted}" if gate.wanted else "")
    return printable(f"{line}: {verdict.why}" if verdict.why else line)


def explanation(verdict: Verdict) -> Iterator[str]:
    """What explains it, a line each: the items that broke it, how it is measured again."""
    gate = verdict.gate
    if gate is not None:
        for item in gate.items:
            value = "" if item.value is None else f": {said(item.value, gate.unit)}"
            yield printable(f"{item.name}{value}" + (f" ({item.note})" if item.note else ""))
        if gate.more:
            yield f"and {gate.more:,} more"
        if gate.sample is not None and verdict.state is not GateState.PASSED:
            yield f"measured over {counted(gate.sample, 'thing')}"
        for word, value in (("owner", gate.owner), ("again", gate.command), ("output", gate.raw)):
            if value:
                yield printable(f"{word}: {value}")
    yield from map(printable, verdict.notes)
