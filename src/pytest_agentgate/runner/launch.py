"""Run a suite with the plugin in some interpreter, and find the log that it wrote."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest_agentgate
from pytest_agentgate.capture import runlog
from pytest_agentgate.config import find_project
from pytest_agentgate.errors import AgentgateError, UsageError
from pytest_agentgate.runner.injection import private_folder
from pytest_agentgate.runner.interpreter import Interpreter
from pytest_agentgate.runner.supervision import supervision

PLUGIN = "agentgate"


@dataclass(frozen=True)
class Ended:
    """How a suite's process ended, and what it left behind."""

    status: int  # pytest's own exit status; 128 + signal if it was killed
    log: Path | None  # None: it ended before the plugin could write
    complete: bool  # the log has its end
    asked_to_stop: bool  # from outside, by a signal


def run_suite(
    interpreter: Interpreter,
    arguments: Sequence[str],
    *,
    folder: Path,
    environ: Mapping[str, str] = os.environ,
    output: IO[bytes] | None = None,
) -> Ended:
    """Run ``python -m pytest --agentgate ARGUMENTS`` in a folder, with the plugin injected where it is not installed.

    ``output`` takes what the child prints; without it, our own streams do. Raises UsageError if the arguments turn the
    plugin off, AgentgateError if the child cannot be started, ConfigError if the project's configuration is wrong.
    """
    if turns_plugin_off(arguments):
        raise UsageError(f"-p no:{PLUGIN} leaves nothing to run: it turns off the plugin that records the run")
    runs = find_project(folder).runs
    before = _logs(runs)
    arguments = ["-p", PLUGIN, "--agentgate", *arguments]
    with supervision() as supervised, ExitStack() as stack:
        environment, keep_open = dict(environ), []
        try:
            if interpreter.plugin != pytest_agentgate.__version__:
                private = stack.enter_context(private_folder(pytest_agentgate.__version__))
                environment = private.environment(environ)
                keep_open = [private.lock] if private.lock is not None else []
            pid, status = supervised.run(
                [interpreter.path, "-m", "pytest", *arguments],
                folder=folder,
                environ=environment,
                keep_open=keep_open,
                output=output,
            )
        except OSError as error:
            raise AgentgateError(f"{interpreter.path}: the tests cannot be started: {error.strerror}") from error
        asked = supervised.was_asked_to_stop
    log, complete = _log_of(runs, before, pid, arguments)
    return Ended(status, log, complete, asked)


def turns_plugin_off(arguments: Sequence[str]) -> bool:
    """Whether the last word that pytest's arguments say on the plugin is ``-p no:agentgate``."""
    off = False
    for index, argument in enumerate(arguments):
        name = argument[2:] if argument.startswith("-p") and argument != "-p" else ""
        if argument == "-p":
            name = next(iter(arguments[index + 1 :]), "")
        name = name.strip()
        if name.removeprefix("no:").removeprefix("pytest_") == PLUGIN:
            off = name.startswith("no:")
    return off


def _logs(runs: Path) -> set[Path]:
    return set(runs.glob(f"*{runlog.SUFFIX}"))


def _log_of(runs: Path, before: set[Path], pid: int, arguments: list[str]) -> tuple[Path | None, bool]:
    """The log that a process wrote, among those that others may have written meanwhile; and whether it has an end."""
    same_arguments = []
    for path in sorted(_logs(runs) - before):
        events, _ = runlog.read(path)
        start = events[0] if events else {}
        if start.get("event") != "run":
            continue
        if start.get("arguments") == arguments:
            ended = any(event.get("event") == "end" for event in events[-1:])
            if start.get("pid") == pid:
                return path, ended
            same_arguments.append((path, ended))
    # A launcher between us and Python, such as those of Windows' environments, gives it another process id.
    return same_arguments[0] if len(same_arguments) == 1 else (None, False)
