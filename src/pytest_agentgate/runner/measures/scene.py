"""What measuring needs to know of a run, and what it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pytest_agentgate.config import Project
from pytest_agentgate.model.judgement import Measure


@dataclass(frozen=True)
class Wanted:
    """A metric that a condition asks for."""

    metric: str  # canonical: 'benchmark."test_x[1]".mean'
    pattern: str  # of the metric that it is one of: "benchmark.<name>.<stat>"
    arguments: tuple[str, ...] = ()  # what stands for the parts of the pattern in angle brackets


@dataclass(frozen=True)
class Scene:
    """The run that measures belong to, and where they lie."""

    project: Project  # whose configuration is the one that judges
    run: str  # id; "" where it is not recorded
    began: str  # ISO 8601 in UTC; "" where nobody knows
    next_began: str = ""  # when the next run of this folder began; what is newer tells of that one
    # Path from the root -> lines, or None where git fails; without a base there is no such function.
    changed_lines: Callable[[], Mapping[str, set[int]] | None] | None = None
    no_base: str = "no base is given"  # why there is none
    with_base: str = "agentgate gate --base REF"  # the command that gives one

    def named(self, path: Path) -> str:
        """A path as it is told: from the root where it lies below."""
        return path.relative_to(self.project.root).as_posix() if path.is_relative_to(self.project.root) else str(path)

    def too_old_or_new(self, what: str, written: float) -> str:
        """Why something that was written at a time, in seconds of the epoch, does not tell of this run; "" if it may.

        Whatever a run measures is written after it began.
        """
        if not self.began:
            return f"{what} may be of any run: the run does not say when it began"
        if written < datetime.fromisoformat(self.began).timestamp():
            return f"{what} is older than the run"
        if self.next_began and written >= datetime.fromisoformat(self.next_began).timestamp():
            return f"{what} is newer than the run after this one, and tells of that"
        return ""


def unavailable(why: str, command: str = "", raw: str = "") -> Measure:
    """A measure that could not be taken."""
    return Measure(None, why=" ".join(why.split()), command=command, raw=raw)
