"""What ``gate`` and ``run --phase`` have in common: measure, judge from outside, record, show, make checkpoints."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pytest_agentgate.cli import screen
from pytest_agentgate.errors import AgentgateError

if TYPE_CHECKING:
    from pytest_agentgate.config import Project
    from pytest_agentgate.gates.condition import Condition
    from pytest_agentgate.judge import Measures, Policy
    from pytest_agentgate.model import Run, RunReport, RunSummary
    from pytest_agentgate.model.judgement import Judgement, Measure, Phase
    from pytest_agentgate.report.formats import ReportTarget
    from pytest_agentgate.runner.measures import Scene
    from pytest_agentgate.store import Store

Command = TypeVar("Command", bound=Callable[..., Any])

_NEWER = 1000  # runs that are looked at for one that began later


def base_options(command: Command) -> Command:
    """``--base``, ``--baseline`` and ``--checkpoint/--no-checkpoint``."""
    for option in (
        click.option(
            "--checkpoint/--no-checkpoint",
            default=None,
            help="Make the commit of a phase that passes, or take back what was done since, as its configuration says "
            "(default: unless CI is set in the environment).",
        ),
        click.option(
            "--baseline",
            metavar="RUN|REF",
            default="",
            help='The run, or the commit whose last run, "on new" compares with (default: the base\'s last run).',
        ),
        click.option(
            "--base",
            metavar="REF",
            envvar="AGENTGATE_BASE",
            default="",
            help="The branch or commit that the change starts from; its configuration counts (default: "
            "$AGENTGATE_BASE).",
        ),
    ):
        command = option(command)
    return command


def measures(store: Store | None) -> Measures:
    """What measures coverage, benchmarks and checks for a judgement; ``store`` tells which run came next."""

    def measure(project: Project, policy: Policy, run: Run, conditions: Sequence[Condition]) -> Mapping[str, Measure]:
        from pytest_agentgate.runner.measures import Wanted
        from pytest_agentgate.runner.measures import measure as measured

        wanted = [Wanted(one.metric, one.pattern, one.arguments) for one in conditions]
        with screen.progress("measuring") as show:
            return measured(wanted, _scene(project, policy, run, store), show)

    return measure


def _scene(project: Project, policy: Policy, run: Run, store: Store | None) -> Scene:
    from pytest_agentgate import git
    from pytest_agentgate.runner.measures import Scene

    scene = Scene(replace(project, config=policy.config), run.id, run.created_at, _next_began(store, run))
    if policy.merge_base:
        return replace(scene, changed_lines=partial(git.changed_lines, project.root, policy.merge_base))
    if policy.base:
        why = f"no commit is known that {policy.base} and this one have in common"
        return replace(scene, no_base=why, with_base="git fetch --unshallow" if git.is_shallow(project.root) else "")
    return scene


def _next_began(store: Store | None, run: Run) -> str:
    later = store.runs(_NEWER) if store and run.id else ()
    return min(
        (one.created_at for one in later if one.root == run.root and one.created_at > run.created_at), default=""
    )


def noted(judgement: Judgement, project: Project, run: Run) -> Judgement:
    """The judgement, with what is to be known of what was measured where."""
    from pytest_agentgate import git

    head = git.commit_of(project.root, "HEAD") if run.commit else ""
    if head in ("", run.commit):
        return judgement
    note = f"the run is of commit {run.commit[:12]}, the checkout at {head[:12]}: what is measured now is of the latter"
    return replace(judgement, notes=(*judgement.notes, note))


def recorded(judgement: Judgement, project: Project, store: Store | None) -> bool:
    """Record a judgement; -> whether that could be done. What keeps it from it is said."""
    from pytest_agentgate.capture.judgementlog import write_judgement
    from pytest_agentgate.judge import record

    try:
        if store is not None:
            record(judgement, project, store)
        else:
            project.prepare_state()
            write_judgement(project.runs, judgement)
    except (AgentgateError, OSError) as error:
        screen.note(f"the judgement is not recorded: {error}")
        return False
    return True


def invalid(judgement: Judgement, why: str) -> Judgement:
    """The same run, known to be incomplete."""
    from pytest_agentgate.model.judgement import GateState

    phases = tuple(
        one if one.state is GateState.INVALID else replace(one, state=GateState.INVALID, gates=(), why=why, notes=())
        for one in judgement.phases
    )
    return replace(judgement, phases=phases)


# ---- checkpoints


def keep_or_go_back(project: Project, policy: Policy, judgement: Judgement, run: Run, wish: bool | None) -> None:
    """Make the checkpoint of the last phase that passed, or take back what was done since one; say what was done.

    ``wish`` is what the command line says; without a word, nothing is done where CI is set in the environment.
    """
    from pytest_agentgate.model.judgement import GateState

    states = {one.phase: one.state for one in judgement.phases if not judgement.asked or one.phase in judgement.asked}
    asked = [phase for phase in policy.config.phases if phase.name in states]
    passed = [one for one in asked if one.commit and states[one.name] in (GateState.PASSED, GateState.WARNED)]
    failed = [one for one in asked if one.rollback and states[one.name] is GateState.FAILED]
    if wish is False or not (passed or failed):
        return
    if wish is None and os.environ.get("CI"):
        what = "no checkpoint is made" if passed else "nothing is taken back"
        screen.note(f"{what}: CI is set in the environment; --checkpoint asks for it")
        return
    if passed:
        _keep(project, passed[-1], run)
    if failed:
        _go_back(project, failed[0])


def _keep(project: Project, phase: Phase, run: Run) -> None:
    from pytest_agentgate import checkpoint

    if not run.id:
        screen.note(f"no checkpoint of phase {phase.name!r}: the run is not recorded, so that nobody knows its tests")
        return
    try:
        with screen.progress("making a checkpoint"):
            made = checkpoint.make(project, phase, run.id, run.created_at)
    except checkpoint.CheckpointError as error:
        screen.note(f"no checkpoint of phase {phase.name!r}: {error}")
        return
    if made.commit:
        files = f"{len(made.files)} file{'s' if len(made.files) != 1 else ''}"
        screen.note(f"checkpoint of phase {phase.name!r}: commit {made.commit[:12]} with {files}")
    else:
        screen.note(f"no checkpoint of phase {phase.name!r}: nothing changed below the tests")
    for path in made.left:
        screen.note(f"{path} is new since the run began, and in no checkpoint")


def _go_back(project: Project, phase: Phase) -> None:
    from pytest_agentgate import checkpoint

    try:
        undone = checkpoint.roll_back(project)
    except AgentgateError as error:
        screen.note(f"nothing is taken back for phase {phase.name!r}: {error}")
        return
    for step in undone.steps:
        screen.note(step)
    if undone.stopped:
        screen.note(f"the way back ends here: {undone.stopped}")
    elif not undone.steps:
        screen.note(f"nothing is taken back for phase {phase.name!r}: agentgate did nothing since the last checkpoint")


# ---- what is said


def say(summary: RunSummary, judgement: Judgement, style: str) -> None:
    """Print what was judged: for a person the gates, for an agent the causes too, in one line, or as JSON."""
    from pytest_agentgate.report import document, gates, text

    judged = replace(summary, judgement=judgement)
    if style == "json":
        screen.say(document.written(judged))
    elif style == "agent":
        screen.say(text.agent(judged))
    elif style == "quiet":
        screen.say(text.line(judged))
    else:
        screen.say(gates.block(judgement, width=screen.width(), colour=screen.colour()))


def announce(summary: RunSummary, judgement: Judgement, targets: Sequence[ReportTarget], style: str) -> None:
    """Annotate the job of GitHub Actions that this is, unless its annotations were asked for as a report."""
    from pytest_agentgate.model import RunReport
    from pytest_agentgate.report import github

    if any(target.format == "github" for target in targets):
        return
    stream = sys.stderr if style == "json" else sys.stdout  # GitHub reads both; whoever reads JSON only one
    try:
        github.announce(RunReport(replace(summary, judgement=judgement)), os.environ, stream.write)
    except AgentgateError as error:
        screen.note(str(error))


def write_reports(targets: Sequence[ReportTarget], report: RunReport, judgement: Judgement, project: Project) -> bool:
    """Write every report that can be; -> whether all could. What keeps one from it is said."""
    from pytest_agentgate.report import formats
    from pytest_agentgate.triage.causes import declared

    summary = declared(replace(report.summary, judgement=judgement), project.config.services)
    report = replace(report, summary=summary, policy=project.policy)
    all_written = True
    for target in targets:
        try:
            formats.write(target, report)
        except AgentgateError as error:
            screen.note(str(error))
            all_written = False
    return all_written
