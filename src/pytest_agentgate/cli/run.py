"""``agentgate run``: pytest in any interpreter, supervised, with its record complete whatever became of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_agentgate import config as configuration
from pytest_agentgate.capture import runlog
from pytest_agentgate.cli import screen
from pytest_agentgate.cli.judging import base_options
from pytest_agentgate.conclusion import Conclusion
from pytest_agentgate.errors import AgentgateError, ConfigError, StoreError, UsageError
from pytest_agentgate.report import formats
from pytest_agentgate.runner import interpreter as interpreters
from pytest_agentgate.runner.launch import PLUGIN, Ended, run_suite, settings_against
from pytest_agentgate.store import open_store
from pytest_agentgate.store.urls import index_of, is_server, refuse_secret

if TYPE_CHECKING:
    from pytest_agentgate.config import Project
    from pytest_agentgate.judge import Policy
    from pytest_agentgate.model import Run
    from pytest_agentgate.runner.services.fleet import Fleet

INCOMPLETE = 12
"""Exit status of a run that left no record, or one without an end, although its process says that all is well."""

_WIDTH = 100  # columns of a summary that goes to no terminal
# With these pytest only tells something: there is no run to record.
_TELLING = {
    "--collect-only",
    "--co",
    "--fixtures",
    "--fixtures-per-test",
    "--help",
    "-h",
    "--markers",
    "--version",
    "-V",
}
_RUNNING_NO_TEST = {"--setup-only", "--setup-plan"}
_WRONG_USAGE = 4  # pytest's exit status after an error of usage, which it has printed


class WithPytestArguments(click.Command):
    """A command that says where an option belongs that may be pytest's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if error.possibilities:
                raise
            name = error.option_name
            raise UsageError(
                f"no option {name!r}: pytest's options go behind --, as in: {ctx.command_path} -- {name}"
            ) from None


@click.command(cls=WithPytestArguments)
@click.option(
    "--python",
    metavar="PATH",
    help="The Python that runs the tests, or its environment's folder (default: the first with pytest of the project's "
    ".venv or venv, the active environment, the Python that runs agentgate).",
)
@click.option("--agent", metavar="ID", help="Who runs (default: as pytest --agentgate-agent).")
@click.option("--task", metavar="ID", help="The task that this run belongs to.")
@click.option(
    "--phase",
    "asked",
    metavar="NAME",
    multiple=True,
    help="Judge this phase of the configuration, from outside, when the run is over; can be given several times.",
)
@base_options
@click.option("--store", metavar="URL", help="Where the run is recorded (default: the project's store).")
@click.option(
    "--report",
    "reports",
    metavar="FORMAT:PATH",
    multiple=True,
    help=f"Write a report of the run, also if it was killed; can be given several times. {', '.join(formats.FORMATS)}.",
)
@click.option("--output", type=click.Choice(["human", "agent", "quiet"]), default="human", help="The summary's form.")
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="Where pytest is started (default: here).",
)
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
def run(
    python: str | None,
    agent: str | None,
    task: str | None,
    asked: tuple[str, ...],
    base: str,
    baseline: str,
    checkpoint: bool | None,
    store: str | None,
    reports: tuple[str, ...],
    output: str,
    root: Path,
    pytest_args: tuple[str, ...],
) -> int:
    """Run pytest in any interpreter, with agentgate inside.

    The interpreter needs pytest 7.4 or newer and nothing of agentgate: what is missing is lent to it for this run,
    and its environment stays as it is. The exit status is pytest's own; 12 if the run left no complete record. With
    --phase it is that of agentgate gate: 0 passed, 10 failed, 12 incomplete, 13 not measured, 15 not attempted.

    \b
    Examples:
      agentgate run -- -n 4 tests/unit
      agentgate run --phase imports --base origin/main -- -n 4
      agentgate run --python ../venv/bin/python --report md:summary.md -- -x
    """
    targets = formats.parse_all(reports, "--report")
    targets = [replace(target, path=Path.cwd() / target.path) for target in targets]
    judging = _judging(root, asked, base, baseline, checkpoint, pytest_args)
    if python is None:
        chosen = interpreters.guessed(root.resolve())
        if output != "quiet":
            screen.note(
                f"running {chosen.path}, Python {chosen.python}, pytest {chosen.pytest}; --python names another"
            )
    else:
        chosen = interpreters.named(python, root)
    if store:
        refuse_secret(store, "--store")
    url = configuration.resolve_store(store, Path.cwd()) if store else _given("--agentgate-store", pytest_args, root)
    if turned_off := settings_against(root):
        screen.note(f"{turned_off} turns the plugin off (-p no:{PLUGIN}); this run turns it on")
    options = [f"--agentgate-output={output}"]
    options += [f"--agentgate-agent={agent}"] if agent else []
    options += [f"--agentgate-task={task}"] if task else []
    options += [f"--agentgate-store={store if is_server(url) else url}"] if store else []  # not what a variable holds
    from_here = judging is not None or any(target.format == "github" for target in targets)
    environ = {**os.environ, "AGENTGATE_GITHUB": "off"} if from_here else os.environ  # else the run annotates its job
    with _services(root, output, pytest_args) as lent:
        ended = run_suite(chosen, [*options, *pytest_args], folder=root, environ={**environ, **lent.variables})
    lent.record(ended.log)
    if ended.log is None:
        status = _without_record(ended, pytest_args, is_told=lent.is_misconfigured and ended.status == _WRONG_USAGE)
        return INCOMPLETE if judging else status
    return _conclude(ended, ended.log, url, targets, output, judging)


