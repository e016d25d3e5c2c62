"""The pytest plugin: its options, and what is registered when they ask for it.

pytest loads this module in every run of every project that has the package installed, so it imports pytest alone;
without ``--agentgate`` nothing else of the package is loaded but the hook specifications, and nothing is registered.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

# Options of pytest that only show something; what belongs to a plugin that is switched off does not exist.
_NO_RUNS = {
    "collectonly": "--collect-only",
    "showfixtures": "--fixtures",
    "show_fixtures_per_test": "--fixtures-per-test",
    "cacheshow": "--cache-show",
    "setupplan": "--setup-plan",  # which sets the next as well
    "setuponly": "--setup-only",
    "markers": "--markers",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("agentgate", "failures by cause, and a record of every run (pytest-agentgate)")
    group.addoption(
        "--agentgate",
        action="store_true",
        help="group failures into causes and record the run; implies --continue-on-collection-errors",
    )
    group.addoption(
        "--agentgate-agent",
        metavar="ID",
        help="who runs (default: $AGENTGATE_AGENT, what the coding agent exports, else user@host)",
    )
    group.addoption(
        "--agentgate-task", metavar="ID", help="the task that this run belongs to (default: $AGENTGATE_TASK)"
    )
    group.addoption(
        "--agentgate-store",
        metavar="URL",
        help="where runs are recorded (default: tool.agentgate.store, else sqlite:///.agentgate/agentgate.db)",
    )
    group.addoption(
        "--agentgate-report",
        metavar="FORMAT:PATH",
        action="append",
        default=[],
        help="write a report when the run is over, can be given several times; formats: md, json, html, junit, "
        "ctrf, sarif, github, and logs, whose path is a folder's",
    )
    group.addoption(
        "--agentgate-output",
        choices=("human", "agent", "quiet"),
        default="human",
        help="summary in the terminal: human, agent (plain, bounded, instead of tracebacks) or quiet (one line)",
    )
    group.addoption(
        "--agentgate-phase",
        metavar="NAME",
        action="append",
        default=[],
        help="judge the run: end as the gates of this phase, and of those that it needs, say; can be given several "
        "times; implies --agentgate",
    )
    group.addoption(
        "--agentgate-base",
        metavar="REF",
        help="branch or commit whose phases count and whose last run is the baseline (default: $AGENTGATE_BASE)",
    )
    group.addoption(
        "--agentgate-baseline",
        metavar="RUN|REF",
        help='run, or commit whose last run, that "on new" compares with (default: that of the base)',
    )


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Register the hooks that conftest files may implement, used or not: pytest refuses unknown ones."""
    from pytest_agentgate import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, Any, None]:
    """Record a run whose initial conftest files or plugins fail: no session ever starts, so nothing else sees it.

    What such a run needs is imported here: from now on the project's folders are on ``sys.path``, and may have a module
    ``random`` or ``queue`` in the place of the standard library's.
    """
    if not _is_asked_for(early_config.known_args_namespace):
        yield
        return
    from pytest_agentgate.plugin import activation

    activation.load(early_config)
    outcome = yield
    if outcome.excinfo is not None:
        activation.record_broken_start(early_config, outcome)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register what records a run, if it was asked for; before the same hook of another plugin can fail."""
    if not _is_asked_for(config.option):
        return
    no_run = next((flag for name, flag in _NO_RUNS.items() if getattr(config.option, name, False)), None)
    if no_run is None:
        from pytest_agentgate.plugin.activation import activate

        activate(config)
    elif config.option.agentgate_phase:
        raise pytest.UsageError(f"--agentgate-phase: {no_run} runs no test, so that there is nothing to judge")


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, Any, None]:
    """End a judged run as its gates say, whatever becomes of it."""
    outcome = yield
    if config.option.agentgate_phase:
        from pytest_agentgate.plugin.ending import end

        end(config, outcome)


def _is_asked_for(options: Any) -> bool:
    return bool(getattr(options, "agentgate", False) or getattr(options, "agentgate_phase", None))
