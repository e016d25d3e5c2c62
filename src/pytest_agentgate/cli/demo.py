"""``agentgate demo``: a small broken project, and what agentgate makes of it."""

from __future__ import annotations

import shlex
import shutil
import sys
import tempfile
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_agentgate.cli import screen
from pytest_agentgate.cli.screen import Column
from pytest_agentgate.errors import AgentgateError, UsageError
from pytest_agentgate.model import Outcome
from pytest_agentgate.report.printable import printable

if TYPE_CHECKING:
    from pytest_agentgate.config import Project
    from pytest_agentgate.store import Store

NEEDED = {"pydantic": "pydantic", "yaml": "pyyaml", "redis": "redis"}
"""Modules that the project imports, and the distributions that bring them."""


@click.command()
@click.option(
    "--directory",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A new or empty folder for the project (default: a temporary one).",
)
@click.option(
    "--keep/--no-keep", default=True, help="Leave the project where it is when all is shown (default), or not."
)
@click.option("--repair/--no-repair", "repairs", default=True, help="Repair the tests (default), or leave them red.")
@click.option(
    "--workers", type=click.IntRange(min=1), default=2, show_default=True, metavar="N", help="Test processes."
)
def demo(directory: Path | None, keep: bool, repairs: bool, workers: int) -> int:
    """Break a small project's tests and show what agentgate makes of it.

    The project is a voice service whose implementation has moved on, and whose tests have not. It is written as a git
    repository with the commits base and head; its suite is run, triaged, recorded, judged by its phases, and repaired.
    Where there is an engine for containers, the Redis that some tests lack is started for the repair. The exit status
    is 0 when that worked, although something is left for a person.

    \b
    Example:
      agentgate demo --directory voice --workers 4
    """
    missing = sorted(NEEDED[module] for module in NEEDED if find_spec(module) is None)
    if missing:
        raise UsageError(f'the demo needs {", ".join(missing)}: pip install "pytest-agentgate[demo]"')
    from pytest_agentgate.demo.history import make_repository

    folder = (directory or Path(tempfile.mkdtemp(prefix="agentgate-demo-"))).resolve()
    try:
        make_repository(folder)
        _run(folder, workers)
        is_redis_left = _repair(folder, workers) if repairs else True
    except BaseException:
        if directory is None:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    if keep:
        _say_what_next(folder, repaired=repairs, is_redis_left=is_redis_left)
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _run(folder: Path, workers: int) -> None:
    """Run the suite and show the record; raises AgentgateError if the run did not come to its end, or was not red."""
    from pytest_agentgate.config import find_project
    from pytest_agentgate.runner.interpreter import named
    from pytest_agentgate.runner.launch import run_suite
    from pytest_agentgate.store import open_store

    screen.say(
        f"A voice service is in {folder}. Its implementation has moved on from base to head; its tests have not."
    )
    arguments = ["-n", str(workers), "-q", "--tb=no", "-rN"]  # what pytest says of each failure is not what is shown
    screen.say(f"Running them: agentgate run -- {' '.join(arguments)}\n")
    sys.stdout.flush()
    ended = run_suite(named(sys.executable, folder), arguments, folder=folder)
    if ended.asked_to_stop:
        raise click.Abort
    if ended.log is None or not ended.complete:
        raise AgentgateError(f"{folder}: the demo's tests ended with status {ended.status} before the run was over")
    project = find_project(folder)
    with open_store(project.store_url) as store:
        store.ingest(ended.log.parent)
        _show_record(store, ended.log.stem)
        screen.say("\nWhether a phase of the work is done: agentgate gate --base base\n")
        _judge(store, project, ended.log.stem)
    if ended.status != 1:
        raise AgentgateError(
            f"{folder}: the demo's tests ended with status {ended.status}, and were expected to be red"
        )


def _repair(folder: Path, workers: int) -> bool:
    """Repair the tests as the command does; -> whether those that need Redis are still red.

    Raises AgentgateError if that did not come to its end.
    """
    from pytest_agentgate.cli.repair import LEFT_RED, repair
    from pytest_agentgate.config import find_project
    from pytest_agentgate.model import Kind
    from pytest_agentgate.store import open_store

    why = why_no_redis()
    if why:
        screen.note(f"the Redis that four tests lack is not started: {why}")
    services = [] if why else ["--services"]
    screen.say(f"\nThe tests follow: agentgate {' '.join(['repair', '--base', 'base', *services])}\n")
    sys.stdout.flush()
    asked = ["--base", "base", *services, "--python", sys.executable, "--root", str(folder), "--jobs", str(workers)]
    status = repair.main(asked, standalone_mode=False)
    if status != LEFT_RED:
        raise AgentgateError(f"{folder}: the repair of the demo's tests ended with status {status}")
    with open_store(find_project(folder).store_url) as store:
        return any(left.kind is Kind.CONNECTION for left in store.repairs(1)[0].left)


