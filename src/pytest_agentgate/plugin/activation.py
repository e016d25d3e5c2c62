"""What ``--agentgate`` registers: what reads exceptions in a worker, what records in a controller, else both."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_agentgate import config as configuration
from pytest_agentgate.capture.live import LiveCapture, WorkerCapture
from pytest_agentgate.capture.roles import Roots
from pytest_agentgate.config import Project
from pytest_agentgate.errors import AgentgateError

if TYPE_CHECKING:
    from pytest_agentgate.conclusion import Conclusion
    from pytest_agentgate.model import Evidence
    from pytest_agentgate.model.services import Lack
    from pytest_agentgate.report.formats import ReportTarget


def load(config: pytest.Config) -> None:
    """Import what this process will need, with all that it needs of the standard library.

    Services that ``agentgate run`` has started are asked for here, before a conftest file can look for them. Raises
    pytest.UsageError where nothing could be made for this process.
    """
    if "AGENTGATE_SERVICES" in os.environ:
        from pytest_agentgate.plugin import provided

        provided.set_variables(is_worker=is_worker(config))
    if not is_worker(config):
        import urllib.parse  # noqa: F401 - pathlib does without until a path becomes a URL, from Python 3.13 on

        import pytest_agentgate.conclusion
        import pytest_agentgate.recorder

        if config.known_args_namespace.agentgate_report:
            from pytest_agentgate.report import formats

            formats.load(config.known_args_namespace.agentgate_report)
        if os.environ.get("GITHUB_ACTIONS") == "true":
            import pytest_agentgate.report.github
        if config.known_args_namespace.agentgate_phase:
            import pytest_agentgate.plugin.ending
            import pytest_agentgate.plugin.judging  # noqa: F401
            from pytest_agentgate.gates import metrics

            metrics.known()


def activate(config: pytest.Config) -> None:
    """Register what this process needs.

    Raises pytest.UsageError, in one line, for a wrong option or configuration.
    """
    config.option.agentgate = True
    config.option.continue_on_collection_errors = True  # a repair needs to see everything that is broken
    register = config.pluginmanager.register
    worker_input = getattr(config, "workerinput", None)
    try:
        project = configuration.find_project(config.rootpath, fallback=config.rootpath)
        roots = _roots(project, config)
        if worker_input is not None:
            register(WorkerCapture(roots, worker_input["workerid"], _unreached), "agentgate-capture")
            return
        conclusion = _conclusion(project, config, config.option)
    except AgentgateError as error:
        raise pytest.UsageError(str(error)) from None
    from pytest_agentgate.recorder import Recorder

    if config.option.agentgate_output == "agent":
        _leave_details_to_the_summary(config)
    capture = LiveCapture(roots, unreached=_unreached)
    recorder = Recorder(config, config.option, project, roots, capture, conclusion.unrecorded, conclusion.conclude)
    register(capture, "agentgate-capture")
    register(conclusion, "agentgate-conclusion")
    for name, part in recorder.plugins.items():
        register(part, f"agentgate-{name}")


def record_broken_start(config: pytest.Config, outcome: Any) -> None:
    """Record a run that ended before its session could start, and say so on standard error.

    ``outcome`` is that of the hook that failed; of a judged run it becomes the exit of an incomplete one.
    """
    if is_worker(config):  # its controller tells of it
        return
    error = outcome.excinfo[1]
    misused = isinstance(error, pytest.UsageError) and error.__cause__ is None
    if misused or isinstance(error, KeyboardInterrupt):  # nothing of the project is broken
        return
    if not isinstance(error, pytest.exit.Exception):
        try:
            _record_broken_start(config, error)
        except Exception as problem:  # noqa: BLE001 - pytest is about to report the conftest
            sys.stderr.write(f"agentgate: this run is not recorded: {type(problem).__name__}: {problem}\n")
    if config.known_args_namespace.agentgate_phase:
        from pytest_agentgate.plugin.ending import end_broken_start

        end_broken_start(outcome)


def _record_broken_start(config: pytest.Config, error: BaseException) -> None:
    from pytest_agentgate.recorder import Recorder

    options = config.known_args_namespace  # parsed as far as the options of plugins: who, what and where
    try:
        project = configuration.find_project(config.rootpath, fallback=config.rootpath)
        conclusion = _conclusion(project, config, options)
    except AgentgateError:
        return  # one error at a time
    roots = _roots(project, config)
    capture = LiveCapture(roots, unreached=_unreached)
    recorder = Recorder(config, options, project, roots, capture, conclusion.unrecorded, conclusion.conclude)
    recorder.start()
    recorder.failed_to_start(error)
    of_conftest = type(error).__name__ == "ConftestImportFailure"  # which pytest takes for wrong usage
    recorder.finish(int(pytest.ExitCode.USAGE_ERROR) if of_conftest else None)
    conclusion.show(sys.stderr.write, width=80, colour=False)


def _conclusion(project: Project, config: pytest.Config, options: Any) -> Conclusion:
    """What is to become of the run; a store or a report that cannot be is refused now, not when an hour has passed."""
    from pytest_agentgate.conclusion import Conclusion
    from pytest_agentgate.store.urls import index_of, refuse_secret

    url = options.agentgate_store
    if url:
        refuse_secret(url, "--agentgate-store")  # which the log of the run would quote, too
        url = configuration.resolve_store(url, config.invocation_params.dir)
    url = index_of(url or project.store_url, project.state)  # there is no driver for servers in here
    judging = None
    if options.agentgate_phase:
        from pytest_agentgate.plugin.judging import judging_of

        judging = judging_of(project, options)
    targets = _report_targets(config, options.agentgate_report)
    return Conclusion(url, targets, options.agentgate_output, judging, project.policy, project.config.services)


def _roots(project: Project, config: pytest.Config) -> Callable[[], Roots]:
    """Where source and tests lie; told to whoever asks, first when something failed."""

    @functools.cache
    def roots() -> Roots:
        return Roots(config.rootpath, project.config.source, project.config.tests)

    return roots


def _unreached(evidence: Evidence) -> Lack | None:
    """The server that a failure did not reach; what tells it is loaded first when something failed."""
    from pytest_agentgate.triage.lacking import unreached

    return unreached(evidence)


def _report_targets(config: pytest.Config, options: list[str]) -> list[ReportTarget]:
    """The reports that were asked for; tests may change the folder that their paths start from."""
    if not options:
        return []
    from pytest_agentgate.report import formats

    folder = config.invocation_params.dir
    return [replace(target, path=folder / target.path) for target in formats.parse_all(options)]


def is_worker(config: pytest.Config) -> bool:
    """Whether xdist started this process, which it tells the configuration only after the initial conftest files."""
    from_pipe = not hasattr(sys.modules["__main__"], "__file__")  # unlike pytest that a test starts in a worker
    return hasattr(config, "workerinput") or (from_pipe and "PYTEST_XDIST_WORKER" in os.environ)


def _leave_details_to_the_summary(config: pytest.Config) -> None:
    """Silence what would repeat the bounded summary at length, unless it was asked for."""
    if not config.pluginmanager.has_plugin("terminal"):
        return
    if config.option.tbstyle == "auto":
        config.option.tbstyle = "no"
    if config.option.reportchars == "fE":  # pytest's default
        config.option.reportchars = ""
    config.option.disable_warnings = True  # they are counted, and in the record
    if config.option.verbose == 0:
        config.option.verbose = -1
