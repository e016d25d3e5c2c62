"""``agentgate repair``: the tests follow the implementation, in verified steps."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_agentgate.cli import screen
from pytest_agentgate.cli.run import INCOMPLETE, WithPytestArguments
from pytest_agentgate.errors import AgentgateError, StoreError, UsageError
from pytest_agentgate.report import formats
from pytest_agentgate.report.printable import printable

if TYPE_CHECKING:
    from pytest_agentgate.config import Project
    from pytest_agentgate.model import RunSummary
    from pytest_agentgate.model.judgement import Judgement
    from pytest_agentgate.model.repair import Repair
    from pytest_agentgate.repair.loop import Progress
    from pytest_agentgate.repair.proposing import Proposing
    from pytest_agentgate.repair.session import Kept, Step
    from pytest_agentgate.runner.interpreter import Interpreter

LEFT_RED = 1
"""Exit status where something is left red."""
_STOPPED = 130
_OWN = ("md", "json")  # reports of the repair; the others are of its last run


@click.command(cls=WithPytestArguments)
@click.option(
    "--python",
    metavar="PATH",
    help="The Python that runs the tests, or its environment's folder (default: as agentgate run).",
)
@click.option(
    "--base",
    metavar="REF",
    envvar="AGENTGATE_BASE",
    default="",
    help="The commit that the tests were written for (default: $AGENTGATE_BASE; else where this branch left the one "
    "that it started from; else, with changes that are not committed, HEAD).",
)
@click.option(
    "--base-package",
    metavar="NAME==OLD",
    default="",
    help="Take the old implementation from this release, fetched with pip; nothing is installed.",
)
@click.option(
    "--base-path",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Take the old implementation from this folder.",
)
@click.option("--run", "run_id", metavar="ID", default="", help="Begin with this recorded run instead of a new one.")
@click.option("--phase", "asked", metavar="NAME", multiple=True, help="Repair what this phase repairs, and no more.")
@click.option("--dry-run", "dry", is_flag=True, help="Show what would be tried, with its diff, and write nothing.")
@click.option("--unsafe", is_flag=True, help="Try remedies that may change what a test means; the report marks them.")
@click.option(
    "--services",
    "with_services",
    is_flag=True,
    help="Start what connection failures lack besides the declared services, for this repair, and say which tests "
    "lacked nothing else.",
)
@click.option("--commit", is_flag=True, help="Commit what a phase, or all, has kept when a run confirms it.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes at most (default: the processors).")
@click.option(
    "--timeout",
    type=click.FloatRange(min=1),
    default=600.0,
    show_default=True,
    metavar="SECONDS",
    help="For one run of tests; an attempt that takes longer is taken back.",
)
@click.option("--agent", metavar="ID", help="Who repairs (default: as pytest --agentgate-agent).")
@click.option(
    "--report",
    "reports",
    metavar="FORMAT:PATH",
    multiple=True,
    help=f"Write a report; can be given several times. {', '.join(formats.FORMATS)}.",
)
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    metavar="DIR",
    help="A folder of the project (default: here).",
)
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
def repair(
    python: str | None,
    base: str,
    base_package: str,
    base_path: Path | None,
    run_id: str,
    asked: tuple[str, ...],
    dry: bool,
    unsafe: bool,
    with_services: bool,
    commit: bool,
    jobs: int | None,
    timeout: float,
    agent: str | None,
    reports: tuple[str, ...],
    as_json: bool,
    root: Path,
    pytest_args: tuple[str, ...],
) -> int:
    """Repair the tests after a change of the implementation, one cause at a time, each step verified by a rerun.

    What changed is read from the base and from the files as they are; only files of tests are edited. An edit that
    does not help, or breaks a test that passed, is taken back. Declared services are up meanwhile. Status 0: everything
    is green, or the gates of the phases pass; 1: something is left red; 12: the tests could not be run to their end.

    \b
    Examples:
      agentgate repair
      agentgate repair --base v1.4 --python ../venv/bin/python
      agentgate repair --dry-run
      agentgate repair --base-package pydantic==1.10.13 -- tests/unit
    """
    from pytest_agentgate.cli.supplies import supplies
    from pytest_agentgate.config import find_project
    from pytest_agentgate.origin import agent_of
    from pytest_agentgate.repair.session import Session, Wishes
    from pytest_agentgate.repair.whereabouts import elsewhere

    targets = [formats.parse(report, "--report") for report in reports]
    if sum(map(bool, (base_package, base_path))) > 1:
        raise UsageError("--base-package and --base-path exclude each other")
    if dry and commit:
        raise UsageError("--dry-run and --commit exclude each other")
    project = find_project(root)
    steps = _steps(project, asked)
    interpreter = _interpreter(project, python)
    for line in elsewhere(project, interpreter):
        raise UsageError(line)
    proposing, name, base_commit = _proposing(
        project, interpreter, base, base_package, base_path, needed=not with_services
    )
    wishes = Wishes(steps, pytest_args, run_id, unsafe, dry, timeout, jobs, agent_of(agent), name, base_commit)
    with supplies(project, lacking=with_services, quiet=as_json) as services, _told() as (tell, said):
        session = Session(
            project,
            interpreter,
            proposing.propose,
            wishes,
            edited=proposing.edited,
            commit=_committer(project, base) if commit else None,
            services=services,
            tell=tell,
            said=said,
        )
        repaired = session.repair()
    summary, judgement = _concluded(project, repaired, steps, base, agent_of(agent))
    if as_json:
        from pytest_agentgate.report.repair import render

        screen.say(render(repaired, summary))
    else:
        _show(repaired, judgement, dry=dry)
    written = _write(project, targets, repaired, summary)
    if session.stopped:
        return _STOPPED
    return _status(repaired, judgement) or (0 if written and not session.uncommitted else INCOMPLETE)


def _steps(project: Project, asked: tuple[str, ...]) -> tuple[Step, ...]:
    """The phases in their order, those that are asked for; one step without phases."""
    from pytest_agentgate.gates.phases import required
    from pytest_agentgate.repair.session import Step

    phases = project.config.phases
    if not phases and not asked:
        return (Step(),)
    required(phases, asked)  # names what is not there
    return tuple(Step(one.name, frozenset(one.repairs)) for one in phases if not asked or one.name in asked)


def _interpreter(project: Project, python: str | None) -> Interpreter:
    from pytest_agentgate.runner import interpreter as interpreters

    if python is not None:
        return interpreters.named(python, project.root)
    chosen = interpreters.guessed(project.root)
    screen.note(f"running {chosen.path}, Python {chosen.python}, pytest {chosen.pytest}; --python names another")
    return chosen


def _proposing(
    project: Project, interpreter: Interpreter, base: str, package: str, path: Path | None, *, needed: bool
) -> tuple[Proposing, str, str]:
    """Who proposes, what the base is called, and its commit; "" where there is none, and none is needed."""
    from pytest_agentgate.repair.api.released import folder_tree, package_tree
    from pytest_agentgate.repair.api.trees import FolderTree, GitTree
    from pytest_agentgate.repair.proposing import Proposing
    from pytest_agentgate.repair.since import since

    cache = project.prepare_state() / "api"
    if path is not None:
        tree, roots = folder_tree(path)
        return Proposing(project, interpreter, tree, release_roots=roots, cache=cache), str(path), ""
    if package:
        with screen.progress(f"fetching {package}"):
            tree, roots = package_tree(package, project.state / "releases")
        return Proposing(project, interpreter, tree, release_roots=roots, cache=cache), package, ""
    try:
        found = since(project, base)
    except UsageError as error:
        if base or needed:
            raise
        screen.note(f"only services that are lacking can be found: {error}")
        return Proposing(project, interpreter, FolderTree(project.root), cache=cache), "", ""
    if found.why:
        screen.note(f"comparing with {found.commit[:12]}, {found.why}; --base names another")
    old = GitTree(project.root, found.commit)
    return Proposing(project, interpreter, old, cache=cache), found.name, found.commit


@contextmanager
def _told() -> Iterator[tuple[Callable[[Progress], None], Callable[[str], None]]]:
    """Who is told where the repair stands: a bar on a terminal, lines elsewhere."""
    if not sys.stderr.isatty():
        last: list[str] = []

        def line(progress: Progress) -> None:
            said = f"{progress.green} green, {progress.red} red: {progress.current}"
            if last[-1:] != [said]:
                last[:] = [said]
                screen.note(said)

        yield line, screen.note
        return
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar
    from rich.table import Column

    columns = (
        BarColumn(bar_width=20),
        TextColumn("{task.fields[green]} green", table_column=Column(no_wrap=True)),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False, table_column=Column(ratio=1, no_wrap=True)),
    )
    with Bar(*columns, console=screen.console(err=True), transient=True, expand=True) as bar:
        task = bar.add_task("starting", total=None, green=0)

        def tell(progress: Progress) -> None:
            shown = f"{progress.done} of {progress.causes} causes: {printable(progress.current)}"
            total = progress.green + progress.red
            bar.update(task, description=shown, completed=progress.green, total=total, green=progress.green)

        def said(line: str) -> None:
            bar.update(task, description=printable(line))

        yield tell, said


# ---- commits


def _committer(project: Project, base: str) -> Callable[[Kept], str]:
    """Commits what a step has kept, if its gates pass; what had changes before stays uncommitted."""
    from pytest_agentgate import checkpoint
    from pytest_agentgate.checkpoint import CheckpointError

    before = checkpoint.uncommitted(project)

    def commit(kept: Kept) -> str:
        files = [path for path in kept.files if path not in before]
        if len(files) < len(kept.files):
            screen.note("files that had changes before are not committed: " + ", ".join(sorted(before & {*kept.files})))
        if not files:
            return ""
        if kept.step.name:
            judgement = _judged(project, kept.run.id, (kept.step.name,), base, kept.run.agent)
            if not _passes(judgement, kept.step.name):
                raise CheckpointError("its gates do not pass")
        return checkpoint.commit_edits(project, _message(project, kept), kept.repair, files)

    return commit


def _message(project: Project, kept: Kept) -> str:
    phase = next((one for one in project.config.phases if one.name == kept.step.name), None)
    subject = phase.commit if phase and phase.commit else "test: follow the implementation"
    lines = [f"- {codemod}" for attempt in kept.attempts for codemod in attempt.codemods]
    return "\n".join([subject, "", *dict.fromkeys(lines)])


def _judged(project: Project, run_id: str, asked: tuple[str, ...], base: str, agent: str) -> Judgement:
    from pytest_agentgate.cli import judging
    from pytest_agentgate.judge import judge_run, policy_of
    from pytest_agentgate.model.judgement import Judge
    from pytest_agentgate.store import open_store

    with open_store(project.store_url) as store:
        store.ingest(project.runs)
        policy = policy_of(project, base)
        judgement = judge_run(
            store, project, policy, run_id, asked, judge=Judge.HARNESS, agent=agent, measures=judging.measures(store)
        )
        judging.recorded(judgement, project, store)
        return judgement


def _passes(judgement: Judgement, phase: str) -> bool:
    from pytest_agentgate.model.judgement import GateState

    return any(one.phase == phase and one.state in (GateState.PASSED, GateState.WARNED) for one in judgement.phases)


# ---- the end


def _concluded(
    project: Project, repaired: Repair, steps: tuple[Step, ...], base: str, agent: str
) -> tuple[RunSummary | None, Judgement | None]:
    """The last run, judged by the phases that there are."""
    from pytest_agentgate.store import open_store

    last = repaired.after_run or repaired.before_run
    judgement = None
    try:
        if last and repaired.complete and not repaired.dry and steps[0].name:
            judgement = _judged(project, last, tuple(step.name for step in steps), base, agent)
        with open_store(project.store_url) as store:
            for problem in store.ingest(project.runs).problems:
                screen.note(problem)
            summary = store.run_summary(last) if last else None
    except StoreError as error:
        screen.note(f"the record cannot be read: {error}")
        return None, None
    return (replace(summary, judgement=judgement) if summary and judgement else summary), judgement


def _show(repaired: Repair, judgement: Judgement | None, *, dry: bool) -> None:
    from pytest_agentgate.report import gates
    from pytest_agentgate.report.repair import text

    screen.say(text(repaired, width=screen.width(), colour=screen.colour(), diff=dry))
    if judgement is not None:
        status = _status(repaired, judgement)
        screen.say(gates.block(judgement, width=screen.width(), colour=screen.colour(), status=status))


def _write(project: Project, targets: list[formats.ReportTarget], repaired: Repair, summary: RunSummary | None) -> bool:
    """Write the reports that can be; -> whether all could."""
    from pytest_agentgate.report import repair as told
    from pytest_agentgate.store import open_store

    all_written = True
    for target in targets:
        try:
            if target.format == "md":
                formats.write_text(target.path, told.markdown(repaired))
            elif target.format == "json":
                formats.write_text(target.path, told.render(repaired, summary))
            elif summary is not None:
                with open_store(project.store_url) as store:
                    formats.write(target, store.run_report(summary.run.id, formats.parts([target])))
        except AgentgateError as error:
            screen.note(str(error))
            all_written = False
    return all_written


def _status(repaired: Repair, judgement: Judgement | None) -> int:
    from pytest_agentgate.model.judgement import EXIT_STATUS

    if not repaired.complete:
        return INCOMPLETE
    if judgement is not None:
        return LEFT_RED if EXIT_STATUS[judgement.state] else 0
    return LEFT_RED if repaired.left else 0
