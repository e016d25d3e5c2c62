"""Every noun of the package, as frozen data: no behaviour beyond what can be derived from the fields.

All texts are ``str`` without lone surrogates once they are here, all paths are POSIX paths, all durations are seconds,
all times are ISO 8601 in UTC (``2026-01-31T12:00:00.000000+00:00``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING

from pytest_agentgate.values import frozen

if TYPE_CHECKING:
    from pytest_agentgate.model.judgement import Judgement
    from pytest_agentgate.model.repair import Repair
    from pytest_agentgate.model.services import Lack, Variable

JSON = None | bool | int | float | str | list["JSON"] | dict[str, "JSON"]


class Word(StrEnum):
    """A fixed vocabulary; its members are strings and print as such."""


class Kind(Word):
    """What sort of thing went wrong, which decides what can be done about it."""

    IMPORT = "import"
    VALIDATION = "validation"
    ASSERTION = "assertion"
    CONNECTION = "connection"
    INTERFACE = "interface"
    FIXTURE = "fixture"
    TIMEOUT = "timeout"
    CRASH = "crash"
    OTHER = "other"


class Role(Word):
    """Whose code a frame belongs to."""

    TEST = "test"
    SOURCE = "source"
    LIBRARY = "library"
    STDLIB = "stdlib"


class Link(Word):
    """How an exception of a chain came to be there."""

    RAISED = "raised"  # the one that was raised
    CAUSE = "cause"  # __cause__ of the one before it
    CONTEXT = "context"  # __context__ of the one before it
    MEMBER = "member"  # member of the exception group before it


class Scope(Word):
    """What failed."""

    TEST = "test"  # a test: nodeid is its id
    COLLECT = "collect"  # a collector, usually a file: nodeid is its id, the tests in it are hidden
    RUN = "run"  # the run itself: an initial conftest, a lost worker, an internal error, nothing collected


class When(Word):
    """At which point it failed: pytest's words for a test, and ours for what is none."""

    SETUP = "setup"
    CALL = "call"
    TEARDOWN = "teardown"
    COLLECT = "collect"
    SESSION = "session"


class Outcome(Word):
    """How one attempt at one test ended."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"  # failed in setup or teardown, as pytest counts it
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    XPASSED = "xpassed"
    RERUN = "rerun"  # failed, and was attempted again
    NOT_RUN = "not_run"  # collected, and no report of it ever came


class RunStatus(Word):
    """Where a run stands."""

    RUNNING = "running"  # its log is open and its process lives
    COMPLETED = "completed"  # pytest came to its end by itself, red or green
    ABORTED = "aborted"  # pytest ended without doing its work: usage, conftest or internal error
    INTERRUPTED = "interrupted"  # stopped from outside: Ctrl-C, or killed before the log had an end


class CauseStatus(Word):
    """A cause against the runs before."""

    NEW = "new"  # no earlier run had it
    KNOWN = "known"  # the latest earlier run of its tests had it
    REGRESSED = "regressed"  # an earlier run had it, a later one did not
    FLAKY = "flaky"  # came and went without a change: passed on a rerun, or on the same clean commit


# ---- what is known of a failure


@frozen
class Frame:
    """One frame of a traceback.

    ``path`` is relative to the root for the project's own files, to site-packages for a library's and to the standard
    library for its modules, so that it is the same on every machine.
    """

    role: Role
    path: str
    line: int
    function: str  # qualified: "TestOrder.test_total"
    module: str = ""


@frozen
class Raised:
    """One exception of a chain, with the facts that its type is known to carry."""

    type: str  # qualified: "pydantic_core._pydantic_core.ValidationError"; builtins without "builtins."
    bases: tuple[str, ...] = ()  # the rest of its MRO, nearest first, without object
    message: str = ""
    link: Link = Link.RAISED
    facts: Mapping[str, JSON] = field(default_factory=dict)  # see docs/reference/evidence.md
    frames: tuple[Frame, ...] = ()  # outermost first

    def is_a(self, *types: str) -> bool:
        """Whether the exception is an instance of one of these qualified types."""
        return self.type in types or any(base in types for base in self.bases)


@frozen
class Side:
    """One side of a comparison that did not hold."""

    type: str
    repr: str  # bounded


@frozen
class Comparison:
    """What a failed assertion compared; ``operator`` as in the source (``==``, ``in``), or a unittest method's name."""

    operator: str
    left: Side | None = None
    right: Side | None = None


