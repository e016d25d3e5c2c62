"""``agentgate gate | approve``: whether a phase of the work is done, judged on results that exist; a person's word."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_agentgate.cli import USAGE, screen, suggestion
from pytest_agentgate.cli.judging import base_options
from pytest_agentgate.cli.opening import NOTHING, chosen, opened, opened_to_compare, record_options
from pytest_agentgate.errors import StoreError, UsageError
from pytest_agentgate.report.printable import printable

if TYPE_CHECKING:
    from pytest_agentgate.config import Project
    from pytest_agentgate.gates.facts import RunFacts
    from pytest_agentgate.judge import Policy
    from pytest_agentgate.model import Run, RunReport
    from pytest_agentgate.report.formats import ReportTarget
    from pytest_agentgate.store import Store


@click.command()
@click.argument("words", nargs=-1, metavar="[PHASE] [JUNIT.xml]...")
@click.option("--run", "selector", metavar="RUN", help="A recorded run: an id, or the beginning of one.")
@base_options
@click.option(
    "--shards", type=click.IntRange(min=1), metavar="N", help="How many JUnit XML files there are to be; fewer is 12."
)
@click.option(
    "--report",
    "reports",
    metavar="FORMAT:PATH",
    multiple=True,
    help="Write a report of what was judged; can be given several times.",
)
@click.option("--output", type=click.Choice(["human", "agent", "quiet"]), default="human", help="The form on screen.")
@record_options
def gate(
    words: tuple[str, ...],
    selector: str | None,
    base: str,
    baseline: str,
    checkpoint: bool | None,
    shards: int | None,
    reports: tuple[str, ...],
    output: str,
    root: Path,
    store: str | None,
    as_json: bool,
) -> int:
    """Judge the phases of the configuration, or PHASE and what it needs: on the last run, or JUnit XML of any runner.

    Coverage, benchmarks and checks are measured now. Several files are the shards of one run. Exit status: 0 passed,
    10 a gate failed, 12 the run is incomplete, 13 a gate could not be measured, 15 not attempted; 2 wrong usage.

    \b
    Examples:
      agentgate gate
      agentgate gate imports --base origin/main --report md:gate.md
      agentgate gate tests results/*.xml --shards 4 --json
    """
    from pytest_agentgate.cli import judging
    from pytest_agentgate.config import find_project
    from pytest_agentgate.judge import judge_facts, policy_of
    from pytest_agentgate.model import RunSummary
    from pytest_agentgate.model.judgement import EXIT_STATUS, Judge
    from pytest_agentgate.origin import agent_of
    from pytest_agentgate.report import formats

    targets = formats.parse_all(reports, "--report")
    project = find_project(root)
    policy = policy_of(project, base)
    asked, files = _asked(words, policy)
    if files and selector is not None:
        raise UsageError("--run names a recorded run: give it or JUnit XML files, not both")
    if shards is not None and not files:
        raise UsageError("--shards is of JUnit XML files, and none is given")
    with (opened_to_compare if files else opened)(root, store) as record:
        if files:
            now, left_out = _of_files(files, shards, project, record)
        else:
            now, left_out = _of_run(record, selector), ()
        judgement = judge_facts(
            now,
            record,
            project,
            policy,
            asked,
            judge=Judge.HARNESS,
            agent=agent_of(None),
            baseline=baseline,
            measures=judging.measures(record),
        )
        judgement = replace(judgement, notes=(*judgement.notes, *left_out))
        judgement = judging.noted(judgement, project, now.run)
        judging.recorded(judgement, project, record)
        summary, style = RunSummary(now.run, now.causes), "json" if as_json else output
        judging.say(summary, judgement, style)
        judging.announce(summary, judgement, targets, style)
        written = judging.write_reports(targets, _report(targets, now, record), judgement, project)
    judging.keep_or_go_back(project, policy, judgement, now.run, checkpoint)
    status = EXIT_STATUS[judgement.state]
    return status if written or status else USAGE


def _asked(words: Sequence[str], policy: Policy) -> tuple[tuple[str, ...], list[Path]]:
    """The phase and the files that a command line names; raises UsageError for a word that is neither."""
    phases = [phase.name for phase in policy.config.phases]
    if not phases:
        where = f"{policy.config.path}: " if policy.config.path else ""
        raise UsageError(f"{where}no phase is configured: agentgate init proposes some")
    first = words[0] if words else ""
    if first in phases and not Path(first).is_file():
        return (first,), _files(words[1:], phases)
    return (), _files(words, phases)


def _files(words: Sequence[str], phases: Sequence[str]) -> list[Path]:
    for number, word in enumerate(words):
        if Path(word).exists():
            continue
        if word in phases:
            raise UsageError(f"{word!r} is a second phase, or does not come first: one is judged, with what it needs")
        if number or Path(word).suffix:
            raise UsageError(f"no such file: {word}")
        near = suggestion(word, phases) or f"; the phases are {', '.join(phases)}"
        raise UsageError(f"no phase and no file {word!r}{near}")
    return [Path(word) for word in words]


def _of_run(record: Store | None, selector: str | None) -> RunFacts:
    from pytest_agentgate.judge import facts_of

    run: Run | None = chosen(record, selector) if record else None
    if record is None or run is None:
        raise UsageError(f"no run {selector!r}: {NOTHING}" if selector else NOTHING)
    return facts_of(record, run.id)


def _of_files(
    files: Sequence[Path], shards: int | None, project: Project, record: Store | None
) -> tuple[RunFacts, tuple[str, ...]]:
    """The run that the files tell of, and what is to be noted of it; it is incomplete where one of them is missing."""
    from pytest_agentgate.cli.junit import read_shards
    from pytest_agentgate.model import RunStatus

    read = read_shards(files, project, record)
    facts, notes = read.facts, list(read.problems)
    used = len(facts.run.arguments)
    if shards is not None and used != shards:
        notes.append(f"--shards {shards}: {used} could be read")
    if read.problems or shards not in (None, used):
        facts = replace(facts, run=replace(facts.run, status=RunStatus.ABORTED))
    return facts, (*notes, *read.notes)


def _report(targets: Sequence[ReportTarget], now: RunFacts, record: Store | None) -> RunReport:
    """What the reports need of the run."""
    from pytest_agentgate.model import Part, RunReport, RunSummary
    from pytest_agentgate.report import formats

    parts = formats.parts(targets)
    if now.run.id and record is not None:
        return record.run_report(now.run.id, parts)
    return RunReport(
        RunSummary(now.run, now.causes),
        now.results,
        now.failures,
        now.properties,
        now.warnings,
        phases=record.latest_phases() if record and Part.PHASES in parts else (),
    )


# ---- a person's word


@click.command()
@click.argument("phase")
@click.option("--reason", required=True, metavar="TEXT", help="Why the phase is done, in your words.")
@record_options
def approve(phase: str, reason: str, root: Path, store: str | None, as_json: bool) -> None:
    """Record that a person holds PHASE to be done, for the commit that is checked out.

    A gate asks for it with the condition approval.PHASE == true. Under an agent's identity it is refused, and so it is
    with changes that are not committed.

    \b
    Example:
      agentgate approve migration --reason "read every diff of the fixtures"
    """
    from dataclasses import asdict

    from pytest_agentgate.capture.judgementlog import write_approval
    from pytest_agentgate.config import find_project
    from pytest_agentgate.judge import policy_of
    from pytest_agentgate.model.judgement import Approval

    project = find_project(root)
    phases = [one.name for one in policy_of(project).config.phases]
    if phase not in phases:
        there = suggestion(phase, phases) or (f"; the phases are {', '.join(phases)}" if phases else "; there are none")
        raise UsageError(f"no phase {phase!r}{there}")
    if not reason.strip():
        raise UsageError("--reason is empty: say why the phase is done")
    approval = Approval(
        phase,
        _clean_commit(project),
        _person(project),
        " ".join(reason.split()),
        datetime.now(UTC).isoformat(timespec="microseconds"),
    )
    try:
        project.prepare_state()
    except OSError as error:
        raise UsageError(f"{project.state}: {error.strerror or error}") from error
    write_approval(project.runs, approval)
    try:
        with opened(root, store):  # which takes it in
            pass
    except StoreError as error:  # it is recorded all the same
        screen.note(f"{error}")
    if as_json:
        screen.say_json(asdict(approval))
    else:
        screen.say(f"phase {phase} is approved at {approval.commit[:12]} by {printable(approval.person)}")


def _person(project: Project) -> str:
    """Who approves; raises UsageError for an agent."""
    from pytest_agentgate import git
    from pytest_agentgate.origin import NAMES, SIGNS, agent_of

    for name in (*NAMES, *(sign for sign, _ in SIGNS)):
        if os.environ.get(name):
            raise UsageError(f"{name} is set in the environment: an agent's approval does not count")
    told = [(git.git(project.root, "config", key) or b"").decode(errors="replace").strip() for key in _IDENTITY]
    name, mail = told
    return " ".join(filter(None, (name, f"<{mail}>" if mail else ""))) or agent_of(None)


_IDENTITY = ("user.name", "user.email")


def _clean_commit(project: Project) -> str:
    from pytest_agentgate.origin import checkout_of

    checkout = checkout_of(project.root)
    if not checkout.commit:
        raise UsageError(f"{project.root}: an approval is of a commit, and there is none")
    if checkout.dirty:
        raise UsageError(f"{project.root}: it has changes that are not committed: commit them, and approve the commit")
    return checkout.commit
