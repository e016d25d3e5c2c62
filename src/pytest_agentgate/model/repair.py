"""The nouns of a repair: what was tried for each cause, and what became of it; frozen data, as in ``model``."""

from __future__ import annotations

from pytest_agentgate.model import Kind, Word
from pytest_agentgate.values import frozen


class Verdict(Word):
    """What became of an attempt."""

    KEPT = "kept"
    ROLLED_BACK = "rolled_back"
    ENVIRONMENT = "environment"  # no edit: a service that the tests lacked was started, and the cause is gone
    SKIPPED = "skipped"  # nothing was written: only shown, unsafe, or it changes no file


@frozen
class Attempt:
    """One remedy applied for one cause (or several with the same remedy), and the rerun that judged it.

    For a service that was lacking there are no codemods, and ``diff`` is what would have it declared.
    """

    cause: str  # signature
    kind: Kind
    title: str
    codemods: tuple[str, ...]  # as they are written on the command line
    applicability: str  # safe, unsafe, display
    evidence: tuple[str, ...]
    verdict: Verdict
    why: str = ""  # of the verdict, one line
    files: tuple[str, ...] = ()  # that it changed
    diff: str = ""  # unified, bounded
    before: int = 0  # tests of the cause that were red
    after: int = 0  # of these, still red
    advanced: int = 0  # of these, red for another cause now
    seconds: float = 0.0
    round: int = 1
    phase: str = ""
    notes: tuple[str, ...] = ()  # what the codemods left alone, and why
    batch: str = ""  # of the journal, where something was written
    also: tuple[str, ...] = ()  # signatures of the other causes with the same remedy


@frozen
class Left:
    """A cause that is still there at the end."""

    cause: str
    kind: Kind
    title: str
    tests: int
    why: str  # no repair was tried, or none held
    look_at: str = ""
    rerun: str = ""
    environment: bool = False


@frozen
class Repair:
    """One repair from its first run to its last."""

    id: str
    created_at: str
    agent: str = ""
    base: str = ""
    base_commit: str = ""
    commit: str = ""
    before_run: str = ""  # ids of the runs
    after_run: str = ""
    red_before: int = 0  # tests that failed or were hidden
    green_after: int = 0  # of these, that pass now
    attempts: tuple[Attempt, ...] = ()
    left: tuple[Left, ...] = ()
    files: tuple[str, ...] = ()  # that differ in the end
    commits: tuple[str, ...] = ()
    seconds: float = 0.0
    complete: bool = True  # False: it was stopped
    dry: bool = False  # nothing was written
    notes: tuple[str, ...] = ()
