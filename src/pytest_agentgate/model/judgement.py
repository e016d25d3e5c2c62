"""The nouns of gates: what a phase asks, what was measured, and what became of it; frozen data, as in ``model``.

They stand apart because most runs judge nothing and need none of them.
"""

from __future__ import annotations

from pytest_agentgate.model import Kind, Word
from pytest_agentgate.values import frozen


class GateState(Word):
    """What became of a gate, or of a phase. Only ``passed`` and ``warned`` let a build pass."""

    PASSED = "passed"
    WARNED = "warned"  # its condition does not hold, and it is one that only warns
    FAILED = "failed"
    NOT_ATTEMPTED = "not_attempted"  # a phase that it needs has not passed
    UNAVAILABLE = "unavailable"  # could not be measured
    INVALID = "invalid"  # the run that it judges is incomplete


class Severity(Word):
    """What a condition that does not hold does to its phase."""

    FAIL = "fail"
    WARN = "warn"


class Judge(Word):
    """Who judged: inside the process under judgement it is advice, from outside it counts."""

    PROCESS = "process"
    HARNESS = "harness"


class Unit(Word):
    """What a metric is measured in."""

    COUNT = "count"
    RATIO = "ratio"  # 0 to 1; written as a percentage
    SECONDS = "seconds"
    NUMBER = "number"  # whatever a test recorded
    FLAG = "flag"  # 1 or 0; written as true or false
    STATUS = "status"  # exit status of a command


# ---- what is asked


@frozen
class Gate:
    """A condition on a metric, as the configuration has it."""

    condition: str  # "tests.pass_rate >= 90%", see docs/reference/conditions.md
    severity: Severity = Severity.FAIL
    min_sample: int = 0  # where less was measured, a condition that does not hold only warns
    owner: str = ""  # who answers for it


@frozen
class Phase:
    """An ordered step of the work, and when it is done."""

    name: str
    needs: tuple[str, ...] = ()  # phases that have to pass before
    repairs: tuple[Kind, ...] = ()  # kinds of failures that belong to it
    gates: tuple[Gate, ...] = ()
    commit: str = ""  # message of the commit that is made when it passes; "": none is
    rollback: bool = False  # whether its failure takes back what was done since the last checkpoint


@frozen
class Check:
    """A command of the project whose exit status can be gated."""

    name: str
    command: tuple[str, ...]
    timeout: float = 600.0  # seconds


@frozen
class Approval:
    """A person's word that a phase is done, for one commit."""

    phase: str
    commit: str
    person: str
    reason: str
    approved_at: str


# ---- what was measured


@frozen
class Item:
    """One test, file, cause or other thing that a measure is made of."""

    name: str
    value: float | None = None  # in the unit of the metric
    note: str = ""  # one line


@frozen
class Measure:
    """What a metric came to in one run.

    ``items`` are what the value counts, or what keeps it from being better: failed tests of a pass rate, uncovered
    lines. With ``each``, a condition has to hold for every item by itself, and the value is that of the worst.
    """

    value: float | None  # None: it could not be measured, or there was nothing to measure
    items: tuple[Item, ...] = ()
    sample: int | None = None  # over how many things it was measured
    each: bool = False
    nothing: bool = False  # measured, and there was nothing: no line changed, no test is new
    why: str = ""  # it could not be measured, or there was nothing; one line
    command: str = ""  # what measures it, or shows it again
    raw: str = ""  # path of what the measuring command printed
    possible: tuple[float, float] | None = None  # what it lies between, where a part of the run could not be seen


# ---- what became of it


@frozen
class GateResult:
    """One condition of a phase, judged."""

    condition: str
    state: GateState
    measured: float | None = None
    wanted: str = ""  # "<= 200 ms"
    unit: Unit = Unit.COUNT
    items: tuple[Item, ...] = ()  # that broke it, or explain it; the worst first, bounded
    more: int = 0  # items that were left out
    sample: int | None = None
    severity: Severity = Severity.FAIL
    owner: str = ""
    why: str = ""  # one line, where it was not measured or what is remarkable about it
    command: str = ""  # measures it where it was not, else shows it again
    raw: str = ""  # path of what a measuring command printed


@frozen
class PhaseResult:
    """One phase, judged."""

    phase: str
    state: GateState
    gates: tuple[GateResult, ...] = ()  # in the order of the configuration
    why: str = ""  # it was not attempted, or its run is invalid; one line
    notes: tuple[str, ...] = ()  # what is outside of it and still of interest, a line each


@frozen
class Judgement:
    """What was judged of one run at one time."""

    id: str
    run_id: str  # "" where the run is not recorded, as one read from JUnit XML
    judged_at: str
    judge: Judge
    agent: str = ""
    phases: tuple[PhaseResult, ...] = ()  # in the order of the configuration, those that were asked for and their needs
    asked: tuple[str, ...] = ()  # names of the phases that were asked for; empty: all
    base: str = ""  # what the base was called
    base_commit: str = ""
    baseline: str = ""  # id of the run that "on new" compares with
    notes: tuple[str, ...] = ()  # how the policy differs from the base's, what was left out of the run; a line each

    @property
    def state(self) -> GateState:
        """The state that decides how a build ends: the gravest of the phases that were asked for."""
        states = {one.state for one in self.phases if not self.asked or one.phase in self.asked}
        return next((state for state in GRAVEST_FIRST if state in states), GateState.UNAVAILABLE)


GRAVEST_FIRST = (
    GateState.INVALID,
    GateState.FAILED,
    GateState.UNAVAILABLE,
    GateState.NOT_ATTEMPTED,
    GateState.WARNED,
    GateState.PASSED,
)

EXIT_STATUS = {
    GateState.PASSED: 0,
    GateState.WARNED: 0,
    GateState.FAILED: 10,
    GateState.INVALID: 12,
    GateState.UNAVAILABLE: 13,
    GateState.NOT_ATTEMPTED: 15,
}
"""How a judged run ends; docs/reference/exit-codes.md has the whole table."""
