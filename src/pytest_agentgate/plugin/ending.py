"""How the process of a judged run ends: passed and warned are 0, and so is nothing else."""

from __future__ import annotations

import sys
import traceback
from pathlib import PurePath
from typing import Any

import pytest

from pytest_agentgate.plugin.activation import is_worker

INCOMPLETE = 12
"""The exit status of a run of which nothing can be said."""

_MACHINERY = frozenset({"_pytest", "pluggy", "pytest_agentgate"})  # folders


def end(config: pytest.Config, outcome: Any) -> None:
    """Put the exit status of the judgement in the place of pytest's; ``outcome`` is that of pytest_cmdline_main.

    Wrong usage stays what it is, and so does Ctrl-C where pytest itself does not catch it.
    """
    if is_worker(config) or _shows_help(config.option):
        return
    error = outcome.excinfo[1] if outcome.excinfo else None
    if isinstance(error, pytest.UsageError | KeyboardInterrupt):
        return
    if error is not None:  # a hook of another plugin raised behind pytest's back, be it sys.exit(0)
        traceback.print_exception(error)
        _say(f"not judged: pytest ended with {type(error).__name__}")
        outcome.force_result(INCOMPLETE)
        return
    conclusion = config.pluginmanager.get_plugin("agentgate-conclusion")
    if conclusion is None:
        _say("not judged: what records the run is not there any more")
        outcome.force_result(INCOMPLETE)
        return
    status, why = conclusion.exit_status(int(outcome.get_result()))
    if why:
        _say(why)
    outcome.force_result(status)


def end_broken_start(outcome: Any) -> None:
    """End a judged run that never started, whose error is told as pytest would tell it."""
    error = outcome.excinfo[1]
    if type(error).__name__ == "ConftestImportFailure":
        sys.stderr.write(f"ImportError while loading conftest '{error.path}'.\n")
        error = error.__cause__ or error
    sys.stderr.write(_of_the_project(error))
    _say("not judged: the run could not start")
    outcome.force_exception(SystemExit(INCOMPLETE))


def _of_the_project(error: BaseException) -> str:
    """The traceback as far as it is not pytest's own nor of the machinery of imports."""
    found = pytest.ExceptionInfo.from_exception(error)
    entries = found.traceback.filter(lambda entry: not _is_pytest(str(entry.path)))
    if not entries:
        return f"{found.exconly()}\n"
    found.traceback = entries
    return f"{found.getrepr(style='short', chain=False)}\n"


def _is_pytest(path: str) -> bool:
    return "<frozen " in path or not _MACHINERY.isdisjoint(PurePath(path).parts)


def _say(line: str) -> None:
    sys.stderr.write(f"agentgate: {line}; exit status {INCOMPLETE}\n")


def _shows_help(options: Any) -> bool:
    return bool(getattr(options, "help", False) or getattr(options, "version", False))