class _Lent:
    """What a run was given of the services of its project."""

    def __init__(self, project: Project | None = None, fleet: Fleet | None = None) -> None:
        self.variables: Mapping[str, str] = {}
        self.is_misconfigured = False
        self._project = project
        self._fleet = fleet

    def record(self, log: Path | None) -> None:
        """Keep how it stood with the services, for the gates."""
        if self._project is not None and self._fleet is not None and log is not None:
            from pytest_agentgate.cli.services import keep_record

            keep_record(self._project, log.stem, self._fleet)


@contextmanager
def _services(root: Path, output: str, pytest_args: Sequence[str]) -> Iterator[_Lent]:
    """The services that the project declares, up while the block lasts, unless no test runs."""
    try:
        project = configuration.find_project(root)
    except ConfigError:  # pytest will say so
        lent = _Lent()
        lent.is_misconfigured = True
        yield lent
        return
    if not project.config.services or not _TELLING.isdisjoint(pytest_args):
        yield _Lent()
        return
    from pytest_agentgate.cli.services import provided
    from pytest_agentgate.runner.services.lending import lending

    with provided(project, quiet=output == "quiet") as fleet:
        lent = _Lent(project, fleet)
        assert fleet is not None  # noqa: S101  it declares some
        with lending(fleet.room) as lent.variables:
            yield lent


def _given(option: str, arguments: Sequence[str], root: Path) -> str:
    """The store that pytest's own arguments name, which are relative to where it is started; "" if none."""
    value = ""
    for index, argument in enumerate(arguments):
        if argument == option:
            value = next(iter(arguments[index + 1 :]), "")
        elif argument.startswith(f"{option}="):
            value = argument.partition("=")[2]
    return configuration.resolve_store(value, root.resolve()) if value else ""


def _without_record(ended: Ended, pytest_args: Sequence[str], *, is_told: bool) -> int:
    if ended.status == 0 and not _TELLING.isdisjoint(pytest_args):
        return 0
    if is_told:
        return ended.status
    why = "" if ended.asked_to_stop else "; what pytest printed above tells why, or a conftest that keeps plugins out"
    screen.note(
        f"no record: the tests' process ended with status {ended.status} before the plugin could write one{why}"
    )
    return ended.status or INCOMPLETE


def _conclude(
    ended: Ended,
    log: Path,
    url: str,
    targets: Sequence[formats.ReportTarget],
    output: str,
    judging: Judging | None,
) -> int:
    """Make the store complete, judge, write the reports, say where the record is; -> the exit status."""
    url = _within_reach(url or _store_of(log), log)
    conclusion = Conclusion(url, () if judging else targets, output)
    try:
        conclusion.conclude(log)
    except AgentgateError as error:  # the tests have ended as they have, whatever became of the record
        conclusion.problem(str(error))
    if not ended.complete:
        if not judging:
            conclusion.announce(sys.stdout.write)
        conclusion.show(sys.stdout.write, width=screen.width() or _WIDTH, colour=screen.colour())
        screen.note(f"the tests' process ended with status {ended.status} before the run was over; the rest is unknown")
    else:
        for problem in conclusion.problems:
            screen.note(problem)
    status = ended.status or (0 if ended.complete else INCOMPLETE)
    if judging:
        status = _judged(judging, ended, log, url, targets, output)
    if output != "quiet" or not ended.complete:
        screen.note(f"run {log.stem} is in {log}")
    return status


