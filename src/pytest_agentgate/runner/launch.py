"""Run a suite with the plugin in some interpreter, and find the log that it wrote."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest_agentgate
from pytest_agentgate.capture import runlog
from pytest_agentgate.errors import AgentgateError, UsageError
from pytest_agentgate.runner.injection import inject
from pytest_agentgate.runner.interpreter import Interpreter
from pytest_agentgate.runner.private_folder import private_folder
from pytest_agentgate.runner.supervision import supervision

PLUGIN = "agentgate"

_MODULE = "pytest_agentgate.plugin"

_SETTINGS = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
_OFF = re.compile(rf"""-p["'\s,=]*no:(?:pytest_)?{PLUGIN}\b""")


@dataclass(frozen=True)
class Ended:
    """How a suite's process ended, and what it left behind."""

    status: int  # pytest's own exit status; 128 + signal if it was killed
    log: Path | None  # None: it ended before the plugin could write one
    complete: bool  # the log has its end
    asked_to_stop: bool  # from outside, by a signal
    given_up: bool = False  # killed, because whoever started it would wait no longer


def run_suite(
    interpreter: Interpreter,
    arguments: Sequence[str],
    *,
    folder: Path,
    environ: Mapping[str, str] = os.environ,
    output: IO[bytes] | None = None,
    give_up: Callable[[], bool] | None = None,
) -> Ended:
    """Run ``python -m pytest --agentgate ARGUMENTS`` in a folder, with the plugin injected where it is not installed.

    ``output`` takes what the child prints; without it, our own streams do. With ``give_up`` it is apart from our
    terminal, and is killed with all that it started once that says so. Raises UsageError if the arguments turn the
    plugin off, AgentgateError if the child cannot be started.
    """
    if _turns_plugin_off(arguments):
        raise UsageError(f"-p no:{PLUGIN} turns off what records the run; leave it out, or start pytest itself")
    version = pytest_agentgate.__version__
    with supervision(apart=give_up is not None) as supervised, ExitStack() as stack:
        try:
            private = stack.enter_context(private_folder())
            told = private.path / "log"
            environment = {**_without_module(environ), runlog.TELL: str(told)}
            if interpreter.plugin != version:
                environment = inject(private.path, version, environment)
            status = supervised.run(
                [interpreter.path, "-m", "pytest", "-p", PLUGIN, "--agentgate", *arguments],
                folder=folder,
                environ=environment,
                keep_open=[private.lock],
                output=output,
                give_up=give_up,
            )
        except OSError as error:
            raise AgentgateError(f"{interpreter.path}: the tests cannot be started: {error.strerror}") from error
        log = Path(os.fsdecode(told.read_bytes())) if told.exists() else None
        complete = log is not None and _has_end(log)
        return Ended(status, log, complete, supervised.was_asked_to_stop, supervised.was_given_up)


def settings_against(folder: Path, environ: Mapping[str, str] = os.environ) -> str:
    """Where a project's own settings turn the plugin off, which a run overrules: a file's name, a variable's, or ""."""
    if _OFF.search(environ.get("PYTEST_ADDOPTS", "")):
        return "PYTEST_ADDOPTS"
    for name in _SETTINGS:
        try:
            if _OFF.search((folder / name).read_text(encoding="utf-8", errors="replace")):
                return name
        except OSError:
            continue
    return ""


def _without_module(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without our plugin in ``PYTEST_PLUGINS``: pytest refuses one that has two names."""
    others = [name for name in environ.get("PYTEST_PLUGINS", "").split(",") if name.strip() != _MODULE]
    return {**environ, "PYTEST_PLUGINS": ",".join(others)} if "PYTEST_PLUGINS" in environ else {**environ}


def _turns_plugin_off(arguments: Sequence[str]) -> bool:
    """Whether the last word of the arguments on the plugin is ``-p no:agentgate``."""
    off = False
    for index, argument in enumerate(arguments):
        name = argument.removeprefix("-p") if argument.startswith("-p") else ""
        if argument == "-p":
            name = next(iter(arguments[index + 1 :]), "")
        name = name.strip()
        if name.removeprefix("no:").removeprefix("pytest_") == PLUGIN:
            off = name.startswith("no:")
    return off


def _has_end(log: Path) -> bool:
    events = runlog.read(log)
    return any(event.get("event") == "end" for event in events[-1:])