@frozen
class Evidence:
    """What is known of one failure."""

    chain: tuple[Raised, ...]  # the raised exception first, each cause, context or member after what it belongs to
    comparison: Comparison | None = None
    worker: str = ""  # xdist's worker id, "" where there is only one process
    live: bool = True  # read from the live exception; False: from printed text
    classified: str = ""  # the kind that somebody's pytest_agentgate_classify gave it
    variables: tuple[Variable, ...] = ()  # of the environment there, that name the address which was not reached

    @property
    def raised(self) -> Raised:
        return self.chain[0]

    @property
    def crash(self) -> Frame | None:
        """The innermost frame of the raised exception."""
        return self.raised.frames[-1] if self.raised.frames else None


@frozen
class Reason:
    """Why a failure failed, as far as its facts tell.

    ``key`` holds the facts that make two failures one cause: never a line number, a time, an address, or a path that
    another machine does not have.
    """

    kind: Kind
    key: tuple[str, ...]
    title: str  # one line
    next_action: str  # one sentence

    @property
    def signature(self) -> str:
        """``c1:`` and 16 hexadecimal digits of BLAKE2s over kind and key; version 1 of the recipe."""
        from hashlib import blake2s

        text = "\x1f".join((self.kind, *self.key))
        return "c1:" + blake2s(text.encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()


@frozen
class KindRule:
    """A rule of a project: a failure that matches all the given parts is of this kind."""

    kind: Kind
    type: str = ""  # qualified name of an exception of the chain or of one of its bases
    message: str = ""  # regular expression, searched in the message
    path: str = ""  # glob over the test's file and the file that raised


@frozen
class Failure:
    """One failed report of a test or a collector, or of the run itself."""

    nodeid: str  # "" for the run itself
    scope: Scope
    when: When
    evidence: Evidence
    reason: Reason
    signature: str  # of the reason, as recorded
    attempt: int = 1
    final: bool = True  # False: a later attempt at the same test passed
    text: str = ""  # what pytest prints for it, bounded

    @property
    def file(self) -> str:
        return self.nodeid.partition("::")[0]


@frozen
class Cause:
    """The failures that share one root."""

    signature: str
    kind: Kind
    title: str
    next_action: str
    size: int  # tests that failed for it and collectors, or runs, that it kept from running
    tests: tuple[str, ...]  # node ids, sorted
    files: tuple[str, ...]  # sorted
    exemplar: Failure
    rerun: str  # a command line; "" where another runner than pytest ran all of them
    status: CauseStatus = CauseStatus.NEW
    hidden: int | None = None  # tests that could not be collected; None where no earlier run knows
    seen: int = 0  # earlier runs, of those looked at, that had it
    lack: Lack | None = None  # what a connection failure lacks


# ---- runs


@frozen
class Counts:
    """How the tests of a run ended; each test counts once, by its last attempt."""

    total: int = 0
    passed: int = 0
    failed: int = 0
    errors: int = 0  # tests that failed in setup or teardown
    skipped: int = 0
    xfailed: int = 0
    xpassed: int = 0
    not_run: int = 0
    deselected: int = 0
    reruns: int = 0  # attempts that were not the last
    collect_errors: int = 0  # collectors that failed
    warnings: int = 0  # distinct origins


@frozen
class Run:
    """One test session."""

    id: str
    created_at: str
    status: RunStatus
    agent: str = ""
    task: str = ""
    ended_at: str = ""
    duration: float | None = None
    exit_status: int | None = None
    commit: str = ""
    branch: str = ""
    dirty: bool | None = None
    root: str = ""  # folder that node ids are relative to
    host: str = ""
    python: str = ""
    pytest: str = ""
    platform: str = ""
    plugins: tuple[str, ...] = ()  # "pytest-xdist 3.8.0"
    arguments: tuple[str, ...] = ()
    workers: int = 0  # 0: one process
    counts: Counts = Counts()


@frozen
class Result:
    """One attempt at one test."""

    nodeid: str
    outcome: Outcome
    duration: float = 0.0
    when: When | None = None  # where it failed, was skipped or xfailed; None for passed and not_run
    worker: str = ""
    attempt: int = 1
    reason: str = ""  # of a skip, an xfail, or a test that was not run


@frozen
class Warned:
    """A warning and where it came from."""

    category: str  # qualified
    message: str
    path: str
    line: int
    when: str  # pytest's words: config, collect, runtest
    nodeid: str = ""
    count: int = 1


@frozen
class Property:
    """What a test recorded with ``record_property``."""

    nodeid: str
    name: str
    text: str  # bounded
    value: float | None = None  # where it is a number


@frozen
class RunSummary:
    """A run with its causes, largest first, and what was judged of it: what every report renders."""

    run: Run
    causes: tuple[Cause, ...] = ()
    collected: Mapping[str, int] = field(
        default_factory=dict
    )  # file -> all its tests; nothing where that is not known, as in a run of selected tests
    judgement: Judgement | None = None  # the latest
    repair: Repair | None = None  # that it ended


class Part(Word):
    """What a report may need beyond the summary, and has to be read for it."""

    RESULTS = "results"
    FAILURES = "failures"
    PROPERTIES = "properties"
    WARNINGS = "warnings"
    TREND = "trend"
    PHASES = "phases"


@frozen
class PhaseOfAgent:
    """What became of a phase when an agent's run was judged, the latest of each agent and phase."""

    agent: str
    phase: str
    state: str
    judged_at: str
    run_id: str


@frozen
class RunReport:
    """All that a report of a run may show; a part that was not asked for is empty."""

    summary: RunSummary
    results: tuple[Result, ...] = ()  # every attempt, in the order of node ids, workers and attempts
    failures: tuple[Failure, ...] = ()  # in the order of the log
    properties: tuple[Property, ...] = ()
    warnings: tuple[Warned, ...] = ()
    trend: tuple[Run, ...] = ()  # the runs before it and itself, oldest first, bounded
    phases: tuple[PhaseOfAgent, ...] = ()  # sorted by agent and phase
    policy: str = ""  # the file that the gates stand in, relative to the root; "" where nobody knows


@frozen
class PastRun:
    """An earlier run, as far as history needs it."""

    id: str
    commit: str
    dirty: bool | None


@frozen
class History:
    """What earlier runs say about the causes of one run; all of it may be empty."""

    runs: tuple[PastRun, ...] = ()  # newest first, bounded
    failed: Mapping[str, frozenset[str]] = field(default_factory=dict)  # signature -> ids of runs that had it
    passed: Mapping[str, frozenset[str]] = field(
        default_factory=dict
    )  # signature -> ids of runs without it in which its tests ran
    hidden: Mapping[str, int] = field(
        default_factory=dict
    )  # file -> tests it had in the newest run that collected it; "" -> all tests


# ---- what a store tells over runs


@frozen
class Ingested:
    """What a store took in from a folder of logs."""

    logs: int = 0  # that had something new
    runs: int = 0  # that reached their end, or turned out to be interrupted
    results: int = 0
    failures: int = 0
    problems: tuple[str, ...] = ()  # logs that are none, one line each; told once


@frozen
class Agent:
    """Who made runs."""

    id: str
    runs: int
    first_seen: str
    last_seen: str


@frozen
class Recurrence:
    """One cause over the runs of a store, in the words of the latest run that had it."""

    signature: str
    kind: Kind
    title: str
    next_action: str
    runs: int  # that had it
    size: int  # in the latest run that had it
    largest: int  # in any run
    first_seen: str  # when that run began
    last_seen: str
    first_run: str
    last_run: str


@frozen
class Slower:
    """A test that passed in two runs and took much longer in the second."""

    nodeid: str
    before: float
    after: float


@frozen
class RunComparison:
    """What became of the tests and causes of one run in another; node ids are sorted, a test is once in each list."""

    before: Run
    after: Run
    newly_failing: tuple[str, ...] = ()  # fails, and did not fail before or was not there
    still_failing: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()  # failed, and passes
    silenced: tuple[str, ...] = ()  # failed, and is skipped, expected to fail, or not run: not fixed
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()  # was there, and its file could not be collected
    slower: tuple[Slower, ...] = ()  # the one that lost most first
    causes_new: tuple[Cause, ...] = ()
    causes_gone: tuple[Cause, ...] = ()
    causes_not_run: tuple[Cause, ...] = ()  # no test of theirs ran in the second run, so that nothing is known
