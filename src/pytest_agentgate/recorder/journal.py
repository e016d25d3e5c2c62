"""The log while it can be written: what keeps it from that is told once, and the tests go on."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from pytest_agentgate.capture.runlog import RunLog, folder_for, tell
from pytest_agentgate.config import Project
from pytest_agentgate.errors import AgentgateError

REASON_LIMIT = 500  # characters of a skip's reason or a warning's message

_Hook = TypeVar("_Hook", bound=Callable[..., Any])


class Journal:
    """What the parts of a recorder write into; ``problem`` takes what went wrong, in one line."""

    def __init__(self, problem: Callable[[str], None]) -> None:
        self.problem = problem
        self.log: RunLog | None = None  # None: not yet, or no longer

    def open(self, project: Project, run_id: str) -> None:
        """Make the log of a run, or tell why there is none."""
        try:
            project.prepare_state()
            self.log = RunLog(folder_for(project.runs), run_id)
            tell(self.log.path)
        except (AgentgateError, OSError) as error:
            self.problem(f"this run is not recorded: {error}")

    @property
    def is_closed(self) -> bool:
        """Whether there is a log that takes no more: at the end, and in a fork."""
        return self.log is not None and not self.log.is_open

    def write(self, event: Mapping[str, Any]) -> None:
        """Write one event."""
        if self.log is not None:
            try:
                self.log.write(event)
            except OSError as error:
                self.stop(error)

    def failure(self, event: Mapping[str, Any], evidence: str) -> None:
        """Write a failure with the JSON of its evidence."""
        if self.log is not None:
            try:
                self.log.failure(event, evidence)
            except OSError as error:
                self.stop(error)

    def close(self) -> Path | None:
        """End the log; -> where it is."""
        if self.log is None:
            return None
        self.log.close()
        return self.log.path

    def stop(self, error: OSError) -> None:
        """Write no more, as after a disk was full."""
        self.problem(f"recording stopped: {self.log and self.log.path}: {error.strerror}")
        self.log = None

    def broken(self, where: str, error: Exception) -> None:
        """Tell an error of ours."""
        text = " ".join(f"{type(error).__name__}: {error}".split())[:REASON_LIMIT]
        self.problem(f"{where} failed, the record is incomplete: {text}")


class _Part(Protocol):
    journal: Journal


def harmless(hook: _Hook) -> _Hook:
    """Turn an error of ours into a line at the end of the run, which pytest would take for one of its own."""

    @functools.wraps(hook)
    def guarded(self: _Part, *arguments: Any, **named: Any) -> Any:
        try:
            return hook(self, *arguments, **named)
        except Exception as error:  # noqa: BLE001 - whatever it is, the tests are worth more than their record
            self.journal.broken(hook.__name__, error)
            return None

    # What pluggy reads the hook's arguments from; before 1.2 it does not look behind a wrapper.
    guarded.__signature__ = inspect.signature(hook)  # type: ignore[attr-defined]
    return cast("_Hook", guarded)