def why_no_redis() -> str:
    """Why no Redis can be started here, found out in bounded time; "" where it can."""
    if find_spec("testcontainers") is None:
        return 'that needs Docker and pip install "pytest-agentgate[services]"'
    from pytest_agentgate.runner.services.images import obtained
    from pytest_agentgate.runner.services.kinds.redis import Redis

    return obtained(Redis.image, lambda: screen.note(f"fetching the image {Redis.image}"))


def _judge(store: Store, project: Project, run_id: str) -> None:
    """Judge the run by the phases of the project as its base has them; the judgement is recorded."""
    from pytest_agentgate.cli import judging
    from pytest_agentgate.judge import judge_run, policy_of
    from pytest_agentgate.model.judgement import Judge
    from pytest_agentgate.origin import agent_of

    policy = policy_of(project, "base")
    judgement = judge_run(store, project, policy, run_id, judge=Judge.HARNESS, agent=agent_of(None))
    judging.recorded(judgement, project, store)
    judging.say(store.run_summary(run_id), judgement, "human")


def _show_record(store: Store, run_id: str) -> None:
    """Print who ran what, where, and how it ended: the run, its results by worker, its causes."""
    summary, results = store.run_summary(run_id), store.results(run_id)
    run, counts = summary.run, summary.run.counts
    screen.say("\nThe record of this run\n")
    facts = (
        ("run", run.id),
        ("who", run.agent),
        ("where", f"{run.root} on {run.host}"),
        ("what", f"pytest {' '.join(run.arguments)}"),
        ("with", f"Python {run.python}, pytest {run.pytest}, {run.workers} workers"),
        ("commit", f"{run.commit[:12]} on {run.branch or 'no branch'}{', changed since' if run.dirty else ''}"),
        ("ended", f"{run.status}, exit status {run.exit_status}, after {run.duration or 0:.1f} s"),
        ("tests", f"{counts.passed} passed, {counts.failed} failed, {counts.errors} with errors around them"),
        ("files", f"{counts.collect_errors} could not be collected"),
    )
    screen.say("\n".join(f"{name:<8}{printable(fact)}" for name, fact in facts))
    screen.say("")
    by_worker: dict[str, Counter[Outcome]] = {}
    seconds: dict[str, float] = {}
    for result in results:
        by_worker.setdefault(result.worker, Counter())[result.outcome] += 1
        seconds[result.worker] = seconds.get(result.worker, 0.0) + result.duration
    shown = (Outcome.PASSED, Outcome.FAILED, Outcome.ERROR)
    screen.table(
        [
            Column("worker"),
            Column("tests", right=True),
            *(Column(word, right=True) for word in shown),
            Column("seconds", right=True),
        ],
        (
            (worker, str(ended.total()), *(str(ended[word]) for word in shown), f"{seconds[worker]:.2f}")
            for worker, ended in sorted(by_worker.items())
        ),
    )
    screen.say("")
    screen.table(
        [Column("cause"), Column("kind"), Column("size", right=True), Column("seen"), Column("title", flexible=True)],
        ((cause.signature, cause.kind, str(cause.size), cause.status, cause.title) for cause in summary.causes),
    )


def _say_what_next(folder: Path, *, repaired: bool, is_redis_left: bool) -> None:
    agentgate = _as_it_was_called()
    lines = [
        ("git diff base head --stat", "what became of the implementation"),
        (f"{agentgate} triage", "the causes again"),
        (f"{agentgate} errors --kind import", "the failures of one kind"),
        (f"{agentgate} gate imports", "whether this phase is done; with an exit status"),
        (f"{agentgate} status", "where the work stands"),
        (f"{agentgate} report --json", "all of it, for machines"),
        (f"{agentgate} run -- -n 2", "another run; then: runs, compare"),
    ]
    if repaired:
        what = (
            "What is left is for a person: a result that is new, and a Redis that does not run."
            if is_redis_left
            else "What is left is for a person: a result that is new. The Redis that tests lacked ran for the repair "
            "alone;\nwith the lines below 'Lacked a service' in pyproject.toml, agentgate run starts it."
        )
        screen.say(f"\n{what} Go on from here:\n")
        lines.insert(1, ("git diff", "what became of the tests"))
        lines.append((f"{agentgate} undo", "the tests as they were"))
    else:
        screen.say("\nThe suite is red, as it should be: nothing has been repaired. Go on from here:\n")
        lines.insert(1, (f"{agentgate} repair --base base", "have the tests follow"))
    wide = max(len(command) for command, _ in lines)
    screen.say(f"  cd {shlex.quote(str(folder))}")
    for command, what in lines:
        screen.say(f"  {command:<{wide}}  # {what}")


def _as_it_was_called() -> str:
    """The words that start agentgate in the user's shell as it was started now."""
    ours = Path(sys.argv[0])
    if ours.stem == "__main__":
        return f"{shlex.quote(sys.executable)} -m {__name__.partition('.')[0]}"
    found = shutil.which(ours.name)
    return ours.name if found and Path(found).samefile(ours) else shlex.quote(str(ours.absolute()))