def _within_reach(url: str, log: Path) -> str:
    """The store, or in the place of a server that cannot be reached the local index: the log stays for the server."""
    if is_server(url):
        try:
            open_store(url).close()
        except StoreError as error:
            screen.note(f"{error}; this run is in the local index")
            return index_of(url, log.parent.parent)
    return url


# ---- judged


@dataclass(frozen=True)
class Judging:
    """What a run is judged by; read before the tests can change it."""

    project: Project
    policy: Policy
    asked: tuple[str, ...]
    baseline: str
    checkpoint: bool | None


def _judging(
    root: Path,
    asked: Sequence[str],
    base: str,
    baseline: str,
    checkpoint: bool | None,
    pytest_args: Sequence[str],
) -> Judging | None:
    """Raises UsageError for a phase that is not there, and for options that are of use with one only."""
    if not asked:
        for given, flag in ((baseline, "--baseline"), (checkpoint, "--checkpoint")):
            if given:
                raise UsageError(f"{flag} is of use with --phase only")
        return None
    from pytest_agentgate.gates.phases import required
    from pytest_agentgate.judge import policy_of

    telling = (_TELLING | _RUNNING_NO_TEST).intersection(pytest_args)
    if telling:
        raise UsageError(f"--phase judges a run, and with {min(telling)} there is none")
    project = configuration.find_project(root)
    policy = policy_of(project, base)
    required(policy.config.phases, asked)
    return Judging(project, policy, tuple(dict.fromkeys(asked)), baseline, checkpoint)


def _judged(
    judging: Judging, ended: Ended, log: Path, url: str, targets: Sequence[formats.ReportTarget], output: str
) -> int:
    """Judge the run from outside, record, show and report that; -> the exit status."""
    from pytest_agentgate.cli import judging as shared
    from pytest_agentgate.judge import judge_run
    from pytest_agentgate.model.judgement import EXIT_STATUS, Judge
    from pytest_agentgate.triage.causes import declared

    project, policy = judging.project, judging.policy
    try:
        with open_store(url) as store:
            run = store.run(log.stem)
            judgement = judge_run(
                store,
                project,
                policy,
                run.id,
                judging.asked,
                judge=Judge.HARNESS,
                agent=run.agent,
                baseline=judging.baseline,
                measures=shared.measures(store),
            )
            if why := _lost(ended, run):
                judgement = shared.invalid(judgement, why)
            is_recorded = shared.recorded(judgement, project, store)
            summary = declared(store.run_summary(run.id), project.config.services)
            shared.say(summary, judgement, output)
            shared.announce(summary, judgement, targets, output)
            report = store.run_report(run.id, formats.parts(targets))
            written = shared.write_reports(targets, report, judgement, project)
    except StoreError as error:
        screen.note(f"the run cannot be judged: {error}")
        return INCOMPLETE
    shared.keep_or_go_back(project, policy, judgement, run, judging.checkpoint)
    status = EXIT_STATUS[judgement.state]
    return status if status or (is_recorded and written) else INCOMPLETE


def _lost(ended: Ended, run: Run) -> str:
    """Why something may have happened that the record does not tell; "" if the process ended as a run does."""
    if ended.status not in _RAN:
        return f"the tests' process ended with status {ended.status}"
    if ended.status and run.exit_status == 0:
        return f"the tests' process ended with status {ended.status}, and the record says 0"
    return ""


_RAN = frozenset({0, 1})
"""Exit statuses of pytest after a run: all tests passed, some failed."""


def _store_of(log: Path) -> str:
    """The store of the project that a log says it is of."""
    events = runlog.read(log)
    root = Path(str(events[0].get("root", ""))) if events else log.parent
    return configuration.find_project(root, fallback=root).store_url
